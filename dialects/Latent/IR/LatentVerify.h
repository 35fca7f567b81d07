//===- LatentVerify.h - what the verifiers share ----------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Questions about shapes and weights, for the .cpp files of this folder.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_LATENT_IR_LATENTVERIFY_H
#define TERCET_DIALECTS_LATENT_IR_LATENTVERIFY_H

#include "dialects/Latent/IR/Latent.h"

namespace tercet::latent::detail {
using namespace mlir;

inline RankedTensorType ranked(Value v) {
  return cast<RankedTensorType>(v.getType());
}

/// Sizes agree, or one of them is not known.
inline bool compatible(int64_t a, int64_t b) {
  return ShapedType::isDynamic(a) || ShapedType::isDynamic(b) || a == b;
}

inline bool hasShape(Value v, ArrayRef<int64_t> shape) {
  RankedTensorType type = ranked(v);
  return type.getRank() == static_cast<int64_t>(shape.size()) &&
         llvm::all_of_zip(type.getShape(), shape, compatible);
}

inline bool hasRank(Value v, int64_t rank) {
  return ranked(v).getRank() == rank;
}

inline int64_t dim(Value v, int64_t axis) { return ranked(v).getDimSize(axis); }

/// Whether the element type of a weight is one that products know, its sums fit
/// in i32, and a scale is beside it exactly where it needs one: one per expert
/// [E], or for a matrix a scalar or one per output [N].
LogicalResult verifyWeight(Operation *op, StringRef rule, StringRef name,
                           Value weight, Value scale);

/// `eps` of a norm; NaN is refused too.
LogicalResult verifyEps(Operation *op, StringRef rule, const APFloat &eps);

} // namespace tercet::latent::detail

#endif
