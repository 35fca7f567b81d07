//===- LowerRowsScan.cpp - rows.scan over a workgroup ---------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sixteen neighbouring threads have a value of a head: each keeps every
// sixteenth of its states in registers over all steps, and their sums meet by
// exchange between lanes, in the order of the tree that latent.scan states.
// Neighbours touch neighbouring memory; the state is read once and written
// once. Every thread takes as many turns as the others, since all have to be
// there for an exchange; turns behind the last value repeat it and store
// nothing. Assumes memrefs, static numbers of heads and states, and a config
// with `threads`; fails without them.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Kernels/ScanBuilder.h"
#include "targets/GPU/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_GPULOWERROWSSCAN
#include "targets/GPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using kernels::ScanBuilder;
using Values = SmallVector<Value>;

/// Threads that share a value of a head, and partial sums of it.
static constexpr int64_t kLanes = 16;

namespace {
class ScanLowering {
public:
  ScanLowering(rows::ScanOp op, int64_t threads)
      : op(op), s(op), threads(threads), states(op.getStates()),
        parts(llvm::divideCeil(states, kLanes)) {}

  void lower() {
    values = s.size(op.getInput(), 2);
    Value heads = s.index(op.getHeads());
    Value all = s.emit<arith::MulIOp>(s.emit<arith::MulIOp>(values, heads),
                                      s.index(kLanes));
    Value turns = s.emit<arith::MulIOp>(
        s.emit<arith::CeilDivSIOp>(all, s.index(threads)), s.index(threads));
    Value thread = gpu::ThreadIdOp::create(s.b, s.loc, gpu::Dimension::x);
    s.forEach(thread, turns, threads, [&](Value point) { run(point, all); });
  }

private:
  /// States that this thread has, and whether there are such.
  Value column(int64_t part) { return s.addIndex(lane, part * kLanes); }
  Value exists(int64_t part) {
    return s.emit<arith::CmpIOp>(arith::CmpIPredicate::slt, column(part),
                                 s.index(states));
  }
  bool isWhole(int64_t part) { return (part + 1) * kLanes <= states; }

  /// memref[at..., column(part)], or 0 behind the states.
  Value load(Value memref, Value x, Value y, int64_t part) {
    Value at = column(part);
    if (isWhole(part))
      return s.load(memref, {x, y, at});
    at = s.emit<arith::MinSIOp>(at, s.index(states - 1));
    return s.emit<arith::SelectOp>(exists(part), s.load(memref, {x, y, at}),
                                   s.constant(0));
  }

  void storeIf(Value condition, Value value, Value memref, ValueRange at) {
    auto guard =
        scf::IfOp::create(s.b, s.loc, condition, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard restore(s.b);
    s.b.setInsertionPointToStart(guard.thenBlock());
    s.store(value, memref, at);
  }

  /// The sum over the lanes, in all of them: what each step adds is the same
  /// whichever of the two lanes does it.
  Value sumTree(Value v) {
    for (int64_t half = kLanes / 2; half >= 1; half /= 2) {
      auto other = gpu::ShuffleOp::create(
          s.b, s.loc, v, static_cast<int32_t>(half), 32, gpu::ShuffleMode::XOR);
      v = s.add(v, other.getShuffleResult());
    }
    return v;
  }

  void run(Value point, Value all) {
    using P = arith::CmpIPredicate;
    Value inside = s.emit<arith::CmpIOp>(P::slt, point, all);
    lane = s.emit<arith::RemUIOp>(point, s.index(kLanes));
    Value last = s.addIndex(s.emit<arith::DivUIOp>(all, s.index(kLanes)), -1);
    Value number = s.emit<arith::MinSIOp>(
        s.emit<arith::DivUIOp>(point, s.index(kLanes)), last);
    Value head = s.emit<arith::DivUIOp>(number, values);
    Value value = s.emit<arith::RemUIOp>(number, values);
    Value group = s.emit<arith::DivUIOp>(head, s.index(op.getHeadsPerGroup()));
    Value first = s.emit<arith::CmpIOp>(P::eq, lane, s.index(0));
    Value stores = s.emit<arith::AndIOp>(inside, first);
    Value rate = s.getRate(s.load(op.getALog(), head));
    Value bias = s.load(op.getDtBias(), head);
    Value skip = s.load(op.getSkip(), head);

    Values carried;
    for (int64_t part = 0; part < parts; ++part)
      carried.push_back(load(op.getState(), head, value, part));
    carried = s.forEach(s.index(0), s.size(op.getInput(), 0), 1, carried,
                        [&](Value step, ValueRange state) {
                          auto [size, factor] =
                              s.getStep(s.load(op.getDt(), {step, head}), bias,
                                        rate, op.getMinStepAttr());
                          Value x = s.load(op.getInput(), {step, head, value});
                          Value scaled = s.mul(size, x), sum = s.constant(0);
                          Values next(state);
                          for (auto [part, one] : llvm::enumerate(next)) {
                            Value in = load(op.getB(), step, group, part);
                            one = s.add(s.mul(factor, one), s.mul(scaled, in));
                            Value out = load(op.getC(), step, group, part);
                            sum = s.add(sum, s.mul(out, one));
                          }
                          storeIf(stores, s.add(sumTree(sum), s.mul(skip, x)),
                                  op.getInit(), {step, head, value});
                          return next;
                        });
    for (auto [part, one] : llvm::enumerate(carried)) {
      Value condition = inside;
      if (!isWhole(part))
        condition = s.emit<arith::AndIOp>(inside, exists(part));
      storeIf(condition, one, op.getState(), {head, value, column(part)});
    }
  }

  rows::ScanOp op;
  ScanBuilder s;
  int64_t threads, states, parts;
  Value values, lane;
};

struct GPULowerRowsScan : tercet::impl::GPULowerRowsScanBase<GPULowerRowsScan> {
  void runOnOperation() override {
    SmallVector<rows::ScanOp> ops;
    getOperation().walk([&](rows::ScanOp op) { ops.push_back(op); });
    for (rows::ScanOp op : ops) {
      auto config = op.getConfigAttr();
      auto threads =
          config ? config.getAs<IntegerAttr>("threads") : IntegerAttr();
      if (!isa<MemRefType>(op.getInput().getType()) || !threads) {
        op.emitOpError("needs memrefs and a config with threads");
        return signalPassFailure();
      }
      ScanLowering(op, threads.getInt()).lower();
      op.erase();
    }
  }
};
} // namespace
