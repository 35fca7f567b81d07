//===- Assembler.h - code objects from assembly text ------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_UNIT_EMULATORS_AMDGPU_ASSEMBLER_H
#define TERCET_TEST_UNIT_EMULATORS_AMDGPU_ASSEMBLER_H

#include <string>
#include <vector>

/// Assembles and links for a chip ("gfx942"). An error leaves `out` empty and
/// is in `error`.
void assemble(const std::string &chip, const std::string &text,
              std::vector<char> &out, std::string &error);

#endif
