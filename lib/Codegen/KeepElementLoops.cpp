//===- KeepElementLoops.cpp - loops over elements stay loops --------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM unrolls a loop of some dozens of iterations in full before it
// vectorises, and then vectorises the loop around it, whose neighbours are a
// row apart: a copy of rows of 32 floats becomes gathers and scatters. Loops of
// a known number of iterations that fill a vector are told to stay. Functions
// that our own passes write in vectors are left alone: what is scalar there is
// better unrolled (attention loses a tenth otherwise).
//
//===----------------------------------------------------------------------===//
#include "lib/Codegen/KeepElementLoops.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Transforms/Utils/LoopUtils.h"

using namespace llvm;
using namespace tercet;

static bool hasVectors(const Function &function) {
  return any_of(instructions(function), [](const Instruction &i) {
    return i.getType()->isVectorTy() ||
           any_of(i.operands(), [](const Use &operand) {
             return operand->getType()->isVectorTy();
           });
  });
}

PreservedAnalyses KeepElementLoops::run(Function &function,
                                        FunctionAnalysisManager &analyses) {
  // Lanes of the widest vector of f32.
  constexpr unsigned kLanes = 16;
  if (hasVectors(function))
    return PreservedAnalyses::all();
  auto &loops = analyses.getResult<LoopAnalysis>(function);
  auto &evolution = analyses.getResult<ScalarEvolutionAnalysis>(function);
  for (Loop *loop : loops.getLoopsInPreorder())
    if (loop->isInnermost() &&
        evolution.getSmallConstantTripCount(loop) >= kLanes)
      addStringMetadataToLoop(loop, "llvm.loop.unroll.disable", 1);
  return PreservedAnalyses::all();
}
