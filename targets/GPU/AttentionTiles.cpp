//===- AttentionTiles.cpp - attention by matrix instructions --------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "targets/GPU/AttentionTiles.h"
#include "targets/GPU/Passes.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::gputarget;

bool AttentionTiles::fit(rows::AttentionOp op, const MatrixEngine *engine,
                         int64_t rows, int64_t keys) {
  return engine && engine->isFloat() && rows % kMatrixRows == 0 &&
         keys % MatrixTiles::getStep(*engine) == 0 &&
         keys % engine->getColumns() == 0 &&
         op.getKeyWidth() % MatrixTiles::getStep(*engine) == 0 &&
         op.getValueWidth() % engine->getColumns() == 0;
}

AttentionTiles::AttentionTiles(kernels::AttentionBuilder &a,
                               const MatrixEngine &engine, int64_t rows,
                               int64_t keys)
    : a(a), engine(engine),
      tiles(a.b, a.loc, engine,
            getWorkgroupSize(a.op->getParentOfType<func::FuncOp>())),
      rows(rows), keys(keys) {}

void AttentionTiles::forEachTile(int64_t across,
                                 function_ref<void(Value, Value)> body) {
  int64_t columns = across / engine.getColumns();
  tiles.forEachOfWave(rows / kMatrixRows * columns, [&](Value tile) {
    Value count = a.index(columns);
    body(a.emit<arith::MulIOp>(a.emit<arith::DivUIOp>(tile, count),
                               a.index(kMatrixRows)),
         a.emit<arith::MulIOp>(a.emit<arith::RemUIOp>(tile, count),
                               a.index(engine.getColumns())));
  });
}

void AttentionTiles::score(Value queries, Value scores, Value head, Value from,
                           Value count,
                           function_ref<Value(Value, Value, Value)> hide) {
  Value last = a.addIndex(a.addIndex(from, count), -1);
  forEachTile(keys, [&](Value firstRow, Value firstKey) {
    Value first = a.addIndex(from, firstKey);
    // Behind the last key it is read again.
    Value key = a.minIndex(a.addIndex(first, tiles.getColumn()), last);
    Values sums = tiles.multiply(
        a.index(a.keyWidth), 1, 1,
        [&](int64_t, Value row, Value d) {
          return tiles.load(queries, {a.addIndex(firstRow, row), d});
        },
        [&](int64_t, Value d) {
          return tiles.load(a.op.getK(), {key, head, d});
        });
    for (unsigned i = 0; i < engine.getAccumulators(); ++i) {
      auto [r, c] = tiles.getPlace(i);
      Value row = a.addIndex(firstRow, r);
      Value column = a.addIndex(firstKey, c);
      Value s = tiles.getSum(sums[0], i);
      memref::StoreOp::create(a.b, a.loc,
                              hide(row, a.addIndex(from, column), s), scores,
                              ValueRange{row, column});
    }
  });
}

void AttentionTiles::addValues(Value scores, Value factors, Value sums,
                               Value head, Value from, Value count) {
  Value last = a.addIndex(count, -1);
  int64_t step = MatrixTiles::getStep(engine);
  Value depth = a.emit<arith::MulIOp>(
      a.emit<arith::CeilDivUIOp>(count, a.index(step)), a.index(step));
  forEachTile(a.valueWidth, [&](Value firstRow, Value firstColumn) {
    Value column = a.addIndex(firstColumn, tiles.getColumn());
    auto seen = [&](Value at, int64_t t) {
      return a.emit<arith::CmpIOp>(arith::CmpIPredicate::ult, a.addIndex(at, t),
                                   count);
    };
    Values products = tiles.multiply(
        depth, 1, 1,
        [&](int64_t, Value row, Value at) {
          Values values;
          for (int64_t t = 0; t < MatrixTiles::kTerms; ++t) {
            Value p = a.emit<memref::LoadOp>(
                scores,
                ValueRange{a.addIndex(firstRow, row), a.addIndex(at, t)});
            values.push_back(
                a.emit<arith::SelectOp>(seen(at, t), p, a.constant(0)));
          }
          return values;
        },
        [&](int64_t, Value at) {
          Values values;
          for (int64_t t = 0; t < MatrixTiles::kTerms; ++t) {
            Value key = a.minIndex(a.addIndex(at, t), last);
            values.push_back(a.emit<memref::LoadOp>(
                a.op.getV(), ValueRange{a.addIndex(from, key), head, column}));
          }
          return values;
        });
    for (unsigned i = 0; i < engine.getAccumulators(); ++i) {
      auto [r, c] = tiles.getPlace(i);
      Values at{a.addIndex(firstRow, r), a.addIndex(firstColumn, c)};
      Value old = a.emit<memref::LoadOp>(sums, at);
      Value factor = a.emit<memref::LoadOp>(factors, ValueRange{at[0]});
      memref::StoreOp::create(
          a.b, a.loc, a.multiplyAdd(old, factor, tiles.getSum(products[0], i)),
          sums, at);
    }
  });
}
