//===- TensorReader.h - the values of a weight, piece by piece --*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tensor of experts has gigabytes: it is read front to back, a matrix at a
// time, and what is behind the reader goes back to the operating system.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_COMPILER_TENSORREADER_H
#define TERCET_LIB_COMPILER_TENSORREADER_H

#include "lib/Compiler/SyntheticWeights.h"
#include "lib/Support/Safetensors.h"
#include <deque>
#include <optional>

namespace tercet::compiler {

class TensorReader {
public:
  /// Parts of a file's tensor, in the order in which they are read.
  TensorReader(const support::SafetensorsFile &file,
               llvm::ArrayRef<llvm::ArrayRef<uint8_t>> parts)
      : file(&file), parts(parts.begin(), parts.end()) {}
  /// Bytes that are there already.
  explicit TensorReader(std::vector<uint8_t> bytes) : owned(std::move(bytes)) {
    parts.push_back(owned);
  }
  TensorReader(TensorReader &&) = default;
  /// Made-up values.
  explicit TensorReader(SyntheticWeights made) : made(std::move(made)) {}

  bool isMade() const { return made.has_value(); }
  /// The next bytes, exactly `size` of them, which are there and of which none
  /// crosses from one part into another; valid until the next call.
  llvm::ArrayRef<uint8_t> next(size_t size);
  /// As many as are left of this part, at most `most`; empty at the end of a
  /// file's tensor.
  llvm::ArrayRef<uint8_t> nextUpTo(size_t most);

private:
  const support::SafetensorsFile *file = nullptr;
  std::deque<llvm::ArrayRef<uint8_t>> parts;
  llvm::ArrayRef<uint8_t> behind;
  std::optional<SyntheticWeights> made;
  std::vector<uint8_t> storage, owned;
};

} // namespace tercet::compiler

#endif
