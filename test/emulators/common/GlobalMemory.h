//===- GlobalMemory.h - buffers of a dispatch -------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every range that a dispatch passes to a kernel lies in a window of 2^40 bytes
// of the device's address space that holds nothing else, so that an access one
// byte before or after a buffer is seen also where the plan put another buffer
// there. A window begins at the range's own alignment and no better one.
//
// Workgroups of a dispatch run in no order. So a byte that two of them touch,
// at least one of them writing and not by an atomic, is a fault as well; it is
// seen where the write comes first in the emulator's order (0, 1, 2, ...).
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_COMMON_GLOBALMEMORY_H
#define TERCET_TEST_EMULATORS_COMMON_GLOBALMEMORY_H

#include "Fault.h"
#include <cstdint>
#include <string>
#include <vector>

namespace tercet::emu {

/// An allocation of the device.
struct Allocation {
  explicit Allocation(uint64_t bytes);
  ~Allocation();
  Allocation(const Allocation &) = delete;
  char *data; ///< aligned to 256 bytes, zero
  uint64_t size;
  /// One entry a byte once the current dispatch has written: 1 + the workgroup
  /// that wrote last, 0 where none did.
  std::vector<uint32_t> writers;
};

class GlobalMemory {
public:
  /// A window over [offset, offset + length) of an allocation; returns the
  /// device address of its first byte. `name` is for faults: "buffer 1".
  uint64_t addWindow(Allocation &allocation, uint64_t offset, uint64_t length,
                     std::string name);
  /// A window over the emulator's own bytes (constants of the code, arguments),
  /// which kernels may only read unless `writable`.
  uint64_t addWindow(void *data, uint64_t length, std::string name,
                     bool writable = false);
  void beginDispatch();
  void beginWorkgroup(uint64_t workgroup) {
    stamp = static_cast<uint32_t>(workgroup) + 1;
  }

  /// The host address of `size` bytes that a lane reads, at an address that
  /// must be a multiple of `align` (a power of two).
  const char *read(uint64_t address, unsigned size, unsigned align, int lane) {
    Window &w = find(address, size, align, lane, "reads");
    uint64_t at = address - w.base;
    if (w.allocation && !w.allocation->writers.empty())
      checkRead(w, at, size, lane);
    return w.data + at;
  }
  /// The host address of all bytes from `low` to `high`, or null where a reader
  /// has to ask for its own ones.
  const char *readAll(uint64_t low, uint64_t high) const {
    uint64_t i = low >> kWindowBits;
    if (i >= windows.size() || low < windows[i].base ||
        high - windows[i].base > windows[i].length ||
        (windows[i].allocation && !windows[i].allocation->writers.empty()))
      return nullptr;
    return windows[i].data + (low - windows[i].base);
  }
  /// The same for a write; the caller writes right after.
  char *write(uint64_t address, unsigned size, unsigned align, int lane) {
    Window &w = find(address, size, align, lane, "writes");
    uint64_t at = address - w.base;
    noteWrite(w, at, size, lane);
    return w.data + at;
  }
  /// The same for an atomic read-modify-write, which other workgroups may do
  /// too.
  char *atomic(uint64_t address, unsigned size, int lane) {
    Window &w = find(address, size, size, lane, "updates");
    if (!w.writable)
      failReadOnly(w, lane);
    return w.data + (address - w.base);
  }

private:
  struct Window {
    char *data = nullptr;
    uint64_t base = 0, length = 0;
    uint64_t offset = 0; ///< of the allocation
    Allocation *allocation = nullptr;
    bool writable = false;
    std::string name;
  };
  Window &find(uint64_t address, unsigned size, unsigned align, int lane,
               const char *verb) {
    uint64_t i = address >> kWindowBits;
    if (i < windows.size()) {
      Window &w = windows[i];
      uint64_t at = address - w.base;
      if (at <= w.length && size <= w.length - at && !(address & (align - 1)))
        return w;
    }
    failAccess(address, size, align, lane, verb);
  }
  [[noreturn]] void failAccess(uint64_t address, unsigned size, unsigned align,
                               int lane, const char *verb);
  [[noreturn]] void failReadOnly(const Window &w, int lane);
  void checkRead(Window &w, uint64_t at, unsigned size, int lane);
  void noteWrite(Window &w, uint64_t at, unsigned size, int lane);

  static constexpr unsigned kWindowBits = 40;
  std::vector<Window> windows = std::vector<Window>(1); ///< 0: null pointers
  uint32_t stamp = 1;
};

} // namespace tercet::emu

#endif
