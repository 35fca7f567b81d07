//===- ToReference.cpp - the module that others are checked against -------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Inlines calls, turns external weights into function arguments, and decomposes
// every public op. Assumes a module at the model level. Fails on a weight in a
// function that cannot be inlined into its callers (recursion), and on an op
// over trits that is neither of the ternary dialect nor a plain tensor op: both
// are named with their place.
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/Transforms/Passes.h"
#include "dialects/Spatial/Transforms/Passes.h"
#include "dialects/Ternary/Transforms/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Func/Transforms/FuncConversions.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Patterns.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_TOREFERENCE
#include "dialects/Ternary/Transforms/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

/// Appends the external weights that `function` loads to its arguments.
static LogicalResult appendWeights(func::FuncOp function,
                                   ArrayRef<ml_program::GlobalOp> weights) {
  llvm::StringMap<SmallVector<ml_program::GlobalLoadConstOp>> loads;
  function.walk([&](ml_program::GlobalLoadConstOp load) {
    loads[load.getGlobal().getLeafReference().getValue()].push_back(load);
  });
  for (ml_program::GlobalOp weight : weights) {
    auto found = loads.find(weight.getSymName());
    if (found == loads.end())
      continue;
    auto module = function->getParentOfType<ModuleOp>();
    if (!SymbolTable::symbolKnownUseEmpty(function, module))
      return found->second.front().emitError("weight '")
             << weight.getSymName() << "' is loaded in function '"
             << function.getSymName()
             << "', which is called and cannot be inlined; load the weight in "
                "the caller and pass it on";
    auto key = weight->getAttrOfType<StringAttr>("tercet.key");
    OpBuilder b(function.getContext());
    auto attributes = b.getDictionaryAttr(
        b.getNamedAttr("tercet.name", key ? key : weight.getSymNameAttr()));
    unsigned at = function.getNumArguments();
    if (failed(function.insertArgument(at, weight.getType(), attributes,
                                       weight.getLoc())))
      return failure();
    for (ml_program::GlobalLoadConstOp load : found->second) {
      load.getResult().replaceAllUsesWith(function.getArgument(at));
      load.erase();
    }
  }
  return success();
}

namespace {
/// A tensor op that moves elements moves them as i8, too.
struct ConvertTensorOp : ConversionPattern {
  ConvertTensorOp(const TypeConverter &converter, MLIRContext *context)
      : ConversionPattern(converter, MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult
  matchAndRewrite(Operation *op, ArrayRef<Value> operands,
                  ConversionPatternRewriter &rewriter) const override {
    if (!isa<tensor::TensorDialect>(op->getDialect()) || op->getNumRegions())
      return failure();
    SmallVector<Type> types;
    if (failed(getTypeConverter()->convertTypes(op->getResultTypes(), types)))
      return failure();
    Operation *converted =
        rewriter.create(op->getLoc(), op->getName().getIdentifier(), operands,
                        types, op->getAttrs());
    rewriter.replaceOp(op, converted);
    return success();
  }
};

struct ToReference : tercet::impl::ToReferenceBase<ToReference> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    OpPassManager pm(ModuleOp::getOperationName());
    pm.addPass(createInlinerPass());
    pm.addPass(createSymbolDCEPass());
    pm.addPass(createLowerSample());
    pm.addPass(createRefineSizes());
    pm.addPass(createDecomposeSpatial({/*reference=*/true}));
    pm.addPass(createDecomposeMoe());
    pm.addPass(createDecomposeMamba());
    if (failed(runPipeline(pm, module)) || failed(moveWeights(module)) ||
        failed(decompose(module)))
      signalPassFailure();
  }

  LogicalResult moveWeights(ModuleOp module) {
    SmallVector<ml_program::GlobalOp> weights;
    for (auto global : module.getOps<ml_program::GlobalOp>())
      if (isa_and_nonnull<ml_program::ExternAttr>(global.getValueAttr()))
        weights.push_back(global);
    for (auto function : module.getOps<func::FuncOp>())
      if (failed(appendWeights(function, weights)))
        return failure();
    for (ml_program::GlobalOp weight : weights)
      if (SymbolTable::symbolKnownUseEmpty(weight, module))
        weight.erase();
    return success();
  }

  LogicalResult decompose(ModuleOp module) {
    MLIRContext *context = &getContext();
    TypeConverter converter;
    converter.addConversion([](Type type) { return type; });
    ternary::addReferenceTypeConversions(converter);
    latent::addReferenceTypeConversions(converter);

    RewritePatternSet patterns(context);
    ConversionTarget target(*context);
    ternary::populateTernaryToReferencePatterns(converter, patterns);
    latent::populateLatentToReferencePatterns(converter, patterns);
    target.addIllegalDialect<ternary::TernaryDialect, latent::LatentDialect>();

    patterns.add<ConvertTensorOp>(converter, context);
    populateFunctionOpInterfaceTypeConversionPattern<func::FuncOp>(patterns,
                                                                   converter);
    populateCallOpTypeConversionPattern(patterns, converter);
    populateReturnOpTypeConversionPattern(patterns, converter);
    scf::populateSCFStructuralTypeConversionsAndLegality(converter, patterns,
                                                         target);
    target.addDynamicallyLegalOp<func::FuncOp>([&](func::FuncOp op) {
      return converter.isSignatureLegal(op.getFunctionType()) &&
             converter.isLegal(&op.getBody());
    });
    target.markUnknownOpDynamicallyLegal(
        [&](Operation *op) { return converter.isLegal(op); });
    return applyPartialConversion(module, target, std::move(patterns));
  }
};
} // namespace
