//===- FaultTest.cpp - wrong kernels are found ----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"

using namespace harness;

#define EXPECT_HAS(FAULT, PART)                                                \
  EXPECT_PRED_FORMAT2(testing::IsSubstring, std::string(PART), FAULT)

namespace {
class Faults : public testing::TestWithParam<Chip> {
protected:
  std::string run(const std::string &body, const Options &o = {},
                  std::vector<size_t> words = {64}) {
    std::vector<std::vector<uint32_t>> buffers;
    for (size_t n : words)
      buffers.push_back(std::vector<uint32_t>(n));
    return runKernel(GetParam(), body, buffers, o);
  }
  unsigned lanes() { return lanesOf(GetParam()); }
};
} // namespace

static const char *const kPrologue =
    "{s_load_dwordx2|s_load_b64} s[4:5], s[0:1], 0x0\n"
    "v_lshlrev_b32 v1, 2, v0\n"
    "s_waitcnt lgkmcnt(0)\n";

TEST_P(Faults, RightKernelsHaveNone) {
  EXPECT_EQ(run(std::string(kPrologue) +
                "{global_store_dword|global_store_b32} v1, v0, s[4:5]\n"
                "s_endpgm"),
            "");
}

TEST_P(Faults, UnknownInstruction) {
  // An instruction of graphics, which no compiler of kernels emits.
  std::string fault = run("s_nop 0\n"
                          "v_cubeid_f32 v1, v2, v3, v4\n"
                          "s_endpgm");
  EXPECT_HAS(fault, "kernel 'k', workgroup 0, wave 0, at 0x4 "
                    "'v_cubeid_f32 v1, v2, v3, v4'");
  EXPECT_HAS(fault, "does not know this instruction");
}

TEST_P(Faults, UnknownModifier) {
  EXPECT_HAS(run("v_mul_hi_u32 v1, v2, v3\n"
                 "v_bfe_u32 v1, v2, v3, v4\n"
                 "{v_add_co_u32 v1, vcc, v2, v3 clamp|"
                 "v_add_co_u32 v1, vcc_lo, v2, v3 clamp}\n"
                 "s_endpgm"),
             "does not know 'clamp'");
}

TEST_P(Faults, UnknownInstructionThatIsNotReached) {
  EXPECT_EQ(run("s_branch .L\n"
                "v_cubeid_f32 v1, v2, v3, v4\n"
                ".long 0xbf8fffff\n"
                ".L:\ns_endpgm"),
            "");
}

TEST_P(Faults, NoInstruction) {
  EXPECT_HAS(run(".long 0xffffffff\ns_endpgm"), "'(no instruction)'");
}

TEST_P(Faults, RunsOverTheEnd) {
  EXPECT_HAS(run("s_nop 0"), "runs on after the end");
}

TEST_P(Faults, Trap) { EXPECT_HAS(run("s_trap 2\ns_endpgm"), "traps"); }

TEST_P(Faults, GlobalReadAfterTheEnd) {
  std::string fault =
      run(std::string(kPrologue) +
              "{global_load_dword|global_load_b32} v2, v1, s[4:5] offset:4\n"
              "s_endpgm",
          {}, {lanes()});
  EXPECT_HAS(fault, "buffer 0");
  EXPECT_HAS(fault, "lane " + std::to_string(lanes() - 1));
  EXPECT_HAS(fault, "reads 4 bytes");
}

TEST_P(Faults, GlobalReadBeforeTheBeginning) {
  EXPECT_HAS(run(std::string(kPrologue) +
                 "{global_load_dword|global_load_b32} v2, v1, s[4:5] "
                 "offset:-4\ns_endpgm"),
             "lane 0");
}

TEST_P(Faults, GlobalWriteAfterTheEnd) {
  std::string fault =
      run(std::string(kPrologue) + "{global_store_dwordx4|global_store_b128} "
                                   "v1, v[4:7], s[4:5]\ns_endpgm",
          {}, {lanes() + 2});
  EXPECT_HAS(fault, "writes 16 bytes");
  EXPECT_HAS(fault, "lane " + std::to_string(lanes() - 1));
}

TEST_P(Faults, GlobalMisaligned) {
  // The ABI has unaligned access mode on; atomics need their alignment all the
  // same.
  EXPECT_EQ(run(std::string(kPrologue) +
                    "{global_load_dword|global_load_b32} v2, v1, s[4:5] "
                    "offset:2\ns_endpgm",
                {}, {lanes() + 1}),
            "");
  EXPECT_HAS(run(std::string(kPrologue) +
                 "{global_atomic_add|global_atomic_add_u32} v1, v0, s[4:5] "
                 "offset:2\ns_endpgm"),
             "align");
}

TEST_P(Faults, LanesThatAreOffAccessNothing) {
  EXPECT_EQ(run(std::string(kPrologue) +
                    "{s_mov_b64 exec|s_mov_b32 exec_lo}, 1\n"
                    "{global_load_dword|global_load_b32} v2, v1, s[4:5]\n"
                    "s_endpgm",
                {}, {1}),
            "");
}

TEST_P(Faults, ArgumentsAreNotWritten) {
  EXPECT_HAS(run("v_mov_b32 v1, 0\n"
                 "{global_store_dword|global_store_b32} v1, v0, s[0:1]\n"
                 "s_endpgm"),
             "the arguments");
}

TEST_P(Faults, ScalarReadAfterTheEnd) {
  EXPECT_HAS(run("{s_load_dwordx2|s_load_b64} s[4:5], s[0:1], 0x3c\ns_endpgm"),
             "the arguments");
}

TEST_P(Faults, SharedOutOfBounds) {
  Options o;
  o.shared = 4 * lanes() - 4;
  EXPECT_HAS(run("v_lshlrev_b32 v1, 2, v0\n"
                 "{ds_write_b32|ds_store_b32} v1, v0\n"
                 "s_endpgm",
                 o),
             "lane " + std::to_string(lanes() - 1));
}

TEST_P(Faults, SharedMisaligned) {
  Options o;
  o.shared = 1024;
  EXPECT_HAS(run("v_lshlrev_b32 v1, 2, v0\n"
                 "{ds_write_b64|ds_store_b64} v1, v[2:3]\n"
                 "s_endpgm",
                 o),
             "not aligned to 8");
}

TEST_P(Faults, SharedUninitialised) {
  Options o;
  o.shared = 1024;
  EXPECT_HAS(run("v_lshlrev_b32 v1, 2, v0\n"
                 "{ds_write_b32|ds_store_b32} v1, v0\n"
                 "{ds_read_b32|ds_load_b32} v2, v1 offset:4\n"
                 "s_endpgm",
                 o),
             "which nobody wrote");
}

static const char *const kNeighbour =
    "v_lshlrev_b32 v1, 2, v0\n"
    "v_xor_b32 v2, 0x80, v1\n" // 32 lanes further
    "{v_xor_b32 v2, 0x180, v2|s_nop 0}\n";

TEST_P(Faults, SharedRaceOfWaves) {
  Options o;
  o.shared = 1024;
  o.workgroup = 2 * lanes();
  std::string write = "{ds_write_b32|ds_store_b32} v1, v0\n",
              read = "{ds_read_b32|ds_load_b32} v3, v2\n",
              barrier = "s_waitcnt lgkmcnt(0)\ns_barrier\n";
  EXPECT_EQ(run(kNeighbour + write + barrier + read + "s_endpgm", o), "");
  EXPECT_HAS(run(kNeighbour + write + barrier + read + write + "s_endpgm", o),
             "race");
  EXPECT_HAS(run(kNeighbour + write + read + "s_endpgm", o), "nobody wrote");
}

TEST_P(Faults, AtomicsRaceWithOthersReads) {
  Options o;
  o.shared = 1024;
  o.workgroup = 2 * lanes();
  std::string write = "v_lshlrev_b32 v1, 2, v0\nv_mov_b32 v3, 0\n"
                      "{ds_write_b32|ds_store_b32} v1, v0\n"
                      "s_waitcnt lgkmcnt(0)\ns_barrier\n",
              read = "{ds_read_b32|ds_load_b32} v2, v3\n";
  EXPECT_EQ(run(write + "ds_add_u32 v3, v0\ns_endpgm", o), "");
  EXPECT_EQ(run(write + "ds_add_u32 v1, v0\n"
                        "{ds_read_b32|ds_load_b32} v2, v1\ns_endpgm",
                o),
            "");
  EXPECT_HAS(run(write + "ds_add_u32 v3, v0\n" + read + "s_endpgm", o), "race");
  EXPECT_HAS(run(write + read + "ds_add_u32 v3, v0\ns_endpgm", o), "race");
  // A plain write does not become an atomic by one that follows.
  EXPECT_HAS(run(write + "{ds_write_b32|ds_store_b32} v3, v0\n"
                         "ds_add_u32 v3, v0\ns_endpgm",
                 o),
             "race");
}

TEST_P(Faults, DivergentBarrier) {
  Options o;
  o.workgroup = 2 * lanes();
  // The wave whose first lane is 0 ends before the barrier.
  std::string fault = run("v_readfirstlane_b32 s4, v0\n"
                          "s_cmp_eq_u32 s4, 0\n"
                          "s_cbranch_scc1 .L\n"
                          "s_barrier\n"
                          ".L:\ns_endpgm",
                          o);
  EXPECT_HAS(fault, "wave 1");
  EXPECT_HAS(fault, "'s_barrier'");
  EXPECT_HAS(fault, "for wave 0, which has ended");
}

TEST_P(Faults, ScratchOutOfBounds) {
  Options o;
  o.scratch = 16;
  EXPECT_EQ(run("{scratch_store_dword|scratch_store_b32} off, v0, off "
                "offset:12\ns_endpgm",
                o),
            "");
  EXPECT_HAS(run("{scratch_store_dword|scratch_store_b32} off, v0, off "
                 "offset:16\ns_endpgm",
                 o),
             "of scratch memory, of which a lane has 16");
  EXPECT_HAS(run("{scratch_store_dword|scratch_store_b32} off, v0, off "
                 "offset:2\ns_endpgm",
                 o),
             "not aligned to 4");
}

TEST_P(Faults, Steps) {
  Options o;
  o.maxSteps = 1000;
  EXPECT_HAS(run(".L:\ns_branch .L", o),
             "runs for more than 1000 instructions");
}

TEST_P(Faults, HardwareRegister) {
  EXPECT_HAS(run("s_getreg_b32 s4, hwreg({HW_REG_HW_ID|HW_REG_HW_ID1})\n"
                 "s_endpgm"),
             "hardware register");
}

TEST_P(Faults, WorkgroupsRace) {
  Options o;
  o.workgroups = 2;
  std::string store = "{global_store_dword|global_store_b32} v1, v0, s[4:5]\n";
  std::string fault = run(kPrologue + store + "s_endpgm", o);
  EXPECT_HAS(fault, "workgroup 1");
  EXPECT_HAS(fault, "buffer 0");
  EXPECT_EQ(run(std::string(kPrologue) +
                    "{global_atomic_add|global_atomic_add_u32} v1, v0, "
                    "s[4:5]\ns_endpgm",
                o),
            "");
}

INSTANTIATE_TEST_SUITE_P(Chips, Faults, testing::ValuesIn(kChips),
                         [](const auto &i) { return nameOf(i.param); });

TEST(WmmaFaults, OperandsMustRepeat) {
  Registers inputs(20, Lanes(32, 1));
  std::vector<std::vector<uint32_t>> buffers;
  std::string fault =
      runKernel(Chip::Gfx1100,
                "v_wmma_i32_16x16x16_iu8 v[8:15], v[0:3], v[4:7], v[8:15]\n"
                "s_endpgm",
                buffers);
  EXPECT_HAS(fault, "does not repeat lane 0");
}

TEST(WmmaFaults, AllLanesMustBeOn) {
  std::vector<std::vector<uint32_t>> buffers;
  std::string fault =
      runKernel(Chip::Gfx1100,
                "s_mov_b32 exec_lo, 1\n"
                "v_wmma_i32_16x16x16_iu8 v[8:15], v[0:3], v[4:7], v[8:15]\n"
                "s_endpgm",
                buffers);
  EXPECT_HAS(fault, "lanes off");
}

TEST(SparseFaults, IndexMustAscend) {
  std::vector<std::vector<uint32_t>> buffers;
  std::string fault = runKernel(
      Chip::Gfx942,
      "v_mov_b32 v20, 0\n"
      "v_smfmac_i32_16x16x64_i8 v[0:3], v[4:5], v[8:11], v20\ns_endpgm",
      buffers);
  EXPECT_HAS(fault, "does not ascend");
}

TEST(LoadFaults, TooFewRegisters) {
  Options o;
  o.vectors = 16;
  for (Chip chip : kChips) {
    std::vector<std::vector<uint32_t>> buffers;
    EXPECT_EQ(runKernel(chip, "v_mov_b32 v15, 0\ns_endpgm", buffers, o), "");
    EXPECT_HAS(runKernel(chip, "v_mov_b32 v16, 0\ns_endpgm", buffers, o),
               "more vector registers than it allocates: 'v_mov_b32");
  }
}

TEST(LoadFaults, OtherChip) {
  std::vector<char> nothing(64, 0);
  EXPECT_THROW(tercet::emu::amdgpu::loadCode(Chip::Gfx942, nothing.data(),
                                             nothing.size()),
               tercet::emu::Fault);
}
