//===- ExpertProfile.h - which experts a session's tokens chose -*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TOOLS_EXPERTPROFILE_H
#define TERCET_TOOLS_EXPERTPROFILE_H

#include "tercet/runtime.h"
#include <string>

namespace tercet::tools {

/// Whether the artifact counts the choices of its layers
/// (tercet-compile --count-experts).
bool countsExperts(const tercet_artifact *artifact);

/// Writes the counts that the session has so far, layer by layer, as JSON
/// (dialects/Latent/Transforms/ExpertStatistics.h reads it). An error is a
/// sentence.
bool writeExpertProfile(const tercet_artifact *artifact,
                        tercet_session *session, const std::string &path,
                        std::string &error);

} // namespace tercet::tools

#endif
