//===- RouterBuilder.h - the choice of experts ------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_ROWS_ROUTERBUILDER_H
#define TERCET_PASSES_ROWS_ROUTERBUILDER_H

#include "dialects/Latent/IR/Latent.h"
#include "dialects/Rows/IR/Rows.h"
#include "dialects/Ternary/Transforms/ReferenceBuilder.h"

namespace tercet {

/// Builds what `latent.route` means, at the builder's insertion point.
class RouterBuilder {
public:
  RouterBuilder(mlir::OpBuilder &b, mlir::Location loc,
                latent::RoutingAttr routing)
      : b(b), loc(loc), r(b, loc), routing(routing) {}

  /// The ids [M, k] and weights [M, k] of tokens [M, D].
  std::pair<mlir::Value, mlir::Value>
  build(mlir::Value input, mlir::Value weight, mlir::Value bias);

private:
  using Axes = ternary::ReferenceBuilder::Axes;
  using Sizes = ternary::ReferenceBuilder::Sizes;

  mlir::Value constant(float value) { return r.constant(value); }
  mlir::Value emitScore(mlir::Value logit);
  mlir::Value softmax(mlir::Value x);
  mlir::Value attentionLogits(mlir::Value thirds, int64_t experts);
  mlir::Value keepGroups(mlir::Value choice);
  mlir::Value topK(mlir::Value values, int64_t k);
  mlir::Value pick(mlir::Value values, mlir::Value ids);
  mlir::Value weigh(mlir::Value chosen);

  mlir::OpBuilder &b;
  mlir::Location loc;
  ternary::ReferenceBuilder r;
  latent::RoutingAttr routing;
};

} // namespace tercet

#endif
