//===- VectorPacked.cpp - pairs of singles, mixed precision ---------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Decoder.h"
#include "Reals.h"
#include "Vector.h"
#include <cstring>

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

//===----------------------------------------------------------------------===//
// v_fma_mix: each source is a single, or a half of a register as op_sel says
//===----------------------------------------------------------------------===//

static float fmaMix(float a, float b, float c) { return std::fma(a, b, c); }

static void runMix(Wave &w, const Inst &i) {
  alignas(64) uint32_t sources[3][2 * kMaxLanes], d[2 * kMaxLanes];
  LaneArgs x;
  x.n = w.lanes;
  x.d = d;
  x.bits = nullptr;
  for (unsigned k = 0; k < 3; ++k) {
    const uint32_t *p = fetch(w, i, k, i.types[k], sources[k]);
    if (i.types[k] == Type::F16)
      for (unsigned l = 0; l < x.n; ++l)
        sources[k][l] = bitsOf(toFloat({static_cast<uint16_t>(p[l])}));
    x.src[k] = i.types[k] == Type::F16 ? sources[k] : p;
  }
  w.enterFloat(Float::Single);
  i.lanes(x);
  for (unsigned l = 0; l < x.n; ++l) {
    float r = floatOf(d[l]);
    if (i.clamp)
      r = r != r ? (w.mode & kModeDx10Clamp ? 0 : r)
                 : std::fmin(std::fmax(r, 0.0f), 1.0f);
    d[l] = bitsOf(r);
  }
  uint32_t *to = w.v(i.dst.index);
  if (i.code) { // to a half
    w.enterFloat(Float::Double);
    unsigned shift = i.code == 2 ? 16 : 0;
    for (unsigned l = 0; l < x.n; ++l)
      d[l] = (to[l] & ~(0xffffu << shift)) |
             uint32_t(put<Half>(floatOf(d[l])).bits) << shift;
  }
  merge(w, to, d);
}

static void bindMix(Decoder &d, Inst &i, const Op &op) {
  i.run = runMix;
  i.lanes = op.lanes;
  i.code = static_cast<uint8_t>(op.code);
  i.sources = 3;
  i.type = Type::F32;
  unsigned halves = d.bits("op_sel_hi", 0), high = d.bits("op_sel", 0);
  i.dst = d.takeAny();
  for (unsigned k = 0; k < 3; ++k) {
    i.types[k] = halves >> k & 1 ? Type::F16 : Type::F32;
    i.src[k] = d.take(i.types[k]);
    if (halves >> k & 1)
      i.src[k].high = high >> k & 1;
  }
  i.clamp = d.modifier("clamp");
}

static Op mix(const char *name, int64_t code) {
  Op op = vop<fmaMix>(name);
  op.bind = bindMix;
  op.code = code;
  return op;
}

void amdgpu::addVectorPacked(Table &t) {
  using F = float;
  t.insert(t.end(), {vop<add<F>>("v_pk_add_f32", kPacked),
                     vop<mul<F>>("v_pk_mul_f32", kPacked),
                     vop<fma<F>>("v_pk_fma_f32", kPacked)});
  t.insert(t.end(), {mix("v_fma_mix_f32", 0), mix("v_fma_mixlo_f16", 1),
                     mix("v_fma_mixhi_f16", 2), mix("v_mad_mix_f32", 0),
                     mix("v_mad_mixlo_f16", 1), mix("v_mad_mixhi_f16", 2)});
}
