//===- GpuDevice.h - what the cuda and hip devices share --------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The CUDA driver and the HIP runtime take the same calls under two names: a
// device pointer is 64 bits, handles are pointers, 0 is success. So each is a
// table of entry points filled by dlsym, and the device over them is one.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_RUNTIME_GPU_GPUDEVICE_H
#define TERCET_RUNTIME_GPU_GPUDEVICE_H

#include "runtime/core/Device.h"

namespace tercet::runtime {

/// Entry points with the C types that both interfaces pass in the same
/// registers.
struct GpuDriver {
  using Pointer = uint64_t;
  using Handle = void *;

  int (*memAlloc)(Pointer *out, size_t bytes);
  int (*memFree)(Pointer memory);
  int (*copyToDevice)(Pointer to, const void *from, size_t bytes);
  int (*copyToHost)(void *to, Pointer from, size_t bytes);
  int (*copyAsync)(Pointer to, Pointer from, size_t bytes, Handle stream);
  int (*fillAsync)(Pointer to, unsigned char value, size_t bytes,
                   Handle stream);
  int (*moduleUnload)(Handle module);
  int (*moduleGetFunction)(Handle *out, Handle module, const char *name);
  int (*launch)(Handle function, unsigned gridX, unsigned gridY, unsigned gridZ,
                unsigned blockX, unsigned blockY, unsigned blockZ,
                unsigned sharedBytes, Handle stream, void **parameters,
                void **extra);
  int (*streamCreate)(Handle *out, unsigned flags);
  int (*streamDestroy)(Handle stream);
  int (*streamSynchronize)(Handle stream);
  int (*eventCreate)(Handle *out, unsigned flags);
  int (*eventRecord)(Handle event, Handle stream);
  int (*eventElapsed)(float *milliseconds, Handle begin, Handle end);
  int (*eventDestroy)(Handle event);
};

/// One name per entry of a GpuDriver or of an interface's own table.
struct GpuSymbol {
  const char *name;
  void **place;
};

/// One GPU. The interface's own part comes as functions over `interface`.
struct GpuDevice {
  GpuDriver driver = {};
  void *library = nullptr;
  const char *kind = "";     // "cuda", "hip"
  void *interface = nullptr; // what the functions below need
  GpuDriver::Handle stream = nullptr;
  char description[160] = "";

  /// Makes the device current for the calling thread.
  int (*enter)(void *interface) = nullptr;
  void (*leave)(void *interface) = nullptr; // at close; frees `interface`
  /// The sentence of an error code.
  const char *(*errorText)(void *interface, int code) = nullptr;
  /// 0 and why, or how well a target runs here.
  int (*score)(void *interface, const tercet_device_target &target, char *why,
               size_t size) = nullptr;
  /// The best blob as a module; 0, or an error code with a text in `why`.
  int (*loadModule)(void *interface, const tercet_device_blob *blobs,
                    size_t count, GpuDriver::Handle *out, char *why,
                    size_t size) = nullptr;
};

/// Loads the first library that exists.
Status openLibrary(const char *kind, const char *const *names, size_t count,
                   void **out);
/// Fills the places; a missing symbol is an error that names it.
Status findSymbols(void *library, const char *kind, const GpuSymbol *symbols,
                   size_t count);
/// Creates the stream and the table; takes the device, also where it fails.
Status finishGpu(GpuDevice *device, tercet_device_table *out);

} // namespace tercet::runtime

#endif
