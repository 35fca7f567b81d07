//===- WeightFile.cpp -----------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/WeightFile.h"
#include "runtime/core/Sha256.h"
#include <cstddef>

namespace tercet::runtime {
using namespace schema;

int64_t findExternalSegment(const Manifest &m) {
  for (size_t i = 0; i < sizeOf(m.segments()); ++i)
    if (m.segments()->Get(i)->external())
      return static_cast<int64_t>(i);
  return -1;
}

bool isEncoded(const Segment &s) {
  for (uint8_t byte : *s.digest())
    if (byte)
      return true;
  return false;
}

Status checkWeightHeader(const uint8_t *data, size_t size,
                         WeightFileHeader &h) {
  if (size < sizeof kWeightMagic ||
      memcmp(data, kWeightMagic, sizeof kWeightMagic) != 0)
    return fail(TERCET_DAMAGED, "this is not a weight file: it does not start "
                                "with the TERCETW magic");
  if (size < kWeightData)
    return fail(TERCET_DAMAGED,
                "the weight file is truncated: %zu bytes do not hold the %llu "
                "before the weights",
                size, (unsigned long long)kWeightData);
  memcpy(&h, data, sizeof h);
  if (h.major != kWeightMajor)
    return fail(TERCET_UNSUPPORTED,
                "the weight file is of format %u.%u and this runtime reads "
                "%u.x: encode the weights anew",
                h.major, h.minor, kWeightMajor);
  if (!sha256Matches(data, offsetof(WeightFileHeader, headerDigest),
                     h.headerDigest))
    return fail(TERCET_DAMAGED,
                "the weight file's header is damaged: its digest does not "
                "match");
  if (h.fileLength != size)
    return fail(TERCET_DAMAGED,
                "the weight file is %s: it has %zu bytes where its header says "
                "%llu",
                h.fileLength > size ? "truncated" : "too long", size,
                (unsigned long long)h.fileLength);
  if (h.flags != 0 || h.dataOffset != kWeightData)
    return fail(TERCET_UNSUPPORTED,
                "the weight file's header asks for what this runtime does not "
                "know: use a newer runtime");
  for (uint64_t i = sizeof h; i < kWeightData; ++i)
    if (data[i])
      return fail(TERCET_DAMAGED,
                  "the weight file is damaged: byte %llu, before the weights, "
                  "is not zero",
                  (unsigned long long)i);
  return nullptr;
}

Status checkWeightFile(const Manifest &m, const uint8_t *data, size_t size) {
  const Segment &segment =
      *m.segments()->Get(static_cast<uint32_t>(findExternalSegment(m)));
  WeightFileHeader h;
  TERCET_TRY(checkWeightHeader(data, size, h));
  if (memcmp(h.layout, m.external()->layout()->data(), sizeof h.layout) != 0 ||
      segment.length() != size - kWeightData)
    return fail(TERCET_INVALID_ARGUMENT,
                "the weight file is of another model, or of other storage "
                "codes than this artifact's");
  if (memcmp(h.dataDigest, segment.digest()->data(), sizeof h.dataDigest) != 0)
    return fail(TERCET_INVALID_ARGUMENT,
                "the weight file holds other weights than those that the "
                "artifact was completed with; tercet-encode completes it with "
                "these");
  return nullptr;
}

Status placeWeightFile(const Manifest &m, const char *artifactPath,
                       Array<char> &path) {
  const char *slash = strrchr(artifactPath, '/');
  size_t folder = slash ? static_cast<size_t>(slash - artifactPath) + 1 : 0;
  const flatbuffers::String *name = m.external()->name();
  if (!path.resize(folder + name->size() + 1))
    return outOfMemory();
  memcpy(path.data(), artifactPath, folder);
  memcpy(path.data() + folder, name->c_str(), name->size() + 1);
  return nullptr;
}

} // namespace tercet::runtime
