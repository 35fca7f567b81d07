//===- DecomposeTokens.cpp - sets of tokens and their rows as linalg ------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Assumes that sets are ascending without duplicates; with others results are
// arbitrary, but no element outside of a tensor is read as long as their
// elements are in range.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "dialects/Spatial/IR/TokenSets.h"
#include "dialects/Spatial/Transforms/Decompose.h"
#include "dialects/Spatial/Transforms/Scalars.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::spatial;

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;

static int64_t sizeOf(Value v, unsigned axis = 0) {
  return cast<RankedTensorType>(v.getType()).getDimSize(axis);
}

static Value constantSet(ReferenceBuilder &r, ArrayRef<int32_t> values) {
  return r.constant(r.b.getI32TensorAttr(values));
}

/// A dense constant, or null.
static DenseIntElementsAttr getConstant(Value v) {
  DenseIntElementsAttr attr;
  return matchPattern(v, m_Constant(&attr)) ? attr : DenseIntElementsAttr();
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

static Value decompose(ReferenceBuilder &r, GatherOp op) {
  ReferenceBuilder::Sizes sizes = r.getSizes(op.getIndex());
  sizes.push_back(r.b.getIndexAttr(sizeOf(op.getInput(), 1)));
  return r.map(op.getIndex(), {Axes{0}}, sizes, r.b.getF32Type(),
               [&](ValueRange args) -> Value {
                 return extract(r, op.getInput(),
                                {Scalar(r, args[0]), getLoop(r, 1)});
               });
}

Value spatial::getPlaces(ReferenceBuilder &r, Value index, int64_t tokens) {
  if (sizeOf(index) == tokens)
    return constantSet(r, llvm::to_vector(llvm::seq<int32_t>(0, tokens)));
  if (DenseIntElementsAttr known = getConstant(index)) {
    auto numbers = llvm::to_vector(known.getValues<int32_t>());
    if (isTokenSet(numbers, tokens)) {
      SmallVector<int32_t> places(tokens, -1);
      for (auto [place, token] : llvm::enumerate(numbers))
        places[token] = place;
      return constantSet(r, places);
    }
  }
  return r.map({}, {}, toSizes(r, {tokens}), r.b.getI32Type(),
               [&](ValueRange) -> Value {
                 // The last that is not above n, by halves.
                 Scalar n = getLoop(r, 0).toI32();
                 Scalar base = constant(r, r.b.getI32Type(), 0);
                 for (int64_t left = sizeOf(index); left > 1;) {
                   int64_t half = left / 2;
                   Scalar middle = base + half;
                   base = (extract(r, index, middle) <= n).select(middle, base);
                   left -= half;
                 }
                 return (extract(r, index, base) == n).select(base, n.like(-1));
               });
}

static Value decompose(ReferenceBuilder &r, ScatterOp op) {
  if (op.getUpdate().getType() == op.getType())
    return op.getUpdate();
  Value places = getPlaces(r, op.getIndex(), sizeOf(op.getBase()));
  return r.map({op.getBase(), places}, {Axes{0, 1}, Axes{0}},
               r.getSizes(op.getBase()), r.b.getF32Type(),
               [&](ValueRange args) -> Value {
                 Scalar place(r, args[1]);
                 // A row that is there, whether it is taken or not.
                 Scalar value =
                     extract(r, op.getUpdate(), {place.max(0), getLoop(r, 1)});
                 return (place >= 0).select(value, Scalar(r, args[0]));
               });
}

static Value decompose(ReferenceBuilder &r, MicroFlowOp op) {
  float w = op.getWeight().convertToFloat(),
        sigma = op.getSigma().convertToFloat();
  Value places = getPlaces(r, op.getAdded(), sizeOf(op.getY()));
  Axes both{0, 1};
  return r.map({op.getY(), op.getClean(), op.getNoise(), places},
               {both, both, both, Axes{0}}, r.getSizes(op.getY()),
               r.b.getF32Type(), [&](ValueRange args) -> Value {
                 Scalar y(r, args[0]), clean(r, args[1]), noise(r, args[2]);
                 Scalar target = constant(r, 1.0f - sigma) * clean +
                                 constant(r, sigma) * noise;
                 if (w != 1.0f)
                   target = constant(r, 1.0f - w) * y + constant(r, w) * target;
                 return (Scalar(r, args[3]) >= 0).select(target, y);
               });
}

//===----------------------------------------------------------------------===//
// Sets
//===----------------------------------------------------------------------===//

static Value decompose(ReferenceBuilder &r, AnchorsOp op) {
  return constantSet(r, computeAnchors(op.getGrid(), op.getPattern(),
                                       op.getStride(), op.getSeed(),
                                       op.getType().getDimSize(0)));
}

/// The nearest of each row, then the nearest of these: distance and position
/// make one key, whose least is the answer.
static Value decompose(ReferenceBuilder &r, NearestOp op) {
  int64_t frames = op.getGrid().getFrames(), height = op.getGrid().getHeight(),
          width = op.getGrid().getWidth(), tokens = op.getGrid().getTokens();
  Value places = getPlaces(r, op.getIndex(), tokens);
  if (sizeOf(op.getIndex()) == tokens)
    return places;
  if (DenseIntElementsAttr index = getConstant(op.getIndex())) {
    auto numbers = llvm::to_vector(index.getValues<int32_t>());
    if (isTokenSet(numbers, tokens))
      return constantSet(r, computeNearest(op.getGrid(), numbers));
  }
  constexpr int64_t kBits = 15; // of a coordinate: SPATIAL-T4
  Type i32 = r.b.getI32Type(), i64 = r.b.getI64Type();
  constexpr int64_t kNone32 = std::numeric_limits<int32_t>::max(),
                    kNone64 = std::numeric_limits<int64_t>::max();
  // Innermost over what lies side by side in both, not over what is reduced.
  Value perRow =
      r.reduce(splitFirst(r, places, {frames * height, width}), {Axes{0, 1}}, 3,
               {0, 2}, toSizes(r, {frames * height, width}),
               r.b.getI32IntegerAttr(kNone32), [&](ValueRange args) -> Value {
                 Scalar other = getLoop(r, 1).toI32(),
                        x = getLoop(r, 2).toI32();
                 Scalar key = ((other - x).abs() << kBits) | other;
                 return (Scalar(r, args[0]) >= 0)
                     .select(key, key.like(kNone32))
                     .min(Scalar(r, args[1]));
               });
  Value perToken = r.reduce(
      splitFirst(r, perRow, {frames, height}), {Axes{0, 2, 3}}, 4, {0, 1, 3},
      toSizes(r, {frames, height, width}), r.b.getI64IntegerAttr(kNone64),
      [&](ValueRange args) -> Value {
        Scalar key(r, args[0]);
        Scalar y = getLoop(r, 1).toI64(), other = getLoop(r, 2).toI64();
        Scalar dx = (key >> kBits).toI64(), dy = other - y;
        Scalar column = (key & ((1 << kBits) - 1)).toI64();
        Scalar both = ((dy * dy + dx * dx) << 32) | (other << kBits) | column;
        return (key != kNone32)
            .select(both, both.like(kNone64))
            .min(Scalar(r, args[1]));
      });
  Value map = r.map(
      perToken, {Axes{0, 1, 2}}, toSizes(r, {frames, height, width}), i32,
      [&](ValueRange args) -> Value {
        Scalar key(r, args[0]);
        Scalar found = key != kNone64;
        Scalar position = found.select(key, key.like(0)) & ((1ll << 32) - 1);
        Scalar frame = getLoop(r, 0).to(i64);
        Scalar row = frame * height + (position >> kBits);
        Scalar place =
            extract(r, places, row * width + (position & ((1 << kBits) - 1)));
        // In a frame without active tokens there is none: -1.
        return place.max(0);
      });
  return mergeFirst(r, map, 3);
}

/// The k of `keys` [N] that are largest, of equal ones the first; ascending.
static Value select(ReferenceBuilder &r, Value keys, int64_t k, bool kernels) {
  Type i32 = r.b.getI32Type();
  int64_t n = sizeOf(keys);
  if (k == n)
    return constantSet(r, llvm::to_vector(llvm::seq<int32_t>(0, n)));
  if (kernels) {
    Value init = tensor::EmptyOp::create(r.b, r.loc, {k}, i32);
    return rows::SelectOp::create(r.b, r.loc, TypeRange(init.getType()), keys,
                                  init, DictionaryAttr())
        .getResult(0);
  }
  // How many are before each one in the order of keys; then in that of numbers.
  auto count = [&](Value values,
                   function_ref<Scalar(Scalar own, Scalar other, Scalar later)>
                       isBefore) {
    return r.reduce({values, values}, {Axes{0}, Axes{1}}, 2, {0},
                    toSizes(r, {n}), r.b.getI32IntegerAttr(0),
                    [&](ValueRange args) -> Value {
                      Scalar sum(r, args[2]);
                      Scalar later = getLoop(r, 1) < getLoop(r, 0);
                      Scalar before = isBefore(Scalar(r, args[0]),
                                               Scalar(r, args[1]), later);
                      return before.select(sum + 1, sum);
                    });
  };
  Value ranks = count(keys, [](Scalar own, Scalar other, Scalar later) {
    return (other > own) | ((other == own) & later);
  });
  Value places = count(ranks, [&](Scalar, Scalar other, Scalar later) {
    return (other < k) & later;
  });
  return r.reduce({ranks, places}, {Axes{1}, Axes{1}}, 2, {0}, toSizes(r, {k}),
                  r.b.getI32IntegerAttr(0), [&](ValueRange args) -> Value {
                    Scalar at = getLoop(r, 0).toI32();
                    Scalar is =
                        (Scalar(r, args[0]) < k) & (Scalar(r, args[1]) == at);
                    return is.select(getLoop(r, 1).toI32(), Scalar(r, args[2]));
                  });
}

static void decompose(ReferenceBuilder &r, DensifyOp op, bool kernels) {
  OpBuilder &b = r.b;
  Value places = getPlaces(r, op.getIndex(), sizeOf(op.getImportance()));
  auto getKeys = [&](int32_t active) {
    return r.map({op.getImportance(), places}, {Axes{0}, Axes{0}},
                 r.getSizes(op.getImportance()), b.getI32Type(),
                 [&](ValueRange args) -> Value {
                   Scalar s(r, args[0]), place(r, args[1]);
                   // A float's bits as an integer of its order.
                   Scalar bits = s.bitcast(b.getI32Type());
                   Scalar key = (bits < 0).select(bits ^ 0x7fffffff, bits);
                   key = (s == 0).select(key.like(0), key);
                   // Below -inf, and above the least key of all.
                   key = s.isNaN().select(key.like(INT32_MIN + 1), key);
                   return (place >= 0).select(key.like(active), key);
                 });
  };
  Value next = select(r, getKeys(INT32_MAX), sizeOf(op.getNext()), kernels);
  Value added = select(r, getKeys(INT32_MIN), sizeOf(op.getAdded()), kernels);
  op.getNext().replaceAllUsesWith(next);
  op.getAdded().replaceAllUsesWith(added);
}

static Value decompose(ReferenceBuilder &r, TileTokensOp op, bool kernels) {
  if (op.getGrid().getTileVolume() == 1)
    return op.getTiles();
  if (DenseIntElementsAttr tiles = getConstant(op.getTiles())) {
    auto numbers = llvm::to_vector(tiles.getValues<int32_t>());
    if (isTokenSet(numbers, op.getGrid().getTiles()))
      return constantSet(r, computeTileTokens(op.getGrid(), numbers));
  }
  std::array<int64_t, 3> sizes = op.getGrid().getSizes(),
                         tile = op.getGrid().getTileSizes(),
                         counts = op.getGrid().getTileCounts();
  Value places = getPlaces(r, op.getTiles(), op.getGrid().getTiles());
  Value keys = r.map(
      {}, {}, toSizes(r, sizes), r.b.getI32Type(), [&](ValueRange) -> Value {
        Scalar t = getLoop(r, 0) / tile[0], y = getLoop(r, 1) / tile[1],
               x = getLoop(r, 2) / tile[2];
        Scalar number = (t * counts[1] + y) * counts[2] + x;
        return extract(r, places, number).min(0);
      });
  return select(r, mergeFirst(r, keys, 3), sizeOf(op.getResult()), kernels);
}

bool spatial::decomposeTokens(ReferenceBuilder &r, Operation *op,
                              bool reference) {
  bool kernels = !reference;
  return TypeSwitch<Operation *, bool>(op)
      .Case<GatherOp, ScatterOp, MicroFlowOp, AnchorsOp, NearestOp>(
          [&](auto o) {
            o.getResult().replaceAllUsesWith(decompose(r, o));
            return true;
          })
      .Case([&](TileTokensOp o) {
        o.getResult().replaceAllUsesWith(decompose(r, o, kernels));
        return true;
      })
      .Case([&](DensifyOp o) {
        decompose(r, o, kernels);
        return true;
      })
      .Default([](Operation *) { return false; });
}
