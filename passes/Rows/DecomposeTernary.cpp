//===- DecomposeTernary.cpp - ternary ops to rows ops ---------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rewrites the ternary dialect to rows ops and weight declarations. Assumes
// every ternary weight is coded (select-codes) and comes from an external
// global, directly or through `ternary.ternarize`; anything else is an error
// that names the op, because a weight's bytes are not in the IR to compute
// with.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Rows/Passes.h"
#include "passes/Rows/RowLayout.h"
#include "passes/Rows/WeightTable.h"

namespace tercet {
#define GEN_PASS_DEF_DECOMPOSETERNARY
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

namespace {
class Decomposer {
public:
  Decomposer(ModuleOp module) : weights(module), b(module.getContext()) {}

  LogicalResult run(ModuleOp module) {
    SmallVector<Operation *> ops;
    module.walk([&](Operation *op) {
      if (isa<ternary::LinearOp, ternary::QuantizeOp, ternary::MatmulOp,
              ternary::TernarizeOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      b.setInsertionPoint(op);
      LogicalResult result =
          llvm::TypeSwitch<Operation *, LogicalResult>(op)
              .Case([&](ternary::LinearOp o) { return decompose(o); })
              .Case([&](ternary::QuantizeOp o) { return decompose(o); })
              .Case([&](ternary::MatmulOp o) { return decompose(o); })
              .Case([&](ternary::TernarizeOp o) { return decomposeScale(o); });
      if (failed(result))
        return failure();
    }
    return eraseDeadChains(module);
  }

private:
  Value empty(Location loc, Value like, ArrayRef<int64_t> tail, Type element) {
    auto type = cast<RankedTensorType>(like.getType());
    SmallVector<int64_t> shape{type.getDimSize(0)};
    shape.append(tail.begin(), tail.end());
    SmallVector<Value> sizes;
    if (type.isDynamicDim(0))
      sizes.push_back(tensor::DimOp::create(b, loc, like, 0));
    return tensor::EmptyOp::create(b, loc, shape, element, sizes);
  }

  /// The packed bytes of a coded ternary weight.
  FailureOr<Value> loadPacked(Operation *user, Value weight) {
    auto type = cast<RankedTensorType>(weight.getType());
    ternary::CodeAttr code = ternary::getCode(type);
    if (!code)
      return user->emitOpError("weight has no storage code; run select-codes");
    Value source = weight;
    if (auto encode = source.getDefiningOp<ternary::EncodeOp>())
      source = encode.getInput();
    return weights.loadPacked(b, user, source, type, code);
  }

  LogicalResult decompose(ternary::QuantizeOp op) {
    auto type = cast<RankedTensorType>(op.getInput().getType());
    if (type.isDynamicDim(1))
      return op.emitOpError("columns must be static here, got ") << type;
    Location loc = op.getLoc();
    auto quantize =
        quantizeRows(loc, op.getInput(), {}, type.getDimSize(1), op.getMode(),
                     b.getF32FloatAttr(0.0f), op.getHadamard());
    op.getValues().replaceAllUsesWith(quantize.getResult(0));
    op.getScale().replaceAllUsesWith(quantize.getResult(1));
    op.erase();
    return success();
  }

  rows::QuantizeOp quantizeRows(Location loc, Value input, Value gain,
                                int64_t paddedK, ternary::QuantMode mode,
                                FloatAttr eps, bool hadamard) {
    SmallVector<Value> inits{empty(loc, input, {paddedK}, b.getI8Type()),
                             empty(loc, input, {}, b.getF32Type()),
                             empty(loc, input, {}, b.getI32Type())};
    return rows::QuantizeOp::create(
        b, loc, TypeRange(ValueRange(inits)), input, gain, inits[0], inits[1],
        inits[2], ternary::QuantModeAttr::get(b.getContext(), mode), eps,
        hadamard ? b.getUnitAttr() : UnitAttr(), DictionaryAttr());
  }

  rows::MatmulOp matmulRows(Location loc, Value values, Value sums,
                            Value packed, ternary::CodeAttr code, int64_t n,
                            int64_t k, Type element, ValueRange operands,
                            ArrayRef<AffineMap> maps) {
    Value init = empty(loc, values, {n}, element);
    auto matmul = rows::MatmulOp::create(
        b, loc, TypeRange{init.getType()}, code, b.getI64IntegerAttr(k), values,
        sums, packed, operands, init, b.getAffineMapArrayAttr(maps),
        DictionaryAttr());
    Block &body = matmul.getEpilogue().emplaceBlock();
    body.addArgument(b.getI32Type(), loc);
    for (Value v : operands)
      body.addArgument(getElementTypeOrSelf(v.getType()), loc);
    return matmul;
  }

  LogicalResult decompose(ternary::MatmulOp op) {
    FailureOr<Value> packed = loadPacked(op, op.getWeight());
    if (failed(packed))
      return failure();
    Location loc = op.getLoc();
    auto type = cast<RankedTensorType>(op.getWeight().getType());
    int64_t n = type.getDimSize(0), k = type.getDimSize(1);
    ternary::CodeAttr code = ternary::getCode(type);
    int64_t paddedK = getRowBytes(code, k);
    SmallVector<Value> inits{
        empty(loc, op.getInput(), {paddedK}, b.getI8Type()),
        empty(loc, op.getInput(), {}, b.getI32Type())};
    auto pack = rows::PackOp::create(b, loc, TypeRange(ValueRange(inits)),
                                     op.getInput(), inits[0], inits[1],
                                     DictionaryAttr());
    auto matmul = matmulRows(loc, pack.getResult(0), pack.getResult(1), *packed,
                             code, n, k, b.getI32Type(), {}, {});
    OpBuilder::InsertionGuard guard(b);
    Block &body = matmul.getEpilogue().front();
    b.setInsertionPointToEnd(&body);
    rows::YieldOp::create(b, loc, body.getArgument(0));
    op.getResult().replaceAllUsesWith(matmul.getResult(0));
    op.erase();
    return success();
  }

  LogicalResult decompose(ternary::LinearOp op) {
    FailureOr<Value> packed = loadPacked(op, op.getWeight());
    if (failed(packed))
      return failure();
    Location loc = op.getLoc();
    auto type = cast<RankedTensorType>(op.getWeight().getType());
    int64_t n = type.getDimSize(0), k = type.getDimSize(1);
    ternary::CodeAttr code = ternary::getCode(type);
    int64_t paddedK = getRowBytes(code, k);
    auto quantize =
        quantizeRows(loc, op.getInput(), op.getGain(), paddedK, op.getMode(),
                     op.getEpsAttr(), op.getHadamard());

    MLIRContext *ctx = b.getContext();
    AffineExpr r = b.getAffineDimExpr(0), o = b.getAffineDimExpr(1);
    AffineMap none = AffineMap::get(2, 0, ctx),
              perRow = AffineMap::get(2, 0, r),
              perOutput = AffineMap::get(2, 0, o);
    bool scalePerOutput =
        cast<RankedTensorType>(op.getScale().getType()).getRank() == 1;
    SmallVector<Value> operands{quantize.getResult(1), op.getScale()};
    SmallVector<AffineMap> maps{perRow, scalePerOutput ? perOutput : none};
    if (op.getBias()) {
      operands.push_back(op.getBias());
      maps.push_back(perOutput);
    }
    auto matmul =
        matmulRows(loc, quantize.getResult(0), quantize.getResult(2), *packed,
                   code, n, k, b.getF32Type(), operands, maps);
    OpBuilder::InsertionGuard guard(b);
    Block &body = matmul.getEpilogue().front();
    b.setInsertionPointToEnd(&body);
    // y = float(acc) * (a[m] * scale) [+ bias[n]], in this order.
    Value acc =
        arith::SIToFPOp::create(b, loc, b.getF32Type(), body.getArgument(0));
    Value scale =
        arith::MulFOp::create(b, loc, body.getArgument(1), body.getArgument(2));
    Value y = arith::MulFOp::create(b, loc, acc, scale);
    if (op.getBias())
      y = arith::AddFOp::create(b, loc, y, body.getArgument(3));
    rows::YieldOp::create(b, loc, y);
    op.getResult().replaceAllUsesWith(matmul.getResult(0));
    op.erase();
    return success();
  }

  /// The trits of a ternarize were taken by its users; its scale is data of its
  /// own.
  LogicalResult decomposeScale(ternary::TernarizeOp op) {
    if (op.getScale().use_empty())
      return success();
    FailureOr<Value> scale = weights.loadScale(b, op);
    if (failed(scale))
      return failure();
    op.getScale().replaceAllUsesWith(*scale);
    return success();
  }

  /// Weight chains have no users left; anything else of the dialect is a use of
  /// a weight that no kernel can serve.
  LogicalResult eraseDeadChains(ModuleOp module) {
    SmallVector<Operation *> chain;
    module.walk([&](Operation *op) {
      if (isa<ternary::EncodeOp, ternary::DecodeOp, ternary::TernarizeOp>(op))
        chain.push_back(op);
    });
    for (Operation *op : llvm::reverse(chain)) {
      if (!op->use_empty())
        return op->emitOpError("is used other than as the weight of a "
                               "ternary.matmul or ternary.linear, which is not "
                               "supported");
      op->erase();
    }
    return success();
  }

  WeightTable weights;
  OpBuilder b;
};

struct DecomposeTernary : tercet::impl::DecomposeTernaryBase<DecomposeTernary> {
  void runOnOperation() override {
    if (failed(Decomposer(getOperation()).run(getOperation())))
      signalPassFailure();
  }
};
} // namespace
