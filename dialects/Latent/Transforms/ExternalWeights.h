//===- ExternalWeights.h - weights that a file holds -*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_LATENT_TRANSFORMS_EXTERNALWEIGHTS_H
#define TERCET_DIALECTS_LATENT_TRANSFORMS_EXTERNALWEIGHTS_H

#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"
#include <map>
#include <vector>

namespace tercet {

/// On an external ml_program.global: which slices along the first axis of the
/// file's tensor it has, in order, and of how many.
constexpr llvm::StringLiteral kSelectAttr = "tercet.select";
constexpr llvm::StringLiteral kSelectOfAttr = "tercet.select_of";

/// The external global behind a load, or null.
mlir::ml_program::GlobalOp getExternalGlobal(mlir::Value value);

/// The name of a global's tensor in a weight file.
llvm::StringRef getKey(mlir::ml_program::GlobalOp global);

/// Picks slices along the first axis of weights: what has been asked for with
/// the same list before, by another function perhaps, is the same global. A
/// list of all slices in order changes nothing.
class WeightSelector {
public:
  explicit WeightSelector(mlir::ModuleOp module) : symbols(module) {}

  /// `weight` with the slices `list` (numbers may repeat). Its type may be that
  /// of an external global's load, directly or behind ternary.ternarize or
  /// latent.dequantize; anything else is an error at `user`.
  mlir::FailureOr<mlir::Value> select(mlir::Operation *user, mlir::Value weight,
                                      llvm::ArrayRef<int64_t> list);

private:
  mlir::FailureOr<mlir::Value> selectLoad(mlir::Value weight,
                                          llvm::ArrayRef<int64_t> list);

  mlir::SymbolTable symbols;
  using List = std::vector<int64_t>;
  std::map<std::pair<mlir::Operation *, List>, mlir::ml_program::GlobalOp>
      globals;
  std::map<std::pair<void *, List>, mlir::Value> selected;
};

} // namespace tercet

#endif
