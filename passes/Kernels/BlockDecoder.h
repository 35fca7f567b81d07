//===- BlockDecoder.h - 4-bit floats with block scales to f32 -*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_KERNELS_BLOCKDECODER_H
#define TERCET_PASSES_KERNELS_BLOCKDECODER_H

#include "dialects/Rows/IR/Rows.h"
#include "mlir/IR/Builders.h"

namespace tercet::kernels {

/// Emits the decoding of the weights of `rows.float_matmul` with a format, as
/// that op describes it, 16 columns at a time.
class BlockDecoder {
public:
  /// Emits what is needed before loops at the builder's place. `permute16`: the
  /// machine looks up 16 floats by 4-bit indices (AVX-512 vpermps).
  BlockDecoder(mlir::OpBuilder &b, mlir::Location loc, rows::BlockFormat format,
               bool permute16);

  /// vector<16xf32>: columns `column` .. + 15 of row `row`; `column` is a
  /// multiple of 16. `weight` is a memref [N, K/2] of bytes, `scales`
  /// [N, K/block].
  mlir::Value load(mlir::Value weight, mlir::Value scales, mlir::Value row,
                   mlir::Value column);

private:
  mlir::Value decodeValues(mlir::Value nibbles);
  mlir::Value decodeScale(mlir::Value byte);
  mlir::Value constant(mlir::TypedAttr attr);
  mlir::Value words(int64_t value);

  mlir::OpBuilder &b;
  mlir::Location loc;
  rows::BlockFormat format;
  mlir::Value table; // vector<16xf32>, or null
};

} // namespace tercet::kernels

#endif
