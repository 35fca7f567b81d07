//===- LowerRowsScan.cpp - recurrences over a workgroup -------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// rows.scan: sixteen neighbouring threads have a value of a head: each keeps
// every sixteenth of its states in registers over a block of steps, and their
// sums meet by exchange between lanes, in the order of the tree that
// latent.scan states. Neighbours touch neighbouring memory. What a step does to
// all values of a head alike is computed once for a block of steps and shared.
// Every thread takes as many turns as the others, since all have to be there
// for an exchange; turns behind the last value repeat it and store nothing.
//
// rows.causal_conv is no recurrence but in its state: a thread has a channel
// and a part of the steps, and the state is written when all have read it.
//
// Assumes memrefs, static numbers of heads and states, and a config with
// `threads`; fails without them.
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
static constexpr int64_t kLanes = ScanBuilder::kLanes;
/// Steps whose factors are shared.
static constexpr int64_t kBlockSteps = 64;
/// Parts of the steps of a convolution.
static constexpr int64_t kParts = 16;

static void forEachInParallel(ScanBuilder &s, ArrayRef<Value> counts,
                              function_ref<void(ValueRange)> body) {
  Values zeros(counts.size(), s.index(0)), ones(counts.size(), s.index(1));
  auto loop = scf::ParallelOp::create(s.b, s.loc, zeros, counts, ones);
  OpBuilder::InsertionGuard guard(s.b);
  s.b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVars());
}

namespace {
class ScanLowering {
public:
  ScanLowering(rows::ScanOp op, int64_t threads)
      : op(op), s(op), threads(threads), states(op.getStates()),
        parts(llvm::divideCeil(states, kLanes)) {}

  void lower() {
    int64_t known = cast<MemRefType>(op.getInput().getType()).getDimSize(0);
    int64_t block = ShapedType::isDynamic(known)
                        ? kBlockSteps
                        : std::clamp<int64_t>(known, 1, kBlockSteps);
    auto buffer = MemRefType::get({block, op.getHeads()}, s.b.getF32Type());
    sizes = s.emit<memref::AllocOp>(buffer);
    factors = s.emit<memref::AllocOp>(buffer);
    values = s.size(op.getInput(), 2);
    Value heads = s.index(op.getHeads());
    Value all = s.emit<arith::MulIOp>(s.emit<arith::MulIOp>(values, heads),
                                      s.index(kLanes));
    Value turns = s.emit<arith::MulIOp>(
        s.emit<arith::CeilDivSIOp>(all, s.index(threads)), s.index(threads));
    Value steps = s.size(op.getInput(), 0);
    s.forEach(s.index(0), steps, block, [&](Value first) {
      from = first;
      count = s.emit<arith::MinSIOp>(s.emit<arith::SubIOp>(steps, from),
                                     s.index(block));
      forEachInParallel(s, {count, heads}, [&](ValueRange i) {
        Value head = i[1];
        Value dt = s.load(op.getDt(), {s.addIndex(from, i[0]), head});
        auto [size, factor] = s.getStep(dt, s.load(op.getDtBias(), head),
                                        s.getRate(s.load(op.getALog(), head)),
                                        op.getMinStepAttr());
        s.store(size, sizes, i);
        s.store(factor, factors, i);
      });
      Value thread = gpu::ThreadIdOp::create(s.b, s.loc, gpu::Dimension::x);
      s.forEach(thread, turns, threads, [&](Value point) { run(point, all); });
    });
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
    Value skip = s.load(op.getSkip(), head);

    Values carried;
    for (int64_t part = 0; part < parts; ++part)
      carried.push_back(load(op.getState(), head, value, part));
    carried = s.forEach(s.index(0), count, 1, carried,
                        [&](Value i, ValueRange state) {
                          Value step = s.addIndex(from, i);
                          Value size = s.load(sizes, {i, head});
                          Value factor = s.load(factors, {i, head});
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
  /// Of the steps of a block and the heads of the tile: D and a.
  Value sizes, factors;
  Value values, lane, from, count;
};

class ConvLowering {
public:
  explicit ConvLowering(rows::CausalConvOp op)
      : op(op), s(op),
        width(cast<MemRefType>(op.getWeight().getType()).getDimSize(1)) {}

  void lower() {
    steps = s.size(op.getInput(), 0);
    int64_t known = cast<MemRefType>(op.getInput().getType()).getDimSize(0);
    int64_t parts = ShapedType::isDynamic(known)
                        ? kParts
                        : std::clamp<int64_t>(known, 1, kParts);
    Value each = s.emit<arith::CeilDivSIOp>(steps, s.index(parts));
    Value channels = s.size(op.getBias(), 0);
    forEachInParallel(s, {s.index(parts), channels}, [&](ValueRange i) {
      Value from = s.emit<arith::MulIOp>(i[0], each);
      Value to = s.emit<arith::MinSIOp>(s.addIndex(from, each), steps);
      run(from, to, i[1]);
    });
    forEachInParallel(s, {channels}, [&](ValueRange i) {
      // In this order none is overwritten that a later one reads.
      for (int64_t j = 0; j + 1 < width; ++j) {
        Value step = s.addIndex(steps, j + 1 - width);
        s.store(getInput(step, i[0]), op.getState(), {s.index(j), i[0]});
      }
    });
  }

private:
  /// The input of a step, which for one before the first is in the state.
  Value getInput(Value step, Value channel) {
    Value before =
        s.emit<arith::CmpIOp>(arith::CmpIPredicate::slt, step, s.index(0));
    auto choice = scf::IfOp::create(s.b, s.loc, TypeRange{s.b.getF32Type()},
                                    before, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(s.b);
    s.b.setInsertionPointToStart(choice.thenBlock());
    Value row = s.addIndex(step, width - 1);
    scf::YieldOp::create(s.b, s.loc, s.load(op.getState(), {row, channel}));
    s.b.setInsertionPointToStart(choice.elseBlock());
    scf::YieldOp::create(s.b, s.loc, s.load(op.getInput(), {step, channel}));
    return choice.getResult(0);
  }

  void run(Value from, Value to, Value channel) {
    Value any = s.emit<arith::CmpIOp>(arith::CmpIPredicate::slt, from, to);
    auto guard = scf::IfOp::create(s.b, s.loc, any, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard restore(s.b);
    s.b.setInsertionPointToStart(guard.thenBlock());
    Values taps, window;
    for (int64_t j = 0; j < width; ++j)
      taps.push_back(s.load(op.getWeight(), {channel, s.index(j)}));
    for (int64_t j = 0; j + 1 < width; ++j)
      window.push_back(getInput(s.addIndex(from, j + 1 - width), channel));
    Value bias = s.load(op.getBias(), channel);
    s.forEach(from, to, 1, window, [&](Value step, ValueRange carried) {
      Values inputs(carried);
      inputs.push_back(s.load(op.getInput(), {step, channel}));
      s.store(s.silu(s.convolve(bias, taps, inputs)), op.getInit(),
              {step, channel});
      inputs.erase(inputs.begin());
      return inputs;
    });
  }

  rows::CausalConvOp op;
  ScanBuilder s;
  int64_t width;
  Value steps;
};

struct GPULowerRowsScan : tercet::impl::GPULowerRowsScanBase<GPULowerRowsScan> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<rows::ScanOp, rows::CausalConvOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      auto config = op->getAttrOfType<DictionaryAttr>("config");
      auto threads =
          config ? config.getAs<IntegerAttr>("threads") : IntegerAttr();
      if (!isa<MemRefType>(op->getOperand(0).getType()) || !threads) {
        op->emitOpError("needs memrefs and a config with threads");
        return signalPassFailure();
      }
      if (auto scan = dyn_cast<rows::ScanOp>(op))
        ScanLowering(scan, threads.getInt()).lower();
      else
        ConvLowering(cast<rows::CausalConvOp>(op)).lower();
      op->erase();
    }
  }
};
} // namespace
