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
  explicit SyntheticWeights(std::optional<uint64_t> seed) : seed(seed) {}
  void fill(llvm::StringRef key, mlir::RankedTensorType type,
            ternary::SparsityAttr sparsity, std::vector<uint8_t> &bytes) const;

private:
  std::optional<uint64_t> seed;
};

} // namespace tercet::compiler

#endif
