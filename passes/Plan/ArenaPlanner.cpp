//===- ArenaPlanner.cpp - static offsets for buffers ----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Plan/ArenaPlanner.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/MathExtras.h"

int64_t tercet::planArena(llvm::MutableArrayRef<ArenaBuffer> buffers) {
  llvm::SmallVector<ArenaBuffer *> order;
  for (ArenaBuffer &buffer : buffers)
    order.push_back(&buffer);
  // Stable, so that the plan depends on nothing but the program.
  llvm::stable_sort(order, [](const ArenaBuffer *a, const ArenaBuffer *b) {
    return a->bytes > b->bytes;
  });
  int64_t arena = 0;
  llvm::SmallVector<const ArenaBuffer *> placed; // by offset
  for (ArenaBuffer *buffer : order) {
    int64_t offset = 0;
    for (const ArenaBuffer *other : placed) {
      if (other->last < buffer->first || buffer->last < other->first)
        continue;
      if (other->offset >= offset + buffer->bytes)
        break; // the gap before `other` is large enough
      offset = std::max(offset, static_cast<int64_t>(llvm::alignTo(
                                    other->offset + other->bytes,
                                    kArenaAlignment)));
    }
    buffer->offset = offset;
    arena = std::max(arena, offset + buffer->bytes);
    placed.insert(llvm::upper_bound(placed, buffer,
                                    [](const ArenaBuffer *a,
                                       const ArenaBuffer *b) {
                                      return a->offset < b->offset;
                                    }),
                  buffer);
  }
  return llvm::alignTo(arena, kArenaAlignment);
}
