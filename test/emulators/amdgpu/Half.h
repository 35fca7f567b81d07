//===- Half.h - numbers of 16 bits and fewer --------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Conversions of IEEE half and bfloat16, rounded in any of MODE's four ways
// (0 nearest even, 1 up, 2 down, 3 to zero).
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_AMDGPU_HALF_H
#define TERCET_TEST_EMULATORS_AMDGPU_HALF_H

#include <cstdint>

namespace tercet::emu::amdgpu {

struct Half {
  uint16_t bits;
};

inline uint32_t bitsOf(float x) { return __builtin_bit_cast(uint32_t, x); }
inline uint64_t bitsOf(double x) { return __builtin_bit_cast(uint64_t, x); }
inline float floatOf(uint32_t x) { return __builtin_bit_cast(float, x); }
inline double doubleOf(uint64_t x) { return __builtin_bit_cast(double, x); }

inline float toFloat(Half h) {
  uint32_t sign = uint32_t(h.bits & 0x8000) << 16;
  uint32_t exponent = h.bits >> 10 & 31, fraction = h.bits & 0x3ff;
  if (exponent == 31) // a signalling NaN becomes quiet
    return floatOf(sign | 0x7f800000 | fraction << 13 |
                   (fraction ? 0x400000 : 0));
  if (exponent)
    return floatOf(sign | (exponent + 112) << 23 | fraction << 13);
  float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return floatOf(sign | bitsOf(magnitude));
}

/// Rounds to `fractionBits` and exponents from `least` (of the smallest normal)
/// to `largest`; returns the bits without sign. Infinity is the exponent after
/// the largest.
inline uint32_t roundBits(double x, unsigned fractionBits, int least,
                          int largest, unsigned round) {
  uint64_t bits = bitsOf(x);
  bool negative = bits >> 63;
  int exponent = static_cast<int>(bits >> 52 & 2047) - 1023;
  uint64_t fraction = (bits & ((uint64_t(1) << 52) - 1)) | uint64_t(1) << 52;
  uint32_t infinity = uint32_t(largest - least + 2) << fractionBits;
  if (exponent == 1024)
    return fraction == uint64_t(1) << 52
               ? infinity
               : infinity |
                     static_cast<uint32_t>((fraction ^ uint64_t(1) << 52) >>
                                           (52 - fractionBits)) |
                     1u << (fractionBits - 1);
  if (!(bits << 1))
    return 0;
  int drop = 52 - static_cast<int>(fractionBits);
  uint32_t base = 0;
  if (exponent < least)
    drop += least - exponent;
  else
    base = uint32_t(exponent - least) << fractionBits; // the leading 1 adds one
  if (drop > 62)
    drop = 62; // all that matters is that something is lost
  uint64_t kept = fraction >> drop,
           lost = fraction & ((uint64_t(1) << drop) - 1),
           half = uint64_t(1) << (drop - 1);
  bool up = round == 0   ? lost > half || (lost == half && (kept & 1))
            : round == 1 ? lost && !negative
            : round == 2 ? lost && negative
                         : false;
  uint32_t r = base + static_cast<uint32_t>(kept) + up;
  if (r < infinity)
    return r;
  bool toInfinity =
      round == 0 || (round == 1 && !negative) || (round == 2 && negative);
  return toInfinity ? infinity : infinity - 1;
}

inline Half halfOf(double x, unsigned round) {
  return {static_cast<uint16_t>(roundBits(x, 10, -14, 15, round) |
                                (bitsOf(x) >> 63) << 15)};
}

inline float bfloatToFloat(uint16_t b) { return floatOf(uint32_t(b) << 16); }
inline uint16_t bfloatOf(float x, unsigned round) {
  return static_cast<uint16_t>(roundBits(double(x), 7, -126, 127, round) |
                               bitsOf(x) >> 31 << 15);
}

} // namespace tercet::emu::amdgpu

#endif
