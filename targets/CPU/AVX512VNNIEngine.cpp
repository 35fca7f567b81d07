//===- AVX512VNNIEngine.cpp - vpdpbusd -----------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One instruction for 64 products: unsigned codes times signed activations,
// added to 16 sums. The activations may be a broadcast from memory, which LLVM
// folds into the instruction.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "targets/CPU/CPUTarget.h"

using namespace mlir;
using namespace tercet;

namespace {
class AVX512VNNIEngine : public kernels::DotEngine {
public:
  explicit AVX512VNNIEngine(bool bytePermute) : bytePermute(bytePermute) {}

  StringRef getName() const override {
    return bytePermute ? "avx512vnni+vbmi" : "avx512vnni";
  }
  unsigned getLanes() const override { return 16; }
  ternary::DecoderFeatures getDecoderFeatures() const override {
    ternary::DecoderFeatures features;
    features.permute32x32 = true;
    features.permute128x8 = bytePermute;
    return features;
  }
  Value emitDot(OpBuilder &b, Location loc, Value acc, Value codes,
                Value acts) const override {
    auto bytes = VectorType::get({64}, b.getI8Type());
    return LLVM::CallIntrinsicOp::create(
               b, loc, acc.getType(),
               b.getStringAttr("llvm.x86.avx512.vpdpbusd.512"),
               ValueRange{acc, vector::BitCastOp::create(b, loc, bytes, codes),
                          vector::BitCastOp::create(b, loc, bytes, acts)})
        .getResult(0);
  }

private:
  bool bytePermute;
};
} // namespace

std::unique_ptr<kernels::DotEngine>
cpu::createAVX512VNNIEngine(bool bytePermute) {
  return std::make_unique<AVX512VNNIEngine>(bytePermute);
}
