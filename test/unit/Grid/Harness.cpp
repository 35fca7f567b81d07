//===- Harness.cpp - a model on every executor ----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include <cstdio>
#include <cstdlib>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace tercet::test;

namespace {
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

void collectDiagnostic(void *user, const tercet_compiler_diagnostic *d) {
  *static_cast<std::string *>(user) += std::string(d->message) + "\n";
}
} // namespace

void WeightFile::add(const std::string &name, const char *dtype,
                     const std::vector<int64_t> &shape, const void *data,
                     size_t size) {
  header += (header.empty() ? "{\"" : ",\"") + name + "\":{\"dtype\":\"" +
            dtype + "\",\"shape\":[";
  for (size_t i = 0; i < shape.size(); ++i)
    header += (i ? "," : "") + std::to_string(shape[i]);
  header += "],\"data_offsets\":[" + std::to_string(bytes.size()) + "," +
            std::to_string(bytes.size() + size) + "]}";
  bytes.append(static_cast<const char *>(data), size);
}

const char *WeightFile::write() {
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

WeightFile::~WeightFile() { unlink(path); }

std::string tercet::test::type(const char *element,
                               const std::vector<int64_t> &shape) {
  std::string text = "tensor<";
  for (int64_t d : shape)
    text += (d < 0 ? std::string("?") : std::to_string(d)) + "x";
  return text + element + ">";
}

std::string tercet::test::global(const std::string &name,
                                 const std::string &type,
                                 const std::string &attributes) {
  return "ml_program.global private @" + name +
         "(#ml_program.extern : " + type + ") : " + type + attributes + "\n";
}

std::string tercet::test::load(const std::string &name,
                               const std::string &type) {
  return "  %" + name + " = ml_program.global_load_const @" + name + " : " +
         type + "\n";
}

void tercet::test::call(tercet_session *session, const char *entry,
                        std::vector<View> inputs, std::vector<View> outputs) {
  auto toTensors = [](std::vector<View> &views) {
    std::vector<DLTensor> tensors;
    for (View &view : views) {
      DLTensor tensor{};
      tensor.data = view.data;
      tensor.device.device_type = kDLCPU;
      tensor.ndim = int32_t(view.shape.size());
      tensor.dtype = view.type;
      tensor.shape = view.shape.data();
      tensors.push_back(tensor);
    }
    return tensors;
  };
  std::vector<DLTensor> in = toTensors(inputs), out = toTensors(outputs);
  tercet_status *status = tercet_session_call(
      session, entry, in.data(), in.size(), out.data(), out.size());
  EXPECT_EQ(status, nullptr) << tercet_status_message(status);
  tercet_status_free(status);
}

Model::Model(const std::string &text, WeightFile &weights, const char *code) {
  compile(text, weights, code);
}

Model::~Model() { tercet_compiler_free_bytes(bytes); }

void Model::compile(const std::string &text, WeightFile &weights,
                    const char *code) {
  const char *path = weights.write();
  std::vector<const char *> targets;
  for (const Executor &executor : kExecutors)
    targets.push_back(executor.target);
  tercet_compiler_options options{};
  options.size = sizeof(options);
  options.targets = targets.data();
  options.target_count = targets.size();
  options.weights = &path;
  options.weight_count = 1;
  options.code = code;
  tercet_compiler *compiler = tercet_compiler_create();
  std::string diagnostics;
  int failed =
      tercet_compiler_compile(compiler, text.data(), text.size(), &options,
                              collectDiagnostic, &diagnostics, &bytes, &size);
  tercet_compiler_free(compiler);
  ASSERT_EQ(failed, 0) << diagnostics;
}

void Model::onEveryExecutor(
    std::function<void(tercet_session *, const char *)> run) {
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
    tercet_session_options options{sizeof(tercet_session_options),
                                   executor.target};
    tercet_session *session = nullptr;
    if (tercet_status *status =
            tercet_session_create(artifact, device, &options, &session)) {
      // A path that this machine lacks; GPUs and the first two it must have.
      EXPECT_EQ(tercet_status_code(status), TERCET_UNSUPPORTED)
          << executor.target << ": " << tercet_status_message(status);
      EXPECT_EQ(executor.plugin, nullptr) << tercet_status_message(status);
      tercet_status_free(status);
    } else {
      ++ran;
      run(session, executor.target);
      tercet_session_free(session);
    }
    tercet_device_close(device);
    if (testing::Test::HasFailure())
      break;
  }
  EXPECT_TRUE(ran >= 6 || testing::Test::HasFailure());
  tercet_artifact_close(artifact);
}
