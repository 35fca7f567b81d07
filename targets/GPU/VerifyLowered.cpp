//===- VerifyLowered.cpp - nothing is left that LLVM IR cannot say --------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The last pass of code generation: names the first op that no lowering took.
// Without it the translation would fail with a message about a cast.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "targets/GPU/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_GPUVERIFYLOWERED
#include "targets/GPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

namespace {
struct GPUVerifyLowered : tercet::impl::GPUVerifyLoweredBase<GPUVerifyLowered> {
  void runOnOperation() override {
    Operation *cast = nullptr, *other = nullptr;
    getOperation().walk([&](Operation *op) {
      if (isa<UnrealizedConversionCastOp>(op))
        cast = cast ? cast : op;
      else if (!isa<ModuleOp>(op) &&
               !isa<LLVM::LLVMDialect, NVVM::NVVMDialect, ROCDL::ROCDLDialect>(
                   op->getDialect()))
        other = other ? other : op;
    });
    if (Operation *op = other ? other : cast) {
      op->emitOpError(
          "cannot be lowered for a GPU; kernels hold linalg, arith, "
          "math, scf, memref and vector operations on integers and "
          "floats");
      signalPassFailure();
    }
  }
};
} // namespace
