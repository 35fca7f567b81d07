//===- DistributeWorkgroups.cpp - tiles to workgroups ---------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Replaces a kernel's one scf.forall by the workgroups of its grid. A kernel
// without a forall is a single workgroup: on a CPU its body runs where the range
// holds workgroup 0. Assumes a bufferized kernel (the forall has no results and
// begins at 0); a second forall is an error.
//
//===----------------------------------------------------------------------===//
#include "passes/Kernels/Passes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace tercet {
#define GEN_PASS_DEF_DISTRIBUTEWORKGROUPS
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

/// Tile offsets of workgroup `id`, the last dimension fastest.
static SmallVector<Value> getOffsets(OpBuilder &b, scf::ForallOp forall,
                                     Value id) {
  Location loc = forall.getLoc();
  AffineExpr d0 = b.getAffineDimExpr(0), s0 = b.getAffineSymbolExpr(0);
  SmallVector<OpFoldResult> uppers = forall.getMixedUpperBound(),
                            steps = forall.getMixedStep();
  SmallVector<Value> offsets(uppers.size());
  OpFoldResult rest = id;
  for (int64_t i = uppers.size() - 1; i >= 0; --i) {
    int64_t step = *getConstantIntValue(steps[i]);
    OpFoldResult tile = rest;
    if (i > 0) {
      OpFoldResult count = affine::makeComposedFoldedAffineApply(
          b, loc, d0.ceilDiv(step), {uppers[i]});
      tile = affine::makeComposedFoldedAffineApply(b, loc, d0 % s0,
                                                   {rest, count});
      rest = affine::makeComposedFoldedAffineApply(b, loc, d0.floorDiv(s0),
                                                   {rest, count});
    }
    offsets[i] = getValueOrCreateConstantIndexOp(
        b, loc,
        affine::makeComposedFoldedAffineApply(b, loc, d0 * step, {tile}));
  }
  return offsets;
}

/// Moves the forall's body to the builder's place, its indices replaced.
static void inlineBody(OpBuilder &b, scf::ForallOp forall, Value id) {
  SmallVector<Value> offsets = getOffsets(b, forall, id);
  for (auto [iv, offset] : llvm::zip(forall.getInductionVars(), offsets))
    iv.replaceAllUsesWith(offset);
  Block *block = b.getInsertionBlock();
  Block::iterator point = b.getInsertionPoint();
  Block *body = forall.getBody();
  for (Operation &op : llvm::make_early_inc_range(body->without_terminator()))
    op.moveBefore(block, point);
  forall.erase();
}

namespace {
struct DistributeWorkgroups
    : tercet::impl::DistributeWorkgroupsBase<DistributeWorkgroups> {
  using DistributeWorkgroupsBase::DistributeWorkgroupsBase;

  void runOnOperation() override {
    func::FuncOp kernel = getOperation();
    if (mode != "loop" && mode != "grid") {
      kernel.emitError("distribute-workgroups takes mode=loop or mode=grid, "
                       "got '")
          << mode << "'";
      return signalPassFailure();
    }
    SmallVector<scf::ForallOp> foralls(kernel.getOps<scf::ForallOp>());
    if (foralls.size() > 1 ||
        (!foralls.empty() && (foralls[0].getNumResults() ||
                              !llvm::all_of(foralls[0].getMixedLowerBound(),
                                            isZeroInteger)))) {
      kernel.emitError("a kernel has one bufferized scf.forall that begins at 0");
      return signalPassFailure();
    }
    // What stands beside the tiles would be done by every workgroup.
    for (Operation &op : kernel.getBody().front())
      if (!foralls.empty() && !isa<scf::ForallOp, memref::AllocOp>(op) &&
          !isMemoryEffectFree(&op) && !op.hasTrait<OpTrait::IsTerminator>() &&
          !hasEffect<MemoryEffects::Free>(&op)) {
        op.emitOpError("stands outside of the kernel's tiles; the root op must "
                       "start from a fill or an empty tensor");
        return signalPassFailure();
      }
    if (mode == "grid")
      distributeGrid(kernel, foralls);
    else
      distributeLoop(kernel, foralls);
  }

  void distributeGrid(func::FuncOp kernel, ArrayRef<scf::ForallOp> foralls) {
    if (foralls.empty())
      return;
    OpBuilder b(foralls[0]);
    Value id = gpu::BlockIdOp::create(b, kernel.getLoc(), gpu::Dimension::x);
    inlineBody(b, foralls[0], id);
  }

  void distributeLoop(func::FuncOp kernel, ArrayRef<scf::ForallOp> foralls) {
    Location loc = kernel.getLoc();
    OpBuilder b(&getContext());
    unsigned n = kernel.getNumArguments();
    if (failed(kernel.insertArguments({n, n},
                                      {b.getIndexType(), b.getIndexType()},
                                      {DictionaryAttr(), DictionaryAttr()},
                                      {loc, loc})))
      return signalPassFailure();
    Value begin = kernel.getArgument(n), end = kernel.getArgument(n + 1);
    Block &entry = kernel.getBody().front();
    if (!foralls.empty()) {
      b.setInsertionPoint(foralls[0]);
      Value one = arith::ConstantIndexOp::create(b, loc, 1);
      auto loop = scf::ForOp::create(b, loc, begin, end, one);
      b.setInsertionPointToStart(loop.getBody());
      inlineBody(b, foralls[0], loop.getInductionVar());
      return;
    }
    // One workgroup: the whole body, where the range is not empty.
    Operation *terminator = entry.getTerminator();
    b.setInsertionPointToStart(&entry);
    Value any = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, begin,
                                      end);
    auto guard = scf::IfOp::create(b, loc, any, /*withElseRegion=*/false);
    Block *then = guard.thenBlock();
    for (Operation &op : llvm::make_early_inc_range(llvm::make_range(
             std::next(Block::iterator(guard)), Block::iterator(terminator))))
      op.moveBefore(then->getTerminator());
  }
};
} // namespace
