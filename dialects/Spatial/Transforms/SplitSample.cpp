//===- SplitSample.cpp - an entry point for each step of a sampler --------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Beside a public function @f with a `spatial.sample` that has `checkpoints` it
// makes functions @f_step0, @f_step1, ... with the same arguments. Each does
// one step on states of the module: @f_latent, and @f_active1, @f_active2, ...
// for the sets of the stages behind the first. The last one has the results of
// @f. What @f computes before the sampler, each of them computes again, as far
// as a step needs it. Assumes that calls are inlined. Fails where the sampler
// is not the only one, or @f has states of its own, which steps would change
// again.
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/Transforms/Passes.h"
#include "dialects/Spatial/Transforms/SampleSteps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/SymbolTable.h"

namespace tercet {
#define GEN_PASS_DEF_SPLITSAMPLE
#include "dialects/Spatial/Transforms/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using namespace tercet::spatial;

/// The one sampler with checkpoints of `function`, or null.
static FailureOr<SampleOp> findSampler(func::FuncOp function) {
  SmallVector<SampleOp> samplers;
  bool any = false;
  function.walk([&](SampleOp op) {
    samplers.push_back(op);
    any |= op.getCheckpoints();
  });
  if (!any)
    return SampleOp();
  if (samplers.size() != 1)
    return samplers[1].emitOpError(
        "is a second sampler of a function with checkpoints; give it a "
        "function of its own");
  if (samplers[0]->getParentOp() != function)
    return samplers[0].emitOpError(
        "with checkpoints stands in the body of a function");
  WalkResult result = function.walk([&](Operation *op) {
    if (!isa<ml_program::GlobalLoadOp, ml_program::GlobalStoreOp>(op))
      return WalkResult::advance();
    op->emitError("a function whose sampler has checkpoints has no other "
                  "states: each step would use them again");
    return WalkResult::interrupt();
  });
  if (result.wasInterrupted())
    return failure();
  return samplers[0];
}

namespace {
class Splitter {
public:
  Splitter(func::FuncOp function, SampleOp sampler)
      : function(function), sampler(sampler), b(function) {}

  LogicalResult split() {
    auto stages = sampler.getStageList();
    if (failed(declare("latent", sampler.getType())))
      return failure();
    for (auto [number, stage] : llvm::enumerate(stages))
      if (number && failed(declare(
                        "active" + std::to_string(number),
                        RankedTensorType::get({stage.active}, b.getI32Type()))))
        return failure();
    int64_t count = 0;
    for (auto stage : stages)
      count += stage.steps;
    for (int64_t i = 0; i < count; ++i)
      if (failed(makeStep(i, i + 1 == count)))
        return failure();
    return success();
  }

private:
  std::string name(const Twine &part) {
    return (function.getSymName() + "_" + part).str();
  }

  LogicalResult checkName(StringRef symbol) {
    if (SymbolTable::lookupNearestSymbolFrom(function->getParentOp(),
                                             b.getStringAttr(symbol)))
      return sampler.emitOpError("with checkpoints makes a symbol @")
             << symbol << ", which is there already";
    return success();
  }

  LogicalResult declare(const Twine &part, RankedTensorType type) {
    std::string symbol = name(part);
    if (failed(checkName(symbol)))
      return failure();
    ml_program::GlobalOp::create(b, sampler.getLoc(), symbol, type,
                                 /*is_mutable=*/true, b.getZeroAttr(type),
                                 b.getStringAttr("private"));
    return success();
  }

  Value load(OpBuilder &at, const Twine &part, Type type) {
    return ml_program::GlobalLoadOp::create(
        at, sampler.getLoc(), type,
        SymbolRefAttr::get(at.getContext(), name(part)));
  }
  void store(OpBuilder &at, const Twine &part, Value value) {
    ml_program::GlobalStoreOp::create(
        at, sampler.getLoc(), SymbolRefAttr::get(at.getContext(), name(part)),
        value);
  }

  LogicalResult makeStep(int64_t i, bool last) {
    std::string symbol = name("step" + Twine(i));
    if (failed(checkName(symbol)))
      return failure();
    auto step = cast<func::FuncOp>(b.clone(*function));
    step.setSymName(symbol);
    auto op = *step.getOps<SampleOp>().begin();
    OpBuilder at(op);
    SampleSteps steps(op, at);
    SampleState state = steps.begin();
    if (i)
      state.latent = load(at, "latent", op.getType());
    if (int64_t stage = steps.getStage(i))
      state.active =
          load(at, "active" + Twine(stage),
               RankedTensorType::get({op.getStageList()[stage].active},
                                     at.getI32Type()));
    state = steps.build(i, state);
    if (last) {
      op.replaceAllUsesWith(state.latent);
      op.erase();
      return success();
    }
    store(at, "latent", state.latent);
    if (steps.endsStage(i))
      store(at, "active" + Twine(steps.getStage(i) + 1), state.active);
    func::ReturnOp::create(at, op.getLoc());
    // What is behind the sampler is for the last step.
    Block *block = op->getBlock();
    while (&block->back() != op)
      block->back().erase();
    op.erase();
    step.setFunctionType(at.getFunctionType(step.getArgumentTypes(), {}));
    step.removeResAttrsAttr();
    return success();
  }

  func::FuncOp function;
  SampleOp sampler;
  OpBuilder b;
};

struct SplitSample : tercet::impl::SplitSampleBase<SplitSample> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> functions;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic())
        functions.push_back(function);
    for (func::FuncOp function : functions) {
      FailureOr<SampleOp> sampler = findSampler(function);
      if (failed(sampler))
        return signalPassFailure();
      if (*sampler && failed(Splitter(function, *sampler).split()))
        return signalPassFailure();
    }
  }
};
} // namespace
