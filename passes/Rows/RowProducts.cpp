//===- RowProducts.cpp - products of rows with weights --------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Rows/RowProducts.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Rows/RowLayout.h"

using namespace mlir;
using namespace tercet;

Value tercet::emptyRows(OpBuilder &b, Location loc, Value like,
                        ArrayRef<int64_t> tail, Type element) {
  SmallVector<OpFoldResult> sizes{tensor::getMixedSize(b, loc, like, 0)};
  for (int64_t size : tail)
    sizes.push_back(b.getIndexAttr(size));
  return tensor::EmptyOp::create(b, loc, sizes, element);
}

rows::QuantizeOp tercet::quantizeRows(OpBuilder &b, Location loc, Value input,
                                      Value gain, int64_t paddedK,
                                      ternary::QuantMode mode, FloatAttr eps,
                                      bool hadamard) {
  SmallVector<Value> inits{emptyRows(b, loc, input, {paddedK}, b.getI8Type()),
                           emptyRows(b, loc, input, {}, b.getF32Type()),
                           emptyRows(b, loc, input, {}, b.getI32Type())};
  return rows::QuantizeOp::create(
      b, loc, TypeRange(ValueRange(inits)), input, gain, inits[0], inits[1],
      inits[2], ternary::QuantModeAttr::get(b.getContext(), mode), eps,
      hadamard ? b.getUnitAttr() : UnitAttr(), DictionaryAttr());
}

void tercet::buildEpilogue(OpBuilder &b, Location loc, Region &region,
                           Type accumulator, ValueRange operands,
                           Epilogue epilogue) {
  OpBuilder::InsertionGuard guard(b);
  Block &body = region.emplaceBlock();
  body.addArgument(accumulator, loc);
  for (Value v : operands)
    body.addArgument(getElementTypeOrSelf(v.getType()), loc);
  b.setInsertionPointToEnd(&body);
  rows::YieldOp::create(b, loc, epilogue(body.getArguments()));
}

Value tercet::buildMatmul(OpBuilder &b, Location loc, Value values, Value sums,
                          const ProductWeight &weight, Type element,
                          ValueRange operands, ArrayRef<AffineMap> maps,
                          Epilogue epilogue) {
  Value init = emptyRows(b, loc, values, {weight.n}, element);
  auto matmul = rows::MatmulOp::create(
      b, loc, TypeRange{init.getType()}, weight.code,
      b.getI64IntegerAttr(weight.k), values, sums, weight.data, operands, init,
      b.getAffineMapArrayAttr(maps), DictionaryAttr());
  buildEpilogue(b, loc, matmul.getEpilogue(), b.getI32Type(), operands,
                epilogue);
  return matmul.getResult(0);
}

Value tercet::buildFloatMatmul(OpBuilder &b, Location loc, Value input,
                               const ProductWeight &weight, ValueRange operands,
                               ArrayRef<AffineMap> maps, Epilogue epilogue) {
  Value init = emptyRows(b, loc, input, {weight.n}, b.getF32Type());
  auto matmul = rows::FloatMatmulOp::create(
      b, loc, TypeRange{init.getType()}, input, weight.data, weight.blockScales,
      /*index=*/Value(), operands, init, weight.format,
      b.getAffineMapArrayAttr(maps), DictionaryAttr());
  buildEpilogue(b, loc, matmul.getEpilogue(), b.getF32Type(), operands,
                epilogue);
  return matmul.getResult(0);
}

Value tercet::buildLinear(OpBuilder &b, Location loc, Value input, Value gain,
                          FloatAttr eps, ternary::QuantMode mode, bool hadamard,
                          const ProductWeight &weight, Value bias) {
  auto quantize =
      quantizeRows(b, loc, input, gain, getRowBytes(weight.code, weight.k),
                   mode, eps, hadamard);
  AffineExpr row = b.getAffineDimExpr(0), output = b.getAffineDimExpr(1);
  AffineMap none = AffineMap::get(2, 0, b.getContext()),
            perRow = AffineMap::get(2, 0, row),
            perOutput = AffineMap::get(2, 0, output);
  bool scalePerOutput =
      cast<RankedTensorType>(weight.scale.getType()).getRank() == 1;
  SmallVector<Value> operands{quantize.getResult(1), weight.scale};
  SmallVector<AffineMap> maps{perRow, scalePerOutput ? perOutput : none};
  if (bias) {
    operands.push_back(bias);
    maps.push_back(perOutput);
  }
  // y = float(acc) * (a[m] * scale) [+ bias[n]], in this order.
  return buildMatmul(
      b, loc, quantize.getResult(0), quantize.getResult(2), weight,
      b.getF32Type(), operands, maps, [&](ValueRange args) -> Value {
        Value acc = arith::SIToFPOp::create(b, loc, b.getF32Type(), args[0]);
        Value scale = arith::MulFOp::create(b, loc, args[1], args[2]);
        Value y = arith::MulFOp::create(b, loc, acc, scale);
        return bias ? arith::AddFOp::create(b, loc, y, args[3]).getResult() : y;
      });
}
