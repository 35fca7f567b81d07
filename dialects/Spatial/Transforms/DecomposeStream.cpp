//===- DecomposeStream.cpp - chunks of a video as linalg ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/Spatial.h"
#include "dialects/Spatial/Transforms/Decompose.h"
#include "dialects/Spatial/Transforms/RopeTable.h"
#include "dialects/Spatial/Transforms/Scalars.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>

using namespace mlir;
using namespace tercet;
using namespace tercet::spatial;

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;
using Sizes = ReferenceBuilder::Sizes;

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
  RankedTensorType video = typeOf(op.getInput());
  Sizes sizes = getAsIndexOpFoldResult(r.b.getContext(),
                                       splitIntoBoxes(video, op.getPatch()));
  Value boxes =
      r.map({}, {}, sizes, r.b.getF32Type(), [&](ValueRange) -> Value {
        SmallVector<Scalar> where;
        for (unsigned axis = 0; axis < 3; ++axis) {
          Scalar place =
              getLoop(r, axis) * op.getPatch()[axis] + getLoop(r, 3 + axis);
          where.push_back(place.minUnsigned(video.getDimSize(axis) - 1));
        }
        where.push_back(getLoop(r, 6));
        return extract(r, op.getInput(), where);
      });
  return tensor::CollapseShapeOp::create(r.b, r.loc, boxes, kBoxes);
}

static Value decompose(ReferenceBuilder &r, UnpatchifyOp op) {
  RankedTensorType video = typeOf(op.getResult());
  ArrayRef<int64_t> patch = op.getPatch();
  SmallVector<int64_t> sizes = splitIntoBoxes(video, patch);
  Value boxes = tensor::ExpandShapeOp::create(
      r.b, r.loc, video.clone(sizes), op.getInput(), kBoxes, toSizes(r, sizes));
  return r.map(
      {}, {}, r.getSizes(op.getResult()), r.b.getF32Type(),
      [&](ValueRange) -> Value {
        SmallVector<Scalar> where;
        for (unsigned axis = 0; axis < 3; ++axis)
          where.push_back(getLoop(r, axis).divideUnsigned(patch[axis]));
        for (unsigned axis = 0; axis < 3; ++axis)
          where.push_back(getLoop(r, axis).remainderUnsigned(patch[axis]));
        where.push_back(getLoop(r, 3));
        return extract(r, boxes, where);
      });
}

static Value decompose(ReferenceBuilder &r, RopeOp op) {
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
  Value pairs = tensor::ExpandShapeOp::create(r.b, r.loc, type.clone(shape), x,
                                              groups, sizes);
  Value turned = r.map(
      {op.getCos(), op.getSin()}, {Axes{0, pair}, Axes{0, pair}}, sizes,
      r.b.getF32Type(), [&](ValueRange args) -> Value {
        auto x = toScalars(r, args);
        SmallVector<Scalar> where;
        for (unsigned axis = 0; axis < 4; ++axis)
          where.push_back(getLoop(r, axis));
        auto get = [&](int64_t number) {
          where[member] = where[member].like(number);
          return extract(r, pairs, where);
        };
        Scalar low = get(0), high = get(1);
        Scalar first = low * x[0] - high * x[1];
        Scalar second = high * x[0] + low * x[1];
        return getLoop(r, member).isBelowUnsigned(1).select(first, second);
      });
  return tensor::CollapseShapeOp::create(r.b, r.loc, type, turned, groups);
}

static Value decompose(ReferenceBuilder &r, HistoryPushOp op) {
  int64_t kept = typeOf(op.getHistory()).getDimSize(0),
          added = typeOf(op.getChunk()).getDimSize(0),
          rank = typeOf(op.getHistory()).getRank();
  return r.map({}, {}, r.getSizes(op.getHistory()), r.b.getF32Type(),
               [&](ValueRange) -> Value {
                 SmallVector<Scalar> old;
                 for (int64_t axis = 0; axis < rank; ++axis)
                   old.push_back(getLoop(r, axis));
                 SmallVector<Scalar> fresh = old;
                 // Both are read at places that they have.
                 Scalar place = getLoop(r, 0) + added;
                 old[0] = place.minUnsigned(kept - 1);
                 fresh[0] = place.maxUnsigned(kept) - kept;
                 return place.isBelowUnsigned(kept).select(
                     extract(r, op.getHistory(), old),
                     extract(r, op.getChunk(), fresh));
               });
}

static Value decompose(ReferenceBuilder &r, SegmentModulateOp op) {
  return r.map(
      op.getInput(), {Axes{0, 1}}, r.getSizes(op.getInput()), r.b.getF32Type(),
      [&](ValueRange args) -> Value {
        Scalar token = getLoop(r, 0), segment = token.like(0);
        int64_t end = 0, s = 0;
        for (int64_t length : op.getLengths().value_or(ArrayRef<int64_t>())) {
          if (s)
            segment = token.isBelowUnsigned(end).select(segment, token.like(s));
          end += length;
          ++s;
        }
        SmallVector<Scalar> where{segment, getLoop(r, 1)};
        Scalar factor = constant(r, 1.0f) + extract(r, op.getScale(), where);
        return Scalar(r, args[0]) * factor + extract(r, op.getShift(), where);
      });
}

static Value decompose(ReferenceBuilder &r, ScaleKeysOp op) {
  return r.map(
      {op.getInput(), op.getStrength()}, {Axes{0, 1, 2}, Axes{1}},
      r.getSizes(op.getInput()), r.b.getF32Type(),
      [&](ValueRange args) -> Value {
        Scalar x(r, args[0]), one = constant(r, 1.0f);
        Scalar power =
            Scalar(r, args[1]).apply<arith::NegFOp>().apply<math::ExpOp>();
        Scalar gain(r, r.constant(op.getGainAttr()));
        Scalar factor = one + gain / (one + power);
        return getLoop(r, 0)
            .isBelowUnsigned(op.getCount())
            .select(x * factor, x);
      });
}

/// The upper left place of the block of two by two that a place stands for.
static SmallVector<Scalar> getCorner(ReferenceBuilder &r) {
  return {getLoop(r, 0), getLoop(r, 1) * 2, getLoop(r, 2) * 2, getLoop(r, 3)};
}

/// (a + b) + (c + d) of that block of `from`.
static Scalar addBlock(ReferenceBuilder &r, Value from) {
  auto value = [&](int64_t down, int64_t right) {
    SmallVector<Scalar> where = getCorner(r);
    where[1] = where[1] + down;
    where[2] = where[2] + right;
    return extract(r, from, where);
  };
  Scalar upper = value(0, 0) + value(0, 1);
  return upper + (value(1, 0) + value(1, 1));
}

static Value decompose(ReferenceBuilder &r, PyramidDownOp op) {
  return r.map({}, {}, r.getSizes(op.getResult()), r.b.getF32Type(),
               [&](ValueRange) -> Value {
                 return addBlock(r, op.getInput()) * constant(r, 0.5f);
               });
}

static Value decompose(ReferenceBuilder &r, PyramidJumpOp op) {
  double s = op.getSigma().convertToDouble(),
         gamma = op.getGamma().convertToDouble();
  double alpha = 1 / (std::sqrt(1 + 1 / gamma) * s + (1 - s)),
         beta = alpha * s / std::sqrt(gamma);
  double apart = beta * std::sqrt(1 + gamma),
         together = beta * std::sqrt(std::max(0.0, 1 - 3 * gamma));
  // The means of the blocks first: four places share one.
  Value means = r.map({}, {}, r.getSizes(op.getInput()), r.b.getF32Type(),
                      [&](ValueRange) -> Value {
                        return addBlock(r, op.getNoise()) * constant(r, 0.25f);
                      });
  auto real = [&](double x) { return constant(r, static_cast<float>(x)); };
  return r.map(op.getNoise(), {allAxes(4)}, r.getSizes(op.getNoise()),
               r.b.getF32Type(), [&](ValueRange args) -> Value {
                 SmallVector<Scalar> where{
                     getLoop(r, 0), getLoop(r, 1).divideUnsigned(2),
                     getLoop(r, 2).divideUnsigned(2), getLoop(r, 3)};
                 Scalar mean = extract(r, means, where);
                 Scalar n = (Scalar(r, args[0]) - mean) * real(apart) +
                            mean * real(together);
                 return extract(r, op.getInput(), where) * real(alpha) + n;
               });
}

static Value decompose(ReferenceBuilder &r, LevelStepOp op) {
  Axes all = allAxes(typeOf(op.getInput()).getRank());
  return r.map({op.getInput(), op.getVelocity(), op.getStart(), op.getSigma(),
                op.getNext()},
               {all, all, all, Axes{}, Axes{}}, r.getSizes(op.getInput()),
               r.b.getF32Type(), [&](ValueRange args) -> Value {
                 auto x = toScalars(r, args);
                 Scalar end = x[0] - x[3] * x[1];
                 return (constant(r, 1.0f) - x[4]) * end + x[4] * x[2];
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
