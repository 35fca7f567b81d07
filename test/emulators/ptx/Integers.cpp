//===- Integers.cpp - integer and bit instructions ------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Types of 16, 32 and 64 bits; sums and products wrap. A shift by the width or
// more gives zero, or the sign. Division by zero gives all ones, and the
// remainder the dividend, as the hardware does.
//
//===----------------------------------------------------------------------===//
#include "Select.h"
#include <algorithm>
#include <limits>
#include <type_traits>

using namespace tercet::emu::ptx;

namespace {
template <typename T> using U = std::make_unsigned_t<T>;
template <typename T> struct WideOf;
template <> struct WideOf<uint16_t> {
  using type = uint32_t;
};
template <> struct WideOf<int16_t> {
  using type = int32_t;
};
template <> struct WideOf<uint32_t> {
  using type = uint64_t;
};
template <> struct WideOf<int32_t> {
  using type = int64_t;
};
template <> struct WideOf<uint64_t> {
  using type = unsigned __int128;
};
template <> struct WideOf<int64_t> {
  using type = __int128;
};
template <typename T> using Wide = typename WideOf<T>::type;

#define OP1(NAME, ...)                                                         \
  struct NAME {                                                                \
    template <typename T> T operator()(T a) const { __VA_ARGS__; }             \
  };
#define OP2(NAME, ...)                                                         \
  struct NAME {                                                                \
    template <typename T> T operator()(T a, T b) const { __VA_ARGS__; }        \
  };
#define OP3(NAME, ...)                                                         \
  struct NAME {                                                                \
    template <typename T> T operator()(T a, T b, T c) const { __VA_ARGS__; }   \
  };

OP2(Add, return T(uint64_t(a) + uint64_t(b)))
OP2(Sub, return T(uint64_t(a) - uint64_t(b)))
OP2(MulLo, return T(uint64_t(a) * uint64_t(b)))
OP2(MulHi, return T((Wide<T>(a) * Wide<T>(b)) >> (8 * sizeof(T))))
OP3(MadLo, return T(uint64_t(a) * uint64_t(b) + uint64_t(c)))
OP3(MadHi, return T(uint64_t((Wide<T>(a) * Wide<T>(b)) >> (8 * sizeof(T))) +
                    uint64_t(c)))
OP2(Div, if (b == 0) return T(-1);
    if (std::is_signed_v<T> && b == T(-1)) return T(0 - U<T>(a)); return a / b)
OP2(Rem, if (b == 0) return a; if (std::is_signed_v<T> && b == T(-1)) return 0;
    return a % b)
OP2(Min, return a < b ? a : b)
OP2(Max, return a > b ? a : b)
OP2(And, return a & b)
OP2(Or, return a | b)
OP2(Xor, return a ^ b)
OP1(Not, return T(~a))
OP1(Neg, return T(0 - U<T>(a)))
OP1(Abs, return a < 0 ? T(0 - U<T>(a)) : a)
OP1(Move, return a)
OP1(Popc, return T(__builtin_popcountll(a)))
OP1(Clz,
    return a ? T(__builtin_clzll(a) - 64 + 8 * sizeof(T)) : T(8 * sizeof(T)))
OP1(Brev, T r = 0; for (unsigned i = 0; i < 8 * sizeof(T); ++i) r |=
                   T((a >> i & 1) << (8 * sizeof(T) - 1 - i));
    return r)
OP3(Sad, return T(uint64_t(c) + (a < b ? uint64_t(b) - uint64_t(a)
                                       : uint64_t(a) - uint64_t(b))))

template <typename T> void shiftLeft(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]);
  forEachLane(w.mask, [&](int l) {
    uint32_t by = uint32_t(b[l]);
    d[l] = by < 8 * sizeof(T) ? toBits(T(a[l] << by)) : 0;
  });
}
template <typename T> void shiftRight(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]);
  forEachLane(w.mask, [&](int l) {
    uint32_t by = uint32_t(b[l]), last = 8 * sizeof(T) - 1;
    T value = fromBits<T>(a[l]);
    d[l] = by <= last            ? toBits(T(value >> by))
           : std::is_signed_v<T> ? toBits(T(value >> last))
                                 : 0;
  });
}
/// Funnel shifts: c clamped, or modulo 32.
template <bool Left, bool Wrap> void funnel(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]),
           *c = w.reg(i.regs[3]);
  forEachLane(w.mask, [&](int l) {
    uint64_t both = b[l] << 32 | uint32_t(a[l]);
    uint32_t by = uint32_t(c[l]);
    by = Wrap ? by & 31 : by > 32 ? 32 : by;
    d[l] = uint32_t(Left ? by == 32 ? a[l] : (both << by) >> 32 : both >> by);
  });
}

template <typename T> void extract(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]),
           *c = w.reg(i.regs[3]);
  constexpr unsigned last = 8 * sizeof(T) - 1;
  forEachLane(w.mask, [&](int l) {
    unsigned from = b[l] & 255, length = c[l] & 255;
    uint64_t bits = 0;
    bool sign = false;
    if (std::is_signed_v<T> && length)
      sign = a[l] >> std::min(from + length - 1, last) & 1;
    for (unsigned k = 0; k <= last; ++k) {
      bool bit = k < length && from + k <= last ? a[l] >> (from + k) & 1 : sign;
      bits |= uint64_t(bit) << k;
    }
    d[l] = bits;
  });
}
template <typename T> void insert(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]),
           *c = w.reg(i.regs[3]), *n = w.reg(i.regs[4]);
  constexpr unsigned last = 8 * sizeof(T) - 1;
  forEachLane(w.mask, [&](int l) {
    unsigned to = c[l] & 255, length = n[l] & 255;
    uint64_t bits = b[l];
    for (unsigned k = 0; k < length && to + k <= last; ++k)
      bits = (bits & ~(1ull << (to + k))) | (a[l] >> k & 1) << (to + k);
    d[l] = bits;
  });
}
/// Place of the highest bit that is set, or that differs from the sign.
template <typename T, bool Shift>
void findHighest(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
  forEachLane(w.mask, [&](int l) {
    T value = fromBits<T>(a[l]);
    U<T> bits =
        std::is_signed_v<T> && value < T(0) ? U<T>(~value) : U<T>(value);
    uint32_t place = bits ? 63 - __builtin_clzll(bits)
                          : std::numeric_limits<uint32_t>::max();
    d[l] = Shift && bits ? 8 * sizeof(T) - 1 - place : place;
  });
}

template <typename T> void mulWide(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]);
  forEachLane(w.mask, [&](int l) {
    d[l] = toBits(
        Wide<T>(Wide<T>(fromBits<T>(a[l])) * Wide<T>(fromBits<T>(b[l]))));
  });
}
template <typename T> void madWide(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]),
           *c = w.reg(i.regs[3]);
  forEachLane(w.mask, [&](int l) {
    uint64_t product =
        uint64_t(Wide<T>(fromBits<T>(a[l])) * Wide<T>(fromBits<T>(b[l])));
    d[l] = toBits(Wide<T>(product + c[l]));
  });
}

uint32_t permute(uint32_t a, uint32_t b, uint32_t selector) {
  uint64_t bytes = uint64_t(b) << 32 | a;
  uint32_t result = 0;
  for (int k = 0; k < 4; ++k) {
    unsigned s = selector >> (4 * k) & 15;
    uint8_t byte = uint8_t(bytes >> (8 * (s & 7)));
    if (s & 8)
      byte = byte & 0x80 ? 0xff : 0;
    result |= uint32_t(byte) << (8 * k);
  }
  return result;
}
/// prmt modes give the places by two bits of the selector.
enum class Mode { Default, F4e, B4e, Rc8, Ecl, Ecr, Rc16 };
template <Mode M> void prmt(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]),
           *c = w.reg(i.regs[3]);
  forEachLane(w.mask, [&](int l) {
    unsigned s = c[l] & 3, selector = uint32_t(c[l]);
    auto each = [&](auto place) {
      selector = 0;
      for (unsigned k = 0; k < 4; ++k)
        selector |= unsigned(place(k)) << (4 * k);
    };
    if (M == Mode::F4e)
      each([&](unsigned k) { return (s + k) & 7; });
    else if (M == Mode::B4e)
      each([&](unsigned k) { return (s + 8 - k) & 7; });
    else if (M == Mode::Rc8)
      each([&](unsigned) { return s; });
    else if (M == Mode::Ecl)
      each([&](unsigned k) { return std::max(s, k); });
    else if (M == Mode::Ecr)
      each([&](unsigned k) { return std::min(s, k); });
    else if (M == Mode::Rc16)
      each([&](unsigned k) { return 2 * (s & 1) + (k & 1); });
    d[l] = permute(uint32_t(a[l]), uint32_t(b[l]), selector);
  });
}

template <typename A, typename B> void dp4a(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]),
           *c = w.reg(i.regs[3]);
  forEachLane(w.mask, [&](int l) {
    uint32_t sum = uint32_t(c[l]);
    for (int k = 0; k < 4; ++k)
      sum +=
          uint32_t(int32_t(A(a[l] >> (8 * k))) * int32_t(B(b[l] >> (8 * k))));
    d[l] = sum;
  });
}
template <typename A, typename B, bool High>
void dp2a(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]),
           *c = w.reg(i.regs[3]);
  forEachLane(w.mask, [&](int l) {
    uint32_t sum = uint32_t(c[l]);
    for (int k = 0; k < 2; ++k)
      sum += uint32_t(int32_t(A(a[l] >> (16 * k)))) *
             uint32_t(int32_t(B(b[l] >> (8 * k + (High ? 16 : 0)))));
    d[l] = sum;
  });
}

void lop3(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]),
           *c = w.reg(i.regs[3]), *t = w.reg(i.regs[4]);
  forEachLane(w.mask, [&](int l) {
    uint32_t bits = 0;
    for (int k = 0; k < 32; ++k) {
      unsigned place =
          (a[l] >> k & 1) << 2 | (b[l] >> k & 1) << 1 | (c[l] >> k & 1);
      bits |= uint32_t(t[l] >> place & 1) << k;
    }
    d[l] = bits;
  });
}

// Carries: add.cc, addc, addc.cc and what takes away or multiplies likewise.
enum class Step { Add, Sub, MadLow, MadHigh };
template <typename T, Step S, bool Takes, bool Leaves>
void chain(Warp &w, const Instruction &i) {
  using U = std::make_unsigned_t<T>;
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]);
  constexpr bool kMad = S == Step::MadLow || S == Step::MadHigh;
  uint64_t *c = kMad ? w.reg(i.regs[3]) : b;
  forLanes(w.mask, [&](int l) {
    uint32_t bit = 1u << l;
    unsigned __int128 carry = Takes && w.carry & bit;
    unsigned __int128 x = U(a[l]), y = U(b[l]);
    if (kMad) {
      Wide<T> product = Wide<T>(fromBits<T>(a[l])) * Wide<T>(fromBits<T>(b[l]));
      x = S == Step::MadLow ? U(product) : U(product >> (8 * sizeof(T)));
      y = U(c[l]);
    }
    // The carry of a difference is its borrow.
    unsigned __int128 sum = S == Step::Sub ? x - y - carry : x + y + carry;
    d[l] = U(sum);
    if (Leaves)
      w.carry = U(sum >> (8 * sizeof(T))) & 1 ? w.carry | bit : w.carry & ~bit;
  });
}

template <bool Sub> struct Saturated {
  int32_t operator()(int32_t a, int32_t b) const {
    int64_t sum = Sub ? int64_t(a) - b : int64_t(a) + b;
    return int32_t(std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX));
  }
};
struct MadHiSat {
  int32_t operator()(int32_t a, int32_t b, int32_t c) const {
    int64_t sum = ((int64_t(a) * b) >> 32) + c;
    return int32_t(std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX));
  }
};
/// The product of the low 24 bits: its low 32 of 48 bits, or its high 32.
template <typename T, bool High, bool Adds> struct Mul24 {
  static int64_t operand(T v) {
    return std::is_signed_v<T> ? int64_t(int32_t(uint32_t(v) << 8) >> 8)
                               : int64_t(v & 0xffffff);
  }
  T operator()(T a, T b) const {
    return T(operand(a) * operand(b) >> (High ? 16 : 0));
  }
  T operator()(T a, T b, T c) const {
    return T(uint32_t((*this)(a, b)) + uint32_t(c));
  }
};
/// Zero becomes 1, all else 0.
struct LogicalNot {
  template <typename T> T operator()(T a) const { return a == 0; }
};
struct Relu {
  template <typename T> T operator()(T a, T b) const {
    return std::max<T>(a < b ? a : b, 0);
  }
};
struct ReluMax {
  template <typename T> T operator()(T a, T b) const {
    return std::max<T>(a > b ? a : b, 0);
  }
};
/// Two of 16 bits in 32.
template <typename T, typename F> struct Halves {
  uint32_t operator()(uint32_t a, uint32_t b) const {
    auto one = [&](int at) {
      return uint32_t(uint16_t(F()(T(a >> at), T(b >> at)))) << at;
    };
    return one(0) | one(16);
  }
};
/// szext: the low `length` bits, extended by sign or zeros.
template <typename T, bool Wrap> struct Extend {
  T operator()(T a, T length) const {
    auto n = uint32_t(length);
    n = Wrap ? n & 31 : std::min(n, 32u);
    if (n == 32)
      return a;
    if (n == 0)
      return 0;
    uint32_t top = uint32_t(a) << (32 - n);
    return std::is_signed_v<T> ? T(int32_t(top) >> (32 - n))
                               : T(top >> (32 - n));
  }
};
/// bmsk: `length` ones from bit `from`.
template <bool Wrap> struct BitMask {
  uint32_t operator()(uint32_t from, uint32_t length) const {
    from = Wrap ? from & 31 : std::min(from, 32u);
    length = Wrap ? length & 31 : std::min(length, 32u);
    return uint32_t(((uint64_t(1) << length) - 1) << from);
  }
};

template <typename T> const char *suffix();
template <> const char *suffix<uint16_t>() { return "u16"; }
template <> const char *suffix<int16_t>() { return "s16"; }
template <> const char *suffix<uint32_t>() { return "u32"; }
template <> const char *suffix<int32_t>() { return "s32"; }
template <> const char *suffix<uint64_t>() { return "u64"; }
template <> const char *suffix<int64_t>() { return "s64"; }

template <typename T> void addType(Table &t) {
  std::string s = std::string(".") + suffix<T>();
  t["add" + s] = Binary<T, Add>::run;
  t["sub" + s] = Binary<T, Sub>::run;
  t["mul.lo" + s] = Binary<T, MulLo>::run;
  t["mul.hi" + s] = Binary<T, MulHi>::run;
  t["mad.lo" + s] = Ternary<T, MadLo>::run;
  t["mad.hi" + s] = Ternary<T, MadHi>::run;
  t["div" + s] = Binary<T, Div>::run;
  t["rem" + s] = Binary<T, Rem>::run;
  t["min" + s] = Binary<T, Min>::run;
  t["max" + s] = Binary<T, Max>::run;
  t["sad" + s] = Ternary<T, Sad>::run;
  t["shr" + s] = shiftRight<T>;
  t["mov" + s] = Unary<T, Move>::run;
  if constexpr (std::is_signed_v<T>) {
    t["abs" + s] = Unary<T, Abs>::run;
    t["neg" + s] = Unary<T, Neg>::run;
  }
  if constexpr (sizeof(T) < 8) {
    t["mul.wide" + s] = mulWide<T>;
    t["mad.wide" + s] = madWide<T>;
  }
  if constexpr (sizeof(T) > 2) {
    t["bfe" + s] = extract<T>;
    t["bfind" + s] = findHighest<T, false>;
    t["bfind.shiftamt" + s] = findHighest<T, true>;
  }
}
template <typename T> void addCarries(Table &t, const std::string &s) {
  t["add.cc" + s] = chain<T, Step::Add, false, true>;
  t["addc" + s] = chain<T, Step::Add, true, false>;
  t["addc.cc" + s] = chain<T, Step::Add, true, true>;
  t["sub.cc" + s] = chain<T, Step::Sub, false, true>;
  t["subc" + s] = chain<T, Step::Sub, true, false>;
  t["subc.cc" + s] = chain<T, Step::Sub, true, true>;
  t["mad.lo.cc" + s] = chain<T, Step::MadLow, false, true>;
  t["madc.lo" + s] = chain<T, Step::MadLow, true, false>;
  t["madc.lo.cc" + s] = chain<T, Step::MadLow, true, true>;
  t["mad.hi.cc" + s] = chain<T, Step::MadHigh, false, true>;
  t["madc.hi" + s] = chain<T, Step::MadHigh, true, false>;
  t["madc.hi.cc" + s] = chain<T, Step::MadHigh, true, true>;
}
template <typename T> void addMul24(Table &t, const std::string &s) {
  t["mul24.lo" + s] = Binary<T, Mul24<T, false, false>>::run;
  t["mul24.hi" + s] = Binary<T, Mul24<T, true, false>>::run;
  t["mad24.lo" + s] = Ternary<T, Mul24<T, false, true>>::run;
  t["mad24.hi" + s] = Ternary<T, Mul24<T, true, true>>::run;
}
void addRest(Table &t) {
  addCarries<uint32_t>(t, ".u32");
  addCarries<int32_t>(t, ".s32");
  addCarries<uint64_t>(t, ".u64");
  addCarries<int64_t>(t, ".s64");
  addMul24<uint32_t>(t, ".u32");
  addMul24<int32_t>(t, ".s32");
  t["add.sat.s32"] = Binary<int32_t, Saturated<false>>::run;
  t["sub.sat.s32"] = Binary<int32_t, Saturated<true>>::run;
  t["mad.hi.sat.s32"] = Ternary<int32_t, MadHiSat>::run;
  t["cnot.b16"] = Unary<uint16_t, LogicalNot>::run;
  t["cnot.b32"] = Unary<uint32_t, LogicalNot>::run;
  t["cnot.b64"] = Unary<uint64_t, LogicalNot>::run;
  t["min.relu.s32"] = Binary<int32_t, Relu>::run;
  t["max.relu.s32"] = Binary<int32_t, ReluMax>::run;
  t["add.u16x2"] = t["add.s16x2"] =
      Binary<uint32_t, Halves<uint16_t, Add>>::run;
  t["min.u16x2"] = Binary<uint32_t, Halves<uint16_t, Min>>::run;
  t["max.u16x2"] = Binary<uint32_t, Halves<uint16_t, Max>>::run;
  t["min.s16x2"] = Binary<uint32_t, Halves<int16_t, Min>>::run;
  t["max.s16x2"] = Binary<uint32_t, Halves<int16_t, Max>>::run;
  t["min.relu.s16x2"] = Binary<uint32_t, Halves<int16_t, Relu>>::run;
  t["max.relu.s16x2"] = Binary<uint32_t, Halves<int16_t, ReluMax>>::run;
  t["szext.clamp.u32"] = Binary<uint32_t, Extend<uint32_t, false>>::run;
  t["szext.wrap.u32"] = Binary<uint32_t, Extend<uint32_t, true>>::run;
  t["szext.clamp.s32"] = Binary<int32_t, Extend<int32_t, false>>::run;
  t["szext.wrap.s32"] = Binary<int32_t, Extend<int32_t, true>>::run;
  t["bmsk.clamp.b32"] = Binary<uint32_t, BitMask<false>>::run;
  t["bmsk.wrap.b32"] = Binary<uint32_t, BitMask<true>>::run;
}

template <typename T> void addBits(Table &t) {
  std::string s = ".b" + std::to_string(8 * sizeof(T));
  t["and" + s] = Binary<T, And>::run;
  t["or" + s] = Binary<T, Or>::run;
  t["xor" + s] = Binary<T, Xor>::run;
  t["not" + s] = Unary<T, Not>::run;
  t["mov" + s] = Unary<T, Move>::run;
  t["shl" + s] = shiftLeft<T>;
  t["shr" + s] = shiftRight<T>;
  if constexpr (sizeof(T) > 2) {
    t["popc" + s] = Unary<T, Popc>::run;
    t["clz" + s] = Unary<T, Clz>::run;
    t["brev" + s] = Unary<T, Brev>::run;
    t["bfi" + s] = insert<T>;
  }
}
} // namespace

void tercet::emu::ptx::addIntegers(Table &t) {
  addType<uint16_t>(t);
  addType<int16_t>(t);
  addType<uint32_t>(t);
  addType<int32_t>(t);
  addType<uint64_t>(t);
  addType<int64_t>(t);
  addRest(t);
  addBits<uint16_t>(t);
  addBits<uint32_t>(t);
  addBits<uint64_t>(t);
  t["shf.l.wrap.b32"] = funnel<true, true>;
  t["shf.l.clamp.b32"] = funnel<true, false>;
  t["shf.r.wrap.b32"] = funnel<false, true>;
  t["shf.r.clamp.b32"] = funnel<false, false>;
  t["prmt.b32"] = prmt<Mode::Default>;
  t["prmt.b32.f4e"] = prmt<Mode::F4e>;
  t["prmt.b32.b4e"] = prmt<Mode::B4e>;
  t["prmt.b32.rc8"] = prmt<Mode::Rc8>;
  t["prmt.b32.ecl"] = prmt<Mode::Ecl>;
  t["prmt.b32.ecr"] = prmt<Mode::Ecr>;
  t["prmt.b32.rc16"] = prmt<Mode::Rc16>;
  t["lop3.b32"] = lop3;
  t["dp4a.u32.u32"] = dp4a<uint8_t, uint8_t>;
  t["dp4a.u32.s32"] = dp4a<uint8_t, int8_t>;
  t["dp4a.s32.u32"] = dp4a<int8_t, uint8_t>;
  t["dp4a.s32.s32"] = dp4a<int8_t, int8_t>;
  t["dp2a.lo.u32.u32"] = dp2a<uint16_t, uint8_t, false>;
  t["dp2a.lo.u32.s32"] = dp2a<uint16_t, int8_t, false>;
  t["dp2a.lo.s32.u32"] = dp2a<int16_t, uint8_t, false>;
  t["dp2a.lo.s32.s32"] = dp2a<int16_t, int8_t, false>;
  t["dp2a.hi.u32.u32"] = dp2a<uint16_t, uint8_t, true>;
  t["dp2a.hi.u32.s32"] = dp2a<uint16_t, int8_t, true>;
  t["dp2a.hi.s32.u32"] = dp2a<int16_t, uint8_t, true>;
  t["dp2a.hi.s32.s32"] = dp2a<int16_t, int8_t, true>;
  // Predicates are 0 or 1.
  t["and.pred"] = Binary<uint64_t, And>::run;
  t["or.pred"] = Binary<uint64_t, Or>::run;
  t["xor.pred"] = Binary<uint64_t, Xor>::run;
  t["mov.pred"] = +[](Warp &w, const Instruction &i) {
    uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
    forEachLane(w.mask, [&](int l) { d[l] = a[l] != 0; });
  };
  t["not.pred"] = +[](Warp &w, const Instruction &i) {
    uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
    forEachLane(w.mask, [&](int l) { d[l] = !a[l]; });
  };
}
