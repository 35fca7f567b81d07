//===- EncodeWeight.h - stored bytes of a weight ----------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_COMPILER_ENCODEWEIGHT_H
#define TERCET_LIB_COMPILER_ENCODEWEIGHT_H

#include "dialects/Rows/IR/Rows.h"
#include "lib/Compiler/TensorReader.h"

namespace tercet::compiler {

/// Gets the stored bytes of a weight in order, a piece at a time.
using TakeBytes = llvm::function_ref<void(llvm::ArrayRef<uint8_t>)>;

/// `size` bytes as they are.
void copyWeight(TensorReader &source, size_t size, TakeBytes take);

/// The transforms `encode`, `ternarize_encode` and `ternarize_scale`, a matrix
/// at a time. `type` is that of the source.
mlir::LogicalResult encodeWeight(rows::WeightOp op, mlir::RankedTensorType type,
                                 TensorReader &source, TakeBytes take);

} // namespace tercet::compiler

#endif
