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

/// Axes in front of [N, D]: one or none.
static int64_t countBatches(Value points) {
  return typeOf(points).getRank() == 3;
}

/// Whether these are [N, D] and [K, D], or with the same axis in front.
static bool areClusters(Value points, Value centroids) {
  RankedTensorType x = typeOf(points), c = typeOf(centroids);
  int64_t batches = countBatches(points);
  return x.getRank() == 2 + batches && c.getRank() == x.getRank() &&
         c.hasStaticShape() && c.getNumElements() > 0 &&
         x.getShape().back() == c.getShape().back() &&
         x.getShape().take_front(batches) == c.getShape().take_front(batches);
}

/// Whether `value` is [N] where `rows` is [N, D].
static bool isOneForEach(Value value, Value rows) {
  return typeOf(value).getShape() == typeOf(rows).getShape().drop_back();
}

/// SPATIAL-C2
static LogicalResult verifyCount(Operation *op, Value points, Value centroids) {
  int64_t axis = countBatches(points), n = typeOf(points).getDimSize(axis),
          k = typeOf(centroids).getDimSize(axis);
  if (!ShapedType::isDynamic(n) && k > n)
    return op->emitOpError("SPATIAL-C2: ")
           << n << " points cannot be " << k << " clusters";
  return success();
}

LogicalResult KmeansInitOp::verify() {
  // SPATIAL-C5
  if (!areClusters(getPoints(), getResult()) ||
      typeOf(getSeed()).getShape() != ArrayRef<int64_t>(2))
    return emitOpError("SPATIAL-C5: takes [N, D] and a seed [2] and gives "
                       "[K, D] with static, positive K and D, or [B, N, D] and "
                       "[B, K, D], got ")
           << getPoints().getType() << ", " << getSeed().getType() << " and "
           << getType();
  return verifyCount(*this, getPoints(), getResult());
}

LogicalResult KmeansAssignOp::verify() {
  // SPATIAL-C1
  if (!areClusters(getPoints(), getCentroids()) ||
      !isOneForEach(getIds(), getPoints()) ||
      !isOneForEach(getScores(), getPoints()))
    return emitOpError("SPATIAL-C1: takes [N, D] and [K, D] with static, "
                       "positive K and D and gives [N], or all with B in "
                       "front, got ")
           << getPoints().getType() << " and " << getCentroids().getType();
  return verifyCount(*this, getPoints(), getCentroids());
}

LogicalResult KmeansUpdateOp::verify() {
  // SPATIAL-C3
  if (!areClusters(getPoints(), getCentroids()) ||
      !isOneForEach(getIds(), getPoints()) ||
      !isOneForEach(getCounts(), getCentroids()))
    return emitOpError("SPATIAL-C3: takes [N, D], [N] and [K, D] with static, "
                       "positive K and D and gives counts [K], or all with B "
                       "in front, got ")
           << getPoints().getType() << ", " << getIds().getType() << ", "
           << getCentroids().getType() << " and " << getCounts().getType();
  return success();
}

LogicalResult KmeansOp::verify() {
  // SPATIAL-C1
  int64_t batches = countBatches(getPoints());
  if (!areClusters(getPoints(), getInitial()) ||
      !isOneForEach(getIds(), getPoints()) ||
      getIterations().getType().getShape() !=
          getInitial().getType().getShape().take_front(batches))
    return emitOpError("SPATIAL-C1: takes [N, D] and [K, D] with static, "
                       "positive K and D and gives [N] and tensor<i32>, or all "
                       "with B in front, got ")
           << getPoints().getType() << " and " << getInitial().getType();
  // SPATIAL-C4
  if (static_cast<int64_t>(getMaxIters()) < 1 ||
      !(getTol().convertToFloat() >= 0))
    return emitOpError("SPATIAL-C4: max_iters is positive and tol not "
                       "negative");
  return verifyCount(*this, getPoints(), getInitial());
}
