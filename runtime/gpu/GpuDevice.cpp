//===- GpuDevice.cpp ------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// All work of a device goes through one stream, so commands run in order and a
// barrier costs nothing. Several sessions may submit to it; each waits for all.
//
//===----------------------------------------------------------------------===//
#include "runtime/gpu/GpuDevice.h"
#include <cstdio>
#include <dlfcn.h>

namespace tercet::runtime {
namespace {

struct GpuMemory {
  GpuDriver::Pointer address;
};

struct GpuExecutable {
  GpuDriver::Handle module = nullptr;
  Array<GpuDriver::Handle> functions;
  Array<uint32_t> workgroupSizes;
};

thread_local char lastError[512] __attribute__((tls_model("initial-exec")));

int failed(const char *what) {
  snprintf(lastError, sizeof lastError, "%s", what);
  return 1;
}

GpuDevice &of(void *self) { return *static_cast<GpuDevice *>(self); }
GpuMemory *of(tercet_device_memory *m) {
  return reinterpret_cast<GpuMemory *>(m);
}
GpuExecutable *of(tercet_device_executable *e) {
  return reinterpret_cast<GpuExecutable *>(e);
}

/// 0 where the driver's call succeeded; else remembers what it says.
int check(GpuDevice &d, int code, const char *call) {
  if (code == 0)
    return 0;
  const char *text = d.errorText(d.interface, code);
  snprintf(lastError, sizeof lastError, "%s: %s (error %d)", call,
           text ? text : "unknown error", code);
  return 1;
}

#define GPU_TRY(call, name)                                                    \
  if (check(d, (call), name))                                                  \
  return 1

void gpuClose(void *self) {
  GpuDevice *d = &of(self);
  if (d->stream && d->enter(d->interface) == 0)
    d->driver.streamDestroy(d->stream);
  d->leave(d->interface);
  if (d->library)
    dlclose(d->library);
  destroy(d);
}

const char *gpuLastError(void *) { return lastError; }
const char *gpuDescribe(void *self) { return of(self).description; }
int gpuAccepts(void *self, const tercet_device_target *target) {
  GpuDevice &d = of(self);
  if (!equal(target->device, d.kind)) {
    snprintf(lastError, sizeof lastError, "it is for device %s",
             target->device);
    return 0;
  }
  return d.score(d.interface, *target, lastError, sizeof lastError);
}

int gpuAllocate(void *self, uint64_t bytes, tercet_device_memory **out) {
  GpuDevice &d = of(self);
  auto *memory = create<GpuMemory>();
  if (!memory)
    return failed("out of memory");
  size_t size = static_cast<size_t>(bytes ? bytes : 1);
  memory->address = 0;
  if (check(d, d.enter(d.interface), "enter") ||
      check(d, d.driver.memAlloc(&memory->address, size), "allocate") ||
      check(d, d.driver.fillAsync(memory->address, 0, size, d.stream),
            "clear") ||
      check(d, d.driver.streamSynchronize(d.stream), "clear")) {
    if (memory->address)
      d.driver.memFree(memory->address);
    destroy(memory);
    return 1;
  }
  *out = reinterpret_cast<tercet_device_memory *>(memory);
  return 0;
}

int gpuImport(void *, const void *, uint64_t, tercet_device_memory **) {
  return 1;
}

void gpuFree(void *self, tercet_device_memory *memory) {
  GpuDevice &d = of(self);
  if (d.enter(d.interface) == 0)
    d.driver.memFree(of(memory)->address);
  destroy(of(memory));
}

void *gpuHostPointer(void *, tercet_device_memory *) { return nullptr; }

GpuDriver::Pointer address(const tercet_device_range &r) {
  return of(r.memory)->address + r.offset;
}

int gpuUpload(void *self, const void *data, tercet_device_range to) {
  GpuDevice &d = of(self);
  GPU_TRY(d.enter(d.interface), "enter");
  // Nothing of the stream may still read what is replaced.
  GPU_TRY(d.driver.streamSynchronize(d.stream), "upload");
  GPU_TRY(d.driver.copyToDevice(address(to), data, to.length), "upload");
  return 0;
}

int gpuDownload(void *self, tercet_device_range from, void *data) {
  GpuDevice &d = of(self);
  GPU_TRY(d.enter(d.interface), "enter");
  GPU_TRY(d.driver.streamSynchronize(d.stream), "download");
  GPU_TRY(d.driver.copyToHost(data, address(from), from.length), "download");
  return 0;
}

void gpuUnload(void *self, tercet_device_executable *executable) {
  GpuDevice &d = of(self);
  if (of(executable)->module && d.enter(d.interface) == 0)
    d.driver.moduleUnload(of(executable)->module);
  destroy(of(executable));
}

int gpuLoad(void *self, const tercet_device_target *,
            const tercet_device_blob *blobs, size_t blobCount,
            const tercet_device_kernel *kernels, size_t kernelCount,
            tercet_device_executable **out) {
  GpuDevice &d = of(self);
  GPU_TRY(d.enter(d.interface), "enter");
  auto *e = create<GpuExecutable>();
  if (!e)
    return failed("out of memory");
  auto *handle = reinterpret_cast<tercet_device_executable *>(e);
  char why[384] = "";
  int code = kernelCount ? d.loadModule(d.interface, blobs, blobCount,
                                        &e->module, why, sizeof why)
                         : 0;
  if (code) {
    if (*why)
      failed(why);
    else
      check(d, code, "load a module");
    gpuUnload(self, handle);
    return 1;
  }
  for (size_t i = 0; i < kernelCount; ++i) {
    GpuDriver::Handle function = nullptr;
    if (d.driver.moduleGetFunction(&function, e->module, kernels[i].name)) {
      snprintf(lastError, sizeof lastError, "the code has no kernel %s",
               kernels[i].name);
      gpuUnload(self, handle);
      return 1;
    }
    if (!e->functions.push(function) ||
        !e->workgroupSizes.push(kernels[i].workgroup_size)) {
      gpuUnload(self, handle);
      return failed("out of memory");
    }
  }
  *out = handle;
  return 0;
}

int launch(GpuDevice &d, GpuExecutable &e, const tercet_device_command &c) {
  uint64_t values[kMaxKernelArguments];
  void *parameters[kMaxKernelArguments];
  uint32_t n = 0;
  for (uint32_t i = 0; i < c.range_count; ++i)
    values[n++] = address(c.ranges[i]);
  for (uint32_t i = 0; i < c.constant_count; ++i)
    values[n++] = static_cast<uint64_t>(c.constants[i]);
  for (uint32_t i = 0; i < n; ++i)
    parameters[i] = &values[i];
  // Shared memory is declared in the code, so none is added at the launch.
  return check(d,
               d.driver.launch(e.functions[c.kernel],
                               static_cast<unsigned>(c.workgroups), 1, 1,
                               e.workgroupSizes[c.kernel], 1, 1, 0, d.stream,
                               parameters, nullptr),
               "launch a kernel");
}

int issue(GpuDevice &d, GpuExecutable &e, const tercet_device_command &c) {
  switch (c.kind) {
  case TERCET_COMMAND_DISPATCH:
    return c.workgroups ? launch(d, e, c) : 0;
  case TERCET_COMMAND_COPY:
    if (c.ranges[0].length)
      GPU_TRY(d.driver.copyAsync(address(c.ranges[1]), address(c.ranges[0]),
                                 c.ranges[0].length, d.stream),
              "copy");
    return 0;
  case TERCET_COMMAND_FILL:
    if (c.ranges[0].length)
      GPU_TRY(d.driver.fillAsync(address(c.ranges[0]), c.value,
                                 c.ranges[0].length, d.stream),
              "fill");
    return 0;
  case TERCET_COMMAND_BARRIER:
    return 0; // the stream is in order
  }
  return failed("unknown command");
}

/// Two events around a command, destroyed at the end of the submit.
struct Timer {
  GpuDevice &d;
  GpuDriver::Handle begin = nullptr, end = nullptr;
  ~Timer() {
    if (begin)
      d.driver.eventDestroy(begin);
    if (end)
      d.driver.eventDestroy(end);
  }
};

int gpuSubmit(void *self, tercet_device_executable *executable,
              const tercet_device_command *commands, size_t count,
              double *seconds) {
  GpuDevice &d = of(self);
  GpuExecutable &e = *of(executable);
  GPU_TRY(d.enter(d.interface), "enter");
  Timer timer{d};
  if (seconds) {
    GPU_TRY(d.driver.eventCreate(&timer.begin, 0), "create an event");
    GPU_TRY(d.driver.eventCreate(&timer.end, 0), "create an event");
  }
  for (size_t i = 0; i < count; ++i) {
    if (!seconds) {
      if (issue(d, e, commands[i]))
        return 1;
      continue;
    }
    float milliseconds = 0;
    GPU_TRY(d.driver.eventRecord(timer.begin, d.stream), "record an event");
    if (issue(d, e, commands[i]))
      return 1;
    GPU_TRY(d.driver.eventRecord(timer.end, d.stream), "record an event");
    GPU_TRY(d.driver.streamSynchronize(d.stream), "run a kernel");
    GPU_TRY(d.driver.eventElapsed(&milliseconds, timer.begin, timer.end),
            "read an event");
    seconds[i] = static_cast<double>(milliseconds) * 1e-3;
  }
  return 0;
}

int gpuWait(void *self) {
  GpuDevice &d = of(self);
  GPU_TRY(d.enter(d.interface), "enter");
  GPU_TRY(d.driver.streamSynchronize(d.stream), "run a kernel");
  return 0;
}

} // namespace

Status openLibrary(const char *kind, const char *const *names, size_t count,
                   void **out) {
  for (size_t i = 0; i < count; ++i)
    if ((*out = dlopen(names[i], RTLD_NOW | RTLD_LOCAL)))
      return nullptr;
  return fail(
      TERCET_NOT_FOUND,
      "no %s driver: %s was not found; install it, or use another device", kind,
      names[0]);
}

Status findSymbols(void *library, const char *kind, const GpuSymbol *symbols,
                   size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (!(*symbols[i].place = dlsym(library, symbols[i].name)))
      return fail(TERCET_DEVICE, "the %s driver is too old: it has no %s", kind,
                  symbols[i].name);
  return nullptr;
}

Status finishGpu(GpuDevice *device, tercet_device_table *out) {
  GpuDevice &d = *device;
  if (check(d, d.enter(d.interface), "enter") ||
      check(d, d.driver.streamCreate(&d.stream, 0), "create a stream")) {
    Status status =
        fail(TERCET_DEVICE, "device %s cannot be used: %s", d.kind, lastError);
    gpuClose(device);
    return status;
  }
  *out = {TERCET_DEVICE_API_VERSION,
          sizeof(tercet_device_table),
          0,
          device,
          gpuClose,
          gpuLastError,
          gpuDescribe,
          gpuAccepts,
          gpuAllocate,
          gpuImport,
          gpuFree,
          gpuHostPointer,
          gpuUpload,
          gpuDownload,
          gpuLoad,
          gpuUnload,
          gpuSubmit,
          gpuWait};
  return nullptr;
}

} // namespace tercet::runtime
