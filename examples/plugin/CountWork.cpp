//===- CountWork.cpp - a pass plug-in for tercet-opt ----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Counts the multiplications of every ternary matrix product and says them in a
// remark. Assumes the model level; a product over a dynamic number of rows is
// counted per row. Changes nothing, so it cannot fail.
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/IR/Ternary.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

using namespace mlir;

namespace {
struct CountWork : PassWrapper<CountWork, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(CountWork)

  StringRef getArgument() const override { return "count-work"; }
  StringRef getDescription() const override {
    return "Say how many multiplications a ternary product does";
  }

  void runOnOperation() override {
    getOperation().walk([](tercet::ternary::MatmulOp op) {
      auto weight = cast<RankedTensorType>(op.getWeight().getType());
      auto result = cast<RankedTensorType>(op.getResult().getType());
      int64_t work = weight.getNumElements();
      if (result.isDynamicDim(0))
        op.emitRemark() << work << " multiplications a row";
      else
        op.emitRemark() << work * result.getDimSize(0) << " multiplications";
    });
    markAllAnalysesPreserved();
  }
};
} // namespace

extern "C" LLVM_ATTRIBUTE_WEAK PassPluginLibraryInfo mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "CountWork", "1.0",
          [] { PassRegistration<CountWork>(); }};
}
