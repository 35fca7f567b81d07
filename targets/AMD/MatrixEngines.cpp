//===- MatrixEngines.cpp - matrix instructions of AMD ---------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// v_mfma_i32_16x16x32_i8 of gfx942 and gfx950 (CDNA3 ISA, matrix arithmetic)
// and v_wmma_i32_16x16x16_iu8 of gfx11 (RDNA3 ISA). In both, lane l has row
// l % 16 of A and column l % 16 of B. MFMA: its eight bytes are of K share
// l / 16; D has rows 4 * (l / 16) + i. WMMA: it has all 16 bytes, as lane l +
// 16 does; D has rows 2 * i + l / 16. MFMA takes signed bytes only, which codes
// of 0..2 are.
//
// v_mfma_f32_16x16x4_f32: as the integer one, with a float of A and of B in a
// lane.
//
// v_smfmac_i32_16x16x64_i8: as MFMA, with 16 bytes of B and, of A, the two
// nonzeros of each group of four of the same K, whose places are the low 16
// bits of an index register.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "targets/AMD/AMDTarget.h"
#include "targets/GPU/MatrixEngine.h"

using namespace mlir;

namespace {
class AMDMatrixEngine : public tercet::gputarget::MatrixEngine {
public:
  unsigned getColumns() const override { return 16; }
  unsigned getRowsPerLane() const override { return 1; }
  void registerDialects(DialectRegistry &registry) const override {
    registry.insert<LLVM::LLVMDialect>();
  }
  Value emitUniform(OpBuilder &b, Location loc, Value value) const override {
    return call(b, loc, b.getI32Type(), "llvm.amdgcn.readfirstlane.i32", value);
  }
  Value getRow(OpBuilder &b, Location loc, Value lane) const override {
    return getColumn(b, loc, lane);
  }
  Value getColumn(OpBuilder &b, Location loc, Value lane) const override {
    return arith::AndIOp::create(b, loc, lane, constant(b, loc, 15));
  }

protected:
  static Value constant(OpBuilder &b, Location loc, int32_t value) {
    return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(value));
  }
  /// l / 16.
  static Value getPart(OpBuilder &b, Location loc, Value lane) {
    return arith::ShRUIOp::create(b, loc, lane, constant(b, loc, 4));
  }
  static Value pack(OpBuilder &b, Location loc, ValueRange words) {
    auto count = static_cast<int64_t>(words.size());
    return vector::FromElementsOp::create(
        b, loc, VectorType::get({count}, b.getI32Type()), words);
  }
  static Value call(OpBuilder &b, Location loc, Type type, StringRef name,
                    ValueRange operands) {
    return LLVM::CallIntrinsicOp::create(b, loc, type, b.getStringAttr(name),
                                         operands)
        .getResult(0);
  }
};

class MfmaEngine : public AMDMatrixEngine {
public:
  StringRef getName() const override { return "mfma.16x16x32"; }
  StringRef getSparseEngine() const override { return "smfmac.16x16x64"; }
  unsigned getWave() const override { return 64; }
  unsigned getSlots() const override { return 4; }
  unsigned getGroups() const override { return 2; }
  unsigned getAccumulators() const override { return 4; }
  Value getSlot(OpBuilder &b, Location loc, Value lane) const override {
    return getPart(b, loc, lane);
  }
  std::pair<Value, Value> getPlace(OpBuilder &b, Location loc, Value lane,
                                   unsigned i) const override {
    Value first = arith::MulIOp::create(b, loc, getPart(b, loc, lane),
                                        constant(b, loc, 4));
    return {arith::AddIOp::create(b, loc, first, constant(b, loc, i)),
            getColumn(b, loc, lane)};
  }
  Value emitProduct(OpBuilder &b, Location loc, Value acc, ValueRange codes,
                    ValueRange acts) const override {
    auto operand = [&](ValueRange words) -> Value {
      Value wide = vector::BitCastOp::create(
          b, loc, VectorType::get({1}, b.getI64Type()), pack(b, loc, words));
      return vector::ExtractOp::create(b, loc, wide, int64_t(0));
    };
    // No broadcast of blocks, no permuted lanes.
    Value none = LLVM::ConstantOp::create(b, loc, b.getI32IntegerAttr(0));
    return call(b, loc, acc.getType(), "llvm.amdgcn.mfma.i32.16x16x32.i8",
                {operand(codes), operand(acts), acc, none, none, none});
  }
};

class SmfmacEngine : public MfmaEngine {
public:
  StringRef getName() const override { return "smfmac.16x16x64"; }
  StringRef getSparseEngine() const override { return ""; }
  bool isSparse() const override { return true; }
  unsigned getGroups() const override { return 4; }
  Value emitProduct(OpBuilder &b, Location loc, Value acc, ValueRange codes,
                    ValueRange acts) const override {
    auto shift = [&](Value x, int32_t by) -> Value {
      if (by > 0)
        return arith::ShLIOp::create(b, loc, x, constant(b, loc, by));
      return arith::ShRUIOp::create(b, loc, x, constant(b, loc, -by));
    };
    Value places;
    SmallVector<Value> pairs;
    for (unsigned g = 0; g < 4; ++g) {
      Value place = shift(codes[g], -16);
      places =
          g ? arith::OrIOp::create(b, loc, places, shift(place, 4 * g)) : place;
      Value low =
          arith::AndIOp::create(b, loc, codes[g], constant(b, loc, 0xffff));
      if (g % 2)
        pairs.back() =
            arith::OrIOp::create(b, loc, pairs.back(), shift(codes[g], 16));
      else
        pairs.push_back(low);
    }
    Value none = LLVM::ConstantOp::create(b, loc, b.getI32IntegerAttr(0));
    return call(
        b, loc, acc.getType(), "llvm.amdgcn.smfmac.i32.16x16x64.i8",
        {pack(b, loc, pairs), pack(b, loc, acts), acc, places, none, none});
  }
};

/// Exact products, sums rounded to f32.
class MfmaFloatEngine : public MfmaEngine {
public:
  StringRef getName() const override { return "mfma.f32.16x16x4"; }
  StringRef getSparseEngine() const override { return ""; }
  bool isFloat() const override { return true; }
  unsigned getGroups() const override { return 1; }
  Value emitProduct(OpBuilder &b, Location loc, Value acc, ValueRange codes,
                    ValueRange acts) const override {
    Value none = LLVM::ConstantOp::create(b, loc, b.getI32IntegerAttr(0));
    return call(b, loc, acc.getType(), "llvm.amdgcn.mfma.f32.16x16x4f32",
                {codes[0], acts[0], acc, none, none, none});
  }
};

class WmmaEngine : public AMDMatrixEngine {
public:
  StringRef getName() const override { return "wmma.16x16x16"; }
  unsigned getWave() const override { return 32; }
  unsigned getSlots() const override { return 1; }
  unsigned getGroups() const override { return 4; }
  unsigned getAccumulators() const override { return 8; }
  Value getSlot(OpBuilder &b, Location loc, Value) const override {
    return constant(b, loc, 0);
  }
  std::pair<Value, Value> getPlace(OpBuilder &b, Location loc, Value lane,
                                   unsigned i) const override {
    return {arith::AddIOp::create(b, loc, getPart(b, loc, lane),
                                  constant(b, loc, 2 * i)),
            getColumn(b, loc, lane)};
  }
  Value emitProduct(OpBuilder &b, Location loc, Value acc, ValueRange codes,
                    ValueRange acts) const override {
    // Immediates: whether each operand is signed, whether sums saturate.
    auto flag = [&](bool value) -> Value {
      return LLVM::ConstantOp::create(b, loc, b.getBoolAttr(value));
    };
    return call(b, loc, acc.getType(), "llvm.amdgcn.wmma.i32.16x16x16.iu8",
                {flag(false), pack(b, loc, codes), flag(true),
                 pack(b, loc, acts), acc, flag(false)});
  }
};
} // namespace

void tercet::registerAMDMatrixEngines() {
  gputarget::registerMatrixEngine(std::make_unique<MfmaEngine>());
  gputarget::registerMatrixEngine(std::make_unique<SmfmacEngine>());
  gputarget::registerMatrixEngine(std::make_unique<MfmaFloatEngine>());
  gputarget::registerMatrixEngine(std::make_unique<WmmaEngine>());
}
