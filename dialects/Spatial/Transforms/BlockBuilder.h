//===- BlockBuilder.h - bodies of linalg ops on blocks ----------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Short words for what stands in the bodies of the linalg ops that
// DecomposeTiles.cpp and AttentionToReference.cpp build.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_SPATIAL_TRANSFORMS_BLOCKBUILDER_H
#define TERCET_DIALECTS_SPATIAL_TRANSFORMS_BLOCKBUILDER_H

#include "dialects/Ternary/Transforms/ReferenceBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tercet::spatial {

class BlockBuilder {
public:
  using Value = mlir::Value;

  explicit BlockBuilder(ternary::ReferenceBuilder &r) : r(r) {}

  template <typename Op, typename... Args> Value emit(Args &&...args) {
    return Op::create(r.b, r.loc, std::forward<Args>(args)...).getResult();
  }
  Value loop(unsigned number) { return emit<mlir::linalg::IndexOp>(number); }
  Value index(int64_t value) {
    return emit<mlir::arith::ConstantIndexOp>(value);
  }
  Value read(Value tensor, mlir::ValueRange at) {
    return emit<mlir::tensor::ExtractOp>(tensor, at);
  }
  Value toIndex(Value integer) {
    return emit<mlir::arith::IndexCastOp>(r.b.getIndexType(), integer);
  }
  Value readIndex(Value tensor, mlir::ValueRange at) {
    return toIndex(read(tensor, at));
  }
  Value add(Value x, Value y) { return emit<mlir::arith::AddIOp>(x, y); }
  Value addf(Value x, Value y) { return emit<mlir::arith::AddFOp>(x, y); }
  Value mulf(Value x, Value y) { return emit<mlir::arith::MulFOp>(x, y); }
  Value divf(Value x, Value y) { return emit<mlir::arith::DivFOp>(x, y); }
  Value both(Value x, Value y) { return emit<mlir::arith::AndIOp>(x, y); }
  Value either(Value x, Value y) { return emit<mlir::arith::OrIOp>(x, y); }
  Value compare(mlir::arith::CmpFPredicate p, Value x, Value y) {
    return emit<mlir::arith::CmpFOp>(p, x, y);
  }
  Value compare(mlir::arith::CmpIPredicate p, Value x, Value y) {
    return emit<mlir::arith::CmpIOp>(p, x, y);
  }
  Value select(Value bit, Value x, Value y) {
    return emit<mlir::arith::SelectOp>(bit, x, y);
  }
  /// From 0 to `size` - 1.
  Value clamp(Value x, int64_t size) {
    Value low = emit<mlir::arith::MaxSIOp>(x, index(0));
    return emit<mlir::arith::MinSIOp>(low, index(size - 1));
  }
  /// The tokens of a block, an f32.
  Value blockSize(Value offsets, Value block);

  /// The number of the block of each of `tokens` tokens, i32.
  Value blocksOf(Value offsets, int64_t tokens);
  /// [N, H, d] as [N, heads, H / heads, d].
  Value splitHeads(Value x, int64_t heads);

  ternary::ReferenceBuilder &r;
};

} // namespace tercet::spatial

#endif
