//===- LowerRowsQuantize.cpp - rows.quantize and norm over a workgroup ----===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One row by all threads of a workgroup, as parallel loops that communicate
// through small buffers (later shared memory, with barriers where they depend):
//
//   sums of floats   16 threads with 16 strided partial sums, combined as a
//                    tree: the order that every target keeps (rows.quantize);
//                    of a norm by groups the sums of all groups side by side
//   maxima, integer sums, quantised values   all threads: no order matters
//
// Assumes memrefs. An op with `hadamard` is left to the common lowering, where
// a thread has a row of its own.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "targets/GPU/Passes.h"
#include <cmath>

namespace tercet {
#define GEN_PASS_DEF_GPULOWERROWSQUANTIZE
#include "targets/GPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

/// Partial sums of a row, whatever the machine.
static constexpr int64_t kPartials = 16;

namespace {
class QuantizeLowering {
public:
  QuantizeLowering(rows::QuantizeOp op, int64_t threads)
      : op(op), b(op), loc(op.getLoc()), threads(threads),
        k(cast<MemRefType>(op.getInput().getType()).getDimSize(1)),
        paddedK(cast<MemRefType>(op.getValues().getType()).getDimSize(1)) {}

  void lower() {
    floats = memref::AllocOp::create(
        b, loc,
        MemRefType::get({std::max(threads, kPartials)}, b.getF32Type()));
    words = memref::AllocOp::create(b, loc,
                                    MemRefType::get({threads}, b.getI32Type()));
    Value rows = memref::DimOp::create(b, loc, op.getInput(), index(0));
    auto loop = scf::ForOp::create(b, loc, index(0), rows, index(1));
    b.setInsertionPointToStart(loop.getBody());
    lowerRow(loop.getInductionVar());
  }

private:
  using ColumnFn = function_ref<Value(Value acc, Value column)>;

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value constant(float value) {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
  }
  template <typename Op, typename... Args> Value emit(Args &&...args) {
    return Op::create(b, loc, std::forward<Args>(args)...).getResult();
  }

  /// buffer[t] = step over the columns t, t + count, ... below `columns`, for
  /// each of `count` threads.
  void forEachThread(int64_t count, int64_t columns, Value init, Value buffer,
                     ColumnFn step) {
    auto parallel =
        scf::ParallelOp::create(b, loc, ValueRange{index(0)},
                                ValueRange{index(count)}, ValueRange{index(1)});
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(parallel.getBody());
    Value thread = parallel.getInductionVars()[0];
    auto loop = scf::ForOp::create(b, loc, thread, index(columns), index(count),
                                   ValueRange{init});
    {
      OpBuilder::InsertionGuard inner(b);
      b.setInsertionPointToStart(loop.getBody());
      Value next = step(loop.getRegionIterArg(0), loop.getInductionVar());
      scf::YieldOp::create(b, loc, next);
    }
    memref::StoreOp::create(b, loc, loop.getResult(0), buffer, thread);
  }

  /// Combines buffer[0, threads) in any order.
  template <typename Op> Value combine(Value buffer, Value init) {
    auto loop = scf::ForOp::create(b, loc, index(0), index(threads), index(1),
                                   ValueRange{init});
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value next = emit<memref::LoadOp>(buffer, loop.getInductionVar());
    next = emit<Op>(loop.getRegionIterArg(0), next);
    scf::YieldOp::create(b, loc, next);
    return loop.getResult(0);
  }

  /// The sum of `value` over a row: 16 partial sums, then a tree.
  Value sum(function_ref<Value(Value column)> value) {
    forEachThread(kPartials, k, constant(0.0f), floats,
                  [&](Value acc, Value column) {
                    return emit<arith::AddFOp>(acc, value(column));
                  });
    SmallVector<Value> parts;
    for (int64_t i = 0; i < kPartials; ++i)
      parts.push_back(emit<memref::LoadOp>(floats, index(i)));
    for (int64_t half = kPartials / 2; half >= 1; half /= 2)
      for (int64_t i = 0; i < half; ++i)
        parts[i] = emit<arith::AddFOp>(parts[i], parts[i + half]);
    return parts[0];
  }

  void lowerRow(Value row) {
    Value inverse;
    auto input = [&](Value column) -> Value {
      return emit<memref::LoadOp>(op.getInput(), ValueRange{row, column});
    };
    if (op.getGain()) {
      Value squares = sum([&](Value column) {
        Value x = input(column);
        return emit<arith::MulFOp>(x, x);
      });
      Value mean =
          emit<arith::DivFOp>(squares, constant(static_cast<float>(k)));
      Value eps = arith::ConstantOp::create(b, loc, op.getEpsAttr());
      Value root = emit<math::SqrtOp>(emit<arith::AddFOp>(mean, eps));
      inverse = emit<arith::DivFOp>(constant(1.0f), root);
    }
    auto source = [&](Value column) -> Value {
      Value x = input(column);
      if (!inverse)
        return x;
      x = emit<arith::MulFOp>(x, inverse);
      return emit<arith::MulFOp>(x, emit<memref::LoadOp>(op.getGain(), column));
    };

    bool absmax = op.getMode() == ternary::QuantMode::AbsmaxI8;
    Value g;
    if (absmax) {
      forEachThread(threads, k, constant(0.0f), floats,
                    [&](Value acc, Value column) {
                      return emit<arith::MaxNumFOp>(
                          acc, emit<math::AbsFOp>(source(column)));
                    });
      g = combine<arith::MaxNumFOp>(floats, constant(0.0f));
    } else {
      Value total =
          sum([&](Value column) { return emit<math::AbsFOp>(source(column)); });
      g = emit<arith::DivFOp>(total, constant(static_cast<float>(k)));
    }
    g = emit<arith::MaxNumFOp>(g, constant(1e-5f));
    Value top = constant(absmax ? 127.0f : std::sqrt(7.0f));
    Value s = emit<arith::DivFOp>(top, g);
    memref::StoreOp::create(b, loc, emit<arith::DivFOp>(g, top), op.getScale(),
                            row);

    Value zero = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(0));
    Value low = constant(absmax ? -128.0f : -8.0f);
    Value high = constant(absmax ? 127.0f : 7.0f);
    forEachThread(threads, k, zero, words, [&](Value acc, Value column) {
      Value t = emit<math::RoundEvenOp>(emit<arith::MulFOp>(source(column), s));
      Value unordered = emit<arith::CmpFOp>(arith::CmpFPredicate::UNO, t, t);
      t = emit<arith::MinNumFOp>(emit<arith::MaxNumFOp>(t, low), high);
      t = emit<arith::SelectOp>(unordered, constant(0.0f), t);
      Value q = emit<arith::FPToSIOp>(b.getI32Type(), t);
      memref::StoreOp::create(b, loc, emit<arith::TruncIOp>(b.getI8Type(), q),
                              op.getValues(), ValueRange{row, column});
      return emit<arith::AddIOp>(acc, q);
    });
    memref::StoreOp::create(b, loc, combine<arith::AddIOp>(words, zero),
                            op.getSums(), row);
    if (paddedK > k)
      pad(row);
  }

  void pad(Value row) {
    auto parallel = scf::ParallelOp::create(b, loc, ValueRange{index(k)},
                                            ValueRange{index(paddedK)},
                                            ValueRange{index(1)});
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(parallel.getBody());
    Value zero = arith::ConstantOp::create(b, loc, b.getI8IntegerAttr(0));
    memref::StoreOp::create(b, loc, zero, op.getValues(),
                            ValueRange{row, parallel.getInductionVars()[0]});
  }

  rows::QuantizeOp op;
  OpBuilder b;
  Location loc;
  int64_t threads, k, paddedK;
  Value floats, words;
};

/// The same norm where floats are wanted: the partial sums of all groups side
/// by side, then the elements.
class NormLowering {
public:
  explicit NormLowering(rows::NormOp op)
      : op(op), b(op), loc(op.getLoc()),
        k(cast<MemRefType>(op.getInput().getType()).getDimSize(1)),
        groups(op.getGroups()) {}

  void lower() {
    sums = allocate(groups * kPartials);
    inverses = allocate(groups);
    Value rows = memref::DimOp::create(b, loc, op.getInput(), index(0));
    auto loop = scf::ForOp::create(b, loc, index(0), rows, index(1));
    b.setInsertionPointToStart(loop.getBody());
    lowerRow(loop.getInductionVar());
  }

private:
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value constant(float value) {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
  }
  template <typename Op, typename... Args> Value emit(Args &&...args) {
    return Op::create(b, loc, std::forward<Args>(args)...).getResult();
  }
  Value allocate(int64_t size) {
    return emit<memref::AllocOp>(MemRefType::get({size}, b.getF32Type()));
  }
  void forEachInParallel(int64_t count, function_ref<void(Value)> body) {
    auto loop =
        scf::ParallelOp::create(b, loc, ValueRange{index(0)},
                                ValueRange{index(count)}, ValueRange{index(1)});
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVars()[0]);
  }

  void lowerRow(Value row) {
    int64_t width = k / groups;
    forEachInParallel(groups * kPartials, [&](Value i) {
      Value first = emit<arith::MulIOp>(
          emit<arith::DivUIOp>(i, index(kPartials)), index(width));
      auto loop = scf::ForOp::create(
          b, loc, emit<arith::RemUIOp>(i, index(kPartials)), index(width),
          index(kPartials), ValueRange{constant(0.0f)});
      {
        OpBuilder::InsertionGuard inner(b);
        b.setInsertionPointToStart(loop.getBody());
        Value column = emit<arith::AddIOp>(first, loop.getInductionVar());
        Value x = emit<memref::LoadOp>(op.getInput(), ValueRange{row, column});
        Value sum = emit<arith::AddFOp>(loop.getRegionIterArg(0),
                                        emit<arith::MulFOp>(x, x));
        scf::YieldOp::create(b, loc, sum);
      }
      memref::StoreOp::create(b, loc, loop.getResult(0), sums, i);
    });
    forEachInParallel(groups, [&](Value group) {
      Value first = emit<arith::MulIOp>(group, index(kPartials));
      SmallVector<Value> parts;
      for (int64_t i = 0; i < kPartials; ++i)
        parts.push_back(
            emit<memref::LoadOp>(sums, emit<arith::AddIOp>(first, index(i))));
      for (int64_t half = kPartials / 2; half >= 1; half /= 2)
        for (int64_t i = 0; i < half; ++i)
          parts[i] = emit<arith::AddFOp>(parts[i], parts[i + half]);
      Value mean =
          emit<arith::DivFOp>(parts[0], constant(static_cast<float>(width)));
      Value eps = arith::ConstantOp::create(b, loc, op.getEpsAttr());
      Value root = emit<math::SqrtOp>(emit<arith::AddFOp>(mean, eps));
      memref::StoreOp::create(b, loc, emit<arith::DivFOp>(constant(1.0f), root),
                              inverses, group);
    });
    forEachInParallel(k, [&](Value column) {
      Value x = emit<memref::LoadOp>(op.getInput(), ValueRange{row, column});
      Value group = emit<arith::DivUIOp>(column, index(width));
      x = emit<arith::MulFOp>(x, emit<memref::LoadOp>(inverses, group));
      x = emit<arith::MulFOp>(x, emit<memref::LoadOp>(op.getGain(), column));
      memref::StoreOp::create(b, loc, x, op.getInit(), ValueRange{row, column});
    });
  }

  rows::NormOp op;
  OpBuilder b;
  Location loc;
  int64_t k, groups;
  Value sums, inverses;
};

struct GPULowerRowsQuantize
    : tercet::impl::GPULowerRowsQuantizeBase<GPULowerRowsQuantize> {
  void runOnOperation() override {
    SmallVector<rows::QuantizeOp> ops;
    getOperation().walk([&](rows::QuantizeOp op) {
      if (isa<MemRefType>(op.getInput().getType()) && !op.getHadamard())
        ops.push_back(op);
    });
    for (rows::QuantizeOp op : ops) {
      QuantizeLowering(op, getWorkgroupSize(getOperation())).lower();
      op.erase();
    }
    SmallVector<rows::NormOp> norms;
    getOperation().walk([&](rows::NormOp op) {
      if (isa<MemRefType>(op.getInput().getType()))
        norms.push_back(op);
    });
    for (rows::NormOp op : norms) {
      NormLowering(op).lower();
      op.erase();
    }
  }
};
} // namespace
