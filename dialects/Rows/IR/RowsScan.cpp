//===- RowsScan.cpp - verifiers and tiling of recurrences -----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loops run over what is independent: channels of a convolution, heads and
// values of a head of a scan. A tile has all of its steps, in order, and its
// own part of the state, so that the state can be changed where it is.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/KernelOps.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::rows;
using namespace tercet::rows::detail;

static bool hasShape(Value v, ArrayRef<int64_t> shape) {
  return shaped(v).getRank() == static_cast<int64_t>(shape.size()) &&
         llvm::all_of_zip(shaped(v).getShape(), shape, compatible);
}

/// A tile of `op` on these operands; the inits are the last `op` inits of them.
static TilingResult makeTile(OpBuilder &b, DestinationStyleOpInterface op,
                             ArrayRef<Value> operands) {
  SmallVector<Operation *> slices;
  SmallVector<Type> results;
  for (Value v : operands)
    if (auto slice = v.getDefiningOp<tensor::ExtractSliceOp>())
      slices.push_back(slice);
  for (Value init : operands.take_back(op.getNumDpsInits()))
    results.push_back(init.getType());
  Operation *tiled = mlir::clone(b, op, results, operands);
  return TilingResult{{tiled}, SmallVector<Value>(tiled->getResults()), slices};
}

//===----------------------------------------------------------------------===//
// rows.causal_conv
//===----------------------------------------------------------------------===//

LogicalResult CausalConvOp::verify() {
  // ROWS-V1
  ShapedType weight = shaped(getWeight()), input = shaped(getInput());
  if (weight.getRank() != 2 || input.getRank() != 2 || weight.isDynamicDim(1) ||
      weight.getDimSize(1) < 2 ||
      !compatible(input.getDimSize(1), weight.getDimSize(0)) ||
      !hasShape(getInit(), input.getShape()) ||
      !hasShape(getBias(), {weight.getDimSize(0)}) ||
      !hasShape(getState(), {weight.getDimSize(1) - 1, weight.getDimSize(0)}))
    return emitOpError("ROWS-V1: input and init are [T, C], weight [C, W] with "
                       "a static W of 2 or more, bias [C], state [W - 1, C]; "
                       "got ")
           << input << ", " << weight << ", " << getBias().getType() << " and "
           << getState().getType();
  return verifyDestinationStyle(*this);
}

void CausalConvOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  getKernelEffects(*this, effects);
  getStateEffects(getStateMutable(), effects);
}
LogicalResult
CausalConvOp::reifyResultShapes(OpBuilder &b,
                                ReifiedRankedShapedTypeDims &shapes) {
  return reifyInits(*this, b, shapes);
}
SmallVector<utils::IteratorType> CausalConvOp::getLoopIteratorTypes() {
  return {utils::IteratorType::parallel};
}
SmallVector<Range> CausalConvOp::getIterationDomain(OpBuilder &b) {
  return getRowDomain(b, getLoc(), getBias());
}

/// The channels of a tile: all of its steps, or its state. The number of steps
/// is always the input's, so that equal slices show to be equal.
static void placeChannels(OpBuilder &b, CausalConvOp op, bool ofState,
                          ArrayRef<OpFoldResult> offsets,
                          ArrayRef<OpFoldResult> sizes,
                          SmallVector<OpFoldResult> &resultOffsets,
                          SmallVector<OpFoldResult> &resultSizes) {
  Value rows = ofState ? op.getState() : op.getInput();
  resultOffsets = {b.getIndexAttr(0), offsets[0]};
  resultSizes = {getDim(b, op.getLoc(), rows, 0), sizes[0]};
}

FailureOr<TilingResult>
CausalConvOp::getTiledImplementation(OpBuilder &b,
                                     ArrayRef<OpFoldResult> offsets,
                                     ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  auto columns = [&](Value v, bool ofState) {
    SmallVector<OpFoldResult> o, s;
    placeChannels(b, *this, ofState, offsets, sizes, o, s);
    return slice(b, loc, v, o, s);
  };
  return makeTile(b, *this,
                  {columns(getInput(), false),
                   sliceRows(b, loc, getWeight(), offsets[0], sizes[0]),
                   sliceRows(b, loc, getBias(), offsets[0], sizes[0]),
                   columns(getInit(), false), columns(getState(), true)});
}

LogicalResult CausalConvOp::getResultTilePosition(
    OpBuilder &b, unsigned result, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  placeChannels(b, *this, result == 1, offsets, sizes, resultOffsets,
                resultSizes);
  return success();
}

//===----------------------------------------------------------------------===//
// rows.scan
//===----------------------------------------------------------------------===//

int64_t ScanOp::getHeads() { return shaped(getInput()).getDimSize(1); }
int64_t ScanOp::getGroups() { return shaped(getB()).getDimSize(1); }
int64_t ScanOp::getStates() { return shaped(getB()).getDimSize(2); }

LogicalResult ScanOp::verify() {
  // ROWS-R1
  ShapedType x = shaped(getInput()), b = shaped(getB());
  bool known = x.getRank() == 3 && b.getRank() == 3 && !x.isDynamicDim(1) &&
               x.getDimSize(1) > 0 &&
               !ShapedType::isDynamicShape(b.getShape().drop_front()) &&
               b.getDimSize(1) > 0 && b.getDimSize(2) > 0;
  int64_t heads = known ? x.getDimSize(1) : 0;
  auto perHead = [&](Value v) { return hasShape(v, {heads}); };
  if (!known || !compatible(x.getDimSize(0), b.getDimSize(0)) ||
      !hasShape(getC(), b.getShape()) || !hasShape(getInit(), x.getShape()) ||
      !hasShape(getDt(), {x.getDimSize(0), heads}) || !perHead(getALog()) ||
      !perHead(getDtBias()) || !perHead(getSkip()) ||
      !hasShape(getState(), {heads, x.getDimSize(2), b.getDimSize(2)}))
    return emitOpError("ROWS-R1: input and init are [T, H, P], dt [T, H], b "
                       "and c [T, G, S], the values of heads [H], the state "
                       "[H, P, S]; got ")
           << x << ", " << getDt().getType() << ", " << b << " and "
           << getState().getType();
  // ROWS-R2
  if (getHeads() % getGroups())
    return emitOpError("ROWS-R2: ") << getHeads() << " heads cannot share "
                                    << getGroups() << " groups evenly";
  // ROWS-R3
  if (static_cast<int64_t>(getChunk()) < 1)
    return emitOpError("ROWS-R3: chunk must be positive");
  return verifyDestinationStyle(*this);
}

void ScanOp::getEffects(
    SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  getKernelEffects(*this, effects);
  getStateEffects(getStateMutable(), effects);
}
LogicalResult ScanOp::reifyResultShapes(OpBuilder &b,
                                        ReifiedRankedShapedTypeDims &shapes) {
  return reifyInits(*this, b, shapes);
}
SmallVector<utils::IteratorType> ScanOp::getLoopIteratorTypes() {
  return {utils::IteratorType::parallel, utils::IteratorType::parallel};
}
SmallVector<Range> ScanOp::getIterationDomain(OpBuilder &b) {
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
  return {Range{zero, b.getIndexAttr(getHeads()), one},
          Range{zero, getDim(b, getLoc(), getInput(), 2), one}};
}

/// Where a tile has its values: of every step (the result) or of the state.
static void placeValues(OpBuilder &b, ScanOp op, bool ofState,
                        ArrayRef<OpFoldResult> offsets,
                        ArrayRef<OpFoldResult> sizes,
                        SmallVector<OpFoldResult> &resultOffsets,
                        SmallVector<OpFoldResult> &resultSizes) {
  OpFoldResult zero = b.getIndexAttr(0);
  if (ofState) {
    resultOffsets = {offsets[0], offsets[1], zero};
    resultSizes = {sizes[0], sizes[1], b.getIndexAttr(op.getStates())};
  } else {
    resultOffsets = {zero, offsets[0], offsets[1]};
    resultSizes = {getDim(b, op.getLoc(), op.getInput(), 0), sizes[0],
                   sizes[1]};
  }
}

FailureOr<TilingResult>
ScanOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                               ArrayRef<OpFoldResult> sizes) {
  Location loc = getLoc();
  std::optional<int64_t> heads = getConstantIntValue(sizes[0]);
  int64_t shared = getHeadsPerGroup();
  if (!heads || (shared % *heads && *heads % shared))
    return emitOpError("cannot be tiled: a tile of heads must divide ")
           << getHeads() << " and have heads of one group (" << shared
           << ") or of whole ones";
  OpFoldResult zero = b.getIndexAttr(0), steps = getDim(b, loc, getInput(), 0);
  auto values = [&](Value v, bool ofState) {
    SmallVector<OpFoldResult> o, s;
    placeValues(b, *this, ofState, offsets, sizes, o, s);
    return slice(b, loc, v, o, s);
  };
  OpFoldResult group = affine::makeComposedFoldedAffineApply(
      b, loc, b.getAffineDimExpr(0).floorDiv(shared), {offsets[0]});
  OpFoldResult groups = b.getIndexAttr(std::max<int64_t>(1, *heads / shared));
  auto ofGroups = [&](Value v) {
    return slice(b, loc, v, {zero, group, zero},
                 {steps, groups, b.getIndexAttr(getStates())});
  };
  auto ofHeads = [&](Value v) {
    return sliceRows(b, loc, v, offsets[0], sizes[0]);
  };
  return makeTile(
      b, *this,
      {values(getInput(), false),
       slice(b, loc, getDt(), {zero, offsets[0]}, {steps, sizes[0]}),
       ofGroups(getB()), ofGroups(getC()), ofHeads(getALog()),
       ofHeads(getDtBias()), ofHeads(getSkip()), values(getInit(), false),
       values(getState(), true)});
}

LogicalResult ScanOp::getResultTilePosition(
    OpBuilder &b, unsigned result, ArrayRef<OpFoldResult> offsets,
    ArrayRef<OpFoldResult> sizes, SmallVector<OpFoldResult> &resultOffsets,
    SmallVector<OpFoldResult> &resultSizes) {
  placeValues(b, *this, result == 1, offsets, sizes, resultOffsets,
              resultSizes);
  return success();
}
