//===- SteadyStateTest.cpp - repeated calls, moving dimensions ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestArtifact.h"
#include <atomic>
#include <gtest/gtest.h>

using namespace tercet::test;
using namespace tercet::schema;

#ifndef __has_feature
#define __has_feature(x) 0
#endif

// Counts every allocation of the process; a sanitizer has its own allocator.
#if defined(__GLIBC__) && !__has_feature(address_sanitizer) &&                 \
    !__has_feature(thread_sanitizer) && !defined(__SANITIZE_ADDRESS__) &&      \
    !defined(__SANITIZE_THREAD__)
#define COUNT_ALLOCATIONS 1
static std::atomic<long> allocations;
extern "C" {
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void *malloc(size_t n) {
  ++allocations;
  return __libc_malloc(n);
}
void *calloc(size_t n, size_t m) {
  ++allocations;
  return __libc_calloc(n, m);
}
void *realloc(void *p, size_t n) {
  ++allocations;
  return __libc_realloc(p, n);
}
void *aligned_alloc(size_t a, size_t n) {
  ++allocations;
  return __libc_memalign(a, n);
}
}
#endif

namespace {

struct Fixture {
  explicit Fixture(Source source, int threads = 1) : bytes(write(source)) {
    EXPECT_EQ(outcome(tercet_artifact_open_memory(bytes.data(), bytes.size(),
                                                  nullptr, &artifact))
                  .message,
              "ok");
    tercet_device_options options = {sizeof options, threads};
    EXPECT_EQ(outcome(tercet_device_open("cpu", &options, &device)).message,
              "ok");
    EXPECT_EQ(
        outcome(tercet_session_create(artifact, device, nullptr, &session))
            .message,
        "ok");
  }
  ~Fixture() {
    tercet_session_free(session);
    tercet_device_close(device);
    tercet_artifact_close(artifact);
  }
  AlignedBytes bytes;
  tercet_artifact *artifact = nullptr;
  tercet_device *device = nullptr;
  tercet_session *session = nullptr;
};

#ifdef COUNT_ALLOCATIONS
TEST(SteadyState, CallsAllocateNothing) {
  Fixture f(makeSource(), 2);
  std::vector<float> x(64 * 8, 1), z(128);
  std::vector<int64_t> xs = {64, 8}, zs = {64, 2};
  DLTensor in[2] = {tensor(x, xs), tensor(z, zs)};
  auto call = [&] {
    DLTensor out[3] = {}, y = {};
    return tercet_session_call(f.session, "columns", in, 2, out, 3) ||
           tercet_session_call(f.session, "affine", in, 1, &y, 1);
  };
  ASSERT_FALSE(
      call()); // results of the session and scratch memory are made here
  long before = allocations;
  bool wrong = false;
  for (int i = 0; i < 100; ++i)
    wrong = call() || wrong;
  EXPECT_EQ(allocations - before, 0);
  // Nor do calls of other sizes.
  for (int64_t rows : {3, 64, 0, 17}) {
    xs[0] = zs[0] = rows;
    wrong = call() || wrong;
  }
  EXPECT_EQ(allocations - before, 0);
  EXPECT_FALSE(wrong);
  // The count does count.
  tercet_status_free(tercet_session_call(f.session, "none", in, 1, nullptr, 0));
  EXPECT_GT(allocations - before, 0);
}
#endif

/// affine with a third step whose place in the arena moves with M: at
/// 64 + 32 * f(M), for expressions that `place` adds and returns.
Source movingSource(uint32_t (*place)(ProgramT &)) {
  Source s = makeSource();
  ProgramT &p = s.program();
  auto add = [&](ExprOp op, int64_t a, int64_t b = 0) {
    p.exprs.emplace_back(op, a, b);
    return static_cast<uint32_t>(p.exprs.size() - 1);
  };
  p.arena_bytes = add(ExprOp::constant, 2 * 64 * 32 + 64);
  p.buffers.push_back(std::make_unique<BufferT>(*p.buffers[2]));
  uint32_t rows = place(p), row = add(ExprOp::constant, 32),
           moved = add(ExprOp::mul, rows, row);
  p.buffers.back()->offset = add(ExprOp::add, moved, add(ExprOp::constant, 64));
  p.commands.push_back(std::make_unique<CommandT>(*p.commands[1]));
  p.commands.push_back(std::make_unique<CommandT>(*p.commands[2]));
  p.commands[2]->buffers[2] = 4;
  p.commands[4]->buffers[0] = 4;
  return s;
}

std::string callMoving(Fixture &f, int64_t rows) {
  std::vector<float> x(static_cast<size_t>(rows) * 8, 2);
  std::vector<int64_t> shape = {rows, 8};
  DLTensor in = tensor(x, shape), y = {};
  std::string message =
      outcome(tercet_session_call(f.session, "affine", &in, 1, &y, 1)).message;
  for (size_t i = 0; message == "ok" && i < x.size(); ++i) {
    float w = 0.5f * static_cast<float>(i % 8 + 1);
    EXPECT_EQ(static_cast<float *>(y.data)[i], ((2 * w + 1) * w + 1) * w + 1);
  }
  return message;
}

TEST(MovingPlaces, SoundAtEverySize) {
  Fixture f(movingSource([](ProgramT &p) {
    p.exprs.emplace_back(ExprOp::dim, 0, 0);
    return static_cast<uint32_t>(p.exprs.size() - 1);
  }));
  for (int64_t rows : {64, 0, 1, 2, 63, 17, 64})
    EXPECT_EQ(callMoving(f, rows), "ok") << rows;
}

TEST(MovingPlaces, OverlapBetweenTheCheckedSizesIsSeenAtTheCall) {
  // max(min(M, 1), floor(M / 64) * 64) is M at 0, 1 and 64 only.
  Fixture f(movingSource([](ProgramT &p) {
    auto add = [&](ExprOp op, int64_t a, int64_t b = 0) {
      p.exprs.emplace_back(op, a, b);
      return static_cast<uint32_t>(p.exprs.size() - 1);
    };
    uint32_t m = add(ExprOp::dim, 0), one = add(ExprOp::constant, 1),
             bound = add(ExprOp::constant, 64);
    uint32_t low = add(ExprOp::min, m, one),
             high = add(ExprOp::mul, add(ExprOp::floor_div, m, bound), bound);
    return add(ExprOp::max, low, high);
  }));
  for (int64_t rows : {64, 0, 1})
    EXPECT_EQ(callMoving(f, rows), "ok") << rows;
  EXPECT_EQ(callMoving(f, 3), "program \"affine\": command 2 writes bytes that "
                              "it uses through another buffer at the "
                              "sizes of this call");
  EXPECT_EQ(callMoving(f, 64), "ok");
}

} // namespace
