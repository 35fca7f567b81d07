//===- Dp4aEngine.cpp - four-way dot products of NVIDIA -------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/Kernels/DotEngine.h"
#include "targets/NVIDIA/NVIDIATarget.h"

using namespace mlir;

namespace {
/// dp4a.u32.s32: unsigned codes, signed activations.
class Dp4aEngine : public tercet::kernels::DotEngine {
public:
  StringRef getName() const override { return "dp4a"; }
  unsigned getLanes() const override { return 1; }
  void registerDialects(DialectRegistry &registry) const override {
    registry.insert<NVVM::NVVMDialect>();
  }
  Value emitDot(OpBuilder &b, Location loc, Value acc, Value codes,
                Value acts) const override {
    auto bytes = VectorType::get({4}, b.getI8Type());
    auto word = VectorType::get({1}, b.getI32Type());
    auto split = [&](Value v) -> Value {
      v = vector::FromElementsOp::create(b, loc, word, v);
      return vector::BitCastOp::create(b, loc, bytes, v);
    };
    return NVVM::DotAccumulate4WayOp::create(
        b, loc, b.getI32Type(), split(codes), NVVM::DotAccumulateType::UNSIGNED,
        split(acts), NVVM::DotAccumulateType::SIGNED, acc);
  }
};
} // namespace

void tercet::registerNVIDIAEngines() {
  kernels::registerDotEngine(std::make_unique<Dp4aEngine>());
}
