//===- Ternarize.cpp - float weights to trits ------------------------------- ===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The data form of `ternary.ternarize`, to the bit: the order of operations is
// the op's. The mean is summed in double and rounded once, so it does not depend
// on the order of summation.
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Codes/Code.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include <cmath>

using namespace tercet::ternary;

float tercet::ternary::ternarize(llvm::ArrayRef<float> weights, int64_t n,
                                 int64_t k, SparsityAttr sparsity,
                                 llvm::MutableArrayRef<int8_t> trits) {
  double sum = 0;
  for (float w : weights)
    sum += std::fabs(static_cast<double>(w));
  float beta = static_cast<float>(sum / static_cast<double>(n * k));
  beta = std::max(beta, 1e-5f);
  float s = 1.0f / beta;
  bool exact = sparsity && sparsity.getExact();
  for (int64_t i = 0; i < n * k; ++i) {
    float w = weights[i];
    if (exact)
      trits[i] = std::signbit(w) && w != 0 ? -1 : 1;
    else
      trits[i] = static_cast<int8_t>(
          std::min(1.0f, std::max(-1.0f, std::nearbyintf(w * s))));
  }
  if (!sparsity)
    return beta;
  int64_t m = sparsity.getM();
  llvm::SmallVector<int64_t> order(m);
  for (int64_t group = 0; group < n * k; group += m) {
    for (int64_t j = 0; j < m; ++j)
      order[j] = j;
    // Largest first; of equal ones the lower index stays in front.
    llvm::stable_sort(order, [&](int64_t a, int64_t b) {
      return std::fabs(weights[group + a]) > std::fabs(weights[group + b]);
    });
    for (int64_t j : llvm::ArrayRef(order).drop_front(sparsity.getN()))
      trits[group + j] = 0;
  }
  return beta;
}
