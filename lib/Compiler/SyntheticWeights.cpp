//===- SyntheticWeights.cpp - made-up weights -----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/SyntheticWeights.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"
#include <cstring>

using namespace mlir;
using namespace tercet;
using namespace tercet::compiler;

namespace {
/// SplitMix64 (Steele, Lea, Flood 2014): the same everywhere.
struct Random {
  uint64_t state;
  uint64_t next() {
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  /// In [0, n).
  uint64_t below(uint64_t n) { return (__uint128_t)next() * n >> 64; }
  /// In [-1, 1), a multiple of 2^-23.
  float unit() { return (float)((int64_t)(next() >> 40) - (1 << 23)) / (1 << 23); }
};
} // namespace

/// The trits of one group: `n` of them nonzero (or, if not exact, at most that).
static void fillGroup(MutableArrayRef<int8_t> group, int64_t n, bool exact,
                      Random *random) {
  int64_t left = group.size(), want = n;
  for (int8_t &trit : group) {
    // Selection sampling: each subset of n is as likely as another.
    bool keep = random ? (int64_t)random->below(left) < want : want > 0;
    trit = 0;
    if (keep) {
      trit = !random ? 1
             : exact ? (random->next() & 1 ? 1 : -1)
                     : (int8_t)random->below(3) - 1;
      --want;
    }
    --left;
  }
}

static void fillTrits(int64_t k, ternary::SparsityAttr sparsity, Random *random,
                      MutableArrayRef<int8_t> trits) {
  int64_t m = sparsity ? sparsity.getM() : std::max<int64_t>(k, 1);
  for (int64_t row = 0; row < (int64_t)trits.size(); row += std::max<int64_t>(k, 1))
    for (int64_t col = 0; col < k; col += m) {
      int64_t size = std::min(m, k - col);
      fillGroup(trits.slice(row + col, size),
                sparsity ? std::min(sparsity.getN(), size) : size,
                sparsity && sparsity.getExact(), random);
    }
}

/// The bits of the next value.
static uint64_t makeElement(Type element, Random *random) {
  if (auto floatType = dyn_cast<FloatType>(element)) {
    float unit = random ? random->unit() : 1.0f;
    if (element.isF32())
      return llvm::bit_cast<uint32_t>(unit);
    llvm::APFloat value(unit);
    bool exact;
    value.convert(floatType.getFloatSemantics(),
                  llvm::APFloat::rmNearestTiesToEven, &exact);
    return value.bitcastToAPInt().getZExtValue();
  }
  if (element.isInteger(1))
    return random ? random->next() & 1 : 1;
  // Small, so that sums of products stay in range; not negative where the type has
  // no sign.
  return !random ? 1
         : element.isUnsignedInteger() ? random->below(128)
                                       : random->below(255) - 127;
}

SyntheticWeights::SyntheticWeights(std::optional<uint64_t> seed, StringRef key,
                                   RankedTensorType type,
                                   ternary::SparsityAttr sparsity)
    : random(seed.has_value()), state(seed.value_or(0) ^ llvm::xxh3_64bits(key)),
      type(type), sparsity(sparsity) {}

void SyntheticWeights::next(MutableArrayRef<uint8_t> bytes) {
  Random generator{state};
  Random *random = this->random ? &generator : nullptr;
  Type element = type.getElementType();
  // Every byte is two values of 4 bits, or a power of two.
  bool halves = isa<Float4E2M1FNType>(element);
  if (isa<ternary::TritType>(element)) {
    fillTrits(type.getRank() ? type.getShape().back() : 1, sparsity, random,
              MutableArrayRef((int8_t *)bytes.data(), bytes.size()));
  } else if (halves || isa<Float8E8M0FNUType>(element)) {
    for (uint8_t &byte : bytes)
      byte = halves ? (random ? random->below(256) : 0x22)
                    : 127 - (random ? random->below(8) : 0);
  } else {
    unsigned width = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
    for (size_t at = 0; at < bytes.size(); at += width) {
      uint64_t bits = makeElement(element, random);
      std::memcpy(bytes.data() + at, &bits, width);
    }
  }
  state = generator.state;
}
