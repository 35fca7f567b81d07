//===- InitAll.h - everything that Tercet registers -------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_INITALL_H
#define TERCET_INITALL_H

#include "mlir/IR/DialectRegistry.h"

namespace tercet {

/// The dialects that a Tercet module may hold at any level, the interfaces they
/// need, and the translations to LLVM IR: all of MLIR's, and ours.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Our passes and pipelines, by name, for textual pipelines. Once a process.
void registerAllPasses();

/// The names of what registerAllPasses registers, pipelines first.
llvm::ArrayRef<llvm::StringRef> getPassNames();

} // namespace tercet

#endif
