//===- ChipLimitsTest.cpp - occupancy, worked out by hand -----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/inspect/ChipLimits.h"
#include <gtest/gtest.h>

using namespace tercet::tools;

static void expect(const char *chip, uint32_t threads, uint32_t registers,
                   uint32_t scalars, uint32_t shared, uint32_t waves,
                   const char *limit) {
  const ChipLimits *limits = findChipLimits(chip);
  ASSERT_NE(limits, nullptr) << chip;
  auto o = occupancyOf(*limits, threads, registers, scalars, shared);
  ASSERT_TRUE(o.has_value());
  EXPECT_EQ(o->waves, waves) << chip << ", " << threads << " threads";
  EXPECT_STREQ(o->limit, limit) << chip << ", " << threads << " threads";
}

TEST(ChipLimits, NvidiaRegisters) {
  // 64 registers a thread are 2048 a warp: 8 warps in each of four parts of
  // 16384.
  expect("sm_90a", 256, 64, 0, 0, 32, "registers");
  // 65 are 72 after rounding, 2304 a warp: 7 warps a part, 28, three groups
  // of 8.
  expect("sm_90a", 256, 65, 0, 0, 24, "registers");
  expect("sm_75", 256, 64, 0, 0, 32, "waves");
  // 255 are 256: two warps a part, 8 of them; a workgroup of 16 warps does not
  // fit.
  expect("sm_80", 512, 255, 0, 0, 0, "nothing fits");
}

TEST(ChipLimits, NvidiaSharedMemory) {
  // 48 KiB and the system's own: 49 into 164, 100 and 228 KiB.
  expect("sm_80", 128, 32, 0, 48 << 10, 12, "shared memory");
  expect("sm_86", 128, 32, 0, 48 << 10, 8, "shared memory");
  expect("sm_100", 128, 32, 0, 48 << 10, 16, "shared memory");
  // Turing takes nothing for itself: 32 KiB twice into 64.
  expect("sm_75", 128, 32, 0, 32 << 10, 8, "shared memory");
}

TEST(ChipLimits, NvidiaWorkgroups) {
  expect("sm_75", 32, 32, 0, 0, 16, "workgroups");
  expect("sm_90", 32, 32, 0, 0, 32, "workgroups");
  expect("sm_89", 32, 32, 0, 0, 24, "workgroups");
}

TEST(ChipLimits, Amd) {
  // 512 registers a SIMD in groups of 8: 5 waves of 96, 4 SIMDs, groups of 4
  // waves.
  expect("gfx942", 256, 96, 20, 0, 20, "registers");
  expect("gfx942", 256, 64, 20, 0, 32, "waves");
  // 8 waves of 101 scalars would be more than 800.
  expect("gfx90a", 256, 64, 101, 0, 28, "registers");
  // 16 KiB of 64: four workgroups of two waves.
  expect("gfx90a", 128, 32, 20, 16 << 10, 8, "shared memory");
  expect("gfx950", 128, 32, 20, 16 << 10, 18,
         "shared memory"); // 16640 into 163840
  // 1536 in groups of 24: 97 are 120, 12 waves of a SIMD; 1024 in groups of
  // 16: 9.
  expect("gfx1100", 32, 97, 20, 0, 48, "registers");
  expect("gfx1102", 32, 97, 20, 0, 36, "registers");
  expect("gfx1201", 256, 96, 20, 0, 64, "waves");
  // Two waves take a slot for their barrier: 32 of a WGP.
  expect("gfx1030", 64, 64, 20, 0, 64, "waves");
}

TEST(ChipLimits, Chips) {
  EXPECT_EQ(findChipLimits("sm_90"), findChipLimits("sm_90a"));
  EXPECT_EQ(findChipLimits("sm_120f"), findChipLimits("sm_120"));
  EXPECT_EQ(findChipLimits("gfx9"), nullptr);
  EXPECT_EQ(findChipLimits("sm_107"), nullptr);
  EXPECT_EQ(findChipLimits(""), nullptr);
  EXPECT_FALSE(occupancyOf(*findChipLimits("sm_90"), 0, 32, 0, 0).has_value());
}
