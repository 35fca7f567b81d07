//===- LowerRowsMatmulMatrix.cpp - rows.matmul by matrix instructions -----===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A workgroup's tile of a rows.matmul by the matrix instructions of a
// MatrixEngine. The waves are panel groups times slices of K (`k_split`); a
// wave has `panels` panels of 16 outputs and all activation rows of a pass:
//
//   for each pass over the tile's rows (all of them, or one instruction's)
//     a wave: for its steps of K
//       a lane loads words of weights and decodes them, once for all rows,
//       loads the same K of its activation row, and multiplies
//     a wave: adds its sums to the workgroup's, in shared memory
//     parallel over (row, output)       epilogue, store
//
// Integer sums are exact, so neither the split nor the order of the waves shows
// in the results. A row or a word past the end is read again from the last one;
// such a row is not stored, and such a word meets activations of zero.
//
// A sparse engine skips half of the products where a code has at most two
// nonzeros in four.
//
// Where a tile has few rows of all that it could have (decoding), it takes
// passes of one instruction's rows instead of one pass of all.
//
// Assumes memrefs, a tile that begins at a panel, and a config as
// configureKernel writes it. An op whose engine is no matrix engine is left to
// the other lowerings.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "targets/GPU/MatmulBuilder.h"
#include "targets/GPU/MatrixEngine.h"
#include "targets/GPU/Passes.h"
#include <numeric>

namespace tercet {
#define GEN_PASS_DEF_GPULOWERROWSMATMULMATRIX
#include "targets/GPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using namespace tercet::gputarget;
using ternary::kPanelRows;

namespace {
/// What the config says, checked.
struct Shape {
  int64_t rows, outputs; ///< of a workgroup's tile
  int64_t waves, slices, panels;
};

class MatrixLowering : MatmulBuilder {
public:
  MatrixLowering(rows::MatmulOp op, const MatrixEngine &engine, Shape shape)
      : MatmulBuilder(op), engine(engine), shape(shape),
        words(code.getWordsPerRow(op.getK())) {
    int64_t groups = code.getWeightsPerWord() / 4;
    unroll = std::lcm<int64_t>(groups, engine.getGroups()) / groups;
    // Two words in flight, where K has them.
    if (unroll == 1 && words >= 2 * engine.getSlots())
      unroll = 2;
    step = unroll * engine.getSlots();
    ragged = words % step != 0;
    accType = VectorType::get({engine.getAccumulators()}, b.getI32Type());
  }

  void lower() {
    // Computed once, before anything diverges.
    if (!engine.isSparse())
      setup = code.emitSetup(b, loc, b.getI32Type(), {});
    sums = memref::AllocOp::create(
        b, loc, MemRefType::get({shape.rows, shape.outputs}, b.getI32Type()));
    locate();
    int64_t columns = engine.getColumns();
    if (shape.rows <= 2 * columns)
      return lowerAll(shape.rows / columns);
    Value wide =
        emit<arith::CmpIOp>(arith::CmpIPredicate::ugt, m, index(2 * columns));
    auto choice = scf::IfOp::create(b, loc, wide, /*withElseRegion=*/true);
    b.setInsertionPointToStart(choice.thenBlock());
    lowerPass(index(0), shape.rows / columns);
    b.setInsertionPointToStart(choice.elseBlock());
    forEach(index(0), m, columns, [&](Value row) { lowerPass(row, 1); });
    b.setInsertionPointAfter(choice);
    op.erase();
  }

private:
  void lowerAll(int64_t tiles) {
    lowerPass(index(0), tiles);
    op.erase();
  }

  Value toIndex(Value v) {
    return emit<arith::IndexCastUIOp>(b.getIndexType(), v);
  }

  /// Where this thread stands.
  void locate() {
    m = emit<memref::DimOp>(op.getInit(), index(0));
    n = emit<memref::DimOp>(op.getInit(), index(1));
    Value thread = gpu::ThreadIdOp::create(b, loc, gpu::Dimension::x);
    Value wave = emit<arith::IndexCastUIOp>(
        b.getI32Type(), emit<arith::DivUIOp>(thread, index(engine.getWave())));
    wave = toIndex(engine.emitUniform(b, loc, wave));
    lane = emit<arith::IndexCastUIOp>(
        b.getI32Type(), emit<arith::RemUIOp>(thread, index(engine.getWave())));
    slice = emit<arith::RemUIOp>(wave, index(shape.slices));
    firstPanel = emit<arith::MulIOp>(
        emit<arith::DivUIOp>(wave, index(shape.slices)), index(shape.panels));
    panelRow = toIndex(engine.getRow(b, loc, lane));
    column = toIndex(engine.getColumn(b, loc, lane));
    slot = toIndex(engine.getSlot(b, loc, lane));
    if (engine.hasOtherSources())
      for (unsigned i = 0; i < engine.getGroups(); ++i)
        sources.push_back(engine.getSource(b, loc, lane, i));
  }

  /// The rows from `row` on, as many as `tiles` instructions take.
  void lowerPass(Value row, int64_t tiles) {
    Value zero = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(0));
    Value rows = index(tiles * engine.getColumns());
    if (shape.slices > 1)
      forEachInParallel({rows, index(shape.outputs)}, [&](ValueRange at) {
        memref::StoreOp::create(b, loc, zero, sums, at);
      });
    // A wave whose panels all lie past the end has nothing to do.
    Value first = emit<arith::MulIOp>(firstPanel, index(kPanelRows));
    Value some = emit<arith::CmpIOp>(arith::CmpIPredicate::ult, first, n);
    auto guard = scf::IfOp::create(b, loc, some, /*withElseRegion=*/false);
    {
      OpBuilder::InsertionGuard inside(b);
      b.setInsertionPointToStart(guard.thenBlock());
      addSums(accumulate(row, tiles), tiles);
    }
    Value left = emit<arith::SubIOp>(m, row);
    forEachInParallel({emit<arith::MinUIOp>(left, rows), n},
                      [&](ValueRange at) {
                        Value acc = emit<memref::LoadOp>(sums, at);
                        finish(acc, emit<arith::AddIOp>(row, at[0]), at[1],
                               /*codeOffset=*/engine.isSparse() ? 0 : 1);
                      });
  }

  /// Panels times tiles of sums.
  SmallVector<Value> accumulate(Value row, int64_t tiles) {
    Value last = emit<arith::SubIOp>(m, index(1));
    SmallVector<Value> rows, panels;
    for (int64_t j = 0; j < tiles; ++j) {
      Value at =
          emit<arith::AddIOp>(offset(row, j * engine.getColumns()), column);
      rows.push_back(emit<arith::MinUIOp>(at, last));
    }
    Value lastPanel = emit<arith::DivUIOp>(emit<arith::SubIOp>(n, index(1)),
                                           index(kPanelRows));
    for (int64_t p = 0; p < shape.panels; ++p)
      panels.push_back(
          p ? emit<arith::MinUIOp>(offset(firstPanel, p), lastPanel)
            : firstPanel);
    Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(accType));
    auto loop = scf::ForOp::create(
        b, loc, slice, index(llvm::divideCeil(words, step)),
        index(shape.slices), SmallVector<Value>(shape.panels * tiles, zero));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> accs(loop.getRegionIterArgs());
    multiply(emit<arith::MulIOp>(loop.getInductionVar(), index(step)), rows,
             panels, accs);
    scf::YieldOp::create(b, loc, accs);
    return SmallVector<Value>(loop.getResults());
  }

  /// The words of a slot in a step of K, and where K is ragged whether they
  /// exist; the last word stands in for one that does not.
  struct Words {
    SmallVector<Value> at, exists;
  };
  Words getWords(Value step, Value slot) {
    Words result;
    for (int64_t u = 0; u < unroll; ++u) {
      Value at = emit<arith::AddIOp>(offset(step, u * engine.getSlots()), slot);
      if (ragged) {
        result.exists.push_back(
            emit<arith::CmpIOp>(arith::CmpIPredicate::ult, at, index(words)));
        at = emit<arith::MinUIOp>(at, index(words - 1));
      }
      result.at.push_back(at);
    }
    return result;
  }

  /// One step of K, whose first word is `word`.
  void multiply(Value word, ArrayRef<Value> rows, ArrayRef<Value> panels,
                MutableArrayRef<Value> accs) {
    Words own = getWords(word, slot);
    SmallVector<SmallVector<SmallVector<Value>>> codes; // panel, row, group
    for (Value panel : panels)
      codes.push_back(loadCodes(panel, own.at));
    SmallVector<Words> others;
    if (engine.hasOtherSources())
      for (unsigned i = 0; i < engine.getGroups(); ++i)
        others.push_back(getWords(word, toIndex(sources[i].slot)));
    size_t share = engine.getGroups();
    for (auto [j, row] : llvm::enumerate(rows)) {
      SmallVector<Value> acts = engine.hasOtherSources()
                                    ? gatherActivations(row, others)
                                    : loadActivations(row, own);
      for (auto [p, ofPanel] : llvm::enumerate(codes)) {
        Value &acc = accs[p * rows.size() + j];
        for (size_t g = 0; g < acts.size(); g += share) {
          SmallVector<Value> weights;
          for (ArrayRef<Value> ofRow : ofPanel)
            llvm::append_range(weights, ofRow.slice(g, share));
          acc = engine.emitProduct(b, loc, acc, weights,
                                   ArrayRef(acts).slice(g, share));
        }
      }
    }
  }

  /// The decoded groups of the lane's rows of a panel.
  SmallVector<SmallVector<Value>> loadCodes(Value panel, ArrayRef<Value> at) {
    int64_t count = engine.getRowsPerLane();
    SmallVector<SmallVector<Value>> groups(count);
    for (Value word : at) {
      // Word t of row r is at byte (t * 16 + r) * 4 of the panel.
      Value place = emit<arith::AddIOp>(
          emit<arith::MulIOp>(word, index(kPanelRows)), panelRow);
      SmallVector<Value> stored =
          loadWords(op.getWeight(), panel, emit<arith::MulIOp>(place, index(4)),
                    count, 4 * count);
      for (int64_t r = 0; r < count; ++r)
        llvm::append_range(groups[r],
                           engine.isSparse()
                               ? code.emitDecodePairs(b, loc, stored[r])
                               : code.emitDecode(b, loc, stored[r], setup, {}));
    }
    return groups;
  }

  /// Activations of a word that does not exist count as zero.
  Value orZero(Value act, const Words &of, size_t u) {
    if (!ragged)
      return act;
    Value zero = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(0));
    return emit<arith::SelectOp>(of.exists[u], act, zero);
  }

  SmallVector<Value> loadActivations(Value row, const Words &own) {
    SmallVector<Value> acts;
    int64_t weights = code.getWeightsPerWord();
    for (auto [u, word] : llvm::enumerate(own.at)) {
      Value from = emit<arith::MulIOp>(word, index(weights));
      for (Value act : loadWords(op.getInput(), row, from, weights / 4,
                                 getActivationAlignment()))
        acts.push_back(orZero(act, own, u));
    }
    return acts;
  }

  /// The same from where the engine says, word by word.
  SmallVector<Value> gatherActivations(Value row, ArrayRef<Words> others) {
    SmallVector<Value> acts;
    int64_t perWord = code.getWeightsPerWord() / 4;
    for (int64_t g = 0; g < unroll * perWord; g += engine.getGroups())
      for (unsigned i = 0; i < engine.getGroups(); ++i) {
        // A source's group and the one after it are of one word.
        int64_t group = g + sources[i].group, u = group / perWord;
        Value from = emit<arith::MulIOp>(others[i].at[u],
                                         index(code.getWeightsPerWord()));
        from = emit<arith::AddIOp>(
            offset(from, group % perWord * 4),
            emit<arith::MulIOp>(toIndex(sources[i].plus), index(4)));
        Value act = loadWords(op.getInput(), row, from, 1, 4).front();
        acts.push_back(orZero(act, others[i], u));
      }
    return acts;
  }

  /// Adds a wave's sums to those of its workgroup.
  void addSums(ArrayRef<Value> accs, int64_t tiles) {
    for (unsigned i = 0; i < engine.getAccumulators(); ++i) {
      auto [panelPlace, columnPlace] = engine.getPlace(b, loc, lane, i);
      Value output = toIndex(panelPlace), row = toIndex(columnPlace);
      for (int64_t p = 0; p < shape.panels; ++p) {
        Value first =
            emit<arith::MulIOp>(offset(firstPanel, p), index(kPanelRows));
        Value at = emit<arith::AddIOp>(first, output);
        for (int64_t j = 0; j < tiles; ++j) {
          Value sum = vector::ExtractOp::create(b, loc, accs[p * tiles + j],
                                                static_cast<int64_t>(i));
          SmallVector<Value> place{offset(row, j * engine.getColumns()), at};
          if (shape.slices > 1)
            memref::AtomicRMWOp::create(b, loc, b.getI32Type(),
                                        arith::AtomicRMWKind::addi, sum, sums,
                                        place);
          else
            memref::StoreOp::create(b, loc, sum, sums, place);
        }
      }
    }
  }

  const MatrixEngine &engine;
  Shape shape;
  int64_t words, unroll, step;
  bool ragged;
  VectorType accType;
  SmallVector<Value> setup;
  SmallVector<MatrixEngine::Source> sources;
  Value sums, m, n, lane, slice, firstPanel, panelRow, column, slot;
};

struct GPULowerRowsMatmulMatrix
    : tercet::impl::GPULowerRowsMatmulMatrixBase<GPULowerRowsMatmulMatrix> {
  void getDependentDialects(DialectRegistry &registry) const override {
    GPULowerRowsMatmulMatrixBase::getDependentDialects(registry);
    registerMatrixEngineDialects(registry);
  }

  void runOnOperation() override {
    SmallVector<rows::MatmulOp> ops;
    getOperation().walk([&](rows::MatmulOp op) { ops.push_back(op); });
    for (rows::MatmulOp op : ops)
      if (failed(lower(op)))
        return signalPassFailure();
  }

  static LogicalResult lower(rows::MatmulOp op) {
    auto config = op.getConfigAttr();
    auto name = config ? config.getAs<StringAttr>("engine") : StringAttr();
    const MatrixEngine *engine =
        name ? lookupMatrixEngine(name.getValue()) : nullptr;
    if (!engine)
      return success();
    auto get = [&](StringRef key) {
      auto attr = config.getAs<IntegerAttr>(key);
      return attr ? attr.getInt() : 0;
    };
    auto tiles = config.getAs<DenseI64ArrayAttr>("tile_sizes");
    int64_t threads = get("threads"), slices = get("k_split"),
            panels = get("panels"), wave = engine->getWave();
    if (!isa<MemRefType>(op.getInit().getType()) || !tiles ||
        tiles.size() != 2 || slices <= 0 || panels <= 0 || threads <= 0 ||
        threads % (wave * slices) || tiles[0] <= 0 ||
        tiles[0] % engine->getColumns() ||
        tiles[1] != threads / (wave * slices) * panels * kPanelRows ||
        (engine->isSparse() &&
         !ternary::getCode(op.getCode().getKind()).hasPairs()))
      return op.emitOpError("with engine ")
             << name.getValue() << " in its config needs memrefs, threads in "
             << "waves of " << wave << " that k_split divides, tiles of a "
             << "multiple of " << engine->getColumns() << " rows, and of "
             << kPanelRows << " outputs for each panel of each group of waves";
    Shape shape{tiles[0], tiles[1], threads / wave, slices, panels};
    MatrixLowering(op, *engine, shape).lower();
    return success();
  }
};
} // namespace
