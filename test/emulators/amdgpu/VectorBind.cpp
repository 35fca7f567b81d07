//===- VectorBind.cpp - operands and modifiers of vector instructions -----===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Decoder.h"
#include "Vector.h"

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

static unsigned parseSelect(Decoder &d, const char *name) {
  static const char *const kNames[] = {"BYTE_0", "BYTE_1", "BYTE_2", "BYTE_3",
                                       "WORD_0", "WORD_1", "DWORD"};
  std::string value;
  if (!d.modifier(name, &value))
    return 6;
  for (unsigned k = 0; k < 7; ++k)
    if (value == kNames[k])
      return k;
  d.unknown("the emulator does not know '" + value + "' of this instruction");
}

static void bindSdwa(Decoder &d, Inst &i) {
  i.dst.select = parseSelect(d, "dst_sel");
  i.src[0].select = parseSelect(d, "src0_sel");
  i.src[1].select = parseSelect(d, "src1_sel");
  std::string unused = "UNUSED_PAD";
  d.modifier("dst_unused", &unused);
  i.sdwa = unused == "UNUSED_PAD" ? 1 : unused == "UNUSED_SEXT" ? 2 : 3;
}

static void bindModifiers(Decoder &d, Inst &i, const Op &op) {
  if (d.modifier("clamp")) {
    if (op.flags & kNoClamp || i.type == Type::Bit)
      d.unknown("the emulator does not know 'clamp' of this instruction");
    i.clamp = true;
    bool real =
        op.type == Type::F32 || op.type == Type::F16 || op.type == Type::F64;
    if (!real && !op.clamped)
      d.unknown("the emulator does not know 'clamp' of this instruction");
    if (op.clamped)
      i.lanes = op.clamped;
  }
  int64_t mul = d.number("mul"), div = d.number("div");
  i.omod = mul == 2 ? 1 : mul == 4 ? 2 : div == 2 ? 3 : 0;
  if (op.flags & kPacked) {
    i.packed = true;
    i.opSel = d.bits("op_sel", 0);
    i.opSelHi = d.bits("op_sel_hi", 7);
    i.negLo = d.bits("neg_lo", 0);
    i.negHi = d.bits("neg_hi", 0);
    return;
  }
  unsigned sel = d.bits("op_sel", 0);
  for (unsigned k = 0; k < i.sources; ++k) {
    // v1.h says it already.
    if (sel >> k & 1 && !i.src[k].halved) {
      if (!is16(i.types[k]))
        d.unknown("the emulator does not know 'op_sel' of this instruction");
      i.src[k].high = true;
    }
  }
  // The destination's bit comes after those of the sources in the text, which
  // are as many as it has operands.
  unsigned written = i.sources - (op.flags & kTied ? 1 : 0);
  if (sel >> written & 1 && !i.dst.halved) {
    if (!is16(i.type))
      d.unknown("the emulator does not know 'op_sel' of this instruction");
    i.dst.high = i.dst.halved = true;
  }
}

void amdgpu::bindVector(Decoder &d, Inst &i, const Op &op) {
  i.run = runVector;
  i.lanes = op.lanes;
  i.type = op.type;
  i.floats = op.floats;
  i.sources = op.sources;
  for (unsigned k = 0; k < op.sources; ++k)
    i.types[k] = op.types[k];
  bool packed = op.flags & kPacked;
  if (op.type != Type::Bit) {
    i.dst = d.takeAny();
    if (i.dst.kind != Operand::Vector)
      d.unknown("the emulator expects a vector register as the destination");
    if (op.bits)
      i.dst2 = d.takeAny();
  } else if (i.name.compare(0, 6, "v_cmpx")) {
    i.dst2 = d.takeAny();
  } else if (d.chip == Chip::Gfx942) {
    i.dst2 = d.takeAny();
    i.run = runVectorExec;
  } else {
    parseOperand("exec", i.dst2);
  }
  if (op.bits && i.dst2.kind != Operand::Scalar)
    d.unknown("the emulator expects a scalar register for the bits of lanes");
  for (unsigned k = 0; k < op.sources; ++k) {
    if (k + 1u == op.sources && op.flags & kTied) {
      i.src[k] = i.dst;
      break;
    }
    if (k + 1u == op.sources && op.flags & kVccIn && !d.left()) {
      parseOperand("vcc", i.src[k]);
      break;
    }
    Type type = op.types[k];
    if (packed && is16(type))
      type = type == Type::F16 ? Type::PF16 : Type::P16;
    i.src[k] = d.take(type);
    const Operand &o = i.src[k];
    if (o.kind == Operand::None ||
        (type == Type::Bit && o.kind != Operand::Scalar))
      d.unknown("the emulator does not know operand '" +
                d.text.operands[d.taken - 1] + "' of this instruction");
    if ((o.neg || o.abs) && (type == Type::B64 || type == Type::I64))
      d.unknown("the emulator does not know a sign change of this operand");
  }
  if (i.dpp && (op.bits || i.src[0].kind != Operand::Vector))
    d.unknown("the emulator does not know dpp of this instruction");
  if (d.text.sdwa)
    bindSdwa(d, i);
  bindModifiers(d, i, op);
  // Zero is zero in either word; of the upper one of others documents do not say.
  if (packed && !is16(i.type))
    for (unsigned k = 0; k < i.sources; ++k)
      if (i.src[k].kind == Operand::Constant && i.src[k].value[0] &&
          ((i.opSel | i.opSelHi) >> k & 1))
        d.unknown("the emulator does not know a constant of two words here");
  // A 16-bit result leaves the other half of its register alone, but on gfx9
  // most instructions clear it.
  if (is16(i.type) && !packed && !i.sdwa)
    i.keepHigh =
        d.chip == Chip::Gfx1100 || op.flags & kKeepHigh || i.dst.halved;
}
