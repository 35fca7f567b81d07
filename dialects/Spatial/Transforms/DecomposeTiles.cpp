//===- DecomposeTiles.cpp - blocks of tokens as linalg --------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Orders and static masks become constants; means, their opposite and the
// choice of blocks become linalg. Ranks are found by counting: a block's rank
// is the number of blocks before it, whatever the order of the loops. A mean
// goes over as many tokens as the largest block has, where offsets are
// constants; where they are data, over all tokens for every block.
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/Spatial.h"
#include "dialects/Spatial/IR/TileConstants.h"
#include "dialects/Spatial/Transforms/Blocks.h"
#include "dialects/Spatial/Transforms/Decompose.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include <limits>

using namespace mlir;
using namespace tercet;
using namespace tercet::spatial;

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;
using Sizes = ReferenceBuilder::Sizes;

static bool decompose(ReferenceBuilder &r, TileOrderOp op) {
  for (auto [result, constant] : llvm::zip(op->getResults(), makeTileOrder(op)))
    result.replaceAllUsesWith(r.constant(constant));
  return true;
}

static bool decompose(ReferenceBuilder &r, BlockMaskOp op) {
  op.getResult().replaceAllUsesWith(r.constant(makeBlockMask(op)));
  return true;
}

/// The tokens of the largest block: `most` where only data says it.
static int64_t getLargestBlock(Value offsets, int64_t most) {
  DenseIntElementsAttr constant;
  if (!matchPattern(offsets, m_Constant(&constant)))
    return most;
  int64_t largest = 1, before = 0;
  for (const APInt &offset : constant) {
    largest = std::max(largest, offset.getSExtValue() - before);
    before = offset.getSExtValue();
  }
  return std::min(largest, most);
}

static bool decompose(ReferenceBuilder &r, BlockMeanOp op) {
  int64_t tokens = op.getInput().getType().getDimSize(0);
  int64_t largest = getLargestBlock(op.getOffsets(), tokens);
  Sizes sizes = r.getSizes(op.getResult());
  // What says how often the innermost loop runs; not read.
  auto steps = RankedTensorType::get({largest}, r.b.getI8Type());
  Value carrier = r.constant(DenseElementsAttr::get(steps, int8_t(0)));
  // Loops: block, token of it, head, value; the innermost is as data lies.
  Value sums =
      r.reduce(carrier, {Axes{1}}, 4, {0, 2, 3}, sizes,
               r.b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
                 Scalar i = getLoop(r, 0), sum(r, args.back());
                 Scalar first = extract(r, op.getOffsets(), i).toIndex(),
                        end = extract(r, op.getOffsets(), i + 1).toIndex();
                 Scalar at = first + getLoop(r, 1);
                 // A row that is there, whether it counts or not.
                 Scalar x =
                     extract(r, op.getInput(),
                             {clamp(at, tokens), getLoop(r, 2), getLoop(r, 3)});
                 return (at < end).select(sum + x, sum);
               });
  Value means = r.map(
      sums, {Axes{0, 1, 2}}, sizes, r.b.getF32Type(),
      [&](ValueRange args) -> Value {
        Scalar count = getBlockSize(r, op.getOffsets(), getLoop(r, 0));
        return (count == 0).select(count.like(0), Scalar(r, args[0]) / count);
      });
  op.getResult().replaceAllUsesWith(means);
  return true;
}

static bool decompose(ReferenceBuilder &r, BlockSpreadOp op) {
  int64_t blocks = op.getInput().getType().getDimSize(0);
  Value numbers =
      getBlocks(r, op.getOffsets(), op.getResult().getType().getDimSize(0));
  Value spread = r.map(
      numbers, {Axes{0}}, r.getSizes(op.getResult()), r.b.getF32Type(),
      [&](ValueRange args) -> Value {
        Scalar block = clamp(Scalar(r, args[0]).toIndex(), blocks);
        return extract(r, op.getInput(), {block, getLoop(r, 1), getLoop(r, 2)});
      });
  op.getResult().replaceAllUsesWith(spread);
  return true;
}

//===----------------------------------------------------------------------===//
// spatial.block_select
//===----------------------------------------------------------------------===//

/// [H, nq, nk]
static Value scoreBlocks(ReferenceBuilder &r, BlockSelectOp op) {
  // Loops: key head, head of the group, block of queries, of keys, value.
  Value q =
      splitHeads(r, op.getQueries(), op.getKeys().getType().getDimSize(1));
  Sizes qSizes = r.getSizes(q);
  Sizes sizes{qSizes[1], qSizes[2], qSizes[0], r.getSizes(op.getKeys())[0]};
  Value dots = r.reduce({q, op.getKeys()}, {Axes{2, 0, 1, 4}, Axes{3, 0, 4}}, 5,
                        {0, 1, 2, 3}, sizes, r.b.getF32FloatAttr(0.0f),
                        [&](ValueRange args) -> Value {
                          auto x = toScalars(r, args);
                          return x[2] + x[0] * x[1];
                        });
  Value scores =
      r.map(dots, {Axes{0, 1, 2, 3}}, sizes, r.b.getF32Type(),
            [&](ValueRange args) -> Value {
              Scalar score =
                  Scalar(r, args[0]) * Scalar(r, r.constant(op.getScaleAttr()));
              if (!op.getSizes())
                return score;
              Scalar size = getBlockSize(r, op.getSizes(), getLoop(r, 3));
              return score + size.apply<math::LogOp>();
            });
  return tensor::CollapseShapeOp::create(
      r.b, r.loc, scores, SmallVector<ReassociationIndices>{{0, 1}, {2}, {3}});
}

/// Integers in the order of the scores: zeros equal, NaN below all others.
static Value getKeys(ReferenceBuilder &r, Value scores) {
  Type i32 = r.b.getI32Type();
  return r.map(scores, {Axes{0, 1, 2}}, r.getSizes(scores), i32,
               [&](ValueRange args) -> Value {
                 // -0 + 0 is 0.
                 Scalar s = Scalar(r, args[0]) + 0;
                 Scalar bits = s.bitcast(i32);
                 // Of negative numbers all bits but the sign are turned.
                 Scalar sign = bits.apply<arith::ShRSIOp>(bits.like(31));
                 Scalar key =
                     bits ^ (sign & std::numeric_limits<int32_t>::max());
                 return s.isNaN().select(
                     key.like(std::numeric_limits<int32_t>::min()), key);
               });
}

/// Whether a block with the key x, at loop `at`, is ranked before one with the
/// key y, at loop `of`.
static Scalar isBefore(ReferenceBuilder &r, Scalar x, unsigned at, Scalar y,
                       unsigned of) {
  Scalar lower = getLoop(r, at).toI32() < getLoop(r, of).toI32();
  return (x > y) | ((x == y) & lower);
}

static bool decompose(ReferenceBuilder &r, BlockSelectOp op) {
  Type f32 = r.b.getF32Type();
  Value scores = scoreBlocks(r, op);
  Sizes sizes = r.getSizes(scores), rows{sizes[0], sizes[1]};
  Axes all{0, 1, 2}, row{0, 1};
  Value keys = getKeys(r, scores);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();

  // Loops: head, block of queries, the block that may be before, the block
  // itself: innermost, so that its sums stand beside each other.
  Axes own{0, 1, 3}, other{0, 1, 2};
  Value ranks =
      r.reduce({keys, keys}, {own, other}, 4, own, sizes,
               r.b.getI32IntegerAttr(0), [&](ValueRange args) -> Value {
                 auto x = toScalars(r, args);
                 Scalar before = isBefore(r, x[1], 2, x[0], 3);
                 return x[2] + before.extendUnsigned(r.b.getI32Type());
               });
  SmallVector<Value> inputs{ranks};
  SmallVector<Axes> axes{all};
  if (op.getTopP()) {
    Value top =
        r.reduce(scores, {all}, 3, row, rows, r.b.getF32FloatAttr(-kInfinity),
                 [&](ValueRange args) -> Value {
                   auto x = toScalars(r, args);
                   return (x[0] > x[1]).select(x[0], x[1]);
                 });
    Value weights = r.map(
        {scores, top}, {all, row}, sizes, f32, [&](ValueRange args) -> Value {
          Scalar s(r, args[0]), top(r, args[1]);
          Scalar power = (s - top).apply<math::ExpOp>();
          // Infinity less itself is no number.
          power = (s == top).select(s.like(1), power);
          return (s > constant(r, -kInfinity)).select(power, s.like(0));
        });
    Value total =
        r.reduce(weights, {all}, 3, row, rows, r.b.getF32FloatAttr(0.0f),
                 [&](ValueRange args) -> Value {
                   return Scalar(r, args[1]) + Scalar(r, args[0]);
                 });
    Value before = r.reduce(
        {keys, keys, weights}, {own, other, other}, 4, own, sizes,
        r.b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
          auto x = toScalars(r, args);
          return isBefore(r, x[1], 2, x[0], 3).select(x[3] + x[2], x[3]);
        });
    inputs.append({before, total});
    axes.append({all, row});
  }
  Value mask = r.map(
      inputs, axes, sizes, r.b.getI8Type(), [&](ValueRange args) -> Value {
        int64_t most = std::max<int64_t>(
            {1, static_cast<int64_t>(op.getTopK().value_or(0)),
             static_cast<int64_t>(op.getMinimum().value_or(0))});
        auto x = toScalars(r, args);
        Scalar chosen = x[0] < most;
        if (op.getTopP()) {
          Scalar share(r, r.constant(op.getTopPAttr()));
          chosen = chosen | (x[1] < share * x[2]);
        }
        Scalar i = getLoop(r, 1), j = getLoop(r, 2);
        if (op.getSinks())
          chosen = chosen | (j < *op.getSinks());
        if (op.getNeighbours()) {
          int64_t reach = *op.getNeighbours();
          chosen = chosen | ((i <= j + reach) & (j <= i + reach));
        }
        return chosen.extendUnsigned(r.b.getI8Type());
      });
  op.getResult().replaceAllUsesWith(mask);
  return true;
}

bool spatial::decomposeTiles(ReferenceBuilder &r, Operation *op) {
  return TypeSwitch<Operation *, bool>(op)
      .Case<TileOrderOp, BlockMaskOp, BlockMeanOp, BlockSpreadOp,
            BlockSelectOp>([&](auto o) { return decompose(r, o); })
      .Default([](Operation *) { return false; });
}

/// A token's rank counts the tokens before it; the token at a place is the one
/// with that rank; a block begins behind the tokens of lower blocks.
bool spatial::orderToReference(ReferenceBuilder &r, Operation *operation) {
  auto op = dyn_cast<BlockOrderOp>(operation);
  if (!op)
    return false;
  Type i32 = r.b.getI32Type();
  Value blocks = op.getBlocks();
  IntegerAttr zero = r.b.getI32IntegerAttr(0);
  auto number = [&](unsigned loop) { return getLoop(r, loop).toI32(); };
  auto count = [&](Scalar sum, Scalar bit) {
    return sum + bit.extendUnsigned(i32);
  };
  Value ranks =
      r.reduce({blocks, blocks}, {Axes{0}, Axes{1}}, 2, {0}, r.getSizes(blocks),
               zero, [&](ValueRange args) -> Value {
                 auto x = toScalars(r, args);
                 Scalar earlier = (x[1] == x[0]) & (number(1) < number(0));
                 return count(x[2], (x[1] < x[0]) | earlier);
               });
  Value places = r.reduce(ranks, {Axes{1}}, 2, {0}, r.getSizes(blocks), zero,
                          [&](ValueRange args) -> Value {
                            auto x = toScalars(r, args);
                            return (x[0] == number(0)).select(number(1), x[1]);
                          });
  Value offsets =
      r.reduce(blocks, {Axes{1}}, 2, {0}, r.getSizes(op.getOffsets()), zero,
               [&](ValueRange args) -> Value {
                 auto x = toScalars(r, args);
                 return count(x[1], x[0] < number(0));
               });
  op.getPlaces().replaceAllUsesWith(places);
  op.getRanks().replaceAllUsesWith(ranks);
  op.getOffsets().replaceAllUsesWith(offsets);
  return true;
}
