//===- File.cpp -----------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/File.h"
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tercet::runtime {

AtomicFile::~AtomicFile() {
  if (fd >= 0) {
    close(fd);
    unlink(temporary.data());
  }
}

Status AtomicFile::failed(const char *doing) {
  char text[128];
  return fail(TERCET_IO, "cannot %s %s: %s", doing, path,
              errnoText(errno, text, sizeof text));
}

Status AtomicFile::open(const char *p) {
  path = p;
  size_t room = strlen(p) + 48;
  if (!temporary.resize(room))
    return outOfMemory();
  for (int attempt = 0; attempt < 100; ++attempt) {
    snprintf(temporary.data(), room, "%s.tmp.%ld.%d", p,
             static_cast<long>(getpid()), attempt);
    fd =
        ::open(temporary.data(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0 || errno != EEXIST)
      break;
  }
  return fd >= 0 ? nullptr : failed("write");
}

Status AtomicFile::write(const void *data, size_t size) {
  auto *bytes = static_cast<const char *>(data);
  while (size) {
    ssize_t n = ::write(fd, bytes, size);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return failed("write");
    bytes += n;
    size -= static_cast<size_t>(n);
  }
  return nullptr;
}

Status AtomicFile::commit() {
  if (fsync(fd) != 0)
    return failed("write");
  if (rename(temporary.data(), path) != 0)
    return failed("replace");
  close(fd);
  fd = -1;
  // The rename itself must reach the disk too; a folder that cannot be synced
  // (some file systems) leaves the file whole, so this is no error.
  char *slash = strrchr(temporary.data(), '/');
  if (slash)
    slash[slash == temporary.data() ? 1 : 0] = 0;
  int folder = ::open(slash ? temporary.data() : ".",
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
  return nullptr;
}

MappedFile::~MappedFile() {
  if (data)
    munmap(const_cast<uint8_t *>(data), size);
}

Status MappedFile::open(const char *path) {
  char text[128];
  int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fail(errno == ENOENT ? TERCET_NOT_FOUND : TERCET_IO,
                "cannot open it: %s", errnoText(errno, text, sizeof text));
  struct stat info;
  Status status = nullptr;
  if (fstat(fd, &info) != 0)
    status = fail(TERCET_IO, "cannot read its size: %s",
                  errnoText(errno, text, sizeof text));
  else if (!S_ISREG(info.st_mode))
    status = fail(TERCET_INVALID_ARGUMENT, "it is not a regular file");
  else if (info.st_size == 0)
    status = fail(TERCET_DAMAGED, "the file is empty");
  if (!status) {
    void *p = mmap(nullptr, static_cast<size_t>(info.st_size), PROT_READ,
                   MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) {
      status = fail(TERCET_IO, "cannot map it: %s",
                    errnoText(errno, text, sizeof text));
    } else {
      data = static_cast<const uint8_t *>(p);
      size = static_cast<size_t>(info.st_size);
    }
  }
  close(fd);
  return status;
}

Status readFile(const char *path, Array<uint8_t> &bytes) {
  char text[128];
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return fail(errno == ENOENT ? TERCET_NOT_FOUND : TERCET_IO,
                "cannot open %s: %s", path,
                errnoText(errno, text, sizeof text));
  struct stat info;
  Status status = nullptr;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
    status = fail(TERCET_IO, "%s is not a regular file", path);
  else if (!bytes.resize(static_cast<size_t>(info.st_size)))
    status = outOfMemory();
  for (size_t done = 0; !status && done < bytes.size();) {
    ssize_t n = read(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      status = fail(TERCET_IO, "cannot read %s: %s", path,
                    n ? errnoText(errno, text, sizeof text) : "it shrank");
    else
      done += static_cast<size_t>(n);
  }
  close(fd);
  return status;
}

} // namespace tercet::runtime
