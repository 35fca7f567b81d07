//===- ExpandFloats.cpp - float operations that a CPU lacks ---------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM calls a library for what a processor has no instruction for, and a
// kernel has no library. Exact expansions, to the bit what the instructions
// give:
//
// * f16 <-> f32 by integer arithmetic and two exact multiplications;
// * f32 fused multiply-add in f64: the product is exact there, the sum is
//   rounded to odd, and so the rounding to f32 is the only one that counts.
//
// Scalars and vectors alike. Assumes that f64 is there and that nothing is
// reassociated. Conversions between f64 and the half types, and remainders,
// which nothing here makes exact, are an error.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "targets/CPU/CPUTarget.h"

namespace tercet {
#define GEN_PASS_DEF_CPUEXPANDFLOATS
#include "targets/CPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using P = arith::CmpIPredicate;

namespace {
/// Builds ops on scalars or on vectors of one shape.
class Lanes {
public:
  Lanes(Operation *op)
      : b(op), loc(op->getLoc()),
        shape(dyn_cast<VectorType>(op->getResult(0).getType())) {}

  Type get(Type element) {
    return shape ? Type(shape.clone(element)) : element;
  }
  Type i(unsigned width) { return get(b.getIntegerType(width)); }
  Value constant(TypedAttr value) {
    if (shape)
      value = DenseElementsAttr::get(cast<ShapedType>(get(value.getType())),
                                     Attribute(value));
    return arith::ConstantOp::create(b, loc, value);
  }
  Value integer(unsigned width, uint64_t value) {
    return constant(
        b.getIntegerAttr(b.getIntegerType(width), APInt(width, value)));
  }
  template <typename Op> Value make(Value x, Value y) {
    return Op::create(b, loc, x, y);
  }
  template <typename Op> Value make(Value x, uint64_t y) {
    return make<Op>(
        x, integer(getElementTypeOrSelf(x).getIntOrFloatBitWidth(), y));
  }
  template <typename Op> Value cast_(Type type, Value x) {
    return Op::create(b, loc, type, x);
  }
  Value bits(Value x, Type type) {
    return arith::BitcastOp::create(b, loc, type, x);
  }
  Value compare(P p, Value x, uint64_t y) {
    return arith::CmpIOp::create(
        b, loc, p, x,
        integer(getElementTypeOrSelf(x).getIntOrFloatBitWidth(), y));
  }
  Value select(Value c, Value x, Value y) {
    return arith::SelectOp::create(b, loc, c, x, y);
  }
  Value f32Bits(uint32_t pattern) {
    return bits(integer(32, pattern), get(b.getF32Type()));
  }

  OpBuilder b;
  Location loc;
  VectorType shape;
};
} // namespace

/// f16 -> f32: the exponent moves by a multiplication with 2^112, which also
/// normalises subnormals; infinities and NaNs get the largest exponent.
static Value extend(Lanes &l, Value half) {
  Type f32 = l.get(l.b.getF32Type());
  Value h = l.cast_<arith::ExtUIOp>(l.i(32), l.bits(half, l.i(16)));
  Value sign = l.make<arith::ShLIOp>(l.make<arith::AndIOp>(h, 0x8000), 16);
  Value magnitude = l.make<arith::ShLIOp>(l.make<arith::AndIOp>(h, 0x7fff), 13);
  Value scaled = l.bits(
      l.make<arith::MulFOp>(l.bits(magnitude, f32), l.f32Bits(0x77800000)),
      l.i(32));
  Value special = l.make<arith::OrIOp>(magnitude, 0x7f800000);
  Value quiet = l.select(l.compare(P::ugt, magnitude, 0x0f800000),
                         l.make<arith::OrIOp>(special, 0x00400000), special);
  Value result =
      l.select(l.compare(P::uge, magnitude, 0x0f800000), quiet, scaled);
  return l.bits(l.make<arith::OrIOp>(result, sign), f32);
}

/// f32 -> f16, ties to even: adding a power of two that puts the last bit of
/// the result at the last bit of an f32 makes the processor round.
static Value truncate(Lanes &l, Value x) {
  Type f32 = l.get(l.b.getF32Type());
  Value w = l.bits(x, l.i(32));
  Value sign = l.make<arith::AndIOp>(w, 0x80000000u);
  Value twice = l.make<arith::ShLIOp>(w, 1);
  // What is too large becomes infinite by the first factor, the second undoes
  // it.
  Value base = l.bits(l.make<arith::AndIOp>(w, 0x7fffffff), f32);
  base = l.make<arith::MulFOp>(base, l.f32Bits(0x77800000));
  base = l.make<arith::MulFOp>(base, l.f32Bits(0x08800000));
  Value bias = l.make<arith::AndIOp>(twice, 0xff000000u);
  bias = l.make<arith::MaxUIOp>(bias, 0x71000000);
  Value adder = l.bits(
      l.make<arith::AddIOp>(l.make<arith::ShRUIOp>(bias, 1), 0x07800000), f32);
  Value sum = l.bits(l.make<arith::AddFOp>(adder, base), l.i(32));
  Value exponent =
      l.make<arith::AndIOp>(l.make<arith::ShRUIOp>(sum, 13), 0x7c00);
  Value number =
      l.make<arith::AddIOp>(exponent, l.make<arith::AndIOp>(sum, 0x0fff));
  // A NaN keeps the upper bits of its payload and becomes quiet.
  Value payload = l.make<arith::AndIOp>(l.make<arith::ShRUIOp>(w, 13), 0x3ff);
  Value nan = l.make<arith::OrIOp>(payload, 0x7e00);
  Value isNaN = l.compare(P::ugt, twice, 0xff000000u);
  Value result = l.make<arith::OrIOp>(l.select(isNaN, nan, number),
                                      l.make<arith::ShRUIOp>(sign, 16));
  return l.bits(l.cast_<arith::TruncIOp>(l.i(16), result),
                l.get(l.b.getF16Type()));
}

static Value fuse(Lanes &l, math::FmaOp op) {
  Type f64 = l.get(l.b.getF64Type());
  auto wide = [&](Value v) { return l.cast_<arith::ExtFOp>(f64, v); };
  Value product = l.make<arith::MulFOp>(wide(op.getA()), wide(op.getB()));
  Value addend = wide(op.getC());
  Value sum = l.make<arith::AddFOp>(product, addend);
  // The exact error of the sum.
  Value virtualAddend = l.make<arith::SubFOp>(sum, product);
  Value error = l.make<arith::AddFOp>(
      l.make<arith::SubFOp>(product, l.make<arith::SubFOp>(sum, virtualAddend)),
      l.make<arith::SubFOp>(addend, virtualAddend));
  Value zero = l.constant(l.b.getF64FloatAttr(0.0));
  auto compare = [&](arith::CmpFPredicate p, Value x) -> Value {
    return arith::CmpFOp::create(l.b, l.loc, p, x, zero);
  };
  // Of the two neighbours of the exact sum take the odd one.
  Value w = l.bits(sum, l.i(64));
  Value even = l.compare(P::eq, l.make<arith::AndIOp>(w, 1), 0);
  Value inexact = compare(arith::CmpFPredicate::ONE, error);
  Value away = arith::CmpIOp::create(l.b, l.loc, P::eq,
                                     compare(arith::CmpFPredicate::OGT, error),
                                     compare(arith::CmpFPredicate::OGT, sum));
  Value odd = l.make<arith::AddIOp>(
      w, l.select(away, l.integer(64, 1), l.integer(64, ~uint64_t(0))));
  Value rounded = l.select(l.make<arith::AndIOp>(inexact, even), odd, w);
  return l.cast_<arith::TruncFOp>(op.getType(), l.bits(rounded, f64));
}

namespace {
struct CPUExpandFloats : tercet::impl::CPUExpandFloatsBase<CPUExpandFloats> {
  using CPUExpandFloatsBase::CPUExpandFloatsBase;

  LogicalResult expand(Operation *op) {
    Type to = getElementTypeOrSelf(op->getResult(0).getType());
    Type from = getElementTypeOrSelf(op->getOperand(0).getType());
    if (isa<arith::RemFOp>(op))
      return op->emitError("a CPU kernel has no remainder of floats, which a "
                           "library computes; write x - trunc(x / y) * y");
    Lanes l(op);
    Value result;
    if (isa<arith::ExtFOp, arith::TruncFOp>(op)) {
      Type half = isa<arith::ExtFOp>(op) ? from : to;
      Type full = isa<arith::ExtFOp>(op) ? to : from;
      if (!half.isF16() && !half.isBF16())
        return success();
      if (!full.isF32())
        return op->emitError("a CPU kernel has no conversion between ")
               << half << " and " << full << "; go by way of f32";
      // Each rounding counts: upstream's emulation would let pairs be folded.
      op->setAttr("fastmath",
                  arith::FastMathFlagsAttr::get(op->getContext(),
                                                arith::FastMathFlags::none));
      if (!half.isF16() || !this->half)
        return success();
      result = isa<arith::ExtFOp>(op) ? extend(l, op->getOperand(0))
                                      : truncate(l, op->getOperand(0));
    } else if (auto fma = dyn_cast<math::FmaOp>(op)) {
      if (!this->fma)
        return success();
      if (!to.isF32())
        return op->emitError("a CPU without fused multiply-add has none on ")
               << to << "; use f32, or a target such as cpu:x86-64-v3";
      result = fuse(l, fma);
    }
    op->getResult(0).replaceAllUsesWith(result);
    op->erase();
    return success();
  }

  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<arith::ExtFOp, arith::RemFOp, arith::TruncFOp, math::FmaOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops)
      if (failed(expand(op)))
        return signalPassFailure();
  }
};
} // namespace
