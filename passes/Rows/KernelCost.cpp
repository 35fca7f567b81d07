//===- KernelCost.cpp - what a kernel reads, writes and computes
//-----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Rows/KernelCost.h"
#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace tercet;

/// Bytes of the slices of a grouped product's weight that no row can name: at
/// most one slice a row is read. 0 where the number of rows is not known.
template <typename Op> static int64_t getUnusedBytes(Op op) {
  int64_t rows = cast<ShapedType>(op.getInit().getType()).getDimSize(0);
  int64_t slices = cast<ShapedType>(op.getWeight().getType()).getDimSize(0);
  if (ShapedType::isDynamic(rows) || rows >= slices)
    return 0;
  auto sizeOf = [&](Value v) {
    auto type = cast<ShapedType>(v.getType());
    return type.getNumElements() * type.getElementTypeBitWidth() / 8;
  };
  int64_t all = sizeOf(op.getWeight());
  if constexpr (std::is_same_v<Op, rows::GroupedFloatMatmulOp>)
    if (op.getBlockScales())
      all += sizeOf(op.getBlockScales());
  return all / slices * (slices - rows);
}

/// Keys and values up to the length, or all where the kernel does not say it by
/// one of its sizes. Where both queries and keys have sizes that are not known,
/// no affine map has their product: then the operations are those of one query.
static KernelCost getAttentionCost(rows::AttentionOp op, func::FuncOp kernel,
                                   AffineExpr queries, AffineExpr keys) {
  MLIRContext *ctx = op.getContext();
  unsigned numTensors = llvm::count_if(kernel.getArgumentTypes(),
                                       llvm::IsaPred<RankedTensorType>);
  if (auto arg = dyn_cast<BlockArgument>(op.getLength()))
    keys = getAffineDimExpr(arg.getArgNumber() - numTensors, ctx);
  else if (std::optional<int64_t> length = getConstantIntValue(op.getLength()))
    keys = getAffineConstantExpr(*length, ctx);
  int64_t widths = op.getKeyWidth() + op.getValueWidth();
  AffineExpr bytes = queries * (4 * op.getHeads() * widths) +
                     keys * (4 * op.getKeyHeads() * widths);
  AffineExpr pairs = keys;
  if (auto rows = dyn_cast<AffineConstantExpr>(queries)) {
    int64_t m = rows.getValue();
    pairs = keys * m;
    // The row r sees length - m + 1 + r keys.
    if (op.getCausal())
      pairs = pairs - m * (m - 1) / 2;
  } else if (isa<AffineConstantExpr>(keys)) {
    pairs = queries * keys;
  }
  return {bytes, pairs * (2 * op.getHeads() * widths)};
}

/// The size of the first axis of an operand, by the kernel's index arguments.
static AffineExpr getRows(Value value, func::FuncOp kernel, int64_t axis = 0) {
  auto type = cast<RankedTensorType>(value.getType());
  if (!type.isDynamicDim(axis))
    return getAffineConstantExpr(type.getDimSize(axis), kernel.getContext());
  // Columns of a wider tensor, perhaps split.
  if (Operation *def = value.getDefiningOp())
    return getRows(def->getOperand(0), kernel, axis);
  auto dims = kernel.getArgAttrOfType<DenseI64ArrayAttr>(
      cast<BlockArgument>(value).getArgNumber(), "tercet.dims");
  return getAffineDimExpr(dims[axis], kernel.getContext());
}

/// Rows of all batches of a [..., M, D].
static AffineExpr getBatchedRows(Value value, func::FuncOp kernel) {
  AffineExpr rows = getAffineConstantExpr(1, kernel.getContext());
  for (int64_t i = 0, e = cast<ShapedType>(value.getType()).getRank();
       i + 1 < e; ++i)
    rows = rows * getRows(value, kernel, i);
  return rows;
}

KernelCost tercet::getKernelCost(Operation *root, func::FuncOp kernel) {
  MLIRContext *ctx = kernel.getContext();
  auto sizeOf = [&](RankedTensorType type, DenseI64ArrayAttr numbers) {
    AffineExpr size = getAffineConstantExpr(1, ctx);
    for (int64_t i = 0, e = type.getRank(); i < e; ++i)
      size = size * (type.isDynamicDim(i)
                         ? getAffineDimExpr(numbers[i], ctx)
                         : getAffineConstantExpr(type.getDimSize(i), ctx));
    return size;
  };
  auto bytesOf = [&](RankedTensorType type, DenseI64ArrayAttr numbers) {
    return sizeOf(type, numbers) * ((type.getElementTypeBitWidth() + 7) / 8);
  };
  if (auto attention = dyn_cast<rows::AttentionOp>(root)) {
    return getAttentionCost(attention, kernel,
                            getRows(attention.getQ(), kernel),
                            getRows(attention.getK(), kernel));
  }
  AffineExpr bytes = getAffineConstantExpr(0, ctx);
  for (BlockArgument arg : kernel.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(arg.getType());
    if (!type)
      continue;
    auto numbers = kernel.getArgAttrOfType<DenseI64ArrayAttr>(
        arg.getArgNumber(), "tercet.dims");
    // Of a tensor that is read by columns only these.
    if (!arg.use_empty() &&
        llvm::all_of(arg.getUsers(), llvm::IsaPred<tensor::ExtractSliceOp>)) {
      for (Operation *slice : arg.getUsers())
        bytes = bytes +
                bytesOf(cast<RankedTensorType>(slice->getResult(0).getType()),
                        numbers);
    } else {
      bytes = bytes + bytesOf(type, numbers);
    }
  }
  AffineExpr ops = getAffineConstantExpr(0, ctx);
  for (unsigned i = 0, e = kernel.getNumResults(); i < e; ++i) {
    auto type = cast<RankedTensorType>(kernel.getResultTypes()[i]);
    auto numbers =
        kernel.getResultAttrOfType<DenseI64ArrayAttr>(i, "tercet.dims");
    bytes = bytes + bytesOf(type, numbers);
    ops = ops + sizeOf(type, numbers);
  }
  if (auto insert = dyn_cast<rows::InsertOp>(root)) {
    // Of the state only the rows that are written.
    auto arg = cast<BlockArgument>(insert.getInput());
    AffineExpr rows = bytesOf(cast<RankedTensorType>(arg.getType()),
                              kernel.getArgAttrOfType<DenseI64ArrayAttr>(
                                  arg.getArgNumber(), "tercet.dims"));
    bytes = rows * 2;
    ops = getAffineConstantExpr(0, ctx);
  } else if (auto scan = dyn_cast<rows::ScanOp>(root)) {
    // Five operations for a step of a state.
    auto state = cast<RankedTensorType>(scan.getState().getType());
    ops = getRows(scan.getInput(), kernel) * (5 * state.getNumElements());
  } else if (auto conv = dyn_cast<rows::CausalConvOp>(root)) {
    auto weight = cast<RankedTensorType>(conv.getWeight().getType());
    ops = getRows(conv.getInput(), kernel) * (2 * weight.getNumElements());
  } else if (auto matmul = dyn_cast<rows::MatmulOp>(root)) {
    ops = ops * (2 * static_cast<int64_t>(matmul.getK()));
  } else if (auto grouped = dyn_cast<rows::GroupedMatmulOp>(root)) {
    ops = ops * (2 * static_cast<int64_t>(grouped.getK()));
    bytes = bytes - getUnusedBytes(grouped);
  } else if (auto grouped = dyn_cast<rows::GroupedFloatMatmulOp>(root)) {
    ops = ops *
          (2 * cast<ShapedType>(grouped.getInput().getType()).getDimSize(1));
    bytes = bytes - getUnusedBytes(grouped);
  } else if (auto product = dyn_cast<rows::FloatMatmulOp>(root)) {
    ops = ops *
          (2 * cast<ShapedType>(product.getInput().getType()).getDimSize(1));
  } else if (auto nearest = dyn_cast<rows::NearestOp>(root)) {
    ops = getBatchedRows(nearest.getInput(), kernel) *
          (2 * nearest.getCount() * nearest.getWidth());
  } else if (auto sum = dyn_cast<rows::SegmentSumOp>(root)) {
    ops = getBatchedRows(sum.getInput(), kernel) *
          cast<ShapedType>(sum.getInput().getType()).getShape().back();
  } else if (auto linalgOp = dyn_cast<linalg::LinalgOp>(root)) {
    SmallVector<int64_t> ranges = linalgOp.getStaticLoopRanges();
    for (auto [range, kind] :
         llvm::zip(ranges, linalgOp.getIteratorTypesArray()))
      if (kind == utils::IteratorType::reduction &&
          !ShapedType::isDynamic(range))
        ops = ops * range;
    int64_t scalarOps = 0;
    for (Operation &op : linalgOp.getBlock()->without_terminator())
      scalarOps += op.hasTrait<OpTrait::ConstantLike>() ? 0 : 1;
    ops = ops * std::max<int64_t>(scalarOps, 1);
  }
  return {bytes, ops};
}
