//===- FuseEpilogues.cpp - elementwise consumers into rows.matmul ---------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pulls an elementwise linalg.generic that consumes a rows.matmul into the
// matmul's epilogue region, so its values never go through memory. Only where
// every loop of the generic is parallel, the matmul's result is read at (r, n)
// and has no other user: the rewrite never computes anything twice, and never
// crosses a reduction. Ops in the body must be elementwise scalar ops.
//
//===----------------------------------------------------------------------===//
#include "passes/Rows/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"

namespace tercet {
#define GEN_PASS_DEF_FUSEEPILOGUES
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

/// Whether an epilogue operand may be read through this map.
static bool isEpilogueMap(AffineMap map) {
  return map.isProjectedPermutation() &&
         (map.getNumResults() < 2 || map.isIdentity());
}

/// The matmul that `generic` can be pulled into, or null.
static rows::MatmulOp getFusableProducer(linalg::GenericOp generic) {
  if (generic.getNumLoops() != 2 ||
      generic.getNumParallelLoops() != 2 || generic.getNumDpsInits() != 1 ||
      generic->getNumResults() != 1)
    return {};
  OpOperand *init = generic.getDpsInitOperand(0);
  if (!generic.getMatchingIndexingMap(init).isIdentity() ||
      generic.payloadUsesValueFromOperand(init))
    return {};
  for (Operation &op : generic.getBody()->without_terminator())
    if (!OpTrait::hasElementwiseMappableTraits(&op) &&
        !op.hasTrait<OpTrait::ConstantLike>())
      return {};
  rows::MatmulOp producer;
  for (OpOperand *operand : generic.getDpsInputOperands()) {
    AffineMap map = generic.getMatchingIndexingMap(operand);
    if (!isEpilogueMap(map))
      return {};
    auto matmul = operand->get().getDefiningOp<rows::MatmulOp>();
    if (!producer && matmul && map.isIdentity() &&
        llvm::all_of(matmul->getUsers(),
                     [&](Operation *user) { return user == generic; }))
      producer = matmul;
  }
  return producer;
}

static void fuse(rows::MatmulOp matmul, linalg::GenericOp generic,
                 RewriterBase &rewriter) {
  rewriter.setInsertionPoint(generic);
  SmallVector<Value> operands(matmul.getEpilogueOperands());
  SmallVector<AffineMap> maps = matmul.getEpilogueMapsArray();
  SmallVector<OpOperand *> added;
  for (OpOperand *operand : generic.getDpsInputOperands()) {
    if (operand->get() == matmul.getResult(0))
      continue;
    added.push_back(operand);
    operands.push_back(operand->get());
    maps.push_back(generic.getMatchingIndexingMap(operand));
  }
  auto fused = rows::MatmulOp::create(
      rewriter, generic.getLoc(), generic->getResultTypes(),
      matmul.getCodeAttr(), matmul.getKAttr(), matmul.getInput(),
      matmul.getSums(), matmul.getWeight(), operands,
      generic.getDpsInitOperand(0)->get(),
      rewriter.getAffineMapArrayAttr(maps), matmul.getConfigAttr());
  Block &from = matmul.getEpilogue().front();
  Block &body = fused.getEpilogue().emplaceBlock();
  IRMapping mapping;
  for (BlockArgument arg : from.getArguments())
    mapping.map(arg, body.addArgument(arg.getType(), arg.getLoc()));
  rewriter.setInsertionPointToEnd(&body);
  for (Operation &op : from.without_terminator())
    rewriter.clone(op, mapping);
  Value value = mapping.lookupOrDefault(
      cast<rows::YieldOp>(from.getTerminator()).getValue());
  for (OpOperand *operand : generic.getDpsInputOperands()) {
    BlockArgument arg = generic.getMatchingBlockArgument(operand);
    if (operand->get() == matmul.getResult(0))
      mapping.map(arg, value);
    else
      mapping.map(arg, body.addArgument(arg.getType(), arg.getLoc()));
  }
  for (Operation &op : generic.getBody()->without_terminator())
    rewriter.clone(op, mapping);
  rows::YieldOp::create(
      rewriter, generic.getLoc(),
      mapping.lookupOrDefault(generic.getBody()->getTerminator()->getOperand(0)));
  rewriter.replaceOp(generic, fused);
  rewriter.eraseOp(matmul);
}

namespace {
struct FuseEpilogues : tercet::impl::FuseEpiloguesBase<FuseEpilogues> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::GenericOp> generics;
    getOperation().walk([&](linalg::GenericOp op) { generics.push_back(op); });
    for (linalg::GenericOp generic : generics) {
      if (rows::MatmulOp matmul = getFusableProducer(generic)) {
        fuse(matmul, generic, rewriter);
        ++numFused;
      }
    }
  }
};
} // namespace
