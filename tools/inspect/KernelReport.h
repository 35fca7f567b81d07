//===- KernelReport.h - what a kernel's code needs and does -----*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A static report: registers, memory and occupancy from the attributes that the
// assembler left in the code, the mix of instructions from a disassembler where
// one is at hand, else from the PTX text.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TOOLS_INSPECT_KERNELREPORT_H
#define TERCET_TOOLS_INSPECT_KERNELREPORT_H

#include "tools/inspect/ChipLimits.h"
#include "tools/inspect/Elf.h"
#include "tools/inspect/InstructionMix.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tercet::tools {

/// A field that has no value is not known; the target's notes say why.
struct KernelReport {
  std::string name;
  std::optional<uint32_t> registers;        // NVIDIA's, AMD's VGPRs with AGPRs
  std::optional<uint32_t> accumulators;     // AMD: AGPRs among them
  std::optional<uint32_t> scalars;          // AMD: SGPRs
  std::optional<uint32_t> spilledRegisters; // AMD
  std::optional<uint32_t> spillBytes;       // NVIDIA, a thread
  std::optional<uint32_t> stackBytes;       // GPU, a thread: arrays and spills
  std::optional<uint32_t> sharedBytes;
  std::optional<uint64_t> codeBytes;
  std::optional<Occupancy> occupancy;
  std::optional<Mix> mix;
};

struct TargetReport {
  std::vector<KernelReport> kernels; // in the order asked for
  std::vector<std::string> notes;    // what is not known, and why
};

/// What the artifact holds of one target. `elf` is the cubin, the code object
/// or the shared object; either may be missing.
struct TargetCode {
  std::string name, device, chip;
  uint32_t wavefront = 0;
  Bytes elf;
  std::string ptx;
  struct Kernel {
    std::string name;
    uint32_t threads = 0;
  };
  std::vector<Kernel> kernels;
};

TargetReport reportTarget(const TargetCode &code);

/// The parts, each null or what is wrong. A kernel that is not there keeps its
/// fields empty.
const char *readCubin(Bytes file, std::vector<KernelReport> &kernels);
const char *readCodeObject(Bytes file, std::vector<KernelReport> &kernels);

} // namespace tercet::tools

#endif
