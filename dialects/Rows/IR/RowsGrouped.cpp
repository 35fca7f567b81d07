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

static bool isVector(Value v, int64_t size) {
  return shaped(v).getRank() == 1 && compatible(shaped(v).getDimSize(0), size);
}

/// The slices of an operand that a tile of (r, n) needs: its axes are those
/// that `map` names; axes of other loops stay whole.
static Value sliceByMap(OpBuilder &b, Location loc, Value operand,
                        AffineMap map, ArrayRef<OpFoldResult> offsets,
                        ArrayRef<OpFoldResult> sizes) {
  SmallVector<OpFoldResult> o, s;
  bool any = false;
  for (auto [axis, e] : llvm::enumerate(map.getResults())) {
    unsigned d = cast<AffineDimExpr>(e).getPosition();
    bool tiled = d < 2;
    any |= tiled;
    o.push_back(tiled ? offsets[d] : b.getIndexAttr(0));
    s.push_back(tiled ? sizes[d] : getDim(b, loc, operand, axis));
  }
  return any ? slice(b, loc, operand, o, s) : operand;
}

static TilingResult cloneTiled(OpBuilder &b, Operation *op, Value init,
                               ArrayRef<Value> operands) {
  SmallVector<Operation *> slices;
  for (Value v : operands)
    if (auto slice = v.getDefiningOp<tensor::ExtractSliceOp>())
      slices.push_back(slice);
  Operation *tiled = mlir::clone(b, op, TypeRange{init.getType()}, operands);
  return TilingResult{{tiled}, SmallVector<Value>(tiled->getResults()), slices};
}

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

static SmallVector<Range> getOutputDomain(OpBuilder &b, Location loc,
                                          Value init) {
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
  return {Range{zero, getDim(b, loc, init, 0), one},
          Range{zero, getDim(b, loc, init, 1), one}};
}

#define TERCET_KERNEL_OP(OP)                                                   \
  void OP::getEffects(                                                         \
      SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {               \
    getKernelEffects(*this, effects);                                          \
  }                                                                            \
  LogicalResult OP::reifyResultShapes(OpBuilder &b,                            \
                                      ReifiedRankedShapedTypeDims &shapes) {   \
    return reifyInits(*this, b, shapes);                                       \
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
  int64_t rows = init.getRank() == 2 ? init.getDimSize(0) : 0;
  if (init.getRank() != 2 ||
      static_cast<bool>(getSlices()) == static_cast<bool>(getOffsets()) ||
      (getSlices() && !isVector(getSlices(), rows)) ||
      (getIndex() ? !isVector(getIndex(), rows)
                  : !compatible(input.getDimSize(0), rows)))
    return emitOpError(
        "ROWS-G3: needs either slices [R] or offsets [G + 1], an "
        "index of [R] or as many input rows, and init [R, N]");
  // ROWS-G2
  if (weight.getRank() != 3 || weight.isDynamicDim(0) ||
      weight.getDimSize(2) != code.getPanelBytes(k) ||
      (!init.isDynamicDim(1) &&
       !compatible(weight.getDimSize(1),
                   ternary::Code::getPanels(init.getDimSize(1)))))
    return emitOpError("ROWS-G2: weight must be [G, ceil(N/16), ")
           << code.getPanelBytes(k) << "] bytes of code " << code.getName()
           << ", got " << weight;
  // ROWS-G3
  if (getOffsets() && !isVector(getOffsets(), weight.getDimSize(0) + 1))
    return emitOpError("ROWS-G3: offsets must be [")
           << weight.getDimSize(0) + 1 << "], got " << getOffsets().getType();
  // ROWS-G4
  SmallVector<AffineMap> maps = getEpilogueMapsArray();
  if (maps.size() != getEpilogueOperands().size())
    return emitOpError("ROWS-G4: needs one map per epilogue operand, got ")
           << maps.size() << " maps for " << getEpilogueOperands().size();
  for (auto [map, operand] : llvm::zip(maps, getEpilogueOperands()))
    if (map.getNumDims() != 4 || map.getNumSymbols() != 0 ||
        !map.isProjectedPermutation() || map.getNumResults() > 2 ||
        map.getNumResults() != shaped(operand).getRank() ||
        (map.getNumResults() == 2 &&
         map != AffineMap::getMultiDimIdentityMap(4, getContext())
                    .getMajorSubMap(2)))
      return emitOpError(
                 "ROWS-G4: an epilogue map is one of (r, n, g, m) -> (), "
                 "(r), (n), (g), (m) or (r, n), of the operand's rank, "
                 "got ")
             << AffineMapAttr::get(map) << " for " << operand.getType();
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
  Location loc = getLoc();
  bool byRow = !getIndex();
  auto rowsOf = [&](Value v) {
    return v ? sliceRows(b, loc, v, offsets[0], sizes[0]) : Value();
  };
  SmallVector<Value> operands{
      byRow ? rowsOf(getInput()) : Value(getInput()),
      byRow ? rowsOf(getSums()) : Value(getSums()),
      slicePanels(b, loc, getWeight(), 1, offsets[1], sizes[1])};
  if (getSlices())
    operands.push_back(rowsOf(getSlices()));
  if (getOffsets())
    operands.push_back(getOffsets());
  if (getIndex())
    operands.push_back(rowsOf(getIndex()));
  for (auto [map, operand] :
       llvm::zip(getEpilogueMapsArray(), getEpilogueOperands())) {
    // Without an index input rows are rows.
    if (byRow)
      map = map.replace(b.getAffineDimExpr(3), b.getAffineDimExpr(0), 4, 0);
    operands.push_back(sliceByMap(b, loc, operand, map, offsets, sizes));
  }
  Value init = slice(b, loc, getInit(), offsets, sizes);
  operands.push_back(init);
  return cloneTiled(b, getOperation(), init, operands);
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
  if (input.getRank() != 2 || weight.getRank() != 2 || init.getRank() != 2 ||
      input.isDynamicDim(1) || input.getDimSize(1) != weight.getDimSize(1) ||
      !compatible(weight.getDimSize(0), init.getDimSize(1)) ||
      !compatible(input.getDimSize(0), init.getDimSize(0)))
    return emitOpError(
               "ROWS-F1: input is [M, K], weight [N, K] with a static K, "
               "init [M, N], got ")
           << input << ", " << weight << " and " << init;
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
  SmallVector<Value> operands{
      sliceRows(b, loc, getInput(), offsets[0], sizes[0]),
      sliceRows(b, loc, getWeight(), offsets[1], sizes[1])};
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
