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

void SyntheticWeights::fill(StringRef key, RankedTensorType type,
                            ternary::SparsityAttr sparsity,
                            std::vector<uint8_t> &bytes) const {
  Random generator{seed.value_or(0) ^ llvm::xxh3_64bits(key)};
  Random *random = seed ? &generator : nullptr;
  Type element = type.getElementType();
  int64_t count = type.getNumElements();

  if (isa<ternary::TritType>(element)) {
    bytes.resize(count);
    MutableArrayRef<int8_t> trits((int8_t *)bytes.data(), count);
    int64_t k = count ? type.getShape().back() : 0;
    int64_t m = sparsity ? sparsity.getM() : std::max<int64_t>(k, 1);
    for (int64_t row = 0; row < count; row += std::max<int64_t>(k, 1))
      for (int64_t col = 0; col < k; col += m) {
        int64_t size = std::min(m, k - col);
        fillGroup(trits.slice(row + col, size),
                  sparsity ? std::min(sparsity.getN(), size) : size,
                  sparsity && sparsity.getExact(), random);
      }
    return;
  }

  // Every byte is two values of 4 bits, or a power of two.
  bool halves = isa<Float4E2M1FNType>(element);
  if (halves || isa<Float8E8M0FNUType>(element)) {
    bytes.resize(halves ? count / 2 : count);
    for (uint8_t &byte : bytes)
      byte = halves ? (random ? random->below(256) : 0x22)
                    : 127 - (random ? random->below(8) : 0);
    return;
  }

  unsigned width = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  bytes.resize(count * width);
  for (int64_t i = 0; i < count; ++i) {
    uint64_t bits;
    if (auto floatType = dyn_cast<FloatType>(element)) {
      llvm::APFloat value(random ? random->unit() : 1.0f);
      bool exact;
      value.convert(floatType.getFloatSemantics(),
                    llvm::APFloat::rmNearestTiesToEven, &exact);
      bits = value.bitcastToAPInt().getZExtValue();
    } else if (element.isInteger(1)) {
      bits = random ? random->next() & 1 : 1;
    } else {
      // Small, so that sums of products stay in range; not negative where the
      // type has no sign.
      bits = !random ? 1
             : element.isUnsignedInteger() ? random->below(128)
                                           : random->below(255) - 127;
    }
    std::memcpy(bytes.data() + i * width, &bits, width);
  }
}
