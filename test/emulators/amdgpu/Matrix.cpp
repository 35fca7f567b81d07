//===- Matrix.cpp - MFMA --------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// v_mfma_T_MxNxK[_Bb]_S: B products of M x K and K x N. With L = 64 / (M * B)
// lanes to a row, a lane holds K / L neighbours of k:
//
//   A: row lane % M, block lane / M % B, k from lane / (M * B) * (K / L) on
//   B: likewise, of column lane % N
//   D: of 4x4 tiles: column lane % 4, block lane / 4, row r
//      else, with G = 64 / N groups of lanes: column lane % N,
//      row r / 4 % (M / (4 * G)) * 4 * G + lane / N * 4 + r % 4,
//      block r / (M / G)
//
// EXEC does not matter, MODE neither.
//
//===----------------------------------------------------------------------===//
#include "Matrix.h"
#include <cmath>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

template <class Set>
static void forBytes(unsigned count, const uint32_t *p, unsigned n, bool sign,
                     Set set) {
  for (unsigned w = 0; w < count / 4; ++w) {
    uint32_t x = p[w * n];
    for (unsigned j = 0; j < 4; ++j, x >>= 8)
      set(4 * w + j, sign ? int16_t(int8_t(x)) : int16_t(x & 255));
  }
}

void Tiles::loadA(unsigned row, unsigned k, unsigned count, const uint32_t *p,
                  unsigned n, Element e) {
  if (bitsOf(e) == 8)
    return forBytes(count, p, n, e == Element::I8,
                    [&](unsigned j, int16_t x) { ai[row][k + j] = x; });
  for (unsigned j = 0; j < count; ++j)
    setA(row, k + j, rawElement(p, n, 0, j, bitsOf(e)), e);
}

void Tiles::loadB(unsigned column, unsigned k, unsigned count,
                  const uint32_t *p, unsigned n, Element e) {
  if (bitsOf(e) == 8) // k and count are even
    return forBytes(count, p, n, e == Element::I8, [&](unsigned j, int16_t x) {
      bi[(k + j) / 2][column][j % 2] = x;
    });
  for (unsigned j = 0; j < count; ++j) {
    uint32_t raw = rawElement(p, n, 0, j, bitsOf(e));
    if (isInteger(e))
      bi[(k + j) / 2][column][(k + j) % 2] = integerOf(raw, e);
    else
      bf[k + j][column] = realOf(raw, e);
  }
}

void Tiles::multiplyIntegers() {
  for (unsigned i = 0; i < rows; ++i)
    for (unsigned k = 0; k < depth / 2; ++k) {
      int16_t a0 = ai[i][2 * k], a1 = ai[i][2 * k + 1];
#ifdef __SSE2__
      int32_t pair;
      memcpy(&pair, &ai[i][2 * k], 4);
      __m128i a = _mm_set1_epi32(pair);
      for (unsigned j = 0; j < columns; j += 4) {
        auto *c = reinterpret_cast<__m128i *>(&ci[i][j]);
        __m128i b =
            _mm_loadu_si128(reinterpret_cast<const __m128i *>(&bi[k][j][0]));
        _mm_storeu_si128(
            c, _mm_add_epi32(_mm_loadu_si128(c), _mm_madd_epi16(a, b)));
      }
#else
      for (unsigned j = 0; j < columns; ++j)
        ci[i][j] += static_cast<uint32_t>(a0 * bi[k][j][0] + a1 * bi[k][j][1]);
#endif
      (void)a0, (void)a1;
    }
}

void Tiles::multiplyReals() {
  for (unsigned i = 0; i < rows; ++i)
    for (unsigned k = 0; k < depth; ++k)
      for (unsigned j = 0; j < columns; ++j)
        cf[i][j] = std::fma(af[i][k], bf[k][j], cf[i][j]);
}

const uint32_t *amdgpu::matrixSource(Wave &w, const Operand &o, unsigned count,
                                     uint32_t *buffer) {
  if (o.kind == Operand::Vector)
    return w.v(o.index);
  for (unsigned k = 0; k < count * w.lanes; ++k)
    buffer[k] = o.value[0];
  return buffer;
}

namespace {
struct Shape {
  const char *name;
  uint8_t rows, depth, blocks; ///< as many columns as rows
  Element element;
};
} // namespace

static const Shape kShapes[] = {
    {"v_mfma_i32_16x16x32_i8", 16, 32, 1, Element::I8},
    {"v_mfma_i32_32x32x16_i8", 32, 16, 1, Element::I8},
    {"v_mfma_i32_32x32x4_2b_i8", 32, 4, 2, Element::I8},
    {"v_mfma_i32_16x16x4_4b_i8", 16, 4, 4, Element::I8},
    {"v_mfma_i32_4x4x4_16b_i8", 4, 4, 16, Element::I8},
    {"v_mfma_f32_16x16x16_f16", 16, 16, 1, Element::F16},
    {"v_mfma_f32_32x32x8_f16", 32, 8, 1, Element::F16},
    {"v_mfma_f32_32x32x4_2b_f16", 32, 4, 2, Element::F16},
    {"v_mfma_f32_16x16x4_4b_f16", 16, 4, 4, Element::F16},
    {"v_mfma_f32_4x4x4_16b_f16", 4, 4, 16, Element::F16},
    {"v_mfma_f32_16x16x16_bf16", 16, 16, 1, Element::BF16},
    {"v_mfma_f32_32x32x8_bf16", 32, 8, 1, Element::BF16},
    {"v_mfma_f32_32x32x4_2b_bf16", 32, 4, 2, Element::BF16},
    {"v_mfma_f32_16x16x4_4b_bf16", 16, 4, 4, Element::BF16},
    {"v_mfma_f32_4x4x4_16b_bf16", 4, 4, 16, Element::BF16},
    {"v_mfma_f32_16x16x4_f32", 16, 4, 1, Element::F32},
    {"v_mfma_f32_32x32x2_f32", 32, 2, 1, Element::F32},
    {"v_mfma_f32_32x32x1_2b_f32", 32, 1, 2, Element::F32},
    {"v_mfma_f32_16x16x1_4b_f32", 16, 1, 4, Element::F32},
    {"v_mfma_f32_4x4x1_16b_f32", 4, 1, 16, Element::F32},
};

static unsigned resultsOf(const Shape &s) {
  return s.rows * s.rows * s.blocks / 64;
}

namespace {
/// Where a register of a lane lies in the result.
struct Target {
  uint8_t block, row, column;
};
/// Of all registers and lanes, [register * 64 + lane].
struct Layout {
  explicit Layout(const Shape &s) {
    unsigned groups = 64 / s.rows, perBlock = s.rows / groups;
    for (unsigned r = 0; r < resultsOf(s); ++r)
      for (unsigned lane = 0; lane < 64; ++lane) {
        unsigned block = lane / 4, row = r;
        if (s.rows != 4) {
          block = r / perBlock;
          row = r % perBlock / 4 * 4 * groups + lane / s.rows * 4 + r % 4;
        }
        targets.push_back({static_cast<uint8_t>(block),
                           static_cast<uint8_t>(row),
                           static_cast<uint8_t>(lane % s.rows)});
      }
  }
  std::vector<Target> targets;
};
} // namespace

static const Layout &layoutOf(unsigned shape) {
  static const std::vector<Layout> layouts = [] {
    std::vector<Layout> r;
    for (const Shape &s : kShapes)
      r.emplace_back(s);
    return r;
  }();
  return layouts[shape];
}

static void run(Wave &w, const Inst &i) {
  const Shape &s = kShapes[i.code];
  const std::vector<Target> &targets = layoutOf(i.code).targets;
  alignas(64) static thread_local uint32_t buffer[32 * kMaxLanes],
      result[32 * kMaxLanes];
  static thread_local Tiles t;
  unsigned n = w.lanes, results = resultsOf(s);
  unsigned perRow = 64 / (s.rows * s.blocks), each = s.depth / perRow;
  const uint32_t *a = w.v(i.src[0].index), *b = w.v(i.src[1].index),
                 *c = matrixSource(w, i.src[2], results, buffer);
  t.rows = t.columns = s.rows;
  t.depth = s.depth;
  w.enterFloat(Float::Nearest);
  for (unsigned block = 0; block < s.blocks; ++block) {
    for (unsigned part = 0; part < perRow; ++part)
      for (unsigned row = 0; row < s.rows; ++row) {
        unsigned lane = row + s.rows * (block + s.blocks * part);
        t.loadA(row, part * each, each, a + lane, n, s.element);
        t.loadB(row, part * each, each, b + lane, n, s.element);
      }
    for (unsigned k = 0; k < results * 64; ++k)
      if (targets[k].block == block)
        t.ci[targets[k].row][targets[k].column] = c[k];
    if (isInteger(s.element))
      t.multiplyIntegers();
    else
      t.multiplyReals();
    for (unsigned k = 0; k < results * 64; ++k)
      if (targets[k].block == block)
        result[k] = t.ci[targets[k].row][targets[k].column];
  }
  memcpy(w.v(i.dst.index), result, sizeof(uint32_t) * results * n);
}

static void bind(Decoder &d, Inst &i, const Op &op) {
  const Shape &s = kShapes[op.code];
  i.run = run;
  i.code = static_cast<uint8_t>(op.code);
  unsigned perLane = s.depth * s.rows * s.blocks / 64;
  unsigned words = std::max(1u, perLane * bitsOf(s.element) / 32);
  i.dst = d.takeAny();
  i.src[0] = d.takeAny();
  i.src[1] = d.takeAny();
  i.src[2] = d.take(isInteger(s.element) ? Type::B32 : Type::F32);
  auto vector = [&](const Operand &o, unsigned count) {
    return o.kind == Operand::Vector && o.count == count && !o.neg && !o.abs;
  };
  if (!vector(i.dst, resultsOf(s)) || !vector(i.src[0], words) ||
      !vector(i.src[1], words) ||
      (i.src[2].kind != Operand::Constant && !vector(i.src[2], resultsOf(s))))
    d.unknown("the emulator does not know the operands of this instruction");
}

void amdgpu::addMatrix(Table &t) {
  int64_t code = 0;
  for (const Shape &s : kShapes) {
    Op op;
    op.name = s.name;
    op.bind = bind;
    op.code = code++;
    t.push_back(op);
  }
}
