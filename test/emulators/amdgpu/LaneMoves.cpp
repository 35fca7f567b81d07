//===- LaneMoves.cpp - between lanes and scalar registers -----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Decoder.h"
#include "Vector.h"
#include <cstring>

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

static uint32_t scalarOf(const Wave &w, const Operand &o) {
  return o.kind == Operand::Scalar ? w.s[o.index] : o.value[0];
}

static void readLane(Wave &w, const Inst &i) {
  unsigned lane = scalarOf(w, i.src[1]) % w.lanes;
  w.setScalar(i.dst.index, w.v(i.src[0].index)[lane]);
}
/// Lane 0 where none is on.
static void readFirstLane(Wave &w, const Inst &i) {
  uint64_t on = w.exec();
  unsigned lane = on ? static_cast<unsigned>(__builtin_ctzll(on)) : 0;
  w.setScalar(i.dst.index, i.src[0].kind == Operand::Vector
                               ? w.v(i.src[0].index)[lane]
                               : scalarOf(w, i.src[0]));
}
/// Whether the lane is on does not matter.
static void writeLane(Wave &w, const Inst &i) {
  unsigned lane = scalarOf(w, i.src[1]) % w.lanes;
  w.v(i.dst.index)[lane] = scalarOf(w, i.src[0]);
}

/// Bits of lanes before this one.
template <unsigned Half> static void maskedCount(Wave &w, const Inst &i) {
  alignas(64) uint32_t a[2 * kMaxLanes], b[2 * kMaxLanes], d[kMaxLanes];
  const uint32_t *mask = fetch(w, i, 0, Type::B32, a),
                 *plus = fetch(w, i, 1, Type::B32, b);
  for (unsigned l = 0; l < w.lanes; ++l) {
    uint64_t before = (uint64_t(1) << l) - 1;
    d[l] = static_cast<uint32_t>(__builtin_popcount(
               mask[l] & static_cast<uint32_t>(before >> 32 * Half))) +
           plus[l];
  }
  merge(w, w.v(i.dst.index), d);
}

static void swapLanes(Wave &w, const Inst &i) {
  uint32_t *a = w.v(i.dst.index), *b = w.v(i.src[0].index);
  for (unsigned l = 0; l < w.lanes; ++l)
    if (w.on(l))
      std::swap(a[l], b[l]);
}

/// Within rows of 16: 4 bits a lane in two scalars say where from. X: of the
/// other row of two.
template <bool X> static void permuteRow(Wave &w, const Inst &i) {
  alignas(64) uint32_t d[kMaxLanes];
  uint32_t *to = w.v(i.dst.index);
  const uint32_t *from = w.v(i.src[0].index);
  uint64_t choice = scalarOf(w, i.src[1]) | uint64_t(scalarOf(w, i.src[2]))
                                                << 32;
  bool fetchOff = i.opSel & 1, zero = i.opSel & 2;
  for (unsigned l = 0; l < w.lanes; ++l) {
    unsigned at = (l & ~15u) + (choice >> 4 * (l & 15) & 15);
    if (X)
      at ^= 16;
    d[l] = fetchOff || w.on(at) ? from[at] : zero ? 0 : to[l];
  }
  merge(w, to, d);
}

/// Of waves of 64 lanes only; with fewer it does nothing but move.
static void permute64(Wave &w, const Inst &i) {
  alignas(64) uint32_t d[kMaxLanes];
  const uint32_t *from = w.v(i.src[0].index);
  for (unsigned l = 0; l < w.lanes; ++l)
    d[l] = from[w.lanes == 64 ? l ^ 32 : l];
  merge(w, w.v(i.dst.index), d);
}

/// Halves of registers.
static void swapHalves(Wave &w, const Inst &i) {
  uint32_t *a = w.v(i.dst.index), *b = w.v(i.src[0].index);
  unsigned sa = i.dst.high ? 16 : 0, sb = i.src[0].high ? 16 : 0;
  for (unsigned l = 0; l < w.lanes; ++l)
    if (w.on(l)) {
      uint32_t x = a[l] >> sa & 0xffff, y = b[l] >> sb & 0xffff;
      a[l] = (a[l] & ~(0xffffu << sa)) | y << sa;
      b[l] = (b[l] & ~(0xffffu << sb)) | x << sb;
    }
}

//===----------------------------------------------------------------------===//
// Registers by an index in M0
//===----------------------------------------------------------------------===//

static unsigned registerAt(const Wave &w, unsigned index, uint32_t plus) {
  uint64_t at = uint64_t(index) + plus;
  if (at >= w.vectors.size() / w.lanes)
    fail("indexes vector register %llu", static_cast<unsigned long long>(at));
  return static_cast<unsigned>(at);
}

static unsigned scalarAt(const Wave &w, unsigned index, unsigned count) {
  uint64_t at = uint64_t(index) + w.s[kM0];
  if (at + count > kVcc)
    fail("indexes scalar register %llu", static_cast<unsigned long long>(at));
  return static_cast<unsigned>(at);
}
template <unsigned Words, bool Source>
static void moveScalarRelative(Wave &w, const Inst &i) {
  unsigned from = i.src[0].index, to = i.dst.index;
  (Source ? from : to) = scalarAt(w, Source ? from : to, Words);
  for (unsigned k = 0; k < Words; ++k)
    w.setScalar(to + k, w.s[from + k]);
}

template <bool Source, bool Destination>
static void moveRelative(Wave &w, const Inst &i) {
  alignas(64) uint32_t buffer[2 * kMaxLanes];
  uint32_t plus = w.s[kM0];
  const uint32_t *from = Source ? w.v(registerAt(w, i.src[0].index, plus))
                                : fetch(w, i, 0, Type::B32, buffer);
  merge(w, w.v(registerAt(w, i.dst.index, Destination ? plus : 0)), from);
}

/// Until switched off, M0's low byte is added to registers of vector
/// instructions.
static void indexOn(Wave &w, const Inst &i) {
  w.indexed = i.word >> 8 & 15;
  w.s[kM0] = (scalarOf(w, i.src[0]) & 255) | uint32_t(w.indexed) << 12;
}
static void indexOff(Wave &w, const Inst &) { w.indexed = 0; }
static void indexMode(Wave &w, const Inst &i) {
  w.indexed = i.word & 15;
  w.s[kM0] = (w.s[kM0] & ~0xf000u) | uint32_t(w.indexed) << 12;
}
static void indexValue(Wave &w, const Inst &i) {
  w.s[kM0] = (w.s[kM0] & ~255u) | (scalarOf(w, i.src[0]) & 255);
}
static void bindIndex(Decoder &d, Inst &i, const Op &op) {
  i.run = op.run;
  if (op.code)
    i.src[0] = d.take(Type::B32);
  d.taken = d.text.operands.size(); // gpr_idx(...): in the instruction's bits
}

void amdgpu::runIndexed(Wave &w, const Inst &i) {
  if (i.name.compare(0, 2, "v_")) {
    i.run(w, i);
    return;
  }
  if (i.run != runVector)
    fail("uses registers by index in a way that the emulator does not know");
  Inst moved = i;
  uint32_t plus = w.s[kM0] & 255;
  for (unsigned k = 0; k < 3; ++k)
    if (w.indexed >> k & 1 && moved.src[k].kind == Operand::Vector)
      moved.src[k].index = registerAt(w, moved.src[k].index, plus);
  if (w.indexed & 8 && moved.dst.kind == Operand::Vector)
    moved.dst.index = registerAt(w, moved.dst.index, plus);
  moved.run(w, moved);
}

/// Two registers from either half of two pairs.
static void packedMove(Wave &w, const Inst &i) {
  alignas(64) uint32_t d[2][kMaxLanes];
  for (unsigned k = 0; k < 2; ++k) {
    const Operand &o = i.src[k];
    unsigned second = i.opSel >> k & 1;
    for (unsigned l = 0; l < w.lanes; ++l)
      d[k][l] = o.kind == Operand::Vector ? w.v(o.index + second)[l]
                                          : w.s[o.index + second];
  }
  for (unsigned k = 0; k < 2; ++k)
    merge(w, w.v(i.dst.index + k), d[k]);
}

namespace {
enum Kinds : uint8_t { kScalar = 1, kVector = 2, kConstant = 4 };
} // namespace

/// code: what the destination and the sources may be, four bits each.
static void bindMove(Decoder &d, Inst &i, const Op &op) {
  i.run = op.run;
  auto take = [&](unsigned kinds) {
    Operand o = d.take(Type::B32);
    unsigned kind = o.kind == Operand::Scalar     ? kScalar
                    : o.kind == Operand::Vector   ? kVector
                    : o.kind == Operand::Constant ? kConstant
                                                  : 0;
    if (!(kind & kinds) || o.neg || o.abs)
      d.unknown("the emulator does not know operand '" +
                d.text.operands[d.taken - 1] + "' of this instruction");
    return o;
  };
  if (i.dpp)
    d.unknown("the emulator does not know dpp of this instruction");
  i.dst = take(op.code & 15);
  for (unsigned k = 0; k < op.sources; ++k)
    i.src[k] = take(op.code >> 4 * (k + 1) & 15);
  i.opSel = static_cast<uint8_t>(d.bits("op_sel", 0));
}

static Op lanes(const char *name, RunFn run, unsigned dst,
                std::initializer_list<unsigned> sources) {
  Op op;
  op.name = name;
  op.bind = bindMove;
  op.run = run;
  op.code = dst;
  for (unsigned kinds : sources)
    op.code |= kinds << 4 * ++op.sources;
  return op;
}

void amdgpu::addLaneMoves(Table &t) {
  unsigned s = kScalar, v = kVector, sc = kScalar | kConstant,
           any = kScalar | kVector | kConstant;
  t.insert(t.end(),
           {lanes("v_readlane_b32", readLane, s, {v, sc}),
            lanes("v_readfirstlane_b32", readFirstLane, s, {any}),
            lanes("v_writelane_b32", writeLane, v, {sc, sc}),
            lanes("v_mbcnt_lo_u32_b32", maskedCount<0>, v, {any, any}),
            lanes("v_mbcnt_hi_u32_b32", maskedCount<1>, v, {any, any}),
            lanes("v_swap_b32", swapLanes, v, {v}),
            lanes("v_permlane16_b32", permuteRow<false>, v, {v, sc, sc}),
            lanes("v_permlanex16_b32", permuteRow<true>, v, {v, sc, sc}),
            lanes("v_swap_b16", swapHalves, v, {v}),
            lanes("v_permlane64_b32", permute64, v, {v}),
            lanes("s_movrels_b32", moveScalarRelative<1, true>, s, {s}),
            lanes("s_movrels_b64", moveScalarRelative<2, true>, s, {s}),
            lanes("s_movreld_b32", moveScalarRelative<1, false>, s, {s}),
            lanes("s_movreld_b64", moveScalarRelative<2, false>, s, {s}),
            lanes("v_movrels_b32", moveRelative<true, false>, v, {v}),
            lanes("v_movreld_b32", moveRelative<false, true>, v, {any}),
            lanes("v_movrelsd_b32", moveRelative<true, true>, v, {v}),
            lanes("v_pk_mov_b32", packedMove, v,
                  {kScalar | kVector, kScalar | kVector})});
  auto index = [&](const char *name, RunFn run, int64_t operand) {
    Op op;
    op.name = name;
    op.bind = bindIndex;
    op.run = run;
    op.code = operand;
    t.push_back(op);
  };
  index("s_set_gpr_idx_on", indexOn, 1);
  index("s_set_gpr_idx_off", indexOff, 0);
  index("s_set_gpr_idx_mode", indexMode, 0);
  index("s_set_gpr_idx_idx", indexValue, 1);
}
