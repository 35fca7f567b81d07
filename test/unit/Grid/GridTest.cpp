//===- GridTest.cpp - op x code x shape x target, from MLIR to numbers ----===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each case compiles one model for all CPU code paths and for GPUs with and
// without matrix instructions into one artifact through the compiler's C API,
// and runs every CPU path that this machine has and every GPU, in emulation,
// through the runtime's, over all row counts. Results equal the oracle to the
// bit.
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include "Oracle.h"
#include <gtest/gtest.h>
#include <random>

using namespace tercet::test;

namespace {
constexpr int64_t kRows[] = {1, 2, 3, 5, 17, 64};
constexpr int64_t kBound = 64;

struct Case {
  const char *code;
  int64_t n, k;
};

std::string print(const Case &c) {
  return std::string(c.code) + "_" + std::to_string(c.n) + "x" +
         std::to_string(c.k);
}

const char *getSparsity(const std::string &code) {
  return code == "b33"  ? "#ternary.sparsity<2:4>"
         : code == "c5" ? "#ternary.sparsity<3:4, exact>"
                        : nullptr;
}

/// Weights that the code can hold; every seventh row of those that may be is
/// zero, and the first row is all ones where the code allows it.
std::vector<int8_t> makeWeights(const Case &c, std::mt19937 &rng) {
  std::vector<int8_t> w(c.n * c.k);
  std::string code = c.code;
  auto sign = [&] { return int8_t(rng() & 1 ? 1 : -1); };
  for (int64_t row = 0; row < c.n; ++row)
    for (int64_t g = 0; g < c.k; g += 4) {
      int8_t *group = &w[row * c.k + g];
      int64_t size = std::min<int64_t>(4, c.k - g);
      if (code == "c5") {
        for (int64_t j = 0; j < size; ++j)
          group[j] = row == 0 ? 1 : sign();
        group[rng() % 4] = 0;
      } else if (row % 7 == 3) {
        continue;
      } else if (code == "b33") {
        for (int i = 0; i < 2; ++i)
          group[rng() % 4] = row == 0 ? 1 : int8_t(rng() % 3) - 1;
      } else {
        for (int64_t j = 0; j < size; ++j)
          group[j] = row == 0 ? 1 : int8_t(rng() % 3) - 1;
      }
    }
  return w;
}

std::string makeModel(const Case &c) {
  std::string n = std::to_string(c.n), k = std::to_string(c.k);
  std::string trits = "tensor<" + n + "x" + k + "x!ternary.trit>";
  const char *sparsity = getSparsity(c.code);
  std::string attribute =
      sparsity ? std::string(" {ternary.sparsity = ") + sparsity + "}" : "";
  std::string bound = ", tercet.bound = " + std::to_string(kBound);
  std::string gain = "tensor<" + k + "xf32>", bias = "tensor<" + n + "xf32>";
  return global("w", trits, attribute) + global("s", "tensor<f32>") +
         global("g", gain) + global("b", bias) +
         "func.func @matmul(%x: tensor<?x" + k + "xi8> {tercet.name = \"x\"" +
         bound + "}) -> (tensor<?x" + n + "xi32> {tercet.name = \"y\"}) {\n" +
         load("w", trits) + "  %y = ternary.matmul %x, %w : tensor<?x" + k +
         "xi8>, " + trits + " -> tensor<?x" + n +
         "xi32>\n  return %y : tensor<?x" + n + "xi32>\n}\n" +
         "func.func @one(%x: tensor<1x" + k +
         "xi8> {tercet.name = \"x\"}) -> (tensor<1x" + n +
         "xi32> {tercet.name = \"y\"}) {\n" + load("w", trits) +
         "  %y = ternary.matmul %x, %w : tensor<1x" + k + "xi8>, " + trits +
         " -> tensor<1x" + n + "xi32>\n  return %y : tensor<1x" + n +
         "xi32>\n}\n" + "func.func @linear(%x: tensor<?x" + k +
         "xf32> {tercet.name = \"x\"" + bound + "}) -> (tensor<?x" + n +
         "xf32> {tercet.name = \"y\"}) {\n" + load("w", trits) +
         load("s", "tensor<f32>") + load("g", gain) + load("b", bias) +
         "  %y = ternary.linear %x, %w scale(%s : tensor<f32>) norm(%g : " +
         gain + ") bias(%b : " + bias + ") : tensor<?x" + k + "xf32>, " +
         trits + " -> tensor<?x" + n + "xf32>\n  return %y : tensor<?x" + n +
         "xf32>\n}\n";
}

/// Runs an entry point from one matrix to another.
template <typename Out, typename In>
std::vector<Out> callMatrix(tercet_session *session, const char *entry,
                            std::vector<In> &x, int64_t m, int64_t k,
                            int64_t n) {
  std::vector<Out> y(m * n);
  call(session, entry, {View(x, {m, k})}, {View(y, {m, n})});
  return y;
}

class Grid : public testing::TestWithParam<Case> {};

TEST_P(Grid, EveryPathEqualsTheOracle) {
  const Case &c = GetParam();
  std::mt19937 rng(7 * c.n + c.k);
  Layer layer;
  layer.weights = makeWeights(c, rng);
  layer.scale = 0.037f;
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (int64_t i = 0; i < c.k; ++i)
    layer.gain.push_back(1 + 0.25f * uniform(rng));
  for (int64_t i = 0; i < c.n; ++i)
    layer.bias.push_back(uniform(rng));
  WeightFile file;
  file.add("w", {c.n, c.k}, layer.weights);
  file.add("s", "F32", {}, &layer.scale, 4);
  file.add("g", {c.k}, layer.gain);
  file.add("b", {c.n}, layer.bias);
  Model model(makeModel(c), file, c.code);
  if (HasFatalFailure())
    return;
  model.onEveryExecutor([&](tercet_session *s, const char *target) {
    for (int64_t m : kRows) {
      SCOPED_TRACE(std::string(target) + ", rows " + std::to_string(m));
      // Extremes in the first row seek an overflow, the second is zero.
      std::vector<int8_t> q(m * c.k);
      std::vector<float> x(m * c.k);
      for (int64_t i = 0; i < m * c.k; ++i) {
        int64_t row = i / c.k;
        q[i] = row == 0 ? (i & 1 ? -128 : 127) : int8_t(rng());
        x[i] = row == 1 ? 0.0f : 3 * uniform(rng);
      }
      if (m > 2)
        std::fill(q.begin() + 2 * c.k, q.begin() + 3 * c.k, int8_t(127));
      EXPECT_EQ((callMatrix<int32_t>(s, "matmul", q, m, c.k, c.n)),
                matmul(q, layer.weights, m, c.n, c.k));
      if (m == 1) {
        EXPECT_EQ((callMatrix<int32_t>(s, "one", q, m, c.k, c.n)),
                  matmul(q, layer.weights, m, c.n, c.k));
      }
      EXPECT_EQ((callMatrix<float>(s, "linear", x, m, c.k, c.n)),
                linear(x, layer, m, c.n, c.k));
      if (HasFailure())
        break;
    }
  });
}

// K with tails of every code's words, of a chunk of 16 and below one group; N
// with partial panels; the widths of real models.
const Case kCases[] = {
    {"i2", 1, 1},     {"i2", 10, 5},    {"i2", 33, 100},   {"i2", 256, 64},
    {"i2", 40, 2688}, {"i2", 24, 8640}, {"t5", 1, 3},      {"t5", 16, 20},
    {"t5", 33, 101},  {"t5", 40, 1856}, {"t5", 24, 8640},  {"b33", 1, 4},
    {"b33", 10, 24},  {"b33", 33, 100}, {"b33", 40, 2688}, {"b33", 24, 8640},
    {"c5", 1, 4},     {"c5", 17, 28},   {"c5", 33, 100},   {"c5", 40, 1856},
    {"c5", 24, 8640}, {"i2", 1856, 48}, {"b33", 272, 48}};

INSTANTIATE_TEST_SUITE_P(Codes, Grid, testing::ValuesIn(kCases),
                         [](const auto &info) { return print(info.param); });
} // namespace
