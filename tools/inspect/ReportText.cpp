//===- ReportText.cpp - prints reports of kernels -------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/inspect/ReportText.h"

using namespace tercet::tools;
using namespace tercet::schema;

static Bytes bytesOf(const Manifest &manifest, const uint8_t *file,
                     const Blob &blob) {
  const Segment *segment = manifest.segments()->Get(blob.data()->segment());
  return {file + segment->offset() + blob.data()->offset(),
          size_t(blob.data()->length())};
}

TargetReport tercet::tools::reportTarget(const Manifest &manifest,
                                         const Target &target,
                                         const uint8_t *file) {
  TargetCode code;
  code.name = text(target.name());
  code.device = text(target.device());
  code.chip = text(target.chip());
  code.wavefront = target.wavefront();
  bool exact = false;
  for (size_t i = 0; i < sizeOf(target.blobs()); ++i) {
    const Blob &blob = *target.blobs()->Get(uint32_t(i));
    Bytes bytes = bytesOf(manifest, file, blob);
    if (blob.format() == BlobFormat::ptx) {
      code.ptx.assign(reinterpret_cast<const char *>(bytes.data), bytes.size);
      continue;
    }
    // Of several, that of the target's own chip.
    if (!code.elf.size || (!exact && text(blob.chip()) == code.chip))
      code.elf = bytes;
    exact |= text(blob.chip()) == code.chip;
  }
  for (size_t i = 0; i < sizeOf(target.kernels()); ++i) {
    const Kernel &kernel = *target.kernels()->Get(uint32_t(i));
    code.kernels.push_back({text(kernel.name()), kernel.workgroup_size()});
  }
  return reportTarget(code);
}

static void add(std::string &line, const std::string &part) {
  line += (line.empty() ? "" : ", ") + part;
}
template <typename T>
static void add(std::string &line, const char *label,
                const std::optional<T> &value, const char *unit = "") {
  if (value)
    add(line, std::string(label) + " " + std::to_string(*value) + unit);
}

static std::string widthName(uint32_t bits) {
  return bits ? std::to_string(bits) + "-bit" : "scalable";
}

std::string tercet::tools::reportText(const KernelReport &kernel) {
  const std::string indent = "      ";
  std::string text, line;
  bool amd = kernel.scalars.has_value();
  add(line, amd ? "VGPRs" : "registers", kernel.registers);
  if (kernel.accumulators && *kernel.accumulators)
    add(line, "of them AGPRs", kernel.accumulators);
  add(line, "SGPRs", kernel.scalars);
  add(line, "spilled", kernel.spilledRegisters, " registers");
  add(line, "spilled", kernel.spillBytes, " B");
  add(line, amd ? "scratch" : "stack", kernel.stackBytes, " B");
  add(line, amd ? "LDS" : "shared", kernel.sharedBytes, " B");
  add(line, "code", kernel.codeBytes, " B");
  if (!line.empty())
    text += indent + line + "\n";
  if (kernel.occupancy) {
    const Occupancy &o = *kernel.occupancy;
    text += indent + "occupancy " + std::to_string(o.waves) + " of " +
            std::to_string(o.most) + (amd ? " waves a " : " warps an ") +
            o.unit + ", limited by " + o.limit + "\n";
  }
  if (kernel.mix) {
    line.clear();
    for (size_t c = 0; c < kClasses; ++c)
      if (kernel.mix->count[c])
        add(line, std::string(className(Class(c))) + " " +
                      std::to_string(kernel.mix->count[c]));
    text += indent + std::to_string(kernel.mix->total) + " instructions (" +
            isaName(kernel.mix->isa) + "): " + line + "\n";
    line.clear();
    for (auto width = kernel.mix->widths.rbegin();
         width != kernel.mix->widths.rend(); ++width)
      add(line, widthName(width->first) + " " + std::to_string(width->second));
    if (!line.empty())
      text += indent + "of them on vectors: " + line + "\n";
  }
  return text;
}

template <typename T>
static void pair(Json &json, const char *key, const std::optional<T> &value) {
  if (value)
    json.pair(key, *value);
}

void tercet::tools::reportJson(Json &json, const KernelReport &kernel) {
  pair(json, "registers", kernel.registers);
  pair(json, "accumulators", kernel.accumulators);
  pair(json, "scalar_registers", kernel.scalars);
  pair(json, "spilled_registers", kernel.spilledRegisters);
  pair(json, "spill_bytes", kernel.spillBytes);
  pair(json, "stack_bytes", kernel.stackBytes);
  pair(json, "code_shared_bytes", kernel.sharedBytes);
  pair(json, "code_bytes", kernel.codeBytes);
  if (kernel.occupancy)
    json.key("occupancy").object([&] {
      json.pair("waves", kernel.occupancy->waves);
      json.pair("most", kernel.occupancy->most);
      json.pair("unit", kernel.occupancy->unit);
      json.pair("limit", kernel.occupancy->limit);
    });
  if (!kernel.mix)
    return;
  json.key("instructions").object([&] {
    json.pair("from", isaName(kernel.mix->isa));
    json.pair("total", kernel.mix->total);
    json.key("mix").object([&] {
      for (size_t c = 0; c < kClasses; ++c)
        json.pair(className(Class(c)), kernel.mix->count[c]);
    });
    json.key("vectors").object([&] {
      for (auto [bits, count] : kernel.mix->widths)
        json.pair(bits ? std::to_string(bits) : "scalable", count);
    });
  });
}
