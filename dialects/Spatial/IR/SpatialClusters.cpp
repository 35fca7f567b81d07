//===- SpatialClusters.cpp - rules of the ops on clusters -----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/Spatial.h"

using namespace mlir;
using namespace tercet::spatial;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Whether these are [N, D] and [K, D].
static bool areClusters(Value points, Value centroids) {
  RankedTensorType x = typeOf(points), c = typeOf(centroids);
  return x.getRank() == 2 && c.getRank() == 2 && c.hasStaticShape() &&
         c.getNumElements() > 0 && x.getDimSize(1) == c.getDimSize(1);
}

static bool isVector(Value value, int64_t size) {
  return typeOf(value).getShape() == ArrayRef<int64_t>(size);
}

/// SPATIAL-C2
static LogicalResult verifyCount(Operation *op, Value points, Value centroids) {
  int64_t n = typeOf(points).getDimSize(0), k = typeOf(centroids).getDimSize(0);
  if (!ShapedType::isDynamic(n) && k > n)
    return op->emitOpError("SPATIAL-C2: ")
           << n << " points cannot be " << k << " clusters";
  return success();
}

LogicalResult KmeansAssignOp::verify() {
  // SPATIAL-C1
  int64_t n = typeOf(getPoints()).getRank() == 2
                  ? typeOf(getPoints()).getDimSize(0)
                  : 0;
  if (!areClusters(getPoints(), getCentroids()) || !isVector(getIds(), n) ||
      !isVector(getScores(), n))
    return emitOpError("SPATIAL-C1: takes [N, D] and [K, D] with static, "
                       "positive K and D and gives [N], got ")
           << getPoints().getType() << " and " << getCentroids().getType();
  return verifyCount(*this, getPoints(), getCentroids());
}

LogicalResult KmeansUpdateOp::verify() {
  // SPATIAL-C3
  if (!areClusters(getPoints(), getCentroids()) ||
      !isVector(getIds(), typeOf(getPoints()).getDimSize(0)) ||
      !isVector(getCounts(), typeOf(getCentroids()).getDimSize(0)))
    return emitOpError("SPATIAL-C3: takes [N, D], [N] and [K, D] with static, "
                       "positive K and D and gives counts [K], got ")
           << getPoints().getType() << ", " << getIds().getType() << ", "
           << getCentroids().getType() << " and " << getCounts().getType();
  return success();
}

LogicalResult KmeansOp::verify() {
  // SPATIAL-C1
  if (!areClusters(getPoints(), getInitial()) ||
      !isVector(getIds(), typeOf(getPoints()).getDimSize(0)) ||
      typeOf(getIterations()).getRank())
    return emitOpError("SPATIAL-C1: takes [N, D] and [K, D] with static, "
                       "positive K and D and gives [N] and tensor<i32>, got ")
           << getPoints().getType() << " and " << getInitial().getType();
  // SPATIAL-C4
  if (static_cast<int64_t>(getMaxIters()) < 1 ||
      !(getTol().convertToFloat() >= 0))
    return emitOpError("SPATIAL-C4: max_iters is positive and tol not "
                       "negative");
  return verifyCount(*this, getPoints(), getInitial());
}
