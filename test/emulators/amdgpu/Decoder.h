//===- Decoder.h - from printed instructions to decoded ones ----*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_AMDGPU_DECODER_H
#define TERCET_TEST_EMULATORS_AMDGPU_DECODER_H

#include "Lanes.h"
#include "Text.h"
#include <deque>
#include <memory>
#include <unordered_map>

namespace tercet::emu::amdgpu {

/// The chips differ in a few things that the text of an instruction does not
/// say.
enum class Chip : uint8_t { Gfx942, Gfx1100 };

/// Binds instructions to operations. A binding function takes the operands and
/// modifiers it knows; what it leaves makes the instruction unknown.
struct Decoder {
  explicit Decoder(Chip chip);

  /// Decodes an instruction of this text; the address, size and first word are
  /// already in `out`. What is unknown becomes a fault when it is executed.
  void decode(const std::string &printed, Inst &out);

  Chip chip;
  unsigned lanes; ///< of a wave
  Text text;      ///< of the instruction at hand
  size_t taken = 0;
  /// Where bound halves of dual instructions and lane permutations live.
  std::deque<Inst> halves;
  std::deque<Dpp> permutations;

  size_t left() const { return text.operands.size() - taken; }
  /// The next operand, bound to a type.
  Operand take(Type type);
  Operand takeAny();
  /// A modifier's value, removed from those left.
  bool modifier(const char *name, std::string *value = nullptr);
  int64_t number(const char *name); ///< 0 where it is not there
  unsigned bits(const char *name, unsigned absent);
  /// Removes the modifiers that say nothing about results (caches).
  void ignoreHints();
  /// Gives up on the instruction at hand.
  [[noreturn]] void unknown(const std::string &why);
  const Op *find(const std::string &name) const;

private:
  void bind(const std::string &printed, Inst &out);
  void bindDual(const std::string &printed, Inst &out);
  std::unordered_map<std::string, Op> ops;
};

/// Gives a constant the bits that an operand of this type has.
void bindConstant(Operand &o, Type type);
/// Reads the dpp modifiers of the instruction.
const Dpp *bindDpp(Decoder &d);

using Table = std::vector<Op>;
void addScalarArithmetic(Table &);
void addScalarLogic(Table &);
void addScalarCompare(Table &);
void addControl(Table &);
void addVectorInteger(Table &);
void addVectorInteger16(Table &);
void addVectorFloat(Table &);
void addVectorDouble(Table &);
void addVectorHalf(Table &);
void addVectorPacked(Table &);
void addVectorConvert(Table &);
void addVectorCompare(Table &);
void addDot(Table &);
void addLaneMoves(Table &);
void addMatrix(Table &);
void addSparseMatrix(Table &);
void addWmma(Table &);
void addGlobal(Table &);
void addShared(Table &);

} // namespace tercet::emu::amdgpu

#endif
