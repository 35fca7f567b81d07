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
#include "Harness.h"
#include <cmath>

using namespace harness;

namespace {
class Arithmetic : public testing::TestWithParam<Chip> {
protected:
  /// One lane's inputs in v64, v65, ...; the result in v128.
  uint32_t one(const std::string &code, std::vector<uint32_t> inputs,
               const Options &o = {}) {
    Registers r;
    for (uint32_t x : inputs)
      r.push_back(Lanes(1, x));
    return evaluate1(GetParam(), code, r, o)[0];
  }
  /// A result of two registers.
  uint64_t two(const std::string &code, std::vector<uint32_t> inputs,
               const Options &o = {}) {
    Registers r;
    for (uint32_t x : inputs)
      r.push_back(Lanes(1, x));
    Registers out = evaluate(GetParam(), code, r, 2, o);
    return out[0][0] | uint64_t(out[1][0]) << 32;
  }
  float real(const std::string &code, std::vector<float> inputs,
             const Options &o = {}) {
    std::vector<uint32_t> bits;
    for (float x : inputs)
      bits.push_back(f(x));
    uint32_t r = one(code, bits, o);
    float x;
    memcpy(&x, &r, 4);
    return x;
  }
  bool gfx9() { return GetParam() == Chip::Gfx942; }
};
} // namespace

constexpr uint32_t kTop = 0x80000000, kMax = 0x7fffffff, kOnes = 0xffffffff;
static const float kInf = INFINITY;

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

//===----------------------------------------------------------------------===//
// Reals
//===----------------------------------------------------------------------===//

TEST_P(Arithmetic, RealsRound) {
  float tiny = 0x1p-25f;
  Options up, down, zero;
  up.round32 = 1;
  down.round32 = 2;
  zero.round32 = 3;
  const char *add = "v_add_f32 v128, v64, v65";
  EXPECT_EQ(real(add, {1, tiny}), 1);
  EXPECT_EQ(real(add, {1, tiny}, up), 1 + 0x1p-23f);
  EXPECT_EQ(real(add, {-1, -tiny}, down), -1 - 0x1p-23f);
  EXPECT_EQ(real(add, {1, -tiny}, zero), 1 - 0x1p-24f);
  // A tie goes to the even neighbour.
  EXPECT_EQ(real(add, {1, 0x1p-24f}), 1);
  EXPECT_EQ(real(add, {1 + 0x1p-23f, 0x1p-24f}), 1 + 0x1p-22f);
  // The other precision's mode does not matter.
  Options other;
  other.round16 = 1;
  EXPECT_EQ(real(add, {1, tiny}, other), 1);
  // What a program sets itself.
  EXPECT_EQ(real("s_setreg_imm32_b32 hwreg(HW_REG_MODE, 0, 2), 1\n"
                 "v_add_f32 v128, v64, v65\n",
                 {1, tiny}),
            1 + 0x1p-23f);
  if (!gfx9())
    EXPECT_EQ(real("s_round_mode 0x1\nv_add_f32 v128, v64, v65\n", {1, tiny}),
              1 + 0x1p-23f);
}

TEST_P(Arithmetic, DenormalsAreFlushed) {
  float small = 0x1p-130f;
  Options in, out, both;
  in.denorm32 = 2; // operands are flushed, results not
  out.denorm32 = 1;
  both.denorm32 = 0;
  const char *add = "v_add_f32 v128, v64, v65";
  EXPECT_EQ(real(add, {small, small}), 0x1p-129f);
  EXPECT_EQ(real(add, {small, small}, in), 0);
  EXPECT_EQ(real(add, {small, small}, out), 0);
  const char *mul = "v_mul_f32 v128, v64, v65";
  EXPECT_EQ(real(mul, {0x1p-100f, 0x1p-29f}, in), 0x1p-129f);
  EXPECT_EQ(real(mul, {0x1p-100f, 0x1p-29f}, out), 0);
  EXPECT_EQ(real(mul, {small, 0x1p10f}, in), 0);
  EXPECT_EQ(real(mul, {small, 0x1p10f}, out), 0x1p-120f);
  EXPECT_EQ(real(mul, {small, 0x1p10f}, both), 0);
  EXPECT_EQ(one(mul, {f(-small), f(0x1p10f)}, both), kTop); // -0
  EXPECT_EQ(real("v_max_f32 v128, v64, v65", {small, 0}, both), 0);
  // A move is none of it.
  EXPECT_EQ(real("v_mov_b32 v128, v64", {small}, both), small);
}

TEST_P(Arithmetic, RealModifiers) {
  EXPECT_EQ(real("v_add_f32 v128, -v64, |v65|", {3, -5}), 2);
  EXPECT_EQ(real("v_add_f32 v128, -|v64|, 1.0", {-3}), -2);
  EXPECT_EQ(real("v_mul_f32 v128, v64, v65 mul:4", {3, 5}), 60);
  EXPECT_EQ(real("v_mul_f32 v128, v64, v65 div:2", {3, 5}), 7.5);
  EXPECT_EQ(real("v_mul_f32 v128, v64, v65 clamp", {3, 5}), 1);
  EXPECT_EQ(real("v_mul_f32 v128, v64, v65 clamp", {-3, 5}), 0);
  EXPECT_EQ(real("v_mul_f32 v128, v64, v65 clamp", {0.5, 0.5}), 0.25);
  EXPECT_EQ(real("v_add_f32 v128, v64, v65 clamp", {kInf, -kInf}), 0);
  Options nan;
  nan.dx10 = false;
  EXPECT_TRUE(
      std::isnan(real("v_add_f32 v128, v64, v65 clamp", {kInf, -kInf}, nan)));
  EXPECT_EQ(real("v_fma_f32 v128, v64, v65, 0.15915494", {0, 0}),
            0.15915494309189532f);
  EXPECT_EQ(real("{s_mov_b64 s[8:9]|s_mov_b32 s8}, 0\n"
                 "v_cndmask_b32 v128, -v64, v64, {s[8:9]|s8}",
                 {2}),
            -2);
}

TEST_P(Arithmetic, MinAndMaxOfReals) {
  uint32_t quiet = 0x7fc00001, signalling = 0x7f800001;
  const char *min = "v_min_f32 v128, v64, v65",
             *max = "v_max_f32 v128, v64, v65";
  EXPECT_EQ(one(min, {quiet, f(1)}), f(1));
  EXPECT_EQ(one(min, {f(1), quiet}), f(1));
  EXPECT_EQ(one(min, {signalling, f(1)}), 0x7fc00001u);
  Options o;
  o.ieee = false;
  EXPECT_EQ(one(min, {signalling, f(1)}, o), f(1));
  EXPECT_EQ(one(min, {0, kTop}), kTop);
  EXPECT_EQ(one(max, {kTop, 0}), 0u);
  EXPECT_EQ(real("v_med3_f32 v128, v64, v65, v66", {3, -1, 2}), 2);
  EXPECT_EQ(one("v_med3_f32 v128, v64, v65, v66", {quiet, f(4), f(2)}), f(2));
}

TEST_P(Arithmetic, FusedIsRoundedOnce) {
  // (1 + e)^2 - (1 + 2e) = e^2
  float e = 0x1p-23f;
  EXPECT_EQ(real("v_fma_f32 v128, v64, v64, v65", {1 + e, -(1 + 2 * e)}),
            0x1p-46f);
  EXPECT_EQ(real("v_mov_b32 v128, v65\nv_fmac_f32 v128, v64, v64",
                 {1 + e, -(1 + 2 * e)}),
            0x1p-46f);
  EXPECT_EQ(real("v_fmamk_f32 v128, v64, 0x42280000, v65", {2, 1}), 85);
  EXPECT_EQ(real("v_fmaak_f32 v128, v64, v65, 0x42280000", {2, 3}), 48);
}

TEST_P(Arithmetic, Rounding) {
  EXPECT_EQ(real("v_rndne_f32 v128, v64", {2.5}), 2);
  EXPECT_EQ(real("v_rndne_f32 v128, v64", {3.5}), 4);
  EXPECT_EQ(one("v_rndne_f32 v128, v64", {f(-0.25f)}), kTop);
  EXPECT_EQ(real("v_trunc_f32 v128, v64", {-2.75}), -2);
  EXPECT_EQ(real("v_ceil_f32 v128, v64", {-2.75}), -2);
  EXPECT_EQ(real("v_floor_f32 v128, v64", {-2.75}), -3);
  EXPECT_EQ(real("v_fract_f32 v128, v64", {-2.75}), 0.25);
  EXPECT_EQ(real("v_fract_f32 v128, v64", {-0x1p-30f}), 0x1.fffffep-1f);
  EXPECT_EQ(real("v_ldexp_f32 v128, v64, 3", {1.5}), 12);
  EXPECT_EQ(real("v_frexp_mant_f32 v128, v64", {-12}), -0.75);
  EXPECT_EQ(one("v_frexp_exp_i32_f32 v128, v64", {f(12)}), 4u);
  EXPECT_EQ(one("v_frexp_exp_i32_f32 v128, v64", {f(kInf)}), 0u);
}

TEST_P(Arithmetic, Approximations) {
  EXPECT_EQ(real("v_rcp_f32 v128, v64", {4}), 0.25);
  EXPECT_EQ(real("v_rcp_f32 v128, v64", {-0.0f}), -kInf);
  EXPECT_EQ(real("v_rsq_f32 v128, v64", {16}), 0.25);
  EXPECT_EQ(real("v_sqrt_f32 v128, v64", {6.25}), 2.5);
  EXPECT_EQ(real("v_exp_f32 v128, v64", {-3}), 0.125);
  EXPECT_EQ(real("v_log_f32 v128, v64", {8}), 3);
  EXPECT_EQ(real("v_log_f32 v128, v64", {0}), -kInf);
  EXPECT_NEAR(real("v_sin_f32 v128, v64", {0.25}), 1, 1e-6);
  EXPECT_NEAR(real("v_cos_f32 v128, v64", {0.5}), -1, 1e-6);
}

/// The sequence by which compilers divide.
TEST_P(Arithmetic, Division) {
  std::string vcc = gfx9() ? "vcc" : "vcc_lo", null = gfx9() ? "s[8:9]" : "s8";
  std::string code = // v64 / v65
      "v_div_scale_f32 v2, " + null + ", v65, v65, v64\n" +
      "v_div_scale_f32 v3, " + vcc + ", v64, v65, v64\n" +
      "v_rcp_f32 v4, v2\n"
      "v_fma_f32 v5, -v2, v4, 1.0\n"
      "v_fma_f32 v4, v5, v4, v4\n"
      "v_mul_f32 v6, v3, v4\n"
      "v_fma_f32 v7, -v2, v6, v3\n"
      "v_fma_f32 v6, v7, v4, v6\n"
      "v_fma_f32 v7, -v2, v6, v3\n"
      "v_div_fmas_f32 v8, v7, v4, v6\n"
      "v_div_fixup_f32 v128, v8, v65, v64";
  const float cases[][2] = {{1, 3},
                            {-7, 0.1f},
                            {0x1.fffffep127f, 0x1p-20f},
                            {0x1p-126f, 3},
                            {0x1p-149f, 1},
                            {0x1p-140f, 0x1p-149f},
                            {0x1p127f, 3},
                            {1, 0x1p127f},
                            {3, 0x1.8p126f},
                            {1, 0},
                            {0, -1},
                            {kInf, 2},
                            {2, -kInf},
                            {-5, 0x1p-140f},
                            {0x1p-100f, 0x1.8p100f},
                            {0x1.234p-120f, 0x1.5p7f}};
  for (auto &c : cases)
    EXPECT_EQ(f(real(code, {c[0], c[1]})), f(c[0] / c[1]))
        << c[0] << " / " << c[1];
  EXPECT_TRUE(std::isnan(real(code, {0, 0})));
  EXPECT_TRUE(std::isnan(real(code, {kInf, kInf})));
}

TEST_P(Arithmetic, Doubles) {
  auto d = [](double x) {
    uint64_t r;
    memcpy(&r, &x, 8);
    return r;
  };
  auto in = [&](double a, double b, double c) {
    std::vector<uint32_t> r;
    for (double x : {a, b, c}) {
      r.push_back(uint32_t(d(x)));
      r.push_back(uint32_t(d(x) >> 32));
    }
    return r;
  };
  EXPECT_EQ(two("v_add_f64 v[128:129], v[64:65], v[66:67]", in(0.1, 0.2, 0)),
            d(0.1 + 0.2));
  EXPECT_EQ(
      two("v_fma_f64 v[128:129], v[64:65], -v[66:67], v[68:69]", in(3, 5, 1)),
      d(-14));
  // The other precision's rounding.
  Options o;
  o.round16 = 1;
  EXPECT_EQ(
      two("v_add_f64 v[128:129], v[64:65], v[66:67]", in(1, 0x1p-60, 0), o),
      d(1 + 0x1p-52));
  EXPECT_EQ(two("v_mul_f64 v[128:129], v[64:65], 0.5", in(3, 0, 0)), d(1.5));
  // A literal is the upper half.
  if (!gfx9())
    EXPECT_EQ(two("v_mul_f64 v[128:129], v[64:65], 0x40590000", in(3, 0, 0)),
              d(300));
  EXPECT_EQ(two("v_rndne_f64 v[128:129], v[64:65]", in(2.5, 0, 0)), d(2));
}

TEST_P(Arithmetic, PackedSingles) {
  if (!gfx9())
    return;
  EXPECT_EQ(two("v_pk_mul_f32 v[128:129], v[64:65], v[66:67]",
                {f(2), f(3), f(5), f(7)}),
            f(10) | uint64_t(f(21)) << 32);
  EXPECT_EQ(two("v_pk_add_f32 v[128:129], v[64:65], v[66:67] op_sel:[1,0] "
                "op_sel_hi:[0,0]",
                {f(2), f(3), f(5), f(7)}),
            f(8) | uint64_t(f(7)) << 32);
  EXPECT_EQ(two("v_pk_fma_f32 v[128:129], v[64:65], v[66:67], v[66:67] "
                "neg_lo:[1,0,0] neg_hi:[0,0,1]",
                {f(2), f(3), f(5), f(7)}),
            f(-5) | uint64_t(f(14)) << 32);
  EXPECT_EQ(two("v_pk_mov_b32 v[128:129], v[64:65], v[66:67] op_sel:[1,0]",
                {1, 2, 3, 4}),
            2 | uint64_t(3) << 32);
}

//===----------------------------------------------------------------------===//
// Halves
//===----------------------------------------------------------------------===//

TEST_P(Arithmetic, Halves) {
  std::string l = gfx9() ? "" : ".l";
  auto code = [&](const std::string &name, const std::string &rest) {
    return "v_mov_b32 v128, -1\n" + name + " v128" + l + ", v64" + l + rest;
  };
  // gfx9 clears the other half, gfx11 leaves it.
  uint32_t high = gfx9() ? 0 : 0xffff0000;
  EXPECT_EQ(one(code("v_add_f16", ", v65" + l), {0x3c00, 0x4000}),
            high | 0x4200);
  // 2048 + 1 is a tie, to even; 65504 + 16 becomes infinity.
  EXPECT_EQ(one(code("v_add_f16", ", v65" + l), {0x6800, 0x3c00}),
            high | 0x6800);
  EXPECT_EQ(one(code("v_add_f16", ", v65" + l), {0x7bff, 0x4c00}),
            high | 0x7c00);
  Options o;
  o.round16 = 3;
  EXPECT_EQ(one(code("v_add_f16", ", v65" + l), {0x7bff, 0x4c00}, o),
            high | 0x7bff);
  EXPECT_EQ(one(code("v_mul_f16", ", v65" + l), {0x0001, 0x3800}), high);
  Options flush;
  flush.denorm16 = 0;
  EXPECT_EQ(one(code("v_mul_f16", ", v65" + l), {0x0200, 0x3c00}),
            high | 0x200);
  EXPECT_EQ(one(code("v_mul_f16", ", v65" + l), {0x0200, 0x3c00}, flush), high);
  EXPECT_EQ(one(code("v_rcp_f16", ""), {0x4400}), high | 0x3400);
  EXPECT_EQ(one("v_pk_fma_f16 v128, v64, v65, v66",
                {0x40003c00, 0x42004000, 0x3c003c00}),
            0x47004200u);
  EXPECT_EQ(one("v_pk_add_f16 v128, v64, v65 op_sel:[1,0] op_sel_hi:[0,1]",
                {0x40003c00, 0x44000000}),
            0x45004000u);
  EXPECT_EQ(
      one("v_pk_mul_f16 v128, v64, v65 neg_lo:[1,0]", {0x40003c00, 0x40004000}),
      0x4400c000u);
  // An inline constant is in the low half only.
  EXPECT_EQ(one("v_pk_add_f16 v128, v64, 1.0", {0x40004000}), 0x40004200u);
  EXPECT_EQ(one("v_pk_add_f16 v128, v64, 1.0 op_sel_hi:[1,0]", {0x40004000}),
            0x42004200u);
}

TEST_P(Arithmetic, MixedPrecision) {
  // Halves are chosen by op_sel_hi, which half by op_sel.
  EXPECT_EQ(real("v_mov_b32 v66, 0x40003c00\n"
                 "v_fma_mix_f32 v128, v64, v66, v65 op_sel:[0,1,0] "
                 "op_sel_hi:[0,1,0]",
                 {3, 5}),
            11);
  EXPECT_EQ(one("v_mov_b32 v128, 0x11112222\n"
                "v_fma_mixhi_f16 v128, v64, v65, v65",
                {f(3), f(5)}),
            0x4d002222u); // 20
  EXPECT_EQ(one("v_mov_b32 v128, 0x11112222\n"
                "v_fma_mixlo_f16 v128, -v64, |v65|, v65",
                {f(3), f(-5)}),
            0x1111cd00u);
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
