//===- StateVersions.h - which states are changed in place ------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_PLAN_STATEVERSIONS_H
#define TERCET_PASSES_PLAN_STATEVERSIONS_H

#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace tercet {

/// The value behind views: they share its memory.
mlir::Value getViewRoot(mlir::Value value);

/// A state's memory holds one version of it at a time: what was loaded, what a
/// kernel made of that in place, what was stored. An entry function changes a
/// state in place if, taken in order, every use of a version finds it in
/// memory, every load finds what was stored last, and so does the end of the
/// function.
class StateVersions {
public:
  StateVersions(mlir::func::FuncOp entry, mlir::ModuleOp kernels);

  bool isInPlace(mlir::SymbolRefAttr state) const {
    return inPlace.contains(state);
  }
  /// Whether an operand that a kernel changes is such a state's memory.
  bool isInPlace(mlir::Value operand) const {
    return versions.contains(getViewRoot(operand));
  }

private:
  /// Follows one state through the function; whether it can stay in place.
  bool follow(mlir::func::FuncOp entry, mlir::ModuleOp kernels,
              mlir::SymbolRefAttr state,
              llvm::DenseMap<mlir::Value, unsigned> &found) const;

  llvm::DenseSet<mlir::SymbolRefAttr> inPlace;
  llvm::DenseSet<mlir::Value> versions;
};

} // namespace tercet

#endif
