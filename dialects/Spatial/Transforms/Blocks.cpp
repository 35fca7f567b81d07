//===- Blocks.cpp - blocks of tokens in linalg ----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/Transforms/Blocks.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::spatial;

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;

Scalar spatial::getBlockSize(ReferenceBuilder &r, Value offsets, Scalar block) {
  Scalar end = extract(r, offsets, block + 1);
  return (end - extract(r, offsets, block)).to(r.b.getF32Type());
}

/// A token's block is the last one that begins at it or before: blocks without
/// tokens begin where the one behind them does.
Value spatial::getBlocks(ReferenceBuilder &r, Value offsets, int64_t tokens) {
  Type i32 = r.b.getI32Type();
  return r.reduce(offsets, {Axes{1}}, 2, {0}, toSizes(r, {tokens}),
                  r.b.getI32IntegerAttr(-1), [&](ValueRange args) -> Value {
                    Scalar begun = Scalar(r, args[0]) <= getLoop(r, 0).toI32();
                    return Scalar(r, args[1]) + begun.extendUnsigned(i32);
                  });
}

Value spatial::splitHeads(ReferenceBuilder &r, Value x, int64_t heads) {
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> shape{type.getDimSize(0), heads,
                             type.getDimSize(1) / heads, type.getDimSize(2)};
  return tensor::ExpandShapeOp::create(
      r.b, r.loc, type.clone(shape), x,
      SmallVector<ReassociationIndices>{{0}, {1, 2}, {3}}, toSizes(r, shape));
}
