//===- CodeImpl.h - what the codes share ----------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_TERNARY_CODES_CODEIMPL_H
#define TERCET_DIALECTS_TERNARY_CODES_CODEIMPL_H

#include "dialects/Ternary/Codes/Code.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace tercet::ternary {

// One function per code file.
const Code &getCodeI2();
const Code &getCodeT5();
const Code &getCodeB33();
const Code &getCodeC5();
const Code &getCodeI8();

/// Builds integer arithmetic on integers or vectors of them alike.
class LaneBuilder {
public:
  LaneBuilder(mlir::OpBuilder &b, mlir::Location loc, mlir::Type type)
      : b(b), loc(loc), type(type) {}

  mlir::Value constant(uint32_t value) const {
    mlir::TypedAttr attr = mlir::IntegerAttr::get(
        mlir::getElementTypeOrSelf(type), static_cast<int32_t>(value));
    if (auto vector = llvm::dyn_cast<mlir::VectorType>(type))
      attr = mlir::DenseElementsAttr::get(vector, attr);
    return mlir::arith::ConstantOp::create(b, loc, attr);
  }
  mlir::Value add(mlir::Value x, mlir::Value y) const {
    return mlir::arith::AddIOp::create(b, loc, x, y);
  }
  mlir::Value sub(mlir::Value x, mlir::Value y) const {
    return mlir::arith::SubIOp::create(b, loc, x, y);
  }
  mlir::Value mul(mlir::Value x, uint32_t y) const {
    return mlir::arith::MulIOp::create(b, loc, x, constant(y));
  }
  mlir::Value bitAnd(mlir::Value x, uint32_t y) const {
    return mlir::arith::AndIOp::create(b, loc, x, constant(y));
  }
  mlir::Value bitOr(mlir::Value x, mlir::Value y) const {
    return mlir::arith::OrIOp::create(b, loc, x, y);
  }
  mlir::Value shiftLeft(mlir::Value x, mlir::Value y) const {
    return mlir::arith::ShLIOp::create(b, loc, x, y);
  }
  mlir::Value shiftRight(mlir::Value x, mlir::Value y) const {
    return mlir::arith::ShRUIOp::create(b, loc, x, y);
  }
  mlir::Value shiftLeft(mlir::Value x, uint32_t y) const {
    return y ? shiftLeft(x, constant(y)) : x;
  }
  mlir::Value shiftRight(mlir::Value x, uint32_t y) const {
    return y ? shiftRight(x, constant(y)) : x;
  }
  mlir::Value compare(mlir::arith::CmpIPredicate p, mlir::Value x,
                      uint32_t y) const {
    return mlir::arith::CmpIOp::create(b, loc, p, x, constant(y));
  }
  mlir::Value select(mlir::Value c, mlir::Value x, mlir::Value y) const {
    return mlir::arith::SelectOp::create(b, loc, c, x, y);
  }

private:
  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::Type type;
};

/// The group's bytes w + 1 as a 32-bit word, byte 0 lowest.
inline uint32_t getGroupBytes(llvm::ArrayRef<int8_t> group) {
  uint32_t bytes = 0;
  for (int j = 0; j < 4; ++j)
    bytes |= static_cast<uint32_t>(group[j] + 1) << (8 * j);
  return bytes;
}

/// Two vectors of 16 dwords that hold a 32-entry table.
llvm::SmallVector<mlir::Value> emitTable32(mlir::OpBuilder &b,
                                           mlir::Location loc,
                                           llvm::ArrayRef<uint32_t> entries);
/// AVX-512 vpermi2d: each lane of `index` (low five bits) picks an entry.
mlir::Value emitLookup32(mlir::OpBuilder &b, mlir::Location loc,
                         mlir::ValueRange table, mlir::Value index);
/// Whether a feature of 512-bit vectors applies to this word type.
bool isVector16(mlir::Type wordType);

} // namespace tercet::ternary

#endif
