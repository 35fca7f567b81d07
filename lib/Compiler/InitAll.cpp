//===- InitAll.cpp - everything that Tercet registers ---------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tercet/InitAll.h"
#include "dialects/Plan/IR/Plan.h"
#include "dialects/Rows/IR/Rows.h"
#include "dialects/Rows/Transforms/BufferizableOpInterfaceImpl.h"
#include "dialects/Ternary/IR/Ternary.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "passes/Pipelines.h"
#include "tercet/Target/TargetBackend.h"

using namespace mlir;

void tercet::registerAllDialects(DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry.insert<ternary::TernaryDialect, rows::RowsDialect,
                  plan::PlanDialect>();
  rows::registerBufferizableOpInterfaceExternalModels(registry);
  registerAllTargets();
  for (const TargetBackend *backend : getAllTargets())
    backend->registerDialects(registry);
}

void tercet::registerAllPasses() {
  registerTercetPasses();
  registerAllTargetPasses();
  registerAllTargetPasses();
}

llvm::ArrayRef<llvm::StringRef> tercet::getPassNames() {
  // MLIR's registry cannot be walked; test/CAPI/passes.test compares this list
  // with the Passes.td files.
  static const llvm::StringRef names[] = {
      "tercet-to-rows",
      "tercet-to-kernels",
      "tercet-to-plan",
      "tercet-to-code",
      "assign-targets",
      "select-codes",
      "decompose-ternary",
      "bind-weights",
      "fuse-epilogues",
      "outline-kernels",
      "merge-kernels",
      "tile-kernels",
      "bufferize-kernels",
      "expand-math",
      "distribute-workgroups",
      "lower-rows-matmul",
      "lower-rows-quantize",
      "build-plan",
      "gpu-map-to-threads",
      "gpu-shared-memory",
      "gpu-kernel-abi",
      "gpu-verify-lowered",
  };
  return names;
}
