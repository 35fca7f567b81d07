//===- Atomics.cpp - atom and red -----------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lanes update one after the other. Sums of f32 in global memory flush
// denormals (PTX ISA, atom), all others do not.
//
//===----------------------------------------------------------------------===//
#include "Half.h"
#include "Select.h"
#include <cmath>

using namespace tercet::emu::ptx;

namespace {
/// new = F(old, b, c).
template <typename T, typename F, bool Returns, int Sources>
void atomic(Warp &w, const Instruction &i) {
  const uint64_t *address = w.reg(i.regs[Returns]),
                 *b = w.reg(i.regs[Returns + 1]),
                 *c = Sources > 1 ? w.reg(i.regs[Returns + 2]) : b;
  uint64_t *d = Returns ? w.reg(i.regs[0]) : nullptr;
  forLanes(w.mask, [&](int l) {
    char *at = w.atomic(i.space, address[l] + i.offset, sizeof(T), l);
    T old;
    memcpy(&old, at, sizeof(T));
    T result = F::template get<T>(old, fromBits<T>(b[l]), fromBits<T>(c[l]));
    memcpy(at, &result, sizeof(T));
    if (Returns)
      d[l] = toBits(old);
  });
}

#define OPERATION(NAME, EXPRESSION)                                            \
  struct NAME {                                                                \
    template <typename T> static T get(T a, T b, T c) {                        \
      (void)a, (void)b, (void)c;                                               \
      return EXPRESSION;                                                       \
    }                                                                          \
  };
OPERATION(Sum, T(uint64_t(a) + uint64_t(b)))
OPERATION(RealSum, a + b)
OPERATION(Min, a < b ? a : b)
OPERATION(Max, a > b ? a : b)
OPERATION(Exchange, b)
OPERATION(Compare, a == b ? c : a)
OPERATION(And, a &b)
OPERATION(Or, a | b)
OPERATION(Xor, a ^ b)
OPERATION(Increment, a >= b ? T(0) : T(a + 1))
OPERATION(Decrement, a == 0 || a > b ? b : T(a - 1))

struct FlushedSum {
  template <typename T> static T get(T a, T b, T) {
    auto flush = [](T v) {
      return std::fpclassify(v) == FP_SUBNORMAL ? std::copysign(T(0), v) : v;
    };
    return flush(flush(a) + flush(b));
  }
};
template <bool Bfloat> struct HalfSum {
  static uint16_t one(uint16_t a, uint16_t b) {
    return Bfloat ? doubleToBfloat(double(bfloatToFloat(a)) + bfloatToFloat(b))
                  : doubleToHalf(double(halfToFloat(a)) + halfToFloat(b));
  }
  template <typename T> static T get(T a, T b, T) {
    T result = 0;
    for (unsigned k = 0; k < 8 * sizeof(T); k += 16)
      result |= T(T(one(uint16_t(a >> k), uint16_t(b >> k))) << k);
    return result;
  }
};

struct Pair {
  Run returns, reduces;
};
template <typename T, typename F, int Sources = 1> Pair entry() {
  return {atomic<T, F, true, Sources>, atomic<T, F, false, Sources>};
}

std::unordered_map<std::string, Pair> makeTable() {
  std::unordered_map<std::string, Pair> t;
  t["add.u32"] = t["add.s32"] = entry<uint32_t, Sum>();
  t["add.u64"] = t["add.s64"] = entry<uint64_t, Sum>();
  t["add.f32"] = entry<float, RealSum>();
  t["add.f64"] = entry<double, RealSum>();
  t["add.noftz.f16"] = entry<uint16_t, HalfSum<false>>();
  t["add.noftz.f16x2"] = entry<uint32_t, HalfSum<false>>();
  t["add.noftz.bf16"] = entry<uint16_t, HalfSum<true>>();
  t["add.noftz.bf16x2"] = entry<uint32_t, HalfSum<true>>();
  t["min.u32"] = entry<uint32_t, Min>();
  t["min.s32"] = entry<int32_t, Min>();
  t["min.u64"] = entry<uint64_t, Min>();
  t["min.s64"] = entry<int64_t, Min>();
  t["max.u32"] = entry<uint32_t, Max>();
  t["max.s32"] = entry<int32_t, Max>();
  t["max.u64"] = entry<uint64_t, Max>();
  t["max.s64"] = entry<int64_t, Max>();
  t["exch.b32"] = entry<uint32_t, Exchange>();
  t["exch.b64"] = entry<uint64_t, Exchange>();
  t["cas.b16"] = entry<uint16_t, Compare, 2>();
  t["cas.b32"] = entry<uint32_t, Compare, 2>();
  t["cas.b64"] = entry<uint64_t, Compare, 2>();
  t["and.b32"] = entry<uint32_t, And>();
  t["and.b64"] = entry<uint64_t, And>();
  t["or.b32"] = entry<uint32_t, Or>();
  t["or.b64"] = entry<uint64_t, Or>();
  t["xor.b32"] = entry<uint32_t, Xor>();
  t["xor.b64"] = entry<uint64_t, Xor>();
  t["inc.u32"] = entry<uint32_t, Increment>();
  t["dec.u32"] = entry<uint32_t, Decrement>();
  return t;
}
} // namespace

bool tercet::emu::ptx::selectAtomic(Instruction &i,
                                    const std::vector<std::string> &parts) {
  static const auto table = makeTable();
  std::string operation;
  for (size_t k = 1; k < parts.size(); ++k) {
    const std::string &p = parts[k];
    if (p == "global")
      i.space = Space::Global;
    else if (p == "shared" || p == "shared::cta")
      i.space = Space::Shared;
    else if (p != "relaxed" && p != "acquire" && p != "release" &&
             p != "acq_rel" && p != "cta" && p != "gpu" && p != "sys")
      operation += (operation.empty() ? "" : ".") + p;
  }
  auto it = table.find(operation);
  if (it == table.end())
    return false;
  bool returns = parts[0] == "atom", compares = operation[0] == 'c';
  if (i.regs.size() != 2u + returns + compares || (!returns && compares))
    return false;
  i.run = returns ? it->second.returns : it->second.reduces;
  if (operation == "add.f32" && i.space == Space::Global)
    i.run = returns ? entry<float, FlushedSum>().returns
                    : entry<float, FlushedSum>().reduces;
  return true;
}
