//===- AttentionBuilder.h - what lowerings of attention share ---*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Arithmetic on scalars and vectors of f32, the exponential function, loops and
// the walk over blocks of keys, for a rows.attention over memrefs.
//
// Scores are kept in the units of exp2: the query is multiplied by
// scale * log2(e) when it is read. The running maximum begins at the lowest
// finite number, so that a difference with it is never "infinity less
// infinity".
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_KERNELS_ATTENTIONBUILDER_H
#define TERCET_PASSES_KERNELS_ATTENTIONBUILDER_H

#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace tercet::kernels {

class AttentionBuilder {
public:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<Value>;
  using ValueRange = mlir::ValueRange;

  /// `fma`: whether the target has a fused multiply-add.
  AttentionBuilder(rows::AttentionOp op, bool fma);

  template <typename Op, typename... Args> Value emit(Args &&...args) {
    return Op::create(b, loc, std::forward<Args>(args)...).getResult();
  }
  Value index(int64_t value);
  /// A constant of the type of `like`, or an f32.
  Value constant(float value, mlir::Type type = {});
  Value splat(Value scalar, int64_t width);
  Value add(Value x, Value y) { return emit<mlir::arith::AddFOp>(x, y); }
  Value sub(Value x, Value y) { return emit<mlir::arith::SubFOp>(x, y); }
  Value mul(Value x, Value y) { return emit<mlir::arith::MulFOp>(x, y); }
  Value addIndex(Value x, Value y);
  Value addIndex(Value x, int64_t y);
  Value minIndex(Value x, Value y) { return emit<mlir::arith::MinSIOp>(x, y); }
  Value maxIndex(Value x, Value y) { return emit<mlir::arith::MaxSIOp>(x, y); }
  /// x * y + z, fused where the target can.
  Value multiplyAdd(Value x, Value y, Value z);
  /// x where it is greater, else y: y where one of them is no number.
  Value greater(Value x, Value y);
  /// 2^x for x <= 0, within 1.5 ulp; below 2^-126 it is zero.
  Value exp2(Value x);
  /// 1 / x, or 0 where x is 0.
  Value reciprocal(Value x);

  /// for (i = from; i < to; i += step)
  void forEach(Value from, Value to, int64_t step,
               llvm::function_ref<void(Value i)> body);
  Values forEach(Value from, Value to, int64_t step, ValueRange inits,
                 llvm::function_ref<Values(Value i, ValueRange)> body);

  /// Calls `body` with the first key and the number of keys, `blockKeys` at
  /// most, of each part of the first `keys` keys that the head set `set` sees:
  /// the one place that says which ones there are.
  void forEachKeyBlock(Value keys, int64_t blockKeys, Value set,
                       llvm::function_ref<void(Value from, Value count)> body);

  /// Head sets: query heads that have a key head and, with a block mask, a mask
  /// of their own. Rows of a set are queries times `group`.
  int64_t getHeadSets() { return op.getKeyHeads() * op.getMasksPerKeyHead(); }
  Value getKeyHead(Value set);
  /// The query and the query head of a set's row.
  std::pair<Value, Value> placeRow(Value row, Value set);

  /// A memref of f32 that lives as long as the workgroup.
  Value allocate(llvm::ArrayRef<int64_t> shape, mlir::Type element = {});
  Value load(Value memref, ValueRange at, int64_t width, bool aligned = false);
  void store(Value value, Value memref, ValueRange at);

  /// Fetches a row of keys or values into the second-level cache; behind the
  /// last key that counts, the last one.
  void prefetch(Value memref, Value key, Value head);

  /// The number of keys that the query `row` (a position in op's rows) sees.
  Value getVisibleKeys(Value query);
  /// op's scale in the units of exp2.
  float getScale();
  /// The log-sum-exp of scores in those units, of which the maximum and the sum
  /// of exponentials are given.
  Value getLogSumExp(Value maximum, Value total);

  rows::AttentionOp op;
  mlir::OpBuilder b;
  mlir::Location loc;
  bool fma;
  int64_t keyWidth, valueWidth;
  /// Query heads of a head set.
  int64_t group;
  /// Below every score that counts.
  static constexpr float kLowest = -3.40282346638528859812e+38f;
};

/// Whether a tile has at most one block of queries, which lowerings assume;
/// emits an error where it has more.
mlir::LogicalResult verifyBlockTile(rows::AttentionOp op);

/// A workgroup's tile with few rows, such as one token's: lanes along the
/// widths (LowerRowsAttentionFew.cpp). `rows` is at most `maximum`.
void lowerAttentionOfFewRows(AttentionBuilder &a, mlir::Value rows,
                             int64_t maximum, int64_t lanes);

} // namespace tercet::kernels

#endif
