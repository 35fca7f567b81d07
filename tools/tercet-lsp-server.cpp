//===- tercet-lsp-server.cpp - editor support for Tercet's MLIR -----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Support/ErrorHandling.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "tercet/InitAll.h"

int main(int argc, char **argv) {
  tercet::support::installErrorHandlers("tercet-lsp-server");
  mlir::DialectRegistry registry;
  tercet::registerAllDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
