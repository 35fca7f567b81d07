//===- SharedMemory.cpp - allocations of a workgroup ----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A GPU kernel cannot call malloc: a workgroup's memref.alloc becomes shared
// memory, memref.alloca a thread's own memory (see Passes.td). Runs before the
// loops are mapped to threads, while it can still be seen what a workgroup does
// and what a thread does. Fails on a dynamic size, on a memref.alloc per
// thread, and past the limit.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/SymbolTable.h"
#include "targets/GPU/Passes.h"
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

  /// A thread's own memory: in its address space, where that has a number.
  LogicalResult convertPrivate(memref::AllocaOp op) {
    MemRefType type = op.getType();
    if (!type.hasStaticShape() || !type.getLayout().isIdentity())
      return op.emitOpError("of ")
             << type
             << " cannot be a thread's memory; its shape must be static";
    if (privateSpace == 0 || type.getMemorySpace())
      return success();
    OpBuilder b(op);
    auto own = MemRefType::get(type.getShape(), type.getElementType(),
                               MemRefLayoutAttrInterface(),
                               b.getI64IntegerAttr(privateSpace));
    Value memory =
        memref::AllocaOp::create(b, op.getLoc(), own, op.getAlignmentAttr());
    op.replaceAllUsesWith(
        memref::MemorySpaceCastOp::create(b, op.getLoc(), type, memory)
            .getResult());
    op.erase();
    return success();
  }

  LogicalResult convert(func::FuncOp kernel, SymbolTable &symbols) {
    SmallVector<Operation *> allocs, allocas, deallocs;
    kernel.walk([&](Operation *op) {
      if (isa<memref::AllocOp>(op))
        allocs.push_back(op);
      else if (isa<memref::AllocaOp>(op))
        allocas.push_back(op);
      else if (isa<memref::DeallocOp>(op))
        deallocs.push_back(op);
    });
    for (Operation *op : deallocs)
      op->erase();
    for (Operation *op : allocas)
      if (failed(convertPrivate(cast<memref::AllocaOp>(op))))
        return failure();
    int64_t bytes = 0;
    for (Operation *op : allocs) {
      auto type = cast<MemRefType>(op->getResult(0).getType());
      if (op->getParentOfType<scf::ParallelOp>())
        return op->emitOpError("of ")
               << type
               << " in a parallel loop: every thread would need its own; "
               << "choose tile sizes that leave no temporary";
      if (!type.hasStaticShape() || !type.getLayout().isIdentity() ||
          !type.getElementType().isIntOrFloat())
        return op->emitOpError("of ")
               << type << " cannot be shared memory; its shape must be static";
      bytes = llvm::alignTo(bytes, 16) +
              type.getNumElements() *
                  llvm::divideCeil(type.getElementTypeBitWidth(), 8);
      OpBuilder b(getOperation().getBodyRegion());
      auto shared =
          MemRefType::get(type.getShape(), type.getElementType(),
                          MemRefLayoutAttrInterface(), b.getI64IntegerAttr(3));
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
             << bytes << " bytes of shared memory, the target has "
             << static_cast<int64_t>(limit)
             << "; choose smaller tile_sizes in the kernel's config";
    if (bytes)
      kernel->setAttr(
          kSharedBytesAttr,
          IntegerAttr::get(IntegerType::get(&getContext(), 64), bytes));
    return success();
  }
};
} // namespace
