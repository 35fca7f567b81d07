//===- ReferenceRouter.cpp - the choice of experts, plainly ---------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Nothing is sorted: an expert's place is the number of experts that come
// before it, counted, and the j-th choice is the expert whose place is j. So
// the order is exactly what `comesBefore` says, and shares nothing with the
// search for a maximum that optimised paths do.
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/Transforms/ReferenceRouter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <limits>

using namespace mlir;
using namespace tercet;
using namespace tercet::latent;

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;
using Sizes = ReferenceBuilder::Sizes;

namespace {
class Chooser {
public:
  Chooser(ReferenceBuilder &r, RoutingAttr routing)
      : r(r), routing(routing), b(r.b), loc(r.loc) {}

  Value computeLogits(Value thirds);
  Value computeScores(Value logits);
  Value softmax(Value x);
  Value keepGroups(Value choice);
  Value rank(Value values, Value kept);
  Value numbers(Value ranks, int64_t count);
  Value sorted(Value values, Value ranks, int64_t count);
  Value weigh(Value chosen);

  /// [M, A * B] as [M, A, B], and back.
  Value split(Value x, int64_t outer);
  Value merge(Value x);

private:
  using P = arith::CmpFPredicate;
  Value compare(P predicate, Value x, Value y) {
    return arith::CmpFOp::create(b, loc, predicate, x, y);
  }
  Value all(ArrayRef<Value> bits) {
    Value result = bits.front();
    for (Value bit : bits.drop_front())
      result = arith::AndIOp::create(b, loc, result, bit);
    return result;
  }
  Value any(ArrayRef<Value> bits) {
    Value result = bits.front();
    for (Value bit : bits.drop_front())
      result = arith::OrIOp::create(b, loc, result, bit);
    return result;
  }
  Value comesBefore(Value x, Value xAt, Value y, Value yAt);
  Value isRank(Value rank, unsigned loop);
  Value add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, loc, x, y); }

  ReferenceBuilder &r;
  RoutingAttr routing;
  OpBuilder &b;
  Location loc;
};
} // namespace

Value Chooser::split(Value x, int64_t outer) {
  auto type = cast<RankedTensorType>(x.getType());
  int64_t inner = type.getDimSize(1) / outer;
  Sizes sizes{r.getSizes(x)[0], b.getIndexAttr(outer), b.getIndexAttr(inner)};
  return tensor::ExpandShapeOp::create(
      b, loc, type.clone({type.getDimSize(0), outer, inner}), x,
      SmallVector<ReassociationIndices>{{0}, {1, 2}}, sizes);
}

Value Chooser::merge(Value x) {
  return tensor::CollapseShapeOp::create(
      b, loc, x, SmallVector<ReassociationIndices>{{0}, {1, 2}});
}

/// Softmax over the last axis of [M, N].
Value Chooser::softmax(Value x) {
  Sizes sizes = r.getSizes(x), rows{sizes[0]};
  Value top =
      r.reduce(x, {Axes{0, 1}}, 2, {0}, rows,
               b.getF32FloatAttr(-std::numeric_limits<float>::infinity()),
               [&](ValueRange args) -> Value {
                 return arith::MaximumFOp::create(b, loc, args[1], args[0]);
               });
  Value exp =
      r.map({x, top}, {Axes{0, 1}, Axes{0}}, sizes, b.getF32Type(),
            [&](ValueRange args) -> Value {
              return math::ExpOp::create(
                  b, loc,
                  arith::SubFOp::create(b, loc, args[0], args[1]).getResult());
            });
  Value sum = r.reduce(exp, {Axes{0, 1}}, 2, {0}, rows, b.getF32FloatAttr(0.0f),
                       [&](ValueRange args) { return add(args[1], args[0]); });
  return r.map({exp, sum}, {Axes{0, 1}, Axes{0}}, sizes, b.getF32Type(),
               [&](ValueRange args) { return div(args[0], args[1]); });
}

/// The attention router: q, k and v are the thirds of `thirds` [M, 3E].
Value Chooser::computeLogits(Value thirds) {
  Value split3 = split(thirds, 3);
  Sizes sizes = r.getSizes(split3);
  auto third = [&](int64_t which) -> Value {
    Sizes offsets(3, b.getIndexAttr(0)), strides(3, b.getIndexAttr(1));
    offsets[1] = b.getIndexAttr(which);
    Value slice = tensor::ExtractSliceOp::create(
        b, loc, split3, offsets, Sizes{sizes[0], b.getIndexAttr(1), sizes[2]},
        strides);
    return merge(slice);
  };
  Value q = third(0), k = third(1), v = third(2);
  Sizes pairs{sizes[0], sizes[2], sizes[2]};
  // One row of the softmax for each (token, i).
  Value products =
      r.map({q, k}, {Axes{0, 1}, Axes{0, 2}}, pairs, b.getF32Type(),
            [&](ValueRange args) { return mul(args[0], args[1]); });
  SmallVector<ReassociationIndices> rows{{0, 1}, {2}};
  Value share = softmax(
      tensor::CollapseShapeOp::create(b, loc, products, rows).getResult());
  share = tensor::ExpandShapeOp::create(b, loc, products.getType(), share, rows,
                                        pairs);
  return r.reduce(
      {share, v}, {Axes{0, 1, 2}, Axes{0, 2}}, 3, {0, 1}, {sizes[0], sizes[2]},
      b.getF32FloatAttr(0.0f),
      [&](ValueRange args) { return add(args[2], mul(args[0], args[1])); });
}

Value Chooser::computeScores(Value logits) {
  if (routing.getScore() == Score::SoftmaxPost)
    return logits;
  if (routing.getScore() == Score::SoftmaxPre)
    return softmax(logits);
  auto exp = [&](Value x) -> Value { return math::ExpOp::create(b, loc, x); };
  auto negate = [&](Value x) -> Value {
    return arith::NegFOp::create(b, loc, x);
  };
  return r.map(logits, {Axes{0, 1}}, r.getSizes(logits), b.getF32Type(),
               [&](ValueRange args) -> Value {
                 Value g = args[0], one = r.constant(1.0f);
                 if (routing.getScore() == Score::Sigmoid)
                   return div(one, add(one, exp(negate(g))));
                 Value magnitude = math::AbsFOp::create(b, loc, g);
                 Value rest =
                     math::Log1pOp::create(b, loc, exp(negate(magnitude)));
                 Value positive =
                     arith::MaximumFOp::create(b, loc, g, r.constant(0.0f));
                 return math::SqrtOp::create(b, loc, add(positive, rest));
               });
}

/// Whether x with number xAt stands before y with number yAt.
Value Chooser::comesBefore(Value x, Value xAt, Value y, Value yAt) {
  Value lower =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, xAt, yAt);
  Value yIsNaN = compare(P::UNO, y, y);
  return any({compare(P::OGT, x, y), all({compare(P::ORD, x, x), yIsNaN}),
              all({compare(P::OEQ, x, y), lower}),
              all({compare(P::UNO, x, x), yIsNaN, lower})});
}

/// The place of every value of [M, A, B] in its row of B. With `kept`, only
/// those that are kept have one; the others' is B.
Value Chooser::rank(Value values, Value kept) {
  Sizes sizes = r.getSizes(values);
  SmallVector<Value> inputs{values, values};
  SmallVector<Axes> axes{Axes{0, 1, 2}, Axes{0, 1, 3}};
  if (kept) {
    inputs.push_back(kept);
    axes.push_back(Axes{0, 1, 3});
  }
  Type i32 = b.getI32Type();
  Value place =
      r.reduce(inputs, axes, 4, {0, 1, 2}, sizes, b.getI32IntegerAttr(0),
               [&](ValueRange args) -> Value {
                 Value mine = linalg::IndexOp::create(b, loc, 2),
                       other = linalg::IndexOp::create(b, loc, 3);
                 Value before = comesBefore(args[1], other, args[0], mine);
                 if (kept)
                   before = all({before, args[2]});
                 Value one = arith::ExtUIOp::create(b, loc, i32, before);
                 return arith::AddIOp::create(b, loc, args.back(), one);
               });
  if (!kept)
    return place;
  auto count = static_cast<int32_t>(
      cast<RankedTensorType>(values.getType()).getDimSize(2));
  return r.map({place, kept}, {Axes{0, 1, 2}, Axes{0, 1, 2}}, sizes, i32,
               [&](ValueRange args) -> Value {
                 return arith::SelectOp::create(
                     b, loc, args[1], args[0],
                     r.constant(b.getI32IntegerAttr(count)));
               });
}

/// Whether `rank` is the number of the iteration of `loop`.
Value Chooser::isRank(Value rank, unsigned loop) {
  Value at = arith::IndexCastOp::create(
      b, loc, b.getI32Type(),
      linalg::IndexOp::create(b, loc, loop).getResult());
  return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, rank, at);
}

/// Which value has the places 0 .. count - 1: [M, A, count].
Value Chooser::numbers(Value ranks, int64_t count) {
  Sizes sizes = r.getSizes(ranks);
  sizes[2] = b.getIndexAttr(count);
  return r.reduce(ranks, {Axes{0, 1, 3}}, 4, {0, 1, 2}, sizes,
                  b.getI32IntegerAttr(0), [&](ValueRange args) -> Value {
                    Value number = arith::IndexCastOp::create(
                        b, loc, b.getI32Type(),
                        linalg::IndexOp::create(b, loc, 3).getResult());
                    return arith::SelectOp::create(b, loc, isRank(args[0], 2),
                                                   number, args[1]);
                  });
}

/// The values that have them.
Value Chooser::sorted(Value values, Value ranks, int64_t count) {
  Sizes sizes = r.getSizes(ranks);
  sizes[2] = b.getIndexAttr(count);
  return r.reduce({values, ranks}, {Axes{0, 1, 3}, Axes{0, 1, 3}}, 4, {0, 1, 2},
                  sizes, b.getF32FloatAttr(0.0f),
                  [&](ValueRange args) -> Value {
                    return arith::SelectOp::create(b, loc, isRank(args[1], 2),
                                                   args[0], args[2]);
                  });
}

/// Which experts [M, 1, E] are in the best groups.
Value Chooser::keepGroups(Value choice) {
  Value grouped = split(choice, routing.getGroups());
  int64_t summed = routing.getGroupScore() == GroupScore::Top2
                       ? 2
                       : routing.getTopK() / routing.getTopGroups();
  Value best = sorted(grouped, rank(grouped, {}), summed);
  Sizes sizes = r.getSizes(grouped);
  Value scores =
      r.reduce(best, {Axes{0, 1, 2}}, 3, {0, 1}, {sizes[0], sizes[1]},
               b.getF32FloatAttr(0.0f),
               [&](ValueRange args) { return add(args[1], args[0]); });
  Value places = merge(rank(split(scores, 1), {}));
  auto groups = static_cast<int32_t>(routing.getTopGroups());
  Value kept = r.map(places, {Axes{0, 1}}, sizes, b.getI1Type(),
                     [&](ValueRange args) -> Value {
                       return arith::CmpIOp::create(
                           b, loc, arith::CmpIPredicate::ult, args[0],
                           r.constant(b.getI32IntegerAttr(groups)));
                     });
  return split(merge(kept), 1);
}

/// The weights of the chosen scores [M, k].
Value Chooser::weigh(Value chosen) {
  Sizes sizes = r.getSizes(chosen);
  if (routing.getScore() == Score::SoftmaxPost) {
    chosen = softmax(chosen);
  } else if (routing.getNormalize()) {
    Value sum = r.reduce(
        chosen, {Axes{0, 1}}, 2, {0}, {sizes[0]}, b.getF32FloatAttr(0.0f),
        [&](ValueRange args) { return add(args[1], args[0]); });
    chosen = r.map({chosen, sum}, {Axes{0, 1}, Axes{0}}, sizes, b.getF32Type(),
                   [&](ValueRange args) {
                     return div(args[0], add(args[1], r.constant(1e-20f)));
                   });
  }
  if (!routing.getScale())
    return chosen;
  return r.map(chosen, {Axes{0, 1}}, sizes, b.getF32Type(),
               [&](ValueRange args) {
                 return mul(args[0], r.constant(routing.getScale()));
               });
}

std::pair<Value, Value> tercet::latent::choose(ReferenceBuilder &r,
                                               RoutingAttr routing,
                                               Value logits, Value bias) {
  Chooser c(r, routing);
  if (routing.getRouter() == Router::Attention)
    logits = c.computeLogits(logits);
  Value scores = c.computeScores(logits), choice = scores;
  if (bias)
    choice = r.map({scores, bias}, {Axes{0, 1}, Axes{1}}, r.getSizes(scores),
                   r.b.getF32Type(), [&](ValueRange args) -> Value {
                     return arith::AddFOp::create(r.b, r.loc, args[0], args[1]);
                   });
  Value kept = routing.getGroups() > 1 ? c.keepGroups(choice) : Value();
  Value ranks = c.rank(c.split(choice, 1), kept);
  int64_t k = routing.getTopK();
  Value chosen = c.merge(c.sorted(c.split(scores, 1), ranks, k));
  return {c.merge(c.numbers(ranks, k)), c.weigh(chosen)};
}
