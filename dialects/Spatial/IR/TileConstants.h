//===- TileConstants.h - orders of tokens and static masks ------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What spatial.tile_order and spatial.block_mask are, as constants. Both ops
// are verified.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_SPATIAL_IR_TILECONSTANTS_H
#define TERCET_DIALECTS_SPATIAL_IR_TILECONSTANTS_H

#include "dialects/Spatial/IR/Spatial.h"

namespace tercet::spatial {

/// Places, ranks and offsets.
std::array<mlir::DenseElementsAttr, 3> makeTileOrder(TileOrderOp op);

mlir::DenseElementsAttr makeBlockMask(BlockMaskOp op);

} // namespace tercet::spatial

#endif
