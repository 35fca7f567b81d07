//===- Device.cpp ---------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Device.h"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

using namespace tercet::emu;

struct tercet_device_memory {
  explicit tercet_device_memory(uint64_t bytes) : allocation(bytes) {}
  Allocation allocation;
};

struct tercet_device_executable {
  std::unique_ptr<Executable> code;
  std::vector<tercet_device_kernel> kernels;
};

namespace {
/// One device. Sessions of several threads take turns.
struct Device {
  std::unique_ptr<Backend> backend;
  Statistics statistics;
  std::mutex mutex;
};
} // namespace

static thread_local std::string lastError;

static Device &of(void *self) { return *static_cast<Device *>(self); }

static int failed(std::string why) {
  lastError = std::move(why);
  return 1;
}

/// Runs `body`; a Fault or the end of memory becomes the last error.
template <typename Body> static int guarded(Body body) {
  try {
    body();
    return 0;
  } catch (const Fault &fault) {
    return failed(fault.message);
  } catch (const std::bad_alloc &) {
    return failed("out of memory");
  }
}

static void appendStatistics(const Device &d) {
  const char *path = getenv("TERCET_EMU_STATS");
  FILE *file = path && *path ? fopen(path, "a") : nullptr;
  if (!file)
    return;
  const Statistics &s = d.statistics;
  fprintf(file,
          "{\"device\": \"%s\", \"lane_instructions\": %llu, \"seconds\": "
          "%.6f, \"mnemonics\": {",
          d.backend->getName(),
          static_cast<unsigned long long>(s.laneInstructions), s.seconds);
  const char *separator = "";
  for (const auto &[name, count] : s.mnemonics) {
    fprintf(file, "%s\"%s\": %llu", separator, name.c_str(),
            static_cast<unsigned long long>(count));
    separator = ", ";
  }
  fprintf(file, "}}\n");
  fclose(file);
}

static void closeDevice(void *self) {
  appendStatistics(of(self));
  delete &of(self);
}

static const char *getLastError(void *) { return lastError.c_str(); }
static const char *describe(void *self) { return of(self).backend->describe(); }

static int accepts(void *self, const tercet_device_target *target) {
  std::string why;
  int score = of(self).backend->accepts(*target, why);
  if (!score)
    lastError = why;
  return score;
}

static int allocate(void *, uint64_t bytes, tercet_device_memory **out) {
  return guarded([&] { *out = new tercet_device_memory(bytes); });
}
static int importHost(void *, const void *, uint64_t, tercet_device_memory **) {
  return 1; // so that tests see every transfer
}
static void freeMemory(void *, tercet_device_memory *memory) { delete memory; }
static void *hostPointer(void *, tercet_device_memory *) { return nullptr; }

static char *hostAddress(const tercet_device_range &range) {
  if (!range.memory)
    fail("a range of host memory on a device that has its own");
  const Allocation &a = range.memory->allocation;
  if (range.offset > a.size || range.length > a.size - range.offset)
    fail("a range of %llu bytes at %llu of an allocation of %llu",
         static_cast<unsigned long long>(range.length),
         static_cast<unsigned long long>(range.offset),
         static_cast<unsigned long long>(a.size));
  return a.data + range.offset;
}

static int upload(void *, const void *data, tercet_device_range to) {
  return guarded([&] { memcpy(hostAddress(to), data, to.length); });
}
static int download(void *, tercet_device_range from, void *data) {
  return guarded([&] { memcpy(data, hostAddress(from), from.length); });
}

static int load(void *self, const tercet_device_target *target,
                const tercet_device_blob *blobs, size_t blobCount,
                const tercet_device_kernel *kernels, size_t kernelCount,
                tercet_device_executable **out) {
  return guarded([&] {
    auto executable = std::make_unique<tercet_device_executable>();
    // A program of copies alone has no code.
    if (kernelCount)
      executable->code = of(self).backend->load(*target, blobs, blobCount,
                                                kernels, kernelCount);
    executable->kernels.assign(kernels, kernels + kernelCount);
    *out = executable.release();
  });
}
static void unload(void *, tercet_device_executable *executable) {
  delete executable;
}

static void dispatch(Device &d, tercet_device_executable &e,
                     const tercet_device_command &c) {
  GlobalMemory memory;
  std::vector<uint64_t> arguments;
  for (uint32_t i = 0; i < c.range_count; ++i) {
    hostAddress(c.ranges[i]);
    arguments.push_back(memory.addWindow(c.ranges[i].memory->allocation,
                                         c.ranges[i].offset, c.ranges[i].length,
                                         "buffer " + std::to_string(i)));
  }
  for (uint32_t i = 0; i < c.constant_count; ++i)
    arguments.push_back(static_cast<uint64_t>(c.constants[i]));
  memory.beginDispatch();
  auto begin = std::chrono::steady_clock::now();
  e.code->launch(c.kernel, c.workgroups, memory, arguments, d.statistics);
  d.statistics.seconds +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count();
}

static void run(Device &d, tercet_device_executable &e,
                const tercet_device_command &c) {
  switch (c.kind) {
  case TERCET_COMMAND_DISPATCH:
    if (c.workgroups)
      dispatch(d, e, c);
    return;
  case TERCET_COMMAND_COPY:
    if (c.ranges[0].length)
      memmove(hostAddress(c.ranges[1]), hostAddress(c.ranges[0]),
              c.ranges[0].length);
    return;
  case TERCET_COMMAND_FILL:
    if (c.ranges[0].length)
      memset(hostAddress(c.ranges[0]), c.value, c.ranges[0].length);
    return;
  case TERCET_COMMAND_BARRIER:
    return; // commands run one by one
  }
  fail("unknown command");
}

static int submit(void *self, tercet_device_executable *executable,
                  const tercet_device_command *commands, size_t count,
                  double *seconds) {
  Device &d = of(self);
  std::lock_guard<std::mutex> lock(d.mutex);
  return guarded([&] {
    for (size_t i = 0; i < count; ++i) {
      double before = d.statistics.seconds;
      run(d, *executable, commands[i]);
      if (seconds)
        seconds[i] = d.statistics.seconds - before;
    }
  });
}

static int wait(void *) { return 0; }

int tercet::emu::openDevice(std::unique_ptr<Backend> backend, uint32_t version,
                            const char *name, tercet_device_table *out,
                            char *error, size_t errorSize) {
  if (strcmp(name, backend->getName()) != 0) {
    snprintf(error, errorSize, "the device here is %s, not %s",
             backend->getName(), name);
    return 1;
  }
  if (version < TERCET_DEVICE_API_VERSION) {
    snprintf(error, errorSize, "the runtime is older than this plug-in");
    return 1;
  }
  auto device = std::make_unique<Device>();
  device->backend = std::move(backend);
  *out = {TERCET_DEVICE_API_VERSION,
          sizeof(tercet_device_table),
          0,
          device.release(),
          closeDevice,
          getLastError,
          describe,
          accepts,
          allocate,
          importHost,
          freeMemory,
          hostPointer,
          upload,
          download,
          load,
          unload,
          submit,
          wait};
  return 0;
}
