//===- LatentMamba.cpp - verifiers and shapes of the Mamba-2 ops ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/IR/LatentVerify.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::latent;
using namespace tercet::latent::detail;

/// Results that have the types of these operands.
static LogicalResult reifyLike(OpBuilder &b, Location loc, ValueRange operands,
                               ReifiedRankedShapedTypeDims &out) {
  for (Value operand : operands)
    out.push_back(tensor::getMixedSizes(b, loc, operand));
  return success();
}

/// Every axis but the first is static and not empty.
static bool isStaticBehindFirst(Value v) {
  return llvm::all_of(ranked(v).getShape().drop_front(), [](int64_t size) {
    return !ShapedType::isDynamic(size) && size > 0;
  });
}

//===----------------------------------------------------------------------===//
// causal_conv
//===----------------------------------------------------------------------===//

LogicalResult CausalConvOp::verify() {
  // LATENT-V1
  if (!hasRank(getInput(), 2) || !hasRank(getWeight(), 2) ||
      !ranked(getWeight()).hasStaticShape() || dim(getWeight(), 1) < 2 ||
      dim(getInput(), 1) != dim(getWeight(), 0) ||
      !hasShape(getBias(), {dim(getWeight(), 0)}))
    return emitOpError("LATENT-V1: input is [T, C], weight [C, W] with W of 2 "
                       "or more, bias [C]; got ")
           << getInput().getType() << ", " << getWeight().getType() << " and "
           << getBias().getType();
  // LATENT-V2
  ArrayRef<int64_t> state = ranked(getState()).getShape();
  if (state != ArrayRef({dim(getWeight(), 1) - 1, dim(getWeight(), 0)}))
    return emitOpError("LATENT-V2: the state must be [")
           << dim(getWeight(), 1) - 1 << ", " << dim(getWeight(), 0)
           << "], got " << getState().getType();
  return success();
}

LogicalResult
CausalConvOp::reifyResultShapes(OpBuilder &b,
                                ReifiedRankedShapedTypeDims &out) {
  return reifyLike(b, getLoc(), {getInput(), getState()}, out);
}

//===----------------------------------------------------------------------===//
// scan
//===----------------------------------------------------------------------===//

/// LATENT-S3 and S4, which `mamba` has as Y8.
static LogicalResult verifySteps(Operation *op, StringRef least,
                                 StringRef chunks,
                                 std::optional<APFloat> minStep,
                                 int64_t chunk) {
  if (minStep && (!minStep->isFinite() || minStep->convertToFloat() < 0))
    return op->emitOpError(least)
           << ": min_step must be a number that is not negative";
  if (chunk < 1)
    return op->emitOpError(chunks) << ": chunk must be positive, got " << chunk;
  return success();
}

LogicalResult ScanOp::verify() {
  // LATENT-S1
  Value x = getInput(), state = getState();
  bool ranks = hasRank(x, 3) && hasRank(getDt(), 2) && hasRank(getB(), 3) &&
               hasRank(state, 3) && isStaticBehindFirst(x) &&
               isStaticBehindFirst(getB()) && ranked(state).hasStaticShape();
  if (!ranks || !compatible(dim(x, 0), dim(getB(), 0)) ||
      !hasShape(getDt(), {dim(x, 0), dim(x, 1)}) ||
      ShapedType::isDynamic(dim(getDt(), 1)) ||
      ranked(getALog()).getShape() != ArrayRef({dim(x, 1)}) ||
      !hasShape(state, {dim(x, 1), dim(x, 2), dim(getB(), 2)}))
    return emitOpError("LATENT-S1: input is [T, H, P], dt [T, H], b and c "
                       "[T, G, S], the values of heads [H], the state "
                       "[H, P, S], static but for T; got ")
           << x.getType() << ", " << getDt().getType() << ", "
           << getB().getType() << ", " << getALog().getType() << " and "
           << state.getType();
  // LATENT-S2
  if (dim(x, 1) % dim(getB(), 1))
    return emitOpError("LATENT-S2: ") << dim(x, 1) << " heads cannot share "
                                      << dim(getB(), 1) << " groups evenly";
  // LATENT-S3, LATENT-S4
  return verifySteps(*this, "LATENT-S3", "LATENT-S4", getMinStep(), getChunk());
}

LogicalResult ScanOp::reifyResultShapes(OpBuilder &b,
                                        ReifiedRankedShapedTypeDims &out) {
  return reifyLike(b, getLoc(), {getInput(), getState()}, out);
}

//===----------------------------------------------------------------------===//
// gated_norm
//===----------------------------------------------------------------------===//

LogicalResult GatedNormOp::verify() {
  // LATENT-G1
  int64_t d = hasRank(getInput(), 2) ? dim(getInput(), 1) : 0;
  if (d <= 0 || !hasShape(getGain(), {d}))
    return emitOpError("LATENT-G1: input is [M, D] with a static D, gain [D]; "
                       "got ")
           << getInput().getType() << " and " << getGain().getType();
  // LATENT-G2
  int64_t groups = getGroups();
  if (groups < 1 || d % groups)
    return emitOpError("LATENT-G2: ")
           << d << " columns cannot be " << groups << " equal groups";
  // LATENT-G3
  return verifyEps(*this, "LATENT-G3", getEps());
}

LogicalResult GatedNormOp::reifyResultShapes(OpBuilder &b,
                                             ReifiedRankedShapedTypeDims &out) {
  return reifyLike(b, getLoc(), getInput(), out);
}

//===----------------------------------------------------------------------===//
// mamba
//===----------------------------------------------------------------------===//

LogicalResult MambaOp::verify() {
  // LATENT-Y1
  if (!hasRank(getInput(), 2) || ShapedType::isDynamic(dim(getInput(), 1)))
    return emitOpError("LATENT-Y1: tokens must be [T, D] with a static D, got ")
           << getInput().getType();
  int64_t d = dim(getInput(), 1), groups = getGroups();
  // LATENT-Y2
  if (!hasRank(getState(), 3) || !ranked(getState()).hasStaticShape() ||
      ranked(getState()).getNumElements() == 0 || groups < 1 ||
      dim(getState(), 0) % groups)
    return emitOpError("LATENT-Y2: the state must be [H, P, S] with H a "
                       "multiple of the ")
           << groups << " groups, got " << getState().getType();
  int64_t heads = dim(getState(), 0), inner = heads * dim(getState(), 1),
          channels = inner + 2 * groups * dim(getState(), 2);
  // LATENT-Y3
  if (!hasShape(getInProject(), {inner + channels + heads, d}) ||
      !hasShape(getOutProject(), {d, inner}))
    return emitOpError("LATENT-Y3: in_project must be [")
           << inner + channels + heads << ", " << d << "] and out_project ["
           << d << ", " << inner << "], got " << getInProject().getType()
           << " and " << getOutProject().getType();
  // LATENT-Y4
  if (!hasRank(getConv(), 2) || !ranked(getConv()).hasStaticShape() ||
      dim(getConv(), 0) != channels || dim(getConv(), 1) < 2 ||
      !hasShape(getConvBias(), {channels}) ||
      ranked(getConvState()).getShape() !=
          ArrayRef({dim(getConv(), 1) - 1, channels}))
    return emitOpError("LATENT-Y4: conv is [")
           << channels << ", W] with a bias [" << channels
           << "] and a state [W - 1, " << channels << "], got "
           << getConv().getType() << ", " << getConvBias().getType() << " and "
           << getConvState().getType();
  // LATENT-Y5
  if (ranked(getALog()).getShape() != ArrayRef({heads}))
    return emitOpError("LATENT-Y5: a_log, dt_bias and skip must be [")
           << heads << "], got " << getALog().getType();
  // LATENT-Y6
  if (!hasShape(getGateGain(), {inner}) ||
      (getGain() && !hasShape(getGain(), {d})))
    return emitOpError("LATENT-Y6: gate_norm must be [")
           << inner << "] and norm [" << d << "]";
  // LATENT-Y7
  if (failed(verifyWeight(*this, "LATENT-Y7", "in_project", getInProject(),
                          getInProjectScale())) ||
      failed(verifyWeight(*this, "LATENT-Y7", "out_project", getOutProject(),
                          getOutProjectScale())))
    return failure();
  // LATENT-Y8
  if (failed(verifySteps(*this, "LATENT-Y8", "LATENT-Y8", getMinStep(),
                         getChunk())))
    return failure();
  return verifyEps(*this, "LATENT-Y8", getEps());
}

LogicalResult MambaOp::reifyResultShapes(OpBuilder &b,
                                         ReifiedRankedShapedTypeDims &out) {
  return reifyLike(b, getLoc(), {getInput(), getConvState(), getState()}, out);
}
