//===- ArtifactFuzzer.cpp - any manifest behind a right header ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The input is a manifest; header and digests are made around it, so that the
// fuzzer reaches the checks behind them. What opens also gets a session, with
// the code left out: nothing an input says is ever executed.
//
//===----------------------------------------------------------------------===//
#include "../TestArtifact.h"
#include "runtime/core/PlanVerifier.h"
#include "runtime/core/Sha256.h"
#include "runtime/schema/Header.h"
#include <cstring>

using namespace tercet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  test::AlignedBytes manifest(data, size);
  flatbuffers::Verifier verifier(manifest.data(), size);
  if (size < 8 || !schema::VerifyManifestBuffer(verifier))
    return 0;
  // The manifest alone, with room for any segment it may name.
  const auto *m = schema::GetManifest(manifest.data());
  tercet_status_free(runtime::verifyManifest(*m, 0, uint64_t(1) << 40));

  test::AlignedBytes file(sizeof(schema::Header) + size);
  schema::Header h = {};
  memcpy(h.magic, schema::kMagic, sizeof h.magic);
  h.major = schema::kFormatMajor;
  h.minor = schema::kFormatMinor;
  h.fileLength = file.size();
  h.manifestOffset = sizeof h;
  h.manifestLength = size;
  runtime::sha256(data, size, h.manifestDigest);
  runtime::sha256(&h, offsetof(schema::Header, headerDigest), h.headerDigest);
  memcpy(file.data(), &h, sizeof h);
  memcpy(file.data() + sizeof h, data, size);
  tercet_artifact *a = nullptr;
  tercet_status_free(
      tercet_artifact_open_memory(file.data(), file.size(), nullptr, &a));
  tercet_artifact_close(a);
  return 0;
}
