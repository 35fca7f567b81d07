//===- Passes.h - passes over the ternary dialect ---------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_TERNARY_TRANSFORMS_PASSES_H
#define TERCET_DIALECTS_TERNARY_TRANSFORMS_PASSES_H

#include "dialects/Ternary/IR/Ternary.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Transforms/DialectConversion.h"

namespace tercet {
#define GEN_PASS_DECL
#include "dialects/Ternary/Transforms/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "dialects/Ternary/Transforms/Passes.h.inc"

namespace ternary {
/// Adds the conversion of trit tensors to i8 tensors.
void addReferenceTypeConversions(mlir::TypeConverter &converter);
/// Adds patterns that turn every ternary op into linalg, tensor and arith.
void populateTernaryToReferencePatterns(const mlir::TypeConverter &converter,
                                        mlir::RewritePatternSet &patterns);
} // namespace ternary
} // namespace tercet

#endif
