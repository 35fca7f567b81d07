//===- MatrixTiles.cpp - products of f32 by matrix instructions -----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "targets/GPU/MatrixTiles.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::gputarget;

static Value toIndex(OpBuilder &b, Location loc, Value v) {
  return arith::IndexCastUIOp::create(b, loc, b.getIndexType(), v);
}

MatrixTiles::MatrixTiles(OpBuilder &b, Location loc, const MatrixEngine &engine,
                         int64_t threads)
    : b(b), loc(loc), engine(engine) {
  auto index = [&](int64_t n) -> Value {
    return arith::ConstantIndexOp::create(b, loc, n);
  };
  auto toI32 = [&](Value v) -> Value {
    return arith::IndexCastUIOp::create(b, loc, b.getI32Type(), v);
  };
  Value thread = gpu::ThreadIdOp::create(b, loc, gpu::Dimension::x);
  Value size = index(engine.getWave());
  Value number = toI32(arith::DivUIOp::create(b, loc, thread, size));
  wave = toIndex(b, loc, engine.emitUniform(b, loc, number));
  waves = index(threads / engine.getWave());
  lane = toI32(arith::RemUIOp::create(b, loc, thread, size));
  laneRow = toIndex(b, loc, engine.getRow(b, loc, lane));
  laneColumn = toIndex(b, loc, engine.getColumn(b, loc, lane));
  slot = toIndex(b, loc, engine.getSlot(b, loc, lane));
}

void MatrixTiles::forEachOfWave(int64_t count, function_ref<void(Value)> body) {
  Value all = arith::ConstantIndexOp::create(b, loc, count);
  auto loop = scf::ForOp::create(b, loc, wave, all, waves);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

MatrixTiles::Values
MatrixTiles::multiply(Value depth, int64_t rowTiles, int64_t columnTiles,
                      function_ref<Values(int64_t, Value, Value)> loadRow,
                      function_ref<Values(int64_t, Value)> loadColumn) {
  auto index = [&](int64_t n) -> Value {
    return arith::ConstantIndexOp::create(b, loc, n);
  };
  auto type = VectorType::get({engine.getAccumulators()}, b.getF32Type());
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  auto loop =
      scf::ForOp::create(b, loc, index(0), depth, index(getStep(engine)),
                         Values(rowTiles * columnTiles, zero));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Value own = arith::MulIOp::create(b, loc, slot, index(kTerms));
  Value at = arith::AddIOp::create(b, loc, loop.getInductionVar(), own);
  SmallVector<SmallVector<Values>> rows(rowTiles);
  for (int64_t tile = 0; tile < rowTiles; ++tile)
    for (unsigned r = 0; r < engine.getRowsPerLane(); ++r) {
      Value row =
          r ? arith::AddIOp::create(b, loc, laneRow, index(r)) : laneRow;
      rows[tile].push_back(loadRow(tile, row, at));
    }
  SmallVector<Values> columns;
  for (int64_t tile = 0; tile < columnTiles; ++tile)
    columns.push_back(loadColumn(tile, at));
  Values sums(loop.getRegionIterArgs().begin(), loop.getRegionIterArgs().end());
  int64_t groups = engine.getGroups();
  for (int64_t t = 0; t < kTerms; t += groups)
    for (auto [i, sum] : llvm::enumerate(sums)) {
      Values left;
      for (const Values &row : rows[i / columnTiles])
        left.append(row.begin() + t, row.begin() + t + groups);
      ArrayRef<Value> right = columns[i % columnTiles];
      sum = engine.emitProduct(b, loc, sum, left, right.slice(t, groups));
    }
  scf::YieldOp::create(b, loc, sums);
  return Values(loop.getResults());
}

std::pair<Value, Value> MatrixTiles::getPlace(unsigned i) {
  auto [row, column] = engine.getPlace(b, loc, lane, i);
  return {toIndex(b, loc, row), toIndex(b, loc, column)};
}

Value MatrixTiles::getSum(Value sums, unsigned i) {
  return vector::ExtractOp::create(b, loc, sums, static_cast<int64_t>(i));
}

MatrixTiles::Values MatrixTiles::load(Value memref, ValueRange at) {
  Value vector = vector::LoadOp::create(
      b, loc, VectorType::get({kTerms}, b.getF32Type()), memref, at,
      /*nontemporal=*/false, llvm::MaybeAlign(16));
  Values values;
  for (int64_t i = 0; i < kTerms; ++i)
    values.push_back(vector::ExtractOp::create(b, loc, vector, i));
  return values;
}
