//===- CountExperts.cpp - histograms of the experts that tokens choose ===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Gives every layer that routes a state [E] i64 and adds to it, in each call,
// how many slots each expert got. The entry points of a session share the
// states; whoever runs the model reads them (tercet-run --profile-experts).
//
// Works on `latent.route` (latent-decompose-moe) in functions that are entry
// points: what they call is inlined before. Fails where a router is no external
// weight: its layer would have no name.
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/Transforms/ExpertLayers.h"
#include "dialects/Latent/Transforms/Passes.h"
#include "dialects/Ternary/Transforms/ReferenceBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tercet {
#define GEN_PASS_DEF_COUNTEXPERTS
#include "dialects/Latent/Transforms/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using namespace tercet::latent;

using Axes = ternary::ReferenceBuilder::Axes;

namespace {
struct CountExperts : tercet::impl::CountExpertsBase<CountExperts> {
  void runOnOperation() override {
    SmallVector<RouteOp> routes;
    getOperation().walk([&](RouteOp op) { routes.push_back(op); });
    SymbolTable symbols(getOperation());
    for (RouteOp op : routes)
      if (failed(count(op, symbols)))
        return signalPassFailure();
  }

  static LogicalResult count(RouteOp op, SymbolTable &symbols) {
    FailureOr<StringRef> layer = getLayerName(op, op.getWeight());
    if (failed(layer))
      return failure();
    int64_t thirds = op.getRouting().getRouter() == Router::Attention ? 3 : 1;
    int64_t experts =
        cast<RankedTensorType>(op.getWeight().getType()).getDimSize(0) / thirds;
    OpBuilder b(op->getContext());
    auto type = RankedTensorType::get({experts}, b.getI64Type());
    std::string name = (kExpertCountsPrefix + *layer).str();
    if (!symbols.lookup(name)) {
      b.setInsertionPoint(op->getParentOfType<func::FuncOp>());
      symbols.insert(ml_program::GlobalOp::create(
          b, op.getLoc(), name, type, /*is_mutable=*/true,
          DenseElementsAttr::get(type, b.getI64IntegerAttr(0)),
          b.getStringAttr("private")));
    }
    auto state = FlatSymbolRefAttr::get(op->getContext(), name);
    Location loc = op.getLoc();
    b.setInsertionPointAfter(op);
    ternary::ReferenceBuilder r(b, loc);
    // Loops: expert, token, slot.
    Value counts = r.reduce(
        {op.getIds()}, {Axes{1, 2}}, 3, {0}, {b.getIndexAttr(experts)},
        b.getI64IntegerAttr(0), [&](ValueRange args) -> Value {
          Value expert = arith::IndexCastOp::create(
              b, loc, b.getI32Type(), linalg::IndexOp::create(b, loc, 0));
          Value is = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                           args[0], expert);
          Value one = arith::ExtUIOp::create(b, loc, b.getI64Type(), is);
          return arith::AddIOp::create(b, loc, args[1], one);
        });
    Value before = ml_program::GlobalLoadOp::create(b, loc, type, state);
    Value sum =
        r.map({before, counts}, {Axes{0}, Axes{0}}, {b.getIndexAttr(experts)},
              b.getI64Type(), [&](ValueRange args) -> Value {
                return arith::AddIOp::create(b, loc, args[0], args[1]);
              });
    ml_program::GlobalStoreOp::create(b, loc, state, sum);
    return success();
  }
};
} // namespace
