//===- Wmma.cpp - matrix products of gfx11, waves of 32 -------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// v_wmma_T_16x16x16_S: lane l holds all 16 of k of row (column) l % 16; lanes
// 16 to 31 must repeat lanes 0 to 15. Register r of the result holds column l %
// 16 of row 2 * r + l / 16. All lanes must be on.
//
//===----------------------------------------------------------------------===//
#include "Matrix.h"
#include <cstring>

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

namespace {
enum Kind : uint8_t { kInteger8, kInteger4, kHalf, kBfloat };
} // namespace

static unsigned registersOf(Kind k) {
  return k == kInteger8 ? 4 : k == kInteger4 ? 2 : 8;
}

static Element elementOf(Kind k, bool isSigned) {
  switch (k) {
  case kInteger8:
    return isSigned ? Element::I8 : Element::U8;
  case kInteger4:
    return isSigned ? Element::I4 : Element::U4;
  case kHalf:
    return Element::F16;
  default:
    return Element::BF16;
  }
}

static void checkRepeats(const uint32_t *p, unsigned registers,
                         const char *which) {
  for (unsigned r = 0; r < registers; ++r) {
    if (!memcmp(p + r * 32, p + r * 32 + 16, 16 * sizeof(uint32_t)))
      continue;
    for (unsigned l = 0; l < 16; ++l)
      if (p[r * 32 + l] != p[r * 32 + 16 + l])
        failAt(static_cast<int>(16 + l),
               "does not repeat lane %u in register %u of operand %s, as WMMA "
               "needs it",
               l, r, which);
  }
}

static void run(Wave &w, const Inst &i) {
  if (!w.full)
    fail("runs with lanes off, for which WMMA has no result");
  Kind kind = static_cast<Kind>(i.code);
  alignas(64) static thread_local uint32_t buffer[8 * 32];
  static thread_local Tiles t;
  unsigned registers = registersOf(kind);
  const uint32_t *a = w.v(i.src[0].index), *b = w.v(i.src[1].index),
                 *c = matrixSource(w, i.src[2], 8, buffer);
  checkRepeats(a, registers, "A");
  checkRepeats(b, registers, "B");
  Element ea = elementOf(kind, i.negLo & 1), eb = elementOf(kind, i.negLo & 2);
  t.rows = t.columns = t.depth = 16;
  w.enterFloat(Float::Nearest);
  for (unsigned l = 0; l < 16; ++l) {
    t.loadA(l, 0, 16, a + l, 32, ea);
    t.loadB(l, 0, 16, b + l, 32, eb);
  }
  auto rowOf = [](unsigned r, unsigned l) { return 2 * r + l / 16; };
  bool saturate = i.clamp && isInteger(ea);
  for (unsigned r = 0; r < 8; ++r)
    for (unsigned l = 0; l < 32; ++l)
      t.ci[rowOf(r, l)][l % 16] = saturate ? 0 : c[r * 32 + l];
  if (isInteger(ea))
    t.multiplyIntegers();
  else
    t.multiplyReals();
  uint32_t *d = w.v(i.dst.index);
  for (unsigned r = 0; r < 8; ++r)
    for (unsigned l = 0; l < 32; ++l) {
      uint32_t sum = t.ci[rowOf(r, l)][l % 16];
      if (saturate) {
        int64_t whole = int64_t(static_cast<int32_t>(sum)) +
                        static_cast<int32_t>(c[r * 32 + l]);
        sum = static_cast<uint32_t>(whole > INT32_MAX   ? INT32_MAX
                                    : whole < INT32_MIN ? INT32_MIN
                                                        : whole);
      }
      d[r * 32 + l] = sum;
    }
}

static void bind(Decoder &d, Inst &i, const Op &op) {
  Kind kind = static_cast<Kind>(op.code);
  bool integer = kind <= kInteger4;
  i.run = run;
  i.code = static_cast<uint8_t>(kind);
  i.dst = d.takeAny();
  i.src[0] = d.takeAny();
  i.src[1] = d.takeAny();
  i.src[2] = d.take(integer ? Type::B32 : Type::F32);
  if (integer) {
    i.negLo = static_cast<uint8_t>(d.bits("neg_lo", 0));
    i.clamp = d.modifier("clamp");
  }
  auto vector = [&](const Operand &o, unsigned count) {
    return o.kind == Operand::Vector && o.count == count && !o.neg && !o.abs;
  };
  unsigned n = registersOf(kind);
  if (!vector(i.dst, 8) || !vector(i.src[0], n) || !vector(i.src[1], n) ||
      (i.src[2].kind != Operand::Constant && !vector(i.src[2], 8)) ||
      i.negLo > 3)
    d.unknown("the emulator does not know the operands of this instruction");
}

void amdgpu::addWmma(Table &t) {
  auto add = [&](const char *name, Kind kind) {
    Op op;
    op.name = name;
    op.bind = bind;
    op.code = kind;
    t.push_back(op);
  };
  add("v_wmma_i32_16x16x16_iu8", kInteger8);
  add("v_wmma_i32_16x16x16_iu4", kInteger4);
  add("v_wmma_f32_16x16x16_f16", kHalf);
  add("v_wmma_f32_16x16x16_bf16", kBfloat);
}
