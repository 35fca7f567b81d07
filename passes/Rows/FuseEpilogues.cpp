//===- FuseEpilogues.cpp - elementwise consumers into products ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pulls an elementwise linalg.generic that consumes a rows.matmul or a
// rows.float_matmul into the product's epilogue region, so its values never go
// through memory. Only where every loop of the generic is parallel, the
// product's result is read at (r, n) and has no other user: the rewrite never
// computes anything twice, and never crosses a reduction. Ops in the body must
// be elementwise scalar ops.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"
#include "passes/Rows/Passes.h"

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

/// The product that `generic` can be pulled into, or null.
static Operation *getFusableProducer(linalg::GenericOp generic) {
  if (generic.getNumLoops() != 2 || generic.getNumParallelLoops() != 2 ||
      generic.getNumDpsInits() != 1 || generic->getNumResults() != 1)
    return {};
  OpOperand *init = generic.getDpsInitOperand(0);
  if (!generic.getMatchingIndexingMap(init).isIdentity() ||
      generic.payloadUsesValueFromOperand(init))
    return {};
  for (Operation &op : generic.getBody()->without_terminator())
    if (!OpTrait::hasElementwiseMappableTraits(&op) &&
        !op.hasTrait<OpTrait::ConstantLike>())
      return {};
  Operation *producer = nullptr;
  for (OpOperand *operand : generic.getDpsInputOperands()) {
    AffineMap map = generic.getMatchingIndexingMap(operand);
    if (!isEpilogueMap(map))
      return {};
    Operation *product = operand->get().getDefiningOp();
    if (!producer &&
        isa_and_nonnull<rows::MatmulOp, rows::FloatMatmulOp>(product) &&
        map.isIdentity() &&
        llvm::all_of(product->getUsers(),
                     [&](Operation *user) { return user == generic; }))
      producer = product;
  }
  return producer;
}

/// The product with other epilogue operands, a result as `generic` has it, and
/// an empty region.
static rows::MatmulOp recreate(rows::MatmulOp op, linalg::GenericOp generic,
                               ValueRange operands, ArrayAttr maps,
                               RewriterBase &rewriter) {
  return rows::MatmulOp::create(
      rewriter, generic.getLoc(), generic->getResultTypes(), op.getCodeAttr(),
      op.getKAttr(), op.getInput(), op.getSums(), op.getWeight(), operands,
      generic.getDpsInitOperand(0)->get(), maps, op.getConfigAttr());
}
static rows::FloatMatmulOp recreate(rows::FloatMatmulOp op,
                                    linalg::GenericOp generic,
                                    ValueRange operands, ArrayAttr maps,
                                    RewriterBase &rewriter) {
  return rows::FloatMatmulOp::create(
      rewriter, generic.getLoc(), generic->getResultTypes(), op.getInput(),
      op.getWeight(), op.getBlockScales(), op.getIndex(), operands,
      generic.getDpsInitOperand(0)->get(), op.getFormatAttr(), maps,
      op.getConfigAttr());
}

template <typename Op>
static void fuse(Op matmul, linalg::GenericOp generic, RewriterBase &rewriter) {
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
  Op fused = recreate(matmul, generic, operands,
                      rewriter.getAffineMapArrayAttr(maps), rewriter);
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
  rows::YieldOp::create(rewriter, generic.getLoc(),
                        mapping.lookupOrDefault(
                            generic.getBody()->getTerminator()->getOperand(0)));
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
      Operation *product = getFusableProducer(generic);
      if (!product)
        continue;
      if (auto matmul = dyn_cast<rows::MatmulOp>(product))
        fuse(matmul, generic, rewriter);
      else
        fuse(cast<rows::FloatMatmulOp>(product), generic, rewriter);
      ++numFused;
    }
  }
};
} // namespace
