//===- KernelABI.cpp - kernel functions to the CPU kernel ABI ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// See Passes.td. Assumes functions over contiguous memrefs, then index
// arguments of which the last two are the range of workgroups, that return
// nothing; a dynamic axis must be named in `tercet.dims`. Anything else is an
// error with the argument's number. Buffers do not overlap where one of them is
// written (the plan is verified for it), so the inner function's pointers are
// noalias.
//
//===----------------------------------------------------------------------===//
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "passes/Kernels/KernelBody.h"
#include "targets/CPU/CPUTarget.h"

namespace tercet {
#define GEN_PASS_DEF_CPUKERNELABI
#define GEN_PASS_DEF_CPUEXPANDCOPIES
#include "targets/CPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

namespace {
class KernelLowering {
public:
  KernelLowering(func::FuncOp kernel, const LLVMTypeConverter &converter)
      : kernel(kernel), converter(converter), b(kernel.getContext()),
        loc(kernel.getLoc()) {}

  LogicalResult run() {
    if (kernel.getNumResults() || kernel.isExternal() ||
        !kernel.getBody().hasOneBlock())
      return kernel.emitError("a CPU kernel has one block and no results here");
    for (Type type : kernel.getArgumentTypes()) {
      if (isa<IndexType>(type))
        ++numIndices;
      else if (!isa<MemRefType>(type) || numIndices)
        return kernel.emitError(
                   "a CPU kernel takes memrefs and then index values, not ")
               << type;
    }
    if (numIndices < 2)
      return kernel.emitError("a CPU kernel ends with its range of workgroups; "
                              "run distribute-workgroups");
    b.setInsertionPoint(kernel);
    LLVM::LLVMFuncOp inner = createInner();
    if (failed(kernels::moveKernelBody(kernel, inner, converter)))
      return failure();
    createEntry(inner);
    kernel.erase();
    return success();
  }

private:
  unsigned getNumBuffers() { return kernel.getNumArguments() - numIndices; }

  /// One pointer per buffer, one i64 per index argument.
  LLVM::LLVMFuncOp createInner() {
    Type pointer = LLVM::LLVMPointerType::get(b.getContext());
    SmallVector<Type> types(getNumBuffers(), pointer);
    types.append(numIndices, b.getI64Type());
    auto inner = LLVM::LLVMFuncOp::create(
        b, loc, (kernel.getName() + ".body").str(),
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                    types),
        LLVM::Linkage::Internal);
    inner.setAlwaysInline(true);
    for (unsigned i = 0; i < getNumBuffers(); ++i) {
      inner.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                       b.getUnitAttr());
      auto access = kernel.getArgAttrOfType<IntegerAttr>(i, "tercet.access");
      if (access && access.getInt() == 1)
        inner.setArgAttr(i, LLVM::LLVMDialect::getReadonlyAttrName(),
                         b.getUnitAttr());
    }
    // A loop must not become a call of memset or memcpy: there is no library.
    inner.setPassthroughAttr(b.getStrArrayAttr({"no-builtins"}));
    return inner;
  }

  /// The exported function: takes a tercet_kernel_args apart.
  void createEntry(LLVM::LLVMFuncOp inner) {
    MLIRContext *ctx = b.getContext();
    Type pointer = LLVM::LLVMPointerType::get(ctx), i64 = b.getI64Type();
    auto entry = LLVM::LLVMFuncOp::create(
        b, loc, kernel.getName(),
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(ctx), {pointer}));
    for (NamedAttribute attr : kernel->getDiscardableAttrs())
      entry->setAttr(attr.getName(), attr.getValue());
    entry.setPassthroughAttr(b.getStrArrayAttr({"no-builtins"}));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(entry.addEntryBlock(b));
    Value args = entry.getArgument(0);
    auto load = [&](Type type, Value base, int32_t offset) -> Value {
      Value address = LLVM::GEPOp::create(b, loc, pointer, b.getI8Type(), base,
                                          ArrayRef<LLVM::GEPArg>{offset});
      return LLVM::LoadOp::create(b, loc, type, address);
    };
    Value buffers = load(pointer, args, 0), constants = load(pointer, args, 8);
    SmallVector<Value> operands;
    int32_t place = 0;
    for (unsigned i = 0; i < getNumBuffers(); ++i) {
      if (kernel.getArgAttr(i, "tercet.scratch"))
        operands.push_back(load(pointer, args, 32));
      else
        operands.push_back(load(pointer, buffers, 8 * place++));
    }
    for (unsigned i = 0; i + 2 < numIndices; ++i)
      operands.push_back(load(i64, constants, 8 * i));
    operands.push_back(load(i64, args, 16));
    operands.push_back(load(i64, args, 24));
    LLVM::CallOp::create(b, loc, inner, operands);
    LLVM::ReturnOp::create(b, loc, ValueRange());
  }

  func::FuncOp kernel;
  const LLVMTypeConverter &converter;
  OpBuilder b;
  Location loc;
  unsigned numIndices = 0;
};

struct CPUKernelABI : tercet::impl::CPUKernelABIBase<CPUKernelABI> {
  void runOnOperation() override {
    LLVMTypeConverter converter(&getContext());
    for (auto kernel :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (failed(KernelLowering(kernel, converter).run()))
        return signalPassFailure();
  }
};

struct CPUExpandCopies : tercet::impl::CPUExpandCopiesBase<CPUExpandCopies> {
  void runOnOperation() override {
    SmallVector<memref::CopyOp> copies;
    getOperation().walk([&](memref::CopyOp op) { copies.push_back(op); });
    for (memref::CopyOp copy : copies) {
      OpBuilder b(copy);
      linalg::makeMemRefCopyOp(b, copy.getLoc(), copy.getSource(),
                               copy.getTarget());
      copy.erase();
    }
  }
};
} // namespace
