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
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Kernels/NearestBuilder.h"
#include "passes/Kernels/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_LOWERROWSNEAREST
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using kernels::NearestBuilder;
using Values = SmallVector<Value>;

namespace {
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
    compareParts(scores, numbers, kParts);
  }

private:
  /// Threads that share a row.
  static constexpr int64_t kParts = 8;

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
      auto input = dyn_cast<MemRefType>(op.getInput().getType());
      bool memrefs = input && input.getRank() == 2;
      auto tile = config ? config.getAs<DenseI64ArrayAttr>("tile_sizes")
                         : DenseI64ArrayAttr();
      if (memrefs && get("threads") > 0 && tile && !tile.empty() &&
          tile.asArrayRef().back() > 0) {
        OnThreads(op, tile.asArrayRef().back()).lower();
      } else if (memrefs && get("lanes") > 0 && get("row_vectors") > 0 &&
                 get("block") > 0) {
        auto fma = config.getAs<BoolAttr>("fma");
        OnVectors(op, get("lanes"), get("row_vectors"), get("block"),
                  fma && fma.getValue())
            .lower();
      } else {
        op.emitOpError("needs memrefs of one batch and a config with lanes, "
                       "row_vectors and block, or with threads and tile_sizes, "
                       "all positive");
        return signalPassFailure();
      }
      op.erase();
    }
  }
};
} // namespace
