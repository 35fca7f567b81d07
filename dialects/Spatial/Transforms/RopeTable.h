//===- RopeTable.h - tables of a rotary embedding ---------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_SPATIAL_TRANSFORMS_ROPETABLE_H
#define TERCET_DIALECTS_SPATIAL_TRANSFORMS_ROPETABLE_H

#include "dialects/Spatial/IR/Spatial.h"

namespace tercet::spatial {

/// The cosines and sines of a verified spatial.rope_table.
std::pair<mlir::DenseElementsAttr, mlir::DenseElementsAttr>
makeRopeTable(RopeTableOp op);

} // namespace tercet::spatial

#endif
