//===- LowerRowsInsert.cpp - rows.insert to a copy into a view ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The rows of the state that an insert names are a view, and the insert a copy
// into it, which every target spreads over vectors or threads as it does any
// elementwise work. No rows are no steps. Assumes memrefs.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "passes/Kernels/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_LOWERROWSINSERT
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

static void lower(rows::InsertOp op) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  Value input = op.getInput();
  auto type = cast<MemRefType>(input.getType());
  int64_t rank = type.getRank();
  SmallVector<OpFoldResult> offsets(rank, b.getIndexAttr(0)),
      sizes = memref::getMixedSizes(b, loc, input),
      strides(rank, b.getIndexAttr(1));
  offsets[0] = getAsOpFoldResult(op.getOffset());
  Value view =
      memref::SubViewOp::create(b, loc, op.getInit(), offsets, sizes, strides);
  SmallVector<AffineMap> maps(2, b.getMultiDimIdentityMap(rank));
  SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
  linalg::GenericOp::create(b, loc, input, view, maps, loops,
                            [](OpBuilder &b, Location loc, ValueRange args) {
                              linalg::YieldOp::create(b, loc, args[0]);
                            });
  op.erase();
}

namespace {
struct LowerRowsInsert : tercet::impl::LowerRowsInsertBase<LowerRowsInsert> {
  void runOnOperation() override {
    SmallVector<rows::InsertOp> ops;
    getOperation().walk([&](rows::InsertOp op) { ops.push_back(op); });
    for (rows::InsertOp op : ops) {
      if (op->getNumResults()) {
        op.emitOpError("must be over memrefs; run bufferize-kernels first");
        return signalPassFailure();
      }
      lower(op);
    }
  }
};
} // namespace
