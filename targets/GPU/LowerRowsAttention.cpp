//===- LowerRowsAttention.cpp - rows.attention over a workgroup -----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A workgroup has some rows (queries times the query heads that share a key
// head) and goes through the keys block by block, in parallel loops that meet
// in small buffers (later shared memory, with barriers where they depend):
//
//   scores      a thread has one key and four rows, whose queries are shared
//   maxima      a thread has a row
//   exponents   a thread has a score
//   values      a thread has one column and four rows; one more column, of
//               ones, is the sum of the probabilities
//
// Where the config names an engine of matrix instructions, scores and values
// are tiles of it instead (AttentionTiles.h), and the sums are a step of their
// own.
//
// Buffers begin at multiples of 16 bytes, so that rows of a multiple of four
// floats are loaded by vectors. Rows behind the last one repeat it and are not
// stored. Assumes memrefs; takes `keys` (of a block) and `rows` (of a
// workgroup) from the op's config and fails without them. Buffers that a chip
// has no room for are refused by --gpu-shared-memory.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Kernels/AttentionBuilder.h"
#include "targets/GPU/AttentionTiles.h"
#include "targets/GPU/Passes.h"
#include <limits>
#include <numeric>

namespace tercet {
#define GEN_PASS_DEF_GPULOWERROWSATTENTION
#include "targets/GPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using gputarget::AttentionTiles;
using gputarget::MatrixEngine;
using kernels::AttentionBuilder;
using Values = SmallVector<Value>;

namespace {
class AttentionLowering {
public:
  /// `engine` may be null.
  AttentionLowering(AttentionBuilder &a, const MatrixEngine *engine,
                    int64_t rows, int64_t keys)
      : a(a), engine(engine), rows(rows), keys(keys),
        rowBlock(std::gcd<int64_t>(rows, 4)),
        step(std::gcd<int64_t>(a.keyWidth, 4)) {}

  void lower();

private:
  void forEachInParallel(ArrayRef<Value> counts,
                         function_ref<void(ValueRange)> body);
  Value load(Value memref, ValueRange at) {
    return a.emit<memref::LoadOp>(memref, at);
  }
  void store(Value value, Value memref, ValueRange at) {
    memref::StoreOp::create(a.b, a.loc, value, memref, at);
  }
  /// The query and the query head of a row of the chunk.
  std::pair<Value, Value> place(Value row);

  /// The score, or minus infinity where the row may not see the key.
  Value hideLaterKeys(Value row, Value key, Value score);

  void loadQueries();
  void score(Value from, Value count);
  void findMaxima(Value count);
  void exponentiate(Value count);
  void addValues(Value from, Value count);
  void addProbabilities(Value count);
  void finish(Value count);

  AttentionBuilder &a;
  const MatrixEngine *engine;
  int64_t rows, keys, rowBlock, step;
  Value set, head, begin, last;
  // Queries [rows, D], scores [rows, keys], sums [rows, Dv + 1], and of each
  // row the maximum and the factor of what the blocks before gave.
  Value queries, scores, sums, maxima, factors;
};
} // namespace

void AttentionLowering::forEachInParallel(ArrayRef<Value> counts,
                                          function_ref<void(ValueRange)> body) {
  Values zeros(counts.size(), a.index(0)), ones(counts.size(), a.index(1));
  auto loop = scf::ParallelOp::create(a.b, a.loc, zeros, counts, ones);
  OpBuilder::InsertionGuard guard(a.b);
  a.b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVars());
}

std::pair<Value, Value> AttentionLowering::place(Value row) {
  Value at = a.minIndex(a.addIndex(begin, row), last);
  return a.placeRow(at, set);
}

void AttentionLowering::loadQueries() {
  forEachInParallel({a.index(rows), a.index(a.keyWidth)}, [&](ValueRange i) {
    auto [query, queryHead] = place(i[0]);
    Value q = load(a.op.getQ(), {query, queryHead, i[1]});
    store(a.mul(q, a.constant(a.getScale())), queries, i);
  });
  forEachInParallel({a.index(rows), a.index(a.valueWidth + 1)},
                    [&](ValueRange i) { store(a.constant(0), sums, i); });
  forEachInParallel({a.index(rows)}, [&](ValueRange i) {
    store(a.constant(a.kLowest), maxima, i);
  });
}

void AttentionLowering::score(Value from, Value count) {
  int64_t blocks = rows / rowBlock;
  forEachInParallel({a.index(blocks), count}, [&](ValueRange i) {
    Value first = a.emit<arith::MulIOp>(i[0], a.index(rowBlock));
    Value key = a.addIndex(from, i[1]);
    Values products = a.forEach(
        a.index(0), a.index(a.keyWidth), step, Values(rowBlock, a.constant(0)),
        [&](Value d, ValueRange carried) {
          Values next(carried);
          Value k = a.load(a.op.getK(), {key, head, d}, step, true);
          for (int64_t r = 0; r < rowBlock; ++r) {
            Value q = a.load(queries, {a.addIndex(first, r), d}, step, true);
            for (int64_t e = 0; e < step; ++e)
              next[r] = a.multiplyAdd(a.emit<vector::ExtractOp>(k, e),
                                      a.emit<vector::ExtractOp>(q, e), next[r]);
          }
          return next;
        });
    for (int64_t r = 0; r < rowBlock; ++r) {
      Value row = a.addIndex(first, r);
      store(hideLaterKeys(row, key, products[r]), scores, {row, i[1]});
    }
  });
}

Value AttentionLowering::hideLaterKeys(Value row, Value key, Value score) {
  if (!a.op.getCausal())
    return score;
  Value seen = a.emit<arith::CmpIOp>(arith::CmpIPredicate::slt, key,
                                     a.getVisibleKeys(place(row).first));
  return a.emit<arith::SelectOp>(
      seen, score, a.constant(-std::numeric_limits<float>::infinity()));
}

void AttentionLowering::findMaxima(Value count) {
  forEachInParallel({a.index(rows)}, [&](ValueRange i) {
    Value old = load(maxima, i);
    Value top =
        a.forEach(a.index(0), count, 1, old,
                  [&](Value key, ValueRange carried) -> Values {
                    return {a.greater(load(scores, {i[0], key}), carried[0])};
                  })[0];
    store(top, maxima, i);
    store(a.exp2(a.sub(old, top)), factors, i);
  });
}

void AttentionLowering::exponentiate(Value count) {
  forEachInParallel({a.index(rows), count}, [&](ValueRange i) {
    Value p = a.exp2(a.sub(load(scores, i), load(maxima, i[0])));
    store(p, scores, i);
  });
}

void AttentionLowering::addValues(Value from, Value count) {
  int64_t blocks = rows / rowBlock;
  forEachInParallel(
      {a.index(blocks), a.index(a.valueWidth + 1)}, [&](ValueRange i) {
        Value first = a.emit<arith::MulIOp>(i[0], a.index(rowBlock));
        Value column = a.minIndex(i[1], a.index(a.valueWidth - 1));
        Value isSum = a.emit<arith::CmpIOp>(arith::CmpIPredicate::eq, i[1],
                                            a.index(a.valueWidth));
        Values total = a.forEach(
            a.index(0), count, 1, Values(rowBlock, a.constant(0)),
            [&](Value key, ValueRange carried) {
              Values next(carried);
              Value v =
                  load(a.op.getV(), {a.addIndex(from, key), head, column});
              v = a.emit<arith::SelectOp>(isSum, a.constant(1), v);
              for (int64_t r = 0; r < rowBlock; ++r)
                next[r] = a.multiplyAdd(
                    load(scores, {a.addIndex(first, r), key}), v, next[r]);
              return next;
            });
        for (int64_t r = 0; r < rowBlock; ++r) {
          Value row = a.addIndex(first, r);
          Value old = load(sums, {row, i[1]});
          store(a.multiplyAdd(old, load(factors, row), total[r]), sums,
                {row, i[1]});
        }
      });
}

/// The last column of the sums, which tiles leave out.
void AttentionLowering::addProbabilities(Value count) {
  forEachInParallel({a.index(rows)}, [&](ValueRange i) {
    Value column = a.index(a.valueWidth);
    Value old = a.mul(load(sums, {i[0], column}), load(factors, i));
    Value total =
        a.forEach(a.index(0), count, 1, old,
                  [&](Value key, ValueRange carried) -> Values {
                    return {a.add(carried[0], load(scores, {i[0], key}))};
                  })[0];
    store(total, sums, {i[0], column});
  });
}

void AttentionLowering::finish(Value count) {
  forEachInParallel({count, a.index(a.valueWidth)}, [&](ValueRange i) {
    auto [query, queryHead] = place(i[0]);
    Value total = load(sums, {i[0], a.index(a.valueWidth)});
    store(a.mul(load(sums, i), a.reciprocal(total)), a.op.getInit(),
          {query, queryHead, i[1]});
  });
  if (!a.op.getLse())
    return;
  forEachInParallel({count}, [&](ValueRange i) {
    auto [query, queryHead] = place(i[0]);
    Value total = load(sums, {i[0], a.index(a.valueWidth)});
    store(a.getLogSumExp(load(maxima, i), total), a.op.getLse(),
          {query, queryHead});
  });
}

void AttentionLowering::lower() {
  queries = a.allocate({rows, a.keyWidth});
  // An odd row keeps threads with a row each off the same bank.
  scores = a.allocate({rows, keys + 1});
  std::optional<AttentionTiles> tiles;
  if (engine)
    tiles.emplace(a, *engine, rows, keys);
  sums = a.allocate({rows, a.valueWidth + 1});
  maxima = a.allocate({rows});
  factors = a.allocate({rows});
  Value all = a.emit<arith::MulIOp>(
      a.emit<memref::DimOp>(a.op.getQ(), a.index(0)), a.index(a.group));
  a.forEach(a.index(0), a.index(a.getHeadSets()), 1, [&](Value s) {
    set = s;
    head = a.getKeyHead(set);
    a.forEach(a.index(0), all, rows, [&](Value from) {
      begin = from;
      last = a.addIndex(all, -1);
      loadQueries();
      Value top = a.minIndex(a.addIndex(begin, rows - 1), last);
      Value seen =
          a.getVisibleKeys(a.emit<arith::DivUIOp>(top, a.index(a.group)));
      a.forEachKeyBlock(seen, keys, set, [&](Value key, Value count) {
        if (!engine) {
          score(key, count);
          findMaxima(count);
          exponentiate(count);
          addValues(key, count);
          return;
        }
        tiles->score(queries, scores, head, key, count,
                     [&](Value row, Value k, Value s) {
                       return hideLaterKeys(row, k, s);
                     });
        findMaxima(count);
        exponentiate(count);
        addProbabilities(count);
        tiles->addValues(scores, factors, sums, head, key, count);
      });
      finish(a.minIndex(a.emit<arith::SubIOp>(all, begin), a.index(rows)));
    });
  });
}

namespace {
struct GPULowerRowsAttention
    : tercet::impl::GPULowerRowsAttentionBase<GPULowerRowsAttention> {
  void getDependentDialects(DialectRegistry &registry) const override {
    GPULowerRowsAttentionBase::getDependentDialects(registry);
    gputarget::registerMatrixEngineDialects(registry);
  }

  void runOnOperation() override {
    SmallVector<rows::AttentionOp> ops;
    getOperation().walk([&](rows::AttentionOp op) { ops.push_back(op); });
    for (rows::AttentionOp op : ops) {
      DictionaryAttr config = op.getConfig().value_or(DictionaryAttr());
      auto get = [&](StringRef name) {
        auto attr = config ? config.getAs<IntegerAttr>(name) : IntegerAttr();
        return attr ? attr.getInt() : 0;
      };
      if (!isa<MemRefType>(op.getQ().getType()) || get("keys") < 1 ||
          get("rows") < 1) {
        op.emitOpError("needs memrefs and a config with rows and keys, both "
                       "positive");
        return signalPassFailure();
      }
      if (failed(kernels::verifyBlockTile(op)))
        return signalPassFailure();
      auto name = config.getAs<StringAttr>("engine");
      const MatrixEngine *engine =
          name && !name.empty() ? gputarget::lookupMatrixEngine(name.getValue())
                                : nullptr;
      if (name && !AttentionTiles::fit(op, engine, get("rows"), get("keys"))) {
        op.emitOpError("cannot take the engine '")
            << name.getValue()
            << "': it has to be one of floats, rows a multiple of 16, keys and "
               "widths multiples of its tiles";
        return signalPassFailure();
      }
      AttentionBuilder a(op, /*fma=*/true);
      AttentionLowering(a, engine, get("rows"), get("keys")).lower();
      op.erase();
    }
  }
};
} // namespace
