//===- SeedCorpus.cpp - where the fuzzers start ---------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// tercet-seed-corpus FOLDER: a sound input for each fuzzer, in FOLDER/artifact,
// FOLDER/elf and FOLDER/npy, which must exist.
//
//===----------------------------------------------------------------------===//
#include "../TestArtifact.h"
#include "tools/Npy.h"
#include <cstdio>
#include <cstring>

using namespace tercet;

static bool put(const std::string &path, const void *data, size_t size) {
  FILE *file = fopen(path.c_str(), "wb");
  bool ok = file && fwrite(data, 1, size, file) == size;
  return file && fclose(file) == 0 && ok;
}

int main(int argc, char **argv) {
  if (argc != 2)
    return fprintf(stderr, "tercet-seed-corpus FOLDER\n"), 1;
  std::string folder = argv[1], error;
  test::Source source = test::makeSource();
  test::AlignedBytes file = test::write(source);
  schema::Header h;
  memcpy(&h, file.data(), sizeof h);
  tools::HostTensor tensor;
  bool ok = put(folder + "/artifact/seed", file.data() + h.manifestOffset,
                h.manifestLength) &&
            put(folder + "/elf/seed", source.segments[0].data(),
                source.segments[0].size()) &&
            tensor.allocate({kDLFloat, 32, 1}, {3, 4}) &&
            tools::writeNpy(folder + "/npy/seed", tensor.view(), error);
  return ok ? 0 : 1;
}
