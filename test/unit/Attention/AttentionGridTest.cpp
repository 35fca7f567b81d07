//===- AttentionGridTest.cpp - attention from a model to every device -----===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model with rows.attention in its functions, compiled for CPUs and GPUs into
// one artifact by the compiler's C API and run by the runtime's, GPUs in
// emulation. The length is a size of its own, so that the cache is longer than
// what counts.
//
//===----------------------------------------------------------------------===//
#include "Oracle.h"
#include "tercet-c/compiler.h"
#include "tercet/runtime.h"
#include <gtest/gtest.h>

using namespace tercet::test;

namespace {
struct Executor {
  const char *target, *plugin, *device;
};
constexpr Executor kExecutors[] = {
    {"cpu:x86-64-v2", nullptr, "cpu"},
    {"cpu:x86-64-v3", nullptr, "cpu"},
    {"cpu:x86-64-v4+avx512vnni", nullptr, "cpu"},
    {"cpu:x86-64-v4+avx512vbmi+avx512vnni", nullptr, "cpu"},
    {"cuda:sm_80", TERCET_EMU_CUDA, "emu:cuda"},
    {"hip:gfx942", TERCET_EMU_HIP, "emu:hip"},
    {"hip:gfx1100", TERCET_EMU_HIP, "emu:hip"}};

/// `rows` < 0: known when it is called.
struct Function {
  const char *name;
  AttentionShape shape;
  int64_t rows;
};
const Function kFunctions[] = {{"plain", {1, 1, 64, 64, false}, -1},
                               {"shared", {4, 2, 16, 16, true}, -1},
                               {"other_width", {6, 3, 24, 40, true}, -1},
                               {"odd", {8, 1, 5, 3, false}, -1},
                               {"wide_group", {40, 2, 8, 8, true}, -1},
                               {"one", {4, 2, 32, 32, true}, 1}};
constexpr double kScale = 0.25;

std::string makeModel() {
  std::string text;
  for (const Function &f : kFunctions) {
    auto type = [](int64_t rows, int64_t heads, int64_t width) {
      return "tensor<" + (rows < 0 ? std::string("?") : std::to_string(rows)) +
             "x" + std::to_string(heads) + "x" + std::to_string(width) +
             "xf32>";
    };
    const AttentionShape &s = f.shape;
    std::string q = type(f.rows, s.heads, s.d), k = type(-1, s.keyHeads, s.d),
                v = type(-1, s.keyHeads, s.dv),
                out = type(f.rows, s.heads, s.dv);
    std::string bound = ", tercet.bound = [256, 0, 0]",
                same = ", tercet.dims = [\"s\", \"\", \"\"]";
    text +=
        std::string("func.func @") + f.name + "(%q: " + q +
        " {tercet.name = \"q\"" + (f.rows < 0 ? bound : std::string()) +
        "}, %k: " + k + " {tercet.name = \"k\"" + bound + same + "}, %v: " + v +
        " {tercet.name = \"v\"" + bound + same +
        "}, %n: tensor<?xf32> {tercet.name = \"n\", tercet.bound = 256}) -> (" +
        out + " {tercet.name = \"y\"}) {\n" +
        "  %c0 = arith.constant 0 : index\n" +
        "  %length = tensor.dim %n, %c0 : tensor<?xf32>\n" +
        (f.rows < 0 ? "  %m = tensor.dim %q, %c0 : " + q + "\n"
                    : std::string()) +
        "  %init = tensor.empty(" + (f.rows < 0 ? "%m" : "") + ") : " + out +
        "\n  %y = rows.attention " + (s.causal ? "causal " : "") +
        "scale(0.25) ins(%q, %k, %v : " + q + ", " + k + ", " + v +
        ") length(%length) outs(%init : " + out + ") -> " + out +
        "\n  return %y : " + out + "\n}\n";
  }
  return text;
}

void collectDiagnostic(void *user, const tercet_compiler_diagnostic *d) {
  *static_cast<std::string *>(user) += std::string(d->message) + "\n";
}

/// A dense tensor of f32 in host memory.
struct Tensor {
  Tensor(std::vector<float> &data, std::vector<int64_t> sizes)
      : shape(std::move(sizes)) {
    tensor.data = data.data();
    tensor.device.device_type = kDLCPU;
    tensor.ndim = shape.size();
    tensor.dtype = {kDLFloat, 32, 1};
    tensor.shape = shape.data();
  }
  std::vector<int64_t> shape;
  DLTensor tensor{};
};

void runFunction(tercet_session *session, const Function &f, int64_t rows,
                 int64_t length) {
  const AttentionShape &s = f.shape;
  SCOPED_TRACE(std::string(f.name) + ", " + std::to_string(rows) +
               " rows, length " + std::to_string(length));
  std::mt19937 random(rows * 1000 + length);
  int64_t keys = length + 2;
  auto q = makeFloats(rows * s.heads * s.d, 2, random);
  auto k = makeFloats(keys * s.keyHeads * s.d, 2, random);
  auto v = makeFloats(keys * s.keyHeads * s.dv, 2, random);
  std::fill(k.begin() + length * s.keyHeads * s.d, k.end(), NAN);
  std::fill(v.begin() + length * s.keyHeads * s.dv, v.end(), NAN);
  std::vector<float> n(length), out(rows * s.heads * s.dv, 77.0f);
  Tensor tq(q, {rows, s.heads, s.d}), tk(k, {keys, s.keyHeads, s.d}),
      tv(v, {keys, s.keyHeads, s.dv}), tn(n, {length}),
      to(out, {rows, s.heads, s.dv});
  DLTensor inputs[] = {tq.tensor, tk.tensor, tv.tensor, tn.tensor};
  tercet_status *status =
      tercet_session_call(session, f.name, inputs, 4, &to.tensor, 1);
  ASSERT_EQ(status, nullptr) << tercet_status_message(status);
  double largest;
  auto expected = attend(s, q, k, v, rows, length, kScale, largest);
  double bound = getBound(v, largest);
  for (size_t i = 0; i < out.size(); ++i)
    ASSERT_LE(std::fabs(out[i] - expected[i]), bound)
        << "element " << i << ": " << out[i] << ", not " << expected[i];
}
} // namespace

TEST(AttentionGrid, EveryDeviceAgreesWithTheOracle) {
  tercet_compiler *compiler = tercet_compiler_create();
  std::vector<const char *> targets;
  for (const Executor &executor : kExecutors)
    targets.push_back(executor.target);
  tercet_compiler_options options{};
  options.size = sizeof(options);
  options.targets = targets.data();
  options.target_count = targets.size();
  std::string model = makeModel(), diagnostics;
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
    SCOPED_TRACE(executor.target);
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
      // A path that this machine lacks.
      EXPECT_EQ(tercet_status_code(status), TERCET_UNSUPPORTED)
          << tercet_status_message(status);
      EXPECT_EQ(executor.plugin, nullptr) << tercet_status_message(status);
      tercet_status_free(status);
      tercet_device_close(device);
      continue;
    }
    ++ran;
    for (const Function &f : kFunctions)
      for (auto [rows, length] : {std::pair<int64_t, int64_t>{1, 1},
                                  {1, 67},
                                  {3, 17},
                                  {17, 40},
                                  {20, 130}}) {
        if (f.rows >= 0 && rows != f.rows)
          continue;
        runFunction(s, f, rows, length);
        if (testing::Test::HasFailure())
          break;
      }
    tercet_session_free(s);
    tercet_device_close(device);
  }
  EXPECT_GE(ran, 5);
  tercet_artifact_close(artifact);
  tercet_compiler_free_bytes(bytes);
}
