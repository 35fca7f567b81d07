//===- ExpertStatisticsTest.cpp - pruning and placing by loads ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The rules against cases worked out by hand, and against the published numbers
// of experts that Yuan3.0 Ultra keeps in its 103 layers (4360 of 6592).
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/Transforms/ExpertStatistics.h"
#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

using namespace tercet::latent;
using Counts = std::vector<int64_t>;

static Counts toVector(llvm::ArrayRef<int64_t> a) {
  return {a.begin(), a.end()};
}

static Counts kept(const Counts &counts, double alpha, double beta,
                   int64_t roundTo = 1, int64_t minKeep = 1) {
  PruneRule rule;
  rule.alpha = alpha;
  rule.beta = beta;
  rule.roundTo = roundTo;
  rule.minKeep = minKeep;
  return toVector(pruneExperts(counts, rule).kept);
}

TEST(Prune, BothConditionsHold) {
  // Mean 25; ascending 1, 4, 15, 80 with sums 1, 5, 20, 100.
  Counts counts{80, 4, 15, 1};
  EXPECT_EQ(kept(counts, 1, 1), (Counts{0}));
  // The sum of loads decides: 5 % and, just below it, 4.99 %.
  EXPECT_EQ(kept(counts, 1, 0.05), (Counts{0, 2}));
  EXPECT_EQ(kept(counts, 1, 0.0499), (Counts{0, 1, 2}));
  // The load of the expert decides: 15 is 0.6 of the mean.
  EXPECT_EQ(kept(counts, 0.6, 1), (Counts{0}));
  EXPECT_EQ(kept(counts, 0.59, 1), (Counts{0, 2}));
  EXPECT_EQ(kept(counts, 0, 1), (Counts{0, 1, 2, 3}));
  EXPECT_EQ(kept(counts, HUGE_VAL, 1, 1, 2), (Counts{0, 2}));
}

TEST(Prune, RoundsUpAndKeepsTheMostLoadedVictims) {
  Counts counts{80, 4, 15, 1, 80};
  EXPECT_EQ(kept(counts, 1, 1), (Counts{0, 4}));
  EXPECT_EQ(kept(counts, 1, 1, 3), (Counts{0, 2, 4}));
  EXPECT_EQ(kept(counts, 1, 1, 4), (Counts{0, 1, 2, 4}));
  // Not more than there are.
  EXPECT_EQ(kept(counts, 1, 1, 8), (Counts{0, 1, 2, 3, 4}));
  EXPECT_EQ(kept(counts, 1, 1, 2, 3), (Counts{0, 1, 2, 4}));
}

TEST(Prune, TiesGoInOrderAndNoLoadPrunesNothingButTheLeast) {
  EXPECT_EQ(kept({5, 5, 5, 5, 80}, 1, 0.1), (Counts{2, 3, 4}));
  // Without any load every expert is a victim; min-keep holds.
  EXPECT_EQ(kept({0, 0, 0, 0}, 1, 0.1, 1, 2), (Counts{2, 3}));
}

TEST(Prune, ReportsTheShareThatIsRouted) {
  PruneRule rule;
  rule.beta = 0.2;
  EXPECT_DOUBLE_EQ(pruneExperts(Counts{80, 4, 15, 1}, rule).rerouted, 0.2);
  rule.roundTo = 2;
  EXPECT_DOUBLE_EQ(pruneExperts(Counts{80, 4, 15, 1}, rule).rerouted, 0.05);
  EXPECT_EQ(pruneExperts(Counts{0, 0}, rule).rerouted, 0);
}

/// What Yuan3.0 Ultra keeps in each layer, of 64.
static Counts getYuanCounts() {
  const std::pair<int64_t, int> runs[] = {
      {40, 1}, {48, 1}, {24, 1},  {16, 1}, {24, 1}, {16, 2}, {24, 1}, {32, 2},
      {24, 3}, {40, 3}, {48, 69}, {40, 8}, {32, 6}, {24, 2}, {16, 1}, {8, 1}};
  Counts counts;
  for (auto [count, layers] : runs)
    counts.insert(counts.end(), layers, count);
  return counts;
}

/// Loads of 64 experts of which `pruned` are below half of the mean and have
/// less than a tenth of all together, the others far above: expert 37 j + 11
/// (mod 64) has rank j.
static Counts makeLoads(int64_t pruned) {
  Counts loads(64);
  for (int64_t rank = 0; rank < 64; ++rank)
    loads[(37 * rank + 11) % 64] =
        rank < pruned ? 1 + rank : 20000 + 100 * rank;
  return loads;
}

TEST(Prune, KeepsWhatYuanKeeps) {
  Counts wanted = getYuanCounts();
  ASSERT_EQ(wanted.size(), 103u);
  int64_t sum = 0;
  std::map<int64_t, int> layers;
  for (size_t l = 0; l < wanted.size(); ++l) {
    // Up to seven more victims than experts that go: rounding brings them back.
    int64_t more = std::min<int64_t>(l % 8, wanted[l] - 1);
    Counts loads = makeLoads(64 - wanted[l] + more);
    Counts result = kept(loads, 0.5, 0.1, 8, 2);
    ASSERT_EQ(int64_t(result.size()), wanted[l]) << "layer " << l;
    EXPECT_TRUE(std::is_sorted(result.begin(), result.end()));
    for (int64_t rank = 0; rank < 64; ++rank)
      EXPECT_EQ(std::count(result.begin(), result.end(), (37 * rank + 11) % 64),
                rank >= 64 - wanted[l]);
    sum += result.size();
    ++layers[result.size()];
  }
  EXPECT_EQ(sum, 4360);
  EXPECT_EQ(layers,
            (std::map<int64_t, int>{
                {8, 1}, {16, 4}, {24, 8}, {32, 8}, {40, 12}, {48, 70}}));
}

TEST(Place, LongestFirstOntoTheLeastLoaded) {
  // 9 to the first, 7 and 6 to the second, 5 to the first, 3 to it again: the
  // second is lighter, but has 13 against 14 and takes it; then the first.
  Counts counts{3, 9, 5, 2, 7, 6}, ones(6, 1);
  Counts slots = toVector(placeExperts(counts, ones, 2));
  EXPECT_EQ(slots, (Counts{1, 2, 3, 4, 5, 0}));
  EXPECT_DOUBLE_EQ(getImbalance(counts, ones, slots, 2), 16.0 / 16.0);
  EXPECT_DOUBLE_EQ(getImbalance(counts, ones, Counts{0, 1, 2, 3, 4, 5}, 2),
                   17.0 / 16.0);
  // A full device gets no more, however light.
  EXPECT_EQ(toVector(placeExperts(Counts{100, 1, 1, 1}, Counts(4, 1), 2)),
            (Counts{0, 3, 1, 2}));
  // One device: hot to cold, ties by number.
  EXPECT_EQ(toVector(placeExperts(Counts{1, 5, 5, 0}, Counts(4, 1), 1)),
            (Counts{1, 2, 0, 3}));
}

TEST(Place, CopiesOfTheMostLoaded) {
  EXPECT_EQ(toVector(replicateExperts(Counts{10, 4, 1}, 3)), (Counts{1, 1, 1}));
  EXPECT_EQ(toVector(replicateExperts(Counts{10, 4, 1}, 5)), (Counts{3, 1, 1}));
  EXPECT_EQ(toVector(replicateExperts(Counts{10, 4, 1}, 6)), (Counts{3, 2, 1}));
  // Copies are items of their own: 5, 5, 4, 1 on two devices.
  Counts slots = toVector(placeExperts(Counts{10, 4, 1}, Counts{2, 1, 1}, 2));
  EXPECT_EQ(slots, (Counts{0, 1, 0, 2}));
  EXPECT_DOUBLE_EQ(getImbalance(Counts{10, 4, 1}, Counts{2, 1, 1}, slots, 2),
                   9.0 / 7.5);
}

TEST(Place, EveryLayerOfYuanOnEightDevices) {
  for (int64_t experts : getYuanCounts()) {
    Counts counts(experts), ones(experts, 1);
    for (int64_t i = 0; i < experts; ++i)
      counts[i] = 1000 / (1 + (i * 7) % experts);
    Counts slots = toVector(placeExperts(counts, ones, 8)), sorted = slots,
           all(experts);
    std::sort(sorted.begin(), sorted.end());
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(sorted, all);
    EXPECT_LE(getImbalance(counts, ones, slots, 8),
              getImbalance(counts, ones, all, 8));
  }
}

TEST(Histogram, ReadsWhatIsWrittenAndNamesWhatIsWrong) {
  auto good = ExpertHistogram::parse(
      R"({"format": "tercet-experts", "version": 1,
          "layers": [{"name": "a", "counts": [3, 0]}, {"name": "b", "counts": []}]})",
      "f.json");
  ASSERT_TRUE(bool(good));
  ASSERT_TRUE(good->lookup("a"));
  EXPECT_EQ(*good->lookup("a"), (Counts{3, 0}));
  EXPECT_FALSE(good->lookup("c"));
  auto check = [](const char *text, const char *why) {
    auto bad = ExpertHistogram::parse(text, "f.json");
    ASSERT_FALSE(bool(bad)) << text;
    std::string message = llvm::toString(bad.takeError());
    EXPECT_NE(message.find("'f.json' is no histogram of experts"),
              std::string::npos);
    EXPECT_NE(message.find(why), std::string::npos) << message;
  };
  check("{", "Expected");
  check("[]", "\"format\"");
  check(R"({"format": "tercet-experts", "version": 2})", "\"version\"");
  check(R"({"format": "tercet-experts", "version": 1})", "no \"layers\"");
  const char *layers[][2] = {
      {R"([{"name": "a"}])", "needs a \"name\" and \"counts\""},
      {R"([{"name": "a", "counts": [-1]}])", "no whole number"},
      {R"([{"name": "a", "counts": [0.5]}])", "no whole number"},
      {R"([{"name": "a", "counts": [4503599627370497]}])", "2^52"},
      {R"([{"name": "a", "counts": []}, {"name": "a", "counts": []}])",
       "there twice"}};
  for (auto &[text, why] : layers)
    check((std::string(
               R"({"format": "tercet-experts", "version": 1, "layers": )") +
           text + "}")
              .c_str(),
          why);
}
