//===- LanesTest.cpp - moves between lanes, modifiers ---------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include <functional>

using namespace harness;

namespace {
class LanesOf : public testing::TestWithParam<Chip> {
protected:
  unsigned lanes() { return lanesOf(GetParam()); }
  bool gfx9() { return GetParam() == Chip::Gfx942; }
  /// v64 is 100 + the lane; v128 starts as 7. `expected` says which lane each
  /// one gets the value of: -1 = 0, -2 = none (7).
  void expectFrom(const std::string &code, std::function<int(int)> expected,
                  const std::string &before = "") {
    Lanes in(lanes());
    for (unsigned l = 0; l < lanes(); ++l)
      in[l] = 100 + l;
    Lanes r = evaluate1(GetParam(),
                        "v_mov_b32 v128, 7\n" + before + code +
                            "\n{s_mov_b64 exec|s_mov_b32 exec_lo}, -1",
                        {in});
    for (unsigned l = 0; l < lanes(); ++l) {
      int from = expected(int(l));
      EXPECT_EQ(r[l], from == -1   ? 0u
                      : from == -2 ? 7u
                                   : 100u + unsigned(from))
          << code << " lane " << l;
    }
  }
  void dpp(const std::string &control, std::function<int(int)> expected,
           const std::string &masks = "row_mask:0xf bank_mask:0xf",
           const std::string &before = "") {
    expectFrom("v_mov_b32_dpp v128, v64 " + control + " " + masks, expected,
               before);
  }
};
} // namespace

TEST_P(LanesOf, DppPermutations) {
  dpp("quad_perm:[1,0,3,2]", [](int l) { return l ^ 1; });
  dpp("quad_perm:[3,3,0,1]", [](int l) {
    const int p[] = {3, 3, 0, 1};
    return (l & ~3) + p[l & 3];
  });
  // Shifts: without a source a lane keeps what it has.
  dpp("row_shl:3", [](int l) { return l % 16 < 13 ? l + 3 : -2; });
  dpp("row_shr:1", [](int l) { return l % 16 ? l - 1 : -2; });
  dpp("row_ror:4", [](int l) { return l - l % 16 + (l + 12) % 16; });
  dpp("row_mirror", [](int l) { return l - l % 16 + 15 - l % 16; });
  dpp("row_half_mirror", [](int l) { return l - l % 8 + 7 - l % 8; });
  if (gfx9()) {
    dpp("row_newbcast:5", [](int l) { return l - l % 16 + 5; });
    dpp("row_bcast:15", [](int l) { return l < 16 ? -2 : l - l % 16 - 1; });
    dpp("row_bcast:31", [](int l) { return l < 32 ? -2 : 31; });
    return;
  }
  dpp("row_share:5", [](int l) { return l - l % 16 + 5; });
  dpp("row_xmask:6", [](int l) { return l ^ 6; });
  expectFrom("v_mov_b32_dpp v128, v64 dpp8:[7,0,1,2,3,4,5,6]",
             [](int l) { return l - l % 8 + (l + 7) % 8; });
}

TEST_P(LanesOf, DppMasks) {
  dpp(
      "row_shr:1", [](int l) { return l % 16 ? l - 1 : -1; },
      "row_mask:0xf bank_mask:0xf bound_ctrl:1");
  dpp(
      "quad_perm:[0,1,2,3]", [](int l) { return l / 16 == 1 ? l : -2; },
      "row_mask:0x2 bank_mask:0xf");
  dpp(
      "quad_perm:[0,1,2,3]", [](int l) { return l / 4 % 4 >= 2 ? l : -2; },
      "row_mask:0xf bank_mask:0xc");
  // A lane that is off has nothing to give.
  std::string off =
      gfx9() ? "s_mov_b64 exec, 0xf0\n" : "s_mov_b32 exec_lo, 0xf0\n";
  auto onlyFour = [](int outside) {
    return [=](int l) {
      return l < 4 || l > 7 ? -2 : l == 4 ? outside : l - 1;
    };
  };
  dpp("row_shr:1", onlyFour(-2), "row_mask:0xf bank_mask:0xf", off);
  dpp("row_shr:1", onlyFour(-1), "row_mask:0xf bank_mask:0xf bound_ctrl:1",
      off);
  if (!gfx9())
    dpp("row_shr:1", onlyFour(3),
        "row_mask:0xf bank_mask:0xf bound_ctrl:1 fi:1", off);
}

TEST_P(LanesOf, DppOfArithmetic) {
  Lanes in(lanes());
  for (unsigned l = 0; l < lanes(); ++l)
    in[l] = f(float(l));
  std::string add = gfx9() ? "v_add_f32_dpp v128, -v64, v64"
                           : "v_add_f32_e64_dpp v128, -v64, v64";
  Lanes r =
      evaluate1(GetParam(),
                add + " quad_perm:[1,0,3,2] row_mask:0xf bank_mask:0xf", {in});
  for (unsigned l = 0; l < lanes(); ++l)
    EXPECT_EQ(r[l], f(l % 2 ? 1.0f : -1.0f));
}

TEST_P(LanesOf, Swizzle) {
  auto code = [](const std::string &how) {
    return "ds_swizzle_b32 v128, v64 offset:" + how + "\ns_waitcnt lgkmcnt(0)";
  };
  expectFrom(code("swizzle(QUAD_PERM,2,3,0,1)"), [](int l) { return l ^ 2; });
  expectFrom(code("swizzle(SWAP,16)"), [](int l) { return l ^ 16; });
  expectFrom(code("swizzle(REVERSE,8)"), [](int l) { return l ^ 7; });
  expectFrom(code("swizzle(BROADCAST,8,3)"),
             [](int l) { return l - l % 8 + 3; });
}

TEST_P(LanesOf, Permute) {
  unsigned n = lanes();
  Lanes value(n), to(n), from(n);
  for (unsigned l = 0; l < n; ++l) {
    value[l] = 100 + l;
    to[l] = 4 * ((3 * l + 5) % n);
    from[l] = 4 * ((5 * l + 1) % n) + 4 * n * (l % 3); // wraps around
  }
  Registers r = evaluate(GetParam(),
                         "ds_permute_b32 v128, v65, v64\n"
                         "ds_bpermute_b32 v129, v66, v64 offset:8\n"
                         "s_waitcnt lgkmcnt(0)",
                         {value, to, from}, 2);
  for (unsigned l = 0; l < n; ++l) {
    EXPECT_EQ(r[0][(3 * l + 5) % n], 100 + l);
    EXPECT_EQ(r[1][l], 100 + (5 * l + 3) % n);
  }
}

TEST_P(LanesOf, ReadsAndWritesOneLane) {
  expectFrom("v_readlane_b32 s8, v64, 5\nv_mov_b32 v128, s8",
             [](int) { return 5; });
  expectFrom("s_mov_b32 s9, 9\nv_readlane_b32 s8, v64, s9\nv_mov_b32 v128, s8",
             [](int) { return 9; });
  std::string exec =
      gfx9() ? "s_mov_b64 exec, 0x30\n" : "s_mov_b32 exec_lo, 0x30\n";
  expectFrom(
      "v_readfirstlane_b32 s8, v64\nv_mov_b32 v128, s8",
      [](int l) { return l == 4 || l == 5 ? 4 : -2; }, exec);
  // Lanes that are off are written too.
  expectFrom(
      "s_movk_i32 s8, 111\nv_writelane_b32 v128, s8, 11",
      [](int l) { return l == 11 ? 11 : -2; }, exec);
}

TEST_P(LanesOf, CountsLanesBefore) {
  Lanes r = evaluate1(GetParam(),
                      "v_mbcnt_lo_u32_b32 v128, -1, 3\n"
                      "v_mbcnt_hi_u32_b32 v128, -1, v128",
                      {});
  for (unsigned l = 0; l < lanes(); ++l)
    EXPECT_EQ(r[l], 3 + l);
}

TEST_P(LanesOf, PermutesRows) {
  if (gfx9())
    return;
  // Lane n of a row reads lane 15 - n of it, or of the other row.
  std::string select = "s_mov_b32 s8, 0x89abcdef\ns_mov_b32 s9, 0x01234567\n";
  expectFrom(select + "v_permlane16_b32 v128, v64, s8, s9",
             [](int l) { return l ^ 15; });
  expectFrom(select + "v_permlanex16_b32 v128, v64, s8, s9",
             [](int l) { return l ^ 31; });
}

TEST_P(LanesOf, LanesThatAreOffKeepTheirs) {
  std::string off =
      gfx9() ? "s_mov_b64 exec, 0xf0\n" : "s_mov_b32 exec_lo, 0xf0\n";
  auto four = [](int l) { return l >= 4 && l < 8 ? l : -2; };
  expectFrom("v_mov_b32 v128, v64", four, off);
  expectFrom("v_add_f32 v128, v64, 0", four, off);
  expectFrom("v_max_f32 v128, v64, v64 mul:1", four, off);
}

TEST_P(LanesOf, Sdwa) {
  if (!gfx9())
    return;
  auto one = [&](const std::string &code, uint32_t a, uint32_t b) {
    return evaluate1(GetParam(), "v_mov_b32 v128, 0xaabbccdd\n" + code,
                     {{a}, {b}})[0];
  };
  std::string plain = "v_add_u32_sdwa v128, v64, v65 ";
  EXPECT_EQ(one(plain + "dst_sel:DWORD src0_sel:BYTE_1 src1_sel:WORD_1",
                0x44332211, 0x00050000),
            0x27u);
  EXPECT_EQ(one("v_add_u32_sdwa v128, sext(v64), v65 dst_sel:DWORD "
                "src0_sel:BYTE_3 src1_sel:DWORD",
                0xff000000, 3),
            2u);
  auto byte = [&](const std::string &unused) {
    return plain + "dst_sel:BYTE_2 dst_unused:" + unused +
           " src0_sel:BYTE_0 src1_sel:BYTE_0";
  };
  EXPECT_EQ(one(byte("UNUSED_PAD"), 0x80, 0x7f), 0x00ff0000u);
  EXPECT_EQ(one(byte("UNUSED_SEXT"), 0x80, 0x7f), 0xffff0000u);
  EXPECT_EQ(one(byte("UNUSED_PRESERVE"), 0x80, 0x7f), 0xaaffccddu);
  EXPECT_EQ(one(plain + "dst_sel:WORD_1 dst_unused:UNUSED_PRESERVE "
                        "src0_sel:DWORD src1_sel:DWORD",
                0x10000, 5),
            0x0005ccddu);
  Lanes r = evaluate1(GetParam(),
                      "v_cmp_eq_u32_sdwa vcc, v64, v65 src0_sel:BYTE_1 "
                      "src1_sel:WORD_1\nv_mov_b32 v128, vcc_lo",
                      {{0x1122, 0x2211}, {0x00110000}});
  EXPECT_EQ(r[0], 0x55555555u);
}

TEST_P(LanesOf, HalvesOfRegisters) {
  if (gfx9()) {
    // op_sel chooses halves; the destination's other half stays.
    EXPECT_EQ(evaluate1(GetParam(),
                        "v_mov_b32 v128, 0x11112222\n"
                        "v_mad_u16 v128, v64, v65, v66 op_sel:[1,0,1,1]",
                        {{0x00030009}, {0x00090005}, {0x00020009}})[0],
              0x00112222u);
    return;
  }
  EXPECT_EQ(evaluate1(GetParam(),
                      "v_mov_b32 v128, 0x11112222\n"
                      "v_add_nc_u16 v128.h, v64.h, v65.l",
                      {{0x00030009}, {0x00090005}})[0],
            0x00082222u);
  EXPECT_EQ(evaluate1(GetParam(),
                      "v_mov_b32 v128, 0x11112222\n"
                      "v_add_f16 v128.l, -v64.h, |v65.l|",
                      {{0x40000000}, {0xc500}})[0],
            0x11114200u); // -2 + 5
}

TEST_P(LanesOf, DualInstructions) {
  if (gfx9())
    return;
  // Both halves read before either writes.
  Registers r = evaluate(GetParam(),
                         "v_mov_b32 v2, v64\nv_mov_b32 v3, v65\n"
                         "v_dual_mov_b32 v2, v3 :: v_dual_mov_b32 v3, v2\n"
                         "v_mov_b32 v128, v2\nv_mov_b32 v129, v3\n"
                         "v_mov_b32 v4, v66\nv_mov_b32 v6, v67\n"
                         "v_dual_fmac_f32 v4, v66, v67 :: v_dual_mul_f32 v5, "
                         "v64, v6\n"
                         "v_mov_b32 v130, v4\nv_mov_b32 v131, v5",
                         {{f(1)}, {f(2)}, {f(3)}, {f(5)}}, 4);
  EXPECT_EQ(r[0][0], f(2));
  EXPECT_EQ(r[1][0], f(1));
  EXPECT_EQ(r[2][0], f(18));
  EXPECT_EQ(r[3][0], f(5));
}

TEST_P(LanesOf, RegistersByIndex) {
  if (!gfx9()) {
    EXPECT_EQ(evaluate1(GetParam(), "s_mov_b32 m0, 2\nv_movrels_b32 v128, v64",
                        {{1}, {2}, {3}})[0],
              3u);
    EXPECT_EQ(evaluate1(GetParam(), "s_mov_b32 m0, 2\nv_movreld_b32 v126, v64",
                        {{1}, {2}, {3}})[0],
              1u);
    return;
  }
  EXPECT_EQ(evaluate1(GetParam(),
                      "s_mov_b32 s8, 2\n"
                      "s_set_gpr_idx_on s8, gpr_idx(SRC0)\n"
                      "v_mov_b32 v128, v64\ns_set_gpr_idx_off",
                      {{1}, {2}, {3}})[0],
            3u);
  EXPECT_EQ(evaluate1(GetParam(),
                      "s_mov_b32 s8, 2\n"
                      "s_set_gpr_idx_on s8, gpr_idx(DST)\n"
                      "v_mov_b32 v126, v64\ns_set_gpr_idx_off",
                      {{1}, {2}, {3}})[0],
            1u);
}

TEST_P(LanesOf, Swap) {
  Registers r = evaluate(GetParam(),
                         "v_mov_b32 v128, v64\nv_mov_b32 v129, v65\n"
                         "v_swap_b32 v128, v129",
                         {{1}, {2}}, 2);
  EXPECT_EQ(r[0][0], 2u);
  EXPECT_EQ(r[1][0], 1u);
  if (gfx9())
    return;
  r = evaluate(GetParam(),
               "v_mov_b32 v2, v64\nv_mov_b32 v3, v65\n"
               "v_swap_b16 v2.h, v3.l\n"
               "v_mov_b32 v128, v2\nv_mov_b32 v129, v3",
               {{0x11112222}, {0x33334444}}, 2);
  EXPECT_EQ(r[0][0], 0x44442222u);
  EXPECT_EQ(r[1][0], 0x33331111u);
}

INSTANTIATE_TEST_SUITE_P(Chips, LanesOf, testing::ValuesIn(kChips),
                         [](const auto &i) { return nameOf(i.param); });
