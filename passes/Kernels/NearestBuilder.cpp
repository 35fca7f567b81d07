//===- NearestBuilder.cpp - what lowerings of rows.nearest share ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Kernels/NearestBuilder.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::kernels;

NearestBuilder::Values
NearestBuilder::forEach(Value from, Value to, int64_t step, ValueRange inits,
                        function_ref<Values(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(b, loc, from, to, index(step), inits);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Values results = body(loop.getInductionVar(), loop.getRegionIterArgs());
  if (!inits.empty())
    scf::YieldOp::create(b, loc, results);
  return Values(loop.getResults());
}

void NearestBuilder::forEach(Value from, Value to, int64_t step,
                             function_ref<void(Value)> body) {
  forEach(from, to, step, ValueRange(), [&](Value i, ValueRange) -> Values {
    body(i);
    return {};
  });
}

void NearestBuilder::inParallel(ArrayRef<Value> counts,
                                function_ref<void(ValueRange)> body) {
  Values zeros(counts.size(), index(0)), ones(counts.size(), index(1));
  auto loop = scf::ParallelOp::create(b, loc, zeros, counts, ones);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVars());
}

Value NearestBuilder::multiplyAdd(Value x, Value y, Value z, bool fused) {
  if (fused)
    return emit<math::FmaOp>(x, y, z);
  return emit<arith::AddFOp>(z, emit<arith::MulFOp>(x, y));
}

Value NearestBuilder::score(Value product, Value norm, Value own,
                            Value minusTwo, Value zero, bool fused) {
  if (own)
    norm = emit<arith::AddFOp>(own, norm);
  Value s = multiplyAdd(minusTwo, product, norm, fused);
  if (!own)
    return s;
  // A score that is no number stays one.
  Value negative = emit<arith::CmpFOp>(arith::CmpFPredicate::OLT, s, zero);
  return emit<arith::SelectOp>(negative, zero, s);
}

std::pair<Value, Value> NearestBuilder::takeLess(Value s, Value number,
                                                 Value best, Value bestNumber) {
  Value less = emit<arith::CmpFOp>(arith::CmpFPredicate::OLT, s, best);
  return {emit<arith::SelectOp>(less, s, best),
          emit<arith::SelectOp>(less, number, bestNumber)};
}

void NearestBuilder::compareParts(Value scores, Value numbers, int64_t parts) {
  inParallel({rowCount()}, [&](ValueRange at) {
    Values best = forEach(
        index(0), index(parts), 1, {infinity(), toI32(index(0))},
        [&](Value part, ValueRange carried) -> Values {
          Value s = load(scores, {at[0], part}),
                number = load(numbers, {at[0], part});
          // Parts do not ascend: of equal scores the lower number counts.
          Value less =
              emit<arith::CmpFOp>(arith::CmpFPredicate::OLT, s, carried[0]);
          Value equal =
              emit<arith::CmpFOp>(arith::CmpFPredicate::OEQ, s, carried[0]);
          Value lower = emit<arith::CmpIOp>(arith::CmpIPredicate::slt, number,
                                            carried[1]);
          less = emit<arith::OrIOp>(less, emit<arith::AndIOp>(equal, lower));
          return {emit<arith::SelectOp>(less, s, carried[0]),
                  emit<arith::SelectOp>(less, number, carried[1])};
        });
    store(best[0], op.getScores(), at);
    store(best[1], op.getIds(), at);
  });
}
