//===- TokenSets.h - sets of tokens that are known ---------------*- C++
//-*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What `spatial.anchors` and `spatial.nearest` of constants are.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_SPATIAL_IR_TOKENSETS_H
#define TERCET_DIALECTS_SPATIAL_IR_TOKENSETS_H

#include "dialects/Spatial/IR/Spatial.h"

namespace tercet::spatial {

/// Philox4x32-10: four words of a counter and a key.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter,
                               std::array<uint32_t, 2> key);

/// The set of `count` tiles of the grid (tokens, where it has no tiles) that
/// `spatial.anchors` is. `count` is a multiple of the frames of tiles.
llvm::SmallVector<int32_t> computeAnchors(GridAttr grid, AnchorPattern pattern,
                                          int64_t stride, uint64_t seed,
                                          int64_t count);

/// Whether `index` is ascending, without duplicates and of tokens below `size`.
bool isTokenSet(llvm::ArrayRef<int32_t> index, int64_t size);

/// The position in `index` of the token nearest to each token of the grid, by
/// `spatial.nearest`'s rules.
llvm::SmallVector<int32_t> computeNearest(GridAttr grid,
                                          llvm::ArrayRef<int32_t> index);

/// The ascending tokens of a set of tiles.
llvm::SmallVector<int32_t> computeTileTokens(GridAttr grid,
                                             llvm::ArrayRef<int32_t> tiles);

} // namespace tercet::spatial

#endif
