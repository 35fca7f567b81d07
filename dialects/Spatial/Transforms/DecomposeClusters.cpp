//===- DecomposeClusters.cpp - k-means as its iterations ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// spatial.kmeans becomes assign and update in turn. Whether the end is reached
// is a number that goes from iteration to iteration: from then on the centroids
// stay, and so do the ids.
//
// For the reference path, assign and update are what their descriptions say,
// with all scores in a tensor.
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/Spatial.h"
#include "dialects/Spatial/Transforms/BlockBuilder.h"
#include "dialects/Spatial/Transforms/Decompose.h"
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

/// Whether all centroids moved by less than `tol`, a tensor<i1>.
static Value isAtEnd(ReferenceBuilder &r, Value before, Value after,
                     FloatAttr tol) {
  BlockBuilder b(r);
  Sizes sizes = r.getSizes(before);
  Axes both{0, 1};
  Value moved = r.reduce({before, after}, {both, both}, 2, {0}, {sizes[0]},
                         r.b.getF32FloatAttr(0.0f), [&](ValueRange args) {
                           Value d = b.emit<arith::SubFOp>(args[1], args[0]);
                           return b.addf(args[2], b.mulf(d, d));
                         });
  Value farthest =
      r.reduce(moved, {Axes{0}}, 1, {}, {}, r.b.getF32FloatAttr(0.0f),
               [&](ValueRange args) -> Value {
                 // What is no number counts as far.
                 Value less = b.compare(FP::OLT, args[0], args[1]);
                 return b.select(less, args[1], args[0]);
               });
  return r.map(farthest, {Axes{}}, {}, r.b.getI1Type(),
               [&](ValueRange args) -> Value {
                 return b.compare(FP::OLT, b.emit<math::SqrtOp>(args[0]),
                                  r.constant(tol));
               });
}

void spatial::expandKmeans(ReferenceBuilder &r, KmeansOp op) {
  BlockBuilder b(r);
  Type i32 = r.b.getI32Type();
  Value c = op.getInitial(), ids, ended;
  Sizes sizes = r.getSizes(c);
  auto scores = RankedTensorType::get(op.getPoints().getType().getDimSize(0),
                                      r.b.getF32Type());
  auto counts =
      RankedTensorType::get(op.getInitial().getType().getDimSize(0), i32);
  auto number = [&](int64_t n) {
    // Not arith.constant: it may be a result as it is.
    return r.map({}, {}, {}, i32, [&](ValueRange) -> Value {
      return r.constant(r.b.getI32IntegerAttr(static_cast<int32_t>(n)));
    });
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
    ended = isAtEnd(r, c, next, op.getTolAttr());
    if (before)
      ended =
          r.map({before, ended}, {Axes{}, Axes{}}, {}, r.b.getI1Type(),
                [&](ValueRange args) { return b.either(args[0], args[1]); });
    c = r.map({ended, c, next}, {Axes{}, Axes{0, 1}, Axes{0, 1}}, sizes,
              r.b.getF32Type(), [&](ValueRange args) {
                return b.select(args[0], args[1], args[2]);
              });
    if (!before) {
      iterations = number(1);
      continue;
    }
    iterations = r.map({before, iterations}, {Axes{}, Axes{}}, {}, i32,
                       [&](ValueRange args) -> Value {
                         Value one = r.constant(r.b.getI32IntegerAttr(1));
                         return b.select(args[0], args[1], b.add(args[1], one));
                       });
  }
  if (!mayEnd)
    iterations = number(op.getMaxIters());
  op.getIds().replaceAllUsesWith(ids);
  op.getCentroids().replaceAllUsesWith(c);
  op.getIterations().replaceAllUsesWith(iterations);
  op.erase();
}

static bool toReference(ReferenceBuilder &r, KmeansAssignOp op) {
  BlockBuilder b(r);
  Value x = op.getPoints(), c = op.getCentroids();
  Sizes points = r.getSizes(x), sizes{points[0], r.getSizes(c)[0]};
  FloatAttr zero = r.b.getF32FloatAttr(0.0f);
  auto addSquares = [&](Value of, OpFoldResult size) {
    return r.reduce(of, {Axes{0, 1}}, 2, {0}, {size}, zero,
                    [&](ValueRange args) {
                      return b.addf(args[1], b.mulf(args[0], args[0]));
                    });
  };
  Value norms = addSquares(c, sizes[1]);
  Value products = r.reduce({x, c}, {Axes{0, 2}, Axes{1, 2}}, 3, {0, 1}, sizes,
                            zero, [&](ValueRange args) {
                              return b.addf(args[2], b.mulf(args[0], args[1]));
                            });
  SmallVector<Value> inputs{products, norms};
  SmallVector<Axes> axes{Axes{0, 1}, Axes{1}};
  if (op.getClamp0()) {
    inputs.push_back(addSquares(x, sizes[0]));
    axes.push_back(Axes{0});
  }
  Value all = r.map(
      inputs, axes, sizes, r.b.getF32Type(), [&](ValueRange args) -> Value {
        Value twice = b.mulf(r.constant(2.0f), args[0]);
        if (!op.getClamp0())
          return b.emit<arith::SubFOp>(args[1], twice);
        Value s = b.emit<arith::SubFOp>(b.addf(args[2], args[1]), twice);
        return b.select(b.compare(FP::OLT, s, r.constant(0.0f)),
                        r.constant(0.0f), s);
      });
  Value least = r.reduce(
      all, {Axes{0, 1}}, 2, {0}, {sizes[0]},
      r.b.getF32FloatAttr(std::numeric_limits<float>::infinity()),
      [&](ValueRange args) {
        return b.select(b.compare(FP::OLT, args[0], args[1]), args[0], args[1]);
      });
  int32_t none = std::numeric_limits<int32_t>::max();
  Value first =
      r.reduce({all, least}, {Axes{0, 1}, Axes{0}}, 2, {0}, {sizes[0]},
               r.b.getI32IntegerAttr(none), [&](ValueRange args) -> Value {
                 Value k =
                     b.emit<arith::IndexCastOp>(r.b.getI32Type(), b.loop(1));
                 Value lower = b.compare(IP::slt, k, args[2]);
                 Value is = b.both(b.compare(FP::OEQ, args[0], args[1]), lower);
                 return b.select(is, k, args[2]);
               });
  Value ids = r.map(
      first, {Axes{0}}, {sizes[0]}, r.b.getI32Type(),
      [&](ValueRange args) -> Value {
        Value is =
            b.compare(IP::eq, args[0], r.constant(r.b.getI32IntegerAttr(none)));
        return b.select(is, r.constant(r.b.getI32IntegerAttr(0)), args[0]);
      });
  op.getIds().replaceAllUsesWith(ids);
  op.getScores().replaceAllUsesWith(least);
  return true;
}

/// Point by point without the chunks: sums may differ by rounding.
static bool toReference(ReferenceBuilder &r, KmeansUpdateOp op) {
  BlockBuilder b(r);
  Sizes sizes = r.getSizes(op.getCentroids());
  auto isOf = [&](Value id) {
    return b.compare(IP::eq, b.toIndex(id), b.loop(0));
  };
  Value counts = r.reduce(op.getIds(), {Axes{1}}, 2, {0}, {sizes[0]},
                          r.b.getI32IntegerAttr(0), [&](ValueRange args) {
                            Value one = b.emit<arith::ExtUIOp>(r.b.getI32Type(),
                                                               isOf(args[0]));
                            return b.add(args[1], one);
                          });
  Value sums = r.reduce(
      {op.getIds(), op.getPoints()}, {Axes{2}, Axes{2, 1}}, 3, {0, 1}, sizes,
      r.b.getF32FloatAttr(0.0f), [&](ValueRange args) {
        return b.select(isOf(args[0]), b.addf(args[2], args[1]), args[2]);
      });
  Value result = r.map(
      {sums, counts, op.getCentroids()}, {Axes{0, 1}, Axes{0}, Axes{0, 1}},
      sizes, r.b.getF32Type(), [&](ValueRange args) -> Value {
        Value count = b.emit<arith::SIToFPOp>(r.b.getF32Type(), args[1]);
        Value none = b.compare(FP::OEQ, count, r.constant(0.0f));
        return b.select(none, args[2], b.divf(args[0], count));
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
