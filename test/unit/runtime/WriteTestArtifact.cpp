//===- WriteTestArtifact.cpp - the tests' artifact as a file --------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// tercet-test-artifact OUT.tercet: the artifact of TestArtifact.h.
//
//===----------------------------------------------------------------------===//
#include "TestArtifact.h"
#include <cstdio>

int main(int argc, char **argv) {
  if (argc != 2)
    return fprintf(stderr, "tercet-test-artifact OUT.tercet\n"), 1;
  tercet::test::Source source = tercet::test::makeSource();
  tercet::test::AlignedBytes bytes = tercet::test::write(source);
  FILE *file = fopen(argv[1], "wb");
  bool ok = file && fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  return file && fclose(file) == 0 && ok ? 0 : 1;
}
