//===- KernelBody.cpp - a kernel's body behind plain pointers -------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Kernels/KernelBody.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"

using namespace mlir;

/// The descriptor of the contiguous memref argument `number` at `pointer`.
static FailureOr<Value> createDescriptor(func::FuncOp kernel, unsigned number,
                                         MemRefType type, Value pointer,
                                         ValueRange indices,
                                         const LLVMTypeConverter &converter,
                                         OpBuilder &b) {
  Location loc = kernel.getLoc();
  if (!type.getLayout().isIdentity() || type.getMemorySpace())
    return kernel.emitError("argument ")
           << number << " of type " << type
           << " has no place in the kernel ABI; it takes contiguous memrefs";
  auto dims = kernel.getArgAttrOfType<DenseI64ArrayAttr>(number, "tercet.dims");
  auto generic = LLVM::LLVMPointerType::get(b.getContext());
  if (pointer.getType() != generic)
    pointer = LLVM::AddrSpaceCastOp::create(b, loc, generic, pointer);
  MemRefDescriptor descriptor =
      MemRefDescriptor::poison(b, loc, converter.convertType(type));
  descriptor.setAllocatedPtr(b, loc, pointer);
  descriptor.setAlignedPtr(b, loc, pointer);
  auto constant = [&](int64_t value) -> Value {
    return LLVM::ConstantOp::create(b, loc, b.getI64IntegerAttr(value));
  };
  descriptor.setOffset(b, loc, constant(0));
  Value stride = constant(1);
  int64_t staticStride = 1;
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
    if (axis == 0)
      break;
    // Constants stay constants: later passes compare strides.
    if (staticStride > 0 && !type.isDynamicDim(axis)) {
      staticStride *= type.getDimSize(axis);
      stride = constant(staticStride);
      continue;
    }
    stride = staticStride == 1
                 ? size
                 : LLVM::MulOp::create(b, loc, stride, size).getResult();
    staticStride = 0;
  }
  return static_cast<Value>(descriptor);
}

LogicalResult
tercet::kernels::moveKernelBody(func::FuncOp kernel, LLVM::LLVMFuncOp to,
                                const LLVMTypeConverter &converter) {
  if (!kernel.getBody().hasOneBlock())
    return kernel.emitError("a kernel has structured control flow here");
  Location loc = kernel.getLoc();
  OpBuilder b(kernel.getContext());
  Block *block = to.addEntryBlock(b);
  b.setInsertionPointToStart(block);
  unsigned numBuffers =
      llvm::count_if(kernel.getArgumentTypes(), llvm::IsaPred<MemRefType>);
  ValueRange indices = ValueRange(block->getArguments()).drop_front(numBuffers);
  SmallVector<Value> values;
  for (auto [i, type] : llvm::enumerate(kernel.getArgumentTypes())) {
    Value value = block->getArgument(i);
    if (auto memref = dyn_cast<MemRefType>(type)) {
      FailureOr<Value> descriptor =
          createDescriptor(kernel, i, memref, value, indices, converter, b);
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
