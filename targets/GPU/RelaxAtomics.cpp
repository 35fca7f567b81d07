//===- RelaxAtomics.cpp - atomics of a workgroup order nothing ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// memref.atomic_rmw becomes an atomic that also orders all other memory, for
// the whole system: on AMD that is a wait and an invalidation of caches for
// each. Kernels add up in shared memory and read the sums behind a barrier,
// which does the ordering, so monotonic atomics of the workgroup's scope are
// enough.
//
// Assumes kernels in the LLVM dialect. Fails on an atomic that is not of shared
// memory, which other workgroups could see.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "targets/GPU/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_GPURELAXATOMICS
#include "targets/GPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;

/// Whether a pointer comes from a variable in shared memory.
static bool isShared(Value pointer) {
  while (Operation *op = pointer.getDefiningOp()) {
    if (cast<LLVM::LLVMPointerType>(pointer.getType()).getAddressSpace() == 3)
      return true;
    if (!isa<LLVM::GEPOp, LLVM::AddrSpaceCastOp>(op))
      return false;
    pointer = op->getOperand(0);
  }
  return false;
}

namespace {
struct GPURelaxAtomics : tercet::impl::GPURelaxAtomicsBase<GPURelaxAtomics> {
  using GPURelaxAtomicsBase::GPURelaxAtomicsBase;

  void runOnOperation() override {
    getOperation().walk([&](LLVM::AtomicRMWOp op) {
      if (!isShared(op.getPtr())) {
        op.emitOpError("is of memory that other workgroups see, which kernels "
                       "do not update atomically");
        return signalPassFailure();
      }
      op.setOrdering(LLVM::AtomicOrdering::monotonic);
      op.setSyncscope(vendor == "nvvm" ? "block" : "workgroup");
    });
  }
};
} // namespace
