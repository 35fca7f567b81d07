//===- SharedMemory.cpp - allocations of a workgroup ----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A GPU kernel cannot call malloc: what a workgroup allocates becomes shared
// memory (see Passes.td). Runs before the loops are mapped to threads, while it
// can still be seen what a workgroup does and what a thread does. Fails on a
// dynamic size, on an allocation per thread, and past the limit.
//
//===----------------------------------------------------------------------===//
#include "targets/GPU/Passes.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/Support/MathExtras.h"

namespace tercet {
#define GEN_PASS_DEF_GPUSHAREDMEMORY
#include "targets/GPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

namespace {
struct GPUSharedMemory : tercet::impl::GPUSharedMemoryBase<GPUSharedMemory> {
  using GPUSharedMemoryBase::GPUSharedMemoryBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    for (auto kernel :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (failed(convert(kernel, symbols)))
        return signalPassFailure();
  }

  LogicalResult convert(func::FuncOp kernel, SymbolTable &symbols) {
    SmallVector<Operation *> allocs, deallocs;
    kernel.walk([&](Operation *op) {
      if (isa<memref::AllocOp, memref::AllocaOp>(op))
        allocs.push_back(op);
      else if (isa<memref::DeallocOp>(op))
        deallocs.push_back(op);
    });
    for (Operation *op : deallocs)
      op->erase();
    int64_t bytes = 0;
    for (Operation *op : allocs) {
      auto type = cast<MemRefType>(op->getResult(0).getType());
      if (op->getParentOfType<scf::ParallelOp>())
        return op->emitOpError("of ")
               << type << " in a parallel loop: every thread would need its own; "
               << "choose tile sizes that leave no temporary";
      if (!type.hasStaticShape() || !type.getLayout().isIdentity() ||
          !type.getElementType().isIntOrFloat())
        return op->emitOpError("of ")
               << type << " cannot be shared memory; its shape must be static";
      bytes = llvm::alignTo(bytes, 16) +
              type.getNumElements() *
                  llvm::divideCeil(type.getElementTypeBitWidth(), 8);
      OpBuilder b(getOperation().getBodyRegion());
      auto shared = MemRefType::get(type.getShape(), type.getElementType(),
                                    MemRefLayoutAttrInterface(),
                                    b.getI64IntegerAttr(3));
      auto global = memref::GlobalOp::create(
          b, op->getLoc(), (kernel.getName() + "_shared").str(),
          b.getStringAttr("private"), shared, b.getUnitAttr(),
          /*constant=*/false, b.getI64IntegerAttr(16));
      symbols.insert(global);
      b.setInsertionPoint(op);
      Value memory = memref::GetGlobalOp::create(b, op->getLoc(), shared,
                                                 global.getSymName());
      op->getResult(0).replaceAllUsesWith(
          memref::MemorySpaceCastOp::create(b, op->getLoc(), type, memory));
      op->erase();
    }
    if (bytes > limit)
      return kernel.emitError("needs ")
             << bytes << " bytes of shared memory, the target has " << limit
             << "; choose smaller tile_sizes in the kernel's config";
    if (bytes)
      kernel->setAttr(kSharedBytesAttr,
                      IntegerAttr::get(IntegerType::get(&getContext(), 64),
                                       bytes));
    return success();
  }
};
} // namespace
