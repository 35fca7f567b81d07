//===- SafetensorsTest.cpp - weight files, sound and damaged --------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Support/Safetensors.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

using namespace llvm;
using tercet::support::SafetensorsFile;

/// A file with this header and so many bytes of data, counting up.
static std::string makeFile(StringRef header, size_t data) {
  std::string bytes(8, 0);
  support::endian::write64le(bytes.data(), header.size());
  bytes += header;
  for (size_t i = 0; i < data; ++i)
    bytes.push_back((char)i);
  return bytes;
}

/// What parsing says: "" for a sound file.
static std::string errorOf(StringRef bytes) {
  auto file = SafetensorsFile::parse(
      MemoryBuffer::getMemBufferCopy(bytes, "w"), "w");
  return file ? "" : toString(file.takeError());
}

TEST(Safetensors, ReadsTensors) {
  auto file = SafetensorsFile::parse(
      MemoryBuffer::getMemBufferCopy(
          makeFile(R"( {"__metadata__":{"format":"pt","a\u00e9\ud83d\ude00":"\n"},
                       "w":{"dtype":"I8","shape":[2,3],"data_offsets":[0,6]},
                       "s" : {"shape":[],"data_offsets":[6,10],"dtype":"F32"}} )",
                   10)),
      "w");
  ASSERT_TRUE(!!file) << toString(file.takeError());
  ASSERT_EQ((*file)->getTensors().size(), 2u);
  auto *w = (*file)->find("w");
  ASSERT_NE(w, nullptr);
  EXPECT_EQ(w->dtype, "I8");
  EXPECT_EQ(w->shape, (SmallVector<int64_t>{2, 3}));
  EXPECT_EQ(w->data.size(), 6u);
  EXPECT_EQ(w->data[5], 5);
  auto *s = (*file)->find("s");
  ASSERT_NE(s, nullptr);
  EXPECT_TRUE(s->shape.empty());
  EXPECT_EQ(s->data[0], 6);
  EXPECT_EQ((*file)->find("x"), nullptr);
  EXPECT_EQ((*file)->getMetadata().lookup("a\xc3\xa9\xf0\x9f\x98\x80"), "\n");
}

TEST(Safetensors, AcceptsEmptyTensors) {
  EXPECT_EQ(errorOf(makeFile(
                R"({"a":{"dtype":"F32","shape":[0,4],"data_offsets":[0,0]},
                    "b":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}})",
                1)),
            "");
}

TEST(Safetensors, RefusesEverythingElse) {
  struct {
    const char *header;
    size_t data;
    const char *why;
  } cases[] = {
      {R"({"w":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}})", 3,
       "tensor 'w' is at bytes 0 to 4 of the data, which has 3"},
      {R"({"w":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}})", 5,
       "bytes 4 to 5 of the data belong to no tensor"},
      {R"({"w":{"dtype":"I8","shape":[4],"data_offsets":[1,5]}})", 5,
       "bytes 0 to 1 of the data belong to no tensor"},
      {R"({"w":{"dtype":"F32","shape":[4],"data_offsets":[0,4]}})", 4,
       "tensor 'w' (F32 4) needs 16 bytes and has 4"},
      {R"({"w":{"dtype":"I8","shape":[4],"data_offsets":[4,0]}})", 4,
       "tensor 'w' is at bytes 4 to 0"},
      {R"({"w":{"dtype":"I9","shape":[4],"data_offsets":[0,4]}})", 4,
       "unknown dtype 'I9'"},
      {R"({"w":{"dtype":"I8","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,4]}})",
       4, "larger than memory can be"},
      {R"({"w":{"dtype":"I8","shape":[99999999999999999999],"data_offsets":[0,4]}})",
       4, "expected a whole number"},
      {R"({"w":{"dtype":"I8","shape":[-1],"data_offsets":[0,4]}})", 4,
       "expected a whole number"},
      {R"({"w":{"dtype":"I8","shape":[4]}})", 4, "lacks one of"},
      {R"({"w":{"dtype":"I8","shape":[4],"data_offsets":[0,4,4]}})", 4,
       "data_offsets has 3 numbers"},
      {R"({"w":{"dtype":"I8","shape":[4],"x":1,"data_offsets":[0,4]}})", 4,
       "a field 'x'"},
      {R"({"w":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},
          "w":{"dtype":"I8","shape":[2],"data_offsets":[2,4]}})", 4,
       "the name 'w' is there twice"},
      {R"({"a":{"dtype":"I8","shape":[3],"data_offsets":[0,3]},
          "b":{"dtype":"I8","shape":[2],"data_offsets":[2,4]}})", 4,
       "tensors 'a' and 'b' overlap"},
      {R"({"w":{"dtype":"I8","shape":[0],"data_offsets":[0,0]})", 0, "expected '}'"},
      {R"({} x)", 0, "something follows"},
      {R"([])", 0, "expected '{'"},
      {R"({"a\q":{}})", 0, "an escape that JSON does not know"},
      {R"({"a\ud800":{}})", 0, "half a surrogate pair"},
      {R"({"a)", 0, "a string does not end"},
  };
  for (auto &c : cases)
    EXPECT_NE(errorOf(makeFile(c.header, c.data)).find(c.why), std::string::npos)
        << c.header << "\n" << errorOf(makeFile(c.header, c.data));
}

TEST(Safetensors, RefusesBadLengths) {
  EXPECT_NE(errorOf("").find("too few"), std::string::npos);
  EXPECT_NE(errorOf(StringRef("\2\0\0\0\0\0\0\0{", 9)).find("claims 2 bytes"),
            std::string::npos);
  EXPECT_NE(errorOf("\xff\xff\xff\xff\xff\xff\xff\xff{}").find("more than the format"),
            std::string::npos);
}

/// A header of nothing but brackets must not use the stack up.
TEST(Safetensors, RefusesDeepNesting) {
  EXPECT_NE(errorOf(makeFile(std::string(1 << 22, '['), 0)), "");
  EXPECT_NE(errorOf(makeFile("{\"a\":" + std::string(1 << 22, '{'), 0)), "");
}

/// Damaged in any byte, or cut anywhere, a file is refused or still within its
/// bounds: every tensor that is reported is read to the end.
TEST(Safetensors, SurvivesDamage) {
  std::string sound = makeFile(
      R"({"w":{"dtype":"I8","shape":[2,3],"data_offsets":[0,6]},"s":{"dtype":"F32","shape":[2],"data_offsets":[6,14]}})",
      14);
  unsigned refused = 0, sum = 0;
  auto check = [&](StringRef bytes) {
    // An exact allocation, so that a sanitizer sees a read past the end.
    std::unique_ptr<char[]> copy(new char[bytes.size()]);
    memcpy(copy.get(), bytes.data(), bytes.size());
    auto file = SafetensorsFile::parse(
        MemoryBuffer::getMemBuffer(StringRef(copy.get(), bytes.size()), "w",
                                   /*RequiresNullTerminator=*/false),
        "w");
    if (!file) {
      EXPECT_FALSE(toString(file.takeError()).empty());
      ++refused;
      return;
    }
    for (auto &tensor : (*file)->getTensors())
      for (uint8_t byte : tensor.data)
        sum += byte;
  };
  for (size_t i = 0; i < sound.size(); ++i)
    check(StringRef(sound).take_front(i));
  EXPECT_EQ(refused, sound.size());
  uint64_t state = 1;
  for (size_t i = 0; i < sound.size(); ++i)
    for (int n = 0; n < 16; ++n) {
      state = state * 6364136223846793005ull + 1442695040888963407ull;
      std::string damaged = sound;
      damaged[i] ^= n < 8 ? 1 << n : (char)(state >> 56);
      check(damaged);
    }
  EXPECT_GT(refused, sound.size());
}
