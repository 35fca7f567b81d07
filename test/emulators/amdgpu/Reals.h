//===- Reals.h - arithmetic in three precisions -----------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operations that half, single and double share. Halves are computed in single
// precision and rounded once more, which is exact for +, -, *: 24 bits are more
// than twice 11 and two. A fused multiply-add of halves is computed in double:
// the product has 22 bits, and where the sum needs more than 53 the smaller
// part lies below every rounding of the larger.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_AMDGPU_REALS_H
#define TERCET_TEST_EMULATORS_AMDGPU_REALS_H

#include "Lanes.h"
#include <cmath>

namespace tercet::emu::amdgpu {

inline unsigned halfRound() { return currentMode >> 2 & 3; }

inline float get(Half x) { return toFloat(x); }
inline float get(float x) { return x; }
inline double get(double x) { return x; }

template <class T> T put(double x);
template <> inline Half put<Half>(double x) { return halfOf(x, halfRound()); }
template <> inline float put<float>(double x) { return static_cast<float>(x); }
template <> inline double put<double>(double x) { return x; }

inline uint64_t rawBits(Half x) { return x.bits; }
inline uint64_t rawBits(float x) { return bitsOf(x); }
inline uint64_t rawBits(double x) { return bitsOf(x); }
inline bool isQuiet(Half x) { return x.bits >> 9 & 1; }
inline bool isQuiet(float x) { return bitsOf(x) >> 22 & 1; }
inline bool isQuiet(double x) { return bitsOf(x) >> 51 & 1; }
inline Half quiet(Half x) { return {static_cast<uint16_t>(x.bits | 0x200)}; }
inline float quiet(float x) { return floatOf(bitsOf(x) | 0x400000); }
inline double quiet(double x) {
  return doubleOf(bitsOf(x) | uint64_t(1) << 51);
}
template <class T> bool isNan(T x) { return get(x) != get(x); }
template <class T> bool isNegative(T x) {
  return rawBits(x) >> (sizeof(T) * 8 - 1);
}

template <class T> T add(T a, T b) {
  if constexpr (sizeof(T) == 2)
    return put<T>(get(a) + get(b));
  else
    return a + b;
}
template <class T> T sub(T a, T b) {
  if constexpr (sizeof(T) == 2)
    return put<T>(get(a) - get(b));
  else
    return a - b;
}
template <class T> T subrev(T a, T b) { return sub(b, a); }
template <class T> T mul(T a, T b) {
  if constexpr (sizeof(T) == 2)
    return put<T>(get(a) * get(b));
  else
    return a * b;
}
template <class T> T fma(T a, T b, T c) {
  if constexpr (sizeof(T) == 2)
    return put<T>(double(get(a)) * get(b) + get(c));
  else
    return std::fma(a, b, c);
}

/// The smaller operand; a quiet NaN gives way to a number, a signalling one
/// only outside of IEEE mode.
template <class T, bool Max> T extreme(T a, T b) {
  bool ieee = currentMode & kModeIeee;
  if (ieee && isNan(a) && !isQuiet(a))
    return quiet(a);
  if (ieee && isNan(b) && !isQuiet(b))
    return quiet(b);
  if (isNan(a))
    return b;
  if (isNan(b))
    return a;
  if (get(a) == get(b)) // zeros are ordered by their sign
    return isNegative(a) == Max ? b : a;
  return (get(a) < get(b)) != Max ? a : b;
}
template <class T> T minimum(T a, T b) { return extreme<T, false>(a, b); }
template <class T> T maximum(T a, T b) { return extreme<T, true>(a, b); }
template <class T> T min3(T a, T b, T c) { return minimum(minimum(a, b), c); }
template <class T> T max3(T a, T b, T c) { return maximum(maximum(a, b), c); }
template <class T> T minmax(T a, T b, T c) { return maximum(minimum(a, b), c); }
template <class T> T maxmin(T a, T b, T c) { return minimum(maximum(a, b), c); }
template <class T> T med3(T a, T b, T c) {
  if (isNan(a) || isNan(b) || isNan(c))
    return min3(a, b, c);
  return maximum(minimum(a, b), minimum(maximum(a, b), c));
}

template <class T> T roundEven(T x) {
  return put<T>(__builtin_elementwise_roundeven(get(x)));
}
template <class T> T truncate(T x) { return put<T>(std::trunc(get(x))); }
template <class T> T ceiling(T x) { return put<T>(std::ceil(get(x))); }
template <class T> T floored(T x) { return put<T>(std::floor(get(x))); }
/// Below 1 also where the subtraction rounds up to it.
template <class T> T fract(T x) {
  double largest = sizeof(T) == 2   ? 0x1.ffcp-1
                   : sizeof(T) == 4 ? 0x1.fffffep-1
                                    : 0x1.fffffffffffffp-1;
  double r = get(x) - std::floor(get(x));
  return put<T>(r > largest ? largest : r);
}
template <class T> T mantissa(T x) {
  if (isNan(x) || std::isinf(get(x)))
    return x;
  int e;
  return put<T>(std::frexp(get(x), &e));
}
template <class T> int32_t exponent(T x) {
  if (isNan(x) || std::isinf(get(x)) || get(x) == 0)
    return 0;
  int e;
  std::frexp(get(x), &e);
  return e;
}

} // namespace tercet::emu::amdgpu

#endif
