//===- ChooseCode.cpp - the cost rule ---------------------------------------
//===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Decoding one row's product costs the longer of two times: reading the code
// from memory and decoding it. A code is chosen once for all targets, so that
// weights are stored once; the rule therefore takes a modest machine, a core
// with AVX2 whose share of the memory bandwidth is 8 GB/s, at the decoders'
// measured rates there (billions of weights a second). Faster machines have
// more of both.
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
