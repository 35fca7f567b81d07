//===- RunSupport.cpp -----------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/RunSupport.h"
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace tercet::tools {

static const char *toolName = "tercet";
void setToolName(const char *name) { toolName = name; }

int complain(const std::string &message) {
  fflush(stdout);
  fprintf(stderr, "%s: error: %s\n", toolName, message.c_str());
  return 1;
}

bool failed(tercet_status *status) {
  if (!status)
    return false;
  complain(tercet_status_message(status));
  tercet_status_free(status);
  return true;
}

bool openArtifact(const std::string &path, const std::string &weightFile,
                  tercet_artifact **artifact) {
  tercet_open_options options = {
      sizeof options, 0, weightFile.empty() ? nullptr : weightFile.c_str()};
  return !failed(tercet_artifact_open(path.c_str(), &options, artifact));
}

bool option(const char *argument, const char *name, std::string &value) {
  size_t length = strlen(name);
  if (strncmp(argument, name, length) != 0 || argument[length] != '=')
    return false;
  value = argument + length + 1;
  return true;
}

bool integer(const std::string &text, const char *what, long low, long high,
             long &value) {
  char *end;
  errno = 0;
  value = strtol(text.c_str(), &end, 10);
  if (!text.empty() && *end == 0 && !errno && value >= low && value <= high)
    return true;
  complain(std::string(what) + " is '" + text + "': give a whole number from " +
           std::to_string(low) + " to " + std::to_string(high));
  return false;
}

bool number(const std::string &text, const char *what, double &value) {
  char *end;
  value = strtod(text.c_str(), &end);
  if (!text.empty() && *end == 0)
    return true;
  complain(std::string(what) + " is '" + text + "': give a number");
  return false;
}

bool chooseEntry(const tercet_artifact *artifact, const std::string &name,
                 size_t &entry) {
  size_t count = tercet_artifact_entry_count(artifact);
  if (name.empty() && count == 1) {
    entry = 0;
    return true;
  }
  std::string list;
  for (size_t i = 0; i < count; ++i) {
    if (!name.empty() && name == tercet_artifact_entry_name(artifact, i)) {
      entry = i;
      return true;
    }
    list +=
        (i ? ", " : "") + std::string(tercet_artifact_entry_name(artifact, i));
  }
  complain(
      name.empty()
          ? "name one of the artifact's entry points with --function: " + list
          : "the artifact has no entry point '" + name + "'; it has: " + list);
  return false;
}

bool chooseTensor(const tercet_artifact *artifact, size_t entry, bool output,
                  const std::string &name, size_t &number) {
  size_t count = output ? tercet_artifact_output_count(artifact, entry)
                        : tercet_artifact_input_count(artifact, entry);
  std::string list;
  for (size_t i = 0; i < count; ++i) {
    tercet_tensor_info info;
    (output ? tercet_artifact_output : tercet_artifact_input)(artifact, entry,
                                                              i, &info);
    if (name == info.name) {
      number = i;
      return true;
    }
    list += (i ? ", " : "") + std::string(info.name);
  }
  if (!name.empty() && name.size() < 9 &&
      name.find_first_not_of("0123456789") == std::string::npos &&
      std::stoul(name) < count) {
    number = std::stoul(name);
    return true;
  }
  complain(std::string("'") + tercet_artifact_entry_name(artifact, entry) +
           "' has no " + (output ? "result" : "input") + " '" + name +
           "'; it has: " + (list.empty() ? "none" : list));
  return false;
}

/// SplitMix64: the same numbers everywhere.
static uint64_t nextRandom(uint64_t &state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

InputValues valuesOf(const tercet_artifact *artifact, size_t entry, size_t i) {
  InputValues v;
  v.kind = tercet_artifact_input_values(artifact, entry, i, &v.low, &v.high);
  return v;
}

/// A scalar that is a size or a position: only the number says what is meant.
static bool fillScalar(HostTensor &tensor, const std::string &how,
                       const std::string &label) {
  std::string text = how.rfind("splat:", 0) == 0 ? how.substr(6) : how;
  if (text.empty() || text.find_first_not_of("-0123456789") != text.npos) {
    complain(label + "=" + how + ": this input is one whole number; write " +
             label + "=5, or @FILE.npy");
    return false;
  }
  // What the number may be, the runtime says.
  long value;
  if (!integer(text, label.c_str(), INT64_MIN, INT64_MAX, value))
    return false;
  *static_cast<int64_t *>(tensor.data.get()) = value;
  return true;
}

bool fill(HostTensor &tensor, const std::string &how, const std::string &name,
          const InputValues &values) {
  DLTensor view = tensor.view();
  int64_t count = tensor.count();
  std::string label = "--input=" + name;
  if (values.isScalar())
    return fillScalar(tensor, how, label);
  if (how.rfind("splat:", 0) == 0) {
    double value;
    if (!number(how.substr(6), label.c_str(), value))
      return false;
    for (int64_t i = 0; i < count; ++i)
      setElement(view, i, value);
    return true;
  }
  if (how.rfind("random:", 0) == 0) {
    long seed;
    if (!integer(how.substr(7), label.c_str(), 0, 0x7fffffffffffl, seed))
      return false;
    uint64_t state = static_cast<uint64_t>(seed);
    bool real = tensor.dtype.code == kDLFloat || tensor.dtype.code == kDLBfloat;
    for (int64_t i = 0; i < count; ++i) {
      uint64_t r = nextRandom(state);
      // Reals uniform in [-1, 1); integers within the range that the model
      // gives; bytes over their whole range; other integers 0 to 99, small
      // enough to be indices and token numbers.
      if (values.kind)
        setElement(
            view, i,
            static_cast<double>(
                values.low +
                static_cast<int64_t>(r % (static_cast<uint64_t>(values.high) -
                                          static_cast<uint64_t>(values.low)))));
      else if (real)
        setElement(view, i, static_cast<double>(r >> 11) * 0x1p-52 - 1);
      else if (tensor.dtype.code == kDLBool)
        setElement(view, i, static_cast<double>(r & 1));
      else if (tensor.dtype.bits == 8)
        setElement(view, i,
                   static_cast<double>(r & 255) -
                       (tensor.dtype.code == kDLInt ? 128 : 0));
      else
        setElement(view, i, static_cast<double>(r % 100));
    }
    return true;
  }
  complain(label + "=" + how + ": give @FILE.npy, splat:VALUE or random:SEED");
  return false;
}

bool parseShape(const std::string &text, const tercet_tensor_info &info,
                std::vector<int64_t> &shape) {
  shape.assign(info.bounds, info.bounds + info.ndim);
  if (text.empty())
    return true;
  std::vector<int64_t> given;
  const char *p = text.c_str();
  while (true) {
    char *end;
    errno = 0;
    long long size = strtoll(p, &end, 10);
    if (end == p || size < 0 || errno || (*end && *end != 'x'))
      break;
    given.push_back(size);
    if (!*end) {
      shape = given;
      return true;
    }
    p = end + 1;
  }
  complain("'" + text + "' is no shape: write it as 3x64");
  return false;
}

std::string jsonQuote(const std::string &text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 32) {
      char code[8];
      snprintf(code, sizeof code, "\\u%04x", c);
      out += code;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

double median(std::vector<double> values) {
  if (values.empty())
    return 0;
  std::sort(values.begin(), values.end());
  size_t n = values.size();
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double now() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

} // namespace tercet::tools
