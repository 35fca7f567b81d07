//===- ReductionsInnermost.cpp - loops of a reduction in a thread ---------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loops of a linalg.generic in an order that threads can share: a parallel loop
// inside a reduction, which has vectors of CPUs in mind, would be a thread's
// own. The order of a sum's terms stays.
//
// Assumes memrefs, between tiling and convert-linalg-to-parallel-loops. Other
// ops are left as they are.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "targets/GPU/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_GPUREDUCTIONSINNERMOST
#include "targets/GPU/Passes.h.inc"
} // namespace tercet

using namespace mlir;

namespace {
struct GPUReductionsInnermost
    : tercet::impl::GPUReductionsInnermostBase<GPUReductionsInnermost> {
  void runOnOperation() override {
    SmallVector<linalg::GenericOp> ops;
    getOperation().walk([&](linalg::GenericOp op) { ops.push_back(op); });
    IRRewriter rewriter(&getContext());
    for (linalg::GenericOp op : ops) {
      SmallVector<utils::IteratorType> types = op.getIteratorTypesArray();
      SmallVector<unsigned> order;
      for (auto wanted :
           {utils::IteratorType::parallel, utils::IteratorType::reduction})
        for (auto [i, type] : llvm::enumerate(types))
          if (type == wanted)
            order.push_back(i);
      if (llvm::is_sorted(order))
        continue;
      rewriter.setInsertionPoint(op);
      if (failed(linalg::interchangeGenericOp(rewriter, op, order))) {
        op.emitOpError("cannot have its reductions innermost");
        return signalPassFailure();
      }
    }
  }
};
} // namespace
