//===- Comparisons.cpp - setp, set, selp, slct ----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Select.h"
#include <cmath>

using namespace tercet::emu::ptx;

namespace {
// Ordered comparisons are false where an operand is no number; the ones with a
// u in their name are true then.
#define COMPARE(NAME, EXPRESSION)                                              \
  struct NAME {                                                                \
    template <typename T> bool operator()(T a, T b) const {                    \
      return EXPRESSION;                                                       \
    }                                                                          \
  };
template <typename T> bool isNan(T a) { return a != a; }
COMPARE(Eq, a == b)
COMPARE(Ne, !isNan(a) && !isNan(b) && a != b)
COMPARE(Lt, a < b)
COMPARE(Le, a <= b)
COMPARE(Gt, a > b)
COMPARE(Ge, a >= b)
COMPARE(Equ, isNan(a) || isNan(b) || a == b)
COMPARE(Neu, isNan(a) || isNan(b) || a != b)
COMPARE(Ltu, isNan(a) || isNan(b) || a < b)
COMPARE(Leu, isNan(a) || isNan(b) || a <= b)
COMPARE(Gtu, isNan(a) || isNan(b) || a > b)
COMPARE(Geu, isNan(a) || isNan(b) || a >= b)
COMPARE(Num, !isNan(a) && !isNan(b))
COMPARE(Nan, isNan(a) || isNan(b))

enum class With { Nothing, And, Or, Xor };

/// setp p, a, b; setp p|q, a, b; setp.and p, a, b, c: both destinations take
/// part with c, which may be negated.
template <typename T, typename F, With C>
void setp(Warp &w, const Instruction &i) {
  size_t sources = C == With::Nothing ? 2 : 3, first = i.regs.size() - sources;
  uint64_t *p = w.reg(i.regs[0]), *q = first == 2 ? w.reg(i.regs[1]) : nullptr,
           *a = w.reg(i.regs[first]), *b = w.reg(i.regs[first + 1]),
           *c = C == With::Nothing ? nullptr : w.reg(i.regs[first + 2]);
  bool negated = i.negated >> (first + 2) & 1;
  auto combine = [&](bool result, int l) {
    if (C == With::Nothing)
      return result;
    bool other = (c[l] != 0) != negated;
    return C == With::And  ? result && other
           : C == With::Or ? result || other
                           : result != other;
  };
  forEachLane(w.mask, [&](int l) {
    bool result = F()(fromBits<T>(a[l]), fromBits<T>(b[l]));
    bool direct = combine(result, l), opposite = combine(!result, l);
    p[l] = direct;
    if (q)
      q[l] = opposite;
  });
}
template <typename T, typename F, bool Real>
void set(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]);
  forEachLane(w.mask, [&](int l) {
    bool result = F()(fromBits<T>(a[l]), fromBits<T>(b[l]));
    d[l] = result ? Real ? 0x3f800000u : 0xffffffffu : 0;
  });
}

template <typename T, typename F>
void addCompare(Table &t, const std::string &name, const std::string &type) {
  for (const char *flush : {"", ".ftz"}) {
    // Flushing matters to f32 alone; ours never ask for it.
    if (*flush)
      continue;
    t["setp." + name + flush + "." + type] = setp<T, F, With::Nothing>;
    t["setp." + name + ".and" + flush + "." + type] = setp<T, F, With::And>;
    t["setp." + name + ".or" + flush + "." + type] = setp<T, F, With::Or>;
    t["setp." + name + ".xor" + flush + "." + type] = setp<T, F, With::Xor>;
    t["set." + name + flush + ".u32." + type] = set<T, F, false>;
    t["set." + name + flush + ".s32." + type] = set<T, F, false>;
    t["set." + name + flush + ".f32." + type] = set<T, F, true>;
  }
}
template <typename T> void addOrder(Table &t, const std::string &type) {
  addCompare<T, Eq>(t, "eq", type);
  addCompare<T, Ne>(t, "ne", type);
  addCompare<T, Lt>(t, "lt", type);
  addCompare<T, Le>(t, "le", type);
  addCompare<T, Gt>(t, "gt", type);
  addCompare<T, Ge>(t, "ge", type);
}
template <typename T> void addUnsigned(Table &t, const std::string &type) {
  addOrder<T>(t, type);
  addCompare<T, Lt>(t, "lo", type);
  addCompare<T, Le>(t, "ls", type);
  addCompare<T, Gt>(t, "hi", type);
  addCompare<T, Ge>(t, "hs", type);
}
template <typename T> void addReal(Table &t, const std::string &type) {
  addOrder<T>(t, type);
  addCompare<T, Equ>(t, "equ", type);
  addCompare<T, Neu>(t, "neu", type);
  addCompare<T, Ltu>(t, "ltu", type);
  addCompare<T, Leu>(t, "leu", type);
  addCompare<T, Gtu>(t, "gtu", type);
  addCompare<T, Geu>(t, "geu", type);
  addCompare<T, Num>(t, "num", type);
  addCompare<T, Nan>(t, "nan", type);
}

void selp(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]),
           *c = w.reg(i.regs[3]);
  forEachLane(w.mask, [&](int l) { d[l] = c[l] ? a[l] : b[l]; });
}
} // namespace

void tercet::emu::ptx::addComparisons(Table &t) {
  addUnsigned<uint16_t>(t, "u16");
  addUnsigned<uint32_t>(t, "u32");
  addUnsigned<uint64_t>(t, "u64");
  addOrder<int16_t>(t, "s16");
  addOrder<int32_t>(t, "s32");
  addOrder<int64_t>(t, "s64");
  addReal<float>(t, "f32");
  addReal<double>(t, "f64");
  for (const char *compare : {"eq", "ne"}) {
    bool eq = compare[0] == 'e';
    std::string name = compare;
    if (eq) {
      addCompare<uint16_t, Eq>(t, name, "b16");
      addCompare<uint32_t, Eq>(t, name, "b32");
      addCompare<uint64_t, Eq>(t, name, "b64");
    } else {
      addCompare<uint16_t, Ne>(t, name, "b16");
      addCompare<uint32_t, Ne>(t, name, "b32");
      addCompare<uint64_t, Ne>(t, name, "b64");
    }
  }
  for (const char *type : {"b16", "u16", "s16", "b32", "u32", "s32", "f32",
                           "b64", "u64", "s64", "f64"})
    t[std::string("selp.") + type] = selp;
}
