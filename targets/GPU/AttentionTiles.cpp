//===- AttentionTiles.cpp - attention by matrix instructions --------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A lane has, for each of getSlots() shares of the terms, four neighbours at a
// time, which are one load where they lie side by side; the instructions that
// follow take getGroups() of them each. Which terms meet in an instruction does
// not matter to a sum.
//
//===----------------------------------------------------------------------===//
#include "targets/GPU/AttentionTiles.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "targets/GPU/Passes.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::gputarget;

/// Neighbouring terms of a lane.
static constexpr int64_t kTerms = 4;

bool AttentionTiles::fit(rows::AttentionOp op, const MatrixEngine *engine,
                         int64_t rows, int64_t keys) {
  return engine && engine->isFloat() && rows % kMatrixRows == 0 &&
         keys % (kTerms * engine->getSlots()) == 0 &&
         keys % engine->getColumns() == 0 &&
         op.getKeyWidth() % (kTerms * engine->getSlots()) == 0 &&
         op.getValueWidth() % engine->getColumns() == 0;
}

AttentionTiles::AttentionTiles(kernels::AttentionBuilder &a,
                               const MatrixEngine &engine, int64_t rows,
                               int64_t keys)
    : a(a), engine(engine), rows(rows), keys(keys) {
  auto toIndex = [&](Value v) {
    return a.emit<arith::IndexCastUIOp>(a.b.getIndexType(), v);
  };
  Type i32 = a.b.getI32Type();
  Value thread = gpu::ThreadIdOp::create(a.b, a.loc, gpu::Dimension::x);
  Value size = a.index(engine.getWave());
  wave = toIndex(engine.emitUniform(
      a.b, a.loc,
      a.emit<arith::IndexCastUIOp>(i32, a.emit<arith::DivUIOp>(thread, size))));
  waves = a.index(getWorkgroupSize(a.op->getParentOfType<func::FuncOp>()) /
                  engine.getWave());
  lane =
      a.emit<arith::IndexCastUIOp>(i32, a.emit<arith::RemUIOp>(thread, size));
  laneRow = toIndex(engine.getRow(a.b, a.loc, lane));
  laneColumn = toIndex(engine.getColumn(a.b, a.loc, lane));
  slot = toIndex(engine.getSlot(a.b, a.loc, lane));
}

void AttentionTiles::forEachTile(int64_t across,
                                 function_ref<void(Value, Value)> body) {
  int64_t columns = across / engine.getColumns();
  auto loop = scf::ForOp::create(a.b, a.loc, wave,
                                 a.index(rows / kMatrixRows * columns), waves);
  OpBuilder::InsertionGuard guard(a.b);
  a.b.setInsertionPointToStart(loop.getBody());
  Value tile = loop.getInductionVar(), count = a.index(columns);
  body(a.emit<arith::MulIOp>(a.emit<arith::DivUIOp>(tile, count),
                             a.index(kMatrixRows)),
       a.emit<arith::MulIOp>(a.emit<arith::RemUIOp>(tile, count),
                             a.index(engine.getColumns())));
}

Value AttentionTiles::multiply(Value depth,
                               function_ref<Values(Value, Value)> loadRow,
                               function_ref<Values(Value)> loadColumn) {
  auto type = VectorType::get({engine.getAccumulators()}, a.b.getF32Type());
  Value zero = a.emit<arith::ConstantOp>(a.b.getZeroAttr(type));
  int64_t groups = engine.getGroups(), step = kTerms * engine.getSlots();
  return a.forEach(
      a.index(0), depth, step, zero,
      [&](Value from, ValueRange sums) -> Values {
        Value at =
            a.addIndex(from, a.emit<arith::MulIOp>(slot, a.index(kTerms)));
        SmallVector<Values> ofRows;
        for (unsigned r = 0; r < engine.getRowsPerLane(); ++r)
          ofRows.push_back(loadRow(a.addIndex(laneRow, r), at));
        Values ofColumn = loadColumn(at);
        Value sum = sums[0];
        for (int64_t t = 0; t < kTerms; t += groups) {
          Values left;
          for (const Values &row : ofRows)
            left.append(row.begin() + t, row.begin() + t + groups);
          sum = engine.emitProduct(a.b, a.loc, sum, left,
                                   ArrayRef(ofColumn).slice(t, groups));
        }
        return {sum};
      })[0];
}

/// The elements of a vector.
static SmallVector<Value> split(kernels::AttentionBuilder &a, Value vector) {
  SmallVector<Value> values;
  for (int64_t i = 0; i < kTerms; ++i)
    values.push_back(a.emit<vector::ExtractOp>(vector, i));
  return values;
}

void AttentionTiles::score(Value queries, Value scores, Value head, Value from,
                           Value count,
                           function_ref<Value(Value, Value, Value)> hide) {
  Value last = a.addIndex(a.addIndex(from, count), -1);
  forEachTile(keys, [&](Value firstRow, Value firstKey) {
    Value first = a.addIndex(from, firstKey);
    // Behind the last key it is read again.
    Value key = a.minIndex(a.addIndex(first, laneColumn), last);
    Value sums = multiply(
        a.index(a.keyWidth),
        [&](Value row, Value d) {
          return split(a, a.load(queries, {a.addIndex(firstRow, row), d},
                                 kTerms, /*aligned=*/true));
        },
        [&](Value d) {
          return split(a, a.load(a.op.getK(), {key, head, d}, kTerms,
                                 /*aligned=*/true));
        });
    for (unsigned i = 0; i < engine.getAccumulators(); ++i) {
      auto [r, c] = engine.getPlace(a.b, a.loc, lane, i);
      Type index = a.b.getIndexType();
      Value row = a.addIndex(firstRow, a.emit<arith::IndexCastUIOp>(index, r));
      Value column =
          a.addIndex(firstKey, a.emit<arith::IndexCastUIOp>(index, c));
      Value s = a.emit<vector::ExtractOp>(sums, static_cast<int64_t>(i));
      memref::StoreOp::create(a.b, a.loc,
                              hide(row, a.addIndex(from, column), s), scores,
                              ValueRange{row, column});
    }
  });
}

void AttentionTiles::addValues(Value scores, Value factors, Value sums,
                               Value head, Value from, Value count) {
  Value last = a.addIndex(count, -1);
  int64_t step = kTerms * engine.getSlots();
  Value depth = a.emit<arith::MulIOp>(
      a.emit<arith::CeilDivUIOp>(count, a.index(step)), a.index(step));
  forEachTile(a.valueWidth, [&](Value firstRow, Value firstColumn) {
    Value column = a.addIndex(firstColumn, laneColumn);
    auto seen = [&](Value at, int64_t t) {
      return a.emit<arith::CmpIOp>(arith::CmpIPredicate::ult, a.addIndex(at, t),
                                   count);
    };
    Value products = multiply(
        depth,
        [&](Value row, Value at) {
          Values values;
          for (int64_t t = 0; t < kTerms; ++t) {
            Value p = a.emit<memref::LoadOp>(
                scores,
                ValueRange{a.addIndex(firstRow, row), a.addIndex(at, t)});
            values.push_back(
                a.emit<arith::SelectOp>(seen(at, t), p, a.constant(0)));
          }
          return values;
        },
        [&](Value at) {
          Values values;
          for (int64_t t = 0; t < kTerms; ++t) {
            Value key = a.minIndex(a.addIndex(at, t), last);
            values.push_back(a.emit<memref::LoadOp>(
                a.op.getV(), ValueRange{a.addIndex(from, key), head, column}));
          }
          return values;
        });
    for (unsigned i = 0; i < engine.getAccumulators(); ++i) {
      auto [r, c] = engine.getPlace(a.b, a.loc, lane, i);
      Type index = a.b.getIndexType();
      Values at{
          a.addIndex(firstRow, a.emit<arith::IndexCastUIOp>(index, r)),
          a.addIndex(firstColumn, a.emit<arith::IndexCastUIOp>(index, c))};
      Value old = a.emit<memref::LoadOp>(sums, at);
      Value factor = a.emit<memref::LoadOp>(factors, ValueRange{at[0]});
      memref::StoreOp::create(
          a.b, a.loc,
          a.multiplyAdd(
              old, factor,
              a.emit<vector::ExtractOp>(products, static_cast<int64_t>(i))),
          sums, at);
    }
  });
}
