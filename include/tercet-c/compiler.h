//===- compiler.h - the C API of the compiler ---------------------*- C -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A module in, an artifact's bytes and diagnostics out:
//
//   tercet_compiler *c = tercet_compiler_create();
//   const char *targets[] = {"cpu:host"};
//   tercet_compiler_options o = {sizeof o, targets, 1};
//   void *bytes; size_t size;
//   if (tercet_compiler_compile(c, text, strlen(text), &o, print, NULL, &bytes, &size)) ...
//   ... tercet_artifact_open_memory(bytes, size, NULL, &artifact) ...
//   tercet_compiler_free_bytes(bytes);
//   tercet_compiler_free(c);
//
// Functions that can fail return 0 on success and otherwise have told the
// callback why. A compiler may be used from one thread at a time; any number of
// compilers work at the same time.
//
// LLVM ends the process where it finds that it cannot generate code for what it
// was given. Targets and features are checked first, so no input is known that
// gets there; who must never be ended runs the compiler in a child process.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_C_COMPILER_H
#define TERCET_C_COMPILER_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define TERCET_COMPILER_API __attribute__((visibility("default")))
#else
#define TERCET_COMPILER_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tercet_compiler tercet_compiler;

TERCET_COMPILER_API const char *tercet_compiler_version(void); /* "0.1.0" */

/* NULL where memory is exhausted. */
TERCET_COMPILER_API tercet_compiler *tercet_compiler_create(void);
TERCET_COMPILER_API void tercet_compiler_free(tercet_compiler *);

/* ---- diagnostics -------------------------------------------------------- */

typedef enum tercet_compiler_severity {
  TERCET_COMPILER_NOTE = 0,
  TERCET_COMPILER_REMARK = 1,
  TERCET_COMPILER_WARNING = 2,
  TERCET_COMPILER_ERROR = 3
} tercet_compiler_severity;

typedef struct tercet_compiler_diagnostic {
  tercet_compiler_severity severity;
  const char *message;   /* one sentence */
  const char *file;      /* "" where there is no place */
  uint32_t line, column; /* from 1; 0 where there is none */
} tercet_compiler_diagnostic;

/* Called on the caller's thread, or on one of the compiler's, one at a time; the
   strings are valid during the call. NULL where diagnostics are not wanted. */
typedef void (*tercet_compiler_diagnostic_fn)(void *user, const tercet_compiler_diagnostic *);

/* ---- compiling ---------------------------------------------------------- */

typedef struct tercet_compiler_options {
  uint32_t size;              /* sizeof(tercet_compiler_options) */
  const char *const *targets; /* "cpu:host", "cuda:sm_90a", ...: at least one */
  size_t target_count;
  const char *const *weights; /* safetensors files, or "splat", "random:SEED",
                                 "external", "external:FILE.weights" */
  size_t weight_count;
  const char *code;           /* a storage code for every weight that it can hold, or NULL */
  const char *name;           /* of the module in diagnostics; NULL: "model" */
  int32_t no_optimization;    /* 1: LLVM's level 0 */
} tercet_compiler_options;

/* Compiles MLIR text or bytecode (bytecode is trusted). The artifact is 64-byte
   aligned, verified, and freed with tercet_compiler_free_bytes. */
TERCET_COMPILER_API int tercet_compiler_compile(tercet_compiler *, const void *module, size_t size,
                                                const tercet_compiler_options *,
                                                tercet_compiler_diagnostic_fn, void *user,
                                                void **bytes, size_t *byte_count);

/* Runs a textual pass pipeline, "builtin.module(tercet-to-rows{targets=cpu:host})",
   and prints the result: a string, freed with tercet_compiler_free_bytes. */
TERCET_COMPILER_API int tercet_compiler_run_pipeline(tercet_compiler *, const void *module, size_t size,
                                                     const char *pipeline,
                                                     tercet_compiler_diagnostic_fn, void *user,
                                                     char **text);

TERCET_COMPILER_API void tercet_compiler_free_bytes(void *);

/* A line each: target strings that can be asked for, and our passes and
   pipelines. Freed with tercet_compiler_free_bytes. */
TERCET_COMPILER_API char *tercet_compiler_list_targets(void);
TERCET_COMPILER_API char *tercet_compiler_list_passes(void);

#ifdef __cplusplus
}
#endif
#endif
