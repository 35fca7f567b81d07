//===- DecomposeMoe.cpp - a mixture-of-experts block as its parts ---------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Follows the lines of the description of `latent.moe`. The only choice made
// here is where a norm stands: as an operand of the projections that quantise
// what it gives, and as an op for whoever reads floats. Assumes a verified op;
// cannot fail.
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/Transforms/Activation.h"
#include "dialects/Latent/Transforms/Passes.h"
#include "dialects/Ternary/Transforms/ReferenceBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tercet {
#define GEN_PASS_DEF_DECOMPOSEMOE
#include "dialects/Latent/Transforms/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using namespace tercet::latent;

using Axes = ternary::ReferenceBuilder::Axes;

static RankedTensorType ranked(Value v) {
  return cast<RankedTensorType>(v.getType());
}

namespace {
class MoeBuilder {
public:
  MoeBuilder(OpBuilder &b, MoeOp op)
      : op(op), b(b), loc(op.getLoc()), elementwise(b, loc) {}

  Value build();

private:
  /// A tensor of f32 with the tokens of the block and `tail`.
  RankedTensorType tokensBy(ArrayRef<int64_t> tail) {
    SmallVector<int64_t> shape{ranked(op.getInput()).getDimSize(0)};
    shape.append(tail.begin(), tail.end());
    return RankedTensorType::get(shape, b.getF32Type());
  }

  Value norm(Value x, Value gain) {
    return RmsNormOp::create(b, loc, x.getType(), x, gain, op.getEpsAttr());
  }

  /// The block's input behind its norm; one op for all that read it.
  Value normed() {
    if (!op.getGain())
      return op.getInput();
    if (!normedInput)
      normedInput = norm(op.getInput(), op.getGain());
    return normedInput;
  }

  Value project(Value x, Value weight, Value scale, Value gain = {}) {
    return ProjectOp::create(b, loc, tokensBy(ranked(weight).getDimSize(0)), x,
                             weight, scale, gain, op.getEpsAttr());
  }

  /// A projection of the normed input: without a scale the weight is f32.
  Value projectInput(Value weight, Value scale) {
    if (scale && op.getGain())
      return project(op.getInput(), weight, scale, op.getGain());
    return project(normed(), weight, scale);
  }

  Value map(ValueRange inputs, function_ref<Value(ValueRange)> body) {
    return elementwise.map(inputs, SmallVector<Axes>(inputs.size(), {0, 1}),
                           elementwise.getSizes(inputs.front()), b.getF32Type(),
                           body);
  }

  Value add(Value x, Value y) {
    return map({x, y}, [&](ValueRange args) -> Value {
      return arith::AddFOp::create(b, loc, args[0], args[1]);
    });
  }

  Value shared();

  MoeOp op;
  OpBuilder &b;
  Location loc;
  ternary::ReferenceBuilder elementwise;
  Value normedInput;
};
} // namespace

/// The shared expert, or null where there is none.
Value MoeBuilder::shared() {
  if (!op.getSharedUp())
    return {};
  SmallVector<Value> inputs{
      projectInput(op.getSharedUp(), op.getSharedUpScale())};
  if (op.getSharedGate())
    inputs.push_back(projectInput(op.getSharedGate(), op.getSharedGateScale()));
  Value hidden = map(inputs, [&](ValueRange args) {
    return emitActivation(b, loc, op.getActivation(), args[0],
                          op.getSharedGate() ? args[1] : Value());
  });
  return project(hidden, op.getSharedDown(), op.getSharedDownScale());
}

Value MoeBuilder::build() {
  int64_t k = op.getRouting().getTopK();
  RankedTensorType slots = tokensBy(k);
  auto route =
      RouteOp::create(b, loc, slots.clone(b.getI32Type()), slots, normed(),
                      op.getRouter(), op.getRouterBias(), op.getRouting());
  Value z = op.getDownProject()
                ? projectInput(op.getDownProject(), op.getDownProjectScale())
                : normed();
  if (op.getLatentGain())
    z = norm(z, op.getLatentGain());

  int64_t width = ranked(op.getDown()).getDimSize(1);
  Value before, after;
  (op.getWeightsBefore() ? before : after) = route.getWeights();
  Value experts = ExpertsOp::create(
      b, loc, tokensBy({k, width}), z, route.getIds(), op.getUp(),
      op.getUpScale(), op.getGate(), op.getGateScale(), op.getDown(),
      op.getDownScale(), before, op.getActivation(), op.getStrategyAttr());
  Value y = CombineOp::create(b, loc, tokensBy(width), experts, after);

  if (op.getUpProject())
    y = project(y, op.getUpProject(), op.getUpProjectScale(),
                op.getCombineGain());
  else if (op.getCombineGain())
    y = norm(y, op.getCombineGain());
  if (Value other = shared())
    y = add(y, other);
  if (op.getResidual())
    y = add(op.getInput(), y);
  return y;
}

namespace {
struct DecomposeMoe : tercet::impl::DecomposeMoeBase<DecomposeMoe> {
  void runOnOperation() override {
    SmallVector<MoeOp> blocks;
    getOperation()->walk([&](MoeOp op) { blocks.push_back(op); });
    for (MoeOp op : blocks) {
      OpBuilder b(op);
      op.getResult().replaceAllUsesWith(MoeBuilder(b, op).build());
      op.erase();
      ++numBlocks;
    }
  }
};
} // namespace
