//===- AMDTarget.h - the target "hip" ---------------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TARGETS_AMD_AMDTARGET_H
#define TERCET_TARGETS_AMD_AMDTARGET_H

#include "tercet/Target/TargetBackend.h"

namespace tercet {
std::unique_ptr<TargetBackend> createAMDTarget();
/// Registers the engines `sdot4` and `sudot4`.
void registerAMDEngines();
void registerAMDMatrixEngines();
} // namespace tercet

#endif
