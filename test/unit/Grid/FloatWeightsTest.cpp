//===- FloatWeightsTest.cpp - weights that are no trits -------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// latent.experts (both strategies) and latent.project with weights in f32,
// bf16, f16, i8, NVFP4 and MXFP4 against plain loops, to the bit, on every
// executor. Floats are decoded here from tables and powers of two written out
// anew from the formats' definitions; sums follow the order of
// rows.float_matmul. Every value of the 4-bit formats with every scale is
// multiplied once by itself.
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include "Oracle.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <random>

using namespace tercet::test;

namespace {
float decodeE2M1(unsigned code) {
  const float magnitudes[] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6};
  return code & 8 ? -magnitudes[code & 7] : magnitudes[code & 7];
}

float decodeE4M3(unsigned code) {
  int exponent = code >> 3 & 15, mantissa = code & 7;
  if (exponent == 15 && mantissa == 7)
    return std::nanf("");
  float v = exponent ? std::ldexp(8.0f + mantissa, exponent - 10)
                     : std::ldexp(float(mantissa), -9);
  return code & 128 ? -v : v;
}

float decodeE8M0(unsigned code) {
  return code == 255 ? std::nanf("") : float(std::ldexp(1.0, int(code) - 127));
}

/// A format of weights: how random ones are made, stored and read.
struct Format {
  const char *name;
  int64_t block = 0; // columns of a scale, 0: none
  bool scaled;       // has a scale for the product
};

struct Weight {
  std::vector<float> values; // what they mean
  std::vector<int8_t> bytes; // of i8
};

/// Makes a weight of random values, adds it to the file under `name` (with the
/// block scales under `name`b) and says what it means.
Weight makeWeight(const Format &f, WeightFile &file, const std::string &name,
                  const std::vector<int64_t> &shape, std::mt19937 &rng) {
  int64_t count = 1, columns = shape.back();
  for (int64_t d : shape)
    count *= d;
  std::uniform_real_distribution<float> uniform(-1, 1);
  Weight w;
  w.values.resize(count);
  std::string format = f.name;
  if (format == "i8") {
    w.bytes.resize(count);
    for (int8_t &v : w.bytes)
      v = int8_t(rng() % 256);
    file.add(name, shape, w.bytes);
    return w;
  }
  if (f.block) {
    std::vector<uint8_t> packed(count / 2), scales(count / f.block);
    for (uint8_t &v : packed)
      v = uint8_t(rng());
    for (uint8_t &v : scales)
      v = f.block == 16 ? uint8_t(rng() % 127 + 128 * (rng() & 1))
                        : uint8_t(117 + rng() % 20);
    for (int64_t i = 0; i < count; ++i) {
      unsigned code = packed[i / 2] >> (i % 2 ? 4 : 0) & 15;
      unsigned scale = scales[i / f.block];
      w.values[i] = decodeE2M1(code) *
                    (f.block == 16 ? decodeE4M3(scale) : decodeE8M0(scale));
    }
    std::vector<int64_t> halves = shape, blocks = shape;
    halves.back() = columns / 2;
    blocks.back() = columns / f.block;
    file.add(name, "U8", halves, packed.data(), packed.size());
    file.add(name + "b", f.block == 16 ? "F8_E4M3" : "F8_E8M0", blocks,
             scales.data(), scales.size());
    return w;
  }
  for (float &v : w.values)
    v = uniform(rng);
  if (format == "f32") {
    file.add(name, shape, w.values);
    return w;
  }
  // Values that the format holds: few bits of mantissa.
  std::vector<uint16_t> halves(count);
  for (int64_t i = 0; i < count; ++i) {
    float &v = w.values[i];
    uint32_t bits;
    if (format == "bf16") {
      std::memcpy(&bits, &v, 4);
      halves[i] = uint16_t(bits >> 16);
      bits &= 0xffff0000u;
      std::memcpy(&v, &bits, 4);
    } else {
      // Eleven bits and an exponent of -3 .. 2.
      int exponent = int(rng() % 6) - 3, mantissa = int(rng() % 1024);
      bool negative = rng() & 1;
      v = std::ldexp(1024.0f + mantissa, exponent - 10) * (negative ? -1 : 1);
      halves[i] = uint16_t(negative << 15 | (exponent + 15) << 10 | mantissa);
    }
  }
  file.add(name, format == "bf16" ? "BF16" : "F16", shape, halves.data(),
           2 * halves.size());
  return w;
}

/// Sixteen strided sums and a tree, each product rounded before it is added.
float dot(const float *x, const float *w, int64_t k) {
  float lanes[16] = {};
  for (int64_t i = 0; i < k; ++i)
    lanes[i % 16] += x[i] * w[i];
  for (int half = 8; half; half /= 2)
    for (int i = 0; i < half; ++i)
      lanes[i] += lanes[i + half];
  return lanes[0];
}

/// A row times matrix `e` of a weight [.., n, k].
std::vector<float> multiply(const std::vector<float> &x, const Weight &w,
                            const Format &f, float scale, int64_t e, int64_t n,
                            int64_t k) {
  if (!w.bytes.empty()) {
    Layer layer;
    layer.weights.assign(w.bytes.begin() + e * n * k,
                         w.bytes.begin() + (e + 1) * n * k);
    layer.scale = scale;
    return linear(x, layer, 1, n, k);
  }
  std::vector<float> y(n);
  for (int64_t i = 0; i < n; ++i) {
    y[i] = dot(x.data(), w.values.data() + (e * n + i) * k, k);
    if (f.scaled)
      y[i] *= scale;
  }
  return y;
}

/// Declares and loads a weight; returns how an op names it and its type.
struct Text {
  std::string globals, loads;

  void add(const std::string &name, const std::string &t) {
    globals += global(name, t);
    loads += load(name, t);
  }
  std::string addWeight(const Format &f, const std::string &name,
                        const std::vector<int64_t> &shape) {
    if (!f.block) {
      add(name, type(f.name, shape));
      return type(f.name, shape);
    }
    std::vector<int64_t> blocks = shape;
    blocks.back() /= f.block;
    std::string values = type("f4E2M1FN", shape),
                scales = type(f.block == 16 ? "f8E4M3FN" : "f8E8M0FNU", blocks),
                result = type("f32", shape);
    globals += global(name, values);
    loads += "  %" + name + "v = ml_program.global_load_const @" + name +
             " : " + values + "\n";
    add(name + "b", scales);
    loads += "  %" + name + " = latent.dequantize %" + name + "v, %" + name +
             "b : " + values + ", " + scales + " -> " + result + "\n";
    return result;
  }
};

class Floats : public testing::TestWithParam<Format> {};

TEST_P(Floats, ExpertsEqualTheOracle) {
  const Format &f = GetParam();
  // Tails of panels and, where the format allows, of 16 columns.
  const int64_t experts = 6, k = f.block ? 96 : 50, hidden = f.block ? 64 : 37,
                out = 21, perToken = 3;
  std::mt19937 rng(11);
  std::uniform_real_distribution<float> uniform(-1, 1);
  WeightFile file;
  Weight up = makeWeight(f, file, "u", {experts, hidden, k}, rng),
         down = makeWeight(f, file, "d", {experts, out, hidden}, rng);
  std::vector<float> upScale(experts), downScale(experts);
  for (int64_t e = 0; e < experts; ++e) {
    upScale[e] = 0.02f + 0.01f * uniform(rng);
    downScale[e] = 0.02f + 0.01f * uniform(rng);
  }
  Text text;
  std::string u = text.addWeight(f, "u", {experts, hidden, k}),
              d = text.addWeight(f, "d", {experts, out, hidden}),
              s = type("f32", {experts}), x = type("f32", {-1, k}),
              ids = type("i32", {-1, perToken}),
              y = type("f32", {-1, perToken, out});
  if (f.scaled) {
    file.add("us", {experts}, upScale);
    file.add("ds", {experts}, downScale);
    text.add("us", s);
    text.add("ds", s);
  }
  std::string module = text.globals;
  for (std::string strategy : {"pairs", "grouped"}) {
    std::string bound = " {tercet.bound = 32, tercet.dims = [\"m\", \"\"]}";
    module += "func.func @" + strategy + "(%x: " + x + bound +
              ", %ids: " + ids + bound + ") -> " + y + " {\n" + text.loads +
              "  %y = latent.experts <relu2> %x, %ids up(%u" +
              (f.scaled ? ", %us : " + u + ", " + s : " : " + u) + ") down(%d" +
              (f.scaled ? ", %ds : " + d + ", " + s : " : " + d) +
              ") {strategy = #latent.strategy<" + strategy + ">} : " + x +
              ", " + ids + " -> " + y + "\n  return %y : " + y + "\n}\n";
  }
  Model model(module, file, nullptr);
  if (HasFatalFailure())
    return;
  model.onEveryExecutor([&](tercet_session *session, const char *target) {
    for (int64_t m : {1, 6, 23}) {
      SCOPED_TRACE(std::string(target) + ", tokens " + std::to_string(m));
      std::vector<float> tokens(m * k), expected;
      std::vector<int32_t> chosen(m * perToken);
      for (float &v : tokens)
        v = uniform(rng);
      for (int32_t &id : chosen)
        id = int32_t(rng() % experts);
      for (int64_t p = 0; p < m * perToken; ++p) {
        std::vector<float> row(tokens.begin() + p / perToken * k,
                               tokens.begin() + (p / perToken + 1) * k);
        int64_t e = chosen[p];
        auto h = multiply(row, up, f, upScale[e], e, hidden, k);
        for (float &v : h)
          v = std::max(v, 0.0f) * std::max(v, 0.0f);
        auto result = multiply(h, down, f, downScale[e], e, out, hidden);
        expected.insert(expected.end(), result.begin(), result.end());
      }
      for (const char *strategy : {"pairs", "grouped"}) {
        std::vector<float> result(expected.size(), -1.0f);
        call(session, strategy,
             {View(tokens, {m, k}), View(chosen, {m, perToken})},
             {View(result, {m, perToken, out})});
        EXPECT_EQ(result, expected) << strategy;
      }
      if (HasFailure())
        break;
    }
  });
}

TEST_P(Floats, ProjectionsEqualTheOracle) {
  const Format &f = GetParam();
  const int64_t k = f.block ? 160 : 83, n = 70, m = 9;
  std::mt19937 rng(12);
  std::uniform_real_distribution<float> uniform(-1, 1);
  WeightFile file;
  Weight w = makeWeight(f, file, "w", {n, k}, rng);
  std::vector<float> scale(n), x(m * k), expected;
  for (float &v : scale)
    v = 0.02f + 0.01f * uniform(rng);
  for (float &v : x)
    v = uniform(rng);
  file.add("s", {n}, scale);
  Text text;
  std::string wt = text.addWeight(f, "w", {n, k}), s = type("f32", {n}),
              xt = type("f32", {m, k}), yt = type("f32", {m, n});
  if (f.scaled)
    text.add("s", s);
  // Of all rows, and of rows of a set, which a float product reads where they
  // lie.
  auto project = [&](std::string rows, std::string from, std::string to) {
    return "  %y = latent.project " + rows + ", %w" +
           (f.scaled ? " scale(%s : " + s + ")" : "") + " : " + from + ", " +
           wt + " -> " + to + "\n  return %y : " + to + "\n}\n";
  };
  std::string it = type("i32", {-1}), rt = type("f32", {-1, k}),
              zt = type("f32", {-1, n});
  Model model(
      text.globals + "func.func @project(%x: " + xt + ") -> " + yt + " {\n" +
          text.loads + project("%x", xt, yt) + "func.func @some(%x: " + xt +
          ", %set: " + it + " {tercet.bound = " + std::to_string(m) +
          ", tercet.dims = [\"m\"], tercet.range = [0, " + std::to_string(m) +
          "], tercet.ascending}) -> " + zt + " {\n" + text.loads +
          "  %r = spatial.gather %x, %set : " + xt + ", " + it + " -> " + rt +
          "\n" + project("%r", rt, zt),
      file, nullptr);
  if (HasFatalFailure())
    return;
  for (int64_t r = 0; r < m; ++r) {
    std::vector<float> row(x.begin() + r * k, x.begin() + (r + 1) * k);
    // With a scale of 1 an integer product is the sum times the row's scale,
    // which is rounded before the output's scale comes in.
    for (int64_t i = 0; i < n; ++i) {
      Weight one;
      if (f.block || w.bytes.empty())
        one.values.assign(w.values.begin() + i * k,
                          w.values.begin() + (i + 1) * k);
      if (!w.bytes.empty())
        one.bytes.assign(w.bytes.begin() + i * k,
                         w.bytes.begin() + (i + 1) * k);
      expected.push_back(multiply(row, one, f, scale[i], 0, 1, k).front());
    }
  }
  model.onEveryExecutor([&](tercet_session *session, const char *target) {
    SCOPED_TRACE(target);
    std::vector<float> result(expected.size());
    call(session, "project", {View(x, {m, k})}, {View(result, {m, n})});
    EXPECT_EQ(result, expected);
    for (std::vector<int32_t> set :
         {std::vector<int32_t>{5}, {0, 2, 3, 5, 6, 8}}) {
      std::vector<float> some, rows(set.size() * n);
      for (int32_t r : set)
        some.insert(some.end(), expected.begin() + r * n,
                    expected.begin() + (r + 1) * n);
      int64_t count = set.size();
      call(session, "some", {View(x, {m, k}), View(set, {count})},
           {View(rows, {count, n})});
      EXPECT_EQ(rows, some) << count;
    }
  });
}

const Format kFormats[] = {{"f32", 0, false},   {"bf16", 0, false},
                           {"f16", 0, false},   {"i8", 0, true},
                           {"nvfp4", 16, true}, {"mxfp4", 32, false}};

INSTANTIATE_TEST_SUITE_P(Formats, Floats, testing::ValuesIn(kFormats),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });

/// Output n has scale n for all of its values, which are all there are; token m
/// is 1 at column m.
TEST(FourBits, EveryValueWithEveryScale) {
  for (int64_t block : {16, 32}) {
    const int64_t n = 256;
    std::vector<uint8_t> packed(n * block / 2), scales(n);
    std::vector<float> values(n * block);
    for (int64_t row = 0; row < n; ++row) {
      scales[row] = uint8_t(row);
      for (int64_t c = 0; c < block; ++c) {
        unsigned code = (c + row) % 16;
        packed[(row * block + c) / 2] |= code << (c % 2 ? 4 : 0);
        values[row * block + c] =
            decodeE2M1(code) * (block == 16 ? decodeE4M3(unsigned(row))
                                            : decodeE8M0(unsigned(row)));
      }
    }
    WeightFile file;
    file.add("w", "U8", {n, block / 2}, packed.data(), packed.size());
    file.add("wb", block == 16 ? "F8_E4M3" : "F8_E8M0", {n, 1}, scales.data(),
             scales.size());
    Format f{block == 16 ? "nvfp4" : "mxfp4", block, false};
    Text text;
    std::string wt = text.addWeight(f, "w", {n, block}),
                xt = type("f32", {block, block}), yt = type("f32", {block, n});
    Model model(text.globals + "func.func @project(%x: " + xt + ") -> " + yt +
                    " {\n" + text.loads +
                    "  %y = latent.project %x, %w : " + xt + ", " + wt +
                    " -> " + yt + "\n  return %y : " + yt + "\n}\n",
                file, nullptr);
    if (testing::Test::HasFatalFailure())
      return;
    std::vector<float> x(block * block);
    for (int64_t i = 0; i < block; ++i)
      x[i * block + i] = 1;
    model.onEveryExecutor([&](tercet_session *session, const char *target) {
      SCOPED_TRACE(std::string(target) + " " + f.name);
      std::vector<float> result(block * n);
      call(session, "project", {View(x, {block, block})},
           {View(result, {block, n})});
      for (int64_t c = 0; c < block; ++c)
        for (int64_t row = 0; row < n; ++row) {
          // Infinite neighbours and NaN scales make the sum NaN.
          float want = dot(&x[c * block], &values[row * block], block);
          float got = result[c * n + row];
          EXPECT_TRUE(std::isnan(want) ? std::isnan(got) : got == want)
              << "scale " << row << ", column " << c << ": " << got << " for "
              << want;
        }
    });
  }
}
} // namespace
