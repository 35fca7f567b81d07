//===- LowerRowsTopK.cpp - rows.topk and rows.group -----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The k largest of a row by k passes over it: value and column make one 64-bit
// key whose order is the op's (larger value first, then lower column, NaN
// last), so each pass takes the greatest key below the one before, without a
// record of what was taken, for any k and row. A row is a loop's step, or a
// thread's. The counting sort of rows.group is sequential, on one thread of a
// GPU. Assumes memrefs.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/Kernels/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_LOWERROWSTOPK
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

namespace {
class Lowering {
public:
  explicit Lowering(Operation *op) : op(op), b(op), loc(op->getLoc()) {}

  void lower(rows::TopKOp topk) {
    int64_t columns =
        cast<MemRefType>(topk.getValues().getType()).getDimSize(1);
    int64_t k = cast<MemRefType>(topk.getIds().getType()).getDimSize(1);
    Value m = memref::DimOp::create(b, loc, topk.getValues(), index(0));
    forEachOfThread(m, [&](Value row) {
      Value last = constant(std::numeric_limits<int64_t>::max());
      auto picks = scf::ForOp::create(b, loc, index(0), index(k), index(1),
                                      ValueRange{last});
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(picks.getBody());
      last = picks.getRegionIterArg(0);
      Value none = constant(std::numeric_limits<int64_t>::min());
      auto search = scf::ForOp::create(b, loc, index(0), index(columns),
                                       index(1), ValueRange{none});
      {
        OpBuilder::InsertionGuard inner(b);
        b.setInsertionPointToStart(search.getBody());
        Value column = search.getInductionVar();
        Value key = getKey(topk.getValues(), row, column);
        Value below =
            arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, key, last);
        key = arith::SelectOp::create(b, loc, below, key, none);
        Value best =
            arith::MaxSIOp::create(b, loc, search.getRegionIterArg(0), key);
        scf::YieldOp::create(b, loc, best);
      }
      Value best = search.getResult(0);
      Value low = arith::TruncIOp::create(b, loc, b.getI32Type(), best);
      Value id = arith::SubIOp::create(b, loc, lastColumn(), low);
      memref::StoreOp::create(b, loc, id, topk.getIds(),
                              ValueRange{row, picks.getInductionVar()});
      scf::YieldOp::create(b, loc, best);
    });
  }

  void lower(rows::GroupOp group) {
    Value offsets = group.getOffsets();
    int64_t count = cast<MemRefType>(offsets.getType()).getDimSize(0);
    Value rows = memref::DimOp::create(b, loc, group.getSlices(), index(0));
    auto config = group.getConfigAttr();
    if (config && config.contains("threads"))
      return lowerInParallel(group, rows, count);
    forEachOfThread(index(1), [&](Value) {
      Value zero = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(0));
      Value one = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(1));
      auto increment = [&](Value at) {
        Value old = memref::LoadOp::create(b, loc, offsets, at);
        Value next = arith::AddIOp::create(b, loc, old, one);
        memref::StoreOp::create(b, loc, next, offsets, at);
        return old;
      };
      auto slice = [&](Value row) -> Value {
        Value g = memref::LoadOp::create(b, loc, group.getSlices(), row);
        return arith::IndexCastOp::create(b, loc, b.getIndexType(), g);
      };
      auto after = [&](Value i) -> Value {
        return arith::AddIOp::create(b, loc, i, index(1));
      };
      forEach(index(0), index(count), 1, [&](Value g) {
        memref::StoreOp::create(b, loc, zero, offsets, g);
      });
      // Rows of slice g are counted at g + 1, then summed up.
      forEach(index(0), rows, 1,
              [&](Value row) { increment(after(slice(row))); });
      forEach(index(0), index(count - 1), 1, [&](Value g) {
        Value sum = arith::AddIOp::create(
            b, loc, memref::LoadOp::create(b, loc, offsets, g),
            memref::LoadOp::create(b, loc, offsets, after(g)));
        memref::StoreOp::create(b, loc, sum, offsets, after(g));
      });
      // Dealing the rows out moves each offset to the next one's place.
      forEach(index(0), rows, 1, [&](Value row) {
        Value at = increment(slice(row));
        memref::StoreOp::create(b, loc, at, group.getRank(), row);
        Value place = arith::IndexCastOp::create(b, loc, b.getIndexType(), at);
        Value number = arith::IndexCastOp::create(b, loc, b.getI32Type(), row);
        memref::StoreOp::create(b, loc, number, group.getOrder(), place);
      });
      forEach(index(1), index(count), 1, [&](Value i) {
        Value g = arith::SubIOp::create(b, loc, index(count), i);
        Value before = arith::SubIOp::create(b, loc, g, index(1));
        Value old = memref::LoadOp::create(b, loc, offsets, before);
        memref::StoreOp::create(b, loc, old, offsets, g);
      });
      memref::StoreOp::create(b, loc, zero, offsets, index(0));
    });
  }

  /// A thread has slices of its own and looks at all rows: those of lower
  /// slices are before its first one, and it deals out its own in their order.
  /// (One thread that did it all would wait for memory at each row.)
  void lowerInParallel(rows::GroupOp group, Value rows, int64_t count) {
    auto toWord = [&](Value v) -> Value {
      return arith::IndexCastOp::create(b, loc, b.getI32Type(), v);
    };
    auto emitLoop = [&](Value init,
                        function_ref<Value(Value, Value, Value)> body) {
      auto loop = scf::ForOp::create(b, loc, index(0), rows, index(1),
                                     ValueRange{init});
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      Value row = loop.getInductionVar();
      Value slice = memref::LoadOp::create(b, loc, group.getSlices(), row);
      Value next = body(row, slice, loop.getRegionIterArg(0));
      scf::YieldOp::create(b, loc, next);
      return loop.getResult(0);
    };
    auto countIf = [&](arith::CmpIPredicate predicate, Value slice, Value own,
                       Value sum) -> Value {
      Value is = arith::CmpIOp::create(b, loc, predicate, slice, own);
      Value one = arith::ExtUIOp::create(b, loc, b.getI32Type(), is);
      return arith::AddIOp::create(b, loc, sum, one);
    };
    forEachOfThread(index(count), [&](Value g) {
      Value own = toWord(g);
      Value first = emitLoop(word(0), [&](Value, Value slice, Value sum) {
        return countIf(arith::CmpIPredicate::slt, slice, own, sum);
      });
      memref::StoreOp::create(b, loc, first, group.getOffsets(), g);
      emitLoop(first, [&](Value row, Value slice, Value at) {
        Value is =
            arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, slice, own);
        auto guard = scf::IfOp::create(b, loc, is, /*withElseRegion=*/false);
        {
          OpBuilder::InsertionGuard inside(b);
          b.setInsertionPointToStart(guard.thenBlock());
          Value place =
              arith::IndexCastOp::create(b, loc, b.getIndexType(), at);
          memref::StoreOp::create(b, loc, toWord(row), group.getOrder(), place);
          memref::StoreOp::create(b, loc, at, group.getRank(), row);
        }
        return countIf(arith::CmpIPredicate::eq, slice, own, at);
      });
    });
  }

private:
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value constant(int64_t value) {
    return arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(value));
  }
  Value word(int64_t value) {
    return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(value));
  }
  Value lastColumn() { return word(std::numeric_limits<int32_t>::max()); }

  void forEach(Value from, Value to, int64_t step,
               function_ref<void(Value)> body) {
    auto loop = scf::ForOp::create(b, loc, from, to, index(step));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  }

  /// All of [0, to), or what the thread has of it.
  void forEachOfThread(Value to, function_ref<void(Value)> body) {
    auto config = op->getAttrOfType<DictionaryAttr>("config");
    auto threads =
        config ? config.getAs<IntegerAttr>("threads") : IntegerAttr();
    Value from =
        threads ? gpu::ThreadIdOp::create(b, loc, gpu::Dimension::x).getResult()
                : index(0);
    forEach(from, to, threads ? threads.getInt() : 1, body);
  }

  /// Orders as the op does: the float's bits as a sortable integer above the
  /// columns counted down.
  Value getKey(Value values, Value row, Value column) {
    Value x = memref::LoadOp::create(b, loc, values, ValueRange{row, column});
    Value bits = arith::BitcastOp::create(b, loc, b.getI32Type(), x);
    Value sign = arith::ShRSIOp::create(b, loc, bits, word(31));
    Value flip = arith::AndIOp::create(b, loc, sign, lastColumn());
    Value sortable = arith::XOrIOp::create(b, loc, bits, flip);
    Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0.0f));
    Value isZero =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, x, zero);
    sortable = arith::SelectOp::create(b, loc, isZero, word(0), sortable);
    Value isNaN =
        arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, x, x);
    sortable = arith::SelectOp::create(
        b, loc, isNaN, word(std::numeric_limits<int32_t>::min()), sortable);
    Value high = arith::ShLIOp::create(
        b, loc, arith::ExtSIOp::create(b, loc, b.getI64Type(), sortable),
        constant(32));
    Value number = arith::IndexCastOp::create(b, loc, b.getI32Type(), column);
    Value low = arith::ExtUIOp::create(
        b, loc, b.getI64Type(),
        arith::SubIOp::create(b, loc, lastColumn(), number));
    return arith::OrIOp::create(b, loc, high, low);
  }

  Operation *op;
  OpBuilder b;
  Location loc;
};

struct LowerRowsTopK : tercet::impl::LowerRowsTopKBase<LowerRowsTopK> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<rows::TopKOp, rows::GroupOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      if (!isa<MemRefType>(op->getOperand(0).getType())) {
        op->emitError("cannot be lowered before it is bufferized");
        return signalPassFailure();
      }
      if (auto topk = dyn_cast<rows::TopKOp>(op))
        Lowering(op).lower(topk);
      else
        Lowering(op).lower(cast<rows::GroupOp>(op));
      op->erase();
    }
  }
};
} // namespace
