//===- ProductWeight.h - the weight of a product, as it is stored -*- C++
//-*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_ROWS_PRODUCTWEIGHT_H
#define TERCET_PASSES_ROWS_PRODUCTWEIGHT_H

#include "passes/Rows/WeightTable.h"

namespace tercet {

/// What a kernel reads of a weight [N, K], or [E, N, K] of experts: packed
/// bytes with a code, or floats, or 4-bit floats with block scales.
struct ProductWeight {
  mlir::Value data;
  /// Of 4-bit floats, with their format; null otherwise.
  mlir::Value blockScales;
  rows::BlockFormatAttr format;
  /// Of integers; null for floats.
  ternary::CodeAttr code;
  /// The scale of the product, or null.
  mlir::Value scale;
  int64_t n = 0, k = 0;
};

/// Finds out how the weight of `user` is stored and declares it. Trits need a
/// storage code (select-codes); 4-bit floats are external globals. Fails with
/// an error at `user`.
mlir::FailureOr<ProductWeight>
loadProductWeight(WeightTable &weights, mlir::OpBuilder &b,
                  mlir::Operation *user, mlir::Value weight, mlir::Value scale);

} // namespace tercet

#endif
