//===- SpatialTiles.cpp - rules of the ops on blocks of tokens ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Constants that these ops fold to are made in TileConstants.cpp.
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/Spatial.h"
#include "dialects/Spatial/IR/TileConstants.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tercet::spatial;

static RankedTensorType ranked(Value v) {
  return cast<RankedTensorType>(v.getType());
}

static bool isVector(Value v, int64_t size) {
  return ranked(v).getRank() == 1 && ranked(v).getDimSize(0) == size;
}

/// Of this rank, static and with elements.
static bool isFull(Value v, int64_t rank) {
  RankedTensorType type = ranked(v);
  return type.getRank() == rank && type.hasStaticShape() &&
         type.getNumElements() > 0;
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

int64_t TileOrderOp::getBlocks() {
  return getBlock() ? llvm::divideCeil(getGrid().getTokens(), *getBlock())
                    : getGrid().getTiles();
}

LogicalResult TileOrderOp::verify() {
  int64_t tokens = getGrid().getTokens();
  // SPATIAL-B1
  for (Value v : {Value(getPlaces()), Value(getRanks())})
    if (!isVector(v, tokens))
      return emitOpError("SPATIAL-B1: gives the places and ranks of ")
             << tokens << " tokens, got " << v.getType();
  // SPATIAL-B2
  if (getOrder() == Order::box) {
    if (getBlock() || getGrid().getTile().empty())
      return emitOpError("SPATIAL-B2: box takes a grid with a tile, and its "
                         "blocks are the tiles");
  } else if (!getBlock() || static_cast<int64_t>(*getBlock()) < 1 ||
             static_cast<int64_t>(*getBlock()) > tokens) {
    return emitOpError("SPATIAL-B2: ")
           << stringifyOrder(getOrder()) << " takes a block from 1 to "
           << tokens << " tokens";
  }
  // SPATIAL-B3
  if (!isVector(getOffsets(), getBlocks() + 1))
    return emitOpError("SPATIAL-B3: offsets of ")
           << getBlocks() << " blocks are one more, got "
           << getOffsets().getType();
  return success();
}

LogicalResult TileOrderOp::fold(FoldAdaptor,
                                SmallVectorImpl<OpFoldResult> &results) {
  for (DenseElementsAttr constant : makeTileOrder(*this))
    results.push_back(constant);
  return success();
}

LogicalResult BlockMaskOp::verify() {
  // SPATIAL-B6
  if (!isFull(getResult(), 3) || ranked(getResult()).getDimSize(0) != 1)
    return emitOpError("SPATIAL-B6: gives [1, nq, nk], static, got ")
           << getResult().getType();
  // SPATIAL-B7
  bool window = getPattern() == Pattern::window;
  if (window != getReach().has_value() ||
      (window && static_cast<int64_t>(*getReach()) < 0))
    return emitOpError("SPATIAL-B7: a reach of 0 or more goes with window, and "
                       "with nothing else");
  // SPATIAL-B8
  bool radial = getPattern() == Pattern::radial;
  if (radial != getGrid().has_value() || radial != getBlock().has_value() ||
      radial != getDecay().has_value())
    return emitOpError("SPATIAL-B8: a grid, a block and a decay go with "
                       "radial, and with nothing else");
  if (!radial)
    return success();
  if (static_cast<int64_t>(*getBlock()) < 1 || !getDecay()->isFinite() ||
      getDecay()->isNegative() || getDecay()->isZero())
    return emitOpError("SPATIAL-B8: the block and the decay are positive");
  int64_t blocks = llvm::divideCeil(getGrid()->getTokens(), *getBlock());
  if (ranked(getResult()).getDimSize(1) != blocks ||
      ranked(getResult()).getDimSize(2) != blocks)
    return emitOpError("SPATIAL-B8: the grid has ")
           << blocks << " blocks, got " << getResult().getType();
  return success();
}

OpFoldResult BlockMaskOp::fold(FoldAdaptor) { return makeBlockMask(*this); }

LogicalResult BlockOrderOp::verify() {
  // SPATIAL-B16
  RankedTensorType blocks = ranked(getBlocks());
  if (!isFull(getBlocks(), 1) || !isVector(getPlaces(), blocks.getDimSize(0)) ||
      !isVector(getRanks(), blocks.getDimSize(0)) || !isFull(getOffsets(), 1) ||
      ranked(getOffsets()).getDimSize(0) < 2)
    return emitOpError("SPATIAL-B16: takes [N] and gives [N], [N] and [K + 1], "
                       "all static, got ")
           << blocks << ", " << getPlaces().getType() << ", "
           << getRanks().getType() << " and " << getOffsets().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// Means
//===----------------------------------------------------------------------===//

/// Whether `tokens` is [N, H, d], `blocks` [nb, H, d] and `offsets` [nb + 1].
static bool areBlocksOf(Value tokens, Value blocks, Value offsets) {
  return isFull(tokens, 3) && isFull(blocks, 3) &&
         isVector(offsets, ranked(blocks).getDimSize(0) + 1) &&
         ranked(tokens).getShape().drop_front() ==
             ranked(blocks).getShape().drop_front();
}

LogicalResult BlockMeanOp::verify() {
  // SPATIAL-B4
  if (!areBlocksOf(getInput(), getResult(), getOffsets()))
    return emitOpError("SPATIAL-B4: takes [N, H, d] and [nb + 1] and gives "
                       "[nb, H, d], all static, got ")
           << getInput().getType() << ", " << getOffsets().getType() << " and "
           << getResult().getType();
  return success();
}

LogicalResult BlockSpreadOp::verify() {
  // SPATIAL-B5
  if (!areBlocksOf(getResult(), getInput(), getOffsets()))
    return emitOpError("SPATIAL-B5: takes [nb, H, d] and [nb + 1] and gives "
                       "[N, H, d], all static, got ")
           << getInput().getType() << ", " << getOffsets().getType() << " and "
           << getResult().getType();
  return success();
}

//===----------------------------------------------------------------------===//
// Choice and attention
//===----------------------------------------------------------------------===//

LogicalResult BlockSelectOp::verify() {
  // SPATIAL-B9
  bool shapes =
      isFull(getQueries(), 3) && isFull(getKeys(), 3) && isFull(getResult(), 3);
  RankedTensorType q = ranked(getQueries()), k = ranked(getKeys()),
                   result = ranked(getResult());
  if (!shapes || q.getDimSize(2) != k.getDimSize(2) ||
      q.getDimSize(1) % k.getDimSize(1) ||
      result.getShape() != ArrayRef<int64_t>{q.getDimSize(1), q.getDimSize(0),
                                             k.getDimSize(0)} ||
      (getSizes() && !isVector(getSizes(), k.getDimSize(0) + 1)))
    return emitOpError("SPATIAL-B9: takes [nq, H, d], [nk, Hk, d] with H a "
                       "multiple of Hk and sizes [nk + 1], and gives "
                       "[H, nq, nk], all static, got ")
           << q << ", " << k << " and " << result;
  // SPATIAL-B10
  if (!getScale().isFinite())
    return emitOpError("SPATIAL-B10: the scale must be finite");
  // SPATIAL-B11
  int64_t blocks = k.getDimSize(0);
  auto isFrom = [&](std::optional<uint64_t> value, int64_t least) {
    return !value || (static_cast<int64_t>(*value) >= least &&
                      static_cast<int64_t>(*value) <= blocks);
  };
  std::optional<APFloat> share = getTopP();
  if (!getTopK() && !share)
    return emitOpError("SPATIAL-B11: needs top_k or top_p");
  if (!isFrom(getTopK(), 1))
    return emitOpError("SPATIAL-B11: top_k is from 1 to ") << blocks;
  if (share && !(share->convertToFloat() > 0 && share->convertToFloat() <= 1))
    return emitOpError("SPATIAL-B11: top_p is above 0 and at most 1");
  // SPATIAL-B12
  if (!isFrom(getMinimum(), 0) || !isFrom(getSinks(), 0) ||
      !isFrom(getNeighbours(), 0))
    return emitOpError("SPATIAL-B12: minimum, sinks and neighbours are from 0 "
                       "to ")
           << blocks;
  return success();
}

LogicalResult BlockAttentionOp::verify() {
  // SPATIAL-B13
  RankedTensorType q = ranked(getQuery()), k = ranked(getKey()),
                   v = ranked(getValue()), result = ranked(getResult()),
                   lse = ranked(getLse());
  bool full = isFull(getQuery(), 3) && isFull(getKey(), 3) &&
              isFull(getValue(), 3) && isFull(getResult(), 3) &&
              isFull(getLse(), 2);
  if (!full || q.getDimSize(2) != k.getDimSize(2) ||
      k.getShape().drop_back() != v.getShape().drop_back() ||
      q.getDimSize(1) % k.getDimSize(1) ||
      q.getShape().drop_back() != result.getShape().drop_back() ||
      result.getDimSize(2) != v.getDimSize(2) ||
      q.getShape().drop_back() != lse.getShape())
    return emitOpError("SPATIAL-B13: takes [N, H, d], [S, Hk, d] and "
                       "[S, Hk, dv] with H a multiple of Hk and gives "
                       "[N, H, dv] and [N, H], all static, got ")
           << q << ", " << k << ", " << v << ", " << result << " and " << lse;
  // SPATIAL-B14
  if (!getScale().isFinite())
    return emitOpError("SPATIAL-B14: the scale must be finite");
  // SPATIAL-B15
  if (!getMask())
    return success();
  RankedTensorType mask = ranked(getMask());
  int64_t heads = isFull(getMask(), 3) ? mask.getDimSize(0) : 0;
  if (heads < 1 ||
      (heads > 1 && (heads % k.getDimSize(1) || q.getDimSize(1) % heads)))
    return emitOpError("SPATIAL-B15: a mask is [Hm, nq, nk] with Hm 1 or a "
                       "multiple of ")
           << k.getDimSize(1) << " that divides " << q.getDimSize(1) << ", got "
           << mask;
  if (!isVector(getQueryOffsets(), mask.getDimSize(1) + 1) ||
      !isVector(getKeyOffsets(), mask.getDimSize(2) + 1))
    return emitOpError("SPATIAL-B15: blocks of ")
           << mask << " have offsets [" << mask.getDimSize(1) + 1 << "] and ["
           << mask.getDimSize(2) + 1 << "], got " << getQueryOffsets().getType()
           << " and " << getKeyOffsets().getType();
  return success();
}
