//===- WeightFile.h - the first bytes of a weight file ----------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Encoded weights outside of the artifacts that use them. What lies where is in
// the manifest of an artifact; the file has the digest of that layout, so that
// artifacts of one layout share a file and one of another is refused.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_SCHEMA_WEIGHTFILE_H
#define TERCET_SCHEMA_WEIGHTFILE_H

#include <cstdint>

namespace tercet::schema {

constexpr char kWeightMagic[8] = {'T', 'E', 'R', 'C', 'E', 'T', 'W', '\n'};
constexpr uint16_t kWeightMajor = 0;
constexpr uint16_t kWeightMinor = 1;
/// Where the weights begin: at a page. Bytes between are zero.
constexpr uint64_t kWeightData = 4096;

/// Little-endian, at offset 0. `headerDigest` covers the bytes before it and
/// `dataDigest` those of the weights, up to the end of the file.
struct WeightFileHeader {
  char magic[8];
  uint16_t major, minor;
  uint32_t flags;      // 0
  uint64_t fileLength; // the whole file
  uint64_t dataOffset; // kWeightData
  uint8_t layout[32];  // SHA-256, Manifest.external.layout
  uint8_t dataDigest[32];
  uint8_t headerDigest[32]; // SHA-256 of the 96 bytes before
};
static_assert(sizeof(WeightFileHeader) == 128);

} // namespace tercet::schema

#endif
