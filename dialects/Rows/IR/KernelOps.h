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

} // namespace tercet::rows::detail

#endif
