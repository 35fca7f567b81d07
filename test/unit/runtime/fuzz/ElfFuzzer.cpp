//===- ElfFuzzer.cpp - any code for the loader ----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "../TestArtifact.h"
#include "runtime/core/Support.h"
#include "runtime/cpu/ElfLoader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  tercet::test::AlignedBytes code(data, size);
  tercet::runtime::ElfImage image;
  if (!image.load(code.data(), size))
    image.find("affine"); // found or not; never called
  return 0;
}
