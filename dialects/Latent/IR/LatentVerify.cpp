//===- LatentVerify.cpp - verifiers and shapes of the latent ops ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/IR/LatentVerify.h"
#include "dialects/Ternary/IR/Ternary.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::latent;
using namespace tercet::latent::detail;

/// Rows of tokens: the first size of `v`, and those that `tail` names.
static SmallVector<OpFoldResult>
withTail(OpBuilder &b, Location loc, Value v,
         ArrayRef<std::pair<Value, int64_t>> tail) {
  SmallVector<OpFoldResult> sizes{tensor::getMixedSize(b, loc, v, 0)};
  for (auto [like, axis] : tail)
    sizes.push_back(tensor::getMixedSize(b, loc, like, axis));
  return sizes;
}

LogicalResult latent::detail::verifyWeight(Operation *op, StringRef rule,
                                           StringRef name, Value weight,
                                           Value scale) {
  if (!weight && scale)
    return op->emitOpError(rule) << ": a scale of " << name << " without it";
  if (!weight)
    return success();
  RankedTensorType type = ranked(weight);
  Type element = type.getElementType();
  bool coded = element.isInteger(8) || isa<ternary::TritType>(element);
  bool floats = element.isF32() || element.isBF16() || element.isF16();
  if (!coded && !floats)
    return op->emitOpError(rule)
           << ": " << name << " must hold f32, bf16, f16, i8 or trits, got "
           << type;
  // Activations are at most 127 and weights 128 in magnitude, or 1 for trits.
  int64_t columns = type.getShape().back(),
          most = element.isInteger(8) ? (int64_t(1) << 17) : (int64_t(1) << 24);
  if (coded && columns > most)
    return op->emitOpError(rule)
           << ": a sum over the " << columns << " columns of " << name
           << " may overflow; at most " << most << " are exact";
  if (coded && !scale)
    return op->emitOpError(rule)
           << ": " << name << " of type " << type << " needs a scale";
  if (!scale)
    return success();
  bool experts = type.getRank() == 3;
  if (!hasShape(scale, {type.getDimSize(0)}) &&
      (experts || !hasShape(scale, {})))
    return op->emitOpError(rule)
           << ": the scale of " << name << " must be "
           << (experts ? "one per expert" : "one number or one per output")
           << ", got " << scale.getType();
  return success();
}

LogicalResult latent::detail::verifyEps(Operation *op, StringRef rule,
                                        const APFloat &eps) {
  if (eps.convertToFloat() >= 0)
    return success();
  return op->emitOpError(rule) << ": eps must not be negative";
}

//===----------------------------------------------------------------------===//
// rms_norm, embed, rotary, attention
//===----------------------------------------------------------------------===//

LogicalResult RmsNormOp::verify() {
  // LATENT-N1
  if (ranked(getInput()).getRank() < 2)
    return emitOpError("LATENT-N1: input must have rank 2 or more, got ")
           << getInput().getType();
  // LATENT-N2
  if (!hasShape(getGain(), {ranked(getInput()).getShape().back()}))
    return emitOpError(
               "LATENT-N2: gain must have the size of the last axis of ")
           << getInput().getType() << ", got " << getGain().getType();
  // LATENT-N3
  return verifyEps(*this, "LATENT-N3", getEps());
}

LogicalResult RmsNormOp::reifyResultShapes(OpBuilder &b,
                                           ReifiedRankedShapedTypeDims &out) {
  out.push_back(tensor::getMixedSizes(b, getLoc(), getInput()));
  return success();
}

LogicalResult EmbedOp::verify() {
  // LATENT-B1
  if (!hasRank(getIds(), 1) || !hasRank(getTable(), 2) ||
      !hasShape(getResult(), {dim(getIds(), 0), dim(getTable(), 1)}))
    return emitOpError("LATENT-B1: ids are [M], the table [V, D], the result "
                       "[M, D]; got ")
           << getIds().getType() << ", " << getTable().getType() << " and "
           << getResult().getType();
  return success();
}

LogicalResult EmbedOp::reifyResultShapes(OpBuilder &b,
                                         ReifiedRankedShapedTypeDims &out) {
  out.push_back(withTail(b, getLoc(), getIds(), {{getTable(), 1}}));
  return success();
}

LogicalResult RotaryOp::verify() {
  // LATENT-R1
  if (!hasRank(getInput(), 3) || ShapedType::isDynamic(dim(getInput(), 2)) ||
      dim(getInput(), 2) % 2)
    return emitOpError("LATENT-R1: input must be [M, H, D] with an even static "
                       "D, got ")
           << getInput().getType();
  // LATENT-R2
  int64_t half = dim(getInput(), 2) / 2;
  if (!hasRank(getCos(), 2) || !compatible(dim(getCos(), 1), half))
    return emitOpError("LATENT-R2: tables must be [P, ")
           << half << "], got " << getCos().getType();
  return success();
}

LogicalResult RotaryOp::reifyResultShapes(OpBuilder &b,
                                          ReifiedRankedShapedTypeDims &out) {
  out.push_back(tensor::getMixedSizes(b, getLoc(), getInput()));
  return success();
}

LogicalResult AttentionOp::verify() {
  // LATENT-T1
  if (!hasRank(getQuery(), 3) || !hasRank(getKey(), 3) ||
      !compatible(dim(getQuery(), 2), dim(getKey(), 2)) ||
      !hasShape(getValue(),
                {dim(getKey(), 0), dim(getKey(), 1), ShapedType::kDynamic}) ||
      !hasShape(getResult(),
                {dim(getQuery(), 0), dim(getQuery(), 1), dim(getValue(), 2)}))
    return emitOpError(
               "LATENT-T1: queries are [M, H, D], keys [S, G, D], values "
               "[S, G, V], the result [M, H, V]; got ")
           << getQuery().getType() << ", " << getKey().getType() << ", "
           << getValue().getType() << " and " << getResult().getType();
  // LATENT-T2
  int64_t heads = dim(getQuery(), 1), groups = dim(getKey(), 1);
  if (ShapedType::isDynamic(heads) || ShapedType::isDynamic(groups) ||
      groups == 0 || heads % groups != 0)
    return emitOpError("LATENT-T2: the number of query heads (")
           << heads << ") must be a multiple of the key heads (" << groups
           << ")";
  return success();
}

LogicalResult AttentionOp::reifyResultShapes(OpBuilder &b,
                                             ReifiedRankedShapedTypeDims &out) {
  out.push_back(
      withTail(b, getLoc(), getQuery(), {{getQuery(), 1}, {getValue(), 2}}));
  return success();
}

//===----------------------------------------------------------------------===//
// route, project
//===----------------------------------------------------------------------===//

/// LATENT-O1 to O4 and O6, which `moe` shares.
static LogicalResult verifyRouting(Operation *op, RoutingAttr routing,
                                   Value input, Value weight, Value bias) {
  // LATENT-O1
  int64_t thirds = routing.getRouter() == Router::Attention ? 3 : 1;
  if (!hasRank(input, 2) || !hasRank(weight, 2) ||
      ShapedType::isDynamic(dim(weight, 0)) || dim(weight, 0) % thirds ||
      !compatible(dim(input, 1), dim(weight, 1)))
    return op->emitOpError(
               "LATENT-O1: tokens are [M, D] and the router's weight ")
           << (thirds == 3 ? "[3E, D]" : "[E, D]") << ", got "
           << input.getType() << " and " << weight.getType();
  int64_t experts = dim(weight, 0) / thirds;
  // LATENT-O2
  if (bias && !hasShape(bias, {experts}))
    return op->emitOpError("LATENT-O2: the bias must be [")
           << experts << "], got " << bias.getType();
  // LATENT-O3
  if (routing.getTopK() > experts)
    return op->emitOpError("LATENT-O3: cannot choose ")
           << routing.getTopK() << " of " << experts << " experts";
  // LATENT-O4
  int64_t perGroup = experts / routing.getGroups();
  if (experts % routing.getGroups() ||
      routing.getTopK() > perGroup * routing.getTopGroups())
    return op->emitOpError("LATENT-O4: ")
           << experts << " experts in " << routing.getGroups()
           << " groups, of which " << routing.getTopGroups()
           << " are kept, do not give " << routing.getTopK() << " choices";
  // LATENT-O6
  int64_t summed = routing.getGroupScore() == GroupScore::Top2
                       ? 2
                       : routing.getTopK() / routing.getTopGroups();
  if (routing.getGroups() > 1 && summed > perGroup)
    return op->emitOpError("LATENT-O6: a group's score sums ")
           << summed << " experts, but a group has " << perGroup;
  return success();
}

LogicalResult RouteOp::verify() {
  if (failed(verifyRouting(*this, getRouting(), getInput(), getWeight(),
                           getBias())))
    return failure();
  // LATENT-O5
  int64_t k = getRouting().getTopK(), m = dim(getInput(), 0);
  if (!hasShape(getIds(), {m, k}) || !hasShape(getWeights(), {m, k}))
    return emitOpError("LATENT-O5: ids and weights must be [M, ")
           << k << "], got " << getIds().getType() << " and "
           << getWeights().getType();
  return success();
}

LogicalResult RouteOp::reifyResultShapes(OpBuilder &b,
                                         ReifiedRankedShapedTypeDims &out) {
  out.assign(2, {tensor::getMixedSize(b, getLoc(), getInput(), 0),
                 b.getIndexAttr(getRouting().getTopK())});
  return success();
}

int64_t DequantizeOp::getBlock() {
  return isa<Float8E4M3FNType>(ranked(getScales()).getElementType()) ? 16 : 32;
}

LogicalResult DequantizeOp::verify() {
  RankedTensorType values = ranked(getValues()), scales = ranked(getScales());
  // LATENT-Q1
  if (!isa<Float4E2M1FNType>(values.getElementType()) ||
      !values.hasStaticShape() ||
      (values.getRank() != 2 && values.getRank() != 3) ||
      ranked(getResult()).getShape() != values.getShape())
    return emitOpError("LATENT-Q1: values are f4E2M1FN, [N, K] or [E, N, K], "
                       "and the result has their shape; got ")
           << values << " and " << getResult().getType();
  // LATENT-Q2
  SmallVector<int64_t> blocks(values.getShape());
  blocks.back() /= getBlock();
  if (!isa<Float8E4M3FNType, Float8E8M0FNUType>(scales.getElementType()) ||
      values.getShape().back() % getBlock() ||
      scales.getShape() != ArrayRef(blocks))
    return emitOpError("LATENT-Q2: needs a scale for each block of 16 columns "
                       "in f8E4M3FN, or of 32 in f8E8M0FNU; got ")
           << values << " and " << scales;
  return success();
}

LogicalResult
DequantizeOp::reifyResultShapes(OpBuilder &b,
                                ReifiedRankedShapedTypeDims &out) {
  out.push_back(tensor::getMixedSizes(b, getLoc(), getValues()));
  return success();
}

LogicalResult ProjectOp::verify() {
  // LATENT-P1
  if (!hasRank(getInput(), 2) || !hasRank(getWeight(), 2) ||
      !compatible(dim(getInput(), 1), dim(getWeight(), 1)) ||
      !hasShape(getResult(), {dim(getInput(), 0), dim(getWeight(), 0)}))
    return emitOpError("LATENT-P1: input is [M, K], weight [N, K], result "
                       "[M, N]; got ")
           << getInput().getType() << ", " << getWeight().getType() << " and "
           << getResult().getType();
  // LATENT-P2
  if (failed(
          verifyWeight(*this, "LATENT-P2", "weight", getWeight(), getScale())))
    return failure();
  // LATENT-P3
  if (getGain() && !hasShape(getGain(), {dim(getInput(), 1)}))
    return emitOpError("LATENT-P3: gain must be [")
           << dim(getInput(), 1) << "], got " << getGain().getType();
  // LATENT-P4
  return verifyEps(*this, "LATENT-P4", getEps());
}

LogicalResult ProjectOp::reifyResultShapes(OpBuilder &b,
                                           ReifiedRankedShapedTypeDims &out) {
  out.push_back(withTail(b, getLoc(), getInput(), {{getWeight(), 0}}));
  return success();
}

//===----------------------------------------------------------------------===//
// experts, combine
//===----------------------------------------------------------------------===//

/// LATENT-X2 and X3, which `moe` shares: experts from width `k` to width `l`.
static LogicalResult verifyExperts(Operation *op, ActivationAttr activation,
                                   int64_t k, int64_t l, Value up,
                                   Value upScale, Value gate, Value gateScale,
                                   Value down, Value downScale) {
  // LATENT-X2
  if (!hasRank(up, 3) || !ranked(up).hasStaticShape() || dim(up, 0) == 0 ||
      !compatible(dim(up, 2), k) ||
      !hasShape(down, {dim(up, 0), l, dim(up, 1)}) ||
      (gate && ranked(gate).getShape() != ranked(up).getShape()))
    return op->emitOpError("LATENT-X2: up (and gate) must be [E, F, ")
           << k << "] and down [E, " << l << ", F], got " << up.getType()
           << " and " << down.getType();
  if (activation.isGated() != static_cast<bool>(gate))
    return op->emitOpError("LATENT-X2: activation ")
           << stringifyActivationKind(activation.getKind())
           << (gate ? " has no gate" : " needs a gate");
  // LATENT-X3
  return failure(
      failed(verifyWeight(op, "LATENT-X3", "up", up, upScale)) ||
      failed(verifyWeight(op, "LATENT-X3", "gate", gate, gateScale)) ||
      failed(verifyWeight(op, "LATENT-X3", "down", down, downScale)));
}

LogicalResult ExpertsOp::verify() {
  // LATENT-X1
  if (!hasRank(getInput(), 2) || !hasRank(getIds(), 2) ||
      !compatible(dim(getIds(), 0), dim(getInput(), 0)) ||
      !hasShape(getResult(),
                {dim(getInput(), 0), dim(getIds(), 1), ShapedType::kDynamic}))
    return emitOpError("LATENT-X1: input is [M, K], ids [M, k], result "
                       "[M, k, L]; got ")
           << getInput().getType() << ", " << getIds().getType() << " and "
           << getResult().getType();
  if (failed(verifyExperts(*this, getActivation(), dim(getInput(), 1),
                           dim(getResult(), 2), getUp(), getUpScale(),
                           getGate(), getGateScale(), getDown(),
                           getDownScale())))
    return failure();
  // LATENT-X4
  if (getWeights() &&
      !hasShape(getWeights(), {dim(getIds(), 0), dim(getIds(), 1)}))
    return emitOpError("LATENT-X4: weights must be like ids, ")
           << getIds().getType() << ", got " << getWeights().getType();
  return success();
}

LogicalResult ExpertsOp::reifyResultShapes(OpBuilder &b,
                                           ReifiedRankedShapedTypeDims &out) {
  out.push_back(
      withTail(b, getLoc(), getInput(), {{getIds(), 1}, {getDown(), 1}}));
  return success();
}

LogicalResult CombineOp::verify() {
  // LATENT-C1
  if (!hasRank(getInput(), 3) ||
      (getWeights() &&
       !hasShape(getWeights(), {dim(getInput(), 0), dim(getInput(), 1)})) ||
      !hasShape(getResult(), {dim(getInput(), 0), dim(getInput(), 2)}))
    return emitOpError("LATENT-C1: input is [M, k, L], weights [M, k], result "
                       "[M, L]; got ")
           << getInput().getType() << " and " << getResult().getType();
  return success();
}

LogicalResult CombineOp::reifyResultShapes(OpBuilder &b,
                                           ReifiedRankedShapedTypeDims &out) {
  out.push_back(withTail(b, getLoc(), getInput(), {{getInput(), 2}}));
  return success();
}

//===----------------------------------------------------------------------===//
// moe
//===----------------------------------------------------------------------===//

LogicalResult MoeOp::verify() {
  // LATENT-M1
  if (!hasRank(getInput(), 2) || ShapedType::isDynamic(dim(getInput(), 1)))
    return emitOpError("LATENT-M1: tokens must be [M, D] with a static D, got ")
           << getInput().getType();
  int64_t d = dim(getInput(), 1), latent = d;
  // LATENT-M2
  Value down = getDownProject(), up = getUpProject();
  if (static_cast<bool>(down) != static_cast<bool>(up) ||
      (down && (!hasRank(down, 2) || !hasShape(down, {dim(down, 0), d}) ||
                !hasShape(up, {d, dim(down, 0)}))))
    return emitOpError("LATENT-M2: down_project [L, ")
           << d << "] and up_project [" << d
           << ", L] come together or not at all";
  if (down)
    latent = dim(down, 0);
  // LATENT-M3
  if ((getLatentGain() && (!down || !hasShape(getLatentGain(), {latent}))) ||
      (getCombineGain() && !hasShape(getCombineGain(), {latent})))
    return emitOpError("LATENT-M3: latent_norm needs down_project; it and "
                       "combine_norm must be [")
           << latent << "]";
  // LATENT-M4
  Value sharedUp = getSharedUp(), sharedDown = getSharedDown(),
        sharedGate = getSharedGate();
  bool gated = getActivation().isGated();
  if (static_cast<bool>(sharedUp) != static_cast<bool>(sharedDown) ||
      static_cast<bool>(sharedGate) != (sharedUp && gated) ||
      (sharedUp &&
       (!hasRank(sharedUp, 2) || !hasShape(sharedUp, {dim(sharedUp, 0), d}) ||
        !hasShape(sharedDown, {d, dim(sharedUp, 0)}))) ||
      (sharedGate && !hasShape(sharedGate, {dim(sharedUp, 0), d})))
    return emitOpError("LATENT-M4: a shared expert is shared_up [S, ")
           << d << "], shared_down [" << d
           << ", S] and, for a gated activation "
           << "only, shared_gate like shared_up";
  // LATENT-M5
  struct {
    StringRef name;
    Value weight, scale;
  } linears[] = {{"down_project", down, getDownProjectScale()},
                 {"up_project", up, getUpProjectScale()},
                 {"shared_up", sharedUp, getSharedUpScale()},
                 {"shared_gate", sharedGate, getSharedGateScale()},
                 {"shared_down", sharedDown, getSharedDownScale()}};
  for (auto &[name, weight, scale] : linears)
    if (failed(verifyWeight(*this, "LATENT-M5", name, weight, scale)))
      return failure();
  // LATENT-M6
  if (failed(verifyRouting(*this, getRouting(), getInput(), getRouter(),
                           getRouterBias())) ||
      failed(verifyExperts(*this, getActivation(), latent, latent, getUp(),
                           getUpScale(), getGate(), getGateScale(), getDown(),
                           getDownScale())))
    return failure();
  int64_t thirds = getRouting().getRouter() == Router::Attention ? 3 : 1;
  if (dim(getRouter(), 0) != dim(getUp(), 0) * thirds)
    return emitOpError("LATENT-M6: the router has ")
           << dim(getRouter(), 0) / thirds << " experts, the block "
           << dim(getUp(), 0);
  // LATENT-M7
  if (getGain() && !hasShape(getGain(), {d}))
    return emitOpError("LATENT-M7: norm must be [")
           << d << "], got " << getGain().getType();
  // LATENT-M8
  return verifyEps(*this, "LATENT-M8", getEps());
}

LogicalResult MoeOp::reifyResultShapes(OpBuilder &b,
                                       ReifiedRankedShapedTypeDims &out) {
  out.push_back(tensor::getMixedSizes(b, getLoc(), getInput()));
  return success();
}
