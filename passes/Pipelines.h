//===- Pipelines.h - the levels of IR as pipelines --------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each pipeline takes a module from one level to the next (docs/levels.md) and is
// also a pass: --tercet-to-rows, --tercet-to-kernels, --tercet-to-plan,
// --tercet-to-code. Pipelines after the first run on the module itself where it
// has `tercet.target`, else on each nested target module.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_PIPELINES_H
#define TERCET_PASSES_PIPELINES_H

#include "mlir/Pass/PassManager.h"
#include <string>
#include <vector>

namespace tercet {

struct ToRowsOptions {
  /// Target strings; empty where the module has its target already.
  std::vector<std::string> targets;
  /// A storage code for every weight that it can hold, or "".
  std::string code;
  /// How expert products run: auto, pairs or grouped.
  std::string expertStrategy = "auto";
  /// Options of latent-prune-experts and latent-place-experts; where empty these
  /// do not run.
  std::string pruneExperts, placeExperts;
  /// Whether latent-count-experts runs.
  bool countExperts = false;
};

/// Whether the options of the expert passes are such; says what is wrong.
mlir::LogicalResult
checkExpertOptions(const ToRowsOptions &options,
                   llvm::function_ref<void(const llvm::Twine &)> emitError);

void buildToRowsPipeline(mlir::OpPassManager &pm, const ToRowsOptions &options);
void buildToKernelsPipeline(mlir::OpPassManager &pm);
void buildToPlanPipeline(mlir::OpPassManager &pm);
void buildToCodePipeline(mlir::OpPassManager &pm);

/// Registers the passes and pipelines of all stages, for drivers.
void registerTercetPasses();

} // namespace tercet

#endif
