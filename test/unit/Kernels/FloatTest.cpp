//===- FloatTest.cpp - expanded float operations against the machine ------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a target does without its own instruction must give the bits of one that
// has it: half precision for all values there are, bf16 and fused multiply-add
// for values near the edges of the format and random ones.
//
//===----------------------------------------------------------------------===//
#include "test/unit/Kernels/KernelHarness.h"
#include "llvm/ADT/APFloat.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <random>

using namespace llvm;
using namespace tercet::test;

namespace {
constexpr int64_t kCount = 65536;

uint32_t toBits(float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return bits;
}
float fromBits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof(x));
  return x;
}

/// LLVM's own software floats are the reference.
uint32_t convert(uint32_t bits, const fltSemantics &from, unsigned width,
                 const fltSemantics &to) {
  APFloat value(from, APInt(width, bits));
  bool lost;
  value.convert(to, APFloat::rmNearestTiesToEven, &lost);
  return static_cast<uint32_t>(value.bitcastToAPInt().getZExtValue());
}

std::string getElementwise(StringRef from, StringRef to, StringRef body) {
  std::string x = ("tensor<65536x" + from + ">").str(),
              y = ("tensor<65536x" + to + ">").str();
  std::string id = "affine_map<(i) -> (i)>";
  return "func.func @k(%x: " + x + ") -> (" + y +
         ") {\n%e = tensor.empty() : " + y +
         "\n%r = linalg.generic {indexing_maps = [" + id + ", " + id +
         "], iterator_types = [\"parallel\"]} ins(%x : " + x +
         ") outs(%e : " + y + ") {\n^bb0(%v: " + from.str() +
         ", %o: " + to.str() + "):\n" + body.str() +
         "\nlinalg.yield %z : " + to.str() + "\n} -> " + y +
         "\nreturn %r : " + y + "\n}\n";
}

class Float : public testing::TestWithParam<std::string> {
protected:
  template <typename From, typename To>
  std::vector<To> run(const std::string &text, std::vector<From> &in) {
    std::vector<To> out(in.size());
    auto kernel = Kernel::compile(GetParam(), text);
    EXPECT_TRUE(kernel);
    if (kernel)
      kernel->run({in.data(), out.data()}, {});
    return out;
  }
  /// Random patterns and, among them, all exponents with mantissas around ties.
  static std::vector<float> getFloats(unsigned seed) {
    std::mt19937 random(seed);
    std::vector<float> values;
    for (uint32_t exponent = 0; exponent < 256; ++exponent)
      for (uint32_t mantissa : {0u, 1u, 0xfffu, 0x1000u, 0x1001u, 0x2fffu,
                                0x3000u, 0x3001u, 0x7fffu, 0x8000u, 0x8001u,
                                0x18000u, 0x7fefffu, 0x7ff000u, 0x7fffffu})
        for (uint32_t sign : {0u, 0x80000000u})
          values.push_back(fromBits(sign | exponent << 23 | mantissa));
    while (values.size() < static_cast<size_t>(kCount))
      values.push_back(fromBits(static_cast<uint32_t>(random())));
    return values;
  }
};
} // namespace

TEST_P(Float, HalfToFloat) {
  std::vector<uint16_t> in(kCount);
  for (int64_t i = 0; i < kCount; ++i)
    in[i] = static_cast<uint16_t>(i);
  auto out = run<uint16_t, uint32_t>(
      getElementwise("f16", "f32", "%z = arith.extf %v : f16 to f32"), in);
  for (int64_t i = 0; i < kCount; ++i)
    ASSERT_EQ(out[i],
              convert(in[i], APFloat::IEEEhalf(), 16, APFloat::IEEEsingle()))
        << i;
}

TEST_P(Float, FloatToHalf) {
  std::vector<float> in = getFloats(1);
  auto out = run<float, uint16_t>(
      getElementwise("f32", "f16", "%z = arith.truncf %v : f32 to f16"), in);
  for (int64_t i = 0; i < kCount; ++i)
    ASSERT_EQ(out[i], convert(toBits(in[i]), APFloat::IEEEsingle(), 32,
                              APFloat::IEEEhalf()))
        << std::hexfloat << in[i];
}

TEST_P(Float, HalfArithmeticRoundsEveryStep) {
  std::vector<uint16_t> in(kCount);
  for (int64_t i = 0; i < kCount; ++i)
    in[i] = static_cast<uint16_t>(i);
  auto out =
      run<uint16_t, uint16_t>(getElementwise("f16", "f16",
                                             "%0 = arith.mulf %v, %v : f16\n"
                                             "%z = arith.addf %0, %v : f16"),
                              in);
  for (int64_t i = 0; i < kCount; ++i) {
    APFloat x(APFloat::IEEEhalf(), APInt(16, in[i])), y = x;
    if (x.isNaN())
      continue;
    y.multiply(x, APFloat::rmNearestTiesToEven);
    y.add(x, APFloat::rmNearestTiesToEven);
    if (y.isNaN())
      continue;
    ASSERT_EQ(out[i], y.bitcastToAPInt().getZExtValue()) << i;
  }
}

TEST_P(Float, FloatToBFloat) {
  std::vector<float> in = getFloats(2);
  auto out = run<float, uint16_t>(
      getElementwise("f32", "bf16", "%z = arith.truncf %v : f32 to bf16"), in);
  for (int64_t i = 0; i < kCount; ++i) {
    if (std::isnan(in[i])) {
      EXPECT_EQ(out[i] & 0x7f80, 0x7f80);
      EXPECT_NE(out[i] & 0x7f, 0);
      continue;
    }
    ASSERT_EQ(out[i], convert(toBits(in[i]), APFloat::IEEEsingle(), 32,
                              APFloat::BFloat()))
        << std::hexfloat << in[i];
  }
}

TEST_P(Float, FusedMultiplyAdd) {
  std::vector<float> in = getFloats(3);
  auto out = run<float, float>(
      getElementwise("f32", "f32",
                     "%c = arith.constant 1.00000012 : f32\n"
                     "%d = arith.constant -0.333333343 : f32\n"
                     "%0 = math.fma %v, %c, %d : f32\n"
                     "%z = math.fma %0, %v, %v : f32"),
      in);
  for (int64_t i = 0; i < kCount; ++i) {
    float inner = std::fma(in[i], 1.00000012f, -0.333333343f);
    float expected = std::fma(inner, in[i], in[i]);
    if (std::isnan(expected))
      ASSERT_TRUE(std::isnan(out[i])) << std::hexfloat << in[i];
    else
      ASSERT_EQ(toBits(out[i]), toBits(expected)) << std::hexfloat << in[i];
  }
}

INSTANTIATE_TEST_SUITE_P(CPU, Float, testing::ValuesIn(getRunnableTargets()),
                         [](const auto &info) {
                           std::string name = info.param;
                           for (char &c : name)
                             if (!isalnum(static_cast<unsigned char>(c)))
                               c = '_';
                           return name;
                         });
