//===- DecomposeTokens.cpp - subsets of tokens as linalg ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/Spatial.h"
#include "dialects/Spatial/Transforms/Decompose.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::spatial;

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;

static Value decompose(ReferenceBuilder &r, GatherOp op) {
  OpBuilder &b = r.b;
  return r.map(op.getIndex(), {Axes{0}}, r.getSizes(op.getResult()),
               b.getF32Type(), [&](ValueRange args) -> Value {
                 Value row = arith::IndexCastOp::create(
                     b, r.loc, b.getIndexType(), args[0]);
                 Value column = linalg::IndexOp::create(b, r.loc, 1);
                 return tensor::ExtractOp::create(b, r.loc, op.getInput(),
                                                  ValueRange{row, column});
               });
}

/// The place of each token in a set of them, -1 where it is not in it.
static Value getPlaces(ReferenceBuilder &r, Value index, int64_t tokens) {
  OpBuilder &b = r.b;
  // Of ascending numbers one at most is equal: the maximum finds its place.
  return r.reduce(index, {Axes{1}}, 2, {0}, {b.getIndexAttr(tokens)},
                  b.getI32IntegerAttr(-1), [&](ValueRange args) -> Value {
                    auto cast = [&](unsigned loop) -> Value {
                      return arith::IndexCastOp::create(
                          b, r.loc, b.getI32Type(),
                          linalg::IndexOp::create(b, r.loc, loop));
                    };
                    Value equal = arith::CmpIOp::create(
                        b, r.loc, arith::CmpIPredicate::eq, args[0], cast(0));
                    return arith::SelectOp::create(b, r.loc, equal, cast(1),
                                                   args[1]);
                  });
}

static Value decompose(ReferenceBuilder &r, ScatterOp op) {
  OpBuilder &b = r.b;
  Location loc = r.loc;
  Value places =
      getPlaces(r, op.getIndex(), op.getBase().getType().getDimSize(0));
  return r.map(
      {op.getBase(), places}, {Axes{0, 1}, Axes{0}}, r.getSizes(op.getBase()),
      b.getF32Type(), [&](ValueRange args) -> Value {
        Value zero = arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(0));
        Value active = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::sge,
                                             args[1], zero);
        // A row that is there, whether it is taken or not.
        Value place = arith::MaxSIOp::create(b, loc, args[1], zero);
        Value row = arith::IndexCastOp::create(b, loc, b.getIndexType(), place);
        Value column = linalg::IndexOp::create(b, loc, 1);
        Value value = tensor::ExtractOp::create(b, loc, op.getUpdate(),
                                                ValueRange{row, column});
        return arith::SelectOp::create(b, loc, active, value, args[0]);
      });
}

bool spatial::decomposeTokens(ReferenceBuilder &r, Operation *op) {
  return TypeSwitch<Operation *, bool>(op)
      .Case<GatherOp, ScatterOp>([&](auto o) {
        o.getResult().replaceAllUsesWith(decompose(r, o));
        return true;
      })
      .Default([](Operation *) { return false; });
}
