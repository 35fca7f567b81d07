//===- DecomposeLatent.cpp - latent ops to rows, ternary and linalg -------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every latent op but `moe` and `mamba`, which passes of their own have taken
// apart, `experts`, which needs the codes of its weights first
// (decompose-experts), and `dequantize`, whose products read what it stands
// for. What a pass has to see later becomes a rows op: norms, float products,
// the choice of experts, attention. What is elementwise, or a short sum,
// becomes linalg in the order that the op's description gives. Fails on a
// weight that no product on an optimised path takes, naming its type.
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/IR/Latent.h"
#include "dialects/Latent/Transforms/Activation.h"
#include "dialects/Ternary/Transforms/ReferenceBuilder.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Rows/Passes.h"
#include "passes/Rows/RouterBuilder.h"
#include "passes/Rows/RowProducts.h"

namespace tercet {
#define GEN_PASS_DEF_DECOMPOSELATENT
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

using Axes = ternary::ReferenceBuilder::Axes;
using Sizes = ternary::ReferenceBuilder::Sizes;

/// RMSNorm over the last axis, other axes taken together as rows.
static Value normalize(OpBuilder &b, Location loc, Value x, Value gain,
                       FloatAttr eps, int64_t parts = 1) {
  auto type = cast<RankedTensorType>(x.getType());
  int64_t rank = type.getRank();
  SmallVector<ReassociationIndices> groups(2);
  for (int64_t i = 0; i + 1 < rank; ++i)
    groups[0].push_back(i);
  groups[1].push_back(rank - 1);
  Sizes sizes = tensor::getMixedSizes(b, loc, x);
  if (rank > 2)
    x = tensor::CollapseShapeOp::create(b, loc, x, groups);
  Value init = tensor::EmptyOp::create(b, loc, tensor::getMixedSizes(b, loc, x),
                                       b.getF32Type());
  Value y =
      rows::NormOp::create(b, loc, TypeRange{init.getType()}, x, gain, init,
                           eps, b.getI64IntegerAttr(parts), DictionaryAttr())
          .getResult(0);
  if (rank > 2)
    y = tensor::ExpandShapeOp::create(b, loc, type, y, groups, sizes);
  return y;
}

static LogicalResult decompose(OpBuilder &b, latent::RmsNormOp op) {
  op.replaceAllUsesWith(
      normalize(b, op.getLoc(), op.getInput(), op.getGain(), op.getEpsAttr()));
  return success();
}

static LogicalResult decompose(OpBuilder &b, latent::EmbedOp op) {
  ternary::ReferenceBuilder r(b, op.getLoc());
  Location loc = op.getLoc();
  Sizes sizes{tensor::getMixedSize(b, loc, op.getIds(), 0),
              tensor::getMixedSize(b, loc, op.getTable(), 1)};
  op.replaceAllUsesWith(
      r.map(op.getIds(), {Axes{0}}, sizes, b.getF32Type(),
            [&](ValueRange args) -> Value {
              Value row =
                  arith::IndexCastOp::create(b, loc, b.getIndexType(), args[0]);
              Value column = linalg::IndexOp::create(b, loc, 1);
              return tensor::ExtractOp::create(b, loc, op.getTable(),
                                               ValueRange{row, column});
            }));
  return success();
}

static LogicalResult decompose(OpBuilder &b, latent::RotaryOp op) {
  ternary::ReferenceBuilder r(b, op.getLoc());
  Location loc = op.getLoc();
  int64_t half = op.getInput().getType().getDimSize(2) / 2;
  op.replaceAllUsesWith(r.map(
      op.getInput(), {Axes{0, 1, 2}}, r.getSizes(op.getInput()), b.getF32Type(),
      [&](ValueRange args) -> Value {
        auto at = [&](int64_t axis) -> Value {
          return linalg::IndexOp::create(b, loc, axis);
        };
        Value split = arith::ConstantIndexOp::create(b, loc, half);
        Value low = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult,
                                          at(2), split);
        Value up = arith::AddIOp::create(b, loc, at(2), split);
        Value down = arith::SubIOp::create(b, loc, at(2), split);
        Value other = arith::SelectOp::create(b, loc, low, up, down);
        Value angle = arith::SelectOp::create(b, loc, low, at(2), down);
        Value row = arith::AddIOp::create(b, loc, op.getPosition(), at(0));
        Value cos = tensor::ExtractOp::create(b, loc, op.getCos(),
                                              ValueRange{row, angle});
        Value sin = tensor::ExtractOp::create(b, loc, op.getSin(),
                                              ValueRange{row, angle});
        Value y = tensor::ExtractOp::create(b, loc, op.getInput(),
                                            ValueRange{at(0), at(1), other});
        Value straight = arith::MulFOp::create(b, loc, args[0], cos);
        Value across = arith::MulFOp::create(b, loc, y, sin);
        Value difference = arith::SubFOp::create(b, loc, straight, across);
        Value sum = arith::AddFOp::create(b, loc, straight, across);
        return arith::SelectOp::create(b, loc, low, difference, sum);
      }));
  return success();
}

static LogicalResult decompose(OpBuilder &b, latent::CombineOp op) {
  ternary::ReferenceBuilder r(b, op.getLoc());
  Location loc = op.getLoc();
  Sizes sizes = r.getSizes(op.getInput());
  SmallVector<Value> inputs{op.getInput()};
  SmallVector<Axes> axes{Axes{0, 1, 2}};
  if (op.getWeights()) {
    inputs.push_back(op.getWeights());
    axes.push_back(Axes{0, 1});
  }
  op.replaceAllUsesWith(
      r.reduce(inputs, axes, 3, {0, 2}, {sizes[0], sizes[2]},
               b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
                 Value x = args[0];
                 if (op.getWeights())
                   x = arith::MulFOp::create(b, loc, x, args[1]);
                 return arith::AddFOp::create(b, loc, args.back(), x);
               }));
  return success();
}

static LogicalResult decompose(OpBuilder &b, latent::ProjectOp op,
                               WeightTable &weights) {
  Location loc = op.getLoc();
  auto type = cast<RankedTensorType>(op.getWeight().getType());
  if (isa<ternary::TritType>(type.getElementType())) {
    // Its code is chosen later.
    op.replaceAllUsesWith(
        ternary::LinearOp::create(
            b, loc, op.getType(), op.getInput(), op.getWeight(), op.getScale(),
            op.getGain(), Value(), op.getEpsAttr(),
            ternary::QuantModeAttr::get(b.getContext(),
                                        ternary::QuantMode::AbsmaxI8))
            .getResult());
    return success();
  }
  FailureOr<ProductWeight> weight =
      loadProductWeight(weights, b, op, op.getWeight(), op.getScale());
  if (failed(weight))
    return failure();
  if (weight->code) {
    op.replaceAllUsesWith(buildLinear(
        b, loc, op.getInput(), op.getGain(), op.getEpsAttr(),
        ternary::QuantMode::AbsmaxI8, /*hadamard=*/false, *weight, Value()));
    return success();
  }
  Value x = op.getInput();
  if (op.getGain())
    x = normalize(b, loc, x, op.getGain(), op.getEpsAttr());
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  if (weight->scale) {
    operands.push_back(weight->scale);
    bool perOutput =
        cast<RankedTensorType>(weight->scale.getType()).getRank() == 1;
    maps.push_back(perOutput ? AffineMap::get(2, 0, b.getAffineDimExpr(1))
                             : AffineMap::get(2, 0, b.getContext()));
  }
  op.replaceAllUsesWith(buildFloatMatmul(
      b, loc, x, *weight, operands, maps, [&](ValueRange args) -> Value {
        if (!weight->scale)
          return args[0];
        return arith::MulFOp::create(b, loc, args[0], args[1]);
      }));
  return success();
}

static LogicalResult decompose(OpBuilder &b, latent::AttentionOp op) {
  Location loc = op.getLoc();
  Value length = op.getLength();
  if (!length)
    length = getValueOrCreateConstantIndexOp(
        b, loc, tensor::getMixedSize(b, loc, op.getKey(), 0));
  Sizes sizes = tensor::getMixedSizes(b, loc, op.getQuery());
  sizes[2] = tensor::getMixedSize(b, loc, op.getValue(), 2);
  Value init = tensor::EmptyOp::create(b, loc, sizes, b.getF32Type());
  auto attention = rows::AttentionOp::create(
      b, loc, TypeRange{init.getType()}, op.getQuery(), op.getKey(),
      op.getValue(), length, /*first=*/Value(), /*blocks=*/Value(),
      /*query_offsets=*/Value(), /*key_offsets=*/Value(), init,
      /*lse=*/Value(), op.getScaleAttr(), op.getCausalAttr(),
      /*block_size=*/DenseI64ArrayAttr(), DictionaryAttr());
  op.replaceAllUsesWith(attention.getResult(0));
  return success();
}

static LogicalResult decompose(OpBuilder &b, latent::CausalConvOp op) {
  Location loc = op.getLoc();
  Value init = tensor::EmptyOp::create(
      b, loc, tensor::getMixedSizes(b, loc, op.getInput()), b.getF32Type());
  auto conv = rows::CausalConvOp::create(
      b, loc, op->getResultTypes(), op.getInput(), op.getWeight(), op.getBias(),
      init, op.getState(), DictionaryAttr());
  op->replaceAllUsesWith(conv.getResults());
  return success();
}

static LogicalResult decompose(OpBuilder &b, latent::ScanOp op) {
  Location loc = op.getLoc();
  Value init = tensor::EmptyOp::create(
      b, loc, tensor::getMixedSizes(b, loc, op.getInput()), b.getF32Type());
  auto scan = rows::ScanOp::create(
      b, loc, op->getResultTypes(), op.getInput(), op.getDt(), op.getB(),
      op.getC(), op.getALog(), op.getDtBias(), op.getSkip(), init,
      op.getState(), op.getChunkAttr(), op.getMinStepAttr(), DictionaryAttr());
  op->replaceAllUsesWith(scan.getResults());
  return success();
}

static LogicalResult decompose(OpBuilder &b, latent::GatedNormOp op) {
  Location loc = op.getLoc();
  ternary::ReferenceBuilder r(b, loc);
  auto silu = latent::ActivationAttr::get(b.getContext(),
                                          latent::ActivationKind::SiluGlu,
                                          FloatAttr(), FloatAttr());
  Value gated =
      r.map({op.getInput(), op.getGate()}, {Axes{0, 1}, Axes{0, 1}},
            r.getSizes(op.getInput()), b.getF32Type(), [&](ValueRange args) {
              return latent::emitActivation(b, loc, silu, args[0], args[1]);
            });
  op.replaceAllUsesWith(
      normalize(b, loc, gated, op.getGain(), op.getEpsAttr(), op.getGroups()));
  return success();
}

static LogicalResult decompose(OpBuilder &b, latent::RouteOp op) {
  RouterBuilder router(b, op.getLoc(), op.getRouting());
  auto [ids, weights] =
      router.build(op.getInput(), op.getWeight(), op.getBias());
  op.getIds().replaceAllUsesWith(ids);
  op.getWeights().replaceAllUsesWith(weights);
  return success();
}

namespace {
struct DecomposeLatent : tercet::impl::DecomposeLatentBase<DecomposeLatent> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<latent::LatentDialect>(op->getDialect()) &&
          !isa<latent::ExpertsOp, latent::DequantizeOp>(op))
        ops.push_back(op);
    });
    OpBuilder b(&getContext());
    WeightTable weights(getOperation());
    for (Operation *op : ops) {
      b.setInsertionPoint(op);
      LogicalResult result =
          llvm::TypeSwitch<Operation *, LogicalResult>(op)
              .Case<latent::RmsNormOp, latent::EmbedOp, latent::RotaryOp,
                    latent::CombineOp, latent::RouteOp, latent::AttentionOp,
                    latent::CausalConvOp, latent::ScanOp, latent::GatedNormOp>(
                  [&](auto o) { return decompose(b, o); })
              .Case(
                  [&](latent::ProjectOp o) { return decompose(b, o, weights); })
              .Default([&](Operation *o) {
                return o->emitOpError("has no lowering to the rows level");
              });
      if (failed(result))
        return signalPassFailure();
      op->erase();
    }
  }
};
} // namespace
