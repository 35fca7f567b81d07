//===- DecomposeSpatial.cpp - spatial ops as linalg -----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Replaces the ops that are work on elements; see Decompose*.cpp for each
// family. Assumes verified ops. Ops with kernels of their own are left to the
// passes behind, which say so where they have no lowering.
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/Transforms/Decompose.h"
#include "dialects/Spatial/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tercet {
#define GEN_PASS_DEF_DECOMPOSESPATIAL
#include "dialects/Spatial/Transforms/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

namespace {
struct DecomposeSpatial : tercet::impl::DecomposeSpatialBase<DecomposeSpatial> {
  using DecomposeSpatialBase::DecomposeSpatialBase;
  void runOnOperation() override {
    OpBuilder b(&getContext());
    SmallVector<spatial::KmeansOp> loops;
    getOperation()->walk([&](spatial::KmeansOp op) { loops.push_back(op); });
    for (spatial::KmeansOp op : loops) {
      b.setInsertionPoint(op);
      ternary::ReferenceBuilder r(b, op.getLoc());
      spatial::expandKmeans(r, op);
    }
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<spatial::SpatialDialect>(op->getDialect()))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      b.setInsertionPoint(op);
      ternary::ReferenceBuilder r(b, op->getLoc());
      if (spatial::decomposeTokens(r, op, reference) ||
          spatial::decomposeFields(r, op) || spatial::decomposeTiles(r, op) ||
          spatial::decomposeStream(r, op) ||
          spatial::decomposeClusters(r, op) ||
          (reference && (spatial::attentionToReference(r, op) ||
                         spatial::orderToReference(r, op) ||
                         spatial::clustersToReference(r, op))))
        op->erase();
    }
  }
};
} // namespace
