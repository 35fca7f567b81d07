//===- NearestBuilder.h - what lowerings of rows.nearest share --*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Scores, which of them are taken, and loops, for a rows.nearest over memrefs.
//
// A score has to be less, not equal, to replace another; so where numbers
// ascend the lowest of equal ones stays, and what is no number is never taken.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_KERNELS_NEARESTBUILDER_H
#define TERCET_PASSES_KERNELS_NEARESTBUILDER_H

#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include <limits>

namespace tercet::kernels {

class NearestBuilder {
public:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<Value>;
  using ValueRange = mlir::ValueRange;

  explicit NearestBuilder(rows::NearestOp op)
      : op(op), b(op), loc(op.getLoc()), count(op.getCount()),
        width(op.getWidth()) {}

protected:
  template <typename Op, typename... Args> Value emit(Args &&...args) {
    return Op::create(b, loc, std::forward<Args>(args)...).getResult();
  }
  Value index(int64_t n) { return emit<mlir::arith::ConstantIndexOp>(n); }
  Value addIndex(Value x, Value y) { return emit<mlir::arith::AddIOp>(x, y); }
  Value addIndex(Value x, int64_t y) { return y ? addIndex(x, index(y)) : x; }
  Value load(Value memref, ValueRange at) {
    return emit<mlir::memref::LoadOp>(memref, at);
  }
  void store(Value x, Value memref, ValueRange at) {
    mlir::memref::StoreOp::create(b, loc, x, memref, at);
  }
  Value toI32(Value number) {
    return emit<mlir::arith::IndexCastOp>(b.getI32Type(), number);
  }
  Value constant(float x) {
    return emit<mlir::arith::ConstantOp>(b.getF32FloatAttr(x));
  }
  Value infinity() { return constant(std::numeric_limits<float>::infinity()); }
  Value rowCount() {
    return emit<mlir::memref::DimOp>(op.getInput(), index(0));
  }
  Values forEach(Value from, Value to, int64_t step, ValueRange inits,
                 llvm::function_ref<Values(Value, ValueRange)> body);
  void forEach(Value from, Value to, int64_t step,
               llvm::function_ref<void(Value)> body);
  /// A parallel loop over [0, counts).
  void inParallel(llvm::ArrayRef<Value> counts,
                  llvm::function_ref<void(ValueRange)> body);
  /// x * y + z.
  Value multiplyAdd(Value x, Value y, Value z, bool fused);
  /// The score of a product; `own` may be null.
  Value score(Value product, Value norm, Value own, Value minusTwo, Value zero,
              bool fused);
  /// (score, number) if it is less than `best`.
  std::pair<Value, Value> takeLess(Value s, Value number, Value best,
                                   Value bestNumber);
  /// Of each row the least of scores[row, :parts], the lowest number of equal
  /// ones, to op's results: a row for a thread.
  void compareParts(Value scores, Value numbers, int64_t parts);

  rows::NearestOp op;
  mlir::OpBuilder b;
  mlir::Location loc;
  int64_t count, width;
};

} // namespace tercet::kernels

#endif
