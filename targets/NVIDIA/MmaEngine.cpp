//===- MmaEngine.cpp - tensor cores of NVIDIA -----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// mma.sync.m16n8k32 of u8 by s8, sm_80 and later (PTX ISA, fragments for
// mma.m16n8k32). Lane 4g + t has, of A, rows g and g + 8 and two words of each,
// of B two words of column g, and of D rows g and g + 8, columns 2t and 2t+1.
// A's rows g and g + 8 stand for the panel's rows 2g and 2g + 1, whose words
// are neighbours in memory.
//
// mma.sp::ordered_metadata.m16n8k64 of s8 by s8 (fragments for sparse
// mma.m16n8k64). Lane 4g + t has, of A, the two nonzeros of groups 2t, 2t + 1,
// 8 + 2t and 9 + 2t of 16 groups of four, and, of B, groups t, 4 + t, 8 + t and
// 12 + t. The places of the nonzeros, four bits a group: lane 4g has those of
// row g's groups 0 .. 7, lane 4g + 1 of row g + 8, lanes 4g + 2 and 4g + 3 the
// groups 8 .. 15 of the same. So each lane packs its own, a byte for each
// register of A, and the four lanes of a g transpose the bytes.
//
// mma.sync.m16n8k8 of tf32 (fragments for mma.m16n8k8) has the places of the
// integer one, with a float for a word. It reads the upper 19 bits of an f32;
// so a factor becomes the nearest number of eleven bits and the rest, which has
// at most twelve, and three products give what f32 would: high * high, high *
// low and low * high. The chip cuts its sums off where f32 rounds them; so an
// instruction's sum begins at zero and an addition of f32 takes it up.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "targets/GPU/MatrixEngine.h"
#include "targets/NVIDIA/NVIDIATarget.h"

using namespace mlir;

namespace {
class MmaEngine : public tercet::gputarget::MatrixEngine {
public:
  StringRef getName() const override { return "mma.m16n8k32"; }
  StringRef getSparseEngine() const override { return "mma.sp.m16n8k64"; }
  unsigned getWave() const override { return 32; }
  unsigned getColumns() const override { return 8; }
  unsigned getSlots() const override { return 4; }
  unsigned getRowsPerLane() const override { return 2; }
  unsigned getGroups() const override { return 2; }
  unsigned getAccumulators() const override { return 4; }
  void registerDialects(DialectRegistry &registry) const override {
    registry.insert<NVVM::NVVMDialect, LLVM::LLVMDialect>();
  }

  Value emitUniform(OpBuilder &b, Location loc, Value value) const override {
    return NVVM::ShflOp::create(b, loc, b.getI32Type(), constant(b, loc, -1),
                                value, constant(b, loc, 0),
                                constant(b, loc, 31), NVVM::ShflKind::idx,
                                UnitAttr());
  }
  Value getRow(OpBuilder &b, Location loc, Value lane) const override {
    return times(b, loc, getColumn(b, loc, lane), 2);
  }
  Value getColumn(OpBuilder &b, Location loc, Value lane) const override {
    return arith::ShRUIOp::create(b, loc, lane, constant(b, loc, 2));
  }
  Value getSlot(OpBuilder &b, Location loc, Value lane) const override {
    return arith::AndIOp::create(b, loc, lane, constant(b, loc, 3));
  }
  std::pair<Value, Value> getPlace(OpBuilder &b, Location loc, Value lane,
                                   unsigned i) const override {
    return {add(b, loc, getRow(b, loc, lane), i / 2),
            add(b, loc, times(b, loc, getSlot(b, loc, lane), 2), i % 2)};
  }

  Value emitProduct(OpBuilder &b, Location loc, Value acc, ValueRange codes,
                    ValueRange acts) const override {
    Type i32 = b.getI32Type();
    SmallVector<Value> sums;
    for (int64_t i = 0; i < 4; ++i)
      sums.push_back(vector::ExtractOp::create(b, loc, acc, i));
    // Row, then word, to word, then row.
    Value weights[] = {codes[0], codes[2], codes[1], codes[3]};
    auto four =
        LLVM::LLVMStructType::getLiteral(b.getContext(), {i32, i32, i32, i32});
    Value result = NVVM::MmaOp::create(
        b, loc, four, weights, acts, sums, /*shape=*/{16, 8, 32},
        /*b1Op=*/std::nullopt, NVVM::MMAIntOverflow::wrapped,
        std::array{NVVM::MMATypes::u8, NVVM::MMATypes::s8},
        std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
    for (int64_t i = 0; i < 4; ++i)
      sums[i] = LLVM::ExtractValueOp::create(b, loc, result, i);
    return vector::FromElementsOp::create(
        b, loc, cast<VectorType>(acc.getType()), sums);
  }

protected:
  static Value constant(OpBuilder &b, Location loc, int32_t value) {
    return arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(value));
  }
  static Value add(OpBuilder &b, Location loc, Value x, int32_t y) {
    return arith::AddIOp::create(b, loc, x, constant(b, loc, y));
  }
  static Value times(OpBuilder &b, Location loc, Value x, int32_t y) {
    return arith::MulIOp::create(b, loc, x, constant(b, loc, y));
  }
};

class SparseMmaEngine : public MmaEngine {
public:
  StringRef getName() const override { return "mma.sp.m16n8k64"; }
  StringRef getSparseEngine() const override { return ""; }
  bool isSparse() const override { return true; }
  unsigned getGroups() const override { return 4; }
  bool hasOtherSources() const override { return true; }
  Source getSource(OpBuilder &b, Location loc, Value lane,
                   unsigned i) const override {
    // Group 4i + t of the 16: of lane (4i + t) % 8 / 2, its first or second for
    // i < 2, else its third or fourth.
    Value t = getSlot(b, loc, lane);
    Value half = arith::ShRUIOp::create(b, loc, t, constant(b, loc, 1));
    return {add(b, loc, half, i % 2 ? 2 : 0), i < 2 ? 0u : 2u,
            arith::AndIOp::create(b, loc, t, constant(b, loc, 1))};
  }

  Value emitProduct(OpBuilder &b, Location loc, Value acc, ValueRange codes,
                    ValueRange acts) const override {
    LogicBuilder logic{b, loc};
    Type i32 = b.getI32Type();
    SmallVector<Value> operands;
    Value places;
    // Registers of A: first two groups of both rows, last two of both.
    for (unsigned r = 0; r < 4; ++r) {
      Value low = codes[4 * (r % 2) + 2 * (r / 2)],
            high = codes[4 * (r % 2) + 2 * (r / 2) + 1];
      operands.push_back(
          logic.bitOr(logic.bitAnd(low, 0xffff), logic.shiftLeft(high, 16)));
      Value byte = logic.bitOr(logic.shiftRight(low, 16),
                               logic.bitAnd(logic.shiftRight(high, 12), 0xf0));
      places = r ? logic.bitOr(places, logic.shiftLeft(byte, 8 * r)) : byte;
    }
    llvm::append_range(operands, acts);
    for (int64_t i = 0; i < 4; ++i)
      operands.push_back(vector::ExtractOp::create(b, loc, acc, i));
    operands.push_back(transpose(logic, places));
    operands.push_back(constant(b, loc, 0)); // all four lanes have places
    auto four =
        LLVM::LLVMStructType::getLiteral(b.getContext(), {i32, i32, i32, i32});
    Value result =
        LLVM::CallIntrinsicOp::create(
            b, loc, four,
            b.getStringAttr(
                "llvm.nvvm.mma.sp.ordered.metadata.m16n8k64.row.col.s8"),
            operands)
            .getResult(0);
    SmallVector<Value> sums;
    for (int64_t i = 0; i < 4; ++i)
      sums.push_back(LLVM::ExtractValueOp::create(b, loc, result, i));
    return vector::FromElementsOp::create(
        b, loc, cast<VectorType>(acc.getType()), sums);
  }

private:
  struct LogicBuilder {
    OpBuilder &b;
    Location loc;
    Value bitAnd(Value x, uint32_t y) {
      return arith::AndIOp::create(b, loc, x,
                                   constant(b, loc, static_cast<int32_t>(y)));
    }
    Value bitOr(Value x, Value y) { return arith::OrIOp::create(b, loc, x, y); }
    Value shiftLeft(Value x, int32_t y) {
      return y ? arith::ShLIOp::create(b, loc, x, constant(b, loc, y)) : x;
    }
    Value shiftRight(Value x, int32_t y) {
      return arith::ShRUIOp::create(b, loc, x, constant(b, loc, y));
    }
    Value fromLane(Value x, int32_t distance) {
      return NVVM::ShflOp::create(b, loc, b.getI32Type(), constant(b, loc, -1),
                                  x, constant(b, loc, distance),
                                  constant(b, loc, 31), NVVM::ShflKind::bfly,
                                  UnitAttr());
    }
    /// Bit `bit` of the lane's number ? x : y.
    Value select(int32_t bit, Value x, Value y) {
      Value thread = NVVM::LaneIdOp::create(b, loc, b.getI32Type());
      Value set =
          arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne,
                                bitAnd(thread, bit), constant(b, loc, 0));
      return arith::SelectOp::create(b, loc, set, x, y);
    }
  };

  /// Four lanes' four bytes: lane t gets byte t of each, lane 0's lowest.
  static Value transpose(LogicBuilder &logic, Value own) {
    Value other = logic.fromLane(own, 1);
    Value even =
        logic.bitOr(logic.bitAnd(own, 0x00ff00ff),
                    logic.shiftLeft(logic.bitAnd(other, 0x00ff00ff), 8));
    Value odd =
        logic.bitOr(logic.bitAnd(logic.shiftRight(other, 8), 0x00ff00ff),
                    logic.bitAnd(own, 0xff00ff00));
    own = logic.select(1, odd, even);
    other = logic.fromLane(own, 2);
    Value low =
        logic.bitOr(logic.bitAnd(own, 0xffff), logic.shiftLeft(other, 16));
    Value high =
        logic.bitOr(logic.shiftRight(other, 16), logic.bitAnd(own, 0xffff0000));
    return logic.select(2, high, low);
  }
};
class FloatMmaEngine : public MmaEngine {
public:
  StringRef getName() const override { return "mma.3xtf32.m16n8k8"; }
  StringRef getSparseEngine() const override { return ""; }
  bool isFloat() const override { return true; }
  Value emitProduct(OpBuilder &b, Location loc, Value acc, ValueRange codes,
                    ValueRange acts) const override {
    Factors a, x;
    // Row, then share of K, to share, then row.
    for (unsigned i : {0, 2, 1, 3})
      a.add(b, loc, codes[i]);
    for (Value act : acts)
      x.add(b, loc, act);
    SmallVector<Value> sums(
        4, arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0.0f)));
    // The small ones first.
    multiply(b, loc, a.low, x.high, sums);
    multiply(b, loc, a.high, x.low, sums);
    multiply(b, loc, a.high, x.high, sums);
    return arith::AddFOp::create(
        b, loc, acc,
        vector::FromElementsOp::create(b, loc, cast<VectorType>(acc.getType()),
                                       sums));
  }

private:
  /// Floats as what the instruction reads of them, and the rest.
  struct Factors {
    SmallVector<Value> high, low;
    void add(OpBuilder &b, Location loc, Value x) {
      Type i32 = b.getI32Type();
      Value bits = arith::BitcastOp::create(b, loc, i32, x);
      Value rounded =
          arith::AddIOp::create(b, loc, bits, constant(b, loc, 1 << 12));
      Value upper =
          arith::AndIOp::create(b, loc, rounded, constant(b, loc, -(1 << 13)));
      Value rest = arith::SubFOp::create(
          b, loc, x, arith::BitcastOp::create(b, loc, b.getF32Type(), upper));
      high.push_back(upper);
      low.push_back(arith::BitcastOp::create(b, loc, i32, rest));
    }
  };

  static void multiply(OpBuilder &b, Location loc, ValueRange a, ValueRange x,
                       SmallVectorImpl<Value> &sums) {
    Type f32 = b.getF32Type();
    auto four =
        LLVM::LLVMStructType::getLiteral(b.getContext(), {f32, f32, f32, f32});
    Value result = NVVM::MmaOp::create(
        b, loc, four, a, x, sums, /*shape=*/{16, 8, 8}, /*b1Op=*/std::nullopt,
        /*intOverflow=*/std::nullopt,
        std::array{NVVM::MMATypes::tf32, NVVM::MMATypes::tf32},
        std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
    for (int64_t i = 0; i < 4; ++i)
      sums[i] = LLVM::ExtractValueOp::create(b, loc, result, i);
  }
};
} // namespace

void tercet::registerNVIDIAMatrixEngines() {
  gputarget::registerMatrixEngine(std::make_unique<MmaEngine>());
  gputarget::registerMatrixEngine(std::make_unique<SparseMmaEngine>());
  gputarget::registerMatrixEngine(std::make_unique<FloatMmaEngine>());
}
