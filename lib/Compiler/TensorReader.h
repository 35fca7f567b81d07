//===- TensorReader.h - the values of a weight, piece by piece --*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A tensor of experts has gigabytes: it is read front to back, a piece at a
// time. A copy of a reader reads the same once more.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_COMPILER_TENSORREADER_H
#define TERCET_LIB_COMPILER_TENSORREADER_H

#include "lib/Compiler/SyntheticWeights.h"
#include "lib/Support/Safetensors.h"
#include <deque>
#include <memory>
#include <optional>

namespace tercet::compiler {

class TensorReader {
public:
  /// Parts of a file's tensor, in the order in which they are read.
  TensorReader(const support::SafetensorsFile &file,
               llvm::ArrayRef<llvm::ArrayRef<uint8_t>> parts)
      : file(&file), parts(parts.begin(), parts.end()) {}
  /// Bytes that are there already.
  explicit TensorReader(std::vector<uint8_t> bytes)
      : owned(std::make_shared<const std::vector<uint8_t>>(std::move(bytes))) {
    parts.push_back(*owned);
  }
  /// Made-up values.
  explicit TensorReader(SyntheticWeights made) : made(made) {}

  /// Fills `into` with the next bytes: whole rows of trits, whole elements of
  /// anything else. False where the file cannot be read.
  bool next(llvm::MutableArrayRef<uint8_t> into);

private:
  const support::SafetensorsFile *file = nullptr;
  std::deque<llvm::ArrayRef<uint8_t>> parts;
  std::optional<SyntheticWeights> made;
  std::shared_ptr<const std::vector<uint8_t>> owned;
};

} // namespace tercet::compiler

#endif
