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
#include "targets/GPU/MatrixTiles.h"
#include "targets/GPU/Passes.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::gputarget;

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

using SetDefault = function_ref<void(StringRef, Attribute)>;

/// Whether matrix instructions are worth their fixed number of rows. A number
/// of rows that is not known may be large. Their loops take words of several
/// groups of trits.
static bool usesMatrices(rows::MatmulOp op) {
  if (ternary::getCode(op.getCode().getKind()).getWeightsPerWord() < 16)
    return false;
  int64_t rows = cast<ShapedType>(op.getInit().getType()).getDimSize(0);
  return ShapedType::isDynamic(rows) || rows > 4;
}

/// The matrix engine of a product: the sparse one where the code has pairs.
static const MatrixEngine *chooseEngine(const MatrixEngine *matrix,
                                        ternary::CodeKind code) {
  const MatrixEngine *sparse = lookupMatrixEngine(matrix->getSparseEngine());
  return sparse && ternary::getCode(code).hasPairs() ? sparse : matrix;
}

static const MatrixEngine *findMatrixEngine(const NamedAttrList &config) {
  auto name = dyn_cast_or_null<StringAttr>(config.get("engine"));
  return name ? lookupMatrixEngine(name.getValue()) : nullptr;
}

/// Up to 64 rows against a panel or two of each wave; eight waves. Slices of K
/// fill the machine where there are few outputs.
template <typename Product>
static SmallVector<int64_t>
configureMatrices(Product op, int64_t rows, const MatrixEngine &matrix,
                  const NamedAttrList &config, SetDefault setDefault,
                  int64_t &threads) {
  Builder b(op.getContext());
  auto type = cast<ShapedType>(op.getInit().getType());
  int64_t outputs = type.getDimSize(1);
  int64_t tile = 64, columns = matrix.getColumns();
  if (!ShapedType::isDynamic(rows))
    tile = std::min<int64_t>(tile, llvm::alignTo(rows, columns));
  int64_t steps = llvm::divideCeil(
      ternary::getCode(op.getCode().getKind()).getWordsPerRow(op.getK()),
      matrix.getSlots());
  auto choose = [&](StringRef name, int64_t otherwise) {
    setDefault(name, b.getI64IntegerAttr(otherwise));
    auto chosen = dyn_cast<IntegerAttr>(config.get(name));
    return chosen ? chosen.getInt() : otherwise;
  };
  setDefault("engine", b.getStringAttr(matrix.getName()));
  // Two panels share what is loaded of activations; the decoder of a sparse
  // engine leaves no registers for them.
  bool wide = ShapedType::isDynamic(outputs) || outputs >= 4096;
  int64_t panels = choose("panels", wide && !matrix.isSparse() ? 2 : 1);
  int64_t slices = choose(
      "k_split", llvm::bit_floor<uint64_t>(std::clamp<int64_t>(steps, 1, 8)));
  // Eight waves, or as many as have outputs.
  int64_t groups = std::max<int64_t>(1, 8 / std::max<int64_t>(1, slices));
  int64_t width = std::max<int64_t>(1, panels) * ternary::kPanelRows;
  if (!ShapedType::isDynamic(outputs))
    groups = std::min<int64_t>(groups, llvm::divideCeil(outputs, width));
  threads = choose("threads", groups * slices * matrix.getWave());
  groups = std::max<int64_t>(1, threads / matrix.getWave() /
                                    std::max<int64_t>(1, slices));
  return {tile, groups * width};
}

/// Eight rows; four of them share decoded weights. Up to 32 slices of K, so
/// that one row alone keeps 256 threads busy with two panels.
template <typename Product>
static SmallVector<int64_t> configureDots(Product op, StringRef engine,
                                          SetDefault setDefault,
                                          int64_t &threads) {
  Builder b(op.getContext());
  int64_t words =
      ternary::getCode(op.getCode().getKind()).getWordsPerRow(op.getK());
  int64_t slices = llvm::bit_floor<uint64_t>(std::clamp<int64_t>(words, 1, 32));
  threads = 256;
  setDefault("engine", b.getStringAttr(engine));
  setDefault("k_split", b.getI64IntegerAttr(slices));
  setDefault("row_block", b.getI64IntegerAttr(4));
  // A thread has four outputs of a slice.
  return {8, std::max<int64_t>(ternary::kPanelRows, threads / slices * 4)};
}

/// About 16 rows a workgroup; a block of as many keys as let every thread have
/// a key and four rows.
static SmallVector<int64_t> configureAttention(rows::AttentionOp op,
                                               SetDefault setDefault,
                                               int64_t threads) {
  Builder b(op.getContext());
  // With a block mask a workgroup has a block of queries, 16 rows at a time.
  int64_t group = op.getGroup() / op.getMasksPerKeyHead();
  int64_t queries = std::max<int64_t>(1, 16 / group);
  int64_t known = cast<ShapedType>(op.getQ().getType()).getDimSize(0);
  if (!ShapedType::isDynamic(known))
    queries = std::clamp<int64_t>(known, 1, queries);
  int64_t rows = std::min<int64_t>(16, queries * group);
  int64_t blocks = rows % 4 ? rows : rows / 4;
  setDefault("rows", b.getI64IntegerAttr(rows));
  setDefault("keys", b.getI64IntegerAttr(
                         std::clamp<int64_t>(threads / blocks, 32, 128)));
  return {1, op.getBlocks() ? 1 : queries};
}

/// Whether an instruction's tiles are filled: enough rows, widths that divide.
static bool usesMatrices(rows::AttentionOp op, const MatrixEngine &engine) {
  int64_t queries = cast<ShapedType>(op.getQ().getType()).getDimSize(0);
  if (std::optional<ArrayRef<int64_t>> block = op.getBlockSize())
    queries = block->front();
  int64_t group = op.getGroup() / op.getMasksPerKeyHead();
  bool many =
      ShapedType::isDynamic(queries) || queries * group > kMatrixRows / 2;
  return many && op.getKeyWidth() % (4 * engine.getSlots()) == 0 &&
         op.getValueWidth() % engine.getColumns() == 0;
}

/// Two tiles of rows, so that keys and values are loaded for 32 of them, where
/// their buffers leave room; one else.
static SmallVector<int64_t> configureAttentionTiles(rows::AttentionOp op,
                                                    SetDefault setDefault) {
  Builder b(op.getContext());
  constexpr int64_t kKeys = 64, kFloats = 44 * 1024 / 4;
  int64_t each = op.getKeyWidth() + op.getValueWidth() + kKeys + 8;
  int64_t rows =
      2 * kMatrixRows * each <= kFloats ? 2 * kMatrixRows : kMatrixRows;
  int64_t group = op.getGroup() / op.getMasksPerKeyHead();
  int64_t queries = std::max<int64_t>(1, rows / group);
  int64_t known = cast<ShapedType>(op.getQ().getType()).getDimSize(0);
  if (!ShapedType::isDynamic(known))
    queries = std::clamp<int64_t>(known, 1, queries);
  setDefault("rows",
             b.getI64IntegerAttr(llvm::alignTo(
                 std::min<int64_t>(rows, queries * group), kMatrixRows)));
  setDefault("keys", b.getI64IntegerAttr(kKeys));
  // With a block mask a workgroup has a block of queries.
  return {1, op.getBlocks() ? 1 : queries};
}

/// Whether tiles are filled and the width divides.
static bool usesMatrices(rows::NearestOp op, const MatrixEngine &engine) {
  int64_t rows = op.getRows();
  return (ShapedType::isDynamic(rows) || rows > kMatrixRows / 2) &&
         op.getCount() > engine.getColumns() / 2 &&
         op.getWidth() % MatrixTiles::getStep(engine) == 0;
}

/// Four waves. With many rows each has 32 of its own, so that vectors are
/// loaded for 128; few rows they share, and have parts of the vectors.
static int64_t chooseNearestRows(rows::NearestOp op) {
  constexpr int64_t kMany = 1 << 14;
  int64_t rows = op.getRows();
  if (ShapedType::isDynamic(rows) || rows >= kMany)
    return 8 * kMatrixRows;
  return rows > kMatrixRows ? 2 * kMatrixRows : kMatrixRows;
}

/// Values of a head until each thread has a sixteenth of one's states, then
/// heads of the same group.
static SmallVector<int64_t> configureScan(rows::ScanOp op, int64_t threads) {
  int64_t values = cast<ShapedType>(op.getInput().getType()).getDimSize(2);
  int64_t tile = threads / 16, heads = 1;
  if (ShapedType::isDynamic(values))
    return {heads, tile};
  while (2 * heads * values <= tile && op.getHeadsPerGroup() % (2 * heads) == 0)
    heads *= 2;
  return {heads < op.getHeads() ? heads : 0, tile < values ? tile : 0};
}

LogicalResult gputarget::configureKernel(func::FuncOp kernel, StringRef engine,
                                         MatrixEngines matrices,
                                         unsigned wave) {
  const MatrixEngine *matrix = lookupMatrixEngine(matrices.bytes);
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
  // The engine of floats that is given, or else the machine's.
  auto findFloats = [&]() -> const MatrixEngine * {
    const MatrixEngine *found = config.get("engine")
                                    ? findMatrixEngine(config)
                                    : lookupMatrixEngine(matrices.floats);
    return found && found->isFloat() ? found : nullptr;
  };
  bool reduces = llvm::is_contained(root.getLoopIteratorTypes(),
                                    utils::IteratorType::reduction);
  int64_t threads = 128;
  SmallVector<int64_t> sizes;
  if (auto matmul = dyn_cast<rows::MatmulOp>(root.getOperation())) {
    int64_t rows = cast<ShapedType>(matmul.getInit().getType()).getDimSize(0);
    if (matrix && !config.get("engine") && usesMatrices(matmul)) {
      sizes = configureMatrices(
          matmul, rows, *chooseEngine(matrix, matmul.getCode().getKind()),
          config, setDefault, threads);
    } else if (const MatrixEngine *given = findMatrixEngine(config)) {
      sizes =
          configureMatrices(matmul, rows, *given, config, setDefault, threads);
    } else {
      sizes = configureDots(matmul, engine, setDefault, threads);
    }
  } else if (auto grouped =
                 dyn_cast<rows::GroupedMatmulOp>(root.getOperation())) {
    ternary::CodeKind code = grouped.getCode().getKind();
    if (matrix && grouped.getOffsets() && !config.get("engine") &&
        ternary::getCode(code).getWeightsPerWord() >= 16) {
      // Sorted rows of a slice are multiplied some at a time.
      const MatrixEngine &chosen = *chooseEngine(matrix, code);
      int64_t rows = llvm::alignTo(16, chosen.getColumns());
      sizes =
          configureMatrices(grouped, rows, chosen, config, setDefault, threads);
      setDefault("group_rows", b.getI64IntegerAttr(rows));
    } else {
      sizes = configureDots(grouped, engine, setDefault, threads);
    }
    // A row that names its slice is a workgroup; sorted rows are not tiled.
    sizes[0] = grouped.getSlices() ? 1 : 0;
  } else if (isa<rows::FloatMatmulOp>(root.getOperation())) {
    // A thread has four outputs of a row.
    sizes = {1, 4 * threads};
  } else if (auto grouped =
                 dyn_cast<rows::GroupedFloatMatmulOp>(root.getOperation())) {
    sizes = {grouped.getSlices() ? 1 : 0, 4 * threads};
  } else if (auto insert = dyn_cast<rows::InsertOp>(root.getOperation())) {
    // Elementwise: four points a thread.
    int64_t width = 1;
    auto type = cast<ShapedType>(insert.getInput().getType());
    for (int64_t size : type.getShape().drop_front())
      width *= std::max<int64_t>(size, 1);
    sizes = {std::max<int64_t>(1, 4 * threads / width)};
  } else if (isa<rows::SelectOp>(root.getOperation())) {
    // A thread finds the threshold for itself and writes a part.
    threads = 64;
    sizes = {0};
  } else if (isa<rows::GroupOp>(root.getOperation())) {
    // A thread has slices.
    threads = 256;
    sizes = {0};
  } else if (auto attention =
                 dyn_cast<rows::AttentionOp>(root.getOperation())) {
    if (const MatrixEngine *floats = findFloats();
        floats && usesMatrices(attention, *floats)) {
      setDefault("engine", b.getStringAttr(floats->getName()));
      // Shared memory is what limits them: four waves for what there is of it.
      threads = 4 * floats->getWave();
      sizes = configureAttentionTiles(attention, setDefault);
    } else {
      sizes = configureAttention(attention, setDefault, threads);
    }
  } else if (auto scan = dyn_cast<rows::ScanOp>(root.getOperation())) {
    sizes = configureScan(scan, threads);
  } else if (auto conv = dyn_cast<rows::CausalConvOp>(root.getOperation())) {
    // A thread has a channel and, where there are many, a part of the steps.
    int64_t channels = cast<ShapedType>(conv.getBias().getType()).getDimSize(0);
    bool one = cast<ShapedType>(conv.getInput().getType()).getDimSize(0) == 1;
    int64_t tile = one ? threads : 32;
    sizes = {ShapedType::isDynamic(channels) || channels > tile ? tile : 0};
  } else if (auto quantize = dyn_cast<rows::QuantizeOp>(root.getOperation());
             quantize && !quantize.getHadamard()) {
    // A workgroup has a row.
    sizes = {1};
  } else if (auto nearest = dyn_cast<rows::NearestOp>(root.getOperation())) {
    sizes.assign(nearest.getBatchAxes(), 1);
    if (const MatrixEngine *floats = findFloats();
        floats && usesMatrices(nearest, *floats)) {
      setDefault("engine", b.getStringAttr(floats->getName()));
      threads = 4 * floats->getWave();
      sizes.push_back(chooseNearestRows(nearest));
    } else {
      sizes.push_back(16);
    }
  } else if (auto sum = dyn_cast<rows::SegmentSumOp>(root.getOperation())) {
    sizes.assign(1 + sum.getBatchAxes(), 1);
  } else if (isa<rows::NormOp>(root.getOperation())) {
    sizes = {1};
  } else if (isa<rows::QuantizeOp, rows::PackOp, rows::TopKOp>(
                 root.getOperation())) {
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
    root->emitRemark(findMatrixEngine(config) ? "matrix products by "
                                              : "dot products by ")
        << name.getValue() << ", " << given.getInt() << " threads a workgroup";
  root->setAttr("config", config.getDictionary(ctx));
  kernel->setAttr(kWorkgroupSizeAttr, b.getI64IntegerAttr(given.getInt()));
  return success();
}
