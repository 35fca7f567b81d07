//===- StatesTest.cpp - states of many sessions, saves that are killed ----===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sessions over one artifact have states of their own, whatever others do
// meanwhile; run under the thread sanitizer by scripts/runtime-sanitize. And a
// save that is killed leaves the old file or the new one: a child is stopped at
// each of its system calls in turn, and killed there.
//
//===----------------------------------------------------------------------===//
#include "TestArtifact.h"
#include <atomic>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <thread>
#if defined(__linux__)
#include <csignal>
#include <dirent.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

using namespace tercet::test;

namespace {

using Values = std::vector<int32_t>;
const Values kInitial = {10, 20, 30, 40};

/// The standard artifact and a cpu device.
struct Loaded {
  explicit Loaded(int threads) {
    Source source = makeSource();
    bytes = write(source);
    tercet_device_options options = {sizeof options, threads};
    EXPECT_EQ(tercet_artifact_open_memory(bytes.data(), bytes.size(), nullptr,
                                          &artifact),
              nullptr);
    EXPECT_EQ(tercet_device_open("cpu", &options, &device), nullptr);
  }
  ~Loaded() {
    tercet_device_close(device);
    tercet_artifact_close(artifact);
  }
  AlignedBytes bytes;
  tercet_artifact *artifact = nullptr;
  tercet_device *device = nullptr;
};

/// total += v * {3, 5, 3, 5}; empty where the call failed.
Values step(tercet_session *session, Values v) {
  std::vector<int64_t> shape = {4};
  DLTensor in = tensor(v, shape), out = {};
  if (outcome(tercet_session_call(session, "step", &in, 1, &out, 1)).code !=
      TERCET_OK)
    return {};
  auto *p = static_cast<int32_t *>(out.data);
  return Values(p, p + 4);
}

std::vector<char> contents(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// What one user of a session does; the number of wrong results.
int converse(const Loaded &l, int user, const std::string &own,
             const std::string &shared) {
  int wrong = 0;
  tercet_session *session = nullptr;
  if (tercet_session_create(l.artifact, l.device, nullptr, &session))
    return 1;
  Values expected = kInitial, saved;
  uint32_t random = uint32_t(user) * 2654435761u + 1;
  for (int turn = 0; turn < 120; ++turn) {
    random = random * 1664525u + 1013904223u;
    if (turn % 10 == 4) {
      wrong += tercet_session_state_save(session, own.c_str()) != nullptr;
      saved = expected;
    } else if (turn % 10 == 7) {
      wrong += tercet_session_state_restore(session, own.c_str()) != nullptr;
      expected = saved;
    } else if (turn == 55) {
      wrong += tercet_session_state_reset(session) != nullptr;
      expected = kInitial;
    } else if (turn == 80) {
      // Another session of the same user goes on where this one was.
      wrong += tercet_session_state_save(session, own.c_str()) != nullptr;
      tercet_session_free(session);
      session = nullptr;
      if (tercet_session_create(l.artifact, l.device, nullptr, &session))
        return wrong + 1;
      wrong += tercet_session_state_restore(session, own.c_str()) != nullptr;
      saved = expected;
    } else if (turn % 10 == 9) {
      // A file that all users write: whole, and of one of them, whoever it was.
      wrong += tercet_session_state_save(session, shared.c_str()) != nullptr;
      wrong += tercet_session_state_restore(session, shared.c_str()) != nullptr;
      expected = step(session, {0, 0, 0, 0});
      wrong += expected.empty() ||
               (expected[1] - 20) * 3 != (expected[0] - 10) * 5 ||
               expected[2] - 30 != expected[0] - 10;
      if (expected.empty())
        expected = kInitial;
    }
    auto v = int32_t(random >> 28);
    for (size_t i = 0; i < 4; ++i)
      expected[i] += v * (i % 2 ? 5 : 3);
    wrong += step(session, {v, v, v, v}) != expected;
  }
  tercet_session_free(session);
  return wrong;
}

class Users : public ::testing::TestWithParam<int> {};

TEST_P(Users, HaveStatesOfTheirOwn) {
  Loaded l(GetParam());
  std::string shared = writeTemporary("shared_state", "", 0);
  std::vector<std::string> own;
  for (int user = 0; user < 6; ++user)
    own.push_back(writeTemporary("state_" + std::to_string(user), "", 0));
  std::atomic<int> wrong{0};
  std::vector<std::thread> users;
  for (int user = 0; user < 6; ++user)
    users.emplace_back(
        [&, user] { wrong += converse(l, user, own[size_t(user)], shared); });
  for (std::thread &user : users)
    user.join();
  EXPECT_EQ(wrong, 0);
}
INSTANTIATE_TEST_SUITE_P(Runtime, Users, ::testing::Values(1, 2));

#if defined(__linux__)
/// Removes what a killed save left beside a file; how much it was.
int removeTemporaries(const std::string &path) {
  std::string folder = path.substr(0, path.rfind('/')),
              prefix = path.substr(path.rfind('/') + 1) + ".tmp.";
  int count = 0;
  DIR *dir = opendir(folder.c_str());
  while (dirent *entry = dir ? readdir(dir) : nullptr)
    if (std::string(entry->d_name).rfind(prefix, 0) == 0) {
      ++count;
      unlink((folder + "/" + entry->d_name).c_str());
    }
  closedir(dir);
  return count;
}

/// A child saves a state that it changed to `path`; it is killed when it is
/// about to make its system call number `stop`, or has just made it. True where
/// it ended before.
bool saveInAChild(const std::string &path, int stop) {
  pid_t child = fork();
  if (child == 0) {
    Loaded l(1);
    tercet_session *session = nullptr;
    if (tercet_session_create(l.artifact, l.device, nullptr, &session) ||
        step(session, {1, 1, 1, 1}).empty() ||
        ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0)
      _exit(2);
    raise(SIGSTOP);
    _exit(tercet_session_state_save(session, path.c_str()) ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  for (int i = 0; WIFSTOPPED(status) && i < stop; ++i) {
    ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    waitpid(child, &status, 0);
  }
  if (WIFSTOPPED(status)) {
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status));
    return false;
  }
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0) << "2: no tracing on this machine";
  return true;
}

TEST(Save, KilledAnywhereLeavesTheOldFileOrTheNewOne) {
  Loaded l(1);
  tercet_session *session = nullptr;
  ASSERT_EQ(tercet_session_create(l.artifact, l.device, nullptr, &session),
            nullptr);
  std::string path = writeTemporary("killed_state", "", 0);
  ASSERT_EQ(tercet_session_state_save(session, path.c_str()), nullptr);
  std::vector<char> before = contents(path);
  Values changed = {13, 25, 33, 45};
  ASSERT_EQ(step(session, {1, 1, 1, 1}), changed);

  int stops = 0, old = 0, fresh = 0, left = 0;
  for (bool done = false; !done; ++stops) {
    ASSERT_LT(stops, 1000);
    std::ofstream(path, std::ios::binary)
        .write(before.data(), std::streamsize(before.size()));
    done = saveInAChild(path, stops);
    if (HasFailure())
      break;
    ASSERT_EQ(tercet_session_state_restore(session, path.c_str()), nullptr)
        << "killed at stop " << stops;
    Values found = step(session, {0, 0, 0, 0});
    EXPECT_TRUE(found == kInitial || found == changed) << "stop " << stops;
    // Once it is new, it stays so.
    EXPECT_FALSE(fresh && found == kInitial) << "stop " << stops;
    (found == kInitial ? old : fresh) += 1;
    left += removeTemporaries(path);
  }
  // Opening, writing, flushing, renaming: each begins and ends, and a file that
  // was not finished is left beside, never in the place of the state.
  EXPECT_GE(old, 8);
  EXPECT_GE(fresh, 2);
  EXPECT_GE(left, 4);
  tercet_session_free(session);
}
#endif

} // namespace
