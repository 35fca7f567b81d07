//===- DecomposeClusters.cpp - assign and update of k-means to kernels ----===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// spatial.kmeans_assign becomes rows.nearest, spatial.kmeans_update
// rows.segment_sum; squared lengths, and means from sums, are linalg. Assumes
// that spatial.kmeans was expanded.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "dialects/Spatial/IR/Spatial.h"
#include "dialects/Spatial/Transforms/BatchAxes.h"
#include "dialects/Ternary/Transforms/ReferenceBuilder.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Rows/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_DECOMPOSECLUSTERS
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

using spatial::BatchAxes;
using ternary::ReferenceBuilder;
using Sizes = ReferenceBuilder::Sizes;

static void decompose(ReferenceBuilder &r, spatial::KmeansAssignOp op) {
  OpBuilder &b = r.b;
  BatchAxes batch(op.getPoints());
  Sizes rows = r.getSizes(op.getPoints());
  rows.pop_back();
  auto addSquares = [&](Value of) {
    Sizes sizes = r.getSizes(of);
    sizes.pop_back();
    return r.reduce(
        of, {batch.axes({0, 1})}, batch.loop(2), batch.axes({0}), sizes,
        b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
          Value square = arith::MulFOp::create(b, r.loc, args[0], args[0]);
          return arith::AddFOp::create(b, r.loc, args[1], square);
        });
  };
  Value norms = addSquares(op.getCentroids());
  Value rowNorms = op.getClamp0() ? addSquares(op.getPoints()) : Value();
  Value ids = tensor::EmptyOp::create(b, r.loc, rows, b.getI32Type());
  Value scores = tensor::EmptyOp::create(b, r.loc, rows, b.getF32Type());
  auto nearest = rows::NearestOp::create(
      b, r.loc, TypeRange{ids.getType(), scores.getType()}, op.getPoints(),
      op.getCentroids(), norms, rowNorms, ids, scores, DictionaryAttr());
  op->replaceAllUsesWith(nearest.getResults());
}

static void decompose(ReferenceBuilder &r, spatial::KmeansUpdateOp op) {
  OpBuilder &b = r.b;
  BatchAxes batch(op.getPoints());
  ArrayRef<int64_t> shape = op.getResult().getType().getShape();
  int64_t k = shape[batch.count()], d = shape.back();
  Value init = tensor::EmptyOp::create(
      b, r.loc, batch.dims({spatial::KmeansUpdateOp::kChunks, k, d + 1}),
      b.getF32Type());
  Value chunks = rows::SegmentSumOp::create(b, r.loc, TypeRange{init.getType()},
                                            op.getPoints(), op.getIds(), init,
                                            DictionaryAttr())
                     .getResult(0);
  Sizes sizes = r.getSizes(op.getResult()), wider(sizes), clusters(sizes);
  wider.back() = b.getIndexAttr(d + 1);
  clusters.pop_back();
  Value sums = r.reduce(
      chunks, {batch.axes({2, 0, 1})}, batch.loop(3), batch.axes({0, 1}), wider,
      b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
        return arith::AddFOp::create(b, r.loc, args[1], args[0]);
      });
  auto sumOf = [&](Value column) -> Value {
    SmallVector<Value> at;
    for (unsigned loop = 0; loop <= batch.count(); ++loop)
      at.push_back(linalg::IndexOp::create(b, r.loc, loop));
    at.push_back(column);
    return tensor::ExtractOp::create(b, r.loc, sums, at);
  };
  auto countOf = [&]() {
    return sumOf(arith::ConstantIndexOp::create(b, r.loc, d));
  };
  Value means = r.map(
      op.getCentroids(), {batch.axes({0, 1})}, sizes, b.getF32Type(),
      [&](ValueRange args) -> Value {
        Value sum = sumOf(linalg::IndexOp::create(b, r.loc, batch.loop(1)));
        Value count = countOf();
        Value none = arith::CmpFOp::create(b, r.loc, arith::CmpFPredicate::OEQ,
                                           count, r.constant(0.0f));
        Value mean = arith::DivFOp::create(b, r.loc, sum, count);
        return arith::SelectOp::create(b, r.loc, none, args[0], mean);
      });
  Value counts =
      r.map({}, {}, clusters, b.getI32Type(), [&](ValueRange) -> Value {
        return arith::FPToSIOp::create(b, r.loc, b.getI32Type(), countOf());
      });
  op.getResult().replaceAllUsesWith(means);
  op.getCounts().replaceAllUsesWith(counts);
}

namespace {
struct DecomposeClusters
    : tercet::impl::DecomposeClustersBase<DecomposeClusters> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<spatial::KmeansAssignOp, spatial::KmeansUpdateOp>(op))
        ops.push_back(op);
    });
    OpBuilder b(&getContext());
    for (Operation *op : ops) {
      b.setInsertionPoint(op);
      ReferenceBuilder r(b, op->getLoc());
      if (auto assign = dyn_cast<spatial::KmeansAssignOp>(op))
        decompose(r, assign);
      else
        decompose(r, cast<spatial::KmeansUpdateOp>(op));
      op->erase();
    }
  }
};
} // namespace
