//===- CodeTest.h - a fixture for single instructions -----------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_UNIT_EMULATORS_AMDGPU_CODETEST_H
#define TERCET_TEST_UNIT_EMULATORS_AMDGPU_CODETEST_H

#include "Harness.h"

/// A test on one chip whose code takes v64, v65, ... and leaves v128, v129.
class CodeTest : public testing::TestWithParam<harness::Chip> {
protected:
  using Lanes = harness::Lanes;
  using Registers = harness::Registers;
  using Options = harness::Options;
  using Chip = harness::Chip;
  /// One lane's inputs in v64, v65, ...; the result in v128.
  uint32_t one(const std::string &code, std::vector<uint32_t> inputs,
               const Options &o = {}) {
    Registers r;
    for (uint32_t x : inputs)
      r.push_back(Lanes(1, x));
    return harness::evaluate1(GetParam(), code, r, o)[0];
  }
  /// A result of two registers.
  uint64_t two(const std::string &code, std::vector<uint32_t> inputs,
               const Options &o = {}) {
    Registers r;
    for (uint32_t x : inputs)
      r.push_back(Lanes(1, x));
    Registers out = harness::evaluate(GetParam(), code, r, 2, o);
    return out[0][0] | uint64_t(out[1][0]) << 32;
  }
  float real(const std::string &code, std::vector<float> inputs,
             const Options &o = {}) {
    std::vector<uint32_t> bits;
    for (float x : inputs)
      bits.push_back(harness::f(x));
    uint32_t r = one(code, bits, o);
    float x;
    memcpy(&x, &r, 4);
    return x;
  }
  bool gfx9() { return GetParam() == Chip::Gfx942; }
};

#endif
