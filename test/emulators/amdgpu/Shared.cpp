//===- Shared.cpp - LDS, and moves between lanes by its crossbar ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Memory.h"
#include "Vector.h"
#include "common/SharedMemory.h"

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

static uint64_t addressOf(Wave &w, const Inst &i, unsigned l, int64_t offset) {
  return uint64_t(w.v(i.src[0].index)[l]) + static_cast<uint64_t>(offset);
}

/// Accesses of 64 and 128 bits are aligned to their size.
static unsigned alignmentOf(unsigned bytes) { return bytes == 12 ? 4 : bytes; }

static void commit(Wave &w, uint32_t *to, const uint32_t *from,
                   unsigned words) {
  for (unsigned k = 0; k < words; ++k)
    merge(w, to + k * w.lanes, from + k * w.lanes);
}

static void load(Wave &w, const Inst &i) {
  alignas(64) uint32_t fresh[4 * kMaxLanes] = {};
  uint32_t *to = w.v(i.dst.index);
  unsigned n = w.lanes, align = alignmentOf(i.bytes);
  if (i.code & (kLow | kHigh))
    memcpy(fresh, to, sizeof(uint32_t) * n);
  for (unsigned l = 0; l < n; ++l)
    if (w.on(l))
      deposit(fresh, n, l,
              w.shared->read(addressOf(w, i, l, i.offset), i.bytes, align, w.id,
                             w.id, l),
              i.bytes, i.code);
  commit(w, to, fresh, (i.bytes + 3u) / 4);
}

static void load2(Wave &w, const Inst &i) {
  alignas(64) uint32_t fresh[4 * kMaxLanes] = {};
  unsigned n = w.lanes, words = i.bytes / 4;
  for (unsigned l = 0; l < n; ++l) {
    if (!w.on(l))
      continue;
    deposit(fresh, n, l,
            w.shared->read(addressOf(w, i, l, i.offset), i.bytes, i.bytes, w.id,
                           w.id, l),
            i.bytes, 0);
    deposit(fresh + words * n, n, l,
            w.shared->read(addressOf(w, i, l, i.offset2), i.bytes, i.bytes,
                           w.id, w.id, l),
            i.bytes, 0);
  }
  commit(w, w.v(i.dst.index), fresh, 2 * words);
}

static void store(Wave &w, const Inst &i) {
  const uint32_t *from = w.v(i.src[1].index);
  unsigned align = alignmentOf(i.bytes);
  for (unsigned l = 0; l < w.lanes; ++l)
    if (w.on(l))
      collect(w.shared->write(addressOf(w, i, l, i.offset), i.bytes, align,
                              w.id, w.id, l),
              from, w.lanes, l, i.bytes, i.code);
}

static void store2(Wave &w, const Inst &i) {
  for (unsigned l = 0; l < w.lanes; ++l)
    if (w.on(l))
      for (unsigned k = 0; k < 2; ++k)
        collect(w.shared->write(addressOf(w, i, l, k ? i.offset2 : i.offset),
                                i.bytes, i.bytes, w.id, w.id, l),
                w.v(i.src[1 + k].index), w.lanes, l, i.bytes, 0);
}

static void atomic(Wave &w, const Inst &i) {
  const AtomicName &a = kSharedAtomics[i.code];
  alignas(64) uint32_t old[2 * kMaxLanes] = {};
  w.enterFloat(a.bytes == 8 ? Float::Double : Float::Single);
  for (unsigned l = 0; l < w.lanes; ++l) {
    if (!w.on(l))
      continue;
    char *memory =
        w.shared->atomic(addressOf(w, i, l, i.offset), a.bytes, w.id, w.id, l);
    deposit(old, w.lanes, l, memory, a.bytes, 0);
    char data[16];
    collect(data, w.v(i.src[1].index), w.lanes, l, a.bytes, 0);
    if (a.data > a.bytes)
      collect(data + a.bytes, w.v(i.src[2].index), w.lanes, l, a.bytes, 0);
    a.apply(memory, data);
  }
  if (i.dst.kind == Operand::Vector)
    commit(w, w.v(i.dst.index), old, a.bytes / 4u);
}

//===----------------------------------------------------------------------===//
// Moves between lanes
//===----------------------------------------------------------------------===//

/// A lane gets what the lane of its address holds, 0 where that one is off.
static void backwardPermute(Wave &w, const Inst &i) {
  alignas(64) uint32_t fresh[kMaxLanes] = {};
  const uint32_t *data = w.v(i.src[1].index);
  for (unsigned l = 0; l < w.lanes; ++l) {
    unsigned from = addressOf(w, i, l, i.offset) / 4 % w.lanes;
    fresh[l] = w.on(from) ? data[from] : 0;
  }
  merge(w, w.v(i.dst.index), fresh);
}

/// A lane sends to the lane of its address; the highest sender wins.
static void forwardPermute(Wave &w, const Inst &i) {
  alignas(64) uint32_t fresh[kMaxLanes] = {};
  const uint32_t *data = w.v(i.src[1].index);
  for (unsigned l = 0; l < w.lanes; ++l)
    if (w.on(l))
      fresh[addressOf(w, i, l, i.offset) / 4 % w.lanes] = data[l];
  merge(w, w.v(i.dst.index), fresh);
}

static void swizzle(Wave &w, const Inst &i) {
  alignas(64) uint32_t fresh[kMaxLanes];
  const uint32_t *data = w.v(i.src[0].index);
  unsigned code = static_cast<unsigned>(i.offset);
  for (unsigned l = 0; l < w.lanes; ++l) {
    unsigned from;
    if (code & 0x8000) // lanes of a quad
      from = (l & ~3u) | (code >> 2 * (l & 3) & 3);
    else
      from =
          (l & 32) | (((l & code & 31) | (code >> 5 & 31)) ^ (code >> 10 & 31));
    fresh[l] = w.on(from) ? data[from] : 0;
  }
  merge(w, w.v(i.dst.index), fresh);
}

//===----------------------------------------------------------------------===//
// Binding
//===----------------------------------------------------------------------===//

namespace {
enum Form : uint8_t {
  kResult = 1,
  kTwoOffsets = 2,
  kSwizzle = 4,
  kUnits64 = 8 ///< offsets count 64 elements
};
} // namespace

/// code: form | data operands << 8 | extension or number << 16 | bytes << 32.
static void bindShared(Decoder &d, Inst &i, const Op &op) {
  i.run = op.run;
  unsigned form = op.code & 255, data = op.code >> 8 & 255;
  i.code = static_cast<uint8_t>(op.code >> 16);
  i.bytes = static_cast<uint8_t>(op.code >> 32);
  auto vector = [&] {
    Operand o = d.takeAny();
    if (o.kind != Operand::Vector)
      d.unknown("the emulator expects a vector register");
    return o;
  };
  if (form & kResult)
    i.dst = vector();
  i.src[0] = vector();
  for (unsigned k = 0; k < data; ++k)
    i.src[1 + k] = vector();
  if (form & kSwizzle) {
    d.modifier("offset");
    i.offset = i.word & 0xffff;
    if (i.offset >= 0xc000)
      d.unknown("the emulator does not know this mode of ds_swizzle");
  } else if (form & kTwoOffsets) {
    unsigned unit = i.bytes * (form & kUnits64 ? 64 : 1);
    i.offset = d.number("offset0") * unit;
    i.offset2 = d.number("offset1") * unit;
  } else {
    i.offset = d.number("offset");
  }
}

static Op shared(const std::string &name, RunFn run, unsigned form,
                 unsigned data, unsigned code, unsigned bytes) {
  Op op;
  op.name = name;
  op.bind = bindShared;
  op.run = run;
  op.code = form | data << 8 | int64_t(code) << 16 | int64_t(bytes) << 32;
  return op;
}

void amdgpu::addShared(Table &t) {
  for (const AccessName &a : kLoadNames)
    for (const char *prefix : {"ds_read_", "ds_load_"})
      t.push_back(shared(std::string(prefix) + a.name, load, kResult, 0,
                         a.extension, a.bytes));
  for (const AccessName &a : kStoreNames)
    for (const char *prefix : {"ds_write_", "ds_store_"})
      t.push_back(shared(std::string(prefix) + a.name, store, 0, 1, a.extension,
                         a.bytes));
  for (unsigned bytes : {4u, 8u}) {
    std::string width = bytes == 4 ? "b32" : "b64";
    unsigned two = kTwoOffsets, units = kTwoOffsets | kUnits64;
    for (const char *n : {"ds_read2_", "ds_load_2addr_"})
      t.push_back(shared(n + width, load2, kResult | two, 0, 0, bytes));
    for (const char *n : {"ds_read2st64_", "ds_load_2addr_stride64_"})
      t.push_back(shared(n + width, load2, kResult | units, 0, 0, bytes));
    for (const char *n : {"ds_write2_", "ds_store_2addr_"})
      t.push_back(shared(n + width, store2, two, 2, 0, bytes));
    for (const char *n : {"ds_write2st64_", "ds_store_2addr_stride64_"})
      t.push_back(shared(n + width, store2, units, 2, 0, bytes));
  }
  for (size_t k = 0; k < kSharedAtomics.size(); ++k) {
    const AtomicName &a = kSharedAtomics[k];
    std::string name = a.name, returning = name;
    unsigned operands = a.data > a.bytes ? 2 : 1,
             number = static_cast<unsigned>(k);
    size_t type = name.rfind('_');
    returning.insert(type, "_rtn");
    t.push_back(shared("ds_" + name, atomic, 0, operands, number, a.bytes));
    t.push_back(
        shared("ds_" + returning, atomic, kResult, operands, number, a.bytes));
  }
  t.push_back(shared("ds_bpermute_b32", backwardPermute, kResult, 1, 0, 4));
  t.push_back(shared("ds_permute_b32", forwardPermute, kResult, 1, 0, 4));
  t.push_back(shared("ds_swizzle_b32", swizzle, kResult | kSwizzle, 0, 0, 4));
}
