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

using namespace tercet::emu::ptx;

namespace {
struct F16 {
  static double load(uint16_t bits) { return halfToFloat(bits); }
  static uint16_t store(double v) { return doubleToHalf(v); }
};
struct BF16 {
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
struct FmaRelu {
  static double get(double a, double b, double c) {
    double r = Fma::get(a, b, c);
    return std::isnan(r) ? r : r > 0 ? r : 0.0;
  }
};

template <typename H, typename F, int Operands, int Pairs>
void run(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]),
           *b = Operands > 1 ? w.reg(i.regs[2]) : a,
           *c = Operands > 2 ? w.reg(i.regs[3]) : a;
  forLanes(w.mask, [&](int l) {
    uint64_t result = 0;
    for (int k = 0; k < 16 * Pairs; k += 16)
      result |= uint64_t(H::store(F::get(H::load(uint16_t(a[l] >> k)),
                                         H::load(uint16_t(b[l] >> k)),
                                         H::load(uint16_t(c[l] >> k)))))
                << k;
    d[l] = result;
  });
}

template <typename H> void addType(Table &t, const std::string &type) {
  auto both = [&](const std::string &name, Run one, Run two) {
    t[name + "." + type] = one;
    t[name + "." + type + "x2"] = two;
  };
  for (const char *round : {"", ".rn"}) {
    std::string r = round;
    both("add" + r, run<H, Add, 2, 1>, run<H, Add, 2, 2>);
    both("sub" + r, run<H, Sub, 2, 1>, run<H, Sub, 2, 2>);
    both("mul" + r, run<H, Mul, 2, 1>, run<H, Mul, 2, 2>);
  }
  both("fma.rn", run<H, Fma, 3, 1>, run<H, Fma, 3, 2>);
  both("fma.rn.relu", run<H, FmaRelu, 3, 1>, run<H, FmaRelu, 3, 2>);
  both("min", run<H, Least<false, false>, 2, 1>,
       run<H, Least<false, false>, 2, 2>);
  both("max", run<H, Least<true, false>, 2, 1>,
       run<H, Least<true, false>, 2, 2>);
  both("min.NaN", run<H, Least<false, true>, 2, 1>,
       run<H, Least<false, true>, 2, 2>);
  both("max.NaN", run<H, Least<true, true>, 2, 1>,
       run<H, Least<true, true>, 2, 2>);
  both("neg", run<H, Neg, 1, 1>, run<H, Neg, 1, 2>);
  both("abs", run<H, Abs, 1, 1>, run<H, Abs, 1, 2>);
}

template <typename H, typename F> void compare(Warp &w, const Instruction &i) {
  uint64_t *p = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]);
  forLanes(w.mask, [&](int l) {
    p[l] = F()(H::load(uint16_t(a[l])), H::load(uint16_t(b[l])));
  });
}
template <typename H> void addCompare(Table &t, const std::string &type) {
  t["setp.eq." + type] = compare<H, std::equal_to<double>>;
  t["setp.lt." + type] = compare<H, std::less<double>>;
  t["setp.le." + type] = compare<H, std::less_equal<double>>;
  t["setp.gt." + type] = compare<H, std::greater<double>>;
  t["setp.ge." + type] = compare<H, std::greater_equal<double>>;
  struct Nan {
    bool operator()(double a, double b) const { return a != a || b != b; }
  };
  struct Num {
    bool operator()(double a, double b) const { return a == a && b == b; }
  };
  struct Neu {
    bool operator()(double a, double b) const { return a != b; }
  };
  t["setp.nan." + type] = compare<H, Nan>;
  t["setp.num." + type] = compare<H, Num>;
  t["setp.neu." + type] = compare<H, Neu>;
}
} // namespace

void tercet::emu::ptx::addHalves(Table &t) {
  addType<F16>(t, "f16");
  addType<BF16>(t, "bf16");
  addCompare<F16>(t, "f16");
  addCompare<BF16>(t, "bf16");
}
