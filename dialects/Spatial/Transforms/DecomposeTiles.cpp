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
#include "dialects/Spatial/Transforms/BlockBuilder.h"
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
using FP = arith::CmpFPredicate;
using IP = arith::CmpIPredicate;

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
  BlockBuilder b(r);
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
                 Value i = b.loop(0), first = b.readIndex(op.getOffsets(), i),
                       end = b.readIndex(op.getOffsets(), b.add(i, b.index(1)));
                 Value at = b.add(first, b.loop(1));
                 Value inside = b.compare(IP::slt, at, end);
                 // A row that is there, whether it counts or not.
                 Value row = b.clamp(at, tokens);
                 Value x = b.read(op.getInput(), {row, b.loop(2), b.loop(3)});
                 return b.select(inside, b.addf(args.back(), x), args.back());
               });
  Value means =
      r.map(sums, {Axes{0, 1, 2}}, sizes, r.b.getF32Type(),
            [&](ValueRange args) -> Value {
              Value i = b.loop(0), count = b.blockSize(op.getOffsets(), i);
              Value none = b.compare(FP::OEQ, count, r.constant(0.0f));
              return b.select(none, r.constant(0.0f), b.divf(args[0], count));
            });
  op.getResult().replaceAllUsesWith(means);
  return true;
}

static bool decompose(ReferenceBuilder &r, BlockSpreadOp op) {
  BlockBuilder b(r);
  int64_t blocks = op.getInput().getType().getDimSize(0);
  Value numbers =
      b.blocksOf(op.getOffsets(), op.getResult().getType().getDimSize(0));
  Value spread =
      r.map(numbers, {Axes{0}}, r.getSizes(op.getResult()), r.b.getF32Type(),
            [&](ValueRange args) -> Value {
              Value block = b.clamp(b.toIndex(args[0]), blocks);
              return b.read(op.getInput(), {block, b.loop(1), b.loop(2)});
            });
  op.getResult().replaceAllUsesWith(spread);
  return true;
}

//===----------------------------------------------------------------------===//
// spatial.block_select
//===----------------------------------------------------------------------===//

/// [H, nq, nk]
static Value scoreBlocks(BlockBuilder &b, BlockSelectOp op) {
  ReferenceBuilder &r = b.r;
  // Loops: key head, head of the group, block of queries, of keys, value.
  Value q = b.splitHeads(op.getQueries(), op.getKeys().getType().getDimSize(1));
  Sizes qSizes = r.getSizes(q);
  Sizes sizes{qSizes[1], qSizes[2], qSizes[0], r.getSizes(op.getKeys())[0]};
  Value dots = r.reduce({q, op.getKeys()}, {Axes{2, 0, 1, 4}, Axes{3, 0, 4}}, 5,
                        {0, 1, 2, 3}, sizes, r.b.getF32FloatAttr(0.0f),
                        [&](ValueRange args) {
                          return b.addf(args[2], b.mulf(args[0], args[1]));
                        });
  Value scores =
      r.map(dots, {Axes{0, 1, 2, 3}}, sizes, r.b.getF32Type(),
            [&](ValueRange args) -> Value {
              Value score = b.mulf(args[0], r.constant(op.getScaleAttr()));
              if (!op.getSizes())
                return score;
              Value size = b.blockSize(op.getSizes(), b.loop(3));
              return b.addf(score, math::LogOp::create(r.b, r.loc, size));
            });
  return tensor::CollapseShapeOp::create(
      r.b, r.loc, scores, SmallVector<ReassociationIndices>{{0, 1}, {2}, {3}});
}

/// Integers in the order of the scores: zeros equal, NaN below all others.
static Value getKeys(BlockBuilder &b, Value scores) {
  ReferenceBuilder &r = b.r;
  Type i32 = r.b.getI32Type();
  return r.map(
      scores, {Axes{0, 1, 2}}, r.getSizes(scores), i32,
      [&](ValueRange args) -> Value {
        auto constant = [&](int32_t value) {
          return r.constant(r.b.getI32IntegerAttr(value));
        };
        // -0 + 0 is 0.
        Value s = b.addf(args[0], r.constant(0.0f));
        Value bits = b.emit<arith::BitcastOp>(i32, s);
        // Of negative numbers all bits but the sign are turned.
        Value sign = b.emit<arith::ShRSIOp>(bits, constant(31));
        Value key = b.emit<arith::XOrIOp>(
            bits, b.both(sign, constant(std::numeric_limits<int32_t>::max())));
        return b.select(b.compare(FP::UNO, s, s),
                        constant(std::numeric_limits<int32_t>::min()), key);
      });
}

/// Whether a block with the key x, at loop `at`, is ranked before one with the
/// key y, at loop `of`.
static Value isBefore(BlockBuilder &b, Value x, unsigned at, Value y,
                      unsigned of) {
  auto number = [&](unsigned loop) {
    return b.emit<arith::IndexCastOp>(b.r.b.getI32Type(), b.loop(loop));
  };
  Value lower = b.compare(IP::slt, number(at), number(of));
  return b.either(b.compare(IP::sgt, x, y),
                  b.both(b.compare(IP::eq, x, y), lower));
}

static bool decompose(ReferenceBuilder &r, BlockSelectOp op) {
  BlockBuilder b(r);
  Type f32 = r.b.getF32Type();
  Value scores = scoreBlocks(b, op);
  Sizes sizes = r.getSizes(scores), rows{sizes[0], sizes[1]};
  Axes all{0, 1, 2}, row{0, 1};
  Value zero = r.constant(0.0f), keys = getKeys(b, scores);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();

  // Loops: head, block of queries, the block that may be before, the block
  // itself: innermost, so that its sums stand beside each other.
  Axes own{0, 1, 3}, other{0, 1, 2};
  Value ranks = r.reduce(
      {keys, keys}, {own, other}, 4, own, sizes, r.b.getI32IntegerAttr(0),
      [&](ValueRange args) -> Value {
        Value before = isBefore(b, args[1], 2, args[0], 3);
        return b.add(args[2], b.emit<arith::ExtUIOp>(r.b.getI32Type(), before));
      });
  SmallVector<Value> inputs{ranks};
  SmallVector<Axes> axes{all};
  if (op.getTopP()) {
    Value top =
        r.reduce(scores, {all}, 3, row, rows, r.b.getF32FloatAttr(-kInfinity),
                 [&](ValueRange args) -> Value {
                   Value above = b.compare(FP::OGT, args[0], args[1]);
                   return b.select(above, args[0], args[1]);
                 });
    Value weights = r.map(
        {scores, top}, {all, row}, sizes, f32, [&](ValueRange args) -> Value {
          Value s = args[0];
          Value power = math::ExpOp::create(
              r.b, r.loc,
              arith::SubFOp::create(r.b, r.loc, s, args[1]).getResult());
          // Infinity less itself is no number.
          power =
              b.select(b.compare(FP::OEQ, s, args[1]), r.constant(1.0f), power);
          Value counts = b.compare(FP::OGT, s, r.constant(-kInfinity));
          return b.select(counts, power, zero);
        });
    Value total =
        r.reduce(weights, {all}, 3, row, rows, r.b.getF32FloatAttr(0.0f),
                 [&](ValueRange args) { return b.addf(args[1], args[0]); });
    Value before =
        r.reduce({keys, keys, weights}, {own, other, other}, 4, own, sizes,
                 r.b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
                   Value counts = isBefore(b, args[1], 2, args[0], 3);
                   return b.select(counts, b.addf(args[3], args[2]), args[3]);
                 });
    inputs.append({before, total});
    axes.append({all, row});
  }
  Value mask = r.map(
      inputs, axes, sizes, r.b.getI8Type(), [&](ValueRange args) -> Value {
        int64_t most = std::max<int64_t>(
            {1, static_cast<int64_t>(op.getTopK().value_or(0)),
             static_cast<int64_t>(op.getMinimum().value_or(0))});
        Value chosen = b.compare(IP::slt, args[0],
                                 r.constant(r.b.getI32IntegerAttr(most)));
        if (op.getTopP())
          chosen = b.either(
              chosen, b.compare(FP::OLT, args[1],
                                b.mulf(r.constant(op.getTopPAttr()), args[2])));
        Value i = b.loop(1), j = b.loop(2);
        if (op.getSinks())
          chosen =
              b.either(chosen, b.compare(IP::slt, j, b.index(*op.getSinks())));
        if (op.getNeighbours()) {
          Value reach = b.index(*op.getNeighbours());
          chosen =
              b.either(chosen, b.both(b.compare(IP::sle, i, b.add(j, reach)),
                                      b.compare(IP::sle, j, b.add(i, reach))));
        }
        return arith::ExtUIOp::create(r.b, r.loc, r.b.getI8Type(), chosen);
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
  BlockBuilder b(r);
  Type i32 = r.b.getI32Type();
  Value blocks = op.getBlocks();
  IntegerAttr zero = r.b.getI32IntegerAttr(0);
  auto number = [&](unsigned loop) {
    return b.emit<arith::IndexCastOp>(i32, b.loop(loop));
  };
  auto count = [&](Value sum, Value bit) {
    return b.add(sum, b.emit<arith::ExtUIOp>(i32, bit));
  };
  Value ranks = r.reduce(
      {blocks, blocks}, {Axes{0}, Axes{1}}, 2, {0}, r.getSizes(blocks), zero,
      [&](ValueRange args) {
        Value earlier = b.both(b.compare(IP::eq, args[1], args[0]),
                               b.compare(IP::slt, number(1), number(0)));
        return count(args[2],
                     b.either(b.compare(IP::slt, args[1], args[0]), earlier));
      });
  Value places = r.reduce(
      ranks, {Axes{1}}, 2, {0}, r.getSizes(blocks), zero, [&](ValueRange args) {
        return b.select(b.compare(IP::eq, args[0], number(0)), number(1),
                        args[1]);
      });
  Value offsets =
      r.reduce(blocks, {Axes{1}}, 2, {0}, r.getSizes(op.getOffsets()), zero,
               [&](ValueRange args) {
                 return count(args[1], b.compare(IP::slt, args[0], number(0)));
               });
  op.getPlaces().replaceAllUsesWith(places);
  op.getRanks().replaceAllUsesWith(ranks);
  op.getOffsets().replaceAllUsesWith(offsets);
  return true;
}
