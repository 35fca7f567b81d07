//===- PlaceExperts.cpp - an order of experts by their loads ---------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Experts of each layer in an order that spreads their loads over devices (or
// NUMA nodes, or the parts of a memory), or from hot to cold for one, with
// copies of the most loaded ones where there is room (ExpertStatistics.h).
//
// Only the weights of `latent.experts` change places. The router stays as it
// is, and its choices are turned into places behind it, so that ties, slots and
// sums are those of the model: the results are the same to the bit. Copies of
// an expert take turns by the number of the token.
//
// Works on `latent.experts` behind `latent.route` (latent-decompose-moe) and
// assumes external weights. Fails on a histogram of another model, and where
// the slots do not divide by the devices.
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/Transforms/ExpertLayers.h"
#include "dialects/Latent/Transforms/Passes.h"
#include "dialects/Ternary/Transforms/ReferenceBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/FormatVariadic.h"
#include <numeric>

namespace tercet {
#define GEN_PASS_DEF_PLACEEXPERTS
#include "dialects/Latent/Transforms/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using namespace tercet::latent;

using Axes = ternary::ReferenceBuilder::Axes;

/// On `latent.experts`: the expert of each slot.
static constexpr StringLiteral kSlotsAttr = "latent.slots";

/// Places of the chosen ids [M, k] of a layer with `experts` experts.
static Value mapIds(OpBuilder &b, Location loc, Value ids, int64_t experts,
                    ArrayRef<int64_t> slots) {
  std::vector<SmallVector<int32_t>> places(experts);
  size_t most = 0;
  for (auto [slot, expert] : llvm::enumerate(slots)) {
    places[expert].push_back(slot);
    most = std::max(most, places[expert].size());
  }
  // A row for every expert; what stands behind its places is not read.
  SmallVector<int32_t> table, counts;
  for (ArrayRef<int32_t> of : places) {
    counts.push_back(of.size());
    for (size_t i = 0; i < most; ++i)
      table.push_back(i < of.size() ? of[i] : 0);
  }
  auto constant = [&](ArrayRef<int64_t> shape,
                      ArrayRef<int32_t> values) -> Value {
    auto type = RankedTensorType::get(shape, b.getI32Type());
    return arith::ConstantOp::create(b, loc,
                                     DenseElementsAttr::get(type, values));
  };
  Value lookup = constant({experts, static_cast<int64_t>(most)}, table);
  Value copies = most > 1 ? constant({experts}, counts) : Value();
  ternary::ReferenceBuilder r(b, loc);
  return r.map(ids, {Axes{0, 1}}, r.getSizes(ids), b.getI32Type(),
               [&](ValueRange args) -> Value {
                 auto toIndex = [&](Value v) -> Value {
                   return arith::IndexCastOp::create(b, loc, b.getIndexType(),
                                                     v);
                 };
                 Value row = toIndex(args[0]);
                 Value column = arith::ConstantIndexOp::create(b, loc, 0);
                 if (copies)
                   column = arith::RemUIOp::create(
                       b, loc, linalg::IndexOp::create(b, loc, 0),
                       toIndex(tensor::ExtractOp::create(b, loc, copies, row)));
                 return tensor::ExtractOp::create(b, loc, lookup,
                                                  ValueRange{row, column});
               });
}

namespace {
struct PlaceExperts : tercet::impl::PlaceExpertsBase<PlaceExperts> {
  using PlaceExpertsBase::PlaceExpertsBase;

  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }

  LogicalResult run() {
    ModuleOp module = getOperation();
    if (devices < 1 || replicas < 0)
      return emitError(module.getLoc(),
                       "latent-place-experts takes devices of 1 or more "
                       "and replicas of 0 or more");
    FailureOr<ExpertHistogram> histogram =
        readHistogram(module.getLoc(), histogramFile);
    if (failed(histogram))
      return failure();
    SmallVector<ExpertsOp> layers;
    module.walk([&](ExpertsOp op) { layers.push_back(op); });
    WeightSelector selector(module);
    for (ExpertsOp op : layers)
      if (failed(place(op, *histogram, selector)))
        return failure();
    return success();
  }

  LogicalResult place(ExpertsOp op, const ExpertHistogram &histogram,
                      WeightSelector &selector) {
    auto route = op.getIds().getDefiningOp<RouteOp>();
    if (!route)
      return op.emitOpError("has ids that no latent.route gives: a histogram "
                            "has no counts for it");
    int64_t experts =
        cast<RankedTensorType>(op.getUp().getType()).getDimSize(0);
    FailureOr<ArrayRef<int64_t>> counts =
        getCounts(route, route.getWeight(), experts, histogram);
    if (failed(counts))
      return failure();
    int64_t total = experts + replicas, parts = devices;
    if (total % parts)
      return op.emitOpError("has ")
             << experts << " experts and " << total - experts
             << " replicas, which do not divide by " << parts << " devices";
    SmallVector<int64_t> copies = replicateExperts(*counts, total),
                         slots = placeExperts(*counts, copies, parts);
    SmallVector<int64_t> given(experts), ones(experts, 1);
    std::iota(given.begin(), given.end(), 0);
    InFlightDiagnostic remark = op.emitRemark("places ");
    remark << experts << " experts in " << total << " slots of " << parts
           << (parts == 1 ? " device, hot to cold" : " devices");
    if (parts > 1) {
      remark << ", the fullest with "
             << llvm::formatv("{0:F3}",
                              getImbalance(*counts, copies, slots, parts))
                    .str()
             << " of the mean load";
      if (experts % parts == 0)
        remark << " ("
               << llvm::formatv("{0:F3}",
                                getImbalance(*counts, ones, given, parts))
                      .str()
               << " in the order that they had)";
    }
    remark.report();

    for (OpOperand &operand : op->getOpOperands()) {
      Value weight = operand.get();
      if (weight == op.getInput() || weight == op.getIds() ||
          weight == op.getWeights())
        continue;
      FailureOr<Value> picked = selector.select(op, weight, slots);
      if (failed(picked))
        return failure();
      operand.set(*picked);
    }
    OpBuilder b(op);
    op.getIdsMutable().assign(
        mapIds(b, op.getLoc(), op.getIds(), experts, slots));
    op->setAttr(kSlotsAttr, b.getDenseI64ArrayAttr(slots));
    return success();
  }
};
} // namespace
