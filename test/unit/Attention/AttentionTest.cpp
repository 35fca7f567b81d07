//===- AttentionTest.cpp - attention on every CPU path of this machine ----===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels of rows.attention against sums in double precision: shapes, lengths
// of a cache that is longer than what counts (the rest is poisoned),
// partitions, token by token against all at once, and scores at the edges of
// the format.
//
//===----------------------------------------------------------------------===//
#include "Oracle.h"
#include "test/unit/Kernels/KernelHarness.h"
#include "gtest/gtest.h"
#include <cstring>

using namespace tercet::test;

namespace {
constexpr float kPoison = NAN;

std::string getText(const AttentionShape &s, double scale) {
  auto type = [](int64_t heads, int64_t width) {
    return "tensor<?x" + std::to_string(heads) + "x" + std::to_string(width) +
           "xf32>";
  };
  auto dims = [](int number) {
    return " {tercet.dims = array<i64: " + std::to_string(number) +
           ", -1, -1>}";
  };
  std::string q = type(s.heads, s.d), k = type(s.keyHeads, s.d),
              v = type(s.keyHeads, s.dv), out = type(s.heads, s.dv);
  char number[32];
  std::snprintf(number, sizeof(number), "%.9e", scale);
  return "func.func @k(%q: " + q + dims(0) + ", %k: " + k + dims(1) +
         ", %v: " + v + dims(1) +
         ", %m: index, %s: index, %length: index) -> (" + out + dims(0) +
         ") {\n%init = tensor.empty(%m) : " + out + "\n%y = rows.attention " +
         (s.causal ? "causal " : "") + "scale(" + number +
         ") ins(%q, %k, %v : " + q + ", " + k + ", " + v +
         ") length(%length) outs(%init : " + out + ") -> " + out +
         "\nreturn %y : " + out + "\n}\n";
}

class Attention : public testing::TestWithParam<std::string> {
protected:
  bool compile(const AttentionShape &s, float scaleOfScores) {
    shape = s;
    scale = scaleOfScores;
    kernel = Kernel::compile(GetParam(), getText(s, scale));
    return kernel != nullptr;
  }
  /// The cache may hold more keys than count.
  std::vector<float> run(std::vector<float> q, std::vector<float> k,
                         std::vector<float> v, int64_t rows, int64_t length,
                         int64_t chunk = 0) {
    constexpr int64_t kGuard = 32;
    int64_t keys = k.size() / (shape.keyHeads * shape.d);
    std::vector<float> out(rows * shape.heads * shape.dv + kGuard, 77.0f);
    kernel->run({q.data(), k.data(), v.data(), out.data()},
                {rows, keys, length}, chunk);
    for (int64_t i = 0; i < kGuard; ++i)
      EXPECT_EQ(out[out.size() - 1 - i], 77.0f) << "written behind the result";
    out.resize(out.size() - kGuard);
    return out;
  }
  void expectNear(const std::vector<float> &actual,
                  const std::vector<double> &expected, double bound) {
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); ++i)
      ASSERT_LE(std::fabs(actual[i] - expected[i]), bound)
          << "element " << i << ": " << actual[i] << ", not " << expected[i];
  }

  AttentionShape shape;
  double scale = 1;
  std::unique_ptr<Kernel> kernel;
};

const AttentionShape kShapes[] = {
    {1, 1, 64, 64, false},  {1, 1, 64, 64, true},    {4, 2, 64, 64, true},
    {8, 1, 64, 64, true},   {6, 3, 8, 8, false},     {4, 2, 8, 8, true},
    {8, 1, 16, 16, false},  {6, 3, 16, 16, true},    {4, 2, 24, 24, false},
    {1, 1, 24, 24, true},   {8, 1, 32, 32, true},    {6, 3, 32, 32, false},
    {6, 3, 128, 128, true}, {1, 1, 128, 128, false}, {4, 2, 64, 32, true},
    {6, 3, 24, 40, false},  {1, 1, 5, 3, true},      {40, 2, 20, 12, true},
    {1, 1, 32, 256, true}};
} // namespace

TEST_P(Attention, Shapes) {
  for (const AttentionShape &s : kShapes) {
    SCOPED_TRACE(print(s));
    ASSERT_TRUE(compile(s, 1 / std::sqrt(float(s.d))));
    std::mt19937 random(s.d * s.heads);
    for (int64_t rows : {1, 2, 3, 7, 16, 64, 129})
      for (int64_t length : {1, 5, 16, 17, 64, 200}) {
        if (s.causal && length < rows)
          continue;
        SCOPED_TRACE(std::to_string(rows) + " rows, length " +
                     std::to_string(length));
        int64_t keys = length + 3;
        auto q = makeFloats(rows * s.heads * s.d, 2, random);
        auto k = makeFloats(keys * s.keyHeads * s.d, 2, random);
        auto v = makeFloats(keys * s.keyHeads * s.dv, 2, random);
        std::fill(k.begin() + length * s.keyHeads * s.d, k.end(), kPoison);
        std::fill(v.begin() + length * s.keyHeads * s.dv, v.end(), kPoison);
        double largest;
        auto expected = attend(s, q, k, v, rows, length, scale, largest);
        auto out = run(q, k, v, rows, length);
        expectNear(out, expected, getBound(v, largest));
        // The same bits, however workgroups are dealt out.
        EXPECT_EQ(run(q, k, v, rows, length, 1), out);
        if (HasFailure())
          return;
      }
  }
}

TEST_P(Attention, NoKeysGiveZeros) {
  for (bool causal : {false, true}) {
    ASSERT_TRUE(compile({4, 2, 16, 16, causal}, 0.25f));
    for (int64_t rows : {1, 40}) {
      std::vector<float> q(rows * 64, 1.0f), k(3 * 32, kPoison), v = k;
      EXPECT_EQ(run(q, k, v, rows, 0), std::vector<float>(rows * 64, 0.0f));
    }
  }
  // Causal queries before the first key see none: 40 rows, 3 keys.
  std::mt19937 random(1);
  auto q = makeFloats(40 * 64, 1, random), k = makeFloats(3 * 32, 1, random),
       v = makeFloats(3 * 32, 1, random);
  auto out = run(q, k, v, 40, 3);
  for (int64_t i = 0; i < 37 * 64; ++i)
    ASSERT_EQ(out[i], 0.0f) << i;
  for (int64_t i = 37 * 64; i < 40 * 64; ++i)
    ASSERT_NE(out[i], 0.0f) << i;
}

TEST_P(Attention, TokenByTokenAgreesWithAllAtOnce) {
  AttentionShape s{8, 2, 64, 64, true};
  ASSERT_TRUE(compile(s, 0.125f));
  std::mt19937 random(3);
  constexpr int64_t kTokens = 150;
  int64_t row = s.heads * s.d;
  auto q = makeFloats(kTokens * row, 2, random);
  auto k = makeFloats(kTokens * s.keyHeads * s.d, 2, random);
  auto v = makeFloats(kTokens * s.keyHeads * s.dv, 2, random);
  auto all = run(q, k, v, kTokens, kTokens);
  double largest;
  attend(s, q, k, v, kTokens, kTokens, scale, largest);
  for (int64_t t = 0; t < kTokens; ++t) {
    std::vector<float> one(q.begin() + t * row, q.begin() + (t + 1) * row);
    auto out = run(one, k, v, 1, t + 1);
    std::vector<double> expected(all.begin() + t * row,
                                 all.begin() + (t + 1) * row);
    expectNear(out, expected, getBound(v, largest));
  }
}

TEST_P(Attention, ExtremeScores) {
  constexpr int64_t kKeys = 70, kWidth = 16;
  AttentionShape s{1, 1, kWidth, kWidth, false};
  ASSERT_TRUE(compile(s, 1.0f));
  std::mt19937 random(4);
  auto v = makeFloats(kKeys * kWidth, 1, random);
  double largest;
  for (int64_t rows : {1, 20, 64}) {
    SCOPED_TRACE(rows);
    // Scores are products of single numbers, so they are exact: +-1e4.
    std::vector<float> q(rows * kWidth), k(kKeys * kWidth);
    for (int64_t r = 0; r < rows; ++r)
      q[r * kWidth + 3] = r % 2 ? -100.0f : 100.0f;
    for (int64_t j = 0; j < kKeys; ++j)
      k[j * kWidth + 3] = j % 3 ? -100.0f : 100.0f;
    expectNear(run(q, k, v, rows, kKeys),
               attend(s, q, k, v, rows, kKeys, 1, largest), 1e-6);
    // Equal scores, far from zero: the mean of all values.
    for (float value : {1e4f, -1e4f, 0.0f}) {
      for (int64_t j = 0; j < kKeys; ++j)
        k[j * kWidth + 3] = value;
      expectNear(run(q, k, v, rows, kKeys),
                 attend(s, q, k, v, rows, kKeys, 1, largest), 1e-6);
    }
    // One huge key, first, last or between: it alone counts, or alone does not.
    for (int64_t huge : {int64_t(0), int64_t(63), int64_t(64), kKeys - 1}) {
      auto small = makeFloats(kKeys * kWidth, 0.01f, random);
      small[huge * kWidth + 3] = 1e30f;
      auto out = run(q, small, v, rows, kKeys);
      for (int64_t r = 0; r < rows; r += 2)
        for (int64_t d = 0; d < kWidth; ++d)
          ASSERT_EQ(out[r * kWidth + d], v[huge * kWidth + d]);
      expectNear(out, attend(s, q, small, v, rows, kKeys, 1, largest),
                 rows > 1 ? 2e-6 : 1e-6);
    }
  }
}

TEST_P(Attention, NoNumbersDoNotCrash) {
  AttentionShape s{2, 1, 24, 24, false};
  ASSERT_TRUE(compile(s, 0.2f));
  std::mt19937 random(5);
  for (int64_t rows : {1, 50})
    for (float value : {NAN, INFINITY, -INFINITY, 3e38f}) {
      SCOPED_TRACE(std::to_string(rows) + " rows, " + std::to_string(value));
      auto q = makeFloats(rows * 48, 1, random),
           k = makeFloats(80 * 24, 1, random),
           v = makeFloats(80 * 24, 1, random);
      double largest;
      auto expected = attend(s, q, k, v, rows, 80, scale, largest);
      double bound = getBound(v, largest);
      // In a value it stays in its column.
      v[31 * 24 + 5] = value;
      auto out = run(q, k, v, rows, 80);
      for (size_t i = 0; i < out.size(); ++i) {
        if (i % 24 != 5)
          ASSERT_LE(std::fabs(out[i] - expected[i]), bound) << i;
        else if (!std::isfinite(value))
          ASSERT_FALSE(std::isfinite(out[i])) << i;
      }
      // In keys and queries it may go anywhere, but ends.
      k[30 * 24 + 5] = value;
      q[5] = value;
      run(q, k, v, rows, 80);
    }
}

INSTANTIATE_TEST_SUITE_P(CPU, Attention,
                         testing::ValuesIn(getRunnableTargets()),
                         [](const auto &info) {
                           std::string name = info.param;
                           for (char &c : name)
                             if (!isalnum(static_cast<unsigned char>(c)))
                               c = '_';
                           return name;
                         });
