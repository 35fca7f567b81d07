//===- Device.h - an emulator as a device plug-in ---------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What both emulators share of a device: memory, copies, the walk over
// commands, statistics. An emulator gives a Backend.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_COMMON_DEVICE_H
#define TERCET_TEST_EMULATORS_COMMON_DEVICE_H

#include "GlobalMemory.h"
#include "tercet/device.h"
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tercet::emu {

/// What ran, over the life of a device. Where the environment has
/// TERCET_EMU_STATS=FILE, a JSON object is appended as a line of FILE when the
/// device closes: {"device", "lane_instructions", "seconds", "mnemonics":
/// {name: times executed by a wave}}.
struct Statistics {
  uint64_t laneInstructions = 0; ///< instructions times active lanes
  double seconds = 0;            ///< inside of Executable::launch
  std::map<std::string, uint64_t> mnemonics;
};

/// Loaded code of a target.
class Executable {
public:
  virtual ~Executable() = default;
  /// Runs a dispatch to its end. `arguments` are 64 bits each: addresses of the
  /// buffers' windows, then constants. Throws Fault, with its place.
  virtual void launch(uint32_t kernel, uint64_t workgroups,
                      GlobalMemory &memory,
                      const std::vector<uint64_t> &arguments,
                      Statistics &statistics) = 0;
};

class Backend {
public:
  virtual ~Backend() = default;
  /// The device's name, "emu:cuda".
  virtual const char *getName() const = 0;
  virtual const char *describe() const = 0;
  /// 0 and why, or how well a target runs (see tercet_device_table.accepts).
  virtual int accepts(const tercet_device_target &target, std::string &why) = 0;
  /// Throws Fault where the code does not load.
  virtual std::unique_ptr<Executable> load(const tercet_device_target &target,
                                           const tercet_device_blob *blobs,
                                           size_t blobCount,
                                           const tercet_device_kernel *kernels,
                                           size_t kernelCount) = 0;
};

/// The body of a plug-in's tercet_device_plugin_open.
int openDevice(std::unique_ptr<Backend> backend, uint32_t version,
               const char *name, tercet_device_table *out, char *error,
               size_t errorSize);

} // namespace tercet::emu

#endif
