//===- Select.cpp ---------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Select.h"

using namespace tercet::emu::ptx;

static Table makeTable() {
  Table table;
  addIntegers(table);
  addComparisons(table);
  addFloats(table);
  addHalves(table);
  addConversions(table);
  addMatrices(table);
  addLaneMoves(table);
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
