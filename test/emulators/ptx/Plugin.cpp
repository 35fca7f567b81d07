//===- Plugin.cpp - the device emu:cuda -----------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Emulator.h"
#include "common/Device.h"
#include <cstdlib>
#include <cstring>

using namespace tercet::emu;

namespace {
struct PtxExecutable final : Executable {
  ptx::Module module;
  std::vector<const ptx::Kernel *> entries;
  std::vector<unsigned> workgroupSizes;

  void launch(uint32_t kernel, uint64_t workgroups, GlobalMemory &memory,
              const std::vector<uint64_t> &arguments,
              Statistics &statistics) override {
    ptx::Launch config;
    config.workgroups = workgroups;
    config.workgroupSize = workgroupSizes[kernel];
    config.arguments = arguments;
    if (const char *steps = getenv("TERCET_EMU_STEPS"))
      config.maxSteps = strtoull(steps, nullptr, 10);
    ptx::Counts counts;
    ptx::launch(module, *entries[kernel], config, memory, counts);
    statistics.laneInstructions += counts.laneInstructions;
    for (const auto &[name, count] : counts.mnemonics)
      statistics.mnemonics[name] += count;
  }
};

struct CudaBackend final : Backend {
  const char *getName() const override { return "emu:cuda"; }
  const char *describe() const override { return "an emulator of PTX"; }

  int accepts(const tercet_device_target &target, std::string &why) override {
    if (!strcmp(target.device, "cuda"))
      return 1;
    why = std::string("emu:cuda executes PTX, which '") + target.name +
          "' is not";
    return 0;
  }

  std::unique_ptr<Executable> load(const tercet_device_target &target,
                                   const tercet_device_blob *blobs,
                                   size_t blobCount,
                                   const tercet_device_kernel *kernels,
                                   size_t kernelCount) override {
    const tercet_device_blob *blob = nullptr;
    for (size_t i = 0; i < blobCount && !blob; ++i)
      if (blobs[i].format == TERCET_BLOB_PTX)
        blob = &blobs[i];
    if (!blob)
      fail("target '%s' has no PTX", target.name);
    auto executable = std::make_unique<PtxExecutable>();
    executable->module =
        ptx::parse(std::string(static_cast<const char *>(blob->data)));
    for (size_t k = 0; k < kernelCount; ++k) {
      auto it = executable->module.kernels.find(kernels[k].name);
      if (it == executable->module.kernels.end())
        fail("the PTX of target '%s' has no kernel '%s'", target.name,
             kernels[k].name);
      executable->entries.push_back(&it->second);
      executable->workgroupSizes.push_back(kernels[k].workgroup_size);
    }
    return executable;
  }
};
} // namespace

extern "C" __attribute__((visibility("default"))) int
tercet_device_plugin_open(uint32_t version, const char *name,
                          tercet_device_table *out, char *error,
                          size_t error_size) {
  return openDevice(std::make_unique<CudaBackend>(), version, name, out, error,
                    error_size);
}
