//===- Memory.h - what memory instructions share ----------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_AMDGPU_MEMORY_H
#define TERCET_TEST_EMULATORS_AMDGPU_MEMORY_H

#include "Decoder.h"
#include <cstring>

namespace tercet::emu::amdgpu {

/// What becomes of fewer than 32 bits.
enum Extension : uint8_t {
  kZero = 0,
  kSign = 1,
  kLow = 2, ///< into (or from) the low half, the high one stays
  kHigh = 4 ///< the high half
};

/// Loaded bytes as lane `l` of the destination's registers.
inline void deposit(uint32_t *to, unsigned n, unsigned l, const char *from,
                    unsigned bytes, unsigned extension) {
  if (bytes >= 4) {
    for (unsigned k = 0; k < bytes / 4; ++k)
      memcpy(&to[k * n + l], from + 4 * k, 4);
    return;
  }
  uint32_t x = 0;
  memcpy(&x, from, bytes);
  if (extension & kSign)
    x = bytes == 1 ? static_cast<uint32_t>(static_cast<int8_t>(x))
                   : static_cast<uint32_t>(static_cast<int16_t>(x));
  if (extension & kLow)
    x = (to[l] & 0xffff0000) | (x & 0xffff);
  else if (extension & kHigh)
    x = (to[l] & 0xffff) | x << 16;
  to[l] = x;
}

/// The bytes to store of lane `l`.
inline void collect(char *to, const uint32_t *from, unsigned n, unsigned l,
                    unsigned bytes, unsigned extension) {
  if (bytes >= 4) {
    for (unsigned k = 0; k < bytes / 4; ++k)
      memcpy(to + 4 * k, &from[k * n + l], 4);
    return;
  }
  uint32_t x = extension & kHigh ? from[l] >> 16 : from[l];
  memcpy(to, &x, bytes);
}

struct AccessName {
  const char *name;
  uint8_t bytes, extension;
};
/// Names of both chips' accesses, after "load_" and "read_".
extern const std::vector<AccessName> kLoadNames, kStoreNames;

/// A read-modify-write: `data` is the instruction's, in the order of its
/// registers; returns nothing, `memory` is updated.
using AtomicFn = void (*)(char *memory, const char *data);
struct AtomicName {
  const char *name; ///< after "atomic_"
  AtomicFn apply;
  uint8_t bytes, data; ///< of memory, of the operand
};
extern const std::vector<AtomicName> kGlobalAtomics, kSharedAtomics;

} // namespace tercet::emu::amdgpu

#endif
