//===- BindWeights.cpp - external globals to rows.weight ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What decompose-ternary left of the external globals are plain tensors (gains,
// biases, scales, float weights): they become identity weights. Globals that
// nobody loads are dropped: a weight without use is not stored. Assumes global
// types equal the types they are loaded as.
//
//===----------------------------------------------------------------------===//
#include "passes/Rows/Passes.h"
#include "passes/Rows/WeightTable.h"

namespace tercet {
#define GEN_PASS_DEF_BINDWEIGHTS
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

namespace {
struct BindWeights : tercet::impl::BindWeightsBase<BindWeights> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    WeightTable weights(module);
    SmallVector<ml_program::GlobalLoadConstOp> loads;
    module.walk([&](ml_program::GlobalLoadConstOp op) { loads.push_back(op); });
    OpBuilder b(&getContext());
    for (ml_program::GlobalLoadConstOp load : loads) {
      if (load->use_empty()) {
        load.erase();
        continue;
      }
      ml_program::GlobalOp global = getExternalGlobal(load.getResult());
      if (!global) {
        load.emitOpError("loads a global that is not external; give its value "
                         "#ml_program.extern, or use arith.constant");
        return signalPassFailure();
      }
      auto type = dyn_cast<RankedTensorType>(load.getType());
      if (!type || !type.hasStaticShape() ||
          !type.getElementType().isIntOrFloat()) {
        load.emitOpError("a weight must be a tensor of static shape with an "
                         "integer or float element type here, got ")
            << load.getType();
        return signalPassFailure();
      }
      b.setInsertionPoint(load);
      load.getResult().replaceAllUsesWith(
          weights.loadIdentity(b, load, global));
      load.erase();
    }
    for (auto global :
         llvm::make_early_inc_range(module.getOps<ml_program::GlobalOp>()))
      if (!global.getIsMutable())
        global.erase();
  }
};
} // namespace
