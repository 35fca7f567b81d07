//===- RowsFloat.cpp - verifiers and interfaces of float products ---------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/KernelOps.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::rows;
using namespace tercet::rows::detail;

int64_t tercet::rows::getBlockColumns(BlockFormat format) {
  return format == BlockFormat::NVFP4 ? 16 : 32;
}

/// Bytes have a format and scales that fit them, other weights neither. The
/// last two axes of `weight` are outputs and columns.
template <typename Op>
static LogicalResult verifyFloatWeight(Op op, StringRef shapeRule,
                                       StringRef blockRule) {
  ShapedType input = shaped(op.getInput()), weight = shaped(op.getWeight());
  bool blocks = weight.getElementType().isInteger(8);
  if (blocks != op.getFormat().has_value() ||
      blocks != static_cast<bool>(op.getBlockScales()))
    return op.emitOpError(blockRule)
           << ": a weight of bytes has a format and block scales, other "
              "weights have neither; got "
           << weight;
  int64_t k = weight.getShape().back() * (blocks ? 2 : 1);
  if (input.getRank() != 2 || input.isDynamicDim(1) || input.getDimSize(1) != k)
    return op.emitOpError(shapeRule)
           << ": input is [M, K] with the static K of the weight, got " << input
           << " and " << weight;
  if (!blocks)
    return success();
  int64_t columns = getBlockColumns(*op.getFormat());
  SmallVector<int64_t> expected(weight.getShape());
  expected.back() = k / columns;
  ShapedType scales = shaped(op.getBlockScales());
  if (k % columns || scales.getRank() != weight.getRank() ||
      !llvm::all_of_zip(scales.getShape(), expected, compatible))
    return op.emitOpError(blockRule) << ": K is a multiple of " << columns
                                     << " with a scale for each block, got "
                                     << weight << " and " << scales;
  return success();
}

//===----------------------------------------------------------------------===//
// rows.float_matmul
//===----------------------------------------------------------------------===//

int64_t FloatMatmulOp::getN() { return shaped(getInit()).getDimSize(1); }

SmallVector<AffineMap> FloatMatmulOp::getEpilogueMapsArray() {
  return llvm::to_vector(getEpilogueMaps().getAsValueRange<AffineMapAttr>());
}

LogicalResult FloatMatmulOp::verify() {
  ShapedType input = shaped(getInput()), weight = shaped(getWeight()),
             init = shaped(getInit());
  // ROWS-F1
  if (weight.getRank() != 2 || init.getRank() != 2 || weight.isDynamicDim(1) ||
      !compatible(weight.getDimSize(0), init.getDimSize(1)) ||
      (input.getRank() == 2 && !getIndex() &&
       !compatible(input.getDimSize(0), init.getDimSize(0))))
    return emitOpError(
               "ROWS-F1: input is [M, K], weight [N, K] with a static K, "
               "init [M, N], got ")
           << input << ", " << weight << " and " << init;
  // ROWS-F4
  if (getIndex() &&
      (shaped(getIndex()).getRank() != 1 ||
       !compatible(shaped(getIndex()).getDimSize(0), init.getDimSize(0))))
    return emitOpError("ROWS-F4: index has an element for each row of init, "
                       "got ")
           << getIndex().getType() << " and " << init;
  // ROWS-F3
  if (failed(verifyFloatWeight(*this, "ROWS-F1", "ROWS-F3")))
    return failure();
  // ROWS-F2
  SmallVector<AffineMap> maps = getEpilogueMapsArray();
  if (maps.size() != getEpilogueOperands().size())
    return emitOpError("ROWS-F2: needs one map per epilogue operand, got ")
           << maps.size() << " maps for " << getEpilogueOperands().size();
  for (auto [map, operand] : llvm::zip(maps, getEpilogueOperands()))
    if (map.getNumDims() != 2 || map.getNumSymbols() != 0 ||
        !map.isProjectedPermutation() ||
        map.getNumResults() != shaped(operand).getRank() ||
        (map.getNumResults() == 2 && !map.isIdentity()))
      return emitOpError(
                 "ROWS-F2: an epilogue map is one of (r, n) -> (), (r), "
                 "(n) or (r, n), of the operand's rank, got ")
             << AffineMapAttr::get(map) << " for " << operand.getType();
  if (failed(verifyEpilogue(*this, "ROWS-F2", "ROWS-F2", getEpilogue().front(),
                            Float32Type::get(getContext()),
                            getEpilogueOperands(), init.getElementType())))
    return failure();
  return verifyDestinationStyle(*this);
}

TERCET_KERNEL_OP(FloatMatmulOp)

SmallVector<utils::IteratorType> FloatMatmulOp::getLoopIteratorTypes() {
  return {utils::IteratorType::parallel, utils::IteratorType::parallel};
}

SmallVector<Range> FloatMatmulOp::getIterationDomain(OpBuilder &b) {
  return getOutputDomain(b, getLoc(), getInit());
}

FailureOr<TilingResult>
FloatMatmulOp::getTiledImplementation(OpBuilder &b,
                                      ArrayRef<OpFoldResult> offsets,
                                      ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  // With an index the rows of a tile are anywhere.
  SmallVector<Value> operands{
      getIndex() ? getInput()
                 : sliceRows(b, loc, getInput(), offsets[0], sizes[0]),
      sliceRows(b, loc, getWeight(), offsets[1], sizes[1])};
  if (getBlockScales())
    operands.push_back(
        sliceRows(b, loc, getBlockScales(), offsets[1], sizes[1]));
  if (getIndex())
    operands.push_back(sliceRows(b, loc, getIndex(), offsets[0], sizes[0]));
  for (auto [map, operand] :
       llvm::zip(getEpilogueMapsArray(), getEpilogueOperands()))
    operands.push_back(sliceByMap(b, loc, operand, map, offsets, sizes));
  Value init = slice(b, loc, getInit(), offsets, sizes);
  operands.push_back(init);
  return cloneTiled(b, getOperation(), init, operands);
}

LogicalResult FloatMatmulOp::getResultTilePosition(
    OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  resultOffsets.assign(offsets.begin(), offsets.end());
  resultSizes.assign(sizes.begin(), sizes.end());
  return success();
}

//===----------------------------------------------------------------------===//
// rows.grouped_float_matmul
//===----------------------------------------------------------------------===//

int64_t GroupedFloatMatmulOp::getN() { return shaped(getInit()).getDimSize(1); }

SmallVector<AffineMap> GroupedFloatMatmulOp::getEpilogueMapsArray() {
  return llvm::to_vector(getEpilogueMaps().getAsValueRange<AffineMapAttr>());
}

LogicalResult GroupedFloatMatmulOp::verify() {
  ShapedType input = shaped(getInput()), weight = shaped(getWeight()),
             init = shaped(getInit());
  // ROWS-H1
  if (weight.getRank() != 3 || weight.isDynamicDim(0) ||
      weight.isDynamicDim(2) ||
      (init.getRank() == 2 &&
       !compatible(weight.getDimSize(1), init.getDimSize(1))))
    return emitOpError("ROWS-H1: weight is [G, N, K] with static G and K and "
                       "the N of init, got ")
           << weight << " and " << init;
  // ROWS-H2
  if (failed(verifyFloatWeight(*this, "ROWS-H1", "ROWS-H2")))
    return failure();
  // ROWS-H3, ROWS-H4, ROWS-H5
  if (failed(verifyRowSources(*this, "ROWS-H3", input, weight, init)) ||
      failed(verifyGroupedMaps(*this, "ROWS-H4", getEpilogueMapsArray(),
                               getEpilogueOperands())) ||
      failed(verifyEpilogue(*this, "ROWS-H5", "ROWS-H5", getEpilogue().front(),
                            Float32Type::get(getContext()),
                            getEpilogueOperands(), init.getElementType())))
    return failure();
  return verifyDestinationStyle(*this);
}

TERCET_KERNEL_OP(GroupedFloatMatmulOp)

SmallVector<utils::IteratorType> GroupedFloatMatmulOp::getLoopIteratorTypes() {
  // Sorted rows of a slice are where the offsets say: not to be cut here.
  return {getOffsets() ? utils::IteratorType::reduction
                       : utils::IteratorType::parallel,
          utils::IteratorType::parallel};
}

SmallVector<Range> GroupedFloatMatmulOp::getIterationDomain(OpBuilder &b) {
  return getOutputDomain(b, getLoc(), getInit());
}

/// Outputs [offset, offset + size) of all slices.
static Value sliceOutputs(OpBuilder &b, Location loc, Value weight,
                          OpFoldResult offset, OpFoldResult size) {
  OpFoldResult zero = b.getIndexAttr(0);
  return slice(b, loc, weight, {zero, offset, zero},
               {getDim(b, loc, weight, 0), size, getDim(b, loc, weight, 2)});
}

FailureOr<TilingResult>
GroupedFloatMatmulOp::getTiledImplementation(OpBuilder &b,
                                             ArrayRef<OpFoldResult> offsets,
                                             ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  Value weight = sliceOutputs(b, loc, getWeight(), offsets[1], sizes[1]);
  Value scales = getBlockScales() ? sliceOutputs(b, loc, getBlockScales(),
                                                 offsets[1], sizes[1])
                                  : Value();
  SmallVector<Value> weights{weight};
  if (scales)
    weights.push_back(scales);
  return tileGrouped(*this, b, {getInput()}, weights, offsets, sizes);
}

LogicalResult GroupedFloatMatmulOp::getResultTilePosition(
    OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  resultOffsets.assign(offsets.begin(), offsets.end());
  resultSizes.assign(sizes.begin(), sizes.end());
  return success();
}
