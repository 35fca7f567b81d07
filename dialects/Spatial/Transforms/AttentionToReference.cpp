//===- AttentionToReference.cpp - block attention with scores stored ------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// spatial.block_attention as its description says it: all scores, minus
// infinity where a block is not chosen, their maximum, their exponentials,
// their sum. For the reference path; compiled code has a kernel.
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/Spatial.h"
#include "dialects/Spatial/Transforms/BlockBuilder.h"
#include "dialects/Spatial/Transforms/Decompose.h"
#include <limits>

using namespace mlir;
using namespace tercet;
using namespace tercet::spatial;

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;
using Sizes = ReferenceBuilder::Sizes;
using FP = arith::CmpFPredicate;
using IP = arith::CmpIPredicate;

bool spatial::attentionToReference(ReferenceBuilder &r, Operation *operation) {
  auto op = dyn_cast<BlockAttentionOp>(operation);
  if (!op)
    return false;
  BlockBuilder b(r);
  Type f32 = r.b.getF32Type();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  auto qType = op.getQuery().getType();
  auto vType = op.getValue().getType();
  int64_t tokens = qType.getDimSize(0), keys = vType.getDimSize(0),
          heads = qType.getDimSize(1), groups = vType.getDimSize(1);
  Value low = r.constant(-kInfinity), zero = r.constant(0.0f);

  // Loops: token, key head, head of the group, key, ...
  Value q = b.splitHeads(op.getQuery(), groups);
  Sizes qSizes = r.getSizes(q);
  Sizes rows{qSizes[0], qSizes[1], qSizes[2]}, sizes = rows;
  sizes.push_back(r.b.getIndexAttr(keys));
  Axes row{0, 1, 2}, score{0, 1, 2, 3};
  Value dots =
      r.reduce({q, op.getKey()}, {Axes{0, 1, 2, 4}, Axes{3, 1, 4}}, 5, score,
               sizes, r.b.getF32FloatAttr(0.0f), [&](ValueRange args) {
                 return b.addf(args[2], b.mulf(args[0], args[1]));
               });
  SmallVector<Value> inputs{dots};
  SmallVector<Axes> axes{score};
  if (op.getMask()) {
    inputs.append({b.blocksOf(op.getQueryOffsets(), tokens),
                   b.blocksOf(op.getKeyOffsets(), keys)});
    axes.append({Axes{0}, Axes{3}});
  }
  Value scores = r.map(inputs, axes, sizes, f32, [&](ValueRange args) -> Value {
    Value s = b.mulf(args[0], r.constant(op.getScaleAttr()));
    if (op.getCausal()) {
      Value last = b.add(b.loop(0), b.index(keys - tokens));
      s = b.select(b.compare(IP::sle, b.loop(3), last), s, low);
    }
    if (!op.getMask())
      return s;
    auto mask = op.getMask().getType();
    Value head = b.emit<arith::MulIOp>(b.loop(1), b.index(heads / groups));
    head = b.add(head, b.loop(2));
    head = b.emit<arith::DivUIOp>(head, b.index(heads / mask.getDimSize(0)));
    Value i = b.toIndex(args[1]), j = b.toIndex(args[2]);
    Value bit = b.read(op.getMask(), {head, b.clamp(i, mask.getDimSize(1)),
                                      b.clamp(j, mask.getDimSize(2))});
    Value chosen = b.compare(IP::ne, bit, r.constant(r.b.getI8IntegerAttr(0)));
    return b.select(chosen, s, low);
  });
  Value top = r.reduce(scores, {score}, 4, row, rows,
                       r.b.getF32FloatAttr(-kInfinity), [&](ValueRange args) {
                         return b.emit<arith::MaximumFOp>(args[1], args[0]);
                       });
  auto isSeen = [&](Value s) { return b.compare(FP::UNE, s, low); };
  Value powers = r.map(
      {scores, top}, {score, row}, sizes, f32, [&](ValueRange args) -> Value {
        Value less = b.emit<arith::SubFOp>(args[0], args[1]);
        return b.select(isSeen(args[0]), b.emit<math::ExpOp>(less), zero);
      });
  Value sums =
      r.reduce(powers, {score}, 4, row, rows, r.b.getF32FloatAttr(0.0f),
               [&](ValueRange args) { return b.addf(args[1], args[0]); });
  Sizes resultSizes = rows;
  resultSizes.push_back(r.b.getIndexAttr(vType.getDimSize(2)));
  // A value that is not seen may be anything.
  Value mixed = r.reduce(
      {scores, powers, op.getValue()},
      {Axes{0, 1, 2, 4}, Axes{0, 1, 2, 4}, Axes{4, 1, 3}}, 5, score,
      resultSizes, r.b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
        Value sum = b.addf(args[3], b.mulf(args[1], args[2]));
        return b.select(isSeen(args[0]), sum, args[3]);
      });
  auto isEmpty = [&](Value sum) { return b.compare(FP::OEQ, sum, zero); };
  Value result =
      r.map({mixed, sums}, {score, row}, resultSizes, f32,
            [&](ValueRange args) -> Value {
              return b.select(isEmpty(args[1]), zero, b.divf(args[0], args[1]));
            });
  Value lse =
      r.map({top, sums}, {row, row}, rows, f32, [&](ValueRange args) -> Value {
        Value sum = b.addf(args[0], b.emit<math::LogOp>(args[1]));
        return b.select(isEmpty(args[1]), low, sum);
      });
  auto join = [&](Value v, ArrayRef<ReassociationIndices> groups) -> Value {
    return tensor::CollapseShapeOp::create(r.b, r.loc, v, groups);
  };
  SmallVector<ReassociationIndices> wide{{0}, {1, 2}, {3}}, narrow{{0}, {1, 2}};
  op.getResult().replaceAllUsesWith(join(result, wide));
  op.getLse().replaceAllUsesWith(join(lse, narrow));
  return true;
}
