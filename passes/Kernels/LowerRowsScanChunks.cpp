//===- LowerRowsScanChunks.cpp - a scan by products of matrices -----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For the steps of a chunk, with a[t] the factor of a step, x' = D x and the
// state s before it:
//
//   y[i] = (product of a up to i) * c[i] s
//          + sum over j <= i of (product of a behind j up to i) (c[i] . b[j])
//          x'[j]
//   s   <- (product of all a) * s + sum over j of (product of a behind j) b[j]
//   x'[j]
//
// Three products of matrices, whose lanes lie along the values; the state is
// kept transposed over all chunks. Scores c . b are those of a group and serve
// all of its heads in the tile. Products of factors are multiplied up step by
// step, never made of logarithms, whose differences lose digits; what is below
// 1e-30 counts as 0, so that nothing is computed on numbers without their full
// digits. No step reads what a later one brings.
//
// Assumes values and states that are multiples of 16 and any number of steps.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Kernels/ScanBuilder.h"

using namespace mlir;
using namespace tercet;
using kernels::ScanBuilder;
using Values = SmallVector<Value>;

static constexpr int64_t kLanes = ScanBuilder::kLanes;
/// A product of factors below this is 0.
static constexpr float kLeast = 1e-30f;

namespace {
class ChunkLowering {
public:
  ChunkLowering(ScanBuilder &s, rows::ScanOp op,
                const kernels::ScanChunkOptions &options)
      : s(s), op(op), options(options), chunk(options.chunk),
        heads(op.getHeads()), states(op.getStates()),
        values(cast<MemRefType>(op.getInput().getType()).getDimSize(2)) {}

  void lower();

private:
  using At = function_ref<Value(Value k, int64_t number)>;

  Value allocate(ArrayRef<int64_t> shape) {
    return s.emit<memref::AllocOp>(MemRefType::get(shape, s.b.getF32Type()));
  }
  Value load(Value memref, ValueRange at) {
    return s.loadVector(memref, at, kLanes);
  }
  Value multiplyAdd(Value x, Value y, Value z) {
    return options.fma ? s.emit<math::FmaOp>(x, y, z) : s.add(s.mul(x, y), z);
  }
  /// 0 where x is below the least that counts.
  Value flush(Value x);

  /// Adds the sum over k of scalar(k, row) * vector(k, column) to each of
  /// `sums`, row by row.
  Values accumulate(Value from, Value to, const Values &sums, int64_t rows,
                    At scalar, At vector);
  /// Stores what 16 rows of 16 are when transposed.
  void transpose(function_ref<Value(int64_t row)> row,
                 function_ref<void(int64_t column, Value)> store);
  /// Between the op's state and the transposed one.
  void moveStates(bool back);
  /// Calls `body` for groups of vectors that make up `count` elements.
  void forEachVectors(int64_t count,
                      function_ref<void(int64_t first, int64_t vectors)> body);

  void computeScores();
  void computeSteps();
  void mixScores();
  void computeOutputs();
  void updateState();

  ScanBuilder &s;
  rows::ScanOp op;
  kernels::ScanChunkOptions options;
  int64_t chunk, heads, states, values;
  /// Of the steps of a chunk: the factors, and their products up to and with a
  /// step.
  Value factors, upTo;
  /// b transposed [S, L]; c . b [L, L], plain and with the factors between.
  Value columns, scores, mixed;
  /// D x, and the same with what is left of it at the end [L, P].
  Value scaled, left;
  /// The states transposed [H, S, P].
  Value state;
  Value from, count, head, group;
};
} // namespace

Value ChunkLowering::flush(Value x) {
  Type type = x.getType();
  Value small = s.emit<arith::CmpFOp>(arith::CmpFPredicate::OLT, x,
                                      s.constant(kLeast, type));
  return s.emit<arith::SelectOp>(small, s.constant(0, type), x);
}

Values ChunkLowering::accumulate(Value from, Value to, const Values &sums,
                                 int64_t rows, At scalar, At vector) {
  int64_t width = sums.size() / rows;
  return s.forEach(from, to, 1, sums, [&](Value k, ValueRange carried) {
    Values next(carried), vectors;
    for (int64_t v = 0; v < width; ++v)
      vectors.push_back(vector(k, v));
    for (int64_t r = 0; r < rows; ++r) {
      Value factor = s.splat(scalar(k, r), kLanes);
      for (int64_t v = 0; v < width; ++v) {
        Value &sum = next[r * width + v];
        sum = multiplyAdd(factor, vectors[v], sum);
      }
    }
    return next;
  });
}

/// Four rounds that shuffle row i with row i + 8, element by element.
void ChunkLowering::transpose(function_ref<Value(int64_t)> row,
                              function_ref<void(int64_t, Value)> store) {
  Values rows;
  for (int64_t i = 0; i < kLanes; ++i)
    rows.push_back(row(i));
  SmallVector<int64_t> low, high;
  for (int64_t i = 0; i < kLanes / 2; ++i) {
    low.append({i, i + kLanes});
    high.append({i + kLanes / 2, i + kLanes / 2 + kLanes});
  }
  for (int64_t round = 1; round < kLanes; round *= 2) {
    Values next;
    for (int64_t i = 0; i < kLanes / 2; ++i)
      for (ArrayRef<int64_t> half : {ArrayRef(low), ArrayRef(high)})
        next.push_back(
            s.emit<vector::ShuffleOp>(rows[i], rows[i + kLanes / 2], half));
    rows = std::move(next);
  }
  for (int64_t i = 0; i < kLanes; ++i)
    store(i, rows[i]);
}

void ChunkLowering::moveStates(bool back) {
  Value zero = s.index(0);
  s.forEach(zero, s.index(heads), 1, [&](Value h) {
    s.forEach(zero, s.index(values), kLanes, [&](Value p) {
      s.forEach(zero, s.index(states), kLanes, [&](Value n) {
        auto outside = [&](int64_t i) {
          return Values{h, s.addIndex(p, i), n};
        };
        auto inside = [&](int64_t i) { return Values{h, s.addIndex(n, i), p}; };
        transpose(
            [&](int64_t i) {
              return back ? load(state, inside(i))
                          : load(op.getState(), outside(i));
            },
            [&](int64_t i, Value v) {
              if (back)
                s.storeVector(v, op.getState(), outside(i));
              else
                s.storeVector(v, state, inside(i));
            });
      });
    });
  });
}

void ChunkLowering::forEachVectors(int64_t count,
                                   function_ref<void(int64_t, int64_t)> body) {
  int64_t step = options.vectors * kLanes;
  for (int64_t first = 0; first < count; first += step)
    body(first, std::min(step, count - first) / kLanes);
}

/// Steps behind the last one repeat it: nothing reads their scores.
void ChunkLowering::computeScores() {
  Value zero = s.index(0), last = s.addIndex(count, -1);
  s.forEach(zero, count, kLanes, [&](Value j) {
    s.forEach(zero, s.index(states), kLanes, [&](Value n) {
      transpose(
          [&](int64_t i) {
            Value step = s.emit<arith::MinSIOp>(s.addIndex(j, i), last);
            return load(op.getB(), {s.addIndex(from, step), group, n});
          },
          [&](int64_t i, Value v) {
            s.storeVector(v, columns, {s.addIndex(n, i), j});
          });
    });
  });
  s.forEachBlock(count, options.rows, [&](Value i, int64_t rows) {
    forEachVectors(chunk, [&](int64_t first, int64_t vectors) {
      Values sums(rows * vectors, s.constant(0, s.vectorType(kLanes)));
      sums = accumulate(
          zero, s.index(states), sums, rows,
          [&](Value n, int64_t r) {
            Value step = s.addIndex(from, s.addIndex(i, r));
            return s.load(op.getC(), {step, group, n});
          },
          [&](Value n, int64_t v) {
            return load(columns, {n, s.index(first + v * kLanes)});
          });
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t v = 0; v < vectors; ++v)
          s.storeVector(sums[r * vectors + v], scores,
                        {s.addIndex(i, r), s.index(first + v * kLanes)});
    });
  });
}

void ChunkLowering::computeSteps() {
  Value rate = s.getRate(s.load(op.getALog(), head));
  Value bias = s.load(op.getDtBias(), head);
  s.forEach(s.index(0), count, 1, s.constant(1),
            [&](Value i, ValueRange carried) -> Values {
              Value step = s.addIndex(from, i);
              auto [size, factor] = s.getStep(s.load(op.getDt(), {step, head}),
                                              bias, rate, op.getMinStepAttr());
              s.store(factor, factors, i);
              Value product = flush(s.mul(carried[0], factor));
              s.store(product, upTo, i);
              for (int64_t p = 0; p < values; p += kLanes) {
                Value x = load(op.getInput(), {step, head, s.index(p)});
                s.storeVector(s.mul(s.splat(size, kLanes), x), scaled,
                              {i, s.index(p)});
              }
              return {product};
            });
  s.forEach(s.index(0), count, 1, s.constant(1),
            [&](Value done, ValueRange carried) -> Values {
              Value i = s.emit<arith::SubIOp>(s.addIndex(count, -1), done);
              for (int64_t p = 0; p < values; p += kLanes) {
                Value x = load(scaled, {i, s.index(p)});
                s.storeVector(s.mul(s.splat(carried[0], kLanes), x), left,
                              {i, s.index(p)});
              }
              return {flush(s.mul(carried[0], s.load(factors, i)))};
            });
}

/// The factors between step j and step i, for all j, go from row to row.
void ChunkLowering::mixScores() {
  auto words = VectorType::get({kLanes}, s.b.getI32Type());
  VectorType type = s.vectorType(kLanes);
  Values between(chunk / kLanes, s.constant(0, type));
  s.forEach(s.index(0), count, 1, between, [&](Value i, ValueRange carried) {
    Value factor = s.splat(s.load(factors, i), kLanes);
    Value row = s.emit<vector::BroadcastOp>(
        words, s.emit<arith::IndexCastOp>(s.b.getI32Type(), i));
    Values next;
    for (auto [v, old] : llvm::enumerate(carried)) {
      SmallVector<int32_t> numbers;
      for (int64_t lane = 0; lane < kLanes; ++lane)
        numbers.push_back(v * kLanes + lane);
      Value steps = s.emit<arith::ConstantOp>(
          DenseElementsAttr::get(words, ArrayRef(numbers)));
      Value self = s.emit<arith::CmpIOp>(arith::CmpIPredicate::eq, steps, row);
      Value product = s.emit<arith::SelectOp>(self, s.constant(1, type),
                                              flush(s.mul(old, factor)));
      Value at = s.index(v * kLanes);
      s.storeVector(s.mul(load(scores, {i, at}), product), mixed, {i, at});
      next.push_back(product);
    }
    return next;
  });
}

void ChunkLowering::computeOutputs() {
  Value skip = s.splat(s.load(op.getSkip(), head), kLanes);
  s.forEachBlock(count, options.rows, [&](Value i, int64_t rows) {
    forEachVectors(values, [&](int64_t first, int64_t vectors) {
      auto place = [&](int64_t v) { return s.index(first + v * kLanes); };
      auto ofInput = [&](Value j, int64_t v) {
        return load(scaled, {j, place(v)});
      };
      Values sums(rows * vectors, s.constant(0, s.vectorType(kLanes)));
      sums = accumulate(
          s.index(0), s.index(states), sums, rows,
          [&](Value n, int64_t r) {
            Value step = s.addIndex(from, s.addIndex(i, r));
            return s.load(op.getC(), {step, group, n});
          },
          [&](Value n, int64_t v) { return load(state, {head, n, place(v)}); });
      for (int64_t r = 0; r < rows; ++r) {
        Value kept = s.splat(s.load(upTo, s.addIndex(i, r)), kLanes);
        for (int64_t v = 0; v < vectors; ++v)
          sums[r * vectors + v] = s.mul(sums[r * vectors + v], kept);
      }
      // Steps before the block, then those of it, each up to itself.
      sums = accumulate(
          s.index(0), i, sums, rows,
          [&](Value j, int64_t r) {
            return s.load(mixed, {s.addIndex(i, r), j});
          },
          ofInput);
      for (int64_t r = 0; r < rows; ++r) {
        Value row = s.addIndex(i, r), step = s.addIndex(from, row);
        for (int64_t j = 0; j <= r; ++j) {
          Value other = s.addIndex(i, j);
          Value factor = s.splat(s.load(mixed, {row, other}), kLanes);
          for (int64_t v = 0; v < vectors; ++v)
            sums[r * vectors + v] =
                multiplyAdd(factor, ofInput(other, v), sums[r * vectors + v]);
        }
        for (int64_t v = 0; v < vectors; ++v) {
          Value x = load(op.getInput(), {step, head, place(v)});
          s.storeVector(multiplyAdd(skip, x, sums[r * vectors + v]),
                        op.getInit(), {step, head, place(v)});
        }
      }
    });
  });
}

void ChunkLowering::updateState() {
  Value kept = s.splat(s.load(upTo, s.addIndex(count, -1)), kLanes);
  s.forEachBlock(s.index(states), options.rows, [&](Value n, int64_t rows) {
    forEachVectors(values, [&](int64_t first, int64_t vectors) {
      auto place = [&](int64_t v) { return s.index(first + v * kLanes); };
      Values sums;
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t v = 0; v < vectors; ++v)
          sums.push_back(
              s.mul(kept, load(state, {head, s.addIndex(n, r), place(v)})));
      sums = accumulate(
          s.index(0), count, sums, rows,
          [&](Value j, int64_t r) {
            return s.load(columns, {s.addIndex(n, r), j});
          },
          [&](Value j, int64_t v) { return load(left, {j, place(v)}); });
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t v = 0; v < vectors; ++v)
          s.storeVector(sums[r * vectors + v], state,
                        {head, s.addIndex(n, r), place(v)});
    });
  });
}

void ChunkLowering::lower() {
  factors = allocate({chunk});
  upTo = allocate({chunk});
  columns = allocate({states, chunk});
  scores = allocate({chunk, chunk});
  mixed = allocate({chunk, chunk});
  scaled = allocate({chunk, values});
  left = allocate({chunk, values});
  state = allocate({heads, states, values});
  moveStates(/*back=*/false);
  Value steps = s.size(op.getInput(), 0);
  s.forEach(s.index(0), steps, chunk, [&](Value first) {
    from = first;
    count = s.emit<arith::MinSIOp>(s.emit<arith::SubIOp>(steps, first),
                                   s.index(chunk));
    s.forEach(s.index(0), s.index(op.getGroups()), 1, [&](Value g) {
      group = g;
      computeScores();
      int64_t shared = op.getHeadsPerGroup();
      Value firstHead = s.emit<arith::MulIOp>(g, s.index(shared));
      s.forEach(firstHead, s.addIndex(firstHead, shared), 1, [&](Value h) {
        head = h;
        computeSteps();
        mixScores();
        computeOutputs();
        updateState();
      });
    });
  });
  moveStates(/*back=*/true);
}

bool kernels::takesScanChunks(rows::ScanOp op, int64_t chunk) {
  int64_t values = cast<ShapedType>(op.getInput().getType()).getDimSize(2);
  return !ShapedType::isDynamic(values) && values % kLanes == 0 &&
         op.getStates() % kLanes == 0 && chunk >= kLanes && chunk % kLanes == 0;
}

void kernels::lowerScanByChunks(ScanBuilder &s, rows::ScanOp op,
                                const ScanChunkOptions &options) {
  ChunkLowering(s, op, options).lower();
}
