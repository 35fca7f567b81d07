//===- TensorReader.cpp - the values of a weight, piece by piece ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/TensorReader.h"

using namespace tercet::compiler;

llvm::ArrayRef<uint8_t> TensorReader::nextUpTo(size_t most) {
  if (made) {
    made->next(most, storage);
    return storage;
  }
  if (file)
    file->release(behind);
  behind = {};
  while (!parts.empty() && parts.front().empty())
    parts.pop_front();
  if (parts.empty())
    return {};
  behind = parts.front().take_front(most);
  parts.front() = parts.front().drop_front(behind.size());
  return behind;
}

llvm::ArrayRef<uint8_t> TensorReader::next(size_t size) {
  llvm::ArrayRef<uint8_t> bytes =
      size ? nextUpTo(size) : llvm::ArrayRef<uint8_t>();
  assert(bytes.size() == size && "a piece crosses from one part into another");
  return bytes;
}
