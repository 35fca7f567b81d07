//===- Ternary.td - the ternary dialect ------------------------*- tablegen -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_TERNARY_IR_TERNARY
#define TERCET_DIALECTS_TERNARY_IR_TERNARY

include "dialects/Ternary/IR/TernaryDialect.td"
include "dialects/Ternary/IR/TernaryAttrs.td"
include "dialects/Ternary/IR/TernaryTypes.td"
include "dialects/Ternary/IR/TernaryOps.td"

#endif
