//===- Select.h - mnemonics by table ----------------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_PTX_SELECT_H
#define TERCET_TEST_EMULATORS_PTX_SELECT_H

#include "Warp.h"
#include <unordered_map>

namespace tercet::emu::ptx {

/// How a mnemonic is executed, and how many operands it has.
struct Entry {
  Run run = nullptr;
  uint8_t least = 0, most = Operands::kMost;
  Entry() = default;
  Entry(Run run) : run(run) {}
  Entry(Run run, unsigned least, unsigned most)
      : run(run), least(static_cast<uint8_t>(least)),
        most(static_cast<uint8_t>(most)) {}
};
using Table = std::unordered_map<std::string, Entry>;

// What each file knows, by whole mnemonic.
void addIntegers(Table &table);
void addComparisons(Table &table);
void addFloats(Table &table);
void addHalves(Table &table);
void addConversions(Table &table);
void addMatrices(Table &table);
void addLaneMoves(Table &table);
// Mnemonics that are read part by part; false where they are another's.
bool selectMemory(Instruction &instruction);
bool selectMatrixLoad(Instruction &instruction);
bool selectControl(Instruction &instruction);
bool selectAtomic(Instruction &instruction,
                  const std::vector<std::string> &parts);

/// d = F()(a, ...) for lanes of type T.
template <typename T, typename F> struct Unary {
  static void run(Warp &w, const Instruction &i) {
    uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]);
    forEachLane(w.mask, [&](int l) { d[l] = toBits(F()(fromBits<T>(a[l]))); });
  }
};
template <typename T, typename F> struct Binary {
  static void run(Warp &w, const Instruction &i) {
    uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]),
             *b = w.reg(i.regs[2]);
    forEachLane(w.mask, [&](int l) {
      d[l] = toBits(F()(fromBits<T>(a[l]), fromBits<T>(b[l])));
    });
  }
};
template <typename T, typename F> struct Ternary {
  static void run(Warp &w, const Instruction &i) {
    uint64_t *d = w.reg(i.regs[0]), *a = w.reg(i.regs[1]),
             *b = w.reg(i.regs[2]), *c = w.reg(i.regs[3]);
    forEachLane(w.mask, [&](int l) {
      d[l] =
          toBits(F()(fromBits<T>(a[l]), fromBits<T>(b[l]), fromBits<T>(c[l])));
    });
  }
};

} // namespace tercet::emu::ptx

#endif
