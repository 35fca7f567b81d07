//===- ScalarCompare.cpp - comparisons into SCC ---------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Scalar.h"

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

using u32 = uint32_t;
using i32 = int32_t;
using u64 = uint64_t;

template <class T> static bool eq(T a, T b) { return a == b; }
template <class T> static bool ne(T a, T b) { return a != b; }
template <class T> static bool gt(T a, T b) { return a > b; }
template <class T> static bool ge(T a, T b) { return a >= b; }
template <class T> static bool lt(T a, T b) { return a < b; }
template <class T> static bool le(T a, T b) { return a <= b; }
template <class T> static bool bit0(T a, u32 b) {
  return !(a >> (b & (sizeof(T) * 8 - 1)) & 1);
}
template <class T> static bool bit1(T a, u32 b) { return !bit0<T>(a, b); }

void amdgpu::addScalarCompare(Table &t) {
  constexpr unsigned i = kImmediate, u = kImmediate | kUnsigned;
  t.insert(
      t.end(),
      {sop<eq<i32>>("s_cmp_eq_i32"),     sop<ne<i32>>("s_cmp_lg_i32"),
       sop<gt<i32>>("s_cmp_gt_i32"),     sop<ge<i32>>("s_cmp_ge_i32"),
       sop<lt<i32>>("s_cmp_lt_i32"),     sop<le<i32>>("s_cmp_le_i32"),
       sop<eq<u32>>("s_cmp_eq_u32"),     sop<ne<u32>>("s_cmp_lg_u32"),
       sop<gt<u32>>("s_cmp_gt_u32"),     sop<ge<u32>>("s_cmp_ge_u32"),
       sop<lt<u32>>("s_cmp_lt_u32"),     sop<le<u32>>("s_cmp_le_u32"),
       sop<eq<u64>>("s_cmp_eq_u64"),     sop<ne<u64>>("s_cmp_lg_u64"),
       sop<bit0<u32>>("s_bitcmp0_b32"),  sop<bit1<u32>>("s_bitcmp1_b32"),
       sop<bit0<u64>>("s_bitcmp0_b64"),  sop<bit1<u64>>("s_bitcmp1_b64"),
       sop<eq<i32>>("s_cmpk_eq_i32", i), sop<ne<i32>>("s_cmpk_lg_i32", i),
       sop<gt<i32>>("s_cmpk_gt_i32", i), sop<ge<i32>>("s_cmpk_ge_i32", i),
       sop<lt<i32>>("s_cmpk_lt_i32", i), sop<le<i32>>("s_cmpk_le_i32", i),
       sop<eq<u32>>("s_cmpk_eq_u32", u), sop<ne<u32>>("s_cmpk_lg_u32", u),
       sop<gt<u32>>("s_cmpk_gt_u32", u), sop<ge<u32>>("s_cmpk_ge_u32", u),
       sop<lt<u32>>("s_cmpk_lt_u32", u), sop<le<u32>>("s_cmpk_le_u32", u)});
}
