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
mlir::LogicalResult copyWeight(rows::WeightOp op, size_t size,
                               TensorReader &source, TakeBytes take);

/// The transforms `encode`, `ternarize_encode` and `ternarize_scale`; `type` is
/// that of the source. Of a tensor of experts as many matrices are in memory as
/// there are threads, of a large matrix a block of rows. The scales of
/// ternarized matrices are added to `scales`; `take` gets no bytes for
/// ternarize_scale.
mlir::LogicalResult encodeWeight(rows::WeightOp op, mlir::RankedTensorType type,
                                 TensorReader &source,
                                 std::vector<float> &scales, TakeBytes take);

} // namespace tercet::compiler

#endif
