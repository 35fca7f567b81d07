//===- Decoder.cpp --------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Decoder.h"
#include "Vector.h"
#include <cstdlib>
#include <cstring>

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

namespace {
struct Unknown {
  std::string why;
};
} // namespace

Decoder::Decoder(Chip chip)
    : chip(chip), lanes(chip == Chip::Gfx942 ? 64 : 32) {
  Table table;
  for (auto add :
       {addScalarArithmetic, addScalarLogic, addScalarCompare, addControl,
        addVectorInteger, addVectorInteger16, addVectorFloat, addVectorDouble,
        addVectorHalf, addVectorPacked, addVectorConvert, addVectorCompare,
        addDot, addLaneMoves, addMatrix, addSparseMatrix, addWmma, addGlobal,
        addShared})
    add(table);
  for (Op &op : table)
    ops[op.name] = op;
}

const Op *Decoder::find(const std::string &name) const {
  auto it = ops.find(name);
  return it == ops.end() ? nullptr : &it->second;
}

void Decoder::unknown(const std::string &why) { throw Unknown{why}; }

static void runUnknown(Wave &, const Inst &i) { fail("%s", i.problem.c_str()); }

void Decoder::decode(const std::string &printed, Inst &out) {
  out.text = printed;
  out.scalar = !printed.compare(0, 2, "s_");
  try {
    if (printed.find(" :: ") != std::string::npos)
      bindDual(printed, out);
    else
      bind(printed, out);
  } catch (const Unknown &u) {
    out.run = runUnknown;
    out.problem = u.why;
  }
}

void Decoder::bind(const std::string &printed, Inst &out) {
  text = parseText(printed);
  taken = 0;
  out.name = text.name;
  const Op *op = find(text.name);
  if (!op)
    unknown("the emulator does not know this instruction");
  if (text.dpp)
    out.dpp = bindDpp(*this);
  op->bind(*this, out, *op);
  if (!text.modifiers.empty())
    unknown("the emulator does not know '" + text.modifiers.begin()->first +
            "' of this instruction");
  if (taken != text.operands.size())
    unknown("the emulator does not know operand '" + text.operands[taken] +
            "' of this instruction");
}

Operand Decoder::takeAny() {
  if (taken >= text.operands.size())
    unknown("the emulator expects another operand of this instruction");
  Operand o;
  if (!parseOperand(text.operands[taken], o))
    unknown("the emulator does not know operand '" + text.operands[taken] +
            "' of this instruction");
  ++taken;
  return o;
}

void amdgpu::bindConstant(Operand &o, Type type) {
  if (o.kind != Operand::Constant)
    return;
  if (o.real) {
    if (registersOf(type) == 2) {
      uint64_t bits = bitsOf(o.number);
      o.value[0] = static_cast<uint32_t>(bits);
      o.value[1] = static_cast<uint32_t>(bits >> 32);
    } else if (type == Type::F16 || type == Type::B16 || type == Type::PF16) {
      o.value[0] = halfOf(o.number, 0).bits;
    } else {
      o.value[0] = bitsOf(static_cast<float>(o.number));
    }
  } else if (o.literal && type == Type::F64) {
    o.value[1] = o.value[0]; // a literal is the upper half of a double
    o.value[0] = 0;
  }
}

Operand Decoder::take(Type type) {
  Operand o = takeAny();
  // Literals are extended with zeros; documents disagree with LLVM on those of
  // signed operands.
  if (o.literal && type == Type::I64 && o.value[0] >> 31)
    unknown("the emulator does not know how a literal with its top bit set is "
            "extended to a signed operand");
  bindConstant(o, type);
  return o;
}

bool Decoder::modifier(const char *name, std::string *value) {
  auto it = text.modifiers.find(name);
  if (it == text.modifiers.end())
    return false;
  if (value)
    *value = it->second;
  text.modifiers.erase(it);
  return true;
}

int64_t Decoder::number(const char *name) {
  std::string value;
  return modifier(name, &value) ? strtoll(value.c_str(), nullptr, 0) : 0;
}

unsigned Decoder::bits(const char *name, unsigned absent) {
  std::string value;
  return modifier(name, &value) ? parseBits(value) : absent;
}

void Decoder::ignoreHints() {
  for (const char *name : {"glc", "slc", "dlc", "sc0", "sc1", "nt"})
    modifier(name);
}

//===----------------------------------------------------------------------===//
// Dual instructions
//===----------------------------------------------------------------------===//

void Decoder::bindDual(const std::string &printed, Inst &out) {
  size_t middle = printed.find(" :: ");
  std::string part[2] = {printed.substr(0, middle), printed.substr(middle + 4)};
  Inst *half[2];
  for (unsigned k = 0; k < 2; ++k) {
    size_t at = part[k].find("v_dual_");
    if (at == std::string::npos)
      unknown("the emulator does not know this pair");
    std::string plain = "v_" + part[k].substr(at + 7);
    halves.emplace_back();
    half[k] = &halves.back();
    bind(plain, *half[k]);
    if (half[k]->run != runVector || half[k]->dst.kind != Operand::Vector)
      unknown("the emulator does not know this pair");
  }
  out.name = parseText(part[0]).name;
  out.run = runDual;
  out.pair = half[0];
  half[0]->pair = half[1];
}
