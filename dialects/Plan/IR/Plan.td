//===- Plan.td - the plan dialect ------------------------------*- tablegen -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_PLAN_IR_PLAN
#define TERCET_DIALECTS_PLAN_IR_PLAN

include "dialects/Plan/IR/PlanDialect.td"
include "dialects/Plan/IR/PlanOps.td"

#endif
