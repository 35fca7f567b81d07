//===- ListKernels.cpp - the kernels of a GPU module ----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "targets/GPU/ListKernels.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "targets/GPU/Passes.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::gputarget;

std::vector<KernelReport> gputarget::listKernels(ModuleOp kernels) {
  std::vector<KernelReport> reports;
  for (auto kernel : kernels.getOps<LLVM::LLVMFuncOp>()) {
    if (kernel.isExternal())
      continue;
    KernelReport report;
    report.name = kernel.getName().str();
    report.workgroupSize = getWorkgroupSize(kernel);
    if (auto shared = kernel->getAttrOfType<IntegerAttr>(kSharedBytesAttr))
      report.sharedBytes = shared.getInt();
    reports.push_back(std::move(report));
  }
  return reports;
}
