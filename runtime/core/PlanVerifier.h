//===- PlanVerifier.h - what a manifest must obey ---------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One implementation, run by the runtime on every load and by the compiler on
// what it writes. It takes a manifest that the FlatBuffers verifier has passed.
// After it, every index, range and expression may be used without a check, and
// only what depends on actual dimension values is checked again, at each new
// set of them (checkBuffers).
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_RUNTIME_CORE_PLANVERIFIER_H
#define TERCET_RUNTIME_CORE_PLANVERIFIER_H

#include "runtime/core/Expr.h"
#include "runtime/core/Status.h"

namespace tercet::runtime {

/// Limits that keep a launch within what every device takes.
constexpr uint32_t kMaxKernelBuffers = 256;
constexpr uint32_t kMaxKernelConstants = 256;
constexpr uint32_t kMaxKernelArguments = 500; // CUDA: 4 KiB of parameters
constexpr int64_t kMaxWorkgroups = 0x7fffffff;
constexpr int32_t kMaxRank = 16;

/// Bytes of an element, 0 for an invalid type.
uint32_t elementBytes(schema::DType type);
const char *typeName(schema::DType type);

/// The whole manifest: segments, weights, states, targets and their programs.
/// Segments must lie in [segmentsBegin, fileLength) and may not overlap.
Status verifyManifest(const schema::Manifest &manifest, uint64_t segmentsBegin,
                      uint64_t fileLength);

/// One program of a target; part of verifyManifest.
Status verifyProgram(const schema::Manifest &manifest,
                     const schema::Target &target,
                     const schema::Program &program);

/// With the expression values of one set of dimensions: every buffer is inside
/// its memory, and no two commands between two barriers touch the same bytes
/// where one writes. `where` ends the sentences: "at the bounds".
Status checkBuffers(const schema::Manifest &manifest,
                    const schema::Program &program, const int64_t *values,
                    const char *where);
Status checkOverlaps(const schema::Program &program, const int64_t *values,
                     const char *where);

/// Whether any arena buffer's place depends on a dimension; then checkOverlaps
/// must pass at every new set of dimensions.
bool placesAreDynamic(const schema::Program &program, const ExprFacts *facts);

template <typename V> size_t sizeOf(const V *vector) {
  return vector ? vector->size() : 0;
}
inline const char *textOf(const flatbuffers::String *s) {
  return s ? s->c_str() : "";
}

} // namespace tercet::runtime

#endif
