//===- CodeObject.h - what the notes of an hsaco say ------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TARGETS_AMD_CODEOBJECT_H
#define TERCET_TARGETS_AMD_CODEOBJECT_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace tercet::amd {

/// A kernel's entry in the AMDGPU metadata note.
struct KernelNote {
  std::string name;
  unsigned vgprs = 0, agprs = 0, sgprs = 0;
  unsigned vgprSpills = 0, sgprSpills = 0;
  unsigned sharedBytes = 0, scratchBytes = 0;
  unsigned kernargBytes = 0, wavefront = 0, maxWorkgroup = 0;
  struct Argument {
    std::string kind; // "global_buffer", "by_value", "hidden_..."
    unsigned offset = 0, size = 0;
  };
  std::vector<Argument> arguments;
};

/// Reads the metadata of a linked code object.
llvm::Expected<std::vector<KernelNote>> readKernelNotes(llvm::StringRef elf);

} // namespace tercet::amd

#endif
