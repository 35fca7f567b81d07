//===- GridTest.cpp - op x code x shape x target, from MLIR to numbers ----===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each case compiles one model for all CPU code paths and for GPUs with and
// without matrix instructions into one artifact through the compiler's C API,
// and runs every CPU path that this machine has and every GPU, in emulation,
// through the runtime's, over all row counts. Results equal the oracle to the
// bit.
//
//===----------------------------------------------------------------------===//
#include "Oracle.h"
#include "tercet-c/compiler.h"
#include "tercet/runtime.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <unistd.h>

using namespace tercet::test;

namespace {
constexpr int64_t kRows[] = {1, 2, 3, 5, 17, 64};
constexpr int64_t kBound = 64;

/// Targets, and who runs them: the CPU device or an emulator's plug-in.
struct Executor {
  const char *target, *plugin, *device;
};
constexpr Executor kExecutors[] = {
    {"cpu:x86-64-v2", nullptr, "cpu"},
    {"cpu:x86-64-v3", nullptr, "cpu"},
    {"cpu:x86-64-v4+avx512vnni", nullptr, "cpu"},
    {"cpu:x86-64-v4+avx512vbmi+avx512vnni", nullptr, "cpu"},
    {"cuda:sm_75", TERCET_EMU_CUDA, "emu:cuda"},
    {"cuda:sm_80", TERCET_EMU_CUDA, "emu:cuda"},
    {"hip:gfx942", TERCET_EMU_HIP, "emu:hip"},
    {"hip:gfx1100", TERCET_EMU_HIP, "emu:hip"}};

struct Case {
  const char *code;
  int64_t n, k;
};

std::string print(const Case &c) {
  return std::string(c.code) + "_" + std::to_string(c.n) + "x" +
         std::to_string(c.k);
}

const char *getSparsity(const std::string &code) {
  return code == "b33"  ? "#ternary.sparsity<2:4>"
         : code == "c5" ? "#ternary.sparsity<3:4, exact>"
                        : nullptr;
}

/// Weights that the code can hold; every seventh row of those that may be is
/// zero, and the first row is all ones where the code allows it.
std::vector<int8_t> makeWeights(const Case &c, std::mt19937 &rng) {
  std::vector<int8_t> w(c.n * c.k);
  std::string code = c.code;
  auto sign = [&] { return int8_t(rng() & 1 ? 1 : -1); };
  for (int64_t row = 0; row < c.n; ++row)
    for (int64_t g = 0; g < c.k; g += 4) {
      int8_t *group = &w[row * c.k + g];
      int64_t size = std::min<int64_t>(4, c.k - g);
      if (code == "c5") {
        for (int64_t j = 0; j < size; ++j)
          group[j] = row == 0 ? 1 : sign();
        group[rng() % 4] = 0;
      } else if (row % 7 == 3) {
        continue;
      } else if (code == "b33") {
        for (int i = 0; i < 2; ++i)
          group[rng() % 4] = row == 0 ? 1 : int8_t(rng() % 3) - 1;
      } else {
        for (int64_t j = 0; j < size; ++j)
          group[j] = row == 0 ? 1 : int8_t(rng() % 3) - 1;
      }
    }
  return w;
}

/// A safetensors file in the temporary folder, removed with the object.
class WeightFile {
public:
  void add(const std::string &name, const char *dtype,
           const std::vector<int64_t> &shape, const void *data, size_t size) {
    header += (header.empty() ? "{\"" : ",\"") + name + "\":{\"dtype\":\"" +
              dtype + "\",\"shape\":[";
    for (size_t i = 0; i < shape.size(); ++i)
      header += (i ? "," : "") + std::to_string(shape[i]);
    header += "],\"data_offsets\":[" + std::to_string(bytes.size()) + "," +
              std::to_string(bytes.size() + size) + "]}";
    bytes.append(static_cast<const char *>(data), size);
  }
  const char *write() {
    header += "}";
    while (header.size() % 8)
      header += ' ';
    std::snprintf(path, sizeof(path), "%s/tercet-grid-XXXXXX",
                  std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp");
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "wb");
    uint64_t length = header.size();
    std::fwrite(&length, 8, 1, file);
    std::fwrite(header.data(), 1, header.size(), file);
    std::fwrite(bytes.data(), 1, bytes.size(), file);
    std::fclose(file);
    return path;
  }
  ~WeightFile() { unlink(path); }

private:
  std::string header, bytes;
  char path[512] = "";
};

std::string makeModel(const Case &c) {
  std::string n = std::to_string(c.n), k = std::to_string(c.k);
  std::string trits = "tensor<" + n + "x" + k + "x!ternary.trit>";
  const char *sparsity = getSparsity(c.code);
  std::string attribute =
      sparsity ? std::string(" {ternary.sparsity = ") + sparsity + "}" : "";
  std::string bound = ", tercet.bound = " + std::to_string(kBound);
  auto global = [](const std::string &name, const std::string &type) {
    return "ml_program.global private @" + name +
           "(#ml_program.extern : " + type + ") : " + type;
  };
  auto load = [](const std::string &name, const std::string &type) {
    return "  %" + name + " = ml_program.global_load_const @" + name + " : " +
           type + "\n";
  };
  std::string gain = "tensor<" + k + "xf32>", bias = "tensor<" + n + "xf32>";
  return global("w", trits) + attribute + "\n" + global("s", "tensor<f32>") +
         "\n" + global("g", gain) + "\n" + global("b", bias) + "\n" +
         "func.func @matmul(%x: tensor<?x" + k + "xi8> {tercet.name = \"x\"" +
         bound + "}) -> (tensor<?x" + n + "xi32> {tercet.name = \"y\"}) {\n" +
         load("w", trits) + "  %y = ternary.matmul %x, %w : tensor<?x" + k +
         "xi8>, " + trits + " -> tensor<?x" + n +
         "xi32>\n  return %y : tensor<?x" + n + "xi32>\n}\n" +
         "func.func @one(%x: tensor<1x" + k +
         "xi8> {tercet.name = \"x\"}) -> (tensor<1x" + n +
         "xi32> {tercet.name = \"y\"}) {\n" + load("w", trits) +
         "  %y = ternary.matmul %x, %w : tensor<1x" + k + "xi8>, " + trits +
         " -> tensor<1x" + n + "xi32>\n  return %y : tensor<1x" + n +
         "xi32>\n}\n" + "func.func @linear(%x: tensor<?x" + k +
         "xf32> {tercet.name = \"x\"" + bound + "}) -> (tensor<?x" + n +
         "xf32> {tercet.name = \"y\"}) {\n" + load("w", trits) +
         load("s", "tensor<f32>") + load("g", gain) + load("b", bias) +
         "  %y = ternary.linear %x, %w scale(%s : tensor<f32>) norm(%g : " +
         gain + ") bias(%b : " + bias + ") : tensor<?x" + k + "xf32>, " +
         trits + " -> tensor<?x" + n + "xf32>\n  return %y : tensor<?x" + n +
         "xf32>\n}\n";
}

void collectDiagnostic(void *user, const tercet_compiler_diagnostic *d) {
  *static_cast<std::string *>(user) += std::string(d->message) + "\n";
}

/// Runs a session's entry point on a dense matrix.
template <typename In, typename Out>
std::vector<Out> call(tercet_session *session, const char *entry,
                      std::vector<In> &x, int64_t m, int64_t k, int64_t n,
                      uint8_t inCode, uint8_t outCode) {
  std::vector<Out> y(m * n);
  int64_t inShape[] = {m, k}, outShape[] = {m, n};
  DLTensor input{}, output{};
  input.data = x.data();
  input.device.device_type = output.device.device_type = kDLCPU;
  input.ndim = output.ndim = 2;
  input.dtype = {inCode, uint8_t(8 * sizeof(In)), 1};
  output.dtype = {outCode, uint8_t(8 * sizeof(Out)), 1};
  input.shape = inShape;
  output.shape = outShape;
  output.data = y.data();
  tercet_status *status =
      tercet_session_call(session, entry, &input, 1, &output, 1);
  EXPECT_EQ(status, nullptr) << tercet_status_message(status);
  tercet_status_free(status);
  return y;
}

class Grid : public testing::TestWithParam<Case> {};

TEST_P(Grid, EveryPathEqualsTheOracle) {
  const Case &c = GetParam();
  std::mt19937 rng(7 * c.n + c.k);
  Layer layer;
  layer.weights = makeWeights(c, rng);
  layer.scale = 0.037f;
  std::uniform_real_distribution<float> uniform(-1, 1);
  for (int64_t i = 0; i < c.k; ++i)
    layer.gain.push_back(1 + 0.25f * uniform(rng));
  for (int64_t i = 0; i < c.n; ++i)
    layer.bias.push_back(uniform(rng));
  WeightFile file;
  file.add("w", "I8", {c.n, c.k}, layer.weights.data(), layer.weights.size());
  file.add("s", "F32", {}, &layer.scale, 4);
  file.add("g", "F32", {c.k}, layer.gain.data(), 4 * layer.gain.size());
  file.add("b", "F32", {c.n}, layer.bias.data(), 4 * layer.bias.size());
  const char *weights = file.write();

  tercet_compiler *compiler = tercet_compiler_create();
  std::vector<const char *> targets;
  for (const Executor &executor : kExecutors)
    targets.push_back(executor.target);
  tercet_compiler_options options{};
  options.size = sizeof(options);
  options.targets = targets.data();
  options.target_count = targets.size();
  options.weights = &weights;
  options.weight_count = 1;
  options.code = c.code;
  std::string model = makeModel(c), diagnostics;
  void *bytes = nullptr;
  size_t size = 0;
  ASSERT_EQ(tercet_compiler_compile(compiler, model.data(), model.size(),
                                    &options, collectDiagnostic, &diagnostics,
                                    &bytes, &size),
            0)
      << diagnostics;
  tercet_compiler_free(compiler);

  tercet_artifact *artifact = nullptr;
  ASSERT_EQ(tercet_artifact_open_memory(bytes, size, nullptr, &artifact),
            nullptr);
  int ran = 0;
  for (const Executor &executor : kExecutors) {
    tercet_device_options threads{sizeof(tercet_device_options), 2};
    tercet_device *device = nullptr;
    tercet_status *opened =
        executor.plugin
            ? tercet_device_open_plugin(executor.plugin, executor.device,
                                        &device)
            : tercet_device_open(executor.device, &threads, &device);
    ASSERT_EQ(opened, nullptr) << tercet_status_message(opened);
    tercet_session_options session{sizeof(tercet_session_options),
                                   executor.target};
    tercet_session *s = nullptr;
    if (tercet_status *status =
            tercet_session_create(artifact, device, &session, &s)) {
      // A path that this machine lacks; GPUs and the first two it must have.
      EXPECT_EQ(tercet_status_code(status), TERCET_UNSUPPORTED)
          << executor.target << ": " << tercet_status_message(status);
      EXPECT_EQ(executor.plugin, nullptr) << tercet_status_message(status);
      tercet_status_free(status);
      tercet_device_close(device);
      continue;
    }
    ++ran;
    for (int64_t m : kRows) {
      SCOPED_TRACE(std::string(executor.target) + ", rows " +
                   std::to_string(m));
      // Extremes in the first row seek an overflow, the second is zero.
      std::vector<int8_t> q(m * c.k);
      std::vector<float> x(m * c.k);
      for (int64_t i = 0; i < m * c.k; ++i) {
        int64_t row = i / c.k;
        q[i] = row == 0 ? (i & 1 ? -128 : 127) : int8_t(rng());
        x[i] = row == 1 ? 0.0f : 3 * uniform(rng);
      }
      if (m > 2)
        std::fill(q.begin() + 2 * c.k, q.begin() + 3 * c.k, int8_t(127));
      EXPECT_EQ(
          (call<int8_t, int32_t>(s, "matmul", q, m, c.k, c.n, kDLInt, kDLInt)),
          matmul(q, layer.weights, m, c.n, c.k));
      if (m == 1) {
        EXPECT_EQ(
            (call<int8_t, int32_t>(s, "one", q, m, c.k, c.n, kDLInt, kDLInt)),
            matmul(q, layer.weights, m, c.n, c.k));
      }
      EXPECT_EQ(
          (call<float, float>(s, "linear", x, m, c.k, c.n, kDLFloat, kDLFloat)),
          linear(x, layer, m, c.n, c.k));
      if (HasFailure())
        break;
    }
    tercet_session_free(s);
    tercet_device_close(device);
  }
  EXPECT_GE(ran, 6);
  tercet_artifact_close(artifact);
  tercet_compiler_free_bytes(bytes);
}

// K with tails of every code's words, of a chunk of 16 and below one group; N
// with partial panels; the widths of real models.
const Case kCases[] = {
    {"i2", 1, 1},     {"i2", 10, 5},    {"i2", 33, 100},   {"i2", 256, 64},
    {"i2", 40, 2688}, {"i2", 24, 8640}, {"t5", 1, 3},      {"t5", 16, 20},
    {"t5", 33, 101},  {"t5", 40, 1856}, {"t5", 24, 8640},  {"b33", 1, 4},
    {"b33", 10, 24},  {"b33", 33, 100}, {"b33", 40, 2688}, {"b33", 24, 8640},
    {"c5", 1, 4},     {"c5", 17, 28},   {"c5", 33, 100},   {"c5", 40, 1856},
    {"c5", 24, 8640}, {"i2", 1856, 48}, {"b33", 272, 48}};

INSTANTIATE_TEST_SUITE_P(Codes, Grid, testing::ValuesIn(kCases),
                         [](const auto &info) { return print(info.param); });
} // namespace
