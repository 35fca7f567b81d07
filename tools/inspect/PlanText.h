//===- PlanText.h - the commands of a program as text ----------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TOOLS_INSPECT_PLANTEXT_H
#define TERCET_TOOLS_INSPECT_PLANTEXT_H

#include "tools/ManifestText.h"

namespace tercet::tools {

/// A line for each command, with its number, buffers and constants.
std::string planText(const schema::Program &program,
                     const schema::Target &target,
                     const schema::Manifest &manifest);

} // namespace tercet::tools

#endif
