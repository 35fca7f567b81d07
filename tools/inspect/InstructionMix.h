//===- InstructionMix.h - instructions by what they do ----------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TOOLS_INSPECT_INSTRUCTIONMIX_H
#define TERCET_TOOLS_INSPECT_INSTRUCTIONMIX_H

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tercet::tools {

/// An instruction is of one class. Exchanges inside of registers (byte
/// permutes, shuffles of a vector, selects) are integer work; copies,
/// constants, exchanges between threads and waiting are "other".
enum class Class : uint8_t {
  matrix,
  dot,
  integer,
  floating,
  conversion,
  globalLoad,
  globalStore,
  sharedLoad,
  sharedStore,
  local,
  atomic,
  barrier,
  control,
  other
};
constexpr size_t kClasses = size_t(Class::other) + 1;
/// "integer", "global_load", ...
const char *className(Class c);

enum class Isa { sass, ptx, amdgcn, x86, aarch64, riscv };
const char *isaName(Isa isa);

struct Instruction {
  std::string name, operands;
};
using Listing = std::map<std::string, std::vector<Instruction>>;

struct Mix {
  Isa isa = Isa::sass;
  uint64_t total = 0;
  std::array<uint64_t, kClasses> count{};
  /// CPU: instructions by the width of their widest register in bits; 0 is a
  /// width that the machine chooses (SVE, RISC-V V).
  std::map<uint32_t, uint64_t> widths;
};

/// `scratch`: the kernel has memory of its own for each thread. AMD's chips
/// before gfx940 reach it by buffer instructions, which nothing else here uses.
Class classify(Isa isa, const Instruction &instruction, bool scratch);
Mix mixOf(Isa isa, std::vector<Instruction> code, bool scratch);

/// What disassemblers print, as functions of instructions.
Listing parseSass(const std::string &text);
Listing parsePtx(const std::string &text);
Listing parseObjdump(const std::string &text);
/// Bytes of the arrays that a kernel keeps for each thread, with room to align
/// them, as its PTX says.
std::map<std::string, uint32_t> ptxLocalBytes(const std::string &text);

} // namespace tercet::tools

#endif
