//===- Wave.cpp -----------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Machine.h"
#ifdef __x86_64__
#include <xmmintrin.h>
#endif

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

thread_local uint32_t amdgpu::currentMode = 0xf0;

void Wave::execChanged() {
  uint64_t bits = exec();
  active = static_cast<unsigned>(__builtin_popcountll(bits));
  full = active == lanes;
  for (unsigned base = 0; base < lanes; base += 32) {
    uint32_t half = static_cast<uint32_t>(bits >> base);
    for (unsigned l = 0; l < 32; ++l)
      mask[base + l] = 0 - (half >> l & 1);
  }
}

void Wave::setScalar(unsigned i, uint32_t value) {
  if (i == kNull)
    return;
  s[i] = value;
  if (i == kExec || i == kExec + 1)
    execChanged();
}

void Wave::setScalar64(unsigned i, uint64_t value) {
  if (i == kNull)
    return;
  s[i] = static_cast<uint32_t>(value);
  s[i + 1] = static_cast<uint32_t>(value >> 32);
  if (i == kExec)
    execChanged();
}

void Wave::setBits(unsigned i, uint64_t value) {
  if (lanes == 64)
    setScalar64(i, value);
  else
    setScalar(i, static_cast<uint32_t>(value));
}

#ifdef __x86_64__

static constexpr uint32_t kPlainMxcsr = 0x1f80; // nearest even, nothing flushed

HostFloat::HostFloat() : control(kPlainMxcsr) { _mm_setcsr(control); }
HostFloat::~HostFloat() { _mm_setcsr(kPlainMxcsr); }

void Wave::enterFloat(Float kind) {
  // MODE's order is nearest, up, down, zero.
  static const uint32_t rounds[] = {0, 2, 1, 3};
  unsigned denorm = denormOf(mode, kind);
  uint32_t control = kPlainMxcsr;
  if (kind != Float::Nearest)
    control |= rounds[roundOf(mode, kind)] << 13 | (denorm & 1 ? 0 : 0x40) |
               (denorm & 2 ? 0 : 0x8000);
  if (control != host->control) {
    _mm_setcsr(control);
    host->control = control;
  }
}

#else

void Wave::enterFloat(Float kind) {
  if (kind == Float::Nearest)
    return;
  if (roundOf(mode, kind) || denormOf(mode, kind) != 3)
    fail("rounds or flushes in a way that the emulator only knows on x86-64");
}
HostFloat::HostFloat() : control(0) {}
HostFloat::~HostFloat() = default;

#endif

char *Scratch::at(uint64_t address, unsigned size, unsigned align, int lane,
                  const char *verb) {
  if (address > perLane || size > perLane - address)
    failAt(lane,
           "%s %u bytes at byte %lld of scratch memory, of which a lane "
           "has %u",
           verb, size, static_cast<long long>(address), perLane);
  if (address & (align - 1))
    failAt(lane,
           "%s %u bytes at byte %lld of scratch memory, which is not "
           "aligned to %u",
           verb, size, static_cast<long long>(address), align);
  return bytes.data() + size_t(lane) * perLane + address;
}
