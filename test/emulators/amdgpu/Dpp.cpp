//===- Dpp.cpp - permutations of lanes as modifiers -----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Decoder.h"
#include <cstdlib>

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

/// Numbers of "[0,1,2,3]".
static std::vector<int> parseList(const std::string &text) {
  std::vector<int> r;
  for (size_t at = 1; at < text.size(); at = text.find(',', at) + 1) {
    r.push_back(atoi(text.c_str() + at));
    if (text.find(',', at) == std::string::npos)
      break;
  }
  return r;
}

const Dpp *amdgpu::bindDpp(Decoder &d) {
  Dpp p;
  p.kind = Dpp::Permute;
  std::string value;
  auto each = [&](auto from) {
    for (unsigned l = 0; l < kMaxLanes; ++l)
      p.from[l] = static_cast<int8_t>(from(static_cast<int>(l)));
  };
  int n = 0;
  auto is = [&](const char *name) {
    if (!d.modifier(name, &value))
      return false;
    n = atoi(value.c_str());
    return true;
  };
  bool eight = false;
  if (is("quad_perm")) {
    std::vector<int> quad = parseList(value);
    quad.resize(4);
    each([&](int l) { return (l & ~3) + quad[l & 3]; });
  } else if (is("dpp8")) {
    std::vector<int> lanes = parseList(value);
    lanes.resize(8);
    each([&](int l) { return (l & ~7) + lanes[l & 7]; });
    eight = true;
  } else if (is("row_shl")) {
    each([&](int l) { return (l & 15) + n < 16 ? l + n : -1; });
  } else if (is("row_shr")) {
    each([&](int l) { return (l & 15) >= n ? l - n : -1; });
  } else if (is("row_ror")) {
    each([&](int l) { return (l & ~15) + ((l - n) & 15); });
  } else if (is("row_mirror")) {
    each([](int l) { return l ^ 15; });
  } else if (is("row_half_mirror")) {
    each([](int l) { return l ^ 7; });
  } else if (is("row_newbcast") || is("row_share")) {
    each([&](int l) { return (l & ~15) + n; });
  } else if (is("row_xmask")) {
    each([&](int l) { return l ^ n; });
  } else if (is("row_bcast")) {
    if (n == 15)
      each([](int l) { return (l & ~15) - 1; });
    else
      each([](int l) { return l < 32 ? -1 : 31; });
  } else {
    d.unknown("the emulator does not know this permutation of lanes");
  }
  if (d.modifier("row_mask", &value))
    p.rowMask = static_cast<uint8_t>(strtol(value.c_str(), nullptr, 0));
  if (d.modifier("bank_mask", &value))
    p.bankMask = static_cast<uint8_t>(strtol(value.c_str(), nullptr, 0));
  p.zero = d.modifier("bound_ctrl") || eight;
  p.fetch = d.number("fi") == 1;
  d.permutations.push_back(p);
  return &d.permutations.back();
}
