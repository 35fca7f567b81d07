//===- Half.h - f16 and bf16 as f32 -----------------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_PTX_HALF_H
#define TERCET_TEST_EMULATORS_PTX_HALF_H

#include <cmath>
#include <cstdint>
#include <cstring>

namespace tercet::emu::ptx {

enum class Round { Near, Zero, Down, Up };

inline float halfToFloat(uint16_t h) {
  int exponent = h >> 10 & 31;
  float magnitude = exponent == 31 ? (h & 1023 ? NAN : INFINITY)
                    : exponent
                        ? std::ldexp(float(1024 | (h & 1023)), exponent - 25)
                        : std::ldexp(float(h & 1023), -24);
  return h & 0x8000 ? -magnitude : magnitude;
}
inline float bfloatToFloat(uint16_t b) {
  uint32_t bits = uint32_t(b) << 16;
  float f;
  memcpy(&f, &bits, 4);
  return f;
}

/// A finite magnitude as a multiple of `unit`, rounded; the sign tells which
/// way down is.
inline double roundTo(double magnitude, double unit, Round mode,
                      bool negative) {
  double scaled = magnitude / unit, whole = std::floor(scaled),
         rest = scaled - whole;
  bool up = false;
  switch (mode) {
  case Round::Near:
    up = rest > 0.5 || (rest == 0.5 && std::fmod(whole, 2) == 1);
    break;
  case Round::Zero:
    break;
  case Round::Down:
    up = negative && rest > 0;
    break;
  case Round::Up:
    up = !negative && rest > 0;
    break;
  }
  return (whole + up) * unit;
}

/// Rounds a double to a format of `mantissa` bits (without the hidden one) and
/// exponents from `least` (of the smallest normal) to `greatest`. Doubles hold
/// sums and products of halves exactly, so nothing is rounded twice.
inline uint16_t narrow(double value, Round mode, int mantissa, int least,
                       int greatest) {
  uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  int top = greatest - least + 2;
  uint16_t infinity = static_cast<uint16_t>(top << mantissa);
  if (std::isnan(value))
    return 0x7fff;
  double magnitude = std::fabs(value);
  if (std::isinf(value))
    return sign | infinity;
  int exponent =
      magnitude == 0 ? least : std::max(std::ilogb(magnitude), least);
  magnitude =
      roundTo(magnitude, std::ldexp(1.0, exponent - mantissa), mode, sign);
  if (magnitude == 0)
    return sign;
  exponent = std::max(std::ilogb(magnitude), least);
  if (exponent > greatest) {
    bool toInfinity = mode == Round::Near || (mode == Round::Up && !sign) ||
                      (mode == Round::Down && sign);
    return sign | static_cast<uint16_t>(toInfinity ? infinity : infinity - 1);
  }
  auto units = static_cast<uint32_t>(
      std::ldexp(magnitude, mantissa - exponent)); // with the hidden bit
  bool normal = units >> mantissa;
  uint32_t field = normal ? exponent - least + 1 : 0;
  return static_cast<uint16_t>(sign | field << mantissa |
                               (units & ((1u << mantissa) - 1)));
}
inline uint16_t doubleToHalf(double v, Round mode = Round::Near) {
  return narrow(v, mode, 10, -14, 15);
}
inline uint16_t doubleToBfloat(double v, Round mode = Round::Near) {
  return narrow(v, mode, 7, -126, 127);
}

} // namespace tercet::emu::ptx

#endif
