//===- Passes.h - what the GPU targets share --------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TARGETS_GPU_PASSES_H
#define TERCET_TARGETS_GPU_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace tercet {
#define GEN_PASS_DECL
#include "targets/GPU/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "targets/GPU/Passes.h.inc"

/// Threads of a workgroup, an i64 attribute of a kernel function; 128 where it
/// is missing.
constexpr llvm::StringLiteral kWorkgroupSizeAttr = "tercet.workgroup_size";
/// Bytes of shared memory of a kernel function.
constexpr llvm::StringLiteral kSharedBytesAttr = "tercet.shared_bytes";
int64_t getWorkgroupSize(mlir::Operation *kernel);
} // namespace tercet

#endif
