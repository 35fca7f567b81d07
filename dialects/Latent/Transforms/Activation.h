//===- Activation.h - activations of experts on scalars ---------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_LATENT_TRANSFORMS_ACTIVATION_H
#define TERCET_DIALECTS_LATENT_TRANSFORMS_ACTIVATION_H

#include "dialects/Latent/IR/Latent.h"

namespace tercet::latent {

/// What #latent.activation says of one pair of f32 scalars; `gate` is null for an
/// activation without one.
mlir::Value emitActivation(mlir::OpBuilder &b, mlir::Location loc,
                           ActivationAttr activation, mlir::Value up,
                           mlir::Value gate);

} // namespace tercet::latent

#endif
