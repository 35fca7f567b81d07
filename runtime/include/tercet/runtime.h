//===- runtime.h - the C API of the runtime -----------------------*- C -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Load a .tercet artifact, open a device, create a session, call entry points
// with DLPack tensors:
//
//   tercet_artifact *a; tercet_device *d; tercet_session *s; tercet_status *st;
//   if ((st = tercet_artifact_open("digits.tercet", NULL, &a))) ...
//   if ((st = tercet_device_open("cpu", NULL, &d))) ...
//   if ((st = tercet_session_create(a, d, NULL, &s))) ...
//   st = tercet_session_call(s, "classify", inputs, 1, outputs, 1);
//
// Every function that can fail returns NULL on success or a status that the
// caller frees with tercet_status_free. Nothing aborts, nothing throws, there
// is no global state. Artifacts and devices may be shared between threads; a session
// belongs to one thread at a time; any number of sessions run in parallel.
// An artifact is native code: a damaged one gives an error, a hostile one is only
// as safe as its digest or signature.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_RUNTIME_H
#define TERCET_RUNTIME_H

#include "tercet/dlpack.h"
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define TERCET_API __attribute__((visibility("default")))
#else
#define TERCET_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- status ------------------------------------------------------------- */

typedef enum tercet_code {
  TERCET_OK = 0,
  TERCET_INVALID_ARGUMENT = 1, /* wrong name, shape, dtype, option */
  TERCET_NOT_FOUND = 2,        /* no such file, entry point, device */
  TERCET_DAMAGED = 3,          /* the artifact's bytes are not what was written */
  TERCET_UNSUPPORTED = 4,      /* newer format, required feature, no target fits */
  TERCET_OUT_OF_MEMORY = 5,
  TERCET_IO = 6,               /* the operating system refused */
  TERCET_DEVICE = 7,           /* the device or its driver failed */
  TERCET_INTERNAL = 8
} tercet_code;

typedef struct tercet_status tercet_status;
TERCET_API tercet_code tercet_status_code(const tercet_status *);   /* NULL: TERCET_OK */
TERCET_API const char *tercet_status_message(const tercet_status *); /* NULL: "ok" */
TERCET_API void tercet_status_free(tercet_status *);

TERCET_API const char *tercet_version(void);        /* "0.1.0" */
TERCET_API const char *tercet_format_version(void); /* "0.2" */

/* ---- artifacts ---------------------------------------------------------- */

typedef struct tercet_artifact tercet_artifact;

typedef struct tercet_open_options {
  uint32_t size;         /* sizeof(tercet_open_options) */
  int skip_data_digests; /* 1: do not read weight segments to check their digest;
                            code, header and manifest are always checked */
  const char *weight_file; /* for an artifact whose weights are outside: the path of
                              the weight file; NULL: beside the artifact; "": not
                              opened, for a reader of the manifest */
} tercet_open_options;

/* Maps the file, and its weight file where it has one; weights are used in place. Of
   a weight file, opening checks the header, and tercet_artifact_verify the weights. */
TERCET_API tercet_status *tercet_artifact_open(const char *path, const tercet_open_options *, tercet_artifact **);
/* The memory stays the caller's and must outlive the artifact; 64-byte aligned. */
TERCET_API tercet_status *tercet_artifact_open_memory(const void *data, size_t size, const tercet_open_options *, tercet_artifact **);
/* Checks everything, all digests included. */
TERCET_API tercet_status *tercet_artifact_verify(const tercet_artifact *);
TERCET_API void tercet_artifact_close(tercet_artifact *); /* after its sessions */

typedef struct tercet_tensor_info {
  const char *name;
  DLDataType dtype;
  int32_t ndim;
  const int64_t *bounds;     /* size of each axis, or its upper bound */
  const uint8_t *is_dynamic; /* 1 where the axis may be smaller */
} tercet_tensor_info;

TERCET_API size_t tercet_artifact_entry_count(const tercet_artifact *);
TERCET_API const char *tercet_artifact_entry_name(const tercet_artifact *, size_t entry);
TERCET_API size_t tercet_artifact_input_count(const tercet_artifact *, size_t entry);
TERCET_API size_t tercet_artifact_output_count(const tercet_artifact *, size_t entry);
TERCET_API void tercet_artifact_input(const tercet_artifact *, size_t entry, size_t i, tercet_tensor_info *);
TERCET_API void tercet_artifact_output(const tercet_artifact *, size_t entry, size_t i, tercet_tensor_info *);
/* What values an input may have, low <= value < high: 0 any; 1 each element of
   a tensor of i32 or i64; 2 a scalar (i64, or i32, without axes) that the entry
   point takes as a size or a position. A call with other values fails and runs
   nothing. */
TERCET_API int tercet_artifact_input_values(const tercet_artifact *,
                                            size_t entry, size_t i,
                                            int64_t *low, int64_t *high);
TERCET_API size_t tercet_artifact_target_count(const tercet_artifact *);
TERCET_API const char *tercet_artifact_target_name(const tercet_artifact *, size_t target);
typedef struct tercet_weight_info {
  const char *name, *key; /* in the program, in the weight file */
  const char *code;       /* storage code of packed trits, or "" */
  DLDataType dtype;       /* as stored */
  int32_t ndim;
  const int64_t *shape;   /* as stored; three axes: one matrix for each expert */
  uint64_t bytes;
  int rebindable;
} tercet_weight_info;

TERCET_API size_t tercet_artifact_weight_count(const tercet_artifact *);
TERCET_API void tercet_artifact_weight(const tercet_artifact *, size_t weight, tercet_weight_info *);

typedef struct tercet_state_info {
  const char *name;
  DLDataType dtype;
  int32_t ndim;
  const int64_t *shape;
  uint64_t bytes;
} tercet_state_info;

TERCET_API size_t tercet_artifact_state_count(const tercet_artifact *);
TERCET_API void tercet_artifact_state(const tercet_artifact *, size_t state, tercet_state_info *);
TERCET_API const char *tercet_artifact_producer(const tercet_artifact *);
/* The FlatBuffers manifest (schema: runtime/schema/tercet.fbs), already verified. */
TERCET_API const void *tercet_artifact_manifest(const tercet_artifact *, size_t *size);
/* Bytes of a segment of the manifest. */
TERCET_API const void *tercet_artifact_segment(const tercet_artifact *, size_t segment, size_t *size);

/* ---- devices ------------------------------------------------------------ */

typedef struct tercet_device tercet_device;

typedef struct tercet_device_options {
  uint32_t size;    /* sizeof(tercet_device_options) */
  int32_t threads;  /* cpu: worker threads, the caller's included; 0 = all cores */
} tercet_device_options;

/* "cpu", "cuda", "cuda:1", "hip", "hip:0". */
TERCET_API tercet_status *tercet_device_open(const char *name, const tercet_device_options *, tercet_device **);
/* Opens a device of a plug-in: a shared library with the symbol of tercet/device.h. */
TERCET_API tercet_status *tercet_device_open_plugin(const char *library, const char *name, tercet_device **);
TERCET_API const char *tercet_device_describe(const tercet_device *);
TERCET_API void tercet_device_close(tercet_device *); /* after its sessions */
/* A line a device: "cpu: x86-64 AVX-512 VNNI, 2 cores", "cuda: no NVIDIA driver: libcuda.so.1 was not found; ...". Freed with free(). */
TERCET_API char *tercet_device_list(void);

/* ---- sessions ----------------------------------------------------------- */

typedef struct tercet_session tercet_session;

typedef struct tercet_session_options {
  uint32_t size;      /* sizeof(tercet_session_options) */
  const char *target; /* NULL: the best target entry that the device accepts */
} tercet_session_options;

TERCET_API tercet_status *tercet_session_create(tercet_artifact *, tercet_device *, const tercet_session_options *, tercet_session **);
TERCET_API void tercet_session_free(tercet_session *);
TERCET_API const char *tercet_session_target(const tercet_session *); /* the target entry in use */

/* Calls an entry point. Inputs and outputs are host tensors in the order of the
   signature, dense and row-major. An output with data == NULL is allocated by
   the session: its data, shape and strides stay valid until the next call of
   this session. Otherwise shape must be the result's and data large enough. */
TERCET_API tercet_status *tercet_session_call(tercet_session *, const char *entry,
                                              const DLTensor *inputs, size_t input_count,
                                              DLTensor *outputs, size_t output_count);
/* The same, but the work may go on after it returns (the cpu device finishes it
   first); tensors must live, and results be left alone, until tercet_session_wait.
   One call at a time in flight. */
TERCET_API tercet_status *tercet_session_call_async(tercet_session *, const char *entry,
                                                    const DLTensor *inputs, size_t input_count,
                                                    DLTensor *outputs, size_t output_count);
TERCET_API tercet_status *tercet_session_wait(tercet_session *);

/* Binds a rebindable weight anew for this session (data is copied): a tensor of
   the weight's dtype and shape, or for an encoded weight its stored bytes (u8). */
TERCET_API tercet_status *tercet_session_bind(tercet_session *, const char *weight, const DLTensor *);

/* States start as the model says; save is atomic (write, fsync, rename). */
TERCET_API tercet_status *tercet_session_state_reset(tercet_session *);
TERCET_API tercet_status *tercet_session_state_save(tercet_session *, const char *path);
TERCET_API tercet_status *tercet_session_state_restore(tercet_session *, const char *path);
/* Copies a state, by its number in the artifact, to memory of its size. */
TERCET_API tercet_status *tercet_session_state_read(tercet_session *, size_t state, void *data, size_t bytes);

/* Profile of the calls between begin and end, as a Chrome trace (JSON; path NULL:
   write none). While it runs, commands run one by one. */
TERCET_API tercet_status *tercet_session_profile_begin(tercet_session *);
TERCET_API tercet_status *tercet_session_profile_end(tercet_session *, const char *path);

/* Seconds of each command of the last call made while profiling, in the order of
   the program's commands; valid until the next call of this session. */
TERCET_API const double *tercet_session_command_seconds(const tercet_session *, size_t *count);

/* Bytes the session planned: arena + states (weights are mapped, not copied). */
TERCET_API size_t tercet_session_memory(const tercet_session *);

#ifdef __cplusplus
}
#endif
#endif
