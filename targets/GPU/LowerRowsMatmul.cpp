//===- LowerRowsMatmul.cpp - rows.matmul over a workgroup -----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A workgroup's tile of a rows.matmul as parallel loops. The words of a weight
// row are dealt out to `k_split` slices of the workgroup, so that a single row
// of activations, where there is little else to share, keeps many threads busy:
//
//   for each block of rows
//     parallel over (slice, output)     words slice, slice + k_split, ...:
//       decode a word once, dot products with each row, into partial sums
//     parallel over (output)            add the partial sums, epilogue, store
//
// Neighbouring threads have neighbouring outputs and so read neighbouring words
// of a panel. Integer sums are exact, so the split does not show in the
// results.
//
// Assumes memrefs, a config with `engine` (of one lane) and `k_split`, and a
// tile that begins at a panel. An op without `k_split` is left to the common
// lowering.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "dialects/Ternary/Codes/Code.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "passes/Kernels/DotEngine.h"
#include "targets/GPU/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_GPULOWERROWSMATMUL
#include "targets/GPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using ternary::kPanelRows;

namespace {
class MatmulLowering {
public:
  MatmulLowering(rows::MatmulOp op, const kernels::DotEngine &engine,
                 int64_t slices, int64_t rowBlock, int64_t outputs)
      : op(op), engine(engine), code(ternary::getCode(op.getCode().getKind())),
        b(op), loc(op.getLoc()), slices(slices), rowBlock(rowBlock),
        outputs(outputs) {}

  void lower() {
    setup = code.emitSetup(b, loc, b.getI32Type(), engine.getDecoderFeatures());
    partial = memref::AllocOp::create(
        b, loc, MemRefType::get({slices, rowBlock, outputs}, b.getI32Type()));
    n = memref::DimOp::create(b, loc, op.getInit(), index(1));
    Value m = memref::DimOp::create(b, loc, op.getInit(), index(0));
    // Whole blocks of rows, then one by one.
    Value over = emit<arith::RemUIOp>(m, index(rowBlock));
    Value whole = emit<arith::SubIOp>(m, over);
    forEach(index(0), whole, rowBlock,
            [&](Value row) { lowerBlock(row, rowBlock); });
    if (rowBlock > 1)
      forEach(whole, m, 1, [&](Value row) { lowerBlock(row, 1); });
    op.erase();
  }

private:
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  template <typename Op, typename... Args> Value emit(Args &&...args) {
    return Op::create(b, loc, std::forward<Args>(args)...).getResult();
  }
  void forEach(Value from, Value to, int64_t step,
               function_ref<void(Value)> body) {
    auto loop = scf::ForOp::create(b, loc, from, to, index(step));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  }
  void forEachInParallel(ValueRange counts,
                         function_ref<void(ValueRange)> body) {
    SmallVector<Value> zeros(counts.size(), index(0)),
        ones(counts.size(), index(1));
    auto loop = scf::ParallelOp::create(b, loc, zeros, counts, ones);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVars());
  }
  Value offset(Value base, int64_t by) {
    return by ? emit<arith::AddIOp>(base, index(by)) : base;
  }

  /// Four bytes of a memref of bytes as a word.
  Value loadWord(Value memref, Value row, Value byte) {
    Value bytes = vector::LoadOp::create(
        b, loc, VectorType::get({4}, b.getI8Type()), memref,
        ValueRange{row, byte}, /*nontemporal=*/false, llvm::MaybeAlign(4));
    Value word = vector::BitCastOp::create(
        b, loc, VectorType::get({1}, b.getI32Type()), bytes);
    return vector::ExtractOp::create(b, loc, word, int64_t(0));
  }

  void lowerBlock(Value row, int64_t count) {
    forEachInParallel({index(slices), n}, [&](ValueRange ids) {
      SmallVector<Value> sums = accumulate(row, count, ids[0], ids[1]);
      for (int64_t r = 0; r < count; ++r)
        memref::StoreOp::create(b, loc, sums[r], partial,
                                ValueRange{ids[0], index(r), ids[1]});
    });
    forEachInParallel({n}, [&](ValueRange ids) {
      for (int64_t r = 0; r < count; ++r)
        finish(offset(row, r), r, ids[0]);
    });
  }

  SmallVector<Value> accumulate(Value row, int64_t count, Value slice,
                                Value output) {
    Value panel = emit<arith::DivUIOp>(output, index(kPanelRows));
    Value lane = emit<arith::RemUIOp>(output, index(kPanelRows));
    Value zero = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(0));
    auto loop =
        scf::ForOp::create(b, loc, slice, index(code.getWordsPerRow(op.getK())),
                           index(slices), SmallVector<Value>(count, zero));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value word = loop.getInductionVar();
    // Word t of lane r is at byte (t * 16 + r) * 4 of the panel.
    Value place =
        emit<arith::AddIOp>(emit<arith::MulIOp>(word, index(kPanelRows)), lane);
    Value codes =
        loadWord(op.getWeight(), panel, emit<arith::MulIOp>(place, index(4)));
    SmallVector<Value> groups =
        code.emitDecode(b, loc, codes, setup, engine.getDecoderFeatures());
    Value column = emit<arith::MulIOp>(word, index(code.getWeightsPerWord()));
    SmallVector<Value> accs(loop.getRegionIterArgs());
    for (auto [g, group] : llvm::enumerate(groups))
      for (int64_t r = 0; r < count; ++r) {
        Value acts =
            loadWord(op.getInput(), offset(row, r), offset(column, 4 * g));
        accs[r] = engine.emitDot(b, loc, accs[r], group, acts);
      }
    scf::YieldOp::create(b, loc, accs);
    return SmallVector<Value>(loop.getResults());
  }

  void finish(Value row, int64_t r, Value output) {
    Value acc =
        emit<memref::LoadOp>(partial, ValueRange{index(0), index(r), output});
    for (int64_t s = 1; s < slices; ++s)
      acc = emit<arith::AddIOp>(
          acc, emit<memref::LoadOp>(partial,
                                    ValueRange{index(s), index(r), output}));
    // Codes are w + 1: take the sum of the row's activations off.
    acc = emit<arith::SubIOp>(acc, emit<memref::LoadOp>(op.getSums(), row));

    Block &body = op.getEpilogue().front();
    IRMapping mapping;
    mapping.map(body.getArgument(0), acc);
    for (auto [i, map, operand] :
         llvm::enumerate(op.getEpilogueMapsArray(), op.getEpilogueOperands())) {
      SmallVector<Value> at;
      for (AffineExpr e : map.getResults())
        at.push_back(cast<AffineDimExpr>(e).getPosition() ? output : row);
      mapping.map(body.getArgument(i + 1), emit<memref::LoadOp>(operand, at));
    }
    for (Operation &inner : body.without_terminator())
      b.clone(inner, mapping);
    Value result = mapping.lookupOrDefault(
        cast<rows::YieldOp>(body.getTerminator()).getValue());
    memref::StoreOp::create(b, loc, result, op.getInit(),
                            ValueRange{row, output});
  }

  rows::MatmulOp op;
  const kernels::DotEngine &engine;
  const ternary::Code &code;
  OpBuilder b;
  Location loc;
  int64_t slices, rowBlock, outputs;
  SmallVector<Value> setup;
  Value partial, n;
};

struct GPULowerRowsMatmul
    : tercet::impl::GPULowerRowsMatmulBase<GPULowerRowsMatmul> {
  void runOnOperation() override {
    SmallVector<rows::MatmulOp> ops;
    getOperation().walk([&](rows::MatmulOp op) { ops.push_back(op); });
    for (rows::MatmulOp op : ops)
      if (failed(lower(op)))
        return signalPassFailure();
  }

  static LogicalResult lower(rows::MatmulOp op) {
    auto config = op.getConfigAttr();
    auto split = config ? config.getAs<IntegerAttr>("k_split") : IntegerAttr();
    if (!split)
      return success();
    auto name = config.getAs<StringAttr>("engine");
    auto tiles = config.getAs<DenseI64ArrayAttr>("tile_sizes");
    auto block = config.getAs<IntegerAttr>("row_block");
    const kernels::DotEngine *engine =
        name ? kernels::lookupDotEngine(name.getValue()) : nullptr;
    int64_t rowBlock = block ? block.getInt() : 4;
    if (!isa<MemRefType>(op.getInit().getType()) || !engine ||
        engine->getLanes() != 1 || !tiles || tiles.size() != 2 ||
        tiles[1] <= 0 || split.getInt() <= 0 || rowBlock <= 0)
      return op.emitOpError("with k_split in its config needs memrefs, tiled "
                            "outputs, a positive k_split and row_block, and an "
                            "engine of one lane");
    MatmulLowering(op, *engine, split.getInt(), rowBlock, tiles[1]).lower();
    return success();
  }
};
} // namespace
