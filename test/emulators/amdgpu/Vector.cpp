//===- Vector.cpp ---------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Vector.h"
#include "Decoder.h"
#include <cmath>
#include <cstring>

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

//===----------------------------------------------------------------------===//
// Sources
//===----------------------------------------------------------------------===//

static void broadcast(uint32_t *to, uint32_t value, unsigned n) {
  for (unsigned l = 0; l < n; ++l)
    to[l] = value;
}

static void expandBits(uint32_t *to, uint64_t bits, unsigned n) {
  for (unsigned base = 0; base < n; base += 32) {
    uint32_t half = static_cast<uint32_t>(bits >> base);
    for (unsigned l = 0; l < 32; ++l)
      to[base + l] = half >> l & 1;
  }
}

uint64_t amdgpu::packBits(const uint32_t *bits, unsigned n) {
  uint64_t r = 0;
  for (unsigned base = 0; base < n; base += 8) {
    uint64_t bytes = 0; // one a lane, then gathered by a multiplication
    for (unsigned l = 0; l < 8; ++l)
      bytes |= uint64_t(bits[base + l]) << 8 * l;
    r |= ((bytes * 0x0102040810204080u) >> 56) << base;
  }
  return r;
}

/// Lanes that lie in rows and banks that are on, and have a lane to read.
static bool dppKeeps(const Dpp &p, const Wave &w, unsigned lane) {
  if (!(p.rowMask >> (lane >> 4) & 1) || !(p.bankMask >> (lane >> 2 & 3) & 1))
    return false;
  int from = p.from[lane];
  return (from >= 0 && (p.fetch || w.on(from))) || p.zero;
}

static const uint32_t *permute(const Wave &w, const Dpp &p,
                               const uint32_t *from, uint32_t *to,
                               unsigned words) {
  for (unsigned k = 0; k < words; ++k)
    for (unsigned l = 0; l < w.lanes; ++l) {
      int at = p.from[l];
      to[k * w.lanes + l] =
          at >= 0 && (p.fetch || w.on(at)) ? from[k * w.lanes + at] : 0;
    }
  return to;
}

static void select(uint32_t *x, unsigned n, unsigned select, bool sext) {
  for (unsigned l = 0; l < n; ++l) {
    if (select < 4) {
      uint32_t byte = x[l] >> 8 * select & 0xff;
      x[l] = sext ? static_cast<uint32_t>(static_cast<int8_t>(byte)) : byte;
    } else if (select < 6) {
      uint32_t word = x[l] >> 16 * (select - 4) & 0xffff;
      x[l] = sext ? static_cast<uint32_t>(static_cast<int16_t>(word)) : word;
    }
  }
}

/// Makes denormals zeros of their sign.
static void flushDenormals(uint32_t *x, unsigned n, Type type) {
  uint32_t exponent = type == Type::F16   ? 0x7c00
                      : type == Type::F32 ? 0x7f800000
                                          : 0x7ff00000;
  uint32_t fraction = exponent == 0x7c00 ? 0x3ff : ~0xff800000u;
  if (type == Type::F64) {
    for (unsigned l = 0; l < n; ++l)
      if (!(x[n + l] & exponent)) {
        x[n + l] &= 0x80000000;
        x[l] = 0;
      }
    return;
  }
  for (unsigned l = 0; l < n; ++l)
    if (!(x[l] & exponent))
      x[l] &= ~fraction;
}

static bool isReal(Type t) {
  return t == Type::F16 || t == Type::F32 || t == Type::F64;
}

/// Whether MODE flushes this operation's operands (1) or results (2).
static bool flushes(const Wave &w, const Inst &i, Type type, unsigned which) {
  return i.floats >= Float::Single && isReal(type) &&
         !(denormOf(w.mode, i.floats) & which);
}

static void changeSigns(uint32_t *x, unsigned n, Type type, bool abs,
                        bool neg) {
  uint32_t sign = is16(type) ? 0x8000 : 0x80000000;
  if (registersOf(type) == 2)
    x += n;
  for (unsigned l = 0; l < n; ++l) {
    if (abs)
      x[l] &= ~sign;
    if (neg)
      x[l] ^= sign;
  }
}

const uint32_t *amdgpu::fetch(Wave &w, const Inst &i, unsigned k, Type type,
                              uint32_t *buffer, bool upper) {
  const Operand &o = i.src[k];
  unsigned n = w.lanes, words = registersOf(type);
  const uint32_t *p;
  bool high = o.high, neg = o.neg;
  unsigned skip = 0; // words of a pair, for v_pk_*_f32
  if (i.packed) {
    bool second = (upper ? i.opSelHi : i.opSel) >> k & 1;
    neg ^= (upper ? i.negHi : i.negLo) >> k & 1;
    if (is16(type))
      high = second;
    else
      skip = second;
  }
  if (type == Type::Bit) {
    expandBits(buffer, w.bits(o.index), n);
    return buffer;
  }
  if (o.kind == Operand::Vector) {
    p = w.v(o.index + skip);
    if (i.dpp && k == 0)
      p = permute(w, *i.dpp, p, buffer, words);
  } else {
    for (unsigned word = 0; word < words; ++word)
      broadcast(buffer + word * n,
                o.kind == Operand::Scalar ? w.s[o.index + skip + word]
                                          : o.value[word],
                n);
    p = buffer;
  }
  bool flush = flushes(w, i, type, 1);
  if (!(high | neg | o.abs | flush | (o.select != 6)))
    return p;
  if (p != buffer)
    memcpy(buffer, p, sizeof(uint32_t) * words * n);
  if (o.select != 6)
    select(buffer, n, o.select, o.sext);
  if (high)
    for (unsigned l = 0; l < n; ++l)
      buffer[l] >>= 16;
  if (o.abs | neg)
    changeSigns(buffer, n, type, o.abs, neg);
  if (flush)
    flushDenormals(buffer, n, type);
  return buffer;
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

void amdgpu::merge(const Wave &w, uint32_t *to, const uint32_t *from) {
  for (unsigned base = 0; base < w.lanes; base += 32)
    for (unsigned l = base; l < base + 32; ++l)
      to[l] = (from[l] & w.mask[l]) | (to[l] & ~w.mask[l]);
}

/// 0 to 1; a NaN is 0 where DX10_CLAMP is set.
template <class T> static T clampReal(T x, bool nanIsZero) {
  if (x != x)
    return nanIsZero ? T(0) : x;
  return x > T(1) ? T(1) : x > T(0) ? x : T(0);
}

template <class T> static void finishReals(const Inst &i, T *x, bool dx10) {
  static const double factors[] = {1, 2, 4, 0.5};
  T r = *x * static_cast<T>(factors[i.omod]);
  *x = i.clamp ? clampReal(r, dx10) : r;
}

static void finish(const Wave &w, const Inst &i, uint32_t *d) {
  unsigned n = w.lanes;
  bool dx10 = w.mode & kModeDx10Clamp;
  if (i.omod || (i.clamp && i.type != Type::B16 && i.type != Type::B32)) {
    for (unsigned l = 0; l < n; ++l)
      if (i.type == Type::F32) {
        float x = floatOf(d[l]);
        finishReals(i, &x, dx10);
        d[l] = bitsOf(x);
      } else if (i.type == Type::F64) {
        double x = Lane<double>::load(d, n, l);
        finishReals(i, &x, dx10);
        Lane<double>::store(d, n, l, x);
      } else {
        float x = toFloat({static_cast<uint16_t>(d[l])});
        finishReals(i, &x, dx10);
        d[l] = halfOf(x, roundOf(w.mode, Float::Double)).bits;
      }
  }
  if (flushes(w, i, i.type, 2))
    flushDenormals(d, n, i.type);
}

/// Puts a result into the part of a register that it is for.
static void place(const Inst &i, uint32_t *d, const uint32_t *old, unsigned n) {
  unsigned select = i.dst.select;
  unsigned shift = select < 4 ? 8 * select : select == 5 ? 16 : 0;
  unsigned width = select < 4 ? 8 : select < 6 ? 16 : 32;
  bool keep = i.sdwa == 3;
  if (!i.sdwa) {
    shift = i.dst.high ? 16 : 0;
    width = 16;
    keep = true;
  }
  if (width == 32)
    return;
  uint32_t field = ((1u << width) - 1) << shift;
  for (unsigned l = 0; l < n; ++l) {
    uint32_t r = d[l] << shift & field;
    if (keep)
      r |= old[l] & ~field;
    else if (i.sdwa == 2 && r >> (shift + width - 1) & 1)
      r |= shift + width < 32 ? ~0u << (shift + width) : 0;
    d[l] = r;
  }
}

static void operate(Wave &w, const Inst &i, LaneArgs &x,
                    uint32_t (*buffers)[2 * kMaxLanes], bool upper) {
  for (unsigned k = 0; k < i.sources; ++k)
    x.src[k] = fetch(w, i, k, i.types[k], buffers[k], upper);
  if (i.floats != Float::No)
    w.enterFloat(i.floats);
  i.lanes(x);
}

static void writeBits(Wave &w, const Inst &i, const uint32_t *bits) {
  w.setBits(i.dst2.index, packBits(bits, w.lanes) & w.exec());
}

/// Writes d (words of n lanes) to the destination, in lanes that are on.
static void writeBack(Wave &w, const Inst &i, uint32_t *d, unsigned words) {
  unsigned n = w.lanes;
  uint32_t *to = w.v(i.dst.index);
  if (i.sdwa || i.dst.halved || i.keepHigh)
    place(i, d, to, n);
  if (i.dpp) {
    for (unsigned k = 0; k < words; ++k)
      for (unsigned l = 0; l < n; ++l)
        if (w.on(l) && dppKeeps(*i.dpp, w, l))
          to[k * n + l] = d[k * n + l];
    return;
  }
  for (unsigned k = 0; k < words; ++k)
    if (w.full)
      memcpy(to + k * n, d + k * n, sizeof(uint32_t) * n);
    else
      merge(w, to + k * n, d + k * n);
}

static void runPacked(Wave &w, const Inst &i) {
  alignas(64) uint32_t buffers[4][2 * kMaxLanes], low[2 * kMaxLanes],
      high[2 * kMaxLanes];
  LaneArgs x;
  x.n = w.lanes;
  x.bits = nullptr;
  for (uint32_t *d : {low, high}) {
    x.d = d;
    operate(w, i, x, buffers, d == high);
    finish(w, i, d);
  }
  if (is16(i.type)) {
    for (unsigned l = 0; l < x.n; ++l)
      low[l] = (low[l] & 0xffff) | high[l] << 16;
    writeBack(w, i, low, 1);
    return;
  }
  memcpy(low + x.n, high, sizeof(uint32_t) * x.n);
  writeBack(w, i, low, 2);
}

void amdgpu::runVector(Wave &w, const Inst &i) {
  if (i.packed)
    return runPacked(w, i);
  alignas(64) uint32_t buffers[4][2 * kMaxLanes], result[2 * kMaxLanes],
      bits[kMaxLanes];
  LaneArgs x;
  x.n = w.lanes;
  x.bits = bits;
  bool changed = i.clamp | (i.omod != 0) | (i.sdwa != 0) | i.dst.halved |
                 i.keepHigh | (i.dpp != nullptr) | flushes(w, i, i.type, 2);
  bool vector = i.dst.kind == Operand::Vector;
  x.d = vector && w.full && !changed ? w.v(i.dst.index) : result;
  operate(w, i, x, buffers, false);
  if (vector && x.d == result) {
    finish(w, i, result);
    writeBack(w, i, result, registersOf(i.type));
  }
  if (i.dst2.kind != Operand::None)
    writeBits(w, i, bits);
}

void amdgpu::runVectorExec(Wave &w, const Inst &i) {
  runVector(w, i);
  w.setBits(kExec, w.bits(i.dst2.index));
}

void amdgpu::runDual(Wave &w, const Inst &i) {
  // The second half's destination as it was is what the first may not see, and
  // the other way round: so the second reads first, into a copy.
  const Inst &a = *i.pair, &b = *a.pair;
  alignas(64) uint32_t old[kMaxLanes], fresh[kMaxLanes];
  uint32_t *to = w.v(b.dst.index);
  memcpy(old, to, sizeof(uint32_t) * w.lanes);
  runVector(w, b);
  memcpy(fresh, to, sizeof(uint32_t) * w.lanes);
  memcpy(to, old, sizeof(uint32_t) * w.lanes);
  runVector(w, a);
  memcpy(to, fresh, sizeof(uint32_t) * w.lanes);
}
