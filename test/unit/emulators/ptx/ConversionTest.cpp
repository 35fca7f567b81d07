//===- ConversionTest.cpp - cvt at its edges ------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include <cmath>

using namespace harness;

namespace {
struct IntegerType {
  const char *name;
  int bits;
  bool isSigned;
};
const IntegerType kIntegers[] = {{"u8", 8, false},   {"s8", 8, true},
                                 {"u16", 16, false}, {"s16", 16, true},
                                 {"u32", 32, false}, {"s32", 32, true},
                                 {"u64", 64, false}, {"s64", 64, true}};
} // namespace

static char letterOf(int bits) {
  return bits == 64 ? 'd' : bits == 32 ? 'r' : 'h';
}
static uint64_t maskOf(int bits) {
  return bits == 64 ? ~0ull : (1ull << bits) - 1;
}
static __int128 lowest(const IntegerType &t) {
  return t.isSigned ? -(__int128(1) << (t.bits - 1)) : 0;
}
static __int128 greatest(const IntegerType &t) {
  return (__int128(1) << (t.bits - t.isSigned)) - 1;
}
/// The value that `bits` are of a type.
static __int128 valueOf(uint64_t bits, const IntegerType &t) {
  __int128 v = bits & maskOf(t.bits);
  return t.isSigned && v > greatest(t) ? v - (__int128(1) << t.bits) : v;
}
static std::string one(const std::string &mnemonic) {
  return mnemonic + " $0, $1;";
}

// Every pair of types, with and without .sat, at the edges of both.
TEST(PtxConversion, Integers) {
  Values edges = {0, 1, ~0ull};
  for (int bits : {7, 8, 15, 16, 31, 32, 63})
    for (int by : {-1, 0, 1}) {
      edges.push_back((1ull << bits) + by);
      edges.push_back(0 - (1ull << bits) + by);
    }
  std::vector<Values> cases;
  for (uint64_t e : edges)
    cases.push_back({e});
  for (const IntegerType &to : kIntegers)
    for (const IntegerType &from : kIntegers)
      for (bool sat : {false, true}) {
        // ptxas refuses .sat where all values fit.
        if (sat && lowest(to) <= lowest(from) && greatest(to) >= greatest(from))
          continue;
        std::string types = {letterOf(to.bits), '=', letterOf(from.bits)};
        std::string name =
            std::string(sat ? "cvt.sat." : "cvt.") + to.name + "." + from.name;
        Values got = evaluate(one(name), types, cases);
        for (size_t k = 0; k < edges.size(); ++k) {
          __int128 v = valueOf(edges[k], from);
          if (sat)
            v = v < lowest(to)     ? lowest(to)
                : v > greatest(to) ? greatest(to)
                                   : v;
          // The register of 8 bits has 16: the sign fills them.
          int bits = to.bits == 8 ? 16 : to.bits;
          uint64_t expected = uint64_t(valueOf(uint64_t(v), to)) & maskOf(bits);
          EXPECT_EQ(got[k], expected) << name << std::hex << " " << edges[k];
        }
      }
}

TEST(PtxConversion, RealsToIntegers) {
  const double reals[] = {
      0.0,   -0.0,    0.5,      -0.5,        1.5,          2.5,         -1.5,
      -2.5,  0.49,    126.5,    127.5,       128.0,        -128.5,      255.5,
      256.,  65535.5, -32768.5, 2147483648., -2147483649., 4294967296., 1e19,
      -1e19, 1e30,    INFINITY, -INFINITY,   1e-40};
  struct {
    const char *name;
    double (*round)(double);
  } modes[] = {{"rni", [](double v) { return std::nearbyint(v); }},
               {"rzi", [](double v) { return std::trunc(v); }},
               {"rmi", [](double v) { return std::floor(v); }},
               {"rpi", [](double v) { return std::ceil(v); }}};
  std::vector<Values> singles, doubles;
  for (double v : reals) {
    singles.push_back({bitsOf(float(v))});
    doubles.push_back({bitsOf(v)});
  }
  for (const IntegerType &to : kIntegers)
    for (const auto &m : modes)
      for (bool isDouble : {false, true}) {
        std::string name = std::string("cvt.") + m.name + "." + to.name +
                           (isDouble ? ".f64" : ".f32");
        std::string types = {letterOf(to.bits), '=', isDouble ? 'd' : 'r'};
        Values got = evaluate(one(name), types, isDouble ? doubles : singles);
        for (size_t k = 0; k < std::size(reals); ++k) {
          double v = m.round(isDouble ? reals[k] : double(float(reals[k])));
          __int128 r = v <= -1e20  ? lowest(to)
                       : v >= 1e20 ? greatest(to)
                                   : __int128(v);
          r = r < lowest(to) ? lowest(to) : r > greatest(to) ? greatest(to) : r;
          int bits = to.bits == 8 ? 16 : to.bits;
          EXPECT_EQ(got[k], uint64_t(r) & maskOf(bits))
              << name << " " << reals[k];
        }
      }
  // What is no number: 0, but the top bit where 64 bits take part.
  EXPECT_EQ(evaluateOne(one("cvt.rzi.s32.f32"), "r=r", {0x7fffffff}), 0u);
  EXPECT_EQ(evaluateOne(one("cvt.rzi.s64.f32"), "d=r", {0x7fffffff}),
            1ull << 63);
  EXPECT_EQ(evaluateOne(one("cvt.rzi.u64.f32"), "d=r", {0x7fffffff}),
            1ull << 63);
  EXPECT_EQ(evaluateOne(one("cvt.rzi.s32.f64"), "r=d", {~0ull}), 0x80000000u);
  // .ftz: the denormal is 0 before it is rounded up.
  EXPECT_EQ(evaluateOne(one("cvt.rpi.s32.f32"), "r=r", {1}), 1u);
  EXPECT_EQ(evaluateOne(one("cvt.rpi.ftz.s32.f32"), "r=r", {1}), 0u);
}

TEST(PtxConversion, IntegersToReals) {
  struct {
    const char *name, *types;
    uint64_t source, expected;
  } cases[] = {
      {"cvt.rn.f32.s32", "r=r", 16777217, 0x4b800000},
      {"cvt.rp.f32.s32", "r=r", 16777217, 0x4b800001},
      {"cvt.rz.f32.s32", "r=r", uint32_t(-16777217), 0xcb800000},
      {"cvt.rm.f32.s32", "r=r", uint32_t(-16777217), 0xcb800001},
      {"cvt.rn.f32.u32", "r=r", 0xffffffff, 0x4f800000},
      {"cvt.rz.f32.u32", "r=r", 0xffffffff, 0x4f7fffff},
      {"cvt.rn.f32.u64", "r=d", ~0ull, 0x5f800000},
      {"cvt.rn.f64.s64", "d=d", (1ull << 53) + 1, 0x4340000000000000},
      {"cvt.rp.f64.s64", "d=d", (1ull << 53) + 1, 0x4340000000000001},
      {"cvt.rn.f32.s8", "r=h", 0x80, 0xc3000000},
      {"cvt.rn.f32.u16", "r=h", 0xffff, 0x477fff00},
      {"cvt.rn.f16.s32", "h=r", 2049, 0x6800},
      {"cvt.rn.f16.s32", "h=r", 65520, 0x7c00},
      {"cvt.rz.f16.s32", "h=r", 65520, 0x7bff},
      {"cvt.rn.f16.s32", "h=r", uint32_t(-2051), 0xe802},
      // Half a step of bf16 and one more, which f64 does not hold.
      {"cvt.rn.bf16.u64", "h=d", (257ull << 54) + 1, 0x5e81},
      {"cvt.rn.bf16.u64", "h=d", 257ull << 54, 0x5e80},
  };
  for (const auto &c : cases)
    EXPECT_EQ(evaluateOne(one(c.name), c.types, {c.source}), c.expected)
        << c.name << " " << c.source;
}

TEST(PtxConversion, Reals) {
  struct {
    const char *name, *types;
    uint64_t source, expected;
  } cases[] = {
      {"cvt.rn.f32.f64", "r=d", bitsOf(1 + 0x1p-24), 0x3f800000},
      {"cvt.rp.f32.f64", "r=d", bitsOf(1 + 0x1p-24), 0x3f800001},
      {"cvt.rn.f32.f64", "r=d", bitsOf(1e300), 0x7f800000},
      {"cvt.rz.f32.f64", "r=d", bitsOf(1e300), 0x7f7fffff},
      {"cvt.rm.f32.f64", "r=d", bitsOf(-1e-300), 0x80000001},
      {"cvt.rn.ftz.f32.f64", "r=d", bitsOf(0x1p-130), 0},
      {"cvt.f64.f32", "d=r", 1, bitsOf(0x1p-149)},
      {"cvt.rn.f16.f32", "h=r", bitsOf(65519.f), 0x7bff},
      {"cvt.rn.f16.f32", "h=r", bitsOf(65520.f), 0x7c00},
      {"cvt.rz.f16.f32", "h=r", bitsOf(1e9f), 0x7bff},
      {"cvt.rn.f16.f32", "h=r", bitsOf(0x1p-25f), 0},
      {"cvt.rn.f16.f32", "h=r", bitsOf(0x1.8p-25f), 1},
      {"cvt.rn.f16.f32", "h=r", bitsOf(-0.0f), 0x8000},
      {"cvt.rn.f16.f32", "h=r", 0xffc00000, 0x7fff},
      {"cvt.rn.f16.f32", "h=r", bitsOf(0x1p-14f), 0x0400},
      {"cvt.rn.relu.f16.f32", "h=r", bitsOf(-3.f), 0},
      {"cvt.rn.f16.f64", "h=d", bitsOf(1 + 0x1p-11 + 0x1p-50), 0x3c01},
      {"cvt.rn.bf16.f32", "h=r", 0x3f808000, 0x3f80},
      {"cvt.rn.bf16.f32", "h=r", 0x3f818000, 0x3f82},
      {"cvt.rn.bf16.f32", "h=r", 0x7f7fffff, 0x7f80},
      {"cvt.rz.bf16.f32", "h=r", 0x7f7fffff, 0x7f7f},
      {"cvt.f32.f16", "r=h", 1, bitsOf(0x1p-24f)},
      {"cvt.f32.f16", "r=h", 0x7c00, 0x7f800000},
      {"cvt.f32.f16", "r=h", 0xfbff, bitsOf(-65504.f)},
      {"cvt.f32.bf16", "r=h", 0x8001, 0x80010000},
      {"cvt.f64.f16", "d=h", 0x3555, bitsOf(0x1.554p-2)},
      {"cvt.sat.f32.f32", "r=r", bitsOf(1.5f), bitsOf(1.f)},
      {"cvt.sat.f32.f32", "r=r", bitsOf(-1.5f), 0},
      {"cvt.sat.f32.f32", "r=r", 0x7fc00000, 0},
      {"cvt.rni.f32.f32", "r=r", bitsOf(2.5f), bitsOf(2.f)},
      {"cvt.rni.f32.f32", "r=r", bitsOf(-0.5f), 0x80000000},
      {"cvt.rpi.f32.f32", "r=r", bitsOf(2.1f), bitsOf(3.f)},
      {"cvt.rmi.f64.f64", "d=d", bitsOf(-2.1), bitsOf(-3.)},
      {"cvt.rzi.f32.f32", "r=r", bitsOf(-2.9f), bitsOf(-2.f)},
      {"cvt.rni.f16.f16", "h=h", 0x3e00, 0x4000},
  };
  for (const auto &c : cases)
    EXPECT_EQ(evaluateOne(one(c.name), c.types, {c.source}), c.expected)
        << c.name << std::hex << " " << c.source;
  EXPECT_EQ(evaluateOne("cvt.rn.f16x2.f32 $0, $1, $2;", "r=rr",
                        {bitsOf(1.f), bitsOf(-2.f)}),
            0x3c00c000u);
  EXPECT_EQ(evaluateOne("cvt.rn.relu.bf16x2.f32 $0, $1, $2;", "r=rr",
                        {bitsOf(1.f), bitsOf(-2.f)}),
            0x3f800000u);
}

// All halves go to f32 and back unchanged.
TEST(PtxConversion, HalvesThereAndBack) {
  std::vector<Values> cases;
  for (unsigned h = 0; h < 0x10000; h += 7)
    cases.push_back({h});
  for (const char *type : {"f16", "bf16"}) {
    std::string t = type;
    Values got =
        evaluate("cvt.f32." + t + " %f20, $1;\ncvt.rn." + t + ".f32 $0, %f20;",
                 "h=h", cases);
    for (size_t k = 0; k < cases.size(); ++k) {
      unsigned h = cases[k][0], exponent = t == "f16" ? 0x7c00 : 0x7f80;
      bool none = (h & exponent) == exponent && h & 0x7fff & ~exponent;
      EXPECT_EQ(got[k], none ? 0x7fff : h) << type << h;
    }
  }
}
