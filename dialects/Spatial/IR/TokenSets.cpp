//===- TokenSets.cpp - sets of tokens that are known ----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/TokenSets.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace tercet::spatial;

std::array<uint32_t, 4> tercet::spatial::philox(std::array<uint32_t, 4> counter,
                                                std::array<uint32_t, 2> key) {
  for (unsigned round = 0; round < 10; ++round) {
    uint64_t a = uint64_t(0xD2511F53u) * counter[0],
             b = uint64_t(0xCD9E8D57u) * counter[2];
    counter = {uint32_t(b >> 32) ^ counter[1] ^ key[0], uint32_t(b),
               uint32_t(a >> 32) ^ counter[3] ^ key[1], uint32_t(a)};
    key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
  }
  return counter;
}

SmallVector<int32_t>
tercet::spatial::computeAnchors(GridAttr grid, AnchorPattern pattern,
                                int64_t stride, uint64_t seed, int64_t count) {
  auto [frames, height, width] = grid.getTileCounts();
  int64_t size = height * width, each = count / frames;
  SmallVector<int32_t> base, rest;
  for (int64_t n = 0; n < size; ++n) {
    int64_t y = n / width, x = n % width;
    bool lastRow = y == height - 1, lastColumn = x == width - 1;
    bool in =
        pattern == AnchorPattern::CheckerBorder
            ? (y % 2 == 0 && x % 2 == 0) || y == 0 || x == 0 || lastRow ||
                  lastColumn
            : (y % stride == 0 || lastRow) && (x % stride == 0 || lastColumn);
    (in ? base : rest).push_back(n);
  }
  // By key, equal ones by number.
  auto sortByKey = [&](SmallVector<int32_t> &tokens) {
    std::array<uint32_t, 2> key{uint32_t(seed), uint32_t(seed >> 32)};
    SmallVector<std::pair<uint32_t, int32_t>> keyed;
    for (int32_t n : tokens)
      keyed.push_back({philox({uint32_t(n), 0, 0, 0}, key)[0], n});
    llvm::sort(keyed);
    for (auto [n, pair] : llvm::zip(tokens, keyed))
      n = pair.second;
  };
  int64_t missing = each - int64_t(base.size());
  if (missing > 0) {
    sortByKey(rest);
    base.append(rest.begin(), rest.begin() + missing);
  } else if (missing < 0) {
    sortByKey(base);
    base.truncate(each);
  }
  llvm::sort(base);
  SmallVector<int32_t> anchors;
  for (int64_t t = 0; t < frames; ++t)
    for (int32_t n : base)
      anchors.push_back(t * size + n);
  return anchors;
}

bool tercet::spatial::isTokenSet(ArrayRef<int32_t> index, int64_t size) {
  for (auto [i, n] : llvm::enumerate(index))
    if (n < 0 || n >= size || (i && index[i - 1] >= n))
      return false;
  return true;
}

SmallVector<int32_t> tercet::spatial::computeNearest(GridAttr grid,
                                                     ArrayRef<int32_t> index) {
  auto [frames, height, width] = grid.getSizes();
  SmallVector<int32_t> places(grid.getTokens(), -1);
  for (auto [place, n] : llvm::enumerate(index))
    places[n] = place;
  // The nearest of each row, then of the rows; the first minimum is the
  // smallest position.
  SmallVector<int64_t> column(grid.getTokens(), -1);
  for (int64_t row = 0; row < frames * height; ++row)
    for (int64_t x = 0; x < width; ++x) {
      int64_t &best = column[row * width + x];
      for (int64_t other = 0; other < width; ++other)
        if (places[row * width + other] >= 0 &&
            (best < 0 || std::abs(other - x) < std::abs(best - x)))
          best = other;
    }
  SmallVector<int32_t> map(grid.getTokens(), 0);
  for (int64_t n = 0, e = grid.getTokens(); n < e; ++n) {
    int64_t x = n % width, row = n / width, y = row % height, first = row - y,
            least = -1;
    for (int64_t other = 0; other < height; ++other) {
      int64_t found = column[(first + other) * width + x];
      if (found < 0)
        continue;
      int64_t distance = (other - y) * (other - y) + (found - x) * (found - x);
      if (least >= 0 && distance >= least)
        continue;
      least = distance;
      map[n] = places[(first + other) * width + found];
    }
  }
  return map;
}

SmallVector<int32_t>
tercet::spatial::computeTileTokens(GridAttr grid, ArrayRef<int32_t> tiles) {
  auto [frames, height, width] = grid.getSizes();
  auto [a, b, c] = grid.getTileSizes();
  std::array<int64_t, 3> counts = grid.getTileCounts();
  SmallVector<int32_t> tokens;
  for (int64_t tile : tiles) {
    int64_t t0 = tile / (counts[1] * counts[2]) * a,
            y0 = tile / counts[2] % counts[1] * b, x0 = tile % counts[2] * c;
    for (int64_t t = t0; t < std::min(t0 + a, frames); ++t)
      for (int64_t y = y0; y < std::min(y0 + b, height); ++y)
        for (int64_t x = x0; x < std::min(x0 + c, width); ++x)
          tokens.push_back((t * height + y) * width + x);
  }
  llvm::sort(tokens);
  return tokens;
}
