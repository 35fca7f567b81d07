//===- RealsTest.cpp - single, double and half precision ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "CodeTest.h"
#include <cmath>

using namespace harness;

namespace {
class Reals : public CodeTest {};
} // namespace

constexpr uint32_t kTop = 0x80000000;
static const float kInf = INFINITY;

TEST_P(Reals, RealsRound) {
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

TEST_P(Reals, DenormalsAreFlushed) {
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

TEST_P(Reals, RealModifiers) {
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

TEST_P(Reals, MinAndMaxOfReals) {
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

TEST_P(Reals, FusedIsRoundedOnce) {
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

TEST_P(Reals, Rounding) {
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

TEST_P(Reals, Approximations) {
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
TEST_P(Reals, Division) {
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

TEST_P(Reals, Doubles) {
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

TEST_P(Reals, PackedSingles) {
  if (!gfx9())
    return;
  EXPECT_EQ(two("v_pk_mul_f32 v[128:129], v[64:65], v[66:67]",
                {f(2), f(3), f(5), f(7)}),
            f(10) | uint64_t(f(21)) << 32);
  EXPECT_EQ(two("v_pk_add_f32 v[128:129], v[64:65], v[66:67] op_sel:[1,0] "
                "op_sel_hi:[0,0]",
                {f(2), f(3), f(5), f(7)}),
            f(8) | uint64_t(f(7)) << 32);
  EXPECT_EQ(two("v_pk_mul_f32 v[128:129], v[64:65], 0.5 op_sel_hi:[1,0]",
                {f(2), f(3), 0, 0}),
            f(1) | uint64_t(f(1.5)) << 32);
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

TEST_P(Reals, Halves) {
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

TEST_P(Reals, MixedPrecision) {
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

INSTANTIATE_TEST_SUITE_P(Chips, Reals, testing::ValuesIn(kChips),
                         [](const auto &i) { return nameOf(i.param); });
