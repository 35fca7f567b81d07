//===- BlockBuilder.cpp ---------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/Transforms/BlockBuilder.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::spatial;

using Axes = ternary::ReferenceBuilder::Axes;
using Sizes = ternary::ReferenceBuilder::Sizes;

Value BlockBuilder::blockSize(Value offsets, Value block) {
  Value size = emit<arith::SubIOp>(read(offsets, add(block, index(1))),
                                   read(offsets, block));
  return emit<arith::SIToFPOp>(r.b.getF32Type(), size);
}

/// A token's block is the last one that begins at it or before: blocks without
/// tokens begin where the one behind them does.
Value BlockBuilder::blocksOf(Value offsets, int64_t tokens) {
  Type i32 = r.b.getI32Type();
  return r.reduce(offsets, {Axes{1}}, 2, {0}, {r.b.getIndexAttr(tokens)},
                  r.b.getI32IntegerAttr(-1), [&](ValueRange args) -> Value {
                    Value token = emit<arith::IndexCastOp>(i32, loop(0));
                    Value begun =
                        compare(arith::CmpIPredicate::sle, args[0], token);
                    return add(args[1], emit<arith::ExtUIOp>(i32, begun));
                  });
}

Value BlockBuilder::splitHeads(Value x, int64_t heads) {
  auto type = cast<RankedTensorType>(x.getType());
  int64_t shared = type.getDimSize(1) / heads;
  Sizes sizes{r.b.getIndexAttr(type.getDimSize(0)), r.b.getIndexAttr(heads),
              r.b.getIndexAttr(shared), r.b.getIndexAttr(type.getDimSize(2))};
  return tensor::ExpandShapeOp::create(
      r.b, r.loc,
      type.clone({type.getDimSize(0), heads, shared, type.getDimSize(2)}), x,
      SmallVector<ReassociationIndices>{{0}, {1, 2}, {3}}, sizes);
}
