//===- LowerRowsAttentionFew.cpp - attention of few rows ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A block of keys is small enough to stay in the first-level cache while the
// rows take their turns with it; keys and values are prefetched ahead, since
// rows of one head lie apart in the cache of keys. A row's scores are products
// with lanes along the width, as many keys at a time as a vector has lanes: a
// tree of shuffles then makes one vector of their sums. Values are added with
// lanes along their width. Vectors are the widest that divide the width.
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

/// Keys of a block.
static constexpr int64_t kKeys = 64;
/// Vectors of a value that are summed side by side.
static constexpr int64_t kColumnVectors = 8;

/// The widest vector that divides `width`.
static int64_t getVectorWidth(int64_t width, int64_t lanes) {
  return std::min<int64_t>(lanes, width & -width);
}

namespace {
class FewRows {
public:
  FewRows(AttentionBuilder &a, int64_t lanes)
      : a(a), lanes(lanes), keyLanes(getVectorWidth(a.keyWidth, lanes)),
        valueLanes(getVectorWidth(a.valueWidth, lanes)) {}

  void lower(Value rows, int64_t maximum);

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
  /// Products of row and `count` keys from `key` on, by lane.
  Values multiply(Value row, Value key, int64_t count);
  /// Fetches what key `ahead` has, unless it does not count.
  void prefetch(Value memref, Value key, int64_t width);
  Value getQueryHead(Value row);

  AttentionBuilder &a;
  int64_t lanes, keyLanes, valueLanes;
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

void FewRows::prefetch(Value memref, Value key, int64_t width) {
  Value last = a.addIndex(a.op.getLength(), -1);
  Value place = a.minIndex(key, last);
  constexpr int64_t kLine = 16;
  for (int64_t d = 0; d < width; d += kLine)
    memref::PrefetchOp::create(a.b, a.loc, memref,
                               ValueRange{place, head, a.index(d)},
                               /*isWrite=*/false, /*localityHint=*/3,
                               /*isDataCache=*/true);
}

Values FewRows::multiply(Value row, Value key, int64_t count) {
  Values places;
  for (int64_t j = 0; j < count; ++j)
    places.push_back(a.addIndex(key, j));
  Value zero = a.constant(0, VectorType::get({keyLanes}, a.b.getF32Type()));
  return a.forEach(a.index(0), a.index(a.keyWidth), keyLanes,
                   Values(count, zero), [&](Value d, ValueRange carried) {
                     Values next(carried);
                     Value q = a.load(queries, {row, d}, keyLanes);
                     for (int64_t j = 0; j < count; ++j)
                       next[j] = a.multiplyAdd(
                           a.load(a.op.getK(), {places[j], head, d}, keyLanes),
                           q, next[j]);
                     return next;
                   });
}

void FewRows::begin(Value row) {
  Value query = a.emit<arith::DivUIOp>(row, a.index(a.group));
  Value queryHead = getQueryHead(row);
  Value factor = a.splat(a.constant(a.getScale()), keyLanes);
  a.forEach(a.index(0), a.index(a.keyWidth), keyLanes, [&](Value d) {
    Value q = a.load(a.op.getQ(), {query, queryHead, d}, keyLanes);
    a.store(a.mul(q, factor), queries, {row, d});
  });
  Value zero = a.constant(0, VectorType::get({valueLanes}, a.b.getF32Type()));
  a.forEach(a.index(0), a.index(a.valueWidth), valueLanes,
            [&](Value d) { a.store(zero, sums, {row, d}); });
  memref::StoreOp::create(a.b, a.loc, a.constant(a.kLowest), maxima, row);
  memref::StoreOp::create(a.b, a.loc, a.constant(0), totals, row);
}

void FewRows::addBlock(Value row, Value from, Value count) {
  if (a.op.getCausal()) {
    Value query = a.emit<arith::DivUIOp>(row, a.index(a.group));
    Value seen = a.emit<arith::SubIOp>(a.getVisibleKeys(query), from);
    count = a.maxIndex(a.minIndex(count, seen), a.index(0));
  }
  auto vectorType = VectorType::get({lanes}, a.b.getF32Type());

  // Scores, and their maximum.
  Value group = a.index(keyLanes);
  Value whole =
      a.emit<arith::MulIOp>(a.emit<arith::DivUIOp>(count, group), group);
  Value old = a.emit<memref::LoadOp>(maxima, row);
  Values top =
      a.forEach(a.index(0), whole, keyLanes, ValueRange{a.splat(old, keyLanes)},
                [&](Value key, ValueRange carried) -> Values {
                  Value place = a.addIndex(from, key);
                  for (int64_t j = 0; j < keyLanes; ++j)
                    prefetch(a.op.getV(), a.addIndex(place, j), a.valueWidth);
                  Value s = sumLanes(multiply(row, place, keyLanes));
                  a.store(s, scores, key);
                  return {a.greater(s, carried[0])};
                });
  auto greater = [&](Value x, Value y) { return a.greater(x, y); };
  auto add = [&](Value x, Value y) { return a.add(x, y); };
  Value highest = reduce(top[0], greater);
  highest = a.forEach(whole, count, 1, ValueRange{highest},
                      [&](Value key, ValueRange carried) -> Values {
                        Value place = a.addIndex(from, key);
                        Value s = reduce(multiply(row, place, 1)[0], add);
                        memref::StoreOp::create(a.b, a.loc, s, scores, key);
                        return {a.greater(s, carried[0])};
                      })[0];
  memref::StoreOp::create(a.b, a.loc, highest, maxima, row);

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
  Value total = a.emit<memref::LoadOp>(totals, row);
  memref::StoreOp::create(
      a.b, a.loc, a.multiplyAdd(total, factor, reduce(sum, add)), totals, row);

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
            prefetch(a.op.getK(), a.addIndex(place, kKeys), a.keyWidth);
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
      Value before = a.load(sums, {row, at}, valueLanes);
      a.store(a.multiplyAdd(before, factors, acc[i]), sums, {row, at});
    }
  }
}

void FewRows::finish(Value row) {
  Value query = a.emit<arith::DivUIOp>(row, a.index(a.group));
  Value queryHead = getQueryHead(row);
  Value inverse =
      a.splat(a.reciprocal(a.emit<memref::LoadOp>(totals, row)), valueLanes);
  a.forEach(a.index(0), a.index(a.valueWidth), valueLanes, [&](Value d) {
    Value sum = a.load(sums, {row, d}, valueLanes);
    a.store(a.mul(sum, inverse), a.op.getInit(), {query, queryHead, d});
  });
}

void FewRows::lower(Value rows, int64_t maximum) {
  queries = a.allocate({maximum, a.keyWidth});
  scores = a.allocate({kKeys + lanes});
  sums = a.allocate({maximum, a.valueWidth});
  maxima = a.allocate({maximum});
  totals = a.allocate({maximum});
  Value zero = a.index(0);
  a.forEach(zero, a.index(a.op.getKeyHeads()), 1, [&](Value h) {
    head = h;
    a.forEach(zero, rows, 1, [&](Value row) { begin(row); });
    // The last query sees the most keys.
    Value last = a.emit<arith::DivUIOp>(a.maxIndex(a.addIndex(rows, -1), zero),
                                        a.index(a.group));
    a.forEachKeyBlock(
        a.getVisibleKeys(last), kKeys, [&](Value from, Value count) {
          a.forEach(zero, rows, 1,
                    [&](Value row) { addBlock(row, from, count); });
        });
    a.forEach(zero, rows, 1, [&](Value row) { finish(row); });
  });
}

void kernels::lowerAttentionOfFewRows(AttentionBuilder &a, Value rows,
                                      int64_t maximum, int64_t lanes) {
  FewRows(a, lanes).lower(rows, maximum);
}
