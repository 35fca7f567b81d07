//===- ReferenceProducts.h - products of the reference path -----*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_LATENT_TRANSFORMS_REFERENCEPRODUCTS_H
#define TERCET_DIALECTS_LATENT_TRANSFORMS_REFERENCEPRODUCTS_H

#include "dialects/Ternary/Transforms/ReferenceBuilder.h"

namespace tercet::latent {

/// A weight on the reference path: f32, or i8 with its scale.
struct ReferenceWeight {
  mlir::Value values, scale;
};

/// x [R, K] times a weight [N, K]; with `ids` [R], row r with the slice ids[r]
/// of a weight [E, N, K], where an id outside of the slices counts as 0.
/// Activations of a weight with a scale are quantised per row.
mlir::Value multiply(ternary::ReferenceBuilder &r, mlir::Value x,
                     ReferenceWeight weight, mlir::Value ids = {});

/// Whether the i32 `id` is in [0, count).
mlir::Value isInside(ternary::ReferenceBuilder &r, mlir::Value id,
                     mlir::Value count);

} // namespace tercet::latent

#endif
