//===- MatrixTiles.h - products of f32 by matrix instructions ---*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a wave does with a float engine: tiles of 16 rows by as many columns as
// an instruction has, whose operands a lane loads from wherever they are.
//
// A lane has, for each of getSlots() shares of the terms, four neighbours at a
// time, which are one load where they lie side by side; the instructions that
// follow take getGroups() of them each. Which terms meet in an instruction does
// not matter to a sum.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TARGETS_GPU_MATRIXTILES_H
#define TERCET_TARGETS_GPU_MATRIXTILES_H

#include "targets/GPU/MatrixEngine.h"

namespace tercet::gputarget {

class MatrixTiles {
public:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<Value>;

  /// Neighbouring terms of a lane.
  static constexpr int64_t kTerms = 4;
  /// Terms of all lanes; depths are multiples of it.
  static int64_t getStep(const MatrixEngine &engine) {
    return kTerms * engine.getSlots();
  }

  /// Emits where a thread of a workgroup of `threads` stands, at the insertion
  /// point of `b`, which everything else is emitted with.
  MatrixTiles(mlir::OpBuilder &b, mlir::Location loc,
              const MatrixEngine &engine, int64_t threads);

  /// Calls `body` for the numbers of [0, count) that are the wave's.
  void forEachOfWave(int64_t count, llvm::function_ref<void(Value)> body);

  /// The sums of `rowTiles` by `columnTiles` tiles over `depth` terms, rows
  /// first: getAccumulators() floats of a lane each. The loaders give a lane's
  /// values from term `at` on, kTerms of them: of a row of tile `tile`, whose
  /// number in it is `row`, and of its column of tile `tile`, getColumn().
  Values
  multiply(Value depth, int64_t rowTiles, int64_t columnTiles,
           llvm::function_ref<Values(int64_t tile, Value row, Value at)> row,
           llvm::function_ref<Values(int64_t tile, Value at)> column);

  /// The column of a tile that a lane loads.
  Value getColumn() const { return laneColumn; }
  /// The row and the column of a tile that sum `i` of a lane is of.
  std::pair<Value, Value> getPlace(unsigned i);
  /// A lane's sum `i` of a tile.
  Value getSum(Value sums, unsigned i);
  /// kTerms neighbours in a memref, at a multiple of 16 bytes.
  Values load(Value memref, mlir::ValueRange at);

private:
  mlir::OpBuilder &b;
  mlir::Location loc;
  const MatrixEngine &engine;
  Value wave, waves, lane, laneRow, laneColumn, slot;
};

} // namespace tercet::gputarget

#endif
