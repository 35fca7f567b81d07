//===- RefineSizes.cpp - sizes that are known, from operands to results ---===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A copy of a region for known sizes begins with tensor.casts that forget them.
// Moves such casts behind the ops that use them: elementwise ops have the shape
// of their operands; other ops say theirs by ReifyRankedShapedTypeOpInterface,
// of operands that are known. Linalg, tensor and other destination-style ops
// have upstream canonicalizations for it, which run in turn with this. A cast
// that is still there in the end stands before an op that is none of these: not
// an error here, but most often one of a pass behind.
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/Transforms/Passes.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "mlir/Transforms/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_REFINESIZES
#include "dialects/Spatial/Transforms/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

/// What `v` was before a cast forgot sizes, or null.
static Value getKnown(Value v) {
  auto cast = v.getDefiningOp<tensor::CastOp>();
  if (!cast)
    return {};
  auto from = dyn_cast<RankedTensorType>(cast.getSource().getType()),
       to = dyn_cast<RankedTensorType>(cast.getType());
  return from && to && tensor::preservesStaticInformation(to, from)
             ? cast.getSource()
             : Value();
}

/// Replaces `op` by `refined`, which knows more of its results.
static void replaceByCasts(PatternRewriter &rewriter, Operation *op,
                           Operation *refined) {
  rewriter.setInsertionPointAfter(refined);
  SmallVector<Value> results;
  for (auto [result, type] :
       llvm::zip(refined->getResults(), op->getResultTypes()))
    results.push_back(
        result.getType() == type
            ? static_cast<Value>(result)
            : tensor::CastOp::create(rewriter, op->getLoc(), type, result));
  rewriter.replaceOp(op, results);
}

namespace {
struct RefineElementwise : RewritePattern {
  RefineElementwise(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {
    if (!OpTrait::hasElementwiseMappableTraits(op) || op->getNumRegions())
      return failure();
    RankedTensorType shape;
    for (Value operand : op->getOperands())
      if (Value known = getKnown(operand)) {
        auto type = cast<RankedTensorType>(known.getType());
        if (!shape || type.getNumDynamicDims() < shape.getNumDynamicDims())
          shape = type;
      }
    if (!shape)
      return failure();
    SmallVector<Value> operands;
    SmallVector<Type> types;
    for (Value operand : op->getOperands()) {
      auto type = dyn_cast<RankedTensorType>(operand.getType());
      Value known = getKnown(operand);
      if (type) {
        Type wanted = shape.clone(type.getElementType());
        operand = known && known.getType() == wanted
                      ? known
                      : tensor::CastOp::create(rewriter, op->getLoc(), wanted,
                                               operand)
                            .getResult();
      }
      operands.push_back(operand);
    }
    for (Type type : op->getResultTypes())
      types.push_back(shape.clone(cast<ShapedType>(type).getElementType()));
    Operation *refined =
        rewriter.create(op->getLoc(), op->getName().getIdentifier(), operands,
                        types, op->getAttrs());
    replaceByCasts(rewriter, op, refined);
    return success();
  }
};

struct RefineReified
    : OpInterfaceRewritePattern<ReifyRankedShapedTypeOpInterface> {
  using OpInterfaceRewritePattern::OpInterfaceRewritePattern;

  LogicalResult matchAndRewrite(ReifyRankedShapedTypeOpInterface op,
                                PatternRewriter &rewriter) const override {
    if (isa<DestinationStyleOpInterface>(op.getOperation()) ||
        isa<tensor::TensorDialect>(op->getDialect()))
      return failure();
    SmallVector<Value> operands;
    bool any = false;
    for (Value operand : op->getOperands()) {
      Value known = getKnown(operand);
      any |= static_cast<bool>(known);
      operands.push_back(known ? known : operand);
    }
    if (!any)
      return failure();
    Operation *refined = rewriter.clone(*op);
    rewriter.modifyOpInPlace(refined, [&] { refined->setOperands(operands); });
    rewriter.setInsertionPointAfter(refined);
    ReifiedRankedShapedTypeDims shapes;
    if (failed(reifyResultShapes(
            rewriter, cast<ReifyRankedShapedTypeOpInterface>(refined),
            shapes))) {
      rewriter.eraseOp(refined);
      return failure();
    }
    for (auto [result, sizes] : llvm::zip(refined->getResults(), shapes)) {
      auto type = dyn_cast<RankedTensorType>(result.getType());
      if (!type)
        continue;
      SmallVector<int64_t> shape;
      for (auto [size, old] : llvm::zip(sizes, type.getShape()))
        shape.push_back(getConstantIntValue(size).value_or(old));
      // Structured bindings are not captured by lambdas in C++17.
      Value refinedResult = result;
      rewriter.modifyOpInPlace(
          refined, [&] { refinedResult.setType(type.clone(shape)); });
    }
    replaceByCasts(rewriter, op, refined);
    return success();
  }
};

struct RefineSizes : tercet::impl::RefineSizesBase<RefineSizes> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<RefineElementwise, RefineReified>(&getContext());
    FrozenRewritePatternSet frozen(std::move(patterns));
    OpPassManager pm(getOperation()->getName());
    pm.addPass(createCanonicalizerPass());
    // Each round brings casts past another op that only upstream knows.
    for (bool changed = hasForgottenSizes(); changed;) {
      if (failed(applyPatternsGreedily(getOperation(), frozen, {}, &changed)) ||
          failed(runPipeline(pm, getOperation())))
        return signalPassFailure();
    }
  }

  /// Other modules are left as they are.
  bool hasForgottenSizes() {
    return getOperation()
        ->walk([](tensor::CastOp cast) {
          return getKnown(cast.getResult()) ? WalkResult::interrupt()
                                            : WalkResult::advance();
        })
        .wasInterrupted();
  }
};
} // namespace
