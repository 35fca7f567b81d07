//===- SpatialDialect.cpp - the grid, registration ------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/Spatial.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Transforms/InliningUtils.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tercet::spatial;

#include "dialects/Spatial/IR/SpatialDialect.cpp.inc"
#include "dialects/Spatial/IR/SpatialEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Spatial/IR/SpatialAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/Spatial/IR/SpatialOps.cpp.inc"

namespace {
struct SpatialInlinerInterface : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final {
    return true;
  }
  /// Calls in a sampler's region.
  bool isLegalToInline(Region *, Region *, bool, IRMapping &) const final {
    return true;
  }
};
} // namespace

void SpatialDialect::initialize() {
  addInterfaces<SpatialInlinerInterface>();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Spatial/IR/SpatialAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/Spatial/IR/SpatialOps.cpp.inc"
      >();
}

Operation *SpatialDialect::materializeConstant(OpBuilder &b, Attribute value,
                                               Type type, Location loc) {
  return arith::ConstantOp::materialize(b, value, type, loc);
}

std::array<int64_t, 3> GridAttr::getTileSizes() const {
  if (getTile().empty())
    return {1, 1, 1};
  return {getTile()[0], getTile()[1], getTile()[2]};
}

std::array<int64_t, 3> GridAttr::getTileCounts() const {
  std::array<int64_t, 3> counts = getSizes(), tile = getTileSizes();
  for (unsigned axis = 0; axis < 3; ++axis)
    counts[axis] = llvm::divideCeil(counts[axis], tile[axis]);
  return counts;
}

int64_t GridAttr::getTiles() const {
  auto [t, h, w] = getTileCounts();
  return t * h * w;
}

int64_t GridAttr::getTileVolume() const {
  auto [a, b, c] = getTileSizes();
  return a * b * c;
}

bool GridAttr::hasEqualTiles() const {
  return getTiles() * getTileVolume() == getTokens();
}

LogicalResult GridAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                               int64_t frames, int64_t height, int64_t width,
                               ArrayRef<int64_t> tile) {
  // SPATIAL-G1
  constexpr int64_t kMax = std::numeric_limits<int32_t>::max();
  int64_t tokens = 1;
  for (int64_t size : {frames, height, width}) {
    if (size <= 0)
      return emitError() << "SPATIAL-G1: sizes of a grid are positive, got "
                         << frames << " x " << height << " x " << width;
    if (size > kMax / tokens)
      return emitError() << "SPATIAL-G1: a grid of " << frames << " x "
                         << height << " x " << width
                         << " has more than 2^31 - 1 tokens";
    tokens *= size;
  }
  // SPATIAL-G2
  if (tile.empty())
    return success();
  if (tile.size() != 3)
    return emitError() << "SPATIAL-G2: a tile has three sizes, got "
                       << tile.size();
  int64_t sizes[] = {frames, height, width};
  for (unsigned axis = 0; axis < 3; ++axis)
    if (tile[axis] <= 0 || tile[axis] > sizes[axis])
      return emitError() << "SPATIAL-G2: size " << tile[axis]
                         << " of the tile along axis " << axis
                         << " is not from 1 to " << sizes[axis];
  return success();
}
