//===- Executor.h - runs kernels of a code object ---------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_AMDGPU_EXECUTOR_H
#define TERCET_TEST_EMULATORS_AMDGPU_EXECUTOR_H

#include "Code.h"
#include "common/GlobalMemory.h"

namespace tercet::emu::amdgpu {

struct Launch {
  uint64_t workgroups = 0;
  unsigned workgroupSize = 0;  ///< lanes; workgroups lie along x
  std::vector<char> arguments; ///< the kernarg segment
  uint64_t maxSteps = 0;       ///< instructions of a workgroup; 0: very many
};

struct Counts {
  uint64_t laneInstructions = 0;
  std::map<std::string, uint64_t> mnemonics;
};

/// Runs all workgroups, one after the other. Throws a placed Fault.
void launch(Code &code, const Kernel &kernel, const Launch &launch,
            GlobalMemory &memory, Counts &counts);

} // namespace tercet::emu::amdgpu

#endif
