//===- DecomposeClusters.cpp - k-means as its iterations ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// spatial.kmeans becomes assign and update in turn. Whether the end is reached
// is a number that goes from iteration to iteration: from then on the centroids
// stay, and so do the ids. spatial.kmeans_init is a map of row numbers and the
// rows.
//
// For the reference path, assign and update are what their descriptions say,
// with all scores in a tensor.
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/Spatial.h"
#include "dialects/Spatial/Transforms/BatchAxes.h"
#include "dialects/Spatial/Transforms/Decompose.h"
#include "dialects/Spatial/Transforms/Scalars.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/ADT/TypeSwitch.h"
#include <limits>

using namespace mlir;
using namespace tercet;
using namespace tercet::spatial;

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;
using Sizes = ReferenceBuilder::Sizes;

//===----------------------------------------------------------------------===//
// spatial.kmeans_init
//===----------------------------------------------------------------------===//

/// floor((p + 2^32 q) * n / 2^64) of two i32 words and an i64 below 2^31, in
/// two steps that fit in 64 bits.
static Scalar draw(Scalar p, Scalar q, Scalar n) {
  Scalar carried = (p.extendUnsigned() * n) >> 32;
  return (q.extendUnsigned() * n + carried) >> 32;
}

/// N, in the body of an op.
static Scalar countPoints(ReferenceBuilder &r, KmeansInitOp op) {
  return {r, tensor::DimOp::create(r.b, r.loc, op.getPoints(),
                                   BatchAxes(op.getPoints()).count())};
}

/// The rows of the points, [K] i32: below N, or 0 without any points.
static Value drawRows(ReferenceBuilder &r, KmeansInitOp op) {
  BatchAxes batch(op.getPoints());
  Sizes sizes = r.getSizes(op.getResult());
  sizes.pop_back();
  int64_t k = op.getType().getDimSize(batch.count());
  Type i32 = r.b.getI32Type();
  return r.map({}, {}, sizes, i32, [&](ValueRange) -> Value {
    Scalar n = countPoints(r, op).toI64(), number = getLoop(r, batch.loop(0));
    Scalar zero = constant(r, i32, 0);
    Scalar b = batch.count() ? getLoop(r, 0).toI32() : zero;
    std::array<Scalar, 2> key{extract(r, op.getSeed(), number.like(0)),
                              extract(r, op.getSeed(), number.like(1))};
    auto from = philox({zero, b, zero.like(1), zero}, key),
         within = philox({number.toI32(), b, zero, zero}, key);
    Scalar low = number.toI64() * n / k, high = (number.toI64() + 1) * n / k;
    Scalar row = draw(from[0], from[1], n) + low +
                 draw(within[0], within[1], high - low);
    return (row >= n).select(row - n, row).to(i32);
  });
}

static Value decompose(ReferenceBuilder &r, KmeansInitOp op) {
  BatchAxes batch(op.getPoints());
  Value rows = drawRows(r, op);
  bool known = !op.getPoints().getType().isDynamicDim(batch.count());
  return r.map(rows, batch.axes({0}), r.getSizes(op.getResult()),
               r.b.getF32Type(), [&](ValueRange args) -> Value {
                 SmallVector<Scalar> at;
                 if (batch.count())
                   at.push_back(getLoop(r, 0));
                 at.push_back(Scalar(r, args[0]));
                 at.push_back(getLoop(r, batch.loop(1)));
                 if (known)
                   return extract(r, op.getPoints(), at);
                 // Without points nothing may be read.
                 auto branch = scf::IfOp::create(
                     r.b, r.loc, countPoints(r, op) > 0,
                     [&](OpBuilder &b, Location loc) {
                       Value x = extract(r, op.getPoints(), at);
                       scf::YieldOp::create(b, loc, x);
                     },
                     [&](OpBuilder &b, Location loc) {
                       scf::YieldOp::create(b, loc, r.constant(0.0f));
                     });
                 return branch.getResult(0);
               });
}

bool spatial::decomposeClusters(ReferenceBuilder &r, Operation *op) {
  auto init = dyn_cast<KmeansInitOp>(op);
  if (init)
    init.getResult().replaceAllUsesWith(decompose(r, init));
  return static_cast<bool>(init);
}

//===----------------------------------------------------------------------===//
// spatial.kmeans
//===----------------------------------------------------------------------===//

/// Whether all centroids moved by less than `tol`, a tensor<i1>, or one for
/// each batch.
static Value isAtEnd(ReferenceBuilder &r, const BatchAxes &batch, Value before,
                     Value after, FloatAttr tol) {

  Axes both = batch.axes({0, 1});
  Sizes sizes = r.getSizes(before);
  sizes.pop_back();
  Value moved =
      r.reduce({before, after}, {both, both}, batch.loop(2), batch.axes({0}),
               sizes, r.b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
                 auto x = toScalars(r, args);
                 Scalar d = x[1] - x[0];
                 return x[2] + d * d;
               });
  // What is no number stays one: it is not less than `tol`.
  Value farthest = r.reduce(
      moved, {batch.axes({0})}, batch.loop(1), batch.axes({}), batch.sizes({}),
      r.b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
        auto x = toScalars(r, args);
        return x[0].apply<arith::MaximumFOp>(x[1]);
      });
  return r.map(farthest, {batch.axes({})}, batch.sizes({}), r.b.getI1Type(),
               [&](ValueRange args) -> Value {
                 Scalar distance = Scalar(r, args[0]).apply<math::SqrtOp>();
                 return distance < Scalar(r, r.constant(tol));
               });
}

void spatial::expandKmeans(ReferenceBuilder &r, KmeansOp op) {

  BatchAxes batch(op.getPoints());
  Axes each = batch.axes({}), all = batch.axes({0, 1});
  Type i32 = r.b.getI32Type();
  Value c = op.getInitial(), ids, ended;
  Sizes sizes = r.getSizes(c);
  auto scores = op.getIds().getType().clone(r.b.getF32Type());
  auto counts = RankedTensorType::get(
      op.getInitial().getType().getShape().drop_back(), i32);
  auto number = [&](int64_t n) {
    return r.constant(DenseElementsAttr::get(op.getIterations().getType(),
                                             static_cast<int32_t>(n)));
  };
  Value iterations;
  bool mayEnd = !op.getTol().isZero();
  for (int64_t i = 0, e = op.getMaxIters(); i < e; ++i) {
    ids = KmeansAssignOp::create(r.b, r.loc, op.getIds().getType(), scores,
                                 op.getPoints(), c, UnitAttr())
              .getIds();
    Value next = KmeansUpdateOp::create(r.b, r.loc, c.getType(), counts,
                                        op.getPoints(), ids, c)
                     .getResult();
    if (!mayEnd) {
      c = next;
      continue;
    }
    Value before = ended;
    ended = isAtEnd(r, batch, c, next, op.getTolAttr());
    if (before)
      ended = r.map({before, ended}, {each, each}, batch.sizes({}),
                    r.b.getI1Type(), [&](ValueRange args) -> Value {
                      return Scalar(r, args[0]) | Scalar(r, args[1]);
                    });
    c = r.map({ended, c, next}, {each, all, all}, sizes, r.b.getF32Type(),
              [&](ValueRange args) -> Value {
                auto x = toScalars(r, args);
                return x[0].select(x[1], x[2]);
              });
    if (!before) {
      iterations = number(1);
      continue;
    }
    iterations = r.map({before, iterations}, {each, each}, batch.sizes({}), i32,
                       [&](ValueRange args) -> Value {
                         auto x = toScalars(r, args);
                         return x[0].select(x[1], x[1] + 1);
                       });
  }
  if (!mayEnd)
    iterations = number(op.getMaxIters());
  op.getIds().replaceAllUsesWith(ids);
  op.getCentroids().replaceAllUsesWith(c);
  op.getIterations().replaceAllUsesWith(iterations);
  op.erase();
}

//===----------------------------------------------------------------------===//
// Assign and update of the reference path
//===----------------------------------------------------------------------===//

static bool toReference(ReferenceBuilder &r, KmeansAssignOp op) {

  Value x = op.getPoints(), c = op.getCentroids();
  BatchAxes batch(x);
  Axes perPoint = batch.axes({0}), perPair = batch.axes({0, 1});
  OpFoldResult points = r.getSizes(x)[batch.count()],
               clusters = r.getSizes(c)[batch.count()];
  Sizes sizes = batch.sizes({points, clusters});
  FloatAttr zero = r.b.getF32FloatAttr(0.0f);
  auto addSquares = [&](Value of, OpFoldResult size) {
    return r.reduce(of, {perPair}, batch.loop(2), perPoint, batch.sizes({size}),
                    zero, [&](ValueRange args) -> Value {
                      auto x = toScalars(r, args);
                      return x[1] + x[0] * x[0];
                    });
  };
  Value norms = addSquares(c, clusters);
  Value products =
      r.reduce({x, c}, {batch.axes({0, 2}), batch.axes({1, 2})}, batch.loop(3),
               perPair, sizes, zero, [&](ValueRange args) -> Value {
                 auto x = toScalars(r, args);
                 return x[2] + x[0] * x[1];
               });
  SmallVector<Value> inputs{products, norms};
  SmallVector<Axes> axes{perPair, batch.axes({1})};
  if (op.getClamp0()) {
    inputs.push_back(addSquares(x, points));
    axes.push_back(perPoint);
  }
  Value all = r.map(inputs, axes, sizes, r.b.getF32Type(),
                    [&](ValueRange args) -> Value {
                      auto x = toScalars(r, args);
                      Scalar twice = x[0] * 2;
                      if (!op.getClamp0())
                        return x[1] - twice;
                      Scalar s = x[2] + x[1] - twice;
                      return (s < 0).select(s.like(0), s);
                    });
  Value least =
      r.reduce(all, {perPair}, batch.loop(2), perPoint, batch.sizes({points}),
               r.b.getF32FloatAttr(std::numeric_limits<float>::infinity()),
               [&](ValueRange args) -> Value {
                 auto x = toScalars(r, args);
                 return (x[0] < x[1]).select(x[0], x[1]);
               });
  int32_t none = std::numeric_limits<int32_t>::max();
  Value first =
      r.reduce({all, least}, {perPair, perPoint}, batch.loop(2), perPoint,
               batch.sizes({points}), r.b.getI32IntegerAttr(none),
               [&](ValueRange args) -> Value {
                 auto x = toScalars(r, args);
                 Scalar k = getLoop(r, batch.loop(1)).toI32();
                 return ((x[0] == x[1]) & (k < x[2])).select(k, x[2]);
               });
  Value ids = r.map(first, {perPoint}, batch.sizes({points}), r.b.getI32Type(),
                    [&](ValueRange args) -> Value {
                      Scalar k(r, args[0]);
                      return (k == none).select(k.like(0), k);
                    });
  op.getIds().replaceAllUsesWith(ids);
  op.getScores().replaceAllUsesWith(least);
  return true;
}

/// Point by point without the chunks: sums may differ by rounding.
static bool toReference(ReferenceBuilder &r, KmeansUpdateOp op) {

  BatchAxes batch(op.getPoints());
  Axes perCluster = batch.axes({0}), all = batch.axes({0, 1});
  Sizes sizes = r.getSizes(op.getCentroids()), clusters(sizes);
  clusters.pop_back();
  auto isOf = [&](Value id) {
    return Scalar(r, id).toIndex() == getLoop(r, batch.loop(0));
  };
  Value counts = r.reduce(op.getIds(), {batch.axes({1})}, batch.loop(2),
                          perCluster, clusters, r.b.getI32IntegerAttr(0),
                          [&](ValueRange args) -> Value {
                            Scalar sum(r, args[1]);
                            return isOf(args[0]).select(sum + 1, sum);
                          });
  Value sums =
      r.reduce({op.getIds(), op.getPoints()},
               {batch.axes({2}), batch.axes({2, 1})}, batch.loop(3), all, sizes,
               r.b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
                 auto x = toScalars(r, args);
                 return isOf(x[0]).select(x[2] + x[1], x[2]);
               });
  Value result =
      r.map({sums, counts, op.getCentroids()}, {all, perCluster, all}, sizes,
            r.b.getF32Type(), [&](ValueRange args) -> Value {
              auto x = toScalars(r, args);
              Scalar count = x[1].to(r.b.getF32Type());
              return (count == 0).select(x[2], x[0] / count);
            });
  op.getCounts().replaceAllUsesWith(counts);
  op.getResult().replaceAllUsesWith(result);
  return true;
}

bool spatial::clustersToReference(ReferenceBuilder &r, Operation *op) {
  return TypeSwitch<Operation *, bool>(op)
      .Case<KmeansAssignOp, KmeansUpdateOp>(
          [&](auto o) { return toReference(r, o); })
      .Default([](Operation *) { return false; });
}
