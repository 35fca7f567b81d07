//===- Dot.cpp - dot products within a lane -------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Decoder.h"
#include "Reals.h"

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

using u16 = uint16_t;
using u32 = uint32_t;
using i32 = int32_t;
using i64 = int64_t;

/// Element k of `Bits` bits.
template <unsigned Bits, bool Signed> static i64 element(u32 x, unsigned k) {
  if constexpr (Signed)
    return i32(x << (32 - Bits * (k + 1))) >> (32 - Bits);
  else
    return x >> Bits * k & ((1u << Bits) - 1);
}

template <unsigned Bits, bool A, bool B> static i64 sum(u32 a, u32 b) {
  i64 r = 0;
  for (unsigned k = 0; k < 32 / Bits; ++k)
    r += element<Bits, A>(a, k) * element<Bits, B>(b, k);
  return r;
}

/// Where either operand is signed, so is the sum.
template <unsigned Bits, bool A, bool B> static u32 dot(u32 a, u32 b, u32 c) {
  if constexpr (Bits == 8) { // in 32 bits, which vectorises
    i32 r = 0;
    for (unsigned k = 0; k < 4; ++k) {
      i32 x = A ? i32(int8_t(a >> 8 * k)) : i32(a >> 8 * k & 255);
      i32 y = B ? i32(int8_t(b >> 8 * k)) : i32(b >> 8 * k & 255);
      r += x * y;
    }
    return u32(r) + c;
  }
  return u32(sum<Bits, A, B>(a, b)) + c;
}
template <unsigned Bits, bool A, bool B>
static u32 dotClamp(u32 a, u32 b, u32 c) {
  constexpr bool isSigned = A || B;
  i64 r = sum<Bits, A, B>(a, b) + (isSigned ? i64(i32(c)) : i64(c));
  i64 low = isSigned ? INT32_MIN : 0, high = isSigned ? INT32_MAX : i64(~0u);
  return u32(r < low ? low : r > high ? high : r);
}

template <unsigned Bits, bool A, bool B>
static Op whole(const std::string &name, unsigned flags = 0) {
  return vopClamp<dot<Bits, A, B>, dotClamp<Bits, A, B>>(name, flags);
}

/// neg_lo says which operands are signed.
template <unsigned Bits>
static void bindSigns(Decoder &d, Inst &i, const Op &) {
  unsigned neg = d.bits("neg_lo", 0);
  d.bits("op_sel_hi", 7);
  Op op = neg == 0   ? whole<Bits, false, false>("")
          : neg == 1 ? whole<Bits, true, false>("")
          : neg == 2 ? whole<Bits, false, true>("")
                     : whole<Bits, true, true>("");
  if (neg > 3)
    d.unknown("the emulator does not know 'neg_lo' of this instruction");
  // The sum is signed whatever the operands are.
  if (neg == 0 && d.text.modifiers.count("clamp"))
    d.unknown("the emulator does not know 'clamp' of unsigned operands here");
  bindVector(d, i, op);
}
template <unsigned Bits> static Op signs(const char *name) {
  Op op;
  op.name = name;
  op.bind = bindSigns<Bits>;
  return op;
}

//===----------------------------------------------------------------------===//
// Reals: the sum grows from the addend, one fused step a product
//===----------------------------------------------------------------------===//

static Half low(u32 x) { return {uint16_t(x)}; }
static Half high(u32 x) { return {uint16_t(x >> 16)}; }

static float dot2Half(u32 a, u32 b, float c) {
  return std::fma(get(high(a)), get(high(b)),
                  std::fma(get(low(a)), get(low(b)), c));
}
static float dot2Bfloat(u32 a, u32 b, float c) {
  return std::fma(floatOf(a & 0xffff0000), floatOf(b & 0xffff0000),
                  std::fma(floatOf(a << 16), floatOf(b << 16), c));
}

/// The same in half precision, rounded at the end.
static Half dot2Half16(u32 a, u32 b, Half c) {
  return put<Half>(double(get(low(a))) * get(low(b)) +
                   double(get(high(a))) * get(high(b)) + get(c));
}
static u16 dot2Bfloat16(u32 a, u32 b, u16 c) {
  return bfloatOf(dot2Bfloat(a, b, bfloatToFloat(c)), 0);
}

void amdgpu::addDot(Table &t) {
  t.insert(t.end(), {whole<8, true, true>("v_dot4_i32_i8"),
                     whole<8, true, true>("v_dot4c_i32_i8", kTied),
                     whole<8, false, false>("v_dot4_u32_u8"),
                     whole<4, true, true>("v_dot8_i32_i4"),
                     whole<4, true, true>("v_dot8c_i32_i4", kTied),
                     whole<4, false, false>("v_dot8_u32_u4"),
                     whole<16, true, true>("v_dot2_i32_i16"),
                     whole<16, true, true>("v_dot2c_i32_i16", kTied),
                     whole<16, false, false>("v_dot2_u32_u16"),
                     signs<8>("v_dot4_i32_iu8"), signs<4>("v_dot8_i32_iu4"),
                     vop<dot2Half>("v_dot2_f32_f16"),
                     vop<dot2Half>("v_dot2c_f32_f16", kTied),
                     vop<dot2Half>("v_dot2acc_f32_f16", kTied),
                     vop<dot2Half16>("v_dot2_f16_f16"),
                     vop<dot2Bfloat16>("v_dot2_bf16_bf16"),
                     vop<dot2Bfloat>("v_dot2_f32_bf16"),
                     vop<dot2Bfloat>("v_dot2acc_f32_bf16", kTied)});
}
