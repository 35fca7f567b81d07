//===- LowerRowsSegmentSum.cpp - rows added up by number ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tile has one chunk. On a CPU rows are the outer loop, and the columns of a
// row, which lie side by side in memory and in the sums, the inner one. On a
// GPU a thread has a column and goes through the rows. Either way a sum gets
// its terms in the order of the rows. Assumes memrefs and a tile of one chunk.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/Kernels/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_LOWERROWSSEGMENTSUM
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

namespace {
class Lowering {
public:
  explicit Lowering(rows::SegmentSumOp op) : op(op), b(op), loc(op.getLoc()) {}

  void lower() {
    auto type = cast<MemRefType>(op.getInit().getType());
    Value numbers = index(type.getDimSize(1)), all = index(type.getDimSize(2)),
          width = index(type.getDimSize(2) - 1);
    Value rows = emit<memref::DimOp>(op.getInput(), index(0));
    Value zero = real(0), one = real(1);
    auto config = op.getConfigAttr();
    if (config && config.contains("threads")) {
      inParallel(all, [&](Value column) {
        forEach(numbers, [&](Value k) { store(zero, k, column); });
        Value isCount =
            emit<arith::CmpIOp>(arith::CmpIPredicate::eq, column, width);
        Value place =
            emit<arith::MinUIOp>(column, emit<arith::SubIOp>(width, index(1)));
        forEach(rows, [&](Value row) {
          Value x = emit<memref::LoadOp>(op.getInput(), ValueRange{row, place});
          add(emit<arith::SelectOp>(isCount, one, x), number(row), column);
        });
      });
      return;
    }
    forEach(numbers, [&](Value k) {
      forEach(all, [&](Value column) { store(zero, k, column); });
    });
    forEach(rows, [&](Value row) {
      Value k = number(row);
      forEach(width, [&](Value column) {
        add(emit<memref::LoadOp>(op.getInput(), ValueRange{row, column}), k,
            column);
      });
      add(one, k, width);
    });
  }

private:
  template <typename Op, typename... Args> Value emit(Args &&...args) {
    return Op::create(b, loc, std::forward<Args>(args)...).getResult();
  }
  Value index(int64_t n) { return emit<arith::ConstantIndexOp>(n); }
  Value real(float x) { return emit<arith::ConstantOp>(b.getF32FloatAttr(x)); }
  Value number(Value row) {
    return emit<arith::IndexCastOp>(
        b.getIndexType(),
        emit<memref::LoadOp>(op.getNumbers(), ValueRange{row}));
  }
  void store(Value x, Value k, Value column) {
    memref::StoreOp::create(b, loc, x, op.getInit(),
                            ValueRange{index(0), k, column});
  }
  void add(Value x, Value k, Value column) {
    Value old =
        emit<memref::LoadOp>(op.getInit(), ValueRange{index(0), k, column});
    store(emit<arith::AddFOp>(old, x), k, column);
  }
  void forEach(Value count, function_ref<void(Value)> body) {
    auto loop = scf::ForOp::create(b, loc, index(0), count, index(1));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  }
  void inParallel(Value count, function_ref<void(Value)> body) {
    auto loop = scf::ParallelOp::create(
        b, loc, ValueRange{index(0)}, ValueRange{count}, ValueRange{index(1)});
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVars()[0]);
  }

  rows::SegmentSumOp op;
  OpBuilder b;
  Location loc;
};

struct LowerRowsSegmentSum
    : tercet::impl::LowerRowsSegmentSumBase<LowerRowsSegmentSum> {
  void runOnOperation() override {
    SmallVector<rows::SegmentSumOp> ops;
    getOperation().walk([&](rows::SegmentSumOp op) { ops.push_back(op); });
    for (rows::SegmentSumOp op : ops) {
      auto type = dyn_cast<MemRefType>(op.getInit().getType());
      if (!type || type.getRank() != 3 || type.getDimSize(0) != 1) {
        op.emitOpError("must be over memrefs and have one chunk; run "
                       "tile-kernels and bufferize-kernels first");
        return signalPassFailure();
      }
      Lowering(op).lower();
      op.erase();
    }
  }
};
} // namespace
