//===- B33.cpp - at most two of four, 33 states ---------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The 33 ways to have at most two nonzeros among four trits, numbered by their
// value sum (w + 1) * 3^j: state 16 is the group of zeros, state 16 + s the
// negative of state 16 - s. Three groups are a number d0 * 33^2 + d1 * 33 + d2
// of a 16-bit half word, stored as ceil(number * 2^16 / 33^3): a digit is the
// high half of a multiplication by 33, and the low half goes on to the next
// (exact for all 33^3 words). In a digit the labels of states 16 and 32 are
// swapped, so that the group of zeros alone has bit 5 set. Groups 0, 1, 2 are
// in the lower half word, 3, 4, 5 in the upper. Decoders:
//
// * AVX-512 VBMI: 16-bit multiplies do both halves at once, a 64-entry permute
//   of 16-bit lanes gives their four trits as 2-bit fields, and a multishift
//   and a mask spread those over four bytes.
// * AVX-512: 16-bit multiplies do both halves at once; a 32-entry permute,
//   which looks at five bits of a lane only, gives the bytes of all states but
//   label 32.
// * elsewhere: state 16 +- (t + 1) has its leading trit at p = floor(sqrt(t))
//   and, with r = t - p^2 - p, a second one of r's sign at |r| - 1 (none for
//   r = 0).
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Codes/CodeImpl.h"
#include <array>

using namespace mlir;
using namespace tercet::ternary;

namespace {
struct States {
  std::array<std::array<int8_t, 4>, 33> trits; // by label
  std::array<int8_t, 81> label;                // by value, or -1

  States() {
    label.fill(-1);
    int state = 0;
    for (int value = 0; value < 81; ++value) {
      std::array<int8_t, 4> group;
      int nonzeros = 0;
      for (int j = 0, rest = value; j < 4; ++j, rest /= 3) {
        group[j] = static_cast<int8_t>(rest % 3 - 1);
        nonzeros += group[j] != 0;
      }
      if (nonzeros > 2)
        continue;
      int l = state == 16 ? 32 : state == 32 ? 16 : state;
      trits[l] = group;
      label[value] = static_cast<int8_t>(l);
      ++state;
    }
  }
};

const States &getStates() {
  static const States states;
  return states;
}

class B33 : public Code {
public:
  CodeKind getKind() const override { return CodeKind::B33; }
  unsigned getWeightsPerWord() const override { return 24; }
  bool canHold(SparsityAttr sparsity) const override {
    return sparsity && sparsity.getM() == 4 && sparsity.getN() <= 2;
  }

  FailureOr<uint32_t> encodeWord(ArrayRef<int8_t> trits) const override {
    uint32_t word = 0;
    for (int half = 0; half < 2; ++half) {
      uint64_t number = 0;
      for (int g = 0; g < 3; ++g) {
        int value = 0;
        for (int j = 3; j >= 0; --j)
          value = 3 * value + trits[12 * half + 4 * g + j] + 1;
        int label = getStates().label[value];
        if (label < 0)
          return failure();
        number = number * 33 + label;
      }
      uint64_t scaled = (number * 65536 + 35936) / 35937;
      word |= static_cast<uint32_t>(scaled) << (16 * half);
    }
    return word;
  }
  void decodeWord(uint32_t word, MutableArrayRef<int8_t> trits) const override {
    for (int half = 0; half < 2; ++half) {
      uint32_t x = word >> (16 * half) & 0xffff;
      for (int g = 0; g < 3; ++g) {
        x *= 33;
        const auto &group = getStates().trits[x >> 16];
        for (int j = 0; j < 4; ++j)
          trits[12 * half + 4 * g + j] = group[j];
        x &= 0xffff;
      }
    }
  }

  static bool usesPermutes(Type wordType, const DecoderFeatures &features) {
    return features.permute32x32 && isVector16(wordType);
  }

  SmallVector<Value> emitSetup(OpBuilder &b, Location loc, Type wordType,
                               const DecoderFeatures &features) const override {
    if (!usesPermutes(wordType, features))
      return {};
    if (features.permute128x8)
      return emitFieldTable(b, loc);
    SmallVector<uint32_t> entries;
    for (int label = 0; label < 32; ++label)
      entries.push_back(getGroupBytes(getStates().trits[label]));
    return emitTable32(b, loc, entries);
  }

  SmallVector<Value>
  emitDecode(OpBuilder &b, Location loc, Value words, ValueRange setup,
             const DecoderFeatures &features) const override {
    if (!usesPermutes(words.getType(), features))
      return emitArithmetic(b, loc, words);
    return features.permute128x8 ? emitFields(b, loc, words, setup)
                                 : emitPermutes(b, loc, words, setup);
  }

  bool hasPairs() const override { return true; }
  SmallVector<Value> emitDecodePairs(OpBuilder &b, Location loc,
                                     Value words) const override {
    SmallVector<Value> groups = emitLabels(b, loc, words);
    for (Value &group : groups)
      group = emitPair(b, loc, group);
    return groups;
  }

private:
  /// Two registers with the fields of all labels, then the offsets that pick the
  /// fields of the lower and of the upper half word.
  static SmallVector<Value> emitFieldTable(OpBuilder &b, Location loc) {
    SmallVector<int16_t> entries(64, 0);
    for (int label = 0; label < 33; ++label)
      for (int j = 0; j < 4; ++j)
        entries[label] |= (getStates().trits[label][j] + 1) << (2 * j);
    SmallVector<Value> setup;
    for (int part = 0; part < 2; ++part)
      setup.push_back(arith::ConstantOp::create(
          b, loc,
          DenseElementsAttr::get(VectorType::get({32}, b.getI16Type()),
                                 ArrayRef(entries).slice(32 * part, 32))));
    for (int half = 0; half < 2; ++half) {
      SmallVector<int8_t> offsets;
      for (int i = 0; i < 64; ++i)
        offsets.push_back(static_cast<int8_t>(32 * (i % 8 / 4) + 16 * half +
                                              2 * (i % 4)));
      setup.push_back(arith::ConstantOp::create(
          b, loc,
          DenseElementsAttr::get(VectorType::get({64}, b.getI8Type()),
                                 ArrayRef<int8_t>(offsets))));
    }
    return setup;
  }

  static SmallVector<Value> emitFields(OpBuilder &b, Location loc, Value words,
                                       ValueRange setup) {
    LaneBuilder lanes(b, loc, words.getType());
    auto halfType = VectorType::get({32}, b.getI16Type());
    auto byteType = VectorType::get({64}, b.getI8Type());
    auto call = [&](Type type, StringRef name, ValueRange operands) {
      return LLVM::CallIntrinsicOp::create(b, loc, type, b.getStringAttr(name),
                                           operands)
          .getResult(0);
    };
    Value x = vector::BitCastOp::create(b, loc, halfType, words);
    Value base = arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(halfType, b.getI16IntegerAttr(33)));
    SmallVector<Value> groups(6);
    for (int g = 0; g < 3; ++g) {
      Value digits =
          call(halfType, "llvm.x86.avx512.pmulhu.w.512", ValueRange{x, base});
      x = arith::MulIOp::create(b, loc, x, base);
      Value fields = call(halfType, "llvm.x86.avx512.vpermi2var.hi.512",
                          ValueRange{setup[0], digits, setup[1]});
      Value bytes = vector::BitCastOp::create(b, loc, byteType, fields);
      for (int half = 0; half < 2; ++half) {
        Value spread = call(byteType, "llvm.x86.avx512.pmultishift.qb.512",
                            ValueRange{setup[2 + half], bytes});
        groups[3 * half + g] = lanes.bitAnd(
            vector::BitCastOp::create(b, loc, words.getType(), spread),
            0x03030303);
      }
    }
    return groups;
  }

  static SmallVector<Value> emitPermutes(OpBuilder &b, Location loc,
                                         Value words, ValueRange table) {
    LaneBuilder lanes(b, loc, words.getType());
    auto halfType = VectorType::get({32}, b.getI16Type());
    Value x = vector::BitCastOp::create(b, loc, halfType, words);
    Value base = arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(halfType, b.getI16IntegerAttr(33)));
    Value zeros = lanes.constant(0x01010101);
    SmallVector<Value> groups(6);
    for (int g = 0; g < 3; ++g) {
      // The intrinsic: a widening multiplication that also gives the low half
      // is narrowed badly by LLVM (two vpmulld and two packs a digit).
      Value high =
          LLVM::CallIntrinsicOp::create(
              b, loc, halfType, b.getStringAttr("llvm.x86.avx512.pmulhu.w.512"),
              ValueRange{x, base})
              .getResult(0);
      Value digits = vector::BitCastOp::create(b, loc, words.getType(), high);
      x = arith::MulIOp::create(b, loc, x, base);
      for (int half = 0; half < 2; ++half) {
        Value digit = lanes.shiftRight(digits, 16 * half);
        Value isZero =
            lanes.compare(arith::CmpIPredicate::ne, lanes.bitAnd(digit, 32), 0);
        groups[3 * half + g] =
            lanes.select(isZero, zeros, emitLookup32(b, loc, table, digit));
      }
    }
    return groups;
  }

  static SmallVector<Value> emitArithmetic(OpBuilder &b, Location loc,
                                           Value words) {
    LaneBuilder lanes(b, loc, words.getType());
    SmallVector<Value> groups = emitLabels(b, loc, words);
    for (Value &group : groups)
      group = emitGroup(b, loc, lanes, group);
    return groups;
  }

  static SmallVector<Value> emitLabels(OpBuilder &b, Location loc,
                                       Value words) {
    LaneBuilder lanes(b, loc, words.getType());
    SmallVector<Value> labels;
    for (int half = 0; half < 2; ++half) {
      Value x =
          half ? lanes.shiftRight(words, 16) : lanes.bitAnd(words, 0xffff);
      for (int g = 0; g < 3; ++g) {
        Value product = lanes.mul(x, 33);
        labels.push_back(lanes.shiftRight(product, 16));
        x = lanes.bitAnd(product, 0xffff);
      }
    }
    return labels;
  }

  /// Labels 17 .. 31 and 16 are the groups of a positive leading trit, in the
  /// order of t; labels 15 .. 0 their negatives. Constants of four and two bits
  /// for each t hold the places and the first value; the second is the leading
  /// trit, but for t = 0, where the only trit is at place 0.
  static Value emitPair(OpBuilder &b, Location loc, Value label) {
    using P = arith::CmpIPredicate;
    uint64_t places = 0;
    uint32_t firsts = 0;
    for (int t = 0; t < 16; ++t) {
      const auto &trits = getStates().trits[16 + (t + 1) % 16];
      int leading = 3;
      while (!trits[leading])
        --leading;
      int first = 0, second = std::max(leading, 1);
      for (int j = 0; j < second; ++j)
        if (trits[j])
          first = j;
      places |= static_cast<uint64_t>(first | second << 2) << (4 * t);
      firsts |= static_cast<uint32_t>(trits[first] & 3) << (2 * t);
    }
    LaneBuilder lanes(b, loc, label.getType()), wide(b, loc, b.getI64Type());
    Value zero = lanes.constant(0), one = lanes.constant(1);
    Value negative = lanes.compare(P::ult, label, 16);
    Value t =
        lanes.select(negative, lanes.sub(lanes.constant(15), label),
                     lanes.bitAnd(lanes.sub(label, lanes.constant(17)), 15));
    Value sign = lanes.select(
        lanes.compare(P::eq, label, 32), zero,
        lanes.select(negative, lanes.constant(static_cast<uint32_t>(-1)), one));
    Value table = arith::ConstantOp::create(
        b, loc, b.getI64IntegerAttr(static_cast<int64_t>(places)));
    Value shift = arith::ExtUIOp::create(b, loc, b.getI64Type(),
                                         lanes.shiftLeft(t, 2));
    Value place = lanes.bitAnd(
        arith::TruncIOp::create(b, loc, b.getI32Type(),
                                wide.shiftRight(table, shift)),
        15);
    // Two bits to a signed number.
    Value first = lanes.shiftLeft(
        lanes.shiftRight(lanes.constant(firsts), lanes.shiftLeft(t, 1)), 30);
    first = arith::ShRSIOp::create(b, loc, first, lanes.constant(30));
    Value second = lanes.select(lanes.compare(P::eq, t, 0), zero, one);
    auto byte = [&](Value v) {
      return lanes.bitAnd(arith::MulIOp::create(b, loc, v, sign), 255);
    };
    return lanes.bitOr(
        lanes.bitOr(byte(first), lanes.shiftLeft(byte(second), 8)),
        lanes.shiftLeft(place, 16));
  }

  static Value emitGroup(OpBuilder &b, Location loc, const LaneBuilder &lanes,
                         Value label) {
    using P = arith::CmpIPredicate;
    Value zero = lanes.constant(0), one = lanes.constant(1);
    // Label 16 is state 32; label 32, the group of zeros, comes at the end.
    Value state = lanes.select(lanes.compare(P::eq, label, 16),
                               lanes.constant(32), label);
    Value negative = lanes.compare(P::ult, state, 16);
    Value s = lanes.sub(state, lanes.constant(16));
    Value t = lanes.sub(lanes.select(negative, lanes.sub(zero, s), s), one);
    auto step = [&](uint32_t bound) {
      return lanes.select(lanes.compare(P::sge, t, bound), one, zero);
    };
    Value p = lanes.add(lanes.add(step(1), step(4)), step(9));
    Value square = arith::MulIOp::create(b, loc, p, p);
    Value r = lanes.sub(lanes.sub(t, square), p);
    Value rNegative = lanes.compare(P::slt, r, 0);
    Value magnitude = lanes.select(rNegative, lanes.sub(zero, r), r);
    // 1 << 8(|r| - 1), and 0 for r = 0: shift 1 << 8|r| down again.
    Value second = lanes.shiftRight(
        lanes.bitAnd(lanes.shiftLeft(one, lanes.shiftLeft(magnitude, 3)), ~1u),
        8);
    Value leading = lanes.shiftLeft(one, lanes.shiftLeft(p, 3));
    Value sum = lanes.add(
        leading, lanes.select(rNegative, lanes.sub(zero, second), second));
    Value ones = lanes.constant(0x01010101);
    Value bytes =
        lanes.add(ones, lanes.select(negative, lanes.sub(zero, sum), sum));
    return lanes.select(lanes.compare(P::eq, label, 32), ones, bytes);
  }
};
} // namespace

const Code &tercet::ternary::getCodeB33() {
  static const B33 code;
  return code;
}
