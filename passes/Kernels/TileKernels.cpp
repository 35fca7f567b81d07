//===- TileKernels.cpp - tile every kernel over a grid --------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tiles the root op of each kernel function (the last op that implements
// TilingInterface: fills and copies of its inits stand before it) into one
// scf.forall whose iterations are the kernel's workgroups. Tile sizes are the target's (TargetBackend), or what the
// root's `config` already says. Reduction loops are never tiled: a workgroup's
// result must not depend on the partition. Fails where a kernel has no root, or
// a config with as many tile sizes as the root has loops is missing.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "passes/Kernels/Passes.h"
#include "tercet/Target/TargetBackend.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"

namespace tercet {
#define GEN_PASS_DEF_TILEKERNELS
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

/// The last op: fills and copies of its inits stand before it.
static TilingInterface getRoot(func::FuncOp kernel) {
  TilingInterface root;
  for (auto op : kernel.getOps<TilingInterface>())
    root = op;
  return root;
}

static LogicalResult tile(TilingInterface root, RewriterBase &rewriter) {
  auto config = root->getAttrOfType<DictionaryAttr>("config");
  auto sizes = config ? config.getAs<DenseI64ArrayAttr>("tile_sizes")
                      : DenseI64ArrayAttr();
  SmallVector<utils::IteratorType> loops = root.getLoopIteratorTypes();
  if (!sizes || sizes.size() != static_cast<int64_t>(loops.size()))
    return root->emitOpError("needs a config with tile_sizes for ")
           << loops.size() << " loops";
  SmallVector<OpFoldResult> tiles;
  bool any = false;
  for (auto [size, kind] : llvm::zip(sizes.asArrayRef(), loops)) {
    bool parallel = kind == utils::IteratorType::parallel;
    if (size < 0 || (size > 0 && !parallel))
      return root->emitOpError("tile_sizes may only tile parallel loops, got ")
             << size << " for a " << utils::stringifyIteratorType(kind)
             << " loop";
    tiles.push_back(rewriter.getIndexAttr(size));
    any |= size > 0;
  }
  if (!any)
    return success();
  scf::SCFTileAndFuseOptions options;
  options.tilingOptions.setTileSizes(tiles).setLoopType(
      scf::SCFTilingOptions::LoopType::ForallOp);
  rewriter.setInsertionPoint(root);
  FailureOr<scf::SCFTileAndFuseResult> tiled =
      scf::tileConsumerAndFuseProducersUsingSCF(rewriter, root, options);
  if (failed(tiled))
    return root->emitOpError("cannot be tiled");
  for (auto [before, after] : tiled->replacements)
    rewriter.replaceAllUsesWith(before, after);
  if (isOpTriviallyDead(root))
    rewriter.eraseOp(root);
  return success();
}

namespace {
struct TileKernels : tercet::impl::TileKernelsBase<TileKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto kernels = module.lookupSymbol<ModuleOp>("kernels");
    if (!kernels)
      return;
    FailureOr<TargetSpec> spec = getModuleTarget(module);
    if (failed(spec))
      return signalPassFailure();
    const TargetBackend *backend = lookupTarget(spec->device);
    IRRewriter rewriter(&getContext());
    for (auto kernel : kernels.getOps<func::FuncOp>()) {
      TilingInterface root = getRoot(kernel);
      if (!root) {
        kernel.emitError("kernel has no op that can be tiled");
        return signalPassFailure();
      }
      if (failed(backend->configureKernel(kernel, *spec)) ||
          failed(tile(root, rewriter)))
        return signalPassFailure();
    }
  }
};
} // namespace
