//===- tercet-reduce.cpp - makes failing modules small --------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Support/ErrorHandling.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"
#include "tercet/InitAll.h"

int main(int argc, char **argv) {
  tercet::support::installErrorHandlers("tercet-reduce");
  mlir::DialectRegistry registry;
  tercet::registerAllDialects(registry);
  mlir::registerAllPasses();
  tercet::registerAllPasses();
  mlir::MLIRContext context(registry);
  return mlir::failed(mlir::mlirReduceMain(argc, argv, context));
}
