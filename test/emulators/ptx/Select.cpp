//===- Select.cpp ---------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Select.h"

using namespace tercet::emu::ptx;

/// Operands of the instructions whose table entries do not say.
static unsigned countOperands(const std::string &mnemonic) {
  static const std::unordered_map<std::string, unsigned> counts = {
      {"abs", 2},   {"add", 3},       {"addc", 3},  {"and", 3},   {"bfe", 4},
      {"bfi", 5},   {"bfind", 2},     {"bmsk", 3},  {"brev", 2},  {"clz", 2},
      {"cnot", 2},  {"copysign", 3},  {"cos", 2},   {"cvt", 2},   {"div", 3},
      {"dp2a", 4},  {"dp4a", 4},      {"ex2", 2},   {"fma", 4},   {"lg2", 2},
      {"lop3", 5},  {"mad", 4},       {"mad24", 4}, {"madc", 4},  {"max", 3},
      {"min", 3},   {"mov", 2},       {"mul", 3},   {"mul24", 3}, {"neg", 2},
      {"not", 2},   {"or", 3},        {"popc", 2},  {"prmt", 4},  {"rcp", 2},
      {"redux", 3}, {"rem", 3},       {"rsqrt", 2}, {"sad", 4},   {"shf", 4},
      {"shl", 3},   {"shr", 3},       {"sin", 2},   {"sqrt", 2},  {"sub", 3},
      {"subc", 3},  {"szext", 3},     {"tanh", 2},  {"testp", 2}, {"vote", 3},
      {"xor", 3},   {"activemask", 1}};
  if (mnemonic.find("f16x2.f32") != std::string::npos)
    return 3; // cvt of two
  auto it = counts.find(mnemonic.substr(0, mnemonic.find('.')));
  return it == counts.end() ? 0 : it->second;
}

static Table makeTable() {
  Table table;
  addIntegers(table);
  addComparisons(table);
  addFloats(table);
  addHalves(table);
  addConversions(table);
  addMatrices(table);
  addLaneMoves(table);
  for (auto &[mnemonic, entry] : table)
    if (unsigned n = entry.least ? 0 : countOperands(mnemonic))
      entry.least = entry.most = static_cast<uint8_t>(n);
  for (const char *name : {"up", "down", "bfly", "idx"}) {
    Entry &e = table[std::string("shfl.sync.") + name + ".b32"];
    e.least = 5, e.most = 6;
  }
  return table;
}

/// Instructions that lanes meet at.
static void markMeeting(Instruction &i) {
  const std::string &m = i.mnemonic;
  if (i.flow != Flow::None)
    return;
  if (m.find(".sync.aligned.m") != std::string::npos) {
    i.flow = Flow::Sync;
  } else if (m.find(".sync") != std::string::npos && i.regs.size()) {
    i.flow = Flow::Sync;
    i.members = i.regs[i.regs.size() - 1];
  }
}

static bool selectRun(Instruction &i) {
  static const Table table = makeTable();
  if (selectControl(i) || selectMemory(i) || selectMatrixLoad(i))
    return true;
  // Outside of memory and moves only matrices have vectors of registers.
  auto it = table.find(i.mnemonic);
  if (it == table.end())
    return false;
  i.run = it->second.run;
  return i.regs.size() >= it->second.least && i.regs.size() <= it->second.most;
}

bool tercet::emu::ptx::select(Instruction &i) {
  if (!selectRun(i))
    return false;
  markMeeting(i);
  return true;
}
