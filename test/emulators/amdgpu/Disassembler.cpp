//===- Disassembler.cpp ---------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Disassembler.h"
#include "common/Fault.h"
#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCDisassembler/MCDisassembler.h"
#include "llvm/MC/MCInst.h"
#include "llvm/MC/MCInstPrinter.h"
#include "llvm/MC/MCInstrInfo.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/MCTargetOptions.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"

// The registration functions of LLVM's C interface; its header would name every
// target.
extern "C" {
void LLVMInitializeAMDGPUTargetInfo(void);
void LLVMInitializeAMDGPUTargetMC(void);
void LLVMInitializeAMDGPUDisassembler(void);
}

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

struct Disassembler::State {
  llvm::MCTargetOptions options;
  std::unique_ptr<llvm::MCRegisterInfo> registers;
  std::unique_ptr<llvm::MCAsmInfo> info;
  std::unique_ptr<llvm::MCInstrInfo> instructions;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget;
  std::unique_ptr<llvm::MCContext> context;
  std::unique_ptr<llvm::MCDisassembler> disassembler;
  std::unique_ptr<llvm::MCInstPrinter> printer;
};

Disassembler::Disassembler(const char *chip)
    : state(std::make_unique<State>()) {
  LLVMInitializeAMDGPUTargetInfo();
  LLVMInitializeAMDGPUTargetMC();
  LLVMInitializeAMDGPUDisassembler();
  llvm::Triple triple("amdgcn-amd-amdhsa");
  std::string error;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target)
    fail("LLVM has no AMDGPU target: %s", error.c_str());
  State &s = *state;
  s.registers.reset(target->createMCRegInfo(triple));
  s.info.reset(target->createMCAsmInfo(*s.registers, triple, s.options));
  s.instructions.reset(target->createMCInstrInfo());
  s.subtarget.reset(target->createMCSubtargetInfo(triple, chip, ""));
  if (!s.registers || !s.info || !s.instructions || !s.subtarget)
    fail("LLVM's AMDGPU target is not complete");
  s.context = std::make_unique<llvm::MCContext>(
      triple, s.info.get(), s.registers.get(), s.subtarget.get());
  s.disassembler.reset(target->createMCDisassembler(*s.subtarget, *s.context));
  s.printer.reset(target->createMCInstPrinter(triple, 0, *s.info,
                                              *s.instructions, *s.registers));
  if (!s.disassembler || !s.printer)
    fail("LLVM was built without the disassembler of AMDGPU");
}

Disassembler::~Disassembler() = default;

unsigned Disassembler::print(const char *data, uint64_t left, uint64_t address,
                             std::string &text) {
  llvm::MCInst inst;
  uint64_t size = 0;
  auto status = state->disassembler->getInstruction(
      inst, size,
      llvm::ArrayRef<uint8_t>(reinterpret_cast<const uint8_t *>(data), left),
      address, llvm::nulls());
  text.clear();
  if (status != llvm::MCDisassembler::Success || !size || size > left) {
    text = "(no instruction)";
    return 4;
  }
  llvm::raw_string_ostream os(text);
  state->printer->printInst(&inst, address, "", *state->subtarget, os);
  size_t begin = text.find_first_not_of(" \t");
  text = begin == std::string::npos ? "" : text.substr(begin);
  for (char &c : text)
    if (c == '\t')
      c = ' ';
  while (!text.empty() && text.back() == ' ')
    text.pop_back();
  return static_cast<unsigned>(size);
}
