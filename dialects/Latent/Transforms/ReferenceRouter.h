//===- ReferenceRouter.h - the choice of experts, plainly -------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_LATENT_TRANSFORMS_REFERENCEROUTER_H
#define TERCET_DIALECTS_LATENT_TRANSFORMS_REFERENCEROUTER_H

#include "dialects/Latent/IR/Latent.h"
#include "dialects/Ternary/Transforms/ReferenceBuilder.h"

namespace tercet::latent {

/// The ids and weights that `routing` chooses from logits [M, E] ([M, 3E] for
/// an attention router); `bias` may be null.
std::pair<mlir::Value, mlir::Value> choose(ternary::ReferenceBuilder &r,
                                           RoutingAttr routing,
                                           mlir::Value logits,
                                           mlir::Value bias);

} // namespace tercet::latent

#endif
