//===- CPUTarget.h - the parts of the CPU backend ---------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TARGETS_CPU_CPUTARGET_H
#define TERCET_TARGETS_CPU_CPUTARGET_H

#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassRegistry.h"
#include "passes/Kernels/DotEngine.h"
#include "tercet/Target/TargetBackend.h"

namespace tercet {
#define GEN_PASS_DECL
#include "targets/CPU/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "targets/CPU/Passes.h.inc"
} // namespace tercet

namespace tercet::cpu {

// One engine per file. With bytePermute decoders may use AVX-512 VBMI.
std::unique_ptr<kernels::DotEngine> createAVX512VNNIEngine(bool bytePermute);
std::unique_ptr<kernels::DotEngine> createAVX2Engine();
std::unique_ptr<kernels::DotEngine> createAVXVNNIEngine();
std::unique_ptr<kernels::DotEngine> createNeonDotEngine();
/// Plain 32-bit arithmetic for any LLVM target, on vectors of 4 lanes.
std::unique_ptr<kernels::DotEngine> createPortableEngine();

/// Tile sizes, engine and blocking of a kernel's root op.
mlir::LogicalResult configure(mlir::func::FuncOp kernel,
                              const TargetSpec &spec);

/// The decoders of the engine that `configure` chooses (TargetBackend::getDecoder).
llvm::StringRef getDecoder(const TargetSpec &spec);

/// Whether code for `spec` may use all of `features` ("+avx2,+fma"): they are
/// named in it, come with its CPU, or follow from either.
bool hasFeatures(const TargetSpec &spec, llvm::StringRef features);

mlir::FailureOr<SerializedCode> serialize(mlir::ModuleOp kernels,
                                          const TargetSpec &spec,
                                          const SerializeOptions &options);

/// The relocatable object that `serialize` links, for static embedding.
mlir::FailureOr<std::string> emitObject(mlir::ModuleOp kernels,
                                        const TargetSpec &spec,
                                        const SerializeOptions &options);

/// Adds the CPU backend and its engines to the registries.
void registerTarget();

} // namespace tercet::cpu

#endif
