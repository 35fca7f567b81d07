//===- LowerRowsMatmul.cpp - rows.matmul over a workgroup -----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A workgroup's tile of a rows.matmul by four-way dot products, for few rows of
// activations. The words of a weight row are dealt out to `k_split` slices of
// the workgroup, so that a single row, where there is little else to share,
// keeps many threads busy:
//
//   for each block of rows
//     parallel over (slice, four outputs), of words slice, slice + k_split, ...
//       load a word of each output at once, decode, dot products with each row,
//       into partial sums
//     parallel over (output)       add the partial sums, epilogue, store
//
// Four outputs' words are 16 consecutive bytes of a panel, and neighbouring
// threads have neighbouring outputs, so loads are as wide as they can be and
// coalesce. Integer sums are exact, so the split does not show in the results.
//
// Assumes memrefs, a config with `engine` (of one lane) and `k_split`, and a
// tile that begins at a panel. An op without `k_split` is left to the common
// lowering.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Kernels/DotEngine.h"
#include "targets/GPU/MatmulBuilder.h"
#include "targets/GPU/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_GPULOWERROWSMATMUL
#include "targets/GPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using namespace tercet::gputarget;
using ternary::kPanelRows;

/// Outputs of a thread, whose words lie side by side.
static constexpr int64_t kOutputs = 4;

namespace {
class MatmulLowering : MatmulBuilder {
public:
  MatmulLowering(rows::MatmulOp op, const kernels::DotEngine &engine,
                 int64_t slices, int64_t rowBlock, int64_t outputs)
      : MatmulBuilder(op), engine(engine), slices(slices), rowBlock(rowBlock),
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
  void lowerBlock(Value row, int64_t count) {
    Value quads = emit<arith::CeilDivUIOp>(n, index(kOutputs));
    forEachInParallel({index(slices), quads}, [&](ValueRange ids) {
      Value output = emit<arith::MulIOp>(ids[1], index(kOutputs));
      SmallVector<Value> sums = accumulate(row, count, ids[0], output);
      auto type = VectorType::get({kOutputs}, b.getI32Type());
      for (int64_t r = 0; r < count; ++r) {
        Value four = vector::FromElementsOp::create(
            b, loc, type, ArrayRef(sums).slice(r * kOutputs, kOutputs));
        vector::StoreOp::create(b, loc, four, partial,
                                ValueRange{ids[0], index(r), output},
                                /*nontemporal=*/false, llvm::MaybeAlign(16));
      }
    });
    forEachInParallel({n}, [&](ValueRange ids) {
      for (int64_t r = 0; r < count; ++r)
        finish(offset(row, r), r, ids[0]);
    });
  }

  /// The sums of a slice of K, `count` rows times four outputs. The outputs
  /// past the end that a panel holds are computed too.
  SmallVector<Value> accumulate(Value row, int64_t count, Value slice,
                                Value output) {
    Value panel = emit<arith::DivUIOp>(output, index(kPanelRows));
    Value lane = emit<arith::RemUIOp>(output, index(kPanelRows));
    Value zero = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(0));
    auto loop = scf::ForOp::create(
        b, loc, slice, index(code.getWordsPerRow(op.getK())), index(slices),
        SmallVector<Value>(count * kOutputs, zero));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value word = loop.getInductionVar();
    // Word t of lane r is at byte (t * 16 + r) * 4 of the panel.
    Value place =
        emit<arith::AddIOp>(emit<arith::MulIOp>(word, index(kPanelRows)), lane);
    SmallVector<Value> stored =
        loadWords(op.getWeight(), panel, emit<arith::MulIOp>(place, index(4)),
                  kOutputs, 4 * kOutputs);
    Value column = emit<arith::MulIOp>(word, index(code.getWeightsPerWord()));
    SmallVector<SmallVector<Value>> acts;
    for (int64_t r = 0; r < count; ++r)
      acts.push_back(loadWords(op.getInput(), offset(row, r), column,
                               code.getWeightsPerWord() / 4,
                               getActivationAlignment()));
    SmallVector<Value> accs(loop.getRegionIterArgs());
    for (int64_t o = 0; o < kOutputs; ++o) {
      SmallVector<Value> groups = code.emitDecode(b, loc, stored[o], setup,
                                                  engine.getDecoderFeatures());
      for (auto [g, group] : llvm::enumerate(groups))
        for (int64_t r = 0; r < count; ++r) {
          Value &acc = accs[r * kOutputs + o];
          acc = engine.emitDotOf(code, b, loc, acc, group, acts[r][g]);
        }
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
    MatmulBuilder::finish(acc, row, output, engine.getOffsetOf(code));
  }

  const kernels::DotEngine &engine;
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
        tiles[1] <= 0 || tiles[1] % kOutputs || split.getInt() <= 0 ||
        rowBlock <= 0)
      return op.emitOpError("with k_split in its config needs memrefs, tiled "
                            "outputs, a positive k_split and row_block, and an "
                            "engine of one lane");
    MatmulLowering(op, *engine, split.getInt(), rowBlock, tiles[1]).lower();
    return success();
  }
};
} // namespace
