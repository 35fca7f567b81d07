//===- KernelABI.cpp - kernel functions to GPU kernels --------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Gives kernel functions the ABI of runtime/include/tercet/kernel.h (see
// Passes.td). Assumes functions over memrefs of the identity layout, then index
// arguments, that return nothing; a dynamic axis must be named in
// `tercet.dims`. Anything else is an error with the argument's number.
//
// Buffers do not overlap where one of them is written (the plan is verified for
// it), so pointers are noalias; `tercet.access` says which are only read. A
// pointer is cast to the generic address space, which memref types mean; LLVM's
// address space inference takes the cast back.
//
//===----------------------------------------------------------------------===//
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/SymbolTable.h"
#include "targets/GPU/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_GPUKERNELABI
#include "targets/GPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

namespace {
class KernelLowering {
public:
  KernelLowering(func::FuncOp kernel, bool nvvm,
                 const LLVMTypeConverter &converter)
      : kernel(kernel), nvvm(nvvm), converter(converter),
        b(kernel.getContext()) {}

  LogicalResult run() {
    if (kernel.getNumResults() || kernel.isExternal())
      return kernel.emitError("a GPU kernel has a body and returns nothing");
    for (Type type : kernel.getArgumentTypes()) {
      if (isa<IndexType>(type))
        ++numIndices;
      else if (!isa<MemRefType>(type) || numIndices)
        return kernel.emitError("a GPU kernel takes memrefs and then index "
                                "values, not ")
               << type;
    }
    b.setInsertionPoint(kernel);
    LLVM::LLVMFuncOp entry = createFunction();
    if (failed(moveBody(entry)))
      return failure();
    lowerIds(entry);
    kernel.erase();
    return success();
  }

private:
  LLVM::LLVMFuncOp createFunction() {
    Type pointer = LLVM::LLVMPointerType::get(b.getContext(), 1);
    SmallVector<Type> types;
    for (Type type : kernel.getArgumentTypes())
      types.push_back(isa<MemRefType>(type) ? pointer : b.getI64Type());
    auto type = LLVM::LLVMFunctionType::get(
        LLVM::LLVMVoidType::get(b.getContext()), types);
    auto entry =
        LLVM::LLVMFuncOp::create(b, kernel.getLoc(), kernel.getName(), type);
    for (NamedAttribute attr : kernel->getDiscardableAttrs())
      entry->setAttr(attr.getName(), attr.getValue());
    for (auto [i, argType] : llvm::enumerate(types)) {
      if (argType != pointer)
        continue;
      entry.setArgAttr(i, LLVM::LLVMDialect::getNoAliasAttrName(),
                       b.getUnitAttr());
      auto access = kernel.getArgAttrOfType<IntegerAttr>(i, "tercet.access");
      if (access && access.getInt() == 1)
        entry.setArgAttr(i, LLVM::LLVMDialect::getReadonlyAttrName(),
                         b.getUnitAttr());
    }
    int32_t threads = getWorkgroupSize(kernel);
    if (nvvm) {
      entry->setAttr(NVVM::NVVMDialect::getKernelFuncAttrName(),
                     b.getUnitAttr());
      entry->setAttr(NVVM::NVVMDialect::getReqntidAttrName(),
                     b.getDenseI32ArrayAttr({threads, 1, 1}));
    } else {
      std::string range =
          std::to_string(threads) + "," + std::to_string(threads);
      entry->setAttr(ROCDL::ROCDLDialect::getKernelFuncAttrName(),
                     b.getUnitAttr());
      entry->setAttr(ROCDL::ROCDLDialect::getFlatWorkGroupSizeAttrName(),
                     b.getStringAttr(range));
      entry->setAttr(ROCDL::ROCDLDialect::getReqdWorkGroupSizeAttrName(),
                     b.getDenseI32ArrayAttr({threads, 1, 1}));
    }
    // A loop must not become a call of memset or memcpy: there is no library.
    entry.setPassthroughAttr(b.getStrArrayAttr({"no-builtins"}));
    return entry;
  }

  /// The descriptor of a contiguous memref at `pointer`.
  FailureOr<Value> createDescriptor(unsigned number, MemRefType type,
                                    Value pointer, ValueRange indices) {
    Location loc = kernel.getLoc();
    if (!type.getLayout().isIdentity() || type.getMemorySpace())
      return kernel.emitError("argument ")
             << number << " of type " << type
             << " has no place in the kernel ABI; it takes contiguous memrefs";
    auto dims =
        kernel.getArgAttrOfType<DenseI64ArrayAttr>(number, "tercet.dims");
    auto generic = LLVM::LLVMPointerType::get(b.getContext());
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

  LogicalResult moveBody(LLVM::LLVMFuncOp entry) {
    Location loc = kernel.getLoc();
    Block *block = entry.addEntryBlock(b);
    b.setInsertionPointToStart(block);
    unsigned numBuffers = kernel.getNumArguments() - numIndices;
    ValueRange indices =
        ValueRange(block->getArguments()).drop_front(numBuffers);
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
    Region &body = kernel.getBody();
    if (!body.hasOneBlock())
      return kernel.emitError("a kernel has structured control flow here");
    Block &old = body.front();
    for (auto [arg, value] : llvm::zip(old.getArguments(), values))
      arg.replaceAllUsesWith(value);
    block->getOperations().splice(block->end(), old.getOperations());
    Operation *terminator = block->getTerminator();
    b.setInsertionPoint(terminator);
    LLVM::ReturnOp::create(b, loc, ValueRange());
    terminator->erase();
    return success();
  }

  Value createId(bool thread) {
    Location loc = kernel.getLoc();
    Type i32 = b.getI32Type();
    if (nvvm)
      return thread ? NVVM::ThreadIdXOp::create(b, loc, i32).getResult()
                    : NVVM::BlockIdXOp::create(b, loc, i32).getResult();
    return thread ? ROCDL::ThreadIdXOp::create(b, loc, i32).getResult()
                  : ROCDL::BlockIdXOp::create(b, loc, i32).getResult();
  }

  void lowerIds(LLVM::LLVMFuncOp entry) {
    entry.walk([&](Operation *op) {
      b.setInsertionPoint(op);
      Location loc = op->getLoc();
      if (isa<gpu::BlockIdOp, gpu::ThreadIdOp>(op)) {
        // Neither is negative, so zero extension is right and simplifies.
        Value id = LLVM::ZExtOp::create(b, loc, b.getI64Type(),
                                        createId(isa<gpu::ThreadIdOp>(op)));
        op->getResult(0).replaceAllUsesWith(
            arith::IndexCastOp::create(b, loc, b.getIndexType(), id));
        op->erase();
      } else if (isa<gpu::BarrierOp>(op)) {
        if (nvvm)
          NVVM::Barrier0Op::create(b, loc);
        else
          ROCDL::BarrierOp::create(b, loc);
        op->erase();
      }
    });
  }

  func::FuncOp kernel;
  bool nvvm;
  const LLVMTypeConverter &converter;
  OpBuilder b;
  unsigned numIndices = 0;
};

struct GPUKernelABI : tercet::impl::GPUKernelABIBase<GPUKernelABI> {
  using GPUKernelABIBase::GPUKernelABIBase;

  void runOnOperation() override {
    if (vendor != "nvvm" && vendor != "rocdl") {
      getOperation().emitError("gpu-kernel-abi takes vendor=nvvm or "
                               "vendor=rocdl, got '")
          << vendor << "'";
      return signalPassFailure();
    }
    LLVMTypeConverter converter(&getContext());
    for (auto kernel :
         llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>()))
      if (failed(KernelLowering(kernel, vendor == "nvvm", converter).run()))
        return signalPassFailure();
  }
};
} // namespace
