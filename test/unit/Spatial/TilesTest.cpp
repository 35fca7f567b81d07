//===- TilesTest.cpp - blocks of tokens and attention on them -------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Means of blocks, the choice of blocks and attention over chosen ones, from a
// model to every device, against definitions in double precision: choices by
// sorting, attention as dense attention whose dropped blocks are minus
// infinity.
//
//===----------------------------------------------------------------------===//
#include "Session.h"
#include "test/unit/Attention/Oracle.h"
#include <numeric>

using namespace tercet::test;

namespace {
std::string type(std::initializer_list<int64_t> sizes, const char *element) {
  std::string text = "tensor<";
  for (int64_t size : sizes)
    text += std::to_string(size) + "x";
  return text + element + ">";
}

std::string list(const std::vector<int32_t> &values) {
  std::string text;
  for (int32_t v : values)
    text += (text.empty() ? "" : ", ") + std::to_string(v);
  return "dense<[" + text + "]>";
}

/// The block of each token.
std::vector<int64_t> blocksOf(const std::vector<int32_t> &offsets) {
  std::vector<int64_t> blocks;
  for (size_t i = 0; i + 1 < offsets.size(); ++i)
    blocks.insert(blocks.end(), offsets[i + 1] - offsets[i], i);
  return blocks;
}

std::string function(const std::string &name, const std::string &arguments,
                     const std::string &results, const std::string &body) {
  return "func.func @" + name + "(" + arguments + ") -> (" + results + ") {\n" +
         body + "}\n";
}
std::string argument(const char *name, const std::string &type) {
  return std::string("%") + name + ": " + type + " {tercet.name = \"" + name +
         "\"}";
}
std::string result(const char *name, const std::string &type) {
  return type + " {tercet.name = \"" + name + "\"}";
}
} // namespace

TEST(Tiles, MeansAndSpreads) {
  constexpr int64_t kTokens = 37, kHeads = 2, kWidth = 5, kBlocks = 5;
  const std::vector<int32_t> offsets{0, 4, 4, 20, 21, 37};
  std::string x = type({kTokens, kHeads, kWidth}, "f32"),
              means = type({kBlocks, kHeads, kWidth}, "f32"),
              o = type({kBlocks + 1}, "i32");
  std::string body =
      "%m = spatial.block_mean %x, %o : " + x + ", " + o + " -> " + means +
      "\n%s = spatial.block_spread %m, %o : " + means + ", " + o + " -> " + x +
      "\nreturn %m, %s : " + means + ", " + x + "\n";
  std::string results = result("m", means) + ", " + result("s", x);
  std::string model =
      function("constant", argument("x", x), results,
               "%o = arith.constant " + list(offsets) + " : " + o + "\n" +
                   body) +
      function("data", argument("x", x) + ", " + argument("o", o), results,
               body);
  std::mt19937 random(1);
  auto values = makeFloats(kTokens * kHeads * kWidth, 3, random);
  auto blocks = blocksOf(offsets);
  constexpr int64_t kRow = kHeads * kWidth;
  std::vector<float> expected(kBlocks * kRow);
  std::vector<int64_t> counts(kBlocks);
  for (int64_t n = 0; n < kTokens; ++n) {
    ++counts[blocks[n]];
    for (int64_t i = 0; i < kRow; ++i)
      expected[blocks[n] * kRow + i] += values[n * kRow + i];
  }
  for (int64_t b = 0; b < kBlocks; ++b)
    for (int64_t i = 0; i < kRow; ++i)
      expected[b * kRow + i] =
          counts[b] ? expected[b * kRow + i] / counts[b] : 0;
  runEverywhere(model, [&](Session &session) {
    for (const char *name : {"constant", "data"}) {
      SCOPED_TRACE(name);
      std::vector<float> m(kBlocks * kRow, 7), s(kTokens * kRow, 7);
      auto at = offsets;
      std::vector<Tensor> in{{values, {kTokens, kHeads, kWidth}}};
      if (name[0] == 'd')
        in.push_back({at, {kBlocks + 1}});
      session.call(
          name, in,
          {{m, {kBlocks, kHeads, kWidth}}, {s, {kTokens, kHeads, kWidth}}});
      // The order of the sum is given: to the bit.
      EXPECT_EQ(m, expected);
      for (int64_t i = 0; i < kTokens * kRow; ++i)
        ASSERT_EQ(s[i], expected[blocks[i / kRow] * kRow + i % kRow]) << i;
    }
  });
}

TEST(Tiles, OrdersByBlock) {
  constexpr int64_t kTokens = 50, kBlocks = 7;
  std::string i = type({kTokens}, "i32"), o = type({kBlocks + 1}, "i32");
  std::string model = function(
      "f", argument("b", i),
      result("p", i) + ", " + result("r", i) + ", " + result("o", o),
      "%p, %r, %o = spatial.block_order %b : " + i + " -> " + i + ", " + i +
          ", " + o + "\nreturn %p, %r, %o : " + i + ", " + i + ", " + o + "\n");
  std::mt19937 random(5);
  // Random blocks without one, all tokens in one block.
  std::vector<std::vector<int32_t>> inputs(2, std::vector<int32_t>(kTokens, 6));
  for (int32_t &block : inputs[0])
    block = random() % 6 + (random() % 6 > 3);
  for (int32_t &block : inputs[0])
    block = block == 3 ? 0 : block;
  runEverywhere(model, [&](Session &session) {
    for (auto &blocks : inputs) {
      std::vector<int32_t> places(kTokens), ranks(kTokens),
          offsets(kBlocks + 1), expected(kTokens), begins(kBlocks + 1);
      session.call(
          "f", {{blocks, {kTokens}}},
          {{places, {kTokens}}, {ranks, {kTokens}}, {offsets, {kBlocks + 1}}});
      std::iota(expected.begin(), expected.end(), 0);
      std::sort(expected.begin(), expected.end(), [&](int32_t a, int32_t b) {
        return std::make_pair(blocks[a], a) < std::make_pair(blocks[b], b);
      });
      for (int32_t block : blocks)
        ++begins[block + 1];
      std::partial_sum(begins.begin(), begins.end(), begins.begin());
      EXPECT_EQ(places, expected);
      EXPECT_EQ(offsets, begins);
      for (int64_t p = 0; p < kTokens; ++p)
        ASSERT_EQ(ranks[expected[p]], p);
    }
  });
}

namespace {
struct Choice {
  const char *name, *text;
  int64_t topK;
  double topP;
  int64_t minimum, sinks, neighbours;
  bool sizes;
};
const Choice kChoices[] = {
    {"top_k", "top_k(3)", 3, 0, 0, 0, -1, false},
    {"all", "top_k(9)", 9, 0, 0, 0, -1, false},
    {"top_p", "top_p(0.5)", 0, 0.5f, 0, 0, -1, false},
    {"whole", "top_p(1.0)", 0, 1, 0, 0, -1, false},
    {"least", "top_p(1.0e-9)", 0, 1e-9f, 0, 0, -1, false},
    {"jenga", "top_k(2) top_p(0.3) neighbours(1)", 2, 0.3f, 0, 0, 1, false},
    {"svg", "top_p(0.75) minimum(2)", 0, 0.75f, 2, 0, -1, true},
    {"sinks", "top_k(1) sinks(2) neighbours(0)", 1, 0, 0, 2, 0, false}};
constexpr int64_t kQueries = 6, kKeys = 9, kHeads = 4, kGroups = 2, kWidth = 3;
const std::vector<int32_t> kSizes{0, 5, 5, 6, 20, 22, 30, 31, 40, 64};

/// Blocks by falling score, the lower first; no numbers behind all others.
std::vector<int64_t> rank(const std::vector<double> &scores) {
  std::vector<int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    if (std::isnan(scores[a]) || std::isnan(scores[b]))
      return !std::isnan(scores[a]);
    return scores[a] > scores[b];
  });
  return order;
}

/// A row of the mask; `margin` is the least distance of a sum of weights to the
/// share that is asked for.
std::vector<int8_t> choose(const Choice &c, const std::vector<double> &scores,
                           int64_t i, double &margin) {
  std::vector<int8_t> mask(scores.size());
  auto order = rank(scores);
  double top = scores[order[0]], total = 0;
  auto weight = [&](double s) {
    return std::isnan(s) || s == -INFINITY ? 0
           : s == top                      ? 1
                                           : std::exp(s - top);
  };
  for (double s : scores)
    total += weight(s);
  std::vector<int8_t> isBefore(scores.size());
  for (size_t r = 0; r < order.size(); ++r) {
    int64_t j = order[r];
    double before = 0;
    for (size_t i = 0; i < scores.size(); ++i)
      before += isBefore[i] ? weight(scores[i]) : 0;
    mask[j] = int64_t(r) < std::max(c.topK, c.minimum) || r == 0 ||
              before < c.topP * total || j < c.sinks ||
              (c.neighbours >= 0 && std::abs(i - j) <= c.neighbours);
    if (c.topP > 0 && r > 0 && before != c.topP * total)
      margin = std::min(margin, std::fabs(before / total - c.topP));
    isBefore[j] = true;
  }
  return mask;
}
} // namespace

TEST(Tiles, Choices) {
  std::string q = type({kQueries, kHeads, kWidth}, "f32"),
              k = type({kKeys, kGroups, kWidth}, "f32"),
              m = type({kHeads, kQueries, kKeys}, "i8"),
              o = type({kKeys + 1}, "i32"), model;
  for (const Choice &c : kChoices)
    model += function(
        c.name, argument("q", q) + ", " + argument("k", k), result("m", m),
        "%o = arith.constant " + list(kSizes) + " : " + o +
            "\n%m = spatial.block_select %q, %k " +
            (c.sizes ? "sizes(%o : " + o + ") " : "") + "scale(0.5) " + c.text +
            " : " + q + ", " + k + " -> " + m + "\nreturn %m : " + m + "\n");
  struct Input {
    std::string name;
    std::vector<float> q, k;
  };
  std::vector<Input> inputs;
  std::mt19937 random(3);
  for (int64_t i = 0; i < 3; ++i)
    inputs.push_back({"random",
                      makeFloats(kQueries * kHeads * kWidth, 2, random),
                      makeFloats(kKeys * kGroups * kWidth, 2, random)});
  // Small integers: many equal scores.
  Input ties{"ties", inputs[0].q, inputs[0].k};
  for (auto *v : {&ties.q, &ties.k})
    for (float &x : *v)
      x = std::round(x / 2);
  inputs.push_back(ties);
  inputs.push_back({"equal", std::vector<float>(ties.q.size(), 0.0f), ties.k});
  Input none = inputs[1];
  none.name = "no numbers";
  none.k[4 * kGroups * kWidth] = NAN;
  none.k[7 * kGroups * kWidth + 1] = NAN;
  inputs.push_back(none);
  inputs.push_back(
      {"none is a number", std::vector<float>(ties.q.size(), NAN), ties.k});
  runEverywhere(model, [&](Session &session) {
    for (Input &in : inputs)
      for (const Choice &c : kChoices) {
        SCOPED_TRACE(in.name + ", " + c.name);
        std::vector<int8_t> mask(kHeads * kQueries * kKeys, 9);
        session.call(c.name,
                     {{in.q, {kQueries, kHeads, kWidth}},
                      {in.k, {kKeys, kGroups, kWidth}}},
                     {{mask, {kHeads, kQueries, kKeys}}});
        for (int64_t h = 0; h < kHeads; ++h)
          for (int64_t i = 0; i < kQueries; ++i) {
            std::vector<double> scores(kKeys);
            for (int64_t j = 0; j < kKeys; ++j) {
              for (int64_t d = 0; d < kWidth; ++d)
                scores[j] += 0.5 * in.q[(i * kHeads + h) * kWidth + d] *
                             in.k[(j * kGroups + h / 2) * kWidth + d];
              if (c.sizes)
                scores[j] += std::log(double(kSizes[j + 1] - kSizes[j]));
            }
            double margin = 1;
            auto expected = choose(c, scores, i, margin);
            // Sizes make scores of ties unequal in their last bits, and a sum
            // at the share may fall on either side.
            if (margin < 1e-5 || (c.sizes && in.name == "ties"))
              continue;
            auto from = mask.begin() + (h * kQueries + i) * kKeys;
            ASSERT_EQ(std::vector<int8_t>(from, from + kKeys), expected)
                << "head " << h << ", block " << i;
          }
      }
  });
}

namespace {
struct Attention {
  const char *name;
  AttentionShape shape;
  /// 0: no mask.
  int64_t maskHeads;
  std::vector<int32_t> queries, keys;
  /// Offsets are inputs.
  bool data;
  double density;
};
const Attention kAttentions[] = {
    {"dense", {2, 1, 8, 8, false}, 0, {0, 20}, {0, 33}, false, 1},
    {"dense_causal", {2, 2, 8, 8, true}, 0, {0, 20}, {0, 33}, false, 1},
    {"equal",
     {4, 2, 16, 16, false},
     4,
     {0, 16, 32, 40},
     {0, 8, 16, 24, 29},
     false,
     0.4},
    {"groups",
     {4, 2, 8, 12, false},
     2,
     {0, 16, 32},
     {0, 16, 32, 48},
     false,
     0.5},
    {"shared", {4, 2, 8, 8, true}, 1, {0, 12, 24}, {0, 12, 24}, false, 0.7},
    {"uneven",
     {2, 1, 8, 8, false},
     2,
     {0, 1, 20, 20, 37},
     {0, 30, 33, 33, 41},
     false,
     0.5},
    {"clusters",
     {2, 1, 8, 8, false},
     2,
     {0, 1, 20, 20, 37},
     {0, 30, 33, 33, 41},
     true,
     0.5},
    {"rows",
     {2, 2, 4, 4, false},
     2,
     {0, 1, 2, 3, 4, 5},
     {0, 1, 2, 3, 4, 5},
     true,
     0.4}};
} // namespace

TEST(Tiles, Attention) {
  std::string model;
  auto typesOf = [&](const Attention &a) {
    int64_t n = a.queries.back(), s = a.keys.back();
    return std::vector<std::string>{
        type({n, a.shape.heads, a.shape.d}, "f32"),
        type({s, a.shape.keyHeads, a.shape.d}, "f32"),
        type({s, a.shape.keyHeads, a.shape.dv}, "f32"),
        type({n, a.shape.heads, a.shape.dv}, "f32"),
        type({n, a.shape.heads}, "f32"),
        type({a.maskHeads, int64_t(a.queries.size() - 1),
              int64_t(a.keys.size() - 1)},
             "i8"),
        type({int64_t(a.queries.size())}, "i32"),
        type({int64_t(a.keys.size())}, "i32")};
  };
  for (const Attention &a : kAttentions) {
    auto t = typesOf(a);
    std::string arguments = argument("q", t[0]) + ", " + argument("k", t[1]) +
                            ", " + argument("v", t[2]),
                body, clause;
    if (a.maskHeads) {
      arguments += ", " + argument("m", t[5]);
      clause = "mask(%m, %qo, %ko : " + t[5] + ", " + t[6] + ", " + t[7] + ") ";
      if (a.data)
        arguments += ", " + argument("qo", t[6]) + ", " + argument("ko", t[7]);
      else
        body = "%qo = arith.constant " + list(a.queries) + " : " + t[6] +
               "\n%ko = arith.constant " + list(a.keys) + " : " + t[7] + "\n";
    }
    model += function(a.name, arguments,
                      result("y", t[3]) + ", " + result("l", t[4]),
                      body + "%y, %l = spatial.block_attention " +
                          (a.shape.causal ? "causal " : "") + "%q, %k, %v " +
                          clause + "scale(0.25) : " + t[0] + ", " + t[1] +
                          ", " + t[2] + " -> " + t[3] + ", " + t[4] +
                          "\nreturn %y, %l : " + t[3] + ", " + t[4] + "\n");
  }
  runEverywhere(model, [&](Session &session) {
    for (const Attention &a : kAttentions) {
      SCOPED_TRACE(a.name);
      const AttentionShape &s = a.shape;
      int64_t rows = a.queries.back(), keys = a.keys.back(),
              nq = a.queries.size() - 1, nk = a.keys.size() - 1;
      std::mt19937 random(rows + keys);
      auto q = makeFloats(rows * s.heads * s.d, 2, random),
           k = makeFloats(keys * s.keyHeads * s.d, 2, random),
           v = makeFloats(keys * s.keyHeads * s.dv, 2, random);
      std::vector<int8_t> mask(std::max<int64_t>(1, a.maskHeads) * nq * nk, 1);
      std::uniform_real_distribution<double> uniform(0, 1);
      for (int8_t &bit : mask)
        bit = uniform(random) < a.density;
      auto qb = blocksOf(a.queries), kb = blocksOf(a.keys);
      auto sees = [&](int64_t r, int64_t h, int64_t j) {
        if (s.causal && j > keys - rows + r)
          return false;
        return !a.maskHeads ||
               mask[(h * a.maskHeads / s.heads * nq + qb[r]) * nk + kb[j]] != 0;
      };
      std::vector<double> sums;
      double largest;
      auto expected =
          attendWhere(s, q, k, v, rows, keys, 0.25, sees, sums, largest);
      std::vector<float> y(expected.size(), 7), l(sums.size(), 7);
      auto qo = a.queries, ko = a.keys;
      std::vector<Tensor> in{{q, {rows, s.heads, s.d}},
                             {k, {keys, s.keyHeads, s.d}},
                             {v, {keys, s.keyHeads, s.dv}}};
      if (a.maskHeads)
        in.push_back({mask, {a.maskHeads, nq, nk}});
      if (a.data) {
        in.push_back({qo, {nq + 1}});
        in.push_back({ko, {nk + 1}});
      }
      session.call(a.name, in,
                   {{y, {rows, s.heads, s.dv}}, {l, {rows, s.heads}}});
      double bound = getBound(v, largest);
      for (size_t i = 0; i < y.size(); ++i)
        ASSERT_LE(std::fabs(y[i] - expected[i]), bound) << "element " << i;
      for (size_t i = 0; i < l.size(); ++i) {
        if (std::isinf(sums[i]))
          ASSERT_EQ(l[i], -INFINITY) << "sum " << i;
        else
          ASSERT_LE(std::fabs(l[i] - sums[i]),
                    1e-6 + std::ldexp(largest + 8, -22))
              << "sum " << i;
      }
    }
  });
}
