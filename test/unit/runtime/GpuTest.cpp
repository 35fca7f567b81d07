//===- GpuTest.cpp - the cuda and hip devices over a fake driver ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the runtime says to a driver: memory, parameters, grids, order, release.
// The fake driver lies in this executable's run path, before any real one.
//
//===----------------------------------------------------------------------===//
#include "TestArtifact.h"
#include <cstring>
#include <dlfcn.h>
#include <gtest/gtest.h>

using namespace tercet::test;
using namespace tercet::schema;

namespace {

struct Kind {
  const char *device, *library, *chip, *wrongChip, *description, *wrong;
  BlobFormat format;
};
const Kind kKinds[] = {
    {"cuda", "libcuda.so.1", "sm_90", "sm_100", "Fake GPU, sm_90",
     "it is for sm_100 and this GPU is sm_90", BlobFormat::ptx},
    {"hip", "libamdhip64.so", "gfx942", "gfx1100", "AMD gfx-like name, gfx942",
     "it is for gfx1100 and this GPU is gfx942", BlobFormat::hsaco},
};

Source gpuSource(const Kind &kind) {
  return makeGpuSource(kind.device, kind.chip, kind.format);
}

class Gpu : public ::testing::TestWithParam<Kind> {
protected:
  void SetUp() override {
    library = dlopen(GetParam().library, RTLD_NOW);
    ASSERT_NE(library, nullptr) << dlerror();
    open = reinterpret_cast<int (*)()>(dlsym(library, "tercet_fake_open"));
    ASSERT_NE(open, nullptr) << "a real driver was found first";
  }
  void TearDown() override {
    if (open)
      EXPECT_EQ(open(), 0) << "something was not given back to the driver";
    if (library)
      dlclose(library);
  }
  /// The message of creating a session for an artifact, and the session.
  Outcome start(Source source) {
    bytes = write(source);
    EXPECT_EQ(outcome(tercet_artifact_open_memory(bytes.data(), bytes.size(),
                                                  nullptr, &artifact))
                  .message,
              "ok");
    EXPECT_EQ(outcome(tercet_device_open(GetParam().device, nullptr, &device))
                  .message,
              "ok");
    return outcome(tercet_session_create(artifact, device, nullptr, &session));
  }
  void stop() {
    tercet_session_free(session);
    tercet_device_close(device);
    tercet_artifact_close(artifact);
    session = nullptr, device = nullptr, artifact = nullptr;
  }
  void *library = nullptr;
  int (*open)() = nullptr;
  AlignedBytes bytes;
  tercet_artifact *artifact = nullptr;
  tercet_device *device = nullptr;
  tercet_session *session = nullptr;
};

TEST_P(Gpu, ComputesKeepsStatesAndGivesEverythingBack) {
  ASSERT_EQ(start(gpuSource(GetParam())).message, "ok");
  EXPECT_STREQ(tercet_device_describe(device), GetParam().description);
  tercet_session *other = nullptr;
  ASSERT_EQ(
      outcome(tercet_session_create(artifact, device, nullptr, &other)).message,
      "ok");
  for (int64_t rows : {3, 64, 0, 1}) {
    std::vector<float> x(static_cast<size_t>(rows) * 8, 2),
        z(static_cast<size_t>(rows) * 2);
    std::vector<int64_t> shape = {rows, 8}, zs = {rows, 2};
    DLTensor in[2] = {tensor(x, shape), tensor(z, zs)}, y = {}, out[3] = {};
    ASSERT_EQ(
        outcome(tercet_session_call(session, "affine", in, 1, &y, 1)).message,
        "ok");
    for (size_t i = 0; i < x.size(); ++i) {
      float w = 0.5f * static_cast<float>(i % 8 + 1);
      ASSERT_EQ(static_cast<float *>(y.data)[i], (2 * w + 1) * w + 1);
    }
    ASSERT_EQ(
        outcome(tercet_session_call(other, "columns", in, 2, out, 3)).message,
        "ok");
    for (int64_t r = 0; r < rows; ++r)
      ASSERT_EQ(static_cast<float *>(out[0].data)[r * 8],
                static_cast<float>(2 * rows + r));
    EXPECT_TRUE(x.empty() || memcmp(out[1].data, x.data(), x.size() * 4) == 0);
    EXPECT_EQ(static_cast<uint8_t *>(out[2].data)[2], 7);
  }
  std::vector<int32_t> v = {1, 1, 1, 1};
  std::vector<int64_t> shape = {4};
  DLTensor in = tensor(v, shape), total = {};
  for (int32_t i = 1; i < 4; ++i) {
    ASSERT_EQ(outcome(tercet_session_call(session, "step", &in, 1, &total, 1))
                  .message,
              "ok");
    EXPECT_EQ(static_cast<int32_t *>(total.data)[0], 10 + 3 * i);
    EXPECT_EQ(static_cast<int32_t *>(total.data)[3], 40 + 5 * i);
  }
  ASSERT_EQ(outcome(tercet_session_profile_begin(session)).message, "ok");
  ASSERT_EQ(
      outcome(tercet_session_call(session, "step", &in, 1, &total, 1)).message,
      "ok");
  size_t count;
  EXPECT_EQ(tercet_session_command_seconds(session, &count)[0], 0.5e-3);
  tercet_session_free(other);
  stop();
}

TEST_P(Gpu, SaysWhatDoesNotFit) {
  Source chip = gpuSource(GetParam());
  chip.target().chip = GetParam().wrongChip;
  Outcome o = start(std::move(chip));
  EXPECT_NE(o.message.find(GetParam().wrong), std::string::npos) << o.message;
  stop();
  Source code = gpuSource(GetParam());
  code.segments[0][0] = 'B';
  o = start(std::move(code));
  EXPECT_EQ(o.code, TERCET_DEVICE);
  EXPECT_NE(o.message.find("cannot load the code: "), std::string::npos)
      << o.message;
  if (GetParam().format == BlobFormat::ptx)
    EXPECT_NE(o.message.find("ptxas fatal: not FAKE"), std::string::npos)
        << o.message;
  stop();
  Source kernel = gpuSource(GetParam());
  kernel.target().kernels[1]->name = "rows";
  o = start(std::move(kernel));
  EXPECT_NE(o.message.find("the code has no kernel rows"), std::string::npos)
      << o.message;
  stop();
  Source launch = gpuSource(GetParam());
  launch.target().kernels[0]->workgroup_size = 64;
  ASSERT_EQ(start(std::move(launch)).message, "ok");
  std::vector<float> x(8);
  std::vector<int64_t> shape = {1, 8};
  DLTensor in = tensor(x, shape), y = {};
  o = outcome(tercet_session_call(session, "affine", &in, 1, &y, 1));
  EXPECT_EQ(o.code, TERCET_DEVICE);
  EXPECT_NE(
      o.message.find(
          "cannot run the program: launch a kernel: invalid value (error 1)"),
      std::string::npos)
      << o.message;
  stop();
  tercet_device *d = nullptr;
  o = outcome(tercet_device_open(
      (std::string(GetParam().device) + ":3").c_str(), nullptr, &d));
  EXPECT_EQ(o.message, "there is no GPU " + std::string(GetParam().device) +
                           ":3: the driver has 1");
}

INSTANTIATE_TEST_SUITE_P(Runtime, Gpu, ::testing::ValuesIn(kKinds),
                         [](const auto &info) {
                           return std::string(info.param.device);
                         });

} // namespace
