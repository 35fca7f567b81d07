//===- Harness.h - runs pieces of PTX in the emulator -----------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All kernels that ran are given to ptxas in the end, if there is one.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_UNIT_EMULATORS_PTX_HARNESS_H
#define TERCET_TEST_UNIT_EMULATORS_PTX_HARNESS_H

#include "ptx/Emulator.h"
#include "gtest/gtest.h"
#include <cstring>

namespace harness {

using Values = std::vector<uint64_t>;

struct Options {
  unsigned threads = 32;
  uint64_t workgroups = 1, maxSteps = 0;
  std::string module; ///< variables before the kernel
  bool assemble = true;
};

/// Runs a kernel with the body given. It has the registers %p, %h, %r, %f (32
/// bits), %d, %g (64 bits), <64> of each, and buffer k's address in %d<k>.
/// Returns the fault, or "".
std::string runKernel(const std::string &body,
                      std::vector<std::vector<uint32_t>> &buffers,
                      const Options &options = {});
/// The same without buffers.
std::string faultOf(const std::string &body, const Options &options = {});

/// Runs an instruction for each of the cases. `types` has a letter for each
/// operand, destinations in front: "r=rr"; p predicate, h 16 bits, r 32, d 64.
/// In the text $0 is the first destination, $1, ... those after it, then the
/// sources. Returns the first destination of each case, or that of `which`.
Values evaluate(const std::string &text, const std::string &types,
                const std::vector<Values> &cases, unsigned which = 0);
/// For one case.
uint64_t evaluateOne(const std::string &text, const std::string &types,
                     const Values &sources, unsigned which = 0);

inline uint64_t bitsOf(float v) {
  uint32_t b;
  memcpy(&b, &v, 4);
  return b;
}
inline uint64_t bitsOf(double v) {
  uint64_t b;
  memcpy(&b, &v, 8);
  return b;
}

/// Pseudo-random numbers, the same on every machine.
struct Random {
  uint64_t state = 0x9e3779b97f4a7c15;
  uint32_t next() {
    state = state * 6364136223846793005 + 1442695040888963407;
    return static_cast<uint32_t>(state >> 32);
  }
};

} // namespace harness

#endif
