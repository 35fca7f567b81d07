//===- ProductWeight.cpp - the weight of a product, as it is stored -------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Rows/ProductWeight.h"
#include "dialects/Latent/IR/Latent.h"

using namespace mlir;
using namespace tercet;

FailureOr<ProductWeight> tercet::loadProductWeight(WeightTable &weights,
                                                   OpBuilder &b,
                                                   Operation *user,
                                                   Value weight, Value scale) {
  auto type = cast<RankedTensorType>(weight.getType());
  ProductWeight result;
  result.scale = scale;
  result.n = type.getShape().drop_back().back();
  result.k = type.getShape().back();
  if (auto dequantize = weight.getDefiningOp<latent::DequantizeOp>()) {
    ml_program::GlobalOp values =
        getExternalGlobal(dequantize.getValues());
    ml_program::GlobalOp scales =
        getExternalGlobal(dequantize.getScales());
    if (!values || !scales)
      return dequantize.emitOpError(
          "values and scales must be external ml_program.globals");
    result.data = weights.loadBytes(b, user->getLoc(), values);
    result.blockScales = weights.loadBytes(b, user->getLoc(), scales);
    result.format = rows::BlockFormatAttr::get(
        b.getContext(), dequantize.getBlock() == 16 ? rows::BlockFormat::NVFP4
                                                    : rows::BlockFormat::MXFP4);
    return result;
  }
  if (isa<FloatType>(type.getElementType())) {
    result.data = weight;
    return result;
  }
  // Bytes are a code of their own; trits had theirs chosen.
  result.code =
      type.getElementType().isInteger(8)
          ? ternary::CodeAttr::get(b.getContext(), ternary::CodeKind::I8, {})
          : ternary::getCode(type);
  if (!result.code)
    return user->emitOpError("weight of ")
           << type << " has no storage code; run select-codes";
  if (auto encode = weight.getDefiningOp<ternary::EncodeOp>())
    weight = encode.getInput();
  FailureOr<Value> packed =
      weights.loadPacked(b, user, weight, type, result.code);
  if (failed(packed))
    return failure();
  result.data = *packed;
  return result;
}
