//===- Expr.cpp -----------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Expr.h"

namespace tercet::runtime {
using schema::ExprNode;
using schema::ExprOp;

bool evaluateNode(ExprOp op, int64_t a, int64_t b, int64_t *out) {
  switch (op) {
  case ExprOp::add:
    return !__builtin_add_overflow(a, b, out);
  case ExprOp::mul:
    return !__builtin_mul_overflow(a, b, out);
  case ExprOp::ceil_div:
    if (b < 1)
      return false;
    *out = a / b + (a % b > 0);
    return true;
  case ExprOp::floor_div:
    if (b < 1)
      return false;
    *out = a / b - (a % b < 0);
    return true;
  case ExprOp::min:
    *out = a < b ? a : b;
    return true;
  case ExprOp::max:
    *out = a > b ? a : b;
    return true;
  default:
    return false;
  }
}

bool evaluateExprs(const ExprNodes *nodes, const int64_t *dims,
                   int64_t *values) {
  if (!nodes)
    return true;
  for (uint32_t i = 0, n = nodes->size(); i < n; ++i) {
    const ExprNode *node = nodes->Get(i);
    if (node->op() == ExprOp::constant)
      values[i] = node->a();
    else if (node->op() == ExprOp::dim)
      values[i] = dims[node->a()];
    else if (!evaluateNode(node->op(), values[node->a()], values[node->b()],
                           &values[i]))
      return false;
  }
  return true;
}

const char *checkExprs(const ExprNodes *nodes, size_t dimCount,
                       size_t *badNode) {
  if (!nodes)
    return nullptr;
  for (uint32_t i = 0, n = nodes->size(); i < n; ++i) {
    *badNode = i;
    const ExprNode *node = nodes->Get(i);
    if (node->op() > ExprOp::MAX)
      return "is of an unknown operation";
    if (node->op() == ExprOp::constant)
      continue;
    if (node->op() == ExprOp::dim) {
      if (node->a() < 0 || static_cast<uint64_t>(node->a()) >= dimCount)
        return "names a dimension that does not exist";
      continue;
    }
    if (node->a() < 0 || node->a() >= i || node->b() < 0 || node->b() >= i)
      return "refers to a node that is not before it";
  }
  return nullptr;
}

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

const char *analyzeExprs(const ExprNodes *nodes, const int64_t *bounds,
                         ExprFacts *facts, size_t *badNode) {
  if (!nodes)
    return nullptr;
  for (uint32_t i = 0, n = nodes->size(); i < n; ++i) {
    *badNode = i;
    const ExprNode *node = nodes->Get(i);
    ExprFacts &f = facts[i];
    if (node->op() == ExprOp::constant) {
      f = {node->a(), node->a(), true, true};
      continue;
    }
    if (node->op() == ExprOp::dim) {
      f = {0, bounds[node->a()], false, true};
      continue;
    }
    const ExprFacts &a = facts[node->a()], &b = facts[node->b()];
    f.constant = a.constant && b.constant;
    f.increasing = a.increasing && b.increasing;
    if (node->op() == ExprOp::mul) {
      // The extremes of a product are among the products of the extremes.
      int64_t corner[4];
      if (__builtin_mul_overflow(a.low, b.low, &corner[0]) ||
          __builtin_mul_overflow(a.low, b.high, &corner[1]) ||
          __builtin_mul_overflow(a.high, b.low, &corner[2]) ||
          __builtin_mul_overflow(a.high, b.high, &corner[3]))
        return "overflows";
      f.low = least(least(corner[0], corner[1]), least(corner[2], corner[3]));
      f.high = most(most(corner[0], corner[1]), most(corner[2], corner[3]));
      f.increasing = f.increasing && a.low >= 0 && b.low >= 0;
    } else if (node->op() == ExprOp::ceil_div ||
               node->op() == ExprOp::floor_div) {
      if (b.low < 1)
        return "divides by what may be below 1";
      f.increasing = a.increasing && b.constant;
      int64_t corner[4];
      for (int c = 0; c < 4; ++c)
        if (!evaluateNode(node->op(), c & 1 ? a.high : a.low,
                          c & 2 ? b.high : b.low, &corner[c]))
          return "overflows";
      f.low = least(least(corner[0], corner[1]), least(corner[2], corner[3]));
      f.high = most(most(corner[0], corner[1]), most(corner[2], corner[3]));
    } else if (!evaluateNode(node->op(), a.low, b.low, &f.low) ||
               !evaluateNode(node->op(), a.high, b.high, &f.high)) {
      return "overflows";
    }
    if (f.constant)
      f.increasing = true;
  }
  return nullptr;
}

} // namespace tercet::runtime
