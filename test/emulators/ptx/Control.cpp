//===- Control.cpp - branches, barriers, moves of vectors -----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Select.h"

using namespace tercet::emu;
using namespace tercet::emu::ptx;

namespace {
/// mov d, {a, b, ...}: a in the lowest bits.
void pack(Warp &w, const Instruction &i) {
  unsigned bits = i.size * 8;
  uint64_t *d = w.reg(i.regs[0]);
  uint64_t each = bits == 64 ? ~0ull : (1ull << bits) - 1;
  forLanes(w.mask, [&](int l) {
    uint64_t value = 0;
    for (unsigned k = 0; k < i.count; ++k)
      value |= (w.reg(i.regs[k + 1])[l] & each) << (k * bits);
    d[l] = value;
  });
}
void unpack(Warp &w, const Instruction &i) {
  unsigned bits = i.size * 8;
  const uint64_t *a = w.reg(i.regs[i.count]);
  uint64_t each = (1ull << bits) - 1;
  forLanes(w.mask, [&](int l) {
    uint64_t value = a[l];
    for (unsigned k = 0; k < i.count; ++k)
      w.reg(i.regs[k])[l] = value >> (k * bits) & each;
  });
}

/// mov with a vector of registers.
bool selectVector(Instruction &i) {
  unsigned bits = i.mnemonic == "mov.b16"   ? 16
                  : i.mnemonic == "mov.b32" ? 32
                  : i.mnemonic == "mov.b64" ? 64
                                            : 0;
  int count = i.vectorSize;
  if (!bits || (count != 2 && count != 4) || i.regs.size() != count + 1u ||
      bits / count < 8)
    return false;
  i.count = static_cast<uint8_t>(count);
  i.size = static_cast<uint8_t>(bits / count / 8);
  i.run = i.vectorAt == 0 ? unpack : pack;
  return true;
}

/// Time is the number of instructions that ran.
void readClock(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]);
  uint64_t now = w.group.steps >> i.value;
  forLanes(w.mask, [&](int l) { d[l] = i.size == 4 ? uint32_t(now) : now; });
}
bool selectClock(Instruction &i) {
  size_t at = i.text.rfind(' ');
  std::string name = at == std::string::npos ? "" : i.text.substr(at + 1);
  bool time = name.compare(0, 12, "%globaltimer") == 0;
  if (!time && name.compare(0, 6, "%clock") != 0)
    return false;
  bool wide = name == "%clock64" || name == "%globaltimer";
  if (i.mnemonic != (wide ? "mov.u64" : "mov.u32") &&
      i.mnemonic != (wide ? "mov.b64" : "mov.b32"))
    return false;
  i.size = wide ? 8 : 4;
  i.value =
      name.size() > 3 && name.compare(name.size() - 3, 3, "_hi") == 0 ? 32 : 0;
  i.run = readClock;
  return true;
}

void elect(Warp &w, const Instruction &i) {
  auto members = static_cast<uint32_t>(w.reg(i.regs[2])[__builtin_ctz(w.mask)]);
  w.sync(members);
  int leader = __builtin_ctz(w.mask);
  forLanes(w.mask, [&](int l) {
    w.reg(i.regs[0])[l] = leader;
    w.reg(i.regs[1])[l] = l == leader;
  });
}
} // namespace

bool tercet::emu::ptx::selectControl(Instruction &i) {
  const std::string &m = i.mnemonic;
  if (m == "bra" || m == "bra.uni") {
    i.flow = Flow::Branch;
    return true;
  }
  if (m == "brx.idx" || m == "brx.idx.uni") {
    i.flow = Flow::BranchIndexed;
    return true;
  }
  if (m == "ret" || m == "ret.uni" || m == "exit") {
    i.flow = Flow::Exit;
    return true;
  }
  if (m == "trap") {
    i.flow = Flow::Trap;
    return true;
  }
  for (const char *name :
       {"bar.sync", "bar.cta.sync", "barrier.sync", "barrier.sync.aligned",
        "barrier.cta.sync", "barrier.cta.sync.aligned"})
    if (m == name) {
      i.flow = Flow::Barrier;
      return i.regs.size() == 1 || i.regs.size() == 2;
    }
  if (m == "elect.sync") {
    i.run = elect;
    return i.regs.size() == 3;
  }
  if (m.compare(0, 4, "mov.") == 0)
    return i.vectorSize ? selectVector(i) : selectClock(i);
  return false;
}
