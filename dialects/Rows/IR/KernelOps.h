//===- KernelOps.h - what the kernel ops share ------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Verification, effects, shapes and row tiling of the destination-style ops
// over tensors or memrefs; for the .cpp files of this folder.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_ROWS_IR_KERNELOPS_H
#define TERCET_DIALECTS_ROWS_IR_KERNELOPS_H

#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/STLExtras.h"

namespace tercet::rows::detail {
using namespace mlir;

inline ShapedType shaped(Value v) { return cast<ShapedType>(v.getType()); }

/// Sizes agree, or one of them is not known.
inline bool compatible(int64_t a, int64_t b) {
  return ShapedType::isDynamic(a) || ShapedType::isDynamic(b) || a == b;
}

/// A row-wise kernel op is either over tensors, with one result per init, or
/// over memrefs with none.
inline LogicalResult verifyDestinationStyle(DestinationStyleOpInterface op) {
  unsigned tensors = llvm::count_if(
      op->getOperandTypes(), [](Type t) { return isa<RankedTensorType>(t); });
  unsigned memrefs = llvm::count_if(op->getOperandTypes(),
                                    [](Type t) { return isa<MemRefType>(t); });
  if (tensors && memrefs)
    return op->emitOpError("mixes tensors and memrefs");
  if (op->getNumResults() != (tensors ? op.getNumDpsInits() : 0))
    return op->emitOpError("over tensors has one result per destination, over "
                           "memrefs none; got ")
           << op->getNumResults();
  return success();
}

inline void
getKernelEffects(DestinationStyleOpInterface op,
                 SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  for (OpOperand &operand : op->getOpOperands()) {
    if (!isa<MemRefType>(operand.get().getType()))
      continue;
    if (op.isDpsInit(&operand))
      effects.emplace_back(MemoryEffects::Write::get(), &operand);
    else
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  }
}

/// A state is read before it is written.
inline void
getStateEffects(OpOperand &state,
                SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {
  if (isa<MemRefType>(state.get().getType()))
    effects.emplace_back(MemoryEffects::Read::get(), &state);
}

inline LogicalResult reifyInits(DestinationStyleOpInterface op, OpBuilder &b,
                                ReifiedRankedShapedTypeDims &shapes) {
  for (OpOperand &init : op.getDpsInitsMutable())
    shapes.push_back(tensor::getMixedSizes(b, op.getLoc(), init.get()));
  return success();
}

inline OpFoldResult getDim(OpBuilder &b, Location loc, Value v, int64_t axis) {
  ShapedType type = shaped(v);
  if (!type.isDynamicDim(axis))
    return b.getIndexAttr(type.getDimSize(axis));
  if (isa<RankedTensorType>(type))
    return tensor::DimOp::create(b, loc, v, axis).getResult();
  return memref::DimOp::create(b, loc, v, axis).getResult();
}

/// A slice of a tensor operand; tiling happens before bufferization.
inline Value slice(OpBuilder &b, Location loc, Value v,
                   ArrayRef<OpFoldResult> offsets,
                   ArrayRef<OpFoldResult> sizes) {
  SmallVector<OpFoldResult> strides(offsets.size(), b.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(b, loc, v, offsets, sizes, strides);
}

/// The rows [offset, offset + size) of an operand, all of its other axes.
inline Value sliceRows(OpBuilder &b, Location loc, Value v, OpFoldResult offset,
                       OpFoldResult size) {
  SmallVector<OpFoldResult> offsets{offset}, sizes{size};
  for (int64_t i = 1, e = shaped(v).getRank(); i < e; ++i) {
    offsets.push_back(b.getIndexAttr(0));
    sizes.push_back(getDim(b, loc, v, i));
  }
  return slice(b, loc, v, offsets, sizes);
}

/// Tiles an op whose only loop runs over the rows of every operand but those in
/// `whole`.
inline FailureOr<TilingResult> tileRows(DestinationStyleOpInterface op,
                                        OpBuilder &b,
                                        ArrayRef<OpFoldResult> offsets,
                                        ArrayRef<OpFoldResult> sizes,
                                        ValueRange whole) {
  SmallVector<Value> operands;
  SmallVector<Operation *> slices;
  SmallVector<Type> results;
  for (OpOperand &operand : op->getOpOperands()) {
    if (llvm::is_contained(whole, operand.get())) {
      operands.push_back(operand.get());
      continue;
    }
    Value v = sliceRows(b, op.getLoc(), operand.get(), offsets[0], sizes[0]);
    slices.push_back(v.getDefiningOp());
    operands.push_back(v);
    if (op.isDpsInit(&operand))
      results.push_back(v.getType());
  }
  Operation *tiled = mlir::clone(b, op, results, operands);
  return TilingResult{{tiled}, SmallVector<Value>(tiled->getResults()), slices};
}

inline SmallVector<Range> getRowDomain(OpBuilder &b, Location loc, Value v) {
  return {Range{b.getIndexAttr(0), getDim(b, loc, v, 0), b.getIndexAttr(1)}};
}

/// Rows of a row-wise op's result `init` that a tile writes.
inline LogicalResult
getRowTilePosition(OpBuilder &b, Location loc, Value init,
                   ArrayRef<OpFoldResult> offsets, ArrayRef<OpFoldResult> sizes,
                   SmallVector<OpFoldResult> &resultOffsets,
                   SmallVector<OpFoldResult> &resultSizes) {
  resultOffsets.assign({offsets[0]});
  resultSizes.assign({sizes[0]});
  for (int64_t i = 1, e = shaped(init).getRank(); i < e; ++i) {
    resultOffsets.push_back(b.getIndexAttr(0));
    resultSizes.push_back(getDim(b, loc, init, i));
  }
  return success();
}

/// The region of a product: `types` names the rule of its types, `ops` that of
/// its operations.
inline LogicalResult verifyEpilogue(Operation *op, StringRef types,
                                    StringRef ops, Block &body,
                                    Type accumulator, ValueRange operands,
                                    Type result) {
  SmallVector<Type> expected{accumulator};
  for (Value v : operands)
    expected.push_back(shaped(v).getElementType());
  if (!llvm::equal(body.getArgumentTypes(), expected))
    return op->emitOpError(types)
           << ": the region takes " << accumulator
           << " and the element types of the epilogue operands";
  auto yield = body.empty() ? YieldOp() : dyn_cast<YieldOp>(body.back());
  if (!yield || yield.getValue().getType() != result)
    return op->emitOpError(types)
           << ": the region yields init's element type, " << result;
  for (Operation &inner : body.without_terminator())
    if (!OpTrait::hasElementwiseMappableTraits(&inner) &&
        !inner.hasTrait<OpTrait::ConstantLike>())
      return inner.emitOpError(ops)
             << ": only elementwise scalar ops may stand in an epilogue";
  return success();
}

inline bool isVector(Value v, int64_t size) {
  return shaped(v).getRank() == 1 && compatible(shaped(v).getDimSize(0), size);
}

/// Where the rows of a grouped product come from: slices or offsets, an index
/// or as many input rows. `weight` is [G, ...].
template <typename Op>
LogicalResult verifyRowSources(Op op, StringRef rule, ShapedType input,
                               ShapedType weight, ShapedType init) {
  int64_t rows = init.getRank() == 2 ? init.getDimSize(0) : 0;
  if (init.getRank() != 2 ||
      static_cast<bool>(op.getSlices()) == static_cast<bool>(op.getOffsets()) ||
      (op.getSlices() && !isVector(op.getSlices(), rows)) ||
      (op.getIndex() ? !isVector(op.getIndex(), rows)
                     : !compatible(input.getDimSize(0), rows)))
    return op.emitOpError(rule) << ": needs either slices [R] or offsets [G + "
                                   "1], an index of [R] or "
                                   "as many input rows, and init [R, N]";
  if (op.getOffsets() && weight.getRank() &&
      !isVector(op.getOffsets(), weight.getDimSize(0) + 1))
    return op.emitOpError(rule)
           << ": offsets must be [" << weight.getDimSize(0) + 1 << "], got "
           << op.getOffsets().getType();
  return success();
}

/// Epilogue maps of a grouped product, over (r, n, g, m).
inline LogicalResult verifyGroupedMaps(Operation *op, StringRef rule,
                                       ArrayRef<AffineMap> maps,
                                       ValueRange operands) {
  if (maps.size() != operands.size())
    return op->emitOpError(rule)
           << ": needs one map per epilogue operand, got " << maps.size()
           << " maps for " << operands.size();
  for (auto [map, operand] : llvm::zip(maps, operands))
    if (map.getNumDims() != 4 || map.getNumSymbols() != 0 ||
        !map.isProjectedPermutation() || map.getNumResults() > 2 ||
        map.getNumResults() != shaped(operand).getRank() ||
        (map.getNumResults() == 2 &&
         map != AffineMap::getMultiDimIdentityMap(4, op->getContext())
                    .getMajorSubMap(2)))
      return op->emitOpError(rule)
             << ": an epilogue map is one of (r, n, g, m) -> (), (r), (n), "
                "(g), (m) or (r, n), of the operand's rank, got "
             << AffineMapAttr::get(map) << " for " << operand.getType();
  return success();
}

/// The slices of an operand that a tile of (r, n) needs: its axes are those
/// that `map` names; axes of other loops stay whole.
inline Value sliceByMap(OpBuilder &b, Location loc, Value operand,
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

inline TilingResult cloneTiled(OpBuilder &b, Operation *op, Value init,
                               ArrayRef<Value> operands) {
  SmallVector<Operation *> slices;
  for (Value v : operands)
    if (auto slice = v.getDefiningOp<tensor::ExtractSliceOp>())
      slices.push_back(slice);
  Operation *tiled = mlir::clone(b, op, TypeRange{init.getType()}, operands);
  return TilingResult{{tiled}, SmallVector<Value>(tiled->getResults()), slices};
}

/// A tile of a grouped product: of its outputs and, where every row names its
/// slice, of its rows. `inputs` go with input rows, which stay whole behind an
/// index; `weights` are sliced already.
template <typename Op>
TilingResult tileGrouped(Op op, OpBuilder &b, ArrayRef<Value> inputs,
                         ArrayRef<Value> weights,
                         ArrayRef<OpFoldResult> offsets,
                         ArrayRef<OpFoldResult> sizes) {
  Location loc = op.getLoc();
  bool byRow = !op.getIndex();
  auto rowsOf = [&](Value v) {
    return sliceRows(b, loc, v, offsets[0], sizes[0]);
  };
  SmallVector<Value> operands;
  for (Value v : inputs)
    operands.push_back(byRow ? rowsOf(v) : v);
  operands.append(weights.begin(), weights.end());
  if (op.getSlices())
    operands.push_back(rowsOf(op.getSlices()));
  if (op.getOffsets())
    operands.push_back(op.getOffsets());
  if (op.getIndex())
    operands.push_back(rowsOf(op.getIndex()));
  for (auto [map, operand] :
       llvm::zip(op.getEpilogueMapsArray(), op.getEpilogueOperands())) {
    // Without an index input rows are rows.
    if (byRow)
      map = map.replace(b.getAffineDimExpr(3), b.getAffineDimExpr(0), 4, 0);
    operands.push_back(sliceByMap(b, loc, operand, map, offsets, sizes));
  }
  Value init = slice(b, loc, op.getInit(), offsets, sizes);
  operands.push_back(init);
  return cloneTiled(b, op.getOperation(), init, operands);
}

/// Rows and outputs of a product.
inline SmallVector<Range> getOutputDomain(OpBuilder &b, Location loc,
                                          Value init) {
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1);
  return {Range{zero, getDim(b, loc, init, 0), one},
          Range{zero, getDim(b, loc, init, 1), one}};
}

/// The interface methods that every kernel op of a product answers alike.
#define TERCET_KERNEL_OP(OP)                                                   \
  void OP::getEffects(                                                         \
      SmallVectorImpl<MemoryEffects::EffectInstance> &effects) {               \
    getKernelEffects(*this, effects);                                          \
  }                                                                            \
  LogicalResult OP::reifyResultShapes(OpBuilder &b,                            \
                                      ReifiedRankedShapedTypeDims &shapes) {   \
    return reifyInits(*this, b, shapes);                                       \
  }

} // namespace tercet::rows::detail

#endif
