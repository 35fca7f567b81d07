//===- MatmulTest.cpp - rows.matmul against plain loops -------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every code on every CPU path of this machine, with tails in all directions.
// Integers are exact, so everything is compared to the bit.
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Codes/Code.h"
#include "test/unit/Kernels/KernelHarness.h"
#include "gtest/gtest.h"
#include <cstring>
#include <random>

using namespace tercet;
using namespace tercet::test;

namespace {
/// Data of one product and its exact result.
struct Problem {
  int64_t m, n, k, paddedK;
  std::vector<int8_t> x;
  std::vector<int32_t> sums, expected;
  std::vector<uint8_t> weights;

  /// With `extreme` all activations are +-127 and all weights that the code can
  /// hold are ones.
  Problem(const ternary::Code &code, int64_t m, int64_t n, int64_t k,
          unsigned seed, bool extreme = false)
      : m(m), n(n), k(k), paddedK(code.getPaddedK(k)), x(m * paddedK), sums(m),
        expected(m * n),
        weights(ternary::Code::getPanels(n) * code.getPanelBytes(k)) {
    std::mt19937 random(seed);
    for (int64_t r = 0; r < m; ++r)
      for (int64_t c = 0; c < k; ++c) {
        int value = extreme ? (r % 2 ? 127 : -127)
                            : static_cast<int>(random() % 256) - 128;
        x[r * paddedK + c] = static_cast<int8_t>(value);
        sums[r] += value;
      }
    std::vector<int8_t> trits(n * k);
    int64_t groups = k / 4;
    for (int64_t o = 0; o < n; ++o) {
      for (int64_t g = 0; g <= groups; ++g) {
        int64_t count = std::min<int64_t>(4, k - 4 * g);
        for (int64_t j = 0; j < count; ++j)
          trits[o * k + 4 * g + j] =
              extreme ? 1 : static_cast<int8_t>(random() % 3) - 1;
        // What a sparse code can hold: at most two (b33), exactly three (c5).
        int8_t *group = &trits[o * k + 4 * g];
        if (code.getName() == "b33" && count > 0) {
          int8_t keep[2] = {static_cast<int8_t>(random() % 4),
                            static_cast<int8_t>(random() % 4)};
          for (int64_t j = 0; j < count; ++j)
            if (j != keep[0] && j != keep[1])
              group[j] = 0;
        } else if (code.getName() == "c5" && count > 0) {
          int64_t zero = random() % 4;
          for (int64_t j = 0; j < count; ++j)
            group[j] = j == zero ? 0 : (group[j] == 0 ? 1 : group[j]);
        }
      }
    }
    std::string error;
    packed = succeeded(ternary::pack(code, trits, n, k, weights, &error));
    EXPECT_TRUE(packed) << error;
    for (int64_t r = 0; r < m; ++r)
      for (int64_t o = 0; o < n; ++o)
        for (int64_t c = 0; c < k; ++c)
          expected[r * n + o] += x[r * paddedK + c] * trits[o * k + c];
  }
  bool packed;
};

class Matmul
    : public testing::TestWithParam<std::tuple<std::string, std::string>> {
protected:
  const ternary::Code &code =
      ternary::getCode(*ternary::symbolizeCodeKind(std::get<1>(GetParam())));

  static std::unique_ptr<Kernel> compile(int64_t m, int64_t n, int64_t k,
                                         llvm::StringRef epilogue = "none",
                                         llvm::StringRef config = "") {
    return Kernel::compile(
        std::get<0>(GetParam()),
        getMatmulText(std::get<1>(GetParam()), m, n, k, epilogue, config));
  }

  /// Runs an i32 kernel with `chunk` workgroups a call; guards around the
  /// result must stay as they were.
  void check(const Kernel &kernel, Problem &p, bool dynamic, int64_t chunk) {
    constexpr int32_t kGuard = 0x5a5a5a5a;
    std::vector<int32_t> out(p.m * p.n + 32, kGuard);
    kernel.run({p.x.data(), p.sums.data(), p.weights.data(), out.data() + 16},
               dynamic ? std::vector<int64_t>{p.m} : std::vector<int64_t>{},
               chunk);
    for (int i = 0; i < 16; ++i) {
      ASSERT_EQ(out[i], kGuard);
      ASSERT_EQ(out[p.m * p.n + 16 + i], kGuard);
    }
    for (int64_t i = 0; i < p.m * p.n; ++i)
      ASSERT_EQ(out[16 + i], p.expected[i])
          << "row " << i / p.n << " of " << p.m << ", output " << i % p.n
          << " of " << p.n << ", k " << p.k;
  }
};

std::vector<std::string> getCodeNames() {
  std::vector<std::string> names;
  for (const ternary::Code *code : ternary::getAllCodes())
    names.push_back(code->getName().str());
  return names;
}
} // namespace

TEST_P(Matmul, DynamicRows) {
  const int64_t shapes[][2] = {{1, 5},     {10, 64},    {16, 100},
                               {33, 2688}, {256, 1856}, {80, 24}};
  unsigned seed = 1;
  for (auto [n, k] : shapes) {
    if (code.getName() == "c5" && k % 4)
      continue; // Needs whole groups.
    auto kernel = compile(-1, n, k);
    ASSERT_TRUE(kernel);
    for (int64_t m : {1, 2, 3, 5, 17, 64, 65}) {
      if (m * n * k > 8000000)
        continue;
      Problem p(code, m, n, k, seed++);
      check(*kernel, p, /*dynamic=*/true, /*chunk=*/m % 2);
    }
  }
}

TEST_P(Matmul, StaticRows) {
  for (int64_t m : {1, 4, 7, 64, 130}) {
    auto kernel = compile(m, 48, 96);
    ASSERT_TRUE(kernel);
    Problem p(code, m, 48, 96, m);
    check(*kernel, p, /*dynamic=*/false, 1);
  }
}

TEST_P(Matmul, ExtremeSums) {
  auto kernel = compile(-1, 16, 8640);
  ASSERT_TRUE(kernel);
  Problem p(code, 5, 16, 8640, 7, /*extreme=*/true);
  check(*kernel, p, /*dynamic=*/true, 0);
}

TEST_P(Matmul, ScaleEpilogue) {
  auto kernel = compile(-1, 33, 64, "scale");
  ASSERT_TRUE(kernel);
  Problem p(code, 6, 33, 64, 11);
  std::vector<float> scales(p.m), bias(p.n), out(p.m * p.n);
  for (int64_t r = 0; r < p.m; ++r)
    scales[r] = 0.01f * static_cast<float>(r + 1);
  for (int64_t o = 0; o < p.n; ++o)
    bias[o] = 0.3f * static_cast<float>(o) - 2.0f;
  float t = 0.37f;
  kernel->run({p.x.data(), p.sums.data(), p.weights.data(), scales.data(), &t,
               bias.data(), out.data()},
              {p.m});
  for (int64_t r = 0; r < p.m; ++r)
    for (int64_t o = 0; o < p.n; ++o) {
      // Volatile: each step rounded, nothing contracted.
      volatile float scale = scales[r] * t;
      volatile float y = static_cast<float>(p.expected[r * p.n + o]) * scale;
      volatile float positive = y > 0.0f ? y : 0.0f;
      volatile float expected = positive + bias[o];
      ASSERT_EQ(out[r * p.n + o], expected) << r << ", " << o;
    }
}

TEST_P(Matmul, ResidualEpilogue) {
  auto kernel = compile(3, 40, 48, "residual");
  ASSERT_TRUE(kernel);
  Problem p(code, 3, 40, 48, 13);
  std::vector<float> residual(p.m * p.n), out(p.m * p.n);
  for (size_t i = 0; i < residual.size(); ++i)
    residual[i] = 0.125f * static_cast<float>(i) - 3.0f;
  kernel->run({p.x.data(), p.sums.data(), p.weights.data(), residual.data(),
               out.data()},
              {});
  for (size_t i = 0; i < out.size(); ++i)
    ASSERT_EQ(out[i], static_cast<float>(p.expected[i]) + residual[i]) << i;
}

TEST_P(Matmul, ResultDoesNotDependOnTheConfig) {
  for (const char *config :
       {"{row_block = 1 : i64}", "{row_block = 3 : i64, prefetch = 0 : i64}",
        "{tile_sizes = array<i64: 5, 32>}"}) {
    auto kernel = compile(-1, 70, 72, "none", config);
    ASSERT_TRUE(kernel) << config;
    Problem p(code, 14, 70, 72, 17);
    check(*kernel, p, /*dynamic=*/true, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(
    CPU, Matmul,
    testing::Combine(testing::ValuesIn(getRunnableTargets()),
                     testing::ValuesIn(getCodeNames())),
    [](const auto &info) {
      std::string name =
          std::get<0>(info.param) + "_" + std::get<1>(info.param);
      for (char &c : name)
        if (!isalnum(static_cast<unsigned char>(c)))
          c = '_';
      return name;
    });
