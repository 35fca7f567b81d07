//===- LowerRowsGroupedMatmul.cpp - products by slice to plain ones -------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A rows.grouped_matmul becomes loops around a rows.matmul on views, and a
// rows.grouped_float_matmul loops around a rows.float_matmul: of one row and
// its slice where every row names its slice, of some sorted rows of a
// slice where offsets say which those are. So every code, dot engine and target
// serves grouped products too, and no weight is ever copied. Sorted rows
// that an index picks from the input are copied into a small buffer, which a
// tile of outputs reads once for each of its panels.
//
// Assumes memrefs, and a config for the product inside; runs before
// lower-rows-matmul, lower-rows-float-matmul and the counterparts of the GPUs.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "passes/Kernels/Passes.h"
#include "llvm/ADT/MapVector.h"

namespace tercet {
#define GEN_PASS_DEF_LOWERROWSGROUPEDMATMUL
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

/// Sorted rows that are multiplied at once: as many as a register tile of the
/// widest engine.
static constexpr int64_t kRows = 16;

namespace {
template <typename Op> class GroupedLowering {
public:
  explicit GroupedLowering(Op op) : op(op), b(op), loc(op.getLoc()) {
    NamedAttrList config(op.getConfigAttr());
    if (auto rows = dyn_cast_or_null<IntegerAttr>(config.get("group_rows")))
      blockRows = rows.getInt();
    // The product inside has rows of its own.
    if (auto tiles =
            dyn_cast_or_null<DenseI64ArrayAttr>(config.get("tile_sizes"));
        tiles && tiles.size() == 2)
      config.set("tile_sizes",
                 b.getDenseI64ArrayAttr(
                     {op.getSlices() ? int64_t(1) : blockRows, tiles[1]}));
    if (op.getConfigAttr())
      inner = config.getDictionary(b.getContext());
  }

  void lower() {
    if (op.getSlices())
      lowerPairs();
    else
      lowerSorted();
    op.erase();
  }

private:
  static constexpr bool isFloat =
      std::is_same_v<Op, rows::GroupedFloatMatmulOp>;

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  void forEach(Value from, Value to, int64_t step,
               function_ref<void(Value)> body) {
    auto loop = scf::ForOp::create(b, loc, from, to, index(step));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  }
  Value getRows() {
    return memref::DimOp::create(b, loc, op.getInit(), index(0));
  }
  /// An i32 of a vector as an index.
  Value loadIndex(Value vector, Value at) {
    Value value = memref::LoadOp::create(b, loc, vector, at);
    return arith::IndexCastOp::create(b, loc, b.getIndexType(), value);
  }

  /// `count` elements of the first axis from `at` on, all of the others.
  Value view(Value memref, Value at, OpFoldResult count) {
    auto type = cast<MemRefType>(memref.getType());
    SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0)),
        sizes = memref::getMixedSizes(b, loc, memref),
        strides(type.getRank(), b.getIndexAttr(1));
    offsets[0] = at;
    sizes[0] = count;
    return memref::SubViewOp::create(b, loc, memref, offsets, sizes, strides);
  }
  /// Element `at` of the first axis, which the result has no longer.
  Value element(Value memref, Value at) {
    auto type = cast<MemRefType>(memref.getType());
    SmallVector<OpFoldResult> offsets(type.getRank(), b.getIndexAttr(0)),
        sizes = memref::getMixedSizes(b, loc, memref),
        strides(type.getRank(), b.getIndexAttr(1));
    offsets[0] = at;
    sizes[0] = b.getIndexAttr(1);
    auto reduced = memref::SubViewOp::inferRankReducedResultType(
        type.getShape().drop_front(), type, offsets, sizes, strides);
    return memref::SubViewOp::create(b, loc, reduced, memref, offsets, sizes,
                                     strides);
  }

  /// The product of `count` rows from `row` on with slice `g`. `input` gives
  /// what stands for an operand that goes with input rows.
  void emitMatmul(Value row, OpFoldResult count, Value g,
                  function_ref<Value(Value)> input) {
    AffineExpr r = b.getAffineDimExpr(0), n = b.getAffineDimExpr(1);
    MLIRContext *ctx = b.getContext();
    SmallVector<Value> operands;
    SmallVector<AffineMap> maps;
    for (auto [map, operand] :
         llvm::zip(op.getEpilogueMapsArray(), op.getEpilogueOperands())) {
      unsigned axis =
          map.getNumResults() ? map.getDimPosition(0) : unsigned(-1);
      if (map.getNumResults() == 2) {
        operands.push_back(view(operand, row, count));
        maps.push_back(AffineMap::get(2, 0, {r, n}, ctx));
      } else if (axis == 0) {
        operands.push_back(view(operand, row, count));
        maps.push_back(AffineMap::get(2, 0, r));
      } else if (axis == 1) {
        operands.push_back(operand);
        maps.push_back(AffineMap::get(2, 0, n));
      } else if (axis == 2) {
        operands.push_back(element(operand, g));
        maps.push_back(AffineMap::get(2, 0, ctx));
      } else if (axis == 3) {
        operands.push_back(input(operand));
        maps.push_back(AffineMap::get(2, 0, r));
      } else {
        operands.push_back(operand);
        maps.push_back(AffineMap::get(2, 0, ctx));
      }
    }
    Operation *matmul =
        emitProduct(g, input, operands, view(op.getInit(), row, count),
                    b.getAffineMapArrayAttr(maps));
    IRMapping mapping;
    op.getEpilogue().cloneInto(&matmul->getRegion(0), mapping);
  }

  /// The plain product with slice `g`, its region empty.
  Operation *emitProduct(Value g, function_ref<Value(Value)> input,
                         ValueRange operands, Value init, ArrayAttr maps) {
    if constexpr (isFloat)
      return rows::FloatMatmulOp::create(
          b, loc, TypeRange{}, input(op.getInput()), element(op.getWeight(), g),
          op.getBlockScales() ? element(op.getBlockScales(), g) : Value(),
          /*index=*/Value(), operands, init, op.getFormatAttr(), maps, inner);
    else
      return rows::MatmulOp::create(
          b, loc, TypeRange{}, op.getCodeAttr(), op.getKAttr(),
          input(op.getInput()), input(op.getSums()), element(op.getWeight(), g),
          operands, init, maps, inner);
  }

  void lowerPairs() {
    forEach(index(0), getRows(), 1, [&](Value row) {
      Value g = loadIndex(op.getSlices(), row);
      Value m = op.getIndex() ? loadIndex(op.getIndex(), row) : row;
      OpFoldResult one = b.getIndexAttr(1);
      emitMatmul(row, one, g, [&](Value v) { return view(v, m, one); });
    });
  }

  void lowerSorted() {
    // Buffers for the rows that an index picks, one for each operand.
    llvm::MapVector<Value, Value> buffers;
    if (op.getIndex()) {
      auto add = [&](Value v) {
        auto type = cast<MemRefType>(v.getType());
        SmallVector<int64_t> shape(type.getShape());
        shape[0] = blockRows;
        buffers[v] = memref::AllocOp::create(
            b, loc, MemRefType::get(shape, type.getElementType()),
            b.getI64IntegerAttr(64));
      };
      add(op.getInput());
      if constexpr (!isFloat)
        add(op.getSums());
      for (auto [map, operand] :
           llvm::zip(op.getEpilogueMapsArray(), op.getEpilogueOperands()))
        if (map.getNumResults() == 1 && map.getDimPosition(0) == 3 &&
            !buffers.contains(operand))
          add(operand);
    }
    int64_t groups = cast<MemRefType>(op.getWeight().getType()).getDimSize(0);
    forEach(index(0), index(groups), 1, [&](Value g) {
      Value next = arith::AddIOp::create(b, loc, g, index(1));
      Value from = loadIndex(op.getOffsets(), g),
            to = loadIndex(op.getOffsets(), next);
      forEach(from, to, blockRows, [&](Value row) {
        Value left = arith::SubIOp::create(b, loc, to, row);
        OpFoldResult count =
            arith::MinSIOp::create(b, loc, left, index(blockRows)).getResult();
        for (auto &entry : buffers)
          forEach(index(0), cast<Value>(count), 1, [&](Value i) {
            Value at = arith::AddIOp::create(b, loc, row, i);
            Value m = loadIndex(op.getIndex(), at);
            OpFoldResult one = b.getIndexAttr(1);
            linalg::CopyOp::create(b, loc, view(entry.first, m, one),
                                   view(entry.second, i, one));
          });
        emitMatmul(row, count, g, [&](Value v) {
          auto *found = buffers.find(v);
          return found == buffers.end() ? view(v, row, count)
                                        : view(found->second, index(0), count);
        });
      });
    });
  }

  Op op;
  /// Of the product inside.
  DictionaryAttr inner;
  /// Sorted rows that are multiplied at once.
  int64_t blockRows = kRows;
  OpBuilder b;
  Location loc;
};

struct LowerRowsGroupedMatmul
    : tercet::impl::LowerRowsGroupedMatmulBase<LowerRowsGroupedMatmul> {
  void runOnOperation() override {
    if (failed(lowerAll<rows::GroupedMatmulOp>()) ||
        failed(lowerAll<rows::GroupedFloatMatmulOp>()))
      signalPassFailure();
  }

  template <typename Op> LogicalResult lowerAll() {
    SmallVector<Op> ops;
    getOperation().walk([&](Op op) { ops.push_back(op); });
    for (Op op : ops) {
      if (!isa<MemRefType>(op.getInit().getType()))
        return op.emitError("cannot be lowered before it is bufferized");
      GroupedLowering<Op>(op).lower();
    }
    return success();
  }
};
} // namespace
