//===- LowerRowsNearest.cpp - nearest vectors in registers ----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// On vectors a lane has a row: the rows of a block are transposed once, and the
// vectors are read as they lie, a float at a time, spread over the lanes. The
// product of `block` vectors with `row_vectors` registers of rows stays in
// registers; so do the least score and its number, which are compared with it
// before the next block. A lane behind the last row repeats it and is not
// stored.
//
// On a GPU threads have every eighth vector of a row each, and one of them
// compares the eight.
//
// Numbers ascend, and a score has to be less, not equal, to replace another:
// the lowest of equal ones stays, and what is no number is never taken. Assumes
// memrefs and a config: `threads`, or `lanes`, `row_vectors`, `block` and
// `fma`; fails without one.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Kernels/Passes.h"
#include <limits>

namespace tercet {
#define GEN_PASS_DEF_LOWERROWSNEAREST
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using Values = SmallVector<Value>;

namespace {
/// What both forms are made of.
class NearestBuilder {
public:
  explicit NearestBuilder(rows::NearestOp op)
      : op(op), b(op), loc(op.getLoc()), count(op.getCount()),
        width(op.getWidth()) {}

protected:
  template <typename Op, typename... Args> Value emit(Args &&...args) {
    return Op::create(b, loc, std::forward<Args>(args)...).getResult();
  }
  Value index(int64_t n) { return emit<arith::ConstantIndexOp>(n); }
  Value addIndex(Value x, Value y) { return emit<arith::AddIOp>(x, y); }
  Value addIndex(Value x, int64_t y) { return y ? addIndex(x, index(y)) : x; }
  Value load(Value memref, ValueRange at) {
    return emit<memref::LoadOp>(memref, at);
  }
  void store(Value x, Value memref, ValueRange at) {
    memref::StoreOp::create(b, loc, x, memref, at);
  }
  Value toI32(Value number) {
    return emit<arith::IndexCastOp>(b.getI32Type(), number);
  }
  Value constant(float x) {
    return emit<arith::ConstantOp>(b.getF32FloatAttr(x));
  }
  Value infinity() { return constant(std::numeric_limits<float>::infinity()); }
  Value rowCount() { return emit<memref::DimOp>(op.getInput(), index(0)); }
  Values forEach(Value from, Value to, int64_t step, ValueRange inits,
                 function_ref<Values(Value, ValueRange)> body) {
    auto loop = scf::ForOp::create(b, loc, from, to, index(step), inits);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Values results = body(loop.getInductionVar(), loop.getRegionIterArgs());
    if (!inits.empty())
      scf::YieldOp::create(b, loc, results);
    return Values(loop.getResults());
  }
  void forEach(Value from, Value to, int64_t step,
               function_ref<void(Value)> body) {
    forEach(from, to, step, ValueRange(), [&](Value i, ValueRange) -> Values {
      body(i);
      return {};
    });
  }
  /// x * y + z.
  Value multiplyAdd(Value x, Value y, Value z, bool fused) {
    if (fused)
      return emit<math::FmaOp>(x, y, z);
    return emit<arith::AddFOp>(z, emit<arith::MulFOp>(x, y));
  }
  /// The score of a product; `own` may be null.
  Value score(Value product, Value norm, Value own, Value minusTwo, Value zero,
              bool fused) {
    if (own)
      norm = emit<arith::AddFOp>(own, norm);
    Value s = multiplyAdd(minusTwo, product, norm, fused);
    if (!own)
      return s;
    // A score that is no number stays one.
    Value negative = emit<arith::CmpFOp>(arith::CmpFPredicate::OLT, s, zero);
    return emit<arith::SelectOp>(negative, zero, s);
  }
  /// (score, number) if it is less than `best`.
  std::pair<Value, Value> takeLess(Value s, Value number, Value best,
                                   Value bestNumber) {
    Value less = emit<arith::CmpFOp>(arith::CmpFPredicate::OLT, s, best);
    return {emit<arith::SelectOp>(less, s, best),
            emit<arith::SelectOp>(less, number, bestNumber)};
  }

  rows::NearestOp op;
  OpBuilder b;
  Location loc;
  int64_t count, width;
};

class OnVectors : NearestBuilder {
public:
  OnVectors(rows::NearestOp op, int64_t lanes, int64_t rowVectors,
            int64_t block, bool fma)
      : NearestBuilder(op), lanes(lanes), rowVectors(rowVectors), block(block),
        fma(fma), floats(VectorType::get({lanes}, b.getF32Type())),
        numbers(VectorType::get({lanes}, b.getI32Type())) {}

  void lower() {
    int64_t all = lanes * rowVectors;
    rowsOfBlock = allocate({width, all}, b.getF32Type());
    own = op.getRowNorms() ? allocate({all}, b.getF32Type()) : Value();
    leastScores = allocate({all}, b.getF32Type());
    leastNumbers = allocate({all}, b.getI32Type());
    Value rows = rowCount();
    Value last = addIndex(rows, -1);
    forEach(index(0), rows, all, [&](Value first) {
      transpose(first, last, all);
      search();
      Value left =
          emit<arith::MinSIOp>(emit<arith::SubIOp>(rows, first), index(all));
      forEach(index(0), left, 1, [&](Value lane) {
        Value row = addIndex(first, lane);
        store(load(leastScores, lane), op.getScores(), row);
        store(load(leastNumbers, lane), op.getIds(), row);
      });
    });
  }

private:
  Value allocate(ArrayRef<int64_t> shape, Type element) {
    return emit<memref::AllocOp>(MemRefType::get(shape, element), ValueRange(),
                                 b.getI64IntegerAttr(64));
  }
  Value spread(Value scalar) {
    return emit<vector::BroadcastOp>(VectorType::get({lanes}, scalar.getType()),
                                     scalar);
  }
  Value loadLanes(Value memref, ValueRange at, VectorType type) {
    return emit<vector::LoadOp>(type, memref, at);
  }

  void transpose(Value first, Value last, int64_t all) {
    forEach(index(0), index(all), 1, [&](Value lane) {
      Value row = emit<arith::MinSIOp>(addIndex(first, lane), last);
      forEach(index(0), index(width), 1, [&](Value d) {
        store(load(op.getInput(), {row, d}), rowsOfBlock, {d, lane});
      });
      if (own)
        store(load(op.getRowNorms(), row), own, lane);
    });
  }

  /// The least of all vectors' scores, and of which one it is.
  void search() {
    Values best;
    for (int64_t i = 0; i < rowVectors; ++i)
      best.push_back(spread(infinity()));
    Value zero = emit<arith::ConstantOp>(b.getZeroAttr(numbers));
    best.append(rowVectors, zero);
    int64_t whole = count / block * block;
    if (whole)
      best = forEach(index(0), index(whole), block, best,
                     [&](Value first, ValueRange carried) {
                       return compare(first, block, Values(carried));
                     });
    if (whole < count)
      best = compare(index(whole), count - whole, best);
    for (int64_t i = 0; i < rowVectors; ++i) {
      Value at = index(i * lanes);
      vector::StoreOp::create(b, loc, best[i], leastScores, at);
      vector::StoreOp::create(b, loc, best[rowVectors + i], leastNumbers, at);
    }
  }

  /// The vectors from `first` on, `size` of them, against what was best.
  Values compare(Value first, int64_t size, Values best) {
    int64_t unroll = width % 4 == 0 ? 4 : width % 2 == 0 ? 2 : 1;
    Value zero = emit<arith::ConstantOp>(b.getZeroAttr(floats));
    Values products = forEach(
        index(0), index(width), unroll, Values(size * rowVectors, zero),
        [&](Value from, ValueRange carried) {
          Values sums(carried);
          for (int64_t e = 0; e < unroll; ++e) {
            Value d = addIndex(from, e);
            Values lanesOfRows;
            for (int64_t i = 0; i < rowVectors; ++i)
              lanesOfRows.push_back(
                  loadLanes(rowsOfBlock, {d, index(i * lanes)}, floats));
            for (int64_t j = 0; j < size; ++j) {
              Value x = spread(load(op.getVectors(), {addIndex(first, j), d}));
              for (int64_t i = 0; i < rowVectors; ++i) {
                Value &sum = sums[j * rowVectors + i];
                sum = multiplyAdd(x, lanesOfRows[i], sum, fma);
              }
            }
          }
          return sums;
        });
    Value minusTwo = spread(constant(-2));
    for (int64_t j = 0; j < size; ++j) {
      Value k = addIndex(first, j);
      Value norm = spread(load(op.getNorms(), k)), number = spread(toI32(k));
      for (int64_t i = 0; i < rowVectors; ++i) {
        Value mine = own ? loadLanes(own, index(i * lanes), floats) : Value();
        Value s = score(products[j * rowVectors + i], norm, mine, minusTwo,
                        zero, fma);
        std::tie(best[i], best[rowVectors + i]) =
            takeLess(s, number, best[i], best[rowVectors + i]);
      }
    }
    return best;
  }

  int64_t lanes, rowVectors, block;
  bool fma;
  VectorType floats, numbers;
  // Scratch: the rows transposed [D, rows] and their norms, and what was found.
  Value rowsOfBlock, own, leastScores, leastNumbers;
};

class OnThreads : NearestBuilder {
public:
  OnThreads(rows::NearestOp op, int64_t rowsOfTile)
      : NearestBuilder(op), rowsOfTile(rowsOfTile) {}

  void lower() {
    Value rows = rowCount(), parts = index(kParts);
    SmallVector<int64_t> shape{rowsOfTile, kParts};
    Value scores =
        emit<memref::AllocOp>(MemRefType::get(shape, b.getF32Type()));
    Value numbers =
        emit<memref::AllocOp>(MemRefType::get(shape, b.getI32Type()));
    inParallel({rows, parts}, [&](ValueRange at) {
      Value own = op.getRowNorms() ? load(op.getRowNorms(), at[0]) : Value();
      Value minusTwo = constant(-2), zero = constant(0);
      Values best = forEach(
          at[1], index(count), kParts, {infinity(), toI32(index(0))},
          [&](Value k, ValueRange carried) -> Values {
            Value product = forEach(
                index(0), index(width), 1, zero,
                [&](Value d, ValueRange sum) -> Values {
                  return {multiplyAdd(load(op.getInput(), {at[0], d}),
                                      load(op.getVectors(), {k, d}), sum[0],
                                      /*fused=*/true)};
                })[0];
            Value s = score(product, load(op.getNorms(), k), own, minusTwo,
                            zero, /*fused=*/true);
            auto [least, number] =
                takeLess(s, toI32(k), carried[0], carried[1]);
            return {least, number};
          });
      store(best[0], scores, at);
      store(best[1], numbers, at);
    });
    inParallel({rows}, [&](ValueRange at) {
      Values best = forEach(
          index(0), parts, 1, {infinity(), toI32(index(0))},
          [&](Value part, ValueRange carried) -> Values {
            Value s = load(scores, {at[0], part}),
                  number = load(numbers, {at[0], part});
            // Parts do not ascend: of equal scores the lower number counts.
            Value less =
                emit<arith::CmpFOp>(arith::CmpFPredicate::OLT, s, carried[0]);
            Value equal =
                emit<arith::CmpFOp>(arith::CmpFPredicate::OEQ, s, carried[0]);
            Value lower = emit<arith::CmpIOp>(arith::CmpIPredicate::slt, number,
                                              carried[1]);
            less = emit<arith::OrIOp>(less, emit<arith::AndIOp>(equal, lower));
            return {emit<arith::SelectOp>(less, s, carried[0]),
                    emit<arith::SelectOp>(less, number, carried[1])};
          });
      store(best[0], op.getScores(), at);
      store(best[1], op.getIds(), at);
    });
  }

private:
  /// Threads that share a row.
  static constexpr int64_t kParts = 8;

  void inParallel(ArrayRef<Value> counts, function_ref<void(ValueRange)> body) {
    Values zeros(counts.size(), index(0)), ones(counts.size(), index(1));
    auto loop = scf::ParallelOp::create(b, loc, zeros, counts, ones);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVars());
  }

  int64_t rowsOfTile;
};

struct LowerRowsNearest : tercet::impl::LowerRowsNearestBase<LowerRowsNearest> {
  void runOnOperation() override {
    SmallVector<rows::NearestOp> ops;
    getOperation().walk([&](rows::NearestOp op) { ops.push_back(op); });
    for (rows::NearestOp op : ops) {
      DictionaryAttr config = op.getConfig().value_or(DictionaryAttr());
      auto get = [&](StringRef name) {
        auto attr = config ? config.getAs<IntegerAttr>(name) : IntegerAttr();
        return attr ? attr.getInt() : 0;
      };
      bool memrefs = isa<MemRefType>(op.getInput().getType());
      auto tile = config ? config.getAs<DenseI64ArrayAttr>("tile_sizes")
                         : DenseI64ArrayAttr();
      if (memrefs && get("threads") > 0 && tile && tile[0] > 0) {
        OnThreads(op, tile[0]).lower();
      } else if (memrefs && get("lanes") > 0 && get("row_vectors") > 0 &&
                 get("block") > 0) {
        auto fma = config.getAs<BoolAttr>("fma");
        OnVectors(op, get("lanes"), get("row_vectors"), get("block"),
                  fma && fma.getValue())
            .lower();
      } else {
        op.emitOpError("needs memrefs and a config with lanes, row_vectors and "
                       "block, or with threads and tile_sizes, all positive");
        return signalPassFailure();
      }
      op.erase();
    }
  }
};
} // namespace
