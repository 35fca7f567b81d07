//===- LowerRowsSelect.cpp - rows.select over memrefs to loops ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A radix selection without memory of its own: sixteen passes over the keys
// find two bits each of the k-th largest one, counting the keys that are not
// below three candidates; then one more counts those above it, and what is
// above it, with as many of its equals as are missing, is written in order. On
// a GPU each thread of the one workgroup does the counting for itself, all
// reading the same addresses, and writes a part of the numbers: threads need
// nothing of each other. Assumes memrefs and fewer than 2^31 keys.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/Kernels/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_LOWERROWSSELECT
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

namespace {
class Lowering {
public:
  explicit Lowering(rows::SelectOp op) : op(op), b(op), loc(op.getLoc()) {}

  void lower() {
    int64_t count = cast<MemRefType>(op.getKeys().getType()).getDimSize(0);
    int64_t k = cast<MemRefType>(op.getChosen().getType()).getDimSize(0);
    Value all = index(count), least = findLeast(all, k);
    Value above =
        fold(index(0), all, {word(0)}, [&](Value, Value key, ValueRange sums) {
          return SmallVector<Value>{
              countIf(arith::CmpIPredicate::ugt, key, least, sums[0])};
        })[0];
    Value missing = arith::SubIOp::create(b, loc, word(k), above);

    // The part of this thread, and what is chosen before it.
    auto config = op.getConfigAttr();
    auto threads =
        config ? config.getAs<IntegerAttr>("threads") : IntegerAttr();
    Value from = index(0), to = all, at = word(0), equals = word(0);
    if (threads) {
      int64_t part = llvm::divideCeil(count, threads.getInt());
      Value id = gpu::ThreadIdOp::create(b, loc, gpu::Dimension::x);
      auto limit = [&](Value first) -> Value {
        return arith::MinSIOp::create(b, loc, first, all);
      };
      from = limit(arith::MulIOp::create(b, loc, id, index(part)));
      to = limit(arith::AddIOp::create(b, loc, from, index(part)));
      ValueRange before =
          fold(index(0), from, {word(0), word(0)},
               [&](Value, Value key, ValueRange sums) {
                 return SmallVector<Value>{
                     countIf(arith::CmpIPredicate::ugt, key, least, sums[0]),
                     countIf(arith::CmpIPredicate::eq, key, least, sums[1])};
               });
      equals = before[1];
      at = arith::AddIOp::create(
          b, loc, before[0], arith::MinSIOp::create(b, loc, equals, missing));
    }
    fold(from, to, {at, equals}, [&](Value n, Value key, ValueRange state) {
      return write(n, key, state, least, missing);
    });
  }

private:
  /// The k-th largest key, as an unsigned number.
  Value findLeast(Value all, int64_t k) {
    auto bits = scf::ForOp::create(b, loc, index(0), index(16), index(1),
                                   ValueRange{word(0)});
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(bits.getBody());
    Value pass = arith::IndexCastOp::create(b, loc, b.getI32Type(),
                                            bits.getInductionVar());
    Value shift = arith::SubIOp::create(
        b, loc, word(30), arith::ShLIOp::create(b, loc, pass, word(1)));
    Value found = bits.getRegionIterArg(0);
    SmallVector<Value> candidates, zeros(3, word(0));
    for (int64_t digit = 1; digit <= 3; ++digit)
      candidates.push_back(arith::AddIOp::create(
          b, loc, found, arith::ShLIOp::create(b, loc, word(digit), shift)));
    ValueRange counts =
        fold(index(0), all, zeros, [&](Value, Value key, ValueRange sums) {
          SmallVector<Value> next;
          for (auto [candidate, sum] : llvm::zip(candidates, sums))
            next.push_back(
                countIf(arith::CmpIPredicate::uge, key, candidate, sum));
          return next;
        });
    for (auto [candidate, number] : llvm::zip(candidates, counts)) {
      Value enough = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge,
                                           number, word(k));
      found = arith::SelectOp::create(b, loc, enough, candidate, found);
    }
    scf::YieldOp::create(b, loc, found);
    return bits.getResult(0);
  }

  SmallVector<Value> write(Value n, Value key, ValueRange state, Value least,
                           Value missing) {
    auto compare = [&](arith::CmpIPredicate predicate, Value x,
                       Value y) -> Value {
      return arith::CmpIOp::create(b, loc, predicate, x, y);
    };
    Value above = compare(arith::CmpIPredicate::ugt, key, least),
          equal = compare(arith::CmpIPredicate::eq, key, least),
          wanted = compare(arith::CmpIPredicate::slt, state[1], missing);
    Value taken = arith::OrIOp::create(
        b, loc, above, arith::AndIOp::create(b, loc, equal, wanted));
    auto branch = scf::IfOp::create(b, loc, taken, /*withElseRegion=*/false);
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(branch.thenBlock());
      Value place =
          arith::IndexCastOp::create(b, loc, b.getIndexType(), state[0]);
      Value number = arith::IndexCastOp::create(b, loc, b.getI32Type(), n);
      memref::StoreOp::create(b, loc, number, op.getChosen(), place);
    }
    auto count = [&](Value is, Value sum) -> Value {
      Value one = arith::ExtUIOp::create(b, loc, b.getI32Type(), is);
      return arith::AddIOp::create(b, loc, sum, one);
    };
    return {count(taken, state[0]), count(equal, state[1])};
  }

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value word(int64_t value) {
    return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(value));
  }
  Value countIf(arith::CmpIPredicate predicate, Value key, Value than,
                Value sum) {
    Value is = arith::CmpIOp::create(b, loc, predicate, key, than);
    Value one = arith::ExtUIOp::create(b, loc, b.getI32Type(), is);
    return arith::AddIOp::create(b, loc, sum, one);
  }

  /// A loop over keys, as unsigned numbers of the same order.
  ValueRange
  fold(Value from, Value to, ArrayRef<Value> inits,
       function_ref<SmallVector<Value>(Value n, Value key, ValueRange)> body) {
    auto loop = scf::ForOp::create(b, loc, from, to, index(1), inits);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value n = loop.getInductionVar();
    Value key = memref::LoadOp::create(b, loc, op.getKeys(), n);
    key = arith::XOrIOp::create(b, loc, key,
                                word(std::numeric_limits<int32_t>::min()));
    scf::YieldOp::create(b, loc, body(n, key, loop.getRegionIterArgs()));
    return loop.getResults();
  }

  rows::SelectOp op;
  OpBuilder b;
  Location loc;
};

struct LowerRowsSelect : tercet::impl::LowerRowsSelectBase<LowerRowsSelect> {
  void runOnOperation() override {
    SmallVector<rows::SelectOp> ops;
    getOperation().walk([&](rows::SelectOp op) { ops.push_back(op); });
    for (rows::SelectOp op : ops) {
      if (!isa<MemRefType>(op.getKeys().getType())) {
        op.emitError("cannot be lowered before it is bufferized");
        return signalPassFailure();
      }
      Lowering(op).lower();
      op.erase();
    }
  }
};
} // namespace
