//===- TokensTest.cpp - the ops on subsets of tokens on every executor ----===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every op against its definition (Oracle.h): integers to the bit, floats
// within a bound that double precision sets, and every executor to the bit as
// the first one. Each test compiles one model, for all CPU paths and both
// vendors' GPUs.
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include "Oracle.h"
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <map>
#include <random>

using namespace tercet::test;

namespace {
struct Case {
  Grid grid;
  int64_t active, next, width;
};
// Blurs of 7 taps over sides shorter than that, frames, rows and columns alone.
constexpr Case kCases[] = {{{1, 8, 8}, 20, 33, 5},
                           {{2, 6, 5}, 16, 60, 20},
                           {{3, 1, 7}, 6, 7, 3},
                           {{1, 9, 2}, 1, 18, 16},
                           {{1, 20, 20}, 12, 100, 2}};

std::string print(int64_t v) { return std::to_string(v); }
std::string print(Grid g, const char *tile = "") {
  return "grid<" + print(g.t) + ", " + print(g.h) + ", " + print(g.w) + tile +
         ">";
}

/// What one case's entry points are called with and give.
struct Data {
  Set index, next, added;
  std::vector<float> rows, field, clean, noise, scores;
};

Set chooseTokens(Grid grid, int64_t count, std::mt19937 &rng) {
  std::vector<char> in(grid.size(), 0);
  // One in each frame at least.
  int64_t left = count, area = grid.h * grid.w;
  for (int64_t t = 0; t < grid.t && left > 0; ++t, --left)
    in[t * area + rng() % area] = 1;
  while (left > 0) {
    char &token = in[rng() % grid.size()];
    left -= !token;
    token = 1;
  }
  Set set;
  for (int64_t n = 0; n < grid.size(); ++n)
    if (in[n])
      set.push_back(int32_t(n));
  return set;
}

std::vector<float> draw(size_t size, std::mt19937 &rng) {
  std::normal_distribution<float> normal;
  std::vector<float> values(size);
  for (float &v : values)
    v = normal(rng);
  return values;
}

std::string makeModel(const Case &c, const std::string &prefix) {
  std::string grid = print(c.grid), index = type("i32", {c.active}),
              rows = type("f32", {c.active, c.width}),
              all = type("f32", {c.grid.size(), c.width}),
              map = type("i32", {c.grid.size()}),
              scores = type("f32", {c.grid.size()}),
              next = type("i32", {c.next}),
              added = type("i32", {c.next - c.active});
  std::string f = "func.func @" + prefix;
  return f + "nearest(%i: " + index + ") -> " + map +
         " {\n  %m = spatial.nearest %i " + grid + " : " + index + " -> " +
         map + "\n  return %m : " + map + "\n}\n" + f + "lift(%u: " + rows +
         ", %i: " + index + ") -> " + all + " {\n  %m = spatial.nearest %i " +
         grid + " : " + index + " -> " + map +
         "\n  %v = spatial.lift %u, %i, %m " + grid + " : " + rows + ", " +
         index + ", " + map + " -> " + all + "\n  return %v : " + all +
         "\n}\n" + f + "importance(%v: " + all + ") -> " + scores +
         " {\n  %s = spatial.importance %v " + grid + " : " + all + " -> " +
         scores + "\n  return %s : " + scores + "\n}\n" + f +
         "densify(%i: " + index + ", %s: " + scores + ") -> (" + next + ", " +
         added + ") {\n  %n, %a = spatial.densify %i, %s : " + index + ", " +
         scores + " -> " + next + ", " + added + "\n  return %n, %a : " + next +
         ", " + added + "\n}\n" + f + "flow(%y: " + all + ", %a: " + added +
         ", %x: " + all + ", %e: " + all + ") -> (" + all + ", " + all +
         ") {\n  %z = spatial.micro_flow %y, %a, %x, %e sigma(0.7) "
         "weight(0.33333334) : " +
         all + ", " + added +
         "\n  %z1 = spatial.micro_flow %z, %a, %x, %e sigma(0.7) weight(0.5)"
         " : " +
         all + ", " + added +
         "\n  %z2 = spatial.micro_flow %z1, %a, %x, %e sigma(0.7) weight(1.0)"
         " : " +
         all + ", " + added + "\n  return %z, %z2 : " + all + ", " + all +
         "\n}\n" + f + "rows(%x: " + all + ", %i: " + index + ", %u: " + rows +
         ") -> (" + rows + ", " + all +
         ") {\n  %g = spatial.gather %x, %i : " + all + ", " + index + " -> " +
         rows + "\n  %s = spatial.scatter %u, %i into %x : " + rows + ", " +
         index + ", " + all + "\n  return %g, %s : " + rows + ", " + all +
         "\n}\n";
}

/// To the bit as the executor before.
template <typename T>
void expectSame(std::map<std::string, std::vector<T>> &seen,
                const std::string &key, const std::vector<T> &values,
                const char *target) {
  auto [it, first] = seen.try_emplace(key, values);
  EXPECT_TRUE(first || !std::memcmp(it->second.data(), values.data(),
                                    values.size() * sizeof(T)))
      << key << " differs on " << target;
}

void expectNear(const std::vector<float> &values, const Field &expected,
                double bound, const std::string &what) {
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < values.size(); ++i)
    ASSERT_NEAR(values[i], expected[i], bound) << what << " at " << i;
}

Field toField(const std::vector<float> &v) { return Field(v.begin(), v.end()); }

class Runner {
public:
  Runner(const Case &c, const std::string &prefix, tercet_session *session,
         const char *target)
      : c(c), n(c.grid.size()), d(c.width), prefix(prefix), session(session),
        target(target) {}

  void checkSets(Data &data, std::map<std::string, std::vector<float>> &) {
    Set map(n);
    call(session, name("nearest"), {{data.index, {c.active}}}, {{map, {n}}});
    EXPECT_EQ(map, findNearest(c.grid, data.index)) << prefix << target;
    Set next(c.next), added(c.next - c.active);
    call(session, name("densify"),
         {{data.index, {c.active}}, {data.scores, {n}}},
         {{next, {c.next}}, {added, {c.next - c.active}}});
    EXPECT_EQ(next, data.next) << prefix << target;
    EXPECT_EQ(added, data.added) << prefix << target;
    // Grown, nothing lost.
    EXPECT_TRUE(std::includes(next.begin(), next.end(), data.index.begin(),
                              data.index.end()));
  }

  void checkFields(Data &data,
                   std::map<std::string, std::vector<float>> &seen) {
    std::vector<float> v(n * d), s(n), constant(data.rows.size(), 1.7f);
    auto lift = [&](std::vector<float> &rows) {
      call(session, name("lift"),
           {{rows, {c.active, d}}, {data.index, {c.active}}}, {{v, {n, d}}});
    };
    lift(constant);
    for (float value : v)
      EXPECT_NEAR(value, 1.7f, 1e-6);
    lift(data.rows);
    for (int64_t j = 0; j < c.active; ++j)
      EXPECT_FALSE(std::memcmp(&v[data.index[j] * d], &data.rows[j * d], 4 * d))
          << "an active token keeps its row";
    expectNear(v, tercet::test::lift(c.grid, toField(data.rows), data.index, d),
               2e-6, prefix + "lift " + target);
    expectSame(seen, prefix + "lift", v, target);
    call(session, name("importance"), {{data.field, {n, d}}}, {{s, {n}}});
    expectNear(s, measureImportance(c.grid, toField(data.field), d), 5e-6,
               prefix + "importance " + target);
    expectSame(seen, prefix + "importance", s, target);
  }

  void checkRows(Data &data, std::map<std::string, std::vector<float>> &seen) {
    std::vector<float> g(c.active * d), s(n * d), z(n * d), end(n * d);
    call(session, name("rows"),
         {{data.field, {n, d}},
          {data.index, {c.active}},
          {data.rows, {c.active, d}}},
         {{g, {c.active, d}}, {s, {n, d}}});
    std::vector<float> expected = data.field;
    for (int64_t j = 0; j < c.active; ++j)
      for (int64_t i = 0; i < d; ++i) {
        float &value = expected[data.index[j] * d + i];
        EXPECT_EQ(g[j * d + i], value);
        value = data.rows[j * d + i];
      }
    EXPECT_EQ(s, expected) << prefix << target;
    call(session, name("flow"),
         {{data.field, {n, d}},
          {data.added, {c.next - c.active}},
          {data.clean, {n, d}},
          {data.noise, {n, d}}},
         {{z, {n, d}}, {end, {n, d}}});
    std::vector<char> isNew(n, 0);
    for (int32_t token : data.added)
      isNew[token] = 1;
    for (int64_t i = 0; i < n * d; ++i) {
      double y = data.field[i];
      double goal = 0.3 * double(data.clean[i]) + 0.7 * double(data.noise[i]);
      bool moves = isNew[i / d];
      EXPECT_NEAR(z[i], moves ? 2.0 / 3 * y + goal / 3 : y, moves ? 1e-6 : 0);
      EXPECT_NEAR(end[i], moves ? goal : y, moves ? 1e-6 : 0);
    }
    expectSame(seen, prefix + "flow", z, target);
  }

private:
  const char *name(const char *entry) {
    full = prefix + entry;
    return full.c_str();
  }
  const Case &c;
  int64_t n, d;
  std::string prefix, full;
  tercet_session *session;
  const char *target;
};

/// The harness wants a file of weights.
void addSomething(WeightFile &file) {
  file.add("unused", {1}, std::vector<float>{0});
}

TEST(SpatialTokens, EveryOpOnEveryExecutor) {
  std::mt19937 rng(3);
  std::string text;
  std::vector<Data> all;
  for (const Case &c : kCases) {
    text += makeModel(c, "c" + print(all.size()) + "_");
    Data data;
    int64_t n = c.grid.size();
    data.index = chooseTokens(c.grid, c.active, rng);
    data.rows = draw(c.active * c.width, rng);
    data.field = draw(n * c.width, rng);
    data.clean = draw(n * c.width, rng);
    data.noise = draw(n * c.width, rng);
    data.scores = draw(n, rng);
    // Ties, zeros of both signs, infinities and NaN.
    for (float &s : data.scores)
      switch (rng() % 6) {
      case 0:
        s = 0.5f;
        break;
      case 1:
        s = rng() % 2 ? 0.0f : -0.0f;
        break;
      case 2:
        s = std::numeric_limits<float>::infinity() * (rng() % 2 ? 1.f : -1.f);
        break;
      case 3:
        s = std::copysign(std::numeric_limits<float>::quiet_NaN(),
                          rng() % 2 ? 1.f : -1.f);
        break;
      }
    data.next = densify(data.index, data.scores, c.next - c.active);
    for (int32_t token : data.next)
      if (!std::count(data.index.begin(), data.index.end(), token))
        data.added.push_back(token);
    all.push_back(data);
  }
  WeightFile file;
  addSomething(file);
  Model model(text, file, nullptr);
  if (HasFatalFailure())
    return;
  std::map<std::string, std::vector<float>> seen;
  model.onEveryExecutor([&](tercet_session *session, const char *target) {
    for (size_t i = 0; i < all.size(); ++i) {
      Runner runner(kCases[i], "c" + print(i) + "_", session, target);
      runner.checkSets(all[i], seen);
      runner.checkFields(all[i], seen);
      runner.checkRows(all[i], seen);
    }
  });
}

TEST(SpatialTokens, ConstantsNoiseAndTiles) {
  // Anchors are constants; tiles are chosen as tokens of the grid of tiles are,
  // and tiles of one token are tokens.
  const char *text = R"(
func.func @anchors(%x: tensor<64x3xf32>) -> (tensor<30x3xf32>, tensor<64x3xf32>) {
  %i = spatial.anchors grid<1, 8, 8> pattern(stride) stride(3) seed(11) : tensor<30xi32>
  %m = spatial.nearest %i grid<1, 8, 8> : tensor<30xi32> -> tensor<64xi32>
  %g = spatial.gather %x, %i : tensor<64x3xf32>, tensor<30xi32> -> tensor<30x3xf32>
  %v = spatial.lift %g, %i, %m grid<1, 8, 8> : tensor<30x3xf32>, tensor<30xi32>, tensor<64xi32> -> tensor<64x3xf32>
  return %g, %v : tensor<30x3xf32>, tensor<64x3xf32>
}
func.func @whole(%x: tensor<64x3xf32>, %i: tensor<64xi32>) -> tensor<64x3xf32> {
  %m = spatial.nearest %i grid<1, 8, 8> : tensor<64xi32> -> tensor<64xi32>
  %g = spatial.gather %x, %i : tensor<64x3xf32>, tensor<64xi32> -> tensor<64x3xf32>
  %v = spatial.lift %g, %i, %m grid<1, 8, 8> : tensor<64x3xf32>, tensor<64xi32>, tensor<64xi32> -> tensor<64x3xf32>
  %y = arith.addf %v, %v : tensor<64x3xf32>
  return %y : tensor<64x3xf32>
}
func.func @normal(%seed: tensor<2xi32>) -> tensor<7x30xf32> {
  %e = spatial.random_normal %seed : tensor<2xi32> -> tensor<7x30xf32>
  return %e : tensor<7x30xf32>
}
func.func @tiles(%i: tensor<3xi32>, %v: tensor<96x2xf32>) -> (tensor<5xi32>, tensor<60xi32>, tensor<8xf32>) {
  %s = spatial.importance %v grid<2, 6, 8, tile = [1, 3, 4]> : tensor<96x2xf32> -> tensor<8xf32>
  %n, %a = spatial.densify %i, %s : tensor<3xi32>, tensor<8xf32> -> tensor<5xi32>, tensor<2xi32>
  %t = spatial.tile_tokens %n grid<2, 6, 8, tile = [1, 3, 4]> : tensor<5xi32> -> tensor<60xi32>
  return %n, %t, %s : tensor<5xi32>, tensor<60xi32>, tensor<8xf32>
}
func.func @single(%i: tensor<3xi32>, %v: tensor<96x2xf32>) -> (tensor<5xi32>, tensor<96xf32>) {
  %s = spatial.importance %v grid<2, 6, 8, tile = [1, 1, 1]> : tensor<96x2xf32> -> tensor<96xf32>
  %n, %a = spatial.densify %i, %s : tensor<3xi32>, tensor<96xf32> -> tensor<5xi32>, tensor<2xi32>
  %t = spatial.tile_tokens %n grid<2, 6, 8, tile = [1, 1, 1]> : tensor<5xi32> -> tensor<5xi32>
  return %t, %s : tensor<5xi32>, tensor<96xf32>
}
func.func @plain(%i: tensor<3xi32>, %v: tensor<96x2xf32>) -> (tensor<5xi32>, tensor<96xf32>) {
  %s = spatial.importance %v grid<2, 6, 8> : tensor<96x2xf32> -> tensor<96xf32>
  %n, %a = spatial.densify %i, %s : tensor<3xi32>, tensor<96xf32> -> tensor<5xi32>, tensor<2xi32>
  return %n, %s : tensor<5xi32>, tensor<96xf32>
}
)";
  WeightFile file;
  addSomething(file);
  Model model(text, file, nullptr);
  if (HasFatalFailure())
    return;
  std::mt19937 rng(5);
  Grid grid{1, 8, 8}, video{2, 6, 8};
  std::vector<float> x = draw(64 * 3, rng), field = draw(96 * 2, rng);
  Set anchors = findAnchors(grid, 3, 11, 30), three{1, 4, 6};
  std::vector<float> gathered;
  for (int32_t n : anchors)
    gathered.insert(gathered.end(), &x[3 * n], &x[3 * n] + 3);
  Field lifted = lift(grid, toField(gathered), anchors, 3);
  Field scores = measureImportance(video, toField(field), 2);
  // Tile k holds rows 3 * (k / 2 % 2) .. and columns 4 * (k % 2) .. of a frame.
  Field tileScores(8, 0);
  std::vector<int> tileOf(96);
  for (int n = 0; n < 96; ++n) {
    tileOf[n] = n / 48 * 4 + n % 48 / 8 / 3 * 2 + n % 8 / 4;
    tileScores[tileOf[n]] += scores[n] / 12;
  }
  Set tiles = densify(
      three, std::vector<float>(tileScores.begin(), tileScores.end()), 2);
  Set tokens;
  for (int n = 0; n < 96; ++n)
    if (std::count(tiles.begin(), tiles.end(), tileOf[n]))
      tokens.push_back(n);
  std::map<std::string, std::vector<float>> seen;
  model.onEveryExecutor([&](tercet_session *session, const char *target) {
    std::vector<float> g(90), v(64 * 3);
    call(session, "anchors", {{x, {64, 3}}}, {{g, {30, 3}}, {v, {64, 3}}});
    EXPECT_EQ(g, gathered) << target;
    expectNear(v, lifted, 2e-6, std::string("anchors ") + target);

    Set every(64);
    for (int n = 0; n < 64; ++n)
      every[n] = n;
    call(session, "whole", {{x, {64, 3}}, {every, {64}}}, {{v, {64, 3}}});
    for (size_t i = 0; i < v.size(); ++i)
      EXPECT_EQ(v[i], x[i] + x[i]) << target;

    std::vector<float> noise(210);
    Set seed{-5, 77};
    call(session, "normal", {{seed, {2}}}, {{noise, {7, 30}}});
    for (int i = 0; i < 210; ++i)
      EXPECT_EQ(noise[i], drawNormal(i, (77ull << 32) | 0xfffffffb)) << target;

    Set chosen(5), held(60);
    std::vector<float> s(8);
    call(session, "tiles", {{three, {3}}, {field, {96, 2}}},
         {{chosen, {5}}, {held, {60}}, {s, {8}}});
    EXPECT_EQ(chosen, tiles) << target;
    EXPECT_EQ(held, tokens) << target;
    expectNear(s, tileScores, 5e-6, std::string("tiles ") + target);
    expectSame(seen, "tiles", s, target);

    Set one(5), plain(5);
    std::vector<float> a(96), b(96);
    call(session, "single", {{three, {3}}, {field, {96, 2}}},
         {{one, {5}}, {a, {96}}});
    call(session, "plain", {{three, {3}}, {field, {96, 2}}},
         {{plain, {5}}, {b, {96}}});
    EXPECT_EQ(one, plain) << target;
    EXPECT_FALSE(std::memcmp(a.data(), b.data(), 4 * 96)) << target;
  });
}

/// The noise is normal: moments and quantiles of many numbers.
TEST(SpatialTokens, NoiseIsNormal) {
  constexpr int kCount = 200000;
  double sum = 0, squares = 0, fourth = 0;
  int inside1 = 0, inside2 = 0;
  for (int i = 0; i < kCount; ++i) {
    double v = drawNormal(i, 42);
    sum += v;
    squares += v * v;
    fourth += v * v * v * v;
    inside1 += std::abs(v) < 1;
    inside2 += std::abs(v) < 2;
  }
  EXPECT_NEAR(sum / kCount, 0, 0.01);
  EXPECT_NEAR(squares / kCount, 1, 0.015);
  EXPECT_NEAR(fourth / kCount, 3, 0.1);
  EXPECT_NEAR(double(inside1) / kCount, 0.6827, 0.005);
  EXPECT_NEAR(double(inside2) / kCount, 0.9545, 0.003);
}
} // namespace
