//===- kernel.h - the ABI between plans and CPU kernels -----------*- C -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A CPU kernel is `void kernel(const tercet_kernel_args *)`. It computes the
// workgroups [workgroup_begin, workgroup_end) of its grid, allocates nothing,
// calls nothing, and keeps no state; what a workgroup writes does not depend on
// how the grid was split. The layout below is part of the artifact format.
//
// A GPU kernel takes the same buffers (in order, as global pointers) and then
// the same constants (as 64-bit integers) as plain parameters, and runs one
// one-dimensional grid of workgroups.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_KERNEL_H
#define TERCET_KERNEL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tercet_kernel_args {
  void *const *buffers;     /* one base address per buffer, 64-byte aligned or as the tensor given */
  const int64_t *constants; /* dimension values, in the order of the kernel's index arguments */
  int64_t workgroup_begin;  /* first workgroup to compute */
  int64_t workgroup_end;    /* one past the last */
  void *scratch;            /* 64-byte aligned, as many bytes as the kernel declares, private to the caller */
} tercet_kernel_args;

typedef void (*tercet_kernel_fn)(const tercet_kernel_args *);

#ifdef __cplusplus
}
#endif
#endif
