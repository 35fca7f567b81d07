//===- ScanBuilder.cpp ----------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Kernels/ScanBuilder.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::kernels;

Value ScanBuilder::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

Value ScanBuilder::constant(float value, Type type) {
  TypedAttr attr = b.getF32FloatAttr(value);
  if (auto vector = dyn_cast_if_present<VectorType>(type))
    attr = DenseElementsAttr::get(vector, Attribute(attr));
  return arith::ConstantOp::create(b, loc, attr);
}

Value ScanBuilder::splat(Value scalar, int64_t width) {
  return emit<vector::BroadcastOp>(vectorType(width), scalar);
}

void ScanBuilder::forEach(Value from, Value to, int64_t step,
                          function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(b, loc, from, to, index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

ScanBuilder::Values
ScanBuilder::forEach(Value from, Value to, int64_t step, ValueRange inits,
                     function_ref<Values(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(b, loc, from, to, index(step), inits);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Values next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(b, loc, next);
  return Values(loop.getResults());
}

void ScanBuilder::forEachBlock(Value to, int64_t block,
                               function_ref<void(Value, int64_t)> body) {
  Value over = emit<arith::RemUIOp>(to, index(block));
  Value whole = emit<arith::SubIOp>(to, over);
  forEach(index(0), whole, block, [&](Value at) { body(at, block); });
  if (block > 1)
    forEach(whole, to, 1, [&](Value at) { body(at, 1); });
}

Value ScanBuilder::loadVector(Value memref, ValueRange at, int64_t width,
                              Value mask) {
  VectorType type = vectorType(width);
  if (!mask)
    return emit<vector::LoadOp>(type, memref, at);
  return emit<vector::MaskedLoadOp>(type, memref, at, mask, constant(0, type));
}

void ScanBuilder::storeVector(Value value, Value memref, ValueRange at,
                              Value mask) {
  if (mask)
    vector::MaskedStoreOp::create(b, loc, memref, at, mask, value);
  else
    vector::StoreOp::create(b, loc, value, memref, at);
}

Value ScanBuilder::sumTree(Value v) {
  for (int64_t half = cast<VectorType>(v.getType()).getDimSize(0) / 2;
       half >= 1; half /= 2) {
    auto part = [&](int64_t from) {
      return emit<vector::ExtractStridedSliceOp>(v, ArrayRef<int64_t>{from},
                                                 ArrayRef<int64_t>{half},
                                                 ArrayRef<int64_t>{1});
    };
    v = add(part(0), part(half));
  }
  return emit<vector::ExtractOp>(v, int64_t(0));
}

Value ScanBuilder::convolve(Value bias, ValueRange taps, ValueRange inputs) {
  Value v = bias;
  for (auto [tap, input] : llvm::zip_equal(taps, inputs))
    v = add(v, mul(tap, input));
  return v;
}

Value ScanBuilder::silu(Value v) {
  Value power = emit<math::ExpOp>(emit<arith::NegFOp>(v));
  return emit<arith::DivFOp>(v, add(constant(1, v.getType()), power));
}

Value ScanBuilder::getRate(Value aLog) { return emit<math::ExpOp>(aLog); }

std::pair<Value, Value> ScanBuilder::getStep(Value dt, Value bias, Value rate,
                                             FloatAttr minStep) {
  Value v = add(dt, bias);
  Value power = emit<math::ExpOp>(emit<arith::NegFOp>(emit<math::AbsFOp>(v)));
  Value d =
      add(emit<arith::MaximumFOp>(v, constant(0)), emit<math::Log1pOp>(power));
  if (minStep)
    d = emit<arith::MaximumFOp>(d, emit<arith::ConstantOp>(minStep));
  Value a = emit<math::ExpOp>(emit<arith::NegFOp>(mul(d, rate)));
  return {d, a};
}
