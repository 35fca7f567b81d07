//===- CodesTestUtils.h - the codes once more, by their definition --------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Slow decoders written from the pictures in docs/codes.md, sharing no line
// with the codes: searches and divisions instead of tables and multiplications.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_UNIT_CODES_CODESTESTUTILS_H
#define TERCET_TEST_UNIT_CODES_CODESTESTUTILS_H

#include "dialects/Ternary/Codes/Code.h"
#include <algorithm>
#include <array>
#include <vector>

namespace tercet::ternary::test {

using Group = std::array<int8_t, 4>;

/// All 81 groups, by ascending value sum (w + 1) * 3^j.
inline std::vector<Group> getAllGroups() {
  std::vector<Group> groups;
  for (int d = -1; d <= 1; ++d)
    for (int c = -1; c <= 1; ++c)
      for (int b = -1; b <= 1; ++b)
        for (int a = -1; a <= 1; ++a)
          groups.push_back({int8_t(a), int8_t(b), int8_t(c), int8_t(d)});
  return groups;
}

inline std::vector<Group> getStorableGroups(CodeKind kind) {
  std::vector<Group> groups = getAllGroups();
  groups.erase(std::remove_if(groups.begin(), groups.end(),
                              [&](const Group &g) {
                                auto zeros = std::count(g.begin(), g.end(), 0);
                                return (kind == CodeKind::B33 && zeros < 2) ||
                                       (kind == CodeKind::C5 && zeros != 1);
                              }),
               groups.end());
  return groups;
}

inline std::vector<int8_t> decodeByDefinition(CodeKind kind, uint32_t word) {
  std::vector<int8_t> trits;
  auto add = [&](const Group &g) {
    trits.insert(trits.end(), g.begin(), g.end());
  };
  switch (kind) {
  case CodeKind::I2:
    for (int k = 0; k < 16; ++k) {
      uint32_t byte = word >> 8 * (k % 4) & 255;
      trits.push_back(int8_t(byte /
                             (k < 4    ? 1
                              : k < 8  ? 4
                              : k < 12 ? 16
                                       : 64) %
                             4) -
                      1);
    }
    break;
  case CodeKind::T5:
    for (int k = 0; k < 20; ++k) {
      int byte = word >> 8 * (k % 4) & 255;
      constexpr int powers[] = {1, 3, 9, 27, 81};
      trits.push_back(int8_t(byte / powers[k / 4] % 3 - 1));
    }
    break;
  case CodeKind::B33: {
    // Labels: the 33 states in ascending order, 16 and 32 swapped.
    std::vector<Group> states = getStorableGroups(CodeKind::B33);
    std::swap(states[16], states[32]);
    for (int half = 0; half < 2; ++half) {
      // The stored value is the number times 65536 / 35937, rounded up.
      uint64_t stored = half ? word >> 16 : word & 0xffff;
      uint64_t number = stored * 35937 / 65536;
      add(states[number / 1089]);
      add(states[number / 33 % 33]);
      add(states[number % 33]);
    }
    break;
  }
  case CodeKind::C5:
    for (int g = 0; g < 6; ++g) {
      unsigned bits = word / (1u << 5 * g) % 32;
      Group group{};
      unsigned sign = 4;
      for (unsigned j = 0; j < 4; ++j)
        if (j != bits % 4) {
          group[j] = bits & sign ? 1 : -1;
          sign *= 2;
        }
      add(group);
    }
    break;
  }
  return trits;
}

} // namespace tercet::ternary::test

#endif
