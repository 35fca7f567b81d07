//===- Module.h - PTX text, decoded -----------------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel as instructions whose operands are numbers of registers. A register
// is 64 bits a lane; a narrower value is its low bits, the rest zero, and a
// predicate is 0 or 1. An immediate is a register that is set before the kernel
// begins.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_PTX_MODULE_H
#define TERCET_TEST_EMULATORS_PTX_MODULE_H

#include "common/Fault.h"
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tercet::emu::ptx {

class Warp;
struct Instruction;
/// Executes an instruction for the lanes of Warp::mask.
using Run = void (*)(Warp &, const Instruction &);

enum class Space : uint8_t { Generic, Global, Shared, Local, Param, Const };
/// What the warp's loop does itself.
enum class Flow : uint8_t {
  None,
  Branch,
  BranchIndexed,
  Exit,
  Barrier,
  Sync, ///< runs once the lanes of Instruction::members are here
  Trap
};

/// Numbers of registers, in place: an instruction is read at every step.
class Operands {
public:
  static constexpr unsigned kMost = 28;
  void push_back(int r) {
    if (count == kMost)
      fail("an instruction of more than %u operands", kMost);
    at[count++] = r;
  }
  int operator[](size_t i) const { return at[i]; }
  size_t size() const { return count; }

private:
  int at[kMost] = {};
  unsigned count = 0;
};

struct Instruction {
  Run run = nullptr;
  Flow flow = Flow::None;
  Space space = Space::Generic;
  uint8_t size = 0;  ///< bytes of an element in memory
  uint8_t count = 1; ///< elements of a vector in memory
  bool guardNegated = false;
  int guard = -1;    ///< register of the predicate
  uint8_t width = 0; ///< bits of the first register, where a type widens
  int64_t offset = 0, offset2 = 0; ///< of the addresses in brackets
  uint32_t negated = 0;            ///< a bit for each operand that is !p
  uint64_t value = 0;              ///< of the mnemonic: a table, a selector
  int members = -1; ///< register of the mask of lanes, -1: all of the warp
  std::vector<int> targets;
  Operands regs;                     ///< destinations, then sources
  int vectorAt = -1, vectorSize = 0; ///< of the first operand in braces
  std::optional<uint64_t> immediate; ///< the first operand that is a number
  std::string mnemonic, text;
  int line = 0;
};

/// A register that is set before the kernel begins.
struct Constant {
  enum Kind { Plain, GlobalVariable, SpecialRegister };
  int reg;
  Kind kind;
  uint64_t value; ///< the value, offset or number of a special register
};
struct Parameter {
  unsigned offset, size;
};

struct Kernel {
  std::string name;
  std::vector<Instruction> code;
  unsigned registers = 0;
  std::vector<Constant> constants;
  std::vector<Parameter> parameters;
  unsigned sharedBytes = 0, localBytes = 0;
  unsigned parameterBytes = 0;
  unsigned threads = 0; ///< of .reqntid, or 0
};

struct Module {
  std::map<std::string, Kernel> kernels;
  std::vector<char> globals; ///< .global and .const variables
};

/// Throws a Fault that names the line of what it does not understand.
Module parse(const std::string &text);

/// Fills in how an instruction is executed from its mnemonic; false where it is
/// not known.
bool select(Instruction &instruction);

/// Generic addresses of shared and local memory, which other spaces have as
/// plain offsets. Global memory is the same in both.
constexpr uint64_t kSharedBase = 0xE000000000000000,
                   kLocalBase = 0xD000000000000000,
                   kSpaceMask = 0xF000000000000000;
/// Special registers, in the order of Constant::value.
enum Special {
  TidX,
  TidY,
  TidZ,
  NtidX,
  NtidY,
  NtidZ,
  CtaidX,
  CtaidY,
  CtaidZ,
  NctaidX,
  NctaidY,
  NctaidZ,
  LaneId,
  WarpId,
  NwarpId,
  SmId,
  NsmId,
  LanemaskEq,
  LanemaskLt,
  LanemaskLe,
  LanemaskGt,
  LanemaskGe,
  DynamicSmem,
  TotalSmem,
  GridId
};

} // namespace tercet::emu::ptx

#endif
