//===- RowsDialect.cpp - dialect registration -----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace tercet::rows;

#include "dialects/Rows/IR/RowsDialect.cpp.inc"
#include "dialects/Rows/IR/RowsEnums.cpp.inc"

void RowsDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/Rows/IR/RowsOps.cpp.inc"
      >();
}
