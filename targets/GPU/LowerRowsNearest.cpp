//===- LowerRowsNearest.cpp - rows.nearest by matrix instructions ---------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rows are the rows of an instruction, vectors its columns. A wave has two
// tiles of rows, or one, and up to four of vectors at a time: each operand that
// is loaded meets several others. A lane keeps, for each of its sums of a tile,
// the least score and its number; what the lanes of a row and the waves that
// share it found is compared at the end, in shared memory.
//
// Behind the last row and the last vector these are read again: such a row is
// not stored, and such a vector has the last one's score and number.
//
// Assumes memrefs that begin at multiples of 16 bytes. Takes `tile_sizes`, a
// multiple of 16 rows, from the op's config; fails where the engine is none of
// floats or its tiles do not divide the width. An op without an engine is left
// to lower-rows-nearest.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Kernels/NearestBuilder.h"
#include "targets/GPU/MatrixTiles.h"
#include "targets/GPU/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_GPULOWERROWSNEAREST
#include "targets/GPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using gputarget::kMatrixRows;
using gputarget::MatrixEngine;
using gputarget::MatrixTiles;

namespace {
class NearestTiles : kernels::NearestBuilder {
public:
  NearestTiles(rows::NearestOp op, const MatrixEngine &engine,
               int64_t rowsOfTile, int64_t threads)
      : NearestBuilder(op), engine(engine), rowsOfTile(rowsOfTile),
        rowTiles(rowsOfTile % (2 * kMatrixRows) == 0 ? 2 : 1),
        columnTiles(
            std::min<int64_t>(4, llvm::divideCeil(count, engine.getColumns()))),
        groups(rowsOfTile / (rowTiles * kMatrixRows)),
        slices(std::clamp<int64_t>(
            threads / engine.getWave() / groups, 1,
            llvm::divideCeil(count, columnTiles * engine.getColumns()))),
        tiles(b, loc, engine, threads) {}

  void lower() {
    int64_t parts = slices * engine.getColumns();
    // An odd row keeps threads with a row each off the same bank.
    SmallVector<int64_t> shape{rowsOfTile, parts + 1};
    Value scores =
        emit<memref::AllocOp>(MemRefType::get(shape, b.getF32Type()));
    Value numbers =
        emit<memref::AllocOp>(MemRefType::get(shape, b.getI32Type()));
    Value lastRow = addIndex(rowCount(), -1);
    tiles.forEachOfWave(groups * slices, [&](Value item) {
      Value group = emit<arith::DivUIOp>(item, index(slices)),
            slice = emit<arith::RemUIOp>(item, index(slices));
      Value first = emit<arith::MulIOp>(group, index(rowTiles * kMatrixRows));
      Values best = search(first, slice, lastRow);
      Value column = emit<arith::MulIOp>(slice, index(engine.getColumns()));
      for (int64_t k = 0; k < getKept(); ++k) {
        auto [r, c] = tiles.getPlace(k % engine.getAccumulators());
        Values at{addIndex(getRow(first, k), r), addIndex(column, c)};
        store(best[k], scores, at);
        store(best[getKept() + k], numbers, at);
      }
    });
    compareParts(scores, numbers, parts);
  }

private:
  /// Least scores that a lane keeps: one for each sum of each tile of rows.
  int64_t getKept() { return rowTiles * engine.getAccumulators(); }
  /// The first row of the tile that number `k` of them is of.
  Value getRow(Value first, int64_t k) {
    return addIndex(first, k / engine.getAccumulators() * kMatrixRows);
  }

  /// The least scores, then their numbers, of the rows from `first` on among
  /// the slice's vectors.
  Values search(Value first, Value slice, Value lastRow) {
    auto clamp = [&](Value at, Value last) {
      return emit<arith::MinSIOp>(at, last);
    };
    int64_t block = columnTiles * engine.getColumns();
    Value minusTwo = constant(-2), zero = constant(0);
    Value last = index(count - 1);
    Values own(getKept());
    if (op.getRowNorms())
      for (int64_t k = 0; k < getKept(); ++k) {
        Value r = tiles.getPlace(k % engine.getAccumulators()).first;
        own[k] = load(op.getRowNorms(),
                      clamp(addIndex(getRow(first, k), r), lastRow));
      }
    Values none(getKept(), infinity());
    none.append(getKept(), toI32(index(0)));
    auto compare = [&](Value from, ValueRange carried) {
      Values best(carried.begin(), carried.end());
      auto vectorOf = [&](int64_t tile, Value column) {
        return clamp(
            addIndex(addIndex(from, tile * engine.getColumns()), column), last);
      };
      Values sums = tiles.multiply(
          index(width), rowTiles, columnTiles,
          [&](int64_t tile, Value row, Value d) {
            Value at = addIndex(addIndex(first, tile * kMatrixRows), row);
            return tiles.load(op.getInput(), {clamp(at, lastRow), d});
          },
          [&](int64_t tile, Value d) {
            return tiles.load(op.getVectors(),
                              {vectorOf(tile, tiles.getColumn()), d});
          });
      for (int64_t tile = 0; tile < columnTiles; ++tile)
        for (int64_t k = 0; k < getKept(); ++k) {
          unsigned i = k % engine.getAccumulators();
          Value vector = vectorOf(tile, tiles.getPlace(i).second);
          Value product = tiles.getSum(
              sums[k / engine.getAccumulators() * columnTiles + tile], i);
          Value s = score(product, load(op.getNorms(), vector), own[k],
                          minusTwo, zero, /*fused=*/true);
          std::tie(best[k], best[getKept() + k]) =
              takeLess(s, toI32(vector), best[k], best[getKept() + k]);
        }
      return best;
    };
    return forEach(emit<arith::MulIOp>(slice, index(block)), index(count),
                   slices * block, none, compare);
  }

  const MatrixEngine &engine;
  // Rows of the workgroup; tiles of a wave; waves by rows and by vectors.
  int64_t rowsOfTile, rowTiles, columnTiles, groups, slices;
  MatrixTiles tiles;
};

struct GPULowerRowsNearest
    : tercet::impl::GPULowerRowsNearestBase<GPULowerRowsNearest> {
  void getDependentDialects(DialectRegistry &registry) const override {
    GPULowerRowsNearestBase::getDependentDialects(registry);
    gputarget::registerMatrixEngineDialects(registry);
  }

  void runOnOperation() override {
    SmallVector<rows::NearestOp> ops;
    getOperation().walk([&](rows::NearestOp op) { ops.push_back(op); });
    for (rows::NearestOp op : ops) {
      DictionaryAttr config = op.getConfig().value_or(DictionaryAttr());
      auto name = config ? config.getAs<StringAttr>("engine") : StringAttr();
      if (!name)
        continue;
      const MatrixEngine *engine =
          gputarget::lookupMatrixEngine(name.getValue());
      auto tile = config.getAs<DenseI64ArrayAttr>("tile_sizes");
      int64_t rows = tile && !tile.empty() ? tile.asArrayRef().back() : 0;
      int64_t threads = getWorkgroupSize(getOperation());
      if (!isa<MemRefType>(op.getInput().getType()) || op.getBatchAxes() ||
          !engine || !engine->isFloat() || rows < 1 || rows % kMatrixRows ||
          threads < engine->getWave() ||
          op.getWidth() % MatrixTiles::getStep(*engine)) {
        op.emitOpError("cannot take the engine '")
            << name.getValue()
            << "': it has to be one of floats, over memrefs of one batch, with "
               "tile_sizes a "
               "multiple of 16 rows and a width that its tiles divide";
        return signalPassFailure();
      }
      NearestTiles(op, *engine, rows, threads).lower();
      op.erase();
    }
  }
};
} // namespace
