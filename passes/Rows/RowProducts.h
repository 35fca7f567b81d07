//===- RowProducts.h - products of rows with weights ------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Builds rows ops at a builder's place; rows are [M, K] with any M.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_ROWS_ROWPRODUCTS_H
#define TERCET_PASSES_ROWS_ROWPRODUCTS_H

#include "passes/Rows/ProductWeight.h"

namespace tercet {

/// What an epilogue does with the sum and the elements of its operands.
using Epilogue = llvm::function_ref<mlir::Value(mlir::ValueRange)>;

/// A destination [M, tail...] with the M of `like`.
mlir::Value emptyRows(mlir::OpBuilder &b, mlir::Location loc, mlir::Value like,
                      llvm::ArrayRef<int64_t> tail, mlir::Type element);

/// Values [M, paddedK] i8, scales [M] and sums [M] of quantised rows, behind a
/// norm where `gain` is given.
rows::QuantizeOp quantizeRows(mlir::OpBuilder &b, mlir::Location loc,
                              mlir::Value input, mlir::Value gain,
                              int64_t paddedK, ternary::QuantMode mode,
                              mlir::FloatAttr eps, bool hadamard);

/// rows.matmul of quantised rows with a coded weight [N, K].
mlir::Value buildMatmul(mlir::OpBuilder &b, mlir::Location loc,
                        mlir::Value values, mlir::Value sums,
                        const ProductWeight &weight, mlir::Type element,
                        mlir::ValueRange operands,
                        llvm::ArrayRef<mlir::AffineMap> maps,
                        Epilogue epilogue);

/// rows.float_matmul of `input` with a float weight [N, K].
mlir::Value buildFloatMatmul(mlir::OpBuilder &b, mlir::Location loc,
                             mlir::Value input, const ProductWeight &weight,
                             mlir::ValueRange operands,
                             llvm::ArrayRef<mlir::AffineMap> maps,
                             Epilogue epilogue);

/// What `ternary.linear` means, for any coded weight: quantise [the norm of]
/// the input, multiply, scale, add `bias` where there is one.
mlir::Value buildLinear(mlir::OpBuilder &b, mlir::Location loc,
                        mlir::Value input, mlir::Value gain,
                        mlir::FloatAttr eps, ternary::QuantMode mode,
                        bool hadamard, const ProductWeight &weight,
                        mlir::Value bias);

/// Fills the region of a product: the accumulator and an argument for each of
/// `operands`.
void buildEpilogue(mlir::OpBuilder &b, mlir::Location loc, mlir::Region &region,
                   mlir::Type accumulator, mlir::ValueRange operands,
                   Epilogue epilogue);

} // namespace tercet

#endif
