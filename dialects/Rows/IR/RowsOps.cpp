//===- RowsOps.cpp - verifiers and interfaces of the rows ops -------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/KernelOps.h"
#include "dialects/Rows/IR/Rows.h"
#include "dialects/Ternary/Codes/Code.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/InterleavedRange.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::rows;
using namespace tercet::rows::detail;

#define GET_OP_CLASSES
#include "dialects/Rows/IR/RowsOps.cpp.inc"

//===----------------------------------------------------------------------===//
// rows.quantize
//===----------------------------------------------------------------------===//

LogicalResult QuantizeOp::verify() {
  ShapedType input = shaped(getInput()), values = shaped(getValues());
  // ROWS-Q1
  if (input.getRank() != 2 || input.isDynamicDim(1))
    return emitOpError("ROWS-Q1: input must be [M, K] with a static K, got ")
           << input;
  int64_t m = input.getDimSize(0), k = input.getDimSize(1);
  // ROWS-Q2
  if (values.getRank() != 2 || values.isDynamicDim(1) ||
      values.getDimSize(1) < k || !compatible(values.getDimSize(0), m))
    return emitOpError("ROWS-Q2: values must be [M, KP] with KP >= ")
           << k << ", got " << values;
  // ROWS-Q3
  for (Value v : {Value(getScale()), Value(getSums())})
    if (shaped(v).getRank() != 1 || !compatible(shaped(v).getDimSize(0), m))
      return emitOpError("ROWS-Q3: scale and sums must be [M], got ")
             << v.getType();
  // ROWS-Q4
  if (getGain() && (shaped(getGain()).getRank() != 1 ||
                    shaped(getGain()).getDimSize(0) != k))
    return emitOpError("ROWS-Q4: gain must be [")
           << k << "], got " << getGain().getType();
  return verifyDestinationStyle(*this);
}

void QuantizeOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  getKernelEffects(*this, effects);
}
LogicalResult
QuantizeOp::reifyResultShapes(OpBuilder &b,
                              ReifiedRankedShapedTypeDims &shapes) {
  return reifyInits(*this, b, shapes);
}
SmallVector<utils::IteratorType> QuantizeOp::getLoopIteratorTypes() {
  return {utils::IteratorType::parallel};
}
SmallVector<Range> QuantizeOp::getIterationDomain(OpBuilder &b) {
  return getRowDomain(b, getLoc(), getInput());
}
FailureOr<TilingResult>
QuantizeOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                                   ArrayRef<OpFoldResult> sizes) {
  SmallVector<Value> whole;
  if (getGain())
    whole.push_back(getGain());
  return tileRows(*this, b, offsets, sizes, whole);
}
LogicalResult QuantizeOp::getResultTilePosition(
    OpBuilder &b, unsigned result, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  return getRowTilePosition(b, getLoc(), getDpsInits()[result], offsets, sizes,
                            resultOffsets, resultSizes);
}

//===----------------------------------------------------------------------===//
// rows.norm
//===----------------------------------------------------------------------===//

LogicalResult NormOp::verify() {
  ShapedType input = shaped(getInput()), init = shaped(getInit());
  // ROWS-N1
  if (input.getRank() != 2 || input.isDynamicDim(1) || init.getRank() != 2 ||
      init.getDimSize(1) != input.getDimSize(1) ||
      !compatible(init.getDimSize(0), input.getDimSize(0)))
    return emitOpError("ROWS-N1: input must be [M, K] with a static K and init "
                       "like it, got ")
           << input << " and " << init;
  // ROWS-N2
  if (shaped(getGain()).getRank() != 1 ||
      shaped(getGain()).getDimSize(0) != input.getDimSize(1))
    return emitOpError("ROWS-N2: gain must be [")
           << input.getDimSize(1) << "], got " << getGain().getType();
  // ROWS-N3
  if (static_cast<int64_t>(getGroups()) < 1 ||
      input.getDimSize(1) % static_cast<int64_t>(getGroups()))
    return emitOpError("ROWS-N3: ")
           << input.getDimSize(1) << " columns cannot be "
           << static_cast<int64_t>(getGroups()) << " equal groups";
  return verifyDestinationStyle(*this);
}

void NormOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  getKernelEffects(*this, effects);
}
LogicalResult NormOp::reifyResultShapes(OpBuilder &b,
                                        ReifiedRankedShapedTypeDims &shapes) {
  return reifyInits(*this, b, shapes);
}
SmallVector<utils::IteratorType> NormOp::getLoopIteratorTypes() {
  return {utils::IteratorType::parallel};
}
SmallVector<Range> NormOp::getIterationDomain(OpBuilder &b) {
  return getRowDomain(b, getLoc(), getInput());
}
FailureOr<TilingResult>
NormOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                               ArrayRef<OpFoldResult> sizes) {
  return tileRows(*this, b, offsets, sizes, getGain());
}
LogicalResult NormOp::getResultTilePosition(
    OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  return getRowTilePosition(b, getLoc(), getInit(), offsets, sizes,
                            resultOffsets, resultSizes);
}

//===----------------------------------------------------------------------===//
// rows.pack
//===----------------------------------------------------------------------===//

LogicalResult PackOp::verify() {
  ShapedType input = shaped(getInput()), values = shaped(getValues()),
             sums = shaped(getSums());
  // ROWS-P1
  if (input.getRank() != 2 || input.isDynamicDim(1))
    return emitOpError("ROWS-P1: input must be [M, K] with a static K, got ")
           << input;
  // ROWS-P2
  if (values.getRank() != 2 || values.isDynamicDim(1) ||
      values.getDimSize(1) < input.getDimSize(1) ||
      !compatible(values.getDimSize(0), input.getDimSize(0)))
    return emitOpError("ROWS-P2: values must be [M, KP] with KP >= ")
           << input.getDimSize(1) << ", got " << values;
  // ROWS-P3
  if (sums.getRank() != 1 ||
      !compatible(sums.getDimSize(0), input.getDimSize(0)))
    return emitOpError("ROWS-P3: sums must be [M], got ") << sums;
  return verifyDestinationStyle(*this);
}

void PackOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  getKernelEffects(*this, effects);
}
LogicalResult PackOp::reifyResultShapes(OpBuilder &b,
                                        ReifiedRankedShapedTypeDims &shapes) {
  return reifyInits(*this, b, shapes);
}
SmallVector<utils::IteratorType> PackOp::getLoopIteratorTypes() {
  return {utils::IteratorType::parallel};
}
SmallVector<Range> PackOp::getIterationDomain(OpBuilder &b) {
  return getRowDomain(b, getLoc(), getInput());
}
FailureOr<TilingResult>
PackOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                               ArrayRef<OpFoldResult> sizes) {
  return tileRows(*this, b, offsets, sizes, {});
}
LogicalResult PackOp::getResultTilePosition(
    OpBuilder &b, unsigned result, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  return getRowTilePosition(b, getLoc(), getDpsInits()[result], offsets, sizes,
                            resultOffsets, resultSizes);
}

//===----------------------------------------------------------------------===//
// rows.matmul
//===----------------------------------------------------------------------===//

int64_t MatmulOp::getN() { return shaped(getInit()).getDimSize(1); }

SmallVector<AffineMap> MatmulOp::getEpilogueMapsArray() {
  return llvm::to_vector(getEpilogueMaps().getAsValueRange<AffineMapAttr>());
}

LogicalResult MatmulOp::verify() {
  const ternary::Code &code = ternary::getCode(getCode().getKind());
  int64_t k = getK();
  ShapedType input = shaped(getInput()), weight = shaped(getWeight()),
             sums = shaped(getSums()), init = shaped(getInit());
  // ROWS-M1
  if (k <= 0 || input.getRank() != 2 || input.isDynamicDim(1) ||
      input.getDimSize(1) < code.getPaddedK(k))
    return emitOpError("ROWS-M1: input must be [M, KP] with KP >= ")
           << code.getPaddedK(k) << " (k = " << k << " in words of code "
           << code.getName() << "), got " << input;
  // ROWS-M3
  if (init.getRank() != 2 || sums.getRank() != 1 ||
      !compatible(sums.getDimSize(0), input.getDimSize(0)) ||
      !compatible(init.getDimSize(0), input.getDimSize(0)))
    return emitOpError("ROWS-M3: sums must be [M] and init [M, N], got ")
           << sums << " and " << init;
  // ROWS-M2
  int64_t n = init.getDimSize(1);
  if (weight.getRank() != 2 || weight.getDimSize(1) != code.getPanelBytes(k) ||
      (!ShapedType::isDynamic(n) &&
       !compatible(weight.getDimSize(0), ternary::Code::getPanels(n))))
    return emitOpError("ROWS-M2: weight must be [ceil(N/16), ")
           << code.getPanelBytes(k) << "] bytes of code " << code.getName()
           << ", got " << weight;
  // ROWS-M4
  SmallVector<AffineMap> maps = getEpilogueMapsArray();
  if (maps.size() != getEpilogueOperands().size())
    return emitOpError("ROWS-M4: needs one map per epilogue operand, got ")
           << maps.size() << " maps for " << getEpilogueOperands().size();
  for (auto [map, operand] : llvm::zip(maps, getEpilogueOperands()))
    if (map.getNumDims() != 2 || map.getNumSymbols() != 0 ||
        !map.isProjectedPermutation() ||
        map.getNumResults() != shaped(operand).getRank() ||
        (map.getNumResults() == 2 && !map.isIdentity()))
      return emitOpError("ROWS-M4: an epilogue map is one of (r, n) -> (), "
                         "(r), (n) or (r, n), of the operand's rank, got ")
             << AffineMapAttr::get(map) << " for " << operand.getType();
  if (failed(verifyEpilogue(*this, "ROWS-M5", "ROWS-M6", getEpilogue().front(),
                            IntegerType::get(getContext(), 32),
                            getEpilogueOperands(), init.getElementType())))
    return failure();
  return verifyDestinationStyle(*this);
}

void MatmulOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  getKernelEffects(*this, effects);
}
LogicalResult MatmulOp::reifyResultShapes(OpBuilder &b,
                                          ReifiedRankedShapedTypeDims &shapes) {
  return reifyInits(*this, b, shapes);
}

SmallVector<utils::IteratorType> MatmulOp::getLoopIteratorTypes() {
  return {utils::IteratorType::parallel, utils::IteratorType::parallel};
}

SmallVector<Range> MatmulOp::getIterationDomain(OpBuilder &b) {
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
  return {Range{zero, getDim(b, getLoc(), getInit(), 0), one},
          Range{zero, getDim(b, getLoc(), getInit(), 1), one}};
}

/// Tiles over rows and outputs. A tile of outputs begins at a multiple of 16,
/// so that it is made of whole panels; the caller's tile size sees to that.
FailureOr<TilingResult>
MatmulOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                                 ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  AffineExpr d0 = b.getAffineDimExpr(0);
  OpFoldResult panel = affine::makeComposedFoldedAffineApply(
      b, loc, d0.floorDiv(ternary::kPanelRows), {offsets[1]});
  OpFoldResult panels = affine::makeComposedFoldedAffineApply(
      b, loc, d0.ceilDiv(ternary::kPanelRows), {sizes[1]});

  Value input = sliceRows(b, loc, getInput(), offsets[0], sizes[0]);
  Value sums = sliceRows(b, loc, getSums(), offsets[0], sizes[0]);
  Value weight = sliceRows(b, loc, getWeight(), panel, panels);
  SmallVector<Value> operands{input, sums, weight};
  for (auto [map, operand] :
       llvm::zip(getEpilogueMapsArray(), getEpilogueOperands())) {
    if (map.getNumResults() == 0) {
      operands.push_back(operand);
      continue;
    }
    SmallVector<OpFoldResult> o, s;
    for (AffineExpr e : map.getResults()) {
      unsigned d = cast<AffineDimExpr>(e).getPosition();
      o.push_back(offsets[d]);
      s.push_back(sizes[d]);
    }
    operands.push_back(slice(b, loc, operand, o, s));
  }
  Value init = slice(b, loc, getInit(), offsets, sizes);
  operands.push_back(init);
  SmallVector<Operation *> slices;
  for (Value v : operands)
    if (auto op = v.getDefiningOp<tensor::ExtractSliceOp>())
      slices.push_back(op);
  Operation *tiled =
      mlir::clone(b, getOperation(), TypeRange{init.getType()}, operands);
  return TilingResult{{tiled}, SmallVector<Value>(tiled->getResults()), slices};
}

LogicalResult MatmulOp::getResultTilePosition(
    OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  resultOffsets.assign(offsets.begin(), offsets.end());
  resultSizes.assign(sizes.begin(), sizes.end());
  return success();
}

//===----------------------------------------------------------------------===//
// rows.insert, rows.limit
//===----------------------------------------------------------------------===//

LogicalResult InsertOp::verify() {
  ShapedType input = shaped(getInput()), init = shaped(getInit());
  // ROWS-I1
  bool fits = input.getRank() >= 2 && input.getRank() == init.getRank() &&
              input.getElementType() == init.getElementType() &&
              input.getShape().drop_front() == init.getShape().drop_front() &&
              !ShapedType::isDynamicShape(init.getShape().drop_front());
  if (!fits)
    return emitOpError("ROWS-I1: input and init are [M, ...] and [S, ...] of "
                       "one element type, of rank 2 or more, with equal static "
                       "axes behind the first; got ")
           << input << " and " << init;
  // ROWS-I2
  std::optional<int64_t> offset = getConstantIntValue(getOffset());
  bool known = offset && !input.isDynamicDim(0) && !init.isDynamicDim(0);
  if ((offset && *offset < 0) ||
      (known && *offset + input.getDimSize(0) > init.getDimSize(0)))
    return emitOpError("ROWS-I2: ")
           << input.getDimSize(0) << " rows from row " << *offset
           << " on leave the " << init.getDimSize(0) << " rows of init";
  return verifyDestinationStyle(*this);
}

void InsertOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  getKernelEffects(*this, effects);
}
LogicalResult InsertOp::reifyResultShapes(OpBuilder &b,
                                          ReifiedRankedShapedTypeDims &shapes) {
  return reifyInits(*this, b, shapes);
}
SmallVector<utils::IteratorType> InsertOp::getLoopIteratorTypes() {
  return {utils::IteratorType::parallel};
}
SmallVector<Range> InsertOp::getIterationDomain(OpBuilder &b) {
  return getRowDomain(b, getLoc(), getInput());
}

static OpFoldResult getInsertedRow(OpBuilder &b, InsertOp op,
                                   OpFoldResult row) {
  AffineExpr d0 = b.getAffineDimExpr(0), d1 = b.getAffineDimExpr(1);
  return affine::makeComposedFoldedAffineApply(
      b, op.getLoc(), d0 + d1, {OpFoldResult(op.getOffset()), row});
}

/// A tile of rows goes to a slice of init that it fills.
FailureOr<TilingResult>
InsertOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                                 ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  Value input = sliceRows(b, loc, getInput(), offsets[0], sizes[0]);
  Value init = sliceRows(b, loc, getInit(),
                         getInsertedRow(b, *this, offsets[0]), sizes[0]);
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Operation *tiled = mlir::clone(b, getOperation(), TypeRange{init.getType()},
                                 ValueRange{input, zero, init});
  return TilingResult{{tiled},
                      SmallVector<Value>(tiled->getResults()),
                      {input.getDefiningOp(), init.getDefiningOp()}};
}
LogicalResult InsertOp::getResultTilePosition(
    OpBuilder &b, unsigned, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  return getRowTilePosition(b, getLoc(), getInit(),
                            {getInsertedRow(b, *this, offsets[0])}, sizes,
                            resultOffsets, resultSizes);
}

LogicalResult LimitOp::verify() {
  // ROWS-L1
  if (static_cast<int64_t>(getLimit()) < 0)
    return emitOpError("ROWS-L1: the limit is not negative, got ")
           << static_cast<int64_t>(getLimit());
  // ROWS-L2
  if (getOperands().empty())
    return emitOpError("ROWS-L2: a limit is one of a sum of sizes");
  return success();
}

//===----------------------------------------------------------------------===//
// rows.weight, rows.load_weight
//===----------------------------------------------------------------------===//

RankedTensorType WeightOp::getSelectedType() {
  auto source = cast<RankedTensorType>(getSourceType());
  if (!getSelect())
    return source;
  SmallVector<int64_t> shape(source.getShape());
  shape.front() = getSelect()->size();
  return source.clone(shape);
}

LogicalResult WeightOp::verify() {
  // ROWS-W5
  if (auto select = getSelect()) {
    auto whole = cast<RankedTensorType>(getSourceType());
    if (whole.getRank() == 0 || !whole.hasStaticShape() ||
        llvm::any_of(*select, [&](int64_t slice) {
          return slice < 0 || slice >= whole.getDimSize(0);
        }))
      return emitOpError("ROWS-W5: selects slices that ")
             << whole << " does not have";
  }
  RankedTensorType source = getSelectedType();
  auto type = cast<RankedTensorType>(getType());
  bool encodes = getTransform() == WeightTransform::Encode ||
                 getTransform() == WeightTransform::TernarizeEncode;
  // ROWS-W1
  if (encodes != getCode().has_value())
    return emitOpError("ROWS-W1: a code is given exactly for the encoding "
                       "transforms");
  if (encodes) {
    // ROWS-W2
    const ternary::Code &code = ternary::getCode(getCode()->getKind());
    if ((source.getRank() != 2 && source.getRank() != 3) ||
        !source.hasStaticShape())
      return emitOpError(
                 "ROWS-W2: an encoded weight has a static shape [N, K] or "
                 "[E, N, K], got ")
             << source;
    SmallVector<int64_t> stored(source.getShape());
    int64_t &panels = stored[stored.size() - 2], &bytes = stored.back();
    panels = ternary::Code::getPanels(panels);
    bytes = code.getPanelBytes(bytes);
    if (type.getShape() != ArrayRef(stored) ||
        !type.getElementType().isInteger(8))
      return emitOpError("ROWS-W2: ")
             << source << " in code " << code.getName() << " is stored as ["
             << llvm::interleaved(stored) << "] bytes, got " << type;
  } else if (getTransform() == WeightTransform::Identity && source != type) {
    // ROWS-W3
    return emitOpError("ROWS-W3: identity keeps the type, got ")
           << source << " and " << type;
  } else if (getTransform() == WeightTransform::Bytes) {
    // ROWS-W4
    unsigned width = source.getElementTypeBitWidth();
    SmallVector<int64_t> stored(source.getShape());
    if (width == 4 && !stored.empty())
      stored.back() /= 2;
    if (!isa<FloatType>(source.getElementType()) || width > 8 ||
        !source.hasStaticShape() || type.getShape() != ArrayRef(stored) ||
        !type.getElementType().isInteger(8))
      return emitOpError("ROWS-W4: floats of 4 or 8 bits are stored as bytes, "
                         "two of the former in one; got ")
             << source << " and " << type;
  }
  return success();
}

LogicalResult LoadWeightOp::verifySymbolUses(SymbolTableCollection &symbols) {
  auto weight =
      symbols.lookupNearestSymbolFrom<WeightOp>(*this, getWeightAttr());
  if (!weight)
    return emitOpError("no rows.weight called ") << getWeightAttr();
  if (weight.getType() != getResult().getType())
    return emitOpError("the weight is stored as ")
           << weight.getType() << ", got " << getResult().getType();
  return success();
}
