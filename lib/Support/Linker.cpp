//===- Linker.cpp - lld, in this process ----------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Objects go to lld through temporary files, its output comes back the same
// way; the files are removed on every path, also when the process is
// interrupted.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/Linker.h"
#include "lib/Support/ErrorHandling.h"
#include "lld/Common/Driver.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"
#include <list>
#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace llvm;

namespace {
/// A temporary file that goes away with this object.
class TemporaryFile {
public:
  static Error create(std::list<TemporaryFile> &files, StringRef suffix) {
    SmallString<128> path;
    if (std::error_code code =
            sys::fs::createTemporaryFile("tercet-link", suffix, path))
      return tercet::support::makeError("cannot make a temporary file: " +
                                        code.message());
    sys::RemoveFileOnSignal(path);
    files.emplace_back(path.str());
    return Error::success();
  }
  TemporaryFile(StringRef path) : path(path) {}
  TemporaryFile(const TemporaryFile &) = delete;
  ~TemporaryFile() {
    (void)sys::fs::remove(path);
    sys::DontRemoveFileOnSignal(path);
  }
  Error write(StringRef bytes) {
    std::error_code code;
    raw_fd_ostream os(path, code);
    os << bytes;
    os.close();
    if (!code)
      code = os.error();
    os.clear_error();
    if (code)
      return tercet::support::makeError("cannot write '" + path +
                                        "': " + code.message());
    return Error::success();
  }
  std::string path;
};
} // namespace

Expected<std::vector<char>>
tercet::support::linkELF(ArrayRef<StringRef> objects,
                         ArrayRef<std::string> flags) {
  // One for the process: lld keeps its state in globals.
  static std::mutex mutex;
  static bool usable = true;

  std::list<TemporaryFile> files;
  if (Error e = TemporaryFile::create(files, "out"))
    return std::move(e);
  TemporaryFile &output = files.back();
  for (StringRef object : objects) {
    if (Error e = TemporaryFile::create(files, "o"))
      return std::move(e);
    if (Error e = files.back().write(object))
      return std::move(e);
  }

  std::vector<const char *> args{"ld.lld", "-o", output.path.c_str(),
                                 "--threads=1"};
  for (const std::string &flag : flags)
    args.push_back(flag.c_str());
  for (auto it = std::next(files.begin()); it != files.end(); ++it)
    args.push_back(it->path.c_str());

  std::string said;
  raw_string_ostream os(said);
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (!usable)
      return makeError("the linker crashed before and cannot run again in this "
                       "process");
    lld::Result result =
        lld::lldMain(args, os, os, {{lld::Gnu, &lld::elf::link}});
    usable = result.canRunAgain;
    if (result.retCode != 0)
      return makeError("linking failed: " +
                       StringRef(said).split('\n').first.str());
  }
  ErrorOr<std::unique_ptr<MemoryBuffer>> linked = MemoryBuffer::getFile(
      output.path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!linked)
    return makeError("cannot read what the linker wrote: " +
                     linked.getError().message());
  StringRef bytes = (*linked)->getBuffer();
  return std::vector<char>(bytes.begin(), bytes.end());
}
