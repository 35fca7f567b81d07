//===- NeonDotEngine.cpp - sdot ------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Four products a lane on AArch64 with the dotprod feature. Codes are at most
// 2, so as signed bytes they are what they are as unsigned ones.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "targets/CPU/CPUTarget.h"

using namespace mlir;
using namespace tercet;

namespace {
class NeonDotEngine : public kernels::DotEngine {
public:
  StringRef getName() const override { return "neondot"; }
  unsigned getLanes() const override { return 4; }
  Value emitDot(OpBuilder &b, Location loc, Value acc, Value codes,
                Value acts) const override {
    auto bytes = VectorType::get({16}, b.getI8Type());
    return LLVM::CallIntrinsicOp::create(
               b, loc, acc.getType(),
               b.getStringAttr("llvm.aarch64.neon.sdot.v4i32.v16i8"),
               ValueRange{acc, vector::BitCastOp::create(b, loc, bytes, codes),
                          vector::BitCastOp::create(b, loc, bytes, acts)})
        .getResult(0);
  }
  /// Signed times signed: codes are turned over to it.
  Value emitByteDot(OpBuilder &b, Location loc, Value acc, Value codes,
                    Value acts) const override {
    return emitDot(b, loc, acc, tercet::kernels::emitSignedBytes(b, loc, codes), acts);
  }
  int64_t getByteBias() const override { return 128; }
};
} // namespace

std::unique_ptr<kernels::DotEngine> cpu::createNeonDotEngine() {
  return std::make_unique<NeonDotEngine>();
}
