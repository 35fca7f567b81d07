//===- Npy.h - NumPy files ------------------------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads .npy files (format 1 to 3, little-endian, row-major) of the types that
// tensors of an artifact have, and writes them whole or not at all. bf16, which
// NumPy lacks, is two raw bytes ("V2") in a file.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TOOLS_NPY_H
#define TERCET_TOOLS_NPY_H

#include "tercet/dlpack.h"
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace tercet::tools {

/// A dense tensor in memory of its own.
struct HostTensor {
  DLDataType dtype = {kDLFloat, 32, 1};
  std::vector<int64_t> shape;
  size_t bytes = 0;
  std::unique_ptr<void, void (*)(void *)> data{nullptr, std::free};

  /// False where the shape is impossible or memory runs out.
  bool allocate(DLDataType type, std::vector<int64_t> sizes);
  int64_t count() const;
  DLTensor view();
};

/// "f32"; "?" for a type no artifact has.
std::string typeName(DLDataType type);
/// "f32 [3, 64]".
std::string describe(const DLTensor &tensor);

/// An element as a double (exact for all types but large i64).
double element(const DLTensor &tensor, int64_t index);
/// Stores a value as the tensor's type, rounded and clamped.
void setElement(DLTensor &tensor, int64_t index, double value);
int64_t elementCount(const DLTensor &tensor);

/// Null error string means success.
bool readNpy(const std::string &path, HostTensor &out, std::string &error);
bool writeNpy(const std::string &path, const DLTensor &tensor,
              std::string &error);
/// Writes beside the file and renames.
bool writeWhole(const std::string &path,
                const std::vector<std::pair<const void *, size_t>> &parts,
                std::string &error);

} // namespace tercet::tools

#endif
