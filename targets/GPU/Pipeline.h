//===- Pipeline.h - kernels over memrefs to the LLVM dialect ----*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TARGETS_GPU_PIPELINE_H
#define TERCET_TARGETS_GPU_PIPELINE_H

#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringRef.h"

namespace tercet::gputarget {

/// Appends the passes from bufferized kernels with an scf.forall to kernels in
/// the LLVM dialect, on a module of kernels. `vendor` is "nvvm" or "rocdl".
void buildCodegenPipeline(mlir::OpPassManager &pm, llvm::StringRef vendor,
                          int64_t sharedLimit);

} // namespace tercet::gputarget

#endif
