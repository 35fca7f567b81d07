//===- NpyFuzzer.cpp - any file as a NumPy array --------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/Npy.h"
#include <sys/mman.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static int fd = memfd_create("npy", 0);
  if (ftruncate(fd, 0) != 0 ||
      pwrite(fd, data, size, 0) != static_cast<ssize_t>(size))
    return 0;
  tercet::tools::HostTensor tensor;
  std::string error, path = "/proc/self/fd/" + std::to_string(fd);
  if (!tercet::tools::readNpy(path, tensor, error) && error.empty())
    abort(); // a failure has a sentence
  return 0;
}
