//===- Safetensors.h - weight files -----------------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_SUPPORT_SAFETENSORS_H
#define TERCET_LIB_SUPPORT_SAFETENSORS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>
#include <string>
#include <vector>

namespace tercet::support {

/// A tensor of a weight file; its bytes are little-endian and row-major.
struct FileTensor {
  std::string name;
  /// As the file says it: "F32", "BF16", "I8", "U8", ...
  std::string dtype;
  llvm::SmallVector<int64_t> shape;
  llvm::ArrayRef<uint8_t> data;
};

/// "F32 256x64": for messages.
std::string describe(llvm::StringRef dtype, llvm::ArrayRef<int64_t> shape);

/// A mapped safetensors file. Weight files are data from anywhere: every number
/// in the header is checked before it is used, and a damaged file gives an
/// error that names the file, the tensor and what is wrong.
class SafetensorsFile {
public:
  static llvm::Expected<std::unique_ptr<SafetensorsFile>>
  open(llvm::StringRef path);
  /// The same from memory; `name` is for messages.
  static llvm::Expected<std::unique_ptr<SafetensorsFile>>
  parse(std::unique_ptr<llvm::MemoryBuffer> buffer, llvm::StringRef name);

  llvm::StringRef getName() const { return name; }
  llvm::ArrayRef<FileTensor> getTensors() const { return tensors; }
  /// The tensor of this name, or null.
  const FileTensor *find(llvm::StringRef tensor) const;
  const llvm::StringMap<std::string> &getMetadata() const { return metadata; }
  /// Copies data of this file, which then takes no memory of the process; false
  /// where the file cannot be read, or has become shorter.
  bool read(llvm::ArrayRef<uint8_t> data, uint8_t *into) const;

  ~SafetensorsFile();

private:
  SafetensorsFile() = default;
  llvm::Error parseHeader();

  std::string name;
  int fd = -1; // of a mapped file
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  std::vector<FileTensor> tensors;
  llvm::StringMap<size_t> index;
  llvm::StringMap<std::string> metadata;
};

} // namespace tercet::support

#endif
