//===- EntrySignature.h - dimensions of an entry function -------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_PLAN_ENTRYSIGNATURE_H
#define TERCET_PASSES_PLAN_ENTRYSIGNATURE_H

#include "dialects/Plan/IR/Plan.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringMap.h"

namespace tercet {

/// The dimension variables of an entry function and the sizes that follow from
/// them. A dynamic axis of an argument is a variable of its own, or the one
/// that its name in `tercet.dims` says; an argument of type index is one as
/// well.
class EntrySignature {
public:
  /// Reads the attributes of the function; errors name the argument.
  static mlir::FailureOr<EntrySignature> get(mlir::func::FuncOp entry);

  llvm::ArrayRef<plan::DimAttr> getDims() const { return dims; }
  llvm::ArrayRef<int64_t> getBounds() const { return bounds; }
  unsigned getNumDims() const { return dims.size(); }

  /// The variable that the value of an argument is, or -1.
  int64_t getValueDim(unsigned arg) const { return values[arg]; }
  /// `tercet.range` of an argument, or null.
  mlir::DenseI64ArrayAttr getRange(unsigned arg) const { return ranges[arg]; }
  /// Whether an argument is `tercet.ascending`.
  bool isAscending(unsigned arg) const { return ascending[arg]; }
  /// The size of an axis of an argument.
  mlir::AffineExpr getArgSize(unsigned arg, int64_t axis) const;
  /// An index value of the function as an expression, or null.
  mlir::AffineExpr getExpr(mlir::Value index) const;
  mlir::AffineMap getMap(mlir::AffineExpr expr) const {
    return mlir::AffineMap::get(dims.size(), 0, expr);
  }
  /// The value of an expression at the bounds (sizes grow with dimensions).
  int64_t evaluateAtBound(mlir::AffineExpr expr) const;
  /// The same where every dimension is 0: the least that it can be.
  int64_t evaluateAtZero(mlir::AffineExpr expr) const;

  /// `tercet.name` of an argument or result, or its number.
  static mlir::StringAttr getName(mlir::Attribute name, unsigned number,
                                  mlir::MLIRContext *ctx);

private:
  mlir::LogicalResult addScalar(mlir::func::FuncOp entry, unsigned arg);
  mlir::LogicalResult addRange(mlir::func::FuncOp entry, unsigned arg);

  mlir::MLIRContext *ctx = nullptr;
  llvm::SmallVector<plan::DimAttr> dims;
  llvm::SmallVector<int64_t> bounds;
  llvm::StringMap<unsigned> named;
  llvm::SmallVector<int64_t> values;
  llvm::SmallVector<mlir::DenseI64ArrayAttr> ranges;
  llvm::SmallVector<bool> ascending;
  /// Per argument and axis the variable, or -1 with the static size aside.
  llvm::SmallVector<llvm::SmallVector<int64_t>> variables, sizes;
};

} // namespace tercet

#endif
