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
#include "dialects/Spatial/Transforms/Blocks.h"
#include "dialects/Spatial/Transforms/Decompose.h"
#include <limits>

using namespace mlir;
using namespace tercet;
using namespace tercet::spatial;

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;
using Sizes = ReferenceBuilder::Sizes;

bool spatial::attentionToReference(ReferenceBuilder &r, Operation *operation) {
  auto op = dyn_cast<BlockAttentionOp>(operation);
  if (!op)
    return false;
  Type f32 = r.b.getF32Type();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  auto qType = op.getQuery().getType();
  auto vType = op.getValue().getType();
  int64_t tokens = qType.getDimSize(0), keys = vType.getDimSize(0),
          heads = qType.getDimSize(1), groups = vType.getDimSize(1);
  Scalar low = constant(r, -kInfinity), zero = constant(r, 0.0f);

  // Loops: token, key head, head of the group, key, ...
  Value q = splitHeads(r, op.getQuery(), groups);
  Sizes qSizes = r.getSizes(q);
  Sizes rows{qSizes[0], qSizes[1], qSizes[2]}, sizes = rows;
  sizes.push_back(r.b.getIndexAttr(keys));
  Axes row{0, 1, 2}, score{0, 1, 2, 3};
  Value dots =
      r.reduce({q, op.getKey()}, {Axes{0, 1, 2, 4}, Axes{3, 1, 4}}, 5, score,
               sizes, r.b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
                 auto x = toScalars(r, args);
                 return x[2] + x[0] * x[1];
               });
  SmallVector<Value> inputs{dots};
  SmallVector<Axes> axes{score};
  if (op.getMask()) {
    inputs.append({getBlocks(r, op.getQueryOffsets(), tokens),
                   getBlocks(r, op.getKeyOffsets(), keys)});
    axes.append({Axes{0}, Axes{3}});
  }
  Value scores = r.map(inputs, axes, sizes, f32, [&](ValueRange args) -> Value {
    Scalar s = Scalar(r, args[0]) * Scalar(r, r.constant(op.getScaleAttr()));
    if (op.getCausal()) {
      Scalar last = getLoop(r, 0) + (keys - tokens);
      s = (getLoop(r, 3) <= last).select(s, low);
    }
    if (!op.getMask())
      return s;
    auto mask = op.getMask().getType();
    Scalar head = getLoop(r, 1) * (heads / groups) + getLoop(r, 2);
    Scalar i = clamp(Scalar(r, args[1]).toIndex(), mask.getDimSize(1)),
           j = clamp(Scalar(r, args[2]).toIndex(), mask.getDimSize(2));
    Scalar bit =
        extract(r, op.getMask(),
                {head.divideUnsigned(heads / mask.getDimSize(0)), i, j});
    return (bit != 0).select(s, low);
  });
  Value top =
      r.reduce(scores, {score}, 4, row, rows, r.b.getF32FloatAttr(-kInfinity),
               [&](ValueRange args) -> Value {
                 auto x = toScalars(r, args);
                 return x[1].apply<arith::MaximumFOp>(x[0]);
               });
  Value powers = r.map(
      {scores, top}, {score, row}, sizes, f32, [&](ValueRange args) -> Value {
        auto x = toScalars(r, args);
        return (x[0] != low).select((x[0] - x[1]).apply<math::ExpOp>(), zero);
      });
  Value sums =
      r.reduce(powers, {score}, 4, row, rows, r.b.getF32FloatAttr(0.0f),
               [&](ValueRange args) -> Value {
                 return Scalar(r, args[1]) + Scalar(r, args[0]);
               });
  Sizes resultSizes = rows;
  resultSizes.push_back(r.b.getIndexAttr(vType.getDimSize(2)));
  // A value that is not seen may be anything.
  Value mixed = r.reduce(
      {scores, powers, op.getValue()},
      {Axes{0, 1, 2, 4}, Axes{0, 1, 2, 4}, Axes{4, 1, 3}}, 5, score,
      resultSizes, r.b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
        auto x = toScalars(r, args);
        return (x[0] != low).select(x[3] + x[1] * x[2], x[3]);
      });

  Value result = r.map({mixed, sums}, {score, row}, resultSizes, f32,
                       [&](ValueRange args) -> Value {
                         auto x = toScalars(r, args);
                         return (x[1] == zero).select(zero, x[0] / x[1]);
                       });
  Value lse =
      r.map({top, sums}, {row, row}, rows, f32, [&](ValueRange args) -> Value {
        auto x = toScalars(r, args);
        Scalar sum = x[0] + x[1].apply<math::LogOp>();
        return (x[1] == zero).select(low, sum);
      });
  auto join = [&](Value v, ArrayRef<ReassociationIndices> groups) -> Value {
    return tensor::CollapseShapeOp::create(r.b, r.loc, v, groups);
  };
  SmallVector<ReassociationIndices> wide{{0}, {1, 2}, {3}}, narrow{{0}, {1, 2}};
  op.getResult().replaceAllUsesWith(join(result, wide));
  op.getLse().replaceAllUsesWith(join(lse, narrow));
  return true;
}
