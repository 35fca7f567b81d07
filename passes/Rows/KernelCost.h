//===- KernelCost.h - what a kernel reads, writes and computes -*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_ROWS_KERNELCOST_H
#define TERCET_PASSES_ROWS_KERNELCOST_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AffineExpr.h"

namespace tercet {

/// Expressions over the sizes that the kernel's `tercet.dims` number.
struct KernelCost {
  mlir::AffineExpr bytes, ops;
};

/// What the kernel around `root` touches and computes, for inspection and
/// benchmarks.
KernelCost getKernelCost(mlir::Operation *root, mlir::func::FuncOp kernel);

} // namespace tercet

#endif
