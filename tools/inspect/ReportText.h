//===- ReportText.h - prints reports of kernels -----------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TOOLS_INSPECT_REPORTTEXT_H
#define TERCET_TOOLS_INSPECT_REPORTTEXT_H

#include "tools/Json.h"
#include "tools/ManifestText.h"
#include "tools/inspect/KernelReport.h"

namespace tercet::tools {

/// `file` is the first byte of the artifact, whose ranges have been checked.
TargetReport reportTarget(const schema::Manifest &manifest,
                          const schema::Target &target, const uint8_t *file);

/// Lines below a kernel's own, each with its indentation and its end.
std::string reportText(const KernelReport &kernel);
/// Fields of the open object; documented in docs/kernel-report.md.
void reportJson(Json &json, const KernelReport &kernel);

} // namespace tercet::tools

#endif
