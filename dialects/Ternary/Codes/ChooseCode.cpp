//===- ChooseCode.cpp - the cost rule -------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A row's product takes the longer of two times: reading the code from memory
// and decoding it. The rule takes a core whose share of the memory bandwidth is
// 8 GB/s, and the rates of this compiler's own kernels from cache, in billions
// of weights a second a core: measured with AVX2, with AVX-512 VNNI and with
// VBMI on one machine. What is not known to be a CPU gets the rates of decoders
// by table, for all targets the same, so that weights are stored once.
// docs/codes.md has the table.
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Codes/Code.h"
#include <algorithm>

using namespace tercet::ternary;

static double getDecodeRate(CodeKind kind, const DecoderFeatures *features) {
  switch (kind) {
  case CodeKind::I2:
    return !features ? 66 : features->permute32x32 ? 161 : 90;
  case CodeKind::T5:
    return !features                ? 22
           : features->permute128x8 ? 95
           : features->permute32x32 ? 34
                                    : 21;
  case CodeKind::B33:
    return !features ? 41 : features->permute32x32 ? 68 : 8;
  case CodeKind::C5:
    return !features ? 45 : features->permute32x32 ? 133 : 25;
  case CodeKind::I8:
    break;
  }
  return 1;
}

CodeKind tercet::ternary::chooseCode(SparsityAttr sparsity,
                                     const DecoderFeatures *features) {
  constexpr double kBandwidth = 8; // GB/s
  const Code *best = nullptr;
  double bestRate = 0;
  for (const Code *code : getAllCodes()) {
    if (!code->canHold(sparsity))
      continue;
    double memoryRate = kBandwidth * code->getWeightsPerWord() / 4;
    double rate =
        std::min(memoryRate, getDecodeRate(code->getKind(), features));
    if (rate > bestRate) {
      best = code;
      bestRate = rate;
    }
  }
  return best->getKind();
}
