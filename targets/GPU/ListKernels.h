//===- ListKernels.h - the kernels of a GPU module --------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TARGETS_GPU_LISTKERNELS_H
#define TERCET_TARGETS_GPU_LISTKERNELS_H

#include "tercet/Target/TargetBackend.h"

namespace tercet::gputarget {

/// Kernels of a module in the LLVM dialect, with what is known of them before
/// code generation: name, threads, shared memory.
std::vector<KernelReport> listKernels(mlir::ModuleOp kernels);

} // namespace tercet::gputarget

#endif
