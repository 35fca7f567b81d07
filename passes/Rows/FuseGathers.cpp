//===- FuseGathers.cpp - gathers of rows into their users -----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Removes linalg.generic ops that only copy rows source[index[r], c]: products
// of floats take the index as their row loader, elementwise users load from the
// source themselves. Only where that is all users, so that the copy goes, and
// at least one is a product: a copy that only elementwise ops read is left to
// fuse-elementwise. Assumes that the index stays within the source, as the copy
// does.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/Rows/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_FUSEGATHERS
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

/// The source of rows that `generic` copies, or null. Its one input is the
/// index.
static Value getGatheredSource(linalg::GenericOp generic) {
  if (generic.getNumLoops() != 2 || generic.getNumParallelLoops() != 2 ||
      generic.getNumDpsInputs() != 1 || generic->getNumResults() != 1)
    return {};
  MLIRContext *ctx = generic.getContext();
  AffineMap rows = AffineMap::get(2, 0, getAffineDimExpr(0, ctx));
  Value index = generic.getDpsInputs().front();
  if (generic.getIndexingMapsArray()[0] != rows ||
      !generic.getIndexingMapsArray()[1].isIdentity() ||
      !getElementTypeOrSelf(index.getType()).isInteger(32))
    return {};
  Block *body = generic.getBody();
  auto extract =
      body->getTerminator()->getOperand(0).getDefiningOp<tensor::ExtractOp>();
  if (!extract || extract.getIndices().size() != 2)
    return {};
  auto row = extract.getIndices()[0].getDefiningOp<arith::IndexCastOp>();
  auto column = extract.getIndices()[1].getDefiningOp<linalg::IndexOp>();
  auto source = cast<RankedTensorType>(extract.getTensor().getType());
  auto result = cast<RankedTensorType>(generic->getResultTypes()[0]);
  if (!row || row.getIn() != body->getArgument(0) || !column ||
      column.getDim() != 1 || source.getDimSize(1) != result.getDimSize(1))
    return {};
  return extract.getTensor();
}

static bool isProductInput(OpOperand &use) {
  auto product = dyn_cast<rows::FloatMatmulOp>(use.getOwner());
  return product && !product.getIndex() && &use == &product.getInputMutable() &&
         llvm::count(product->getOperands(), use.get()) == 1;
}

static bool isElementwiseInput(OpOperand &use) {
  auto generic = dyn_cast<linalg::GenericOp>(use.getOwner());
  return generic && generic.getNumParallelLoops() == generic.getNumLoops() &&
         llvm::count(generic->getOperands(), use.get()) == 1 &&
         linalg::areElementwiseOpsFusable(&use);
}

/// Whether the copy goes if its users take what it reads.
static bool isWorthFusing(linalg::GenericOp gather) {
  bool products = false;
  for (OpOperand &use : gather->getUses()) {
    bool product = isProductInput(use);
    products |= product;
    if (!product && !isElementwiseInput(use))
      return false;
  }
  return products;
}

static void fuse(linalg::GenericOp gather, Value source,
                 RewriterBase &rewriter) {
  Value index = gather.getDpsInputs().front();
  SmallVector<OpOperand *> uses = llvm::map_to_vector(
      gather->getUses(), [](OpOperand &use) { return &use; });
  for (OpOperand *use : uses) {
    Operation *user = use->getOwner();
    if (auto product = dyn_cast<rows::FloatMatmulOp>(user)) {
      rewriter.modifyOpInPlace(product, [&] {
        product.getInputMutable().assign(source);
        product.getIndexMutable().assign(index);
      });
      continue;
    }
    rewriter.setInsertionPoint(user);
    FailureOr<linalg::ElementwiseOpFusionResult> fused =
        linalg::fuseElementwiseOps(rewriter, use);
    assert(succeeded(fused) && "asked before");
    for (auto [before, after] : fused->replacements)
      if (before.getDefiningOp() == user)
        rewriter.replaceAllUsesWith(before, after);
    rewriter.eraseOp(user);
  }
  if (gather->use_empty())
    rewriter.eraseOp(gather);
}

namespace {
struct FuseGathers : tercet::impl::FuseGathersBase<FuseGathers> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::GenericOp> generics;
    getOperation().walk([&](linalg::GenericOp op) { generics.push_back(op); });
    // First all, then each: fusion erases users, and a gather is never a user
    // of another one's rows, as its one input is an index.
    SmallVector<std::pair<linalg::GenericOp, Value>> gathers;
    for (linalg::GenericOp generic : generics)
      if (Value source = getGatheredSource(generic))
        gathers.push_back({generic, source});
    for (auto [gather, source] : gathers)
      if (isWorthFusing(gather))
        fuse(gather, source, rewriter);
    // Upstream's fusion gives the rows as a second result.
    RewritePatternSet patterns(&getContext());
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace
