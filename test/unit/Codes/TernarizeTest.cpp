//===- TernarizeTest.cpp - the rounding and mask rules --------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Codes/Code.h"
#include "gtest/gtest.h"
#include <cmath>
#include <vector>

using namespace tercet::ternary;

namespace {
class TernarizeTest : public ::testing::Test {
protected:
  TernarizeTest() { context.loadDialect<TernaryDialect>(); }

  std::vector<int8_t> run(const std::vector<float> &w, SparsityAttr s = {},
                          int64_t n = 1) {
    std::vector<int8_t> trits(w.size(), 7);
    scale = ternarize(w, n, w.size() / n, s, trits);
    return trits;
  }
  SparsityAttr sparsity(int64_t n, int64_t m, bool exact = false) {
    return SparsityAttr::get(&context, n, m, exact);
  }
  using Trits = std::vector<int8_t>;
  mlir::MLIRContext context;
  float scale = 0;
};

TEST_F(TernarizeTest, TiesGoToZero) {
  // mean |w| = 1: 0.5 rounds to the even 0, the next float above to 1.
  float above = std::nextafter(0.5f, 1.0f);
  EXPECT_EQ(run({0.5f, -0.5f, 1.5f, -1.5f}), (Trits{0, 0, 1, -1}));
  EXPECT_EQ(scale, 1.0f);
  // The mean of these is above 1 by less than half a unit, so it rounds to 1.
  EXPECT_EQ(run({above, -above, 1.5f, -1.5f}), (Trits{1, -1, 1, -1}));
  EXPECT_EQ(scale, 1.0f);
}

TEST_F(TernarizeTest, ValuesAreClipped) {
  // mean 25: 100 / 25 = 4, clipped.
  EXPECT_EQ(run({100, 0, 0, 0}), (Trits{1, 0, 0, 0}));
  EXPECT_EQ(run({-100, 0, 0, 0}), (Trits{-1, 0, 0, 0}));
  EXPECT_EQ(scale, 25.0f);
}

TEST_F(TernarizeTest, AllZero) {
  EXPECT_EQ(run({0, -0.0f, 0, 0}), (Trits{0, 0, 0, 0}));
  EXPECT_EQ(scale, 1e-5f);
  EXPECT_EQ(run({0, -0.0f, 0, 0}, sparsity(2, 4)), (Trits{0, 0, 0, 0}));
  // exact: a kept 0 becomes +1, of either sign.
  EXPECT_EQ(run({0, -0.0f, 0, 0}, sparsity(3, 4, true)), (Trits{1, 1, 1, 0}));
}

TEST_F(TernarizeTest, TinyWeightsMeetTheFloor) {
  // mean 4e-6 < 1e-5: 4e-6 / 1e-5 = 0.4 rounds to 0.
  EXPECT_EQ(run({4e-6f, -4e-6f, 4e-6f, 4e-6f}), (Trits{0, 0, 0, 0}));
  EXPECT_EQ(scale, 1e-5f);
}

TEST_F(TernarizeTest, MaskKeepsTheLargestAndTheLowerIndex) {
  EXPECT_EQ(run({1, -1, 1, -1}, sparsity(2, 4)), (Trits{1, -1, 0, 0}));
  EXPECT_EQ(run({1, -3, 1, -2}, sparsity(2, 4)), (Trits{0, -1, 0, -1}));
  EXPECT_EQ(run({1, 3, -1, 1}, sparsity(2, 4)), (Trits{1, 1, 0, 0}));
  EXPECT_EQ(run({1, 1, 1, 1, 9, 1, 1, 1}, sparsity(1, 4)),
            (Trits{0, 0, 0, 0, 1, 0, 0, 0}));
}

TEST_F(TernarizeTest, ScaleIsOfTheDenseMatrix) {
  // mean of all: (4 + 4 + 4 + 4) / 4, though two are masked.
  run({4, 4, 4, 4}, sparsity(2, 4));
  EXPECT_EQ(scale, 4.0f);
  run({8, 6, 1, 1}, sparsity(2, 4));
  EXPECT_EQ(scale, 4.0f);
}

TEST_F(TernarizeTest, AKeptWeightMayRoundToZero) {
  // Second group: mean 2.5; 1 / 2.5 rounds to 0, kept or not.
  EXPECT_EQ(run({4, 4, 4, 4, 1, 1, 1, 1}, sparsity(2, 4)),
            (Trits{1, 1, 0, 0, 0, 0, 0, 0}));
}

TEST_F(TernarizeTest, ExactDropsOneAndKeepsSigns) {
  EXPECT_EQ(run({1, -2, 3, -4}, sparsity(3, 4, true)), (Trits{0, -1, 1, -1}));
  // A tie drops the higher index.
  EXPECT_EQ(run({-1, 1, -1, 1}, sparsity(3, 4, true)), (Trits{-1, 1, -1, 0}));
  EXPECT_EQ(run({5, 0.001f, -0.001f, -7}, sparsity(3, 4, true)),
            (Trits{1, 1, 0, -1}));
}

TEST_F(TernarizeTest, GroupsDoNotCrossRows) {
  EXPECT_EQ(run({1, 2, 3, 4, 8, 7, 6, 5}, sparsity(1, 4), 2),
            (Trits{0, 0, 0, 1, 1, 0, 0, 0}));
  EXPECT_EQ(scale, 4.5f);
}
} // namespace
