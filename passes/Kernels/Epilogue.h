//===- Epilogue.h - the epilogue of a product on vectors --------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_KERNELS_EPILOGUE_H
#define TERCET_PASSES_KERNELS_EPILOGUE_H

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"

namespace tercet::kernels {

/// Clones the epilogue region `body` of a product behind `acc`, which is a
/// scalar or a vector of consecutive outputs of a row; returns what it yields,
/// as wide. `maps` say by which of (row, output) each of `operands` is
/// addressed; `load` loads outputs' values at the indices given, one or as many
/// as `acc` has. The region's ops are elementwise, so each is cloned with
/// vectors in place of scalars.
mlir::Value cloneEpilogue(
    mlir::OpBuilder &b, mlir::Location loc, mlir::Block &body, mlir::Value acc,
    llvm::ArrayRef<mlir::AffineMap> maps, mlir::ValueRange operands,
    mlir::Value row, mlir::Value output,
    llvm::function_ref<mlir::Value(mlir::Value, mlir::ValueRange)> load);

} // namespace tercet::kernels

#endif
