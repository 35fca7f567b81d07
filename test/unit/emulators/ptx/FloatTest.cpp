//===- FloatTest.cpp - real arithmetic at its edges -----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include <cmath>

using namespace harness;

namespace {
struct Case {
  const char *text, *types;
  Values sources;
  uint64_t expected;
};
constexpr uint64_t kOne = 0x3f800000, kNone = 0x7fffffff, kInf = 0x7f800000;
} // namespace

static void check(const std::vector<Case> &cases) {
  for (const Case &c : cases)
    EXPECT_EQ(evaluateOne(c.text, c.types, c.sources), c.expected)
        << c.text << std::hex << " of " << c.sources[0];
}

TEST(PtxFloat, Rounding) {
  const uint64_t tiny = bitsOf(0x1p-30f);
  check({
      {"add.rn.f32 $0, $1, $2;", "r=rr", {kOne, tiny}, kOne},
      {"add.rz.f32 $0, $1, $2;", "r=rr", {kOne, tiny}, kOne},
      {"add.rm.f32 $0, $1, $2;", "r=rr", {kOne, tiny}, kOne},
      {"add.rp.f32 $0, $1, $2;", "r=rr", {kOne, tiny}, kOne + 1},
      {"sub.rm.f32 $0, $1, $2;", "r=rr", {kOne, tiny}, kOne - 1},
      {"sub.rz.f32 $0, $1, $2;", "r=rr", {kOne, tiny}, kOne - 1},
      {"sub.rp.f32 $0, $1, $2;", "r=rr", {kOne, tiny}, kOne},
      {"mul.rp.f32 $0, $1, $2;", "r=rr", {kOne + 1, kOne + 1}, kOne + 3},
      {"mul.rz.f32 $0, $1, $2;", "r=rr", {kOne + 1, kOne + 1}, kOne + 2},
      {"div.rn.f32 $0, $1, $2;", "r=rr", {kOne, bitsOf(3.f)}, 0x3eaaaaab},
      {"div.rz.f32 $0, $1, $2;", "r=rr", {kOne, bitsOf(3.f)}, 0x3eaaaaaa},
      {"rcp.rp.f32 $0, $1;", "r=r", {bitsOf(3.f)}, 0x3eaaaaab},
      {"rcp.rm.f32 $0, $1;", "r=r", {bitsOf(3.f)}, 0x3eaaaaaa},
      {"sqrt.rn.f32 $0, $1;", "r=r", {bitsOf(2.f)}, 0x3fb504f3},
      {"sqrt.rp.f32 $0, $1;", "r=r", {bitsOf(2.f)}, 0x3fb504f4},
      // One rounding: the product's last bit is what is left.
      {"fma.rn.f32 $0, $1, $2, $3;",
       "r=rrr",
       {kOne + 1, kOne + 1, bitsOf(-1.f - 0x1p-22f)},
       bitsOf(0x1p-46f)},
      {"add.rp.f64 $0, $1, $2;",
       "d=dd",
       {bitsOf(1.0), bitsOf(0x1p-60)},
       bitsOf(1.0) + 1},
      {"fma.rm.f64 $0, $1, $2, $3;",
       "d=ddd",
       {bitsOf(1.0), bitsOf(1.0), bitsOf(-0x1p-60)},
       bitsOf(1.0) - 1},
      {"mul.rz.f32 $0, $1, $2;", "r=rr", {0x7f7fffff, kOne + 1}, 0x7f7fffff},
      {"mul.rn.f32 $0, $1, $2;", "r=rr", {0x7f7fffff, kOne + 1}, kInf},
  });
}

TEST(PtxFloat, SpecialValues) {
  check({
      {"add.f32 $0, $1, $2;", "r=rr", {kInf, kInf | 1u << 31}, kNone},
      {"mul.f32 $0, $1, $2;", "r=rr", {kInf, 0}, kNone},
      {"add.f32 $0, $1, $2;", "r=rr", {0xffc12345, kOne}, kNone},
      {"div.rn.f32 $0, $1, $2;", "r=rr", {kOne, 0x80000000}, kInf | 1u << 31},
      {"sqrt.rn.f32 $0, $1;", "r=r", {bitsOf(-1.f)}, kNone},
      {"sqrt.rn.f32 $0, $1;", "r=r", {0x80000000}, 0x80000000},
      {"add.sat.f32 $0, $1, $2;", "r=rr", {kOne, kOne}, kOne},
      {"sub.sat.f32 $0, $1, $2;", "r=rr", {0, kOne}, 0},
      {"add.sat.f32 $0, $1, $2;", "r=rr", {kNone, kOne}, 0},
      {"min.f32 $0, $1, $2;", "r=rr", {kNone, kOne}, kOne},
      {"min.NaN.f32 $0, $1, $2;", "r=rr", {kNone, kOne}, kNone},
      {"max.f32 $0, $1, $2;", "r=rr", {0xffc00000, 0x7fc00001}, kNone},
      {"min.f32 $0, $1, $2;", "r=rr", {0, 0x80000000}, 0x80000000},
      {"max.f32 $0, $1, $2;", "r=rr", {0x80000000, 0}, 0},
      {"max.f32 $0, $1, $2, $3;", "r=rrr", {kOne, kInf, kNone}, kInf},
      {"min.f32 $0, $1, $2, $3;", "r=rrr", {kNone, kInf, kOne}, kOne},
      {"min.NaN.f32 $0, $1, $2, $3;", "r=rrr", {kOne, kInf, kNone}, kNone},
      {"max.xorsign.abs.f32 $0, $1, $2;",
       "r=rr",
       {bitsOf(-3.f), bitsOf(2.f)},
       bitsOf(-3.f)},
      {"copysign.f32 $0, $1, $2;", "r=rr", {bitsOf(-3.f), kOne}, bitsOf(-1.f)},
      {"neg.f32 $0, $1;", "r=r", {0}, 0x80000000},
      {"abs.f32 $0, $1;", "r=r", {0x80000001}, 1},
      {"testp.subnormal.f32 $0, $1;", "p=r", {1}, 1},
      {"testp.normal.f32 $0, $1;", "p=r", {kOne}, 1},
      {"testp.finite.f32 $0, $1;", "p=r", {kInf}, 0},
      {"testp.infinite.f64 $0, $1;", "p=d", {0x7ff0000000000000}, 1},
      {"testp.notanumber.f32 $0, $1;", "p=r", {kNone}, 1},
      {"testp.number.f32 $0, $1;", "p=r", {kNone}, 0},
  });
}

TEST(PtxFloat, Denormals) {
  check({
      {"add.f32 $0, $1, $2;", "r=rr", {1, 1}, 2},
      {"add.ftz.f32 $0, $1, $2;", "r=rr", {1, 1}, 0},
      {"mul.f32 $0, $1, $2;", "r=rr", {0x00800000, bitsOf(0.5f)}, 0x00400000},
      {"mul.ftz.f32 $0, $1, $2;",
       "r=rr",
       {0x80800000, bitsOf(0.5f)},
       0x80000000},
      {"min.ftz.f32 $0, $1, $2;", "r=rr", {0x80000001, kOne}, 0x80000000},
      {"neg.ftz.f32 $0, $1;", "r=r", {1}, 0x80000000},
      {"setp.gt.f32 $0, $1, 0f00000000;", "p=r", {1}, 1},
      {"setp.gt.ftz.f32 $0, $1, 0f00000000;", "p=r", {1}, 0},
      {"set.gt.ftz.u32.f32 $0, $1, 0f00000000;", "r=r", {1}, 0},
      {"add.ftz.f16 $0, $1, $2;", "h=hh", {1, 0x3c00}, 0x3c00},
      {"add.f16 $0, $1, $2;", "h=hh", {1, 1}, 2},
      {"add.ftz.f16 $0, $1, $2;", "h=hh", {1, 1}, 0},
  });
}

// Every comparison of less, equal, greater and unordered operands.
TEST(PtxFloat, Comparisons) {
  struct {
    const char *name;
    bool less, equal, greater, unordered;
  } comparisons[] = {
      {"eq", 0, 1, 0, 0},  {"ne", 1, 0, 1, 0},  {"lt", 1, 0, 0, 0},
      {"le", 1, 1, 0, 0},  {"gt", 0, 0, 1, 0},  {"ge", 0, 1, 1, 0},
      {"equ", 0, 1, 0, 1}, {"neu", 1, 0, 1, 1}, {"ltu", 1, 0, 0, 1},
      {"leu", 1, 1, 0, 1}, {"gtu", 0, 0, 1, 1}, {"geu", 0, 1, 1, 1},
      {"num", 1, 1, 1, 0}, {"nan", 0, 0, 0, 1},
  };
  struct {
    const char *type, *types;
    uint64_t one, two, none;
  } formats[] = {
      {"f32", "p=rr", kOne, bitsOf(2.f), 0xffc00000},
      {"f64", "p=dd", bitsOf(1.0), bitsOf(2.0), ~0ull},
      {"f16", "p=hh", 0x3c00, 0x4000, 0x7e00},
      {"bf16", "p=hh", 0x3f80, 0x4000, 0x7fc0},
  };
  for (const auto &c : comparisons)
    for (const auto &f : formats) {
      std::string text =
          std::string("setp.") + c.name + "." + f.type + " $0, $1, $2;";
      Values got = evaluate(text, f.types,
                            {{f.one, f.two},
                             {f.two, f.two},
                             {f.two, f.one},
                             {f.none, f.one},
                             {f.one, f.none}});
      Values expected = {c.less, c.equal, c.greater, c.unordered, c.unordered};
      EXPECT_EQ(got, expected) << text;
    }
}

TEST(PtxFloat, Halves) {
  check({
      {"add.rn.f16 $0, $1, $2;", "h=hh", {0x3c00, 0x1000}, 0x3c00}, // a tie
      {"add.rn.f16 $0, $1, $2;", "h=hh", {0x3c01, 0x1000}, 0x3c02},
      {"mul.f16 $0, $1, $2;", "h=hh", {0x7bff, 0x4000}, 0x7c00},
      {"sub.f16x2 $0, $1, $2;", "r=rr", {0x3c003c00, 0x3c004000}, 0x0000bc00},
      {"fma.rn.f16 $0, $1, $2, $3;", "h=hhh", {0x3c01, 0x3c01, 0xbc02}, 0x0010},
      {"fma.rn.relu.f16 $0, $1, $2, $3;", "h=hhh", {0x3c00, 0xbc00, 0}, 0},
      {"add.sat.f16 $0, $1, $2;", "h=hh", {0x4000, 0}, 0x3c00},
      {"max.NaN.f16 $0, $1, $2;", "h=hh", {0x7e00, 0}, 0x7fff},
      {"max.f16 $0, $1, $2;", "h=hh", {0x7e00, 0x3c00}, 0x3c00},
      {"neg.f16x2 $0, $1;", "r=r", {0x3c00bc00}, 0xbc003c00},
      {"abs.bf16 $0, $1;", "h=h", {0xbf80}, 0x3f80},
      {"fma.rn.bf16 $0, $1, $2, $3;",
       "h=hhh",
       {0x3f80, 0x3f80, 0x3b80},
       0x3f80},
      // A tie that an addend of 2^-100 decides.
      {"fma.rn.bf16 $0, $1, $2, $3;",
       "h=hhh",
       {0x3f81, 0x3fc0, 0x0d80},
       0x3fc2},
      {"ex2.approx.f16 $0, $1;", "h=h", {0x4000}, 0x4400},
      {"tanh.approx.f16 $0, $1;", "h=h", {0}, 0},
  });
}

TEST(PtxFloat, Pairs) {
  uint64_t a = bitsOf(3.f) << 32 | kOne, b = bitsOf(-2.f) << 32 | kOne;
  check({
      {"add.rn.f32x2 $0, $1, $2;", "d=dd", {a, b}, kOne << 32 | bitsOf(2.f)},
      {"fma.rn.f32x2 $0, $1, $2, $1;",
       "d=dd",
       {a, b},
       bitsOf(-3.f) << 32 | bitsOf(2.f)},
  });
}

// Within the errors that the PTX ISA gives.
TEST(PtxFloat, Approximations) {
  struct {
    const char *name;
    double (*exact)(double);
    double relative, absolute;
  } functions[] = {
      {"rcp", [](double v) { return 1 / v; }, 0x1p-23, 0},
      {"sqrt", [](double v) { return std::sqrt(v); }, 0x1p-22, 0},
      {"rsqrt", [](double v) { return 1 / std::sqrt(v); }, 0x1p-22, 0},
      {"ex2", [](double v) { return std::exp2(v); }, 0x1p-22, 0},
      {"lg2", [](double v) { return std::log2(v); }, 0x1p-22, 0x1p-22},
      {"sin", [](double v) { return std::sin(v); }, 0, 0x1p-20},
      {"cos", [](double v) { return std::cos(v); }, 0, 0x1p-20},
      {"tanh", [](double v) { return std::tanh(v); }, 0x1p-11, 0},
  };
  for (const auto &f : functions)
    for (float v : {0.1f, 0.5f, 1.0f, 1.7f, 3.0f}) {
      uint32_t bits = static_cast<uint32_t>(evaluateOne(
          std::string(f.name) + ".approx.f32 $0, $1;", "r=r", {bitsOf(v)}));
      float got;
      memcpy(&got, &bits, 4);
      double exact = f.exact(v);
      EXPECT_LE(std::fabs(got - exact),
                f.relative * std::fabs(exact) + f.absolute)
          << f.name << v;
    }
  check({{"ex2.approx.ftz.f32 $0, $1;", "r=r", {bitsOf(-130.f)}, 0},
         {"rcp.approx.ftz.f32 $0, $1;", "r=r", {1}, kInf},
         {"lg2.approx.f32 $0, $1;", "r=r", {bitsOf(-1.f)}, kNone}});
}
