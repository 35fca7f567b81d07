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
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/SymbolTable.h"
#include "passes/Kernels/KernelBody.h"
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
    if (failed(kernels::moveKernelBody(kernel, entry, converter)))
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
    SmallVector<StringRef> attributes{"no-builtins"};
    // What an AMD kernel could ask the driver for and ours does not: with each
    // of it would come hidden arguments, if LLVM's attributor did not run.
    if (!nvvm)
      attributes.append({"amdgpu-no-completion-action",
                         "amdgpu-no-default-queue", "amdgpu-no-dispatch-id",
                         "amdgpu-no-dispatch-ptr", "amdgpu-no-heap-ptr",
                         "amdgpu-no-hostcall-ptr", "amdgpu-no-implicitarg-ptr",
                         "amdgpu-no-lds-kernel-id",
                         "amdgpu-no-multigrid-sync-arg", "amdgpu-no-queue-ptr",
                         "amdgpu-no-workgroup-id-y", "amdgpu-no-workgroup-id-z",
                         "amdgpu-no-workitem-id-y", "amdgpu-no-workitem-id-z"});
    entry.setPassthroughAttr(b.getStrArrayAttr(attributes));
    return entry;
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

  /// What another lane has, by exclusive or with its number; lanes stay within
  /// 32 neighbours, which both vendors have in one wave.
  Value exchange(gpu::ShuffleOp op) {
    assert(op.getMode() == gpu::ShuffleMode::XOR &&
           op.getValue().getType().isF32() && "no other exchange is built");
    Location loc = op.getLoc();
    Type i32 = b.getI32Type();
    auto constant = [&](int32_t value) -> Value {
      return LLVM::ConstantOp::create(b, loc, i32, b.getI32IntegerAttr(value));
    };
    if (nvvm)
      return NVVM::ShflOp::create(b, loc, b.getF32Type(), constant(-1),
                                  op.getValue(), op.getOffset(), constant(31),
                                  NVVM::ShflKind::bfly, UnitAttr());
    // The lane's own number: the thread's in its wave, since waves are whole.
    Value self =
        LLVM::AndOp::create(b, loc, createId(/*thread=*/true), constant(63));
    Value other = LLVM::XOrOp::create(b, loc, self, op.getOffset());
    Value bits = LLVM::BitcastOp::create(b, loc, i32, op.getValue());
    Value moved = ROCDL::DsBpermuteOp::create(
        b, loc, i32, LLVM::ShlOp::create(b, loc, other, constant(2)), bits);
    return LLVM::BitcastOp::create(b, loc, b.getF32Type(), moved);
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
      } else if (auto shuffle = dyn_cast<gpu::ShuffleOp>(op)) {
        shuffle.getShuffleResult().replaceAllUsesWith(exchange(shuffle));
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
