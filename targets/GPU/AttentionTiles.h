//===- AttentionTiles.h - attention by matrix instructions ------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The two products of attention over a block of keys, from and to buffers of
// the workgroup: a wave takes tiles of 16 rows by as many keys, or columns of
// values, as an instruction of a float engine has.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TARGETS_GPU_ATTENTIONTILES_H
#define TERCET_TARGETS_GPU_ATTENTIONTILES_H

#include "passes/Kernels/AttentionBuilder.h"
#include "targets/GPU/MatrixTiles.h"

namespace tercet::gputarget {

class AttentionTiles {
public:
  using Value = mlir::Value;

  /// Whether `engine` (or null) can do the products of `op` for a workgroup's
  /// `rows` and blocks of `keys`.
  static bool fit(rows::AttentionOp op, const MatrixEngine *engine,
                  int64_t rows, int64_t keys);
  /// Emits where a thread stands, at the insertion point of `a`.
  AttentionTiles(kernels::AttentionBuilder &a, const MatrixEngine &engine,
                 int64_t rows, int64_t keys);

  /// scores[r, i] = hide(r, from + i, queries[r, :] . k[from + i, head, :]) for
  /// i < count; behind it, up to a whole block, anything that is a number.
  void score(Value queries, Value scores, Value head, Value from, Value count,
             llvm::function_ref<Value(Value row, Value key, Value score)> hide);
  /// sums[r, c] = sums[r, c] * factors[r] + the sum over i < count of
  /// scores[r, i] * v[from + i, head, c].
  void addValues(Value scores, Value factors, Value sums, Value head,
                 Value from, Value count);

private:
  using Values = llvm::SmallVector<Value>;

  void forEachTile(int64_t across,
                   llvm::function_ref<void(Value row, Value column)> body);
  kernels::AttentionBuilder &a;
  const MatrixEngine &engine;
  MatrixTiles tiles;
  int64_t rows, keys;
};

} // namespace tercet::gputarget

#endif
