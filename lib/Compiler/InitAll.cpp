//===- InitAll.cpp - everything that Tercet registers ---------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tercet/InitAll.h"
#include "dialects/Latent/IR/Latent.h"
#include "dialects/Plan/IR/Plan.h"
#include "dialects/Rows/IR/Rows.h"
#include "dialects/Rows/Transforms/BufferizableOpInterfaceImpl.h"
#include "dialects/Spatial/IR/Spatial.h"
#include "dialects/Ternary/IR/Ternary.h"
#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "passes/Pipelines.h"
#include "tercet/Target/TargetBackend.h"

using namespace mlir;

void tercet::registerAllDialects(DialectRegistry &registry) {
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  registry
      .insert<ternary::TernaryDialect, latent::LatentDialect,
              spatial::SpatialDialect, rows::RowsDialect, plan::PlanDialect>();
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
  // MLIR's registry cannot be walked; CMake collects the names from the
  // Passes.td files.
  static const llvm::StringRef names[] = {
      "tercet-to-rows",
      "tercet-to-kernels",
      "tercet-to-plan",
      "tercet-to-code",
#include "lib/Compiler/PassNames.inc"
  };
  return names;
}
