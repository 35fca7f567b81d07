//===- ChipLimits.cpp - how much of a chip a kernel can fill --------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/inspect/ChipLimits.h"
#include <algorithm>

using namespace tercet::tools;

// Sources.
// NVIDIA: CUDA C++ Programming Guide, "Technical Specifications per Compute
// Capability" (resident blocks and warps, shared memory of an SM, 64 K
// registers of an SM in four parts); CUDA Occupancy Calculator (registers in
// groups of 256 for a warp, which is 8 a lane; shared memory in groups of 256
// and, from 8.0 on, 128 bytes, of which the system takes 1 KiB a block from 8.0
// on). AMD: the instruction set architectures "Vega 7nm", "CDNA", "CDNA2",
// "CDNA3", "CDNA4", "RDNA2", "RDNA3", "RDNA3.5", "RDNA4" (wave slots, LDS), and
// LLVM's AMDGPU back end (sizes and groups of the vector registers). A
// workgroup of gfx10 and later runs on a WGP, which is four SIMDs with 128 KiB
// of LDS.
static const ChipLimits kChips[] = {
    // chip, unit, wave, simds, waves, workgroups, registers, group, shared,
    // group, own
    {"sm_75", "SM", 32, 4, 8, 16, 512, 8, 64 << 10, 256, 0},
    {"sm_80", "SM", 32, 4, 16, 32, 512, 8, 164 << 10, 128, 1024},
    {"sm_86", "SM", 32, 4, 12, 16, 512, 8, 100 << 10, 128, 1024},
    {"sm_87", "SM", 32, 4, 12, 16, 512, 8, 164 << 10, 128, 1024},
    {"sm_89", "SM", 32, 4, 12, 24, 512, 8, 100 << 10, 128, 1024},
    {"sm_90", "SM", 32, 4, 16, 32, 512, 8, 228 << 10, 128, 1024},
    {"sm_100", "SM", 32, 4, 16, 32, 512, 8, 228 << 10, 128, 1024},
    {"sm_103", "SM", 32, 4, 16, 32, 512, 8, 228 << 10, 128, 1024},
    {"sm_110", "SM", 32, 4, 12, 24, 512, 8, 228 << 10, 128, 1024},
    {"sm_120", "SM", 32, 4, 12, 24, 512, 8, 100 << 10, 128, 1024},
    {"sm_121", "SM", 32, 4, 12, 24, 512, 8, 100 << 10, 128, 1024},
    {"gfx906", "CU", 64, 4, 10, 16, 256, 4, 64 << 10, 512, 0},
    {"gfx908", "CU", 64, 4, 10, 16, 256, 4, 64 << 10, 512, 0},
    {"gfx90a", "CU", 64, 4, 8, 16, 512, 8, 64 << 10, 512, 0},
    {"gfx942", "CU", 64, 4, 8, 16, 512, 8, 64 << 10, 512, 0},
    {"gfx950", "CU", 64, 4, 8, 16, 512, 8, 160 << 10, 1280, 0},
    {"gfx1030", "WGP", 32, 4, 16, 32, 1024, 16, 128 << 10, 512, 0},
    {"gfx1031", "WGP", 32, 4, 16, 32, 1024, 16, 128 << 10, 512, 0},
    {"gfx1032", "WGP", 32, 4, 16, 32, 1024, 16, 128 << 10, 512, 0},
    {"gfx1033", "WGP", 32, 4, 16, 32, 1024, 16, 128 << 10, 512, 0},
    {"gfx1034", "WGP", 32, 4, 16, 32, 1024, 16, 128 << 10, 512, 0},
    {"gfx1035", "WGP", 32, 4, 16, 32, 1024, 16, 128 << 10, 512, 0},
    {"gfx1036", "WGP", 32, 4, 16, 32, 1024, 16, 128 << 10, 512, 0},
    {"gfx1100", "WGP", 32, 4, 16, 32, 1536, 24, 128 << 10, 512, 0},
    {"gfx1101", "WGP", 32, 4, 16, 32, 1536, 24, 128 << 10, 512, 0},
    {"gfx1102", "WGP", 32, 4, 16, 32, 1024, 16, 128 << 10, 512, 0},
    {"gfx1103", "WGP", 32, 4, 16, 32, 1024, 16, 128 << 10, 512, 0},
    {"gfx1150", "WGP", 32, 4, 16, 32, 1024, 16, 128 << 10, 512, 0},
    {"gfx1151", "WGP", 32, 4, 16, 32, 1536, 24, 128 << 10, 512, 0},
    {"gfx1152", "WGP", 32, 4, 16, 32, 1024, 16, 128 << 10, 512, 0},
    {"gfx1153", "WGP", 32, 4, 16, 32, 1024, 16, 128 << 10, 512, 0},
    {"gfx1200", "WGP", 32, 4, 16, 32, 1536, 24, 128 << 10, 512, 0},
    {"gfx1201", "WGP", 32, 4, 16, 32, 1536, 24, 128 << 10, 512, 0},
};

static uint32_t roundUp(uint32_t value, uint32_t group) {
  return (value + group - 1) / group * group;
}

const ChipLimits *tercet::tools::findChipLimits(const std::string &chip) {
  std::string base = chip;
  // The forms "a" (exactly this chip) and "f" (its family) are of the same
  // chip.
  if (base.rfind("sm_", 0) == 0 && (base.back() == 'a' || base.back() == 'f'))
    base.pop_back();
  for (const ChipLimits &limits : kChips)
    if (base == limits.chip)
      return &limits;
  return nullptr;
}

/// Waves of a SIMD that the scalar registers allow: 800 a SIMD up to gfx9,
/// where later chips give every wave all it can name.
static uint32_t wavesByScalars(const ChipLimits &chip, uint32_t scalars) {
  if (chip.wave != 64 || scalars <= 80)
    return chip.waves;
  return scalars <= 88 ? 9 : scalars <= 100 ? 8 : 7;
}

std::optional<Occupancy> tercet::tools::occupancyOf(const ChipLimits &chip,
                                                    uint32_t threads,
                                                    uint32_t registers,
                                                    uint32_t scalars,
                                                    uint32_t sharedBytes) {
  if (!threads)
    return std::nullopt;
  uint32_t waves = (threads - 1) / chip.wave + 1,
           most = chip.waves * chip.simds;
  uint32_t each = roundUp(std::max(registers, 1u), chip.registerGroup);
  uint32_t perSimd = std::min(
      {chip.waves, chip.registers / each, wavesByScalars(chip, scalars)});
  uint32_t byRegisters = perSimd * chip.simds / waves;
  uint32_t bytes = roundUp(sharedBytes + chip.sharedOwn, chip.sharedGroup);
  uint32_t byShared = bytes ? chip.shared / bytes : most;
  // Only workgroups with barriers take a slot; those of one wave never do.
  uint32_t bySlots = chip.wave == 64 && waves == 1 ? most : chip.workgroups;
  if (chip.unit[0] == 'W' && waves == 1)
    bySlots = most;
  uint32_t groups = std::min({most / waves, byRegisters, byShared, bySlots});
  Occupancy result = {groups * waves, most, chip.unit, "waves"};
  if (!groups)
    result.limit = "nothing fits";
  else if (groups == most / waves)
    result.limit = "waves";
  else if (groups == byRegisters)
    result.limit = "registers";
  else if (groups == byShared)
    result.limit = "shared memory";
  else
    result.limit = "workgroups";
  return result;
}
