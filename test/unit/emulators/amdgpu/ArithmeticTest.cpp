//===- ArithmeticTest.cpp - vector arithmetic at its edges ----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Expected values are worked out by hand from the descriptions of instructions
// in AMD's instruction set documents (CDNA3, RDNA3).
//
//===----------------------------------------------------------------------===//
#include "CodeTest.h"

using namespace harness;

namespace {
class Arithmetic : public CodeTest {};
} // namespace

constexpr uint32_t kTop = 0x80000000, kMax = 0x7fffffff, kOnes = 0xffffffff;

TEST_P(Arithmetic, AddsAndSubtracts) {
  const char *add = "{v_add_u32|v_add_nc_u32} v128, v64, v65";
  EXPECT_EQ(one(add, {kOnes, 2}), 1u);
  EXPECT_EQ(one(std::string(add) + " clamp", {kOnes, 2}), kOnes);
  const char *sub = "{v_sub_u32|v_sub_nc_u32} v128, v64, v65";
  EXPECT_EQ(one(sub, {1, 2}), kOnes);
  EXPECT_EQ(one(std::string(sub) + " clamp", {1, 2}), 0u);
  EXPECT_EQ(one("{v_subrev_u32|v_subrev_nc_u32} v128, v64, v65", {1, 3}), 2u);
  const char *addI = "{v_add_i32|v_add_nc_i32} v128, v64, v65 clamp";
  EXPECT_EQ(one(addI, {kMax, 1}), kMax);
  EXPECT_EQ(one(addI, {kTop, kOnes}), kTop);
  EXPECT_EQ(one(addI, {5, uint32_t(-7)}), uint32_t(-2));
  EXPECT_EQ(one("{v_sub_i32|v_sub_nc_i32} v128, v64, v65 clamp", {kTop, 1}),
            kTop);
}

TEST_P(Arithmetic, Carries) {
  std::string vcc = gfx9() ? "vcc" : "vcc_lo";
  std::string wide =
      "v_add_co_u32 v128, " + vcc + ", v64, v66\n" +
      (gfx9() ? "v_addc_co_u32 v129, vcc, v65, v67, vcc"
              : "v_add_co_ci_u32 v129, vcc_lo, v65, v67, vcc_lo");
  EXPECT_EQ(two(wide, {kOnes, 1, 1, 2}), 0x400000000u);
  EXPECT_EQ(two(wide, {5, kOnes, 6, 0}), 0xffffffff0000000bu);
  std::string minus =
      "v_sub_co_u32 v128, " + vcc + ", v64, v66\n" +
      (gfx9() ? "v_subb_co_u32 v129, vcc, v65, v67, vcc"
              : "v_sub_co_ci_u32 v129, vcc_lo, v65, v67, vcc_lo");
  EXPECT_EQ(two(minus, {0, 4, 1, 2}), 0x1ffffffffu);
  // A borrow of a whole word: 0 - 0xffffffff - 1.
  EXPECT_EQ(two(minus, {0, 0, 1, kOnes}), 0xffffffffu);
}

TEST_P(Arithmetic, CarriesOfLanesThatAreOffAreZero) {
  std::string code =
      gfx9() ? "s_mov_b64 s[8:9], -1\ns_mov_b64 exec, 5\n"
               "v_add_co_u32 v2, s[8:9], v64, v64\ns_mov_b64 exec, -1\n"
               "v_mov_b32 v128, s8\nv_mov_b32 v129, s9"
             : "s_mov_b32 s8, -1\ns_mov_b32 s9, 0\ns_mov_b32 exec_lo, 5\n"
               "v_add_co_u32 v2, s8, v64, v64\ns_mov_b32 exec_lo, -1\n"
               "v_mov_b32 v128, s8\nv_mov_b32 v129, s9";
  EXPECT_EQ(two(code, {kTop}), 5u);
}

TEST_P(Arithmetic, Products) {
  EXPECT_EQ(one("v_mul_lo_u32 v128, v64, v65", {0x10001, 0x10001}), 0x20001u);
  EXPECT_EQ(one("v_mul_hi_u32 v128, v64, v65", {kOnes, kOnes}), 0xfffffffeu);
  EXPECT_EQ(one("v_mul_hi_i32 v128, v64, v65", {kOnes, kOnes}), 0u);
  EXPECT_EQ(one("v_mul_hi_i32 v128, v64, v65", {kTop, kTop}), 0x40000000u);
  // The upper eight bits do not count; those of i24 have a sign.
  EXPECT_EQ(one("v_mul_u32_u24 v128, v64, v65", {0xff000003, 0x55000005}), 15u);
  EXPECT_EQ(one("v_mul_i32_i24 v128, v64, v65", {0x12ffffff, 7}), uint32_t(-7));
  EXPECT_EQ(one("v_mul_hi_u32_u24 v128, v64, v65", {0xffffff, 0xffffff}),
            0xffffu);
  EXPECT_EQ(one("v_mul_hi_i32_i24 v128, v64, v65", {0xffffff, 1}), kOnes);
  EXPECT_EQ(one("v_mad_u32_u24 v128, v64, v65, v66", {0xff000002, 3, 4}), 10u);
  EXPECT_EQ(one("v_mad_i32_i24 v128, v64, v65, v66", {0xfffffe, 3, 4}),
            uint32_t(-2));
  std::string carry = gfx9() ? "s[8:9]" : "s8";
  EXPECT_EQ(two("v_mad_u64_u32 v[128:129], " + carry + ", v64, v65, v[66:67]",
                {kOnes, kOnes, 1, 2}),
            // (2^32 - 1)^2 + 1 + 2^33 = 2^64 + 2
            2u);
  EXPECT_EQ(two("v_mad_i64_i32 v[128:129], " + carry + ", v64, v65, v[66:67]",
                {kOnes, 5, 0, 0}),
            uint64_t(-5));
}

TEST_P(Arithmetic, Shifts) {
  EXPECT_EQ(one("v_lshlrev_b32 v128, v64, v65", {33, 1}), 2u);
  EXPECT_EQ(one("v_lshrrev_b32 v128, v64, v65", {31, kTop}), 1u);
  EXPECT_EQ(one("v_ashrrev_i32 v128, v64, v65", {31, kTop}), kOnes);
  EXPECT_EQ(two("v_lshlrev_b64 v[128:129], v64, v[66:67]", {36, 0, 3, 0}),
            uint64_t(3) << 36);
  EXPECT_EQ(two("v_lshrrev_b64 v[128:129], v64, v[66:67]", {65, 0, 6, 1}),
            0x80000003u);
  EXPECT_EQ(two("v_ashrrev_i64 v[128:129], v64, v[66:67]", {63, 0, 0, kTop}),
            ~uint64_t(0));
  EXPECT_EQ(one("v_lshl_add_u32 v128, v64, v65, v66", {3, 34, 5}), 17u);
  EXPECT_EQ(one("v_add_lshl_u32 v128, v64, v65, v66", {3, 4, 2}), 28u);
  EXPECT_EQ(one("v_lshl_or_b32 v128, v64, v65, v66", {3, 4, 1}), 0x31u);
  EXPECT_EQ(
      one("v_alignbit_b32 v128, v64, v65, v66", {0x12345678, 0x9abcdef0, 40}),
      0x789abcdeu);
  EXPECT_EQ(
      one("v_alignbyte_b32 v128, v64, v65, v66", {0x12345678, 0x9abcdef0, 3}),
      0x3456789au);
}

TEST_P(Arithmetic, ShiftsOf64BitsWithAnAddition) {
  if (!gfx9())
    return; // has no such instruction
  EXPECT_EQ(two("v_lshl_add_u64 v[128:129], v[64:65], v66, v[68:69]",
                {0x80000000, 1, 1, 0, 5, 0}),
            0x300000005u);
}

TEST_P(Arithmetic, Bits) {
  EXPECT_EQ(one("v_bfe_u32 v128, v64, v65, v66", {0xabcd1234, 4, 8}), 0x23u);
  EXPECT_EQ(one("v_bfe_u32 v128, v64, v65, v66", {kOnes, 4, 32}), 0u);
  EXPECT_EQ(one("v_bfe_i32 v128, v64, v65, v66", {0x00000880, 4, 8}),
            0xffffff88u);
  EXPECT_EQ(one("v_bfe_i32 v128, v64, v65, v66", {kOnes, 0, 0}), 0u);
  EXPECT_EQ(one("v_bfi_b32 v128, v64, v65, v66", {0xff00, 0x1234, 0x5678abcd}),
            0x567812cdu);
  EXPECT_EQ(one("v_bfm_b32 v128, v64, v65", {4, 8}), 0xf00u);
  EXPECT_EQ(one("v_bfrev_b32 v128, v64", {0x00000013}), 0xc8000000u);
  EXPECT_EQ(one("v_bcnt_u32_b32 v128, v64, v65", {0xf0f0, 5}), 13u);
  EXPECT_EQ(one("{v_ffbh_u32|v_clz_i32_u32} v128, v64", {0x00010000}), 15u);
  EXPECT_EQ(one("{v_ffbh_u32|v_clz_i32_u32} v128, v64", {0}), kOnes);
  EXPECT_EQ(one("{v_ffbl_b32|v_ctz_i32_b32} v128, v64", {0x00010000}), 16u);
  EXPECT_EQ(one("{v_ffbl_b32|v_ctz_i32_b32} v128, v64", {0}), kOnes);
  EXPECT_EQ(one("{v_ffbh_i32|v_cls_i32} v128, v64", {0xffff7fff}), 16u);
  EXPECT_EQ(one("{v_ffbh_i32|v_cls_i32} v128, v64", {kOnes}), kOnes);
  EXPECT_EQ(one("v_and_or_b32 v128, v64, v65, v66", {0xff, 0x1234, 0x100}),
            0x134u);
  EXPECT_EQ(one("v_or3_b32 v128, v64, v65, v66", {1, 2, 4}), 7u);
  EXPECT_EQ(one("v_xad_u32 v128, v64, v65, v66", {6, 3, 10}), 15u);
  EXPECT_EQ(one("v_add3_u32 v128, v64, v65, v66", {kOnes, 3, 10}), 12u);
}

TEST_P(Arithmetic, Perm) {
  // Selectors 0 to 3: bytes of the second source, 4 to 7 of the first.
  EXPECT_EQ(one("v_perm_b32 v128, v64, v65, v66",
                {0x44332211, 0x88776655, 0x07000403}),
            0x44551188u);
  // 8 to 11: the signs of bytes 1, 3, 5, 7; 12: 0; above: 0xff.
  EXPECT_EQ(one("v_perm_b32 v128, v64, v65, v66",
                {0x80002211, 0x0000ff00, 0x0b0a0908}),
            0xff0000ffu);
  EXPECT_EQ(one("v_perm_b32 v128, v64, v65, v66", {0, 0, 0x0c0dff0c}),
            0x00ffff00u);
}

TEST_P(Arithmetic, MinMaxMed) {
  EXPECT_EQ(one("v_min_i32 v128, v64, v65", {kOnes, 1}), kOnes);
  EXPECT_EQ(one("v_min_u32 v128, v64, v65", {kOnes, 1}), 1u);
  EXPECT_EQ(one("v_max_i32 v128, v64, v65", {kOnes, 1}), 1u);
  EXPECT_EQ(one("v_med3_i32 v128, v64, v65, v66", {5, kOnes, 3}), 3u);
  EXPECT_EQ(one("v_med3_u32 v128, v64, v65, v66", {5, kOnes, 3}), 5u);
  EXPECT_EQ(one("v_min3_i32 v128, v64, v65, v66", {5, kOnes, 3}), kOnes);
  EXPECT_EQ(one("v_max3_u32 v128, v64, v65, v66", {5, kOnes, 3}), kOnes);
}

TEST_P(Arithmetic, Sad) {
  EXPECT_EQ(one("v_sad_u8 v128, v64, v65, v66", {0x01ff0510, 0x0200030f, 7}),
            7u + 1 + 255 + 2 + 1);
  EXPECT_EQ(one("v_sad_u32 v128, v64, v65, v66", {3, 10, 1}), 8u);
}

//===----------------------------------------------------------------------===//
// Dot products
//===----------------------------------------------------------------------===//

TEST_P(Arithmetic, Dot4) {
  uint32_t a = 0x80ff7f01, b = 0x807f7f02; // -128 -1 127 1, -128 127 127 2
  uint32_t sum = 16384 - 127 + 16129 + 2 + 100;
  std::string dot = gfx9()
                        ? "v_dot4_i32_i8 v128, v64, v65, v66"
                        : "v_dot4_i32_iu8 v128, v64, v65, v66 neg_lo:[1,1,0]";
  EXPECT_EQ(one(dot, {a, b, 100}), sum);
  EXPECT_EQ(one(dot + " clamp", {a, b, 0x7ffffff0}), kMax);
  EXPECT_EQ(one(dot, {a, b, 0x7ffffff0}), sum - 100 + 0x7ffffff0);
  EXPECT_EQ(one("v_dot4_u32_u8 v128, v64, v65, v66", {a, b, 1}),
            1u + 128 * 128 + 255 * 127 + 127 * 127 + 2);
  EXPECT_EQ(one("v_dot4_u32_u8 v128, v64, v65, v66 clamp", {a, b, kOnes}),
            kOnes);
  if (gfx9()) {
    EXPECT_EQ(
        one("v_mov_b32 v128, v66\nv_dot4c_i32_i8 v128, v64, v65", {a, b, 100}),
        sum);
    return;
  }
  EXPECT_EQ(one("v_dot4_i32_iu8 v128, v64, v65, v66 neg_lo:[0,1,0]", {a, b, 0}),
            uint32_t(128 * -128 + 255 * 127 + 127 * 127 + 2));
  EXPECT_EQ(one("v_dot4_i32_iu8 v128, v64, v65, v66 neg_lo:[1,0,0]", {a, b, 0}),
            uint32_t(-128 * 128 - 127 + 127 * 127 + 2));
}

TEST_P(Arithmetic, DotOfNibbles) {
  uint32_t a = 0x8000000f, b = 0x80000007; // -8 ... -1, -8 ... 7
  std::string dot = gfx9()
                        ? "v_dot8_i32_i4 v128, v64, v65, v66"
                        : "v_dot8_i32_iu4 v128, v64, v65, v66 neg_lo:[1,1,0]";
  EXPECT_EQ(one(dot, {a, b, 1}), 64u - 7 + 1);
  EXPECT_EQ(one("v_dot8_u32_u4 v128, v64, v65, v66", {a, b, 1}),
            64u + 15 * 7 + 1);
}

TEST_P(Arithmetic, DotOfHalves) {
  // 1.5 * 2 + -0.5 * 4 + 10
  EXPECT_EQ(one("v_dot2_f32_f16 v128, v64, v65, v66",
                {0xb8003e00, 0x44004000, f(10)}),
            f(11));
  if (gfx9())
    return;
  EXPECT_EQ(one("v_mov_b32 v128, 0\nv_dot2_f16_f16 v128.h, v64, v65, v66.l",
                {0xb8003e00, 0x44004000, 0x4900}),
            0x49800000u);
  // The same numbers as bfloat16.
  EXPECT_EQ(one("v_mov_b32 v128, 0\nv_dot2_bf16_bf16 v128.l, v64, v65, v66.l",
                {0xbf003fc0, 0x40804000, 0x4120}),
            0x4130u);
  EXPECT_EQ(one("v_dot2_f32_bf16 v128, v64, v65, v66",
                {0xbf003fc0, 0x40804000, f(10)}),
            f(11));
}

TEST_P(Arithmetic, Integers16) {
  std::string l = gfx9() ? "" : ".l";
  auto code = [&](const std::string &name, const std::string &rest) {
    return "v_mov_b32 v128, -1\n" + name + " v128" + l + ", v64" + l + rest;
  };
  uint32_t high = gfx9() ? 0 : 0xffff0000;
  EXPECT_EQ(one(code("v_lshlrev_b16", ", v65" + l), {17, 0x8001}), high | 2);
  EXPECT_EQ(one(code("v_ashrrev_i16", ", v65" + l), {15, 0x8001}),
            high | 0xffff);
  EXPECT_EQ(one(code("v_mul_lo_u16", ", v65" + l), {0xffff, 0xffff}), high | 1);
  std::string add = gfx9() ? "v_add_i16" : "v_add_nc_i16";
  EXPECT_EQ(one(code(add, ", v65" + l + " clamp"), {0x7fff, 1}), high | 0x7fff);
  EXPECT_EQ(one("v_pk_add_u16 v128, v64, v65", {0xffff0001, 0x00010002}), 3u);
  EXPECT_EQ(one("v_pk_add_u16 v128, v64, v65 clamp", {0xffff0001, 0x00010002}),
            0xffff0003u);
  EXPECT_EQ(one("v_pk_sub_i16 v128, v64, v65 clamp", {0x80000001, 0x00010002}),
            0x8000ffffu);
  EXPECT_EQ(one("v_pk_max_i16 v128, v64, v65", {0xffff0001, 0x00010002}),
            0x00010002u);
  EXPECT_EQ(one("v_pk_ashrrev_i16 v128, v64, v65", {0x000f0001, 0x80008000}),
            0xffffc000u);
  EXPECT_EQ(one("v_pk_mad_u16 v128, v64, v65, v66",
                {0x00030002, 0x00050004, 0x00010001}),
            0x00100009u);
}

INSTANTIATE_TEST_SUITE_P(Chips, Arithmetic, testing::ValuesIn(kChips),
                         [](const auto &i) { return nameOf(i.param); });
