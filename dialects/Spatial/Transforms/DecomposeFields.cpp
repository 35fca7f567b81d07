//===- DecomposeFields.cpp - fields over a grid of tokens as linalg -------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Interpolation, local variance and noise: each in the order of operations that
// the op's description gives. Filters are unrolled, so that their loops are
// those of the result and innermost over values of a token.
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/Spatial.h"
#include "dialects/Spatial/Transforms/Decompose.h"
#include "dialects/Spatial/Transforms/Scalars.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace tercet;
using namespace tercet::spatial;

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;

//===----------------------------------------------------------------------===//
// spatial.lift
//===----------------------------------------------------------------------===//

/// -r .. r of the blur for m of N tokens.
static SmallVector<float> getTaps(int64_t active, int64_t tokens) {
  double rho = double(active) / tokens;
  double sigma = std::min(std::max(0.4 / std::sqrt(rho), 1.0), 10.0);
  int radius = std::ceil(3 * sigma);
  SmallVector<double> weights;
  double sum = 0;
  for (int i = -radius; i <= radius; ++i) {
    weights.push_back(std::exp(-(i * i) / (2 * sigma * sigma)));
    sum += weights.back();
  }
  SmallVector<float> taps;
  for (double weight : weights)
    taps.push_back(weight / sum);
  return taps;
}

/// `at` + `offset` on an axis of `size` tokens that is mirrored at both ends.
static Scalar mirror(Scalar at, int64_t offset, int64_t size) {
  if (size == 1)
    return at.like(0);
  Scalar place = at + offset;
  for (int64_t beyond = std::abs(offset); beyond > 0; beyond -= size - 1)
    place = place.like(size - 1) - (place.like(size - 1) - place.abs()).abs();
  return place;
}

static Value decompose(ReferenceBuilder &r, LiftOp op) {
  auto type = op.getType();
  int64_t active = op.getUpdate().getType().getDimSize(0),
          tokens = type.getDimSize(0);
  if (active == tokens)
    return op.getUpdate();
  int64_t height = op.getGrid().getHeight(), width = op.getGrid().getWidth();
  SmallVector<float> taps = getTaps(active, tokens);
  int64_t radius = taps.size() / 2;
  auto blur = [&](Scalar at, int64_t size,
                  function_ref<Scalar(Scalar)> load) -> Scalar {
    std::optional<Scalar> sum;
    for (int64_t i = -radius; i <= radius; ++i) {
      Scalar term = constant(r, taps[i + radius]) * load(mirror(at, i, size));
      sum = sum ? *sum + term : term;
    }
    return *sum;
  };
  // Over [N, d], as what follows is, which can then join the second pass.
  auto sizes = toSizes(r, type.getShape());
  Value alongX =
      r.map({}, {}, sizes, r.b.getF32Type(), [&](ValueRange) -> Value {
        Scalar n = getLoop(r, 0), x = n.remainderUnsigned(width);
        return blur(x, width, [&](Scalar other) {
          return extract(
              r, op.getUpdate(),
              {extract(r, op.getMap(), n - x + other), getLoop(r, 1)});
        });
      });
  Value places = getPlaces(r, op.getIndex(), tokens);
  return r.map(
      places, {Axes{0}}, sizes, r.b.getF32Type(),
      [&](ValueRange args) -> Value {
        Scalar place(r, args[0]);
        Scalar n = getLoop(r, 0),
               y = n.divideUnsigned(width).remainderUnsigned(height);
        Scalar blurred = blur(y, height, [&](Scalar other) {
          return extract(r, alongX, {n + (other - y) * width, getLoop(r, 1)});
        });
        Scalar own = extract(r, op.getUpdate(), {place.max(0), getLoop(r, 1)});
        return (place >= 0).select(own, blurred);
      });
}

//===----------------------------------------------------------------------===//
// spatial.importance
//===----------------------------------------------------------------------===//

/// Rows [N, d] as [N, chunks, lanes], with zeros behind the values of a row.
static Value splitLanes(ReferenceBuilder &r, Value rows, int64_t lanes) {
  auto type = cast<RankedTensorType>(rows.getType());
  int64_t n = type.getDimSize(0), d = type.getDimSize(1),
          chunks = llvm::divideCeil(d, lanes);
  if (d % lanes)
    rows = r.map({}, {}, toSizes(r, {n, chunks * lanes}), r.b.getF32Type(),
                 [&](ValueRange) -> Value {
                   Scalar column = getLoop(r, 1), inside = column.min(d - 1);
                   Scalar value = extract(r, rows, {getLoop(r, 0), inside});
                   return (column == inside).select(value, value.like(0));
                 });
  return tensor::ExpandShapeOp::create(r.b, r.loc,
                                       type.clone({n, chunks, lanes}), rows,
                                       {ReassociationIndices{0}, {1, 2}});
}

static Value decompose(ReferenceBuilder &r, ImportanceOp op) {
  Type f32 = r.b.getF32Type();
  int64_t height = op.getGrid().getHeight(), width = op.getGrid().getWidth(),
          tokens = op.getGrid().getTokens(),
          d = cast<RankedTensorType>(op.getInput().getType()).getDimSize(1);
  constexpr int64_t kLanes = 16; // partial sums of a row
  Value input = splitLanes(r, op.getInput(), kLanes);
  Value partial = r.reduce(
      input, {Axes{0, 1, 2}}, 3, {0, 2}, toSizes(r, {tokens, kLanes}),
      r.b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
        Scalar n = getLoop(r, 0), x = n.remainderUnsigned(width),
               y = n.divideUnsigned(width).remainderUnsigned(height);
        Scalar zero = constant(r, 0.0f), nine = constant(r, 9.0f);
        Scalar sum = zero, squares = zero;
        for (int64_t dy = -1; dy <= 1; ++dy)
          for (int64_t dx = -1; dx <= 1; ++dx) {
            Scalar v(r, args[0]);
            if (dy != 0 || dx != 0) {
              Scalar otherY = (y + dy).max(0).min(height - 1),
                     otherX = (x + dx).max(0).min(width - 1);
              Scalar isInside = (y + dy == otherY) & (x + dx == otherX);
              Scalar token = n + (otherY - y) * width + (otherX - x);
              v = extract(r, input, {token, getLoop(r, 1), getLoop(r, 2)});
              v = isInside.select(v, zero);
            }
            sum = sum + v;
            squares = squares + v * v;
          }
        Scalar mean = sum / nine;
        return Scalar(r, args[1]) + (squares / nine - mean * mean);
      });
  Value scores =
      r.map({}, {}, toSizes(r, {tokens}), f32, [&](ValueRange) -> Value {
        SmallVector<Scalar> sums;
        for (int64_t i = 0; i < kLanes; ++i)
          sums.push_back(
              extract(r, partial, {getLoop(r, 0), getLoop(r, 0).like(i)}));
        for (int64_t half = kLanes / 2; half >= 1; half /= 2)
          for (int64_t i = 0; i < half; ++i)
            sums[i] = sums[i] + sums[i + half];
        return sums.front() / constant(r, float(d));
      });
  int64_t volume = op.getGrid().getTileVolume();
  if (volume == 1)
    return scores;
  auto [a, b, c] = op.getGrid().getTileSizes();
  std::array<int64_t, 3> counts = op.getGrid().getTileCounts();
  Value tiles =
      splitFirst(r, scores, {counts[0], a, counts[1], b, counts[2], c});
  Value sums = r.reduce(tiles, {Axes{0, 1, 2, 3, 4, 5}}, 6, {0, 2, 4},
                        toSizes(r, counts), r.b.getF32FloatAttr(0.0f),
                        [&](ValueRange args) -> Value {
                          return Scalar(r, args[1]) + Scalar(r, args[0]);
                        });
  Value merged = mergeFirst(r, sums, 3);
  return r.map(merged, {Axes{0}}, r.getSizes(merged), f32,
               [&](ValueRange args) -> Value {
                 return Scalar(r, args[0]) / constant(r, float(volume));
               });
}

//===----------------------------------------------------------------------===//
// spatial.random_normal
//===----------------------------------------------------------------------===//

std::array<Scalar, 4> spatial::philox(std::array<Scalar, 4> counter,
                                      std::array<Scalar, 2> key) {
  auto word = [](uint32_t bits) { return int64_t(int32_t(bits)); };
  for (unsigned round = 0; round < 10; ++round) {
    auto multiply = [](Scalar x, uint32_t factor) {
      Scalar wide = x.extendUnsigned();
      return wide * int64_t(factor);
    };
    Scalar a = multiply(counter[0], 0xD2511F53u),
           b = multiply(counter[2], 0xCD9E8D57u);
    counter = {(b >> 32).toI32() ^ counter[1] ^ key[0], b.toI32(),
               (a >> 32).toI32() ^ counter[3] ^ key[1], a.toI32()};
    key = {key[0] + word(0x9E3779B9u), key[1] + word(0xBB67AE85u)};
  }
  return counter;
}

static Value decompose(ReferenceBuilder &r, RandomNormalOp op) {
  ArrayRef<int64_t> shape = op.getType().getShape();
  return r.map(
      {}, {}, toSizes(r, shape), r.b.getF32Type(), [&](ValueRange) -> Value {
        Scalar i = constant(r, r.b.getIndexType(), 0);
        for (auto [axis, size] : llvm::enumerate(shape))
          i = i * size + getLoop(r, axis);
        Scalar n = i.toI32(), zero = n.like(0);
        auto seed = [&](int64_t at) {
          return extract(r, op.getSeed(), i.like(at));
        };
        std::array<Scalar, 2> key{seed(0), seed(1)};
        auto p = philox({n, zero, zero, zero}, key);
        auto q = philox({n, n.like(1), zero, zero}, key);
        Scalar sum = zero;
        for (Scalar word : {p[0], p[1], p[2], p[3], q[0], q[1]})
          sum = sum + (word & 0xffff) + (word >> 16);
        Scalar x = (sum - 393210).to(r.b.getF32Type()) * constant(r, 0x1p-18f);
        Scalar square = x * x, y = constant(r, 0.029899776f);
        for (float term :
             {0.008355968f, 0.076542912f, 0.252408784f, 3.949846138f})
          y = y * square + constant(r, term);
        return y * x;
      });
}

bool spatial::decomposeFields(ReferenceBuilder &r, Operation *op) {
  return TypeSwitch<Operation *, bool>(op)
      .Case<LiftOp, ImportanceOp, RandomNormalOp>([&](auto o) {
        o.getResult().replaceAllUsesWith(decompose(r, o));
        return true;
      })
      .Default([](Operation *) { return false; });
}
