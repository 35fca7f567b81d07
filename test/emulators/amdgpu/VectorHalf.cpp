//===- VectorHalf.cpp - half precision, one and two at a time -------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Decoder.h"
#include "Reals.h"

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

static Half reciprocal(Half x) { return halfOf(1.0 / get(x), 0); }
static Half rsq(Half x) { return halfOf(1.0 / std::sqrt(double(get(x))), 0); }
static Half squareRoot(Half x) { return halfOf(std::sqrt(double(get(x))), 0); }
static Half exp2Of(Half x) { return halfOf(std::exp2(double(get(x))), 0); }
static Half log2Of(Half x) { return halfOf(std::log2(double(get(x))), 0); }
/// Of revolutions.
static Half sine(Half x) {
  return halfOf(std::sin(get(x) * 6.283185307179586476925), 0);
}
static Half cosine(Half x) {
  return halfOf(std::cos(get(x) * 6.283185307179586476925), 0);
}
static Half scale(Half x, int16_t e) {
  return put<Half>(std::ldexp(double(get(x)), e));
}
static int16_t exponent16(Half x) { return static_cast<int16_t>(exponent(x)); }
static Half divFixup(Half quotient, Half denominator, Half numerator) {
  bool negative = isNegative(denominator) != isNegative(numerator);
  uint16_t sign = negative ? 0x8000 : 0;
  float n = get(numerator), d = get(denominator);
  if (n != n)
    return quiet(numerator);
  if (d != d)
    return quiet(denominator);
  if ((n == 0 && d == 0) || (std::isinf(n) && std::isinf(d)))
    return {0xfe00};
  if (d == 0 || std::isinf(n))
    return {static_cast<uint16_t>(sign | 0x7c00)};
  if (std::isinf(d) || n == 0)
    return {sign};
  // Where a step towards the quotient left the range, so did the quotient.
  if (get(quotient) != get(quotient))
    return {static_cast<uint16_t>(sign | 0x7c00)};
  return {static_cast<uint16_t>((quotient.bits & 0x7fff) | sign)};
}

void amdgpu::addVectorHalf(Table &t) {
  using F = Half;
  t.insert(t.end(), {vop<add<F>>("v_add_f16"),
                     vop<sub<F>>("v_sub_f16"),
                     vop<subrev<F>>("v_subrev_f16"),
                     vop<mul<F>>("v_mul_f16"),
                     vop<fma<F>>("v_fma_f16", kKeepHigh),
                     vop<fma<F>>("v_fma_legacy_f16"),
                     vop<fma<F>>("v_fmac_f16", kTied),
                     vop<fma<F>>("v_fmamk_f16"),
                     vop<fma<F>>("v_fmaak_f16"),
                     vop<minimum<F>>("v_min_f16"),
                     vop<maximum<F>>("v_max_f16"),
                     vop<min3<F>>("v_min3_f16", kKeepHigh),
                     vop<max3<F>>("v_max3_f16", kKeepHigh),
                     vop<med3<F>>("v_med3_f16", kKeepHigh),
                     vop<minmax<F>>("v_minmax_f16"),
                     vop<maxmin<F>>("v_maxmin_f16"),
                     vop<roundEven<F>>("v_rndne_f16"),
                     vop<truncate<F>>("v_trunc_f16"),
                     vop<ceiling<F>>("v_ceil_f16"),
                     vop<floored<F>>("v_floor_f16"),
                     vop<fract<F>>("v_fract_f16"),
                     vop<mantissa<F>>("v_frexp_mant_f16"),
                     vop<exponent16>("v_frexp_exp_i16_f16"),
                     vop<scale>("v_ldexp_f16"),
                     vop<reciprocal>("v_rcp_f16"),
                     vop<rsq>("v_rsq_f16"),
                     vop<squareRoot>("v_sqrt_f16"),
                     vop<exp2Of>("v_exp_f16"),
                     vop<log2Of>("v_log_f16"),
                     vop<sine>("v_sin_f16"),
                     vop<cosine>("v_cos_f16"),
                     vop<divFixup>("v_div_fixup_f16", kKeepHigh)});
  t.insert(t.end(), {vop<add<F>>("v_pk_add_f16", kPacked),
                     vop<mul<F>>("v_pk_mul_f16", kPacked),
                     vop<fma<F>>("v_pk_fma_f16", kPacked),
                     vop<fma<F>>("v_pk_fmac_f16", kPacked | kTied),
                     vop<minimum<F>>("v_pk_min_f16", kPacked),
                     vop<maximum<F>>("v_pk_max_f16", kPacked)});
}
