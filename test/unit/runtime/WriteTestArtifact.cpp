//===- WriteTestArtifact.cpp - the tests' artifact as a file --------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// tercet-test-artifact OUT.tercet [cuda]: the artifact of TestArtifact.h, for
// this machine or for an NVIDIA GPU whose driver is the tests' own.
//
//===----------------------------------------------------------------------===//
#include "TestArtifact.h"
#include <cstdio>
#include <cstring>

int main(int argc, char **argv) {
  bool cuda = argc == 3 && !strcmp(argv[2], "cuda");
  if (argc != 2 && !cuda)
    return fprintf(stderr, "tercet-test-artifact OUT.tercet [cuda]\n"), 1;
  tercet::test::Source source =
      cuda ? tercet::test::makeGpuSource("cuda", "sm_90",
                                         tercet::schema::BlobFormat::ptx)
           : tercet::test::makeSource();
  tercet::test::AlignedBytes bytes = tercet::test::write(source);
  FILE *file = fopen(argv[1], "wb");
  bool ok = file && fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  return file && fclose(file) == 0 && ok ? 0 : 1;
}
