//===- Emulator.h - runs kernels of PTX text --------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_PTX_EMULATOR_H
#define TERCET_TEST_EMULATORS_PTX_EMULATOR_H

#include "Module.h"
#include "common/GlobalMemory.h"

namespace tercet::emu::ptx {

struct Launch {
  uint64_t workgroups = 1;
  unsigned workgroupSize = 32; ///< threads; workgroups lie along x
  unsigned dynamicShared = 0;  ///< bytes of .extern .shared
  /// One for each parameter, cut to its size.
  std::vector<uint64_t> arguments;
  uint64_t maxSteps = 0; ///< instructions of a workgroup; 0: very many
};

struct Counts {
  uint64_t laneInstructions = 0;
  std::map<std::string, uint64_t> mnemonics;
};

/// Runs all workgroups, one after the other, each warp to its next barrier and
/// then the next warp. Throws a placed Fault.
void launch(Module &module, const Kernel &kernel, const Launch &launch,
            GlobalMemory &memory, Counts &counts);

} // namespace tercet::emu::ptx

#endif
