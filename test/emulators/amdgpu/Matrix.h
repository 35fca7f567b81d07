//===- Matrix.h - products of tiles that a wave holds -----------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A matrix instruction reads its tiles out of lanes into arrays, multiplies and
// puts the sums back; only the first and the last step depend on its layout.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_AMDGPU_MATRIX_H
#define TERCET_TEST_EMULATORS_AMDGPU_MATRIX_H

#include "Decoder.h"

namespace tercet::emu::amdgpu {

constexpr unsigned kMaxTile = 32, kMaxDepth = 64;

/// Numbers of an operand.
enum class Element : uint8_t { I4, U4, I8, U8, F16, BF16, F32 };
inline bool isInteger(Element e) { return e <= Element::U8; }
inline unsigned bitsOf(Element e) {
  return e <= Element::U4   ? 4
         : e <= Element::U8 ? 8
         : e < Element::F32 ? 16
                            : 32;
}

/// Element `j` of a lane's registers, the lowest bits first.
inline uint32_t rawElement(const uint32_t *p, unsigned lanes, unsigned lane,
                           unsigned j, unsigned bits) {
  unsigned perWord = 32 / bits;
  uint32_t word = p[j / perWord * lanes + lane] >> bits * (j % perWord);
  return bits == 32 ? word : word & ((1u << bits) - 1);
}
inline int16_t integerOf(uint32_t raw, Element e) {
  switch (e) {
  case Element::I4:
    return static_cast<int16_t>(static_cast<int32_t>(raw << 28) >> 28);
  case Element::I8:
    return static_cast<int8_t>(raw);
  default:
    return static_cast<int16_t>(raw);
  }
}
inline float realOf(uint32_t raw, Element e) {
  switch (e) {
  case Element::F16:
    return toFloat({static_cast<uint16_t>(raw)});
  case Element::BF16:
    return bfloatToFloat(static_cast<uint16_t>(raw));
  default:
    return floatOf(raw);
  }
}

/// The tiles of one product: a[row][k], b[k][column], c[row][column]; reals or
/// integers.
struct Tiles {
  unsigned rows, columns, depth;
  union {
    int16_t ai[kMaxTile][kMaxDepth];
    float af[kMaxTile][kMaxDepth];
  };
  union {
    /// Pairs of rows lie together, so that two products are one step.
    int16_t bi[kMaxDepth / 2][kMaxTile][2];
    float bf[kMaxDepth][kMaxTile];
  };
  union {
    uint32_t ci[kMaxTile][kMaxTile];
    float cf[kMaxTile][kMaxTile];
  };
  void setA(unsigned row, unsigned k, uint32_t raw, Element e) {
    if (isInteger(e))
      ai[row][k] = integerOf(raw, e);
    else
      af[row][k] = realOf(raw, e);
  }
  /// `count` neighbours of a row (column), from `k` on, out of a lane's
  /// registers. `p` is the lane's first word, `n` lanes lie between two.
  void loadA(unsigned row, unsigned k, unsigned count, const uint32_t *p,
             unsigned n, Element e);
  void loadB(unsigned column, unsigned k, unsigned count, const uint32_t *p,
             unsigned n, Element e);
  /// c += a * b; integers wrap around, reals grow by one fused step a product.
  void multiplyIntegers();
  void multiplyReals();
};

/// Registers of a source, also where it is a constant for all lanes (C only).
const uint32_t *matrixSource(Wave &w, const Operand &o, unsigned count,
                             uint32_t *buffer);

} // namespace tercet::emu::amdgpu

#endif
