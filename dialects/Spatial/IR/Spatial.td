//===- Spatial.td - the spatial dialect ------------------------*- tablegen -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_SPATIAL_IR_SPATIAL
#define TERCET_DIALECTS_SPATIAL_IR_SPATIAL

include "dialects/Spatial/IR/SpatialDialect.td"
include "dialects/Spatial/IR/SpatialAttrs.td"
include "dialects/Spatial/IR/SpatialClusters.td"
include "dialects/Spatial/IR/SpatialSample.td"
include "dialects/Spatial/IR/SpatialStream.td"
include "dialects/Spatial/IR/SpatialTiles.td"
include "dialects/Spatial/IR/SpatialTokens.td"

#endif
