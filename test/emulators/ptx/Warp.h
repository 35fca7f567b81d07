//===- Warp.h - 32 lanes and what they share --------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lanes run in step as long as they are at the same instruction; where they are
// not, those furthest behind in the text go on first, so that they meet again.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_PTX_WARP_H
#define TERCET_TEST_EMULATORS_PTX_WARP_H

#include "Module.h"
#include "common/GlobalMemory.h"
#include "common/SharedMemory.h"
#include <cstring>

namespace tercet::emu::ptx {

constexpr int kLanes = 32;

/// What the warps of a workgroup share.
struct Workgroup {
  const Kernel &kernel;
  GlobalMemory &memory;
  SharedMemory &shared;
  const std::vector<char> &parameters;
  uint64_t globals; ///< address of Module::globals
  uint32_t number, count, threads;
  unsigned dynamicShared = 0; ///< bytes of .extern .shared
  uint64_t steps = 0;         ///< instructions of its warps so far
};

class Warp {
public:
  Warp(Workgroup &group, unsigned index);
  /// Back to the kernel's first instruction, as a warp of the group's current
  /// workgroup.
  void start();

  enum class State { Ready, AtBarrier, Done };
  /// Runs to the next barrier or the end; throws a placed Fault. `executed`
  /// counts for each instruction.
  State run(std::vector<uint64_t> &executed, uint64_t &laneInstructions,
            uint64_t maxSteps);
  /// The barrier that an AtBarrier warp waits at.
  unsigned barrier = 0;
  /// Goes on behind the barrier.
  void leaveBarrier();
  /// Throws the Fault with the place of the current instruction before it.
  [[noreturn]] void place(const Fault &fault) const;

  uint64_t *reg(int r) { return registers.data() + r * kLanes; }
  unsigned thread(int lane) const { return index * kLanes + lane; }
  /// All lanes of a .sync instruction must be here.
  void sync(uint32_t members);
  /// The same for instructions that take all 32 lanes (.aligned ones of
  /// matrices).
  void syncAll();

  /// The bytes behind an address of a space.
  const char *read(Space space, uint64_t address, unsigned size, int lane);
  char *write(Space space, uint64_t address, unsigned size, int lane);
  char *atomic(Space space, uint64_t address, unsigned size, int lane);

  /// A copy that is on its way (cp.async): of a lane's group.
  struct Copy {
    char bytes[16];
    unsigned size, group;
    uint64_t to;
    int lane;
  };
  std::vector<Copy> copies;
  unsigned groups[kLanes] = {}; ///< groups that a lane committed

  uint32_t carry = 0; ///< the condition code's carry, a bit for each lane

  Workgroup &group;
  const unsigned index;
  uint32_t mask = 0;  ///< lanes that execute the current instruction
  uint32_t alive = 0; ///< lanes that have not ended
  uint32_t all = 0;   ///< lanes that there are

private:
  void setConstants();
  uint64_t special(uint64_t number, int lane) const;
  uint32_t guarded(const Instruction &i);
  void split(uint32_t taken, uint32_t target);
  void branchIndexed(const Instruction &i);
  bool exit();
  void meet();
  bool mustWait(const Instruction &i);
  void arrive(const Instruction &i);
  char *local(uint64_t address, unsigned size, int lane, const char *verb);

  std::vector<uint64_t> registers;
  std::vector<char> localMemory;
  static constexpr uint32_t kNone = ~0u;
  uint32_t pc = 0;
  uint32_t active = 0; ///< lanes at pc
  /// Where the other lanes are, and the first of those places.
  uint32_t lanePc[kLanes] = {};
  uint32_t meeting = kNone;
  uint32_t blocked = 0; ///< lanes that wait for others of the warp
  bool stuck = false;   ///< all of them do
};

// ---- helpers of instructions ------------------------------------------------

template <typename T> inline T fromBits(uint64_t bits) {
  T value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
template <typename T> inline uint64_t toBits(T value) {
  uint64_t bits = 0;
  memcpy(&bits, &value, sizeof value);
  return bits;
}
/// Lane by lane, in order.
template <typename F> inline void forLanes(uint32_t mask, F body) {
  if (mask == 0xffffffffu) {
    for (int l = 0; l < kLanes; ++l)
      body(l);
    return;
  }
  for (; mask; mask &= mask - 1)
    body(__builtin_ctz(mask));
}
/// The same where a lane writes only to its own place of registers, which are
/// the same or apart, so that lanes may be computed at once.
template <typename F> inline void forEachLane(uint32_t mask, F body) {
  if (mask == 0xffffffffu) {
#pragma clang loop vectorize(assume_safety)
    for (int l = 0; l < kLanes; ++l)
      body(l);
    return;
  }
  for (; mask; mask &= mask - 1)
    body(__builtin_ctz(mask));
}

} // namespace tercet::emu::ptx

#endif
