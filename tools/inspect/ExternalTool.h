//===- ExternalTool.h - disassemblers, where there are any ------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TOOLS_INSPECT_EXTERNALTOOL_H
#define TERCET_TOOLS_INSPECT_EXTERNALTOOL_H

#include "tools/inspect/Elf.h"
#include <string>
#include <vector>

namespace tercet::tools {

/// nvdisasm: TERCET_NVDISASM, PATH, CUDA_HOME/bin, /usr/local/cuda/bin, then
/// the Python package of an active virtual environment, the user or the system.
/// "" where there is none; TERCET_NVDISASM=none wants none.
std::string findNvdisasm();
/// llvm-objdump: TERCET_OBJDUMP, the LLVM that Tercet was built with, PATH.
std::string findObjdump();

/// Writes `code` to a file, runs TOOL ARGUMENTS... FILE, and returns what it
/// prints. `error` says in a sentence why not.
std::string runOnFile(const std::string &tool,
                      const std::vector<std::string> &arguments, Bytes code,
                      std::string &error);

} // namespace tercet::tools

#endif
