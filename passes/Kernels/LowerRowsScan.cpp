//===- LowerRowsScan.cpp - recurrences to vectors -------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Both ops change their state where it is: a tile reads its part, keeps it in
// registers over the steps, and writes it back, once for every block of steps.
//
// rows.causal_conv: lanes along the channels; the window of the last inputs
// moves through registers.
//
// rows.scan, where there are few steps, or no chunks in its config: 16 lanes
// along the states, as many values of a head at a time as leave registers for
// their states; the steps' factors are computed before, for a block of steps at
// once. Many steps are products of matrices (LowerRowsScanChunks.cpp). GPUs
// have a lowering of their own. Assumes memrefs whose last axes are contiguous.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Kernels/Passes.h"
#include "passes/Kernels/ScanBuilder.h"

namespace tercet {
#define GEN_PASS_DEF_LOWERROWSSCAN
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using kernels::ScanBuilder;
using Values = SmallVector<Value>;

static constexpr int64_t kLanes = ScanBuilder::kLanes;
/// Steps whose factors are computed at once.
static constexpr int64_t kBlockSteps = 64;
/// So many steps and more are taken by chunks, where the config has them.
static constexpr int64_t kManySteps = 16;
/// Vectors of states that are kept over the steps.
static constexpr int64_t kStateVectors = 16;

namespace {
class ConvLowering {
public:
  explicit ConvLowering(rows::CausalConvOp op) : op(op), s(op) {
    width = cast<MemRefType>(op.getWeight().getType()).getDimSize(1);
  }

  void lower() {
    Value channels = s.size(op.getBias(), 0);
    s.forEachBlock(channels, kLanes, [&](Value channel, int64_t count) {
      lowerChannels(channel, count);
    });
  }

private:
  Value load(Value memref, ValueRange at, int64_t count) {
    return count == 1 ? s.load(memref, at) : s.loadVector(memref, at, count);
  }
  void store(Value value, Value memref, ValueRange at, int64_t count) {
    if (count == 1)
      s.store(value, memref, at);
    else
      s.storeVector(value, memref, at);
  }

  /// One vector a tap, of `count` channels whose weights lie side by side.
  Values loadWeights(Value channel, int64_t count) {
    Values taps;
    if (count == 1) {
      for (int64_t j = 0; j < width; ++j)
        taps.push_back(s.load(op.getWeight(), {channel, s.index(j)}));
      return taps;
    }
    Value flat = s.emit<memref::CollapseShapeOp>(
        op.getWeight(), SmallVector<ReassociationIndices>{{0, 1}});
    Value from = s.emit<arith::MulIOp>(channel, s.index(width));
    Value all = s.loadVector(flat, from, count * width);
    for (int64_t j = 0; j < width; ++j) {
      SmallVector<int64_t> lanes;
      for (int64_t i = 0; i < count; ++i)
        lanes.push_back(i * width + j);
      taps.push_back(s.emit<vector::ShuffleOp>(all, all, lanes));
    }
    return taps;
  }

  void lowerChannels(Value channel, int64_t count) {
    Values taps = loadWeights(channel, count), window;
    Value bias = load(op.getBias(), channel, count);
    for (int64_t j = 0; j + 1 < width; ++j)
      window.push_back(load(op.getState(), {s.index(j), channel}, count));
    Value steps = s.size(op.getInput(), 0);
    window = s.forEach(
        s.index(0), steps, 1, window, [&](Value step, ValueRange carried) {
          Values inputs(carried);
          inputs.push_back(load(op.getInput(), {step, channel}, count));
          store(s.silu(s.convolve(bias, taps, inputs)), op.getInit(),
                {step, channel}, count);
          inputs.erase(inputs.begin());
          return inputs;
        });
    for (auto [j, value] : llvm::enumerate(window))
      store(value, op.getState(), {s.index(j), channel}, count);
  }

  rows::CausalConvOp op;
  ScanBuilder s;
  int64_t width;
};

class ScanLowering {
public:
  explicit ScanLowering(rows::ScanOp op)
      : op(op), s(op), states(op.getStates()),
        vectors(llvm::divideCeil(states, kLanes)) {}

  void lower() {
    int64_t known = cast<MemRefType>(op.getInput().getType()).getDimSize(0);
    DictionaryAttr config = op.getConfigAttr();
    auto get = [&](StringRef name) {
      auto attr = config ? config.getAs<IntegerAttr>(name) : IntegerAttr();
      return attr ? attr.getInt() : int64_t(0);
    };
    auto fma = config ? config.getAs<BoolAttr>("fma") : BoolAttr();
    kernels::ScanChunkOptions options{get("chunk"), fma && fma.getValue(),
                                      get("row_block"), get("vectors")};
    bool mayBeMany = ShapedType::isDynamic(known) || known >= kManySteps;
    if (!mayBeMany || options.rows < 1 || options.vectors < 1 ||
        !kernels::takesScanChunks(op, options.chunk))
      return lowerSteps(known);
    if (!ShapedType::isDynamic(known))
      return kernels::lowerScanByChunks(s, op, options);
    Value many =
        s.emit<arith::CmpIOp>(arith::CmpIPredicate::sge,
                              s.size(op.getInput(), 0), s.index(kManySteps));
    auto choice = scf::IfOp::create(s.b, s.loc, many, /*withElseRegion=*/true);
    s.b.setInsertionPointToStart(choice.thenBlock());
    kernels::lowerScanByChunks(s, op, options);
    s.b.setInsertionPointToStart(choice.elseBlock());
    lowerSteps(known);
  }

private:
  void lowerSteps(int64_t known) {
    int64_t block = ShapedType::isDynamic(known)
                        ? kBlockSteps
                        : std::clamp<int64_t>(known, 1, kBlockSteps);
    auto buffer = MemRefType::get({block}, s.b.getF32Type());
    sizes = s.emit<memref::AllocOp>(buffer);
    factors = s.emit<memref::AllocOp>(buffer);
    if (states % kLanes)
      mask = s.emit<vector::CreateMaskOp>(
          VectorType::get({kLanes}, s.b.getI1Type()), s.index(states % kLanes));
    Value steps = s.size(op.getInput(), 0), values = s.size(op.getInput(), 2);
    int64_t together = std::clamp<int64_t>(kStateVectors / vectors, 1, 4);
    s.forEach(s.index(0), s.index(op.getHeads()), 1, [&](Value h) {
      head = h;
      group = s.emit<arith::DivUIOp>(h, s.index(op.getHeadsPerGroup()));
      skip = s.load(op.getSkip(), h);
      s.forEach(s.index(0), steps, block, [&](Value from) {
        Value left = s.emit<arith::SubIOp>(steps, from);
        Value count = s.emit<arith::MinSIOp>(left, s.index(block));
        computeSteps(from, count);
        s.forEachBlock(values, together, [&](Value value, int64_t rows) {
          run(from, count, value, rows);
        });
      });
    });
  }

  void computeSteps(Value from, Value count) {
    Value rate = s.getRate(s.load(op.getALog(), head));
    Value bias = s.load(op.getDtBias(), head);
    s.forEach(s.index(0), count, 1, [&](Value i) {
      Value dt = s.load(op.getDt(), {s.addIndex(from, i), head});
      auto [d, a] = s.getStep(dt, bias, rate, op.getMinStepAttr());
      s.store(d, sizes, i);
      s.store(a, factors, i);
    });
  }

  /// The mask of a vector of states, null where all of it counts.
  Value maskOf(int64_t vector) {
    return vector + 1 == vectors ? mask : Value();
  }
  Value column(int64_t vector) { return s.index(vector * kLanes); }

  /// `rows` values of the head from `value` on, over a block of steps.
  void run(Value from, Value count, Value value, int64_t rows) {
    Values carried, places;
    for (int64_t r = 0; r < rows; ++r) {
      places.push_back(s.addIndex(value, r));
      for (int64_t v = 0; v < vectors; ++v)
        carried.push_back(s.loadVector(
            op.getState(), {head, places[r], column(v)}, kLanes, maskOf(v)));
    }
    carried = s.forEach(
        s.index(0), count, 1, carried, [&](Value i, ValueRange state) {
          Value step = s.addIndex(from, i);
          Value size = s.load(sizes, i);
          Value factor = s.splat(s.load(factors, i), kLanes);
          Values next(state), inputs, scaled,
              sums(rows, s.constant(0, s.vectorType(kLanes)));
          for (Value place : places) {
            inputs.push_back(s.load(op.getInput(), {step, head, place}));
            scaled.push_back(s.splat(s.mul(size, inputs.back()), kLanes));
          }
          for (int64_t v = 0; v < vectors; ++v) {
            auto ofGroup = [&](Value memref) {
              return s.loadVector(memref, {step, group, column(v)}, kLanes,
                                  maskOf(v));
            };
            Value in = ofGroup(op.getB()), out = ofGroup(op.getC());
            for (int64_t r = 0; r < rows; ++r) {
              Value &one = next[r * vectors + v];
              one = s.add(s.mul(factor, one), s.mul(scaled[r], in));
              sums[r] = s.add(sums[r], s.mul(out, one));
            }
          }
          for (int64_t r = 0; r < rows; ++r)
            s.store(s.add(s.sumTree(sums[r]), s.mul(skip, inputs[r])),
                    op.getInit(), {step, head, places[r]});
          return next;
        });
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t v = 0; v < vectors; ++v)
        s.storeVector(carried[r * vectors + v], op.getState(),
                      {head, places[r], column(v)}, maskOf(v));
  }

  rows::ScanOp op;
  ScanBuilder s;
  int64_t states, vectors;
  /// Of the steps of a block: D and a.
  Value sizes, factors;
  Value mask, head, group, skip;
};

struct LowerRowsScan : tercet::impl::LowerRowsScanBase<LowerRowsScan> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<rows::CausalConvOp, rows::ScanOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      if (!isa<MemRefType>(op->getOperand(0).getType())) {
        op->emitError("cannot be lowered before it is bufferized");
        return signalPassFailure();
      }
      if (auto conv = dyn_cast<rows::CausalConvOp>(op))
        ConvLowering(conv).lower();
      else
        ScanLowering(cast<rows::ScanOp>(op)).lower();
      op->erase();
    }
  }
};
} // namespace
