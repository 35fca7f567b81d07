//===- DecomposeStream.cpp - chunks of a video as linalg ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/Spatial.h"
#include "dialects/Spatial/Transforms/Decompose.h"
#include "dialects/Spatial/Transforms/RopeTable.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace tercet;
using namespace tercet::spatial;

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;
using Sizes = ReferenceBuilder::Sizes;

namespace {
/// Arithmetic on elements and indices.
struct Body {
  explicit Body(ReferenceBuilder &r) : b(r.b), loc(r.loc) {}

  template <typename Op, typename... Args> Value emit(Args &&...args) {
    return Op::create(b, loc, std::forward<Args>(args)...).getResult();
  }
  Value at(int64_t loop) { return emit<linalg::IndexOp>(loop); }
  Value index(int64_t n) { return emit<arith::ConstantIndexOp>(n); }
  Value real(double x) {
    return emit<arith::ConstantOp>(b.getF32FloatAttr(static_cast<float>(x)));
  }
  Value add(Value x, Value y) { return emit<arith::AddFOp>(x, y); }
  Value sub(Value x, Value y) { return emit<arith::SubFOp>(x, y); }
  Value mul(Value x, Value y) { return emit<arith::MulFOp>(x, y); }
  Value addIndex(Value x, Value y) { return emit<arith::AddIOp>(x, y); }
  Value mulIndex(Value x, int64_t n) {
    return emit<arith::MulIOp>(x, index(n));
  }
  Value div(Value x, int64_t n) { return emit<arith::DivUIOp>(x, index(n)); }
  Value rem(Value x, int64_t n) { return emit<arith::RemUIOp>(x, index(n)); }
  Value atMost(Value x, int64_t n) { return emit<arith::MinUIOp>(x, index(n)); }
  Value less(Value x, int64_t n) {
    return emit<arith::CmpIOp>(arith::CmpIPredicate::ult, x, index(n));
  }
  Value select(Value c, Value x, Value y) {
    return emit<arith::SelectOp>(c, x, y);
  }
  Value extract(Value from, ValueRange where) {
    return emit<tensor::ExtractOp>(from, where);
  }

  OpBuilder &b;
  Location loc;
};
} // namespace

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Loops 0 .. rank - 1.
static Axes allAxes(int64_t rank) {
  return llvm::to_vector<4>(llvm::map_range(
      llvm::seq<int64_t>(0, rank), [](int64_t i) { return unsigned(i); }));
}

/// The sizes of the grid of boxes, of a box, and the channels: seven axes.
static SmallVector<int64_t> splitIntoBoxes(RankedTensorType video,
                                           ArrayRef<int64_t> patch) {
  SmallVector<int64_t> sizes;
  for (unsigned axis = 0; axis < 3; ++axis)
    sizes.push_back(llvm::divideCeil(video.getDimSize(axis), patch[axis]));
  llvm::append_range(sizes, patch);
  sizes.push_back(video.getDimSize(3));
  return sizes;
}

static const SmallVector<ReassociationIndices> kBoxes = {{0, 1, 2},
                                                         {3, 4, 5, 6}};

static Value decompose(ReferenceBuilder &r, PatchifyOp op) {
  Body e(r);
  RankedTensorType video = typeOf(op.getInput());
  Sizes sizes = getAsIndexOpFoldResult(r.b.getContext(),
                                       splitIntoBoxes(video, op.getPatch()));
  Value boxes =
      r.map({}, {}, sizes, r.b.getF32Type(), [&](ValueRange) -> Value {
        SmallVector<Value> where;
        for (unsigned axis = 0; axis < 3; ++axis)
          where.push_back(
              e.atMost(e.addIndex(e.mulIndex(e.at(axis), op.getPatch()[axis]),
                                  e.at(3 + axis)),
                       video.getDimSize(axis) - 1));
        where.push_back(e.at(6));
        return e.extract(op.getInput(), where);
      });
  return e.emit<tensor::CollapseShapeOp>(boxes, kBoxes);
}

static Value decompose(ReferenceBuilder &r, UnpatchifyOp op) {
  Body e(r);
  RankedTensorType video = typeOf(op.getResult());
  ArrayRef<int64_t> patch = op.getPatch();
  SmallVector<int64_t> sizes = splitIntoBoxes(video, patch);
  Value boxes = e.emit<tensor::ExpandShapeOp>(
      video.clone(sizes), op.getInput(), kBoxes,
      getAsIndexOpFoldResult(r.b.getContext(), sizes));
  return r.map({}, {}, r.getSizes(op.getResult()), r.b.getF32Type(),
               [&](ValueRange) -> Value {
                 SmallVector<Value> where;
                 for (unsigned axis = 0; axis < 3; ++axis)
                   where.push_back(e.div(e.at(axis), patch[axis]));
                 for (unsigned axis = 0; axis < 3; ++axis)
                   where.push_back(e.rem(e.at(axis), patch[axis]));
                 where.push_back(e.at(3));
                 return e.extract(boxes, where);
               });
}

static Value decompose(ReferenceBuilder &r, RopeOp op) {
  Body e(r);
  Value x = op.getInput();
  RankedTensorType type = typeOf(x);
  int64_t half = type.getDimSize(2) / 2;
  // Pairs apart: [M, H, D/2, 2], or the halves, [M, H, 2, D/2].
  bool halves = op.getHalves();
  unsigned pair = halves ? 3 : 2, member = halves ? 2 : 3;
  SmallVector<int64_t> shape{type.getDimSize(0), type.getDimSize(1), half, 2};
  Sizes sizes = r.getSizes(x);
  sizes.back() = r.b.getIndexAttr(half);
  sizes.push_back(r.b.getIndexAttr(2));
  if (halves) {
    std::swap(shape[2], shape[3]);
    std::swap(sizes[2], sizes[3]);
  }
  SmallVector<ReassociationIndices> groups{{0}, {1}, {2, 3}};
  Value pairs =
      e.emit<tensor::ExpandShapeOp>(type.clone(shape), x, groups, sizes);
  Value turned =
      r.map({op.getCos(), op.getSin()}, {Axes{0, pair}, Axes{0, pair}}, sizes,
            r.b.getF32Type(), [&](ValueRange args) -> Value {
              SmallVector<Value> where{e.at(0), e.at(1), e.at(2), e.at(3)};
              where[member] = e.index(0);
              Value low = e.extract(pairs, where);
              where[member] = e.index(1);
              Value high = e.extract(pairs, where);
              Value first = e.sub(e.mul(low, args[0]), e.mul(high, args[1]));
              Value second = e.add(e.mul(high, args[0]), e.mul(low, args[1]));
              return e.select(e.less(e.at(member), 1), first, second);
            });
  return e.emit<tensor::CollapseShapeOp>(type, turned, groups);
}

static Value decompose(ReferenceBuilder &r, HistoryPushOp op) {
  Body e(r);
  int64_t kept = typeOf(op.getHistory()).getDimSize(0),
          added = typeOf(op.getChunk()).getDimSize(0),
          rank = typeOf(op.getHistory()).getRank();
  return r.map(
      {}, {}, r.getSizes(op.getHistory()), r.b.getF32Type(),
      [&](ValueRange) -> Value {
        SmallVector<Value> old, fresh;
        for (int64_t axis = 0; axis < rank; ++axis)
          old.push_back(e.at(axis));
        fresh = old;
        // Both are read at places that they have.
        Value place = e.addIndex(e.at(0), e.index(added));
        old[0] = e.atMost(place, kept - 1);
        fresh[0] = e.emit<arith::SubIOp>(
            e.emit<arith::MaxUIOp>(place, e.index(kept)), e.index(kept));
        return e.select(e.less(place, kept), e.extract(op.getHistory(), old),
                        e.extract(op.getChunk(), fresh));
      });
}

static Value decompose(ReferenceBuilder &r, SegmentModulateOp op) {
  Body e(r);
  return r.map(
      op.getInput(), {Axes{0, 1}}, r.getSizes(op.getInput()), r.b.getF32Type(),
      [&](ValueRange args) -> Value {
        Value segment = e.index(0);
        int64_t end = 0, s = 0;
        for (int64_t length : op.getLengths().value_or(ArrayRef<int64_t>())) {
          if (s)
            segment = e.select(e.less(e.at(0), end), segment, e.index(s));
          end += length;
          ++s;
        }
        SmallVector<Value> where{segment, e.at(1)};
        Value factor = e.add(e.real(1), e.extract(op.getScale(), where));
        return e.add(e.mul(args[0], factor), e.extract(op.getShift(), where));
      });
}

static Value decompose(ReferenceBuilder &r, ScaleKeysOp op) {
  Body e(r);
  double gain = op.getGain().convertToDouble();
  return r.map(
      {op.getInput(), op.getStrength()}, {Axes{0, 1, 2}, Axes{1}},
      r.getSizes(op.getInput()), r.b.getF32Type(),
      [&](ValueRange args) -> Value {
        Value power = e.emit<math::ExpOp>(e.emit<arith::NegFOp>(args[1]));
        Value factor =
            e.add(e.real(1),
                  e.emit<arith::DivFOp>(e.real(gain), e.add(e.real(1), power)));
        return e.select(e.less(e.at(0), op.getCount()), e.mul(args[0], factor),
                        args[0]);
      });
}

/// (a + b) + (c + d) of the block of `from` whose upper left place is given.
static Value addBlock(Body &e, Value from, ValueRange corner) {
  auto value = [&](int64_t down, int64_t right) {
    SmallVector<Value> where(corner);
    where[1] = e.addIndex(where[1], e.index(down));
    where[2] = e.addIndex(where[2], e.index(right));
    return e.extract(from, where);
  };
  Value upper = e.add(value(0, 0), value(0, 1));
  return e.add(upper, e.add(value(1, 0), value(1, 1)));
}

static Value decompose(ReferenceBuilder &r, PyramidDownOp op) {
  Body e(r);
  return r.map({}, {}, r.getSizes(op.getResult()), r.b.getF32Type(),
               [&](ValueRange) -> Value {
                 SmallVector<Value> corner{e.at(0), e.mulIndex(e.at(1), 2),
                                           e.mulIndex(e.at(2), 2), e.at(3)};
                 return e.mul(addBlock(e, op.getInput(), corner), e.real(0.5));
               });
}

static Value decompose(ReferenceBuilder &r, PyramidJumpOp op) {
  Body e(r);
  double s = op.getSigma().convertToDouble(),
         gamma = op.getGamma().convertToDouble();
  double alpha = 1 / (std::sqrt(1 + 1 / gamma) * s + (1 - s)),
         beta = alpha * s / std::sqrt(gamma);
  double apart = beta * std::sqrt(1 + gamma),
         together = beta * std::sqrt(std::max(0.0, 1 - 3 * gamma));
  // The means of the blocks first: four places share one.
  Value means =
      r.map({}, {}, r.getSizes(op.getInput()), r.b.getF32Type(),
            [&](ValueRange) -> Value {
              SmallVector<Value> corner{e.at(0), e.mulIndex(e.at(1), 2),
                                        e.mulIndex(e.at(2), 2), e.at(3)};
              return e.mul(addBlock(e, op.getNoise(), corner), e.real(0.25));
            });
  return r.map(op.getNoise(), {allAxes(4)}, r.getSizes(op.getNoise()),
               r.b.getF32Type(), [&](ValueRange args) -> Value {
                 SmallVector<Value> where{e.at(0), e.div(e.at(1), 2),
                                          e.div(e.at(2), 2), e.at(3)};
                 Value mean = e.extract(means, where);
                 Value n = e.add(e.mul(e.sub(args[0], mean), e.real(apart)),
                                 e.mul(mean, e.real(together)));
                 return e.add(
                     e.mul(e.extract(op.getInput(), where), e.real(alpha)), n);
               });
}

static Value decompose(ReferenceBuilder &r, LevelStepOp op) {
  Body e(r);
  Axes all = allAxes(typeOf(op.getInput()).getRank());
  return r.map({op.getInput(), op.getVelocity(), op.getStart(), op.getSigma(),
                op.getNext()},
               {all, all, all, Axes{}, Axes{}}, r.getSizes(op.getInput()),
               r.b.getF32Type(), [&](ValueRange args) -> Value {
                 Value end = e.sub(args[0], e.mul(args[3], args[1]));
                 return e.add(e.mul(e.sub(e.real(1), args[4]), end),
                              e.mul(args[4], args[2]));
               });
}

bool spatial::decomposeStream(ReferenceBuilder &r, Operation *op) {
  return TypeSwitch<Operation *, bool>(op)
      .Case<PatchifyOp, UnpatchifyOp, RopeOp, HistoryPushOp, SegmentModulateOp,
            ScaleKeysOp, PyramidDownOp, PyramidJumpOp, LevelStepOp>(
          [&](auto o) {
            o.getResult().replaceAllUsesWith(decompose(r, o));
            return true;
          })
      .Case([&](RopeTableOp o) {
        auto [cos, sin] = makeRopeTable(o);
        o.getCos().replaceAllUsesWith(r.constant(cos));
        o.getSin().replaceAllUsesWith(r.constant(sin));
        return true;
      })
      .Default([](Operation *) { return false; });
}
