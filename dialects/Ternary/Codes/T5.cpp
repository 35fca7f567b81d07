//===- T5.cpp - five trits a byte -----------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Byte j of a word holds v = sum over f of (w + 1) * 3^f for the weights
// 4f + j, f = 0..4, so v <= 242. Decoders:
//
// * AVX-512 VBMI: a 256-entry byte table as two 128-entry permutes gives the
//   first four trits as 2-bit fields, which unpack as in i2; the fifth is
//   v / 81, two compares.
// * elsewhere: four divisions by 3 as a multiply by 171 and a shift by 9 (exact
//   for v <= 242), on two bytes of a word at a time: they lie in 16-bit fields
//   that the products do not leave.
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Codes/CodeImpl.h"

using namespace mlir;
using namespace tercet::ternary;

namespace {
class T5 : public Code {
public:
  CodeKind getKind() const override { return CodeKind::T5; }
  unsigned getWeightsPerWord() const override { return 20; }
  bool canHold(SparsityAttr) const override { return true; }

  FailureOr<uint32_t> encodeWord(ArrayRef<int8_t> trits) const override {
    uint32_t word = 0;
    for (int j = 0; j < 4; ++j) {
      uint32_t v = 0;
      for (int f = 4; f >= 0; --f)
        v = 3 * v + (trits[4 * f + j] + 1);
      word |= v << (8 * j);
    }
    return word;
  }
  void decodeWord(uint32_t word, MutableArrayRef<int8_t> trits) const override {
    for (int j = 0; j < 4; ++j) {
      uint32_t v = word >> (8 * j) & 0xff;
      for (int f = 0; f < 5; ++f, v /= 3)
        trits[4 * f + j] = static_cast<int>(v % 3) - 1;
    }
  }

  static bool usesPermutes(Type wordType, const DecoderFeatures &features) {
    return features.permute128x8 && isVector16(wordType);
  }

  SmallVector<Value> emitSetup(OpBuilder &b, Location loc, Type wordType,
                               const DecoderFeatures &features) const override {
    if (!usesPermutes(wordType, features))
      return {};
    // Entry v: the lower four trits as 2-bit fields, in four registers.
    auto type = VectorType::get({64}, b.getI8Type());
    SmallVector<Value> table;
    for (int part = 0; part < 4; ++part) {
      SmallVector<int8_t> entries;
      for (int v = 64 * part; v < 64 * (part + 1); ++v) {
        int fields = 0;
        for (int f = 0, rest = v; f < 4; ++f, rest /= 3)
          fields |= rest % 3 << (2 * f);
        entries.push_back(static_cast<int8_t>(fields));
      }
      table.push_back(arith::ConstantOp::create(
          b, loc, DenseElementsAttr::get(type, ArrayRef<int8_t>(entries))));
    }
    return table;
  }

  SmallVector<Value>
  emitDecode(OpBuilder &b, Location loc, Value words, ValueRange setup,
             const DecoderFeatures &features) const override {
    return usesPermutes(words.getType(), features)
               ? emitPermutes(b, loc, words, setup)
               : emitDivisions(b, loc, words);
  }

private:
  static SmallVector<Value> emitPermutes(OpBuilder &b, Location loc,
                                         Value words, ValueRange table) {
    auto byteType = VectorType::get({64}, b.getI8Type());
    Value bytes = vector::BitCastOp::create(b, loc, byteType, words);
    auto splat = [&](int8_t value) -> Value {
      return arith::ConstantOp::create(
          b, loc, DenseElementsAttr::get(byteType, b.getI8IntegerAttr(value)));
    };
    auto lookup = [&](Value low, Value high) {
      return LLVM::CallIntrinsicOp::create(
                 b, loc, byteType,
                 b.getStringAttr("llvm.x86.avx512.vpermi2var.qi.512"),
                 ValueRange{low, bytes, high})
          .getResult(0);
    };
    Value upper = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                        bytes, splat(0));
    Value fields = arith::SelectOp::create(
        b, loc, upper, lookup(table[2], table[3]), lookup(table[0], table[1]));
    Value packed = vector::BitCastOp::create(b, loc, words.getType(), fields);
    LaneBuilder lanes(b, loc, words.getType());
    SmallVector<Value> groups;
    for (unsigned f = 0; f < 4; ++f)
      groups.push_back(
          lanes.bitAnd(lanes.shiftRight(packed, 2 * f), 0x03030303));
    auto atLeast = [&](uint8_t bound) -> Value {
      return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::uge, bytes,
                                   splat(static_cast<int8_t>(bound)));
    };
    Value one =
        arith::SelectOp::create(b, loc, atLeast(81), splat(1), splat(0));
    Value fifth = arith::SelectOp::create(b, loc, atLeast(162), splat(2), one);
    groups.push_back(vector::BitCastOp::create(b, loc, words.getType(), fifth));
    return groups;
  }

  static SmallVector<Value> emitDivisions(OpBuilder &b, Location loc,
                                          Value words) {
    LaneBuilder lanes(b, loc, words.getType());
    // Two bytes of a word at a time, in 16-bit fields. Vectors have 16-bit
    // lanes for these, whose multiplication is cheaper; in an i32 the fields
    // are kept apart by a mask.
    Type fieldType = words.getType();
    uint32_t byteMask = 0x00ff00ff;
    if (auto vector = dyn_cast<VectorType>(fieldType)) {
      fieldType =
          VectorType::get({2 * vector.getNumElements()}, b.getI16Type());
      byteMask = 0x00ff;
    }
    bool masked = fieldType == words.getType();
    LaneBuilder fields(b, loc, fieldType);
    auto toFields = [&](Value v) -> Value {
      return masked ? v : vector::BitCastOp::create(b, loc, fieldType, v);
    };
    auto toWords = [&](Value v) -> Value {
      return masked ? v : vector::BitCastOp::create(b, loc, words.getType(), v);
    };
    Value all = toFields(words);
    Value even = fields.bitAnd(all, byteMask);
    Value odd = fields.shiftRight(all, 8);
    if (masked)
      odd = fields.bitAnd(odd, byteMask);
    auto divide = [&](Value &x) {
      Value quotient = fields.shiftRight(fields.mul(x, 171), 9);
      if (masked)
        quotient = fields.bitAnd(quotient, 0x007f007f);
      Value digit = fields.sub(x, fields.mul(quotient, 3));
      x = quotient;
      return digit;
    };
    SmallVector<Value> groups;
    for (int f = 0; f < 5; ++f) {
      Value low = f < 4 ? divide(even) : even, high = f < 4 ? divide(odd) : odd;
      groups.push_back(toWords(fields.bitOr(low, fields.shiftLeft(high, 8))));
    }
    return groups;
  }
};
} // namespace

const Code &tercet::ternary::getCodeT5() {
  static const T5 code;
  return code;
}
