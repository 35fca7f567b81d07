//===- KernelReport.cpp - what a kernel's code needs and does -------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/inspect/KernelReport.h"
#include "tools/inspect/ExternalTool.h"
#include <algorithm>

using namespace tercet::tools;

static void addMixes(TargetReport &report, Isa isa, const Listing &listing) {
  for (KernelReport &kernel : report.kernels) {
    auto code = listing.find(kernel.name);
    if (code == listing.end())
      continue;
    // Where nothing says how much memory a thread has, it may have some.
    kernel.mix = mixOf(isa, code->second, kernel.stackBytes.value_or(1) > 0);
  }
}

static void addOccupancy(TargetReport &report, const TargetCode &code) {
  const ChipLimits *limits = findChipLimits(code.chip);
  if (!limits) {
    report.notes.push_back("occupancy: the limits of " + code.chip +
                           " are not in this version's table");
    return;
  }
  for (size_t i = 0; i < report.kernels.size(); ++i) {
    KernelReport &kernel = report.kernels[i];
    uint32_t registers = kernel.registers.value_or(0);
    // gfx908 has AGPRs beside its VGPRs, later chips among them.
    if (code.chip == "gfx908" && kernel.accumulators)
      registers =
          std::max(registers - *kernel.accumulators, *kernel.accumulators);
    if (kernel.registers)
      kernel.occupancy = occupancyOf(*limits, code.kernels[i].threads,
                                     registers, kernel.scalars.value_or(0),
                                     kernel.sharedBytes.value_or(0));
  }
}

static void reportCuda(TargetReport &report, const TargetCode &code) {
  std::string tool = findNvdisasm(), error;
  if (!code.elf.size)
    report.notes.push_back(
        "no cubin for " + code.chip +
        ", only PTX: registers, spills and occupancy are the driver's to "
        "choose; compile with ptxas at hand to know them");
  else if (const char *wrong = readCubin(code.elf, report.kernels))
    report.notes.push_back("the cubin cannot be read: " + std::string(wrong));
  else {
    addOccupancy(report, code);
    if (!code.ptx.empty()) {
      // The stack holds what the kernel declares and what is spilled.
      std::map<std::string, uint32_t> arrays = ptxLocalBytes(code.ptx);
      for (KernelReport &kernel : report.kernels)
        if (kernel.stackBytes && arrays.count(kernel.name)) {
          uint32_t own = arrays[kernel.name];
          kernel.spillBytes =
              *kernel.stackBytes > own ? *kernel.stackBytes - own : 0;
        }
    }
    if (tool.empty())
      error = "nvdisasm was not found (TERCET_NVDISASM names one, the Python "
              "package "
              "nvidia-cuda-nvdisasm has one)";
    else
      addMixes(report, Isa::sass,
               parseSass(runOnFile(tool, {"-c", "-ndf"}, code.elf, error)));
    if (!error.empty())
      report.notes.push_back(
          std::string("instructions: ") +
          (code.ptx.empty() ? "not known, as " : "of the PTX text, as ") +
          error);
  }
  bool sass = false;
  for (const KernelReport &kernel : report.kernels)
    sass |= kernel.mix.has_value();
  if (!sass && !code.ptx.empty())
    addMixes(report, Isa::ptx, parsePtx(code.ptx));
}

static void reportElf(TargetReport &report, const TargetCode &code) {
  ElfFile elf;
  const char *wrong =
      code.device == "hip" ? readCodeObject(code.elf, report.kernels) : nullptr;
  if (!wrong)
    wrong = elf.read(code.elf);
  if (wrong) {
    report.notes.push_back("the code cannot be read: " + std::string(wrong));
    return;
  }
  Isa isa;
  std::vector<std::string> arguments = {"-d", "--no-show-raw-insn"};
  switch (elf.machine) {
  case kMachineAMDGPU:
    isa = Isa::amdgcn;
    addOccupancy(report, code);
    break;
  case kMachineX86:
    isa = Isa::x86;
    arguments.push_back("--x86-asm-syntax=intel");
    break;
  case kMachineAArch64:
    isa = Isa::aarch64;
    arguments.push_back("--mattr=+all");
    break;
  case kMachineRISCV:
    isa = Isa::riscv;
    arguments.push_back("--mattr=+v,+zvfh,+zvfhmin,+zfh");
    break;
  default:
    report.notes.push_back("instructions: not known for machine " +
                           std::to_string(elf.machine));
    return;
  }
  for (KernelReport &kernel : report.kernels)
    if (uint64_t size = elf.codeSize(kernel.name))
      kernel.codeBytes = size;
  std::string tool = findObjdump(), error;
  if (tool.empty())
    error = "llvm-objdump was not found (TERCET_OBJDUMP names one)";
  else
    addMixes(report, isa,
             parseObjdump(runOnFile(tool, arguments, code.elf, error)));
  if (!error.empty())
    report.notes.push_back("instructions: not known, as " + error);
}

TargetReport tercet::tools::reportTarget(const TargetCode &code) {
  TargetReport report;
  for (const TargetCode::Kernel &kernel : code.kernels) {
    report.kernels.emplace_back();
    report.kernels.back().name = kernel.name;
  }
  if (code.device == "cuda")
    reportCuda(report, code);
  else if (code.elf.size)
    reportElf(report, code);
  else
    report.notes.push_back("the artifact has no code for it");
  return report;
}
