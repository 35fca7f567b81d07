//===- ArtifactWriter.h - plans, weights and code to bytes ------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_ARTIFACT_ARTIFACTWRITER_H
#define TERCET_LIB_ARTIFACT_ARTIFACTWRITER_H

#include "dialects/Rows/IR/Rows.h"
#include "lib/Artifact/ExternalWeights.h"
#include "mlir/IR/BuiltinOps.h"
#include "tercet/Target/TargetBackend.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <functional>

namespace tercet::artifact {

/// One target entry: a module at the plan (or code) level, with `rows.weight`
/// declarations, `plan.program`s and the nested module @kernels, and the code
/// that its kernels became.
struct TargetEntry {
  mlir::ModuleOp module;
  TargetSpec spec;
  SerializedCode code;
};

/// The stored bytes of a declared weight; they live until the artifact is
/// written. Fails after saying why.
using WeightSource =
    llvm::function_ref<mlir::FailureOr<llvm::ArrayRef<uint8_t>>(rows::WeightOp)>;

/// Writes an artifact. The bytes depend on nothing but the arguments: no time, no
/// file name, no address, no order of a hash table. Weights, states and code
/// with equal bytes are stored once. With `external`, weights are neither asked for
/// nor in the artifact. Errors are reported at the op they are about.
mlir::LogicalResult writeArtifact(llvm::ArrayRef<TargetEntry> targets,
                                  WeightSource weights, llvm::raw_ostream &os,
                                  const ExternalWeights *external = nullptr);

/// The bytes of an artifact whose weights are outside, referring to the weight file
/// of this name and these weights. `artifact` is sound.
std::string completeArtifact(llvm::ArrayRef<uint8_t> artifact,
                             llvm::StringRef name, const Digest &weights);

/// The 128 bytes before a manifest.
void writeHeader(llvm::raw_ostream &os, llvm::ArrayRef<uint8_t> manifest,
                 uint64_t fileLength);

/// Checks bytes with the verifier that every load runs.
llvm::Error verifyArtifact(llvm::ArrayRef<uint8_t> bytes);
/// The same for a file, which is mapped.
llvm::Error verifyArtifactFile(llvm::StringRef path);

} // namespace tercet::artifact

#endif
