//===- Session.h - a model compiled and run on every executor ---*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The text of a model, compiled for CPUs and GPUs into one artifact by the
// compiler's C API and run by the runtime's, GPUs in emulation.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_UNIT_SPATIAL_SESSION_H
#define TERCET_TEST_UNIT_SPATIAL_SESSION_H

#include "tercet-c/compiler.h"
#include "tercet/runtime.h"
#include "gtest/gtest.h"
#include <functional>
#include <string>
#include <vector>

namespace tercet::test {

/// A dense tensor in host memory.
class Tensor {
public:
  template <typename T>
  Tensor(std::vector<T> &data, std::vector<int64_t> sizes)
      : shape(std::move(sizes)), data(data.data()),
        type{uint8_t(std::is_floating_point_v<T> ? kDLFloat : kDLInt),
             8 * sizeof(T), 1} {}
  DLTensor get() {
    DLTensor t{};
    t.data = data;
    t.device.device_type = kDLCPU;
    t.ndim = shape.size();
    t.dtype = type;
    t.shape = shape.data();
    return t;
  }

private:
  std::vector<int64_t> shape;
  void *data;
  DLDataType type;
};

class Session {
public:
  explicit Session(tercet_session *session) : session(session) {}
  void call(const char *function, std::vector<Tensor> inputs,
            std::vector<Tensor> outputs) {
    std::vector<DLTensor> in, out;
    for (Tensor &t : inputs)
      in.push_back(t.get());
    for (Tensor &t : outputs)
      out.push_back(t.get());
    tercet_status *status = tercet_session_call(
        session, function, in.data(), in.size(), out.data(), out.size());
    ASSERT_EQ(status, nullptr) << tercet_status_message(status);
  }

private:
  tercet_session *session;
};

/// Calls `body` with a session on each executor that this machine has.
inline void runEverywhere(const std::string &model,
                          const std::function<void(Session &)> &body) {
  struct Executor {
    const char *target, *plugin, *device;
  };
  const Executor executors[] = {
      {"cpu:x86-64-v2", nullptr, "cpu"},
      {"cpu:x86-64-v3", nullptr, "cpu"},
      {"cpu:x86-64-v4+avx512vbmi+avx512vnni", nullptr, "cpu"},
      {"cuda:sm_80", TERCET_EMU_CUDA, "emu:cuda"},
      {"hip:gfx942", TERCET_EMU_HIP, "emu:hip"},
      {"hip:gfx1100", TERCET_EMU_HIP, "emu:hip"}};
  tercet_compiler *compiler = tercet_compiler_create();
  std::vector<const char *> targets;
  for (const Executor &executor : executors)
    targets.push_back(executor.target);
  tercet_compiler_options options{};
  options.size = sizeof(options);
  options.targets = targets.data();
  options.target_count = targets.size();
  std::string diagnostics;
  void *bytes = nullptr;
  size_t size = 0;
  auto collect = [](void *user, const tercet_compiler_diagnostic *d) {
    *static_cast<std::string *>(user) += std::string(d->message) + "\n";
  };
  int failed =
      tercet_compiler_compile(compiler, model.data(), model.size(), &options,
                              collect, &diagnostics, &bytes, &size);
  tercet_compiler_free(compiler);
  ASSERT_EQ(failed, 0) << diagnostics;
  tercet_artifact *artifact = nullptr;
  ASSERT_EQ(tercet_artifact_open_memory(bytes, size, nullptr, &artifact),
            nullptr);
  int ran = 0;
  for (const Executor &executor : executors) {
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
    Session wrapped(s);
    body(wrapped);
    tercet_session_free(s);
    tercet_device_close(device);
    if (testing::Test::HasFailure())
      break;
  }
  if (!testing::Test::HasFailure())
    EXPECT_GE(ran, 4);
  tercet_artifact_close(artifact);
  tercet_compiler_free_bytes(bytes);
}

} // namespace tercet::test

#endif
