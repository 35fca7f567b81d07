//===- AttentionBlocksTest.cpp - attention over chosen blocks of keys -----===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// rows.attention with a block mask on every CPU path of this machine, against
// sums in double precision over the keys that are seen: blocks of one size and
// of sizes that only the data says, masks of heads and of groups of them,
// causal ones, queries that see nothing. Keys and values of blocks that nobody
// chose are no numbers, so that one that was read shows. Also the log-sum-exp
// of the dense forms.
//
//===----------------------------------------------------------------------===//
#include "Oracle.h"
#include "test/unit/Kernels/KernelHarness.h"
#include "gtest/gtest.h"
#include <numeric>

using namespace tercet::test;

namespace {
struct Case {
  const char *name;
  AttentionShape shape;
  int64_t maskHeads;
  /// Of the blocks; those of the keys may sum up to fewer keys than there are.
  std::vector<int64_t> queries, keys;
  /// All blocks but the last are as large as the first, by attribute.
  bool fixed;
};

int64_t sum(const std::vector<int64_t> &sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), int64_t(0));
}

std::string getText(const Case &c, double scale, bool blocks) {
  const AttentionShape &s = c.shape;
  auto text = [](int64_t n) { return std::to_string(n); };
  auto type = [&](int64_t rows, int64_t heads, int64_t width) {
    return "tensor<" + text(rows) + "x" + text(heads) + "x" + text(width) +
           "xf32>";
  };
  int64_t rows = sum(c.queries), keys = sum(c.keys);
  std::string q = type(rows, s.heads, s.d), k = type(keys, s.keyHeads, s.d),
              v = type(keys, s.keyHeads, s.dv), out = type(rows, s.heads, s.dv),
              lse = "tensor<" + text(rows) + "x" + text(s.heads) + "xf32>";
  std::string mask = "tensor<" + text(c.maskHeads) + "x" +
                     text(c.queries.size()) + "x" + text(c.keys.size()) +
                     "xi8>",
              qo = "tensor<" + text(c.queries.size() + 1) + "xi32>",
              ko = "tensor<" + text(c.keys.size() + 1) + "xi32>";
  char number[32];
  std::snprintf(number, sizeof(number), "%.9e", scale);
  std::string choice;
  if (blocks)
    choice = "blocks(%mask : " + mask + ") " +
             (c.fixed ? "block_size([" + text(c.queries[0]) + ", " +
                            text(c.keys[0]) + "]) "
                      : "offsets(%qo, %ko : " + qo + ", " + ko + ") ");
  return "func.func @k(%q: " + q + ", %k: " + k + ", %v: " + v +
         ", %mask: " + mask + ", %qo: " + qo + ", %ko: " + ko +
         ", %length: index) -> (" + out + ", " + lse +
         ") {\n%init = tensor.empty() : " + out +
         "\n%sums = tensor.empty() : " + lse + "\n%y:2 = rows.attention " +
         (s.causal ? "causal " : "") + "scale(" + number +
         ") ins(%q, %k, %v : " + q + ", " + k + ", " + v +
         ") length(%length) " + choice + "outs(%init : " + out +
         ") lse(%sums : " + lse + ") -> " + out + ", " + lse +
         "\nreturn %y#0, %y#1 : " + out + ", " + lse + "\n}\n";
}

std::vector<int32_t> getOffsets(const std::vector<int64_t> &sizes) {
  std::vector<int32_t> offsets{0};
  for (int64_t size : sizes)
    offsets.push_back(offsets.back() + size);
  return offsets;
}

/// The block of each row.
std::vector<int64_t> getBlocks(const std::vector<int64_t> &sizes) {
  std::vector<int64_t> blocks;
  for (size_t i = 0; i < sizes.size(); ++i)
    blocks.insert(blocks.end(), sizes[i], i);
  return blocks;
}

const Case kCases[] = {
    {"squares", {2, 1, 64, 64, false}, 2, {64, 64, 64}, {64, 64, 64, 64}, true},
    {"last_smaller",
     {4, 2, 16, 16, false},
     4,
     {32, 32, 5},
     {16, 16, 16, 7},
     true},
    {"shared_by_groups", {4, 2, 24, 40, false}, 2, {20, 20}, {12, 12, 3}, true},
    {"shared_by_all", {6, 3, 8, 8, false}, 1, {16, 16}, {16, 16, 16}, true},
    {"groups_of_groups", {8, 2, 16, 8, false}, 4, {9, 9}, {5, 5, 5}, true},
    {"uneven",
     {4, 2, 32, 32, false},
     4,
     {1, 70, 0, 33, 16},
     {3, 0, 65, 130, 1},
     false},
    {"one_row_each",
     {2, 2, 16, 16, false},
     2,
     {1, 1, 1, 1, 1},
     {1, 1, 1, 1, 1, 1, 1},
     false},
    {"causal", {4, 1, 16, 16, true}, 4, {24, 24, 24}, {24, 24, 24, 24}, true},
    {"causal_uneven", {2, 2, 16, 16, true}, 1, {7, 50, 13}, {40, 1, 29}, false},
    {"odd", {3, 1, 5, 3, false}, 3, {11, 2}, {2, 9, 4}, false}};

class AttentionBlocks : public testing::TestWithParam<std::string> {
protected:
  void run(const Case &c, bool blocks, std::initializer_list<double> densities,
           unsigned seed) {
    SCOPED_TRACE(c.name);
    scale = 1 / std::sqrt(double(c.shape.d));
    kernel = Kernel::compile(GetParam(), getText(c, scale, blocks));
    ASSERT_NE(kernel, nullptr);
    for (double density : densities)
      run(c, density, ++seed);
  }
  /// `density` < 0: every block, by the dense op.
  void run(const Case &c, double density, unsigned seed) {
    SCOPED_TRACE(density);
    const AttentionShape &s = c.shape;
    bool dense = density < 0;
    std::mt19937 random(seed);
    int64_t rows = sum(c.queries), keys = sum(c.keys), nq = c.queries.size(),
            nk = c.keys.size();
    auto q = makeFloats(rows * s.heads * s.d, 2, random),
         k = makeFloats(keys * s.keyHeads * s.d, 2, random),
         v = makeFloats(keys * s.keyHeads * s.dv, 2, random);
    std::vector<int8_t> mask(c.maskHeads * nq * nk);
    std::uniform_real_distribution<double> uniform(0, 1);
    for (int8_t &chosen : mask)
      // Any number but zero is a choice.
      chosen =
          uniform(random) < std::fabs(density) ? (random() % 2 ? 1 : -128) : 0;
    auto qo = getOffsets(c.queries), ko = getOffsets(c.keys);
    auto qb = getBlocks(c.queries), kb = getBlocks(c.keys);
    auto chosen = [&](int64_t r, int64_t h, int64_t j) {
      int64_t m = h * c.maskHeads / s.heads;
      return dense || mask[(m * nq + qb[r]) * nk + kb[j]] != 0;
    };
    // What no query head of a key head sees must not be read.
    for (int64_t j = 0; j < keys; ++j)
      for (int64_t kv = 0; kv < s.keyHeads; ++kv) {
        bool any = false;
        for (int64_t r = 0; r < rows; ++r)
          for (int64_t g = 0; g < s.heads / s.keyHeads; ++g)
            any |= chosen(r, kv * (s.heads / s.keyHeads) + g, j);
        if (any)
          continue;
        std::fill_n(k.begin() + (j * s.keyHeads + kv) * s.d, s.d, NAN);
        std::fill_n(v.begin() + (j * s.keyHeads + kv) * s.dv, s.dv, NAN);
      }
    auto sees = [&](int64_t r, int64_t h, int64_t j) {
      return chosen(r, h, j) && (!s.causal || j <= keys - rows + r);
    };
    std::vector<double> expectedSums;
    double largest;
    auto expected =
        attendWhere(s, q, k, v, rows, keys, scale, sees, expectedSums, largest);
    std::vector<float> out(expected.size() + 32, 77.0f),
        sums(expectedSums.size() + 32, 77.0f);
    auto call = [&](int64_t chunk) {
      kernel->run({q.data(), k.data(), v.data(), mask.data(), qo.data(),
                   ko.data(), out.data(), sums.data()},
                  {keys}, chunk);
    };
    call(0);
    double bound = getBound(v, largest);
    for (size_t i = 0; i < expected.size(); ++i)
      ASSERT_LE(std::fabs(out[i] - expected[i]), bound)
          << "element " << i << ": " << out[i] << ", not " << expected[i];
    for (size_t i = 0; i < expectedSums.size(); ++i) {
      if (std::isinf(expectedSums[i]))
        ASSERT_EQ(sums[i], -INFINITY) << "sum " << i;
      else
        ASSERT_LE(std::fabs(sums[i] - expectedSums[i]),
                  1e-6 + std::ldexp(largest + 8, -22))
            << "sum " << i << ": " << sums[i] << ", not " << expectedSums[i];
    }
    for (int64_t i = 0; i < 32; ++i) {
      ASSERT_EQ(out[expected.size() + i], 77.0f);
      ASSERT_EQ(sums[expectedSums.size() + i], 77.0f);
    }
    std::vector<float> before = out, sumsBefore = sums;
    call(1);
    EXPECT_EQ(out, before);
    EXPECT_EQ(sums, sumsBefore);
  }

  double scale = 1;
  std::unique_ptr<Kernel> kernel;
};
} // namespace

TEST_P(AttentionBlocks, OnlyChosenBlocksCount) {
  for (const Case &c : kCases) {
    run(c, true, {0.0, 0.4, 1.0}, c.queries.size());
    if (HasFailure())
      return;
  }
}

TEST_P(AttentionBlocks, SumsOfTheDenseForms) {
  for (const Case &c : kCases)
    if (c.maskHeads == c.shape.heads)
      run(c, false, {-1}, 7);
  // A row and few.
  run({"one", {4, 2, 32, 32, true}, 4, {1}, {90}, false}, false, {-1}, 8);
  run({"few", {4, 2, 8, 24, false}, 4, {3}, {90}, false}, false, {-1}, 9);
}

/// Offsets that lie are undefined, but stay inside of the operands.
TEST_P(AttentionBlocks, WrongOffsetsTouchNothingElse) {
  Case c{"wrong", {1, 1, 16, 16, false}, 1, {16, 16}, {16, 16}, false};
  auto kernel = Kernel::compile(GetParam(), getText(c, 1, true));
  ASSERT_NE(kernel, nullptr);
  for (auto offsets : {std::vector<int32_t>{0, 1000000, 32},
                       std::vector<int32_t>{0, -1000000, 32},
                       std::vector<int32_t>{-7, 40, 2147483647},
                       std::vector<int32_t>{0, 20, 10}}) {
    std::vector<float> q(512, 1), k(512, 1), v(512, 1), out(544, 77),
        sums(64, 77);
    std::vector<int8_t> mask(4, 1);
    kernel->run({q.data(), k.data(), v.data(), mask.data(), offsets.data(),
                 offsets.data(), out.data(), sums.data()},
                {32}, 0);
    for (int64_t i = 0; i < 32; ++i) {
      ASSERT_EQ(out[512 + i], 77.0f);
      ASSERT_EQ(sums[32 + i], 77.0f);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(CPU, AttentionBlocks,
                         testing::ValuesIn(getRunnableTargets()),
                         [](const auto &info) {
                           std::string name = info.param;
                           for (char &c : name)
                             if (!isalnum(static_cast<unsigned char>(c)))
                               c = '_';
                           return name;
                         });
