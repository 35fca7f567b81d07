//===- DecomposeMamba.cpp - a Mamba-2 mixer as its parts ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Rewrites latent.mamba to the ops that its description names, with columns of
// the projection and of the convolution taken by tensor.extract_slice, which
// later becomes a view, and the norm as that of the projection. Assumes nothing
// about where weights come from.
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/Transforms/Passes.h"
#include "dialects/Ternary/Transforms/ReferenceBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tercet {
#define GEN_PASS_DEF_DECOMPOSEMAMBA
#include "dialects/Latent/Transforms/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;
using namespace tercet::latent;

using Axes = ternary::ReferenceBuilder::Axes;

namespace {
class MambaBuilder {
public:
  MambaBuilder(OpBuilder &b, MambaOp op)
      : op(op), b(b), loc(op.getLoc()),
        steps(cast<RankedTensorType>(op.getInput().getType()).getDimSize(0)) {}

  SmallVector<Value> build();

private:
  RankedTensorType byStep(ArrayRef<int64_t> tail) {
    SmallVector<int64_t> shape{steps};
    shape.append(tail.begin(), tail.end());
    return RankedTensorType::get(shape, b.getF32Type());
  }

  Value project(Value x, Value weight, Value scale, Value gain = {}) {
    int64_t outputs = cast<RankedTensorType>(weight.getType()).getDimSize(0);
    return ProjectOp::create(b, loc, byStep(outputs), x, weight, scale, gain,
                             op.getEpsAttr());
  }

  /// Columns [from, from + count) of x.
  Value columns(Value x, int64_t from, int64_t count) {
    SmallVector<OpFoldResult> offsets{b.getIndexAttr(0), b.getIndexAttr(from)},
        sizes{tensor::getMixedSize(b, loc, x, 0), b.getIndexAttr(count)},
        strides(2, b.getIndexAttr(1));
    return tensor::ExtractSliceOp::create(b, loc, byStep(count), x, offsets,
                                          sizes, strides);
  }

  /// x [T, outer * inner] as [T, outer, inner].
  Value split(Value x, int64_t outer, int64_t inner) {
    SmallVector<OpFoldResult> sizes{tensor::getMixedSize(b, loc, x, 0),
                                    b.getIndexAttr(outer),
                                    b.getIndexAttr(inner)};
    return tensor::ExpandShapeOp::create(b, loc, byStep({outer, inner}), x,
                                         apart, sizes);
  }

  MambaOp op;
  OpBuilder &b;
  Location loc;
  int64_t steps;
  SmallVector<ReassociationIndices> apart{{0}, {1, 2}};
};
} // namespace

SmallVector<Value> MambaBuilder::build() {
  auto shape = cast<RankedTensorType>(op.getState().getType()).getShape();
  int64_t heads = shape[0], values = shape[1], states = shape[2],
          groups = op.getGroups(), inner = heads * values,
          shared = groups * states, channels = inner + 2 * shared;

  Value projected = project(op.getInput(), op.getInProject(),
                            op.getInProjectScale(), op.getGain());
  auto conv = CausalConvOp::create(
      b, loc, byStep(channels), op.getConvState().getType(),
      columns(projected, inner, channels), op.getConv(), op.getConvBias(),
      op.getConvState());
  Value mixed = conv.getResult();
  auto scan = ScanOp::create(
      b, loc, byStep({heads, values}), op.getState().getType(),
      split(columns(mixed, 0, inner), heads, values),
      columns(projected, inner + channels, heads),
      split(columns(mixed, inner, shared), groups, states),
      split(columns(mixed, inner + shared, shared), groups, states),
      op.getALog(), op.getDtBias(), op.getSkip(), op.getState(),
      op.getMinStepAttr(), op.getChunkAttr());
  Value y = tensor::CollapseShapeOp::create(b, loc, byStep(inner),
                                            scan.getResult(), apart);
  Value normed = GatedNormOp::create(
      b, loc, y.getType(), y, columns(projected, 0, inner), op.getGateGain(),
      op.getGroupsAttr(), op.getEpsAttr());
  Value result = project(normed, op.getOutProject(), op.getOutProjectScale());
  if (op.getResidual()) {
    ternary::ReferenceBuilder r(b, loc);
    result = r.map({op.getInput(), result}, {Axes{0, 1}, Axes{0, 1}},
                   r.getSizes(result), b.getF32Type(),
                   [&](ValueRange args) -> Value {
                     return arith::AddFOp::create(b, loc, args[0], args[1]);
                   });
  }
  return {result, conv.getNewState(), scan.getNewState()};
}

namespace {
struct DecomposeMamba : tercet::impl::DecomposeMambaBase<DecomposeMamba> {
  void runOnOperation() override {
    SmallVector<MambaOp> blocks;
    getOperation()->walk([&](MambaOp op) { blocks.push_back(op); });
    for (MambaOp op : blocks) {
      OpBuilder b(op);
      op->replaceAllUsesWith(MambaBuilder(b, op).build());
      op.erase();
      ++numBlocks;
    }
  }
};
} // namespace
