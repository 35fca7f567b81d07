//===- MatmulBuilder.cpp --------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "targets/GPU/MatmulBuilder.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::gputarget;

void MatmulBuilder::forEach(Value from, Value to, int64_t step,
                            function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(b, loc, from, to, index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

void MatmulBuilder::forEachInParallel(ValueRange counts,
                                      function_ref<void(ValueRange)> body) {
  SmallVector<Value> zeros(counts.size(), index(0)),
      ones(counts.size(), index(1));
  auto loop = scf::ParallelOp::create(b, loc, zeros, counts, ones);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVars());
}

SmallVector<Value> MatmulBuilder::loadWords(Value memref, Value row, Value at,
                                            int64_t count, int64_t align) {
  SmallVector<Value> words;
  for (int64_t done = 0; done < count;) {
    int64_t now =
        std::min<int64_t>(align / 4, llvm::bit_floor<uint64_t>(count - done));
    Value bytes = vector::LoadOp::create(
        b, loc, VectorType::get({4 * now}, b.getI8Type()), memref,
        ValueRange{row, offset(at, 4 * done)}, /*nontemporal=*/false,
        llvm::MaybeAlign(4 * now));
    Value vector = vector::BitCastOp::create(
        b, loc, VectorType::get({now}, b.getI32Type()), bytes);
    for (int64_t i = 0; i < now; ++i)
      words.push_back(vector::ExtractOp::create(b, loc, vector, i));
    done += now;
  }
  return words;
}

int64_t MatmulBuilder::getActivationAlignment() {
  uint64_t bytes = code.getWeightsPerWord();
  // Where the rows are apart by a number that is not known, it is a multiple of
  // a word's activations all the same.
  auto type = cast<MemRefType>(op.getInput().getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (succeeded(type.getStridesAndOffset(strides, offset)) &&
      !ShapedType::isDynamic(strides[0]))
    bytes = std::gcd<uint64_t>(bytes, strides[0]);
  return std::min<int64_t>(16, bytes & -bytes);
}

void MatmulBuilder::finish(Value acc, Value row, Value output,
                           int64_t codeOffset) {
  if (codeOffset) {
    Value sum = emit<memref::LoadOp>(op.getSums(), row);
    if (codeOffset != 1)
      sum = emit<arith::MulIOp>(
          sum,
          arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(codeOffset)));
    acc = emit<arith::SubIOp>(acc, sum);
  }
  Block &body = op.getEpilogue().front();
  IRMapping mapping;
  mapping.map(body.getArgument(0), acc);
  for (auto [i, map, operand] :
       llvm::enumerate(op.getEpilogueMapsArray(), op.getEpilogueOperands())) {
    SmallVector<Value> at;
    for (AffineExpr e : map.getResults())
      at.push_back(cast<AffineDimExpr>(e).getPosition() ? output : row);
    mapping.map(body.getArgument(i + 1), emit<memref::LoadOp>(operand, at));
  }
  for (Operation &inner : body.without_terminator())
    b.clone(inner, mapping);
  Value result = mapping.lookupOrDefault(
      cast<rows::YieldOp>(body.getTerminator()).getValue());
  memref::StoreOp::create(b, loc, result, op.getInit(),
                          ValueRange{row, output});
}
