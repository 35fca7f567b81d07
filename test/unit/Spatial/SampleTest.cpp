//===- SampleTest.cpp - the sampler on every executor ---------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whole samplers against the same steps in double precision by the definitions
// of Oracle.h; all tokens in one stage against Euler's steps written out, to
// the bit, and against the closed form of a linear model.
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include "Oracle.h"
#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <random>

using namespace tercet::test;

namespace {
struct Sampler {
  Grid grid, tile;
  std::vector<std::pair<int64_t, int64_t>> stages;
  std::vector<float> sigmas, blend;
  uint64_t seed;
  bool givesClean, liftsClean, scoresClean;

  Grid units() const {
    return {grid.t / tile.t, grid.h / tile.h, grid.w / tile.w};
  }
  int64_t unitOf(int64_t n) const {
    int64_t t = n / (grid.h * grid.w), y = n / grid.w % grid.h, x = n % grid.w;
    return (t / tile.t * units().h + y / tile.h) * units().w + x / tile.w;
  }
};

constexpr int64_t kWidth = 3;

/// What the model of the test gives: sigma * c - y.
double model(double c, double y, double sigma) { return sigma * c - y; }

Field sample(const Sampler &s, const Field &noise, Field y, const Field &c) {
  Set active = findAnchors(s.units(), 0, s.seed, s.stages[0].second);
  int64_t n = s.grid.size(), d = kWidth, step = 0;
  for (size_t stage = 0; stage < s.stages.size(); ++stage)
    for (int64_t i = 0; i < s.stages[stage].first; ++i, ++step) {
      double sigma = s.sigmas[step], next = s.sigmas[step + 1];
      Set tokens;
      for (int64_t k = 0; k < n; ++k)
        if (std::count(active.begin(), active.end(), int32_t(s.unitOf(k))))
          tokens.push_back(int32_t(k));
      Field u, clean, v;
      for (int32_t k : tokens)
        for (int64_t j = 0; j < d; ++j) {
          double given = model(c[k * d + j], y[k * d + j], sigma);
          u.push_back(s.givesClean ? (y[k * d + j] - given) / sigma : given);
          clean.push_back(y[k * d + j] - sigma * u.back());
        }
      Field lifted = lift(s.grid, clean, tokens, d);
      v = lift(s.grid, u, tokens, d);
      if (s.liftsClean)
        for (int64_t k = 0; k < n * d; ++k)
          v[k] = (y[k] - lifted[k]) / sigma;
      for (int64_t k = 0; k < n * d; ++k)
        y[k] += (next - sigma) * v[k];
      if (i + 1 < s.stages[stage].first || stage + 1 == s.stages.size())
        continue;
      Field scores = measureImportance(s.grid, s.scoresClean ? lifted : v, d);
      std::vector<float> ofUnits(s.units().size(), 0);
      for (int64_t k = 0; k < n; ++k)
        ofUnits[s.unitOf(k)] +=
            float(scores[k] / double(s.tile.t * s.tile.h * s.tile.w));
      Set grown = densify(active, ofUnits,
                          s.stages[stage + 1].second - int64_t(active.size()));
      for (int64_t k = 0; k < n; ++k) {
        int32_t unit = int32_t(s.unitOf(k));
        if (!std::count(grown.begin(), grown.end(), unit) ||
            std::count(active.begin(), active.end(), unit))
          continue;
        for (int64_t j = k * d; j < k * d + d; ++j)
          for (float w : s.blend)
            y[j] =
                (1 - w) * y[j] + w * ((1 - next) * lifted[j] + next * noise[j]);
      }
      active = grown;
    }
  return y;
}

std::string list(const std::vector<float> &values) {
  std::string text = "[";
  for (float v : values) {
    char buffer[32];
    snprintf(buffer, sizeof buffer, "%s%.9g", text.size() > 1 ? ", " : "", v);
    text += buffer;
    if (!std::strpbrk(buffer, ".e"))
      text += ".0";
  }
  return text + "]";
}

std::string makeEntry(const Sampler &s, const std::string &name) {
  auto num = [](int64_t v) { return std::to_string(v); };
  std::string all = type("f32", {s.grid.size(), kWidth}),
              rows = type("f32", {-1, kWidth}), stages;
  for (auto [steps, active] : s.stages)
    stages +=
        (stages.empty() ? "[" : ", [") + num(steps) + ", " + num(active) + "]";
  std::string text =
      "func.func @" + name + "(%e: " + all + ", %y: " + all + ", %c: " + all +
      ") -> " + all + " {\n  %r = spatial.sample %e start(%y : " + all +
      ") grid<" + num(s.grid.t) + ", " + num(s.grid.h) + ", " + num(s.grid.w) +
      ", tile = [" + num(s.tile.t) + ", " + num(s.tile.h) + ", " +
      num(s.tile.w) + "]> stages [" + stages + "] sigmas " + list(s.sigmas) +
      " seed(" + num(s.seed) + ") blend " + list(s.blend);
  if (s.givesClean)
    text += " gives(clean)";
  if (s.liftsClean)
    text += " lifts(clean)";
  if (s.scoresClean)
    text += " scores(clean)";
  return text + " : " + all + " {\n  ^bb0(%rows: " + rows +
         ", %index: tensor<?xi32>, %sigma: tensor<1xf32>):\n"
         "    %cs = spatial.gather %c, %index : " +
         all + ", tensor<?xi32> -> " + rows + "\n    %v = func.call @model_" +
         name + "(%cs, %rows, %sigma) : (" + rows + ", " + rows +
         ", tensor<1xf32>) -> " + rows + "\n    spatial.yield %v : " + rows +
         "\n  }\n  return %r : " + all + "\n}\nfunc.func private @model_" +
         name + "(%c: " + rows + ", %y: " + rows +
         ", %sigma: tensor<1xf32>) -> " + rows + R"( {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %y, %c0 : )" +
         rows + "\n  %init = tensor.empty(%m) : " + rows + R"(
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]} ins(%c : )" +
         rows + ") outs(%init : " + rows + R"() {
  ^bb0(%x: f32, %out: f32):
    %s = tensor.extract %sigma[%c0] : tensor<1xf32>
    %p = arith.mulf %s, %x : f32
    linalg.yield %p : f32
  } -> )" +
         rows + "\n  %v = arith.subf %r, %y : " + rows +
         "\n  return %v : " + rows + "\n}\n";
}

TEST(SpatialSample, AgainstDoublePrecision) {
  float third = 1.0f / 3;
  std::vector<float> sigmas{1, 0.95f, 0.8f, 0.7f, 0.55f, 0.3f, 0.1f, 0};
  const Sampler samplers[] = {{{1, 8, 8},
                               {1, 1, 1},
                               {{2, 20}, {3, 33}, {2, 64}},
                               sigmas,
                               {third},
                               7,
                               false,
                               false,
                               false},
                              {{1, 8, 8},
                               {1, 1, 1},
                               {{2, 20}, {3, 33}, {2, 50}},
                               sigmas,
                               {third, 0.5f, 1},
                               9,
                               true,
                               true,
                               true},
                              {{2, 4, 6},
                               {1, 2, 2},
                               {{3, 4}, {2, 7}, {2, 12}},
                               sigmas,
                               {1},
                               3,
                               false,
                               false,
                               false}};
  std::string text;
  for (size_t i = 0; i < std::size(samplers); ++i)
    text += makeEntry(samplers[i], "s" + std::to_string(i));
  WeightFile file;
  file.add("unused", {1}, std::vector<float>{0});
  Model compiled(text, file, nullptr);
  if (HasFatalFailure())
    return;
  std::mt19937 rng(1);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> first(std::size(samplers));
  std::vector<float> e(64 * kWidth), y(e.size()), c(e.size());
  for (auto *values : {&e, &y, &c})
    for (float &v : *values)
      v = normal(rng);
  compiled.onEveryExecutor([&](tercet_session *session, const char *target) {
    for (size_t i = 0; i < std::size(samplers); ++i) {
      int64_t n = samplers[i].grid.size();
      auto cut = [&](const std::vector<float> &v) {
        return Field(v.begin(), v.begin() + n * kWidth);
      };
      std::vector<float> result(n * kWidth);
      call(session, ("s" + std::to_string(i)).c_str(),
           {{e, {n, kWidth}}, {y, {n, kWidth}}, {c, {n, kWidth}}},
           {{result, {n, kWidth}}});
      Field expected = sample(samplers[i], cut(e), cut(y), cut(c));
      for (size_t j = 0; j < result.size(); ++j)
        ASSERT_NEAR(result[j], expected[j], 2e-5)
            << "sampler " << i << " at " << j << " on " << target;
      if (first[i].empty())
        first[i] = result;
      EXPECT_FALSE(
          std::memcmp(first[i].data(), result.data(), 4 * result.size()))
          << "sampler " << i << " on " << target;
    }
  });
}

/// One stage of all tokens is Euler's method, here written out; the closed form
/// of dy/dsigma = c - y by steps h is y - c times the product of 1 - h.
TEST(SpatialSample, AllTokensArePlainEuler) {
  const char *text = R"(
func.func @sampler(%y: tensor<16x5xf32>, %c: tensor<16x5xf32>) -> tensor<16x5xf32> {
  %r = spatial.sample %y grid<1, 4, 4> stages [[3, 16]] sigmas [1.0, 0.625, 0.25, 0.0] : tensor<16x5xf32> {
  ^bb0(%rows: tensor<?x5xf32>, %index: tensor<?xi32>, %sigma: tensor<1xf32>):
    %cs = spatial.gather %c, %index : tensor<16x5xf32>, tensor<?xi32> -> tensor<?x5xf32>
    %v = arith.subf %cs, %rows : tensor<?x5xf32>
    spatial.yield %v : tensor<?x5xf32>
  }
  return %r : tensor<16x5xf32>
}
func.func @plain(%y: tensor<16x5xf32>, %c: tensor<16x5xf32>) -> tensor<16x5xf32> {
  %h = arith.constant dense<-0.375> : tensor<16x5xf32>
  %h3 = arith.constant dense<-0.25> : tensor<16x5xf32>
  %v1 = arith.subf %c, %y : tensor<16x5xf32>
  %p1 = arith.mulf %h, %v1 : tensor<16x5xf32>
  %y1 = arith.addf %y, %p1 : tensor<16x5xf32>
  %v2 = arith.subf %c, %y1 : tensor<16x5xf32>
  %p2 = arith.mulf %h, %v2 : tensor<16x5xf32>
  %y2 = arith.addf %y1, %p2 : tensor<16x5xf32>
  %v3 = arith.subf %c, %y2 : tensor<16x5xf32>
  %p3 = arith.mulf %h3, %v3 : tensor<16x5xf32>
  %y3 = arith.addf %y2, %p3 : tensor<16x5xf32>
  return %y3 : tensor<16x5xf32>
}
)";
  WeightFile file;
  file.add("unused", {1}, std::vector<float>{0});
  Model compiled(text, file, nullptr);
  if (HasFatalFailure())
    return;
  std::mt19937 rng(2);
  std::normal_distribution<float> normal;
  std::vector<float> y(80), c(80);
  for (int i = 0; i < 80; ++i) {
    y[i] = normal(rng);
    c[i] = normal(rng);
  }
  compiled.onEveryExecutor([&](tercet_session *session, const char *target) {
    std::vector<float> a(80), b(80);
    call(session, "sampler", {{y, {16, 5}}, {c, {16, 5}}}, {{a, {16, 5}}});
    call(session, "plain", {{y, {16, 5}}, {c, {16, 5}}}, {{b, {16, 5}}});
    EXPECT_FALSE(std::memcmp(a.data(), b.data(), 320)) << target;
    for (int i = 0; i < 80; ++i)
      EXPECT_NEAR(a[i], c[i] + 1.375 * 1.375 * 1.25 * (double(y[i]) - c[i]),
                  4e-6)
          << target;
  });
}
} // namespace
