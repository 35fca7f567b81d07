//===- Pipeline.cpp - kernels over memrefs to the LLVM dialect ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "targets/GPU/Pipeline.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Affine/Transforms/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/Transforms/Passes.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Kernels/Passes.h"
#include "targets/GPU/Passes.h"

using namespace mlir;

void tercet::gputarget::buildCodegenPipeline(OpPassManager &pm,
                                             StringRef vendor,
                                             int64_t sharedLimit) {
  // Workgroups, then loops that say which of their points are independent.
  DistributeWorkgroupsOptions grid;
  grid.mode = "grid";
  pm.addNestedPass<func::FuncOp>(createDistributeWorkgroups(grid));
  pm.addNestedPass<func::FuncOp>(createLowerRowsGroupedMatmul());
  pm.addNestedPass<func::FuncOp>(createGPULowerRowsMatmulMatrix());
  pm.addNestedPass<func::FuncOp>(createGPULowerRowsMatmul());
  pm.addNestedPass<func::FuncOp>(createGPULowerRowsQuantize());
  pm.addNestedPass<func::FuncOp>(createGPULowerRowsAttention());
  pm.addNestedPass<func::FuncOp>(createGPULowerRowsScan());
  pm.addNestedPass<func::FuncOp>(createLowerRowsMatmul());
  pm.addNestedPass<func::FuncOp>(createLowerRowsFloatMatmul());
  pm.addNestedPass<func::FuncOp>(createLowerRowsTopK());
  pm.addNestedPass<func::FuncOp>(createGPULowerRowsNearest());
  pm.addNestedPass<func::FuncOp>(createLowerRowsNearest());
  pm.addNestedPass<func::FuncOp>(createLowerRowsSegmentSum());
  pm.addNestedPass<func::FuncOp>(createLowerRowsSelect());
  pm.addNestedPass<func::FuncOp>(createLowerRowsInsert());
  pm.addNestedPass<func::FuncOp>(createLowerRowsQuantize());
  pm.addNestedPass<func::FuncOp>(createGPUReductionsInnermost());
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToParallelLoopsPass());
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createExpandMath());
  // A workgroup's memory, then its threads.
  GPUSharedMemoryOptions shared;
  shared.limit = sharedLimit;
  // On AMD a stack pointer is of another kind than a generic one.
  shared.privateSpace = vendor == "rocdl" ? 5 : 0;
  pm.addPass(createGPUSharedMemory(shared));
  pm.addNestedPass<func::FuncOp>(createGPUMapToThreads());
  // Parallel loops inside a thread run in order.
  pm.addNestedPass<func::FuncOp>(createParallelForToNestedForsPass());
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
  pm.addNestedPass<func::FuncOp>(createConvertVectorToSCFPass());
  pm.addNestedPass<func::FuncOp>(createLowerAffinePass());
  // The ABI, while loops are still structured, then everything else.
  GPUKernelABIOptions abi;
  abi.vendor = vendor.str();
  pm.addPass(createGPUKernelABI(abi));
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(arith::createArithExpandOpsPass());
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createUBToLLVMConversionPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  GPURelaxAtomicsOptions atomics;
  atomics.vendor = vendor.str();
  pm.addPass(createGPURelaxAtomics(atomics));
  pm.addPass(createGPUVerifyLowered());
}
