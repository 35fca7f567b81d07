//===- ConversionTest.cpp - conversions and comparisons -------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include <cmath>

using namespace harness;

namespace {
/// Values in lanes, and what becomes of each.
struct Case {
  std::vector<uint32_t> from, to;
};
class Conversion : public testing::TestWithParam<Chip> {
protected:
  void expect(const std::string &code, const Case &c, const Options &o = {}) {
    Lanes r = evaluate1(GetParam(), code, {c.from}, o);
    for (size_t l = 0; l < c.from.size(); ++l)
      EXPECT_EQ(r[l], c.to[l]) << code << " of 0x" << std::hex << c.from[l]
                               << " on " << nameOf(GetParam());
  }
  bool gfx9() { return GetParam() == Chip::Gfx942; }
};
} // namespace

static const float kInf = INFINITY;
constexpr uint32_t kNan = 0x7fc00000;

TEST_P(Conversion, SinglesToIntegers) {
  expect("v_cvt_i32_f32 v128, v64",
         {{f(0.9f), f(-0.9f), f(-2.5f), f(2147483520.0f), f(0x1p31f),
           f(-0x1p31f), f(-0x1.000002p31f), f(kInf), f(-kInf), kNan},
          {0, 0, uint32_t(-2), 2147483520, 0x7fffffff, 0x80000000, 0x80000000,
           0x7fffffff, 0x80000000, 0}});
  expect("v_cvt_u32_f32 v128, v64",
         {{f(0.9f), f(-0.9f), f(-2.5f), f(0x1p31f), f(4294967040.0f),
           f(0x1p32f), f(kInf), f(-kInf), kNan},
          {0, 0, 0, 0x80000000, 4294967040u, 0xffffffff, 0xffffffff, 0, 0}});
  expect("{v_cvt_flr_i32_f32|v_cvt_floor_i32_f32} v128, v64",
         {{f(-0.5f), f(1.5f), f(1e10f)}, {uint32_t(-1), 1, 0x7fffffff}});
  expect("{v_cvt_rpi_i32_f32|v_cvt_nearest_i32_f32} v128, v64",
         {{f(-0.5f), f(1.5f), f(-1.75f)}, {0, 2, uint32_t(-2)}});
}

TEST_P(Conversion, IntegersToSingles) {
  // 2^24 + 1 is a tie, 2^24 + 3 as well.
  expect("v_cvt_f32_i32 v128, v64",
         {{0x80000000, uint32_t(-1), 0x1000001, 0x1000003, 0x7fffffff},
          {f(-0x1p31f), f(-1), f(0x1p24f), f(16777220.0f), f(0x1p31f)}});
  expect("v_cvt_f32_u32 v128, v64", {{0x80000000, 0xffffffff, 0x1000001},
                                     {f(0x1p31f), f(0x1p32f), f(0x1p24f)}});
  Options down;
  down.round32 = 2;
  expect("v_cvt_f32_u32 v128, v64",
         {{0xffffffff, 0x1000003}, {f(4294967040.0f), f(16777218.0f)}}, down);
  expect("v_cvt_f32_ubyte0 v128, v64", {{0x44332211}, {f(0x11)}});
  expect("v_cvt_f32_ubyte1 v128, v64", {{0x44332211}, {f(0x22)}});
  expect("v_cvt_f32_ubyte2 v128, v64", {{0x44332211}, {f(0x33)}});
  expect("v_cvt_f32_ubyte3 v128, v64", {{0xff332211}, {f(255)}});
  expect("v_cvt_off_f32_i4 v128, v64",
         {{7, 8, 0x1f}, {f(0.4375f), f(-0.5f), f(-0.0625f)}});
}

TEST_P(Conversion, Halves) {
  std::string l = gfx9() ? "" : ".l";
  std::string down = "v_mov_b32 v128, 0\nv_cvt_f16_f32 v128" + l + ", v64";
  Case edges{
      {f(1), f(65519.0f), f(65520.0f), f(-kInf), f(0x1p-24f), f(0x1p-25f),
       f(0x1.8p-25f), f(1 + 0x1p-11f), f(1 + 0x3p-11f)},
      {0x3c00, 0x7bff, 0x7c00, 0xfc00, 0x0001, 0x0000, 0x0001, 0x3c00, 0x3c02}};
  expect(down, edges);
  Options up, zero;
  up.round16 = 1;
  zero.round16 = 3;
  expect(down, {{f(65519.0f), f(-65519.0f), f(0x1p-30f)}, {0x7c00, 0xfbff, 1}},
         up);
  expect(down, {{f(1e9f), f(0x1.ffcp-15f)}, {0x7bff, 0x03ff}}, zero);
  expect("v_cvt_f32_f16 v128, v64" + l,
         {{0x3c00, 0x7c00, 0x0001, 0x8000, 0x03ff, 0x7bff},
          {f(1), f(kInf), f(0x1p-24f), 0x80000000, f(0x1.ff8p-15f), f(65504)}});
  expect("v_mov_b32 v128, 0\nv_cvt_u16_f16 v128" + l + ", v64" + l,
         {{0x7c00, 0xbc00, 0x4247, 0x7e00}, {0xffff, 0, 3, 0}});
  expect("v_mov_b32 v128, 0\nv_cvt_i16_f16 v128" + l + ", v64" + l,
         {{0x7c00, 0xfc00, 0xc247, 0x7e00}, {0x7fff, 0x8000, 0xfffd, 0}});
  expect("v_mov_b32 v128, 0\nv_cvt_f16_u16 v128" + l + ", v64" + l,
         {{0xffff, 2049}, {0x7c00, 0x6800}});
  expect("v_mov_b32 v128, 0\nv_cvt_f16_i16 v128" + l + ", v64" + l,
         {{0xffff, 0x8000}, {0xbc00, 0xf800}});
}

TEST_P(Conversion, Packs) {
  std::string rtz = gfx9() ? "v_cvt_pkrtz_f16_f32" : "v_cvt_pk_rtz_f16_f32";
  expect(rtz + " v128, v64, 2.0", {{f(1 + 0x3p-11f), f(1e9f), f(-1e-9f)},
                                   {0x40003c01, 0x40007bff, 0x40008000}});
  expect("v_cvt_pk_i16_i32 v128, v64, -1",
         {{40000, uint32_t(-40000), 5}, {0xffff7fff, 0xffff8000, 0xffff0005}});
  expect("v_cvt_pk_u16_u32 v128, v64, 1", {{70000, 5}, {0x1ffff, 0x10005}});
  expect("v_mov_b32 v128, 0\nv_sat_pk_u8_i16 v128{|.l}, v64",
         {{0x0100ffff, 0x00ff0001}, {0xff00, 0xff01}});
}

TEST_P(Conversion, Doubles) {
  expect("v_cvt_f64_f32 v[2:3], v64\nv_cvt_f32_f64 v128, v[2:3]",
         {{f(0.1f), f(-kInf), 1}, {f(0.1f), f(-kInf), 1}});
  expect("v_cvt_f64_i32 v[2:3], v64\nv_cvt_i32_f64 v128, v[2:3]",
         {{0x80000000, 0x7fffffff}, {0x80000000, 0x7fffffff}});
  expect("v_cvt_f64_u32 v[2:3], v64\nv_cvt_i32_f64 v128, v[2:3]",
         {{0xffffffff, 0x7fffffff}, {0x7fffffff, 0x7fffffff}});
  expect("v_cvt_f64_i32 v[2:3], v64\nv_cvt_u32_f64 v128, v[2:3]",
         {{0xffffffff, 0x7fffffff}, {0, 0x7fffffff}});
  // 2^31 - 0.5 truncates to the largest integer.
  expect("v_cvt_f64_f32 v[2:3], v64\nv_add_f64 v[2:3], v[2:3], -0.5\n"
         "v_cvt_i32_f64 v128, v[2:3]",
         {{f(0x1p31f), f(-0x1p31f)}, {0x7fffffff, 0x80000000}});
}

//===----------------------------------------------------------------------===//
// Comparisons
//===----------------------------------------------------------------------===//

TEST_P(Conversion, Comparisons) {
  // lt, eq, le, gt, lg, ge, o, u, nge, nlg, ngt, nle, neq, nlt of (1, 2),
  // (2, 2), (3, 2), (NaN, 2): one bit each.
  struct {
    const char *name;
    unsigned bits;
  } cases[] = {{"lt", 1},   {"eq", 2},   {"le", 3},   {"gt", 4},  {"lg", 5},
               {"ge", 6},   {"o", 7},    {"u", 8},    {"nge", 9}, {"nlg", 10},
               {"ngt", 11}, {"nle", 12}, {"neq", 13}, {"nlt", 14}};
  for (auto &c : cases) {
    std::string code = std::string("v_cmp_") + c.name +
                       "_f32 {vcc|vcc_lo}, v64, 2.0\nv_mov_b32 v128, vcc_lo";
    Lanes r = evaluate1(GetParam(), code, {{f(1), f(2), f(3), kNan}});
    EXPECT_EQ(r[0], c.bits * 0x11111111u) << c.name;
  }
}

TEST_P(Conversion, ComparisonsOfIntegers) {
  // (-1, 0), (0, 0), (0, 1), (1, 0): one bit each; -1 is the largest unsigned.
  struct {
    const char *name;
    unsigned bits;
  } cases[] = {{"lt_i32", 0b0101}, {"lt_u32", 0b0100}, {"ge_i32", 0b1010},
               {"ne_u32", 0b1101}, {"le_i32", 0b0111}, {"gt_u32", 0b1001},
               {"eq_i32", 0b0010}, {"lt_i16", 0b0101}, {"lt_u16", 0b0100}};
  for (auto &c : cases) {
    bool half = c.name[4] == '1' && !gfx9();
    std::string l = half ? ".l" : "";
    std::string code = std::string("v_cmp_") + c.name + " {vcc|vcc_lo}, v64" +
                       l + ", v65" + l + "\nv_mov_b32 v128, vcc_lo";
    Lanes r =
        evaluate1(GetParam(), code, {{0xffffffff, 0, 0, 1}, {0, 0, 1, 0}});
    EXPECT_EQ(r[0], c.bits * 0x11111111u) << c.name;
  }
}

TEST_P(Conversion, ComparisonsOfLanesThatAreOffAreZero) {
  Lanes r = evaluate1(GetParam(),
                      "{s_mov_b64 exec|s_mov_b32 exec_lo}, 6\n"
                      "v_cmp_eq_u32 {vcc|vcc_lo}, v64, v64\n"
                      "{s_mov_b64 exec|s_mov_b32 exec_lo}, -1\n"
                      "v_mov_b32 v128, vcc_lo",
                      {{1}});
  EXPECT_EQ(r[0], 6u);
}

TEST_P(Conversion, ComparisonsThatWriteExec) {
  std::string compare =
      gfx9() ? "v_cmpx_gt_u32 vcc, 5, v0" : "v_cmpx_gt_u32 5, v0";
  Lanes r = evaluate1(GetParam(),
                      "v_mov_b32 v128, 7\n" + compare +
                          "\nv_mov_b32 v128, 9\n"
                          "{s_mov_b64 exec|s_mov_b32 exec_lo}, -1",
                      {{1}});
  for (unsigned l = 0; l < r.size(); ++l)
    EXPECT_EQ(r[l], l < 5 ? 9u : 7u);
}

TEST_P(Conversion, Classes) {
  const uint32_t values[] = {0x7f800001, 0x7fc00000, 0xff800000, 0xbf800000,
                             0x80000001, 0x80000000, 0,          1,
                             0x3f800000, 0x7f800000};
  for (unsigned k = 0; k < 10; ++k)
    for (unsigned mask = 0; mask < 10; ++mask) {
      Lanes r = evaluate1(GetParam(),
                          "v_cmp_class_f32 {vcc|vcc_lo}, v64, v65\n"
                          "v_mov_b32 v128, vcc_lo",
                          {{values[k]}, {1u << mask}});
      ASSERT_EQ(r[0], k == mask ? 0xffffffffu : 0u) << k << " " << mask;
    }
}

INSTANTIATE_TEST_SUITE_P(Chips, Conversion, testing::ValuesIn(kChips),
                         [](const auto &i) { return nameOf(i.param); });
