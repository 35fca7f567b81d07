//===- ThreadPool.h - workgroups over cores ---------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A dispatch is split evenly over the workers; one that is done takes chunks
// from the others. The calling thread is worker 0 and never waits for a worker
// that has not begun: it closes the job, and late ones find it closed. Workers
// spin a little between jobs, then sleep on a futex.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_RUNTIME_CPU_THREADPOOL_H
#define TERCET_RUNTIME_CPU_THREADPOOL_H

#include "runtime/core/Support.h"
#include <atomic>

namespace tercet::runtime {

class ThreadPool {
public:
  /// Computes [begin, end) as worker `worker`.
  using Body = void (*)(void *context, int worker, int64_t begin, int64_t end);

  ~ThreadPool();
  /// Starts the workers; false where the system gives no thread.
  [[nodiscard]] bool start(int threads);
  int threads() const { return count; }

  /// Runs `total` workgroups on all workers. False, with nothing done, where
  /// another thread has the pool: the caller then works alone.
  bool tryRun(int64_t total, Body body, void *context);

private:
  struct alignas(64) Share {
    std::atomic<int64_t> next;
    int64_t end;
  };
  struct Worker {
    ThreadPool *pool;
    int number;
    pthread_t thread;
  };
  static void *entry(void *worker);
  void loop(int number);
  void work(int number);
  bool join(uint32_t *epoch);

  int count = 1;
  Share *shares = nullptr;
  Array<Worker *> workers;
  // The job, valid while it is open or someone is in it.
  Body body = nullptr;
  void *context = nullptr;
  int64_t chunk = 1;
  // High half: number of the job; bit 31: open; below: workers inside.
  alignas(64) std::atomic<uint64_t> state{0};
  alignas(64) std::atomic<uint32_t> bell{0}; // the futex: number of the job
  std::atomic<int> sleepers{0};
  std::atomic<bool> busy{false}, stopping{false};
};

} // namespace tercet::runtime

#endif
