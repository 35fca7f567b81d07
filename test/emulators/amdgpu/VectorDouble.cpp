//===- VectorDouble.cpp - double precision --------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Decoder.h"
#include "Reals.h"

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

static double reciprocal(double x) { return 1.0 / x; }
static double rsq(double x) { return 1.0 / std::sqrt(x); }
static double squareRoot(double x) { return std::sqrt(x); }
static double scale(double x, int32_t e) { return std::ldexp(x, e); }
static int32_t exponent64(double x) { return exponent(x); }

static int biased(double x) { return static_cast<int>(bitsOf(x) >> 52 & 2047); }
static bool isDenormal(double x) { return x != 0 && std::fabs(x) < 0x1p-1022; }

/// As in single precision, by 2^128.
static WithBit<double> divScale(double x, double denominator,
                                double numerator) {
  if (denominator == 0 || numerator == 0)
    return {doubleOf(uint64_t(0x7ff8) << 48), 0};
  // The quotient's exponent, without the rounding of denormals.
  long double quotient = static_cast<long double>(numerator) / denominator;
  bool tinyQuotient = quotient != 0 && std::fabs(quotient) < 0x1p-1022L;
  bool isDenominator = bitsOf(x) == bitsOf(denominator);
  bool isNumerator = bitsOf(x) == bitsOf(numerator);
  if (biased(numerator) - biased(denominator) >= 768)
    return {isDenominator ? x * 0x1p128 : x, 1};
  if (isDenormal(denominator))
    return {x * 0x1p128, 0};
  bool tinyReciprocal = isDenormal(1.0 / denominator);
  // Documents have the larger factor here too, by which such a denominator
  // would become infinite and the quotient a NaN.
  if (tinyReciprocal && tinyQuotient)
    return {isDenominator ? x * 0x1p-128 : x, 1};
  if (tinyReciprocal)
    return {x * 0x1p-128, 0};
  if (tinyQuotient)
    return {isNumerator ? x * 0x1p128 : x, 1};
  if (biased(numerator) <= 53)
    return {x * 0x1p128, 0};
  return {x, 0};
}

static double divFmas(double a, double b, double c, Bit scaled) {
  double r = std::fma(a, b, c);
  return scaled.v ? r * (biased(c) > 1023 ? 0x1p128 : 0x1p-128) : r;
}

static double divFixup(double quotient, double denominator, double numerator) {
  double sign = std::signbit(denominator) != std::signbit(numerator) ? -1 : 1;
  if (isNan(numerator))
    return quiet(numerator);
  if (isNan(denominator))
    return quiet(denominator);
  if ((denominator == 0 && numerator == 0) ||
      (std::isinf(denominator) && std::isinf(numerator)))
    return doubleOf(uint64_t(0xfff8) << 48);
  if (denominator == 0 || std::isinf(numerator))
    return sign * INFINITY;
  if (std::isinf(denominator) || numerator == 0)
    return sign * 0.0;
  // Where a step towards the quotient left the range, so did the quotient.
  if (isNan(quotient))
    return sign * INFINITY;
  return std::copysign(quotient, sign);
}

/// Doubles in pairs of registers; packed singles are in VectorPacked.cpp.
void amdgpu::addVectorDouble(Table &t) {
  using F = double;
  t.insert(t.end(), {vop<add<F>>("v_add_f64"),
                     vop<mul<F>>("v_mul_f64"),
                     vop<fma<F>>("v_fma_f64"),
                     vop<fma<F>>("v_fmac_f64", kTied),
                     vop<minimum<F>>("v_min_f64"),
                     vop<maximum<F>>("v_max_f64"),
                     vop<roundEven<F>>("v_rndne_f64"),
                     vop<truncate<F>>("v_trunc_f64"),
                     vop<ceiling<F>>("v_ceil_f64"),
                     vop<floored<F>>("v_floor_f64"),
                     vop<fract<F>>("v_fract_f64"),
                     vop<mantissa<F>>("v_frexp_mant_f64"),
                     vop<exponent64>("v_frexp_exp_i32_f64"),
                     vop<scale>("v_ldexp_f64"),
                     vop<reciprocal>("v_rcp_f64"),
                     vop<rsq>("v_rsq_f64"),
                     vop<squareRoot>("v_sqrt_f64"),
                     vop<divScale>("v_div_scale_f64"),
                     vop<divFmas>("v_div_fmas_f64", kVccIn),
                     vop<divFixup>("v_div_fixup_f64")});
}
