//===- C5.cpp - exactly three of four, 32 states --------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A group of four trits with exactly one zero is five bits: the zero's position
// z (bits 0, 1) and the signs of the others in order (bits 2 to 4, set for +1).
// Six groups are the bits 5g .. 5g+4 of a word; the upper two bits are zero.
// Decoders:
//
// * AVX-512: a shift and a 32-entry permute, which looks at five bits only.
// * elsewhere: the signs with a gap at z are four bits, which one
// multiplication
//   spreads over four bytes.
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Codes/CodeImpl.h"

using namespace mlir;
using namespace tercet::ternary;

namespace {
class C5 : public Code {
public:
  CodeKind getKind() const override { return CodeKind::C5; }
  unsigned getWeightsPerWord() const override { return 24; }
  bool canHold(SparsityAttr sparsity) const override {
    return sparsity && sparsity.getM() == 4 && sparsity.getN() == 3 &&
           sparsity.getExact();
  }
  std::array<int8_t, 4> getPaddingGroup() const override {
    return {0, 1, 1, 1};
  }

  FailureOr<uint32_t> encodeWord(ArrayRef<int8_t> trits) const override {
    uint32_t word = 0;
    for (int g = 0; g < 6; ++g) {
      int zeros = 0;
      uint32_t position = 0, signs = 0;
      for (int j = 0, i = 0; j < 4; ++j) {
        int8_t w = trits[4 * g + j];
        if (w == 0) {
          position = j;
          ++zeros;
        } else {
          signs |= static_cast<uint32_t>(w > 0) << i++;
        }
      }
      if (zeros != 1)
        return failure();
      word |= (position | signs << 2) << (5 * g);
    }
    return word;
  }
  static void decodeGroup(uint32_t code, int8_t *trits) {
    uint32_t position = code & 3, signs = code >> 2;
    for (uint32_t j = 0; j < 4; ++j) {
      if (j == position) {
        trits[j] = 0;
        continue;
      }
      trits[j] = signs & 1 ? 1 : -1;
      signs >>= 1;
    }
  }
  void decodeWord(uint32_t word, MutableArrayRef<int8_t> trits) const override {
    for (int g = 0; g < 6; ++g)
      decodeGroup(word >> (5 * g) & 31, trits.data() + 4 * g);
  }

  static bool usesPermutes(Type wordType, const DecoderFeatures &features) {
    return features.permute32x32 && isVector16(wordType);
  }

  SmallVector<Value> emitSetup(OpBuilder &b, Location loc, Type wordType,
                               const DecoderFeatures &features) const override {
    if (!usesPermutes(wordType, features))
      return {};
    SmallVector<uint32_t> entries;
    for (uint32_t code = 0; code < 32; ++code) {
      int8_t group[4];
      decodeGroup(code, group);
      entries.push_back(getGroupBytes(group));
    }
    return emitTable32(b, loc, entries);
  }

  SmallVector<Value>
  emitDecode(OpBuilder &b, Location loc, Value words, ValueRange setup,
             const DecoderFeatures &features) const override {
    LaneBuilder lanes(b, loc, words.getType());
    SmallVector<Value> groups;
    for (unsigned g = 0; g < 6; ++g) {
      Value code = lanes.shiftRight(words, 5 * g);
      groups.push_back(usesPermutes(words.getType(), features)
                           ? emitLookup32(b, loc, setup, code)
                           : emitGroup(lanes, code));
    }
    return groups;
  }

private:
  static Value emitGroup(const LaneBuilder &lanes, Value code) {
    Value one = lanes.constant(1);
    Value position = lanes.bitAnd(code, 3);
    Value signs = lanes.bitAnd(lanes.shiftRight(code, 2), 7);
    // The signs at and above the zero's position move up by one.
    Value upper = lanes.shiftRight(signs, position);
    Value moved = lanes.shiftLeft(upper, position);
    Value spread = lanes.add(signs, moved); // low + 2 * high
    Value bytes = lanes.bitAnd(lanes.mul(spread, 0x00204081), 0x01010101);
    Value zero = lanes.shiftLeft(one, lanes.shiftLeft(position, 3));
    return lanes.add(lanes.shiftLeft(bytes, 1), zero);
  }
};
} // namespace

const Code &tercet::ternary::getCodeC5() {
  static const C5 code;
  return code;
}
