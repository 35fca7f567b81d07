//===- PortableEngine.cpp - plain arithmetic -----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Byte by byte with shifts and 32-bit multiplies, which every LLVM target has.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "targets/CPU/CPUTarget.h"

using namespace mlir;
using namespace tercet;

namespace {
class PortableEngine : public kernels::DotEngine {
public:
  StringRef getName() const override { return "portable"; }
  unsigned getLanes() const override { return 4; }
  Value emitDot(OpBuilder &b, Location loc, Value acc, Value codes,
                Value acts) const override {
    auto constant = [&](int32_t value) -> Value {
      return arith::ConstantOp::create(
          b, loc,
          DenseElementsAttr::get(cast<VectorType>(acc.getType()),
                                 b.getI32IntegerAttr(value)));
    };
    for (int j = 0; j < 4; ++j) {
      Value code = arith::AndIOp::create(
          b, loc, arith::ShRUIOp::create(b, loc, codes, constant(8 * j)),
          constant(0xff));
      // The sign of byte j: up to the top, and down again arithmetically.
      Value act = arith::ShRSIOp::create(
          b, loc, arith::ShLIOp::create(b, loc, acts, constant(24 - 8 * j)),
          constant(24));
      acc = arith::AddIOp::create(b, loc, acc,
                                  arith::MulIOp::create(b, loc, code, act));
    }
    return acc;
  }
};
} // namespace

std::unique_ptr<kernels::DotEngine> cpu::createPortableEngine() {
  return std::make_unique<PortableEngine>();
}
