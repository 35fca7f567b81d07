//===- Configure.cpp - tiles, engines and blocking on CPUs ---------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The rule for a product: the widest engine that the features allow; a tile of
// outputs that leaves at least 32 workgroups of a large matrix, whole panels
// and a divisor of N where there is one; a tile of 64 rows, so that a tile's
// activations stay in the second-level cache. Row-wise ops take 8 rows, loops
// over elements about 16 thousand of them. What a config already says is kept.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "dialects/Ternary/Codes/Code.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/TilingInterface.h"
#include "targets/CPU/CPUTarget.h"

using namespace mlir;
using namespace tercet;
using ternary::kPanelRows;

static StringRef chooseEngine(const TargetSpec &spec) {
  llvm::Triple triple(spec.triple);
  if (triple.isAArch64())
    return cpu::hasFeatures(spec, "+dotprod") ? "neondot" : "portable";
  if (!triple.isX86())
    return "portable";
  if (cpu::hasFeatures(spec, "+avx512vnni,+avx512bw"))
    return cpu::hasFeatures(spec, "+avx512vbmi") ? "avx512vnni+vbmi"
                                                 : "avx512vnni";
  if (cpu::hasFeatures(spec, "+avxvnni"))
    return "avxvnni";
  return cpu::hasFeatures(spec, "+avx2") ? "avx2" : "portable";
}

StringRef cpu::getDecoder(const TargetSpec &spec) {
  StringRef engine = chooseEngine(spec);
  if (!engine.starts_with("avx512"))
    return "portable";
  return engine.ends_with("vbmi") ? "avx512vbmi" : "avx512";
}

/// Outputs a workgroup: whole panels, at least 32 workgroups of a large matrix.
static int64_t chooseOutputs(int64_t n) {
  int64_t target = std::clamp<int64_t>(n / 32 / kPanelRows * kPanelRows,
                                       kPanelRows, 16 * kPanelRows);
  if (n <= 4 * kPanelRows)
    return 0;
  if (n % kPanelRows == 0)
    for (int64_t size = target; size > target / 2; size -= kPanelRows)
      if (n % size == 0)
        return size;
  return target;
}

static DictionaryAttr configureMatmul(Builder &b, ShapedType init,
                                      const TargetSpec &spec) {
  StringRef engine = chooseEngine(spec);
  int64_t m = init.getDimSize(0);
  // As many sums as the registers hold beside a decoded word.
  int64_t rowBlock = engine.starts_with("avx512") ? 16 : 4;
  if (!ShapedType::isDynamic(m))
    rowBlock = std::min(rowBlock, std::max<int64_t>(m, 1));
  int64_t rowTile = ShapedType::isDynamic(m) || m > 64 ? 64 : 0;
  return b.getDictionaryAttr({
      b.getNamedAttr("engine", b.getStringAttr(engine)),
      b.getNamedAttr("prefetch", b.getI64IntegerAttr(2048)),
      b.getNamedAttr("row_block", b.getI64IntegerAttr(rowBlock)),
      b.getNamedAttr(
          "tile_sizes",
          b.getDenseI64ArrayAttr({rowTile, chooseOutputs(init.getDimSize(1))})),
  });
}

/// Rows that name their slices are workgroups of their own; sorted rows are a
/// loop inside of one, which has outputs of all slices.
static DictionaryAttr configureGrouped(Builder &b, rows::GroupedMatmulOp op,
                                       const TargetSpec &spec) {
  auto init = cast<ShapedType>(op.getInit().getType());
  auto rows = RankedTensorType::get(
      {op.getSlices() ? int64_t(1) : ShapedType::kDynamic, init.getDimSize(1)},
      init.getElementType());
  NamedAttrList config(configureMatmul(b, rows, spec));
  if (op.getOffsets())
    config.set("exact_tail", b.getUnitAttr());
  config.set("tile_sizes",
             b.getDenseI64ArrayAttr({op.getSlices() ? int64_t(1) : 0,
                                     chooseOutputs(init.getDimSize(1))}));
  return config.getDictionary(b.getContext());
}

/// A product with float weights. Rows that name their slices are workgroups of
/// their own; sorted rows are a loop inside of one.
template <typename Op>
static DictionaryAttr configureFloats(Builder &b, Op op, int64_t rows,
                                      const TargetSpec &spec) {
  NamedAttrList config;
  if (llvm::Triple(spec.triple).isX86() && cpu::hasFeatures(spec, "+avx512f"))
    config.set("permute16", b.getUnitAttr());
  config.set("tile_sizes",
             b.getDenseI64ArrayAttr({rows, chooseOutputs(op.getN())}));
  return config.getDictionary(b.getContext());
}

/// The rows of most blocks of queries, 0 where only the data says it.
static int64_t getBlockRows(rows::AttentionOp op) {
  if (std::optional<ArrayRef<int64_t>> size = op.getBlockSize())
    return size->front();
  DenseIntElementsAttr offsets;
  if (!matchPattern(op.getQueryOffsets(), m_Constant(&offsets)))
    return 0;
  int64_t rows = 0, before = 0;
  for (const APInt &offset : offsets) {
    rows = std::max(rows, offset.getSExtValue() - before);
    before = offset.getSExtValue();
  }
  return rows;
}

/// A register block as large as the one given that wastes fewer lanes on the
/// rows of a block of queries.
static void chooseBlockRows(rows::AttentionOp op, int64_t lanes,
                            int64_t &vectors, int64_t &keys) {
  int64_t rows = getBlockRows(op) * op.getGroup() / op.getMasksPerKeyHead();
  if (!rows)
    return;
  // Vectors that are multiplied, and for each the loads that it takes.
  auto getCost = [&](int64_t v, int64_t k) {
    int64_t used = llvm::divideCeil(rows, lanes * v) * v;
    return double(used) * (1 + double(v + k) / double(v * k));
  };
  int64_t registers = vectors * keys;
  double best = getCost(vectors, keys);
  for (int64_t v : {4, 2, 1}) {
    // Blocks of keys and widths are mostly multiples of powers of two.
    int64_t k = llvm::bit_floor<uint64_t>(registers / v);
    if (k && getCost(v, k) < best) {
      best = getCost(v, k);
      vectors = v;
      keys = k;
    }
  }
}

/// Vectors as wide as the target's; a register block that leaves registers for
/// what is multiplied; a tile of as many rows as a block has lanes.
static DictionaryAttr configureAttention(rows::AttentionOp op,
                                         const TargetSpec &spec) {
  Builder b(op.getContext());
  llvm::Triple triple(spec.triple);
  bool wide = triple.isX86() && cpu::hasFeatures(spec, "+avx512f");
  bool avx = triple.isX86() && cpu::hasFeatures(spec, "+avx");
  bool fma = !triple.isX86() || cpu::hasFeatures(spec, "+fma");
  // Of 32 registers 24 hold sums, of 16 twelve, or eight where a product needs
  // one of its own before it is added.
  int64_t lanes = wide ? 16 : avx ? 8 : 4, vectors = fma ? 3 : 2;
  int64_t block = wide || triple.isAArch64() || triple.isRISCV() ? 8 : 4;
  // Without vectors a vector is four registers.
  if (triple.isRISCV() && !cpu::hasFeatures(spec, "+v"))
    vectors = 1, block = 4;
  int64_t group = op.getGroup();
  int64_t queries = std::max<int64_t>(1, lanes * vectors / group);
  if (op.getBlocks()) {
    chooseBlockRows(op, lanes, vectors, block);
    queries = 1;
  }
  // A row or few: what counts is that keys come in as they lie. A workgroup
  // takes heads until their keys are half a page.
  int64_t heads = 1,
          known = cast<ShapedType>(op.getQ().getType()).getDimSize(0);
  if (!op.getBlocks() && !ShapedType::isDynamic(known) &&
      known * group <= lanes)
    while (heads < op.getKeyHeads() &&
           (heads * op.getKeyWidth() < 512 || op.getKeyHeads() % heads))
      ++heads;
  return b.getDictionaryAttr({
      b.getNamedAttr("fma", b.getBoolAttr(fma)),
      b.getNamedAttr("key_block", b.getI64IntegerAttr(block)),
      b.getNamedAttr("keys", b.getI64IntegerAttr(64)),
      b.getNamedAttr("lanes", b.getI64IntegerAttr(lanes)),
      b.getNamedAttr("row_vectors", b.getI64IntegerAttr(vectors)),
      b.getNamedAttr("tile_sizes", b.getDenseI64ArrayAttr({heads, queries})),
  });
}

/// Heads of one group, until a workgroup has half a page of states; where there
/// may be many steps, four that share the scores of their group. A block of a
/// product leaves registers for what is multiplied: vectors are of 16 floats.
static DictionaryAttr configureScan(rows::ScanOp op, const TargetSpec &spec) {
  Builder b(op.getContext());
  constexpr int64_t kFloats = 512, kChunk = 64;
  auto x = cast<ShapedType>(op.getInput().getType());
  bool many = ShapedType::isDynamic(x.getDimSize(0)) || x.getDimSize(0) > 1;
  int64_t floats = std::max<int64_t>(x.getDimSize(2), 1) * op.getStates();
  int64_t wanted = many ? std::max<int64_t>(4, kFloats / floats)
                        : std::max<int64_t>(1, kFloats / floats);
  int64_t heads = 1;
  while (2 * heads <= wanted && op.getHeadsPerGroup() % (2 * heads) == 0)
    heads *= 2;
  llvm::Triple triple(spec.triple);
  bool wide = triple.isX86() && cpu::hasFeatures(spec, "+avx512f");
  bool fma = !triple.isX86() || cpu::hasFeatures(spec, "+fma");
  int64_t chunk = std::min<int64_t>(op.getChunk(), kChunk) / 16 * 16;
  return b.getDictionaryAttr({
      b.getNamedAttr("chunk", b.getI64IntegerAttr(chunk)),
      b.getNamedAttr("fma", b.getBoolAttr(fma)),
      b.getNamedAttr("row_block", b.getI64IntegerAttr(wide ? 4 : 2)),
      b.getNamedAttr("tile_sizes",
                     b.getDenseI64ArrayAttr(
                         {heads < op.getHeads() ? heads : 0, int64_t(0)})),
      b.getNamedAttr("vectors", b.getI64IntegerAttr(wide ? 4 : 2)),
  });
}

/// As attention has its rows in lanes, so have these; four tiles of them share
/// what a workgroup reads of the vectors.
static DictionaryAttr configureNearest(rows::NearestOp op,
                                       const TargetSpec &spec) {
  Builder b(op.getContext());
  llvm::Triple triple(spec.triple);
  bool wide = triple.isX86() && cpu::hasFeatures(spec, "+avx512f");
  bool avx = triple.isX86() && cpu::hasFeatures(spec, "+avx");
  bool fma = !triple.isX86() || cpu::hasFeatures(spec, "+fma");
  int64_t lanes = wide ? 16 : avx ? 8 : 4, vectors = fma ? 3 : 2;
  int64_t block = wide || triple.isAArch64() || triple.isRISCV() ? 8 : 4;
  if (triple.isRISCV() && !cpu::hasFeatures(spec, "+v"))
    vectors = 1, block = 4;
  SmallVector<int64_t> tiles(op.getBatchAxes(), 1);
  tiles.push_back(4 * lanes * vectors);
  return b.getDictionaryAttr({
      b.getNamedAttr("block", b.getI64IntegerAttr(block)),
      b.getNamedAttr("fma", b.getBoolAttr(fma)),
      b.getNamedAttr("lanes", b.getI64IntegerAttr(lanes)),
      b.getNamedAttr("row_vectors", b.getI64IntegerAttr(vectors)),
      b.getNamedAttr("tile_sizes", b.getDenseI64ArrayAttr(tiles)),
  });
}

/// Points of a workgroup of loops over elements.
constexpr int64_t kPoints = 16384;

/// Steps of the outermost parallel loop that hold about 16 thousand points; of
/// the outermost one whose size is not known, if there is one behind it.
static SmallVector<int64_t> chooseLoopTiles(linalg::LinalgOp op) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  SmallVector<int64_t> tiles(ranges.size(), 0);
  int64_t points = 1;
  bool dynamic = false;
  for (int64_t range : ranges) {
    dynamic |= ShapedType::isDynamic(range);
    points *= ShapedType::isDynamic(range) ? 1 : std::max<int64_t>(range, 1);
  }
  if (!dynamic && points <= kPoints)
    return tiles;
  for (auto [i, range] : llvm::enumerate(ranges)) {
    if (kinds[i] != utils::IteratorType::parallel)
      continue;
    // Points of a step of this loop; then how many steps make up a tile.
    bool known = !ShapedType::isDynamic(range);
    points /= known ? std::max<int64_t>(range, 1) : 1;
    auto behind = llvm::zip(ArrayRef(ranges).drop_front(i + 1),
                            ArrayRef(kinds).drop_front(i + 1));
    if (known && llvm::any_of(behind, [](auto loop) {
          auto [size, kind] = loop;
          return ShapedType::isDynamic(size) &&
                 kind == utils::IteratorType::parallel;
        })) {
      // Steps of a loop like this, of batches, have tiles of their own.
      tiles[i] = 1;
      continue;
    }
    tiles[i] = std::max<int64_t>(1, kPoints / std::max<int64_t>(points, 1));
    if (known)
      tiles[i] = std::min(tiles[i], range);
    break;
  }
  return tiles;
}

/// A quarter of a page of every step.
static int64_t chooseConvChannels(rows::CausalConvOp op) {
  constexpr int64_t kChannels = 256;
  return cast<ShapedType>(op.getBias().getType()).getDimSize(0) <= kChannels
             ? 0
             : kChannels;
}

/// As many rows as a loop over elements has points.
static int64_t chooseInsertedRows(ShapedType input) {
  int64_t width = 1;
  for (int64_t size : input.getShape().drop_front())
    width *= std::max<int64_t>(size, 1);
  int64_t tile = std::max<int64_t>(1, kPoints / width), m = input.getDimSize(0);
  return !ShapedType::isDynamic(m) && m <= tile ? 0 : tile;
}

LogicalResult cpu::configure(func::FuncOp kernel, const TargetSpec &spec) {
  Builder b(kernel.getContext());
  kernel.walk([&](TilingInterface root) {
    Operation *op = root;
    if (isa<linalg::FillOp, linalg::CopyOp>(op))
      return;
    auto tiles = [&](ArrayRef<int64_t> sizes) {
      return b.getDictionaryAttr(
          b.getNamedAttr("tile_sizes", b.getDenseI64ArrayAttr(sizes)));
    };
    DictionaryAttr chosen;
    if (auto matmul = dyn_cast<rows::MatmulOp>(op))
      chosen = configureMatmul(b, cast<ShapedType>(matmul.getInit().getType()),
                               spec);
    else if (auto grouped = dyn_cast<rows::GroupedMatmulOp>(op))
      chosen = configureGrouped(b, grouped, spec);
    else if (auto product = dyn_cast<rows::FloatMatmulOp>(op))
      chosen = configureFloats(b, product, 64, spec);
    else if (auto grouped = dyn_cast<rows::GroupedFloatMatmulOp>(op))
      chosen = configureFloats(b, grouped, grouped.getSlices() ? 1 : 0, spec);
    else if (auto attention = dyn_cast<rows::AttentionOp>(op))
      chosen = configureAttention(attention, spec);
    else if (isa<rows::QuantizeOp, rows::NormOp, rows::PackOp, rows::TopKOp>(
                 op))
      chosen = tiles({8});
    else if (isa<rows::GroupOp, rows::SelectOp>(op))
      chosen = tiles({0});
    else if (auto nearest = dyn_cast<rows::NearestOp>(op))
      chosen = configureNearest(nearest, spec);
    else if (auto sum = dyn_cast<rows::SegmentSumOp>(op))
      chosen = sum.getBatchAxes() ? tiles({1, 1}) : tiles({1});
    else if (auto scan = dyn_cast<rows::ScanOp>(op))
      chosen = configureScan(scan, spec);
    else if (auto conv = dyn_cast<rows::CausalConvOp>(op))
      chosen = tiles({chooseConvChannels(conv)});
    else if (auto insert = dyn_cast<rows::InsertOp>(op))
      chosen = tiles(
          {chooseInsertedRows(cast<ShapedType>(insert.getInput().getType()))});
    else if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
      chosen = tiles(chooseLoopTiles(linalgOp));
    else
      return;
    NamedAttrList config(chosen);
    if (auto given = op->getAttrOfType<DictionaryAttr>("config"))
      for (NamedAttribute attr : given)
        config.set(attr.getName(), attr.getValue());
    op->setAttr("config", config.getDictionary(b.getContext()));
    if (isa<rows::MatmulOp, rows::GroupedMatmulOp>(op)) {
      StringRef engine = cast<StringAttr>(config.get("engine")).getValue();
      InFlightDiagnostic remark = op->emitRemark("dot products by ") << engine;
      if (engine == "portable")
        remark << ", plain arithmetic: " << spec.name
               << " names no feature with dot products (avx2, avxvnni, "
                  "avx512vnni, dotprod)";
      else
        remark << ", the widest engine that " << spec.name << " allows";
    }
  });
  return success();
}
