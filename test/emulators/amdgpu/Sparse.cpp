//===- Sparse.cpp - SMFMAC ------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// v_smfmac_T_MxNxK_S: D += A * B where of each four neighbours of k A holds
// two, whose places among the four are two bits each of an index register:
//
//   A: row lane % M; element e is k = base + e / 2 * 4 + index(e)
//   B: column lane % N, k from base = lane / M * (K * M / 64) on
//   index(e): bits 2e of the set that ABID names, of as many bits as A has
//   elements times two; the first set where CBSZ is not 0
//   D: as of MFMA
//
//===----------------------------------------------------------------------===//
#include "Matrix.h"
#include <cstring>

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

namespace {
struct Shape {
  const char *name;
  uint8_t rows, depth;
  Element element;
};
} // namespace

static const Shape kShapes[] = {
    {"v_smfmac_i32_16x16x64_i8", 16, 64, Element::I8},
    {"v_smfmac_i32_32x32x32_i8", 32, 32, Element::I8},
    {"v_smfmac_f32_16x16x32_f16", 16, 32, Element::F16},
    {"v_smfmac_f32_32x32x16_f16", 32, 16, Element::F16},
    {"v_smfmac_f32_16x16x32_bf16", 16, 32, Element::BF16},
    {"v_smfmac_f32_32x32x16_bf16", 32, 16, Element::BF16},
};

static void run(Wave &w, const Inst &i) {
  const Shape &s = kShapes[i.code];
  static thread_local Tiles t;
  unsigned n = w.lanes, results = s.rows * s.rows / 64,
           bits = bitsOf(s.element);
  unsigned groups = 64 / s.rows, each = s.depth / groups, kept = each / 2;
  const uint32_t *a = w.v(i.src[0].index), *b = w.v(i.src[1].index),
                 *index = w.v(i.src[2].index);
  uint32_t *d = w.v(i.dst.index);
  unsigned set = i.cbsz ? 0 : i.abid % (32 / (2 * kept));
  t.rows = t.columns = s.rows;
  t.depth = s.depth;
  memset(t.af, 0, sizeof t.af);
  w.enterFloat(Float::Nearest);
  auto rowOf = [&](unsigned lane, unsigned r) {
    return r / 4 * 4 * groups + lane / s.rows * 4 + r % 4;
  };
  for (unsigned lane = 0; lane < n; ++lane) {
    unsigned base = lane / s.rows * each;
    uint32_t places = index[lane] >> set * 2 * kept;
    t.loadB(lane % s.rows, base, each, b + lane, n, s.element);
    for (unsigned e = 0; e < kept; ++e) {
      if (e % 2 && (places >> 2 * e & 3) <= (places >> (2 * e - 2) & 3))
        failAt(static_cast<int>(lane),
               "has an index of sparse elements that does not ascend (%u, %u)",
               places >> (2 * e - 2) & 3, places >> 2 * e & 3);
      t.setA(lane % s.rows, base + e / 2 * 4 + (places >> 2 * e & 3),
             rawElement(a, n, lane, e, bits), s.element);
    }
    for (unsigned r = 0; r < results; ++r)
      t.ci[rowOf(lane, r)][lane % s.rows] = d[r * n + lane];
  }
  if (isInteger(s.element))
    t.multiplyIntegers();
  else
    t.multiplyReals();
  for (unsigned lane = 0; lane < n; ++lane)
    for (unsigned r = 0; r < results; ++r)
      d[r * n + lane] = t.ci[rowOf(lane, r)][lane % s.rows];
}

static void bind(Decoder &d, Inst &i, const Op &op) {
  const Shape &s = kShapes[op.code];
  i.run = run;
  i.code = static_cast<uint8_t>(op.code);
  i.dst = d.takeAny();
  for (unsigned k = 0; k < 3; ++k)
    i.src[k] = d.takeAny();
  i.cbsz = static_cast<uint8_t>(d.number("cbsz"));
  i.abid = static_cast<uint8_t>(d.number("abid"));
  unsigned counts[] = {2, 4, 1};
  bool good =
      i.dst.kind == Operand::Vector && i.dst.count == s.rows * s.rows / 64;
  for (unsigned k = 0; k < 3; ++k)
    good &= i.src[k].kind == Operand::Vector && i.src[k].count == counts[k];
  if (!good)
    d.unknown("the emulator does not know the operands of this instruction");
}

void amdgpu::addSparseMatrix(Table &t) {
  int64_t code = 0;
  for (const Shape &s : kShapes) {
    Op op;
    op.name = s.name;
    op.bind = bind;
    op.code = code++;
    t.push_back(op);
  }
}
