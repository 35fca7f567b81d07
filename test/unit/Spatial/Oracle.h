//===- Oracle.h - subsets of tokens by their definitions --------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The ops on subsets of tokens in plain integers and double precision, searched
// and summed in the most direct way. Shares no code with the compiler.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_UNIT_SPATIAL_ORACLE_H
#define TERCET_TEST_UNIT_SPATIAL_ORACLE_H

#include <array>
#include <cstdint>
#include <vector>

namespace tercet::test {

struct Grid {
  int64_t t, h, w;
  int64_t size() const { return t * h * w; }
};

using Set = std::vector<int32_t>;
using Field = std::vector<double>;

std::array<uint32_t, 4> randomWords(uint32_t c0, uint32_t c1, uint64_t seed,
                                    uint32_t c2 = 0);
/// `stride` 0: every second row and column, and the border.
Set findAnchors(Grid grid, int64_t stride, uint64_t seed, int64_t count);
Set findNearest(Grid grid, const Set &index);
Field lift(Grid grid, const Field &rows, const Set &index, int64_t d);
Field measureImportance(Grid grid, const Field &v, int64_t d);
/// The set with `more` tokens added.
Set densify(const Set &index, const std::vector<float> &scores, int64_t more);
/// In f32, as the description says.
float drawNormal(uint32_t number, uint64_t seed);

} // namespace tercet::test

#endif
