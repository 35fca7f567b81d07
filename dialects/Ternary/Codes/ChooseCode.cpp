//===- ChooseCode.cpp - the cost rule -------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A row's product takes the longer of two times: reading the code from memory
// and decoding it. A code is chosen once for all targets, so that weights are
// stored once; the rule therefore takes a modest machine, a core with AVX2 whose
// share of the memory bandwidth is 8 GB/s, and the decoders' rates there in
// billions of weights a second: measured for i2, t5 and b33, estimated for c5
// from its decoder. docs/codes.md has the table.
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Codes/Code.h"
#include <algorithm>

using namespace tercet::ternary;

static double getDecodeRate(CodeKind kind) {
  switch (kind) {
  case CodeKind::I2:
    return 66;
  case CodeKind::T5:
    return 22;
  case CodeKind::B33:
    return 41;
  case CodeKind::C5:
    return 45;
  }
  return 1;
}

CodeKind tercet::ternary::chooseCode(SparsityAttr sparsity) {
  constexpr double kBandwidth = 8; // GB/s
  const Code *best = nullptr;
  double bestRate = 0;
  for (const Code *code : getAllCodes()) {
    if (!code->canHold(sparsity))
      continue;
    double memoryRate = kBandwidth * code->getWeightsPerWord() / 4;
    double rate = std::min(memoryRate, getDecodeRate(code->getKind()));
    if (rate > bestRate) {
      best = code;
      bestRate = rate;
    }
  }
  return best->getKind();
}
