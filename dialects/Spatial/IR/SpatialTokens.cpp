//===- SpatialTokens.cpp - rules of the ops on subsets of tokens ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/Spatial.h"

using namespace mlir;
using namespace tercet::spatial;

/// Whether `values` is [N, d], `rows` [m, d] and `index` [m], all static.
static bool areRowsOf(Value values, Value rows, Value index) {
  auto whole = cast<RankedTensorType>(values.getType());
  auto part = cast<RankedTensorType>(rows.getType());
  auto numbers = cast<RankedTensorType>(index.getType());
  return whole.getRank() == 2 && part.getRank() == 2 &&
         numbers.getRank() == 1 && whole.hasStaticShape() &&
         part.hasStaticShape() && numbers.hasStaticShape() &&
         part.getDimSize(0) == numbers.getDimSize(0) &&
         part.getDimSize(0) <= whole.getDimSize(0) &&
         part.getDimSize(1) == whole.getDimSize(1);
}

LogicalResult GatherOp::verify() {
  // SPATIAL-T1
  if (!areRowsOf(getInput(), getResult(), getIndex()))
    return emitOpError("SPATIAL-T1: takes [N, d] and [m] and gives [m, d] with "
                       "m <= N, all static, got ")
           << getInput().getType() << ", " << getIndex().getType() << " and "
           << getResult().getType();
  return success();
}

LogicalResult ScatterOp::verify() {
  // SPATIAL-T2
  if (!areRowsOf(getBase(), getUpdate(), getIndex()))
    return emitOpError("SPATIAL-T2: takes [m, d], [m] and [N, d] with m <= N, "
                       "all static, got ")
           << getUpdate().getType() << ", " << getIndex().getType() << " and "
           << getBase().getType();
  return success();
}
