//===- TensorReader.cpp - the values of a weight, piece by piece ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/TensorReader.h"
#include "llvm/ADT/STLExtras.h"

using namespace tercet::compiler;

bool TensorReader::next(llvm::MutableArrayRef<uint8_t> into) {
  if (made) {
    made->next(into);
    return true;
  }
  while (!into.empty()) {
    while (!parts.empty() && parts.front().empty())
      parts.pop_front();
    if (parts.empty())
      return false;
    size_t size = std::min(into.size(), parts.front().size());
    llvm::ArrayRef<uint8_t> piece = parts.front().take_front(size);
    if (!file)
      llvm::copy(piece, into.begin());
    else if (!file->read(piece, into.data()))
      return false;
    parts.front() = parts.front().drop_front(size);
    into = into.drop_front(size);
  }
  return true;
}
