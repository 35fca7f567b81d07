//===- SegmentTable.cpp - the bytes behind the manifest -------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Artifact/SegmentTable.h"
#include "runtime/core/Sha256.h"
#include "runtime/schema/Header.h"
#include "runtime/schema/WeightFile.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace tercet;
using namespace tercet::artifact;

static const uint8_t kZeros[4096] = {};

Digest tercet::artifact::digestOf(ArrayRef<uint8_t> bytes) {
  // Not LLVM's, which counts the bits of a message in 32 bits.
  Digest digest;
  runtime::sha256(bytes.data(), bytes.size(), digest.data());
  return digest;
}

SegmentTable::Place SegmentTable::add(StringRef name, ArrayRef<uint8_t> bytes,
                                      const Digest &digest, uint64_t zeros) {
  auto it = llvm::find_if(segments, [&](Segment &s) { return s.name == name; });
  uint32_t number = it - segments.begin();
  if (it == segments.end()) {
    segments.emplace_back();
    segments.back().name = name.str();
  }
  Segment &segment = segments[number];
  auto [entry, added] = known.try_emplace({number, digest});
  if (!added)
    return entry->second;
  uint64_t offset = alignTo(segment.length, schema::kAlignment);
  segment.pieces.push_back({offset, bytes});
  segment.length = offset + bytes.size() + zeros;
  return entry->second = {number, offset, bytes.size()};
}

/// Calls `take` with the bytes of a segment, zeros between pieces included.
static void forEachPart(const SegmentTable::Segment &segment,
                        function_ref<void(ArrayRef<uint8_t>)> take) {
  uint64_t at = 0;
  auto zerosUntil = [&](uint64_t end) {
    while (at < end) {
      uint64_t n = std::min<uint64_t>(end - at, sizeof(kZeros));
      take(ArrayRef(kZeros, n));
      at += n;
    }
  };
  for (auto &[offset, bytes] : segment.pieces) {
    zerosUntil(offset);
    take(bytes);
    at += bytes.size();
  }
  zerosUntil(segment.length);
}

uint32_t SegmentTable::addExternal(StringRef name) {
  segments.emplace_back();
  segments.back().name = name.str();
  segments.back().external = true;
  segments.back().offset = schema::kWeightData;
  return segments.size() - 1;
}

void SegmentTable::setExternal(uint32_t number, uint64_t length,
                               const Digest &digest) {
  segments[number].length = length;
  segments[number].digest = digest;
}

void SegmentTable::finish() {
  for (Segment &segment : segments) {
    if (segment.external)
      continue;
    runtime::Sha256 hash;
    forEachPart(segment, [&](ArrayRef<uint8_t> part) {
      hash.update(part.data(), part.size());
    });
    hash.finish(segment.digest.data());
  }
}

uint64_t SegmentTable::place(uint64_t begin) {
  for (Segment &segment : segments) {
    if (segment.external)
      continue;
    segment.offset = alignTo(begin, schema::kAlignment);
    begin = segment.offset + segment.length;
  }
  return begin;
}

void SegmentTable::write(raw_ostream &os, uint64_t at) const {
  auto put = [&](ArrayRef<uint8_t> part) {
    os.write((const char *)part.data(), part.size());
    at += part.size();
  };
  for (const Segment &segment : segments) {
    if (segment.external)
      continue;
    put(ArrayRef(kZeros, segment.offset - at));
    forEachPart(segment, put);
  }
}
