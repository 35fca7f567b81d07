//===- Code.h - the code of an hsaco, decoded -------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_AMDGPU_CODE_H
#define TERCET_TEST_EMULATORS_AMDGPU_CODE_H

#include "Decoder.h"

namespace tercet::emu::amdgpu {

/// What a kernel descriptor says.
struct Kernel {
  std::string name;
  uint32_t entry = 0; ///< index of its first instruction
  uint32_t start = 0; ///< its address
  uint32_t sharedBytes = 0, scratchBytes = 0, kernargBytes = 0;
  uint32_t rsrc1 = 0, rsrc2 = 0, rsrc3 = 0;
  uint16_t properties = 0, preload = 0;
  unsigned vectors = 0, accumulators = 0; ///< registers allocated
};

struct Function {
  std::string name;
  uint64_t address = 0, size = 0;
};

struct Code {
  explicit Code(Chip chip) : decoder(chip), chip(chip) {}

  Decoder decoder;
  Chip chip;
  std::vector<Inst> insts;
  std::unordered_map<uint64_t, uint32_t> indexOf; ///< by address in the image
  std::vector<Kernel> kernels;
  std::vector<Function> functions; ///< kernels too
  unsigned vectors = 0;    ///< one more than the highest vector register
  std::vector<char> image; ///< the loaded segments
  /// Where the image holds addresses of itself, and of what.
  std::vector<std::pair<uint64_t, uint64_t>> relocations;

  const Kernel *findKernel(const std::string &name) const;
  /// "0x12", or "function+0x12" where it is not the kernel's own.
  std::string placeOf(const Inst &i, const Kernel &k) const;
  /// The index of the instruction at an address, or a Fault.
  uint32_t at(uint64_t address) const;
};

/// Loads a linked code object. Throws Fault where it is not one for the chip.
std::unique_ptr<Code> loadCode(Chip chip, const void *data, size_t size);

} // namespace tercet::emu::amdgpu

#endif
