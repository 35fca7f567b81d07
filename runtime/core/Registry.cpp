//===- Registry.cpp - which devices this build has ------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Device.h"
#include <cstdio>
#include <dlfcn.h>

using namespace tercet::runtime;

static Status openBuiltIn(const char *kind, int ordinal, int32_t threads,
                          tercet_device_table *out) {
  if (equal(kind, "cpu"))
    return openCpu(threads, out);
#if TERCET_RUNTIME_CUDA
  if (equal(kind, "cuda"))
    return openCuda(ordinal, out);
#endif
#if TERCET_RUNTIME_HIP
  if (equal(kind, "hip"))
    return openHip(ordinal, out);
#endif
  if (equal(kind, "cuda") || equal(kind, "hip"))
    return fail(TERCET_NOT_FOUND, "this build of the runtime has no %s device",
                kind);
  return fail(TERCET_NOT_FOUND,
              "there is no device \"%s\": use cpu, cuda, cuda:N, hip or hip:N, "
              "or load a plug-in",
              kind);
}

/// "cuda:1" is kind "cuda", number 1.
static Status parseName(const char *name, char (&kind)[64], int *ordinal) {
  const char *colon = strchr(name, ':');
  size_t length = colon ? static_cast<size_t>(colon - name) : strlen(name);
  *ordinal = 0;
  if (length >= sizeof kind)
    return fail(TERCET_NOT_FOUND, "there is no device \"%.64s...\"", name);
  memcpy(kind, name, length);
  kind[length] = 0;
  if (!colon)
    return nullptr;
  const char *p = colon + 1;
  for (; *p >= '0' && *p <= '9' && *ordinal < 1000; ++p)
    *ordinal = *ordinal * 10 + (*p - '0');
  if (*p || p == colon + 1)
    return fail(TERCET_INVALID_ARGUMENT,
                "\"%s\" names no device: after the colon comes a number", name);
  return nullptr;
}

static bool complete(const tercet_device_table &t) {
  return t.close && t.last_error && t.describe && t.accepts && t.allocate &&
         t.import_host && t.free && t.host_pointer && t.upload && t.download &&
         t.load && t.unload && t.submit && t.wait;
}

extern "C" {

tercet_status *tercet_device_open(const char *name,
                                  const tercet_device_options *options,
                                  tercet_device **out) {
  if (!name || !out)
    return fail(TERCET_INVALID_ARGUMENT,
                "tercet_device_open needs a name and a place for the result");
  *out = nullptr;
  if (options && options->size != sizeof(tercet_device_options))
    return fail(TERCET_INVALID_ARGUMENT,
                "tercet_device_options.size is %u, not %zu", options->size,
                sizeof(tercet_device_options));
  int32_t threads = options ? options->threads : 0;
  if (threads < 0 || threads > 1024)
    return fail(TERCET_INVALID_ARGUMENT,
                "%d threads were asked for: use 0 (all cores) to 1024",
                threads);
  char kind[64];
  int ordinal;
  TERCET_TRY(parseName(name, kind, &ordinal));
  Owner<tercet_device> device(create<tercet_device>());
  if (!device)
    return outOfMemory();
  TERCET_TRY(openBuiltIn(kind, ordinal, threads, &device->table));
  snprintf(device->name, sizeof device->name, "%s", name);
  *out = device.release();
  return nullptr;
}

tercet_status *tercet_device_open_plugin(const char *library, const char *name,
                                         tercet_device **out) {
  if (!library || !name || !out)
    return fail(TERCET_INVALID_ARGUMENT,
                "tercet_device_open_plugin needs a library, a name and a place "
                "for the result");
  *out = nullptr;
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *why = dlerror();
    return fail(TERCET_NOT_FOUND, "cannot load the device plug-in %s: %s",
                library, why ? why : "unknown error");
  }
  auto open = reinterpret_cast<tercet_device_plugin_open_fn>(
      dlsym(handle, TERCET_DEVICE_PLUGIN_SYMBOL));
  if (!open) {
    dlclose(handle);
    return fail(TERCET_INVALID_ARGUMENT,
                "%s is no device plug-in: it has no symbol %s", library,
                TERCET_DEVICE_PLUGIN_SYMBOL);
  }
  char error[256] = "";
  Owner<tercet_device> device(create<tercet_device>());
  Status status = nullptr;
  if (!device)
    status = outOfMemory();
  else if (open(TERCET_DEVICE_API_VERSION, name, &device->table, error,
                sizeof error))
    status = fail(TERCET_DEVICE, "the plug-in %s does not open \"%s\": %.255s",
                  library, name, *error ? error : "it does not say why");
  else if (device->table.version != TERCET_DEVICE_API_VERSION ||
           device->table.size != sizeof(tercet_device_table) ||
           !complete(device->table))
    status = fail(TERCET_UNSUPPORTED,
                  "the plug-in %s is built for another device interface "
                  "(version %u, %u bytes; "
                  "here %u, %zu)",
                  library, device->table.version, device->table.size,
                  TERCET_DEVICE_API_VERSION, sizeof(tercet_device_table));
  if (status) {
    dlclose(handle);
    return status;
  }
  snprintf(device->name, sizeof device->name, "%s", name);
  device->library = handle;
  *out = device.release();
  return nullptr;
}

void tercet_device_close(tercet_device *device) {
  if (!device)
    return;
  device->table.close(device->table.self);
  if (device->library)
    dlclose(device->library);
  destroy(device);
}

const char *tercet_device_describe(const tercet_device *device) {
  return device->table.describe(device->table.self);
}

char *tercet_device_list(void) {
  char text[2048] = "";
  size_t used = 0;
  for (const char *kind : {"cpu", "cuda", "hip"}) {
    tercet_device *device = nullptr;
    // One thread: a list starts none.
    tercet_device_options options = {sizeof options, 1};
    tercet_status *status = tercet_device_open(
        kind, equal(kind, "cpu") ? &options : nullptr, &device);
    const char *line =
        status ? tercet_status_message(status) : tercet_device_describe(device);
    int n =
        snprintf(text + used, sizeof text - used, "%s: %.480s\n", kind, line);
    used += n > 0 ? static_cast<size_t>(n) : 0;
    tercet_status_free(status);
    tercet_device_close(device);
  }
  return strdup(text);
}

const char *tercet_version(void) { return "0.1.0"; }
const char *tercet_format_version(void) { return "0.2"; }

} // extern "C"
