//===- WeightFile.h - weights beside an artifact ----------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Opening checks, without reading a weight: magic, version, length, digest of
// the header, zeros behind it, layout, and that the digest of the weights,
// which the header's digest covers, is the one in the artifact. Whether the
// weights are what that digest says is checked by tercet_artifact_verify.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_RUNTIME_CORE_WEIGHTFILE_H
#define TERCET_RUNTIME_CORE_WEIGHTFILE_H

#include "runtime/core/PlanVerifier.h"
#include "runtime/core/Status.h"
#include "runtime/core/Support.h"
#include "runtime/schema/WeightFile.h"
#include "runtime/schema/tercet_generated.h"

namespace tercet::runtime {

/// The number of the manifest's external segment, or -1.
int64_t findExternalSegment(const schema::Manifest &m);

/// Whether the artifact refers to the bytes of a file, or only to their layout.
bool isEncoded(const schema::Segment &s);

/// Checks the first bytes of a weight file of this length by themselves.
Status checkWeightHeader(const uint8_t *data, size_t size,
                         schema::WeightFileHeader &h);

/// The same, and that it is the file that the manifest refers to.
Status checkWeightFile(const schema::Manifest &m, const uint8_t *data,
                       size_t size);

/// Where the weight file of the artifact at `artifactPath` is looked for.
Status placeWeightFile(const schema::Manifest &m, const char *artifactPath,
                       Array<char> &path);

} // namespace tercet::runtime

#endif
