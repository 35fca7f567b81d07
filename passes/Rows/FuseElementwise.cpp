//===- FuseElementwise.cpp - chains of elementwise ops to one -------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Upstream's elementwise fusion, kept to where it cannot repeat work: the producer
// has no other user, and every loop of the consumer is parallel and reads the
// producer's result as often as the producer writes it. Without that rule a norm
// would be fused into a product and computed again for every output.
//
//===----------------------------------------------------------------------===//
#include "passes/Rows/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace tercet {
#define GEN_PASS_DEF_FUSEELEMENTWISE
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

static bool repeatsNoWork(OpOperand *fused) {
  auto consumer = dyn_cast<linalg::LinalgOp>(fused->getOwner());
  Operation *producer = fused->get().getDefiningOp();
  if (!consumer || !producer || !producer->hasOneUse())
    return false;
  return consumer.getNumParallelLoops() == consumer.getNumLoops() &&
         consumer.getMatchingIndexingMap(fused).isPermutation();
}

namespace {
struct FuseElementwise : tercet::impl::FuseElementwiseBase<FuseElementwise> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    linalg::populateElementwiseOpsFusionPatterns(patterns, repeatsNoWork);
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
