//===- LowerRowsMatmul.cpp - rows.matmul to vectors or threads ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Generates the kernel of one workgroup's tile from four exchangeable parts:
// the row loader, the weight decoder (Code), the dot engine (DotEngine) and the
// epilogue region. With an engine of L lanes the 16 outputs of a panel are 16 /
// L vectors; with one lane (a GPU) a thread has one output.
//
//   for each panel of the tile (or: for each output of the thread)
//     for each block of MR rows
//       for each word of the panel
//         decode the word once; one dot product per row and group of four
//       subtract the rows' sums (codes are w + offset), run the epilogue, store
//
// The rows are cut into blocks of `row_block`, then of 4, then of 1, so that
// the work follows the number of rows there are. With few rows the groups have
// accumulators of their own, or else the additions would wait for each other.
//
// Assumes memrefs; a tile of outputs that begins at a panel; packed bytes and
// rows at multiples of four bytes. Integer sums are exact, so no order of
// additions matters. `config` names the engine; without one, or with an unknown
// one, the pass fails.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "dialects/Ternary/Codes/Code.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "passes/Kernels/DotEngine.h"
#include "passes/Kernels/Epilogue.h"
#include "passes/Kernels/Passes.h"
#include "llvm/Support/MathExtras.h"

namespace tercet {
#define GEN_PASS_DEF_LOWERROWSMATMUL
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using ternary::kPanelRows;

namespace {
class MatmulLowering {
public:
  MatmulLowering(rows::MatmulOp op, const kernels::DotEngine &engine)
      : op(op), engine(engine), code(ternary::getCode(op.getCode().getKind())),
        b(op), loc(op.getLoc()), lanes(engine.getLanes()) {
    auto config = op.getConfigAttr();
    auto get = [&](StringRef name, int64_t otherwise) {
      auto attr = config.getAs<IntegerAttr>(name);
      return attr ? attr.getInt() : otherwise;
    };
    rowBlock = std::max<int64_t>(get("row_block", 4), 1);
    prefetch = get("prefetch", 0);
    threads = get("threads", 1);
    i32 = b.getI32Type();
    wordType = lanes == 1 ? Type(i32) : VectorType::get({lanes}, i32);
    initType = cast<MemRefType>(op.getInit().getType());
  }

  void lower();

private:
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  Value getDim(Value memref, int64_t axis) {
    auto type = cast<MemRefType>(memref.getType());
    if (!type.isDynamicDim(axis))
      return index(type.getDimSize(axis));
    return memref::DimOp::create(b, loc, memref, axis);
  }
  void forEach(Value from, Value to, int64_t step,
               function_ref<void(Value)> body) {
    auto loop = scf::ForOp::create(b, loc, from, to, index(step));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  }

  void lowerRows(Value panel, Value lane, Value firstOutput);
  void lowerBlock(Value row, int64_t count, Value panel, Value lane,
                  Value firstOutput);
  SmallVector<Value> accumulate(Value row, int64_t count, Value panel,
                                Value lane);
  Value loadWord(Value panel, Value lane, Value word, int64_t part);
  Value loadActivations(Value row, Value column);
  Value emitEpilogue(Value acc, Value row, Value output, Value mask);
  Value splat(Value scalar);
  Value loadOutputs(Value memref, ValueRange indices, Value mask);
  void storeOutputs(Value value, Value row, Value output, Value mask);
  Type laneType(Type element) {
    return lanes == 1 ? element : Type(VectorType::get({lanes}, element));
  }

  rows::MatmulOp op;
  const kernels::DotEngine &engine;
  const ternary::Code &code;
  OpBuilder b;
  Location loc;
  int64_t lanes, rowBlock, prefetch, threads;
  Type i32, wordType;
  MemRefType initType;
  SmallVector<Value> setup;
};
} // namespace

void MatmulLowering::lower() {
  setup = code.emitSetup(b, loc, wordType, engine.getDecoderFeatures());
  Value n = getDim(op.getInit(), 1), zero = index(0);
  if (lanes > 1) {
    forEach(zero, n, kPanelRows, [&](Value output) {
      Value panel = arith::DivUIOp::create(b, loc, output, index(kPanelRows));
      lowerRows(panel, Value(), output);
    });
    return;
  }
  Value thread = gpu::ThreadIdOp::create(b, loc, gpu::Dimension::x);
  forEach(thread, n, threads, [&](Value output) {
    Value panel = arith::DivUIOp::create(b, loc, output, index(kPanelRows));
    Value lane = arith::RemUIOp::create(b, loc, output, index(kPanelRows));
    lowerRows(panel, lane, output);
  });
}

/// All rows of the tile against one panel (or one output of it).
void MatmulLowering::lowerRows(Value panel, Value lane, Value firstOutput) {
  int64_t staticRows = initType.getDimSize(0);
  auto block = [&](int64_t count) {
    return [=](Value row) { lowerBlock(row, count, panel, lane, firstOutput); };
  };
  if (!ShapedType::isDynamic(staticRows)) {
    int64_t full = staticRows / rowBlock * rowBlock, rest = staticRows - full;
    if (full)
      forEach(index(0), index(full), rowBlock, block(rowBlock));
    if (rest)
      lowerBlock(index(full), rest, panel, lane, firstOutput);
    return;
  }
  Value m = getDim(op.getInit(), 0), from = index(0);
  SmallVector<int64_t> counts{rowBlock};
  for (int64_t count : {4, 1})
    if (count < rowBlock)
      counts.push_back(count);
  bool exactTail = op.getConfigAttr().contains("exact_tail");
  for (int64_t count : counts) {
    Value to = m;
    if (count == 1 && exactTail) {
      // Few rows are the rule here: those left over share a decoded word, too.
      Value left = arith::SubIOp::create(b, loc, m, from);
      for (int64_t rest = 1; rest < std::min<int64_t>(rowBlock, 4); ++rest) {
        Value is = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, left,
                                         index(rest));
        auto guard = scf::IfOp::create(b, loc, is, /*withElseRegion=*/false);
        OpBuilder::InsertionGuard restore(b);
        b.setInsertionPointToStart(guard.thenBlock());
        block(rest)(from);
      }
      break;
    }
    if (count > 1) {
      // The end of the last whole block.
      Value left = arith::SubIOp::create(b, loc, m, from);
      Value over = arith::RemUIOp::create(b, loc, left, index(count));
      to = arith::SubIOp::create(b, loc, m, over);
    }
    forEach(from, to, count, block(count));
    from = to;
  }
}

Value MatmulLowering::loadWord(Value panel, Value lane, Value word,
                               int64_t part) {
  // Byte (word * 16 + lane) * 4 of the panel.
  Value byte = arith::MulIOp::create(b, loc, word, index(kPanelRows * 4));
  if (lane)
    byte = arith::AddIOp::create(b, loc, byte,
                                 arith::MulIOp::create(b, loc, lane, index(4)));
  else if (part)
    byte = arith::AddIOp::create(b, loc, byte, index(part * lanes * 4));
  if (prefetch && part == 0) {
    Value ahead = arith::AddIOp::create(b, loc, byte, index(prefetch));
    memref::PrefetchOp::create(b, loc, op.getWeight(), ValueRange{panel, ahead},
                               /*isWrite=*/false, /*localityHint=*/3,
                               /*isDataCache=*/true);
  }
  auto bytes = VectorType::get({lanes * 4}, b.getI8Type());
  Value loaded = vector::LoadOp::create(
      b, loc, bytes, op.getWeight(), ValueRange{panel, byte},
      /*nontemporal=*/false, llvm::MaybeAlign(4));
  Value words =
      vector::BitCastOp::create(b, loc, VectorType::get({lanes}, i32), loaded);
  return lanes == 1
             ? vector::ExtractOp::create(b, loc, words, int64_t(0)).getResult()
             : words;
}

/// Four activation bytes in every lane.
Value MatmulLowering::loadActivations(Value row, Value column) {
  auto bytes = VectorType::get({4}, b.getI8Type());
  Value loaded = vector::LoadOp::create(
      b, loc, bytes, op.getInput(), ValueRange{row, column},
      /*nontemporal=*/false, llvm::MaybeAlign(4));
  Value word =
      vector::BitCastOp::create(b, loc, VectorType::get({1}, i32), loaded);
  return splat(vector::ExtractOp::create(b, loc, word, int64_t(0)));
}

Value MatmulLowering::splat(Value scalar) {
  if (lanes == 1 || isa<VectorType>(scalar.getType()))
    return scalar;
  return vector::BroadcastOp::create(b, loc, laneType(scalar.getType()),
                                     scalar);
}

/// The dot products of `count` rows with a panel: count * parts accumulators,
/// rows outermost.
SmallVector<Value> MatmulLowering::accumulate(Value row, int64_t count,
                                              Value panel, Value lane) {
  int64_t parts = lanes == 1 ? 1 : kPanelRows / lanes;
  int64_t groups = code.getWeightsPerWord() / 4;
  // Few rows leave few accumulators, and a dot product has to wait for the one
  // before it on the same accumulator: at least eight hide that.
  int64_t chains =
      std::clamp<int64_t>(llvm::divideCeil(8, count * parts), 1, groups);
  Value zero = arith::ConstantOp::create(
      b, loc, cast<TypedAttr>(b.getZeroAttr(wordType)));
  SmallVector<Value> inits(count * parts * chains, zero);
  SmallVector<Value> rowIndices;
  for (int64_t i = 0; i < count; ++i)
    rowIndices.push_back(
        i ? arith::AddIOp::create(b, loc, row, index(i)).getResult() : row);

  auto loop = scf::ForOp::create(
      b, loc, index(0), index(code.getWordsPerRow(op.getK())), index(1), inits);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value word = loop.getInductionVar();
    SmallVector<Value> accs(loop.getRegionIterArgs());
    SmallVector<SmallVector<Value>> decoded;
    for (int64_t part = 0; part < parts; ++part)
      decoded.push_back(code.emitDecode(b, loc,
                                        loadWord(panel, lane, word, part),
                                        setup, engine.getDecoderFeatures()));
    Value column =
        arith::MulIOp::create(b, loc, word, index(code.getWeightsPerWord()));
    for (int64_t g = 0; g < groups; ++g) {
      Value at =
          g ? arith::AddIOp::create(b, loc, column, index(4 * g)).getResult()
            : column;
      for (int64_t r = 0; r < count; ++r) {
        Value acts = loadActivations(rowIndices[r], at);
        for (int64_t part = 0; part < parts; ++part) {
          Value &acc = accs[(r * parts + part) * chains + g % chains];
          acc = engine.emitDotOf(code, b, loc, acc, decoded[part][g], acts);
        }
      }
    }
    scf::YieldOp::create(b, loc, accs);
  }
  SmallVector<Value> sums;
  for (int64_t i = 0; i < count * parts; ++i) {
    Value sum = loop.getResult(i * chains);
    for (int64_t c = 1; c < chains; ++c)
      sum = arith::AddIOp::create(b, loc, sum, loop.getResult(i * chains + c));
    sums.push_back(sum);
  }
  return sums;
}

void MatmulLowering::lowerBlock(Value row, int64_t count, Value panel,
                                Value lane, Value firstOutput) {
  SmallVector<Value> sums = accumulate(row, count, panel, lane);
  int64_t parts = sums.size() / count;
  int64_t n = initType.getDimSize(1);
  bool ragged = lanes > 1 && (ShapedType::isDynamic(n) || n % kPanelRows != 0);
  for (int64_t part = 0; part < parts; ++part) {
    Value output =
        part ? arith::AddIOp::create(b, loc, firstOutput, index(part * lanes))
                   .getResult()
             : firstOutput;
    Value mask;
    if (ragged) {
      Value left =
          arith::SubIOp::create(b, loc, getDim(op.getInit(), 1), output);
      mask = vector::CreateMaskOp::create(
          b, loc, VectorType::get({lanes}, b.getI1Type()), left);
    }
    for (int64_t r = 0; r < count; ++r) {
      Value at =
          r ? arith::AddIOp::create(b, loc, row, index(r)).getResult() : row;
      Value acc = sums[r * parts + part];
      if (int64_t offset = engine.getOffsetOf(code)) {
        Value rowSum = memref::LoadOp::create(b, loc, op.getSums(), at);
        if (offset != 1)
          rowSum = arith::MulIOp::create(
              b, loc, rowSum,
              arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(offset)));
        acc = arith::SubIOp::create(b, loc, acc, splat(rowSum));
      }
      storeOutputs(emitEpilogue(acc, at, output, mask), at, output, mask);
    }
  }
}

Value MatmulLowering::loadOutputs(Value memref, ValueRange indices,
                                  Value mask) {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  if (lanes == 1)
    return memref::LoadOp::create(b, loc, memref, indices);
  auto type = cast<VectorType>(laneType(element));
  if (!mask)
    return vector::LoadOp::create(b, loc, type, memref, indices);
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(type));
  return vector::MaskedLoadOp::create(b, loc, type, memref, indices, mask,
                                      zero);
}

void MatmulLowering::storeOutputs(Value value, Value row, Value output,
                                  Value mask) {
  SmallVector<Value> indices{row, output};
  int64_t n = initType.getDimSize(1);
  Type element = initType.getElementType();
  if (mask && element.isInteger() && element.getIntOrFloatBitWidth() < 32 &&
      (ShapedType::isDynamic(n) || n % lanes == 1)) {
    // Lane by lane: LLVM 22 for x86 merges a mask of one lane with a truncation
    // of the value and then stores all bytes that there were before.
    Value left = mask.getDefiningOp<vector::CreateMaskOp>().getOperand(0);
    for (int64_t lane = 0; lane < lanes; ++lane) {
      Value inside = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt,
                                           index(lane), left);
      auto guard = scf::IfOp::create(b, loc, inside, /*withElseRegion=*/false);
      OpBuilder::InsertionGuard restore(b);
      b.setInsertionPointToStart(guard.thenBlock());
      Value at = arith::AddIOp::create(b, loc, output, index(lane));
      memref::StoreOp::create(b, loc,
                              vector::ExtractOp::create(b, loc, value, lane),
                              op.getInit(), ValueRange{row, at});
    }
    return;
  }
  if (lanes == 1)
    memref::StoreOp::create(b, loc, value, op.getInit(), indices);
  else if (!mask)
    vector::StoreOp::create(b, loc, value, op.getInit(), indices);
  else
    vector::MaskedStoreOp::create(b, loc, op.getInit(), indices, mask, value);
}

Value MatmulLowering::emitEpilogue(Value acc, Value row, Value output,
                                   Value mask) {
  return kernels::cloneEpilogue(b, loc, op.getEpilogue().front(), acc,
                                op.getEpilogueMapsArray(),
                                op.getEpilogueOperands(), row, output,
                                [&](Value memref, ValueRange indices) {
                                  return loadOutputs(memref, indices, mask);
                                });
}

namespace {
struct LowerRowsMatmul : tercet::impl::LowerRowsMatmulBase<LowerRowsMatmul> {
  void getDependentDialects(DialectRegistry &registry) const override {
    LowerRowsMatmulBase::getDependentDialects(registry);
    kernels::registerDotEngineDialects(registry);
  }

  void runOnOperation() override {
    SmallVector<rows::MatmulOp> ops;
    getOperation().walk([&](rows::MatmulOp op) { ops.push_back(op); });
    for (rows::MatmulOp op : ops) {
      auto config = op.getConfigAttr();
      auto name = config ? config.getAs<StringAttr>("engine") : StringAttr();
      const kernels::DotEngine *engine =
          name ? kernels::lookupDotEngine(name.getValue()) : nullptr;
      if (!isa<MemRefType>(op.getInit().getType()) || !engine) {
        op.emitError("cannot be lowered: needs memrefs and a config with the "
                     "name of a dot engine");
        return signalPassFailure();
      }
      MatmulLowering(op, *engine).lower();
      op.erase();
    }
  }
};
} // namespace
