//===- Configure.cpp - tile sizes and threads of a GPU kernel -------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "targets/GPU/Configure.h"
#include "dialects/Rows/IR/Rows.h"
#include "dialects/Ternary/Codes/Code.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Interfaces/TilingInterface.h"
#include "targets/GPU/Passes.h"

using namespace mlir;
using namespace tercet;

/// The op that is tiled: the last one that can be and is not a fill.
static TilingInterface getRoot(func::FuncOp kernel) {
  TilingInterface root;
  kernel.walk([&](TilingInterface op) {
    if (!isa<linalg::FillOp>(op.getOperation()))
      root = op;
  });
  return root;
}

/// Sizes that give a workgroup about `points` independent points, the innermost
/// loops first, because neighbouring threads should touch neighbouring memory.
static SmallVector<int64_t> tileParallelLoops(TilingInterface root,
                                              int64_t points) {
  SmallVector<utils::IteratorType> loops = root.getLoopIteratorTypes();
  SmallVector<int64_t> ranges(loops.size(), ShapedType::kDynamic);
  if (auto op = dyn_cast<linalg::LinalgOp>(root.getOperation()))
    ranges = op.getStaticLoopRanges();
  SmallVector<int64_t> sizes(loops.size(), 0);
  int64_t left = points;
  for (int64_t i = loops.size() - 1; i >= 0; --i) {
    if (loops[i] != utils::IteratorType::parallel)
      continue;
    int64_t size = ShapedType::isDynamic(ranges[i])
                       ? left
                       : std::clamp<int64_t>(ranges[i], 1, left);
    sizes[i] = size;
    left = std::max<int64_t>(1, left / size);
  }
  return sizes;
}

LogicalResult gputarget::configureKernel(func::FuncOp kernel, StringRef engine,
                                         unsigned wave) {
  TilingInterface root = getRoot(kernel);
  if (!root)
    return kernel.emitError("has no op that can be tiled");
  MLIRContext *ctx = kernel.getContext();
  Builder b(ctx);
  NamedAttrList config(root->getAttrOfType<DictionaryAttr>("config"));
  auto setDefault = [&](StringRef name, Attribute value) {
    if (!config.get(name))
      config.set(name, value);
  };
  bool reduces = llvm::is_contained(root.getLoopIteratorTypes(),
                                    utils::IteratorType::reduction);
  int64_t threads = 128;
  SmallVector<int64_t> sizes;
  if (auto matmul = dyn_cast<rows::MatmulOp>(root.getOperation())) {
    // Eight rows share decoded weights; up to 16 slices of K, so that one row
    // alone keeps 256 threads busy with a panel or a few.
    int64_t words = ternary::getCode(matmul.getCode().getKind())
                        .getWordsPerRow(matmul.getK());
    int64_t slices =
        llvm::bit_floor<uint64_t>(std::clamp<int64_t>(words, 1, 16));
    threads = 256;
    sizes = {8, std::max(ternary::kPanelRows, threads / slices)};
    setDefault("engine", b.getStringAttr(engine));
    setDefault("k_split", b.getI64IntegerAttr(slices));
    setDefault("row_block", b.getI64IntegerAttr(4));
  } else if (auto quantize = dyn_cast<rows::QuantizeOp>(root.getOperation());
             quantize && !quantize.getHadamard()) {
    // A workgroup has a row.
    sizes = {1};
  } else if (isa<rows::QuantizeOp, rows::PackOp>(root.getOperation())) {
    // A thread has a row.
    threads = wave;
    sizes = {static_cast<int64_t>(wave)};
  } else if (reduces) {
    // A thread has one reduction.
    sizes = tileParallelLoops(root, threads);
  } else {
    // Elementwise: four points a thread.
    sizes = tileParallelLoops(root, 4 * threads);
  }
  setDefault("tile_sizes", b.getDenseI64ArrayAttr(sizes));
  setDefault("threads", b.getI64IntegerAttr(threads));
  auto given = dyn_cast<IntegerAttr>(config.get("threads"));
  if (!given || given.getInt() < 1 || given.getInt() > 1024 ||
      given.getInt() % wave)
    return root->emitOpError("config has threads = ")
           << config.get("threads") << "; a workgroup takes a multiple of "
           << wave << " up to 1024";
  if (auto name = dyn_cast_or_null<StringAttr>(config.get("engine")))
    root->emitRemark("dot products by ")
        << name.getValue() << ", " << given.getInt() << " threads a workgroup";
  root->setAttr("config", config.getDictionary(ctx));
  kernel->setAttr(kWorkgroupSizeAttr, b.getI64IntegerAttr(given.getInt()));
  return success();
}
