//===- OutputFile.h - files that are whole or not there ---------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_SUPPORT_OUTPUTFILE_H
#define TERCET_LIB_SUPPORT_OUTPUTFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>
#include <string>

namespace tercet::support {

/// A file that appears under its name only when commit() succeeds: it is written
/// under a temporary name in the same folder, synced, and renamed. Without
/// commit() nothing is left, also when the process is interrupted or ends in a
/// fatal error. "-" is standard output; a device is written in place.
class OutputFile {
public:
  static llvm::Expected<std::unique_ptr<OutputFile>> create(llvm::StringRef path);
  ~OutputFile();

  llvm::raw_fd_ostream &os() { return *stream; }
  /// Hands everything written so far to the operating system; an error here is
  /// a full disk or a device that refuses.
  llvm::Error flush();
  /// Where the bytes are before commit(); empty for standard output and devices.
  llvm::StringRef getTemporaryPath() const { return temporary; }
  llvm::Error commit();

private:
  OutputFile() = default;
  llvm::Error failure(llvm::StringRef what, std::error_code code);
  void discard();

  std::string path, temporary;
  int fd = -1;
  std::unique_ptr<llvm::raw_fd_ostream> stream;
};

/// Writes a whole file that way.
llvm::Error writeFile(llvm::StringRef path, llvm::StringRef bytes);

} // namespace tercet::support

#endif
