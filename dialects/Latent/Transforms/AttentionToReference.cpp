//===- AttentionToReference.cpp - attention with its scores stored --------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All scores, their maximum, their exponentials, their sum, in this order: the
// textbook's softmax, which an online one is compared with.
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/IR/Latent.h"
#include "dialects/Latent/Transforms/ReferencePatterns.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <limits>

using namespace mlir;
using namespace tercet;
using namespace tercet::latent;

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;
using Sizes = ReferenceBuilder::Sizes;

namespace {
/// Which keys a token sees.
struct Visibility {
  ReferenceBuilder &r;
  Value length;
  /// Of token 0, where attention is causal.
  Value lastKey;

  Value operator()(Value token, Value key) {
    OpBuilder &b = r.b;
    using P = arith::CmpIPredicate;
    Value inside = arith::CmpIOp::create(b, r.loc, P::slt, key, length);
    if (!lastKey)
      return inside;
    Value last = arith::AddIOp::create(b, r.loc, lastKey, token);
    Value past = arith::CmpIOp::create(b, r.loc, P::sle, key, last);
    return arith::AndIOp::create(b, r.loc, inside, past);
  }
};

struct LowerAttention : ReferencePattern<AttentionOp> {
  using ReferencePattern::ReferencePattern;
  SmallVector<Value> lower(ReferenceBuilder &r, AttentionOp op,
                           OpAdaptor adaptor) const override {
    OpBuilder &b = r.b;
    Location loc = r.loc;
    Type f32 = b.getF32Type();
    Value q = adaptor.getQuery(), k = adaptor.getKey(), v = adaptor.getValue();
    auto qType = cast<RankedTensorType>(q.getType());
    int64_t m = qType.getDimSize(0), heads = qType.getDimSize(1),
            groups = cast<RankedTensorType>(k.getType()).getDimSize(1),
            shared = heads / groups;

    Visibility sees{r, adaptor.getLength(), {}};
    if (!sees.length)
      sees.length = tensor::DimOp::create(b, loc, k, 0);
    if (op.getCausal())
      sees.lastKey = arith::SubIOp::create(
          b, loc, sees.length, tensor::DimOp::create(b, loc, q, 0).getResult());
    auto at = [&](unsigned loop) -> Value {
      return linalg::IndexOp::create(b, loc, loop);
    };
    auto select = [&](Value bit, Value x, Value y) -> Value {
      return arith::SelectOp::create(b, loc, bit, x, y);
    };
    auto mul = [&](Value x, Value y) -> Value {
      return arith::MulFOp::create(b, loc, x, y);
    };
    auto add = [&](Value x, Value y) -> Value {
      return arith::AddFOp::create(b, loc, x, y);
    };

    // Queries [M, G, H / G, D]. Loops: token, group, head of the group, key,
    // ...
    Sizes qSizes = r.getSizes(q), vSizes = r.getSizes(v);
    Sizes split{qSizes[0], b.getIndexAttr(groups), b.getIndexAttr(shared),
                qSizes[2]};
    SmallVector<ReassociationIndices> headAxes{{0}, {1, 2}, {3}};
    q = tensor::ExpandShapeOp::create(
        b, loc, qType.clone({m, groups, shared, qType.getDimSize(2)}), q,
        headAxes, split);
    Sizes rows{split[0], split[1], split[2]};
    Sizes scoreSizes{split[0], split[1], split[2], vSizes[0]};
    Value dots =
        r.reduce({q, k}, {Axes{0, 1, 2, 4}, Axes{3, 1, 4}}, 5, {0, 1, 2, 3},
                 scoreSizes, b.getF32FloatAttr(0.0f), [&](ValueRange args) {
                   return add(args[2], mul(args[0], args[1]));
                 });
    Axes score{0, 1, 2, 3}, row{0, 1, 2};
    Value scores = r.map(dots, {score}, scoreSizes, f32, [&](ValueRange args) {
      return mul(args[0], r.constant(op.getScaleAttr()));
    });
    Value top =
        r.reduce(scores, {score}, 4, row, rows,
                 b.getF32FloatAttr(-std::numeric_limits<float>::infinity()),
                 [&](ValueRange args) {
                   Value greater =
                       arith::MaximumFOp::create(b, loc, args[1], args[0]);
                   return select(sees(at(0), at(3)), greater, args[1]);
                 });
    Value powers = r.map(
        {scores, top}, {score, row}, scoreSizes, f32, [&](ValueRange args) {
          Value power = math::ExpOp::create(
              b, loc,
              arith::SubFOp::create(b, loc, args[0], args[1]).getResult());
          return select(sees(at(0), at(3)), power, r.constant(0.0f));
        });
    Value sums =
        r.reduce(powers, {score}, 4, row, rows, b.getF32FloatAttr(0.0f),
                 [&](ValueRange args) { return add(args[1], args[0]); });
    // A value behind a token's last key may be anything and is not read.
    Sizes resultSizes{split[0], split[1], split[2], vSizes[2]};
    Value mixed =
        r.reduce({powers, v}, {Axes{0, 1, 2, 4}, Axes{4, 1, 3}}, 5, score,
                 resultSizes, b.getF32FloatAttr(0.0f), [&](ValueRange args) {
                   Value sum = add(args[2], mul(args[0], args[1]));
                   return select(sees(at(0), at(4)), sum, args[2]);
                 });
    Value zeroKey = arith::ConstantIndexOp::create(b, loc, 0);
    Value result = r.map(
        {mixed, sums}, {score, row}, resultSizes, f32, [&](ValueRange args) {
          Value mean = arith::DivFOp::create(b, loc, args[0], args[1]);
          return select(sees(at(0), zeroKey), mean, r.constant(0.0f));
        });
    return {tensor::CollapseShapeOp::create(b, loc, result, headAxes)};
  }
};
} // namespace

void tercet::latent::populateAttentionToReferencePatterns(
    const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerAttention>(converter, patterns.getContext());
}
