//===- SpatialTokens.cpp - rules of the ops on subsets of tokens ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/TokenSets.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace tercet::spatial;

static RankedTensorType ranked(Value v) {
  return cast<RankedTensorType>(v.getType());
}

static bool isVector(RankedTensorType type) {
  return type.getRank() == 1 && type.hasStaticShape();
}

/// Whether `values` is [N, d], `rows` [m, d] and `index` [m], with static N and
/// d, and an m that may be dynamic in both.
static bool areRowsOf(Value values, Value rows, Value index) {
  RankedTensorType whole = ranked(values), part = ranked(rows),
                   numbers = ranked(index);
  return whole.getRank() == 2 && part.getRank() == 2 &&
         numbers.getRank() == 1 && whole.hasStaticShape() &&
         part.getDimSize(0) == numbers.getDimSize(0) &&
         part.getDimSize(0) <= whole.getDimSize(0) &&
         part.getDimSize(1) == whole.getDimSize(1);
}

/// A dense attribute of i32.
static Attribute toAttribute(Type type, ArrayRef<int32_t> values) {
  return DenseElementsAttr::get(cast<ShapedType>(type), values);
}

/// 0 .. N-1, the one set of all tokens.
static Attribute getAll(RankedTensorType type) {
  auto all = llvm::to_vector(llvm::seq<int32_t>(0, type.getNumElements()));
  return toAttribute(type, all);
}

//===----------------------------------------------------------------------===//
// spatial.gather and spatial.scatter
//===----------------------------------------------------------------------===//

LogicalResult GatherOp::verify() {
  // SPATIAL-T1
  if (!areRowsOf(getInput(), getResult(), getIndex()))
    return emitOpError("SPATIAL-T1: takes [N, d] and [m] and gives [m, d] with "
                       "m <= N, N and d static, got ")
           << getInput().getType() << ", " << getIndex().getType() << " and "
           << getResult().getType();
  return success();
}

OpFoldResult GatherOp::fold(FoldAdaptor adaptor) {
  // An order of all tokens is no set, so that the number of them says nothing.
  auto index = dyn_cast_if_present<DenseIntElementsAttr>(adaptor.getIndex());
  if (!index || getInput().getType() != getType() ||
      !isTokenSet(llvm::to_vector(index.getValues<int32_t>()),
                  getType().getDimSize(0)))
    return {};
  return getInput();
}

LogicalResult GatherOp::reifyResultShapes(OpBuilder &b,
                                          ReifiedRankedShapedTypeDims &shapes) {
  shapes.push_back({tensor::getMixedSize(b, getLoc(), getIndex(), 0),
                    b.getIndexAttr(ranked(getInput()).getDimSize(1))});
  return success();
}

LogicalResult ScatterOp::verify() {
  // SPATIAL-T2
  if (!areRowsOf(getBase(), getUpdate(), getIndex()) ||
      !ranked(getUpdate()).hasStaticShape())
    return emitOpError("SPATIAL-T2: takes [m, d], [m] and [N, d] with m <= N, "
                       "all static, got ")
           << getUpdate().getType() << ", " << getIndex().getType() << " and "
           << getBase().getType();
  return success();
}

OpFoldResult ScatterOp::fold(FoldAdaptor) {
  return getUpdate().getType() == getType() ? getUpdate() : OpFoldResult();
}

//===----------------------------------------------------------------------===//
// spatial.anchors and spatial.nearest
//===----------------------------------------------------------------------===//

LogicalResult AnchorsOp::verify() {
  // SPATIAL-T3
  int64_t tiles = getGrid().getTiles(), frames = getGrid().getTileCounts()[0];
  auto type = getType();
  if (!isVector(type) || !type.getDimSize(0) || type.getDimSize(0) > tiles ||
      type.getDimSize(0) % frames)
    return emitOpError("SPATIAL-T3: gives [m], a multiple of ")
           << frames << (frames == 1 ? " frame" : " frames") << " up to "
           << tiles << " tokens, got " << type;
  if (getStride() < 1)
    return emitOpError("SPATIAL-T3: the stride is positive, got ")
           << getStride();
  return success();
}

OpFoldResult AnchorsOp::fold(FoldAdaptor) {
  return toAttribute(getType(),
                     computeAnchors(getGrid(), getPattern(), getStride(),
                                    getSeed(), getType().getDimSize(0)));
}

LogicalResult NearestOp::verify() {
  // SPATIAL-T4
  RankedTensorType index = ranked(getIndex()), type = getType();
  constexpr int64_t kSide = 1 << 15;
  if (!isVector(index) || !isVector(type) ||
      type.getDimSize(0) != getGrid().getTokens() ||
      index.getDimSize(0) > type.getDimSize(0) || !index.getDimSize(0) ||
      getGrid().getHeight() >= kSide || getGrid().getWidth() >= kSide)
    return emitOpError("SPATIAL-T4: takes [m] and gives [N], N >= m > 0, of a "
                       "grid of N tokens with sides below 2^15, got ")
           << index << ", " << type << " and " << getGrid();
  return success();
}

OpFoldResult NearestOp::fold(FoldAdaptor adaptor) {
  if (getIndex().getType() == getType())
    return getAll(getType());
  auto index = dyn_cast_if_present<DenseIntElementsAttr>(adaptor.getIndex());
  if (!index)
    return {};
  auto numbers = llvm::to_vector(index.getValues<int32_t>());
  // Another than a set of tokens is for the verifier of whoever made it.
  if (!isTokenSet(numbers, getGrid().getTokens()))
    return {};
  return toAttribute(getType(), computeNearest(getGrid(), numbers));
}

//===----------------------------------------------------------------------===//
// spatial.lift
//===----------------------------------------------------------------------===//

LogicalResult LiftOp::verify() {
  // SPATIAL-T5
  RankedTensorType update = ranked(getUpdate()), map = ranked(getMap());
  if (!areRowsOf(getResult(), getUpdate(), getIndex()) ||
      !update.hasStaticShape() || !isVector(map) || !update.getDimSize(0) ||
      map.getDimSize(0) != getGrid().getTokens() ||
      map.getDimSize(0) != getType().getDimSize(0))
    return emitOpError("SPATIAL-T5: takes [m, d], [m] and [N] and gives [N, d] "
                       "with N >= m > 0 of a grid of N tokens, got ")
           << update << ", " << getIndex().getType() << ", " << map << ", "
           << getType() << " and " << getGrid();
  return success();
}

OpFoldResult LiftOp::fold(FoldAdaptor) {
  return getUpdate().getType() == getType() ? getUpdate() : OpFoldResult();
}

//===----------------------------------------------------------------------===//
// spatial.importance and spatial.densify
//===----------------------------------------------------------------------===//

LogicalResult ImportanceOp::verify() {
  // SPATIAL-T6
  RankedTensorType input = ranked(getInput()), type = getType();
  if (input.getRank() != 2 || !input.hasStaticShape() || !isVector(type) ||
      !input.getDimSize(1) || input.getDimSize(0) != getGrid().getTokens() ||
      type.getDimSize(0) != getGrid().getTiles())
    return emitOpError("SPATIAL-T6: takes [N, d] and gives [tiles] of a grid "
                       "of N tokens, got ")
           << input << ", " << type << " and " << getGrid();
  // SPATIAL-T7
  if (!getGrid().hasEqualTiles())
    return emitOpError("SPATIAL-T7: takes a grid that tiles divide, got ")
           << getGrid();
  return success();
}

LogicalResult DensifyOp::verify() {
  // SPATIAL-T8
  RankedTensorType index = ranked(getIndex()), scores = ranked(getImportance()),
                   next = ranked(getNext()), added = ranked(getAdded());
  if (!isVector(index) || !isVector(scores) || !isVector(next) ||
      !isVector(added) || index.getDimSize(0) >= next.getDimSize(0) ||
      next.getDimSize(0) > scores.getDimSize(0) ||
      index.getDimSize(0) + added.getDimSize(0) != next.getDimSize(0) ||
      !index.getDimSize(0))
    return emitOpError("SPATIAL-T8: takes [m] and [N] and gives [m'] and [m' - "
                       "m] with 0 < m < m' <= N, got ")
           << index << ", " << scores << ", " << next << " and " << added;
  return success();
}

//===----------------------------------------------------------------------===//
// spatial.micro_flow and spatial.random_normal
//===----------------------------------------------------------------------===//

LogicalResult MicroFlowOp::verify() {
  // SPATIAL-T9
  RankedTensorType y = ranked(getY()), added = ranked(getAdded());
  if (y.getRank() != 2 || !y.hasStaticShape() || !isVector(added) ||
      added.getDimSize(0) > y.getDimSize(0) || !added.getDimSize(0))
    return emitOpError("SPATIAL-T9: takes y of [N, d] and added of [k], 0 < k "
                       "<= N, got ")
           << y << " and " << added;
  float weight = getWeight().convertToFloat();
  if (!(weight > 0 && weight <= 1))
    return emitOpError("SPATIAL-T9: the weight is above 0 and at most 1, got ")
           << weight;
  return success();
}

LogicalResult RandomNormalOp::verify() {
  // SPATIAL-T10
  RankedTensorType seed = ranked(getSeed());
  if (!isVector(seed) || seed.getDimSize(0) != 2 ||
      !getType().hasStaticShape() ||
      getType().getNumElements() > std::numeric_limits<int32_t>::max())
    return emitOpError("SPATIAL-T10: takes [2] and gives a static shape of at "
                       "most 2^31 - 1 elements, got ")
           << seed << " and " << getType();
  return success();
}

//===----------------------------------------------------------------------===//
// spatial.tile_tokens
//===----------------------------------------------------------------------===//

LogicalResult TileTokensOp::verify() {
  // SPATIAL-T11
  RankedTensorType tiles = ranked(getTiles());
  if (!isVector(tiles) || !isVector(getType()) || !tiles.getDimSize(0) ||
      tiles.getDimSize(0) > getGrid().getTiles() ||
      getType().getDimSize(0) !=
          tiles.getDimSize(0) * getGrid().getTileVolume() ||
      !getGrid().hasEqualTiles())
    return emitOpError("SPATIAL-T11: takes [k] tiles and gives [k * tokens of "
                       "a tile] of a grid that tiles divide, got ")
           << tiles << ", " << getType() << " and " << getGrid();
  return success();
}

OpFoldResult TileTokensOp::fold(FoldAdaptor adaptor) {
  if (getGrid().getTileVolume() == 1)
    return getTiles();
  auto tiles = dyn_cast_if_present<DenseIntElementsAttr>(adaptor.getTiles());
  if (!tiles)
    return {};
  auto numbers = llvm::to_vector(tiles.getValues<int32_t>());
  if (!isTokenSet(numbers, getGrid().getTiles()))
    return {};
  return toAttribute(getType(), computeTileTokens(getGrid(), numbers));
}
