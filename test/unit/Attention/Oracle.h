//===- Oracle.h - attention in double precision -----------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_UNIT_ATTENTION_ORACLE_H
#define TERCET_TEST_UNIT_ATTENTION_ORACLE_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace tercet::test {

struct AttentionShape {
  int64_t heads, keyHeads, d, dv;
  bool causal;
};

inline std::string print(const AttentionShape &s) {
  return std::to_string(s.heads) + "/" + std::to_string(s.keyHeads) +
         " heads, " + std::to_string(s.d) + "x" + std::to_string(s.dv) +
         (s.causal ? ", causal" : "");
}

/// `rows` queries against the first `length` keys; also the largest score.
inline std::vector<double>
attend(const AttentionShape &s, const std::vector<float> &q,
       const std::vector<float> &k, const std::vector<float> &v, int64_t rows,
       int64_t length, double scale, double &largest) {
  std::vector<double> out(rows * s.heads * s.dv);
  largest = 0;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t h = 0; h < s.heads; ++h) {
      int64_t kv = h / (s.heads / s.keyHeads);
      int64_t seen =
          s.causal ? std::min(length, length - rows + r + 1) : length;
      std::vector<double> score(std::max<int64_t>(seen, 0));
      double top = -INFINITY, sum = 0;
      for (int64_t j = 0; j < seen; ++j) {
        for (int64_t d = 0; d < s.d; ++d)
          score[j] += double(q[(r * s.heads + h) * s.d + d]) *
                      double(k[(j * s.keyHeads + kv) * s.d + d]);
        score[j] *= scale;
        top = std::max(top, score[j]);
        largest = std::max(largest, std::fabs(score[j]));
      }
      for (double &p : score)
        sum += p = std::exp(p - top);
      for (int64_t j = 0; j < seen; ++j)
        for (int64_t d = 0; d < s.dv; ++d)
          out[(r * s.heads + h) * s.dv + d] +=
              score[j] / sum * double(v[(j * s.keyHeads + kv) * s.dv + d]);
    }
  return out;
}

/// The same where `sees(row, head, key)` says which keys count; also the
/// log-sum-exp of the scores.
template <typename Sees>
std::vector<double>
attendWhere(const AttentionShape &s, const std::vector<float> &q,
            const std::vector<float> &k, const std::vector<float> &v,
            int64_t rows, int64_t keys, double scale, Sees sees,
            std::vector<double> &lse, double &largest) {
  std::vector<double> out(rows * s.heads * s.dv);
  lse.assign(rows * s.heads, -INFINITY);
  largest = 0;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t h = 0; h < s.heads; ++h) {
      int64_t kv = h * s.keyHeads / s.heads;
      std::vector<double> score(keys, -INFINITY);
      double top = -INFINITY, sum = 0;
      for (int64_t j = 0; j < keys; ++j) {
        if (!sees(r, h, j))
          continue;
        score[j] = 0;
        for (int64_t d = 0; d < s.d; ++d)
          score[j] += scale * double(q[(r * s.heads + h) * s.d + d]) *
                      double(k[(j * s.keyHeads + kv) * s.d + d]);
        top = std::max(top, score[j]);
        largest = std::max(largest, std::fabs(score[j]));
      }
      if (top == -INFINITY)
        continue;
      for (double x : score)
        sum += std::exp(x - top);
      lse[r * s.heads + h] = top + std::log(sum);
      for (int64_t j = 0; j < keys; ++j)
        for (int64_t d = 0; score[j] != -INFINITY && d < s.dv; ++d)
          out[(r * s.heads + h) * s.dv + d] +=
              std::exp(score[j] - top) / sum *
              double(v[(j * s.keyHeads + kv) * s.dv + d]);
    }
  return out;
}

/// How far a result may be off. Probabilities and their sums are right to some
/// roundings of f32 (2e-6 of the largest value, which leaves room for sums over
/// hundreds of keys). A score is off by roundings of its own size, and its
/// exponential by as much, relatively: 2^-22 of the largest score.
inline double getBound(const std::vector<float> &v, double largestScore) {
  double largest = 0;
  for (float x : v)
    if (std::isfinite(x))
      largest = std::max(largest, std::fabs(double(x)));
  return (2e-6 + std::ldexp(largestScore, -22)) * (1 + largest);
}

inline std::vector<float> makeFloats(int64_t count, float range,
                                     std::mt19937 &random) {
  std::uniform_real_distribution<float> uniform(-range, range);
  std::vector<float> values(count);
  for (float &x : values)
    x = uniform(random);
  return values;
}

} // namespace tercet::test

#endif
