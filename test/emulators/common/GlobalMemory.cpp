//===- GlobalMemory.cpp ---------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "GlobalMemory.h"
#include <algorithm>
#include <cinttypes>
#include <cstdlib>
#include <cstring>
#include <new>

using namespace tercet::emu;

Allocation::Allocation(uint64_t bytes)
    : data(static_cast<char *>(
          std::aligned_alloc(256, (bytes + 256) / 256 * 256))),
      size(bytes) {
  if (!data)
    throw std::bad_alloc();
  memset(data, 0, bytes);
}

Allocation::~Allocation() { std::free(data); }

uint64_t GlobalMemory::addWindow(Allocation &allocation, uint64_t offset,
                                 uint64_t length, std::string name) {
  if (offset > allocation.size || length > allocation.size - offset)
    fail("%s is bytes %" PRIu64 " to %" PRIu64 " of an allocation of %" PRIu64,
         name.c_str(), offset, offset + length, allocation.size);
  Window w;
  w.data = allocation.data + offset;
  // As aligned as the range, not more: allocations are aligned to 256 bytes.
  w.base = (windows.size() << kWindowBits) + 4096 + offset % 256;
  w.length = length;
  w.offset = offset;
  w.allocation = &allocation;
  w.writable = true;
  w.name = std::move(name);
  windows.push_back(std::move(w));
  return windows.back().base;
}

uint64_t GlobalMemory::addWindow(void *data, uint64_t length, std::string name,
                                 bool writable) {
  Window w;
  w.data = static_cast<char *>(data);
  w.base = (windows.size() << kWindowBits) + 4096 +
           reinterpret_cast<uintptr_t>(data) % 256;
  w.length = length;
  w.writable = writable;
  w.name = std::move(name);
  windows.push_back(std::move(w));
  return windows.back().base;
}

void GlobalMemory::beginDispatch() {
  for (Window &w : windows)
    if (w.allocation)
      w.allocation->writers.clear();
}

void GlobalMemory::failAccess(uint64_t address, unsigned size, unsigned align,
                              int lane, const char *verb) {
  uint64_t i = address >> kWindowBits;
  if (i == 0)
    failAt(lane, "%s %u bytes at the null pointer + %" PRIu64, verb, size,
           address);
  // The nearest window: an access before a window's first bytes is in the one
  // before it.
  if (i + 1 < windows.size() && address > windows[i + 1].base - (1ull << 30))
    ++i;
  if (i >= windows.size())
    failAt(lane, "%s %u bytes at address 0x%" PRIx64 ", which is no buffer's",
           verb, size, address);
  const Window &w = windows[i];
  auto at = static_cast<int64_t>(address - w.base);
  if (at < 0 || static_cast<uint64_t>(at) + size > w.length)
    failAt(lane, "%s %u bytes at byte %" PRId64 " of %s, which has %" PRIu64,
           verb, size, at, w.name.c_str(), w.length);
  failAt(lane,
         "%s %u bytes at byte %" PRId64 " of %s (address 0x%" PRIx64
         "), which is not aligned to %u",
         verb, size, at, w.name.c_str(), address, align);
}

void GlobalMemory::failReadOnly(const Window &w, int lane) {
  failAt(lane, "writes to %s, which may only be read", w.name.c_str());
}

void GlobalMemory::checkRead(Window &w, uint64_t at, unsigned size, int lane) {
  const uint32_t *writers = w.allocation->writers.data() + w.offset + at;
  for (unsigned i = 0; i < size; ++i)
    if (writers[i] && writers[i] != stamp)
      failAt(lane,
             "reads byte %" PRIu64
             " of %s, which workgroup %u of the same dispatch wrote",
             at + i, w.name.c_str(), writers[i] - 1);
}

void GlobalMemory::noteWrite(Window &w, uint64_t at, unsigned size, int lane) {
  if (!w.writable)
    failReadOnly(w, lane);
  if (!w.allocation)
    return;
  if (w.allocation->writers.empty())
    w.allocation->writers.resize(w.allocation->size);
  uint32_t *writers = w.allocation->writers.data() + w.offset + at;
  for (unsigned i = 0; i < size; ++i) {
    if (writers[i] && writers[i] != stamp)
      failAt(lane,
             "writes byte %" PRIu64
             " of %s, which workgroup %u of the same dispatch wrote too",
             at + i, w.name.c_str(), writers[i] - 1);
    writers[i] = stamp;
  }
}
