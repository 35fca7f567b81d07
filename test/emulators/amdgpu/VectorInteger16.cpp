//===- VectorInteger16.cpp - integers of 16 bits --------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Decoder.h"

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

using u16 = uint16_t;
using i16 = int16_t;
using u32 = uint32_t;
using i32 = int32_t;

static u16 saturateU(i32 x) { return u16(x < 0 ? 0 : x > 65535 ? 65535 : x); }
static i16 saturateI(i32 x) {
  return i16(x < -32768 ? -32768 : x > 32767 ? 32767 : x);
}

static u16 mov(u16 a) { return a; }
static u16 bitNot(u16 a) { return u16(~a); }
static u16 bitAnd(u16 a, u16 b) { return a & b; }
static u16 bitOr(u16 a, u16 b) { return a | b; }
static u16 bitXor(u16 a, u16 b) { return a ^ b; }
static u16 cndmask(u16 a, u16 b, Bit c) { return c.v ? b : a; }
static u16 add(u16 a, u16 b) { return u16(a + b); }
static u16 addClamp(u16 a, u16 b) { return saturateU(a + b); }
static u16 sub(u16 a, u16 b) { return u16(a - b); }
static u16 subClamp(u16 a, u16 b) { return saturateU(a - b); }
static u16 subrev(u16 a, u16 b) { return u16(b - a); }
static u16 subrevClamp(u16 a, u16 b) { return saturateU(b - a); }
static i16 addI(i16 a, i16 b) { return i16(a + b); }
static i16 addIClamp(i16 a, i16 b) { return saturateI(a + b); }
static i16 subI(i16 a, i16 b) { return i16(a - b); }
static i16 subIClamp(i16 a, i16 b) { return saturateI(a - b); }
static u16 mulLo(u16 a, u16 b) { return u16(u32(a) * b); }
static u16 mad(u16 a, u16 b, u16 c) { return u16(u32(a) * b + c); }
static u16 madClamp(u16 a, u16 b, u16 c) {
  uint64_t r = uint64_t(a) * b + c;
  return u16(r > 65535 ? 65535 : r);
}
static i16 madI(i16 a, i16 b, i16 c) { return i16(i32(a) * b + c); }
static i16 madIClamp(i16 a, i16 b, i16 c) { return saturateI(i32(a) * b + c); }
static u32 madU32(u16 a, u16 b, u32 c) { return u32(a) * b + c; }
static u32 madI32(i16 a, i16 b, u32 c) { return u32(i32(a) * b) + c; }
static u32 madU32Clamp(u16 a, u16 b, u32 c) {
  uint64_t r = uint64_t(a) * b + c;
  return r >> 32 ? ~0u : u32(r);
}
static u32 madI32Clamp(i16 a, i16 b, i32 c) {
  int64_t r = int64_t(a) * b + c;
  return u32(r > INT32_MAX ? INT32_MAX : r < INT32_MIN ? INT32_MIN : r);
}
static u16 minU(u16 a, u16 b) { return a < b ? a : b; }
static u16 maxU(u16 a, u16 b) { return a > b ? a : b; }
static i16 minI(i16 a, i16 b) { return a < b ? a : b; }
static i16 maxI(i16 a, i16 b) { return a > b ? a : b; }
static u16 min3U(u16 a, u16 b, u16 c) { return minU(minU(a, b), c); }
static u16 max3U(u16 a, u16 b, u16 c) { return maxU(maxU(a, b), c); }
static i16 min3I(i16 a, i16 b, i16 c) { return minI(minI(a, b), c); }
static i16 max3I(i16 a, i16 b, i16 c) { return maxI(maxI(a, b), c); }
static u16 med3U(u16 a, u16 b, u16 c) {
  return maxU(minU(a, b), minU(maxU(a, b), c));
}
static i16 med3I(i16 a, i16 b, i16 c) {
  return maxI(minI(a, b), minI(maxI(a, b), c));
}
static u16 lshlrev(u16 a, u16 b) { return u16(b << (a & 15)); }
static u16 lshrrev(u16 a, u16 b) { return u16(b >> (a & 15)); }
static i16 ashrrev(u16 a, i16 b) { return i16(b >> (a & 15)); }

void amdgpu::addVectorInteger16(Table &t) {
  t.insert(t.end(), {vop<mov>("v_mov_b16"),
                     vop<bitNot>("v_not_b16"),
                     vop<bitAnd>("v_and_b16"),
                     vop<bitOr>("v_or_b16"),
                     vop<bitXor>("v_xor_b16"),
                     vop<cndmask>("v_cndmask_b16"),
                     vopClamp<add, addClamp>("v_add_u16"),
                     vopClamp<add, addClamp>("v_add_nc_u16"),
                     vopClamp<sub, subClamp>("v_sub_u16"),
                     vopClamp<sub, subClamp>("v_sub_nc_u16"),
                     vopClamp<subrev, subrevClamp>("v_subrev_u16"),
                     vopClamp<addI, addIClamp>("v_add_i16"),
                     vopClamp<addI, addIClamp>("v_add_nc_i16"),
                     vopClamp<subI, subIClamp>("v_sub_i16"),
                     vopClamp<subI, subIClamp>("v_sub_nc_i16"),
                     vop<mulLo>("v_mul_lo_u16"),
                     vopClamp<mad, madClamp>("v_mad_legacy_u16"),
                     vopClamp<mad, madClamp>("v_mad_u16", kKeepHigh),
                     vopClamp<madI, madIClamp>("v_mad_legacy_i16"),
                     vopClamp<madI, madIClamp>("v_mad_i16", kKeepHigh),
                     vopClamp<madU32, madU32Clamp>("v_mad_u32_u16"),
                     vopClamp<madI32, madI32Clamp>("v_mad_i32_i16"),
                     vop<minU>("v_min_u16"),
                     vop<maxU>("v_max_u16"),
                     vop<minI>("v_min_i16"),
                     vop<maxI>("v_max_i16"),
                     vop<min3U>("v_min3_u16", kKeepHigh),
                     vop<max3U>("v_max3_u16", kKeepHigh),
                     vop<med3U>("v_med3_u16", kKeepHigh),
                     vop<min3I>("v_min3_i16", kKeepHigh),
                     vop<max3I>("v_max3_i16", kKeepHigh),
                     vop<med3I>("v_med3_i16", kKeepHigh),
                     vop<lshlrev>("v_lshlrev_b16"),
                     vop<lshrrev>("v_lshrrev_b16"),
                     vop<ashrrev>("v_ashrrev_i16")});
  t.insert(t.end(), {vopClamp<add, addClamp>("v_pk_add_u16", kPacked),
                     vopClamp<sub, subClamp>("v_pk_sub_u16", kPacked),
                     vopClamp<addI, addIClamp>("v_pk_add_i16", kPacked),
                     vopClamp<subI, subIClamp>("v_pk_sub_i16", kPacked),
                     vop<mulLo>("v_pk_mul_lo_u16", kPacked),
                     vopClamp<mad, madClamp>("v_pk_mad_u16", kPacked),
                     vopClamp<madI, madIClamp>("v_pk_mad_i16", kPacked),
                     vop<minU>("v_pk_min_u16", kPacked),
                     vop<maxU>("v_pk_max_u16", kPacked),
                     vop<minI>("v_pk_min_i16", kPacked),
                     vop<maxI>("v_pk_max_i16", kPacked),
                     vop<lshlrev>("v_pk_lshlrev_b16", kPacked),
                     vop<lshrrev>("v_pk_lshrrev_b16", kPacked),
                     vop<ashrrev>("v_pk_ashrrev_i16", kPacked)});
}
