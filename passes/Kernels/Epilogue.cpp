//===- Epilogue.cpp - the epilogue of a product on vectors ----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Kernels/Epilogue.h"
#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace tercet;

Value kernels::cloneEpilogue(OpBuilder &b, Location loc, Block &body, Value acc,
                             ArrayRef<AffineMap> maps, ValueRange operands,
                             Value row, Value output,
                             function_ref<Value(Value, ValueRange)> load) {
  auto vector = dyn_cast<VectorType>(acc.getType());
  auto widen = [&](Type type) -> Type {
    return vector ? vector.clone(type) : type;
  };
  auto splat = [&](Value scalar) -> Value {
    return vector ? vector::BroadcastOp::create(b, loc, widen(scalar.getType()),
                                                scalar)
                        .getResult()
                  : scalar;
  };
  IRMapping mapping;
  mapping.map(body.getArgument(0), acc);
  for (auto [i, map, operand] : llvm::enumerate(maps, operands)) {
    Value value;
    if (map.getNumResults() == 0)
      value = splat(memref::LoadOp::create(b, loc, operand, ValueRange{}));
    else if (map.getNumResults() == 2)
      value = load(operand, {row, output});
    else if (map.getDimPosition(0) == 0)
      value = splat(memref::LoadOp::create(b, loc, operand, row));
    else
      value = load(operand, output);
    mapping.map(body.getArgument(i + 1), value);
  }
  for (Operation &inner : body.without_terminator()) {
    // Scalars from outside of the region hold for every lane.
    for (Value v : inner.getOperands())
      if (!mapping.contains(v))
        mapping.map(v, splat(v));
    if (auto constant = dyn_cast<arith::ConstantOp>(inner)) {
      Value scalar = b.clone(inner)->getResult(0);
      mapping.map(constant.getResult(), splat(scalar));
      continue;
    }
    Operation *clone = b.clone(inner, mapping);
    for (auto [from, to] : llvm::zip(inner.getResults(), clone->getResults())) {
      to.setType(widen(from.getType()));
      mapping.map(from, to);
    }
  }
  Value yielded = cast<rows::YieldOp>(body.getTerminator()).getValue();
  return mapping.contains(yielded) ? mapping.lookup(yielded) : splat(yielded);
}
