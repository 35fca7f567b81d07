//===- NVIDIATarget.h - the target "cuda" -----------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TARGETS_NVIDIA_NVIDIATARGET_H
#define TERCET_TARGETS_NVIDIA_NVIDIATARGET_H

#include "tercet/Target/TargetBackend.h"

namespace tercet {
std::unique_ptr<TargetBackend> createNVIDIATarget();
/// Registers the engine `dp4a`.
void registerNVIDIAEngines();
void registerNVIDIAMatrixEngines();
} // namespace tercet

#endif
