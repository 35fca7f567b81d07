//===- Oracle.cpp - ternary layers as plain loops -------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Oracle.h"
#include <algorithm>
#include <cmath>

using namespace tercet::test;

std::vector<int32_t> tercet::test::matmul(const std::vector<int8_t> &x,
                                          const std::vector<int8_t> &w,
                                          int64_t m, int64_t n, int64_t k) {
  std::vector<int32_t> result(m * n);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      int32_t sum = 0;
      for (int64_t c = 0; c < k; ++c)
        sum += int32_t(x[i * k + c]) * w[j * k + c];
      result[i * n + j] = sum;
    }
  return result;
}

/// RMSNorm: 16 strided partial sums, each in order, combined 8, 4, 2, 1.
static void normalize(std::vector<float> &row, const Layer &layer) {
  float partial[16] = {};
  for (size_t c = 0; c < row.size(); ++c) {
    float square = row[c] * row[c];
    partial[c % 16] = partial[c % 16] + square;
  }
  for (int half = 8; half >= 1; half /= 2)
    for (int j = 0; j < half; ++j)
      partial[j] = partial[j] + partial[j + half];
  float mean = partial[0] / float(row.size());
  float inverse = 1.0f / std::sqrt(mean + layer.eps);
  for (size_t c = 0; c < row.size(); ++c) {
    float scaled = row[c] * inverse;
    row[c] = scaled * layer.gain[c];
  }
}

std::vector<float> tercet::test::linear(const std::vector<float> &x,
                                        const Layer &layer, int64_t m,
                                        int64_t n, int64_t k) {
  std::vector<int8_t> q(m * k);
  std::vector<float> scales(m);
  for (int64_t i = 0; i < m; ++i) {
    std::vector<float> row(x.begin() + i * k, x.begin() + (i + 1) * k);
    if (!layer.gain.empty())
      normalize(row, layer);
    float g = 0;
    for (float v : row)
      g = std::max(g, std::fabs(v));
    g = std::max(g, 1e-5f);
    float s = 127.0f / g;
    scales[i] = g / 127.0f;
    for (int64_t c = 0; c < k; ++c) {
      float rounded = std::nearbyint(row[c] * s);
      q[i * k + c] = int8_t(std::min(127.0f, std::max(-128.0f, rounded)));
    }
  }
  std::vector<int32_t> sums = matmul(q, layer.weights, m, n, k);
  std::vector<float> y(m * n);
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) {
      float scale = scales[i] * layer.scale;
      float value = float(sums[i * n + j]) * scale;
      if (!layer.bias.empty())
        value = value + layer.bias[j];
      y[i * n + j] = value;
    }
  return y;
}
