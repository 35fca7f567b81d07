//===- Device.h - an opened device and what is loaded on it -----*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_RUNTIME_CORE_DEVICE_H
#define TERCET_RUNTIME_CORE_DEVICE_H

#include "runtime/core/Artifact.h"
#include "tercet/device.h"

namespace tercet::runtime {

/// The code and the weights of one target of one artifact on one device, shared
/// by all sessions of the three.
struct Loaded {
  tercet_artifact *artifact;
  size_t target;
  size_t users;
  tercet_device_executable *executable;
  Array<tercet_device_kernel> kernels;
  Array<tercet_device_memory *> segments; // null where no program reads it
  Array<char *> ptx;                      // NUL-terminated copies
  Loaded *next;
  ~Loaded() {
    for (char *text : ptx)
      ::free(text);
  }
};

// The built-in devices. They fill `out` or say why not.
Status openCpu(int32_t threads, tercet_device_table *out);
Status openCuda(int ordinal, tercet_device_table *out);
Status openHip(int ordinal, tercet_device_table *out);

/// Fills a target description; `features` must outlive it.
Status describeTarget(const schema::Target &target,
                      Array<const char *> &features, tercet_device_target *out);

} // namespace tercet::runtime

struct tercet_device {
  tercet_device_table table = {};
  char name[64] = "";
  void *library = nullptr; // of a plug-in
  tercet::runtime::Mutex mutex;
  tercet::runtime::Loaded *loaded = nullptr;

  tercet_status *acquire(tercet_artifact *artifact, size_t target,
                         tercet::runtime::Loaded **out);
  void release(tercet::runtime::Loaded *loaded);
  /// The last error of this device as a status.
  tercet_status *failed(const char *doing);

private:
  tercet_status *load(tercet::runtime::Loaded &loaded);
  void unload(tercet::runtime::Loaded &loaded);
};

#endif
