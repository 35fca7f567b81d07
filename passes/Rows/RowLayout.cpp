//===- RowLayout.cpp - how rows of i8 activations lie in memory -----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Rows/RowLayout.h"
#include "llvm/Support/MathExtras.h"

using namespace tercet;

int64_t tercet::getRowBytes(ternary::CodeAttr code, int64_t k) {
  constexpr int64_t kLine = 64, kSets = 2048;
  int64_t paddedK = ternary::getCode(code.getKind()).getPaddedK(k);
  int64_t distance = (paddedK + kLine) % kSets;
  if (paddedK < kSets - kLine || distance > 2 * kLine)
    return paddedK;
  return (llvm::divideCeil(paddedK, kLine) | 1) * kLine;
}
