//===- Warp.cpp -----------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Warp.h"
#include <algorithm>

using namespace tercet::emu;
using namespace tercet::emu::ptx;

/// What registers and local memory hold before they are written: nothing that
/// looks like a result.
constexpr uint64_t kGarbage = 0xa5c3e1f7a5c3e1f7;

Warp::Warp(Workgroup &group, unsigned index)
    : group(group), index(index),
      registers(size_t(group.kernel.registers) * kLanes),
      localMemory(size_t(group.kernel.localBytes) * kLanes) {}

void Warp::start() {
  unsigned lanes = std::min<unsigned>(kLanes, group.threads - index * kLanes);
  all = alive = active = lanes == kLanes ? ~0u : (1u << lanes) - 1;
  pc = 0;
  meeting = kNone;
  blocked = 0;
  stuck = false;
  carry = 0;
  copies.clear();
  std::fill(std::begin(groups), std::end(groups), 0);
  std::fill(registers.begin(), registers.end(), kGarbage);
  std::fill(localMemory.begin(), localMemory.end(), static_cast<char>(0xa5));
  setConstants();
}

uint64_t Warp::special(uint64_t number, int l) const {
  uint32_t bit = 1u << l;
  switch (number) {
  case TidX:
    return thread(l);
  case NtidX:
    return group.threads;
  case CtaidX:
    return group.number;
  case NctaidX:
    return group.count;
  case NtidY:
  case NtidZ:
  case NctaidY:
  case NctaidZ:
  case NsmId:
    return 1;
  case LaneId:
    return l;
  case WarpId:
    return index;
  case NwarpId:
    return (group.threads + kLanes - 1) / kLanes;
  case LanemaskEq:
    return bit;
  case LanemaskLt:
    return bit - 1;
  case LanemaskLe:
    return bit | (bit - 1);
  case LanemaskGt:
    return ~(bit | (bit - 1));
  case LanemaskGe:
    return ~(bit - 1);
  case DynamicSmem:
    return group.dynamicShared;
  case TotalSmem:
    return group.shared.size();
  default: // ids of places: there is one of each
    return 0;
  }
}

void Warp::setConstants() {
  for (const Constant &c : group.kernel.constants)
    for (int l = 0; l < kLanes; ++l) {
      uint64_t value = c.value;
      if (c.kind == Constant::GlobalVariable)
        value += group.globals;
      if (c.kind == Constant::SpecialRegister) {
        value = special(c.value, l);
        if (c.value != GridId)
          value = static_cast<uint32_t>(value);
      }
      reg(c.reg)[l] = value;
    }
}

void Warp::place(const Fault &fault) const {
  if (fault.placed)
    throw fault;
  const Instruction &i = group.kernel.code[pc];
  std::string thread =
      fault.lane < 0 ? "warp " + std::to_string(index)
                     : "thread " + std::to_string(this->thread(fault.lane));
  throw Fault{"kernel '" + group.kernel.name + "', workgroup " +
                  std::to_string(group.number) + ", " + thread + ", PTX line " +
                  std::to_string(i.line) + " '" + i.text +
                  "': " + fault.message,
              fault.lane, true};
}

void Warp::sync(uint32_t members) {
  // A warp that is not full may name all 32 lanes.
  uint32_t expected = members & all;
  if (expected != mask) {
    uint32_t missing = expected & ~mask;
    if (missing)
      failAt(__builtin_ctz(mask), "its mask 0x%x names lane %d, which %s",
             members, __builtin_ctz(missing),
             alive >> __builtin_ctz(missing) & 1 ? "is not at this instruction"
                                                 : "has ended");
    failAt(__builtin_ctz(mask & ~expected),
           "executes this instruction and is not in its mask 0x%x", members);
  }
  group.shared.syncWave(index);
}

void Warp::syncAll() {
  if (mask != 0xffffffff)
    failAt(mask ? __builtin_ctz(mask) : -1,
           "only lanes 0x%x of the warp execute this instruction, which takes "
           "all",
           mask);
  group.shared.syncWave(index);
}

uint32_t Warp::guarded(const Instruction &i) {
  const uint64_t *p = reg(i.guard);
  uint32_t set = 0;
  for (int l = 0; l < kLanes; ++l)
    set |= static_cast<uint32_t>(p[l] & 1) << l;
  return active & (i.guardNegated ? ~set : set);
}

/// Lanes `taken` of the active ones go to `target`, the others on.
void Warp::split(uint32_t taken, uint32_t target) {
  uint32_t next = pc + 1;
  if (taken == active && active == alive) {
    pc = target;
    return;
  }
  if (!taken) {
    pc = next;
    return;
  }
  for (uint32_t m = active; m; m &= m - 1) {
    int l = __builtin_ctz(m);
    lanePc[l] = taken >> l & 1 ? target : next;
  }
  active = 0;
  meet();
}

/// The lanes that are furthest behind and wait for no others become the active
/// ones.
void Warp::meet() {
  for (uint32_t m = active; m; m &= m - 1)
    lanePc[__builtin_ctz(m)] = pc;
  stuck = !(alive & ~blocked);
  uint32_t first = kNone;
  for (uint32_t m = stuck ? alive : alive & ~blocked; m; m &= m - 1)
    first = std::min(first, lanePc[__builtin_ctz(m)]);
  active = 0;
  meeting = kNone;
  for (uint32_t m = alive; m; m &= m - 1) {
    int l = __builtin_ctz(m);
    if (lanePc[l] == first)
      active |= 1u << l;
    else if (lanePc[l] > first)
      meeting = std::min(meeting, lanePc[l]);
  }
  blocked &= ~active;
  pc = first;
}

/// True where lanes of the mask have to wait for others of the warp, which go
/// on first. Where there are none to go on, the instruction finds out what is
/// wrong.
bool Warp::mustWait(const Instruction &i) {
  uint32_t needed = i.members < 0 ? all : 0;
  if (i.members >= 0)
    for (uint32_t m = mask; m; m &= m - 1)
      needed |= static_cast<uint32_t>(reg(i.members)[__builtin_ctz(m)]);
  if (stuck || !(needed & alive & ~mask))
    return false;
  for (uint32_t m = active & ~mask; m; m &= m - 1)
    lanePc[__builtin_ctz(m)] = pc + 1;
  for (uint32_t m = mask; m; m &= m - 1)
    lanePc[__builtin_ctz(m)] = pc;
  blocked |= mask;
  active = 0;
  meet();
  return true;
}

void Warp::branchIndexed(const Instruction &i) {
  const uint64_t *index = reg(i.regs[0]);
  for (uint32_t m = active; m; m &= m - 1) {
    int l = __builtin_ctz(m);
    if (!(mask >> l & 1)) {
      lanePc[l] = pc + 1;
      continue;
    }
    auto k = static_cast<uint32_t>(index[l]);
    if (k >= i.targets.size())
      failAt(l, "branches to target %u of %zu", k, i.targets.size());
    lanePc[l] = static_cast<uint32_t>(i.targets[k]);
  }
  active = 0;
  meet();
}

/// Lanes of the mask end; true where none is left.
bool Warp::exit() {
  alive &= ~mask;
  active &= ~mask;
  if (!alive)
    return true;
  ++pc;
  meet();
  return false;
}

void Warp::arrive(const Instruction &i) {
  if (uint32_t missing = all & ~mask) {
    int other = __builtin_ctz(missing);
    failAt(__builtin_ctz(mask),
           "waits at a barrier for thread %u of its warp, which %s",
           thread(other), alive >> other & 1 ? "is not at it" : "has ended");
  }
  int lane = __builtin_ctz(mask);
  const uint64_t *id = reg(i.regs[0]);
  for (uint32_t m = mask; m; m &= m - 1)
    if (id[__builtin_ctz(m)] != id[lane])
      failAt(__builtin_ctz(m), "waits at another barrier than its warp");
  barrier = static_cast<unsigned>(id[lane]);
  if (barrier > 15)
    failAt(lane, "there is no barrier %u", barrier);
  unsigned threads = (group.threads + kLanes - 1) / kLanes * kLanes;
  if (i.regs.size() > 1 && reg(i.regs[1])[lane] != group.threads &&
      reg(i.regs[1])[lane] != threads)
    failAt(lane, "waits for some threads of the workgroup only, which is not "
                 "supported");
}

Warp::State Warp::run(std::vector<uint64_t> &executed,
                      uint64_t &laneInstructions, uint64_t maxSteps) {
  const Instruction *code = group.kernel.code.data();
  try {
    for (;;) {
      const Instruction &i = code[pc];
      mask = i.guard < 0 ? active : guarded(i);
      ++executed[pc];
      laneInstructions += __builtin_popcount(mask);
      if (++group.steps > maxSteps)
        fail("the workgroup runs for more than %llu instructions",
             static_cast<unsigned long long>(maxSteps));
      switch (i.flow) {
      case Flow::None:
        if (mask)
          i.run(*this, i);
        ++pc;
        break;
      case Flow::Branch:
        split(mask, static_cast<uint32_t>(i.targets[0]));
        break;
      case Flow::BranchIndexed:
        branchIndexed(i);
        break;
      case Flow::Exit:
        if (exit())
          return State::Done;
        break;
      case Flow::Sync:
        if (mask) {
          if (mustWait(i))
            break;
          i.run(*this, i);
        }
        ++pc;
        break;
      case Flow::Barrier:
        if (mask) {
          if (mustWait(i))
            break;
          arrive(i);
          return State::AtBarrier;
        }
        ++pc;
        break;
      case Flow::Trap:
        if (mask)
          failAt(__builtin_ctz(mask), "the kernel stops itself");
        ++pc;
        break;
      }
      if (pc >= meeting)
        meet();
    }
  } catch (const Fault &fault) {
    place(fault);
  }
}

void Warp::leaveBarrier() {
  ++pc;
  if (pc >= meeting)
    meet();
}
