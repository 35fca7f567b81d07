//===- File.h - files that appear whole or not at all -----------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_RUNTIME_CORE_FILE_H
#define TERCET_RUNTIME_CORE_FILE_H

#include "runtime/core/Status.h"
#include "runtime/core/Support.h"
#include <cstdint>

namespace tercet::runtime {

/// Writes beside the file and renames at the end; what is not committed is
/// removed.
class AtomicFile {
public:
  ~AtomicFile();
  Status open(const char *path);
  Status write(const void *data, size_t size);
  /// fsync, rename, fsync of the folder.
  Status commit();

private:
  Status failed(const char *doing);
  const char *path = nullptr;
  Array<char> temporary;
  int fd = -1;
};

/// A file that is mapped for reading.
struct MappedFile {
  const uint8_t *data = nullptr;
  size_t size = 0;

  MappedFile() = default;
  MappedFile(const MappedFile &) = delete;
  MappedFile &operator=(const MappedFile &) = delete;
  ~MappedFile();
  /// What goes wrong is said without the file's name.
  Status open(const char *path);
};

Status readFile(const char *path, Array<uint8_t> &bytes);

} // namespace tercet::runtime

#endif
