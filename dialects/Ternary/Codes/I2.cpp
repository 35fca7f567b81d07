//===- I2.cpp - two bits a weight -----------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Bits 2f and 2f+1 of byte j of a word hold w + 1 of weight 4f + j. The decoder
// is a shift and a mask per group. The value 3 is never written.
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Codes/CodeImpl.h"
#include "llvm/Support/Endian.h"

using namespace mlir;
using namespace tercet::ternary;

namespace {
class I2 : public Code {
public:
  CodeKind getKind() const override { return CodeKind::I2; }
  unsigned getWeightsPerWord() const override { return 16; }
  bool canHold(SparsityAttr) const override { return true; }

  FailureOr<uint32_t> encodeWord(ArrayRef<int8_t> trits) const override {
    // Four trits at a time; adding 1 to the byte -1 must not carry into the next.
    uint32_t word = 0;
    for (int f = 0; f < 4; ++f) {
      uint32_t group = llvm::support::endian::read32le(trits.data() + 4 * f);
      group = ((group & 0x7f7f7f7f) + 0x01010101) ^ (group & 0x80808080);
      word |= group << (2 * f);
    }
    return word;
  }
  void decodeWord(uint32_t word, MutableArrayRef<int8_t> trits) const override {
    for (int i = 0; i < 16; ++i) {
      trits[i] = static_cast<int>(word >> (8 * (i % 4) + 2 * (i / 4)) & 3) - 1;
    }
  }

  SmallVector<Value> emitSetup(OpBuilder &, Location, Type,
                               const DecoderFeatures &) const override {
    return {};
  }
  SmallVector<Value> emitDecode(OpBuilder &b, Location loc, Value words,
                                ValueRange,
                                const DecoderFeatures &) const override {
    LaneBuilder lanes(b, loc, words.getType());
    SmallVector<Value> groups;
    for (unsigned f = 0; f < 4; ++f)
      groups.push_back(
          lanes.bitAnd(lanes.shiftRight(words, 2 * f), 0x03030303));
    return groups;
  }
};
} // namespace

const Code &tercet::ternary::getCodeI2() {
  static const I2 code;
  return code;
}
