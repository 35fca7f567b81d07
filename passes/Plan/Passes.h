//===- Passes.h - from kernels to the plan ----------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_PLAN_PASSES_H
#define TERCET_PASSES_PLAN_PASSES_H

#include "dialects/Plan/IR/Plan.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace tercet {
#define GEN_PASS_DECL
#include "passes/Plan/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "passes/Plan/Passes.h.inc"
} // namespace tercet

#endif
