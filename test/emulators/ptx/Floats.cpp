//===- Floats.cpp - f32 and f64 arithmetic --------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each operation is rounded once, in the direction of its modifier. A result
// that is no number is the canonical one. .ftz takes denormal operands and
// results of f32 for zero of their sign. The approximations (ex2, lg2, rcp,
// rsqrt, sqrt, sin, cos, tanh) are computed in f64 and rounded to f32, which is
// within the error that the PTX ISA allows them.
//
//===----------------------------------------------------------------------===//
#include "Select.h"
#include <cfenv>
#include <cmath>
#include <limits>

using namespace tercet::emu::ptx;

namespace {
template <typename T> T canonical(T v) {
  if (v == v)
    return v;
  return sizeof(T) == 4 ? fromBits<T>(0x7fffffff)
                        : fromBits<T>(0x7fffffffffffffff);
}
template <bool Flush, typename T> T flush(T v) {
  if (Flush && std::fpclassify(v) == FP_SUBNORMAL)
    return std::copysign(T(0), v);
  return v;
}
template <typename T> T saturate(T v) {
  return v != v ? T(0) : v < T(0) ? T(0) : v > T(1) ? T(1) : v + T(0);
}

struct Add {
  template <typename T> static T get(T a, T b, T) { return a + b; }
};
struct Sub {
  template <typename T> static T get(T a, T b, T) { return a - b; }
};
struct Mul {
  template <typename T> static T get(T a, T b, T) { return a * b; }
};
struct Div {
  template <typename T> static T get(T a, T b, T) { return a / b; }
};
struct Fma {
  template <typename T> static T get(T a, T b, T c) {
    return std::fma(a, b, c);
  }
};
struct Rcp {
  template <typename T> static T get(T a, T, T) { return T(1) / a; }
};
struct Sqrt {
  template <typename T> static T get(T a, T, T) { return std::sqrt(a); }
};

/// A binary exponential rounding mode while it lives.
struct Rounding {
  explicit Rounding(int mode) : before(fegetround()) { fesetround(mode); }
  ~Rounding() { fesetround(before); }
  int before;
};

template <typename T, typename F, int Operands, int Mode, bool Flush, bool Sat>
__attribute__((noinline)) void rounded(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]),
           *b = Operands > 1 ? w.reg(i.regs[2]) : a,
           *c = Operands > 2 ? w.reg(i.regs[3]) : a;
  auto body = [&](int l) {
    // Volatile, so that nothing is computed before the mode is set.
    volatile T x = flush<Flush>(fromBits<T>(a[l])),
               y = flush<Flush>(fromBits<T>(b[l])),
               z = flush<Flush>(fromBits<T>(c[l]));
    volatile T r = F::template get<T>(x, y, z);
    T result = flush<Flush>(canonical<T>(r));
    d[l] = toBits(Sat ? saturate(result) : result);
  };
  if (Mode != FE_TONEAREST) {
    Rounding rounding(Mode);
    forLanes(w.mask, body);
    return;
  }
  forLanes(w.mask, [&](int l) {
    T r = flush<Flush>(canonical<T>(F::template get<T>(
        flush<Flush>(fromBits<T>(a[l])), flush<Flush>(fromBits<T>(b[l])),
        flush<Flush>(fromBits<T>(c[l])))));
    d[l] = toBits(Sat ? saturate(r) : r);
  });
}

template <typename T, typename F, int Operands>
void addRounded(Table &t, const std::string &name, const std::string &type,
                bool defaultsToNearest) {
  auto add = [&](const std::string &mode, auto run) {
    t[name + mode + "." + type] = run;
  };
  auto modes = [&](auto flush, auto sat, const std::string &suffix) {
    constexpr bool f = decltype(flush)::value, s = decltype(sat)::value;
    add(".rn" + suffix, rounded<T, F, Operands, FE_TONEAREST, f, s>);
    add(".rz" + suffix, rounded<T, F, Operands, FE_TOWARDZERO, f, s>);
    add(".rm" + suffix, rounded<T, F, Operands, FE_DOWNWARD, f, s>);
    add(".rp" + suffix, rounded<T, F, Operands, FE_UPWARD, f, s>);
    if (defaultsToNearest)
      add(suffix, rounded<T, F, Operands, FE_TONEAREST, f, s>);
  };
  std::true_type yes;
  std::false_type no;
  modes(no, no, "");
  if (sizeof(T) == 4) {
    modes(yes, no, ".ftz");
    modes(no, yes, ".sat");
    modes(yes, yes, ".ftz.sat");
  }
}

// Minimum and maximum: -0 is less than +0; a number wins over what is none,
// unless .NaN.
template <typename T, bool Max, bool Nan> struct Least {
  T operator()(T a, T b) const {
    if (a != a || b != b)
      return Nan || (a != a && b != b) ? canonical(T(NAN)) : a != a ? b : a;
    if (a == b)
      return std::signbit(a) == Max ? b : a;
    return (a < b) != Max ? a : b;
  }
};
/// The sign of the result is the exclusive or of the operands', its magnitude
/// the least or greatest of theirs.
template <bool Max, bool Nan> struct XorSign {
  float operator()(float a, float b) const {
    bool negative = std::signbit(a) != std::signbit(b);
    float r = Least<float, Max, Nan>()(std::fabs(a), std::fabs(b));
    return r != r ? r : negative ? -r : r;
  }
};
/// The same of operands whose denormals are zero.
template <typename F> struct OfFlushed {
  float operator()(float a) const { return F()(flush<true>(a)); }
  float operator()(float a, float b) const {
    return F()(flush<true>(a), flush<true>(b));
  }
};
template <typename T> struct Negate {
  T operator()(T a) const { return canonical(-a); }
};
template <typename T> struct Absolute {
  T operator()(T a) const { return canonical(std::fabs(a)); }
};
template <typename T> struct CopySign {
  // The sign of the first operand on the second.
  T operator()(T a, T b) const { return std::copysign(b, a); }
};

template <typename F> struct Approximate {
  template <bool Flush> static void run(Warp &w, const Instruction &i) {
    uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
    forLanes(w.mask, [&](int l) {
      float x = flush<Flush>(fromBits<float>(a[l]));
      d[l] = toBits(flush<Flush>(canonical(float(F::get(x)))));
    });
  }
};
#define APPROXIMATE(NAME, EXPRESSION)                                          \
  struct NAME {                                                                \
    static double get(double x) { return EXPRESSION; }                         \
  };
APPROXIMATE(Ex2, std::exp2(x))
APPROXIMATE(Lg2, std::log2(x))
APPROXIMATE(RcpA, 1 / x)
APPROXIMATE(RsqrtA, 1 / std::sqrt(x))
APPROXIMATE(SqrtA, std::sqrt(x))
APPROXIMATE(Sin, std::sin(x))
APPROXIMATE(Cos, std::cos(x))
APPROXIMATE(Tanh, std::tanh(x))
template <typename F> void addApproximate(Table &t, const std::string &name) {
  t[name + ".approx.f32"] = Approximate<F>::template run<false>;
  t[name + ".approx.ftz.f32"] = Approximate<F>::template run<true>;
}

enum class Class { Finite, Infinite, Number, NotANumber, Normal, Subnormal };
template <typename T, Class C> void test(Warp &w, const Instruction &i) {
  uint64_t *p = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
  forLanes(w.mask, [&](int l) {
    int kind = std::fpclassify(fromBits<T>(a[l]));
    p[l] = C == Class::Finite       ? kind != FP_NAN && kind != FP_INFINITE
           : C == Class::Infinite   ? kind == FP_INFINITE
           : C == Class::Number     ? kind != FP_NAN
           : C == Class::NotANumber ? kind == FP_NAN
           : C == Class::Normal     ? kind == FP_NORMAL
                                    : kind == FP_SUBNORMAL;
  });
}

template <typename T> void addType(Table &t, const std::string &type) {
  addRounded<T, Add, 2>(t, "add", type, true);
  addRounded<T, Sub, 2>(t, "sub", type, true);
  addRounded<T, Mul, 2>(t, "mul", type, true);
  addRounded<T, Fma, 3>(t, "fma", type, false);
  addRounded<T, Fma, 3>(t, "mad", type, false);
  addRounded<T, Div, 2>(t, "div", type, false);
  addRounded<T, Rcp, 1>(t, "rcp", type, false);
  addRounded<T, Sqrt, 1>(t, "sqrt", type, false);
  t["min." + type] = Binary<T, Least<T, false, false>>::run;
  t["max." + type] = Binary<T, Least<T, true, false>>::run;
  t["min.NaN." + type] = Binary<T, Least<T, false, true>>::run;
  t["max.NaN." + type] = Binary<T, Least<T, true, true>>::run;
  t["neg." + type] = Unary<T, Negate<T>>::run;
  t["abs." + type] = Unary<T, Absolute<T>>::run;
  t["copysign." + type] = Binary<T, CopySign<T>>::run;
  t["testp.finite." + type] = test<T, Class::Finite>;
  t["testp.infinite." + type] = test<T, Class::Infinite>;
  t["testp.number." + type] = test<T, Class::Number>;
  t["testp.notanumber." + type] = test<T, Class::NotANumber>;
  t["testp.normal." + type] = test<T, Class::Normal>;
  t["testp.subnormal." + type] = test<T, Class::Subnormal>;
  t["mov." + type] = +[](Warp &w, const Instruction &i) {
    uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
    forLanes(w.mask, [&](int l) { d[l] = a[l]; });
  };
}

/// Two f32 in 64 bits.
template <typename F, int Operands> void pair(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]),
           *c = Operands > 2 ? w.reg(i.regs[3]) : a;
  forLanes(w.mask, [&](int l) {
    uint64_t result = 0;
    for (int k = 0; k < 64; k += 32)
      result |= toBits(canonical(F::template get<float>(
                    fromBits<float>(a[l] >> k), fromBits<float>(b[l] >> k),
                    fromBits<float>(c[l] >> k))))
                << k;
    d[l] = result;
  });
}

/// Of two operands or three.
template <typename F> void leastOf(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]),
           *c = i.regs.size() > 3 ? w.reg(i.regs[3]) : b;
  forEachLane(w.mask, [&](int l) {
    d[l] = toBits(F()(F()(fromBits<float>(a[l]), fromBits<float>(b[l])),
                      fromBits<float>(c[l])));
  });
}

template <bool Max> void addLeast(Table &t, const std::string &name) {
  t[name + ".f32"] = {leastOf<Least<float, Max, false>>, 3, 4};
  t[name + ".NaN.f32"] = {leastOf<Least<float, Max, true>>, 3, 4};
  t[name + ".ftz.f32"] = {leastOf<OfFlushed<Least<float, Max, false>>>, 3, 4};
  t[name + ".ftz.NaN.f32"] = {leastOf<OfFlushed<Least<float, Max, true>>>, 3,
                              4};
  t[name + ".xorsign.abs.f32"] = Binary<float, XorSign<Max, false>>::run;
  t[name + ".NaN.xorsign.abs.f32"] = Binary<float, XorSign<Max, true>>::run;
  t[name + ".ftz.xorsign.abs.f32"] =
      Binary<float, OfFlushed<XorSign<Max, false>>>::run;
}

/// rcp and rsqrt of f64 look at the high half of the operand alone and flush.
template <typename F> void approximateDouble(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
  forLanes(w.mask, [&](int l) {
    double v = flush<true>(fromBits<double>(a[l] & 0xffffffff00000000));
    double r = canonical(flush<true>(F::get(v)));
    d[l] = toBits(r) & 0xffffffff00000000;
  });
}
} // namespace

void tercet::emu::ptx::addFloats(Table &t) {
  addType<float>(t, "f32");
  addType<double>(t, "f64");
  addApproximate<Ex2>(t, "ex2");
  addApproximate<Lg2>(t, "lg2");
  addApproximate<RcpA>(t, "rcp");
  addApproximate<RsqrtA>(t, "rsqrt");
  addApproximate<SqrtA>(t, "sqrt");
  addApproximate<Sin>(t, "sin");
  addApproximate<Cos>(t, "cos");
  addLeast<false>(t, "min");
  addLeast<true>(t, "max");
  t["neg.ftz.f32"] = Unary<float, OfFlushed<Negate<float>>>::run;
  t["abs.ftz.f32"] = Unary<float, OfFlushed<Absolute<float>>>::run;
  t["rcp.approx.ftz.f64"] = approximateDouble<RcpA>;
  t["rsqrt.approx.ftz.f64"] = approximateDouble<RsqrtA>;
  t["rsqrt.approx.f64"] = approximateDouble<RsqrtA>;
  t["tanh.approx.f32"] = Approximate<Tanh>::run<false>;
  for (const char *name : {"div.approx.f32", "div.full.f32"})
    t[name] = rounded<float, Div, 2, FE_TONEAREST, false, false>;
  for (const char *name : {"div.approx.ftz.f32", "div.full.ftz.f32"})
    t[name] = rounded<float, Div, 2, FE_TONEAREST, true, false>;
  t["add.rn.f32x2"] = pair<Add, 2>;
  t["sub.rn.f32x2"] = pair<Sub, 2>;
  t["mul.rn.f32x2"] = pair<Mul, 2>;
  t["fma.rn.f32x2"] = pair<Fma, 3>;
}
