//===- Text.h - the printed form of an instruction --------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM's disassembler prints every modifier of an instruction and nothing that
// depends on its tables' internals, so its text is what we decode from: once a
// program.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_AMDGPU_TEXT_H
#define TERCET_TEST_EMULATORS_AMDGPU_TEXT_H

#include "Machine.h"

namespace tercet::emu::amdgpu {

struct Text {
  std::string mnemonic; ///< as printed
  std::string name;     ///< without _e32, _e64, _dpp, _sdwa
  bool sdwa = false, dpp = false;
  std::vector<std::string> operands;
  std::map<std::string, std::string> modifiers; ///< "" where it has no value
};

/// Splits what the disassembler printed (one half of a dual instruction).
Text parseText(const std::string &printed);

/// Reads an operand; false where it is none we know.
bool parseOperand(const std::string &text, Operand &out);

/// A list modifier "[1,0,1]" as bits, the first lowest.
unsigned parseBits(const std::string &text);

} // namespace tercet::emu::amdgpu

#endif
