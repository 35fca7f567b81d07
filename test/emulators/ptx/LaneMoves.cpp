//===- LaneMoves.cpp - shfl, vote, match, redux ---------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each takes a mask of the lanes that meet here; if one of them is elsewhere
// the instruction would wait for it, or for ever, so that is a fault. A value
// that a lane takes from one outside of the mask is not defined and a fault
// too.
//
//===----------------------------------------------------------------------===//
#include "Select.h"

using namespace tercet::emu;
using namespace tercet::emu::ptx;

namespace {
uint32_t membersOf(Warp &w, int reg) {
  uint32_t members = 0;
  bool first = true;
  forLanes(w.mask, [&](int l) {
    auto m = uint32_t(w.reg(reg)[l]);
    if (!first && m != members)
      failAt(l, "names other lanes than the first lane does");
    members = m;
    first = false;
    if (!(m >> l & 1))
      failAt(l, "is not a member of its own mask 0x%x", m);
  });
  w.sync(members);
  return members;
}

enum class Shuffle { Up, Down, Butterfly, Index };
/// shfl d|p, a, b, c, members: c has the clamp in bits 0..4, the mask of the
/// segment in bits 8..12.
template <Shuffle S> void shuffle(Warp &w, const Instruction &i) {
  size_t first = i.regs.size() - 4;
  uint64_t *a = w.reg(i.regs[first]), *b = w.reg(i.regs[first + 1]),
           *c = w.reg(i.regs[first + 2]);
  uint32_t members = membersOf(w, i.regs[first + 3]);
  uint64_t d[kLanes], p[kLanes];
  forLanes(w.mask, [&](int l) {
    unsigned by = b[l] & 31, clamp = c[l] & 31, segment = c[l] >> 8 & 31;
    int high = (l & segment) | (clamp & ~segment & 31), low = l & segment;
    int from = l;
    bool inside = false;
    if (S == Shuffle::Up) {
      from = l - int(by);
      inside = from >= high;
    } else if (S == Shuffle::Down) {
      from = l + int(by);
      inside = from <= high;
    } else if (S == Shuffle::Butterfly) {
      from = l ^ int(by);
      inside = from <= high;
    } else {
      from = low | (int(by) & ~int(segment) & 31);
      inside = from <= high;
    }
    if (!inside)
      from = l;
    if (!(members >> from & 1) || !(w.mask >> from & 1))
      failAt(l, "takes a value of lane %d, which is not here", from);
    d[l] = uint32_t(a[from]);
    p[l] = inside;
  });
  forLanes(w.mask, [&](int l) {
    w.reg(i.regs[0])[l] = d[l];
    if (first == 2)
      w.reg(i.regs[1])[l] = p[l];
  });
}

enum class Vote { All, Any, Uniform, Ballot };
template <Vote V> void vote(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
  bool negated = i.negated >> 1 & 1;
  uint32_t members = membersOf(w, i.regs[2]), ballot = 0;
  forLanes(w.mask,
           [&](int l) { ballot |= uint32_t((a[l] != 0) != negated) << l; });
  uint64_t result = V == Vote::All       ? ballot == members
                    : V == Vote::Any     ? ballot != 0
                    : V == Vote::Uniform ? ballot == members || ballot == 0
                                         : ballot;
  forLanes(w.mask, [&](int l) { d[l] = result; });
}

template <typename T, bool All> void match(Warp &w, const Instruction &i) {
  size_t first = i.regs.size() - 2;
  uint64_t *a = w.reg(i.regs[first]);
  uint32_t members = membersOf(w, i.regs[first + 1]);
  uint64_t d[kLanes];
  forLanes(w.mask, [&](int l) {
    uint32_t same = 0;
    forLanes(w.mask, [&](int k) { same |= uint32_t(T(a[k]) == T(a[l])) << k; });
    d[l] = All && same != members ? 0 : same;
  });
  forLanes(w.mask, [&](int l) {
    w.reg(i.regs[0])[l] = d[l];
    if (first == 2)
      w.reg(i.regs[1])[l] = d[l] != 0;
  });
}

template <typename T, typename F> void reduce(Warp &w, const Instruction &i) {
  uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
  membersOf(w, i.regs[2]);
  bool first = true;
  T result = 0;
  forLanes(w.mask, [&](int l) {
    T v = fromBits<T>(a[l]);
    result = first ? v : F()(result, v);
    first = false;
  });
  forLanes(w.mask, [&](int l) { d[l] = toBits(result); });
}
struct AddF {
  template <typename T> T operator()(T a, T b) const {
    return T(uint32_t(a) + uint32_t(b));
  }
};
struct MinF {
  template <typename T> T operator()(T a, T b) const { return a < b ? a : b; }
};
struct MaxF {
  template <typename T> T operator()(T a, T b) const { return a > b ? a : b; }
};
struct AndF {
  template <typename T> T operator()(T a, T b) const { return a & b; }
};
struct OrF {
  template <typename T> T operator()(T a, T b) const { return a | b; }
};
struct XorF {
  template <typename T> T operator()(T a, T b) const { return a ^ b; }
};
} // namespace

void tercet::emu::ptx::addLaneMoves(Table &t) {
  t["shfl.sync.up.b32"] = shuffle<Shuffle::Up>;
  t["shfl.sync.down.b32"] = shuffle<Shuffle::Down>;
  t["shfl.sync.bfly.b32"] = shuffle<Shuffle::Butterfly>;
  t["shfl.sync.idx.b32"] = shuffle<Shuffle::Index>;
  t["vote.sync.all.pred"] = vote<Vote::All>;
  t["vote.sync.any.pred"] = vote<Vote::Any>;
  t["vote.sync.uni.pred"] = vote<Vote::Uniform>;
  t["vote.sync.ballot.b32"] = vote<Vote::Ballot>;
  t["match.any.sync.b32"] = match<uint32_t, false>;
  t["match.any.sync.b64"] = match<uint64_t, false>;
  t["match.all.sync.b32"] = match<uint32_t, true>;
  t["match.all.sync.b64"] = match<uint64_t, true>;
  t["redux.sync.add.s32"] = reduce<int32_t, AddF>;
  t["redux.sync.add.u32"] = reduce<uint32_t, AddF>;
  t["redux.sync.min.s32"] = reduce<int32_t, MinF>;
  t["redux.sync.min.u32"] = reduce<uint32_t, MinF>;
  t["redux.sync.max.s32"] = reduce<int32_t, MaxF>;
  t["redux.sync.max.u32"] = reduce<uint32_t, MaxF>;
  t["redux.sync.and.b32"] = reduce<uint32_t, AndF>;
  t["redux.sync.or.b32"] = reduce<uint32_t, OrF>;
  t["redux.sync.xor.b32"] = reduce<uint32_t, XorF>;
  t["activemask.b32"] = +[](Warp &w, const Instruction &i) {
    forLanes(w.mask, [&](int l) { w.reg(i.regs[0])[l] = w.mask; });
  };
  t["bar.warp.sync"] =
      +[](Warp &w, const Instruction &i) { membersOf(w, i.regs[0]); };
}
