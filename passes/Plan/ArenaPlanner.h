//===- ArenaPlanner.h - static offsets for buffers --------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_PLAN_ARENAPLANNER_H
#define TERCET_PASSES_PLAN_ARENAPLANNER_H

#include "llvm/ADT/ArrayRef.h"
#include <cstdint>

namespace tercet {

/// A buffer that is alive in the epochs [first, last]; `offset` is the result.
struct ArenaBuffer {
  int64_t bytes;
  unsigned first, last;
  int64_t offset = 0;
};

/// Buffers start at multiples of this.
constexpr int64_t kArenaAlignment = 64;

/// Places buffers so that two that are alive in a common epoch do not overlap:
/// the largest first, each at the lowest offset that is free during its life.
/// Returns the bytes of the arena.
int64_t planArena(llvm::MutableArrayRef<ArenaBuffer> buffers);

} // namespace tercet

#endif
