//===- RouterBuilder.cpp - the choice of experts in rows and linalg -------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Follows the description of #latent.routing line by line. The score of a logit
// goes into the epilogue of the router's product; groups are chosen by the same
// top-k kernel as experts, so there is no limit on any number.
//
//===----------------------------------------------------------------------===//
#include "passes/Rows/RouterBuilder.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Rows/RowProducts.h"

using namespace mlir;
using namespace tercet;

/// log(1 + exp(x)) without overflow.
static Value softplus(OpBuilder &b, Location loc, Value x, Value zero) {
  Value magnitude = math::AbsFOp::create(b, loc, x);
  Value small =
      math::ExpOp::create(b, loc, arith::NegFOp::create(b, loc, magnitude));
  Value rest = math::Log1pOp::create(b, loc, small);
  return arith::AddFOp::create(
      b, loc, arith::MaximumFOp::create(b, loc, x, zero), rest);
}

Value RouterBuilder::emitScore(Value logit) {
  switch (routing.getScore()) {
  case latent::Score::Sigmoid: {
    Value e = math::ExpOp::create(b, loc, arith::NegFOp::create(b, loc, logit));
    return arith::DivFOp::create(
        b, loc, constant(1.0f),
        arith::AddFOp::create(b, loc, constant(1.0f), e));
  }
  case latent::Score::SqrtSoftplus:
    return math::SqrtOp::create(b, loc,
                                softplus(b, loc, logit, constant(0.0f)));
  case latent::Score::SoftmaxPre:
  case latent::Score::SoftmaxPost:
    break;
  }
  return logit;
}

/// Softmax of each row.
Value RouterBuilder::softmax(Value x) {
  Sizes sizes = r.getSizes(x);
  Value highest =
      r.reduce(x, {Axes{0, 1}}, 2, {0}, {sizes[0]},
               b.getF32FloatAttr(-std::numeric_limits<float>::infinity()),
               [&](ValueRange args) -> Value {
                 return arith::MaximumFOp::create(b, loc, args[1], args[0]);
               });
  Value powers = r.map({x, highest}, {Axes{0, 1}, Axes{0}}, sizes,
                       b.getF32Type(), [&](ValueRange args) -> Value {
                         Value d =
                             arith::SubFOp::create(b, loc, args[0], args[1]);
                         return math::ExpOp::create(b, loc, d);
                       });
  Value sums =
      r.reduce(powers, {Axes{0, 1}}, 2, {0}, {sizes[0]},
               b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
                 return arith::AddFOp::create(b, loc, args[1], args[0]);
               });
  return r.map({powers, sums}, {Axes{0, 1}, Axes{0}}, sizes, b.getF32Type(),
               [&](ValueRange args) -> Value {
                 return arith::DivFOp::create(b, loc, args[0], args[1]);
               });
}

/// g_i = sum over j of softmax_j(q_i * k_j) * v_j; `thirds` [M, 3E] has q, k,
/// v.
Value RouterBuilder::attentionLogits(Value thirds, int64_t experts) {
  OpFoldResult m = tensor::getMixedSize(b, loc, thirds, 0),
               e = b.getIndexAttr(experts);
  auto part = [&](int64_t third, int64_t axis) -> Value {
    Value column = arith::AddIOp::create(
        b, loc, linalg::IndexOp::create(b, loc, axis),
        arith::ConstantIndexOp::create(b, loc, third * experts));
    return tensor::ExtractOp::create(
        b, loc, thirds, ValueRange{linalg::IndexOp::create(b, loc, 0), column});
  };
  Sizes shape{m, e};
  Value q = r.map({}, {}, shape, b.getF32Type(),
                  [&](ValueRange) { return part(0, 1); });
  Value k = r.map({}, {}, shape, b.getF32Type(),
                  [&](ValueRange) { return part(1, 1); });
  Value v = r.map({}, {}, shape, b.getF32Type(),
                  [&](ValueRange) { return part(2, 1); });
  auto product = [&](ValueRange args) -> Value {
    return arith::MulFOp::create(b, loc, args[0], args[1]);
  };
  Value highest = r.reduce(
      {q, k}, {Axes{0, 1}, Axes{0, 2}}, 3, {0, 1}, shape,
      b.getF32FloatAttr(-std::numeric_limits<float>::infinity()),
      [&](ValueRange args) -> Value {
        return arith::MaximumFOp::create(b, loc, args[2], product(args));
      });
  auto power = [&](ValueRange args, Value top) -> Value {
    return math::ExpOp::create(
        b, loc, arith::SubFOp::create(b, loc, product(args), top));
  };
  Value sums = r.reduce(
      {q, k, highest}, {Axes{0, 1}, Axes{0, 2}, Axes{0, 1}}, 3, {0, 1}, shape,
      b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
        return arith::AddFOp::create(b, loc, args[3], power(args, args[2]));
      });
  return r.reduce(
      {q, k, highest, sums, v},
      {Axes{0, 1}, Axes{0, 2}, Axes{0, 1}, Axes{0, 1}, Axes{0, 2}}, 3, {0, 1},
      shape, b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
        Value share =
            arith::DivFOp::create(b, loc, power(args, args[2]), args[3]);
        Value term = arith::MulFOp::create(b, loc, share, args[4]);
        return arith::AddFOp::create(b, loc, args[5], term);
      });
}

Value RouterBuilder::topK(Value values, int64_t k) {
  Sizes sizes{tensor::getMixedSize(b, loc, values, 0), b.getIndexAttr(k)};
  Value init = tensor::EmptyOp::create(b, loc, sizes, b.getI32Type());
  return rows::TopKOp::create(b, loc, TypeRange{init.getType()}, values, init,
                              DictionaryAttr())
      .getResult(0);
}

/// values[m, ids[m, j]]
Value RouterBuilder::pick(Value values, Value ids) {
  return r.map(ids, {Axes{0, 1}}, r.getSizes(ids), b.getF32Type(),
               [&](ValueRange args) -> Value {
                 Value column = arith::IndexCastOp::create(
                     b, loc, b.getIndexType(), args[0]);
                 Value row = linalg::IndexOp::create(b, loc, 0);
                 return tensor::ExtractOp::create(b, loc, values,
                                                  ValueRange{row, column});
               });
}

/// `choice` [M, E] with experts outside of the best groups put behind all
/// others.
Value RouterBuilder::keepGroups(Value choice) {
  auto type = cast<RankedTensorType>(choice.getType());
  int64_t experts = type.getDimSize(1), groups = routing.getGroups(),
          width = experts / groups;
  int64_t summed = routing.getGroupScore() == latent::GroupScore::Top2
                       ? 2
                       : routing.getTopK() / routing.getTopGroups();
  OpFoldResult m = tensor::getMixedSize(b, loc, choice, 0);
  SmallVector<ReassociationIndices> split{{0}, {1, 2}}, merge{{0, 1}, {2}};
  Sizes sizes{m, b.getIndexAttr(groups), b.getIndexAttr(width)};
  Value grouped = tensor::ExpandShapeOp::create(
      b, loc,
      RankedTensorType::get({type.getDimSize(0), groups, width},
                            b.getF32Type()),
      choice, split, sizes);
  Value perGroup = tensor::CollapseShapeOp::create(b, loc, grouped, merge);
  Value best = pick(perGroup, topK(perGroup, summed));
  Value scores = r.reduce(
      best, {Axes{0, 1}}, 2, {0}, {tensor::getMixedSize(b, loc, best, 0)},
      b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
        return arith::AddFOp::create(b, loc, args[1], args[0]);
      });
  Value perToken = tensor::ExpandShapeOp::create(
      b, loc,
      RankedTensorType::get({type.getDimSize(0), groups}, b.getF32Type()),
      scores, SmallVector<ReassociationIndices>{{0, 1}},
      Sizes{m, b.getIndexAttr(groups)});
  Value kept = topK(perToken, routing.getTopGroups());
  return r.map(
      choice, {Axes{0, 1}}, r.getSizes(choice), b.getF32Type(),
      [&](ValueRange args) -> Value {
        Value row = linalg::IndexOp::create(b, loc, 0);
        Value group = arith::DivUIOp::create(
            b, loc, linalg::IndexOp::create(b, loc, 1),
            arith::ConstantIndexOp::create(b, loc, width));
        Value number =
            arith::IndexCastOp::create(b, loc, b.getI32Type(), group);
        Value inside;
        for (int64_t t = 0; t < routing.getTopGroups(); ++t) {
          Value id = tensor::ExtractOp::create(
              b, loc, kept,
              ValueRange{row, arith::ConstantIndexOp::create(b, loc, t)});
          Value equal = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                              id, number);
          inside = inside
                       ? arith::OrIOp::create(b, loc, inside, equal).getResult()
                       : equal;
        }
        // NaN stands behind everything; inside of a kept group it must not.
        Value isNaN = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO,
                                            args[0], args[0]);
        Value lowest = constant(-std::numeric_limits<float>::infinity());
        Value value = arith::SelectOp::create(b, loc, isNaN, lowest, args[0]);
        Value never = constant(std::numeric_limits<float>::quiet_NaN());
        return arith::SelectOp::create(b, loc, inside, value, never);
      });
}

/// Weights from the chosen scores [M, k].
Value RouterBuilder::weigh(Value chosen) {
  Sizes sizes = r.getSizes(chosen);
  FloatAttr scale = routing.getScale();
  auto scaled = [&](Value w) -> Value {
    if (!scale)
      return w;
    return arith::MulFOp::create(
        b, loc, w, constant(static_cast<float>(scale.getValueAsDouble())));
  };
  bool post = routing.getScore() == latent::Score::SoftmaxPost;
  if (post)
    chosen = softmax(chosen);
  if (post || !routing.getNormalize())
    return scale ? r.map(chosen, {Axes{0, 1}}, sizes, b.getF32Type(),
                         [&](ValueRange args) { return scaled(args[0]); })
                 : chosen;
  Value sums =
      r.reduce(chosen, {Axes{0, 1}}, 2, {0}, {sizes[0]},
               b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
                 return arith::AddFOp::create(b, loc, args[1], args[0]);
               });
  return r.map({chosen, sums}, {Axes{0, 1}, Axes{0}}, sizes, b.getF32Type(),
               [&](ValueRange args) {
                 Value sum =
                     arith::AddFOp::create(b, loc, args[1], constant(1e-20f));
                 return scaled(arith::DivFOp::create(b, loc, args[0], sum));
               });
}

std::pair<Value, Value> RouterBuilder::build(Value input, Value weight,
                                             Value bias) {
  bool attention = routing.getRouter() == latent::Router::Attention;
  auto identity = [](ValueRange args) { return args[0]; };
  ProductWeight plain;
  plain.data = weight;
  plain.n = cast<RankedTensorType>(weight.getType()).getDimSize(0);
  Value scores;
  if (attention) {
    Value thirds = buildFloatMatmul(b, loc, input, plain, {}, {}, identity);
    Value logits = attentionLogits(
        thirds, cast<RankedTensorType>(weight.getType()).getDimSize(0) / 3);
    scores = r.map(logits, {Axes{0, 1}}, r.getSizes(logits), b.getF32Type(),
                   [&](ValueRange args) { return emitScore(args[0]); });
  } else {
    scores =
        buildFloatMatmul(b, loc, input, plain, {}, {},
                         [&](ValueRange args) { return emitScore(args[0]); });
  }
  if (routing.getScore() == latent::Score::SoftmaxPre)
    scores = softmax(scores);
  Value choice = scores;
  if (bias)
    choice = r.map({scores, bias}, {Axes{0, 1}, Axes{1}}, r.getSizes(scores),
                   b.getF32Type(), [&](ValueRange args) -> Value {
                     return arith::AddFOp::create(b, loc, args[0], args[1]);
                   });
  if (routing.getGroups() > 1)
    choice = keepGroups(choice);
  Value ids = topK(choice, routing.getTopK());
  return {ids, weigh(pick(scores, ids))};
}
