//===- RowLayout.h - how rows of i8 activations lie in memory ---*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_ROWS_ROWLAYOUT_H
#define TERCET_PASSES_ROWS_ROWLAYOUT_H

#include "dialects/Ternary/Codes/Code.h"

namespace tercet {

/// Columns of a row of i8 activations: whole words of the code. Rows that are
/// close to a multiple of 2 KiB apart are brought to an odd number of cache
/// lines: 16 such rows would meet in one or two sets of a first-level cache and
/// push each other out, which halves the speed of a product on AVX-512.
int64_t getRowBytes(ternary::CodeAttr code, int64_t k);

} // namespace tercet

#endif
