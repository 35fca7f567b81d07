//===- Artifact.h - an opened .tercet file ----------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Opening checks, in this order and with a message of its own for each: magic,
// format version, length, header digest, manifest digest, the FlatBuffers
// structure, required features, the manifest's meaning (PlanVerifier.h),
// digests of segments, zero bytes between segments. So every byte of a file is
// either covered by a digest or known to be zero.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_RUNTIME_CORE_ARTIFACT_H
#define TERCET_RUNTIME_CORE_ARTIFACT_H

#include "runtime/core/File.h"
#include "runtime/core/PlanVerifier.h"
#include "runtime/core/Status.h"
#include "runtime/core/Support.h"

namespace tercet::runtime {

/// An input or output as the C API describes it.
struct TensorInfo {
  const char *name;
  schema::DType dtype;
  int32_t ndim;
  size_t firstAxis; // into bounds and dynamic
};

struct EntryInfo {
  const char *name;
  size_t firstInput, inputCount;   // into tensors
  size_t firstOutput, outputCount; // into tensors
};

/// What the bytes say, without any file behind them: for the compiler, to check
/// what it wrote. `data` must be 64-byte aligned.
Status verifyArtifact(const void *data, size_t size);

DLDataType toDLPack(schema::DType type);
/// A short text for a type that a caller gave: "f32", "i8", or "code 9, 8
/// bits".
const char *typeName(DLDataType type, char (&buffer)[48]);

} // namespace tercet::runtime

struct tercet_artifact {
  const uint8_t *data = nullptr;
  size_t size = 0;
  tercet::runtime::MappedFile file, weightFile;
  /// The weight file, or null: there is none, or it was left out.
  const uint8_t *weights = nullptr;
  size_t weightsSize = 0;
  const tercet::schema::Manifest *manifest = nullptr;
  const uint8_t *manifestBytes = nullptr;
  size_t manifestSize = 0;
  tercet::runtime::Array<tercet::runtime::EntryInfo> entries;
  tercet::runtime::Array<tercet::runtime::TensorInfo> tensors;
  tercet::runtime::Array<int64_t> bounds;
  tercet::runtime::Array<uint8_t> dynamic;

  /// `allDigests`: weight segments, of the weight file too where one is open,
  /// and the weights' own digests.
  tercet_status *check(bool weightSegments, bool weightDigests);
  tercet_status *describe();
  /// Null for one in a weight file that is not open.
  const uint8_t *segment(size_t number) const {
    const tercet::schema::Segment *s =
        manifest->segments()->Get(static_cast<uint32_t>(number));
    const uint8_t *base = s->external() ? weights : data;
    return base ? base + s->offset() : nullptr;
  }
  const uint8_t *bytes(const tercet::schema::Range &range) const {
    return segment(range.segment()) + range.offset();
  }
};

#endif
