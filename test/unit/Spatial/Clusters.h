//===- Clusters.h - k-means by its definition -------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Assign by brute force in f64, update in the order of its description, and
// what the tests of k-means have in common.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_UNIT_SPATIAL_CLUSTERS_H
#define TERCET_TEST_UNIT_SPATIAL_CLUSTERS_H

#include "gtest/gtest.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace tercet::test::clusters {

using Floats = std::vector<float>;
using Ints = std::vector<int32_t>;
constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

inline Floats makeFloats(int64_t count, unsigned seed, bool whole = false) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  Floats values(count);
  for (float &v : values)
    v = whole ? std::floor(normal(random) * 4) : normal(random);
  return values;
}

/// [n, d] and [k, d].
struct Clusters {
  int64_t n, k, d;
  Floats x, c;

  double dot(int64_t i, int64_t j) const {
    double sum = 0;
    for (int64_t e = 0; e < d; ++e)
      sum += double(x[i * d + e]) * c[j * d + e];
    return sum;
  }
  static double square(const float *v, int64_t d) {
    double sum = 0;
    for (int64_t e = 0; e < d; ++e)
      sum += double(v[e]) * v[e];
    return sum;
  }
  double score(int64_t i, int64_t j) const {
    return square(&c[j * d], d) - 2 * dot(i, j);
  }
  /// The lowest of the nearest.
  int32_t assign(int64_t i) const {
    int32_t best = 0;
    for (int64_t j = 1; j < k; ++j)
      if (score(i, j) < score(i, best))
        best = int32_t(j);
    return best;
  }
  /// The sum of squared distances to the nearest.
  double inertia() const {
    double sum = 0;
    for (int64_t i = 0; i < n; ++i)
      sum += square(&x[i * d], d) + score(i, assign(i));
    return sum;
  }
  void check(const Ints &ids, const Floats &scores, bool clamped,
             bool exact) const {
    for (int64_t i = 0; i < n; ++i) {
      int32_t best = assign(i);
      ASSERT_GE(ids[i], 0);
      ASSERT_LT(ids[i], k);
      double own = square(&x[i * d], d),
             size = own + square(&c[best * d], d) + square(&c[ids[i] * d], d);
      double expected = score(i, best) + (clamped ? own : 0);
      if (exact)
        ASSERT_EQ(ids[i], best) << "point " << i;
      else
        ASSERT_LE(score(i, ids[i]) - score(i, best), 4 * kEpsilon * size)
            << "point " << i;
      ASSERT_NEAR(scores[i], expected, exact ? 0 : 8 * kEpsilon * size)
          << "point " << i;
    }
  }
};

inline std::string shape(int64_t n, int64_t d, const char *type = "f32") {
  return "tensor<" + (n < 0 ? std::string("?") : std::to_string(n)) + "x" +
         (d ? std::to_string(d) + "x" : "") + type + ">";
}

/// The means by the definition: 8 chunks, each in order, then in theirs.
inline void update(const Clusters &p, const Ints &ids, Floats &means,
                   Ints &counts) {
  int64_t each = (p.n + 7) / 8;
  Floats sums(p.k * p.d, 0);
  counts.assign(p.k, 0);
  for (int64_t chunk = 0; chunk < 8; ++chunk) {
    Floats part(p.k * p.d, 0);
    for (int64_t i = chunk * each; i < std::min((chunk + 1) * each, p.n); ++i) {
      ++counts[ids[i]];
      for (int64_t e = 0; e < p.d; ++e)
        part[ids[i] * p.d + e] += p.x[i * p.d + e];
    }
    for (size_t e = 0; e < sums.size(); ++e)
      sums[e] += part[e];
  }
  means = p.c;
  for (int64_t e = 0; e < p.k * p.d; ++e)
    if (counts[e / p.d])
      means[e] = sums[e] / float(counts[e / p.d]);
}

} // namespace tercet::test::clusters

#endif
