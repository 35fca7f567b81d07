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
  Value sums =
      r.reduce(carrier, {Axes{3}}, 4, {0, 1, 2}, sizes,
               r.b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
                 Value i = b.loop(0), first = b.readIndex(op.getOffsets(), i),
                       end = b.readIndex(op.getOffsets(), b.add(i, b.index(1)));
                 Value at = b.add(first, b.loop(3));
                 Value inside = b.compare(IP::slt, at, end);
                 // A row that is there, whether it counts or not.
                 Value row = b.clamp(at, tokens);
                 Value x = b.read(op.getInput(), {row, b.loop(1), b.loop(2)});
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

/// Whether a block with the score x, at loop `at`, is ranked before one with
/// the score y, at loop `of`.
static Value isBefore(BlockBuilder &b, Value x, unsigned at, Value y,
                      unsigned of) {
  Value lower = b.compare(IP::slt, b.loop(at), b.loop(of));
  Value equal = b.compare(FP::OEQ, x, y);
  Value xNone = b.compare(FP::UNO, x, x), yNone = b.compare(FP::UNO, y, y);
  // Both no numbers are equal; one alone is behind.
  equal = b.either(equal, b.both(xNone, yNone));
  Value above = b.either(b.compare(FP::OGT, x, y),
                         b.both(yNone, b.compare(FP::ORD, x, x)));
  return b.either(above, b.both(equal, lower));
}

static bool decompose(ReferenceBuilder &r, BlockSelectOp op) {
  BlockBuilder b(r);
  Type f32 = r.b.getF32Type();
  Value scores = scoreBlocks(b, op);
  Sizes sizes = r.getSizes(scores), rows{sizes[0], sizes[1]};
  Axes own{0, 1, 2}, other{0, 1, 3}, row{0, 1};
  Value zero = r.constant(0.0f);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();

  Value ranks =
      r.reduce({scores, scores}, {own, other}, 4, own, sizes,
               r.b.getI32IntegerAttr(0), [&](ValueRange args) -> Value {
                 Value before = isBefore(b, args[1], 3, args[0], 2);
                 Value one = arith::ExtUIOp::create(r.b, r.loc,
                                                    r.b.getI32Type(), before);
                 return b.add(args[2], one);
               });
  SmallVector<Value> inputs{ranks};
  SmallVector<Axes> axes{own};
  if (op.getTopP()) {
    Value top =
        r.reduce(scores, {own}, 3, row, rows, r.b.getF32FloatAttr(-kInfinity),
                 [&](ValueRange args) -> Value {
                   Value above = b.compare(FP::OGT, args[0], args[1]);
                   return b.select(above, args[0], args[1]);
                 });
    Value weights = r.map(
        {scores, top}, {own, row}, sizes, f32, [&](ValueRange args) -> Value {
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
        r.reduce(weights, {own}, 3, row, rows, r.b.getF32FloatAttr(0.0f),
                 [&](ValueRange args) { return b.addf(args[1], args[0]); });
    Value before =
        r.reduce({scores, scores, weights}, {own, other, other}, 4, own, sizes,
                 r.b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
                   Value counts = isBefore(b, args[1], 3, args[0], 2);
                   return b.select(counts, b.addf(args[3], args[2]), args[3]);
                 });
    inputs.append({before, total});
    axes.append({own, row});
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
