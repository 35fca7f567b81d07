//===- Memory.cpp - names of accesses, atomic operations ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Memory.h"
#include "Reals.h"

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

const std::vector<AccessName> amdgpu::kLoadNames = {
    {"dword", 4, 0},
    {"dwordx2", 8, 0},
    {"dwordx3", 12, 0},
    {"dwordx4", 16, 0},
    {"b32", 4, 0},
    {"b64", 8, 0},
    {"b96", 12, 0},
    {"b128", 16, 0},
    {"ubyte", 1, kZero},
    {"u8", 1, kZero},
    {"sbyte", 1, kSign},
    {"i8", 1, kSign},
    {"ushort", 2, kZero},
    {"u16", 2, kZero},
    {"sshort", 2, kSign},
    {"i16", 2, kSign},
    {"ubyte_d16", 1, kLow},
    {"u8_d16", 1, kLow},
    {"d16_u8", 1, kLow},
    {"sbyte_d16", 1, kSign | kLow},
    {"i8_d16", 1, kSign | kLow},
    {"d16_i8", 1, kSign | kLow},
    {"short_d16", 2, kLow},
    {"u16_d16", 2, kLow},
    {"d16_b16", 2, kLow},
    {"ubyte_d16_hi", 1, kHigh},
    {"u8_d16_hi", 1, kHigh},
    {"d16_hi_u8", 1, kHigh},
    {"sbyte_d16_hi", 1, kSign | kHigh},
    {"i8_d16_hi", 1, kSign | kHigh},
    {"d16_hi_i8", 1, kSign | kHigh},
    {"short_d16_hi", 2, kHigh},
    {"u16_d16_hi", 2, kHigh},
    {"d16_hi_b16", 2, kHigh},
};

const std::vector<AccessName> amdgpu::kStoreNames = {
    {"dword", 4, 0},
    {"dwordx2", 8, 0},
    {"dwordx3", 12, 0},
    {"dwordx4", 16, 0},
    {"b32", 4, 0},
    {"b64", 8, 0},
    {"b96", 12, 0},
    {"b128", 16, 0},
    {"byte", 1, 0},
    {"b8", 1, 0},
    {"short", 2, 0},
    {"b16", 2, 0},
    {"byte_d16_hi", 1, kHigh},
    {"b8_d16_hi", 1, kHigh},
    {"d16_hi_b8", 1, kHigh},
    {"short_d16_hi", 2, kHigh},
    {"b16_d16_hi", 2, kHigh},
    {"d16_hi_b16", 2, kHigh},
};

using u16 = uint16_t;
using u32 = uint32_t;
using i32 = int32_t;
using u64 = uint64_t;
using i64 = int64_t;

template <class T, T (*F)(T, T)>
static void update(char *memory, const char *data) {
  T m, d;
  memcpy(&m, memory, sizeof m);
  memcpy(&d, data, sizeof d);
  m = F(m, d);
  memcpy(memory, &m, sizeof m);
}

template <class T> static T swapOf(T, T d) { return d; }
template <class T> static T addOf(T m, T d) { return m + d; }
template <class T> static T subOf(T m, T d) { return m - d; }
template <class T> static T rsubOf(T m, T d) { return d - m; }
template <class T> static T minOf(T m, T d) { return m < d ? m : d; }
template <class T> static T maxOf(T m, T d) { return m > d ? m : d; }
template <class T> static T andOf(T m, T d) { return m & d; }
template <class T> static T orOf(T m, T d) { return m | d; }
template <class T> static T xorOf(T m, T d) { return m ^ d; }
template <class T> static T incOf(T m, T d) { return m >= d ? 0 : m + 1; }
template <class T> static T decOf(T m, T d) {
  return m == 0 || m > d ? d : m - 1;
}
static u32 pkAddHalf(u32 m, u32 d) {
  Half low = add(Half{u16(m)}, Half{u16(d)});
  Half high = add(Half{u16(m >> 16)}, Half{u16(d >> 16)});
  return low.bits | u32(high.bits) << 16;
}
static u32 pkAddBfloat(u32 m, u32 d) {
  u32 r = 0;
  for (unsigned k = 0; k < 32; k += 16)
    r |= u32(bfloatOf(bfloatToFloat(u16(m >> k)) + bfloatToFloat(u16(d >> k)),
                      0))
         << k;
  return r;
}

/// The operand's first half is written, the second compared with; of LDS on
/// gfx9 it is the other way round.
template <class T, bool Swapped>
static void compareAndSwap(char *memory, const char *data) {
  T m, d[2];
  memcpy(&m, memory, sizeof m);
  memcpy(d, data, sizeof d);
  if (m == d[Swapped ? 0 : 1])
    memcpy(memory, &d[Swapped ? 1 : 0], sizeof m);
}

#define TERCET_ATOMIC(NAME, T, F) {NAME, update<T, F>, sizeof(T), sizeof(T)}
#define TERCET_SWAP(NAME, T, SWAPPED)                                          \
  {NAME, compareAndSwap<T, SWAPPED>, sizeof(T), 2 * sizeof(T)}

const std::vector<AtomicName> amdgpu::kGlobalAtomics = {
    TERCET_ATOMIC("swap", u32, swapOf),
    TERCET_ATOMIC("swap_b32", u32, swapOf),
    TERCET_ATOMIC("swap_x2", u64, swapOf),
    TERCET_ATOMIC("swap_b64", u64, swapOf),
    TERCET_SWAP("cmpswap", u32, false),
    TERCET_SWAP("cmpswap_b32", u32, false),
    TERCET_SWAP("cmpswap_x2", u64, false),
    TERCET_SWAP("cmpswap_b64", u64, false),
    TERCET_ATOMIC("add", u32, addOf),
    TERCET_ATOMIC("add_u32", u32, addOf),
    TERCET_ATOMIC("add_x2", u64, addOf),
    TERCET_ATOMIC("add_u64", u64, addOf),
    TERCET_ATOMIC("sub", u32, subOf),
    TERCET_ATOMIC("sub_u32", u32, subOf),
    TERCET_ATOMIC("sub_x2", u64, subOf),
    TERCET_ATOMIC("sub_u64", u64, subOf),
    TERCET_ATOMIC("smin", i32, minOf),
    TERCET_ATOMIC("min_i32", i32, minOf),
    TERCET_ATOMIC("smin_x2", i64, minOf),
    TERCET_ATOMIC("min_i64", i64, minOf),
    TERCET_ATOMIC("umin", u32, minOf),
    TERCET_ATOMIC("min_u32", u32, minOf),
    TERCET_ATOMIC("umin_x2", u64, minOf),
    TERCET_ATOMIC("min_u64", u64, minOf),
    TERCET_ATOMIC("smax", i32, maxOf),
    TERCET_ATOMIC("max_i32", i32, maxOf),
    TERCET_ATOMIC("smax_x2", i64, maxOf),
    TERCET_ATOMIC("max_i64", i64, maxOf),
    TERCET_ATOMIC("umax", u32, maxOf),
    TERCET_ATOMIC("max_u32", u32, maxOf),
    TERCET_ATOMIC("umax_x2", u64, maxOf),
    TERCET_ATOMIC("max_u64", u64, maxOf),
    TERCET_ATOMIC("and", u32, andOf),
    TERCET_ATOMIC("and_b32", u32, andOf),
    TERCET_ATOMIC("and_x2", u64, andOf),
    TERCET_ATOMIC("and_b64", u64, andOf),
    TERCET_ATOMIC("or", u32, orOf),
    TERCET_ATOMIC("or_b32", u32, orOf),
    TERCET_ATOMIC("or_x2", u64, orOf),
    TERCET_ATOMIC("or_b64", u64, orOf),
    TERCET_ATOMIC("xor", u32, xorOf),
    TERCET_ATOMIC("xor_b32", u32, xorOf),
    TERCET_ATOMIC("xor_x2", u64, xorOf),
    TERCET_ATOMIC("xor_b64", u64, xorOf),
    TERCET_ATOMIC("inc", u32, incOf),
    TERCET_ATOMIC("inc_u32", u32, incOf),
    TERCET_ATOMIC("inc_x2", u64, incOf),
    TERCET_ATOMIC("inc_u64", u64, incOf),
    TERCET_ATOMIC("dec", u32, decOf),
    TERCET_ATOMIC("dec_u32", u32, decOf),
    TERCET_ATOMIC("dec_x2", u64, decOf),
    TERCET_ATOMIC("dec_u64", u64, decOf),
    TERCET_ATOMIC("add_f32", float, addOf),
    TERCET_ATOMIC("min_f32", float, minimum),
    TERCET_ATOMIC("max_f32", float, maximum),
    TERCET_ATOMIC("add_f64", double, addOf),
    TERCET_ATOMIC("min_f64", double, minimum),
    TERCET_ATOMIC("max_f64", double, maximum),
    TERCET_ATOMIC("pk_add_f16", u32, pkAddHalf),
    TERCET_ATOMIC("pk_add_bf16", u32, pkAddBfloat),
};

const std::vector<AtomicName> amdgpu::kSharedAtomics = {
    TERCET_ATOMIC("add_u32", u32, addOf),
    TERCET_ATOMIC("add_u64", u64, addOf),
    TERCET_ATOMIC("sub_u32", u32, subOf),
    TERCET_ATOMIC("sub_u64", u64, subOf),
    TERCET_ATOMIC("rsub_u32", u32, rsubOf),
    TERCET_ATOMIC("rsub_u64", u64, rsubOf),
    TERCET_ATOMIC("inc_u32", u32, incOf),
    TERCET_ATOMIC("inc_u64", u64, incOf),
    TERCET_ATOMIC("dec_u32", u32, decOf),
    TERCET_ATOMIC("dec_u64", u64, decOf),
    TERCET_ATOMIC("min_i32", i32, minOf),
    TERCET_ATOMIC("min_i64", i64, minOf),
    TERCET_ATOMIC("max_i32", i32, maxOf),
    TERCET_ATOMIC("max_i64", i64, maxOf),
    TERCET_ATOMIC("min_u32", u32, minOf),
    TERCET_ATOMIC("min_u64", u64, minOf),
    TERCET_ATOMIC("max_u32", u32, maxOf),
    TERCET_ATOMIC("max_u64", u64, maxOf),
    TERCET_ATOMIC("and_b32", u32, andOf),
    TERCET_ATOMIC("and_b64", u64, andOf),
    TERCET_ATOMIC("or_b32", u32, orOf),
    TERCET_ATOMIC("or_b64", u64, orOf),
    TERCET_ATOMIC("xor_b32", u32, xorOf),
    TERCET_ATOMIC("xor_b64", u64, xorOf),
    TERCET_ATOMIC("add_f32", float, addOf),
    TERCET_ATOMIC("add_f64", double, addOf),
    TERCET_ATOMIC("min_f32", float, minimum),
    TERCET_ATOMIC("max_f32", float, maximum),
    TERCET_ATOMIC("min_f64", double, minimum),
    TERCET_ATOMIC("max_f64", double, maximum),
    TERCET_ATOMIC("pk_add_f16", u32, pkAddHalf),
    TERCET_ATOMIC("pk_add_bf16", u32, pkAddBfloat),
    TERCET_SWAP("cmpst_b32", u32, true),
    TERCET_SWAP("cmpst_b64", u64, true),
    TERCET_SWAP("cmpstore_b32", u32, false),
    TERCET_SWAP("cmpstore_b64", u64, false),
    TERCET_ATOMIC("wrxchg_b32", u32, swapOf),
    TERCET_ATOMIC("wrxchg_b64", u64, swapOf),
    TERCET_ATOMIC("storexchg_b32", u32, swapOf),
    TERCET_ATOMIC("storexchg_b64", u64, swapOf),
};
