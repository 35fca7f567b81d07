//===- RowsAttention.cpp - verifier and tiling of attention ---------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loops: key heads and query rows; neighbouring tiles have the same keys. A
// tile has the query heads that share its key heads and all keys; a causal one
// gets the position of its first row, since length - M means the whole op's
// rows. With a block mask the second loop is over blocks of queries, so that no
// tile has parts of two; how many rows they are may be data.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/KernelOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::rows;
using namespace tercet::rows::detail;

int64_t AttentionOp::getHeads() { return shaped(getQ()).getDimSize(1); }
int64_t AttentionOp::getKeyHeads() { return shaped(getK()).getDimSize(1); }
int64_t AttentionOp::getKeyWidth() { return shaped(getK()).getDimSize(2); }
int64_t AttentionOp::getValueWidth() { return shaped(getV()).getDimSize(2); }

int64_t AttentionOp::getMaskHeads() {
  return getBlocks() ? shaped(getBlocks()).getDimSize(0) : 1;
}

/// ROWS-A5 to ROWS-A7.
static LogicalResult verifyBlocks(AttentionOp op) {
  auto isOffsets = [](Value offsets, int64_t blocks) {
    return offsets &&
           isVector(offsets,
                    ShapedType::isDynamic(blocks) ? blocks : blocks + 1);
  };
  bool offsets = op.getQueryOffsets() || op.getKeyOffsets();
  if (Value blocks = op.getBlocks()) {
    ShapedType mask = shaped(blocks);
    // ROWS-A5
    int64_t heads = mask.getRank() == 3 ? mask.getDimSize(0) : 0;
    if (heads < 1 ||
        (heads > 1 && (heads % op.getKeyHeads() || op.getHeads() % heads)))
      return op.emitOpError("ROWS-A5: blocks must be [Hm, nq, nk] with Hm 1 or "
                            "a multiple of ")
             << op.getKeyHeads() << " that divides " << op.getHeads()
             << ", got " << mask;
    // ROWS-A6
    std::optional<ArrayRef<int64_t>> size = op.getBlockSize();
    bool sizes = size && size->size() == 2 && (*size)[0] > 0 && (*size)[1] > 0;
    if (size ? !sizes || offsets
             : !isOffsets(op.getQueryOffsets(), mask.getDimSize(1)) ||
                   !isOffsets(op.getKeyOffsets(), mask.getDimSize(2)))
      return op.emitOpError("ROWS-A6: blocks need either offsets [nq + 1] and "
                            "[nk + 1] or a block_size of two positive numbers");
  } else if (offsets || op.getBlockSize()) {
    return op.emitOpError("ROWS-A6: offsets and block_size go with blocks");
  }
  // ROWS-A7
  if (Value lse = op.getLse()) {
    ShapedType type = shaped(lse), q = shaped(op.getQ());
    if (type.getRank() != 2 || type.getDimSize(1) != op.getHeads() ||
        !compatible(type.getDimSize(0), q.getDimSize(0)))
      return op.emitOpError("ROWS-A7: lse must be [M, ")
             << op.getHeads() << "], got " << type;
  }
  return success();
}

LogicalResult AttentionOp::verify() {
  ShapedType q = shaped(getQ()), k = shaped(getK()), v = shaped(getV()),
             init = shaped(getInit());
  // ROWS-A1
  auto fixed = [](ShapedType type) {
    return type.getRank() == 3 && !type.isDynamicDim(1) &&
           !type.isDynamicDim(2) && type.getDimSize(1) > 0 &&
           type.getDimSize(2) > 0;
  };
  if (!llvm::all_of(ArrayRef<ShapedType>{q, k, v, init}, fixed) ||
      q.getDimSize(2) != k.getDimSize(2) ||
      v.getDimSize(2) != init.getDimSize(2) ||
      q.getDimSize(1) != init.getDimSize(1) ||
      k.getDimSize(1) != v.getDimSize(1) ||
      !compatible(q.getDimSize(0), init.getDimSize(0)) ||
      !compatible(k.getDimSize(0), v.getDimSize(0)))
    return emitOpError(
               "ROWS-A1: q is [M, Hq, D], k [S, Hkv, D], v [S, Hkv, Dv] "
               "and init [M, Hq, Dv] with static heads and widths, got ")
           << q << ", " << k << ", " << v << " and " << init;
  // ROWS-A2
  if (getHeads() % getKeyHeads())
    return emitOpError("ROWS-A2: ")
           << getHeads() << " query heads cannot share " << getKeyHeads()
           << " key heads evenly";
  // ROWS-A3
  if (!getScale().isFinite())
    return emitOpError("ROWS-A3: the scale must be finite");
  // ROWS-A4
  if (getFirst() && !getCausal())
    return emitOpError("ROWS-A4: only causal attention has a position of its "
                       "first row");
  if (failed(verifyBlocks(*this)))
    return failure();
  return verifyDestinationStyle(*this);
}

void AttentionOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  getKernelEffects(*this, effects);
}

LogicalResult
AttentionOp::reifyResultShapes(OpBuilder &b,
                               ReifiedRankedShapedTypeDims &shapes) {
  return reifyInits(*this, b, shapes);
}

SmallVector<utils::IteratorType> AttentionOp::getLoopIteratorTypes() {
  return {utils::IteratorType::parallel, utils::IteratorType::parallel};
}

SmallVector<Range> AttentionOp::getIterationDomain(OpBuilder &b) {
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
  OpFoldResult rows = getBlocks() ? getDim(b, getLoc(), getBlocks(), 1)
                                  : getDim(b, getLoc(), getQ(), 0);
  return {Range{zero, b.getIndexAttr(getKeyHeads()), one},
          Range{zero, rows, one}};
}

namespace {
/// What a tile has of the queries.
struct TilePlace {
  OpFoldResult row, rows, head, heads;

  SmallVector<OpFoldResult> getOffsets(OpBuilder &b, unsigned rank) const {
    SmallVector<OpFoldResult> offsets{row, head, b.getIndexAttr(0)};
    return {offsets.begin(), offsets.begin() + rank};
  }
  /// Of a tensor [M, Hq] or [M, Hq, width].
  SmallVector<OpFoldResult> getSizes(OpBuilder &b, ShapedType type) const {
    SmallVector<OpFoldResult> sizes{rows, heads};
    if (type.getRank() == 3)
      sizes.push_back(b.getIndexAttr(type.getDimSize(2)));
    return sizes;
  }
};
} // namespace

/// The first row of a block of queries, inside of them whatever offsets say.
static Value getFirstRow(OpBuilder &b, AttentionOp op, OpFoldResult block,
                         Value rows) {
  Location loc = op.getLoc();
  auto extract = [&](Value at) -> Value {
    return arith::IndexCastOp::create(
        b, loc, b.getIndexType(),
        tensor::ExtractOp::create(b, loc, op.getQueryOffsets(), at));
  };
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value row = arith::SubIOp::create(
      b, loc, extract(getValueOrCreateConstantIndexOp(b, loc, block)),
      extract(zero));
  return arith::MinSIOp::create(
      b, loc, arith::MaxSIOp::create(b, loc, row, zero), rows);
}

static TilePlace placeTile(OpBuilder &b, AttentionOp op,
                           ArrayRef<OpFoldResult> offsets,
                           ArrayRef<OpFoldResult> sizes) {
  Location loc = op.getLoc();
  AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
  auto apply = [&](AffineExpr expr, ArrayRef<OpFoldResult> of) {
    return affine::makeComposedFoldedAffineApply(b, loc, expr, of);
  };
  TilePlace place{offsets[1], sizes[1], apply(d0 * op.getGroup(), {offsets[0]}),
                  apply(d0 * op.getGroup(), {sizes[0]})};
  if (!op.getBlocks())
    return place;
  OpFoldResult rows = getDim(b, loc, op.getQ(), 0);
  if (std::optional<ArrayRef<int64_t>> size = op.getBlockSize()) {
    OpFoldResult end = apply((d0 + d1) * size->front(), {offsets[1], sizes[1]});
    end = affine::makeComposedFoldedAffineMin(
        b, loc, AffineMap::getMultiDimIdentityMap(2, b.getContext()),
        {end, rows});
    place.row = apply(d0 * size->front(), {offsets[1]});
    place.rows = apply(d0 - d1, {end, place.row});
    return place;
  }
  Value all = getValueOrCreateConstantIndexOp(b, loc, rows);
  Value begin = getFirstRow(b, op, offsets[1], all);
  Value end = getFirstRow(b, op, apply(d0 + d1, {offsets[1], sizes[1]}), all);
  place.row = begin;
  place.rows = arith::SubIOp::create(
                   b, loc, arith::MaxSIOp::create(b, loc, begin, end), begin)
                   .getResult();
  return place;
}

FailureOr<TilingResult>
AttentionOp::getTiledImplementation(OpBuilder &b,
                                    ArrayRef<OpFoldResult> offsets,
                                    ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  if (!getConstantIntValue(sizes[0]))
    return emitOpError("cannot be tiled: a tile of heads must divide ")
           << getKeyHeads();
  TilePlace place = placeTile(b, *this, offsets, sizes);
  SmallVector<Operation *> slices;
  auto take = [&](Value v, ArrayRef<OpFoldResult> from,
                  ArrayRef<OpFoldResult> count) {
    Value part = slice(b, loc, v, from, count);
    slices.push_back(part.getDefiningOp());
    return part;
  };
  auto takeRows = [&](Value v) {
    return take(v, place.getOffsets(b, shaped(v).getRank()),
                place.getSizes(b, shaped(v)));
  };
  OpFoldResult zero = b.getIndexAttr(0);
  auto takeHeads = [&](Value v) {
    return take(v, {zero, offsets[0], zero},
                {getDim(b, loc, v, 0), sizes[0],
                 b.getIndexAttr(shaped(v).getDimSize(2))});
  };
  Value q = takeRows(getQ()), k = takeHeads(getK()), v = takeHeads(getV());
  Value first;
  if (getCausal()) {
    AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1),
               d2 = b.getAffineDimExpr(2);
    OpFoldResult position =
        getFirst() ? affine::makeComposedFoldedAffineApply(
                         b, loc, d0 + d1, {getFirst(), place.row})
                   : affine::makeComposedFoldedAffineApply(
                         b, loc, d0 - d1 + d2,
                         {getLength(), getDim(b, loc, getQ(), 0), place.row});
    first = getValueOrCreateConstantIndexOp(b, loc, position);
  }
  Value blocks = getBlocks(), queryOffsets = getQueryOffsets();
  if (blocks) {
    AffineExpr masks = b.getAffineDimExpr(0) * getMasksPerKeyHead();
    bool shared = getMaskHeads() == 1;
    auto scale = [&](OpFoldResult heads) {
      return affine::makeComposedFoldedAffineApply(b, loc, masks, {heads});
    };
    blocks = take(blocks, {shared ? zero : scale(offsets[0]), offsets[1], zero},
                  {shared ? b.getIndexAttr(1) : scale(sizes[0]), sizes[1],
                   getDim(b, loc, blocks, 2)});
  }
  if (queryOffsets)
    queryOffsets = take(queryOffsets, {offsets[1]},
                        {affine::makeComposedFoldedAffineApply(
                            b, loc, b.getAffineDimExpr(0) + 1, {sizes[1]})});
  Value init = takeRows(getInit()), lse = getLse();
  SmallVector<Type> types{init.getType()};
  if (lse)
    types.push_back((lse = takeRows(lse)).getType());
  auto tiled = AttentionOp::create(b, loc, types, q, k, v, getLength(), first,
                                   blocks, queryOffsets, getKeyOffsets(), init,
                                   lse, getScaleAttr(), getCausalAttr(),
                                   getBlockSizeAttr(), getConfigAttr());
  tiled->setDiscardableAttrs((*this)->getDiscardableAttrDictionary());
  return TilingResult{{tiled}, SmallVector<Value>(tiled->getResults()), slices};
}

LogicalResult AttentionOp::getResultTilePosition(
    OpBuilder &b, unsigned number, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  TilePlace place = placeTile(b, *this, offsets, sizes);
  ShapedType type = shaped(getDpsInits()[number]);
  resultOffsets = place.getOffsets(b, type.getRank());
  resultSizes = place.getSizes(b, type);
  return success();
}
