//===- Ternarize.cpp - float weights to trits -----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The data form of `ternary.ternarize`, to the bit: the order of operations is
// the op's. The mean is summed in double, row by row, and rounded to float
// once. Weights that are not numbers become 0, as on the reference path.
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Codes/Code.h"
#include <cmath>

using namespace tercet::ternary;

float tercet::ternary::ternarize(llvm::ArrayRef<float> weights, int64_t n,
                                 int64_t k, SparsityAttr sparsity,
                                 llvm::MutableArrayRef<int8_t> trits) {
  double sum = 0;
  for (float w : weights)
    sum += std::fabs(static_cast<double>(w));
  // fmax: a mean that is not a number gives the floor.
  float beta =
      std::fmax(static_cast<float>(sum / static_cast<double>(n * k)), 1e-5f);
  float s = 1.0f / beta;
  bool exact = sparsity && sparsity.getExact();
  // w * s rounds to 1 or more where it is above 1/2, which itself goes to 0.
  if (exact)
    for (int64_t i = 0; i < n * k; ++i)
      trits[i] = weights[i] < 0 ? -1 : 1;
  else
    for (int64_t i = 0; i < n * k; ++i) {
      float t = weights[i] * s;
      trits[i] = static_cast<int8_t>((t > 0.5f) - (t < -0.5f));
    }
  if (!sparsity)
    return beta;
  // A weight stays if fewer than n of its group come before it in size; of
  // equal ones the lower index does.
  int64_t m = sparsity.getM();
  for (int64_t group = 0; group < n * k; group += m)
    for (int64_t i = 0; i < m; ++i) {
      float mine = std::fabs(weights[group + i]);
      int64_t before = 0;
      for (int64_t j = 0; j < m; ++j) {
        float other = std::fabs(weights[group + j]);
        before += other > mine || (other == mine && j < i);
      }
      if (before >= sparsity.getN())
        trits[group + i] = 0;
    }
  return beta;
}
