//===- Global.cpp - global, flat and scratch memory -----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Memory.h"
#include "common/GlobalMemory.h"
#include "common/SharedMemory.h"
#include <algorithm>

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

namespace {
/// What the address means. `Scratch` are offsets into a lane's memory.
enum class Space : uint8_t { Global, Flat, Scratch };
} // namespace

/// src[0] is the vector part of an address, src[1] the scalar one, src[2] the
/// data. Either part of an address may be missing.
template <Space S>
static uint64_t addressOf(Wave &w, const Inst &i, unsigned l) {
  const Operand &v = i.src[0], &s = i.src[1];
  uint64_t at = static_cast<uint64_t>(i.offset);
  if (v.kind == Operand::Vector) {
    const uint32_t *p = w.v(v.index);
    at += v.count == 2 ? p[l] | uint64_t(p[w.lanes + l]) << 32 : p[l];
  }
  if (s.kind == Operand::Scalar)
    at += S == Space::Scratch ? w.s[s.index] : w.s64(s.index);
  return S == Space::Scratch ? static_cast<uint32_t>(at) : at;
}

/// Scratch accesses need the alignment of their elements, of at most 32 bits.
/// Those of global memory need none: the amdhsa ABI has unaligned access mode on
/// (AMDGPU usage, "Memory Model"), and LLVM merges loads of bytes by it. Atomics
/// are aligned to their size.
static unsigned alignmentOf(unsigned bytes) { return std::min(bytes, 4u); }

template <Space S>
static const char *readAt(Wave &w, const Inst &i, unsigned l, unsigned size) {
  uint64_t at = addressOf<S>(w, i, l);
  if (S == Space::Scratch)
    return w.scratch.at(at, size, alignmentOf(size), l, "reads");
  if (S == Space::Flat && at >> 32 == kSharedAperture)
    return w.shared->read(static_cast<uint32_t>(at), size, alignmentOf(size),
                          w.id, w.id, l);
  if (S == Space::Flat && at >> 32 == kPrivateAperture)
    return w.scratch.at(static_cast<uint32_t>(at), size, alignmentOf(size), l,
                        "reads");
  return w.global->read(at, size, 1, l);
}

template <Space S>
static char *writeAt(Wave &w, const Inst &i, unsigned l, unsigned size) {
  uint64_t at = addressOf<S>(w, i, l);
  if (S == Space::Scratch)
    return w.scratch.at(at, size, alignmentOf(size), l, "writes");
  if (S == Space::Flat && at >> 32 == kSharedAperture)
    return w.shared->write(static_cast<uint32_t>(at), size, alignmentOf(size),
                           w.id, w.id, l);
  if (S == Space::Flat && at >> 32 == kPrivateAperture)
    return w.scratch.at(static_cast<uint32_t>(at), size, alignmentOf(size), l,
                        "writes");
  return w.global->write(at, size, 1, l);
}

/// Addresses of all lanes at once, where all are on and read the same window.
static bool loadTogether(Wave &w, const Inst &i) {
  alignas(64) uint64_t at[kMaxLanes];
  const Operand &v = i.src[0], &s = i.src[1];
  const uint32_t *p = w.v(v.index);
  uint64_t base = static_cast<uint64_t>(i.offset) +
                  (s.kind == Operand::Scalar ? w.s64(s.index) : 0);
  unsigned n = w.lanes;
  for (unsigned l = 0; l < n; ++l)
    at[l] = base + p[l];
  if (v.count == 2)
    for (unsigned l = 0; l < n; ++l)
      at[l] += uint64_t(p[n + l]) << 32;
  uint64_t low = at[0], high = at[0];
  for (unsigned l = 0; l < n; ++l) {
    low = std::min(low, at[l]);
    high = std::max(high, at[l]);
  }
  const char *from = w.global->readAll(low, high + i.bytes);
  if (!from)
    return false;
  uint32_t *to = w.v(i.dst.index);
  for (unsigned l = 0; l < n; ++l) // at[] is a copy: `to` may be the address
    deposit(to, n, l, from + (at[l] - low), i.bytes, i.code);
  return true;
}

template <Space S> static void load(Wave &w, const Inst &i) {
  if (S == Space::Global && w.full && loadTogether(w, i))
    return;
  // The destination may hold the address: nothing is written before all is
  // read.
  alignas(64) uint32_t fresh[4 * kMaxLanes];
  uint32_t *to = w.v(i.dst.index);
  unsigned words = (i.bytes + 3u) / 4;
  if (i.code & (kLow | kHigh))
    memcpy(fresh, to, sizeof(uint32_t) * w.lanes);
  for (unsigned l = 0; l < w.lanes; ++l)
    if (w.on(l))
      deposit(fresh, w.lanes, l, readAt<S>(w, i, l, i.bytes), i.bytes, i.code);
  for (unsigned k = 0; k < words; ++k)
    for (unsigned l = 0; l < w.lanes; ++l)
      if (w.on(l))
        to[k * w.lanes + l] = fresh[k * w.lanes + l];
}

template <Space S> static void store(Wave &w, const Inst &i) {
  const uint32_t *from = w.v(i.src[2].index);
  for (unsigned l = 0; l < w.lanes; ++l)
    if (w.on(l))
      collect(writeAt<S>(w, i, l, i.bytes), from, w.lanes, l, i.bytes, i.code);
}

template <Space S> static void atomic(Wave &w, const Inst &i) {
  const AtomicName &a = kGlobalAtomics[i.code];
  alignas(64) uint32_t old[2 * kMaxLanes];
  const uint32_t *from = w.v(i.src[2].index);
  w.enterFloat(a.bytes == 8 ? Float::Double : Float::Single);
  for (unsigned l = 0; l < w.lanes; ++l) {
    if (!w.on(l))
      continue;
    uint64_t at = addressOf<S>(w, i, l);
    char *memory;
    if (S == Space::Flat && at >> 32 == kSharedAperture)
      memory =
          w.shared->atomic(static_cast<uint32_t>(at), a.bytes, w.id, w.id, l);
    else if (S == Space::Flat && at >> 32 == kPrivateAperture)
      memory = w.scratch.at(static_cast<uint32_t>(at), a.bytes, a.bytes, l,
                            "updates");
    else
      memory = w.global->atomic(at, a.bytes, l);
    deposit(old, w.lanes, l, memory, a.bytes, 0);
    char data[16];
    collect(data, from, w.lanes, l, a.data, 0);
    a.apply(memory, data);
  }
  if (i.dst.kind != Operand::Vector)
    return;
  uint32_t *to = w.v(i.dst.index);
  for (unsigned k = 0; k < a.bytes / 4u; ++k)
    for (unsigned l = 0; l < w.lanes; ++l)
      if (w.on(l))
        to[k * w.lanes + l] = old[k * w.lanes + l];
}

//===----------------------------------------------------------------------===//
// Binding
//===----------------------------------------------------------------------===//

namespace {
enum What : uint8_t { kLoad, kStore, kAtomic };
} // namespace

/// code: what | space << 8 | extension (of an atomic: its number) << 16 |
/// bytes << 32.
static void bindAccess(Decoder &d, Inst &i, const Op &op) {
  unsigned what = op.code & 255, space = op.code >> 8 & 255;
  i.run = op.run;
  i.code = static_cast<uint8_t>(op.code >> 16);
  i.bytes = static_cast<uint8_t>(op.code >> 32);
  bool flat = space == unsigned(Space::Flat);
  size_t operands = d.text.operands.size(), plain = flat ? 2 : 3;
  bool result = what == kLoad || (what == kAtomic && operands > plain);
  if (result) {
    i.dst = d.takeAny();
    if (i.dst.kind != Operand::Vector)
      d.unknown("the emulator expects a vector register as the destination");
  }
  i.src[0] = d.takeAny();
  if (what != kLoad) {
    i.src[2] = d.takeAny();
    if (i.src[2].kind != Operand::Vector)
      d.unknown("the emulator expects a vector register as the data");
  }
  if (!flat)
    i.src[1] = d.takeAny();
  i.offset = d.number("offset");
  d.ignoreHints();
  const Operand &v = i.src[0], &s = i.src[1];
  bool scratch = space == unsigned(Space::Scratch);
  bool good = (v.kind == Operand::Vector &&
               v.count == (scratch || s.kind == Operand::Scalar ? 1 : 2)) ||
              (scratch && v.kind == Operand::None);
  good &= s.kind == Operand::None ||
          (s.kind == Operand::Scalar && s.count == (scratch ? 1 : 2));
  if (!good)
    d.unknown("the emulator does not know this form of an address");
}

static Op access(const std::string &name, RunFn run, What what, Space space,
                 unsigned extension, unsigned bytes) {
  Op op;
  op.name = name;
  op.bind = bindAccess;
  op.run = run;
  op.code = what | int64_t(space) << 8 | int64_t(extension) << 16 |
            int64_t(bytes) << 32;
  return op;
}

template <Space S> static void addSpace(Table &t, const std::string &prefix) {
  for (const AccessName &a : kLoadNames)
    t.push_back(access(prefix + "load_" + a.name, load<S>, kLoad, S,
                       a.extension, a.bytes));
  for (const AccessName &a : kStoreNames)
    t.push_back(access(prefix + "store_" + a.name, store<S>, kStore, S,
                       a.extension, a.bytes));
  if (S == Space::Scratch)
    return;
  for (size_t k = 0; k < kGlobalAtomics.size(); ++k)
    t.push_back(access(prefix + "atomic_" + kGlobalAtomics[k].name, atomic<S>,
                       kAtomic, S, static_cast<unsigned>(k),
                       kGlobalAtomics[k].bytes));
}

void amdgpu::addGlobal(Table &t) {
  addSpace<Space::Global>(t, "global_");
  addSpace<Space::Flat>(t, "flat_");
  addSpace<Space::Scratch>(t, "scratch_");
}
