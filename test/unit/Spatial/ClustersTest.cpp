//===- ClustersTest.cpp - k-means on every executor -----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Assign against brute force in f64: a label may be another one only where two
// distances differ by no more than rounding. Update and whole iterations
// against their definition, where whole numbers have to match to the bit.
//
//===----------------------------------------------------------------------===//
#include "Clusters.h"
#include "Session.h"

using namespace tercet::test;
using namespace tercet::test::clusters;

namespace {
std::string nameAssign(int64_t k, int64_t d, bool clamped, int64_t n = -1) {
  return "assign" + std::string(clamped ? "_clamped" : "") +
         (n < 0 ? "" : "_of_" + std::to_string(n)) + "_" + std::to_string(k) +
         "_" + std::to_string(d);
}

/// `n` points, or any number of them.
std::string makeAssign(int64_t k, int64_t d, const char *clamp,
                       int64_t n = -1) {
  std::string x = shape(n, d), c = shape(k, d), ids = shape(n, 0, "i32"),
              scores = shape(n, 0);
  return "func.func @" + nameAssign(k, d, *clamp, n) + "(%x: " + x +
         " {tercet.name = \"x\"" + (n < 0 ? ", tercet.bound = 512" : "") +
         "}, %c: " + c + " {tercet.name = \"c\"}) -> (" + ids +
         " {tercet.name = \"ids\"}, " + scores +
         " {tercet.name = \"scores\"}) {\n" +
         "  %ids, %scores = spatial.kmeans_assign " + clamp + " %x, %c : " + x +
         ", " + c + " -> " + ids + ", " + scores +
         "\n  return %ids, %scores : " + ids + ", " + scores + "\n}\n";
}
} // namespace

TEST(Clusters, NearestCentroids) {
  // Widths that matrix instructions of GPUs take, and others.
  const std::pair<int64_t, int64_t> kShapes[] = {
      {1, 4}, {5, 3}, {37, 16}, {64, 20}, {71, 48}};
  std::string model = makeAssign(37, 16, "clamp0");
  for (auto [k, d] : kShapes)
    model += makeAssign(k, d, "");
  auto run = [&](Session &session, const Clusters &clusters, bool clamped,
                 bool exact) {
    SCOPED_TRACE(std::to_string(clusters.n) + " points, " +
                 std::to_string(clusters.k) + " x " +
                 std::to_string(clusters.d));
    Floats x = clusters.x, c = clusters.c, scores(clusters.n, 7);
    Ints ids(clusters.n, -1);
    std::string name = nameAssign(clusters.k, clusters.d, clamped);
    session.call(name.c_str(),
                 {{x, {clusters.n, clusters.d}}, {c, {clusters.k, clusters.d}}},
                 {{ids, {clusters.n}}, {scores, {clusters.n}}});
    clusters.check(ids, scores, clamped, exact);
  };
  runEverywhere(model, [&](Session &session) {
    for (auto [k, d] : kShapes)
      for (int64_t n : {k, int64_t(49), int64_t(200)}) {
        if (n < k)
          continue;
        run(session, {n, k, d, makeFloats(n * d, 1), makeFloats(k * d, 2)},
            false, false);
        // Whole numbers, among them centroids that stand twice.
        Clusters whole{n, k, d, makeFloats(n * d, 3, true),
                       makeFloats(k * d, 4, true)};
        if (k > 2)
          std::copy(whole.c.begin(), whole.c.begin() + d, whole.c.end() - d);
        run(session, whole, false, true);
        if (k == 37)
          run(session, whole, true, true);
      }
    // As many clusters as points: each is its own.
    Clusters own{64, 64, 20, makeFloats(64 * 20, 5), {}};
    own.c = own.x;
    run(session, own, false, false);
  });
}

// A known, small number of points, whose centroids are parts of several waves.
// Every second centroid lies a few roundings beside its neighbour, so that
// nearly all labels are close decisions.
TEST(Clusters, CloseNeighbours) {
  const int64_t n = 160, k = 150, d = 16;
  std::string model = makeAssign(k, d, "", n) + makeAssign(k, d, "clamp0", n);
  Clusters near{n, k, d, makeFloats(n * d, 12), makeFloats(k * d, 13)};
  for (int64_t j = 0; j + 1 < k; j += 2)
    for (int64_t e = 0; e < d; ++e)
      near.c[(j + 1) * d + e] =
          near.c[j * d + e] * (1 + float(e % 3 - 1) * float(kEpsilon) * 8);
  Clusters whole{n, k, d, makeFloats(n * d, 14, true),
                 makeFloats(k * d, 15, true)};
  // The first half again: of equal ones the lowest, though another wave's.
  std::copy(whole.c.begin(), whole.c.begin() + k / 2 * d,
            whole.c.begin() + k / 2 * d);
  runEverywhere(model, [&](Session &session) {
    for (bool clamped : {false, true})
      for (bool exact : {false, true}) {
        SCOPED_TRACE(std::string(clamped ? "clamped" : "plain") +
                     (exact ? ", whole numbers" : ", close ones"));
        Clusters &p = exact ? whole : near;
        Ints ids(n, -1);
        Floats scores(n, 7);
        session.call(nameAssign(k, d, clamped, n).c_str(),
                     {{p.x, {n, d}}, {p.c, {k, d}}},
                     {{ids, {n}}, {scores, {n}}});
        p.check(ids, scores, clamped, exact);
      }
  });
}

TEST(Clusters, NoNumbersAreNeverNearest) {
  const std::pair<int64_t, int64_t> kShapes[] = {{5, 3}, {9, 16}};
  std::string model;
  for (auto [k, d] : kShapes)
    model += makeAssign(k, d, "");
  runEverywhere(model, [&](Session &session) {
    for (auto [k, d] : kShapes) {
      Floats x = makeFloats(2 * d, 6), c = makeFloats(k * d, 7), scores(2);
      std::fill(c.begin(), c.begin() + 2 * d, NAN);
      x[d] = NAN; // the second point
      Ints ids(2, -1);
      session.call(nameAssign(k, d, false).c_str(), {{x, {2, d}}, {c, {k, d}}},
                   {{ids, {2}}, {scores, {2}}});
      EXPECT_GE(ids[0], 2);
      EXPECT_TRUE(std::isfinite(scores[0]));
      EXPECT_EQ(ids[1], 0);
      EXPECT_EQ(scores[1], std::numeric_limits<float>::infinity());
    }
  });
}

// The order of the sums is the definition's, so the bits are on every target;
// an empty cluster keeps its centroid; fewer points than chunks.
TEST(Clusters, MeansToTheBit) {
  std::string model =
      "func.func @update(%x: tensor<?x5xf32> {tercet.name = \"x\", "
      "tercet.bound = 512, tercet.dims = [\"n\", \"\"]}, %i: tensor<?xi32> "
      "{tercet.name = \"i\", tercet.bound = 512, tercet.dims = [\"n\"], "
      "tercet.range = [0, 7]}, %c: tensor<7x5xf32> {tercet.name = \"c\"}) -> "
      "(tensor<7x5xf32> {tercet.name = \"means\"}, tensor<7xi32> {tercet.name "
      "= \"counts\"}) {\n  %m, %k = spatial.kmeans_update %x, %i, %c : "
      "tensor<?x5xf32>, tensor<?xi32>, tensor<7x5xf32> -> tensor<7xi32>\n  "
      "return %m, %k : tensor<7x5xf32>, tensor<7xi32>\n}\n";
  runEverywhere(model, [&](Session &session) {
    for (int64_t n : {1, 3, 8, 100, 333}) {
      SCOPED_TRACE(n);
      Clusters p{n, 7, 5, makeFloats(n * 5, 8), makeFloats(35, 9)};
      std::mt19937 random(10);
      Ints ids(n), counts(7), expectedCounts;
      for (int32_t &id : ids)
        id = int32_t(random() % 6); // 6 has no points
      Floats means(35), expected;
      session.call("update", {{p.x, {n, 5}}, {ids, {n}}, {p.c, {7, 5}}},
                   {{means, {7, 5}}, {counts, {7}}});
      update(p, ids, expected, expectedCounts);
      EXPECT_EQ(means, expected);
      EXPECT_EQ(counts, expectedCounts);
    }
  });
}

// Whole iterations on whole numbers. Three clusters far apart end after a few
// iterations, and the rest of them change nothing.
TEST(Clusters, IterationsEndWhereNothingMoves) {
  auto function = [](const char *name, const char *tol) {
    return "func.func @" + std::string(name) +
           "(%x: tensor<90x4xf32> {tercet.name = \"x\"}, %c: tensor<3x4xf32> "
           "{tercet.name = \"c\"}) -> (tensor<90xi32> {tercet.name = \"ids\"}, "
           "tensor<3x4xf32> {tercet.name = \"centroids\"}, tensor<i32> "
           "{tercet.name = \"iterations\"}) {\n  %i, %m, %n = spatial.kmeans "
           "%x, %c max_iters(8) tol(" +
           tol +
           ") : tensor<90x4xf32>, tensor<3x4xf32> -> tensor<90xi32>, "
           "tensor<i32>\n  return %i, %m, %n : tensor<90xi32>, "
           "tensor<3x4xf32>, tensor<i32>\n}\n";
  };
  std::string model = function("until", "1.0e-3") + function("all", "0.0");
  Clusters p{90, 3, 4, makeFloats(360, 11, true), {}};
  for (int64_t i = 0; i < 360; ++i)
    p.x[i] += float(i / 4 % 3 * 64);
  p.c = Floats(p.x.begin(), p.x.begin() + 12);
  // By the definition, which returns the centroids before the last move.
  auto iterate = [&](double tol, Ints &ids, int32_t &iterations) {
    Clusters now = p;
    for (iterations = 1;; ++iterations) {
      ids.clear();
      for (int64_t i = 0; i < p.n; ++i)
        ids.push_back(now.assign(i));
      Floats next;
      Ints counts;
      update(now, ids, next, counts);
      double farthest = 0;
      for (int64_t k = 0; k < 3; ++k) {
        double moved = 0;
        for (int64_t e = 0; e < 4; ++e)
          moved += std::pow(double(next[k * 4 + e]) - now.c[k * 4 + e], 2);
        farthest = std::max(farthest, std::sqrt(moved));
      }
      if (farthest < tol)
        return now.c;
      now.c = next;
      if (iterations == 8)
        return now.c;
    }
  };
  runEverywhere(model, [&](Session &session) {
    for (bool until : {true, false}) {
      Ints ids(90), iterations(1), expectedIds;
      Floats centroids(12);
      int32_t expectedIterations;
      Floats expected =
          iterate(until ? 1e-3 : 0, expectedIds, expectedIterations);
      session.call(until ? "until" : "all", {{p.x, {90, 4}}, {p.c, {3, 4}}},
                   {{ids, {90}}, {centroids, {3, 4}}, {iterations, {}}});
      EXPECT_EQ(ids, expectedIds);
      EXPECT_EQ(centroids, expected);
      EXPECT_EQ(iterations[0], expectedIterations);
      EXPECT_EQ(iterations[0] < 8, until);
    }
  });
}
