//===- Rows.td - the rows dialect ------------------------------*- tablegen -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_ROWS_IR_ROWS
#define TERCET_DIALECTS_ROWS_IR_ROWS

include "dialects/Rows/IR/RowsDialect.td"
include "dialects/Rows/IR/RowsOps.td"
include "dialects/Rows/IR/RowsGrouped.td"
include "dialects/Rows/IR/RowsFloat.td"
include "dialects/Rows/IR/RowsAttention.td"
include "dialects/Rows/IR/RowsClusters.td"
include "dialects/Rows/IR/RowsScan.td"

#endif
