//===- RunSupport.h - what the runtime's tools share ------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TOOLS_RUNSUPPORT_H
#define TERCET_TOOLS_RUNSUPPORT_H

#include "tercet/runtime.h"
#include "tools/Npy.h"
#include <cstdio>
#include <string>
#include <vector>

namespace tercet::tools {

/// Owns the handles of one run.
struct Runtime {
  tercet_artifact *artifact = nullptr;
  tercet_device *device = nullptr;
  tercet_session *session = nullptr;
  Runtime() = default;
  Runtime(const Runtime &) = delete;
  Runtime &operator=(const Runtime &) = delete;
  ~Runtime() {
    tercet_session_free(session);
    tercet_device_close(device);
    tercet_artifact_close(artifact);
  }
};

/// Prints "tool: message" and returns the exit code of a failure.
int complain(const std::string &message);
/// True, and says so, where a call failed.
bool failed(tercet_status *status);
/// Opens an artifact with its weights; `weightFile` is "" for the one beside it.
bool openArtifact(const std::string &path, const std::string &weightFile,
                  tercet_artifact **artifact);
/// The name complain puts first.
void setToolName(const char *name);

/// "--name=VALUE": true and the value where the argument has that name.
bool option(const char *argument, const char *name, std::string &value);
/// A decimal integer in [low, high]; complains otherwise.
bool integer(const std::string &text, const char *what, long low, long high,
             long &value);
bool number(const std::string &text, const char *what, double &value);

/// The entry point asked for, or the only one; complains otherwise.
bool chooseEntry(const tercet_artifact *artifact, const std::string &name,
                 size_t &entry);
/// An input or output by its name or number; complains otherwise.
bool chooseTensor(const tercet_artifact *artifact, size_t entry, bool output,
                  const std::string &name, size_t &number);

/// The values that an input takes (tercet_artifact_input_values).
struct InputValues {
  int kind = 0;
  int64_t low = 0, high = 0;
  bool isScalar() const { return kind == 2; }
};
InputValues valuesOf(const tercet_artifact *artifact, size_t entry, size_t i);

/// Fills a tensor from "splat:VALUE" or "random:SEED" (within `values`), or a
/// scalar from a whole number; complains otherwise.
bool fill(HostTensor &tensor, const std::string &how, const std::string &name,
          const InputValues &values);
/// "3x64", or the bounds where the text is empty; complains otherwise.
bool parseShape(const std::string &text, const tercet_tensor_info &info,
                std::vector<int64_t> &shape);

std::string jsonQuote(const std::string &text);
double median(std::vector<double> values);
double now();

} // namespace tercet::tools

#endif
