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

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;
using Sizes = ReferenceBuilder::Sizes;

static void decompose(ReferenceBuilder &r, spatial::KmeansAssignOp op) {
  OpBuilder &b = r.b;
  Sizes rows{r.getSizes(op.getPoints())[0]};
  auto addSquares = [&](Value of) {
    return r.reduce(of, {Axes{0, 1}}, 2, {0}, {r.getSizes(of)[0]},
                    b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
                      Value square =
                          arith::MulFOp::create(b, r.loc, args[0], args[0]);
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
  auto type = cast<RankedTensorType>(op.getResult().getType());
  int64_t k = type.getDimSize(0), d = type.getDimSize(1);
  Value init = tensor::EmptyOp::create(
      b, r.loc, {spatial::KmeansUpdateOp::kChunks, k, d + 1}, b.getF32Type());
  Value chunks = rows::SegmentSumOp::create(b, r.loc, TypeRange{init.getType()},
                                            op.getPoints(), op.getIds(), init,
                                            DictionaryAttr())
                     .getResult(0);
  Sizes sizes = r.getSizes(op.getResult()),
        wider{sizes[0], b.getIndexAttr(d + 1)};
  Value sums =
      r.reduce(chunks, {Axes{2, 0, 1}}, 3, {0, 1}, wider,
               b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
                 return arith::AddFOp::create(b, r.loc, args[1], args[0]);
               });
  auto countOf = [&]() -> Value {
    Value row = linalg::IndexOp::create(b, r.loc, 0);
    Value last = arith::ConstantIndexOp::create(b, r.loc, d);
    return tensor::ExtractOp::create(b, r.loc, sums, ValueRange{row, last});
  };
  Value means =
      r.map(op.getCentroids(), {Axes{0, 1}}, sizes, b.getF32Type(),
            [&](ValueRange args) -> Value {
              Value row = linalg::IndexOp::create(b, r.loc, 0),
                    column = linalg::IndexOp::create(b, r.loc, 1);
              Value sum = tensor::ExtractOp::create(b, r.loc, sums,
                                                    ValueRange{row, column});
              Value count = countOf();
              Value none = arith::CmpFOp::create(
                  b, r.loc, arith::CmpFPredicate::OEQ, count, r.constant(0.0f));
              Value mean = arith::DivFOp::create(b, r.loc, sum, count);
              return arith::SelectOp::create(b, r.loc, none, args[0], mean);
            });
  Value counts =
      r.map({}, {}, {sizes[0]}, b.getI32Type(), [&](ValueRange) -> Value {
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
