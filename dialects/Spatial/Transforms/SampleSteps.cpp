//===- SampleSteps.cpp - the steps of a sampler ---------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/Transforms/SampleSteps.h"
#include "dialects/Spatial/Transforms/Scalars.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::spatial;

using Axes = ternary::ReferenceBuilder::Axes;

static RankedTensorType typeOf(Value v) {
  return cast<RankedTensorType>(v.getType());
}

SampleSteps::SampleSteps(SampleOp op, OpBuilder &b)
    : op(op), r(b, op.getLoc()), b(b), stages(op.getStageList()),
      sigmas(op.getSigmas()) {
  for (auto [number, stage] : llvm::enumerate(stages))
    stageOf.append(stage.steps, number);
}

Value SampleSteps::getTokens(Value active) {
  int64_t volume = op.getGrid().getTileVolume();
  if (volume == 1)
    return active;
  Value &tokens = tokensOf[active];
  if (!tokens)
    tokens = TileTokensOp::create(
        b, r.loc,
        RankedTensorType::get({typeOf(active).getDimSize(0) * volume},
                              b.getI32Type()),
        active, op.getGrid());
  return tokens;
}

Value SampleSteps::makeNumber(float value) {
  return r.map({}, {}, toSizes(r, {1}), b.getF32Type(),
               [&](ValueRange) -> Value { return r.constant(value); });
}

/// The number of a tensor of one, in the body of a linalg op.
static Scalar load(ternary::ReferenceBuilder &r, Value number) {
  return extract(r, number, {constant(r, r.b.getIndexType(), 0)});
}

Value SampleSteps::runModel(Value rows, Value tokens, Value sigma) {
  Block &model = op.getModel().front();
  IRMapping values = mapping;
  auto forget = [&](unsigned number, Value v) {
    Type type = model.getArgument(number).getType();
    values.map(model.getArgument(number),
               v.getType() == type
                   ? v
                   : tensor::CastOp::create(b, r.loc, type, v).getResult());
  };
  forget(0, rows);
  forget(1, tokens);
  forget(2, sigma);
  for (Operation &inner : model.without_terminator())
    b.clone(inner, values);
  Value given = values.lookupOrDefault(model.getTerminator()->getOperand(0));
  Value known = tensor::CastOp::create(b, r.loc, rows.getType(), given);
  if (op.getGives() == FieldKind::Velocity)
    return known;
  Axes both{0, 1};
  return r.map({rows, known}, {both, both}, r.getSizes(rows), b.getF32Type(),
               [&](ValueRange args) -> Value {
                 return (Scalar(r, args[0]) - Scalar(r, args[1])) /
                        load(r, sigma);
               });
}

Value SampleSteps::lift(Value rows, Value tokens) {
  if (rows.getType() == op.getType())
    return rows;
  Value &map = maps[tokens];
  auto numbers =
      RankedTensorType::get({op.getGrid().getTokens()}, b.getI32Type());
  if (!map)
    map = NearestOp::create(b, r.loc, numbers, tokens, op.getGrid());
  return LiftOp::create(b, r.loc, op.getType(), rows, tokens, map,
                        op.getGrid());
}

Value SampleSteps::getVelocity(Value u, Value latent, Value tokens,
                               Value sigma) {
  if (op.getLifts() == FieldKind::Velocity || u.getType() == op.getType())
    return lift(u, tokens);
  Axes both{0, 1};
  auto subtract = [&](Value y, Value field) {
    return r.map({y, field}, {both, both}, r.getSizes(y), b.getF32Type(),
                 [&](ValueRange args) -> Value {
                   return Scalar(r, args[0]) -
                          load(r, sigma) * Scalar(r, args[1]);
                 });
  };
  Value rows = GatherOp::create(b, r.loc, u.getType(), latent, tokens);
  Value lifted = lift(subtract(rows, u), tokens);
  Value elsewhere =
      r.map({latent, lifted}, {both, both}, r.getSizes(latent), b.getF32Type(),
            [&](ValueRange args) -> Value {
              return (Scalar(r, args[0]) - Scalar(r, args[1])) / load(r, sigma);
            });
  // Active tokens follow the model exactly.
  return ScatterOp::create(b, r.loc, op.getType(), u, tokens, elsewhere);
}

SampleState SampleSteps::begin() {
  Value start = op.getStart() ? op.getStart() : op.getNoise();
  Value set = AnchorsOp::create(
      b, r.loc, RankedTensorType::get({stages.front().active}, b.getI32Type()),
      op.getGrid(), op.getPattern(), op.getStride(), op.getSeed());
  return {mapping.lookupOrDefault(start), set};
}

SampleState SampleSteps::build(int64_t i, SampleState state) {
  Axes both{0, 1};
  Value y = state.latent, tokens = getTokens(state.active);
  Value sigma = makeNumber(sigmas[i]),
        length = makeNumber(sigmas[i + 1] - sigmas[i]);
  auto rowsType = RankedTensorType::get(
      {typeOf(tokens).getDimSize(0), op.getType().getDimSize(1)},
      b.getF32Type());
  Value rows = y;
  if (rowsType != op.getType())
    rows = GatherOp::create(b, r.loc, rowsType, y, tokens);
  Value u = runModel(rows, tokens, sigma);
  Value v = getVelocity(u, y, tokens, sigma);
  Value next =
      r.map({y, v}, {both, both}, r.getSizes(y), b.getF32Type(),
            [&](ValueRange args) -> Value {
              return Scalar(r, args[0]) + load(r, length) * Scalar(r, args[1]);
            });
  if (!endsStage(i))
    return {next, state.active};

  // The set grows; tokens that become active are drawn to where they belong.
  auto set = [&](int64_t count) {
    return RankedTensorType::get({count}, b.getI32Type());
  };
  int64_t before = stages[stageOf[i]].active,
          after = stages[stageOf[i] + 1].active;
  Value cleanRows =
      r.map({rows, u}, {both, both}, r.getSizes(rows), b.getF32Type(),
            [&](ValueRange args) -> Value {
              return Scalar(r, args[0]) - load(r, sigma) * Scalar(r, args[1]);
            });
  Value clean = lift(cleanRows, tokens);
  Value scores = ImportanceOp::create(
      b, r.loc,
      RankedTensorType::get({op.getGrid().getTiles()}, b.getF32Type()),
      op.getScores() == FieldKind::Clean ? clean : v, op.getGrid());
  auto grown = DensifyOp::create(b, r.loc, set(after), set(after - before),
                                 state.active, scores);
  Value added = getTokens(grown.getAdded());
  Value noise = mapping.lookupOrDefault(static_cast<Value>(op.getNoise()));
  for (float weight : op.getBlend())
    next = MicroFlowOp::create(b, r.loc, op.getType(), next, added, clean,
                               noise, b.getF32FloatAttr(sigmas[i + 1]),
                               b.getF32FloatAttr(weight));
  // All tokens are a set that is known.
  Value active = grown.getNext();
  if (after == op.getGrid().getTiles())
    active = r.constant(
        b.getI32TensorAttr(llvm::to_vector(llvm::seq<int32_t>(0, after))));
  return {next, active};
}
