//===- Oracle.h - ternary layers as plain loops -----------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Written from the ops' descriptions alone, without MLIR and without the code
// of the compiler: what every compiled path is compared with, to the bit.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_UNIT_GRID_ORACLE_H
#define TERCET_TEST_UNIT_GRID_ORACLE_H

#include <cstdint>
#include <vector>

namespace tercet::test {

/// result[m][n] = sum over k of x[m][k] * w[n][k].
std::vector<int32_t> matmul(const std::vector<int8_t> &x,
                            const std::vector<int8_t> &w, int64_t m, int64_t n,
                            int64_t k);

struct Layer {
  std::vector<int8_t> weights; // [n, k]
  float scale;
  std::vector<float> gain; // [k], or empty: no norm
  std::vector<float> bias; // [n], or empty
  float eps = 1e-5f;
};

/// ternary.linear with absmax quantisation.
std::vector<float> linear(const std::vector<float> &x, const Layer &layer,
                          int64_t m, int64_t n, int64_t k);

} // namespace tercet::test

#endif
