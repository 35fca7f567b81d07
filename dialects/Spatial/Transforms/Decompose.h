//===- Decompose.h - what spatial ops are, by family ------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each function replaces every use of an op's results by what it builds before
// the op, or says no: the op is then of another family, or has a kernel of its
// own.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_SPATIAL_TRANSFORMS_DECOMPOSE_H
#define TERCET_DIALECTS_SPATIAL_TRANSFORMS_DECOMPOSE_H

#include "dialects/Spatial/IR/Spatial.h"
#include "dialects/Ternary/Transforms/ReferenceBuilder.h"

namespace tercet::spatial {

/// spatial.kmeans_init.
bool decomposeClusters(ternary::ReferenceBuilder &r, mlir::Operation *op);

/// spatial.kmeans as assign and update in turn; erases it.
void expandKmeans(ternary::ReferenceBuilder &r, KmeansOp op);

/// These two, for the reference path only.
bool clustersToReference(ternary::ReferenceBuilder &r, mlir::Operation *op);

/// Ops of SpatialStream.td.
bool decomposeStream(ternary::ReferenceBuilder &r, mlir::Operation *op);

/// Ops of SpatialTiles.td.
bool decomposeTiles(ternary::ReferenceBuilder &r, mlir::Operation *op);

/// spatial.block_attention and spatial.block_order, for the reference path
/// only.
bool attentionToReference(ternary::ReferenceBuilder &r, mlir::Operation *op);
bool orderToReference(ternary::ReferenceBuilder &r, mlir::Operation *op);

/// Ops of SpatialTokens.td: sets and rows here, fields of values in
/// DecomposeFields.cpp. Sets are selected by rows.select but for
/// the reference path.
bool decomposeTokens(ternary::ReferenceBuilder &r, mlir::Operation *op,
                     bool reference);
bool decomposeFields(ternary::ReferenceBuilder &r, mlir::Operation *op);

/// The place of each of `tokens` tokens in an ascending set of them, i32, -1
/// where it is not in it. In range whatever `index` holds.
mlir::Value getPlaces(ternary::ReferenceBuilder &r, mlir::Value index,
                      int64_t tokens);

} // namespace tercet::spatial

#endif
