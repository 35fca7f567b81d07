//===- AVXVNNIEngine.cpp - vpdpbusd on 256 bits --------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The product of AVX512VNNIEngine.cpp with half the lanes, for processors with
// the VEX form of the instruction and no AVX-512.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "targets/CPU/CPUTarget.h"

using namespace mlir;
using namespace tercet;

namespace {
class AVXVNNIEngine : public kernels::DotEngine {
public:
  StringRef getName() const override { return "avxvnni"; }
  unsigned getLanes() const override { return 8; }
  Value emitDot(OpBuilder &b, Location loc, Value acc, Value codes,
                Value acts) const override {
    auto bytes = VectorType::get({32}, b.getI8Type());
    return LLVM::CallIntrinsicOp::create(
               b, loc, acc.getType(),
               b.getStringAttr("llvm.x86.avx512.vpdpbusd.256"),
               ValueRange{acc, vector::BitCastOp::create(b, loc, bytes, codes),
                          vector::BitCastOp::create(b, loc, bytes, acts)})
        .getResult(0);
  }
};
} // namespace

std::unique_ptr<kernels::DotEngine> cpu::createAVXVNNIEngine() {
  return std::make_unique<AVXVNNIEngine>();
}
