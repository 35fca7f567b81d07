//===- VectorCompare.cpp - comparisons into masks of lanes ----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Decoder.h"

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

static float plain(Half x) { return toFloat(x); }
template <class T> static T plain(T x) { return x; }

template <class T> static bool never(T, T) { return false; }
template <class T> static bool always(T, T) { return true; }
template <class T> static bool lt(T a, T b) { return plain(a) < plain(b); }
template <class T> static bool eq(T a, T b) { return plain(a) == plain(b); }
template <class T> static bool le(T a, T b) { return plain(a) <= plain(b); }
template <class T> static bool gt(T a, T b) { return plain(a) > plain(b); }
template <class T> static bool ge(T a, T b) { return plain(a) >= plain(b); }
template <class T> static bool ne(T a, T b) { return plain(a) != plain(b); }
template <class T> static bool lg(T a, T b) {
  return plain(a) < plain(b) || plain(a) > plain(b);
}
template <class T> static bool o(T a, T b) {
  return plain(a) == plain(a) && plain(b) == plain(b);
}
template <class T> static bool u(T a, T b) { return !o(a, b); }
template <class T> static bool nge(T a, T b) { return !ge(a, b); }
template <class T> static bool nlg(T a, T b) { return !lg(a, b); }
template <class T> static bool ngt(T a, T b) { return !gt(a, b); }
template <class T> static bool nle(T a, T b) { return !le(a, b); }
template <class T> static bool nlt(T a, T b) { return !lt(a, b); }

/// Bits of the mask: signalling NaN, quiet NaN, -inf, -normal, -denormal, -0,
/// 0, denormal, normal, inf.
static bool classify(bool negative, unsigned exponent, unsigned top,
                     uint64_t fraction, bool quiet, uint32_t mask) {
  unsigned bit = exponent == top ? (fraction   ? quiet
                                    : negative ? 2
                                               : 9)
                 : exponent      ? (negative ? 3 : 8)
                 : fraction      ? (negative ? 4 : 7)
                                 : (negative ? 5 : 6);
  return mask >> bit & 1;
}
static bool class32(float x, uint32_t mask) {
  uint32_t b = bitsOf(x);
  return classify(b >> 31, b >> 23 & 255, 255, b & 0x7fffff, b >> 22 & 1, mask);
}
static bool class64(double x, uint32_t mask) {
  uint64_t b = bitsOf(x);
  return classify(b >> 63, b >> 52 & 2047, 2047, b << 12, b >> 51 & 1, mask);
}
static bool class16(Half x, uint16_t mask) {
  unsigned b = x.bits;
  return classify(b >> 15, b >> 10 & 31, 31, b & 0x3ff, b >> 9 & 1, mask);
}

template <auto F>
static void both(Table &t, const char *what, const char *type,
                 unsigned flags = 0) {
  for (const char *prefix : {"v_cmp_", "v_cmpx_"})
    t.push_back(vop<F>(prefix + std::string(what) + "_" + type, flags));
}

template <class T> static void addInteger(Table &t, const char *type) {
  both<never<T>>(t, "f", type);
  both<lt<T>>(t, "lt", type);
  both<eq<T>>(t, "eq", type);
  both<le<T>>(t, "le", type);
  both<gt<T>>(t, "gt", type);
  both<ne<T>>(t, "ne", type);
  both<ge<T>>(t, "ge", type);
  both<always<T>>(t, "t", type);
}

template <class T> static void addReal(Table &t, const char *type) {
  both<never<T>>(t, "f", type);
  both<lt<T>>(t, "lt", type);
  both<eq<T>>(t, "eq", type);
  both<le<T>>(t, "le", type);
  both<gt<T>>(t, "gt", type);
  both<lg<T>>(t, "lg", type);
  both<ge<T>>(t, "ge", type);
  both<o<T>>(t, "o", type);
  both<u<T>>(t, "u", type);
  both<nge<T>>(t, "nge", type);
  both<nlg<T>>(t, "nlg", type);
  both<ngt<T>>(t, "ngt", type);
  both<nle<T>>(t, "nle", type);
  both<ne<T>>(t, "neq", type);
  both<nlt<T>>(t, "nlt", type);
  both<always<T>>(t, "tru", type);
  both<always<T>>(t, "t", type);
}

void amdgpu::addVectorCompare(Table &t) {
  addInteger<int16_t>(t, "i16");
  addInteger<uint16_t>(t, "u16");
  addInteger<int32_t>(t, "i32");
  addInteger<uint32_t>(t, "u32");
  addInteger<int64_t>(t, "i64");
  addInteger<uint64_t>(t, "u64");
  addReal<Half>(t, "f16");
  addReal<float>(t, "f32");
  addReal<double>(t, "f64");
  both<class16>(t, "class", "f16", kNearest);
  both<class32>(t, "class", "f32", kNearest);
  both<class64>(t, "class", "f64", kNearest);
}
