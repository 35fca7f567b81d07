//===- RowsClusters.cpp - verifiers and tiling of nearest and segment_sum -===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/KernelOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::rows;
using namespace tercet::rows::detail;

//===----------------------------------------------------------------------===//
// rows.nearest
//===----------------------------------------------------------------------===//

int64_t NearestOp::getCount() { return shaped(getVectors()).getDimSize(0); }
int64_t NearestOp::getWidth() { return shaped(getVectors()).getDimSize(1); }

LogicalResult NearestOp::verify() {
  ShapedType input = shaped(getInput()), vectors = shaped(getVectors());
  // ROWS-J1
  if (input.getRank() != 2 || vectors.getRank() != 2 ||
      !vectors.hasStaticShape() || vectors.getDimSize(0) < 1 ||
      vectors.getDimSize(1) != input.getDimSize(1))
    return emitOpError("ROWS-J1: takes [M, D] and [K, D] with static K and D "
                       "and K > 0, got ")
           << input << " and " << vectors;
  // ROWS-J2
  int64_t rows = input.getDimSize(0);
  if (!isVector(getNorms(), getCount()) || !isVector(getIds(), rows) ||
      !isVector(getScores(), rows) ||
      (getRowNorms() && !isVector(getRowNorms(), rows)))
    return emitOpError("ROWS-J2: norms must be [K], ids, scores and row_norms "
                       "[M], got ")
           << getNorms().getType() << ", " << getIds().getType() << " and "
           << getScores().getType();
  return verifyDestinationStyle(*this);
}

TERCET_KERNEL_OP(NearestOp)

SmallVector<utils::IteratorType> NearestOp::getLoopIteratorTypes() {
  return {utils::IteratorType::parallel};
}
SmallVector<Range> NearestOp::getIterationDomain(OpBuilder &b) {
  return getRowDomain(b, getLoc(), getInput());
}
FailureOr<TilingResult>
NearestOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                                  ArrayRef<OpFoldResult> sizes) {
  return tileRows(*this, b, offsets, sizes, {getVectors(), getNorms()});
}
LogicalResult NearestOp::getResultTilePosition(
    OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  return getRowTilePosition(b, getLoc(), getIds(), offsets, sizes,
                            resultOffsets, resultSizes);
}

//===----------------------------------------------------------------------===//
// rows.segment_sum
//===----------------------------------------------------------------------===//

LogicalResult SegmentSumOp::verify() {
  ShapedType input = shaped(getInput()), init = shaped(getInit());
  // ROWS-J3
  if (input.getRank() != 2 || input.isDynamicDim(1) || init.getRank() != 3 ||
      ShapedType::isDynamicShape(init.getShape().drop_front()) ||
      init.getDimSize(2) != input.getDimSize(1) + 1 ||
      !isVector(getNumbers(), input.getDimSize(0)))
    return emitOpError("ROWS-J3: takes [M, D] and [M] and gives [C, K, D + 1], "
                       "static but M, got ")
           << input << ", " << getNumbers().getType() << " and " << init;
  return verifyDestinationStyle(*this);
}

TERCET_KERNEL_OP(SegmentSumOp)

SmallVector<utils::IteratorType> SegmentSumOp::getLoopIteratorTypes() {
  return {utils::IteratorType::parallel};
}
SmallVector<Range> SegmentSumOp::getIterationDomain(OpBuilder &b) {
  return getRowDomain(b, getLoc(), getInit());
}
/// A tile has the rows of its chunks, which are chunks of it as well.
FailureOr<TilingResult>
SegmentSumOp::getTiledImplementation(OpBuilder &b,
                                     ArrayRef<OpFoldResult> offsets,
                                     ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  if (!isConstantIntValue(sizes[0], 1))
    return emitOpError("is tiled by single chunks");
  OpFoldResult rows = getDim(b, loc, getInput(), 0);
  AffineExpr m = b.getAffineDimExpr(0), c = b.getAffineDimExpr(1);
  AffineExpr each = m.ceilDiv(shaped(getInit()).getDimSize(0));
  auto bound = [&](AffineExpr place) {
    return affine::makeComposedFoldedAffineMin(
        b, loc, AffineMap::get(2, 0, {place, m}, b.getContext()),
        {rows, offsets[0]});
  };
  OpFoldResult from = bound(c * each), to = bound((c + 1) * each);
  OpFoldResult count = affine::makeComposedFoldedAffineApply(
      b, loc, b.getAffineDimExpr(1) - b.getAffineDimExpr(0), {from, to});
  Value input = sliceRows(b, loc, getInput(), from, count),
        numbers = sliceRows(b, loc, getNumbers(), from, count),
        init = sliceRows(b, loc, getInit(), offsets[0], sizes[0]);
  Operation *tiled =
      mlir::clone(b, getOperation(), init.getType(), {input, numbers, init});
  return TilingResult{
      {tiled},
      SmallVector<Value>(tiled->getResults()),
      {input.getDefiningOp(), numbers.getDefiningOp(), init.getDefiningOp()}};
}
LogicalResult SegmentSumOp::getResultTilePosition(
    OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  return getRowTilePosition(b, getLoc(), getInit(), offsets, sizes,
                            resultOffsets, resultSizes);
}
