//===- TileOrdersTest.cpp - orders of tokens and static masks -------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The constants that spatial.tile_order and spatial.block_mask fold to, by what
// they have to be: permutations with their inverse, curves whose neighbours are
// neighbours, boxes of the grid's tiles, masks token by token.
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/Spatial.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace tercet;

namespace {
struct Grid {
  int64_t t, h, w;
  int64_t size() const { return t * h * w; }
};

/// What the op in `text`, the only one of a function, folds to.
class Constants {
public:
  explicit Constants(const std::string &text) {
    context.loadDialect<func::FuncDialect, spatial::SpatialDialect>();
    module = parseSourceString<ModuleOp>(
        "func.func @f() {\n" + text + "\nreturn\n}", &context);
    if (!module)
      return;
    auto fn = cast<func::FuncOp>(module->getBody()->front());
    SmallVector<OpFoldResult> results;
    if (failed(fn.getBody().front().front().fold(results)))
      return;
    for (OpFoldResult result : results)
      if (auto attr = dyn_cast<Attribute>(result)) {
        std::vector<int64_t> numbers;
        for (const APInt &v : cast<DenseIntElementsAttr>(attr))
          numbers.push_back(v.getSExtValue());
        values.push_back(std::move(numbers));
      }
  }
  std::vector<std::vector<int64_t>> values;

private:
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

std::string vectorType(int64_t size) {
  return "tensor<" + std::to_string(size) + "xi32>";
}

std::vector<std::vector<int64_t>> order(const char *kind, Grid g,
                                        int64_t block) {
  std::string sizes = std::to_string(g.t) + ", " + std::to_string(g.h) + ", " +
                      std::to_string(g.w);
  return Constants("%a, %b, %c = spatial.tile_order " + std::string(kind) +
                   " grid(#spatial.grid<" + sizes + ">) block(" +
                   std::to_string(block) + ") : " + vectorType(g.size()) +
                   ", " + vectorType(g.size()) + ", " +
                   vectorType((g.size() + block - 1) / block + 1))
      .values;
}

void expectInverse(const std::vector<int64_t> &places,
                   const std::vector<int64_t> &ranks, int64_t size) {
  ASSERT_EQ(int64_t(places.size()), size);
  ASSERT_EQ(int64_t(ranks.size()), size);
  for (int64_t p = 0; p < size; ++p) {
    ASSERT_GE(places[p], 0);
    ASSERT_LT(places[p], size);
    // Only a permutation has an inverse.
    ASSERT_EQ(ranks[places[p]], p);
  }
}

std::vector<int64_t> mask(const std::string &what, int64_t nq, int64_t nk) {
  auto values =
      Constants("%m = spatial.block_mask " + what + " : tensor<1x" +
                std::to_string(nq) + "x" + std::to_string(nk) + "xi8>")
          .values;
  return values.empty() ? std::vector<int64_t>() : values[0];
}
} // namespace

TEST(TileOrder, Raster) {
  auto v = order("raster", {2, 3, 4}, 10);
  ASSERT_EQ(v.size(), 3u);
  std::vector<int64_t> numbers(24);
  std::iota(numbers.begin(), numbers.end(), 0);
  EXPECT_EQ(v[0], numbers);
  EXPECT_EQ(v[1], numbers);
  EXPECT_EQ(v[2], (std::vector<int64_t>{0, 10, 20, 24}));
}

TEST(TileOrder, HilbertGoesFromNeighbourToNeighbour) {
  for (int64_t t = 1; t <= 9; ++t)
    for (int64_t h = 1; h <= 10; ++h)
      for (int64_t w = 1; w <= 11; ++w) {
        SCOPED_TRACE(std::to_string(t) + "x" + std::to_string(h) + "x" +
                     std::to_string(w));
        auto v = order("hilbert", {t, h, w}, 1);
        ASSERT_EQ(v.size(), 3u);
        expectInverse(v[0], v[1], t * h * w);
        bool even = t % 2 == 0 && h % 2 == 0 && w % 2 == 0;
        for (size_t p = 1; p < v[0].size(); ++p) {
          int64_t a = v[0][p - 1], b = v[0][p];
          int64_t dt = std::abs(a / (h * w) - b / (h * w)),
                  dy = std::abs(a / w % h - b / w % h),
                  dx = std::abs(a % w - b % w);
          ASSERT_LE(std::max({dt, dy, dx}), 1) << "step " << p;
          if (even)
            ASSERT_EQ(dt + dy + dx, 1) << "step " << p;
        }
        if (HasFailure())
          return;
      }
  // As a model has them: blocks of 128 tokens, close together.
  auto v = order("hilbert", {16, 30, 52}, 128);
  expectInverse(v[0], v[1], 16 * 30 * 52);
  EXPECT_EQ(v[2].size(), 196u);
  EXPECT_EQ(v[2][194], 194 * 128);
  EXPECT_EQ(v[2][195], 16 * 30 * 52);
}

TEST(TileOrder, BoxesAreTheTiles) {
  struct Case {
    Grid grid, tile;
  };
  for (auto [g, s] : {Case{{4, 16, 16}, {4, 4, 4}}, Case{{5, 7, 9}, {2, 3, 4}},
                      Case{{1, 8, 6}, {1, 8, 6}}, Case{{3, 2, 2}, {1, 1, 1}}}) {
    int64_t nt = (g.t + s.t - 1) / s.t, ny = (g.h + s.h - 1) / s.h,
            nx = (g.w + s.w - 1) / s.w, n = g.size();
    auto text = [](Grid x) {
      return std::to_string(x.t) + ", " + std::to_string(x.h) + ", " +
             std::to_string(x.w);
    };
    auto v =
        Constants("%a, %b, %c = spatial.tile_order box grid(#spatial.grid<" +
                  text(g) + ", tile = [" + text(s) + "]>) : " + vectorType(n) +
                  ", " + vectorType(n) + ", " + vectorType(nt * ny * nx + 1))
            .values;
    ASSERT_EQ(v.size(), 3u);
    expectInverse(v[0], v[1], n);
    // Sorted by tile, then by number.
    auto tileOf = [&, s = s, g = g](int64_t token) {
      int64_t t = token / (g.h * g.w), y = token / g.w % g.h, x = token % g.w;
      return (t / s.t * ny + y / s.h) * nx + x / s.w;
    };
    std::vector<int64_t> expected(n), offsets(nt * ny * nx + 1);
    std::iota(expected.begin(), expected.end(), 0);
    std::sort(expected.begin(), expected.end(), [&](int64_t a, int64_t b) {
      return std::make_pair(tileOf(a), a) < std::make_pair(tileOf(b), b);
    });
    for (int64_t token = 0; token < n; ++token)
      ++offsets[tileOf(token) + 1];
    std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
    EXPECT_EQ(v[0], expected);
    EXPECT_EQ(v[2], offsets);
    EXPECT_EQ(v[2].back(), n);
  }
}

TEST(BlockMask, Simple) {
  EXPECT_EQ(mask("dense", 2, 3), (std::vector<int64_t>{1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(mask("causal", 2, 3), (std::vector<int64_t>{1, 0, 0, 1, 1, 0}));
  EXPECT_EQ(mask("window reach(0)", 2, 3),
            (std::vector<int64_t>{1, 0, 0, 0, 1, 0}));
  EXPECT_EQ(mask("window reach(1)", 3, 4),
            (std::vector<int64_t>{1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1}));
}

/// Token by token, as the op's description says it.
TEST(BlockMask, Radial) {
  struct Case {
    Grid grid;
    int64_t block;
    double decay;
  };
  int64_t zeros = 0, ones = 0;
  for (auto [g, block, decay] :
       {Case{{12, 8, 8}, 16, 1.0}, Case{{9, 5, 7}, 8, 0.5},
        Case{{20, 4, 4}, 32, 1.0}, Case{{7, 16, 16}, 64, 2.0},
        Case{{33, 3, 3}, 9, 0.25}, Case{{1, 9, 9}, 10, 1.0}}) {
    int64_t n = g.size(), frame = g.h * g.w, nb = (n + block - 1) / block;
    auto sees = [&, block = block, decay = decay](int64_t q, int64_t k) {
      int64_t d = std::abs(q / frame - k / frame);
      double e = std::abs(q % frame - k % frame);
      if (d <= 1 || k / frame == 0)
        return true;
      int64_t frameBits = 0, bits = 0;
      for (int64_t x = frame; x; x /= 2)
        ++frameBits;
      for (int64_t x = d; x; x /= 2)
        ++bits;
      double w = decay * std::pow(2.0, double(frameBits - bits));
      if (e > std::max<double>(block, w))
        return false;
      return w >= block || d % int64_t(std::floor(block / w)) == 0;
    };
    char text[160];
    std::snprintf(text, sizeof(text),
                  "radial grid(#spatial.grid<%d, %d, %d>) block(%d) decay(%f)",
                  int(g.t), int(g.h), int(g.w), int(block), decay);
    auto actual = mask(text, nb, nb);
    ASSERT_EQ(int64_t(actual.size()), nb * nb) << text;
    for (int64_t i = 0; i < nb; ++i)
      for (int64_t j = 0; j < nb; ++j) {
        int64_t q0 = i * block, q1 = std::min(q0 + block, n), k0 = j * block,
                k1 = std::min(k0 + block, n), dense = 0;
        for (int64_t k = k0; k < k1; ++k) {
          int64_t seen = 0;
          for (int64_t q = q0; q < q1; ++q)
            seen += sees(q, k);
          dense += double(seen) / (q1 - q0) > 1.0 / 3;
        }
        bool expected = i == j || double(dense) / (k1 - k0) > 0.6;
        ASSERT_EQ(actual[i * nb + j], expected)
            << text << ": block " << i << ", " << j;
        (expected ? ones : zeros) += 1;
      }
  }
  // Both occur.
  EXPECT_GT(zeros, 1000);
  EXPECT_GT(ones, 1000);
}
