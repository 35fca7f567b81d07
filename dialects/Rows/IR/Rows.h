//===- Rows.h - the rows dialect --------------------------------------*- C++
//-*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_ROWS_IR_ROWS_H
#define TERCET_DIALECTS_ROWS_IR_ROWS_H

#include "dialects/Ternary/IR/Ternary.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/TilingInterface.h"

#include "dialects/Rows/IR/RowsDialect.h.inc"
#include "dialects/Rows/IR/RowsEnums.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/Rows/IR/RowsTypes.h.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/Rows/IR/RowsAttrs.h.inc"
#define GET_OP_CLASSES
#include "dialects/Rows/IR/RowsOps.h.inc"

namespace tercet::rows {
/// Columns that share a scale.
int64_t getBlockColumns(BlockFormat format);
} // namespace tercet::rows

#endif
