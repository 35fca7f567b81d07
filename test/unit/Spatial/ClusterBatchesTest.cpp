//===- ClusterBatchesTest.cpp - where k-means begins; many at once --------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// spatial.kmeans_init against its formula with another Philox; an op on
// batches against one on each, bits against bits; and what holds of k-means
// whatever the points are.
//
//===----------------------------------------------------------------------===//
#include "Clusters.h"
#include "Oracle.h"
#include "Session.h"
#include <set>

using namespace tercet::test;
using namespace tercet::test::clusters;

namespace {
/// "tensor<2x?x5xf32>"; sizes below 0 are not known.
std::string typeOf(std::vector<int64_t> sizes, const char *element = "f32") {
  std::string text = "tensor<";
  for (int64_t size : sizes)
    text += (size < 0 ? std::string("?") : std::to_string(size)) + "x";
  return text + element + ">";
}
std::vector<int64_t> behind(int64_t batches, std::vector<int64_t> sizes) {
  if (batches)
    sizes.insert(sizes.begin(), batches);
  return sizes;
}

/// `n` below 0 is not known, at most 600.
std::string makeInit(const std::string &name, int64_t batches, int64_t n,
                     int64_t k, int64_t d) {
  std::string x = typeOf(behind(batches, {n, d})),
              c = typeOf(behind(batches, {k, d}));
  return "func.func @" + name + "(%x: " + x + " {tercet.name = \"x\"" +
         (n < 0 ? ", tercet.bound = " +
                      std::string(batches ? "[0, 600, 0]" : "600")
                : std::string()) +
         "}, %s: tensor<2xi32> {tercet.name = \"s\"}) -> (" + c +
         " {tercet.name = \"c\"}) {\n  %c = spatial.kmeans_init %x seed(%s) "
         ": " +
         x + ", tensor<2xi32> -> " + c + "\n  return %c : " + c + "\n}\n";
}

/// floor(W n / 2^64), W the first two words.
int64_t draw(uint32_t number, uint32_t batch, uint32_t kind, uint64_t seed,
             int64_t n) {
  auto words = randomWords(number, batch, seed, kind);
  unsigned __int128 w = words[1];
  w = (w << 32) | words[0];
  return int64_t((w * n) >> 64);
}

std::vector<int64_t> drawRows(uint32_t batch, int64_t n, int64_t k,
                              uint64_t seed) {
  std::vector<int64_t> rows;
  int64_t begin = draw(0, batch, 1, seed, n);
  for (int64_t i = 0; i < k; ++i) {
    int64_t from = i * n / k, to = (i + 1) * n / k;
    rows.push_back((begin + from + draw(i, batch, 0, seed, to - from)) % n);
  }
  return rows;
}
} // namespace

TEST(ClusterBatches, InitDrawsByTheFormula) {
  constexpr int64_t kWidth = 5, kBatches = 3;
  struct Case {
    const char *name;
    int64_t batches, n, k;
  } cases[] = {{"known", 0, 77, 10},
               {"all", 0, 19, 19},
               {"any", 0, -1, 10},
               {"batches", kBatches, 77, 10},
               {"any_batches", kBatches, -1, 10},
               {"one", 0, -1, 1}};
  std::string model;
  for (const Case &c : cases)
    model += makeInit(c.name, c.batches, c.n, c.k, kWidth);
  runEverywhere(model, [&](Session &session) {
    for (const Case &c : cases)
      for (int64_t n : c.n < 0 ? std::vector<int64_t>{1, 4, 10, 11, 600}
                               : std::vector<int64_t>{c.n})
        for (uint64_t seed : {uint64_t(0), uint64_t(0xfedcba9876543210)}) {
          SCOPED_TRACE(std::string(c.name) + ", " + std::to_string(n) +
                       " points, seed " + std::to_string(seed));
          int64_t batches = std::max<int64_t>(c.batches, 1);
          Floats x(batches * n * kWidth), drawn(batches * c.k * kWidth, -1);
          for (size_t i = 0; i < x.size(); ++i)
            x[i] = float(i);
          Ints words{int32_t(uint32_t(seed)), int32_t(seed >> 32)};
          session.call(c.name,
                       {{x, behind(c.batches, {n, kWidth})}, {words, {2}}},
                       {{drawn, behind(c.batches, {c.k, kWidth})}});
          Floats expected;
          for (int64_t b = 0; b < batches; ++b) {
            auto rows = drawRows(uint32_t(b), n, c.k, seed);
            std::set<int64_t> different(rows.begin(), rows.end());
            EXPECT_EQ(int64_t(different.size()), std::min(n, c.k));
            for (int64_t row : rows)
              expected.insert(expected.end(), &x[(b * n + row) * kWidth],
                              &x[(b * n + row) * kWidth] + kWidth);
          }
          EXPECT_EQ(drawn, expected);
        }
    Floats none(1), drawn(10 * kWidth, -1);
    Ints words{1, 2};
    session.call("any", {{none, {0, kWidth}}, {words, {2}}},
                 {{drawn, {10, kWidth}}});
    EXPECT_EQ(drawn, Floats(10 * kWidth, 0)) << "without points";
  });
}

// Of the formula, which the test above compares with what was compiled: 10 of
// 77 rows, so often that each should come 40 times.
TEST(ClusterBatches, EveryRowIsAsLikely) {
  std::vector<int64_t> counts(77, 0);
  for (uint64_t seed = 0; seed < 308; ++seed)
    for (int64_t row : drawRows(0, 77, 10, seed))
      ++counts[row];
  double chi = 0;
  for (int64_t count : counts)
    chi += (count - 40.0) * (count - 40.0) / 40.0;
  // The value that one in a thousand exceeds, of 76 degrees of freedom.
  EXPECT_LT(chi, 119.9);
}

namespace {
/// Assign, assign with clamp0, update and k-means with an end, as NAME_assign
/// and so on.
std::string makeAll(const std::string &name, int64_t batches, int64_t n,
                    int64_t k, int64_t d) {
  std::string x = typeOf(behind(batches, {n, d})),
              c = typeOf(behind(batches, {k, d})),
              i = typeOf(behind(batches, {n}), "i32"),
              s = typeOf(behind(batches, {n})),
              m = typeOf(behind(batches, {k}), "i32"),
              t = typeOf(behind(batches, {}), "i32");
  std::string bound, bounds;
  if (n < 0) {
    bound =
        batches ? "tercet.bound = [0, 400, 0], " : "tercet.bound = [400, 0], ";
    bounds = batches ? "tercet.bound = [0, 400], " : "tercet.bound = 400, ";
    bound += batches ? "tercet.dims = [\"\", \"n\", \"\"], "
                     : "tercet.dims = [\"n\", \"\"], ";
    bounds +=
        batches ? "tercet.dims = [\"\", \"n\"], " : "tercet.dims = [\"n\"], ";
  }
  std::string points = "%x: " + x + " {" + bound + "tercet.name = \"x\"}, ",
              centroids = "%c: " + c + " {tercet.name = \"c\"}";
  auto assign = [&](const char *suffix, const char *clamp) {
    return "func.func @" + name + suffix + "(" + points + centroids + ") -> (" +
           i + " {tercet.name = \"i\"}, " + s +
           " {tercet.name = \"s\"}) {\n  %i, %s = spatial.kmeans_assign " +
           clamp + " %x, %c : " + x + ", " + c + " -> " + i + ", " + s +
           "\n  return %i, %s : " + i + ", " + s + "\n}\n";
  };
  return assign("_assign", "") + assign("_clamped", "clamp0") + "func.func @" +
         name + "_update(" + points + "%i: " + i + " {" + bounds +
         "tercet.name = \"i\", tercet.range = [0, " + std::to_string(k) +
         "]}, " + centroids + ") -> (" + c + " {tercet.name = \"y\"}, " + m +
         " {tercet.name = \"m\"}) {\n  %y, %m = spatial.kmeans_update %x, %i, "
         "%c : " +
         x + ", " + i + ", " + c + " -> " + m + "\n  return %y, %m : " + c +
         ", " + m + "\n}\nfunc.func @" + name + "_kmeans(" + points +
         centroids + ") -> (" + i + " {tercet.name = \"i\"}, " + c +
         " {tercet.name = \"y\"}, " + t +
         " {tercet.name = \"t\"}) {\n  %i, %y, %t = spatial.kmeans %x, %c "
         "max_iters(3) tol(0.001) : " +
         x + ", " + c + " -> " + i + ", " + t + "\n  return %i, %y, %t : " + i +
         ", " + c + ", " + t + "\n}\n";
}

template <typename T>
std::vector<T> part(const std::vector<T> &all, int64_t parts, int64_t at) {
  size_t each = all.size() / parts;
  return std::vector<T>(all.begin() + at * each, all.begin() + (at + 1) * each);
}
} // namespace

TEST(ClusterBatches, AreTheBitsOfSingleCalls) {
  constexpr int64_t kBatches = 3;
  struct Size {
    std::string name;
    int64_t n, bound, k, d;
  } sizes[] = {{"odd", 53, 53, 7, 5}, {"matrices", -1, 140, 20, 16}};
  std::string model;
  for (const Size &size : sizes)
    model += makeAll(size.name + "_one", 0, size.n, size.k, size.d) +
             makeAll(size.name + "_all", kBatches, size.n, size.k, size.d);
  runEverywhere(model, [&](Session &session) {
    for (const Size &size : sizes) {
      SCOPED_TRACE(size.name);
      int64_t n = size.bound, k = size.k, d = size.d;
      Floats x = makeFloats(kBatches * n * d, 21),
             c = makeFloats(kBatches * k * d, 22);
      // The first batch ends soon: its points are its centroids.
      for (int64_t i = 0; i < n * d; ++i)
        x[i] = c[i % (k * d)];
      Ints given(kBatches * n);
      std::mt19937 random(23);
      for (int32_t &id : given)
        id = int32_t(random() % k);
      // Every function on `batches` batches from `x`, `c` and `given`.
      struct Results {
        Ints ids, clampedIds, counts, endIds, iterations;
        Floats scores, clampedScores, means, centroids;
      };
      auto run = [&](const std::string &name, int64_t batches, Floats x,
                     Floats c, Ints given) {
        int64_t all = std::max<int64_t>(batches, 1);
        Results r{Ints(all * n),   Ints(all * n),       Ints(all * k),
                  Ints(all * n),   Ints(all),           Floats(all * n),
                  Floats(all * n), Floats(all * k * d), Floats(all * k * d)};
        auto points = behind(batches, {n}), rows = behind(batches, {n, d}),
             clusters = behind(batches, {k, d});
        session.call((name + "_assign").c_str(), {{x, rows}, {c, clusters}},
                     {{r.ids, points}, {r.scores, points}});
        session.call((name + "_clamped").c_str(), {{x, rows}, {c, clusters}},
                     {{r.clampedIds, points}, {r.clampedScores, points}});
        session.call((name + "_update").c_str(),
                     {{x, rows}, {given, points}, {c, clusters}},
                     {{r.means, clusters}, {r.counts, behind(batches, {k})}});
        session.call((name + "_kmeans").c_str(), {{x, rows}, {c, clusters}},
                     {{r.endIds, points},
                      {r.centroids, clusters},
                      {r.iterations, behind(batches, {})}});
        return r;
      };
      Results all = run(size.name + "_all", kBatches, x, c, given);
      for (int64_t b = 0; b < kBatches; ++b) {
        SCOPED_TRACE(b);
        Results one = run(size.name + "_one", 0, part(x, kBatches, b),
                          part(c, kBatches, b), part(given, kBatches, b));
        EXPECT_EQ(part(all.ids, kBatches, b), one.ids);
        EXPECT_EQ(part(all.scores, kBatches, b), one.scores);
        EXPECT_EQ(part(all.clampedIds, kBatches, b), one.clampedIds);
        EXPECT_EQ(part(all.clampedScores, kBatches, b), one.clampedScores);
        EXPECT_EQ(part(all.means, kBatches, b), one.means);
        EXPECT_EQ(part(all.counts, kBatches, b), one.counts);
        EXPECT_EQ(part(all.endIds, kBatches, b), one.endIds);
        EXPECT_EQ(part(all.centroids, kBatches, b), one.centroids);
        EXPECT_EQ(all.iterations[b], one.iterations[0]);
        // And they are right, by definition.
        Clusters p{n, k, d, part(x, kBatches, b), part(c, kBatches, b)};
        p.check(one.ids, one.scores, false, false);
        p.check(one.clampedIds, one.clampedScores, true, false);
        Floats means;
        Ints counts;
        update(p, part(given, kBatches, b), means, counts);
        EXPECT_EQ(one.means, means);
        EXPECT_EQ(one.counts, counts);
      }
      EXPECT_EQ(all.iterations[0], 1);
      EXPECT_GT(all.iterations[1], 1);
    }
  });
}

namespace {
std::string makeSteps(int64_t n, int64_t k, int64_t d, int64_t steps) {
  std::string x = typeOf({n, d}), c = typeOf({k, d}), i = typeOf({n}, "i32");
  return "func.func @steps_" + std::to_string(k) + "_" + std::to_string(steps) +
         "(%x: " + x + " {tercet.name = \"x\"}, %c: " + c +
         " {tercet.name = \"c\"}) -> (" + i + " {tercet.name = \"i\"}, " + c +
         " {tercet.name = \"y\"}) {\n  %i, %y, %t = spatial.kmeans %x, %c "
         "max_iters(" +
         std::to_string(steps) + ") tol(0.0) : " + x + ", " + c + " -> " + i +
         ", tensor<i32>\n  return %i, %y : " + i + ", " + c + "\n}\n";
}
} // namespace

TEST(ClusterBatches, InertiaNeverGrows) {
  constexpr int64_t kPoints = 300, kWidth = 20, kCount = 17;
  runEverywhere(
      makeInit("init", 0, kPoints, kCount, kWidth) +
          makeSteps(kPoints, kCount, kWidth, 1),
      [&](Session &session) {
        for (int32_t seed = 1; seed <= 3; ++seed) {
          Clusters p{kPoints, kCount, kWidth,
                     makeFloats(kPoints * kWidth, unsigned(seed)),
                     Floats(kCount * kWidth)};
          // Blobs of unequal widths, some of them far away.
          for (int64_t i = 0; i < kPoints * kWidth; ++i)
            p.x[i] =
                p.x[i] * float(1 + i / kWidth % 3) + float(i / kWidth % 9 * 2);
          Ints words{seed, 0};
          session.call("init", {{p.x, {kPoints, kWidth}}, {words, {2}}},
                       {{p.c, {kCount, kWidth}}});
          double begin = p.inertia(), last = begin;
          for (int step = 0; step < 8; ++step) {
            Floats next(kCount * kWidth);
            Ints ids(kPoints);
            session.call("steps_17_1",
                         {{p.x, {kPoints, kWidth}}, {p.c, {kCount, kWidth}}},
                         {{ids, {kPoints}}, {next, {kCount, kWidth}}});
            p.c = next;
            double now = p.inertia();
            EXPECT_LE(now, last * (1 + 1e-6)) << "step " << step;
            last = now;
          }
          EXPECT_LT(last, 0.8 * begin);
        }
      });
}

// One cluster is the mean; as many as points are the points; of two centroids
// that are the same the second one gets no points at first, and keeps its
// place.
TEST(ClusterBatches, OneAllAndTheSame) {
  constexpr int64_t kPoints = 30, kWidth = 7;
  runEverywhere(
      makeSteps(kPoints, 1, kWidth, 3) + makeSteps(kPoints, 4, kWidth, 1) +
          makeSteps(kPoints, kPoints, kWidth, 3) +
          makeInit("init", 0, kPoints, kPoints, kWidth),
      [&](Session &session) {
        auto run = [&](const char *name, Clusters &p, Ints &ids) {
          Floats next(p.k * p.d);
          ids.assign(p.n, -1);
          session.call(name, {{p.x, {p.n, p.d}}, {p.c, {p.k, p.d}}},
                       {{ids, {p.n}}, {next, {p.k, p.d}}});
          return next;
        };
        Floats x = makeFloats(kPoints * kWidth, 31, true), means;
        Ints ids, counts;
        Clusters one{kPoints, 1, kWidth, x, Floats(kWidth, 9)};
        Floats found = run("steps_1_3", one, ids);
        EXPECT_EQ(ids, Ints(kPoints, 0));
        update(one, ids, means, counts);
        EXPECT_EQ(found, means);

        Clusters all{kPoints, kPoints, kWidth, x, Floats(kPoints * kWidth)};
        Ints words{3, 4};
        session.call("init", {{x, {kPoints, kWidth}}, {words, {2}}},
                     {{all.c, {kPoints, kWidth}}});
        EXPECT_EQ(run("steps_30_3", all, ids), all.c);
        for (int64_t i = 0; i < kPoints; ++i)
          EXPECT_TRUE(std::equal(&x[i * kWidth], &x[i * kWidth] + kWidth,
                                 &all.c[ids[i] * kWidth]));

        Clusters same{kPoints, 4, kWidth, x,
                      Floats(x.begin(), x.begin() + 4 * kWidth)};
        std::copy_n(same.c.begin(), kWidth, same.c.begin() + 3 * kWidth);
        found = run("steps_4_1", same, ids);
        EXPECT_EQ(std::count(ids.begin(), ids.end(), 3), 0);
        EXPECT_GT(std::count(ids.begin(), ids.end(), 0), 0);
        EXPECT_EQ(Floats(found.end() - kWidth, found.end()),
                  Floats(same.c.end() - kWidth, same.c.end()));
      });
}

// A point with a NaN goes to cluster 0, whose centroid has a NaN there from
// then on and no other points; it never ends early.
TEST(ClusterBatches, NoNumbersTakeTheFirstCluster) {
  std::string model =
      "func.func @f(%x: tensor<12x3xf32> {tercet.name = \"x\"}, %c: "
      "tensor<3x3xf32> {tercet.name = \"c\"}) -> (tensor<12xi32> {tercet.name "
      "= \"i\"}, tensor<3x3xf32> {tercet.name = \"y\"}, tensor<i32> "
      "{tercet.name = \"t\"}) {\n  %i, %y, %t = spatial.kmeans %x, %c "
      "max_iters(5) tol(1.0) : tensor<12x3xf32>, tensor<3x3xf32> -> "
      "tensor<12xi32>, tensor<i32>\n  return %i, %y, %t : tensor<12xi32>, "
      "tensor<3x3xf32>, tensor<i32>\n}\n";
  runEverywhere(model, [&](Session &session) {
    Floats x(36), c(9), found(9);
    for (int64_t i = 0; i < 36; ++i)
      x[i] = float(i / 3 % 3 * 10);
    for (int64_t i = 0; i < 9; ++i)
      c[i] = float(i / 3 * 10);
    x[5 * 3 + 1] = NAN; // of the third blob
    Ints ids(12, -1), iterations(1);
    session.call("f", {{x, {12, 3}}, {c, {3, 3}}},
                 {{ids, {12}}, {found, {3, 3}}, {iterations, {}}});
    // Points of the first blob are nearer to the second one's than to a NaN.
    for (int64_t i = 0; i < 12; ++i)
      EXPECT_EQ(ids[i], i == 5 ? 0 : std::max<int32_t>(i % 3, 1)) << i;
    EXPECT_TRUE(std::isnan(found[1]));
    EXPECT_TRUE(std::isfinite(found[0]) && std::isfinite(found[2]));
    EXPECT_EQ(found[0], 20); // of the one point that is left
    EXPECT_EQ(Floats(found.begin() + 3, found.end()),
              (Floats{5, 5, 5, 20, 20, 20}));
    EXPECT_EQ(iterations[0], 5);
  });
}
