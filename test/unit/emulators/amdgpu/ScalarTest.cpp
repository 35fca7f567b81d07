//===- ScalarTest.cpp - scalar instructions and control -------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"

using namespace harness;

namespace {
class Scalar : public testing::TestWithParam<Chip> {
protected:
  /// Runs code on s[8:9] = a, s[10:11] = b and SCC; returns s[12:13] and SCC.
  struct Result {
    uint64_t value;
    unsigned scc;
    bool operator==(const Result &o) const {
      return value == o.value && scc == o.scc;
    }
    friend std::ostream &operator<<(std::ostream &os, const Result &r) {
      return os << std::hex << "{0x" << r.value << ", " << r.scc << "}";
    }
  };
  Result run(const std::string &code, uint64_t a, uint64_t b = 0,
             unsigned scc = 0) {
    auto lower = [](uint64_t x) { return std::to_string(uint32_t(x)); };
    std::string before = "s_mov_b32 s8, " + lower(a) + "\ns_mov_b32 s9, " +
                         lower(a >> 32) + "\ns_mov_b32 s10, " + lower(b) +
                         "\ns_mov_b32 s11, " + lower(b >> 32) +
                         "\ns_mov_b32 s12, 0\ns_mov_b32 s13, 0\n" +
                         "s_cmp_eq_u32 " + std::to_string(scc) + ", 1\n";
    Registers r = evaluate(GetParam(),
                           before + code +
                               "\nv_mov_b32 v128, s12\nv_mov_b32 v129, s13\n"
                               "s_cselect_b32 s14, 1, 0\nv_mov_b32 v130, s14",
                           {}, 3);
    return {r[0][0] | uint64_t(r[1][0]) << 32, r[2][0]};
  }
  bool gfx9() { return GetParam() == Chip::Gfx942; }
  std::string andNot() { return gfx9() ? "s_andn2" : "s_and_not1"; }
};
} // namespace

constexpr uint32_t kTop = 0x80000000, kOnes = 0xffffffff;
constexpr uint64_t kAll = ~uint64_t(0);

TEST_P(Scalar, Arithmetic) {
  EXPECT_EQ(run("s_add_u32 s12, s8, s10", kOnes, 2), (Result{1, 1}));
  EXPECT_EQ(run("s_addc_u32 s12, s8, s10", kOnes, 0, 1), (Result{0, 1}));
  EXPECT_EQ(run("s_addc_u32 s12, s8, s10", 4, 5, 0), (Result{9, 0}));
  EXPECT_EQ(run("s_sub_u32 s12, s8, s10", 1, 2), (Result{kOnes, 1}));
  EXPECT_EQ(run("s_subb_u32 s12, s8, s10", 5, kOnes, 1), (Result{5, 1}));
  EXPECT_EQ(run("s_subb_u32 s12, s8, s10", 5, 4, 1), (Result{0, 0}));
  // The signed ones set SCC where they overflow.
  EXPECT_EQ(run("s_add_i32 s12, s8, s10", 0x7fffffff, 1), (Result{kTop, 1}));
  EXPECT_EQ(run("s_add_i32 s12, s8, s10", kOnes, 1), (Result{0, 0}));
  EXPECT_EQ(run("s_sub_i32 s12, s8, s10", kTop, 1), (Result{0x7fffffff, 1}));
  EXPECT_EQ(run("s_mul_i32 s12, s8, s10", 0x10001, 0x10001, 1),
            (Result{0x20001, 1}));
  EXPECT_EQ(run("s_mul_hi_u32 s12, s8, s10", kOnes, kOnes),
            (Result{0xfffffffe, 0}));
  EXPECT_EQ(run("s_mul_hi_i32 s12, s8, s10", kOnes, kOnes), (Result{0, 0}));
  EXPECT_EQ(run("s_min_i32 s12, s8, s10", kOnes, 1), (Result{kOnes, 1}));
  EXPECT_EQ(run("s_min_u32 s12, s8, s10", kOnes, 1), (Result{1, 0}));
  EXPECT_EQ(run("s_max_i32 s12, s8, s10", kOnes, 1), (Result{1, 0}));
  EXPECT_EQ(run("s_max_u32 s12, s8, s10", kOnes, 1), (Result{kOnes, 1}));
  EXPECT_EQ(run("s_abs_i32 s12, s8", kOnes), (Result{1, 1}));
  EXPECT_EQ(run("s_absdiff_i32 s12, s8, s10", 3, 10), (Result{7, 1}));
  EXPECT_EQ(run("s_lshl2_add_u32 s12, s8, s10", 0x40000001, 5), (Result{9, 1}));
  EXPECT_EQ(run("s_addk_i32 s8, 0xfffe\ns_cselect_b32 s12, s8, s8", 1, 0, 0),
            (Result{kOnes, 0}));
  EXPECT_EQ(run("s_mulk_i32 s8, 0xfffe\ns_mov_b32 s12, s8", 3),
            (Result{uint32_t(-6), 0}));
  EXPECT_EQ(run("s_movk_i32 s12, 0x8000", 0), (Result{0xffff8000, 0}));
}

TEST_P(Scalar, Logic) {
  EXPECT_EQ(run("s_and_b32 s12, s8, s10", 6, 3), (Result{2, 1}));
  EXPECT_EQ(run("s_and_b64 s[12:13], s[8:9], s[10:11]", 1, 2, 1),
            (Result{0, 0}));
  EXPECT_EQ(run("s_xor_b64 s[12:13], s[8:9], s[10:11]", kAll, 1),
            (Result{kAll - 1, 1}));
  EXPECT_EQ(run(andNot() + "_b32 s12, s8, s10", 7, 2), (Result{5, 1}));
  EXPECT_EQ(run("s_nand_b32 s12, s8, s10", kOnes, kOnes), (Result{0, 0}));
  EXPECT_EQ(run("s_nor_b32 s12, s8, s10", 0, 1), (Result{0xfffffffe, 1}));
  EXPECT_EQ(run("s_xnor_b32 s12, s8, s10", 5, 5), (Result{kOnes, 1}));
  EXPECT_EQ(run("s_not_b64 s[12:13], s[8:9]", kAll), (Result{0, 0}));
  EXPECT_EQ(run("s_lshl_b64 s[12:13], s[8:9], s10", 3, 66), (Result{12, 1}));
  EXPECT_EQ(run("s_lshr_b32 s12, s8, s10", kTop, 63), (Result{1, 1}));
  EXPECT_EQ(run("s_ashr_i64 s[12:13], s[8:9], s10", uint64_t(kTop) << 32, 63),
            (Result{kAll, 1}));
  EXPECT_EQ(run("s_bfm_b32 s12, s8, s10", 4, 8), (Result{0xf00, 0}));
  EXPECT_EQ(run("s_bfm_b64 s[12:13], s8, s10", 4, 40),
            (Result{uint64_t(15) << 40, 0}));
  EXPECT_EQ(run("s_bfe_u32 s12, s8, s10", 0xabcd1234, 4 | 8 << 16),
            (Result{0x23, 1}));
  EXPECT_EQ(run("s_bfe_i32 s12, s8, s10", 0x880, 4 | 8 << 16),
            (Result{0xffffff88, 1}));
  EXPECT_EQ(run("s_bfe_u64 s[12:13], s[8:9], s10", uint64_t(0x123) << 36,
                36 | 8 << 16),
            (Result{0x23, 1}));
  EXPECT_EQ(run("s_bfe_i64 s[12:13], s[8:9], s10", uint64_t(0x80) << 36,
                36 | 8 << 16),
            (Result{uint64_t(-128), 1}));
  EXPECT_EQ(run("s_brev_b32 s12, s8", 0x13), (Result{0xc8000000, 0}));
  EXPECT_EQ(run("s_bcnt1_i32_b64 s12, s[8:9]", 0xf00000001), (Result{5, 1}));
  EXPECT_EQ(run("s_bcnt0_i32_b32 s12, s8", kOnes), (Result{0, 0}));
  EXPECT_EQ(run("{s_ff1_i32_b32|s_ctz_i32_b32} s12, s8", 0x100),
            (Result{8, 0}));
  EXPECT_EQ(run("{s_ff1_i32_b64|s_ctz_i32_b64} s12, s[8:9]", 0),
            (Result{kOnes, 0}));
  EXPECT_EQ(run("{s_flbit_i32_b32|s_clz_i32_u32} s12, s8", 0x100),
            (Result{23, 0}));
  EXPECT_EQ(run("{s_flbit_i32|s_cls_i32} s12, s8", 0xffff7fff),
            (Result{16, 0}));
  EXPECT_EQ(run("s_bitset1_b32 s12, s8", 5), (Result{32, 0}));
  EXPECT_EQ(run("s_mov_b32 s12, -1\ns_bitset0_b32 s12, s8", 31),
            (Result{0x7fffffff, 0}));
  EXPECT_EQ(run("s_pack_ll_b32_b16 s12, s8, s10", 0x12345678, 0x9abcdef0),
            (Result{0xdef05678, 0}));
  EXPECT_EQ(run("s_pack_lh_b32_b16 s12, s8, s10", 0x12345678, 0x9abcdef0),
            (Result{0x9abc5678, 0}));
  EXPECT_EQ(run("s_pack_hh_b32_b16 s12, s8, s10", 0x12345678, 0x9abcdef0),
            (Result{0x9abc1234, 0}));
  EXPECT_EQ(run("s_sext_i32_i8 s12, s8", 0x80), (Result{0xffffff80, 0}));
}

TEST_P(Scalar, SelectsAndCompares) {
  EXPECT_EQ(run("s_cselect_b32 s12, s8, s10", 3, 4, 1), (Result{3, 1}));
  EXPECT_EQ(run("s_cselect_b64 s[12:13], s[8:9], s[10:11]", 3, kAll, 0),
            (Result{kAll, 0}));
  EXPECT_EQ(run("s_cmov_b32 s12, s8", 3, 0, 0), (Result{0, 0}));
  EXPECT_EQ(run("s_cmov_b32 s12, s8", 3, 0, 1), (Result{3, 1}));
  EXPECT_EQ(run("s_cmovk_i32 s12, 0xfffe", 0, 0, 0), (Result{0, 0}));
  EXPECT_EQ(run("s_cmovk_i32 s12, 0xfffe", 0, 0, 1), (Result{uint32_t(-2), 1}));
  EXPECT_EQ(run("s_mov_b32 m0, 2\ns_movrels_b32 s12, s8", 3, 4),
            (Result{4, 0}));
  EXPECT_EQ(run("s_mov_b32 m0, 4\ns_movreld_b64 s[8:9], s[10:11]", 3, kAll),
            (Result{kAll, 0}));
  EXPECT_EQ(run("s_cmp_lt_i32 s8, s10", kOnes, 0).scc, 1u);
  EXPECT_EQ(run("s_cmp_lt_u32 s8, s10", kOnes, 0).scc, 0u);
  EXPECT_EQ(run("s_cmp_ge_i32 s8, s10", 0, 0).scc, 1u);
  EXPECT_EQ(run("s_cmp_lg_u64 s[8:9], s[10:11]", uint64_t(1) << 40, 0).scc, 1u);
  EXPECT_EQ(run("s_cmp_eq_u64 s[8:9], s[10:11]", kAll, kAll).scc, 1u);
  EXPECT_EQ(run("s_cmpk_lt_i32 s8, 0xffff", uint32_t(-2)).scc, 1u);
  EXPECT_EQ(run("s_cmpk_lt_u32 s8, 0xffff", 0xfffe).scc, 1u);
  EXPECT_EQ(run("s_cmpk_eq_u32 s8, 0xffff", kOnes).scc, 0u);
  EXPECT_EQ(run("s_bitcmp1_b32 s8, s10", 4, 34).scc, 1u);
  EXPECT_EQ(run("s_bitcmp0_b64 s[8:9], s10", 4, 65).scc, 1u);
  EXPECT_EQ(run("s_add_u32 s12, src_scc, 4", 0, 0, 1), (Result{5, 0}));
}

TEST_P(Scalar, SavesExec) {
  std::string w = gfx9() ? "b64" : "b32", d = gfx9() ? "s[12:13]" : "s12",
              a = gfx9() ? "s[8:9]" : "s8", e = gfx9() ? "exec" : "exec_lo";
  uint64_t full = gfx9() ? kAll : kOnes;
  // The destination is EXEC as it was, EXEC the result: shown in turn.
  auto both = [&](const std::string &name, uint64_t operand, uint64_t exec,
                  unsigned scc) {
    std::string code = "s_" + name + "_saveexec_" + w + " " + d + ", " + a;
    std::string restore = "s_mov_" + w + " " + e + ", -1\n";
    EXPECT_EQ(run(code + "\n" + restore, operand), (Result{full, scc})) << name;
    EXPECT_EQ(run(code + "\ns_mov_" + w + " " + d + ", " + e + "\n" + restore,
                  operand),
              (Result{exec, scc}))
        << name;
  };
  both("and", 5, 5, 1);
  both("and", 0, 0, 0);
  both("or", 5, full, 1);
  both("xor", 5, full - 5, 1);
  both(gfx9() ? "andn2" : "and_not1", 5, 0, 0);
  both(gfx9() ? "orn2" : "or_not1", 5, 5, 1);
  both(gfx9() ? "andn1" : "and_not0", 5, full - 5, 1);
  both("nand", 5, full - 5, 1);
  both("nor", 5, 0, 0);
  both("xnor", 5, 5, 1);
}

TEST_P(Scalar, Branches) {
  auto taken = [&](const std::string &name, const std::string &before) {
    return run(before + "\n" + name + " .L\ns_mov_b32 s12, 1\n.L:", 0).value ==
           0;
  };
  std::string clear = "{s_mov_b64 vcc|s_mov_b32 vcc_lo}, 0",
              set = "{s_mov_b64 vcc|s_mov_b32 vcc_lo}, 4";
  EXPECT_TRUE(taken("s_branch", ""));
  EXPECT_TRUE(taken("s_cbranch_scc0", "s_cmp_eq_u32 0, 1"));
  EXPECT_FALSE(taken("s_cbranch_scc1", "s_cmp_eq_u32 0, 1"));
  EXPECT_TRUE(taken("s_cbranch_vccz", clear));
  EXPECT_FALSE(taken("s_cbranch_vccz", set));
  EXPECT_TRUE(taken("s_cbranch_vccnz", set));
  EXPECT_FALSE(taken("s_cbranch_execz", ""));
  EXPECT_TRUE(taken("s_cbranch_execnz", ""));
}

TEST_P(Scalar, CallsAndReturns) {
  EXPECT_EQ(run("s_getpc_b64 s[20:21]\n"
                ".Lpc:\n"
                "s_add_u32 s20, s20, .Lf-.Lpc\n"
                "s_addc_u32 s21, s21, 0\n"
                "s_swappc_b64 s[22:23], s[20:21]\n"
                "s_add_u32 s12, s12, 1\n"
                "s_branch .Lout\n"
                ".Lf:\n"
                "s_mov_b32 s12, 0x100\n"
                "s_setpc_b64 s[22:23]\n"
                ".Lout:",
                0)
                .value,
            0x101u);
}

TEST_P(Scalar, Constants) {
  // Data in the code, behind a jump.
  EXPECT_EQ(run("s_getpc_b64 s[20:21]\n"
                ".Lpc:\n"
                "s_add_u32 s20, s20, .Ld-.Lpc\n"
                "s_addc_u32 s21, s21, 0\n"
                "{s_load_dwordx2|s_load_b64} s[12:13], s[20:21], 0x0\n"
                "s_waitcnt lgkmcnt(0)\n"
                "s_branch .Lout\n"
                ".p2align 2\n"
                ".Ld:\n"
                ".long 0x12345678, 0x9abcdef0\n"
                ".Lout:",
                0)
                .value,
            0x9abcdef012345678u);
}

TEST_P(Scalar, LoadsByRegister) {
  std::vector<std::vector<uint32_t>> buffers{{10, 11, 12, 13}, {0}};
  EXPECT_EQ(runKernel(GetParam(),
                      "{s_load_dwordx4|s_load_b128} s[4:7], s[0:1], 0x0\n"
                      "s_mov_b32 s8, 4\n"
                      "s_waitcnt lgkmcnt(0)\n"
                      "{s_load_dword|s_load_b32} s9, s[4:5], s8 offset:0x8\n"
                      "s_waitcnt lgkmcnt(0)\n"
                      "v_mov_b32 v1, 0\nv_mov_b32 v2, s9\n"
                      "{s_mov_b64 exec|s_mov_b32 exec_lo}, 1\n"
                      "{global_store_dword|global_store_b32} v1, v2, s[6:7]\n"
                      "s_endpgm",
                      buffers),
            "");
  EXPECT_EQ(buffers[1][0], 13u);
}

TEST_P(Scalar, Workgroups) {
  // Three workgroups of two waves, the last one half off.
  unsigned lanes = lanesOf(GetParam()), size = lanes + lanes / 2;
  Options o;
  o.workgroup = size;
  o.workgroups = 3;
  std::vector<std::vector<uint32_t>> buffers{
      std::vector<uint32_t>(3 * size, 7)};
  EXPECT_EQ(runKernel(GetParam(),
                      "{s_load_dwordx2|s_load_b64} s[4:5], s[0:1], 0x0\n"
                      "s_mul_i32 s6, s2, " +
                          std::to_string(size) +
                          "\nv_add_{u32|nc_u32} v1, s6, v0\n"
                          "v_lshlrev_b32 v1, 2, v1\n"
                          "v_lshl_or_b32 v2, s2, 16, v0\n"
                          "s_waitcnt lgkmcnt(0)\n"
                          "{global_store_dword|global_store_b32} v1, v2, "
                          "s[4:5]\ns_endpgm",
                      buffers, o),
            "");
  for (unsigned g = 0; g < 3; ++g)
    for (unsigned l = 0; l < size; ++l)
      ASSERT_EQ(buffers[0][g * size + l], g << 16 | l);
}

INSTANTIATE_TEST_SUITE_P(Chips, Scalar, testing::ValuesIn(kChips),
                         [](const auto &i) { return nameOf(i.param); });
