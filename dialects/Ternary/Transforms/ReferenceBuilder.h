//===- ReferenceBuilder.h - linalg in a few words ---------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Builds the linalg ops of the reference path. A tensor's axes are named by the
// loops that index it: {0, 1} is indexed by loops 0 and 1, {} is a scalar.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_TERNARY_TRANSFORMS_REFERENCEBUILDER_H
#define TERCET_DIALECTS_TERNARY_TRANSFORMS_REFERENCEBUILDER_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace tercet::ternary {

class ReferenceBuilder {
public:
  using Axes = llvm::SmallVector<unsigned, 4>;
  using Sizes = llvm::SmallVector<mlir::OpFoldResult>;
  /// Gets the elements of the inputs (and, in a reduction, the accumulator).
  using Body = llvm::function_ref<mlir::Value(mlir::ValueRange)>;

  ReferenceBuilder(mlir::OpBuilder &b, mlir::Location loc) : b(b), loc(loc) {}

  Sizes getSizes(mlir::Value tensor);
  mlir::Value constant(mlir::TypedAttr value);
  mlir::Value constant(float value);

  /// result[loops] = body(inputs)
  mlir::Value map(mlir::ValueRange inputs, llvm::ArrayRef<Axes> axes,
                  llvm::ArrayRef<mlir::OpFoldResult> sizes, mlir::Type element,
                  Body body);
  /// result[resultAxes] = body(inputs, result[resultAxes]), from `init`, the
  /// other loops running in order.
  mlir::Value reduce(mlir::ValueRange inputs, llvm::ArrayRef<Axes> axes,
                     unsigned loops, const Axes &resultAxes,
                     llvm::ArrayRef<mlir::OpFoldResult> resultSizes,
                     mlir::TypedAttr init, Body body);

  /// `x` [..., K] as [..., ceil(K / 16), 16], with zeros behind K.
  mlir::Value splitLanes(mlir::Value x);
  /// The sums over the last axis, of size 16, combined as a tree (8, 4, 2, 1).
  mlir::Value sumLanes(mlir::Value partial);
  /// Sums term(x) over the columns of `x` [M, K] in the order that the norm and
  /// the absmean rule prescribe: 16 strided partial sums, then a tree.
  mlir::Value sumRows(mlir::Value x,
                      llvm::function_ref<mlir::Value(mlir::Value)> term);
  /// RMSNorm of the rows of `x` [M, K] with a gain [K].
  mlir::Value rmsNorm(mlir::Value x, mlir::Value gain, mlir::FloatAttr eps);
  /// Walsh-Hadamard transform of the rows of `x` [M, K], divided by sqrt(K).
  mlir::Value hadamard(mlir::Value x);

  mlir::OpBuilder &b;
  mlir::Location loc;

private:
  mlir::Value generic(mlir::ValueRange inputs, llvm::ArrayRef<Axes> axes,
                      unsigned loops, const Axes &resultAxes, mlir::Value init,
                      Body body, bool passAccumulator);
};

} // namespace tercet::ternary

#endif
