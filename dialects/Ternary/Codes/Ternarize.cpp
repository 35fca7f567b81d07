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

double tercet::ternary::sumSizes(llvm::ArrayRef<float> weights, double sum) {
  for (float w : weights)
    sum += std::fabs(static_cast<double>(w));
  return sum;
}

float tercet::ternary::getTernarizeScale(double sum, int64_t count) {
  // fmax: a mean that is not a number gives the floor.
  return std::fmax(static_cast<float>(sum / static_cast<double>(count)), 1e-5f);
}

void tercet::ternary::roundToTrits(llvm::ArrayRef<float> weights, float scale,
                                   SparsityAttr sparsity,
                                   llvm::MutableArrayRef<int8_t> trits) {
  float s = 1.0f / scale;
  int64_t count = static_cast<int64_t>(weights.size());
  // w * s rounds to 1 or more where it is above 1/2, which itself goes to 0.
  if (sparsity && sparsity.getExact())
    for (int64_t i = 0; i < count; ++i)
      trits[i] = weights[i] < 0 ? -1 : 1;
  else
    for (int64_t i = 0; i < count; ++i) {
      float t = weights[i] * s;
      trits[i] = static_cast<int8_t>((t > 0.5f) - (t < -0.5f));
    }
  if (!sparsity)
    return;
  // A weight stays if fewer than n of its group come before it in size; of
  // equal ones the lower index does.
  int64_t m = sparsity.getM();
  for (int64_t group = 0; group < count; group += m)
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
}

float tercet::ternary::ternarize(llvm::ArrayRef<float> weights, int64_t n,
                                 int64_t k, SparsityAttr sparsity,
                                 llvm::MutableArrayRef<int8_t> trits) {
  float scale = getTernarizeScale(sumSizes(weights, 0), n * k);
  roundToTrits(weights, scale, sparsity, trits);
  return scale;
}
