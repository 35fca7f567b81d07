//===- Comparisons.cpp - setp, set, selp, slct ----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Half.h"
#include "Select.h"
#include <cmath>

using namespace tercet::emu::ptx;

namespace {
// What is compared: a register as a value.
template <typename T> struct Plain {
  static T get(uint64_t bits) { return fromBits<T>(bits); }
};
struct Flushed {
  static float get(uint64_t bits) {
    auto v = fromBits<float>(bits);
    return std::fpclassify(v) == FP_SUBNORMAL ? std::copysign(0.0f, v) : v;
  }
};
struct F16 {
  static float get(uint64_t bits) { return halfToFloat(uint16_t(bits)); }
};
struct FlushedF16 {
  static float get(uint64_t bits) {
    return halfToFloat(bits & 0x7c00 ? uint16_t(bits) : bits & 0x8000);
  }
};
struct BF16 {
  static float get(uint64_t bits) { return bfloatToFloat(uint16_t(bits)); }
};

// Ordered comparisons are false where an operand is no number; the ones with a
// u in their name are true then.
#define COMPARE(NAME, EXPRESSION)                                              \
  struct NAME {                                                                \
    template <typename T> static bool get(T a, T b) { return EXPRESSION; }     \
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
template <With C> bool combine(bool result, bool other) {
  return C == With::Nothing ? result
         : C == With::And   ? result && other
         : C == With::Or    ? result || other
                            : result != other;
}

/// setp p, a, b; setp p|q, a, b; setp.and p, a, b, c: both destinations take
/// part with c, which may be negated.
template <typename L, typename F, With C>
void setp(Warp &w, const Instruction &i) {
  size_t sources = C == With::Nothing ? 2 : 3, first = i.regs.size() - sources;
  uint64_t *p = w.reg(i.regs[0]), *q = w.reg(i.regs[first == 2 ? 1 : 0]),
           *a = w.reg(i.regs[first]), *b = w.reg(i.regs[first + 1]),
           *c = C == With::Nothing ? a : w.reg(i.regs[first + 2]);
  bool negated = i.negated >> (first + 2) & 1;
  auto body = [&](int l) {
    bool result = F::get(L::get(a[l]), L::get(b[l]));
    bool other = (c[l] != 0) != negated;
    q[l] = combine<C>(!result, other);
    p[l] = combine<C>(result, other);
  };
  forLanes(w.mask, body);
}
/// The common case.
template <typename L, typename F> void setpOne(Warp &w, const Instruction &i) {
  uint64_t *p = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]);
  if (i.regs.size() > 3)
    return setp<L, F, With::Nothing>(w, i);
  forEachLane(w.mask,
              [&](int l) { p[l] = F::get(L::get(a[l]), L::get(b[l])); });
}
template <typename L, typename F, With C, bool Real>
void set(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]),
           *c = C == With::Nothing ? a : w.reg(i.regs[3]);
  bool negated = i.negated >> 3 & 1;
  forLanes(w.mask, [&](int l) {
    bool result =
        combine<C>(F::get(L::get(a[l]), L::get(b[l])), (c[l] != 0) != negated);
    d[l] = result ? Real ? 0x3f800000u : 0xffffffffu : 0;
  });
}
/// setp p|q of pairs of halves: p of the low ones, q of the high ones.
template <typename L, typename F> void pairs(Warp &w, const Instruction &i) {
  uint64_t *p = w.reg(i.regs[0]), *q = w.reg(i.regs[1]), *a = w.reg(i.regs[2]),
           *b = w.reg(i.regs[3]);
  forLanes(w.mask, [&](int l) {
    uint64_t x = a[l], y = b[l];
    p[l] = F::get(L::get(x & 0xffff), L::get(y & 0xffff));
    q[l] = F::get(L::get(x >> 16), L::get(y >> 16));
  });
}

template <typename L, typename F, With C>
void addWith(Table &t, const std::string &name, const std::string &type,
             const std::string &with) {
  t["setp." + name + with + type] = {setp<L, F, C>, 4, 5};
  t["set." + name + with + ".u32" + type] = {set<L, F, C, false>, 4, 4};
  t["set." + name + with + ".s32" + type] = {set<L, F, C, false>, 4, 4};
  t["set." + name + with + ".f32" + type] = {set<L, F, C, true>, 4, 4};
}
template <typename L, typename F>
void addCompare(Table &t, const std::string &name, const std::string &type) {
  t["setp." + name + type] = {setpOne<L, F>, 3, 4};
  t["set." + name + ".u32" + type] = {set<L, F, With::Nothing, false>, 3, 3};
  t["set." + name + ".s32" + type] = {set<L, F, With::Nothing, false>, 3, 3};
  t["set." + name + ".f32" + type] = {set<L, F, With::Nothing, true>, 3, 3};
  addWith<L, F, With::And>(t, name, type, ".and");
  addWith<L, F, With::Or>(t, name, type, ".or");
  addWith<L, F, With::Xor>(t, name, type, ".xor");
}
template <typename L> void addEqual(Table &t, const std::string &type) {
  addCompare<L, Eq>(t, "eq", type);
  addCompare<L, Ne>(t, "ne", type);
}
template <typename L> void addOrder(Table &t, const std::string &type) {
  addEqual<L>(t, type);
  addCompare<L, Lt>(t, "lt", type);
  addCompare<L, Le>(t, "le", type);
  addCompare<L, Gt>(t, "gt", type);
  addCompare<L, Ge>(t, "ge", type);
}
template <typename L> void addUnsigned(Table &t, const std::string &type) {
  addOrder<L>(t, type);
  addCompare<L, Lt>(t, "lo", type);
  addCompare<L, Le>(t, "ls", type);
  addCompare<L, Gt>(t, "hi", type);
  addCompare<L, Ge>(t, "hs", type);
}
template <typename L> void addReal(Table &t, const std::string &type) {
  addOrder<L>(t, type);
  addCompare<L, Equ>(t, "equ", type);
  addCompare<L, Neu>(t, "neu", type);
  addCompare<L, Ltu>(t, "ltu", type);
  addCompare<L, Leu>(t, "leu", type);
  addCompare<L, Gtu>(t, "gtu", type);
  addCompare<L, Geu>(t, "geu", type);
  addCompare<L, Num>(t, "num", type);
  addCompare<L, Nan>(t, "nan", type);
}
template <typename L> void addPairs(Table &t, const std::string &type) {
  auto add = [&](const char *name, Run run) {
    t[std::string("setp.") + name + type] = {run, 4, 4};
  };
  add("eq", pairs<L, Eq>);
  add("ne", pairs<L, Ne>);
  add("lt", pairs<L, Lt>);
  add("le", pairs<L, Le>);
  add("gt", pairs<L, Gt>);
  add("ge", pairs<L, Ge>);
  add("equ", pairs<L, Equ>);
  add("neu", pairs<L, Neu>);
  add("ltu", pairs<L, Ltu>);
  add("leu", pairs<L, Leu>);
  add("gtu", pairs<L, Gtu>);
  add("geu", pairs<L, Geu>);
  add("num", pairs<L, Num>);
  add("nan", pairs<L, Nan>);
}

void selp(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]),
           *c = w.reg(i.regs[3]);
  forEachLane(w.mask, [&](int l) { d[l] = c[l] ? a[l] : b[l]; });
}
/// An immediate operand may be wider than the type.
template <typename T> void selpOf(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]),
           *c = w.reg(i.regs[3]);
  forEachLane(w.mask, [&](int l) { d[l] = T(c[l] ? a[l] : b[l]); });
}
/// slct d, a, b, c: a where c >= 0.
template <typename T, typename L> void slct(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]), *b = w.reg(i.regs[2]),
           *c = w.reg(i.regs[3]);
  forLanes(w.mask, [&](int l) { d[l] = T(L::get(c[l]) >= 0 ? a[l] : b[l]); });
}
template <typename T>
void addSelections(Table &t, std::initializer_list<const char *> types) {
  for (const char *type : types) {
    std::string s = type;
    t["selp." + s] = {sizeof(T) == 8 ? selp : selpOf<T>, 4, 4};
    t["slct." + s + ".s32"] = {slct<T, Plain<int32_t>>, 4, 4};
    t["slct." + s + ".f32"] = {slct<T, Plain<float>>, 4, 4};
    t["slct.ftz." + s + ".f32"] = {slct<T, Flushed>, 4, 4};
  }
}
} // namespace

void tercet::emu::ptx::addComparisons(Table &t) {
  addUnsigned<Plain<uint16_t>>(t, ".u16");
  addUnsigned<Plain<uint32_t>>(t, ".u32");
  addUnsigned<Plain<uint64_t>>(t, ".u64");
  addOrder<Plain<int16_t>>(t, ".s16");
  addOrder<Plain<int32_t>>(t, ".s32");
  addOrder<Plain<int64_t>>(t, ".s64");
  addEqual<Plain<uint16_t>>(t, ".b16");
  addEqual<Plain<uint32_t>>(t, ".b32");
  addEqual<Plain<uint64_t>>(t, ".b64");
  addReal<Plain<float>>(t, ".f32");
  addReal<Flushed>(t, ".ftz.f32");
  addReal<Plain<double>>(t, ".f64");
  addReal<F16>(t, ".f16");
  addReal<FlushedF16>(t, ".ftz.f16");
  addReal<BF16>(t, ".bf16");
  addPairs<F16>(t, ".f16x2");
  addPairs<FlushedF16>(t, ".ftz.f16x2");
  addPairs<BF16>(t, ".bf16x2");
  // The flag of set comes before its destination's type.
  for (const char *to : {".u32", ".s32", ".f32"})
    for (const char *name : {"eq", "ne", "lt", "le", "gt", "ge", "equ", "neu",
                             "ltu", "leu", "gtu", "geu", "num", "nan"})
      for (const char *with : {"", ".and", ".or", ".xor"}) {
        std::string head = std::string("set.") + name + with;
        Entry entry = t[head + to + ".ftz.f32"];
        t.erase(head + to + ".ftz.f32");
        t[head + ".ftz" + to + ".f32"] = entry;
      }
  addSelections<uint16_t>(t, {"b16", "u16", "s16"});
  addSelections<uint32_t>(t, {"b32", "u32", "s32", "f32"});
  addSelections<uint64_t>(t, {"b64", "u64", "s64", "f64"});
}
