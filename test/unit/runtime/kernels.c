/*===- kernels.c - CPU kernels of the runtime's tests ----------------------===
 *
 * Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===----------------------------------------------------------------------===
 *
 * Written by hand, so that the runtime is tested without the compiler. Built as
 * what the compiler writes: a shared object that needs nothing.
 */
#include "tercet/kernel.h"

/* y[r, j] = x[r, j] * w[j] + 1 for 8 columns; a workgroup is a row. */
void affine(const tercet_kernel_args *a) {
  const float *x = (const float *)a->buffers[0],
              *w = (const float *)a->buffers[1];
  float *y = (float *)a->buffers[2];
  for (int64_t r = a->workgroup_begin; r < a->workgroup_end; ++r)
    for (int j = 0; j < 8; ++j)
      y[r * 8 + j] = x[r * 8 + j] * w[j] + 1.0f;
}

/* y[r, j] = sum over i < rows of x[i, j] + r, by way of scratch memory. */
void columns(const tercet_kernel_args *a) {
  const float *x = (const float *)a->buffers[0];
  float *y = (float *)a->buffers[1], *sums = (float *)a->scratch;
  int64_t rows = a->constants[0];
  for (int64_t r = a->workgroup_begin; r < a->workgroup_end; ++r) {
    for (int j = 0; j < 8; ++j) {
      sums[j] = 0;
      for (int64_t i = 0; i < rows; ++i)
        sums[j] += x[i * 8 + j];
    }
    for (int j = 0; j < 8; ++j)
      y[r * 8 + j] = sums[j] + (float)r;
  }
}

static const int32_t three = 3, five = 5;
/* Pointers in data: relative relocations. */
static const int32_t *volatile steps[2] = {&three, &five};

/* state[i] += v[i] * 3 for even i, * 5 for odd i; one workgroup. */
void accumulate(const tercet_kernel_args *a) {
  const int32_t *v = (const int32_t *)a->buffers[0];
  int32_t *state = (int32_t *)a->buffers[1];
  for (int64_t g = a->workgroup_begin; g < a->workgroup_end; ++g)
    for (int i = 0; i < 4; ++i)
      state[i] += v[i] * *steps[i & 1];
}

void nothing(const tercet_kernel_args *a) { (void)a; }
