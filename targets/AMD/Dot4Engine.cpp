//===- Dot4Engine.cpp - four-way dot products of AMD ----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// gfx9 and gfx10.3 have v_dot4_i32_i8, signed times signed: codes of trits
// are 0..2, so that is right for them; codes of 8 bits are made signed first. From gfx11 on v_dot4_i32_iu8 has a sign per operand.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "passes/Kernels/DotEngine.h"
#include "targets/AMD/AMDTarget.h"

using namespace mlir;

namespace {
class Dot4Engine : public tercet::kernels::DotEngine {
public:
  Dot4Engine(bool mixedSigns) : mixedSigns(mixedSigns) {}
  StringRef getName() const override { return mixedSigns ? "sudot4" : "sdot4"; }
  unsigned getLanes() const override { return 1; }
  Value emitDot(OpBuilder &b, Location loc, Value acc, Value codes,
                Value acts) const override {
    // Immediates: whether each operand is signed, whether the sum saturates.
    auto flag = [&](bool value) -> Value {
      return LLVM::ConstantOp::create(b, loc, b.getBoolAttr(value));
    };
    SmallVector<Value> args;
    if (mixedSigns)
      args = {flag(false), codes, flag(true), acts, acc, flag(false)};
    else
      args = {codes, acts, acc, flag(false)};
    auto call = LLVM::CallIntrinsicOp::create(
        b, loc, b.getI32Type(),
        b.getStringAttr(mixedSigns ? "llvm.amdgcn.sudot4"
                                   : "llvm.amdgcn.sdot4"),
        args);
    return call->getResult(0);
  }
  Value emitByteDot(OpBuilder &b, Location loc, Value acc, Value codes,
                    Value acts) const override {
    if (!mixedSigns)
      codes = tercet::kernels::emitSignedBytes(b, loc, codes);
    return emitDot(b, loc, acc, codes, acts);
  }
  int64_t getByteBias() const override { return mixedSigns ? 0 : 128; }

private:
  bool mixedSigns;
};
} // namespace

void tercet::registerAMDEngines() {
  kernels::registerDotEngine(std::make_unique<Dot4Engine>(false));
  kernels::registerDotEngine(std::make_unique<Dot4Engine>(true));
}
