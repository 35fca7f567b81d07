//===- ArtifactWriter.cpp - plans, weights and code to bytes --------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// File: header, manifest, segments (runtime/schema). The manifest's length does
// not depend on where the segments are, so it is built twice: once to know its
// length, once with the places that follow from it.
//
//===----------------------------------------------------------------------===//
#include "lib/Artifact/ArtifactWriter.h"
#include "dialects/Plan/IR/Plan.h"
#include "dialects/Ternary/Codes/Code.h"
#include "lib/Artifact/ManifestBuilder.h"
#include "lib/Support/ErrorHandling.h"
#include "runtime/core/Artifact.h"
#include "runtime/schema/Header.h"
#include "llvm/Support/Alignment.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cstring>

using namespace mlir;
using namespace tercet;
using namespace tercet::artifact;

void tercet::artifact::writeHeader(raw_ostream &os, ArrayRef<uint8_t> manifest,
                                   uint64_t fileLength) {
  schema::Header header;
  std::memset(&header, 0, sizeof(header));
  std::memcpy(header.magic, schema::kMagic, sizeof(header.magic));
  header.major = schema::kFormatMajor;
  header.minor = schema::kFormatMinor;
  header.fileLength = fileLength;
  header.manifestOffset = sizeof(header);
  header.manifestLength = manifest.size();
  StringRef producer = getProducer();
  std::memcpy(header.producer, producer.data(),
              std::min(producer.size(), sizeof(header.producer) - 1));
  Digest digest = digestOf(manifest);
  std::memcpy(header.manifestDigest, digest.data(), digest.size());
  digest = digestOf(ArrayRef((const uint8_t *)&header,
                             offsetof(schema::Header, headerDigest)));
  std::memcpy(header.headerDigest, digest.data(), digest.size());
  os.write((const char *)&header, sizeof(header));
}

LogicalResult tercet::artifact::writeArtifact(ArrayRef<TargetEntry> targets,
                                              WeightSource weights,
                                              raw_ostream &os,
                                              const ExternalWeights *external) {
  ManifestBuilder manifest(external);
  for (const TargetEntry &target : targets)
    if (failed(manifest.addTarget(target, weights)))
      return failure();
  if (failed(manifest.finishWeights(targets.front().module)))
    return failure();
  SegmentTable &segments = manifest.getSegments();
  segments.finish();

  segments.place(1 << 20);
  uint64_t length = manifest.build().size();
  uint64_t end = sizeof(schema::Header) + length;
  uint64_t fileLength = segments.place(end);
  ArrayRef<uint8_t> bytes = manifest.build();
  assert(bytes.size() == length && "a place changes the manifest's length");

  writeHeader(os, bytes, fileLength);
  os.write((const char *)bytes.data(), bytes.size());
  segments.write(os, end);
  return success();
}

llvm::Error tercet::artifact::verifyArtifact(ArrayRef<uint8_t> bytes) {
  std::unique_ptr<llvm::WritableMemoryBuffer> copy;
  if (!llvm::isAddrAligned(llvm::Align(schema::kAlignment), bytes.data())) {
    copy = llvm::WritableMemoryBuffer::getNewUninitMemBuffer(
        bytes.size(), "", llvm::Align(schema::kAlignment));
    if (!copy)
      return support::makeError("out of memory");
    std::memcpy(copy->getBufferStart(), bytes.data(), bytes.size());
    bytes = ArrayRef((const uint8_t *)copy->getBufferStart(), bytes.size());
  }
  tercet_status *status = runtime::verifyArtifact(bytes.data(), bytes.size());
  if (!status)
    return llvm::Error::success();
  std::string sentence = tercet_status_message(status);
  tercet_status_free(status);
  return support::makeError(sentence);
}

llvm::Error tercet::artifact::verifyArtifactFile(StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false);
  if (!file)
    return support::makeError("cannot read '" + path + "' back: " +
                              file.getError().message());
  StringRef bytes = (*file)->getBuffer();
  return verifyArtifact(ArrayRef((const uint8_t *)bytes.data(), bytes.size()));
}
