//===- BlockDecoder.cpp - 4-bit floats with block scales to f32 -----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A byte holds two E2M1 values, sign s, exponent e, mantissa m: twice a value
// is the whole number m or (2 + m) << (e - 1), which converts to f32 exactly;
// half of it times the scale is what is wanted. E4M3 scales are put into place
// as f32 with another exponent; those without an exponent are whole 2^-9ths,
// all ones is NaN. E8M0 is an exponent; 0 means 2^-127, a subnormal f32, and
// 255 NaN.
//
//===----------------------------------------------------------------------===//
#include "passes/Kernels/BlockDecoder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>

using namespace mlir;
using namespace tercet;
using namespace tercet::kernels;

static constexpr int64_t kColumns = 16;

Value BlockDecoder::constant(TypedAttr attr) {
  return arith::ConstantOp::create(b, loc, attr);
}

/// A value in 16 words.
Value BlockDecoder::words(int64_t value) {
  return constant(DenseElementsAttr::get(
      VectorType::get({kColumns}, b.getI32Type()), b.getI32IntegerAttr(value)));
}

BlockDecoder::BlockDecoder(OpBuilder &b, Location loc, rows::BlockFormat format,
                           bool permute16)
    : b(b), loc(loc), format(format) {
  if (!permute16)
    return;
  const float halves[] = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
  SmallVector<float> values;
  for (float sign : {1.0f, -1.0f})
    for (float v : halves)
      values.push_back(sign * v);
  table = constant(DenseElementsAttr::get(
      VectorType::get({kColumns}, b.getF32Type()), ArrayRef<float>(values)));
}

/// vector<16xi8> of 4-bit values to f32.
Value BlockDecoder::decodeValues(Value nibbles) {
  auto wordType = VectorType::get({kColumns}, b.getI32Type());
  auto floatType = VectorType::get({kColumns}, b.getF32Type());
  Value n = arith::ExtUIOp::create(b, loc, wordType, nibbles);
  if (table)
    return LLVM::CallIntrinsicOp::create(
               b, loc, floatType,
               b.getStringAttr("llvm.x86.avx512.permvar.sf.512"),
               ValueRange{table, n})
        .getResult(0);
  Value one = words(1);
  Value magnitude = arith::AndIOp::create(b, loc, n, words(7));
  Value exponent = arith::ShRUIOp::create(b, loc, magnitude, one);
  Value mantissa = arith::AndIOp::create(b, loc, n, one);
  // An exponent of 0 is not shifted by it; what is shifted then is not used.
  Value isSmall =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, exponent, one);
  Value shift = arith::SubIOp::create(
      b, loc, arith::MaxUIOp::create(b, loc, exponent, one), one);
  Value large = arith::ShLIOp::create(
      b, loc, arith::OrIOp::create(b, loc, mantissa, words(2)), shift);
  Value twice = arith::SelectOp::create(b, loc, isSmall, mantissa, large);
  Value value = arith::MulFOp::create(
      b, loc, arith::SIToFPOp::create(b, loc, floatType, twice),
      constant(DenseElementsAttr::get(floatType, b.getF32FloatAttr(0.5f))));
  // The sign as a bit: minus zero keeps it.
  Value sign = arith::ShLIOp::create(
      b, loc, arith::AndIOp::create(b, loc, n, words(8)), words(28));
  Value bits = arith::BitcastOp::create(b, loc, wordType, value);
  return arith::BitcastOp::create(b, loc, floatType,
                                  arith::OrIOp::create(b, loc, bits, sign));
}

/// A byte (i8) as the scale that it is, f32.
Value BlockDecoder::decodeScale(Value byte) {
  Type f32 = b.getF32Type(), i32 = b.getI32Type();
  auto word = [&](int64_t v) { return constant(b.getI32IntegerAttr(v)); };
  auto shl = [&](Value v, int64_t by) -> Value {
    return arith::ShLIOp::create(b, loc, v, word(by));
  };
  auto equals = [&](Value v, int64_t to) -> Value {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, v, word(to));
  };
  auto select = [&](Value c, Value u, Value v) -> Value {
    return arith::SelectOp::create(b, loc, c, u, v);
  };
  Value x = arith::ExtUIOp::create(b, loc, i32, byte), nan = word(0x7fc00000);
  if (format == rows::BlockFormat::MXFP4) {
    Value bits = select(equals(x, 0), word(0x00400000), shl(x, 23));
    return arith::BitcastOp::create(b, loc, f32,
                                    select(equals(x, 255), nan, bits));
  }
  Value magnitude = arith::AndIOp::create(b, loc, x, word(127));
  Value normal =
      arith::AddIOp::create(b, loc, shl(magnitude, 20), word((127 - 7) << 23));
  Value ninths = arith::MulFOp::create(
      b, loc, arith::SIToFPOp::create(b, loc, f32, magnitude),
      constant(b.getF32FloatAttr(1.0f / 512)));
  Value isSmall = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                        magnitude, word(8));
  Value bits =
      select(isSmall, arith::BitcastOp::create(b, loc, i32, ninths), normal);
  bits = select(equals(magnitude, 127), nan, bits);
  Value sign = shl(arith::AndIOp::create(b, loc, x, word(128)), 24);
  return arith::BitcastOp::create(b, loc, f32,
                                  arith::OrIOp::create(b, loc, bits, sign));
}

Value BlockDecoder::load(Value weight, Value scales, Value row, Value column) {
  auto index = [&](int64_t v) -> Value {
    return arith::ConstantIndexOp::create(b, loc, v);
  };
  auto bytesType = VectorType::get({kColumns / 2}, b.getI8Type());
  Value bytes = vector::LoadOp::create(
      b, loc, bytesType, weight,
      ValueRange{row, arith::DivUIOp::create(b, loc, column, index(2))});
  auto byteConstant = [&](int64_t v) {
    return constant(DenseElementsAttr::get(bytesType, b.getI8IntegerAttr(v)));
  };
  Value even = arith::AndIOp::create(b, loc, bytes, byteConstant(15));
  Value odd = arith::ShRUIOp::create(b, loc, bytes, byteConstant(4));
  Value values = decodeValues(vector::InterleaveOp::create(b, loc, even, odd));
  Value block = arith::DivUIOp::create(b, loc, column,
                                       index(rows::getBlockColumns(format)));
  Value scale = decodeScale(
      memref::LoadOp::create(b, loc, scales, ValueRange{row, block}));
  return arith::MulFOp::create(
      b, loc, values,
      vector::BroadcastOp::create(b, loc, values.getType(), scale));
}
