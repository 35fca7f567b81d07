//===- Oracle.cpp - subsets of tokens by their definitions ----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Oracle.h"
#include <algorithm>
#include <cmath>
#include <set>

using namespace tercet::test;

std::array<uint32_t, 4> tercet::test::randomWords(uint32_t c0, uint32_t c1,
                                                  uint64_t seed, uint32_t c2) {
  uint32_t x[4] = {c0, c1, c2, 0}, k0 = uint32_t(seed), k1 = seed >> 32;
  for (int round = 0; round < 10; ++round) {
    unsigned __int128 left = (unsigned __int128)x[0] * 3528531795u,
                      right = (unsigned __int128)x[2] * 3449720151u;
    uint32_t y[4] = {
        uint32_t(uint64_t(right) >> 32) ^ x[1] ^ k0, uint32_t(right),
        uint32_t(uint64_t(left) >> 32) ^ x[3] ^ k1, uint32_t(left)};
    std::copy(y, y + 4, x);
    k0 += 2654435769u;
    k1 += 3144134277u;
  }
  return {x[0], x[1], x[2], x[3]};
}

Set tercet::test::findAnchors(Grid grid, int64_t stride, uint64_t seed,
                              int64_t count) {
  std::set<int32_t> chosen;
  int64_t each = count / grid.t, area = grid.h * grid.w;
  for (int64_t y = 0; y < grid.h; ++y)
    for (int64_t x = 0; x < grid.w; ++x) {
      bool border = y == 0 || x == 0 || y + 1 == grid.h || x + 1 == grid.w;
      bool in = stride == 0 ? border || !((y | x) & 1)
                            : (y % stride == 0 || y + 1 == grid.h) &&
                                  (x % stride == 0 || x + 1 == grid.w);
      if (in)
        chosen.insert(int32_t(y * grid.w + x));
    }
  auto isBefore = [&](int32_t a, int32_t b) {
    uint32_t p = randomWords(a, 0, seed)[0], q = randomWords(b, 0, seed)[0];
    return p < q || (p == q && a < b);
  };
  // One at a time.
  while (int64_t(chosen.size()) != each) {
    int32_t best = -1;
    bool add = int64_t(chosen.size()) < each;
    for (int32_t n = 0; n < area; ++n)
      if ((chosen.count(n) == 0) == add &&
          (best < 0 || (add ? isBefore(n, best) : isBefore(best, n))))
        best = n;
    add ? void(chosen.insert(best)) : void(chosen.erase(best));
  }
  Set all;
  for (int64_t t = 0; t < grid.t; ++t)
    for (int32_t n : chosen)
      all.push_back(int32_t(t * area + n));
  return all;
}

Set tercet::test::findNearest(Grid grid, const Set &index) {
  Set map;
  int64_t area = grid.h * grid.w;
  for (int64_t n = 0; n < grid.size(); ++n) {
    int64_t best = -1, least = 0;
    for (size_t j = 0; j < index.size(); ++j) {
      if (index[j] / area != n / area)
        continue;
      int64_t dy = index[j] % area / grid.w - n % area / grid.w,
              dx = index[j] % grid.w - n % grid.w;
      if (best < 0 || dy * dy + dx * dx < least) {
        best = int64_t(j);
        least = dy * dy + dx * dx;
      }
    }
    map.push_back(int32_t(std::max<int64_t>(best, 0)));
  }
  return map;
}

/// By walking, turning round at the ends.
static int64_t walk(int64_t from, int64_t steps, int64_t size) {
  int64_t at = from, direction = steps < 0 ? -1 : 1;
  for (int64_t i = 0; i < std::abs(steps) && size > 1; ++i) {
    if (at + direction < 0 || at + direction >= size)
      direction = -direction;
    at += direction;
  }
  return at;
}

Field tercet::test::lift(Grid grid, const Field &rows, const Set &index,
                         int64_t d) {
  double sigma = 0.4 / std::sqrt(double(index.size()) / double(grid.size()));
  sigma = std::min(std::max(sigma, 1.0), 10.0);
  int64_t r = int64_t(std::ceil(3 * sigma)), area = grid.h * grid.w;
  Field taps;
  double sum = 0;
  for (int64_t i = -r; i <= r; ++i)
    sum += std::exp(-double(i * i) / (2 * sigma * sigma));
  for (int64_t i = -r; i <= r; ++i)
    taps.push_back(std::exp(-double(i * i) / (2 * sigma * sigma)) / sum);
  Set map = findNearest(grid, index);
  Field result(grid.size() * d, 0);
  for (int64_t n = 0; n < grid.size(); ++n) {
    auto own = std::find(index.begin(), index.end(), int32_t(n));
    for (int64_t c = 0; c < d; ++c) {
      double &v = result[n * d + c];
      if (own != index.end()) {
        v = rows[(own - index.begin()) * d + c];
        continue;
      }
      for (int64_t i = -r; i <= r; ++i)
        for (int64_t j = -r; j <= r; ++j) {
          int64_t y = walk(n % area / grid.w, i, grid.h),
                  x = walk(n % grid.w, j, grid.w);
          v += taps[i + r] * taps[j + r] *
               rows[map[n / area * area + y * grid.w + x] * d + c];
        }
    }
  }
  return result;
}

Field tercet::test::measureImportance(Grid grid, const Field &v, int64_t d) {
  Field scores;
  for (int64_t n = 0; n < grid.size(); ++n) {
    int64_t y = n / grid.w % grid.h, x = n % grid.w;
    double total = 0;
    for (int64_t c = 0; c < d; ++c) {
      double sum = 0, squares = 0;
      for (int64_t i = std::max<int64_t>(y - 1, 0);
           i <= std::min(y + 1, grid.h - 1); ++i)
        for (int64_t j = std::max<int64_t>(x - 1, 0);
             j <= std::min(x + 1, grid.w - 1); ++j) {
          double value = v[(n + (i - y) * grid.w + (j - x)) * d + c];
          sum += value;
          squares += value * value;
        }
      total += squares / 9 - sum / 9 * (sum / 9);
    }
    scores.push_back(total / double(d));
  }
  return scores;
}

Set tercet::test::densify(const Set &index, const std::vector<float> &scores,
                          int64_t more) {
  std::set<int32_t> chosen(index.begin(), index.end());
  for (; more > 0; --more) {
    int32_t best = -1;
    for (int32_t n = 0; n < int32_t(scores.size()); ++n) {
      if (chosen.count(n))
        continue;
      if (best < 0 || scores[n] > scores[best] ||
          (std::isnan(scores[best]) && !std::isnan(scores[n])))
        best = n;
    }
    chosen.insert(best);
  }
  return Set(chosen.begin(), chosen.end());
}

float tercet::test::drawNormal(uint32_t number, uint64_t seed) {
  auto p = randomWords(number, 0, seed), q = randomWords(number, 1, seed);
  int64_t sum = 0;
  for (uint32_t word : {p[0], p[1], p[2], p[3], q[0], q[1]})
    sum += word % 65536 + word / 65536;
  float r = float(double(sum - 393210) / 262144.0), square = r * r;
  float y = 0.029899776f;
  y = y * square;
  y = y + 0.008355968f;
  y = y * square;
  y = y + 0.076542912f;
  y = y * square;
  y = y + 0.252408784f;
  y = y * square;
  y = y + 3.949846138f;
  return y * r;
}
