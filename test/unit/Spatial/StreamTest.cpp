//===- StreamTest.cpp - chunks of a video on every executor ---------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The ops of SpatialStream.td against plain loops in f64 (moves to the bit),
// and the properties that the samplers rest on.
//
//===----------------------------------------------------------------------===//
#include "Session.h"
#include <cmath>
#include <random>

using namespace tercet::test;

namespace {
std::vector<float> makeFloats(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float &v : values)
    v = normal(random);
  return values;
}

void expectNear(const std::vector<float> &got,
                const std::vector<double> &expected, double error) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i)
    ASSERT_NEAR(got[i], expected[i], error) << "element " << i;
}

/// [a][b][c][d] of a dense array of rank 4.
struct Index4 {
  int64_t b, c, d;
  int64_t operator()(int64_t i, int64_t j, int64_t k, int64_t l) const {
    return ((i * b + j) * c + k) * d + l;
  }
};

std::string arg(const std::string &name, const std::string &shape) {
  return "%" + name + ": tensor<" + shape + "xf32> {tercet.name = \"" + name +
         "\"}";
}
std::string result(const std::string &shape, const char *name = "out") {
  return "(tensor<" + shape + "xf32> {tercet.name = \"" + name + "\"})";
}
} // namespace

// 5 x 6 x 7 is divided by 2 x 3 x 3 along the second axis only.
TEST(Stream, BoxesOfAVideo) {
  std::string model =
      "func.func @cut(" + arg("x", "5x6x7x2") + ") -> " + result("18x36") +
      " {\n  %y = spatial.patchify %x patch([2, 3, 3]) : tensor<5x6x7x2xf32> "
      "-> tensor<18x36xf32>\n  return %y : tensor<18x36xf32>\n}\n"
      "func.func @join(" +
      arg("x", "18x36") + ") -> " + result("5x6x7x2") +
      " {\n  %y = spatial.unpatchify %x patch([2, 3, 3]) : tensor<18x36xf32> "
      "-> tensor<5x6x7x2xf32>\n  return %y : tensor<5x6x7x2xf32>\n}\n";
  auto video = makeFloats(5 * 6 * 7 * 2, 1);
  Index4 at{6, 7, 2};
  std::vector<float> tokens;
  for (int t = 0; t < 3; ++t)
    for (int y = 0; y < 2; ++y)
      for (int x = 0; x < 3; ++x)
        for (int a = 0; a < 2; ++a)
          for (int b = 0; b < 3; ++b)
            for (int c = 0; c < 3; ++c)
              for (int k = 0; k < 2; ++k)
                tokens.push_back(video[at(std::min(2 * t + a, 4), 3 * y + b,
                                          std::min(3 * x + c, 6), k)]);
  runEverywhere(model, [&](Session &session) {
    std::vector<float> cut(tokens.size()), joined(video.size());
    session.call("cut", {{video, {5, 6, 7, 2}}}, {{cut, {18, 36}}});
    EXPECT_EQ(cut, tokens);
    session.call("join", {{cut, {18, 36}}}, {{joined, {5, 6, 7, 2}}});
    EXPECT_EQ(joined, video);
  });
}

// A product with the boxes is a convolution whose stride is its kernel.
TEST(Stream, ProductOfBoxesIsAConvolution) {
  std::string model =
      "func.func @convolve(" + arg("x", "4x4x6x2") + ", " + arg("w", "3x16") +
      ") -> " + result("12x3") +
      " {\n  %p = spatial.patchify %x patch([2, 2, 2]) : tensor<4x4x6x2xf32> "
      "-> tensor<12x16xf32>\n"
      "  %c = arith.constant 0.0 : f32\n  %e = tensor.empty() : "
      "tensor<12x3xf32>\n"
      "  %f = linalg.fill ins(%c : f32) outs(%e : tensor<12x3xf32>) -> "
      "tensor<12x3xf32>\n"
      "  %y = linalg.generic {indexing_maps = [affine_map<(i, j, k) -> (i, "
      "k)>, affine_map<(i, j, k) -> (j, k)>, affine_map<(i, j, k) -> (i, j)>], "
      "iterator_types = [\"parallel\", \"parallel\", \"reduction\"]} ins(%p, "
      "%w : tensor<12x16xf32>, tensor<3x16xf32>) outs(%f : tensor<12x3xf32>) "
      "{\n  ^bb0(%a: f32, %b: f32, %s: f32):\n    %m = arith.mulf %a, %b : "
      "f32\n    %r = arith.addf %s, %m : f32\n    linalg.yield %r : f32\n  } "
      "-> tensor<12x3xf32>\n  return %y : tensor<12x3xf32>\n}\n";
  auto x = makeFloats(4 * 4 * 6 * 2, 2), w = makeFloats(3 * 16, 3);
  Index4 at{4, 6, 2};
  std::vector<double> expected;
  for (int t = 0; t < 2; ++t)
    for (int y = 0; y < 2; ++y)
      for (int z = 0; z < 3; ++z)
        for (int o = 0; o < 3; ++o) {
          double sum = 0;
          for (int a = 0; a < 2; ++a)
            for (int b = 0; b < 2; ++b)
              for (int c = 0; c < 2; ++c)
                for (int k = 0; k < 2; ++k)
                  sum += double(x[at(2 * t + a, 2 * y + b, 2 * z + c, k)]) *
                         w[o * 16 + ((a * 2 + b) * 2 + c) * 2 + k];
          expected.push_back(sum);
        }
  runEverywhere(model, [&](Session &session) {
    std::vector<float> y(36);
    session.call("convolve", {{x, {4, 4, 6, 2}}, {w, {3, 16}}}, {{y, {12, 3}}});
    expectNear(y, expected, 1e-5);
  });
}

// Places 20, 21 of a time, four rows and five columns; pooled by 1 x 2 x 2,
// where the last column is repeated.
TEST(Stream, RotaryEmbedding) {
  std::string grid = "grid(#spatial.grid<2, 4, 5>) widths([4, 6, 2]) "
                     "theta(100.0) start([20, 0, 1])";
  auto turn = [&](const char *name, int tokens, const char *pool,
                  const char *halves) {
    std::string m = std::to_string(tokens), x = m + "x3x12";
    return "func.func @" + std::string(name) + "(" + arg("x", x) + ") -> " +
           result(x) + " {\n  %c, %s = spatial.rope_table " + grid + pool +
           " : tensor<" + m + "x6xf32>\n  %y = spatial.rope " + halves +
           "%x, %c, %s : tensor<" + x + "xf32>, tensor<" + m +
           "x6xf32>\n  return %y : tensor<" + x + "xf32>\n}\n";
  };
  std::string model = turn("pairs", 40, "", "") +
                      turn("halves", 40, "", "halves ") +
                      turn("pooled", 12, " pool([1, 2, 2])", "");
  // The cosine and the sine of a pair at a place, by the definition.
  const int kWidths[] = {4, 6, 2}, kStart[] = {20, 0, 1};
  auto angle = [&](int pair, const int (&place)[3]) {
    int axis = pair < 2   ? 0
               : pair < 5 ? 1
                          : 2,
        i = pair - (axis > 0 ? 2 : 0) - (axis > 1 ? 3 : 0);
    return (kStart[axis] + place[axis]) *
           std::pow(100.0, -2.0 * i / kWidths[axis]);
  };
  auto x = makeFloats(40 * 36, 4);
  auto apply = [&](int tokens, bool halves, bool pooled) {
    std::vector<double> y(tokens * 36);
    for (int m = 0; m < tokens; ++m)
      for (int i = 0; i < 6; ++i) {
        double c = 0, s = 0;
        if (pooled) {
          for (int dy = 0; dy < 2; ++dy)
            for (int dx = 0; dx < 2; ++dx) {
              double a = angle(
                  i, {m / 6, m / 3 % 2 * 2 + dy, std::min(m % 3 * 2 + dx, 4)});
              c += std::cos(a) / 4;
              s += std::sin(a) / 4;
            }
        } else {
          double a = angle(i, {m / 20, m / 5 % 4, m % 5});
          c = std::cos(a), s = std::sin(a);
        }
        for (int h = 0; h < 3; ++h) {
          int low = m * 36 + h * 12 + (halves ? i : 2 * i),
              high = low + (halves ? 6 : 1);
          y[low] = x[low] * c - x[high] * s;
          y[high] = x[high] * c + x[low] * s;
        }
      }
    return y;
  };
  runEverywhere(model, [&](Session &session) {
    std::vector<float> y(40 * 36), z(12 * 36);
    session.call("pairs", {{x, {40, 3, 12}}}, {{y, {40, 3, 12}}});
    expectNear(y, apply(40, false, false), 1e-5);
    session.call("halves", {{x, {40, 3, 12}}}, {{y, {40, 3, 12}}});
    expectNear(y, apply(40, true, false), 1e-5);
    std::vector<float> part(x.begin(), x.begin() + 12 * 36);
    session.call("pooled", {{part, {12, 3, 12}}}, {{z, {12, 3, 12}}});
    expectNear(z, apply(12, false, true), 1e-5);
  });
}

// Chunks smaller than a history, as large, and larger.
TEST(Stream, HistoryIsTheNewestFrames) {
  std::string model;
  for (int chunk : {2, 5, 7}) {
    std::string c = std::to_string(chunk) + "x3";
    model +=
        "func.func @push" + std::to_string(chunk) + "(" + arg("h", "5x3") +
        ", " + arg("c", c) + ") -> " + result("5x3") +
        " {\n  %y = spatial.history_push %h, %c : tensor<5x3xf32>, tensor<" +
        c + "xf32>\n  return %y : tensor<5x3xf32>\n}\n";
  }
  auto history = makeFloats(15, 5);
  runEverywhere(model, [&](Session &session) {
    for (int64_t count : {2, 5, 7}) {
      auto chunk = makeFloats(count * 3, 6);
      std::vector<float> all = history, y(15);
      all.insert(all.end(), chunk.begin(), chunk.end());
      session.call(("push" + std::to_string(count)).c_str(),
                   {{history, {5, 3}}, {chunk, {count, 3}}}, {{y, {5, 3}}});
      EXPECT_EQ(y, std::vector<float>(all.end() - 15, all.end()));
    }
  });
}

TEST(Stream, SegmentsAndKeys) {
  std::string model =
      "func.func @modulate(" + arg("x", "10x4") + ", " + arg("a", "3x4") +
      ", " + arg("b", "3x4") + ") -> " + result("10x4") +
      " {\n  %y = spatial.segment_modulate %x, %a, %b lengths([3, 0, 7]) : "
      "tensor<10x4xf32>, tensor<3x4xf32>\n  return %y : tensor<10x4xf32>\n}\n"
      "func.func @keys(" +
      arg("k", "6x2x4") + ", " + arg("s", "2") + ") -> " + result("6x2x4") +
      " {\n  %y = spatial.scale_keys %k, %s count(4) : tensor<6x2x4xf32>, "
      "tensor<2xf32>\n  return %y : tensor<6x2x4xf32>\n}\n";
  auto x = makeFloats(40, 7), a = makeFloats(12, 8), b = makeFloats(12, 9),
       k = makeFloats(48, 10);
  std::vector<float> s{-1.5f, 2};
  std::vector<double> modulated, scaled;
  for (int i = 0; i < 40; ++i) {
    int segment = i < 12 ? 0 : 2;
    modulated.push_back(x[i] * (1.0 + a[segment * 4 + i % 4]) +
                        b[segment * 4 + i % 4]);
  }
  for (int i = 0; i < 48; ++i)
    scaled.push_back(
        i < 32 ? k[i] * (1 + 9 / (1 + std::exp(-double(s[i / 4 % 2])))) : k[i]);
  runEverywhere(model, [&](Session &session) {
    std::vector<float> y(40), z(48);
    session.call("modulate", {{x, {10, 4}}, {a, {3, 4}}, {b, {3, 4}}},
                 {{y, {10, 4}}});
    expectNear(y, modulated, 1e-5);
    session.call("keys", {{k, {6, 2, 4}}, {s, {2}}}, {{z, {6, 2, 4}}});
    expectNear(z, scaled, 1e-4);
    EXPECT_EQ(std::vector<float>(z.begin() + 32, z.end()),
              std::vector<float>(k.begin() + 32, k.end()));
  });
}

// The factors against the covariance that they are to give: the noise of a
// repeated value and of n together is independent within a block.
TEST(Stream, JumpMakesNoiseIndependent) {
  const double s = 0.6;
  std::string model =
      "func.func @jump(" + arg("x", "1x1x1x1") + ", " + arg("z", "1x2x2x1") +
      ") -> " + result("1x2x2x1") +
      " {\n  %y = spatial.pyramid_jump %x, %z sigma(0.6) "
      "gamma(0.3333333333333333) : tensor<1x1x1x1xf32>, tensor<1x2x2x1xf32>\n"
      "  return %y : tensor<1x2x2x1xf32>\n}\n"
      "func.func @other(" +
      arg("x", "2x3x2x3") + ", " + arg("z", "2x6x4x3") + ") -> " +
      result("2x6x4x3") +
      " {\n  %y = spatial.pyramid_jump %x, %z sigma(0.4) gamma(0.2) : "
      "tensor<2x3x2x3xf32>, tensor<2x6x4x3xf32>\n  return %y : "
      "tensor<2x6x4x3xf32>\n}\n"
      "func.func @down(" +
      arg("z", "2x6x4x3") + ") -> " + result("2x3x2x3") +
      " {\n  %y = spatial.pyramid_down %z : tensor<2x6x4x3xf32> -> "
      "tensor<2x3x2x3xf32>\n  return %y : tensor<2x3x2x3xf32>\n}\n";
  auto x = makeFloats(36, 11), z = makeFloats(144, 12);
  Index4 large{6, 4, 3}, small{3, 2, 3};
  std::vector<double> other(144), down(36);
  double alpha = 1 / (std::sqrt(6.0) * 0.4 + 0.6),
         beta = alpha * 0.4 / std::sqrt(0.2);
  for (int t = 0; t < 2; ++t)
    for (int y = 0; y < 6; ++y)
      for (int w = 0; w < 4; ++w)
        for (int c = 0; c < 3; ++c) {
          double sum = 0;
          for (int i = 0; i < 4; ++i)
            sum += z[large(t, y / 2 * 2 + i / 2, w / 2 * 2 + i % 2, c)];
          down[small(t, y / 2, w / 2, c)] = sum / 2;
          double n = std::sqrt(1.2) * (z[large(t, y, w, c)] - sum / 4) +
                     std::sqrt(0.4) * sum / 4;
          other[large(t, y, w, c)] =
              alpha * x[small(t, y / 2, w / 2, c)] + beta * n;
        }
  runEverywhere(model, [&](Session &session) {
    // Columns of the map from (x's noise, z) to the result.
    double map[4][5];
    for (int source = 0; source < 5; ++source) {
      std::vector<float> value{source ? 0.0f : 1.0f}, noise(4), y(4);
      if (source)
        noise[source - 1] = 1;
      session.call("jump", {{value, {1, 1, 1, 1}}, {noise, {1, 2, 2, 1}}},
                   {{y, {1, 2, 2, 1}}});
      for (int i = 0; i < 4; ++i)
        map[i][source] = y[i] * (source ? 1 : s);
    }
    double next = 2 * s / (1 + s);
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 4; ++j) {
        double covariance = 0;
        for (int source = 0; source < 5; ++source)
          covariance += map[i][source] * map[j][source];
        EXPECT_NEAR(covariance, i == j ? next * next : 0, 1e-6);
      }
    // What is no noise keeps the share that the level leaves to it.
    EXPECT_NEAR(map[0][0] / s * (1 - s), 1 - next, 1e-6);
    std::vector<float> y(144), d(36);
    session.call("other", {{x, {2, 3, 2, 3}}, {z, {2, 6, 4, 3}}},
                 {{y, {2, 6, 4, 3}}});
    expectNear(y, other, 1e-5);
    session.call("down", {{z, {2, 6, 4, 3}}}, {{d, {2, 3, 2, 3}}});
    expectNear(d, down, 1e-5);
  });
}

// A velocity that points from the end of the level to its start: every step
// stays on the line between them, and the last one ends at the end.
TEST(Stream, LevelStepsStayOnTheLine) {
  std::string model =
      "func.func @step(" + arg("x", "7x3") + ", " + arg("v", "7x3") + ", " +
      arg("start", "7x3") +
      ", %sigma: tensor<f32> {tercet.name = \"sigma\"}, %next: tensor<f32> "
      "{tercet.name = \"next\"}) -> " +
      result("7x3") +
      " {\n  %y = spatial.level_step %x, %v, %start, %sigma, %next : "
      "tensor<7x3xf32>, tensor<f32>, tensor<f32>\n  return %y : "
      "tensor<7x3xf32>\n}\n";
  auto start = makeFloats(21, 13), end = makeFloats(21, 14);
  std::vector<float> velocity(21);
  for (int i = 0; i < 21; ++i)
    velocity[i] = start[i] - end[i];
  runEverywhere(model, [&](Session &session) {
    std::vector<float> x = start, levels{1, 0.75f, 0.3f, 0};
    for (int step = 0; step < 3; ++step) {
      std::vector<float> sigma{levels[step]}, next{levels[step + 1]}, y(21);
      session.call("step",
                   {{x, {7, 3}},
                    {velocity, {7, 3}},
                    {start, {7, 3}},
                    {sigma, {}},
                    {next, {}}},
                   {{y, {7, 3}}});
      std::vector<double> expected;
      for (int i = 0; i < 21; ++i)
        expected.push_back((1.0 - next[0]) * end[i] +
                           double(next[0]) * start[i]);
      expectNear(y, expected, 1e-5);
      x = y;
    }
  });
}
