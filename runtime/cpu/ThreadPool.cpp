//===- ThreadPool.cpp -----------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/cpu/ThreadPool.h"
#include <climits>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tercet::runtime {

constexpr uint64_t kOpen = uint64_t(1) << 31;
constexpr uint64_t kInside = kOpen - 1;
// About 20 microseconds: longer than the gap between two commands, shorter than
// what a sleeping core would notice.
constexpr int kSpins = 1000;
// So that stealing evens out slow cores at a small cost.
constexpr int64_t kChunksPerWorker = 8;

static void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

static void futexWait(std::atomic<uint32_t> *word, uint32_t value) {
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(word), FUTEX_WAIT_PRIVATE,
          value, nullptr, nullptr, 0);
}
static void futexWakeAll(std::atomic<uint32_t> *word) {
  syscall(SYS_futex, reinterpret_cast<uint32_t *>(word), FUTEX_WAKE_PRIVATE,
          INT_MAX, nullptr, nullptr, 0);
}

bool ThreadPool::start(int threads) {
  void *memory = allocateAligned(sizeof(Share) * static_cast<size_t>(threads));
  if (!memory)
    return false;
  shares = static_cast<Share *>(memory);
  for (int i = 0; i < threads; ++i) {
    ::new (&shares[i]) Share();
    shares[i].next.store(0, std::memory_order_relaxed);
    shares[i].end = 0;
  }
  count = threads;
  if (!workers.reserve(static_cast<size_t>(threads)))
    return false;
  for (int i = 1; i < threads; ++i) {
    Worker *w = create<Worker>();
    if (!w)
      return false;
    w->pool = this;
    w->number = i;
    if (pthread_create(&w->thread, nullptr, entry, w) != 0) {
      destroy(w);
      return false;
    }
    if (!workers.push(w)) // reserved above
      return false;
  }
  return true;
}

ThreadPool::~ThreadPool() {
  stopping.store(true);
  bell.fetch_add(1);
  futexWakeAll(&bell);
  for (Worker *w : workers) {
    pthread_join(w->thread, nullptr);
    destroy(w);
  }
  ::free(shares);
}

void *ThreadPool::entry(void *p) {
  auto *worker = static_cast<Worker *>(p);
  worker->pool->loop(worker->number);
  return nullptr;
}

/// Enters the current job if it is open and not the one this worker did last.
bool ThreadPool::join(uint32_t *epoch) {
  uint64_t now = state.load(std::memory_order_acquire);
  while ((now & kOpen) && static_cast<uint32_t>(now >> 32) != *epoch)
    if (state.compare_exchange_weak(now, now + 1, std::memory_order_acquire)) {
      *epoch = static_cast<uint32_t>(now >> 32);
      return true;
    }
  return false;
}

void ThreadPool::loop(int number) {
  uint32_t epoch = 0;
  while (true) {
    uint32_t heard = bell.load(std::memory_order_acquire);
    if (stopping.load(std::memory_order_acquire))
      return;
    if (join(&epoch)) {
      work(number);
      state.fetch_sub(1, std::memory_order_release);
      continue;
    }
    bool rang = false;
    for (int i = 0; i < kSpins && !rang; ++i) {
      relax();
      rang = bell.load(std::memory_order_acquire) != heard;
    }
    if (rang)
      continue;
    // The bell is rung before sleepers are counted (both sequentially
    // consistent), so either the ringer sees this one or it sees the bell.
    sleepers.fetch_add(1);
    if (bell.load() == heard)
      futexWait(&bell, heard);
    sleepers.fetch_sub(1);
  }
}

/// Chunks of its own share first, then of the shares after it.
void ThreadPool::work(int number) {
  for (int i = 0; i < count; ++i) {
    Share &share = shares[(number + i) % count];
    while (share.next.load(std::memory_order_relaxed) < share.end) {
      int64_t begin = share.next.fetch_add(chunk, std::memory_order_relaxed);
      if (begin >= share.end)
        break;
      body(context, number, begin,
           begin + chunk < share.end ? begin + chunk : share.end);
    }
  }
}

bool ThreadPool::tryRun(int64_t total, Body newBody, void *newContext) {
  bool expected = false;
  if (!busy.compare_exchange_strong(expected, true, std::memory_order_acquire))
    return false;
  body = newBody;
  context = newContext;
  chunk = total / (count * kChunksPerWorker);
  chunk = chunk < 1 ? 1 : chunk;
  int64_t each = total / count, rest = total % count, begin = 0;
  for (int i = 0; i < count; ++i) {
    int64_t end = begin + each + (i < rest);
    shares[i].end = end;
    shares[i].next.store(begin, std::memory_order_relaxed);
    begin = end;
  }
  uint64_t epoch = (state.load(std::memory_order_relaxed) >> 32) + 1;
  state.store(epoch << 32 | kOpen, std::memory_order_release);
  bell.fetch_add(1);
  if (sleepers.load() != 0)
    futexWakeAll(&bell);
  work(0);
  // Close; then wait only for those who are inside.
  uint64_t now = state.fetch_and(~kOpen, std::memory_order_acquire);
  for (int i = 0; now & kInside; ++i) {
    if (i < kSpins)
      relax();
    else
      sched_yield(); // a core may be shared with what is inside
    now = state.load(std::memory_order_acquire);
  }
  busy.store(false, std::memory_order_release);
  return true;
}

} // namespace tercet::runtime
