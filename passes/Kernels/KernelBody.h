//===- KernelBody.h - a kernel's body behind plain pointers -----*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_KERNELS_KERNELBODY_H
#define TERCET_PASSES_KERNELS_KERNELBODY_H

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace tercet::kernels {

/// Moves the body of `kernel` into the empty function `to`, which has a pointer for
/// every memref argument, in order, and then an i64 for every index argument.
/// Memrefs are rebuilt from the pointers, static shapes, and `tercet.dims` for
/// dynamic axes; a pointer into another address space is cast to the generic one,
/// which memref types mean. Fails, naming the argument, where a memref is not
/// contiguous, a size is not known, or the body has more than one block.
mlir::LogicalResult moveKernelBody(mlir::func::FuncOp kernel,
                                   mlir::LLVM::LLVMFuncOp to,
                                   const mlir::LLVMTypeConverter &converter);

} // namespace tercet::kernels

#endif
