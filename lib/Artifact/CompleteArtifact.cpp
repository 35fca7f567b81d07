//===- CompleteArtifact.cpp - an artifact gets its weight file ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The manifest is packed anew, with the name and the digest in it; what follows
// it moves where the name made it longer.
//
//===----------------------------------------------------------------------===//
#include "lib/Artifact/ArtifactWriter.h"
#include "runtime/schema/Header.h"
#include "runtime/schema/tercet_generated.h"
#include "llvm/Support/MathExtras.h"
#include <cstring>

using namespace tercet;
using namespace tercet::artifact;

std::string tercet::artifact::completeArtifact(llvm::ArrayRef<uint8_t> artifact,
                                               llvm::StringRef name,
                                               const Digest &weights) {
  schema::Header header;
  std::memcpy(&header, artifact.data(), sizeof(header));
  std::unique_ptr<schema::ManifestT> manifest(
      schema::GetManifest(artifact.data() + header.manifestOffset)->UnPack());
  manifest->external->name = name.str();

  std::vector<llvm::ArrayRef<uint8_t>> pieces;
  for (auto &segment : manifest->segments) {
    if (segment->external)
      segment->digest.assign(weights.begin(), weights.end());
    pieces.push_back(segment->external
                         ? llvm::ArrayRef<uint8_t>()
                         : artifact.slice(segment->offset, segment->length));
  }
  flatbuffers::FlatBufferBuilder builder;
  auto pack = [&] {
    builder.Clear();
    builder.Finish(schema::Manifest::Pack(builder, manifest.get()),
                   schema::ManifestIdentifier());
    return llvm::ArrayRef<uint8_t>(builder.GetBufferPointer(),
                                   builder.GetSize());
  };
  // An offset of zero would be left out of the manifest.
  for (auto &segment : manifest->segments)
    if (!segment->external)
      segment->offset = schema::kAlignment;
  uint64_t end = sizeof(header) + pack().size();
  uint64_t at = end;
  for (auto &segment : manifest->segments)
    if (!segment->external) {
      segment->offset = llvm::alignTo(at, schema::kAlignment);
      at = segment->offset + segment->length;
    }

  std::string bytes;
  llvm::raw_string_ostream os(bytes);
  llvm::ArrayRef<uint8_t> packed = pack();
  assert(sizeof(header) + packed.size() == end && "a place changes the length");
  writeHeader(os, packed, at);
  os.write((const char *)packed.data(), packed.size());
  for (auto [segment, piece] : llvm::zip(manifest->segments, pieces))
    if (!segment->external) {
      os.write_zeros(segment->offset - os.tell());
      os.write((const char *)piece.data(), piece.size());
    }
  return bytes;
}
