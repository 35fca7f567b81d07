//===- Blocks.h - blocks of tokens in linalg --------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What DecomposeTiles.cpp and AttentionToReference.cpp both need of blocks,
// whose offsets may be data.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_SPATIAL_TRANSFORMS_BLOCKS_H
#define TERCET_DIALECTS_SPATIAL_TRANSFORMS_BLOCKS_H

#include "dialects/Spatial/Transforms/Scalars.h"

namespace tercet::spatial {

/// From 0 to `size` - 1.
inline Scalar clamp(Scalar x, int64_t size) { return x.max(0).min(size - 1); }

/// The tokens of a block, an f32; in the body of an op.
Scalar getBlockSize(ternary::ReferenceBuilder &r, mlir::Value offsets,
                    Scalar block);

/// The number of the block of each of `tokens` tokens, i32.
mlir::Value getBlocks(ternary::ReferenceBuilder &r, mlir::Value offsets,
                      int64_t tokens);

/// [N, H, d] as [N, heads, H / heads, d].
mlir::Value splitHeads(ternary::ReferenceBuilder &r, mlir::Value x,
                       int64_t heads);

} // namespace tercet::spatial

#endif
