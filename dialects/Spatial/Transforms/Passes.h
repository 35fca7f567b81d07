//===- Passes.h - passes over the spatial dialect ---------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_SPATIAL_TRANSFORMS_PASSES_H
#define TERCET_DIALECTS_SPATIAL_TRANSFORMS_PASSES_H

#include "dialects/Rows/IR/Rows.h"
#include "dialects/Spatial/IR/Spatial.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace tercet {
#define GEN_PASS_DECL
#include "dialects/Spatial/Transforms/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "dialects/Spatial/Transforms/Passes.h.inc"
} // namespace tercet

#endif
