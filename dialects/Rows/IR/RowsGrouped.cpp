//===- RowsGrouped.cpp - verifiers and interfaces of grouped rows ---------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/KernelOps.h"
#include "dialects/Ternary/Codes/Code.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::rows;
using namespace tercet::rows::detail;

/// The rows of `weight` along `axis` that hold outputs of a tile: whole panels.
static Value slicePanels(OpBuilder &b, Location loc, Value weight, int64_t axis,
                         OpFoldResult offset, OpFoldResult size) {
  AffineExpr d0 = b.getAffineDimExpr(0);
  SmallVector<OpFoldResult> offsets, sizes;
  for (int64_t i = 0, e = shaped(weight).getRank(); i < e; ++i) {
    offsets.push_back(b.getIndexAttr(0));
    sizes.push_back(getDim(b, loc, weight, i));
  }
  offsets[axis] = affine::makeComposedFoldedAffineApply(
      b, loc, d0.floorDiv(ternary::kPanelRows), {offset});
  sizes[axis] = affine::makeComposedFoldedAffineApply(
      b, loc, d0.ceilDiv(ternary::kPanelRows), {size});
  return slice(b, loc, weight, offsets, sizes);
}

//===----------------------------------------------------------------------===//
// rows.grouped_matmul
//===----------------------------------------------------------------------===//

int64_t GroupedMatmulOp::getN() { return shaped(getInit()).getDimSize(1); }

SmallVector<AffineMap> GroupedMatmulOp::getEpilogueMapsArray() {
  return llvm::to_vector(getEpilogueMaps().getAsValueRange<AffineMapAttr>());
}

LogicalResult GroupedMatmulOp::verify() {
  const ternary::Code &code = ternary::getCode(getCode().getKind());
  int64_t k = getK();
  ShapedType input = shaped(getInput()), weight = shaped(getWeight()),
             init = shaped(getInit());
  // ROWS-G1
  if (k <= 0 || input.getRank() != 2 || input.isDynamicDim(1) ||
      input.getDimSize(1) < code.getPaddedK(k) ||
      !isVector(getSums(), input.getDimSize(0)))
    return emitOpError("ROWS-G1: input must be [M, KP] with KP >= ")
           << code.getPaddedK(k) << " and sums [M], got " << input << " and "
           << getSums().getType();
  // ROWS-G3
  if (failed(verifyRowSources(*this, "ROWS-G3", input, weight, init)))
    return failure();
  // ROWS-G2
  if (weight.getRank() != 3 || weight.isDynamicDim(0) ||
      weight.getDimSize(2) != code.getPanelBytes(k) ||
      (!init.isDynamicDim(1) &&
       !compatible(weight.getDimSize(1),
                   ternary::Code::getPanels(init.getDimSize(1)))))
    return emitOpError("ROWS-G2: weight must be [G, ceil(N/16), ")
           << code.getPanelBytes(k) << "] bytes of code " << code.getName()
           << ", got " << weight;
  // ROWS-G4
  if (failed(verifyGroupedMaps(*this, "ROWS-G4", getEpilogueMapsArray(),
                               getEpilogueOperands())))
    return failure();
  // ROWS-G5
  if (failed(verifyEpilogue(*this, "ROWS-G5", "ROWS-G5", getEpilogue().front(),
                            IntegerType::get(getContext(), 32),
                            getEpilogueOperands(), init.getElementType())))
    return failure();
  return verifyDestinationStyle(*this);
}

TERCET_KERNEL_OP(GroupedMatmulOp)

SmallVector<utils::IteratorType> GroupedMatmulOp::getLoopIteratorTypes() {
  // Sorted rows of a slice are where the offsets say: not to be cut here.
  return {getOffsets() ? utils::IteratorType::reduction
                       : utils::IteratorType::parallel,
          utils::IteratorType::parallel};
}

SmallVector<Range> GroupedMatmulOp::getIterationDomain(OpBuilder &b) {
  return getOutputDomain(b, getLoc(), getInit());
}

/// Tiles over outputs and, where every row names its slice, over rows. A tile
/// of outputs begins at a multiple of 16. Input rows stay whole behind an
/// index.
FailureOr<TilingResult>
GroupedMatmulOp::getTiledImplementation(OpBuilder &b,
                                        ArrayRef<OpFoldResult> offsets,
                                        ArrayRef<OpFoldResult> sizes) {
  return tileGrouped(
      *this, b, {getInput(), getSums()},
      {slicePanels(b, getLoc(), getWeight(), 1, offsets[1], sizes[1])}, offsets,
      sizes);
}

LogicalResult GroupedMatmulOp::getResultTilePosition(
    OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  resultOffsets.assign(offsets.begin(), offsets.end());
  resultSizes.assign(sizes.begin(), sizes.end());
  return success();
}

//===----------------------------------------------------------------------===//
// rows.topk
//===----------------------------------------------------------------------===//

LogicalResult TopKOp::verify() {
  ShapedType values = shaped(getValues()), ids = shaped(getIds());
  // ROWS-K1
  if (values.getRank() != 2 || ids.getRank() != 2 || values.isDynamicDim(1) ||
      ids.isDynamicDim(1) || ids.getDimSize(1) > values.getDimSize(1) ||
      !compatible(values.getDimSize(0), ids.getDimSize(0)))
    return emitOpError("ROWS-K1: values must be [M, E] and ids [M, k] with "
                       "static k <= E, got ")
           << values << " and " << ids;
  return verifyDestinationStyle(*this);
}

TERCET_KERNEL_OP(TopKOp)

SmallVector<utils::IteratorType> TopKOp::getLoopIteratorTypes() {
  return {utils::IteratorType::parallel};
}
SmallVector<Range> TopKOp::getIterationDomain(OpBuilder &b) {
  return getRowDomain(b, getLoc(), getValues());
}
FailureOr<TilingResult>
TopKOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                               ArrayRef<OpFoldResult> sizes) {
  return tileRows(*this, b, offsets, sizes, {});
}
LogicalResult TopKOp::getResultTilePosition(
    OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  return getRowTilePosition(b, getLoc(), getIds(), offsets, sizes,
                            resultOffsets, resultSizes);
}

//===----------------------------------------------------------------------===//
// rows.group
//===----------------------------------------------------------------------===//

LogicalResult GroupOp::verify() {
  ShapedType slices = shaped(getSlices()), offsets = shaped(getOffsets());
  // ROWS-S1
  int64_t rows = slices.getRank() == 1 ? slices.getDimSize(0) : 0;
  if (slices.getRank() != 1 || offsets.getRank() != 1 ||
      offsets.isDynamicDim(0) || offsets.getDimSize(0) < 2 ||
      !isVector(getOrder(), rows) || !isVector(getRank(), rows))
    return emitOpError(
               "ROWS-S1: slices, order and rank must be [R] and offsets "
               "[G + 1], got ")
           << slices << ", " << getOrder().getType() << ", "
           << getRank().getType() << " and " << offsets;
  return verifyDestinationStyle(*this);
}

TERCET_KERNEL_OP(GroupOp)

SmallVector<utils::IteratorType> GroupOp::getLoopIteratorTypes() {
  return {utils::IteratorType::reduction};
}
SmallVector<Range> GroupOp::getIterationDomain(OpBuilder &b) {
  return getRowDomain(b, getLoc(), getSlices());
}
/// Never tiled: a sort has no parts.
FailureOr<TilingResult>
GroupOp::getTiledImplementation(OpBuilder &, ArrayRef<OpFoldResult>,
                                ArrayRef<OpFoldResult>) {
  return emitOpError("cannot be tiled");
}
LogicalResult GroupOp::getResultTilePosition(OpBuilder &, unsigned,
                                             ArrayRef<OpFoldResult>,
                                             ArrayRef<OpFoldResult>,
                                             SmallVector<OpFoldResult> &,
                                             SmallVector<OpFoldResult> &) {
  return failure();
}

//===----------------------------------------------------------------------===//
// rows.select
//===----------------------------------------------------------------------===//

LogicalResult SelectOp::verify() {
  ShapedType keys = shaped(getKeys()), chosen = shaped(getChosen());
  // ROWS-C1
  if (keys.getRank() != 1 || chosen.getRank() != 1 || keys.isDynamicDim(0) ||
      chosen.isDynamicDim(0) || chosen.getDimSize(0) < 1 ||
      chosen.getDimSize(0) > keys.getDimSize(0))
    return emitOpError("ROWS-C1: keys must be [N] and chosen [k] with static k "
                       "from 1 to N, got ")
           << keys << " and " << chosen;
  return verifyDestinationStyle(*this);
}

TERCET_KERNEL_OP(SelectOp)

SmallVector<utils::IteratorType> SelectOp::getLoopIteratorTypes() {
  return {utils::IteratorType::reduction};
}
SmallVector<Range> SelectOp::getIterationDomain(OpBuilder &b) {
  return getRowDomain(b, getLoc(), getKeys());
}
/// Never tiled: what is chosen depends on all keys.
FailureOr<TilingResult>
SelectOp::getTiledImplementation(OpBuilder &, ArrayRef<OpFoldResult>,
                                 ArrayRef<OpFoldResult>) {
  return emitOpError("cannot be tiled");
}
LogicalResult SelectOp::getResultTilePosition(OpBuilder &, unsigned,
                                              ArrayRef<OpFoldResult>,
                                              ArrayRef<OpFoldResult>,
                                              SmallVector<OpFoldResult> &,
                                              SmallVector<OpFoldResult> &) {
  return failure();
}
