//===- UnitsTest.cpp - digests, expressions, thread pool, files -----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestArtifact.h"
#include "runtime/core/Expr.h"
#include "runtime/core/File.h"
#include "runtime/core/Sha256.h"
#include "runtime/cpu/Features.h"
#include "runtime/cpu/ThreadPool.h"
#include <cstring>
#include <gtest/gtest.h>
#include <numeric>
#include <sys/stat.h>

using namespace tercet::runtime;
using tercet::schema::ExprOp;

namespace {

std::string hex(const std::string &text) {
  uint8_t digest[32];
  sha256(text.data(), text.size(), digest);
  std::string out;
  char two[3];
  for (uint8_t b : digest) {
    snprintf(two, sizeof two, "%02x", b);
    out += two;
  }
  return out;
}

// The examples of FIPS 180-4 and its sample vectors.
TEST(Sha256, KnownDigests) {
  EXPECT_EQ(hex(""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, AnySplitGivesTheSame) {
  std::string text(300, 0);
  std::iota(text.begin(), text.end(), 0);
  uint8_t whole[32], parts[32];
  for (size_t length : {0, 1, 55, 56, 63, 64, 65, 119, 120, 300}) {
    sha256(text.data(), length, whole);
    for (size_t cut = 0; cut <= length; ++cut) {
      Sha256 hash;
      hash.update(text.data(), cut);
      hash.update(text.data() + cut, length - cut);
      hash.finish(parts);
      ASSERT_EQ(memcmp(whole, parts, 32), 0) << length << " cut at " << cut;
    }
  }
}

TEST(Expr, Operations) {
  auto run = [](ExprOp op, int64_t a, int64_t b) {
    int64_t out = 0;
    return evaluateNode(op, a, b, &out) ? std::to_string(out) : "error";
  };
  EXPECT_EQ(run(ExprOp::ceil_div, 7, 3), "3");
  EXPECT_EQ(run(ExprOp::ceil_div, 6, 3), "2");
  EXPECT_EQ(run(ExprOp::ceil_div, -7, 3), "-2");
  EXPECT_EQ(run(ExprOp::floor_div, -7, 3), "-3");
  EXPECT_EQ(run(ExprOp::floor_div, 7, 3), "2");
  EXPECT_EQ(run(ExprOp::ceil_div, 1, 0), "error");
  EXPECT_EQ(run(ExprOp::floor_div, INT64_MIN, -1), "error");
  EXPECT_EQ(run(ExprOp::add, INT64_MAX, 1), "error");
  EXPECT_EQ(run(ExprOp::mul, INT64_MAX, 2), "error");
  EXPECT_EQ(run(ExprOp::min, 3, -4), "-4");
  EXPECT_EQ(run(ExprOp::max, 3, -4), "3");
}

struct Tally {
  std::vector<std::atomic<int>> hits;
  explicit Tally(size_t n) : hits(n) {}
  static void body(void *self, int, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      ++static_cast<Tally *>(self)->hits[static_cast<size_t>(i)];
  }
};

TEST(ThreadPool, EveryWorkgroupOnce) {
  for (int threads : {1, 2, 3, 4, 7}) {
    ThreadPool pool;
    ASSERT_TRUE(pool.start(threads));
    for (size_t total : {1, 2, 3, 7, 64, 1000})
      for (int repeat = 0; repeat < 50; ++repeat) {
        Tally tally(total);
        ASSERT_TRUE(
            pool.tryRun(static_cast<int64_t>(total), Tally::body, &tally));
        for (auto &h : tally.hits)
          ASSERT_EQ(h, 1);
      }
  }
}

TEST(ThreadPool, WakesUpFromSleepAndStopsAsleep) {
  ThreadPool pool;
  ASSERT_TRUE(pool.start(3));
  for (int repeat = 0; repeat < 5; ++repeat) {
    usleep(5000); // workers sleep by now
    Tally tally(100);
    ASSERT_TRUE(pool.tryRun(100, Tally::body, &tally));
    for (auto &h : tally.hits)
      ASSERT_EQ(h, 1);
  }
  usleep(5000);
}

TEST(AtomicFile, AllOrNothing) {
  std::string path = tercet::test::writeTemporary("atomic", "old", 3);
  {
    AtomicFile file;
    ASSERT_EQ(file.open(path.c_str()), nullptr);
    ASSERT_EQ(file.write("half", 4), nullptr);
  } // not committed
  Array<uint8_t> bytes;
  ASSERT_EQ(readFile(path.c_str(), bytes), nullptr);
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "old");
  {
    AtomicFile file;
    ASSERT_EQ(file.open(path.c_str()), nullptr);
    ASSERT_EQ(file.write("new one", 7), nullptr);
    ASSERT_EQ(file.commit(), nullptr);
  }
  ASSERT_EQ(readFile(path.c_str(), bytes), nullptr);
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "new one");
}

#if defined(__x86_64__)
TEST(Features, TargetsNameWhatIsMissing) {
  HostFeatures host;
  ASSERT_TRUE(host.detect());
  EXPECT_TRUE(host.has("sse2"));
  EXPECT_TRUE(host.has("64bit"));
  char why[128] = "";
  auto score = [&](const char *device, const char *triple, const char *chip,
                   std::vector<const char *> features) {
    tercet_device_target t = {
        "t", device, triple, chip, features.data(), features.size(), 0};
    return host.accepts(t, why, sizeof why);
  };
  int base = score("cpu", "x86_64-unknown-linux-gnu", "x86-64", {});
  EXPECT_GT(base, 0);
  EXPECT_GT(
      score("cpu", "x86_64-unknown-linux-gnu", "x86-64", {"+sse2", "-avx512f"}),
      base);
  EXPECT_EQ(score("cpu", "x86_64-unknown-linux-gnu", "x86-64", {"magic"}), 0);
  EXPECT_STREQ(why, "this processor lacks magic");
  EXPECT_EQ(score("cpu", "aarch64-unknown-linux-gnu", "generic", {}), 0);
  EXPECT_STREQ(why, "it is for aarch64-unknown-linux-gnu and this is x86-64");
  EXPECT_EQ(score("cuda", "nvptx64-nvidia-cuda", "sm_90", {}), 0);
  EXPECT_STREQ(why, "it is for device cuda");
  EXPECT_EQ(score("cpu", "x86_64-unknown-linux-gnu", "znver9", {}), 0);
  EXPECT_STREQ(why,
               "it is for processor znver9 and lists no features to check");
}
#endif

} // namespace
