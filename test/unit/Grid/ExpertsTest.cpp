//===- ExpertsTest.cpp - routers and experts on every executor ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// latent.experts by both strategies against plain loops, to the bit for squared
// ReLU; with a gated activation, whose exponential is a polynomial, executors
// equal each other to the bit and the loops within a bound. Routing is what is
// hard: all tokens to one expert, experts without tokens, the same expert
// twice, ids out of range. latent.route against a sort in double precision.
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include "Oracle.h"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <random>

using namespace tercet::test;

namespace {
struct Case {
  const char *code;
  int64_t experts, perToken, in, hidden, out;
  bool gated, before;
};

std::vector<int8_t> makeTrits(int64_t count, const char *code,
                              std::mt19937 &rng) {
  std::vector<int8_t> trits(count);
  for (int64_t i = 0; i < count; ++i)
    trits[i] = int8_t(rng() % 3) - 1;
  if (std::string(code) == "b33")
    for (int64_t i = 0; i < count; i += 4)
      trits[i + rng() % 2] = trits[i + 2 + rng() % 2] = 0;
  return trits;
}

std::string makeModel(const Case &c) {
  std::string attribute = std::string(c.code) == "b33"
                              ? " {ternary.sparsity = #ternary.sparsity<2:4>}"
                              : "";
  std::string up = type("!ternary.trit", {c.experts, c.hidden, c.in}),
              down = type("!ternary.trit", {c.experts, c.out, c.hidden}),
              scale = type("f32", {c.experts}), x = type("f32", {-1, c.in}),
              ids = type("i32", {-1, c.perToken}),
              w = type("f32", {-1, c.perToken}),
              y = type("f32", {-1, c.perToken, c.out});
  std::string text = global("u", up, attribute) + global("us", scale) +
                     global("d", down, attribute) + global("ds", scale);
  if (c.gated)
    text += global("g", up, attribute) + global("gs", scale);
  for (std::string strategy : {"pairs", "grouped"}) {
    std::string bound = "tercet.bound = 64, tercet.dims = [\"m\", \"\"]}";
    text += "func.func @" + strategy + "(%x: " + x + " {" + bound +
            ", %ids: " + ids + " {" + bound + ", %w: " + w + " {" + bound +
            ") -> " + y + " {\n" + load("u", up) + load("us", scale) +
            load("d", down) + load("ds", scale);
    if (c.gated)
      text += load("g", up) + load("gs", scale);
    text += std::string("  %y = latent.experts <") +
            (c.gated ? "silu_glu" : "relu2") + "> %x, %ids up(%u, %us : " + up +
            ", " + scale + ") ";
    if (c.gated)
      text += "gate(%g, %gs : " + up + ", " + scale + ") ";
    text += "down(%d, %ds : " + down + ", " + scale + ") ";
    if (c.before)
      text += "weights(%w : " + w + ") ";
    text += "{strategy = #latent.strategy<" + strategy + ">} : " + x + ", " +
            ids + " -> " + y + "\n  return %y : " + y + "\n}\n";
  }
  return text;
}

class Experts : public testing::TestWithParam<Case> {};

TEST_P(Experts, BothStrategiesEqualTheOracle) {
  const Case &c = GetParam();
  std::mt19937 rng(c.experts + c.in);
  std::uniform_real_distribution<float> uniform(-1, 1);
  auto makeScales = [&] {
    std::vector<float> scales(c.experts);
    for (float &s : scales)
      s = 0.02f + 0.01f * uniform(rng);
    return scales;
  };
  auto up = makeTrits(c.experts * c.hidden * c.in, c.code, rng),
       gate = makeTrits(c.experts * c.hidden * c.in, c.code, rng),
       down = makeTrits(c.experts * c.out * c.hidden, c.code, rng);
  auto upScale = makeScales(), gateScale = makeScales(),
       downScale = makeScales();
  WeightFile file;
  file.add("u", {c.experts, c.hidden, c.in}, up);
  file.add("us", {c.experts}, upScale);
  file.add("d", {c.experts, c.out, c.hidden}, down);
  file.add("ds", {c.experts}, downScale);
  if (c.gated) {
    file.add("g", {c.experts, c.hidden, c.in}, gate);
    file.add("gs", {c.experts}, gateScale);
  }

  // One product of a token with an expert's matrix.
  auto product = [](const std::vector<float> &x, const std::vector<int8_t> &w,
                    float scale, int64_t expert, int64_t n, int64_t k) {
    Layer layer;
    layer.weights.assign(w.begin() + expert * n * k,
                         w.begin() + (expert + 1) * n * k);
    layer.scale = scale;
    return linear(x, layer, 1, n, k);
  };
  Model model(makeModel(c), file, c.code);
  if (HasFatalFailure())
    return;
  std::vector<std::vector<float>> first; // per number of tokens
  model.onEveryExecutor([&](tercet_session *session, const char *target) {
    size_t call_ = 0;
    for (int64_t m : {0, 1, 3, 7, 64}) {
      SCOPED_TRACE(std::string(target) + ", tokens " + std::to_string(m));
      std::mt19937 data(m);
      std::vector<float> x(m * c.in), w(m * c.perToken);
      std::vector<int32_t> ids(m * c.perToken);
      for (float &v : x)
        v = 2 * uniform(data);
      for (float &v : w)
        v = 1 + uniform(data);
      for (int32_t &id : ids)
        id = int32_t(data() % c.experts);
      if (m >= 7) {
        // All slots of three tokens to one expert, and ids that drop a slot.
        std::fill(ids.begin(), ids.begin() + 3 * c.perToken,
                  int32_t(c.experts - 1));
        ids[4 * c.perToken] = -1;
        ids[5 * c.perToken] = int32_t(c.experts);
        ids[6 * c.perToken] = std::numeric_limits<int32_t>::min();
      }
      std::vector<float> expected;
      for (int64_t p = 0; p < m * c.perToken; ++p) {
        int64_t token = p / c.perToken, e = ids[p];
        if (e < 0 || e >= c.experts) {
          expected.resize(expected.size() + c.out);
          continue;
        }
        std::vector<float> row(x.begin() + token * c.in,
                               x.begin() + (token + 1) * c.in);
        auto h = product(row, up, upScale[e], e, c.hidden, c.in);
        auto g = c.gated ? product(row, gate, gateScale[e], e, c.hidden, c.in)
                         : std::vector<float>();
        for (int64_t i = 0; i < c.hidden; ++i) {
          float positive = std::max(h[i], 0.0f);
          h[i] = c.gated ? g[i] / (1.0f + std::exp(-g[i])) * h[i]
                         : positive * positive;
          if (c.before)
            h[i] *= w[p];
        }
        auto y = product(h, down, downScale[e], e, c.out, c.hidden);
        expected.insert(expected.end(), y.begin(), y.end());
      }
      std::vector<float> results[2];
      for (int i = 0; i < 2; ++i) {
        results[i].assign(expected.size(), -1.0f);
        call(session, i ? "grouped" : "pairs",
             {View(x, {m, c.in}), View(ids, {m, c.perToken}),
              View(w, {m, c.perToken})},
             {View(results[i], {m, c.perToken, c.out})});
      }
      EXPECT_EQ(results[0], results[1]) << "the strategies differ";
      if (!c.gated) {
        EXPECT_EQ(results[0], expected);
      } else {
        // A polynomial's last bit may move a hidden value to the next integer.
        float largest = 0;
        for (float v : expected)
          largest = std::max(largest, std::fabs(v));
        for (size_t i = 0; i < expected.size(); ++i)
          ASSERT_NEAR(results[0][i], expected[i], 0.02f * largest) << i;
      }
      if (first.size() == call_)
        first.push_back(results[0]);
      EXPECT_EQ(results[0], first[call_++]) << "executors differ";
      if (HasFailure())
        break;
    }
  });
}

const Case kCases[] = {{"i2", 8, 2, 16, 24, 16, false, false},
                       {"t5", 8, 2, 16, 24, 16, false, true},
                       {"i2", 33, 5, 60, 40, 33, true, false},
                       {"b33", 16, 4, 64, 80, 48, false, false},
                       {"i2", 1, 1, 5, 17, 1, false, false},
                       {"i2", 64, 22, 64, 168, 64, false, true}};

INSTANTIATE_TEST_SUITE_P(Variants, Experts, testing::ValuesIn(kCases),
                         [](const auto &info) {
                           const Case &c = info.param;
                           return std::string(c.code) + "_" +
                                  std::to_string(c.experts) + "_" +
                                  std::to_string(c.perToken) +
                                  (c.gated ? "_gated" : "") +
                                  (c.before ? "_before" : "");
                         });

/// Float master weights become trits with a scale for each expert.
TEST(ExpertsOfMasters, EachHasItsScale) {
  constexpr int64_t kExperts = 5, kIn = 16, kHidden = 24, kTokens = 4;
  std::mt19937 rng(3);
  std::normal_distribution<float> normal;
  std::vector<float> up(kExperts * kHidden * kIn), down(up.size());
  for (size_t i = 0; i < up.size(); ++i) {
    // Experts of different magnitude: one scale for all would show.
    up[i] = normal(rng) * float(1 + i / (kHidden * kIn));
    down[i] = normal(rng);
  }
  auto ternarize = [](const std::vector<float> &w, int64_t expert,
                      int64_t size) {
    Layer layer;
    double sum = 0;
    for (int64_t i = 0; i < size; ++i)
      sum += std::fabs(w[expert * size + i]);
    layer.scale = float(std::max(sum / double(size), 1e-5));
    float inverse = 1.0f / layer.scale;
    for (int64_t i = 0; i < size; ++i) {
      float t = std::nearbyint(w[expert * size + i] * inverse);
      layer.weights.push_back(int8_t(std::max(-1.0f, std::min(1.0f, t))));
    }
    return layer;
  };
  WeightFile file;
  file.add("u", {kExperts, kHidden, kIn}, up);
  file.add("d", {kExperts, kIn, kHidden}, down);
  std::string u = type("f32", {kExperts, kHidden, kIn}),
              ut = type("!ternary.trit", {kExperts, kHidden, kIn}),
              d = type("f32", {kExperts, kIn, kHidden}),
              dt = type("!ternary.trit", {kExperts, kIn, kHidden}),
              scale = type("f32", {kExperts}), x = type("f32", {kTokens, kIn}),
              ids = type("i32", {kTokens, 1}),
              y = type("f32", {kTokens, 1, kIn});
  Model model(
      global("u", u) + global("d", d) + "func.func @experts(%x: " + x +
          ", %ids: " + ids + ") -> " + y + " {\n" + load("u", u) +
          load("d", d) + "  %ut, %us = ternary.ternarize %u : " + u + " -> " +
          ut + ", " + scale + "\n  %dt, %ds = ternary.ternarize %d : " + d +
          " -> " + dt + ", " + scale +
          "\n  %y = latent.experts <relu2> %x, %ids up(%ut, %us : " + ut +
          ", " + scale + ") down(%dt, %ds : " + dt + ", " + scale + ") : " + x +
          ", " + ids + " -> " + y + "\n  return %y : " + y + "\n}\n",
      file, nullptr);
  if (HasFatalFailure())
    return;
  std::vector<float> tokens(kTokens * kIn), expected;
  std::vector<int32_t> chosen{4, 0, 2, 4};
  for (float &v : tokens)
    v = normal(rng);
  for (int64_t t = 0; t < kTokens; ++t) {
    std::vector<float> row(tokens.begin() + t * kIn,
                           tokens.begin() + (t + 1) * kIn);
    auto h =
        linear(row, ternarize(up, chosen[t], kHidden * kIn), 1, kHidden, kIn);
    for (float &v : h)
      v = std::max(v, 0.0f) * std::max(v, 0.0f);
    auto out =
        linear(h, ternarize(down, chosen[t], kHidden * kIn), 1, kIn, kHidden);
    expected.insert(expected.end(), out.begin(), out.end());
  }
  model.onEveryExecutor([&](tercet_session *session, const char *target) {
    SCOPED_TRACE(target);
    std::vector<float> result(expected.size());
    call(session, "experts",
         {View(tokens, {kTokens, kIn}), View(chosen, {kTokens, 1})},
         {View(result, {kTokens, 1, kIn})});
    EXPECT_EQ(result, expected);
  });
}

//===----------------------------------------------------------------------===//
// route
//===----------------------------------------------------------------------===//

struct Routing {
  const char *name, *text; // of the attribute, behind top_k
  int64_t experts, k, groups, topGroups;
  bool bias;
};

/// The choice by the description of #latent.routing, in double precision. NaN
/// stands for "behind everything".
std::vector<int64_t> choose(std::vector<double> c, const Routing &r) {
  auto best = [](const std::vector<double> &v, int64_t k) {
    std::vector<int64_t> order(v.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      bool worse = std::isnan(v[a]), other = std::isnan(v[b]);
      if (worse || other)
        return worse == other ? a < b : other;
      return v[a] == v[b] ? a < b : v[a] > v[b];
    });
    order.resize(k);
    return order;
  };
  if (r.groups > 1) {
    int64_t width = r.experts / r.groups;
    std::vector<double> scores(r.groups);
    for (int64_t g = 0; g < r.groups; ++g) {
      std::vector<double> part(c.begin() + g * width,
                               c.begin() + (g + 1) * width);
      for (int64_t i : best(part, 2))
        scores[g] += part[i];
    }
    std::vector<int64_t> kept = best(scores, r.topGroups);
    for (int64_t e = 0; e < r.experts; ++e)
      if (std::find(kept.begin(), kept.end(), e / width) == kept.end())
        c[e] = std::nan("");
  }
  return best(c, r.k);
}

class Route : public testing::TestWithParam<Routing> {};

TEST_P(Route, EqualsASort) {
  const Routing &r = GetParam();
  constexpr int64_t kWidth = 40, kTokens = 9;
  std::mt19937 rng(r.experts);
  std::normal_distribution<float> normal;
  std::vector<float> weight(r.experts * kWidth), bias(r.experts), x;
  for (float &v : weight)
    v = 0.3f * normal(rng);
  for (float &v : bias)
    v = 0.5f * normal(rng);
  for (int64_t i = 0; i < kTokens * kWidth; ++i)
    x.push_back(normal(rng));
  std::fill(x.begin(), x.begin() + kWidth, 0.0f); // all logits tie
  x[3 * kWidth] = std::nanf("");                  // and all are NaN
  WeightFile file;
  file.add("w", {r.experts, kWidth}, weight);
  file.add("b", {r.experts}, bias);
  std::string wt = type("f32", {r.experts, kWidth}),
              bt = type("f32", {r.experts}), xt = type("f32", {-1, kWidth}),
              it = type("i32", {-1, r.k}), yt = type("f32", {-1, r.k});
  std::string text =
      global("w", wt) + global("b", bt) + "func.func @route(%x: " + xt +
      " {tercet.bound = 16}) -> (" + it + ", " + yt + ") {\n" + load("w", wt) +
      load("b", bt) + "  %ids, %p = latent.route #latent.routing<top_k = " +
      std::to_string(r.k) + r.text + "> %x, %w " +
      (r.bias ? "bias(%b : " + bt + ") " : "") + ": " + xt + ", " + wt +
      " -> " + it + ", " + yt + "\n  return %ids, %p : " + it + ", " + yt +
      "\n}\n";
  bool post = std::string(r.text).find("softmax_post") != std::string::npos;
  bool pre = std::string(r.text).find("softmax_pre") != std::string::npos;
  bool root = std::string(r.text).find("sqrt_softplus") != std::string::npos;
  bool raw = std::string(r.text).find("normalize = false") != std::string::npos;

  Model model(text, file, nullptr);
  if (HasFatalFailure())
    return;
  model.onEveryExecutor([&](tercet_session *session, const char *target) {
    SCOPED_TRACE(target);
    std::vector<int32_t> ids(kTokens * r.k, -1);
    std::vector<float> w(kTokens * r.k, -1);
    call(session, "route", {View(x, {kTokens, kWidth})},
         {View(ids, {kTokens, r.k}), View(w, {kTokens, r.k})});
    for (int64_t m = 0; m < kTokens; ++m) {
      std::vector<double> p(r.experts), c;
      double sum = 0;
      for (int64_t e = 0; e < r.experts; ++e) {
        double g = 0;
        for (int64_t i = 0; i < kWidth; ++i)
          g += double(x[m * kWidth + i]) * weight[e * kWidth + i];
        p[e] = post   ? g
               : pre  ? std::exp(g)
               : root ? std::sqrt(std::log1p(std::exp(g)))
                      : 1 / (1 + std::exp(-g));
        sum += p[e];
      }
      if (pre)
        for (double &v : p)
          v /= sum;
      c = p;
      for (int64_t e = 0; r.bias && e < r.experts; ++e)
        c[e] += bias[e];
      std::vector<int64_t> expected = choose(c, r);
      double total = 0;
      for (int64_t e : expected)
        total += post ? std::exp(p[e]) : p[e];
      for (int64_t j = 0; j < r.k; ++j) {
        int64_t e = expected[j];
        ASSERT_EQ(ids[m * r.k + j], e) << "token " << m << ", slot " << j;
        double share =
            (post ? std::exp(p[e]) : p[e]) / (raw && !post ? 1.0 : total) * 2.5;
        if (std::isnan(share))
          EXPECT_TRUE(std::isnan(w[m * r.k + j]));
        else
          EXPECT_NEAR(w[m * r.k + j], share, 2e-5) << "token " << m;
      }
    }
  });
}

const Routing kRoutings[] = {
    {"sigmoid", ", scale = 2.5 : f32", 32, 4, 1, 1, true},
    {"all_of_them", ", scale = 2.5 : f32", 22, 22, 1, 1, true},
    {"softmax_pre", ", score = softmax_pre, scale = 2.5 : f32", 33, 5, 1, 1,
     true},
    {"softmax_post", ", score = softmax_post, scale = 2.5 : f32", 16, 2, 1, 1,
     false},
    {"sqrt_softplus",
     ", score = sqrt_softplus, normalize = false, scale = 2.5 : f32", 64, 6, 1,
     1, false},
    {"groups", ", groups = 8, top_groups = 3, scale = 2.5 : f32", 64, 6, 8, 3,
     true},
    {"many", ", scale = 2.5 : f32", 512, 22, 1, 1, true}};

INSTANTIATE_TEST_SUITE_P(Variants, Route, testing::ValuesIn(kRoutings),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });
} // namespace
