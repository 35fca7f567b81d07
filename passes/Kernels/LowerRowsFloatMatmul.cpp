//===- LowerRowsFloatMatmul.cpp - float products to vectors ---------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of rows times a block of outputs, 16 columns of both at a time: lane
// i of an accumulator is the partial sum of columns i, i + 16, ..., which is
// the order that the op prescribes, so that every target gives the same bits.
// On a GPU a thread has outputs of its own. Weights are widened or decoded as
// they come in (BlockDecoder.h). With an index a block's rows of the
// input are found by it. Assumes memrefs with static columns that are
// contiguous within a row.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Kernels/BlockDecoder.h"
#include "passes/Kernels/Epilogue.h"
#include "passes/Kernels/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_LOWERROWSFLOATMATMUL
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

static constexpr int64_t kLanes = 16;
/// Rows and outputs of a block: 16 accumulators beside what they are fed from.
static constexpr int64_t kBlock = 4;

namespace {
class FloatMatmulLowering {
public:
  explicit FloatMatmulLowering(rows::FloatMatmulOp op)
      : op(op), b(op), loc(op.getLoc()),
        type(VectorType::get({kLanes}, b.getF32Type())),
        k(cast<MemRefType>(op.getInput().getType()).getDimSize(1)),
        weightElement(
            cast<MemRefType>(op.getWeight().getType()).getElementType()) {}

  void lower() {
    Value m = memref::DimOp::create(b, loc, op.getInit(), index(0));
    Value n = memref::DimOp::create(b, loc, op.getInit(), index(1));
    auto config = op.getConfigAttr();
    if (op.getFormat())
      decoder.emplace(b, loc, *op.getFormat(),
                      config && config.contains("permute16"));
    if (config && config.contains("threads")) {
      auto loop = scf::ParallelOp::create(
          b, loc, ValueRange{index(0), index(0)}, ValueRange{m, n},
          ValueRange{index(1), index(1)});
      b.setInsertionPointToStart(loop.getBody());
      SmallVector<Value> at = loop.getInductionVars();
      lowerBlock(at[0], 1, at[1], 1);
      return;
    }
    forEachBlock(n, [&](Value output, int64_t outputs) {
      forEachBlock(m, [&](Value row, int64_t rows) {
        lowerBlock(row, rows, output, outputs);
      });
    });
  }

private:
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value offset(Value base, int64_t by) {
    return by ? arith::AddIOp::create(b, loc, base, index(by)).getResult()
              : base;
  }
  void forEach(Value from, Value to, int64_t step,
               function_ref<void(Value)> body) {
    auto loop = scf::ForOp::create(b, loc, from, to, index(step));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  }
  /// Whole blocks of [0, to), then what is left one by one.
  void forEachBlock(Value to, function_ref<void(Value, int64_t)> body) {
    Value over = arith::RemUIOp::create(b, loc, to, index(kBlock));
    Value whole = arith::SubIOp::create(b, loc, to, over);
    forEach(index(0), whole, kBlock, [&](Value at) { body(at, kBlock); });
    forEach(whole, to, 1, [&](Value at) { body(at, 1); });
  }

  /// The row of the input that makes a row of the result.
  Value getInputRow(Value row) {
    if (!op.getIndex())
      return row;
    Value number = memref::LoadOp::create(b, loc, op.getIndex(), row);
    return arith::IndexCastOp::create(b, loc, b.getIndexType(), number);
  }

  /// 16 columns of a row, those behind the mask 0.
  Value load(Value memref, Value row, Value column, Value mask) {
    auto type = VectorType::get(
        {kLanes}, cast<MemRefType>(memref.getType()).getElementType());
    if (!mask)
      return vector::LoadOp::create(b, loc, type, memref,
                                    ValueRange{row, column});
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
    return vector::MaskedLoadOp::create(b, loc, type, memref,
                                        ValueRange{row, column}, mask, zero);
  }

  Value loadWeight(Value output, Value column, Value mask) {
    if (decoder)
      return decoder->load(op.getWeight(), op.getBlockScales(), output, column);
    Value w = load(op.getWeight(), output, column, mask);
    return weightElement.isF32()
               ? w
               : arith::ExtFOp::create(b, loc, type, w).getResult();
  }

  SmallVector<Value> step(ArrayRef<Value> rows, ArrayRef<Value> outputs,
                          Value column, Value mask, ValueRange sums) {
    SmallVector<Value> x;
    for (Value row : rows)
      x.push_back(load(op.getInput(), row, column, mask));
    SmallVector<Value> accs(sums);
    for (auto [o, output] : llvm::enumerate(outputs)) {
      Value w = loadWeight(output, column, mask);
      for (auto [r, value] : llvm::enumerate(x)) {
        Value &acc = accs[r * outputs.size() + o];
        acc = arith::AddFOp::create(b, loc, acc,
                                    arith::MulFOp::create(b, loc, value, w));
      }
    }
    return accs;
  }

  void lowerBlock(Value row, int64_t rowCount, Value output,
                  int64_t outputCount) {
    SmallVector<Value> rows, outputs;
    for (int64_t r = 0; r < rowCount; ++r)
      rows.push_back(offset(row, r));
    SmallVector<Value> inputs =
        llvm::map_to_vector(rows, [&](Value at) { return getInputRow(at); });
    for (int64_t o = 0; o < outputCount; ++o)
      outputs.push_back(offset(output, o));
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
    SmallVector<Value> sums(rowCount * outputCount, zero);
    int64_t whole = k / kLanes * kLanes;
    if (whole) {
      auto loop = scf::ForOp::create(b, loc, index(0), index(whole),
                                     index(kLanes), sums);
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      scf::YieldOp::create(b, loc,
                           step(inputs, outputs, loop.getInductionVar(),
                                Value(), loop.getRegionIterArgs()));
      sums.assign(loop.getResults().begin(), loop.getResults().end());
    }
    if (whole < k) {
      Value mask = vector::CreateMaskOp::create(
          b, loc, VectorType::get({kLanes}, b.getI1Type()), index(k - whole));
      sums = step(inputs, outputs, index(whole), mask, sums);
    }
    // Rows at a time: a row's sums are neighbours then.
    SmallVector<Value> totals = sumTrees(sums, outputCount);
    for (auto [at, total] : llvm::zip(rows, totals)) {
      Value value = emitEpilogue(total, at, output);
      SmallVector<Value> indices{at, output};
      if (outputCount == 1)
        memref::StoreOp::create(b, loc, value, op.getInit(), indices);
      else
        vector::StoreOp::create(b, loc, value, op.getInit(), indices);
    }
  }

  /// The totals of `sums`, as vectors of `count` each, or scalars. Lanes are
  /// combined as a tree: 8, 4, 2, 1. Two vectors are combined by one addition:
  /// one half of its lanes is of the first, the other of the second one.
  SmallVector<Value> sumTrees(ArrayRef<Value> sums, int64_t count) {
    if (sums.size() == 1)
      return {sumTree(sums[0])};
    // A lane of the last vector, and the vector that it is the total of.
    SmallVector<int64_t> sourceOf = getTreeOrder(sums.size());
    SmallVector<Value> vectors(sums.size());
    for (auto [lane, source] : llvm::enumerate(sourceOf))
      vectors[source] = sums[lane];
    for (int64_t half = kLanes / 2; half >= 1; half /= 2) {
      SmallVector<Value> next;
      for (size_t i = 0; i < vectors.size(); i += 2) {
        Value first = vectors[i], second = vectors[i + (vectors.size() > 1)];
        auto gather = [&](int64_t upper) -> Value {
          return vector::ShuffleOp::create(
              b, loc, first, second,
              getTreeLanes(half, vectors.size() > 1,
                           cast<VectorType>(first.getType()).getDimSize(0),
                           upper));
        };
        Value low = gather(0);
        next.push_back(arith::AddFOp::create(b, loc, low, gather(1)));
      }
      vectors = std::move(next);
    }
    SmallVector<Value> totals;
    for (int64_t from = 0; from < int64_t(sums.size()); from += count)
      totals.push_back(
          count == 1
              ? vector::ExtractOp::create(b, loc, vectors[0], from).getResult()
              : vector::ExtractStridedSliceOp::create(
                    b, loc, vectors[0], ArrayRef<int64_t>{from},
                    ArrayRef<int64_t>{count}, ArrayRef<int64_t>{1})
                    .getResult());
    return totals;
  }

  /// The lanes that a step of the tree takes of two vectors of `width` lanes
  /// (or of one): of each group of 2 * half lanes the lower or the upper half.
  /// Groups of both vectors alternate within 128 bits, where x86 shuffles at
  /// once.
  static SmallVector<int64_t> getTreeLanes(int64_t half, bool two,
                                           int64_t width, int64_t upper) {
    SmallVector<int64_t> lanes;
    auto take = [&](int64_t vector, int64_t from, int64_t groups) {
      for (int64_t group = from; group < from + groups; ++group)
        for (int64_t lane = 0; lane < half; ++lane)
          lanes.push_back(vector * width + (2 * group + upper) * half + lane);
    };
    int64_t groups = width / (2 * half);
    int64_t run = half >= 4 ? groups : std::min<int64_t>(groups, 2 / half);
    for (int64_t from = 0; from < groups; from += run) {
      take(0, from, run);
      if (two)
        take(1, from, run);
    }
    return lanes;
  }

  /// For each lane of the tree's result the number of its vector, of `count`.
  static SmallVector<int64_t> getTreeOrder(int64_t count) {
    SmallVector<SmallVector<int64_t>> vectors;
    for (int64_t i = 0; i < count; ++i)
      vectors.push_back(SmallVector<int64_t>(kLanes, i));
    for (int64_t half = kLanes / 2; half >= 1; half /= 2) {
      SmallVector<SmallVector<int64_t>> next;
      for (size_t i = 0; i < vectors.size(); i += 2) {
        bool two = vectors.size() > 1;
        SmallVector<int64_t> both = vectors[i], result;
        if (two)
          llvm::append_range(both, vectors[i + 1]);
        for (int64_t lane : getTreeLanes(half, two, vectors[i].size(), 0))
          result.push_back(both[lane]);
        next.push_back(result);
      }
      vectors = std::move(next);
    }
    return vectors[0];
  }

  /// Lanes combined as a tree: 8, 4, 2, 1.
  Value sumTree(Value v) {
    for (int64_t half = kLanes / 2; half >= 1; half /= 2) {
      auto part = [&](int64_t from) -> Value {
        return vector::ExtractStridedSliceOp::create(
            b, loc, v, ArrayRef<int64_t>{from}, ArrayRef<int64_t>{half},
            ArrayRef<int64_t>{1});
      };
      v = arith::AddFOp::create(b, loc, part(0), part(half));
    }
    return vector::ExtractOp::create(b, loc, v, int64_t(0));
  }

  /// For one output, or a vector of outputs of a row.
  Value emitEpilogue(Value total, Value row, Value output) {
    return kernels::cloneEpilogue(
        b, loc, op.getEpilogue().front(), total, op.getEpilogueMapsArray(),
        op.getEpilogueOperands(), row, output,
        [&](Value memref, ValueRange indices) -> Value {
          auto vector = dyn_cast<VectorType>(total.getType());
          if (!vector)
            return memref::LoadOp::create(b, loc, memref, indices);
          Type element = cast<MemRefType>(memref.getType()).getElementType();
          return vector::LoadOp::create(b, loc, vector.clone(element), memref,
                                        indices);
        });
  }

  rows::FloatMatmulOp op;
  OpBuilder b;
  Location loc;
  VectorType type;
  int64_t k;
  Type weightElement;
  std::optional<kernels::BlockDecoder> decoder;
};

struct LowerRowsFloatMatmul
    : tercet::impl::LowerRowsFloatMatmulBase<LowerRowsFloatMatmul> {
  void runOnOperation() override {
    SmallVector<rows::FloatMatmulOp> ops;
    getOperation().walk([&](rows::FloatMatmulOp op) { ops.push_back(op); });
    for (rows::FloatMatmulOp op : ops) {
      if (!isa<MemRefType>(op.getInit().getType())) {
        op.emitError("cannot be lowered before it is bufferized");
        return signalPassFailure();
      }
      FloatMatmulLowering(op).lower();
      op.erase();
    }
  }
};
} // namespace
