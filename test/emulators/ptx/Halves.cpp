//===- Halves.cpp - f16, bf16 and pairs of them ---------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sums and products of halves are exact in f64, and so is what an fma rounds of
// f16; an fma of bf16 is computed with the rounding error of the sum brought
// into its last bit. So each operation is rounded once.
//
//===----------------------------------------------------------------------===//
#include "Half.h"
#include "Select.h"
#include <algorithm>

using namespace tercet::emu::ptx;

namespace {
struct F16 {
  static constexpr uint16_t kExponent = 0x7c00;
  static double load(uint16_t bits) { return halfToFloat(bits); }
  static uint16_t store(double v) { return doubleToHalf(v); }
};
struct BF16 {
  static constexpr uint16_t kExponent = 0x7f80;
  static double load(uint16_t bits) { return bfloatToFloat(bits); }
  static uint16_t store(double v) { return doubleToBfloat(v); }
};

/// a + b rounded to odd: a later rounding to fewer bits is right.
double addToOdd(double a, double b) {
  double sum = a + b;
  if (!std::isfinite(sum))
    return sum;
  double bb = sum - a, error = (a - (sum - bb)) + (b - bb);
  uint64_t bits = toBits(sum);
  if (error != 0 && !(bits & 1)) {
    bool away = (error > 0) == (sum > 0);
    bits = away ? bits | 1 : (bits - 1) | 1;
  }
  return fromBits<double>(bits);
}

struct Add {
  static double get(double a, double b, double) { return addToOdd(a, b); }
};
struct Sub {
  static double get(double a, double b, double) { return addToOdd(a, -b); }
};
struct Mul {
  static double get(double a, double b, double) { return a * b; }
};
struct Fma {
  static double get(double a, double b, double c) { return addToOdd(a * b, c); }
};
template <bool Max, bool Nan> struct Least {
  static double get(double a, double b, double) {
    if (std::isnan(a) || std::isnan(b))
      return Nan || (std::isnan(a) && std::isnan(b)) ? NAN
             : std::isnan(a)                         ? b
                                                     : a;
    if (a == b)
      return std::signbit(a) == Max ? b : a;
    return (a < b) != Max ? a : b;
  }
};
struct Neg {
  static double get(double a, double, double) { return -a; }
};
struct Abs {
  static double get(double a, double, double) { return std::fabs(a); }
};
struct Ex2 {
  static double get(double a, double, double) { return std::exp2(a); }
};
struct Tanh {
  static double get(double a, double, double) { return std::tanh(a); }
};

/// Copies a's magnitude with other signs: nothing is rounded.
struct NegBits {
  static uint16_t get(uint16_t a) { return a ^ 0x8000; }
};
struct AbsBits {
  static uint16_t get(uint16_t a) { return a & 0x7fff; }
};
enum class Change { None, Sat, Relu };
template <typename H> uint16_t flushed(uint16_t a) {
  return a & H::kExponent ? a : a & 0x8000;
}

template <typename H, typename F, int Operands, int Pairs, bool Flush, Change C>
void run(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]),
           *b = Operands > 1 ? w.reg(i.regs[2]) : a,
           *c = Operands > 2 ? w.reg(i.regs[3]) : a;
  forLanes(w.mask, [&](int l) {
    uint64_t result = 0;
    for (int k = 0; k < 16 * Pairs; k += 16) {
      auto load = [&](const uint64_t *r) {
        auto bits = uint16_t(r[l] >> k);
        return H::load(Flush ? flushed<H>(bits) : bits);
      };
      double v = F::get(load(a), load(b), load(c));
      if (C == Change::Sat)
        v = v > 0 ? std::min(v, 1.0) : 0.0;
      if (C == Change::Relu && v <= 0)
        v = 0.0;
      uint16_t half = H::store(v);
      result |= uint64_t(Flush ? flushed<H>(half) : half) << k;
    }
    d[l] = result;
  });
}
template <typename F, int Pairs> void bits(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
  forLanes(w.mask, [&](int l) {
    uint64_t result = 0;
    for (int k = 0; k < 16 * Pairs; k += 16)
      result |= uint64_t(F::get(uint16_t(a[l] >> k))) << k;
    d[l] = result;
  });
}

template <typename H, typename F, int Operands, bool Flush, Change C>
void addBoth(Table &t, const std::string &name, const std::string &type) {
  unsigned n = Operands + 1;
  t[name + "." + type] = {run<H, F, Operands, 1, Flush, C>, n, n};
  t[name + "." + type + "x2"] = {run<H, F, Operands, 2, Flush, C>, n, n};
}
/// Only f16 has .ftz and .sat.
template <typename H, typename F, int Operands>
void addArithmetic(Table &t, const std::string &name, const std::string &type) {
  addBoth<H, F, Operands, false, Change::None>(t, name, type);
  if (type != "f16")
    return;
  addBoth<H, F, Operands, true, Change::None>(t, name + ".ftz", type);
  addBoth<H, F, Operands, false, Change::Sat>(t, name + ".sat", type);
  addBoth<H, F, Operands, true, Change::Sat>(t, name + ".ftz.sat", type);
}
template <typename H, typename F>
void addApproximation(Table &t, const std::string &name,
                      const std::string &type) {
  addBoth<H, F, 1, false, Change::None>(t, name, type);
}

template <typename H> void addType(Table &t, const std::string &type) {
  for (const char *round : {"", ".rn"}) {
    std::string r = round;
    addArithmetic<H, Add, 2>(t, "add" + r, type);
    addArithmetic<H, Sub, 2>(t, "sub" + r, type);
    addArithmetic<H, Mul, 2>(t, "mul" + r, type);
  }
  addArithmetic<H, Fma, 3>(t, "fma.rn", type);
  addBoth<H, Fma, 3, false, Change::Relu>(t, "fma.rn.relu", type);
  auto least = [&](const std::string &flush, auto isFlushed) {
    constexpr bool f = decltype(isFlushed)::value;
    addBoth<H, Least<false, false>, 2, f, Change::None>(t, "min" + flush, type);
    addBoth<H, Least<true, false>, 2, f, Change::None>(t, "max" + flush, type);
    addBoth<H, Least<false, true>, 2, f, Change::None>(
        t, "min" + flush + ".NaN", type);
    addBoth<H, Least<true, true>, 2, f, Change::None>(t, "max" + flush + ".NaN",
                                                      type);
  };
  least("", std::false_type());
  if (type == "f16") {
    least(".ftz", std::true_type());
    addBoth<H, Fma, 3, true, Change::Relu>(t, "fma.rn.ftz.relu", type);
    addBoth<H, Neg, 1, true, Change::None>(t, "neg.ftz", type);
    addBoth<H, Abs, 1, true, Change::None>(t, "abs.ftz", type);
    addApproximation<H, Ex2>(t, "ex2.approx", type);
  } else {
    // ex2 of bf16 has .ftz always.
    addBoth<H, Ex2, 1, true, Change::None>(t, "ex2.approx.ftz", type);
  }
  addApproximation<H, Tanh>(t, "tanh.approx", type);
  t["neg." + type] = {bits<NegBits, 1>, 2, 2};
  t["neg." + type + "x2"] = {bits<NegBits, 2>, 2, 2};
  t["abs." + type] = {bits<AbsBits, 1>, 2, 2};
  t["abs." + type + "x2"] = {bits<AbsBits, 2>, 2, 2};
}
} // namespace

void tercet::emu::ptx::addHalves(Table &t) {
  addType<F16>(t, "f16");
  addType<BF16>(t, "bf16");
}
