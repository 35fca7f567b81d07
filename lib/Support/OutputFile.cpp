//===- OutputFile.cpp - files that are whole or not there -----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Support/OutputFile.h"
#include "lib/Support/ErrorHandling.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;
using namespace tercet::support;

Error OutputFile::failure(StringRef what, std::error_code code) {
  return makeError("cannot " + what + " '" + (path == "-" ? "standard output" : path) +
                   "': " + code.message());
}

Expected<std::unique_ptr<OutputFile>> OutputFile::create(StringRef path) {
  std::unique_ptr<OutputFile> file(new OutputFile);
  file->path = path.str();
  if (path.empty())
    return makeError("the output has no file name: give one with -o");
  auto lastError = [] { return std::error_code(errno, std::generic_category()); };

  struct stat info;
  bool exists = ::stat(file->path.c_str(), &info) == 0;
  if (path == "-") {
    // A copy, so that closing it can report an error.
    file->fd = ::dup(STDOUT_FILENO);
    if (file->fd < 0)
      return file->failure("write to", lastError());
  } else if (exists && S_ISDIR(info.st_mode)) {
    return makeError("cannot write '" + path + "': it is a folder");
  } else if (exists && !S_ISREG(info.st_mode)) {
    // Renaming over a device would replace it.
    file->fd = ::open(file->path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file->fd < 0)
      return file->failure("write to", lastError());
  } else {
    if (exists && ::access(file->path.c_str(), W_OK) != 0)
      return file->failure("write", lastError());
    // A link keeps pointing where it did.
    SmallString<128> real;
    if (exists && !sys::fs::real_path(path, real))
      file->path = std::string(real);
    SmallString<128> name;
    if (std::error_code ec = sys::fs::createUniqueFile(
            file->path + ".tmp-%%%%%%%%", file->fd, name, sys::fs::OF_None,
            sys::fs::all_read | sys::fs::all_write))
      return file->failure("create", ec);
    if (exists)
      (void)::fchmod(file->fd, info.st_mode & 07777);
    file->temporary = std::string(name);
    sys::RemoveFileOnSignal(name);
  }
  file->stream = std::make_unique<raw_fd_ostream>(file->fd, /*shouldClose=*/false);
  return file;
}

OutputFile::~OutputFile() { discard(); }

void OutputFile::discard() {
  if (stream) {
    stream->clear_error(); // its destructor ends the process otherwise
    stream.reset();
  }
  if (fd >= 0)
    ::close(fd);
  fd = -1;
  if (!temporary.empty()) {
    (void)sys::fs::remove(temporary);
    sys::DontRemoveFileOnSignal(temporary);
    temporary.clear();
  }
}

Error OutputFile::flush() {
  stream->flush();
  if (!stream->has_error())
    return Error::success();
  std::error_code code = stream->error();
  discard();
  return failure("write", code);
}

Error OutputFile::commit() {
  if (Error e = flush())
    return e;
  auto fail = [&](StringRef what) {
    std::error_code code(errno, std::generic_category());
    discard();
    return failure(what, code);
  };
  stream.reset();
  if (!temporary.empty() && ::fsync(fd) != 0)
    return fail("write");
  int closing = fd;
  fd = -1;
  if (::close(closing) != 0)
    return fail("write");
  if (temporary.empty())
    return Error::success();
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    return fail("create");
  sys::DontRemoveFileOnSignal(temporary);
  temporary.clear();
  return Error::success();
}

Error tercet::support::writeFile(StringRef path, StringRef bytes) {
  auto file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  (*file)->os() << bytes;
  return (*file)->commit();
}
