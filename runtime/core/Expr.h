//===- Expr.h - expressions over dimension values ---------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_RUNTIME_CORE_EXPR_H
#define TERCET_RUNTIME_CORE_EXPR_H

#include "runtime/core/Support.h"
#include "runtime/schema/tercet_generated.h"

namespace tercet::runtime {

using ExprNodes = flatbuffers::Vector<const schema::ExprNode *>;

/// What is known of a node for all dimension values from 0 to their bounds.
struct ExprFacts {
  int64_t low, high;
  bool constant;   // depends on no dimension
  bool increasing; // never falls where a dimension grows
};

/// One node on values; false on overflow or a divisor below 1.
bool evaluateNode(schema::ExprOp op, int64_t a, int64_t b, int64_t *out);

/// All nodes in order. `values` has an entry per node. False on overflow or a
/// divisor below 1. The nodes must have been checked by checkExprs.
bool evaluateExprs(const ExprNodes *nodes, const int64_t *dims,
                   int64_t *values);

/// Null if every operation is known, every node refers to lower nodes and every
/// dimension is below `dimCount`; else what is wrong, with its node.
const char *checkExprs(const ExprNodes *nodes, size_t dimCount,
                       size_t *badNode);

/// Facts of every node, by interval arithmetic; null, or what is wrong.
const char *analyzeExprs(const ExprNodes *nodes, const int64_t *bounds,
                         ExprFacts *facts, size_t *badNode);

} // namespace tercet::runtime

#endif
