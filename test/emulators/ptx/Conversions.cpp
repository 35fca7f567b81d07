//===- Conversions.cpp - cvt
//-----------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Integers to integers wrap, or saturate with .sat. Reals to integers round by
// .rni, .rzi, .rmi, .rpi and are limited to the range of the integer; what is
// no number becomes 0. To narrower reals: .rn, .rz, .rm, .rp.
//
//===----------------------------------------------------------------------===//
#include "Half.h"
#include "Select.h"
#include <cfenv>
#include <cmath>
#include <limits>
#include <type_traits>

using namespace tercet::emu::ptx;

namespace {
/// A destination narrower than its register: its sign fills the register.
template <typename To> uint64_t widen(To v, unsigned width) {
  if (!std::is_signed_v<To> || width <= 8 * sizeof(To))
    return toBits(v);
  auto bits = static_cast<uint64_t>(static_cast<int64_t>(v));
  return width == 64 ? bits : bits & ((1ull << width) - 1);
}

template <typename To, typename From, bool Sat>
void integer(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
  forLanes(w.mask, [&](int l) {
    From v = fromBits<From>(a[l]);
    if (Sat) {
      using Big = __int128;
      Big big = v, low = std::numeric_limits<To>::min(),
          high = std::numeric_limits<To>::max();
      d[l] = widen(To(big < low ? low : big > high ? high : big), i.width);
    } else {
      d[l] = widen(To(v), i.width);
    }
  });
}

double toWhole(double v, Round mode) {
  return mode == Round::Near   ? std::nearbyint(v)
         : mode == Round::Zero ? std::trunc(v)
         : mode == Round::Down ? std::floor(v)
                               : std::ceil(v);
}

template <typename T> struct Real {
  static double load(uint64_t bits) { return fromBits<T>(bits); }
};
struct F16 {
  static double load(uint64_t bits) { return halfToFloat(uint16_t(bits)); }
};
struct BF16 {
  static double load(uint64_t bits) { return bfloatToFloat(uint16_t(bits)); }
};
template <bool Flush> double flush(double v) {
  return Flush && std::fabs(v) < 0x1p-126 ? std::copysign(0.0, v) : v;
}

template <typename To, typename From, Round Mode, bool Flush>
void realToInteger(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
  forLanes(w.mask, [&](int l) {
    double v = toWhole(flush<Flush>(From::load(a[l])), Mode);
    // The bounds as doubles: the upper one is one past the greatest.
    double high = std::ldexp(1.0, std::numeric_limits<To>::digits),
           low = double(std::numeric_limits<To>::min());
    // What is no number: 0, or the top bit where 64 bits or f64 take part.
    constexpr bool kTop = sizeof(To) == 8 || std::is_same_v<From, Real<double>>;
    To none = kTop ? To(uint64_t(1) << (8 * sizeof(To) - 1)) : To(0);
    To result = v != v      ? none
                : v >= high ? std::numeric_limits<To>::max()
                : v <= low  ? std::numeric_limits<To>::min()
                            : To(v);
    d[l] = widen(result, i.width);
  });
}

template <typename To, typename From, int Mode>
void integerToReal(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
  int before = fegetround();
  fesetround(Mode);
  forLanes(w.mask, [&](int l) {
    volatile From v = fromBits<From>(a[l]);
    volatile To r = To(v);
    d[l] = toBits(To(r));
  });
  fesetround(before);
}
/// An integer of more than 53 bits with what is cut off in its last bit, so
/// that a later rounding to fewer bits is right.
double toOdd(__int128 v) {
  auto magnitude = static_cast<uint64_t>(v < 0 ? -v : v);
  if (!(magnitude >> 53))
    return double(int64_t(v));
  double scaled =
      double(magnitude >> 11 | uint64_t((magnitude & 0x7ff) != 0)) * 2048;
  return v < 0 ? -scaled : scaled;
}
template <typename From, bool Bfloat, Round Mode>
void integerToHalf(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
  forLanes(w.mask, [&](int l) {
    From v = fromBits<From>(a[l]);
    double value = double(v);
    if (sizeof(From) == 8)
      value = toOdd(v);
    d[l] = Bfloat ? doubleToBfloat(value, Mode) : doubleToHalf(value, Mode);
  });
}

double saturated(double v, bool sat) {
  return !sat ? v : v != v || v < 0 ? 0.0 : v > 1 ? 1.0 : v + 0.0;
}

template <typename From, Round Mode, bool Flush, bool Sat>
void toFloat(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
  static const int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD,
                              FE_UPWARD};
  int before = fegetround();
  fesetround(modes[int(Mode)]);
  forLanes(w.mask, [&](int l) {
    volatile double v = saturated(flush<Flush>(From::load(a[l])), Sat);
    volatile float r = float(v);
    float f = float(flush<Flush>(r));
    d[l] = f != f ? 0x7fffffff : toBits(f);
  });
  fesetround(before);
}
template <typename From, bool Sat>
void toDouble(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
  forLanes(w.mask,
           [&](int l) { d[l] = toBits(saturated(From::load(a[l]), Sat)); });
}
template <typename From, Round Mode, bool Bfloat, bool Relu, bool Flush = false,
          bool Sat = false>
void toHalf(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
  forLanes(w.mask, [&](int l) {
    double v = saturated(flush<Flush>(From::load(a[l])), Sat);
    if (Relu && v <= 0)
      v = 0;
    d[l] = Bfloat ? doubleToBfloat(v, Mode) : doubleToHalf(v, Mode);
  });
}
/// d = {a in the high half, b in the low half}.
template <Round Mode, bool Bfloat, bool Relu>
void toPair(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]);
  forLanes(w.mask, [&](int l) {
    auto one = [&](uint64_t bits) -> uint64_t {
      double v = fromBits<float>(bits);
      if (Relu && v <= 0)
        v = 0;
      return Bfloat ? doubleToBfloat(v, Mode) : doubleToHalf(v, Mode);
    };
    d[l] = one(a[l]) << 16 | one(b[l]);
  });
}
/// A real rounded to a whole number of the same type.
template <typename T, Round Mode, bool Flush, bool Sat>
void toIntegral(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
  forLanes(w.mask, [&](int l) {
    T v = T(saturated(toWhole(flush<Flush>(fromBits<T>(a[l])), Mode), Sat));
    d[l] =
        v != v ? (sizeof(T) == 4 ? 0x7fffffff : 0x7fffffffffffffff) : toBits(v);
  });
}

template <typename H, Round Mode, bool Bfloat>
void toIntegralHalf(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
  forLanes(w.mask, [&](int l) {
    double v = toWhole(H::load(a[l]), Mode);
    d[l] = Bfloat ? doubleToBfloat(v) : doubleToHalf(v);
  });
}

struct Name {
  template <typename T> static std::string of() {
    return std::string(std::is_signed_v<T> ? "s" : "u") +
           std::to_string(8 * sizeof(T));
  }
};

template <typename To, typename From> void addInteger(Table &t) {
  std::string types = Name::of<To>() + "." + Name::of<From>();
  t["cvt." + types] = integer<To, From, false>;
  t["cvt.sat." + types] = integer<To, From, true>;
}
template <typename From, typename To>
void addRealToInteger(Table &t, const std::string &from) {
  std::string types = Name::of<To>() + "." + from;
  auto add = [&](const std::string &mode, Run plain, Run flushed) {
    t["cvt." + mode + "." + types] = plain;
    t["cvt." + mode + ".sat." + types] = plain;
    if (from == "f32") {
      t["cvt." + mode + ".ftz." + types] = flushed;
      t["cvt." + mode + ".ftz.sat." + types] = flushed;
    }
  };
  add("rni", realToInteger<To, From, Round::Near, false>,
      realToInteger<To, From, Round::Near, true>);
  add("rzi", realToInteger<To, From, Round::Zero, false>,
      realToInteger<To, From, Round::Zero, true>);
  add("rmi", realToInteger<To, From, Round::Down, false>,
      realToInteger<To, From, Round::Down, true>);
  add("rpi", realToInteger<To, From, Round::Up, false>,
      realToInteger<To, From, Round::Up, true>);
}
template <typename T> void addForInteger(Table &t) {
  addInteger<uint8_t, T>(t);
  addInteger<int8_t, T>(t);
  addInteger<uint16_t, T>(t);
  addInteger<int16_t, T>(t);
  addInteger<uint32_t, T>(t);
  addInteger<int32_t, T>(t);
  addInteger<uint64_t, T>(t);
  addInteger<int64_t, T>(t);
  addRealToInteger<Real<float>, T>(t, "f32");
  addRealToInteger<Real<double>, T>(t, "f64");
  addRealToInteger<F16, T>(t, "f16");
  addRealToInteger<BF16, T>(t, "bf16");
  std::string from = "." + Name::of<T>();
  t["cvt.rn.f32" + from] = integerToReal<float, T, FE_TONEAREST>;
  t["cvt.rz.f32" + from] = integerToReal<float, T, FE_TOWARDZERO>;
  t["cvt.rm.f32" + from] = integerToReal<float, T, FE_DOWNWARD>;
  t["cvt.rp.f32" + from] = integerToReal<float, T, FE_UPWARD>;
  t["cvt.rn.f64" + from] = integerToReal<double, T, FE_TONEAREST>;
  t["cvt.rz.f64" + from] = integerToReal<double, T, FE_TOWARDZERO>;
  t["cvt.rm.f64" + from] = integerToReal<double, T, FE_DOWNWARD>;
  t["cvt.rp.f64" + from] = integerToReal<double, T, FE_UPWARD>;
  auto addHalf = [&](const std::string &mode, Run f16, Run bf16) {
    t["cvt." + mode + ".f16" + from] = f16;
    t["cvt." + mode + ".bf16" + from] = bf16;
  };
  addHalf("rn", integerToHalf<T, false, Round::Near>,
          integerToHalf<T, true, Round::Near>);
  addHalf("rz", integerToHalf<T, false, Round::Zero>,
          integerToHalf<T, true, Round::Zero>);
  addHalf("rm", integerToHalf<T, false, Round::Down>,
          integerToHalf<T, true, Round::Down>);
  addHalf("rp", integerToHalf<T, false, Round::Up>,
          integerToHalf<T, true, Round::Up>);
}

template <Round Mode> void addRounding(Table &t, const std::string &mode) {
  std::string r = "cvt." + mode;
  t[r + ".f32.f64"] = toFloat<Real<double>, Mode, false, false>;
  t[r + ".ftz.f32.f64"] = toFloat<Real<double>, Mode, true, false>;
  t[r + ".sat.f32.f64"] = toFloat<Real<double>, Mode, false, true>;
  t[r + ".f16.f32"] = toHalf<Real<float>, Mode, false, false>;
  t[r + ".ftz.f16.f32"] = toHalf<Real<float>, Mode, false, false, true>;
  t[r + ".sat.f16.f32"] = toHalf<Real<float>, Mode, false, false, false, true>;
  t[r + ".ftz.sat.f16.f32"] =
      toHalf<Real<float>, Mode, false, false, true, true>;
  t[r + ".sat.f16.f64"] = toHalf<Real<double>, Mode, false, false, false, true>;
  t[r + ".f16.f64"] = toHalf<Real<double>, Mode, false, false>;
  t[r + ".relu.f16.f32"] = toHalf<Real<float>, Mode, false, true>;
  t[r + ".bf16.f32"] = toHalf<Real<float>, Mode, true, false>;
  t[r + ".bf16.f64"] = toHalf<Real<double>, Mode, true, false>;
  t[r + ".relu.bf16.f32"] = toHalf<Real<float>, Mode, true, true>;
  t[r + ".f16x2.f32"] = toPair<Mode, false, false>;
  t[r + ".relu.f16x2.f32"] = toPair<Mode, false, true>;
  t[r + ".bf16x2.f32"] = toPair<Mode, true, false>;
  t[r + ".relu.bf16x2.f32"] = toPair<Mode, true, true>;
  std::string whole = r + "i";
  t[whole + ".f32.f32"] = toIntegral<float, Mode, false, false>;
  t[whole + ".ftz.f32.f32"] = toIntegral<float, Mode, true, false>;
  t[whole + ".sat.f32.f32"] = toIntegral<float, Mode, false, true>;
  t[whole + ".ftz.sat.f32.f32"] = toIntegral<float, Mode, true, true>;
  t[whole + ".f16.f16"] = toIntegralHalf<F16, Mode, false>;
  t[whole + ".sat.f64.f64"] = toIntegral<double, Mode, false, true>;
  t[whole + ".bf16.bf16"] = toIntegralHalf<BF16, Mode, true>;
  t[whole + ".f64.f64"] = toIntegral<double, Mode, false, false>;
}
} // namespace

void tercet::emu::ptx::addConversions(Table &t) {
  addForInteger<uint8_t>(t);
  addForInteger<int8_t>(t);
  addForInteger<uint16_t>(t);
  addForInteger<int16_t>(t);
  addForInteger<uint32_t>(t);
  addForInteger<int32_t>(t);
  addForInteger<uint64_t>(t);
  addForInteger<int64_t>(t);
  addRounding<Round::Near>(t, "rn");
  addRounding<Round::Zero>(t, "rz");
  addRounding<Round::Down>(t, "rm");
  addRounding<Round::Up>(t, "rp");
  t["cvt.f32.f16"] = toFloat<F16, Round::Near, false, false>;
  t["cvt.ftz.f32.f16"] = toFloat<F16, Round::Near, true, false>;
  t["cvt.sat.f32.f16"] = toFloat<F16, Round::Near, false, true>;
  t["cvt.ftz.sat.f32.f16"] = toFloat<F16, Round::Near, true, true>;
  t["cvt.f16.f16"] = toHalf<F16, Round::Near, false, false>;
  t["cvt.sat.f16.f16"] = toHalf<F16, Round::Near, false, false, false, true>;
  t["cvt.f32.f32"] = toFloat<Real<float>, Round::Near, false, false>;
  t["cvt.f64.f64"] = toDouble<Real<double>, false>;
  t["cvt.ftz.f64.f32"] = +[](Warp &w, const Instruction &i) {
    uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
    forLanes(w.mask, [&](int l) {
      d[l] = toBits(flush<true>(Real<float>::load(a[l])));
    });
  };
  t["cvt.f32.bf16"] = toFloat<BF16, Round::Near, false, false>;
  t["cvt.sat.f32.f32"] = toFloat<Real<float>, Round::Near, false, true>;
  t["cvt.ftz.f32.f32"] = toFloat<Real<float>, Round::Near, true, false>;
  t["cvt.ftz.sat.f32.f32"] = toFloat<Real<float>, Round::Near, true, true>;
  t["cvt.f64.f32"] = toDouble<Real<float>, false>;
  t["cvt.f64.f16"] = toDouble<F16, false>;
  t["cvt.f64.bf16"] = toDouble<BF16, false>;
  t["cvt.sat.f64.f64"] = toDouble<Real<double>, true>;
}
