/*===- heap.c - a device plug-in -------------------------------------------===
 *
 * Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===----------------------------------------------------------------------===
 *
 * The smallest device that runs a program: "heap", whose memory is apart from
 * the host's (so everything is uploaded and downloaded) and whose code is CPU
 * code, loaded by the system. It shows what a plug-in implements, and the tests
 * use it:
 *
 *   tercet-run FILE.tercet --device-plugin=libheap.so --device=heap ...
 */
#define _GNU_SOURCE
#include "tercet/device.h"
#include "tercet/kernel.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct tercet_device_memory {
  char *data;
  uint64_t size;
};

struct tercet_device_executable {
  void *library;
  size_t count;
  tercet_kernel_fn *functions;
  uint32_t *buffers;
};

/* One device, used by one thread at a time in the tests. */
static char error[256];

static int failed(const char *what) {
  snprintf(error, sizeof error, "%s", what);
  return 1;
}

static void heap_close(void *self) { free(self); }
static const char *heap_last_error(void *self) { return error; }
static const char *heap_describe(void *self) { return "a device on the heap"; }

static int heap_accepts(void *self, const tercet_device_target *target) {
  if (strcmp(target->device, "cpu") == 0)
    return 1;
  failed("only CPU code runs on the heap");
  return 0;
}

static int heap_allocate(void *self, uint64_t bytes,
                         tercet_device_memory **out) {
  tercet_device_memory *m = malloc(sizeof *m);
  if (m && (m->data = calloc(1, bytes ? bytes : 1))) {
    m->size = bytes;
    *out = m;
    return 0;
  }
  free(m);
  return failed("the heap is full");
}
static int heap_import_host(void *self, const void *data, uint64_t bytes,
                            tercet_device_memory **out) {
  return 1;
}
static void heap_free(void *self, tercet_device_memory *m) {
  free(m->data);
  free(m);
}
static void *heap_host_pointer(void *self, tercet_device_memory *m) {
  return NULL;
}

/* The address of a range, or NULL where it leaves its memory. */
static char *at(tercet_device_range r) {
  return r.memory && r.offset <= r.memory->size &&
                 r.length <= r.memory->size - r.offset
             ? r.memory->data + r.offset
             : NULL;
}
static int heap_upload(void *self, const void *data, tercet_device_range to) {
  char *p = at(to);
  if (!p)
    return failed("upload outside of memory");
  memcpy(p, data, to.length);
  return 0;
}
static int heap_download(void *self, tercet_device_range from, void *data) {
  char *p = at(from);
  if (!p)
    return failed("download outside of memory");
  memcpy(data, p, from.length);
  return 0;
}

static void heap_unload(void *self, tercet_device_executable *e) {
  if (e->library)
    dlclose(e->library);
  free(e->functions);
  free(e->buffers);
  free(e);
}

static int heap_load(void *self, const tercet_device_target *target,
                     const tercet_device_blob *blobs, size_t blob_count,
                     const tercet_device_kernel *kernels, size_t kernel_count,
                     tercet_device_executable **out) {
  tercet_device_executable *e = calloc(1, sizeof *e);
  char path[64];
  int fd = memfd_create("kernels", MFD_CLOEXEC);
  int written =
      fd >= 0 && blob_count == 1 &&
      write(fd, blobs[0].data, blobs[0].size) == (ssize_t)blobs[0].size;
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  if (e && written)
    e->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (fd >= 0)
    close(fd);
  if (!e)
    return failed("the heap is full");
  e->functions = calloc(kernel_count + 1, sizeof *e->functions);
  e->buffers = calloc(kernel_count + 1, sizeof *e->buffers);
  for (size_t i = 0;
       e->library && e->functions && e->buffers && i < kernel_count; ++i) {
    *(void **)&e->functions[i] = dlsym(e->library, kernels[i].name);
    e->buffers[i] = kernels[i].buffer_count;
    e->count += e->functions[i] != NULL;
  }
  if (e->count != kernel_count) {
    heap_unload(self, e);
    return failed("the code does not load");
  }
  *out = e;
  return 0;
}

static int heap_submit(void *self, tercet_device_executable *e,
                       const tercet_device_command *commands, size_t count,
                       double *seconds) {
  for (size_t i = 0; i < count; ++i) {
    const tercet_device_command *c = &commands[i];
    void *buffers[256];
    _Alignas(64) char scratch[4096];
    for (uint32_t j = 0; j < c->range_count; ++j)
      if (!(buffers[j] = at(c->ranges[j])))
        return failed("a command uses bytes outside of memory");
    if (c->kind == TERCET_COMMAND_DISPATCH && c->workgroups) {
      if (c->range_count != e->buffers[c->kernel])
        return failed("a kernel got the wrong number of buffers");
      tercet_kernel_args args = {buffers, c->constants, 0,
                                 (int64_t)c->workgroups, scratch};
      e->functions[c->kernel](&args);
    } else if (c->kind == TERCET_COMMAND_COPY) {
      memcpy(buffers[1], buffers[0], c->ranges[0].length);
    } else if (c->kind == TERCET_COMMAND_FILL) {
      memset(buffers[0], c->value, c->ranges[0].length);
    }
    if (seconds)
      seconds[i] = 0;
  }
  return 0;
}
static int heap_wait(void *self) { return 0; }

__attribute__((visibility("default"))) int
tercet_device_plugin_open(uint32_t version, const char *name,
                          tercet_device_table *out, char *message,
                          size_t size) {
  if (strcmp(name, "heap") != 0) {
    snprintf(message, size, "the only device here is heap");
    return 1;
  }
  tercet_device_table table = {TERCET_DEVICE_API_VERSION,
                               sizeof table,
                               0,
                               malloc(1),
                               heap_close,
                               heap_last_error,
                               heap_describe,
                               heap_accepts,
                               heap_allocate,
                               heap_import_host,
                               heap_free,
                               heap_host_pointer,
                               heap_upload,
                               heap_download,
                               heap_load,
                               heap_unload,
                               heap_submit,
                               heap_wait};
  *out = table;
  return version < TERCET_DEVICE_API_VERSION;
}
