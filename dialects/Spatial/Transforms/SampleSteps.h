//===- SampleSteps.h - the steps of a sampler -------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_SPATIAL_TRANSFORMS_SAMPLESTEPS_H
#define TERCET_DIALECTS_SPATIAL_TRANSFORMS_SAMPLESTEPS_H

#include "dialects/Spatial/IR/Spatial.h"
#include "dialects/Ternary/Transforms/ReferenceBuilder.h"
#include "mlir/IR/IRMapping.h"

namespace tercet::spatial {

/// What a sampler knows between two steps.
struct SampleState {
  mlir::Value latent;
  /// Of tokens, or of tiles where the grid has some.
  mlir::Value active;
};

/// Builds the steps of a `spatial.sample` one by one.
class SampleSteps {
public:
  /// Builds with `b`, where it stands.
  SampleSteps(SampleOp op, mlir::OpBuilder &b);

  int64_t getCount() const { return stageOf.size(); }
  /// The stage before step `i`.
  int64_t getStage(int64_t i) const { return stageOf[i]; }
  bool endsStage(int64_t i) const {
    return i + 1 < getCount() && stageOf[i + 1] != stageOf[i];
  }

  SampleState begin();
  SampleState build(int64_t i, SampleState state);
  /// Values from above the op are those that `mapping` says.
  void setMapping(const mlir::IRMapping &values) { mapping = values; }

private:
  mlir::Value getTokens(mlir::Value active);
  /// A tensor of one number, made by a kernel.
  mlir::Value makeNumber(float value);
  mlir::Value runModel(mlir::Value rows, mlir::Value tokens, mlir::Value sigma);
  mlir::Value lift(mlir::Value rows, mlir::Value tokens);
  mlir::Value getVelocity(mlir::Value rows, mlir::Value latent,
                          mlir::Value tokens, mlir::Value sigma);

  SampleOp op;
  ternary::ReferenceBuilder r;
  mlir::OpBuilder &b;
  mlir::IRMapping mapping;
  llvm::SmallVector<SampleOp::Stage> stages;
  llvm::ArrayRef<float> sigmas;
  llvm::SmallVector<int64_t> stageOf;
  /// `spatial.nearest` of a set, once for each.
  llvm::DenseMap<mlir::Value, mlir::Value> maps, tokensOf;
};

} // namespace tercet::spatial

#endif
