//===- Header.h - the first 128 bytes of an artifact ------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_SCHEMA_HEADER_H
#define TERCET_SCHEMA_HEADER_H

#include <cstdint>

namespace tercet::schema {

constexpr char kMagic[8] = {'T', 'E', 'R', 'C', 'E', 'T', '\r', '\n'};
constexpr uint16_t kFormatMajor = 0;
constexpr uint16_t kFormatMinor = 2;
constexpr uint64_t kAlignment = 64;

/// Names in `required_features`, listed where a program uses them.
constexpr const char *kScalarDims = "scalar-dims";
constexpr const char *kConstraints = "constraints";
constexpr const char *kValueRanges = "value-ranges";
constexpr const char *kAscendingSets = "ascending-sets";
constexpr const char *kExternalWeights = "external-weights";
constexpr const char *kKnownFeatures[] = {kScalarDims, kConstraints,
                                          kValueRanges, kExternalWeights,
                                          kAscendingSets};

/// Little-endian, at offset 0. `headerDigest` covers the bytes before it and
/// `manifestDigest` the manifest, so no damage in either goes unseen; segments
/// have their digests in the manifest.
struct Header {
  char magic[8];
  uint16_t major, minor;
  uint32_t flags;          // 0
  uint64_t fileLength;     // the whole file
  uint64_t manifestOffset; // 128
  uint64_t manifestLength;
  char producer[24];       // NUL-padded, e.g. "tercet 0.1.0"
  uint8_t manifestDigest[32];
  uint8_t headerDigest[32]; // SHA-256 of the 96 bytes before
};
static_assert(sizeof(Header) == 128);

} // namespace tercet::schema

#endif
