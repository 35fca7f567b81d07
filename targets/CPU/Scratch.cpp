//===- Scratch.cpp - temporary buffers to the scratch of a worker --------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// See Passes.td. A workgroup runs on one worker, so that all workgroups of a
// call may use the same scratch one after the other; buffers do not share
// memory among themselves. Assumes kernels over memrefs in their place of the
// code generation pipeline: temporaries are dead when a workgroup ends. A
// buffer whose size is not known is an error, since a plan declares the scratch
// of a kernel.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "targets/CPU/CPUTarget.h"
#include "llvm/Support/MathExtras.h"

namespace tercet {
#define GEN_PASS_DEF_CPUSCRATCH
#include "targets/CPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

/// Bytes of the buffer, or nothing where they are not known.
static std::optional<int64_t> getBytes(MemRefType type) {
  if (!type.hasStaticShape() || !type.getLayout().isIdentity() ||
      type.getMemorySpace())
    return std::nullopt;
  Type element = type.getElementType();
  if (element.isIndex())
    return 8 * type.getNumElements();
  if (!element.isIntOrFloat())
    return std::nullopt;
  return llvm::divideCeil(element.getIntOrFloatBitWidth(), 8) *
         type.getNumElements();
}

namespace {
struct CPUScratch : tercet::impl::CPUScratchBase<CPUScratch> {
  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (kernel.isExternal())
      return;
    SmallVector<Operation *> buffers;
    SmallVector<memref::DeallocOp> ends;
    kernel.walk([&](Operation *op) {
      if (isa<memref::AllocOp, memref::AllocaOp>(op))
        buffers.push_back(op);
      else if (auto dealloc = dyn_cast<memref::DeallocOp>(op))
        ends.push_back(dealloc);
    });
    if (buffers.empty())
      return;
    constexpr int64_t kAlignment = 64;
    int64_t total = 0;
    SmallVector<int64_t> offsets;
    for (Operation *op : buffers) {
      auto type = cast<MemRefType>(op->getResult(0).getType());
      std::optional<int64_t> bytes = getBytes(type);
      if (!bytes) {
        op->emitError(
            "a kernel's temporary buffers are contiguous and of static "
            "size, not ")
            << type << "; give the dynamic axis a static tile size";
        return signalPassFailure();
      }
      offsets.push_back(total);
      total += llvm::alignTo(*bytes, kAlignment);
    }

    OpBuilder b(&getContext());
    unsigned place =
        llvm::count_if(kernel.getArgumentTypes(), llvm::IsaPred<MemRefType>);
    NamedAttribute mark = b.getNamedAttr("tercet.scratch", b.getUnitAttr());
    if (failed(kernel.insertArgument(
            place, MemRefType::get({total}, b.getI8Type()),
            b.getDictionaryAttr(mark), kernel.getLoc())))
      return signalPassFailure();
    kernel->setAttr("tercet.scratch_bytes", b.getI64IntegerAttr(total));
    for (memref::DeallocOp dealloc : ends)
      dealloc.erase();
    for (auto [op, offset] : llvm::zip(buffers, offsets)) {
      b.setInsertionPoint(op);
      Value at = arith::ConstantIndexOp::create(b, op->getLoc(), offset);
      Value view = memref::ViewOp::create(
          b, op->getLoc(), cast<MemRefType>(op->getResult(0).getType()),
          kernel.getArgument(place), at, ValueRange());
      op->getResult(0).replaceAllUsesWith(view);
      op->erase();
    }
  }
};
} // namespace
