//===- Plugin.cpp - the device emu:hip ------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Executor.h"
#include "common/Device.h"
#include <chrono>
#include <cstdlib>
#include <cstring>

using namespace tercet::emu;

namespace {
struct HsacoExecutable final : Executable {
  std::unique_ptr<amdgpu::Code> code;
  std::vector<const amdgpu::Kernel *> entries;
  std::vector<unsigned> workgroupSizes;

  void launch(uint32_t kernel, uint64_t workgroups, GlobalMemory &memory,
              const std::vector<uint64_t> &arguments,
              Statistics &statistics) override {
    amdgpu::Launch config;
    config.workgroups = workgroups;
    config.workgroupSize = workgroupSizes[kernel];
    config.arguments.resize(arguments.size() * sizeof(uint64_t));
    if (!arguments.empty())
      memcpy(config.arguments.data(), arguments.data(),
             config.arguments.size());
    if (const char *steps = getenv("TERCET_EMU_STEPS"))
      config.maxSteps = strtoull(steps, nullptr, 10);
    amdgpu::Counts counts;
    amdgpu::launch(*code, *entries[kernel], config, memory, counts);
    statistics.laneInstructions += counts.laneInstructions;
    for (const auto &[name, count] : counts.mnemonics)
      statistics.mnemonics[name] += count;
  }
};

struct HipBackend final : Backend {
  const char *getName() const override { return "emu:hip"; }
  const char *describe() const override {
    return "an emulator of gfx942 and gfx1100";
  }

  static const amdgpu::Chip *chipOf(const char *name) {
    static const amdgpu::Chip kGfx942 = amdgpu::Chip::Gfx942,
                              kGfx1100 = amdgpu::Chip::Gfx1100;
    if (!strcmp(name, "gfx942"))
      return &kGfx942;
    return strcmp(name, "gfx1100") ? nullptr : &kGfx1100;
  }

  int accepts(const tercet_device_target &target, std::string &why) override {
    if (!strcmp(target.device, "hip") && chipOf(target.chip))
      return 1;
    why = std::string("emu:hip executes code of gfx942 and gfx1100, not of '") +
          target.name + "'";
    return 0;
  }

  std::unique_ptr<Executable> load(const tercet_device_target &target,
                                   const tercet_device_blob *blobs,
                                   size_t blobCount,
                                   const tercet_device_kernel *kernels,
                                   size_t kernelCount) override {
    const amdgpu::Chip *chip = chipOf(target.chip);
    const tercet_device_blob *blob = nullptr;
    for (size_t i = 0; i < blobCount && !blob; ++i)
      if (blobs[i].format == TERCET_BLOB_HSACO &&
          !strcmp(blobs[i].chip, target.chip))
        blob = &blobs[i];
    if (!chip || !blob)
      fail("target '%s' has no hsaco for its chip", target.name);
    auto executable = std::make_unique<HsacoExecutable>();
    executable->code = amdgpu::loadCode(*chip, blob->data, blob->size);
    for (size_t k = 0; k < kernelCount; ++k) {
      const amdgpu::Kernel *kernel =
          executable->code->findKernel(kernels[k].name);
      if (!kernel)
        fail("the code object has no kernel '%s'", kernels[k].name);
      executable->entries.push_back(kernel);
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
  return openDevice(std::make_unique<HipBackend>(), version, name, out, error,
                    error_size);
}
