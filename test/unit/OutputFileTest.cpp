//===- OutputFileTest.cpp - whole or not there ----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Support/OutputFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include <gtest/gtest.h>
#include <sys/stat.h>

using namespace llvm;
using tercet::support::OutputFile;

namespace {
struct OutputFileTest : testing::Test {
  SmallString<128> dir;
  void SetUp() override {
    ASSERT_FALSE(sys::fs::createUniqueDirectory("tercet-output", dir));
  }
  void TearDown() override { sys::fs::remove_directories(dir); }
  std::string file(StringRef name) { return (dir + "/" + name).str(); }
  std::string read(StringRef name) {
    auto buffer = MemoryBuffer::getFile(file(name));
    return buffer ? (*buffer)->getBuffer().str() : "(none)";
  }
  unsigned count() {
    unsigned n = 0;
    std::error_code ec;
    for (sys::fs::directory_iterator it(dir, ec), end; it != end; it.increment(ec))
      ++n;
    return n;
  }
};
} // namespace

TEST_F(OutputFileTest, AppearsOnCommitOnly) {
  auto out = OutputFile::create(file("a"));
  ASSERT_TRUE(!!out);
  (*out)->os() << "hello";
  ASSERT_FALSE(!!(*out)->flush());
  EXPECT_EQ(read("a"), "(none)");
  ASSERT_FALSE(!!(*out)->commit());
  EXPECT_EQ(read("a"), "hello");
  EXPECT_EQ(count(), 1u);
}

TEST_F(OutputFileTest, LeavesNothingWithoutCommit) {
  {
    auto out = OutputFile::create(file("a"));
    ASSERT_TRUE(!!out);
    (*out)->os() << "hello";
  }
  EXPECT_EQ(count(), 0u);
}

TEST_F(OutputFileTest, KeepsTheOldFileUntilCommit) {
  ASSERT_FALSE(!!tercet::support::writeFile(file("a"), "old"));
  {
    auto out = OutputFile::create(file("a"));
    ASSERT_TRUE(!!out);
    (*out)->os() << "new";
  }
  EXPECT_EQ(read("a"), "old");
}

TEST_F(OutputFileTest, KeepsModeAndLink) {
  ASSERT_FALSE(!!tercet::support::writeFile(file("a"), "old"));
  ASSERT_EQ(::chmod(file("a").c_str(), 0640), 0);
  ASSERT_FALSE(sys::fs::create_link(file("a"), file("link")));
  ASSERT_FALSE(!!tercet::support::writeFile(file("link"), "new"));
  EXPECT_EQ(read("a"), "new");
  bool isLink = false;
  ASSERT_FALSE(sys::fs::is_symlink_file(file("link"), isLink));
  EXPECT_TRUE(isLink);
  struct stat info;
  ASSERT_EQ(::stat(file("a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST_F(OutputFileTest, SaysWhyItCannotWrite) {
  auto missing = OutputFile::create(file("no/such/folder"));
  ASSERT_FALSE(!!missing);
  EXPECT_NE(toString(missing.takeError()).find("cannot create"), std::string::npos);
  auto folder = OutputFile::create(dir);
  ASSERT_FALSE(!!folder);
  EXPECT_NE(toString(folder.takeError()).find("it is a folder"), std::string::npos);
  auto none = OutputFile::create("");
  ASSERT_FALSE(!!none);
  EXPECT_NE(toString(none.takeError()).find("no file name"), std::string::npos);
}

TEST_F(OutputFileTest, ReportsAFullDisk) {
  if (!sys::fs::exists("/dev/full"))
    GTEST_SKIP() << "no /dev/full";
  Error e = tercet::support::writeFile("/dev/full", std::string(1 << 16, 'x'));
  ASSERT_TRUE(!!e);
  EXPECT_NE(toString(std::move(e)).find("No space left"), std::string::npos);
}
