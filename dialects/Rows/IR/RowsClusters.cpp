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

/// Axes in front of [M, D]: one or none.
static int64_t countBatches(Value input) {
  return shaped(input).getRank() == 3;
}

/// Whether `v` is [size], behind the batches of `input`.
static bool isVectorOf(Value v, Value input, int64_t size) {
  int64_t batches = countBatches(input);
  ArrayRef<int64_t> shape = shaped(v).getShape();
  return shaped(v).getRank() == batches + 1 && compatible(shape.back(), size) &&
         shape.take_front(batches) ==
             shaped(input).getShape().take_front(batches);
}

/// One batch and, of its rows or chunks, a range; without the axis of batches.
static Value sliceBatch(OpBuilder &b, Location loc, Value v,
                        ArrayRef<OpFoldResult> offsets,
                        ArrayRef<OpFoldResult> sizes) {
  ShapedType type = shaped(v);
  SmallVector<OpFoldResult> from(offsets), count(sizes);
  for (int64_t i = offsets.size(), e = type.getRank(); i < e; ++i) {
    from.push_back(b.getIndexAttr(0));
    count.push_back(getDim(b, loc, v, i));
  }
  SmallVector<int64_t> shape;
  for (OpFoldResult size : ArrayRef(count).drop_front())
    shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  SmallVector<OpFoldResult> strides(from.size(), b.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(
      b, loc, RankedTensorType::get(shape, type.getElementType()), v, from,
      count, strides);
}

/// The loops of batches, if there are any, and of what is on the axis behind.
static SmallVector<Range> getBatchedDomain(OpBuilder &b, Location loc, Value v,
                                           int64_t batches) {
  SmallVector<Range> domain;
  for (int64_t axis = 0; axis <= batches; ++axis)
    domain.push_back(
        {b.getIndexAttr(0), getDim(b, loc, v, axis), b.getIndexAttr(1)});
  return domain;
}

/// Where such a tile is in `init`.
static void getBatchedPosition(OpBuilder &b, Location loc, Value init,
                               ArrayRef<OpFoldResult> offsets,
                               ArrayRef<OpFoldResult> sizes,
                               SmallVector<OpFoldResult> &resultOffsets,
                               SmallVector<OpFoldResult> &resultSizes) {
  resultOffsets.assign(offsets.begin(), offsets.end());
  resultSizes.assign(sizes.begin(), sizes.end());
  for (int64_t i = offsets.size(), e = shaped(init).getRank(); i < e; ++i) {
    resultOffsets.push_back(b.getIndexAttr(0));
    resultSizes.push_back(getDim(b, loc, init, i));
  }
}

static TilingResult cloneOnSlices(OpBuilder &b, DestinationStyleOpInterface op,
                                  ArrayRef<Value> operands) {
  SmallVector<Type> results;
  SmallVector<Operation *> slices;
  for (auto [operand, value] : llvm::zip(op->getOpOperands(), operands)) {
    if (op.isDpsInit(&operand))
      results.push_back(value.getType());
    if (value != operand.get())
      slices.push_back(value.getDefiningOp());
  }
  Operation *tiled = mlir::clone(b, op, results, operands);
  return TilingResult{{tiled}, SmallVector<Value>(tiled->getResults()), slices};
}

//===----------------------------------------------------------------------===//
// rows.nearest
//===----------------------------------------------------------------------===//

int64_t NearestOp::getBatchAxes() { return countBatches(getInput()); }
int64_t NearestOp::getCount() {
  return shaped(getVectors()).getDimSize(getBatchAxes());
}
int64_t NearestOp::getRows() {
  return shaped(getInput()).getDimSize(getBatchAxes());
}
int64_t NearestOp::getWidth() { return shaped(getVectors()).getShape().back(); }

LogicalResult NearestOp::verify() {
  ShapedType input = shaped(getInput()), vectors = shaped(getVectors());
  int64_t batches = getBatchAxes();
  ArrayRef<int64_t> inFront = input.getShape().take_front(batches);
  // ROWS-J1
  if (input.getRank() != 2 + batches || vectors.getRank() != input.getRank() ||
      !vectors.hasStaticShape() || getCount() < 1 ||
      vectors.getShape().back() != input.getShape().back() ||
      vectors.getShape().take_front(batches) != inFront)
    return emitOpError("ROWS-J1: takes [M, D] and [K, D] with static K and D "
                       "and K > 0, or both with a static B in front, got ")
           << input << " and " << vectors;
  // ROWS-J2
  int64_t rows = getRows();
  if (!isVectorOf(getNorms(), getInput(), getCount()) ||
      !isVectorOf(getIds(), getInput(), rows) ||
      !isVectorOf(getScores(), getInput(), rows) ||
      (getRowNorms() && !isVectorOf(getRowNorms(), getInput(), rows)))
    return emitOpError("ROWS-J2: norms must be [K], ids, scores and row_norms "
                       "[M], or all with B in front, got ")
           << getNorms().getType() << ", " << getIds().getType() << " and "
           << getScores().getType();
  return verifyDestinationStyle(*this);
}

TERCET_KERNEL_OP(NearestOp)

SmallVector<utils::IteratorType> NearestOp::getLoopIteratorTypes() {
  return SmallVector<utils::IteratorType>(1 + getBatchAxes(),
                                          utils::IteratorType::parallel);
}
SmallVector<Range> NearestOp::getIterationDomain(OpBuilder &b) {
  return getBatchedDomain(b, getLoc(), getInput(), getBatchAxes());
}
FailureOr<TilingResult>
NearestOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                                  ArrayRef<OpFoldResult> sizes) {
  if (!getBatchAxes())
    return tileRows(*this, b, offsets, sizes, {getVectors(), getNorms()});
  if (!isConstantIntValue(sizes[0], 1))
    return emitOpError("is tiled by single batches");
  SmallVector<Value> operands;
  for (Value v : getOperation()->getOperands()) {
    unsigned axes = v == getVectors() || v == getNorms() ? 1 : 2;
    operands.push_back(sliceBatch(b, getLoc(), v, offsets.take_front(axes),
                                  sizes.take_front(axes)));
  }
  return cloneOnSlices(b, *this, operands);
}
LogicalResult NearestOp::getResultTilePosition(
    OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  getBatchedPosition(b, getLoc(), getIds(), offsets, sizes, resultOffsets,
                     resultSizes);
  return success();
}

//===----------------------------------------------------------------------===//
// rows.segment_sum
//===----------------------------------------------------------------------===//

int64_t SegmentSumOp::getBatchAxes() { return countBatches(getInput()); }

LogicalResult SegmentSumOp::verify() {
  ShapedType input = shaped(getInput()), init = shaped(getInit());
  int64_t batches = getBatchAxes();
  // ROWS-J3
  if (input.getRank() != 2 + batches ||
      ShapedType::isDynamic(input.getShape().back()) ||
      init.getRank() != 3 + batches ||
      ShapedType::isDynamicShape(init.getShape().drop_front()) ||
      init.getShape().back() != input.getShape().back() + 1 ||
      init.getShape().take_front(batches) !=
          input.getShape().take_front(batches) ||
      !isVectorOf(getNumbers(), getInput(), input.getDimSize(batches)))
    return emitOpError("ROWS-J3: takes [M, D] and [M] and gives [C, K, D + 1], "
                       "or all with B in front, static but M, got ")
           << input << ", " << getNumbers().getType() << " and " << init;
  return verifyDestinationStyle(*this);
}

TERCET_KERNEL_OP(SegmentSumOp)

SmallVector<utils::IteratorType> SegmentSumOp::getLoopIteratorTypes() {
  return SmallVector<utils::IteratorType>(1 + getBatchAxes(),
                                          utils::IteratorType::parallel);
}
SmallVector<Range> SegmentSumOp::getIterationDomain(OpBuilder &b) {
  return getBatchedDomain(b, getLoc(), getInit(), getBatchAxes());
}
/// A tile has the rows of its chunks, which are chunks of it as well.
FailureOr<TilingResult>
SegmentSumOp::getTiledImplementation(OpBuilder &b,
                                     ArrayRef<OpFoldResult> offsets,
                                     ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  int64_t batches = getBatchAxes();
  for (OpFoldResult size : sizes)
    if (!isConstantIntValue(size, 1))
      return emitOpError("is tiled by single chunks");
  OpFoldResult rows = getDim(b, loc, getInput(), batches);
  AffineExpr m = b.getAffineDimExpr(0), c = b.getAffineDimExpr(1);
  AffineExpr each = m.ceilDiv(shaped(getInit()).getDimSize(batches));
  auto bound = [&](AffineExpr place) {
    return affine::makeComposedFoldedAffineMin(
        b, loc, AffineMap::get(2, 0, {place, m}, b.getContext()),
        {rows, offsets.back()});
  };
  OpFoldResult from = bound(c * each), to = bound((c + 1) * each);
  OpFoldResult count = affine::makeComposedFoldedAffineApply(
      b, loc, b.getAffineDimExpr(1) - b.getAffineDimExpr(0), {from, to});
  auto slice = [&](Value v, OpFoldResult from, OpFoldResult count) {
    return batches
               ? sliceBatch(b, loc, v, {offsets[0], from}, {sizes[0], count})
               : sliceRows(b, loc, v, from, count);
  };
  return cloneOnSlices(b, *this,
                       {slice(getInput(), from, count),
                        slice(getNumbers(), from, count),
                        slice(getInit(), offsets.back(), sizes.back())});
}
LogicalResult SegmentSumOp::getResultTilePosition(
    OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  getBatchedPosition(b, getLoc(), getInit(), offsets, sizes, resultOffsets,
                     resultSizes);
  return success();
}
