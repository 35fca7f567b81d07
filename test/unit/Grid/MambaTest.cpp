//===- MambaTest.cpp - convolution, scan and gated norm on every executor -===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What stands between the two projections of a Mamba-2 mixer, with its states
// in the session, against the recurrence in double precision. A sequence is
// taken at once, step by step and in uneven parts, of no steps too, by chunks
// where a target has them: results and states at the end agree with the oracle
// however it was cut, and single steps are equal to the bit on all executors.
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include "Oracle.h"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace tercet::test;

namespace {
struct Case {
  int64_t heads, values, groups, states, width, steps;
  float minStep;
  int64_t chunk = 128;
  int64_t inner() const { return heads * values; }
  int64_t shared() const { return groups * states; }
  int64_t channels() const { return inner() + 2 * shared(); }
  int64_t projected() const { return inner() + channels() + heads; }
};

/// The longest call.
constexpr int64_t kBound = 512;

std::string columns(const std::string &result, const std::string &from,
                    int64_t first, int64_t count, int64_t all, int64_t steps) {
  std::string rows = steps < 0 ? "%m" : std::to_string(steps);
  return "  %" + result + " = tensor.extract_slice %" + from + "[0, " +
         std::to_string(first) + "] [" + rows + ", " + std::to_string(count) +
         "] [1, 1] : " + type("f32", {steps, all}) + " to " +
         type("f32", {steps, count}) + "\n";
}

std::string split(const std::string &result, const std::string &from,
                  int64_t outer, int64_t inner, int64_t steps) {
  return "  %" + result + " = tensor.expand_shape %" + from +
         " [[0], [1, 2]] output_shape [" +
         (steps < 0 ? std::string("%m") : std::to_string(steps)) + ", " +
         std::to_string(outer) + ", " + std::to_string(inner) +
         "] : " + type("f32", {steps, outer * inner}) + " into " +
         type("f32", {steps, outer, inner}) + "\n";
}

/// `steps` < 0: known when it is called.
std::string makeEntry(const Case &c, const char *name, int64_t steps) {
  std::string x = type("f32", {steps, c.projected()}),
              xbc = type("f32", {steps, c.channels()}),
              heads = type("f32", {steps, c.heads, c.values}),
              groups = type("f32", {steps, c.groups, c.states}),
              dt = type("f32", {steps, c.heads}),
              rows = type("f32", {steps, c.inner()}),
              taps = type("f32", {c.channels(), c.width}),
              bias = type("f32", {c.channels()}),
              ofHead = type("f32", {c.heads}), gain = type("f32", {c.inner()}),
              conv = type("f32", {c.width - 1, c.channels()}),
              state = type("f32", {c.heads, c.values, c.states});
  std::string text = std::string("func.func @") + name + "(%x: " + x;
  if (steps < 0)
    text += " {tercet.bound = [" + std::to_string(kBound) + ", 0]}";
  text += ") -> (" + heads + ", " + rows + ") {\n";
  if (steps < 0)
    text +=
        "  %c0 = arith.constant 0 : index\n  %m = tensor.dim %x, %c0 : " + x +
        "\n";
  text += load("taps", taps) + load("bias", bias) + load("a", ofHead) +
          load("dtb", ofHead) + load("d", ofHead) + load("gain", gain);
  text += "  %conv0 = ml_program.global_load @conv : " + conv +
          "\n  %s0 = ml_program.global_load @ssm : " + state + "\n";
  text += columns("z", "x", 0, c.inner(), c.projected(), steps) +
          columns("xbc", "x", c.inner(), c.channels(), c.projected(), steps) +
          columns("dt", "x", c.inner() + c.channels(), c.heads, c.projected(),
                  steps);
  text += "  %mixed, %conv1 = latent.causal_conv %xbc, %taps, %bias "
          "state(%conv0) : " +
          xbc + ", " + taps + ", " + bias + ", " + conv + "\n";
  text += columns("xr", "mixed", 0, c.inner(), c.channels(), steps) +
          columns("br", "mixed", c.inner(), c.shared(), c.channels(), steps) +
          columns("cr", "mixed", c.inner() + c.shared(), c.shared(),
                  c.channels(), steps);
  text += split("xs", "xr", c.heads, c.values, steps) +
          split("bs", "br", c.groups, c.states, steps) +
          split("cs", "cr", c.groups, c.states, steps);
  text += "  %y, %s1 = latent.scan %xs, %dt, %bs, %cs heads(%a, %dtb, %d) "
          "state(%s0) ";
  if (c.minStep > 0)
    text += "min_step(" + std::to_string(c.minStep) + ") ";
  text += "{chunk = " + std::to_string(c.chunk) + "} : " + heads + ", " + dt +
          ", " + groups + ", " + ofHead + ", " + state + "\n";
  text += "  %yr = tensor.collapse_shape %y [[0], [1, 2]] : " + heads +
          " into " + rows + "\n";
  text += "  %n = latent.gated_norm groups(" + std::to_string(c.groups) +
          ") %yr, %z, %gain : " + rows + ", " + gain + "\n";
  text += "  ml_program.global_store @conv = %conv1 : " + conv +
          "\n  ml_program.global_store @ssm = %s1 : " + state + "\n";
  return text + "  return %y, %n : " + heads + ", " + rows + "\n}\n";
}

struct Weights {
  std::vector<float> taps, bias, a, dtb, d, gain;
};

std::string makeModel(const Case &c, const Weights &w, WeightFile &file) {
  std::string text;
  auto add = [&](const char *name, std::vector<int64_t> shape,
                 const std::vector<float> &data) {
    file.add(name, shape, data);
    text += global(name, type("f32", shape));
  };
  add("taps", {c.channels(), c.width}, w.taps);
  add("bias", {c.channels()}, w.bias);
  add("a", {c.heads}, w.a);
  add("dtb", {c.heads}, w.dtb);
  add("d", {c.heads}, w.d);
  add("gain", {c.inner()}, w.gain);
  std::string conv = type("f32", {c.width - 1, c.channels()}),
              state = type("f32", {c.heads, c.values, c.states});
  text += "ml_program.global private mutable @conv(dense<0.0> : " + conv +
          ") : " + conv + "\nml_program.global private mutable " +
          "@ssm(dense<0.0> : " + state + ") : " + state + "\n";
  text += makeEntry(c, "steps", -1) + makeEntry(c, "one", 1);
  return text + "func.func @states() -> (" + conv + ", " + state +
         ") {\n  %c = ml_program.global_load @conv : " + conv +
         "\n  %s = ml_program.global_load @ssm : " + state +
         "\n  return %c, %s : " + conv + ", " + state + "\n}\n";
}

struct Results {
  std::vector<double> y, normed, conv, state;
};

double silu(double v) { return v / (1 + std::exp(-v)); }

Results compute(const Case &c, const Weights &w, const std::vector<float> &x) {
  Results r;
  r.state.assign(c.heads * c.values * c.states, 0);
  auto at = [&](int64_t t, int64_t column) {
    return t < 0 ? 0.0 : double(x[t * c.projected() + column]);
  };
  for (int64_t t = 0; t < c.steps; ++t) {
    std::vector<double> mixed(c.channels()), row;
    for (int64_t i = 0; i < c.channels(); ++i) {
      double v = w.bias[i];
      for (int64_t j = 0; j < c.width; ++j)
        v += w.taps[i * c.width + j] * at(t - c.width + 1 + j, c.inner() + i);
      mixed[i] = silu(v);
    }
    for (int64_t h = 0; h < c.heads; ++h) {
      double v = at(t, c.inner() + c.channels() + h) + w.dtb[h];
      double step =
          std::max(std::max(v, 0.0) + std::log1p(std::exp(-std::fabs(v))),
                   double(c.minStep));
      double kept = std::exp(-step * std::exp(double(w.a[h])));
      int64_t g = h / (c.heads / c.groups);
      for (int64_t p = 0; p < c.values; ++p) {
        double value = mixed[h * c.values + p], sum = 0;
        for (int64_t n = 0; n < c.states; ++n) {
          double &s = r.state[(h * c.values + p) * c.states + n];
          s = kept * s + step * value * mixed[c.inner() + g * c.states + n];
          sum += s * mixed[c.inner() + c.shared() + g * c.states + n];
        }
        row.push_back(sum + w.d[h] * value);
      }
    }
    r.y.insert(r.y.end(), row.begin(), row.end());
    int64_t part = c.inner() / c.groups;
    for (int64_t g = 0; g < c.groups; ++g) {
      double squares = 0;
      for (int64_t i = g * part; i < (g + 1) * part; ++i) {
        row[i] *= silu(at(t, i));
        squares += row[i] * row[i];
      }
      double inverse = 1 / std::sqrt(squares / part + 1e-5);
      for (int64_t i = g * part; i < (g + 1) * part; ++i)
        r.normed.push_back(row[i] * inverse * w.gain[i]);
    }
  }
  for (int64_t t = c.steps - c.width + 1; t < c.steps; ++t)
    for (int64_t i = 0; i < c.channels(); ++i)
      r.conv.push_back(at(t, c.inner() + i));
  return r;
}

void expectNear(const char *name, const std::vector<float> &got,
                const std::vector<double> &want, double bound) {
  ASSERT_EQ(got.size(), want.size()) << name;
  double largest = 0;
  for (double v : want)
    largest = std::max(largest, std::fabs(v));
  for (size_t i = 0; i < got.size(); ++i)
    ASSERT_LE(std::fabs(got[i] - want[i]), bound * largest)
        << name << " " << i << ": " << got[i] << ", not " << want[i];
}

/// Runs a sequence cut into calls of these many steps, and compares.
void runParts(tercet_session *session, const Case &c, std::vector<float> &x,
              const std::vector<int64_t> &parts, const Results &want,
              std::vector<float> *bits = nullptr) {
  ASSERT_EQ(tercet_session_state_reset(session), nullptr);
  std::vector<float> y(c.steps * c.inner()), normed(y.size());
  int64_t from = 0;
  for (int64_t count : parts) {
    std::vector<float> in(x.begin() + from * c.projected(),
                          x.begin() + (from + count) * c.projected()),
        outY(count * c.inner()), outNormed(outY.size());
    call(session, count == 1 ? "one" : "steps",
         {View(in, {count, c.projected()})},
         {View(outY, {count, c.heads, c.values}),
          View(outNormed, {count, c.inner()})});
    std::copy(outY.begin(), outY.end(), y.begin() + from * c.inner());
    std::copy(outNormed.begin(), outNormed.end(),
              normed.begin() + from * c.inner());
    from += count;
  }
  ASSERT_EQ(from, c.steps);
  std::vector<float> conv((c.width - 1) * c.channels()),
      state(c.heads * c.values * c.states);
  call(session, "states", {},
       {View(conv, {c.width - 1, c.channels()}),
        View(state, {c.heads, c.values, c.states})});
  expectNear("y", y, want.y, 1e-5);
  expectNear("normed", normed, want.normed, 5e-5);
  expectNear("conv", conv, want.conv, 0);
  expectNear("state", state, want.state, 1e-5);
  if (!bits)
    return;
  y.insert(y.end(), normed.begin(), normed.end());
  y.insert(y.end(), state.begin(), state.end());
  if (bits->empty())
    *bits = y;
  EXPECT_EQ(*bits, y) << "single steps differ between executors";
}

class Mamba : public testing::TestWithParam<Case> {};
} // namespace

TEST_P(Mamba, AnySplitAgreesWithTheRecurrence) {
  const Case &c = GetParam();
  std::mt19937 rng(c.heads * 100 + c.states);
  std::normal_distribution<float> normal;
  auto draw = [&](int64_t count, float scale) {
    std::vector<float> v(count);
    for (float &f : v)
      f = scale * normal(rng);
    return v;
  };
  Weights w{draw(c.channels() * c.width, 0.5f),
            draw(c.channels(), 0.5f),
            draw(c.heads, 1),
            draw(c.heads, 1),
            draw(c.heads, 1),
            draw(c.inner(), 1)};
  std::vector<float> x = draw(c.steps * c.projected(), 1);
  // A step of no size, one that forgets everything.
  x[c.projected() - 1] = -40;
  x[2 * c.projected() - 1] = 40;
  Results want = compute(c, w, x);
  WeightFile file;
  Model model(makeModel(c, w, file), file, nullptr);
  if (HasFatalFailure())
    return;
  std::vector<float> bits;
  model.onEveryExecutor([&](tercet_session *session, const char *target) {
    SCOPED_TRACE(target);
    runParts(session, c, x, {c.steps}, want);
    runParts(session, c, x, std::vector<int64_t>(c.steps, 1), want, &bits);
    if (c.steps > 4)
      runParts(session, c, x, {2, 0, 1, c.steps - 3}, want);
  });
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Mamba,
    testing::Values(Case{4, 3, 2, 7, 4, 6, 0}, Case{3, 5, 1, 16, 2, 3, 0},
                    Case{4, 16, 4, 40, 4, 9, 0.5f}, Case{2, 33, 1, 1, 3, 5, 0},
                    Case{2, 64, 1, 128, 4, 34, 0}, Case{8, 16, 2, 32, 4, 90, 0},
                    Case{2, 48, 1, 16, 3, 37, 0.1f, 16}),
    [](const testing::TestParamInfo<Case> &info) {
      const Case &c = info.param;
      return std::to_string(c.heads) + "x" + std::to_string(c.values) + "x" +
             std::to_string(c.states);
    });
