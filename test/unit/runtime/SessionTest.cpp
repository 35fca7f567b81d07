//===- SessionTest.cpp - calls, states, weights, threads ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestArtifact.h"
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>

using namespace tercet::test;
using ::testing::TestWithParam;

namespace {

/// The standard artifact on a cpu device of some threads.
struct Fixture {
  explicit Fixture(int threads = 1) : Fixture(makeSource(), threads) {}
  Fixture(Source source, int threads) : bytes(write(source)) {
    EXPECT_EQ(outcome(tercet_artifact_open_memory(bytes.data(), bytes.size(),
                                                  nullptr, &artifact))
                  .message,
              "ok");
    tercet_device_options options = {sizeof options, threads};
    EXPECT_EQ(outcome(tercet_device_open("cpu", &options, &device)).message,
              "ok");
    session = open();
  }
  ~Fixture() {
    tercet_session_free(session);
    tercet_device_close(device);
    tercet_artifact_close(artifact);
  }
  tercet_session *open() {
    tercet_session *s = nullptr;
    EXPECT_EQ(
        outcome(tercet_session_create(artifact, device, nullptr, &s)).message,
        "ok");
    return s;
  }
  AlignedBytes bytes;
  tercet_artifact *artifact = nullptr;
  tercet_device *device = nullptr;
  tercet_session *session = nullptr;
};

std::vector<float> numbers(size_t count, int seed = 0) {
  std::vector<float> v(count);
  for (size_t i = 0; i < count; ++i)
    v[i] =
        static_cast<float>((i * 7 + static_cast<size_t>(seed)) % 23) * 0.25f -
        2;
  return v;
}

float expectedAffine(float x, size_t column) {
  float w = 0.5f * static_cast<float>(column + 1);
  return (x * w + 1) * w + 1;
}

Outcome callAffine(tercet_session *s, std::vector<float> &x, int64_t rows,
                   std::vector<float> *y) {
  std::vector<int64_t> shape = {rows, 8};
  DLTensor in = tensor(x, shape), out = {};
  Outcome o = outcome(tercet_session_call(s, "affine", &in, 1, &out, 1));
  if (o.code == TERCET_OK && y) {
    EXPECT_EQ(out.ndim, 2);
    EXPECT_EQ(out.shape[0], rows);
    EXPECT_EQ(out.shape[1], 8);
    EXPECT_EQ(out.strides[0], 8);
    auto *p = static_cast<float *>(out.data);
    y->assign(p, p + rows * 8);
  }
  return o;
}

std::vector<int32_t> callStep(tercet_session *s, std::vector<int32_t> v) {
  std::vector<int64_t> shape = {4};
  DLTensor in = tensor(v, shape), out = {};
  EXPECT_EQ(outcome(tercet_session_call(s, "step", &in, 1, &out, 1)).message,
            "ok");
  auto *p = static_cast<int32_t *>(out.data);
  return p ? std::vector<int32_t>(p, p + 4) : std::vector<int32_t>();
}

TEST(Session, ComputesTheNumbers) {
  Fixture f;
  for (int64_t rows : {64, 1, 3, 64, 0, 17}) {
    std::vector<float> x = numbers(static_cast<size_t>(rows) * 8,
                                   static_cast<int>(rows)),
                       y;
    ASSERT_EQ(callAffine(f.session, x, rows, &y).message, "ok");
    for (size_t i = 0; i < x.size(); ++i)
      ASSERT_EQ(y[i], expectedAffine(x[i], i % 8))
          << "rows " << rows << " element " << i;
  }
  EXPECT_STREQ(tercet_session_target(f.session), "cpu:test");
  EXPECT_EQ(tercet_session_memory(f.session), 64u * 32 + 64 + 16);
}

TEST(Session, SeveralInputsAndOutputsCopyAndFill) {
  Fixture f;
  std::vector<float> x = numbers(5 * 8), z(10);
  std::vector<int64_t> xs = {5, 8}, zs = {5, 2}, us = {3};
  std::vector<uint8_t> bytes(3, 0);
  DLTensor in[2] = {tensor(x, xs), tensor(z, zs)},
           out[3] = {{}, {}, tensor(bytes, us)};
  ASSERT_EQ(
      outcome(tercet_session_call(f.session, "columns", in, 2, out, 3)).message,
      "ok");
  auto *sums = static_cast<float *>(out[0].data);
  for (int r = 0; r < 5; ++r)
    for (int j = 0; j < 8; ++j) {
      float sum = 0;
      for (int i = 0; i < 5; ++i)
        sum += x[static_cast<size_t>(i * 8 + j)];
      EXPECT_EQ(sums[r * 8 + j], sum + static_cast<float>(r));
    }
  EXPECT_EQ(memcmp(out[1].data, x.data(), x.size() * 4), 0);
  EXPECT_EQ(bytes, std::vector<uint8_t>(3, 7));
}

TEST(Session, CallersOutputsAndByteOffsets) {
  Fixture f;
  std::vector<float> x = numbers(4 * 8 + 2), y(3 * 8 + 1, -1);
  std::vector<int64_t> xs = {3, 8}, ys = {3, 8}, strides = {8, 1};
  DLTensor in = tensor(x, xs), out = tensor(y, ys);
  in.byte_offset = 8; // any multiple of the element, not only of 64
  in.strides = strides.data();
  ASSERT_EQ(outcome(tercet_session_call(f.session, "affine", &in, 1, &out, 1))
                .message,
            "ok");
  for (size_t i = 0; i < 24; ++i)
    EXPECT_EQ(y[i], expectedAffine(x[i + 2], i % 8));
  EXPECT_EQ(y[24], -1);
}

class Threads : public TestWithParam<int> {};
TEST_P(Threads, GiveTheSameBits) {
  Fixture one(1), many(GetParam());
  for (int64_t rows : {1, 2, 7, 64}) {
    std::vector<float> x = numbers(static_cast<size_t>(rows) * 8), a, b;
    ASSERT_EQ(callAffine(one.session, x, rows, &a).message, "ok");
    for (int repeat = 0; repeat < 50; ++repeat) {
      ASSERT_EQ(callAffine(many.session, x, rows, &b).message, "ok");
      ASSERT_EQ(memcmp(a.data(), b.data(), a.size() * 4), 0);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Runtime, Threads, ::testing::Values(1, 2, 3, 4));

TEST(Session, TwoSessionsInParallelShareADevice) {
  Fixture f(2);
  std::atomic<int> wrong{0};
  auto body = [&](int seed) {
    tercet_session *s = nullptr;
    wrong +=
        tercet_session_create(f.artifact, f.device, nullptr, &s) != nullptr;
    std::vector<float> x = numbers(64 * 8, seed), z(128);
    std::vector<int64_t> xs = {64, 8}, zs = {64, 2};
    for (int repeat = 0; s && repeat < 200; ++repeat) {
      DLTensor in[2] = {tensor(x, xs), tensor(z, zs)}, out[3] = {};
      wrong += tercet_session_call(s, "columns", in, 2, out, 3) != nullptr;
      auto *sums = static_cast<float *>(out[0].data);
      float sum = 0;
      for (size_t i = 0; i < 64; ++i)
        sum += x[i * 8 + 3];
      for (int r = 0; r < 64; ++r)
        wrong += sums[r * 8 + 3] != sum + static_cast<float>(r);
      DLTensor result = {};
      wrong += tercet_session_call(s, "affine", in, 1, &result, 1) != nullptr;
      auto *y = static_cast<float *>(result.data);
      for (size_t i = 0; i < x.size(); ++i)
        wrong += y[i] != expectedAffine(x[i], i % 8);
    }
    tercet_session_free(s);
  };
  std::thread a(body, 1), b(body, 2), c(body, 3);
  a.join();
  b.join();
  c.join();
  EXPECT_EQ(wrong, 0);
}

TEST(Session, AsyncIsFinishedByWait) {
  Fixture f;
  std::vector<float> x = numbers(16), y(16);
  std::vector<int64_t> shape = {2, 8};
  DLTensor in = tensor(x, shape), out = tensor(y, shape);
  ASSERT_EQ(
      outcome(tercet_session_call_async(f.session, "affine", &in, 1, &out, 1))
          .message,
      "ok");
  Outcome second =
      outcome(tercet_session_call_async(f.session, "affine", &in, 1, &out, 1));
  EXPECT_EQ(second.code, TERCET_INVALID_ARGUMENT);
  EXPECT_EQ(second.message,
            "a call is in flight: tercet_session_wait comes first");
  ASSERT_EQ(outcome(tercet_session_wait(f.session)).message, "ok");
  EXPECT_EQ(y[9], expectedAffine(x[9], 1));
}

TEST(Session, SaysWhatIsWrongWithACall) {
  Fixture f;
  std::vector<float> x = numbers(8 * 70);
  std::vector<int64_t> good = {2, 8};
  auto call = [&](std::vector<int64_t> shape,
                  void (*change)(DLTensor &) = nullptr) {
    DLTensor in = tensor(x, shape), out = {};
    if (change)
      change(in);
    return outcome(tercet_session_call(f.session, "affine", &in, 1, &out, 1))
        .message;
  };
  EXPECT_EQ(
      call({3, 7}),
      "input \"x\" of \"affine\": got f32 [3, 7], expected f32 [M <= 64, 8]");
  EXPECT_EQ(
      call({65, 8}),
      "input \"x\" of \"affine\": got f32 [65, 8], expected f32 [M <= 64, 8]");
  EXPECT_EQ(
      call({-1, 8}),
      "input \"x\" of \"affine\": got f32 [-1, 8], expected f32 [M <= 64, 8]");
  EXPECT_EQ(
      call({8}),
      "input \"x\" of \"affine\": got f32 [8], expected f32 [M <= 64, 8]");
  EXPECT_EQ(
      call(good, [](DLTensor &t) { t.dtype.bits = 64; }),
      "input \"x\" of \"affine\": got f64 [2, 8], expected f32 [M <= 64, 8]");
  EXPECT_EQ(call(good, [](DLTensor &t) { t.dtype.lanes = 4; }),
            "input \"x\" of \"affine\": got DLPack type 2 of 32 bits x 4 [2, "
            "8], expected f32 [M <= 64, 8]");
  EXPECT_EQ(call(good, [](DLTensor &t) { t.data = nullptr; }),
            "input \"x\" of \"affine\" has no data");
  EXPECT_EQ(call(good, [](DLTensor &t) { t.byte_offset = 2; }),
            "input \"x\" of \"affine\" is not aligned to its 4-byte elements");
  EXPECT_EQ(call(good, [](DLTensor &t) { t.device.device_type = kDLCUDA; }),
            "input \"x\" of \"affine\" is on DLPack device type 2: pass a host "
            "tensor (kDLCPU)");
  static int64_t strides[2] = {1, 2};
  EXPECT_EQ(
      call(good, [](DLTensor &t) { t.strides = strides; }),
      "input \"x\" of \"affine\" is strided: pass a dense row-major tensor");
  EXPECT_EQ(call(good), "ok"); // and none of it left a mark

  DLTensor in = tensor(x, good), out = {};
  EXPECT_EQ(
      outcome(tercet_session_call(f.session, "afine", &in, 1, &out, 1)).message,
      "the artifact has no entry point \"afine\"; it has: affine, columns, "
      "step");
  EXPECT_EQ(outcome(tercet_session_call(f.session, "affine", &in, 1, &out, 0))
                .message,
            "\"affine\" takes 1 inputs and gives 1 outputs, not 1 and 0");
  std::vector<float> y(24);
  std::vector<int64_t> three = {3, 8};
  out = tensor(y, three);
  EXPECT_EQ(
      outcome(tercet_session_call(f.session, "affine", &in, 1, &out, 1))
          .message,
      "output \"y\" of \"affine\": got shape [3, 8], the result has [2, 8]");
  out = tensor(x, good);
  EXPECT_EQ(outcome(tercet_session_call(f.session, "affine", &in, 1, &out, 1))
                .message,
            "output \"y\" of \"affine\" shares memory with \"x\"");

  std::vector<float> z(10);
  std::vector<int64_t> zs = {5, 2};
  DLTensor both[2] = {tensor(x, good), tensor(z, zs)}, outs[3] = {};
  EXPECT_EQ(outcome(tercet_session_call(f.session, "columns", both, 2, outs, 3))
                .message,
            "input \"z\" of \"columns\": axis 0 is 5, but an input before it "
            "has M = 2");
}

TEST(Session, StatesKeepResetSaveAndRestore) {
  Fixture f;
  std::string path = writeTemporary("state", "", 0);
  using V = std::vector<int32_t>;
  EXPECT_EQ(callStep(f.session, {1, 1, 1, 1}), (V{13, 25, 33, 45}));
  EXPECT_EQ(callStep(f.session, {1, 1, 1, 1}), (V{16, 30, 36, 50}));
  ASSERT_EQ(outcome(tercet_session_state_save(f.session, path.c_str())).message,
            "ok");
  EXPECT_EQ(callStep(f.session, {1, 0, 0, 0}), (V{19, 30, 36, 50}));
  ASSERT_EQ(outcome(tercet_session_state_reset(f.session)).message, "ok");
  EXPECT_EQ(callStep(f.session, {0, 0, 0, 0}), (V{10, 20, 30, 40}));
  tercet_session *other = f.open();
  ASSERT_EQ(outcome(tercet_session_state_restore(other, path.c_str())).message,
            "ok");
  EXPECT_EQ(callStep(other, {0, 0, 0, 0}), (V{16, 30, 36, 50}));

  // Every damaged byte is seen, and the state is left alone.
  std::ifstream in(path, std::ios::binary);
  std::vector<char> file((std::istreambuf_iterator<char>(in)),
                         std::istreambuf_iterator<char>());
  for (size_t i = 0; i < file.size(); ++i) {
    file[i] = static_cast<char>(file[i] ^ 1);
    std::string bad = writeTemporary("bad_state", file.data(), file.size());
    EXPECT_NE(outcome(tercet_session_state_restore(other, bad.c_str())).code,
              TERCET_OK)
        << i;
    file[i] = static_cast<char>(file[i] ^ 1);
  }
  for (size_t i = 0; i < file.size(); ++i) {
    std::string bad = writeTemporary("bad_state", file.data(), i);
    EXPECT_NE(outcome(tercet_session_state_restore(other, bad.c_str())).code,
              TERCET_OK)
        << i;
  }
  EXPECT_EQ(callStep(other, {0, 0, 0, 0}), (V{16, 30, 36, 50}));
  EXPECT_EQ(
      outcome(tercet_session_state_save(other, "/nowhere/at/all")).message,
      "cannot write /nowhere/at/all: No such file or directory");
  tercet_session_free(other);

  // States of another model are refused by name.
  Source renamed = makeSource();
  renamed.manifest.states[0]->name = "sum";
  Fixture g(std::move(renamed), 1);
  Outcome o = outcome(tercet_session_state_restore(g.session, path.c_str()));
  EXPECT_NE(
      o.message.find(
          "is of another model: its state 0 is not \"sum\" (i32, 16 bytes)"),
      std::string::npos)
      << o.message;
}

TEST(Session, BindsARebindableWeightForItselfOnly) {
  Fixture f;
  tercet_session *other = f.open();
  std::vector<float> w(8, 2), x(8, 1), y;
  std::vector<int64_t> shape = {8}, wrong = {4, 2};
  DLTensor t = tensor(w, shape);
  ASSERT_EQ(callAffine(f.session, x, 1, &y).message, "ok");
  ASSERT_EQ(outcome(tercet_session_bind(f.session, "w", &t)).message, "ok");
  w.assign(8, 100); // it was copied
  ASSERT_EQ(callAffine(f.session, x, 1, &y).message, "ok");
  EXPECT_EQ(y[0], 7);
  ASSERT_EQ(callAffine(other, x, 1, &y).message, "ok");
  EXPECT_EQ(y[1], expectedAffine(1, 1));
  t = tensor(w, wrong);
  EXPECT_EQ(outcome(tercet_session_bind(f.session, "w", &t)).message,
            "weight \"w\" takes a dense host tensor of its own shape and dtype "
            "(32 bytes)");
  EXPECT_EQ(outcome(tercet_session_bind(f.session, "v", &t)).message,
            "the artifact has no weight \"v\"");
  tercet_session_free(other);
  Source fixed = makeSource();
  fixed.manifest.weights[0]->rebindable = false;
  Fixture g(std::move(fixed), 1);
  t = tensor(w, shape);
  EXPECT_EQ(outcome(tercet_session_bind(g.session, "w", &t)).message,
            "weight \"w\" is not rebindable: mark it so in the model");
}

TEST(Session, ProfileNamesTheKernels) {
  Fixture f;
  std::vector<float> x = numbers(16), y;
  std::string path = writeTemporary("trace.json", "", 0);
  ASSERT_EQ(outcome(tercet_session_profile_begin(f.session)).message, "ok");
  ASSERT_EQ(callAffine(f.session, x, 2, &y).message, "ok");
  size_t count = 0;
  const double *seconds = tercet_session_command_seconds(f.session, &count);
  ASSERT_EQ(count, 3u);
  EXPECT_GT(seconds[0], 0);
  ASSERT_EQ(
      outcome(tercet_session_profile_end(f.session, path.c_str())).message,
      "ok");
  std::ifstream in(path);
  std::string text((std::istreambuf_iterator<char>(in)),
                   std::istreambuf_iterator<char>());
  EXPECT_EQ(text.rfind("{\"traceEvents\":[", 0), 0u);
  EXPECT_NE(text.find("\"name\":\"affine\""), std::string::npos);
}

TEST(Session, RefusesADeviceWithoutATarget) {
  Source s = makeSource();
  s.target().features = {"avx2", "not-a-feature"};
  AlignedBytes bytes = write(s);
  tercet_artifact *a = nullptr;
  tercet_device *d = nullptr;
  tercet_session *session = nullptr;
  tercet_device_options options = {sizeof options, 1};
  ASSERT_EQ(outcome(tercet_artifact_open_memory(bytes.data(), bytes.size(),
                                                nullptr, &a))
                .message,
            "ok");
  ASSERT_EQ(outcome(tercet_device_open("cpu", &options, &d)).message, "ok");
  Outcome o = outcome(tercet_session_create(a, d, nullptr, &session));
  EXPECT_EQ(o.code, TERCET_UNSUPPORTED);
  EXPECT_NE(o.message.find("cpu:test: this processor lacks "),
            std::string::npos)
      << o.message;
  EXPECT_EQ(session, nullptr);
  tercet_session_options named = {sizeof named, "cuda:sm_90"};
  EXPECT_EQ(outcome(tercet_session_create(a, d, &named, &session)).message,
            "the artifact has no target \"cuda:sm_90\"");
  tercet_device_close(d);
  tercet_artifact_close(a);
}

#if defined(__x86_64__)
TEST(Session, TakesTheTargetThatUsesMost) {
  Source s = makeSource();
  for (auto [name, feature] :
       {std::pair("cpu:more", "sse2"), {"cpu:most", "nothing-has-this"}}) {
    Source other = makeSource();
    s.manifest.targets.push_back(std::move(other.manifest.targets[0]));
    s.manifest.targets.back()->name = name;
    s.manifest.targets.back()->features = {feature};
  }
  Fixture f(std::move(s), 1);
  EXPECT_STREQ(tercet_session_target(f.session), "cpu:more");
  tercet_session_options named = {sizeof named, "cpu:test"};
  tercet_session *session = nullptr;
  ASSERT_EQ(
      outcome(tercet_session_create(f.artifact, f.device, &named, &session))
          .message,
      "ok");
  EXPECT_STREQ(tercet_session_target(session), "cpu:test");
  std::vector<float> x = numbers(8), y;
  ASSERT_EQ(callAffine(session, x, 1, &y).message, "ok");
  EXPECT_EQ(y[3], expectedAffine(x[3], 3));
  tercet_session_free(session);
}
#endif

// An empty program measures what the runtime adds to a dispatch. The bound is
// loose, because machines are shared; the figure is printed.
TEST(Session, DispatchIsCheap) {
  Source s = makeSource();
  s.target().kernels.push_back(
      std::make_unique<tercet::schema::KernelT>(*s.target().kernels[0]));
  s.target().kernels.back()->name = "nothing";
  auto &commands = s.program(0).commands;
  commands[0]->kernel = commands[2]->kernel = 3;
  auto clone = [](const tercet::schema::CommandT &c) {
    return std::make_unique<tercet::schema::CommandT>(c);
  };
  for (int i = 0; i < 500; ++i) {
    commands.push_back(clone(*commands[1]));
    commands.push_back(clone(*commands[0]));
  }
  Fixture f(std::move(s), 1);
  std::vector<float> x = numbers(8);
  std::vector<int64_t> shape = {1, 8};
  DLTensor in = tensor(x, shape);
  double best = 1;
  for (int repeat = 0; repeat < 200; ++repeat) {
    DLTensor out = {};
    auto start = std::chrono::steady_clock::now();
    ASSERT_EQ(tercet_session_call(f.session, "affine", &in, 1, &out, 1),
              nullptr);
    best = std::min(best, std::chrono::duration<double>(
                              std::chrono::steady_clock::now() - start)
                              .count());
  }
  printf("%.1f ns a dispatch\n", best / 502 * 1e9);
  EXPECT_LT(best / 502, 5e-6);
}

TEST(Device, NamesThatAreNoDevice) {
  tercet_device *d = nullptr;
  EXPECT_EQ(outcome(tercet_device_open("tpu", nullptr, &d)).message,
            "there is no device \"tpu\": use cpu, cuda, cuda:N, hip or hip:N, "
            "or load a plug-in");
  EXPECT_EQ(outcome(tercet_device_open("cuda:x", nullptr, &d)).code,
            TERCET_INVALID_ARGUMENT);
  EXPECT_EQ(outcome(tercet_device_open_plugin("/nowhere.so", "emu", &d)).code,
            TERCET_NOT_FOUND);
  char *list = tercet_device_list();
  EXPECT_EQ(std::string(list).rfind("cpu: ", 0), 0u) << list;
  free(list);
}

} // namespace
