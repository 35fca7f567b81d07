//===- VectorConvert.cpp - conversions ------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A real becomes an integer towards zero and saturates; a NaN becomes 0.
//
//===----------------------------------------------------------------------===//
#include "Decoder.h"
#include "Reals.h"

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

using u32 = uint32_t;
using i32 = int32_t;
using u16 = uint16_t;
using i16 = int16_t;

static i32 toI32(float x) {
  i32 r = x >= 0x1p31f ? INT32_MAX : x >= -0x1p31f ? i32(x) : INT32_MIN;
  return x != x ? 0 : r;
}
static u32 toU32(float x) {
  return x >= 0x1p32f ? ~0u : x > 0 ? u32(int64_t(x)) : 0;
}
static i32 toI32d(double x) {
  i32 r = x >= 0x1p31 ? INT32_MAX : x > -0x1p31 - 1 ? i32(x) : INT32_MIN;
  return x != x ? 0 : r;
}
static u32 toU32d(double x) {
  return x >= 0x1p32 ? ~0u : x > 0 ? u32(int64_t(x)) : 0;
}
static i16 toI16(float x) {
  i32 r = x >= 32767 ? 32767 : x > -32768 ? i32(x) : -32768;
  return i16(x != x ? 0 : r);
}
static u16 toU16(float x) {
  return u16(x >= 65535 ? 65535 : x > 0 ? i32(x) : 0);
}
static i16 halfToI16(Half x) { return toI16(get(x)); }
static u16 halfToU16(Half x) { return toU16(get(x)); }

static float fromI32(i32 x) { return float(x); }
static float fromU32(u32 x) { return float(x); }
static double fromI32d(i32 x) { return x; }
static double fromU32d(u32 x) { return x; }
static Half halfFromI16(i16 x) { return put<Half>(x); }
static Half halfFromU16(u16 x) { return put<Half>(x); }
static float singleOf(double x) { return float(x); }
static double doubleOfSingle(float x) { return x; }
static Half halfOfSingle(float x) { return put<Half>(x); }
static float singleOfHalf(Half x) { return get(x); }
template <unsigned K> static float fromByte(u32 x) {
  return float(x >> 8 * K & 0xff);
}
static i32 nearestI32(float x) { return toI32(std::floor(x + 0.5f)); }
static i32 floorI32(float x) { return toI32(std::floor(x)); }
/// Four bits, signed, in sixteenths.
static float fromI4(u32 x) { return float(i32(x << 28) >> 28) * 0.0625f; }
static i32 fromI16(i16 x) { return x; }
static u32 fromU16(u16 x) { return x; }

static u32 pack(u32 low, u32 high) { return (low & 0xffff) | high << 16; }
static u32 packRtz(float a, float b) {
  return pack(halfOf(a, 3).bits, halfOf(b, 3).bits);
}
static u32 packHalves(Half a, Half b) { return pack(a.bits, b.bits); }
static i32 clampI16(i32 x) {
  return x < -32768 ? -32768 : x > 32767 ? 32767 : x;
}
static u32 packI16(i32 a, i32 b) {
  return pack(u32(clampI16(a)), u32(clampI16(b)));
}
static u32 packU16(u32 a, u32 b) {
  return pack(a > 65535 ? 65535 : a, b > 65535 ? 65535 : b);
}
static u32 packI16f(float a, float b) {
  return pack(u32(toI16(a)), u32(toI16(b)));
}
static u32 packU16f(float a, float b) { return pack(toU16(a), toU16(b)); }
static u32 satPackU8(u32 x) {
  u32 r = 0;
  for (unsigned k = 0; k < 2; ++k) {
    i16 v = i16(x >> 16 * k);
    r |= u32(v < 0 ? 0 : v > 255 ? 255 : v) << 8 * k;
  }
  return r;
}

void amdgpu::addVectorConvert(Table &t) {
  t.insert(t.end(), {vop<toI32>("v_cvt_i32_f32"),
                     vop<toU32>("v_cvt_u32_f32"),
                     vop<toI32d>("v_cvt_i32_f64"),
                     vop<toU32d>("v_cvt_u32_f64"),
                     vop<halfToI16>("v_cvt_i16_f16"),
                     vop<halfToU16>("v_cvt_u16_f16"),
                     vop<fromI32>("v_cvt_f32_i32"),
                     vop<fromU32>("v_cvt_f32_u32"),
                     vop<fromI32d>("v_cvt_f64_i32"),
                     vop<fromU32d>("v_cvt_f64_u32"),
                     vop<halfFromI16>("v_cvt_f16_i16"),
                     vop<halfFromU16>("v_cvt_f16_u16"),
                     vop<singleOf>("v_cvt_f32_f64"),
                     vop<doubleOfSingle>("v_cvt_f64_f32"),
                     vop<halfOfSingle>("v_cvt_f16_f32"),
                     vop<singleOfHalf>("v_cvt_f32_f16"),
                     vop<fromByte<0>>("v_cvt_f32_ubyte0"),
                     vop<fromByte<1>>("v_cvt_f32_ubyte1"),
                     vop<fromByte<2>>("v_cvt_f32_ubyte2"),
                     vop<fromByte<3>>("v_cvt_f32_ubyte3"),
                     vop<nearestI32>("v_cvt_rpi_i32_f32"),
                     vop<nearestI32>("v_cvt_nearest_i32_f32"),
                     vop<floorI32>("v_cvt_flr_i32_f32"),
                     vop<floorI32>("v_cvt_floor_i32_f32"),
                     vop<fromI4>("v_cvt_off_f32_i4"),
                     vop<fromI16>("v_cvt_i32_i16"),
                     vop<fromU16>("v_cvt_u32_u16"),
                     vop<packRtz>("v_cvt_pkrtz_f16_f32"),
                     vop<packRtz>("v_cvt_pk_rtz_f16_f32"),
                     vop<packHalves>("v_pack_b32_f16"),
                     vop<packI16>("v_cvt_pk_i16_i32"),
                     vop<packU16>("v_cvt_pk_u16_u32"),
                     vop<packI16f>("v_cvt_pk_i16_f32"),
                     vop<packU16f>("v_cvt_pk_u16_f32"),
                     vop<satPackU8>("v_sat_pk_u8_i16")});
}
