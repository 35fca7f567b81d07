//===- I8.cpp - a byte a weight ------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Byte j of a word is w + 128 of weight j: what a dot product of unsigned with
// signed bytes takes as it is.
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Codes/CodeImpl.h"

using namespace mlir;
using namespace tercet::ternary;

namespace {
class I8 : public Code {
public:
  CodeKind getKind() const override { return CodeKind::I8; }
  unsigned getWeightsPerWord() const override { return 4; }
  int64_t getOffset() const override { return 128; }
  /// Trits have codes of their own.
  bool canHold(SparsityAttr) const override { return false; }

  FailureOr<uint32_t> encodeWord(ArrayRef<int8_t> weights) const override {
    uint32_t word = 0;
    for (int i = 0; i < 4; ++i)
      word |= static_cast<uint32_t>(weights[i] + 128) << (8 * i);
    return word;
  }
  void decodeWord(uint32_t word,
                  MutableArrayRef<int8_t> weights) const override {
    for (int i = 0; i < 4; ++i)
      weights[i] = static_cast<int>(word >> (8 * i) & 255) - 128;
  }

  SmallVector<Value> emitSetup(OpBuilder &, Location, Type,
                               const DecoderFeatures &) const override {
    return {};
  }
  SmallVector<Value> emitDecode(OpBuilder &, Location, Value words, ValueRange,
                                const DecoderFeatures &) const override {
    return {words};
  }
};
} // namespace

const Code &tercet::ternary::getCodeI8() {
  static const I8 code;
  return code;
}
