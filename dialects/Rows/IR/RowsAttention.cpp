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
// rows.
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
  return {Range{zero, b.getIndexAttr(getKeyHeads()), one},
          Range{zero, getDim(b, getLoc(), getQ(), 0), one}};
}

/// Offsets and sizes of a tile's part of q or init.
static void placeQueries(OpBuilder &b, AttentionOp op,
                         ArrayRef<OpFoldResult> offsets,
                         ArrayRef<OpFoldResult> sizes, int64_t width,
                         SmallVector<OpFoldResult> &queryOffsets,
                         SmallVector<OpFoldResult> &querySizes) {
  AffineExpr heads = b.getAffineDimExpr(0) * op.getGroup();
  auto scale = [&](OpFoldResult v) {
    return affine::makeComposedFoldedAffineApply(b, op.getLoc(), heads, {v});
  };
  queryOffsets = {offsets[1], scale(offsets[0]), b.getIndexAttr(0)};
  querySizes = {sizes[1], scale(sizes[0]), b.getIndexAttr(width)};
}

FailureOr<TilingResult>
AttentionOp::getTiledImplementation(OpBuilder &b,
                                    ArrayRef<OpFoldResult> offsets,
                                    ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  if (!getConstantIntValue(sizes[0]))
    return emitOpError("cannot be tiled: a tile of heads must divide ")
           << getKeyHeads();
  SmallVector<OpFoldResult> o, s;
  SmallVector<Value> operands;
  placeQueries(b, *this, offsets, sizes, getKeyWidth(), o, s);
  operands.push_back(slice(b, loc, getQ(), o, s));
  OpFoldResult zero = b.getIndexAttr(0);
  for (Value v : {getK(), getV()})
    operands.push_back(slice(b, loc, v, {zero, offsets[0], zero},
                             {getDim(b, loc, v, 0), sizes[0],
                              b.getIndexAttr(shaped(v).getDimSize(2))}));
  operands.push_back(getLength());
  if (getCausal()) {
    AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1),
               d2 = b.getAffineDimExpr(2);
    OpFoldResult first =
        getFirst() ? affine::makeComposedFoldedAffineApply(
                         b, loc, d0 + d1, {getFirst(), offsets[1]})
                   : affine::makeComposedFoldedAffineApply(
                         b, loc, d0 - d1 + d2,
                         {getLength(), getDim(b, loc, getQ(), 0), offsets[1]});
    operands.push_back(getValueOrCreateConstantIndexOp(b, loc, first));
  }
  placeQueries(b, *this, offsets, sizes, getValueWidth(), o, s);
  Value init = slice(b, loc, getInit(), o, s);
  operands.push_back(init);
  SmallVector<Operation *> slices;
  for (Value v : operands)
    if (auto slice = v.getDefiningOp<tensor::ExtractSliceOp>())
      slices.push_back(slice);
  Operation *tiled =
      mlir::clone(b, getOperation(), TypeRange{init.getType()}, operands);
  return TilingResult{{tiled}, SmallVector<Value>(tiled->getResults()), slices};
}

LogicalResult AttentionOp::getResultTilePosition(
    OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  placeQueries(b, *this, offsets, sizes, getValueWidth(), resultOffsets,
               resultSizes);
  return success();
}
