//===- CpuDevice.cpp - the host as a device -------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Commands run one after the other on the calling thread and the pool; so a
// barrier costs nothing, and submit returns when all is done. Where another
// thread has the pool, a dispatch runs on the calling thread alone: workgroups
// do not depend on how a grid is split, so results are the same.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Device.h"
#include "runtime/cpu/ElfLoader.h"
#include "runtime/cpu/Features.h"
#include "runtime/cpu/ThreadPool.h"
#include "tercet/kernel.h"
#include <cstdio>
#include <ctime>
#include <sched.h>
#include <sys/mman.h>

namespace tercet::runtime {
namespace {

/// What a tercet_device_memory is here.
struct CpuMemory {
  uint8_t *data;
  size_t heap, mapped; // bytes of its own; both 0 where the memory is someone's
};
// From here on fresh pages come from the system: zero already, and real only
// once they are touched, so a bound that is never reached costs nothing.
constexpr uint64_t kMapFrom = uint64_t(1) << 18;
CpuMemory *of(tercet_device_memory *m) {
  return reinterpret_cast<CpuMemory *>(m);
}

/// Scratch memory for all workers of one submit.
struct Scratch {
  uint8_t *data;
  size_t size;
};

struct LoadedKernel {
  tercet_kernel_fn function;
  uint32_t scratchBytes;
};

struct Executable {
  ElfImage *image = nullptr;
  Array<LoadedKernel> kernels;
  ~Executable() { destroy(image); }
};

struct CpuDevice {
  HostFeatures features;
  ThreadPool pool;
  char description[128];
  // Left by the last submit for the next one, so that a steady state allocates
  // nothing; a submit beside it makes its own.
  std::atomic<Scratch *> spare{nullptr};
  ~CpuDevice() { drop(spare.load()); }
  static void drop(Scratch *s) {
    if (s)
      ::free(s->data);
    destroy(s);
  }
  Scratch *take(size_t size) {
    Scratch *s = spare.exchange(nullptr, std::memory_order_acquire);
    if (s && s->size >= size)
      return s;
    drop(s);
    s = create<Scratch>();
    if (s && !(s->data = static_cast<uint8_t *>(allocateAligned(size)))) {
      destroy(s);
      return nullptr;
    }
    if (s)
      s->size = size;
    return s;
  }
  void give(Scratch *s) { drop(spare.exchange(s, std::memory_order_acq_rel)); }
};

/// The sentence of last_error, a thread's own so that devices can be shared.
thread_local char lastError[256] __attribute__((tls_model("initial-exec")));

int failed(const char *what, const char *name = "") {
  snprintf(lastError, sizeof lastError, "%s%s", what, name);
  return 1;
}

void cpuClose(void *self) { destroy(static_cast<CpuDevice *>(self)); }
const char *cpuLastError(void *) { return lastError; }
const char *cpuDescribe(void *self) {
  return static_cast<CpuDevice *>(self)->description;
}

int cpuAccepts(void *self, const tercet_device_target *target) {
  return static_cast<CpuDevice *>(self)->features.accepts(*target, lastError,
                                                          sizeof lastError);
}

int cpuAllocate(void *, uint64_t bytes, tercet_device_memory **out) {
  auto *memory = create<CpuMemory>();
  if (!memory || bytes > SIZE_MAX / 2) {
    destroy(memory);
    return failed("out of memory");
  }
  *memory = {};
  if (bytes < kMapFrom) {
    memory->heap = static_cast<size_t>(bytes ? bytes : 1);
    memory->data = static_cast<uint8_t *>(allocateAligned(bytes));
    if (memory->data)
      memset(memory->data, 0, memory->heap);
  } else {
    memory->mapped = static_cast<size_t>(bytes);
    void *p = mmap(nullptr, memory->mapped, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memory->data = p == MAP_FAILED ? nullptr : static_cast<uint8_t *>(p);
  }
  if (!memory->data) {
    destroy(memory);
    return failed("out of memory");
  }
  *out = reinterpret_cast<tercet_device_memory *>(memory);
  return 0;
}

int cpuImport(void *, const void *data, uint64_t, tercet_device_memory **out) {
  auto *memory = create<CpuMemory>();
  if (!memory)
    return failed("out of memory");
  *memory = {static_cast<uint8_t *>(const_cast<void *>(data)), 0, 0};
  *out = reinterpret_cast<tercet_device_memory *>(memory);
  return 0;
}

void cpuFree(void *, tercet_device_memory *handle) {
  CpuMemory *memory = of(handle);
  if (memory->heap)
    ::free(memory->data);
  if (memory->mapped)
    munmap(memory->data, memory->mapped);
  destroy(memory);
}

void *cpuHostPointer(void *, tercet_device_memory *memory) {
  return of(memory)->data;
}

uint8_t *address(const tercet_device_range &r) {
  return r.memory
             ? of(r.memory)->data + r.offset
             : reinterpret_cast<uint8_t *>(static_cast<uintptr_t>(r.offset));
}

int cpuUpload(void *, const void *data, tercet_device_range to) {
  memcpy(address(to), data, to.length);
  return 0;
}
int cpuDownload(void *, tercet_device_range from, void *data) {
  memcpy(data, address(from), from.length);
  return 0;
}

int cpuLoad(void *, const tercet_device_target *,
            const tercet_device_blob *blobs, size_t blobCount,
            const tercet_device_kernel *kernels, size_t kernelCount,
            tercet_device_executable **out) {
  const tercet_device_blob *blob = nullptr;
  for (size_t i = 0; i < blobCount && !blob; ++i)
    blob = blobs[i].format == TERCET_BLOB_ELF ? &blobs[i] : nullptr;
  Owner<Executable> e(create<Executable>());
  if (!e)
    return failed("out of memory");
  if (!blob && kernelCount)
    return failed("the target holds no ELF code");
  if (blob) {
    e->image = create<ElfImage>();
    if (!e->image)
      return failed("out of memory");
    if (const char *wrong = e->image->load(blob->data, blob->size))
      return failed(wrong);
  }
  for (size_t i = 0; i < kernelCount; ++i) {
    auto function =
        reinterpret_cast<tercet_kernel_fn>(e->image->find(kernels[i].name));
    if (!function)
      return failed("the code has no kernel ", kernels[i].name);
    if (!e->kernels.push({function, kernels[i].scratch_bytes}))
      return failed("out of memory");
  }
  *out = reinterpret_cast<tercet_device_executable *>(e.release());
  return 0;
}

void cpuUnload(void *, tercet_device_executable *executable) {
  destroy(reinterpret_cast<Executable *>(executable));
}

struct Launch {
  tercet_kernel_fn function;
  void *const *buffers;
  const int64_t *constants;
  uint8_t *scratch;
  size_t scratchStride;
};

// Generated code carries no marks for the sanitizer's check of indirect calls.
#if defined(__clang__)
__attribute__((no_sanitize("function")))
#endif
void runChunk(void *context, int worker, int64_t begin, int64_t end) {
  auto *launch = static_cast<const Launch *>(context);
  tercet_kernel_args args = {launch->buffers, launch->constants, begin, end,
                             launch->scratch + static_cast<size_t>(worker) *
                                                   launch->scratchStride};
  launch->function(&args);
}

double seconds() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

void dispatch(CpuDevice &device, const LoadedKernel &kernel,
              const tercet_device_command &c, uint8_t *scratch, size_t stride) {
  void *buffers[kMaxKernelBuffers];
  for (uint32_t i = 0; i < c.range_count; ++i)
    buffers[i] = address(c.ranges[i]);
  Launch launch = {kernel.function, buffers, c.constants, scratch, stride};
  auto total = static_cast<int64_t>(c.workgroups);
  if (total > 1 && device.pool.threads() > 1 &&
      device.pool.tryRun(total, runChunk, &launch))
    return;
  runChunk(&launch, 0, 0, total);
}

int cpuSubmit(void *self, tercet_device_executable *handle,
              const tercet_device_command *commands, size_t count,
              double *times) {
  auto &device = *static_cast<CpuDevice *>(self);
  auto *executable = reinterpret_cast<Executable *>(handle);
  // One scratch area per submit and worker, for the largest kernel in it.
  size_t stride = 0;
  for (size_t i = 0; i < count; ++i)
    if (commands[i].kind == TERCET_COMMAND_DISPATCH && commands[i].workgroups) {
      size_t need =
          (executable->kernels[commands[i].kernel].scratchBytes + size_t(63)) &
          ~size_t(63);
      stride = need > stride ? need : stride;
    }
  Scratch *scratch = nullptr;
  if (stride && !(scratch = device.take(
                      stride * static_cast<size_t>(device.pool.threads()))))
    return failed("out of memory for the kernels' scratch");
  uint8_t *scratchData = scratch ? scratch->data : nullptr;
  for (size_t i = 0; i < count; ++i) {
    const tercet_device_command &c = commands[i];
    double start = times ? seconds() : 0;
    switch (c.kind) {
    case TERCET_COMMAND_DISPATCH:
      if (c.workgroups)
        dispatch(device, executable->kernels[c.kernel], c, scratchData, stride);
      break;
    case TERCET_COMMAND_COPY:
      if (c.ranges[0].length)
        memcpy(address(c.ranges[1]), address(c.ranges[0]), c.ranges[0].length);
      break;
    case TERCET_COMMAND_FILL:
      if (c.ranges[0].length)
        memset(address(c.ranges[0]), c.value, c.ranges[0].length);
      break;
    case TERCET_COMMAND_BARRIER:
      break;
    }
    if (times)
      times[i] = seconds() - start;
  }
  if (scratch)
    device.give(scratch);
  return 0;
}

int cpuWait(void *) { return 0; }

int availableCores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    return CPU_COUNT(&set);
  return 1;
}

} // namespace

Status openCpu(int32_t threads, tercet_device_table *out) {
  auto *device = create<CpuDevice>();
  if (!device)
    return outOfMemory();
  int count = threads ? threads : availableCores();
  if (!device->features.detect() || !device->pool.start(count)) {
    destroy(device);
    return fail(TERCET_OUT_OF_MEMORY, "the system does not give %d threads",
                count);
  }
  char name[96];
  device->features.describe(name, sizeof name);
  snprintf(device->description, sizeof device->description, "%s, %d thread%s",
           name, count, count == 1 ? "" : "s");
  *out = {TERCET_DEVICE_API_VERSION,
          sizeof(tercet_device_table),
          TERCET_DEVICE_HOST_MEMORY,
          device,
          cpuClose,
          cpuLastError,
          cpuDescribe,
          cpuAccepts,
          cpuAllocate,
          cpuImport,
          cpuFree,
          cpuHostPointer,
          cpuUpload,
          cpuDownload,
          cpuLoad,
          cpuUnload,
          cpuSubmit,
          cpuWait};
  return nullptr;
}

} // namespace tercet::runtime
