//===- MmaEngine.cpp - integer tensor cores of NVIDIA ---------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// mma.sync.m16n8k32 of u8 by s8, sm_80 and later (PTX ISA, fragments for
// mma.m16n8k32). Lane 4g + t has, of A, rows g and g + 8 and two words of each,
// of B two words of column g, and of D rows g and g + 8 of columns 2t and 2t
// + 1. A's rows g and g + 8 stand for the panel's rows 2g and 2g + 1, whose
// words are neighbours in memory.
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
  unsigned getWave() const override { return 32; }
  unsigned getColumns() const override { return 8; }
  unsigned getSlots() const override { return 4; }
  unsigned getRowsPerLane() const override { return 2; }
  unsigned getGroups() const override { return 2; }
  unsigned getAccumulators() const override { return 4; }
  void registerDialects(DialectRegistry &registry) const override {
    registry.insert<NVVM::NVVMDialect, LLVM::LLVMDialect>();
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

private:
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
} // namespace

void tercet::registerNVIDIAMatrixEngines() {
  gputarget::registerMatrixEngine(std::make_unique<MmaEngine>());
}
