//===- device.h - what a device is to the runtime -----------------*- C -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The table of functions that every device gives, the built-in ones (cpu, cuda,
// hip) and those of a plug-in alike. The runtime verifies plans, evaluates
// their expressions and walks them; a device holds memory, loads code and runs
// commands on buffers. Functions return 0 on success; otherwise last_error gives
// a sentence.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DEVICE_H
#define TERCET_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TERCET_DEVICE_API_VERSION 1

typedef struct tercet_device_memory tercet_device_memory;         /* the device's own */
typedef struct tercet_device_executable tercet_device_executable; /* the device's own */

/* A range of device memory. Where `memory` is NULL, `offset` is a host address;
   only devices with TERCET_DEVICE_HOST_MEMORY are given such ranges. */
typedef struct tercet_device_range {
  tercet_device_memory *memory;
  uint64_t offset, length;
} tercet_device_range;

/* What a target entry of an artifact asks for. */
typedef struct tercet_device_target {
  const char *name, *device, *triple, *chip; /* "cpu:x86-64-v4+vnni", "cpu", ... */
  const char *const *features;
  size_t feature_count;
  uint32_t wavefront;
} tercet_device_target;

typedef enum tercet_blob_format { TERCET_BLOB_ELF = 0, TERCET_BLOB_PTX = 1, TERCET_BLOB_CUBIN = 2, TERCET_BLOB_HSACO = 3 } tercet_blob_format;

typedef struct tercet_device_blob {
  tercet_blob_format format;
  const char *chip; /* of a cubin or hsaco, else "" */
  const void *data; /* lives as long as the executable; PTX is NUL-terminated */
  size_t size;
} tercet_device_blob;

typedef struct tercet_device_kernel {
  const char *name;
  uint32_t buffer_count, constant_count;
  uint32_t workgroup_size; /* threads */
  uint32_t shared_bytes, scratch_bytes;
} tercet_device_kernel;

typedef enum tercet_command_kind {
  TERCET_COMMAND_DISPATCH = 0,
  TERCET_COMMAND_COPY = 1, /* ranges[0] -> ranges[1] */
  TERCET_COMMAND_FILL = 2, /* ranges[0] with `value` */
  TERCET_COMMAND_BARRIER = 3
} tercet_command_kind;

typedef struct tercet_device_command {
  tercet_command_kind kind;
  uint32_t kernel; /* index into the executable's kernels */
  uint64_t workgroups;
  const tercet_device_range *ranges;
  uint32_t range_count;
  const int64_t *constants;
  uint32_t constant_count;
  uint8_t value;
} tercet_device_command;

/* The device reads and writes host memory as its own: tensors of a call are used in place. */
#define TERCET_DEVICE_HOST_MEMORY 1u

/* Memory is zero when it is allocated. Functions may be called from any thread. */
typedef struct tercet_device_table {
  uint32_t version; /* TERCET_DEVICE_API_VERSION */
  uint32_t size;    /* sizeof(tercet_device_table) */
  uint64_t flags;   /* TERCET_DEVICE_HOST_MEMORY or 0 */
  void *self;       /* the device; passed to every function */

  void (*close)(void *self);
  /* A sentence about the last failure of this device on this thread. */
  const char *(*last_error)(void *self);
  /* "AMD EPYC, 2 cores, AVX-512 VNNI"; valid while the device is open. */
  const char *(*describe)(void *self);
  /* How well the device runs a target: 0 not at all (then last_error says why), larger is better. */
  int (*accepts)(void *self, const tercet_device_target *target);

  int (*allocate)(void *self, uint64_t bytes, tercet_device_memory **out);
  /* Uses host memory in place where it can; returns 1 where it cannot (then allocate and upload). */
  int (*import_host)(void *self, const void *data, uint64_t bytes, tercet_device_memory **out);
  void (*free)(void *self, tercet_device_memory *memory);
  /* The host address of memory, or NULL where the host cannot touch it. */
  void *(*host_pointer)(void *self, tercet_device_memory *memory);
  int (*upload)(void *self, const void *data, tercet_device_range to);
  int (*download)(void *self, tercet_device_range from, void *data);

  int (*load)(void *self, const tercet_device_target *target, const tercet_device_blob *blobs, size_t blob_count,
              const tercet_device_kernel *kernels, size_t kernel_count, tercet_device_executable **out);
  void (*unload)(void *self, tercet_device_executable *executable);

  /* Starts the commands in order; those between two barriers may overlap. The
     arrays are the caller's and live until wait. Dispatches of 0 workgroups and
     moves of 0 bytes do nothing. `seconds`, if not NULL, has one
     entry a command and gets its time (profiling; commands then run one by one). */
  int (*submit)(void *self, tercet_device_executable *executable, const tercet_device_command *commands, size_t count, double *seconds);
  /* Returns when all that this thread submitted is done. */
  int (*wait)(void *self);
} tercet_device_table;

/* The one symbol of a plug-in: opens the device called `name` ("emu:cuda"), or
   returns non-zero and a sentence in `error`. `version` is the runtime's. */
typedef int (*tercet_device_plugin_open_fn)(uint32_t version, const char *name, tercet_device_table *out, char *error, size_t error_size);
#define TERCET_DEVICE_PLUGIN_SYMBOL "tercet_device_plugin_open"

#ifdef __cplusplus
}
#endif
#endif
