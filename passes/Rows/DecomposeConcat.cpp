//===- DecomposeConcat.cpp - tensor.concat as elementwise work ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// An element of the result is that of the operand in whose range its index
// lies; all operands are read, at places that they have, and one is selected.
// Upstream's decomposition would insert slices into a tensor that is no state,
// which a plan has no command for. Assumes that the axis of concatenation is
// static in every operand, and fails where it is not.
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Transforms/ReferenceBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Rows/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_DECOMPOSECONCAT
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

static LogicalResult decompose(tensor::ConcatOp op) {
  OpBuilder b(op);
  ternary::ReferenceBuilder r(b, op.getLoc());
  int64_t axis = op.getDim(), total = 0;
  for (Value input : op.getInputs()) {
    int64_t size = cast<RankedTensorType>(input.getType()).getDimSize(axis);
    if (ShapedType::isDynamic(size))
      return op.emitOpError("has an operand whose size along axis ")
             << axis << " is not known; concatenation takes static sizes there";
    total += size;
  }
  RankedTensorType type = op.getResultType();
  if (op.getInputs().empty())
    return success();
  auto sizes = r.getSizes(op.getInputs().front());
  sizes[axis] = b.getIndexAttr(total);
  auto index = [&](int64_t value) { return r.constant(b.getIndexAttr(value)); };
  Value result =
      r.map({}, {}, sizes, type.getElementType(), [&](ValueRange) -> Value {
        SmallVector<Value> at;
        for (int64_t loop = 0; loop < type.getRank(); ++loop)
          at.push_back(linalg::IndexOp::create(b, op.getLoc(), loop));
        Value place = at[axis], value;
        int64_t start = 0;
        for (Value input : op.getInputs()) {
          int64_t size =
              cast<RankedTensorType>(input.getType()).getDimSize(axis);
          if (!size)
            continue;
          at[axis] = arith::MinSIOp::create(
              b, op.getLoc(),
              arith::MaxSIOp::create(
                  b, op.getLoc(),
                  arith::SubIOp::create(b, op.getLoc(), place, index(start)),
                  index(0)),
              index(size - 1));
          Value mine = tensor::ExtractOp::create(b, op.getLoc(), input, at);
          if (value) {
            Value here = arith::CmpIOp::create(
                b, op.getLoc(), arith::CmpIPredicate::sge, place, index(start));
            mine = arith::SelectOp::create(b, op.getLoc(), here, mine, value);
          }
          value = mine;
          start += size;
        }
        return value ? value : r.constant(b.getZeroAttr(type.getElementType()));
      });
  if (result.getType() != type)
    result = tensor::CastOp::create(b, op.getLoc(), type, result);
  op.replaceAllUsesWith(result);
  op.erase();
  return success();
}

namespace {
struct DecomposeConcat : tercet::impl::DecomposeConcatBase<DecomposeConcat> {
  void runOnOperation() override {
    SmallVector<tensor::ConcatOp> ops;
    getOperation().walk([&](tensor::ConcatOp op) { ops.push_back(op); });
    for (tensor::ConcatOp op : ops)
      if (failed(decompose(op)))
        return signalPassFailure();
  }
};
} // namespace
