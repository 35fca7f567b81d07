//===- ExpertProfile.cpp - which experts a session's tokens chose
//------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/ExpertProfile.h"
#include "tools/Json.h"
#include <cerrno>
#include <cstring>
#include <vector>

using namespace tercet::tools;

/// States of latent-count-experts are called so, with the layer's name.
static const std::string kPrefix = "experts.";

static bool isCounter(const tercet_state_info &state) {
  return kPrefix.compare(0, kPrefix.size(), state.name, 0,
                         std::min(strlen(state.name), kPrefix.size())) == 0 &&
         strlen(state.name) > kPrefix.size() && state.ndim == 1 &&
         state.dtype.code == kDLInt && state.dtype.bits == 64;
}

bool tercet::tools::countsExperts(const tercet_artifact *artifact) {
  for (size_t i = 0; i < tercet_artifact_state_count(artifact); ++i) {
    tercet_state_info state;
    tercet_artifact_state(artifact, i, &state);
    if (isCounter(state))
      return true;
  }
  return false;
}

bool tercet::tools::writeExpertProfile(const tercet_artifact *artifact,
                                       tercet_session *session,
                                       const std::string &path,
                                       std::string &error) {
  Json json;
  bool good = true;
  json.object([&] {
    json.pair("format", "tercet-experts");
    json.pair("version", int64_t(1));
    json.key("layers").array([&] {
      for (size_t i = 0; i < tercet_artifact_state_count(artifact); ++i) {
        tercet_state_info state;
        tercet_artifact_state(artifact, i, &state);
        if (!isCounter(state))
          continue;
        std::vector<int64_t> counts(state.bytes / sizeof(int64_t));
        if (tercet_status *s = tercet_session_state_read(
                session, i, counts.data(), state.bytes)) {
          error = tercet_status_message(s);
          tercet_status_free(s);
          good = false;
          return;
        }
        json.object([&] {
          json.pair("name", state.name + kPrefix.size());
          json.key("counts").array([&] {
            for (int64_t count : counts)
              json.value(count);
          });
        });
      }
    });
  });
  if (!good)
    return false;
  // Beside its place first: an old profile stays where the disk is full.
  std::string draft = path + ".tmp";
  FILE *file = fopen(draft.c_str(), "w");
  bool written = file && fprintf(file, "%s\n", json.text.c_str()) > 0;
  if (file)
    written = fclose(file) == 0 && written;
  if (written && rename(draft.c_str(), path.c_str()) == 0)
    return true;
  error = path + ": cannot write the profile of experts: " + strerror(errno);
  if (file)
    remove(draft.c_str());
  return false;
}
