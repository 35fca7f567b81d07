//===- SegmentTable.h - the bytes behind the manifest -----------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_ARTIFACT_SEGMENTTABLE_H
#define TERCET_LIB_ARTIFACT_SEGMENTTABLE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include <array>
#include <map>
#include <string>
#include <vector>

namespace tercet::artifact {

using Digest = std::array<uint8_t, 32>;
Digest digestOf(llvm::ArrayRef<uint8_t> bytes);

/// Segments in the order of their names' first use. Data with equal bytes is
/// stored once; everything starts at a multiple of 64 bytes, with zeros between.
class SegmentTable {
public:
  struct Place {
    uint32_t segment;
    uint64_t offset, length;
  };
  struct Segment {
    std::string name;
    uint64_t length = 0; // without the zeros behind it
    uint64_t offset = 0; // in the file; known after place()
    Digest digest{};
    bool external = false; // in the weight file: neither placed nor written
    /// (offset in the segment, bytes), ascending.
    std::vector<std::pair<uint64_t, llvm::ArrayRef<uint8_t>>> pieces;
  };

  /// Adds bytes (not copied) to the segment `name`, followed by at least
  /// `zeros` zero bytes that are part of the segment but not of the place.
  Place add(llvm::StringRef name, llvm::ArrayRef<uint8_t> bytes,
            const Digest &digest, uint64_t zeros = 0);

  /// Adds the segment that is all of a weight file but its header.
  uint32_t addExternal(llvm::StringRef name);
  void setExternal(uint32_t number, uint64_t length, const Digest &digest);

  /// Computes the segments' digests: once, when all is added.
  void finish();
  /// Gives every segment its place in the file, from `begin` on; the file's
  /// length is the result.
  uint64_t place(uint64_t begin);
  /// Writes all segments; `os` stands at `at`.
  void write(llvm::raw_ostream &os, uint64_t at) const;

  llvm::ArrayRef<Segment> getSegments() const { return segments; }

private:
  std::vector<Segment> segments;
  std::map<std::pair<uint32_t, Digest>, Place> known;
};

} // namespace tercet::artifact

#endif
