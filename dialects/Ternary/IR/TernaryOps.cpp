//===- TernaryOps.cpp - verifiers and folders of the ternary ops ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/IR/Ternary.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tercet::ternary;

#define GET_OP_CLASSES
#include "dialects/Ternary/IR/TernaryOps.cpp.inc"

static RankedTensorType ranked(Value v) {
  return cast<RankedTensorType>(v.getType());
}

/// Sizes agree, or one of them is not known.
static bool compatible(int64_t a, int64_t b) {
  return ShapedType::isDynamic(a) || ShapedType::isDynamic(b) || a == b;
}

static bool sameShape(RankedTensorType a, RankedTensorType b) {
  return a.getRank() == b.getRank() &&
         llvm::all_of_zip(a.getShape(), b.getShape(), compatible);
}

static OpFoldResult getSize(OpBuilder &b, Location loc, Value v, int64_t axis) {
  return tensor::getMixedSize(b, loc, v, axis);
}

//===----------------------------------------------------------------------===//
// ternarize
//===----------------------------------------------------------------------===//

LogicalResult TernarizeOp::verify() {
  RankedTensorType input = ranked(getInput()), trits = ranked(getTrits()),
                   scale = ranked(getScale());
  // TERNARY-T1
  if (input.getRank() != 2 && input.getRank() != 3)
    return emitOpError("TERNARY-T1: weights are [N, K] or [E, N, K], got ")
           << input;
  // TERNARY-T2
  if (!sameShape(input, trits))
    return emitOpError("TERNARY-T2: trits have the shape of the weights, ")
           << input << ", got " << trits;
  // TERNARY-T3
  bool scaleFits = input.getRank() == 2 ? scale.getRank() == 0
                                        : scale.getRank() == 1 &&
                                              compatible(scale.getDimSize(0),
                                                         input.getDimSize(0));
  if (!scaleFits || !scale.getElementType().isF32())
    return emitOpError("TERNARY-T3: the scale is ")
           << (input.getRank() == 2 ? "a tensor<f32>" : "f32, one per expert")
           << ", got " << scale;
  // TERNARY-T4
  int64_t k = input.getShape().back();
  if (getSparsity() &&
      (ShapedType::isDynamic(k) || k % getSparsity()->getM() != 0))
    return emitOpError("TERNARY-T4: K must be a multiple of ")
           << getSparsity()->getM() << " for sparsity " << *getSparsity()
           << ", got " << input;
  return success();
}

LogicalResult
TernarizeOp::reifyResultShapes(OpBuilder &b,
                               ReifiedRankedShapedTypeDims &shapes) {
  shapes.push_back(tensor::getMixedSizes(b, getLoc(), getInput()));
  shapes.emplace_back();
  if (ranked(getScale()).getRank() == 1)
    shapes.back().push_back(getSize(b, getLoc(), getInput(), 0));
  return success();
}

//===----------------------------------------------------------------------===//
// quantize
//===----------------------------------------------------------------------===//

LogicalResult QuantizeOp::verify() {
  RankedTensorType input = ranked(getInput()), values = ranked(getValues()),
                   scale = ranked(getScale());
  // TERNARY-Q1
  if (input.getRank() != 2)
    return emitOpError("TERNARY-Q1: activations are [M, K], got ") << input;
  // TERNARY-Q2
  if (!sameShape(input, values) || scale.getRank() != 1 ||
      !compatible(scale.getDimSize(0), input.getDimSize(0)))
    return emitOpError("TERNARY-Q2: values have the shape of the input and "
                       "scale is [M]; got ")
           << values << " and " << scale << " for " << input;
  // TERNARY-Q3
  int64_t k = input.getDimSize(1);
  if (getHadamard() && (ShapedType::isDynamic(k) || !llvm::isPowerOf2_64(k)))
    return emitOpError("TERNARY-Q3: a Hadamard transform needs a static K that "
                       "is a power of two, got ")
           << input;
  return success();
}

LogicalResult
QuantizeOp::reifyResultShapes(OpBuilder &b,
                              ReifiedRankedShapedTypeDims &shapes) {
  shapes.push_back(tensor::getMixedSizes(b, getLoc(), getInput()));
  shapes.push_back({getSize(b, getLoc(), getInput(), 0)});
  return success();
}

//===----------------------------------------------------------------------===//
// matmul
//===----------------------------------------------------------------------===//

LogicalResult MatmulOp::verify() {
  RankedTensorType input = ranked(getInput()), weight = ranked(getWeight()),
                   result = ranked(getResult());
  // TERNARY-M1
  if (input.getRank() != 2 || weight.getRank() != 2 || result.getRank() != 2 ||
      !compatible(input.getDimSize(1), weight.getDimSize(1)) ||
      !compatible(input.getDimSize(0), result.getDimSize(0)) ||
      !compatible(weight.getDimSize(0), result.getDimSize(1)))
    return emitOpError("TERNARY-M1: needs input [M, K], weight [N, K] and "
                       "result [M, N]; got ")
           << input << ", " << weight << " and " << result;
  // TERNARY-M2
  int64_t k = weight.getDimSize(1);
  if (!ShapedType::isDynamic(k) && k > (int64_t(1) << 31) / 128)
    return emitOpError("TERNARY-M2: K = ")
           << k << " may overflow the 32-bit sums; at most 16777216";
  return success();
}

LogicalResult MatmulOp::reifyResultShapes(OpBuilder &b,
                                          ReifiedRankedShapedTypeDims &shapes) {
  shapes.push_back({getSize(b, getLoc(), getInput(), 0),
                    getSize(b, getLoc(), getWeight(), 0)});
  return success();
}

//===----------------------------------------------------------------------===//
// linear
//===----------------------------------------------------------------------===//

LogicalResult LinearOp::verify() {
  RankedTensorType input = ranked(getInput()), weight = ranked(getWeight()),
                   result = ranked(getResult()), scale = ranked(getScale());
  // TERNARY-L1
  if (input.getRank() != 2 || weight.getRank() != 2 || result.getRank() != 2 ||
      !compatible(input.getDimSize(1), weight.getDimSize(1)) ||
      !compatible(input.getDimSize(0), result.getDimSize(0)) ||
      !compatible(weight.getDimSize(0), result.getDimSize(1)))
    return emitOpError("TERNARY-L1: needs input [M, K], weight [N, K] and "
                       "result [M, N]; got ")
           << input << ", " << weight << " and " << result;
  int64_t n = weight.getDimSize(0), k = weight.getDimSize(1);
  // TERNARY-L2
  if (scale.getRank() > 1 ||
      (scale.getRank() == 1 && !compatible(scale.getDimSize(0), n)))
    return emitOpError("TERNARY-L2: scale is a tensor<f32> or one f32 per "
                       "output, got ")
           << scale << " for weight " << weight;
  // TERNARY-L3
  if (getGain() && (ranked(getGain()).getRank() != 1 ||
                    !compatible(ranked(getGain()).getDimSize(0), k)))
    return emitOpError("TERNARY-L3: the norm's gain has one value per input "
                       "column, ")
           << k << "; got " << getGain().getType();
  // TERNARY-L4
  if (getBias() && (ranked(getBias()).getRank() != 1 ||
                    !compatible(ranked(getBias()).getDimSize(0), n)))
    return emitOpError("TERNARY-L4: the bias has one value per output, ")
           << n << "; got " << getBias().getType();
  // TERNARY-L5
  if (getEps().isNegative() || getEps().isNaN())
    return emitOpError("TERNARY-L5: eps must not be negative, got ")
           << getEpsAttr();
  // TERNARY-L6
  if (getHadamard() && (ShapedType::isDynamic(k) || !llvm::isPowerOf2_64(k)))
    return emitOpError("TERNARY-L6: a Hadamard transform needs a static K that "
                       "is a power of two, got ")
           << weight;
  return success();
}

LogicalResult LinearOp::reifyResultShapes(OpBuilder &b,
                                          ReifiedRankedShapedTypeDims &shapes) {
  shapes.push_back({getSize(b, getLoc(), getInput(), 0),
                    getSize(b, getLoc(), getWeight(), 0)});
  return success();
}

//===----------------------------------------------------------------------===//
// encode, decode
//===----------------------------------------------------------------------===//

LogicalResult EncodeOp::verify() {
  RankedTensorType input = ranked(getInput()), result = ranked(getResult());
  CodeAttr code = getCode(result);
  // TERNARY-E1
  if (!code || input.getEncoding())
    return emitOpError("TERNARY-E1: takes trits without encoding and gives "
                       "trits with a #ternary.code; got ")
           << input << " -> " << result;
  // TERNARY-E2
  if (!sameShape(input, result))
    return emitOpError("TERNARY-E2: shapes must agree; got ")
           << input << " -> " << result;
  // TERNARY-E3
  int64_t k = result.getShape().empty() ? 0 : result.getShape().back();
  if ((code.getKind() == CodeKind::B33 || code.getKind() == CodeKind::C5) &&
      (ShapedType::isDynamic(k) || k % 4 != 0))
    return emitOpError("TERNARY-E3: code ")
           << stringifyCodeKind(code.getKind())
           << " needs a static K that is a multiple of 4, got " << result;
  return success();
}

LogicalResult EncodeOp::reifyResultShapes(OpBuilder &b,
                                          ReifiedRankedShapedTypeDims &shapes) {
  shapes.push_back(tensor::getMixedSizes(b, getLoc(), getInput()));
  return success();
}

/// encode(decode(x)) is x where the code is the same.
OpFoldResult EncodeOp::fold(FoldAdaptor) {
  if (auto decode = getInput().getDefiningOp<DecodeOp>())
    if (decode.getInput().getType() == getResult().getType())
      return decode.getInput();
  return {};
}

LogicalResult DecodeOp::verify() {
  RankedTensorType input = ranked(getInput()), result = ranked(getResult());
  bool toBytes = result.getElementType().isInteger(8);
  // TERNARY-D1
  if ((!getCode(input) && !toBytes) ||
      (!toBytes && !isa<TritType>(result.getElementType())))
    return emitOpError("TERNARY-D1: takes coded trits, or gives i8; got ")
           << input << " -> " << result;
  // TERNARY-D2
  if (!sameShape(input, result) || result.getEncoding())
    return emitOpError("TERNARY-D2: gives a tensor of the same shape without "
                       "encoding; got ")
           << input << " -> " << result;
  return success();
}

LogicalResult DecodeOp::reifyResultShapes(OpBuilder &b,
                                          ReifiedRankedShapedTypeDims &shapes) {
  shapes.push_back(tensor::getMixedSizes(b, getLoc(), getInput()));
  return success();
}

/// decode(encode(x)) is x.
OpFoldResult DecodeOp::fold(FoldAdaptor) {
  if (auto encode = getInput().getDefiningOp<EncodeOp>())
    if (encode.getInput().getType() == getResult().getType())
      return encode.getInput();
  return {};
}
