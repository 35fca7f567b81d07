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
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Linalg/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
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
    if (failed(moveBody(inner)))
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

  FailureOr<Value> createDescriptor(unsigned number, MemRefType type,
                                    Value pointer, ValueRange indices) {
    if (!type.getLayout().isIdentity())
      return kernel.emitError("argument ")
             << number << " of type " << type
             << " has no place in the kernel ABI; it takes contiguous memrefs";
    auto dims =
        kernel.getArgAttrOfType<DenseI64ArrayAttr>(number, "tercet.dims");
    MemRefDescriptor descriptor =
        MemRefDescriptor::poison(b, loc, converter.convertType(type));
    descriptor.setAllocatedPtr(b, loc, pointer);
    descriptor.setAlignedPtr(b, loc, pointer);
    auto constant = [&](int64_t value) -> Value {
      return LLVM::ConstantOp::create(b, loc, b.getI64IntegerAttr(value));
    };
    descriptor.setOffset(b, loc, constant(0));
    Value stride = constant(1);
    for (int64_t axis = type.getRank() - 1; axis >= 0; --axis) {
      Value size;
      if (!type.isDynamicDim(axis)) {
        size = constant(type.getDimSize(axis));
      } else if (dims && dims[axis] >= 0 &&
                 dims[axis] < static_cast<int64_t>(indices.size())) {
        size = indices[dims[axis]];
      } else {
        return kernel.emitError("axis ")
               << axis << " of argument " << number
               << " is dynamic and tercet.dims does not name an index argument "
                  "for it";
      }
      descriptor.setSize(b, loc, axis, size);
      descriptor.setStride(b, loc, axis, stride);
      if (axis > 0)
        stride = LLVM::MulOp::create(b, loc, stride, size);
    }
    return static_cast<Value>(descriptor);
  }

  LogicalResult moveBody(LLVM::LLVMFuncOp inner) {
    OpBuilder::InsertionGuard guard(b);
    Block *block = inner.addEntryBlock(b);
    b.setInsertionPointToStart(block);
    ValueRange indices =
        ValueRange(block->getArguments()).drop_front(getNumBuffers());
    SmallVector<Value> values;
    for (auto [i, type] : llvm::enumerate(kernel.getArgumentTypes())) {
      Value value = block->getArgument(i);
      if (auto memref = dyn_cast<MemRefType>(type)) {
        FailureOr<Value> descriptor =
            createDescriptor(i, memref, value, indices);
        if (failed(descriptor))
          return failure();
        value = *descriptor;
      }
      values.push_back(
          UnrealizedConversionCastOp::create(b, loc, type, value).getResult(0));
    }
    Block &old = kernel.getBody().front();
    for (auto [arg, value] : llvm::zip(old.getArguments(), values))
      arg.replaceAllUsesWith(value);
    block->getOperations().splice(block->end(), old.getOperations());
    Operation *terminator = block->getTerminator();
    b.setInsertionPoint(terminator);
    LLVM::ReturnOp::create(b, loc, ValueRange());
    terminator->erase();
    return success();
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
