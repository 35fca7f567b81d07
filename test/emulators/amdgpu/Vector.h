//===- Vector.h - what surrounds an operation on lanes ----------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_AMDGPU_VECTOR_H
#define TERCET_TEST_EMULATORS_AMDGPU_VECTOR_H

#include "Machine.h"

namespace tercet::emu::amdgpu {

/// Operands with their modifiers, the operation, the result where EXEC is set.
void runVector(Wave &w, const Inst &i);
/// A comparison of gfx9 that writes EXEC as well as its destination.
void runVectorExec(Wave &w, const Inst &i);
/// Two of them; both read before one writes.
void runDual(Wave &w, const Inst &i);

/// Any instruction while `indexed` is set.
void runIndexed(Wave &w, const Inst &i);

/// The lane arrays of a source: of a register itself, or made in `buffer` (2 *
/// 64 words). `upper`: of a packed instruction, the second time.
const uint32_t *fetch(Wave &w, const Inst &i, unsigned k, Type type,
                      uint32_t *buffer, bool upper = false);

/// Writes lanes that are on.
void merge(const Wave &w, uint32_t *to, const uint32_t *from);
/// 0 or 1 a lane as a mask.
uint64_t packBits(const uint32_t *bits, unsigned n);

} // namespace tercet::emu::amdgpu

#endif
