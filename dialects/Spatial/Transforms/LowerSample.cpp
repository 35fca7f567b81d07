//===- LowerSample.cpp - spatial.sample to straight code ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Unrolls the steps. Each has a copy of the region, whose arguments are casts
// of tensors of the stage's sizes; `spatial-refine-sizes` then brings these
// through the copy. What differs between the steps of a stage (sigma and the
// length of the step) is made by a small kernel each, so that all other kernels
// are the same for every step. Assumes a verified op.
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/Transforms/Passes.h"
#include "dialects/Spatial/Transforms/SampleSteps.h"

namespace tercet {
#define GEN_PASS_DEF_LOWERSAMPLE
#include "dialects/Spatial/Transforms/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

namespace {
struct LowerSample : tercet::impl::LowerSampleBase<LowerSample> {
  void runOnOperation() override {
    SmallVector<spatial::SampleOp> ops;
    getOperation()->walk([&](spatial::SampleOp op) { ops.push_back(op); });
    for (spatial::SampleOp op : ops) {
      OpBuilder b(op);
      spatial::SampleSteps steps(op, b);
      spatial::SampleState state = steps.begin();
      for (int64_t i = 0; i < steps.getCount(); ++i)
        state = steps.build(i, state);
      op.replaceAllUsesWith(state.latent);
      op.erase();
    }
  }
};
} // namespace
