//===- KeepElementLoops.h - loops over elements stay loops ------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_CODEGEN_KEEPELEMENTLOOPS_H
#define TERCET_LIB_CODEGEN_KEEPELEMENTLOOPS_H

#include "llvm/IR/PassManager.h"

namespace tercet {

/// Keeps innermost loops over elements from being unrolled in full before they
/// are vectorised; see KeepElementLoops.cpp.
struct KeepElementLoops : llvm::PassInfoMixin<KeepElementLoops> {
  /// What bisection over passes calls it.
  static llvm::StringRef name() { return "keep-element-loops"; }

  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses);
};

} // namespace tercet

#endif
