//===- ExternalWeights.h - weights outside of an artifact -------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model may be compiled before, after and without its weights: the compiler
// lays out a weight file (what lies where, and what it is made of), which
// another step encodes. The digest of the layout is in the artifact and in the
// file, so that any artifact of the same layout can use a file and no other
// does.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_ARTIFACT_EXTERNALWEIGHTS_H
#define TERCET_LIB_ARTIFACT_EXTERNALWEIGHTS_H

#include "dialects/Rows/IR/Rows.h"
#include "lib/Artifact/SegmentTable.h"
#include "lib/Support/OutputFile.h"
#include "runtime/core/Sha256.h"
#include "llvm/ADT/StringMap.h"
#include <optional>

namespace tercet::artifact {

/// What lies where in a weight file: weights of equal recipes once.
class WeightLayout {
public:
  struct Entry {
    std::string recipe; // a `rows.weight` called @w, as text
    uint64_t offset, length;
  };

  /// The recipe of a weight.
  static std::string getRecipe(rows::WeightOp op);
  /// Adds a weight; its offset.
  uint64_t add(llvm::StringRef recipe, uint64_t length);

  Digest getDigest() const;
  uint64_t getLength() const { return length; }
  llvm::ArrayRef<Entry> getEntries() const { return entries; }

private:
  std::vector<Entry> entries;
  llvm::StringMap<uint64_t> known;
  uint64_t length = 0;
};

/// What an artifact says of its weight file.
struct ExternalWeights {
  std::string name; // without a folder
  /// Layout and weights of a file that exists; without one the artifact refers
  /// to weights that are not encoded yet.
  struct Encoded {
    Digest layout, weights;
  };
  std::optional<Encoded> encoded;

  /// A file whose header is sound.
  static llvm::Expected<ExternalWeights> read(llvm::StringRef path);
};

/// Writes a weight file front to back; it appears with finish() or not at all.
class WeightFileWriter {
public:
  static llvm::Expected<std::unique_ptr<WeightFileWriter>>
  create(llvm::StringRef path);

  /// Zeros up to `offset` of the weights, then bytes.
  void padTo(uint64_t offset);
  void write(llvm::ArrayRef<uint8_t> bytes);
  uint64_t getLength() const { return length; }
  /// Writes the header and gives the file its name. The digest of the weights.
  llvm::Expected<Digest> finish(const Digest &layout);

private:
  std::unique_ptr<support::OutputFile> file;
  runtime::Sha256 hash;
  uint64_t length = 0; // without the header
};

} // namespace tercet::artifact

#endif
