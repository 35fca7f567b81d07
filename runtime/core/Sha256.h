//===- Sha256.h - SHA-256 (FIPS 180-4) --------------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_RUNTIME_CORE_SHA256_H
#define TERCET_RUNTIME_CORE_SHA256_H

#include <cstddef>
#include <cstdint>

namespace tercet::runtime {

class Sha256 {
public:
  Sha256();
  void update(const void *data, size_t size);
  void finish(uint8_t digest[32]);

private:
  uint32_t state[8];
  uint64_t length = 0; // bytes so far
  uint8_t block[64];
  bool hardware;
};

void sha256(const void *data, size_t size, uint8_t digest[32]);
/// True where the SHA-256 of the data is `digest`.
bool sha256Matches(const void *data, size_t size, const uint8_t *digest);

} // namespace tercet::runtime

#endif
