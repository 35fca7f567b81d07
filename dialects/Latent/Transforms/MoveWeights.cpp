//===- MoveWeights.cpp - routing weights before or after the product ------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A chosen expert's weight may multiply its hidden row, before the second
// product, or that product's result, in the sum over slots. The product is
// linear and has no bias, so in real numbers both are the same; in floats they
// round differently, which is why nothing but this pass moves weights. Before
// the product the sum over slots has no factors; after it a hidden row keeps
// its range.
//
// Works on `latent.moe`, and on `latent.experts` whose only reader is a
// `latent.combine`; others are left alone.
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/IR/Latent.h"
#include "dialects/Latent/Transforms/Passes.h"
#include "mlir/IR/Dominance.h"

namespace tercet {
#define GEN_PASS_DEF_MOVEWEIGHTS
#include "dialects/Latent/Transforms/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using namespace tercet::latent;

namespace {
struct MoveWeights : tercet::impl::MoveWeightsBase<MoveWeights> {
  using MoveWeightsBase::MoveWeightsBase;

  void runOnOperation() override {
    if (to != "before" && to != "after") {
      emitError(getOperation()->getLoc(),
                "latent-move-weights takes to=before or to=after, got '")
          << to << "'";
      return signalPassFailure();
    }
    bool before = to == "before";
    getOperation()->walk([&](Operation *op) {
      if (auto moe = dyn_cast<MoeOp>(op)) {
        numMoved += moe.getWeightsBefore() != before;
        moe.setWeightsBefore(before);
      } else if (auto combine = dyn_cast<CombineOp>(op)) {
        move(combine, before);
      }
    });
  }

  void move(CombineOp combine, bool before) {
    auto experts = combine.getInput().getDefiningOp<ExpertsOp>();
    if (!experts || !experts->hasOneUse())
      return;
    MutableOperandRange from = before ? combine.getWeightsMutable()
                                      : experts.getWeightsMutable(),
                        into = before ? experts.getWeightsMutable()
                                      : combine.getWeightsMutable();
    // With factors at both places there is nothing to move to.
    if (from.empty() || !into.empty())
      return;
    Value weights = OperandRange(from).front();
    if (before) {
      // They have to be there when the experts run.
      DominanceInfo dominance;
      if (!dominance.properlyDominates(weights, experts))
        return;
    }
    from.clear();
    into.assign(weights);
    ++numMoved;
  }
};
} // namespace
