//===- Passes.h - passes over the latent dialect ----------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_LATENT_TRANSFORMS_PASSES_H
#define TERCET_DIALECTS_LATENT_TRANSFORMS_PASSES_H

#include "dialects/Latent/IR/Latent.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Transforms/DialectConversion.h"

namespace tercet {
#define GEN_PASS_DECL
#include "dialects/Latent/Transforms/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "dialects/Latent/Transforms/Passes.h.inc"

namespace latent {
/// States that count choices are called so, with the key of the layer's router.
constexpr llvm::StringLiteral kExpertCountsPrefix = "experts.";

/// Adds patterns that turn every latent op but `moe` and `mamba` into linalg,
/// tensor, scf, arith, math and `ternary.quantize`; the converter makes trits
/// i8, and floats of 4 and 8 bits f32.
void populateLatentToReferencePatterns(const mlir::TypeConverter &converter,
                                       mlir::RewritePatternSet &patterns);
void addReferenceTypeConversions(mlir::TypeConverter &converter);
} // namespace latent
} // namespace tercet

#endif
