//===- LowerStateUpdates.cpp - rows written into states -------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tensor.insert_slice of whole rows into a state's value becomes rows.insert,
// with a rows.limit that keeps the rows inside of the state. Every other
// tensor.insert_slice of an entry function is refused: what it would copy is a
// whole tensor, which is seldom what a model means. Assumes that calls are
// inlined.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/SymbolTable.h"
#include "passes/Rows/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_LOWERSTATEUPDATES
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

/// The state that `value` is a version of: loaded, or updated by inserts.
static ml_program::GlobalOp getState(Value value,
                                     SymbolTableCollection &symbols) {
  while (auto insert = value.getDefiningOp<rows::InsertOp>())
    value = insert.getInit();
  auto load = value.getDefiningOp<ml_program::GlobalLoadOp>();
  if (!load)
    return {};
  auto global = symbols.lookupNearestSymbolFrom<ml_program::GlobalOp>(
      load, load.getGlobalAttr());
  return global && global.getIsMutable() ? global : ml_program::GlobalOp();
}

static LogicalResult lower(tensor::InsertSliceOp op, RewriterBase &rewriter,
                           SymbolTableCollection &symbols) {
  ml_program::GlobalOp state = getState(op.getDest(), symbols);
  if (!state)
    return op.emitOpError("writes into a tensor that is no state; it may only "
                          "update what ml_program.global_load gives of a "
                          "mutable ml_program.global, or another such update");
  RankedTensorType source = op.getSourceType(), dest = op.getType();
  bool rows = source.getRank() == dest.getRank() && dest.getRank() >= 2 &&
              dest.hasStaticShape() && op.hasUnitStride();
  for (int64_t i = 1, e = rows ? dest.getRank() : 0; i < e; ++i)
    rows = rows && isConstantIntValue(op.getMixedOffsets()[i], 0) &&
           isConstantIntValue(op.getMixedSizes()[i], dest.getDimSize(i)) &&
           source.getDimSize(i) == dest.getDimSize(i);
  if (!rows)
    return op.emitOpError("updates state '")
           << state.getSymName() << "' of type " << dest
           << " other than by whole rows: it takes rank 2 or more, a source of "
              "that rank, unit strides, an offset on axis 0 only, and all of "
              "the other axes";

  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);
  Value offset =
      getValueOrCreateConstantIndexOp(rewriter, loc, op.getMixedOffsets()[0]);
  Value count = getValueOrCreateConstantIndexOp(
      rewriter, loc, tensor::getMixedSize(rewriter, loc, op.getSource(), 0));
  // Constants have been checked by the slice's own verifier.
  if (!getConstantIntValue(offset) || !getConstantIntValue(count))
    rows::LimitOp::create(rewriter, loc, ValueRange{offset, count},
                          dest.getDimSize(0),
                          ("rows of state '" + state.getSymName() + "'").str());
  auto insert =
      rows::InsertOp::create(rewriter, loc, TypeRange{dest}, op.getSource(),
                             offset, op.getDest(), DictionaryAttr());
  rewriter.replaceOp(op, insert.getResults());
  return success();
}

namespace {
struct LowerStateUpdates
    : tercet::impl::LowerStateUpdatesBase<LowerStateUpdates> {
  void runOnOperation() override {
    SymbolTableCollection symbols;
    IRRewriter rewriter(&getContext());
    // In order: an update of an update finds the first one lowered.
    SmallVector<tensor::InsertSliceOp> slices;
    getOperation().walk(
        [&](tensor::InsertSliceOp op) { slices.push_back(op); });
    for (tensor::InsertSliceOp op : slices)
      if (failed(lower(op, rewriter, symbols)))
        return signalPassFailure();
  }
};
} // namespace
