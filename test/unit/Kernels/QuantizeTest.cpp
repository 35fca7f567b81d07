//===- QuantizeTest.cpp - rows.quantize and rows.pack, to the bit ---------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Against loops written from the text of `ternary.quantize` and
// `ternary.linear`: values, scales and sums must be equal in every bit on every
// path.
//
//===----------------------------------------------------------------------===//
#include "test/unit/Kernels/KernelHarness.h"
#include "gtest/gtest.h"
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#ifdef __clang__
#pragma clang fp contract(off)
#endif

using namespace tercet::test;

namespace {
struct Mode {
  const char *name;
  bool absmax, hadamard, norm;
};
constexpr Mode kModes[] = {{"absmax", true, false, false},
                           {"absmax_norm", true, false, true},
                           {"absmean", false, false, false},
                           {"absmean_hadamard", false, true, false},
                           {"absmax_norm_hadamard", true, true, true}};
constexpr float kEps = 1e-5f;

struct Row {
  std::vector<int8_t> values;
  float scale;
  int32_t sum = 0;
};

/// 16 strided partial sums, then a tree.
float sumOf(const std::vector<float> &terms) {
  float lanes[16] = {};
  for (size_t i = 0; i < terms.size(); ++i)
    lanes[i % 16] += terms[i];
  for (int half = 8; half >= 1; half /= 2)
    for (int i = 0; i < half; ++i)
      lanes[i] += lanes[i + half];
  return lanes[0];
}

Row quantize(std::vector<float> x, const std::vector<float> &gain,
             const Mode &mode, int64_t paddedK) {
  float k = static_cast<float>(x.size());
  if (mode.norm) {
    std::vector<float> squares;
    for (float v : x)
      squares.push_back(v * v);
    float mean = sumOf(squares) / k;
    float inverse = 1.0f / std::sqrt(mean + kEps);
    for (size_t i = 0; i < x.size(); ++i) {
      float scaled = x[i] * inverse;
      x[i] = scaled * gain[i];
    }
  }
  if (mode.hadamard) {
    for (size_t half = 1; half < x.size(); half *= 2)
      for (size_t i = 0; i < x.size(); ++i)
        if (!(i & half)) {
          float a = x[i], b = x[i + half];
          x[i] = a + b;
          x[i + half] = a - b;
        }
    for (float &v : x)
      v /= std::sqrt(k);
  }
  std::vector<float> magnitudes;
  float top = 0.0f;
  for (float v : x) {
    magnitudes.push_back(std::fabs(v));
    top = std::fmax(top, std::fabs(v));
  }
  float g = std::fmax(mode.absmax ? top : sumOf(magnitudes) / k, 1e-5f);
  float numerator = mode.absmax ? 127.0f : std::sqrt(7.0f);
  float s = numerator / g;
  Row row;
  row.scale = g / numerator;
  row.values.resize(paddedK);
  for (size_t i = 0; i < x.size(); ++i) {
    float t = std::nearbyint(x[i] * s);
    float low = mode.absmax ? -128.0f : -8.0f,
          high = mode.absmax ? 127.0f : 7.0f;
    if (std::isnan(t))
      t = 0.0f;
    t = std::fmin(std::fmax(t, low), high);
    row.values[i] = static_cast<int8_t>(t);
    row.sum += row.values[i];
  }
  return row;
}

std::string getQuantizeText(const Mode &mode, int64_t k, int64_t paddedK) {
  std::string ks = std::to_string(k), ps = std::to_string(paddedK);
  std::string x = "tensor<?x" + ks + "xf32>", gain = "tensor<" + ks + "xf32>";
  std::string q = "tensor<?x" + ps + "xi8>", a = "tensor<?xf32>",
              s = "tensor<?xi32>";
  std::string rows = " {tercet.dims = array<i64: 0>}",
              both = " {tercet.dims = array<i64: 0, -1>}";
  return "func.func @k(%x: " + x + both +
         (mode.norm ? ", %g: " + gain : std::string()) + ", %m: index) -> (" +
         q + both + ", " + a + rows + ", " + s + rows + ") {\n" +
         "%q = tensor.empty(%m) : " + q + "\n%a = tensor.empty(%m) : " + a +
         "\n%s = tensor.empty(%m) : " + s + "\n%r:3 = rows.quantize <" +
         (mode.absmax ? "absmax_i8> " : "absmean_i4> ") +
         (mode.hadamard ? "hadamard " : "") + "eps(1.0e-5) ins(%x : " + x +
         (mode.norm ? ", %g : " + gain : std::string()) +
         ") outs(%q, %a, %s : " + q + ", " + a + ", " + s + ") -> " + q + ", " +
         a + ", " + s + "\nreturn %r#0, %r#1, %r#2 : " + q + ", " + a + ", " +
         s + "\n}\n";
}

class Quantize : public testing::TestWithParam<std::string> {
protected:
  void check(const Mode &mode, int64_t k, int64_t paddedK,
             const std::vector<std::vector<float>> &rows) {
    auto kernel =
        Kernel::compile(GetParam(), getQuantizeText(mode, k, paddedK));
    ASSERT_TRUE(kernel) << mode.name;
    std::vector<float> gain(k), flat, scales(rows.size());
    for (int64_t i = 0; i < k; ++i)
      gain[i] = 0.5f + 0.01f * static_cast<float>(i % 70);
    for (const std::vector<float> &row : rows)
      flat.insert(flat.end(), row.begin(), row.end());
    std::vector<int8_t> values(rows.size() * paddedK + 64, 99);
    std::vector<int32_t> sums(rows.size());
    std::vector<void *> buffers{flat.data()};
    if (mode.norm)
      buffers.push_back(gain.data());
    buffers.insert(buffers.end(), {values.data(), scales.data(), sums.data()});
    kernel->run(buffers, {static_cast<int64_t>(rows.size())}, 1);
    for (size_t r = 0; r < rows.size(); ++r) {
      Row expected = quantize(rows[r], gain, mode, paddedK);
      ASSERT_EQ(0, std::memcmp(&expected.scale, &scales[r], sizeof(float)))
          << mode.name << ", k " << k << ", row " << r << ": " << scales[r]
          << " for " << expected.scale;
      for (int64_t c = 0; c < paddedK; ++c)
        ASSERT_EQ(values[r * paddedK + c], expected.values[c])
            << mode.name << ", k " << k << ", row " << r << ", column " << c;
      ASSERT_EQ(sums[r], expected.sum) << mode.name << ", row " << r;
    }
    for (int i = 0; i < 64; ++i)
      ASSERT_EQ(values[rows.size() * paddedK + i], 99) << "written behind";
  }
};
} // namespace

TEST_P(Quantize, RandomRows) {
  std::mt19937 random(5);
  std::normal_distribution<float> normal(0.0f, 2.0f);
  for (const Mode &mode : kModes)
    for (int64_t k : {1, 5, 16, 17, 40, 64, 256}) {
      if (mode.hadamard && (k & (k - 1)))
        continue;
      std::vector<std::vector<float>> rows(11, std::vector<float>(k));
      for (std::vector<float> &row : rows)
        for (float &v : row)
          v = normal(random);
      check(mode, k, (k + 23) / 24 * 24, rows);
      // Rows that follow each other without padding, as ternary.quantize has.
      check(mode, k, k, rows);
    }
}

TEST_P(Quantize, SpecialValues) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  std::vector<std::vector<float>> rows(7, std::vector<float>(40));
  // Row 0 is all zeros. Row 1: ties, absmax 127 so that s is 1.
  for (int i = 0; i < 39; ++i)
    rows[1][i] = static_cast<float>(i - 20) + 0.5f;
  rows[1][39] = 127.0f;
  rows[2][3] = kNaN;
  rows[2][4] = -3.0f;
  rows[3][0] = kInf;
  rows[3][1] = 1.0f;
  rows[4][17] = -kInf;
  rows[5].assign(40, 1e-9f); // below the least absmax
  rows[6].assign(40, -std::numeric_limits<float>::max());
  check(kModes[0], 40, 48, rows);
  check(kModes[2], 40, 48, {rows[0], rows[1], rows[5]});
}

TEST_P(Quantize, PackPadsAndSums) {
  auto kernel = Kernel::compile(GetParam(), R"(
    func.func @k(%x: tensor<?x21xi8> {tercet.dims = array<i64: 0, -1>}, %m: index)
        -> (tensor<?x32xi8> {tercet.dims = array<i64: 0, -1>},
            tensor<?xi32> {tercet.dims = array<i64: 0>}) {
      %q = tensor.empty(%m) : tensor<?x32xi8>
      %s = tensor.empty(%m) : tensor<?xi32>
      %r:2 = rows.pack ins(%x : tensor<?x21xi8>)
          outs(%q, %s : tensor<?x32xi8>, tensor<?xi32>) -> tensor<?x32xi8>, tensor<?xi32>
      return %r#0, %r#1 : tensor<?x32xi8>, tensor<?xi32>
    })");
  ASSERT_TRUE(kernel);
  constexpr int64_t kRows = 19;
  std::vector<int8_t> x(kRows * 21), q(kRows * 32, 77);
  std::vector<int32_t> sums(kRows);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<int8_t>(i * 37);
  kernel->run({x.data(), q.data(), sums.data()}, {kRows}, 1);
  for (int64_t r = 0; r < kRows; ++r) {
    int32_t sum = 0;
    for (int64_t c = 0; c < 32; ++c) {
      int8_t expected = c < 21 ? x[r * 21 + c] : 0;
      sum += expected;
      ASSERT_EQ(q[r * 32 + c], expected) << r << ", " << c;
    }
    ASSERT_EQ(sums[r], sum);
  }
}

INSTANTIATE_TEST_SUITE_P(CPU, Quantize, testing::ValuesIn(getRunnableTargets()),
                         [](const auto &info) {
                           std::string name = info.param;
                           for (char &c : name)
                             if (!isalnum(static_cast<unsigned char>(c)))
                               c = '_';
                           return name;
                         });
