//===- ExprBuilder.cpp - affine maps to expression nodes ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Artifact/ExprBuilder.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::artifact;
using schema::ExprOp;

uint32_t ExprBuilder::node(ExprOp op, int64_t a, int64_t b) {
  auto [it, added] = known.try_emplace({(uint8_t)op, a, b}, nodes.size());
  if (added)
    nodes.emplace_back(op, a, b);
  return it->second;
}

uint32_t ExprBuilder::add(AffineExpr expr) {
  if (auto c = dyn_cast<AffineConstantExpr>(expr))
    return constant(c.getValue());
  if (auto d = dyn_cast<AffineDimExpr>(expr))
    return node(ExprOp::dim, d.getPosition(), 0);
  // Symbols are refused by the plan's verifier.
  auto binary = cast<AffineBinaryOpExpr>(expr);
  uint32_t a = add(binary.getLHS()), b = add(binary.getRHS());
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return node(ExprOp::add, a, b);
  case AffineExprKind::Mul:
    return node(ExprOp::mul, a, b);
  case AffineExprKind::CeilDiv:
    return node(ExprOp::ceil_div, a, b);
  case AffineExprKind::FloorDiv:
    return node(ExprOp::floor_div, a, b);
  case AffineExprKind::Mod: {
    // a mod b = a - (a floordiv b) * b.
    uint32_t whole = node(ExprOp::mul, node(ExprOp::floor_div, a, b), b);
    return node(ExprOp::add, a, node(ExprOp::mul, whole, constant(-1)));
  }
  default:
    llvm_unreachable("all binary kinds are above");
  }
}

uint32_t ExprBuilder::add(AffineMap map) {
  uint32_t result = add(map.getResult(0));
  for (AffineExpr expr : map.getResults().drop_front()) {
    uint32_t other = add(expr);
    result = node(ExprOp::min, result, other);
  }
  return result;
}
