/*===- heap.c - a device plug-in -------------------------------------------===
 *
 * Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===----------------------------------------------------------------------===
 *
 * The smallest device that runs a program: "heap", whose memory is apart from
 * the host's (so everything is uploaded and downloaded) and whose code is CPU
 * code, loaded by the system. docs/device-plugins.md explains it.
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

/* Kernels want their buffers and their scratch memory aligned to this. */
enum { ALIGNMENT = 64 };

struct tercet_device_memory {
  char *data;
  uint64_t size;
};

struct kernel {
  tercet_kernel_fn function;
  uint32_t buffers, scratch;
};

struct tercet_device_executable {
  void *library;
  struct kernel *kernels;
  size_t count;
  uint32_t most_buffers, most_scratch;
};

/* A thread's own, because devices are shared by threads. */
static _Thread_local char error[256];

static int failed(const char *what) {
  snprintf(error, sizeof error, "%s", what);
  return 1;
}

static void heap_close(void *self) { free(self); }
static const char *heap_last_error(void *self) { return error; }
static const char *heap_describe(void *self) { return "a device on the heap"; }

/* Whether this processor runs code for a chip, or has a feature. */
static int supports(const char *name) {
#if defined(__x86_64__)
#define CASE(n)                                                                \
  if (strcmp(name, n) == 0)                                                    \
  return __builtin_cpu_supports(n) != 0
  CASE("x86-64-v2");
  CASE("x86-64-v3");
  CASE("x86-64-v4");
  CASE("avx512vnni");
  CASE("avx512vbmi");
#endif
  return !*name || strcmp(name, "generic") == 0 || strcmp(name, "x86-64") == 0;
}

static int heap_accepts(void *self, const tercet_device_target *target) {
#if defined(__x86_64__)
  static const char here[] = "x86_64-";
#elif defined(__aarch64__)
  static const char here[] = "aarch64-";
#else
  static const char here[] = "riscv64-";
#endif
  if (strcmp(target->device, "cpu") != 0 ||
      strncmp(target->triple, here, strlen(here)) != 0) {
    failed("only this processor's code runs on the heap");
    return 0;
  }
  const char *missing = supports(target->chip) ? NULL : target->chip;
  for (size_t i = 0; !missing && i < target->feature_count; ++i)
    if (!supports(target->features[i]))
      missing = target->features[i];
  if (missing) {
    snprintf(error, sizeof error, "it is not known that this processor has %s",
             missing);
    return 0;
  }
  return 1 + (int)target->feature_count;
}

static int heap_allocate(void *self, uint64_t bytes,
                         tercet_device_memory **out) {
  tercet_device_memory *m = malloc(sizeof *m);
  if (m && bytes <= SIZE_MAX / 2) {
    size_t room = (bytes / ALIGNMENT + 1) * ALIGNMENT;
    if ((m->data = aligned_alloc(ALIGNMENT, room))) {
      memset(m->data, 0, room);
      m->size = bytes;
      *out = m;
      return 0;
    }
  }
  free(m);
  return failed("the heap is full");
}
static int heap_import_host(void *self, const void *data, uint64_t bytes,
                            tercet_device_memory **out) {
  return 1; /* the runtime then allocates and uploads */
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
  free(e->kernels);
  free(e);
}

/* The system's loader takes files, so the code goes through one in memory. */
static void *load_library(const tercet_device_blob *blob) {
  char path[64];
  void *library = NULL;
  int fd = memfd_create("kernels", MFD_CLOEXEC);
  if (fd < 0)
    return NULL;
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  if (write(fd, blob->data, blob->size) == (ssize_t)blob->size)
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  close(fd);
  return library;
}

static int heap_load(void *self, const tercet_device_target *target,
                     const tercet_device_blob *blobs, size_t blob_count,
                     const tercet_device_kernel *kernels, size_t kernel_count,
                     tercet_device_executable **out) {
  tercet_device_executable *e = calloc(1, sizeof *e);
  if (!e || !(e->kernels = calloc(kernel_count + 1, sizeof *e->kernels))) {
    free(e);
    return failed("the heap is full");
  }
  if (blob_count == 1 && blobs[0].format == TERCET_BLOB_ELF)
    e->library = load_library(&blobs[0]);
  for (; e->library && e->count < kernel_count; ++e->count) {
    const tercet_device_kernel *k = &kernels[e->count];
    struct kernel *own = &e->kernels[e->count];
    *(void **)&own->function = dlsym(e->library, k->name);
    if (!own->function)
      break;
    own->buffers = k->buffer_count;
    own->scratch = k->scratch_bytes;
    if (own->buffers > e->most_buffers)
      e->most_buffers = own->buffers;
    if (own->scratch > e->most_scratch)
      e->most_scratch = own->scratch;
  }
  if (!e->library || e->count != kernel_count) {
    heap_unload(self, e);
    return failed("the code does not load");
  }
  *out = e;
  return 0;
}

static int run(tercet_device_executable *e, const tercet_device_command *c,
               void **buffers, void *scratch) {
  const struct kernel *kernel =
      c->kind == TERCET_COMMAND_DISPATCH ? &e->kernels[c->kernel] : NULL;
  if (kernel && c->range_count != kernel->buffers)
    return failed("a kernel got the wrong number of buffers");
  for (uint32_t i = 0; i < c->range_count; ++i)
    if (!(buffers[i] = at(c->ranges[i])))
      return failed("a command uses bytes outside of memory");
  switch (c->kind) {
  case TERCET_COMMAND_DISPATCH:
    if (c->workgroups)
      kernel->function(&(tercet_kernel_args){buffers, c->constants, 0,
                                             (int64_t)c->workgroups, scratch});
    return 0;
  case TERCET_COMMAND_COPY:
    memcpy(buffers[1], buffers[0], c->ranges[0].length);
    return 0;
  case TERCET_COMMAND_FILL:
    memset(buffers[0], c->value, c->ranges[0].length);
    return 0;
  case TERCET_COMMAND_BARRIER:
    return 0; /* everything before it is done already */
  }
  return failed("a command of a kind that is not known here");
}

static int heap_submit(void *self, tercet_device_executable *e,
                       const tercet_device_command *commands, size_t count,
                       double *seconds) {
  /* A copy has two ranges. */
  void **buffers = calloc(e->most_buffers + 2, sizeof *buffers);
  void *scratch = aligned_alloc(ALIGNMENT, (e->most_scratch / ALIGNMENT + 1) *
                                               (size_t)ALIGNMENT);
  int wrong = buffers && scratch ? 0 : failed("the heap is full");
  for (size_t i = 0; !wrong && i < count; ++i) {
    wrong = run(e, &commands[i], buffers, scratch);
    if (seconds)
      seconds[i] = 0; /* this device keeps no time */
  }
  free(buffers);
  free(scratch);
  return wrong;
}
static int heap_wait(void *self) { return 0; /* submit has waited */ }

__attribute__((visibility("default"))) int
tercet_device_plugin_open(uint32_t version, const char *name,
                          tercet_device_table *out, char *message,
                          size_t size) {
  if (version != TERCET_DEVICE_API_VERSION) {
    snprintf(message, size, "it is built for version %d of the interface",
             TERCET_DEVICE_API_VERSION);
    return 1;
  }
  if (strcmp(name, "heap") != 0) {
    snprintf(message, size, "the only device here is heap");
    return 1;
  }
  void *self = malloc(1); /* what a real device keeps: a handle, a queue */
  if (!self) {
    snprintf(message, size, "the heap is full");
    return 1;
  }
  *out = (tercet_device_table){
      .version = TERCET_DEVICE_API_VERSION,
      .size = sizeof *out,
      .flags = 0,
      .self = self,
      .close = heap_close,
      .last_error = heap_last_error,
      .describe = heap_describe,
      .accepts = heap_accepts,
      .allocate = heap_allocate,
      .import_host = heap_import_host,
      .free = heap_free,
      .host_pointer = heap_host_pointer,
      .upload = heap_upload,
      .download = heap_download,
      .load = heap_load,
      .unload = heap_unload,
      .submit = heap_submit,
      .wait = heap_wait,
  };
  return 0;
}
