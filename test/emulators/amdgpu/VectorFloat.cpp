//===- VectorFloat.cpp - single precision ---------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Decoder.h"
#include "Reals.h"

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

//===----------------------------------------------------------------------===//
// The approximations, here the nearest. They take and give no denormals.
//===----------------------------------------------------------------------===//

static float flushed(float x) {
  return std::fabs(x) < 0x1p-126f ? std::copysign(0.0f, x) : x;
}
static float reciprocal(float x) { return flushed(1.0f / flushed(x)); }
static float rsq(float x) {
  return static_cast<float>(1.0 / std::sqrt(double(flushed(x))));
}
static float squareRoot(float x) { return std::sqrt(flushed(x)); }
static float exp2Of(float x) {
  return flushed(static_cast<float>(std::exp2(double(flushed(x)))));
}
static float log2Of(float x) {
  return static_cast<float>(std::log2(double(flushed(x))));
}
/// Of revolutions.
static float sine(float x) {
  double r = x - std::floor(double(x));
  return static_cast<float>(std::sin(r * 6.283185307179586476925));
}
static float cosine(float x) {
  double r = x - std::floor(double(x));
  return static_cast<float>(std::cos(r * 6.283185307179586476925));
}

//===----------------------------------------------------------------------===//

static float mulZero(float a, float b) { // 0 * anything = 0
  return a == 0 || b == 0 ? 0 : a * b;
}
static float fmaZero(float a, float b, float c) {
  return a == 0 || b == 0 ? c : std::fma(a, b, c);
}
static float scale(float x, int32_t e) { return std::ldexp(x, e); }
static int32_t exponent32(float x) { return exponent(x); }

//===----------------------------------------------------------------------===//
// Division
//===----------------------------------------------------------------------===//

static int biased(float x) { return bitsOf(x) >> 23 & 255; }
static bool isDenormal(double x) { return x != 0 && std::fabs(x) < 0x1p-126; }

/// x is the numerator or the denominator; it is scaled where the quotient, or
/// a reciprocal on the way to it, would leave the normal numbers.
static WithBit<float> divScale(float x, float denominator, float numerator) {
  if (denominator == 0 || numerator == 0)
    return {floatOf(0x7fc00000), 0};
  double quotient = double(numerator) / denominator;
  bool isDenominator = bitsOf(x) == bitsOf(denominator);
  bool isNumerator = bitsOf(x) == bitsOf(numerator);
  if (biased(numerator) - biased(denominator) >= 96)
    return {isDenominator ? x * 0x1p64f : x, 1};
  if (isDenormal(denominator))
    return {x * 0x1p64f, 0};
  bool tinyReciprocal = isDenormal(1.0 / denominator);
  // Documents have the larger factor here too, by which such a denominator
  // would become infinite and the quotient a NaN.
  if (tinyReciprocal && isDenormal(quotient))
    return {isDenominator ? x * 0x1p-64f : x, 1};
  if (tinyReciprocal)
    return {x * 0x1p-64f, 0};
  if (isDenormal(quotient))
    return {isNumerator ? x * 0x1p64f : x, 1};
  if (biased(numerator) <= 23)
    return {x * 0x1p64f, 0};
  return {x, 0};
}

/// Takes the scaling of the quotient back, rounding once.
static float divFmas(float a, float b, float c, Bit scaled) {
  if (!scaled.v)
    return std::fma(a, b, c);
  double r = std::fma(double(a), double(b), double(c));
  return static_cast<float>(r * (biased(c) > 127 ? 0x1p64 : 0x1p-64));
}

static float divFixup(float quotient, float denominator, float numerator) {
  float sign = std::signbit(denominator) != std::signbit(numerator) ? -1 : 1;
  if (isNan(numerator))
    return quiet(numerator);
  if (isNan(denominator))
    return quiet(denominator);
  if ((denominator == 0 && numerator == 0) ||
      (std::isinf(denominator) && std::isinf(numerator)))
    return floatOf(0xffc00000);
  if (denominator == 0 || std::isinf(numerator))
    return sign * INFINITY;
  if (std::isinf(denominator) || numerator == 0)
    return sign * 0.0f;
  // Where a step towards the quotient left the range, so did the quotient.
  if (isNan(quotient))
    return sign * INFINITY;
  return std::copysign(quotient, sign);
}

void amdgpu::addVectorFloat(Table &t) {
  using F = float;
  t.insert(t.end(), {vop<add<F>>("v_add_f32"),
                     vop<sub<F>>("v_sub_f32"),
                     vop<subrev<F>>("v_subrev_f32"),
                     vop<mul<F>>("v_mul_f32"),
                     vop<mulZero>("v_mul_legacy_f32"),
                     vop<mulZero>("v_mul_dx9_zero_f32"),
                     vop<fma<F>>("v_fma_f32"),
                     vop<fma<F>>("v_fmac_f32", kTied),
                     vop<fma<F>>("v_fmamk_f32"),
                     vop<fma<F>>("v_fmaak_f32"),
                     vop<fmaZero>("v_fma_legacy_f32"),
                     vop<fmaZero>("v_fma_dx9_zero_f32"),
                     vop<fmaZero>("v_fmac_dx9_zero_f32", kTied),
                     vop<minimum<F>>("v_min_f32"),
                     vop<maximum<F>>("v_max_f32"),
                     vop<min3<F>>("v_min3_f32"),
                     vop<max3<F>>("v_max3_f32"),
                     vop<med3<F>>("v_med3_f32"),
                     vop<minmax<F>>("v_minmax_f32"),
                     vop<maxmin<F>>("v_maxmin_f32"),
                     vop<roundEven<F>>("v_rndne_f32"),
                     vop<truncate<F>>("v_trunc_f32"),
                     vop<ceiling<F>>("v_ceil_f32"),
                     vop<floored<F>>("v_floor_f32"),
                     vop<fract<F>>("v_fract_f32"),
                     vop<mantissa<F>>("v_frexp_mant_f32"),
                     vop<exponent32>("v_frexp_exp_i32_f32"),
                     vop<scale>("v_ldexp_f32"),
                     vop<reciprocal>("v_rcp_f32", kNearest),
                     vop<reciprocal>("v_rcp_iflag_f32", kNearest),
                     vop<rsq>("v_rsq_f32", kNearest),
                     vop<squareRoot>("v_sqrt_f32", kNearest),
                     vop<exp2Of>("v_exp_f32", kNearest),
                     vop<log2Of>("v_log_f32", kNearest),
                     vop<sine>("v_sin_f32", kNearest),
                     vop<cosine>("v_cos_f32", kNearest),
                     vop<divScale>("v_div_scale_f32"),
                     vop<divFmas>("v_div_fmas_f32", kVccIn),
                     vop<divFixup>("v_div_fixup_f32")});
}
