//===- PruneExperts.cpp - drop experts that hardly any token chooses -===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Layer-adaptive pruning by a histogram of the experts' loads
// (ExpertStatistics.h): the weights of experts, the rows of the router and the
// selection bias are picked from, so that nothing of a dropped expert is
// stored. What is left equals the model with the selection bias of the dropped
// experts at minus infinity; it is another model than the one it was made of,
// and a warning says how many choices that changes.
//
// Works on `latent.moe` and on `latent.route` whose ids only `latent.experts`
// reads. Assumes external weights. Fails on a histogram of another model, on an
// attention router (the softmax over its keys would change for the experts that
// stay) and where the groups of a router would have unequal numbers of experts.
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/Transforms/ExpertLayers.h"
#include "dialects/Latent/Transforms/Passes.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"

namespace tercet {
#define GEN_PASS_DEF_PRUNEEXPERTS
#include "dialects/Latent/Transforms/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using namespace tercet::latent;

/// On an op that routes: the numbers that its experts had before.
static constexpr StringLiteral kKeptAttr = "latent.kept";

namespace {
struct PruneExperts : tercet::impl::PruneExpertsBase<PruneExperts> {
  using PruneExpertsBase::PruneExpertsBase;

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }

  LogicalResult run() {
    ModuleOp module = getOperation();
    if (!(alpha >= 0) || !(beta >= 0 && beta <= 1) || roundTo < 1 ||
        minKeep < 1)
      return emitError(module.getLoc(),
                       "latent-prune-experts takes alpha of 0 or more, "
                       "beta from 0 to 1, round-to and min-keep of 1 or "
                       "more");
    FailureOr<ExpertHistogram> histogram =
        readHistogram(module.getLoc(), histogramFile);
    if (failed(histogram))
      return failure();
    SmallVector<Operation *> routers;
    module.walk([&](Operation *op) {
      if (isa<MoeOp, RouteOp>(op))
        routers.push_back(op);
    });
    WeightSelector selector(module);
    for (Operation *op : routers) {
      auto moe = dyn_cast<MoeOp>(op);
      LogicalResult pruned =
          moe ? prune(moe, *histogram, selector)
              : prune(cast<RouteOp>(op), *histogram, selector);
      if (failed(pruned))
        return failure();
    }
    if (before != after)
      emitWarning(module.getLoc(), "experts were pruned, the results change: ")
          << after << " of " << before << " are kept in " << layers.size()
          << (layers.size() == 1 ? " layer; " : " layers; ")
          << llvm::formatv("{0:F2}", 100 * rerouted / layers.size()).str()
          << " % of the choices were of others";
    return success();
  }

  /// The experts that stay.
  FailureOr<Pruning> choose(Operation *op, RoutingAttr routing, Value router,
                            int64_t experts, const ExpertHistogram &histogram) {
    if (routing.getRouter() == Router::Attention)
      return op->emitOpError(
          "has an attention router, whose softmax over the experts' keys would "
          "change for those that stay: it cannot be pruned");
    FailureOr<ArrayRef<int64_t>> counts =
        getCounts(op, router, experts, histogram);
    if (failed(counts))
      return failure();
    PruneRule rule;
    rule.alpha = alpha;
    rule.beta = beta;
    rule.roundTo = roundTo;
    rule.minKeep = std::max<int64_t>(minKeep, routing.getTopK());
    Pruning pruning = pruneExperts(*counts, rule);
    int64_t groups = routing.getGroups();
    SmallVector<int64_t> left(groups);
    for (int64_t expert : pruning.kept)
      ++left[expert / (experts / groups)];
    if (!llvm::all_equal(left))
      return op->emitOpError("has ")
             << groups
             << " groups of experts, which would keep unequal numbers: it "
                "cannot be pruned by this rule";
    // Several entry points may have a layer.
    if (layers.insert(*getLayerName(op, router)).second) {
      before += experts;
      after += pruning.kept.size();
      rerouted += pruning.rerouted;
    }
    op->emitRemark("keeps ")
        << pruning.kept.size() << " of " << experts << " experts; "
        << llvm::formatv("{0:F2}", 100 * pruning.rerouted).str()
        << " % of the choices were of others";
    SmallVector<int64_t> kept = pruning.kept;
    if (auto known = op->getAttrOfType<DenseI64ArrayAttr>(kKeptAttr))
      for (int64_t &expert : kept)
        expert = known[expert];
    op->setAttr(kKeptAttr, DenseI64ArrayAttr::get(op->getContext(), kept));
    return pruning;
  }

  LogicalResult prune(MoeOp op, const ExpertHistogram &histogram,
                      WeightSelector &selector) {
    FailureOr<Pruning> pruning = choose(op, op.getRouting(), op.getRouter(),
                                        getExperts(op.getUp()), histogram);
    if (failed(pruning))
      return failure();
    return pick(op, pruning->kept, selector,
                {op.getRouter(), op.getRouterBias(), op.getUp(),
                 op.getUpScale(), op.getGate(), op.getGateScale(), op.getDown(),
                 op.getDownScale()});
  }

  LogicalResult prune(RouteOp op, const ExpertHistogram &histogram,
                      WeightSelector &selector) {
    for (Operation *user : op.getIds().getUsers())
      if (!isa<ExpertsOp>(user))
        return op.emitOpError("has ids that '")
               << user->getName()
               << "' reads, whose meaning would change: it cannot be pruned";
    FailureOr<Pruning> pruning =
        choose(op, op.getRouting(), op.getWeight(),
               cast<RankedTensorType>(op.getWeight().getType()).getDimSize(0),
               histogram);
    if (failed(pruning) || failed(pick(op, pruning->kept, selector,
                                       {op.getWeight(), op.getBias()})))
      return failure();
    for (Operation *user : op.getIds().getUsers()) {
      auto experts = cast<ExpertsOp>(user);
      if (failed(pick(experts, pruning->kept, selector,
                      {experts.getUp(), experts.getUpScale(), experts.getGate(),
                       experts.getGateScale(), experts.getDown(),
                       experts.getDownScale()})))
        return failure();
    }
    return success();
  }

  static int64_t getExperts(Value up) {
    return cast<RankedTensorType>(up.getType()).getDimSize(0);
  }

  /// Puts the kept slices of those operands in their place that are there.
  static LogicalResult pick(Operation *op, ArrayRef<int64_t> kept,
                            WeightSelector &selector, ArrayRef<Value> weights) {
    for (OpOperand &operand : op->getOpOperands()) {
      if (!llvm::is_contained(weights, operand.get()))
        continue;
      FailureOr<Value> picked = selector.select(op, operand.get(), kept);
      if (failed(picked))
        return failure();
      operand.set(*picked);
    }
    return success();
  }

  llvm::StringSet<> layers;
  int64_t before = 0, after = 0;
  double rerouted = 0;
};
} // namespace
