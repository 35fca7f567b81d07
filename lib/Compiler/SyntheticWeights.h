//===- SyntheticWeights.h - made-up weights ---------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_COMPILER_SYNTHETICWEIGHTS_H
#define TERCET_LIB_COMPILER_SYNTHETICWEIGHTS_H

#include "dialects/Ternary/IR/Ternary.h"
#include "mlir/IR/BuiltinTypes.h"
#include <cstdint>
#include <optional>
#include <vector>

namespace tercet::compiler {

/// Values for tests and benchmarks. With a seed, they depend on the seed and the
/// weight's key alone, not on the order in which weights are asked for; without
/// one every value is 1. Trits obey the sparsity.
class SyntheticWeights {
public:
  SyntheticWeights(std::optional<uint64_t> seed, llvm::StringRef key,
                   mlir::RankedTensorType type, ternary::SparsityAttr sparsity);
  /// The next values of the tensor as bytes: whole rows of trits, whole elements
  /// of anything else.
  void next(llvm::MutableArrayRef<uint8_t> bytes);

private:
  bool random;
  uint64_t state;
  mlir::RankedTensorType type;
  ternary::SparsityAttr sparsity;
};

} // namespace tercet::compiler

#endif
