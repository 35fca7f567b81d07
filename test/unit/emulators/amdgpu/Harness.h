//===- Harness.h - runs pieces of assembly in the emulator ------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_UNIT_EMULATORS_AMDGPU_HARNESS_H
#define TERCET_TEST_UNIT_EMULATORS_AMDGPU_HARNESS_H

#include "amdgpu/Executor.h"
#include "gtest/gtest.h"
#include <cstring>

namespace harness {

using tercet::emu::amdgpu::Chip;
using Lanes = std::vector<uint32_t>;  ///< one value a lane
using Registers = std::vector<Lanes>; ///< [register][lane]

struct Options {
  unsigned shared = 0, scratch = 0;
  unsigned workgroup = 0; ///< lanes; 0: one wave
  uint64_t workgroups = 1, maxSteps = 0;
  unsigned denorm32 = 3, denorm16 = 3, round32 = 0, round16 = 0;
  bool ieee = true, dx10 = true;
  unsigned vectors = 256; ///< registers; of gfx942, and as many for sums
};

inline unsigned lanesOf(Chip chip) { return chip == Chip::Gfx942 ? 64 : 32; }
inline const char *nameOf(Chip chip) {
  return chip == Chip::Gfx942 ? "gfx942" : "gfx1100";
}
/// Text with {a|b}: a for gfx942, b for gfx1100.
std::string choose(Chip chip, const std::string &text);

/// A program of one kernel "k". Kernels get s[0:1] = arguments, s2 = workgroup,
/// v0 = lane of the workgroup.
std::string program(Chip chip, const std::string &body, const Options &o = {});

/// Runs "k" with buffers; returns the fault, or "".
std::string runKernel(Chip chip, const std::string &body,
                      std::vector<std::vector<uint32_t>> &buffers,
                      const Options &o = {});

/// Runs code of one wave on inputs in v64, v65, ...; returns v128 and up. Codes
/// leave s[4:7], v1 and EXEC as they are, or restore them.
Registers evaluate(Chip chip, const std::string &code, const Registers &inputs,
                   unsigned outputs, const Options &o = {});

/// The first output of code for one value in each lane.
Lanes evaluate1(Chip chip, const std::string &code, const Registers &inputs,
                const Options &o = {});

inline uint32_t f(float x) {
  uint32_t r;
  memcpy(&r, &x, 4);
  return r;
}

constexpr Chip kChips[] = {Chip::Gfx942, Chip::Gfx1100};

} // namespace harness

#endif
