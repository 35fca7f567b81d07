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
// they come in (BlockDecoder.h). Assumes memrefs with static columns that are
// contiguous within a row.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "passes/Kernels/BlockDecoder.h"
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
                           step(rows, outputs, loop.getInductionVar(), Value(),
                                loop.getRegionIterArgs()));
      sums.assign(loop.getResults().begin(), loop.getResults().end());
    }
    if (whole < k) {
      Value mask = vector::CreateMaskOp::create(
          b, loc, VectorType::get({kLanes}, b.getI1Type()), index(k - whole));
      sums = step(rows, outputs, index(whole), mask, sums);
    }
    for (auto [r, at] : llvm::enumerate(rows))
      for (auto [o, to] : llvm::enumerate(outputs)) {
        Value sum = sumTree(sums[r * outputs.size() + o]);
        memref::StoreOp::create(b, loc, emitEpilogue(sum, at, to), op.getInit(),
                                ValueRange{at, to});
      }
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

  Value emitEpilogue(Value acc, Value row, Value output) {
    Block &body = op.getEpilogue().front();
    IRMapping mapping;
    mapping.map(body.getArgument(0), acc);
    Value at[] = {row, output};
    for (auto [i, map, operand] :
         llvm::enumerate(op.getEpilogueMapsArray(), op.getEpilogueOperands())) {
      SmallVector<Value> indices;
      for (AffineExpr e : map.getResults())
        indices.push_back(at[cast<AffineDimExpr>(e).getPosition()]);
      mapping.map(body.getArgument(i + 1),
                  memref::LoadOp::create(b, loc, operand, indices));
    }
    for (Operation &inner : body.without_terminator())
      b.clone(inner, mapping);
    return mapping.lookupOrDefault(
        cast<rows::YieldOp>(body.getTerminator()).getValue());
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
