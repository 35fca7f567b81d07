//===- ChipLimits.h - how much of a chip a kernel can fill ------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TOOLS_INSPECT_CHIPLIMITS_H
#define TERCET_TOOLS_INSPECT_CHIPLIMITS_H

#include <cstdint>
#include <optional>
#include <string>

namespace tercet::tools {

/// What the waves of one unit share. The sources are at the table.
struct ChipLimits {
  const char *chip;
  const char *unit;       // "SM", "CU" or "WGP"
  uint32_t wave;          // threads of a wave (a warp)
  uint32_t simds;         // parts of a unit, each with registers of its own
  uint32_t waves;         // a SIMD, at most
  uint32_t workgroups;    // a unit, at most
  uint32_t registers;     // vector registers of a SIMD, for one lane of a wave
  uint32_t registerGroup; // they are given out in such groups
  uint32_t shared;        // bytes of a unit
  uint32_t sharedGroup;   // bytes: they are given out in such groups
  uint32_t sharedOwn;     // bytes that the system takes for each workgroup
};

/// Null where the chip is not in the table. "sm_90a" and "sm_90" are one chip
/// here.
const ChipLimits *findChipLimits(const std::string &chip);

struct Occupancy {
  uint32_t waves, most; // of a unit
  const char *unit;
  /// "waves" (the chip holds no more), "registers", "shared memory",
  /// "workgroups"; "nothing fits" where not even one workgroup does.
  const char *limit;
};

/// Resident waves when many workgroups wait; none where `threads` is 0.
std::optional<Occupancy> occupancyOf(const ChipLimits &chip, uint32_t threads,
                                     uint32_t registers, uint32_t scalars,
                                     uint32_t sharedBytes);

} // namespace tercet::tools

#endif
