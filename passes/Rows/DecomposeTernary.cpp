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
#include "passes/Rows/RowProducts.h"
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
  LogicalResult decompose(ternary::QuantizeOp op) {
    auto type = cast<RankedTensorType>(op.getInput().getType());
    if (type.isDynamicDim(1))
      return op.emitOpError("columns must be static here, got ") << type;
    Location loc = op.getLoc();
    auto quantize =
        quantizeRows(b, loc, op.getInput(), {}, type.getDimSize(1),
                     op.getMode(), b.getF32FloatAttr(0.0f), op.getHadamard());
    op.getValues().replaceAllUsesWith(quantize.getResult(0));
    op.getScale().replaceAllUsesWith(quantize.getResult(1));
    op.erase();
    return success();
  }

  LogicalResult decompose(ternary::MatmulOp op) {
    FailureOr<ProductWeight> weight =
        loadProductWeight(weights, b, op, op.getWeight(), Value());
    if (failed(weight))
      return failure();
    Location loc = op.getLoc();
    int64_t paddedK = getRowBytes(weight->code, weight->k);
    SmallVector<Value> inits{
        emptyRows(b, loc, op.getInput(), {paddedK}, b.getI8Type()),
        emptyRows(b, loc, op.getInput(), {}, b.getI32Type())};
    auto pack = rows::PackOp::create(b, loc, TypeRange(ValueRange(inits)),
                                     op.getInput(), inits[0], inits[1],
                                     DictionaryAttr());
    Value result = buildMatmul(b, loc, pack.getResult(0), pack.getResult(1),
                               *weight, b.getI32Type(), {}, {},
                               [](ValueRange args) { return args[0]; });
    op.getResult().replaceAllUsesWith(result);
    op.erase();
    return success();
  }

  LogicalResult decompose(ternary::LinearOp op) {
    FailureOr<ProductWeight> weight =
        loadProductWeight(weights, b, op, op.getWeight(), op.getScale());
    if (failed(weight))
      return failure();
    op.getResult().replaceAllUsesWith(buildLinear(
        b, op.getLoc(), op.getInput(), op.getGain(), op.getEpsAttr(),
        op.getMode(), op.getHadamard(), *weight, op.getBias()));
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
