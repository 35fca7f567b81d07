//===- LowerRowsAttention.cpp - attention on vectors ----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tile's rows are its queries times the query heads that share a key head. Of
// two forms the number of rows chooses:
//
// * many rows (here): a lane has a row. The queries are transposed once; keys
//   and values are read as they lie, a float at a time, spread over the lanes.
//   Both products are then register blocks of `key_block` by `row_vectors`
//   vectors, and maxima and sums over keys need no exchange between lanes.
//   Scores of a block of keys, the transposed queries and results are in
//   scratch.
// * few rows (LowerRowsAttentionFew.cpp): lanes along the width of a key, so
//   that no lane is idle; what counts is that keys and values stream in. Not
//   with a block mask, whose tiles are blocks of queries.
//
// Assumes memrefs and a config with `lanes` (floats of a vector), `fma`,
// `row_vectors`, `key_block` and `keys` (of a block); fails without one.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Kernels/AttentionBuilder.h"
#include "passes/Kernels/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_LOWERROWSATTENTION
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using kernels::AttentionBuilder;
using Values = SmallVector<Value>;

namespace {
struct Blocking {
  int64_t lanes, rowVectors, keyBlock, keys;
  int64_t getRows() const { return lanes * rowVectors; }
};

/// Many rows: rows lie along the lanes.
class ManyRows {
public:
  ManyRows(AttentionBuilder &a, const Blocking &blocking)
      : a(a), blocking(blocking), width(blocking.getRows()) {}

  void lower(Value rows);

private:
  /// Vectors of a row of scratch.
  Values loadRow(Value memref, Value row);
  Values loadAll(Value vectors);
  void storeAll(ArrayRef<Value> values, Value vectors);
  Value at(int64_t vector) { return a.index(vector * blocking.lanes); }
  Value vectorConstant(float value) {
    return a.constant(value,
                      VectorType::get({blocking.lanes}, a.b.getF32Type()));
  }
  /// Scalar of a memref, in all lanes.
  Value spread(Value memref, ValueRange indices) {
    return a.splat(a.emit<memref::LoadOp>(memref, indices), blocking.lanes);
  }

  void loadQueries(Value begin, Value last);
  void scoreKeys(Value from, Value key, int64_t count);
  void score(Value from, Value count);
  void softmax(Value count);
  void addValues(Value from, Value count, Value column, int64_t columns);
  void finish(Value begin, Value rows);
  void lowerChunk(Value begin, Value rows);
  void lowerUneven(Value rows);

  AttentionBuilder &a;
  Blocking blocking;
  int64_t width;
  Value set, head;
  // Scratch: transposed queries [D, rows], scores [keys, rows], transposed sums
  // [Dv, rows]; of each row the maximum before and with a block, the factor
  // between both, the sum, and the last key that it sees.
  Value queries, scores, sums, before, maxima, factors, totals, limits;
};
} // namespace

Values ManyRows::loadRow(Value memref, Value row) {
  Values vectors;
  for (int64_t i = 0; i < blocking.rowVectors; ++i)
    vectors.push_back(a.load(memref, {row, at(i)}, blocking.lanes));
  return vectors;
}

Values ManyRows::loadAll(Value memref) {
  Values vectors;
  for (int64_t i = 0; i < blocking.rowVectors; ++i)
    vectors.push_back(a.load(memref, at(i), blocking.lanes));
  return vectors;
}

void ManyRows::storeAll(ArrayRef<Value> values, Value memref) {
  for (auto [i, value] : llvm::enumerate(values))
    a.store(value, memref, at(i));
}

/// Rows behind the last one repeat it; their results are not stored.
void ManyRows::loadQueries(Value begin, Value last) {
  Value factor = a.constant(a.getScale());
  a.forEach(a.index(0), a.index(width), 1, [&](Value lane) {
    Value row = a.minIndex(a.addIndex(begin, lane), last);
    auto [query, queryHead] = a.placeRow(row, set);
    Value at[] = {query, queryHead};
    a.forEach(a.index(0), a.index(a.keyWidth), 1, [&](Value d) {
      Value q =
          a.emit<memref::LoadOp>(a.op.getQ(), ValueRange{at[0], at[1], d});
      memref::StoreOp::create(a.b, a.loc, a.mul(q, factor), queries,
                              ValueRange{d, lane});
    });
    if (limits)
      memref::StoreOp::create(
          a.b, a.loc,
          a.emit<arith::IndexCastOp>(a.b.getI32Type(), a.getVisibleKeys(query)),
          limits, lane);
  });
  a.forEach(a.index(0), a.index(a.valueWidth), 1, [&](Value d) {
    for (int64_t i = 0; i < blocking.rowVectors; ++i)
      a.store(vectorConstant(0), sums, {d, at(i)});
  });
  storeAll(Values(blocking.rowVectors, vectorConstant(a.kLowest)), maxima);
  storeAll(Values(blocking.rowVectors, vectorConstant(0)), totals);
}

/// Scores of `count` keys from the block's `key` on; raises the maxima.
void ManyRows::scoreKeys(Value from, Value key, int64_t count) {
  int64_t unroll = a.keyWidth % 4 == 0 ? 4 : a.keyWidth % 2 == 0 ? 2 : 1;
  int64_t vectors = blocking.rowVectors;
  Values places;
  for (int64_t j = 0; j < count; ++j)
    places.push_back(a.addIndex(a.addIndex(from, key), j));
  // Rows of a head lie apart: no machine sees by itself which ones are next.
  for (Value place : places) {
    a.prefetch(a.op.getV(), place, head);
    a.prefetch(a.op.getK(), a.addIndex(place, blocking.keys), head);
  }
  Values acc =
      a.forEach(a.index(0), a.index(a.keyWidth), unroll,
                Values(count * vectors, vectorConstant(0)),
                [&](Value d, ValueRange carried) {
                  Values next(carried);
                  for (int64_t u = 0; u < unroll; ++u) {
                    Value column = a.addIndex(d, u);
                    Values q = loadRow(queries, column);
                    for (int64_t j = 0; j < count; ++j) {
                      Value k = spread(a.op.getK(), {places[j], head, column});
                      for (int64_t i = 0; i < vectors; ++i) {
                        Value &sum = next[j * vectors + i];
                        sum = a.multiplyAdd(k, q[i], sum);
                      }
                    }
                  }
                  return next;
                });
  if (limits) {
    Value unseen = vectorConstant(-std::numeric_limits<float>::infinity());
    Values limit = loadAll(limits);
    for (int64_t j = 0; j < count; ++j) {
      Value number =
          a.splat(a.emit<arith::IndexCastOp>(a.b.getI32Type(), places[j]),
                  blocking.lanes);
      for (int64_t i = 0; i < vectors; ++i) {
        Value &s = acc[j * vectors + i];
        Value seen =
            a.emit<arith::CmpIOp>(arith::CmpIPredicate::slt, number, limit[i]);
        s = a.emit<arith::SelectOp>(seen, s, unseen);
      }
    }
  }
  Values top = loadAll(maxima);
  for (int64_t j = 0; j < count; ++j)
    for (int64_t i = 0; i < vectors; ++i) {
      Value s = acc[j * vectors + i];
      top[i] = a.greater(s, top[i]);
      a.store(s, scores, {a.addIndex(key, j), at(i)});
    }
  storeAll(top, maxima);
}

void ManyRows::score(Value from, Value count) {
  storeAll(loadAll(maxima), before);
  Value step = a.index(blocking.keyBlock);
  Value whole =
      a.emit<arith::MulIOp>(a.emit<arith::DivUIOp>(count, step), step);
  a.forEach(a.index(0), whole, blocking.keyBlock,
            [&](Value key) { scoreKeys(from, key, blocking.keyBlock); });
  a.forEach(whole, count, 1, [&](Value key) { scoreKeys(from, key, 1); });
}

/// Scores become probabilities, not yet divided by their sum.
void ManyRows::softmax(Value count) {
  Values top = loadAll(maxima), old = loadAll(before);
  Values sum = a.forEach(a.index(0), count, 1,
                         Values(blocking.rowVectors, vectorConstant(0)),
                         [&](Value key, ValueRange carried) {
                           Values next(carried), s = loadRow(scores, key);
                           for (int64_t i = 0; i < blocking.rowVectors; ++i) {
                             Value p = a.exp2(a.sub(s[i], top[i]));
                             a.store(p, scores, {key, at(i)});
                             next[i] = a.add(next[i], p);
                           }
                           return next;
                         });
  Values total = loadAll(totals), factor;
  for (int64_t i = 0; i < blocking.rowVectors; ++i) {
    factor.push_back(a.exp2(a.sub(old[i], top[i])));
    total[i] = a.multiplyAdd(total[i], factor[i], sum[i]);
  }
  storeAll(factor, factors);
  storeAll(total, totals);
}

/// `columns` columns of the result: a block's sum of its own, then added to
/// what the blocks before gave.
void ManyRows::addValues(Value from, Value count, Value column,
                         int64_t columns) {
  int64_t vectors = blocking.rowVectors;
  Values acc = a.forEach(
      a.index(0), count, 1, Values(columns * vectors, vectorConstant(0)),
      [&](Value key, ValueRange carried) {
        Values next(carried), p = loadRow(scores, key);
        Value place = a.addIndex(from, key);
        for (int64_t c = 0; c < columns; ++c) {
          Value v = spread(a.op.getV(), {place, head, a.addIndex(column, c)});
          for (int64_t i = 0; i < vectors; ++i)
            next[c * vectors + i] =
                a.multiplyAdd(v, p[i], next[c * vectors + i]);
        }
        return next;
      });
  Values factor = loadAll(factors);
  for (int64_t c = 0; c < columns; ++c) {
    Value row = a.addIndex(column, c);
    Values old = loadRow(sums, row);
    for (int64_t i = 0; i < vectors; ++i)
      a.store(a.multiplyAdd(old[i], factor[i], acc[c * vectors + i]), sums,
              {row, at(i)});
  }
}

void ManyRows::finish(Value begin, Value rows) {
  Values total = loadAll(totals);
  if (a.op.getLse()) {
    Values lse;
    for (auto [top, t] : llvm::zip(loadAll(maxima), total))
      lse.push_back(a.getLogSumExp(top, t));
    storeAll(lse, factors);
  }
  for (Value &t : total)
    t = a.reciprocal(t);
  a.forEach(a.index(0), a.index(a.valueWidth), 1, [&](Value d) {
    Values sum = loadRow(sums, d);
    for (int64_t i = 0; i < blocking.rowVectors; ++i)
      a.store(a.mul(sum[i], total[i]), sums, {d, at(i)});
  });
  Value count = a.minIndex(a.emit<arith::SubIOp>(rows, begin), a.index(width));
  a.forEach(a.index(0), count, 1, [&](Value lane) {
    Value row = a.addIndex(begin, lane);
    auto [query, queryHead] = a.placeRow(row, set);
    Value at[] = {query, queryHead};
    a.forEach(a.index(0), a.index(a.valueWidth), 1, [&](Value d) {
      Value y = a.emit<memref::LoadOp>(sums, ValueRange{d, lane});
      memref::StoreOp::create(a.b, a.loc, y, a.op.getInit(),
                              ValueRange{at[0], at[1], d});
    });
    if (Value lse = a.op.getLse())
      memref::StoreOp::create(a.b, a.loc, a.emit<memref::LoadOp>(factors, lane),
                              lse, at);
  });
}

void ManyRows::lower(Value rows) {
  queries = a.allocate({a.keyWidth, width});
  scores = a.allocate({blocking.keys, width});
  sums = a.allocate({a.valueWidth, width});
  before = a.allocate({width});
  maxima = a.allocate({width});
  factors = a.allocate({width});
  totals = a.allocate({width});
  if (a.op.getCausal())
    limits = a.allocate({width}, a.b.getI32Type());
  a.forEach(a.index(0), a.index(a.getHeadSets()), 1, [&](Value s) {
    set = s;
    head = a.getKeyHead(set);
    if (a.op.getQueryOffsets())
      return lowerUneven(rows);
    a.forEach(a.index(0), rows, width,
              [&](Value begin) { lowerChunk(begin, rows); });
  });
}

/// Rows `begin` up to `begin` + `width`, or the last one.
void ManyRows::lowerChunk(Value begin, Value rows) {
  Value last = a.minIndex(a.addIndex(begin, width - 1), a.addIndex(rows, -1));
  loadQueries(begin, last);
  Value keys = a.getVisibleKeys(a.emit<arith::DivUIOp>(last, a.index(a.group)));
  a.forEachKeyBlock(keys, blocking.keys, set, [&](Value from, Value count) {
    score(from, count);
    softmax(count);
    int64_t step = blocking.keyBlock, whole = a.valueWidth / step * step;
    a.forEach(a.index(0), a.index(whole), step,
              [&](Value column) { addValues(from, count, column, step); });
    if (whole < a.valueWidth)
      addValues(from, count, a.index(whole), a.valueWidth - whole);
  });
  finish(begin, rows);
}

/// Blocks of queries of any size: what remains behind whole chunks gets as few
/// vectors as hold it, and longer blocks of keys in their registers.
void ManyRows::lowerUneven(Value rows) {
  Blocking all = blocking;
  Value whole = a.emit<arith::DivUIOp>(rows, a.index(width));
  whole = a.emit<arith::MulIOp>(whole, a.index(width));
  a.forEach(a.index(0), whole, width,
            [&](Value begin) { lowerChunk(begin, rows); });
  Value rest = a.emit<arith::SubIOp>(rows, whole);
  for (int64_t vectors = 1; vectors <= all.rowVectors; ++vectors) {
    blocking.rowVectors = vectors;
    width = blocking.getRows();
    if (vectors < all.rowVectors)
      blocking.keyBlock =
          llvm::bit_floor<uint64_t>(all.rowVectors * all.keyBlock / vectors);
    else
      blocking.keyBlock = all.keyBlock;
    Value more = a.emit<arith::CmpIOp>(arith::CmpIPredicate::sgt, rest,
                                       a.index(width - blocking.lanes));
    Value fits =
        a.emit<arith::CmpIOp>(arith::CmpIPredicate::sle, rest, a.index(width));
    Value end =
        a.emit<arith::SelectOp>(a.emit<arith::AndIOp>(more, fits), rows, whole);
    // One step, or none.
    a.forEach(whole, end, width, [&](Value begin) { lowerChunk(begin, rows); });
  }
  blocking = all;
  width = blocking.getRows();
}

namespace {
struct LowerRowsAttention
    : tercet::impl::LowerRowsAttentionBase<LowerRowsAttention> {
  LogicalResult lower(rows::AttentionOp op) {
    if (!isa<MemRefType>(op.getQ().getType()))
      return op.emitError("cannot be lowered before it is bufferized");
    DictionaryAttr config = op.getConfig().value_or(DictionaryAttr());
    auto get = [&](StringRef name) {
      auto attr = config ? config.getAs<IntegerAttr>(name) : IntegerAttr();
      return attr ? attr.getInt() : 0;
    };
    Blocking blocking{get("lanes"), get("row_vectors"), get("key_block"),
                      get("keys")};
    if (blocking.lanes < 1 || blocking.rowVectors < 1 ||
        blocking.keyBlock < 1 || blocking.keys < blocking.keyBlock ||
        !llvm::isPowerOf2_64(blocking.lanes))
      return op.emitOpError("needs a config with lanes (a power of two), "
                            "row_vectors, key_block and keys (at least "
                            "key_block), all positive");
    auto fused = config.getAs<BoolAttr>("fma");
    AttentionBuilder a(op, fused && fused.getValue());
    int64_t queries = cast<MemRefType>(op.getQ().getType()).getDimSize(0);
    if (failed(kernels::verifyBlockTile(op)))
      return failure();
    Value rows = a.emit<arith::MulIOp>(
        a.emit<memref::DimOp>(op.getQ(), a.index(0)), a.index(a.group));
    // Up to one vector of rows: below, most lanes would be idle.
    int64_t few = blocking.lanes;
    if (op.getBlocks()) {
      // Which blocks of keys are read differs from head to head.
      ManyRows(a, blocking).lower(rows);
    } else if (!ShapedType::isDynamic(queries)) {
      int64_t count = queries * a.group;
      if (count <= few)
        kernels::lowerAttentionOfFewRows(a, rows, std::max<int64_t>(count, 1),
                                         blocking.lanes);
      else
        ManyRows(a, blocking).lower(rows);
    } else {
      Value isFew =
          a.emit<arith::CmpIOp>(arith::CmpIPredicate::sle, rows, a.index(few));
      auto either = scf::IfOp::create(a.b, a.loc, isFew, /*withElse=*/true);
      a.b.setInsertionPointToStart(either.thenBlock());
      kernels::lowerAttentionOfFewRows(a, rows, few, blocking.lanes);
      a.b.setInsertionPointToStart(either.elseBlock());
      ManyRows(a, blocking).lower(rows);
    }
    op.erase();
    return success();
  }

  void runOnOperation() override {
    SmallVector<rows::AttentionOp> ops;
    getOperation().walk([&](rows::AttentionOp op) { ops.push_back(op); });
    for (rows::AttentionOp op : ops)
      if (failed(lower(op)))
        return signalPassFailure();
  }
};
} // namespace
