//===- LowerRowsQuantize.cpp - rows.quantize, rows.norm, rows.pack --------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rows of activations to padded i8 rows, their scales and sums, a row at a time
// in chunks of 16 columns. The order of float additions is part of the op's
// meaning (16 strided partial sums, then a tree), no operation may be
// contracted, and every step is an IEEE operation: so all targets give the same
// bits. A Hadamard transform works on a copy of the row on the stack. Assumes
// memrefs with static columns.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Kernels/Passes.h"
#include <cmath>

namespace tercet {
#define GEN_PASS_DEF_LOWERROWSQUANTIZE
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

namespace {
constexpr int64_t kChunk = 16;

/// Emits loops over the columns of one row.
class RowLowering {
public:
  RowLowering(Operation *op, int64_t k, int64_t paddedK)
      : b(op), loc(op->getLoc()), k(k), paddedK(paddedK) {}

  /// For every row of `rows`, or for the rows of a thread.
  void forEachRow(Operation *op, Value rows, function_ref<void(Value)> body);
  /// Folds `step` over the chunks of the first `columns` columns; the mask is
  /// null where a chunk lies within the k weights.
  Value reduce(Value init, int64_t columns,
               function_ref<Value(Value acc, Value column, Value mask)> step);
  Value load(Value memref, ValueRange indices, Value mask);
  void store(Value value, Value memref, Value row, Value column);
  /// Lanes combined as a tree: 8, 4, 2, 1.
  Value sumTree(Value v);

  using Load = std::function<Value(Value column, Value mask)>;
  /// A row of `memref` after the norm with `gain`, if there is one.
  Load getNormalized(Value memref, Value gain, FloatAttr eps, Value row);

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value splat(Value scalar) {
    return vector::BroadcastOp::create(
        b, loc, VectorType::get({kChunk}, scalar.getType()), scalar);
  }
  Value constant(float value) {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(value));
  }
  Value zeros(Type element) {
    return arith::ConstantOp::create(
        b, loc, b.getZeroAttr(VectorType::get({kChunk}, element)));
  }

  OpBuilder b;
  Location loc;
  int64_t k, paddedK;
};
} // namespace

void RowLowering::forEachRow(Operation *op, Value rows,
                             function_ref<void(Value)> body) {
  auto config = op->getAttrOfType<DictionaryAttr>("config");
  auto threads = config ? config.getAs<IntegerAttr>("threads") : IntegerAttr();
  Value from =
      threads ? gpu::ThreadIdOp::create(b, loc, gpu::Dimension::x).getResult()
              : index(0);
  Value to = memref::DimOp::create(b, loc, rows, index(0));
  auto loop = scf::ForOp::create(b, loc, from, to,
                                 index(threads ? threads.getInt() : 1));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

Value RowLowering::reduce(
    Value init, int64_t columns,
    function_ref<Value(Value acc, Value column, Value mask)> step) {
  int64_t whole = k / kChunk * kChunk;
  Value acc = init;
  if (whole) {
    auto loop = scf::ForOp::create(b, loc, index(0), index(whole),
                                   index(kChunk), ValueRange{init});
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value next =
        step(loop.getRegionIterArg(0), loop.getInductionVar(), Value());
    scf::YieldOp::create(b, loc, next);
    acc = loop.getResult(0);
  }
  for (int64_t column = whole; column < columns; column += kChunk) {
    Value mask = vector::CreateMaskOp::create(
        b, loc, VectorType::get({kChunk}, b.getI1Type()),
        index(std::max<int64_t>(k - column, 0)));
    acc = step(acc, index(column), mask);
  }
  return acc;
}

Value RowLowering::load(Value memref, ValueRange indices, Value mask) {
  auto type = VectorType::get(
      {kChunk}, cast<MemRefType>(memref.getType()).getElementType());
  if (!mask)
    return vector::LoadOp::create(b, loc, type, memref, indices);
  return vector::MaskedLoadOp::create(b, loc, type, memref, indices, mask,
                                      zeros(type.getElementType()));
}

/// Stores a chunk of the padded row; what lies behind the padding is left
/// alone.
void RowLowering::store(Value value, Value memref, Value row, Value column) {
  std::optional<int64_t> at = getConstantIntValue(column);
  if (!at || *at + kChunk <= paddedK) {
    vector::StoreOp::create(b, loc, value, memref, ValueRange{row, column});
    return;
  }
  if (*at + 1 == paddedK) {
    // Not by a mask of one lane: LLVM 22 for x86 merges it with the truncation
    // of the value and then stores all bytes that there were before, over what
    // lies behind the row, where another thread may be.
    Value first = vector::ExtractOp::create(b, loc, value, int64_t(0));
    memref::StoreOp::create(b, loc, first, memref, ValueRange{row, column});
    return;
  }
  Value mask = vector::CreateMaskOp::create(
      b, loc, VectorType::get({kChunk}, b.getI1Type()), index(paddedK - *at));
  vector::MaskedStoreOp::create(b, loc, memref, ValueRange{row, column}, mask,
                                value);
}

Value RowLowering::sumTree(Value v) {
  for (int64_t half = kChunk / 2; half >= 1; half /= 2) {
    Value low = vector::ExtractStridedSliceOp::create(
        b, loc, v, ArrayRef<int64_t>{0}, ArrayRef<int64_t>{half},
        ArrayRef<int64_t>{1});
    Value high = vector::ExtractStridedSliceOp::create(
        b, loc, v, ArrayRef<int64_t>{half}, ArrayRef<int64_t>{half},
        ArrayRef<int64_t>{1});
    v = arith::AddFOp::create(b, loc, low, high);
  }
  return vector::ExtractOp::create(b, loc, v, int64_t(0));
}

RowLowering::Load RowLowering::getNormalized(Value memref, Value gain,
                                             FloatAttr eps, Value row) {
  Load input = [=](Value column, Value mask) {
    return load(memref, {row, column}, mask);
  };
  if (!gain)
    return input;
  Value squares = reduce(
      zeros(b.getF32Type()), k, [&](Value acc, Value column, Value mask) {
        Value x = input(column, mask);
        Value square = arith::MulFOp::create(b, loc, x, x);
        return arith::AddFOp::create(b, loc, acc, square).getResult();
      });
  Value mean = arith::DivFOp::create(b, loc, sumTree(squares),
                                     constant(static_cast<float>(k)));
  Value epsilon = arith::ConstantOp::create(b, loc, eps);
  Value root = math::SqrtOp::create(
      b, loc, arith::AddFOp::create(b, loc, mean, epsilon).getResult());
  Value inverse = splat(arith::DivFOp::create(b, loc, constant(1.0f), root));
  return [=](Value column, Value mask) -> Value {
    Value x = arith::MulFOp::create(b, loc, input(column, mask), inverse);
    return arith::MulFOp::create(b, loc, x, load(gain, column, mask));
  };
}

namespace {
class QuantizeLowering : RowLowering {
public:
  explicit QuantizeLowering(rows::QuantizeOp op)
      : RowLowering(op, cast<MemRefType>(op.getInput().getType()).getDimSize(1),
                    cast<MemRefType>(op.getValues().getType()).getDimSize(1)),
        op(op) {}

  void lower() {
    Value scratch;
    if (op.getHadamard())
      scratch =
          memref::AllocaOp::create(b, loc, MemRefType::get({k}, b.getF32Type()),
                                   b.getI64IntegerAttr(64));
    forEachRow(op, op.getInput(), [&](Value row) { lowerRow(row, scratch); });
  }

private:
  /// Walsh-Hadamard transform of the row in `scratch`, divided by sqrt(k).
  Load transform(Load source, Value scratch) {
    reduce(zeros(b.getF32Type()), k, [&](Value acc, Value column, Value mask) {
      Value x = source(column, mask);
      if (mask)
        vector::MaskedStoreOp::create(b, loc, scratch, column, mask, x);
      else
        vector::StoreOp::create(b, loc, x, scratch, column);
      return acc;
    });
    for (int64_t half = 1; half < k; half *= 2) {
      auto outer =
          scf::ForOp::create(b, loc, index(0), index(k), index(2 * half));
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(outer.getBody());
      auto inner = scf::ForOp::create(b, loc, index(0), index(half), index(1));
      b.setInsertionPointToStart(inner.getBody());
      Value low = arith::AddIOp::create(b, loc, outer.getInductionVar(),
                                        inner.getInductionVar());
      Value high = arith::AddIOp::create(b, loc, low, index(half));
      Value x = memref::LoadOp::create(b, loc, scratch, low);
      Value y = memref::LoadOp::create(b, loc, scratch, high);
      memref::StoreOp::create(b, loc,
                              arith::AddFOp::create(b, loc, x, y).getResult(),
                              scratch, low);
      memref::StoreOp::create(b, loc,
                              arith::SubFOp::create(b, loc, x, y).getResult(),
                              scratch, high);
    }
    Value root = splat(constant(std::sqrt(static_cast<float>(k))));
    return [=](Value column, Value mask) -> Value {
      return arith::DivFOp::create(b, loc, load(scratch, column, mask), root);
    };
  }

  void lowerRow(Value row, Value scratch) {
    Load source =
        getNormalized(op.getInput(), op.getGain(), op.getEpsAttr(), row);
    if (scratch)
      source = transform(source, scratch);
    bool absmax = op.getMode() == ternary::QuantMode::AbsmaxI8;

    // g = max(max |x|, 1e-5) or max(mean |x|, 1e-5)
    Value magnitudes = reduce(
        zeros(b.getF32Type()), k, [&](Value acc, Value column, Value mask) {
          Value x = math::AbsFOp::create(b, loc, source(column, mask));
          if (absmax)
            return arith::MaxNumFOp::create(b, loc, acc, x).getResult();
          return arith::AddFOp::create(b, loc, acc, x).getResult();
        });
    Value g;
    if (absmax)
      g = vector::ReductionOp::create(b, loc, vector::CombiningKind::MAXNUMF,
                                      magnitudes);
    else
      g = arith::DivFOp::create(b, loc, sumTree(magnitudes),
                                constant(static_cast<float>(k)));
    g = arith::MaxNumFOp::create(b, loc, g, constant(1e-5f));
    Value top = constant(absmax ? 127.0f : std::sqrt(7.0f));
    Value s = splat(arith::DivFOp::create(b, loc, top, g));
    memref::StoreOp::create(b, loc,
                            arith::DivFOp::create(b, loc, g, top).getResult(),
                            op.getScale(), row);

    Value low = splat(constant(absmax ? -128.0f : -8.0f));
    Value high = splat(constant(absmax ? 127.0f : 7.0f));
    auto words = VectorType::get({kChunk}, b.getI32Type());
    auto bytes = VectorType::get({kChunk}, b.getI8Type());
    Value sums = reduce(
        zeros(b.getI32Type()), paddedK,
        [&](Value acc, Value column, Value mask) -> Value {
          std::optional<int64_t> at = getConstantIntValue(column);
          Value q = zeros(b.getI32Type());
          if (!at || *at < k) {
            Value t = arith::MulFOp::create(b, loc, source(column, mask), s);
            t = math::RoundEvenOp::create(b, loc, t);
            Value unordered =
                arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, t, t);
            t = arith::MinNumFOp::create(
                b, loc, arith::MaxNumFOp::create(b, loc, t, low).getResult(),
                high);
            t = arith::SelectOp::create(b, loc, unordered,
                                        zeros(b.getF32Type()), t);
            q = arith::FPToSIOp::create(b, loc, words, t);
          }
          store(arith::TruncIOp::create(b, loc, bytes, q), op.getValues(), row,
                column);
          return arith::AddIOp::create(b, loc, acc, q);
        });
    Value sum =
        vector::ReductionOp::create(b, loc, vector::CombiningKind::ADD, sums);
    memref::StoreOp::create(b, loc, sum, op.getSums(), row);
  }

  rows::QuantizeOp op;
};

class PackLowering : RowLowering {
public:
  explicit PackLowering(rows::PackOp op)
      : RowLowering(op, cast<MemRefType>(op.getInput().getType()).getDimSize(1),
                    cast<MemRefType>(op.getValues().getType()).getDimSize(1)),
        op(op) {}

  void lower() {
    forEachRow(op, op.getInput(), [&](Value row) {
      auto words = VectorType::get({kChunk}, b.getI32Type());
      Value sums =
          reduce(zeros(b.getI32Type()), paddedK,
                 [&](Value acc, Value column, Value mask) -> Value {
                   std::optional<int64_t> at = getConstantIntValue(column);
                   Value q = at && *at >= k
                                 ? zeros(b.getI8Type())
                                 : load(op.getInput(), {row, column}, mask);
                   store(q, op.getValues(), row, column);
                   return arith::AddIOp::create(
                       b, loc, acc, arith::ExtSIOp::create(b, loc, words, q));
                 });
      Value sum =
          vector::ReductionOp::create(b, loc, vector::CombiningKind::ADD, sums);
      memref::StoreOp::create(b, loc, sum, op.getSums(), row);
    });
  }

private:
  rows::PackOp op;
};

class NormLowering : RowLowering {
public:
  explicit NormLowering(rows::NormOp op)
      : RowLowering(op, getWidth(op), getWidth(op)), op(op) {}

  void lower() {
    forEachRow(op, op.getInput(), [&](Value row) {
      if (op.getGroups() == 1)
        return lowerGroup(row, op.getInput(), op.getGain(), op.getInit());
      Value groups = index(op.getGroups());
      auto loop = scf::ForOp::create(b, loc, index(0), groups, index(1));
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(loop.getBody());
      Value from =
          arith::MulIOp::create(b, loc, loop.getInductionVar(), index(k));
      lowerGroup(row, columns(op.getInput(), from), columns(op.getGain(), from),
                 columns(op.getInit(), from));
    });
  }

private:
  /// Columns that have a mean of their own.
  static int64_t getWidth(rows::NormOp op) {
    return cast<MemRefType>(op.getInput().getType()).getDimSize(1) /
           static_cast<int64_t>(op.getGroups());
  }

  /// The k last-axis elements of `memref` from `from` on.
  Value columns(Value memref, Value from) {
    int64_t rank = cast<MemRefType>(memref.getType()).getRank();
    SmallVector<OpFoldResult> offsets(rank, b.getIndexAttr(0)),
        sizes = memref::getMixedSizes(b, loc, memref),
        strides(rank, b.getIndexAttr(1));
    offsets.back() = from;
    sizes.back() = b.getIndexAttr(k);
    return memref::SubViewOp::create(b, loc, memref, offsets, sizes, strides);
  }

  void lowerGroup(Value row, Value input, Value gain, Value init) {
    Load source = getNormalized(input, gain, op.getEpsAttr(), row);
    reduce(zeros(b.getF32Type()), k, [&](Value acc, Value column, Value mask) {
      store(source(column, mask), init, row, column);
      return acc;
    });
  }

  rows::NormOp op;
};

struct LowerRowsQuantize
    : tercet::impl::LowerRowsQuantizeBase<LowerRowsQuantize> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<rows::QuantizeOp, rows::NormOp, rows::PackOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      if (!isa<MemRefType>(op->getOperand(0).getType())) {
        op->emitError("cannot be lowered before it is bufferized");
        return signalPassFailure();
      }
      if (auto quantize = dyn_cast<rows::QuantizeOp>(op))
        QuantizeLowering(quantize).lower();
      else if (auto norm = dyn_cast<rows::NormOp>(op))
        NormLowering(norm).lower();
      else
        PackLowering(cast<rows::PackOp>(op)).lower();
      op->erase();
    }
  }
};
} // namespace
