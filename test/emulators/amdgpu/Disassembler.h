//===- Disassembler.h - LLVM's, behind a plain interface --------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_AMDGPU_DISASSEMBLER_H
#define TERCET_TEST_EMULATORS_AMDGPU_DISASSEMBLER_H

#include <cstdint>
#include <memory>
#include <string>

namespace tercet::emu::amdgpu {

class Disassembler {
public:
  explicit Disassembler(const char *chip);
  ~Disassembler();
  /// Prints the instruction at `data`; returns its size. What is none gets the
  /// size 4 and a text that says so.
  unsigned print(const char *data, uint64_t left, uint64_t address,
                 std::string &text);

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace tercet::emu::amdgpu

#endif
