//===- ExprBuilder.h - affine maps to expression nodes ----------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_ARTIFACT_EXPRBUILDER_H
#define TERCET_LIB_ARTIFACT_EXPRBUILDER_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/AffineMap.h"
#include "runtime/schema/tercet_generated.h"
#include <map>
#include <tuple>
#include <vector>

namespace tercet::artifact {

/// The nodes of one program or kernel: equal ones once, each after the nodes it
/// uses.
class ExprBuilder {
public:
  /// The number of a constant, of an expression over dimensions, and of a map:
  /// the minimum of its results.
  uint32_t constant(int64_t value) { return node(schema::ExprOp::constant, value, 0); }
  uint32_t add(mlir::AffineExpr expr);
  uint32_t add(mlir::AffineMap map);

  const std::vector<schema::ExprNode> &getNodes() const { return nodes; }

private:
  uint32_t node(schema::ExprOp op, int64_t a, int64_t b);

  std::vector<schema::ExprNode> nodes;
  std::map<std::tuple<uint8_t, int64_t, int64_t>, uint32_t> known;
};

} // namespace tercet::artifact

#endif
