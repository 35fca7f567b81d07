//===- ArtifactTest.cpp - opening, and every kind of damage ---------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Artifact.h"
#include "TestArtifact.h"
#include "runtime/core/Sha256.h"
#include <cstring>
#include <gtest/gtest.h>

using namespace tercet;
using namespace tercet::test;
using schema::Header;

namespace {

Outcome open(const AlignedBytes &bytes, bool skip = false) {
  tercet_artifact *a = nullptr;
  tercet_open_options options = {sizeof options, skip};
  Outcome o = outcome(
      tercet_artifact_open_memory(bytes.data(), bytes.size(), &options, &a));
  EXPECT_EQ(a != nullptr, o.code == TERCET_OK);
  tercet_artifact_close(a);
  return o;
}

/// Changes the header and makes its digest right again.
template <typename F>
AlignedBytes withHeader(const AlignedBytes &file, F change) {
  AlignedBytes copy(file.data(), file.size());
  Header h;
  memcpy(&h, copy.data(), sizeof h);
  change(h);
  runtime::sha256(&h, offsetof(Header, headerDigest), h.headerDigest);
  memcpy(copy.data(), &h, sizeof h);
  return copy;
}

TEST(Artifact, DescribesItself) {
  Source source = makeSource();
  AlignedBytes bytes = write(source);
  std::string path = writeTemporary("good.tercet", bytes.data(), bytes.size());
  tercet_artifact *a = nullptr;
  ASSERT_EQ(outcome(tercet_artifact_open(path.c_str(), nullptr, &a)).message,
            "ok");
  EXPECT_EQ(outcome(tercet_artifact_verify(a)).message, "ok");
  EXPECT_STREQ(tercet_artifact_producer(a), "tercet test");
  ASSERT_EQ(tercet_artifact_entry_count(a), 3u);
  EXPECT_STREQ(tercet_artifact_entry_name(a, 1), "columns");
  EXPECT_EQ(tercet_artifact_entry_name(a, 3), nullptr);
  ASSERT_EQ(tercet_artifact_input_count(a, 1), 2u);
  ASSERT_EQ(tercet_artifact_output_count(a, 1), 3u);
  tercet_tensor_info info;
  tercet_artifact_input(a, 1, 1, &info);
  EXPECT_STREQ(info.name, "z");
  ASSERT_EQ(info.ndim, 2);
  EXPECT_EQ(info.bounds[0], 64);
  EXPECT_EQ(info.bounds[1], 2);
  EXPECT_EQ(info.is_dynamic[0], 1);
  EXPECT_EQ(info.is_dynamic[1], 0);
  tercet_artifact_output(a, 1, 2, &info);
  EXPECT_STREQ(info.name, "fill");
  EXPECT_EQ(info.dtype.code, kDLUInt);
  EXPECT_STREQ(tercet_artifact_target_name(a, 0), "cpu:test");
  size_t size = 0;
  EXPECT_NE(tercet_artifact_segment(a, 1, &size), nullptr);
  EXPECT_EQ(size, 32u);
  ASSERT_EQ(tercet_artifact_weight_count(a), 1u);
  tercet_weight_info weight;
  tercet_artifact_weight(a, 0, &weight);
  EXPECT_STREQ(weight.name, "w");
  EXPECT_EQ(weight.bytes, 32u);
  tercet_artifact_weight(a, 1, &weight);
  EXPECT_EQ(weight.name, nullptr);
  EXPECT_EQ(tercet_artifact_segment(a, 3, &size), nullptr);
  tercet_artifact_close(a);
}

TEST(Artifact, EachMismatchHasItsSentence) {
  Source source = makeSource();
  AlignedBytes good = write(source);
  EXPECT_EQ(open(good).message, "ok");
  EXPECT_EQ(
      open(AlignedBytes("ELF", 3)).message,
      "this is not a .tercet file: it does not start with the TERCET magic");
  EXPECT_EQ(open(AlignedBytes(good.data(), 100)).message,
            "the file is truncated: 100 bytes do not hold the header of 128");
  EXPECT_EQ(open(AlignedBytes(good.data(), good.size() - 1)).message,
            "the file is truncated: " + std::to_string(good.size() - 1) +
                " of " + std::to_string(good.size()) + " bytes are there");
  EXPECT_EQ(open(AlignedBytes(good.data(), 0)).code, TERCET_DAMAGED);
  Outcome newer = open(withHeader(good, [](Header &h) { h.major = 3; }));
  EXPECT_EQ(newer.code, TERCET_UNSUPPORTED);
  EXPECT_EQ(newer.message, "the file is of format 3.2 and this runtime reads "
                           "0.x: use a newer runtime");
  EXPECT_EQ(open(withHeader(good, [](Header &h) { h.minor = 9; })).message,
            "ok"); // newer minor alone is fine
  EXPECT_EQ(open(withHeader(good, [](Header &h) { h.flags = 4; })).code,
            TERCET_UNSUPPORTED);
  EXPECT_EQ(open(withHeader(good, [](Header &h) { h.manifestLength = ~0ull; }))
                .message,
            "the header places the manifest outside the file");
  EXPECT_EQ(
      open(withHeader(good, [](Header &h) { h.manifestLength -= 1; })).message,
      "the manifest is damaged: its digest does not match");

  source.manifest.required_features = {"compressed-segments", "collectives"};
  Outcome required = open(write(source));
  EXPECT_EQ(required.code, TERCET_UNSUPPORTED);
  EXPECT_EQ(required.message,
            "the file (format 0.2) requires what this runtime (format 0.2) "
            "does not know: "
            "compressed-segments, collectives; use a newer runtime");

  // A manifest with right digests that is not a FlatBuffers table.
  AlignedBytes garbage(good.data(), good.size());
  Header h;
  memcpy(&h, garbage.data(), sizeof h);
  memset(garbage.data() + h.manifestOffset, 0xff, 64);
  garbage = withHeader(garbage, [&](Header &h) {
    runtime::sha256(garbage.data() + h.manifestOffset, h.manifestLength,
                    h.manifestDigest);
  });
  EXPECT_EQ(
      open(garbage).message,
      "the manifest is damaged: it is not a FlatBuffers table of this schema");

  tercet_artifact *a = nullptr;
  EXPECT_EQ(outcome(tercet_artifact_open_memory(good.data() + 8,
                                                good.size() - 8, nullptr, &a))
                .message,
            "the artifact's memory must be aligned to 64 bytes");
  EXPECT_EQ(
      outcome(tercet_artifact_open("/nowhere.tercet", nullptr, &a)).message,
      "/nowhere.tercet: cannot open it: No such file or directory");
  EXPECT_EQ(outcome(tercet_artifact_open("/", nullptr, &a)).message,
            "/: it is not a regular file");
}

TEST(Artifact, SkippingDataDigestsLeavesOnlyWeightsUnread) {
  Source source = makeSource();
  AlignedBytes bytes = write(source);
  bytes.data()[source.manifest.segments[1]->offset] ^= 1;
  EXPECT_EQ(open(bytes).message,
            "segment 1 (weights) is damaged: its digest does not match");
  EXPECT_EQ(open(bytes, /*skip=*/true).message, "ok");
  EXPECT_EQ(outcome(runtime::verifyArtifact(nullptr, 0)).code, TERCET_DAMAGED);
  bytes.data()[source.manifest.segments[2]->offset] ^= 1;
  EXPECT_EQ(open(bytes, /*skip=*/true).message,
            "segment 2 (states) is damaged: its digest does not match");
  bytes = write(source);
  bytes.data()[source.manifest.segments[0]->offset] ^= 1;
  EXPECT_EQ(open(bytes, /*skip=*/true).message,
            "segment 0 (code) is damaged: its digest does not match");
  bytes = write(source);
  source.manifest.weights[0]->digest.assign(32, 1);
  bytes = write(source);
  tercet_artifact *a = nullptr;
  ASSERT_EQ(outcome(tercet_artifact_open_memory(bytes.data(), bytes.size(),
                                                nullptr, &a))
                .message,
            "ok");
  EXPECT_EQ(outcome(tercet_artifact_verify(a)).message,
            "weight \"w\" is not what its digest says");
  tercet_artifact_close(a);
}

// No byte of the file is without a guard: several changes of each give an
// error.
TEST(Artifact, EveryChangedByteIsSeen) {
  Source source = makeSource();
  AlignedBytes bytes = write(source);
  for (size_t i = 0; i < bytes.size(); ++i)
    for (uint8_t change : {0x01, 0x80, 0xff}) {
      bytes.data()[i] ^= change;
      ASSERT_NE(open(bytes).code, TERCET_OK)
          << "byte " << i << " changed by " << int(change);
      bytes.data()[i] ^= change;
    }
  EXPECT_EQ(open(bytes).message, "ok");
}

TEST(Artifact, EveryTruncationIsSeen) {
  Source source = makeSource();
  AlignedBytes bytes = write(source);
  for (size_t i = 0; i < bytes.size(); ++i)
    ASSERT_NE(open(AlignedBytes(bytes.data(), i)).code, TERCET_OK)
        << i << " bytes";
  std::vector<uint8_t> longer(bytes.data(), bytes.data() + bytes.size());
  longer.resize(longer.size() + 64);
  EXPECT_EQ(open(AlignedBytes(longer.data(), longer.size())).code,
            TERCET_DAMAGED);
}

// With digests made right after the change, the structural checks stand alone:
// whatever a manifest says, opening it, and creating a session where it opens,
// neither crashes nor leaves its memory.
TEST(Artifact, ChangedManifestsWithRightDigestsNeverCrash) {
  Source source = makeSource();
  AlignedBytes good = write(source);
  Header h;
  memcpy(&h, good.data(), sizeof h);
  tercet_device *device = nullptr;
  tercet_device_options options = {sizeof options, 1};
  ASSERT_EQ(tercet_device_open("cpu", &options, &device), nullptr);
  size_t refused = 0, opened = 0;
  for (size_t i = 0; i < h.manifestLength; ++i)
    for (uint8_t change : {0x01, 0x04, 0x40, 0x80, 0xff}) {
      AlignedBytes bytes(good.data(), good.size());
      bytes.data()[h.manifestOffset + i] ^= change;
      bytes = withHeader(bytes, [&](Header &h) {
        runtime::sha256(bytes.data() + h.manifestOffset, h.manifestLength,
                        h.manifestDigest);
      });
      tercet_artifact *a = nullptr;
      Outcome o = outcome(
          tercet_artifact_open_memory(bytes.data(), bytes.size(), nullptr, &a));
      ++(a ? opened : refused);
      if (!a) {
        EXPECT_FALSE(o.message.empty());
        continue;
      }
      // States and arenas may have become large; that is an error, not a crash.
      tercet_session *s = nullptr;
      tercet_status_free(tercet_session_create(a, device, nullptr, &s));
      tercet_session_free(s);
      tercet_artifact_close(a);
    }
  tercet_device_close(device);
  EXPECT_GT(refused, opened);
}

} // namespace
