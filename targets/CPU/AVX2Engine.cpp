//===- AVX2Engine.cpp - vpmaddubsw and vpmaddwd --------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pairs of products in 16 bits, then pairs of those in 32. The first sum cannot
// overflow: a code is at most 2, so a pair is at most 2 * 2 * 128 = 512; it is
// widened at once, so no chain of blocks can overflow either.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "targets/CPU/CPUTarget.h"

using namespace mlir;
using namespace tercet;

namespace {
class AVX2Engine : public kernels::DotEngine {
public:
  StringRef getName() const override { return "avx2"; }
  unsigned getLanes() const override { return 8; }
  Value emitDot(OpBuilder &b, Location loc, Value acc, Value codes,
                Value acts) const override {
    auto bytes = VectorType::get({32}, b.getI8Type());
    auto halves = VectorType::get({16}, b.getI16Type());
    Value pairs =
        LLVM::CallIntrinsicOp::create(
            b, loc, halves, b.getStringAttr("llvm.x86.avx2.pmadd.ub.sw"),
            ValueRange{vector::BitCastOp::create(b, loc, bytes, codes),
                       vector::BitCastOp::create(b, loc, bytes, acts)})
            .getResult(0);
    Value ones = arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(halves, b.getI16IntegerAttr(1)));
    Value sums =
        LLVM::CallIntrinsicOp::create(b, loc, acc.getType(),
                                      b.getStringAttr("llvm.x86.avx2.pmadd.wd"),
                                      ValueRange{pairs, ones})
            .getResult(0);
    return arith::AddIOp::create(b, loc, acc, sums);
  }
  /// Sums of two products with all 8 bits do not fit in 16: even and odd bytes
  /// are widened.
  Value emitByteDot(OpBuilder &b, Location loc, Value acc, Value codes,
                    Value acts) const override {
    auto halves = VectorType::get({16}, b.getI16Type());
    auto constant = [&](int16_t v) -> Value {
      return arith::ConstantOp::create(
          b, loc, DenseElementsAttr::get(halves, b.getI16IntegerAttr(v)));
    };
    codes = vector::BitCastOp::create(b, loc, halves, codes);
    acts = vector::BitCastOp::create(b, loc, halves, acts);
    Value eight = constant(8);
    Value evenCodes = arith::AndIOp::create(b, loc, codes, constant(255)),
          oddCodes = arith::ShRUIOp::create(b, loc, codes, eight),
          oddActs = arith::ShRSIOp::create(b, loc, acts, eight);
    Value evenActs = arith::ShRSIOp::create(
        b, loc, arith::ShLIOp::create(b, loc, acts, eight), eight);
    for (auto [u, v] : {std::pair(evenCodes, evenActs), {oddCodes, oddActs}}) {
      Value sums = LLVM::CallIntrinsicOp::create(
                       b, loc, acc.getType(),
                       b.getStringAttr("llvm.x86.avx2.pmadd.wd"),
                       ValueRange{u, v})
                       .getResult(0);
      acc = arith::AddIOp::create(b, loc, acc, sums);
    }
    return acc;
  }
};
} // namespace

std::unique_ptr<kernels::DotEngine> cpu::createAVX2Engine() {
  return std::make_unique<AVX2Engine>();
}
