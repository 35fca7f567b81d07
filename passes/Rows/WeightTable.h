//===- WeightTable.h - declares what the artifact stores --------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_ROWS_WEIGHTTABLE_H
#define TERCET_PASSES_ROWS_WEIGHTTABLE_H

#include "dialects/Latent/Transforms/ExternalWeights.h"
#include "dialects/Rows/IR/Rows.h"
#include "dialects/Ternary/IR/Ternary.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace tercet {

/// The `rows.weight` declarations of a module. Asking twice for the same data
/// in the same form gives the same declaration.
class WeightTable {
public:
  explicit WeightTable(mlir::ModuleOp module) : module(module) {}

  /// Packed bytes of the ternary weight `source` (a global's load or a
  /// ternarize), coded as `code`; `type` is the coded tensor [N, K] or
  /// [E, N, K].
  mlir::FailureOr<mlir::Value>
  loadPacked(mlir::OpBuilder &b, mlir::Operation *user, mlir::Value source,
             mlir::RankedTensorType type, ternary::CodeAttr code);
  /// The scale of a ternarize.
  mlir::FailureOr<mlir::Value> loadScale(mlir::OpBuilder &b,
                                         ternary::TernarizeOp op);
  /// The data of an external global as it is.
  mlir::Value loadIdentity(mlir::OpBuilder &b,
                           mlir::ml_program::GlobalLoadConstOp load,
                           mlir::ml_program::GlobalOp global);

  /// A weight of 4- or 8-bit floats, as the bytes that it has in the file.
  mlir::Value loadBytes(mlir::OpBuilder &b, mlir::Location loc,
                        mlir::ml_program::GlobalOp global);

private:
  mlir::Value declare(mlir::OpBuilder &b, mlir::Location loc,
                      mlir::ml_program::GlobalOp global, llvm::StringRef suffix,
                      rows::WeightTransform transform, ternary::CodeAttr code,
                      ternary::SparsityAttr sparsity,
                      mlir::RankedTensorType type);

  mlir::ModuleOp module;
};

} // namespace tercet

#endif
