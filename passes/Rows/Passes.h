//===- Passes.h - from the model level to the rows level --------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_ROWS_PASSES_H
#define TERCET_PASSES_ROWS_PASSES_H

#include "dialects/Rows/IR/Rows.h"
#include "dialects/Ternary/IR/Ternary.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace tercet {
#define GEN_PASS_DECL
#include "passes/Rows/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

#endif
