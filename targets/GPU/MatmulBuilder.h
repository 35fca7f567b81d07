//===- MatmulBuilder.h - what the GPU lowerings of rows.matmul share ------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TARGETS_GPU_MATMULBUILDER_H
#define TERCET_TARGETS_GPU_MATMULBUILDER_H

#include "dialects/Rows/IR/Rows.h"
#include "dialects/Ternary/Codes/Code.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

namespace tercet::gputarget {

/// Builds the body of a kernel at a rows.matmul over memrefs.
class MatmulBuilder {
public:
  explicit MatmulBuilder(rows::MatmulOp op)
      : op(op), code(ternary::getCode(op.getCode().getKind())), b(op),
        loc(op.getLoc()) {}

protected:
  mlir::Value index(int64_t value) {
    return mlir::arith::ConstantIndexOp::create(b, loc, value);
  }
  template <typename Op, typename... Args> mlir::Value emit(Args &&...args) {
    return Op::create(b, loc, std::forward<Args>(args)...).getResult();
  }
  mlir::Value offset(mlir::Value base, int64_t by) {
    return by ? emit<mlir::arith::AddIOp>(base, index(by)) : base;
  }
  void forEach(mlir::Value from, mlir::Value to, int64_t step,
               llvm::function_ref<void(mlir::Value)> body);
  /// A parallel loop over [0, counts).
  void forEachInParallel(mlir::ValueRange counts,
                         llvm::function_ref<void(mlir::ValueRange)> body);

  /// `count` words of a memref of bytes from byte `at` of a row on, by loads as
  /// wide as `align`, the power of two (at most 16) that divides the address.
  llvm::SmallVector<mlir::Value> loadWords(mlir::Value memref, mlir::Value row,
                                           mlir::Value at, int64_t count,
                                           int64_t align);
  /// The greatest power of two, at most 16, that divides each address of the
  /// activations of a word.
  int64_t getActivationAlignment();

  /// Computes the epilogue and stores the result. `acc` was computed with w +
  /// `codeOffset`, so that times the sum of the row's activations is taken off.
  void finish(mlir::Value acc, mlir::Value row, mlir::Value output,
              int64_t codeOffset);

  rows::MatmulOp op;
  const ternary::Code &code;
  mlir::OpBuilder b;
  mlir::Location loc;
};

} // namespace tercet::gputarget

#endif
