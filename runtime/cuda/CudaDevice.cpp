//===- CudaDevice.cpp - NVIDIA GPUs through the driver --------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Only the driver is used (libcuda.so.1, which comes with it), by prototypes of
// our own: neither building nor running needs the CUDA Toolkit. A cubin is used
// where it is for this chip; PTX is compiled by the driver for any newer one.
//
//===----------------------------------------------------------------------===//
#include "runtime/gpu/GpuDevice.h"
#include <cstdio>
#include <dlfcn.h>

namespace tercet::runtime {
namespace {

// Numbers of the driver's interface.
constexpr int kComputeMajor = 75,
              kComputeMinor = 76; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_*
constexpr int kErrorLog = 5,
              kErrorLogSize = 6; // CU_JIT_ERROR_LOG_BUFFER, _SIZE_BYTES
constexpr int kNoBinary = 209;   // CUDA_ERROR_NO_BINARY_FOR_GPU

struct Cuda {
  int (*init)(unsigned);
  int (*deviceCount)(int *);
  int (*deviceGet)(int *, int);
  int (*deviceName)(char *, int, int);
  int (*deviceAttribute)(int *, int, int);
  int (*contextRetain)(void **, int);
  int (*contextRelease)(int);
  int (*contextSet)(void *);
  int (*moduleLoad)(void **, const void *, unsigned, int *, void **);
  int (*text)(int, const char **);
  int device = 0, major = 0, minor = 0;
  void *context = nullptr;
};
Cuda &of(void *interface) { return *static_cast<Cuda *>(interface); }

int enter(void *interface) {
  return of(interface).contextSet(of(interface).context);
}

void leave(void *interface) {
  if (of(interface).context)
    of(interface).contextRelease(of(interface).device);
  destroy(&of(interface));
}

const char *errorText(void *interface, int code) {
  const char *text = nullptr;
  return of(interface).text(code, &text) == 0 ? text : nullptr;
}

/// "sm_90a": 90 and 'a'.
struct Chip {
  int number = 0;
  char suffix = 0;
  bool valid = false;
};
Chip parseChip(const char *name) {
  Chip chip;
  if (strncmp(name, "sm_", 3) != 0)
    return chip;
  const char *p = name + 3;
  for (; *p >= '0' && *p <= '9' && chip.number < 10000; ++p)
    chip.number = chip.number * 10 + (*p - '0');
  chip.suffix = *p;
  chip.valid =
      chip.number >= 10 && (*p == 0 || ((*p == 'a' || *p == 'f') && p[1] == 0));
  return chip;
}

/// Whether PTX of a chip runs here: any newer chip, but "a" only on its own and
/// "f" within its family (the same major number).
bool ptxRuns(const Cuda &c, const Chip &chip) {
  int here = c.major * 10 + c.minor;
  if (chip.suffix == 'a')
    return here == chip.number;
  if (chip.suffix == 'f')
    return chip.number / 10 == c.major && chip.number <= here;
  return chip.number <= here;
}
/// Machine code runs within a major number.
bool cubinRuns(const Cuda &c, const Chip &chip) {
  return chip.number / 10 == c.major && ptxRuns(c, chip);
}

int score(void *interface, const tercet_device_target &target, char *why,
          size_t size) {
  Cuda &c = of(interface);
  Chip chip = parseChip(target.chip);
  if (!chip.valid || !ptxRuns(c, chip)) {
    snprintf(why, size, "it is for %s and this GPU is sm_%d%d", target.chip,
             c.major, c.minor);
    return 0;
  }
  return chip.number * 4 + (chip.suffix == 'a'   ? 2
                            : chip.suffix == 'f' ? 1
                                                 : 0);
}

int load(Cuda &c, const void *image, void **out, char *why, size_t size) {
  char log[320] = "";
  int options[] = {kErrorLog, kErrorLogSize};
  void *values[] = {log, reinterpret_cast<void *>(sizeof log)};
  int code = c.moduleLoad(out, image, 2, options, values);
  log[sizeof log - 1] = 0;
  if (code && *log)
    snprintf(why, size, "the driver refuses the code: %s", log);
  else
    *why = 0;
  return code;
}

int loadModule(void *interface, const tercet_device_blob *blobs, size_t count,
               void **out, char *why, size_t size) {
  Cuda &c = of(interface);
  int code = kNoBinary;
  snprintf(why, size, "the target holds neither PTX nor a cubin for sm_%d%d",
           c.major, c.minor);
  for (tercet_blob_format format : {TERCET_BLOB_CUBIN, TERCET_BLOB_PTX})
    for (size_t i = 0; i < count; ++i) {
      if (blobs[i].format != format)
        continue;
      Chip chip = parseChip(blobs[i].chip);
      if (format == TERCET_BLOB_CUBIN && !(chip.valid && cubinRuns(c, chip)))
        continue;
      code = load(c, blobs[i].data, out, why, size);
      if (code == 0)
        return 0;
    }
  return code;
}

template <typename F> void **place(F &function) {
  return reinterpret_cast<void **>(&function);
}

Status connect(GpuDevice &d, Cuda &c, int ordinal) {
  static const char *const names[] = {"libcuda.so.1", "libcuda.so"};
  TERCET_TRY(openLibrary("NVIDIA", names, 2, &d.library));
  GpuDriver &g = d.driver;
  const GpuSymbol symbols[] = {
      {"cuInit", place(c.init)},
      {"cuDeviceGetCount", place(c.deviceCount)},
      {"cuDeviceGet", place(c.deviceGet)},
      {"cuDeviceGetName", place(c.deviceName)},
      {"cuDeviceGetAttribute", place(c.deviceAttribute)},
      {"cuDevicePrimaryCtxRetain", place(c.contextRetain)},
      {"cuDevicePrimaryCtxRelease_v2", place(c.contextRelease)},
      {"cuCtxSetCurrent", place(c.contextSet)},
      {"cuModuleLoadDataEx", place(c.moduleLoad)},
      {"cuGetErrorString", place(c.text)},
      {"cuMemAlloc_v2", place(g.memAlloc)},
      {"cuMemFree_v2", place(g.memFree)},
      {"cuMemcpyHtoD_v2", place(g.copyToDevice)},
      {"cuMemcpyDtoH_v2", place(g.copyToHost)},
      {"cuMemcpyDtoDAsync_v2", place(g.copyAsync)},
      {"cuMemsetD8Async", place(g.fillAsync)},
      {"cuModuleUnload", place(g.moduleUnload)},
      {"cuModuleGetFunction", place(g.moduleGetFunction)},
      {"cuLaunchKernel", place(g.launch)},
      {"cuStreamCreate", place(g.streamCreate)},
      {"cuStreamDestroy_v2", place(g.streamDestroy)},
      {"cuStreamSynchronize", place(g.streamSynchronize)},
      {"cuEventCreate", place(g.eventCreate)},
      {"cuEventRecord", place(g.eventRecord)},
      {"cuEventElapsedTime", place(g.eventElapsed)},
      {"cuEventDestroy_v2", place(g.eventDestroy)},
  };
  TERCET_TRY(findSymbols(d.library, "NVIDIA", symbols,
                         sizeof symbols / sizeof *symbols));
  int count = 0;
  auto failed = [&](int code, const char *doing) {
    const char *text = errorText(&c, code);
    return fail(TERCET_DEVICE, "the NVIDIA driver cannot %s: %s (error %d)",
                doing, text ? text : "unknown error", code);
  };
  if (int code = c.init(0))
    return failed(code, "start");
  if (int code = c.deviceCount(&count))
    return failed(code, "count its GPUs");
  if (ordinal >= count)
    return fail(TERCET_NOT_FOUND, "there is no GPU cuda:%d: the driver has %d",
                ordinal, count);
  char name[96] = "";
  if (int code = c.deviceGet(&c.device, ordinal))
    return failed(code, "open the GPU");
  if (int code = c.deviceName(name, sizeof name, c.device))
    return failed(code, "name the GPU");
  if (c.deviceAttribute(&c.major, kComputeMajor, c.device) ||
      c.deviceAttribute(&c.minor, kComputeMinor, c.device))
    return fail(TERCET_DEVICE,
                "the NVIDIA driver does not say which chip the GPU is");
  if (int code = c.contextRetain(&c.context, c.device)) {
    c.context = nullptr;
    return failed(code, "make a context");
  }
  snprintf(d.description, sizeof d.description, "%s, sm_%d%d", name, c.major,
           c.minor);
  return nullptr;
}

} // namespace

Status openCuda(int ordinal, tercet_device_table *out) {
  Owner<GpuDevice> d(create<GpuDevice>());
  Owner<Cuda> c(create<Cuda>());
  if (!d || !c)
    return outOfMemory();
  if (Status status = connect(*d, *c, ordinal)) {
    if (d->library)
      dlclose(d->library);
    return status;
  }
  d->kind = "cuda";
  d->interface = c.release();
  d->enter = enter;
  d->leave = leave;
  d->errorText = errorText;
  d->score = score;
  d->loadModule = loadModule;
  return finishGpu(d.release(), out);
}

} // namespace tercet::runtime
