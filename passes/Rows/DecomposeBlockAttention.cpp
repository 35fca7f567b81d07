//===- DecomposeBlockAttention.cpp - attention over blocks to rows --------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Makes a rows.attention of each spatial.block_attention, and a rows.group of
// each spatial.block_order, the sort that such blocks come from. Offsets that
// are constants of equal blocks (the last one may be smaller) become a block
// size, by which kernels choose their registers; others stay. The log-sum-exp
// is left out where nobody asks for it. Assumes that the other spatial ops were
// decomposed, so that offsets of an order are constants.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "dialects/Spatial/IR/Spatial.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "passes/Rows/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_DECOMPOSEBLOCKATTENTION
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

/// The size of blocks that are equal but for the last one, 0 where they are not
/// or only data says it.
static int64_t getBlockSize(Value offsets, int64_t rows) {
  DenseIntElementsAttr constant;
  if (!matchPattern(offsets, m_Constant(&constant)))
    return 0;
  SmallVector<int64_t> values;
  for (const APInt &value : constant)
    values.push_back(value.getSExtValue());
  int64_t size = values[1] - values[0];
  for (auto [i, value] : llvm::enumerate(values))
    if (size < 1 || value != std::min<int64_t>(i * size, rows))
      return 0;
  // No block without rows at the end.
  return values[values.size() - 2] < rows ? size : 0;
}

static void decompose(OpBuilder &b, spatial::BlockAttentionOp op) {
  Location loc = op.getLoc();
  int64_t keys = op.getKey().getType().getDimSize(0);
  auto makeInit = [&](Value result) -> Value {
    auto type = cast<RankedTensorType>(result.getType());
    return tensor::EmptyOp::create(b, loc, type.getShape(),
                                   type.getElementType());
  };
  Value init = makeInit(op.getResult()), lse;
  SmallVector<Type> types{op.getResult().getType()};
  if (!op.getLse().use_empty()) {
    lse = makeInit(op.getLse());
    types.push_back(lse.getType());
  }
  Value queryOffsets = op.getQueryOffsets(), keyOffsets = op.getKeyOffsets();
  DenseI64ArrayAttr size;
  if (op.getMask()) {
    int64_t sizes[] = {
        getBlockSize(queryOffsets, op.getQuery().getType().getDimSize(0)),
        getBlockSize(keyOffsets, keys)};
    if (sizes[0] && sizes[1]) {
      size = b.getDenseI64ArrayAttr(sizes);
      queryOffsets = keyOffsets = Value();
    }
  }
  auto attention = rows::AttentionOp::create(
      b, loc, types, op.getQuery(), op.getKey(), op.getValue(),
      arith::ConstantIndexOp::create(b, loc, keys), /*first=*/Value(),
      op.getMask(), queryOffsets, keyOffsets, init, lse, op.getScaleAttr(),
      op.getCausalAttr(), size, DictionaryAttr());
  op.getResult().replaceAllUsesWith(attention.getResult(0));
  if (lse)
    op.getLse().replaceAllUsesWith(attention.getResult(1));
  op.erase();
}

static void decompose(OpBuilder &b, spatial::BlockOrderOp op) {
  Location loc = op.getLoc();
  SmallVector<Value> results{op.getOffsets(), op.getPlaces(), op.getRanks()};
  SmallVector<Value> inits;
  for (Value result : results)
    inits.push_back(tensor::EmptyOp::create(
        b, loc, cast<RankedTensorType>(result.getType()).getShape(),
        b.getI32Type()));
  auto sort = rows::GroupOp::create(b, loc, TypeRange(ValueRange(inits)),
                                    op.getBlocks(), inits[0], inits[1],
                                    inits[2], DictionaryAttr());
  for (auto [before, after] : llvm::zip(results, sort.getResults()))
    before.replaceAllUsesWith(after);
  op.erase();
}

namespace {
struct DecomposeBlockAttention
    : tercet::impl::DecomposeBlockAttentionBase<DecomposeBlockAttention> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<spatial::BlockAttentionOp, spatial::BlockOrderOp>(op))
        ops.push_back(op);
    });
    OpBuilder b(&getContext());
    for (Operation *op : ops) {
      b.setInsertionPoint(op);
      if (auto attention = dyn_cast<spatial::BlockAttentionOp>(op))
        decompose(b, attention);
      else
        decompose(b, cast<spatial::BlockOrderOp>(op));
    }
  }
};
} // namespace
