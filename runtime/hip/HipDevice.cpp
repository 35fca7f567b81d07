//===- HipDevice.cpp - AMD GPUs through the HIP runtime -------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// libamdhip64 is loaded when the device is opened, by prototypes of our own:
// building needs no ROCm. An hsaco runs on exactly the chip it is for.
//
//===----------------------------------------------------------------------===//
#include "runtime/gpu/GpuDevice.h"
#include <cstdio>
#include <dlfcn.h>

namespace tercet::runtime {
namespace {

constexpr int kNoBinary = 209; // hipErrorNoBinaryForGpu
// hipDeviceProp_t is under 2 KiB in every version so far; its layout differs.
constexpr size_t kPropertiesSize = 8192;
constexpr size_t kNameSize = 256; // the first field

struct Hip {
  int (*init)(unsigned);
  int (*deviceCount)(int *);
  int (*setDevice)(int);
  int (*properties)(void *, int) = nullptr;
  int (*moduleLoad)(void **, const void *);
  const char *(*text)(int);
  int device = 0;
  char chip[32] = "";
};
Hip &of(void *interface) { return *static_cast<Hip *>(interface); }

int enter(void *interface) {
  return of(interface).setDevice(of(interface).device);
}
void leave(void *interface) { destroy(&of(interface)); }
const char *errorText(void *interface, int code) {
  return of(interface).text(code);
}

bool sameChip(const Hip &h, const char *name) { return equal(h.chip, name); }

int score(void *interface, const tercet_device_target &target, char *why,
          size_t size) {
  Hip &h = of(interface);
  if (sameChip(h, target.chip))
    return 1000;
  snprintf(why, size, "it is for %s and this GPU is %s", target.chip, h.chip);
  return 0;
}

int loadModule(void *interface, const tercet_device_blob *blobs, size_t count,
               void **out, char *why, size_t size) {
  Hip &h = of(interface);
  for (size_t i = 0; i < count; ++i)
    if (blobs[i].format == TERCET_BLOB_HSACO &&
        (!*blobs[i].chip || sameChip(h, blobs[i].chip)))
      return h.moduleLoad(out, blobs[i].data);
  snprintf(why, size, "the target holds no hsaco for %s", h.chip);
  return kNoBinary;
}

/// "gfx942" out of the properties: gcnArchName ("gfx942:sramecc+:xnack-") is
/// the one field behind the name that starts so, wherever a version has it.
void findChip(const char *properties, char *chip, size_t size) {
  for (size_t i = kNameSize; i + 8 < kPropertiesSize; ++i) {
    if (memcmp(properties + i, "gfx", 3) != 0)
      continue;
    size_t n = 0;
    const char *p = properties + i;
    while (n + 1 < size &&
           ((p[n] >= 'a' && p[n] <= 'z') || (p[n] >= '0' && p[n] <= '9'))) {
      chip[n] = p[n];
      ++n;
    }
    chip[n] = 0;
    return;
  }
}

template <typename F> void **place(F &function) {
  return reinterpret_cast<void **>(&function);
}

Status connect(GpuDevice &d, Hip &h, int ordinal) {
  static const char *const names[] = {"libamdhip64.so", "libamdhip64.so.7",
                                      "libamdhip64.so.6", "libamdhip64.so.5"};
  TERCET_TRY(openLibrary("AMD", names, 4, &d.library));
  GpuDriver &g = d.driver;
  const GpuSymbol symbols[] = {
      {"hipInit", place(h.init)},
      {"hipGetDeviceCount", place(h.deviceCount)},
      {"hipSetDevice", place(h.setDevice)},
      {"hipModuleLoadData", place(h.moduleLoad)},
      {"hipGetErrorString", place(h.text)},
      {"hipMalloc", place(g.memAlloc)},
      {"hipFree", place(g.memFree)},
      {"hipMemcpyHtoD", place(g.copyToDevice)},
      {"hipMemcpyDtoH", place(g.copyToHost)},
      {"hipMemcpyDtoDAsync", place(g.copyAsync)},
      {"hipMemsetD8Async", place(g.fillAsync)},
      {"hipModuleUnload", place(g.moduleUnload)},
      {"hipModuleGetFunction", place(g.moduleGetFunction)},
      {"hipModuleLaunchKernel", place(g.launch)},
      {"hipStreamCreateWithFlags", place(g.streamCreate)},
      {"hipStreamDestroy", place(g.streamDestroy)},
      {"hipStreamSynchronize", place(g.streamSynchronize)},
      {"hipEventCreateWithFlags", place(g.eventCreate)},
      {"hipEventRecord", place(g.eventRecord)},
      {"hipEventElapsedTime", place(g.eventElapsed)},
      {"hipEventDestroy", place(g.eventDestroy)},
  };
  TERCET_TRY(
      findSymbols(d.library, "AMD", symbols, sizeof symbols / sizeof *symbols));
  // ROCm 6 gave the function with today's structure a name of its own.
  for (const char *name :
       {"hipGetDevicePropertiesR0600", "hipGetDeviceProperties"})
    if (!h.properties)
      *place(h.properties) = dlsym(d.library, name);
  if (!h.properties)
    return fail(TERCET_DEVICE,
                "the AMD driver is too old: it has no hipGetDeviceProperties");
  int count = 0;
  auto failed = [&](int code, const char *doing) {
    return fail(TERCET_DEVICE, "the AMD driver cannot %s: %s (error %d)", doing,
                h.text(code), code);
  };
  if (int code = h.init(0))
    return failed(code, "start");
  if (int code = h.deviceCount(&count))
    return failed(code, "count its GPUs");
  if (ordinal >= count)
    return fail(TERCET_NOT_FOUND, "there is no GPU hip:%d: the driver has %d",
                ordinal, count);
  h.device = ordinal;
  auto *properties = static_cast<char *>(calloc(1, kPropertiesSize));
  if (!properties)
    return outOfMemory();
  int code = h.properties(properties, ordinal);
  properties[kNameSize - 1] = 0;
  findChip(properties, h.chip, sizeof h.chip);
  snprintf(d.description, sizeof d.description, "%.96s, %s", properties,
           h.chip);
  free(properties);
  if (code)
    return failed(code, "describe the GPU");
  if (!*h.chip)
    return fail(TERCET_DEVICE,
                "the AMD driver does not say which chip the GPU is");
  return nullptr;
}

} // namespace

Status openHip(int ordinal, tercet_device_table *out) {
  Owner<GpuDevice> d(create<GpuDevice>());
  Owner<Hip> h(create<Hip>());
  if (!d || !h)
    return outOfMemory();
  if (Status status = connect(*d, *h, ordinal)) {
    if (d->library)
      dlclose(d->library);
    return status;
  }
  d->kind = "hip";
  d->interface = h.release();
  d->enter = enter;
  d->leave = leave;
  d->errorText = errorText;
  d->score = score;
  d->loadModule = loadModule;
  return finishGpu(d.release(), out);
}

} // namespace tercet::runtime
