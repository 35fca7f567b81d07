//===- TokenSetsTest.cpp - sets that are known when compiling -------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/TokenSets.h"
#include "Oracle.h"
#include "mlir/IR/MLIRContext.h"
#include <gtest/gtest.h>
#include <numeric>

using namespace tercet;
using namespace tercet::test;

namespace {
struct TokenSets : testing::Test {
  TokenSets() { context.loadDialect<spatial::SpatialDialect>(); }

  spatial::GridAttr make(Grid g, std::vector<int64_t> tile = {}) {
    return spatial::GridAttr::get(&context, g.t, g.h, g.w, tile);
  }
  static Set toSet(llvm::ArrayRef<int32_t> values) {
    return Set(values.begin(), values.end());
  }
  Set anchors(Grid g, int64_t stride, uint64_t seed, int64_t count) {
    return toSet(
        spatial::computeAnchors(make(g),
                                stride ? spatial::AnchorPattern::Stride
                                       : spatial::AnchorPattern::CheckerBorder,
                                stride ? stride : 2, seed, count));
  }

  mlir::MLIRContext context;
};

/// The known answers of the generator's authors.
TEST_F(TokenSets, PhiloxHasItsKnownAnswers) {
  using Words = std::array<uint32_t, 4>;
  EXPECT_EQ(spatial::philox({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  uint32_t ones = 0xffffffff;
  EXPECT_EQ(spatial::philox({ones, ones, ones, ones}, {ones, ones}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

TEST_F(TokenSets, AnchorsAndNearest) {
  struct Case {
    Grid grid;
    int64_t stride;
    uint64_t seed;
    int64_t count;
  };
  for (Case c : {Case{{1, 8, 8}, 0, 7, 20}, Case{{1, 8, 8}, 0, 7, 50},
                 Case{{1, 7, 10}, 3, 1ull << 40, 20},
                 Case{{1, 7, 10}, 3, 5, 60}, Case{{3, 4, 5}, 0, 9, 45},
                 Case{{2, 1, 6}, 2, 3, 4}, Case{{1, 9, 1}, 4, 3, 1}}) {
    Set set = anchors(c.grid, c.stride, c.seed, c.count);
    EXPECT_EQ(set, findAnchors(c.grid, c.stride, c.seed, c.count));
    EXPECT_TRUE(spatial::isTokenSet(set, c.grid.size()));
    EXPECT_EQ(toSet(spatial::computeNearest(make(c.grid), set)),
              findNearest(c.grid, set));
  }
  // Another seed is another set.
  EXPECT_NE(anchors({1, 8, 8}, 0, 7, 50), anchors({1, 8, 8}, 0, 8, 50));
}

/// The counts of arXiv 2603.10744's released code on 64 x 64 tokens.
TEST_F(TokenSets, BorderCheckersOf64) {
  Set base = anchors({1, 64, 64}, 0, 0, 1213);
  for (int32_t n : base) {
    int32_t y = n / 64, x = n % 64;
    EXPECT_TRUE((y % 2 == 0 && x % 2 == 0) || y % 63 == 0 || x % 63 == 0);
  }
  for (int64_t count : {1433, 1310}) {
    Set set = anchors({1, 64, 64}, 0, 0, count);
    EXPECT_EQ(int64_t(set.size()), count);
    EXPECT_TRUE(
        std::includes(set.begin(), set.end(), base.begin(), base.end()));
  }
}

TEST_F(TokenSets, TokensOfTiles) {
  spatial::GridAttr grid = make({2, 4, 6}, {1, 2, 3});
  EXPECT_EQ(toSet(spatial::computeTileTokens(grid, {1, 6})),
            (Set{3, 4, 5, 9, 10, 11, 36, 37, 38, 42, 43, 44}));
  EXPECT_FALSE(spatial::isTokenSet({1, 1}, 8));
  EXPECT_FALSE(spatial::isTokenSet({2, 1}, 8));
  EXPECT_FALSE(spatial::isTokenSet({-1, 1}, 8));
  EXPECT_FALSE(spatial::isTokenSet({1, 8}, 8));
}
} // namespace
