//===- VectorInteger.cpp - integers of 32 and 64 bits ---------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Decoder.h"

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

using u32 = uint32_t;
using i32 = int32_t;
using u64 = uint64_t;
using i64 = int64_t;
using C32 = WithBit<u32>;

static u32 mov32(u32 a) { return a; }
static u64 mov64(u64 a) { return a; }
static u32 bitNot(u32 a) { return ~a; }
static u32 bitAnd(u32 a, u32 b) { return a & b; }
static u32 bitOr(u32 a, u32 b) { return a | b; }
static u32 bitXor(u32 a, u32 b) { return a ^ b; }
static u32 bitXnor(u32 a, u32 b) { return ~(a ^ b); }
static u32 add(u32 a, u32 b) { return a + b; }
static u32 addClamp(u32 a, u32 b) { return a + b < a ? ~0u : a + b; }
static u32 sub(u32 a, u32 b) { return a - b; }
static u32 subClamp(u32 a, u32 b) { return a < b ? 0 : a - b; }
static u32 subrev(u32 a, u32 b) { return b - a; }
static u32 subrevClamp(u32 a, u32 b) { return subClamp(b, a); }
static u32 saturate(i64 r) {
  return u32(r > INT32_MAX ? INT32_MAX : r < INT32_MIN ? INT32_MIN : r);
}
static u32 addI32(u32 a, u32 b) { return a + b; }
static u32 addI32Clamp(i32 a, i32 b) { return saturate(i64(a) + b); }
static u32 subI32(u32 a, u32 b) { return a - b; }
static u32 subI32Clamp(i32 a, i32 b) { return saturate(i64(a) - b); }

static C32 addCo(u32 a, u32 b) { return {a + b, u32(a + b < a)}; }
static C32 subCo(u32 a, u32 b) { return {a - b, u32(a < b)}; }
static C32 subrevCo(u32 a, u32 b) { return subCo(b, a); }
static C32 addCi(u32 a, u32 b, Bit c) {
  u64 r = u64(a) + b + c.v;
  return {u32(r), u32(r >> 32)};
}
static C32 subCi(u32 a, u32 b, Bit c) {
  return {a - b - c.v, u32(u64(b) + c.v > a)};
}
static C32 subrevCi(u32 a, u32 b, Bit c) { return subCi(b, a, c); }
static u32 cndmask(u32 a, u32 b, Bit c) { return c.v ? b : a; }

static u32 mulLo(u32 a, u32 b) { return a * b; }
static u32 mulHiU(u32 a, u32 b) { return u32(u64(a) * b >> 32); }
static u32 mulHiI(i32 a, i32 b) { return u32(i64(a) * b >> 32); }
static i32 low24(u32 a) { return i32(a << 8) >> 8; }
static u32 mulU24(u32 a, u32 b) { return (a & 0xffffff) * (b & 0xffffff); }
static u32 mulHiU24(u32 a, u32 b) {
  return u32(u64(a & 0xffffff) * (b & 0xffffff) >> 32);
}
static u32 mulI24(u32 a, u32 b) { return u32(i64(low24(a)) * low24(b)); }
static u32 mulHiI24(u32 a, u32 b) {
  return u32(i64(low24(a)) * low24(b) >> 32);
}
static u32 madU24(u32 a, u32 b, u32 c) { return mulU24(a, b) + c; }
static u32 madU24Clamp(u32 a, u32 b, u32 c) {
  u64 r = u64(a & 0xffffff) * (b & 0xffffff) + c;
  return r >> 32 ? ~0u : u32(r);
}
static u32 madI24(u32 a, u32 b, u32 c) { return mulI24(a, b) + c; }
static u32 madI24Clamp(u32 a, u32 b, i32 c) {
  return saturate(i64(low24(a)) * low24(b) + c);
}
static WithBit<u64> madU64(u32 a, u32 b, u64 c) {
  u64 r = u64(a) * b + c;
  return {r, u32(r < c)};
}
static WithBit<u64> madI64(i32 a, i32 b, i64 c) {
  __int128 r = __int128(i64(a) * b) + c;
  return {u64(r), u32(r != i64(r))};
}

static u32 minU(u32 a, u32 b) { return a < b ? a : b; }
static u32 maxU(u32 a, u32 b) { return a > b ? a : b; }
static i32 minI(i32 a, i32 b) { return a < b ? a : b; }
static i32 maxI(i32 a, i32 b) { return a > b ? a : b; }
static u32 min3U(u32 a, u32 b, u32 c) { return minU(minU(a, b), c); }
static u32 max3U(u32 a, u32 b, u32 c) { return maxU(maxU(a, b), c); }
static i32 min3I(i32 a, i32 b, i32 c) { return minI(minI(a, b), c); }
static i32 max3I(i32 a, i32 b, i32 c) { return maxI(maxI(a, b), c); }
static u32 med3U(u32 a, u32 b, u32 c) {
  return maxU(minU(a, b), minU(maxU(a, b), c));
}
static i32 med3I(i32 a, i32 b, i32 c) {
  return maxI(minI(a, b), minI(maxI(a, b), c));
}
static u32 minmaxU(u32 a, u32 b, u32 c) { return maxU(minU(a, b), c); }
static u32 maxminU(u32 a, u32 b, u32 c) { return minU(maxU(a, b), c); }
static i32 minmaxI(i32 a, i32 b, i32 c) { return maxI(minI(a, b), c); }
static i32 maxminI(i32 a, i32 b, i32 c) { return minI(maxI(a, b), c); }

static u32 lshl(u32 a, u32 b) { return a << (b & 31); }
static u32 lshr(u32 a, u32 b) { return a >> (b & 31); }
static i32 ashr(i32 a, u32 b) { return a >> (b & 31); }
static u32 lshlrev(u32 a, u32 b) { return lshl(b, a); }
static u32 lshrrev(u32 a, u32 b) { return lshr(b, a); }
static i32 ashrrev(u32 a, i32 b) { return ashr(b, a); }
static u64 lshlrev64(u32 a, u64 b) { return b << (a & 63); }
static u64 lshrrev64(u32 a, u64 b) { return b >> (a & 63); }
static i64 ashrrev64(u32 a, i64 b) { return b >> (a & 63); }
static u32 lshlAdd(u32 a, u32 b, u32 c) { return (a << (b & 31)) + c; }
static u64 lshlAdd64(u64 a, u32 b, u64 c) { return (a << (b & 7)) + c; }
static u32 addLshl(u32 a, u32 b, u32 c) { return (a + b) << (c & 31); }
static u32 xad(u32 a, u32 b, u32 c) { return (a ^ b) + c; }
static u32 add3(u32 a, u32 b, u32 c) { return a + b + c; }
static u32 lshlOr(u32 a, u32 b, u32 c) { return a << (b & 31) | c; }
static u32 andOr(u32 a, u32 b, u32 c) { return (a & b) | c; }
static u32 or3(u32 a, u32 b, u32 c) { return a | b | c; }
static u32 xor3(u32 a, u32 b, u32 c) { return a ^ b ^ c; }

static u32 bfeU(u32 a, u32 b, u32 c) {
  return a >> (b & 31) & ((1u << (c & 31)) - 1);
}
static u32 bfeI(u32 a, u32 b, u32 c) {
  u32 width = c & 31, r = bfeU(a, b, c);
  u32 sign = width ? 1u << (width - 1) : 0;
  return (r ^ sign) - sign;
}
static u32 bfi(u32 a, u32 b, u32 c) { return (a & b) | (~a & c); }
static u32 bfm(u32 a, u32 b) { return ((1u << (a & 31)) - 1) << (b & 31); }
static u32 alignbit(u32 a, u32 b, u32 c) {
  return u32((u64(a) << 32 | b) >> (c & 31));
}
static u32 alignbyte(u32 a, u32 b, u32 c) {
  return u32((u64(a) << 32 | b) >> 8 * (c & 3));
}
/// Each byte of c chooses one of the eight of {a, b}, b's being 0 to 3.
static u32 perm(u32 a, u32 b, u32 c) {
  u64 bytes = u64(a) << 32 | b;
  u32 r = 0;
  for (unsigned k = 0; k < 4; ++k) {
    u32 s = c >> 8 * k & 0xff;
    u32 byte = s < 8     ? u32(bytes >> 8 * s) & 0xff
               : s < 12  ? (bytes >> (16 * (s - 8) + 15) & 1 ? 0xff : 0)
               : s == 12 ? 0
                         : 0xff;
    r |= byte << 8 * k;
  }
  return r;
}
static u32 bfrev(u32 a) {
  a = (a >> 1 & 0x55555555) | (a & 0x55555555) << 1;
  a = (a >> 2 & 0x33333333) | (a & 0x33333333) << 2;
  a = (a >> 4 & 0x0f0f0f0f) | (a & 0x0f0f0f0f) << 4;
  a = (a >> 8 & 0x00ff00ff) | (a & 0x00ff00ff) << 8;
  return a >> 16 | a << 16;
}
static u32 ffbh(u32 a) { return a ? u32(__builtin_clz(a)) : ~0u; }
static u32 ffbl(u32 a) { return a ? u32(__builtin_ctz(a)) : ~0u; }
static u32 ffbhI(i32 a) { return ffbh(u32(a < 0 ? ~a : a)); }
static u32 bcnt(u32 a, u32 b) { return u32(__builtin_popcount(a)) + b; }

static u32 byteOf(u32 a, unsigned k) { return a >> 8 * k & 0xff; }
static u32 sad8(u32 a, u32 b, u32 c) {
  for (unsigned k = 0; k < 4; ++k) {
    u32 x = byteOf(a, k), y = byteOf(b, k);
    c += x > y ? x - y : y - x;
  }
  return c;
}
static u32 sadHi8(u32 a, u32 b, u32 c) { return (sad8(a, b, 0) << 16) + c; }
static u32 sad16(u32 a, u32 b, u32 c) {
  for (unsigned k = 0; k < 2; ++k) {
    u32 x = a >> 16 * k & 0xffff, y = b >> 16 * k & 0xffff;
    c += x > y ? x - y : y - x;
  }
  return c;
}
static u32 sad32(u32 a, u32 b, u32 c) { return (a > b ? a - b : b - a) + c; }
static u32 msad8(u32 a, u32 b, u32 c) {
  for (unsigned k = 0; k < 4; ++k) {
    u32 x = byteOf(a, k), y = byteOf(b, k);
    c += !y ? 0 : x > y ? x - y : y - x;
  }
  return c;
}
static u32 lerp8(u32 a, u32 b, u32 c) {
  u32 r = 0;
  for (unsigned k = 0; k < 4; ++k)
    r |= ((byteOf(a, k) + byteOf(b, k) + (byteOf(c, k) & 1)) >> 1) << 8 * k;
  return r;
}

void amdgpu::addVectorInteger(Table &t) {
  t.insert(t.end(), {vop<mov32>("v_mov_b32"),
                     vop<mov64>("v_mov_b64"),
                     vop<mov32>("v_accvgpr_write_b32"),
                     vop<mov32>("v_accvgpr_read_b32"),
                     vop<mov32>("v_accvgpr_mov_b32"),
                     vop<bitNot>("v_not_b32"),
                     vop<bitAnd>("v_and_b32"),
                     vop<bitOr>("v_or_b32"),
                     vop<bitXor>("v_xor_b32"),
                     vop<bitXnor>("v_xnor_b32"),
                     vopClamp<add, addClamp>("v_add_u32"),
                     vopClamp<add, addClamp>("v_add_nc_u32"),
                     vopClamp<sub, subClamp>("v_sub_u32"),
                     vopClamp<sub, subClamp>("v_sub_nc_u32"),
                     vopClamp<subrev, subrevClamp>("v_subrev_u32"),
                     vopClamp<subrev, subrevClamp>("v_subrev_nc_u32"),
                     vopClamp<addI32, addI32Clamp>("v_add_i32"),
                     vopClamp<addI32, addI32Clamp>("v_add_nc_i32"),
                     vopClamp<subI32, subI32Clamp>("v_sub_i32"),
                     vopClamp<subI32, subI32Clamp>("v_sub_nc_i32"),
                     vop<addCo>("v_add_co_u32"),
                     vop<subCo>("v_sub_co_u32"),
                     vop<subrevCo>("v_subrev_co_u32"),
                     vop<addCi>("v_addc_co_u32"),
                     vop<addCi>("v_add_co_ci_u32"),
                     vop<subCi>("v_subb_co_u32"),
                     vop<subCi>("v_sub_co_ci_u32"),
                     vop<subrevCi>("v_subbrev_co_u32"),
                     vop<subrevCi>("v_subrev_co_ci_u32"),
                     vop<cndmask>("v_cndmask_b32", kVccIn),
                     vop<mulLo>("v_mul_lo_u32"),
                     vop<mulHiU>("v_mul_hi_u32"),
                     vop<mulHiI>("v_mul_hi_i32"),
                     vop<mulU24>("v_mul_u32_u24"),
                     vop<mulHiU24>("v_mul_hi_u32_u24"),
                     vop<mulI24>("v_mul_i32_i24"),
                     vop<mulHiI24>("v_mul_hi_i32_i24"),
                     vopClamp<madU24, madU24Clamp>("v_mad_u32_u24"),
                     vopClamp<madI24, madI24Clamp>("v_mad_i32_i24"),
                     vop<madU64>("v_mad_u64_u32"),
                     vop<madI64>("v_mad_i64_i32"),
                     vop<minU>("v_min_u32"),
                     vop<maxU>("v_max_u32"),
                     vop<minI>("v_min_i32"),
                     vop<maxI>("v_max_i32"),
                     vop<min3U>("v_min3_u32"),
                     vop<max3U>("v_max3_u32"),
                     vop<med3U>("v_med3_u32"),
                     vop<min3I>("v_min3_i32"),
                     vop<max3I>("v_max3_i32"),
                     vop<med3I>("v_med3_i32"),
                     vop<minmaxU>("v_minmax_u32"),
                     vop<maxminU>("v_maxmin_u32"),
                     vop<minmaxI>("v_minmax_i32"),
                     vop<maxminI>("v_maxmin_i32"),
                     vop<lshlrev>("v_lshlrev_b32"),
                     vop<lshrrev>("v_lshrrev_b32"),
                     vop<ashrrev>("v_ashrrev_i32"),
                     vop<lshlrev64>("v_lshlrev_b64"),
                     vop<lshrrev64>("v_lshrrev_b64"),
                     vop<ashrrev64>("v_ashrrev_i64"),
                     vop<lshlAdd>("v_lshl_add_u32"),
                     vop<lshlAdd64>("v_lshl_add_u64"),
                     vop<addLshl>("v_add_lshl_u32"),
                     vop<xad>("v_xad_u32"),
                     vop<add3>("v_add3_u32"),
                     vop<lshlOr>("v_lshl_or_b32"),
                     vop<andOr>("v_and_or_b32"),
                     vop<or3>("v_or3_b32"),
                     vop<xor3>("v_xor3_b32"),
                     vop<bfeU>("v_bfe_u32"),
                     vop<bfeI>("v_bfe_i32"),
                     vop<bfi>("v_bfi_b32"),
                     vop<bfm>("v_bfm_b32"),
                     vop<alignbit>("v_alignbit_b32"),
                     vop<alignbyte>("v_alignbyte_b32"),
                     vop<perm>("v_perm_b32"),
                     vop<bfrev>("v_bfrev_b32"),
                     vop<ffbh>("v_ffbh_u32"),
                     vop<ffbh>("v_clz_i32_u32"),
                     vop<ffbl>("v_ffbl_b32"),
                     vop<ffbl>("v_ctz_i32_b32"),
                     vop<ffbhI>("v_ffbh_i32"),
                     vop<ffbhI>("v_cls_i32"),
                     vop<bcnt>("v_bcnt_u32_b32"),
                     vop<sad8>("v_sad_u8"),
                     vop<sadHi8>("v_sad_hi_u8"),
                     vop<sad16>("v_sad_u16"),
                     vop<sad32>("v_sad_u32"),
                     vop<msad8>("v_msad_u8"),
                     vop<lerp8>("v_lerp_u8")});
}
