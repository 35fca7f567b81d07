//===- LowerRowsAttentionFew.cpp - attention of few rows ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of keys, of all heads that a tile has, stays in the caches while the
// rows take their turns with it; the next one is prefetched meanwhile, in the
// order in which it lies in memory. A row's scores are products with lanes
// along the width, as many keys at a time as a vector has lanes: a tree of
// shuffles then makes one vector of their sums. Values are added with lanes
// along their width. Vectors are the widest that divide the width.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Kernels/AttentionBuilder.h"
#include <limits>

using namespace mlir;
using namespace tercet;
using kernels::AttentionBuilder;
using Values = SmallVector<Value>;

/// Floats of keys and values of a block, all heads together.
static constexpr int64_t kBlockFloats = 32768;
/// Vectors of a value that are summed side by side.
static constexpr int64_t kColumnVectors = 8;

/// The widest vector that divides `width`.
static int64_t getVectorWidth(int64_t width, int64_t lanes) {
  return std::min<int64_t>(lanes, width & -width);
}

namespace {
class FewRows {
public:
  FewRows(AttentionBuilder &a, int64_t maximum, int64_t lanes)
      : a(a), lanes(lanes), maximum(maximum), heads(a.op.getKeyHeads()),
        keys(std::clamp<int64_t>(
            llvm::bit_floor<uint64_t>(kBlockFloats /
                                      (heads * (a.keyWidth + a.valueWidth))),
            16, 64)),
        keyLanes(getVectorWidth(a.keyWidth, lanes)),
        valueLanes(getVectorWidth(a.valueWidth, lanes)) {}

  void lower(Value rows);

private:
  void begin(Value row);
  void addBlock(Value row, Value from, Value count);
  void finish(Value row);

  /// Elementwise sums of neighbours of x, then of y.
  Value sumPairs(Value x, Value y);
  /// The sum over the lanes of each vector, in order; as many as there are
  /// lanes.
  Value sumLanes(Values vectors);
  Value reduce(Value vector, function_ref<Value(Value, Value)> combine);
  /// Products of a slot's query and `count` keys from `key` on, by lane.
  /// `fetch` gets the first and the number of keys, counted from `key`, for
  /// every step.
  Values multiply(Value slot, Value key, int64_t count,
                  function_ref<void(Value, int64_t)> fetch);
  /// Fetches a part of the next block, in the order in which it lies in memory:
  /// as many rows as `count` keys from `key` on are of this one. The first row
  /// does.
  void prefetchNext(Value memref, Value from, Value key, int64_t count,
                    Value row);
  /// Where a row of the head has its query, sums and maximum.
  Value getSlot(Value row) {
    return a.addIndex(a.emit<arith::MulIOp>(head, a.index(maximum)), row);
  }
  Value getQueryHead(Value row);

  AttentionBuilder &a;
  int64_t lanes, maximum, heads, keys, keyLanes, valueLanes;
  Value head, queries, scores, sums, maxima, totals;
};
} // namespace

Value FewRows::getQueryHead(Value row) {
  return a.addIndex(a.emit<arith::MulIOp>(head, a.index(a.group)),
                    a.emit<arith::RemUIOp>(row, a.index(a.group)));
}

Value FewRows::sumPairs(Value x, Value y) {
  int64_t width = cast<VectorType>(x.getType()).getDimSize(0);
  SmallVector<int64_t> even, odd;
  for (int64_t i = 0; i < 2 * width; i += 2) {
    even.push_back(i);
    odd.push_back(i + 1);
  }
  return a.add(a.emit<vector::ShuffleOp>(x, y, even),
               a.emit<vector::ShuffleOp>(x, y, odd));
}

Value FewRows::sumLanes(Values vectors) {
  while (vectors.size() > 1) {
    Values next;
    for (size_t i = 0; i < vectors.size(); i += 2)
      next.push_back(sumPairs(vectors[i], vectors[i + 1]));
    vectors = std::move(next);
  }
  return vectors.front();
}

Value FewRows::reduce(Value v, function_ref<Value(Value, Value)> combine) {
  for (int64_t half = cast<VectorType>(v.getType()).getDimSize(0) / 2;
       half >= 1; half /= 2) {
    auto part = [&](int64_t from) {
      return a.emit<vector::ExtractStridedSliceOp>(v, ArrayRef<int64_t>{from},
                                                   ArrayRef<int64_t>{half},
                                                   ArrayRef<int64_t>{1});
    };
    v = combine(part(0), part(half));
  }
  return a.emit<vector::ExtractOp>(v, int64_t(0));
}

void FewRows::prefetchNext(Value memref, Value from, Value key, int64_t count,
                           Value row) {
  auto fetch = [&] {
    for (int64_t j = 0; j < count; ++j) {
      Value number = a.addIndex(key, j), of = head;
      if (heads > 1) {
        number = a.addIndex(a.emit<arith::MulIOp>(head, a.index(keys)), number);
        of = a.emit<arith::RemUIOp>(number, a.index(heads));
        number = a.emit<arith::DivUIOp>(number, a.index(heads));
      }
      a.prefetch(memref, a.addIndex(a.addIndex(from, keys), number), of);
    }
  };
  if (maximum == 1)
    return fetch();
  Value first =
      a.emit<arith::CmpIOp>(arith::CmpIPredicate::eq, row, a.index(0));
  auto guard = scf::IfOp::create(a.b, a.loc, first, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard restore(a.b);
  a.b.setInsertionPointToStart(guard.thenBlock());
  fetch();
}

Values FewRows::multiply(Value slot, Value key, int64_t count,
                         function_ref<void(Value, int64_t)> fetch) {
  Values places;
  for (int64_t j = 0; j < count; ++j)
    places.push_back(a.addIndex(key, j));
  Value zero = a.constant(0, VectorType::get({keyLanes}, a.b.getF32Type()));
  // A part of the keys each step, so that fetches do not come all at once.
  int64_t steps = a.keyWidth / keyLanes,
          part = std::max<int64_t>(1, count / steps);
  return a.forEach(
      a.index(0), a.index(a.keyWidth), keyLanes, Values(count, zero),
      [&](Value d, ValueRange carried) {
        Values next(carried);
        if (fetch) {
          Value done = a.emit<arith::DivUIOp>(d, a.index(keyLanes));
          done = a.emit<arith::MulIOp>(done, a.index(part));
          fetch(a.minIndex(done, a.index(count - part)), part);
        }
        Value q = a.load(queries, {slot, d}, keyLanes);
        for (int64_t j = 0; j < count; ++j)
          next[j] = a.multiplyAdd(
              a.load(a.op.getK(), {places[j], head, d}, keyLanes), q, next[j]);
        return next;
      });
}

void FewRows::begin(Value row) {
  Value slot = getSlot(row);
  Value query = a.emit<arith::DivUIOp>(row, a.index(a.group));
  Value queryHead = getQueryHead(row);
  Value factor = a.splat(a.constant(a.getScale()), keyLanes);
  a.forEach(a.index(0), a.index(a.keyWidth), keyLanes, [&](Value d) {
    Value q = a.load(a.op.getQ(), {query, queryHead, d}, keyLanes);
    a.store(a.mul(q, factor), queries, {slot, d});
  });
  Value zero = a.constant(0, VectorType::get({valueLanes}, a.b.getF32Type()));
  a.forEach(a.index(0), a.index(a.valueWidth), valueLanes,
            [&](Value d) { a.store(zero, sums, {slot, d}); });
  memref::StoreOp::create(a.b, a.loc, a.constant(a.kLowest), maxima, slot);
  memref::StoreOp::create(a.b, a.loc, a.constant(0), totals, slot);
}

void FewRows::addBlock(Value row, Value from, Value count) {
  if (a.op.getCausal()) {
    Value query = a.emit<arith::DivUIOp>(row, a.index(a.group));
    Value seen = a.emit<arith::SubIOp>(a.getVisibleKeys(query), from);
    count = a.maxIndex(a.minIndex(count, seen), a.index(0));
  }
  Value slot = getSlot(row);
  auto vectorType = VectorType::get({lanes}, a.b.getF32Type());

  // Scores, and their maximum.
  Value group = a.index(keyLanes);
  Value whole =
      a.emit<arith::MulIOp>(a.emit<arith::DivUIOp>(count, group), group);
  Value old = a.emit<memref::LoadOp>(maxima, slot);
  Values top = a.forEach(
      a.index(0), whole, keyLanes, ValueRange{a.splat(old, keyLanes)},
      [&](Value key, ValueRange carried) -> Values {
        Value place = a.addIndex(from, key);
        auto ahead = [&](Value j, int64_t count) {
          prefetchNext(a.op.getK(), from, a.addIndex(key, j), count, row);
        };
        Value s = sumLanes(multiply(slot, place, keyLanes, ahead));
        a.store(s, scores, key);
        return {a.greater(s, carried[0])};
      });
  auto greater = [&](Value x, Value y) { return a.greater(x, y); };
  auto add = [&](Value x, Value y) { return a.add(x, y); };
  Value highest = reduce(top[0], greater);
  highest = a.forEach(whole, count, 1, ValueRange{highest},
                      [&](Value key, ValueRange carried) -> Values {
                        Value place = a.addIndex(from, key);
                        Value s =
                            reduce(multiply(slot, place, 1, nullptr)[0], add);
                        memref::StoreOp::create(a.b, a.loc, s, scores, key);
                        return {a.greater(s, carried[0])};
                      })[0];
  memref::StoreOp::create(a.b, a.loc, highest, maxima, slot);

  // Probabilities; the vector behind the last score is none.
  a.store(a.constant(-std::numeric_limits<float>::infinity(), vectorType),
          scores, count);
  Value base = a.splat(highest, lanes);
  Value sum =
      a.forEach(a.index(0), count, lanes, ValueRange{a.constant(0, vectorType)},
                [&](Value key, ValueRange carried) -> Values {
                  Value p = a.load(scores, key, lanes);
                  p = a.exp2(a.sub(p, base));
                  a.store(p, scores, key);
                  return {a.add(carried[0], p)};
                })[0];
  Value factor = a.exp2(a.sub(old, highest));
  Value total = a.emit<memref::LoadOp>(totals, slot);
  memref::StoreOp::create(
      a.b, a.loc, a.multiplyAdd(total, factor, reduce(sum, add)), totals, slot);

  // Values.
  Value factors = a.splat(factor, valueLanes);
  auto valueType = VectorType::get({valueLanes}, a.b.getF32Type());
  int64_t step = kColumnVectors * valueLanes;
  for (int64_t column = 0; column < a.valueWidth; column += step) {
    int64_t vectors = std::min(step, a.valueWidth - column) / valueLanes;
    Values acc = a.forEach(
        a.index(0), count, 1, Values(vectors, a.constant(0, valueType)),
        [&](Value key, ValueRange carried) {
          Values next(carried);
          Value place = a.addIndex(from, key);
          if (column == 0)
            prefetchNext(a.op.getV(), from, key, 1, row);
          Value p = a.splat(a.emit<memref::LoadOp>(scores, key), valueLanes);
          for (int64_t i = 0; i < vectors; ++i) {
            Value at = a.index(column + i * valueLanes);
            next[i] = a.multiplyAdd(
                a.load(a.op.getV(), {place, head, at}, valueLanes), p, next[i]);
          }
          return next;
        });
    for (int64_t i = 0; i < vectors; ++i) {
      Value at = a.index(column + i * valueLanes);
      Value before = a.load(sums, {slot, at}, valueLanes);
      a.store(a.multiplyAdd(before, factors, acc[i]), sums, {slot, at});
    }
  }
}

void FewRows::finish(Value row) {
  Value slot = getSlot(row);
  Value query = a.emit<arith::DivUIOp>(row, a.index(a.group));
  Value queryHead = getQueryHead(row);
  Value total = a.emit<memref::LoadOp>(totals, slot);
  if (Value lse = a.op.getLse())
    memref::StoreOp::create(
        a.b, a.loc, a.getLogSumExp(a.emit<memref::LoadOp>(maxima, slot), total),
        lse, ValueRange{query, queryHead});
  Value inverse = a.splat(a.reciprocal(total), valueLanes);
  a.forEach(a.index(0), a.index(a.valueWidth), valueLanes, [&](Value d) {
    Value sum = a.load(sums, {slot, d}, valueLanes);
    a.store(a.mul(sum, inverse), a.op.getInit(), {query, queryHead, d});
  });
}

void FewRows::lower(Value rows) {
  int64_t slots = heads * maximum;
  queries = a.allocate({slots, a.keyWidth});
  scores = a.allocate({keys + lanes});
  sums = a.allocate({slots, a.valueWidth});
  maxima = a.allocate({slots});
  totals = a.allocate({slots});
  Value zero = a.index(0);
  auto forEachRow = [&](function_ref<void(Value)> body) {
    a.forEach(zero, a.index(heads), 1, [&](Value h) {
      head = h;
      a.forEach(zero, rows, 1, body);
    });
  };
  forEachRow([&](Value row) { begin(row); });
  // The last query sees the most keys.
  Value last = a.emit<arith::DivUIOp>(a.maxIndex(a.addIndex(rows, -1), zero),
                                      a.index(a.group));
  a.forEachKeyBlock(
      a.getVisibleKeys(last), keys, /*set=*/zero, [&](Value from, Value count) {
        forEachRow([&](Value row) { addBlock(row, from, count); });
      });
  forEachRow([&](Value row) { finish(row); });
}

void kernels::lowerAttentionOfFewRows(AttentionBuilder &a, Value rows,
                                      int64_t maximum, int64_t lanes) {
  FewRows(a, maximum, lanes).lower(rows);
}
