/*===- driver.c - a GPU driver that is not one -----------------------------===
 *
 * Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 *===----------------------------------------------------------------------===
 *
 * Stands in for libcuda.so.1 and libamdhip64.so in the tests: memory is the
 * host's, a module is code that begins with "FAKE", and its kernels are those
 * of kernels.c with the parameters of a GPU launch. It checks what it is given:
 * freed or foreign memory, a wrong block size or an unknown kernel is an error,
 * and what is left at the end is counted.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef FAKE_HIP
#define F(cuda, hip) hip
#else
#define F(cuda, hip) cuda
#endif

typedef uint64_t Pointer;
enum { kNotFound = 500, kInvalid = 1, kNoBinary = 209 };

struct Block {
  char *data;
  size_t size;
};
static struct Block blocks[256];
static int modules, streams, events, launches;

/* How many things are open, and how many kernels ran; for the tests. */
__attribute__((visibility("default"))) int tercet_fake_open(void) {
  int n = modules + streams + events;
  for (int i = 0; i < 256; ++i)
    n += blocks[i].data != NULL;
  return n;
}
__attribute__((visibility("default"))) int tercet_fake_launches(void) {
  return launches;
}

static int inside(Pointer p, size_t size) {
  for (int i = 0; i < 256; ++i)
    if (blocks[i].data && (char *)p >= blocks[i].data &&
        (char *)p + size <= blocks[i].data + blocks[i].size)
      return 1;
  return 0;
}

int F(cuMemAlloc_v2, hipMalloc)(Pointer *out, size_t size) {
  for (int i = 0; i < 256; ++i)
    if (!blocks[i].data) {
      if (size > ((size_t)1 << 30) || !(blocks[i].data = malloc(size)))
        return 2;
      memset(blocks[i].data, 0xcd, size); /* what a GPU leaves there */
      blocks[i].size = size;
      *out = (Pointer)blocks[i].data;
      return 0;
    }
  return 2;
}
int F(cuMemFree_v2, hipFree)(Pointer p) {
  for (int i = 0; i < 256; ++i)
    if (blocks[i].data == (char *)p) {
      free(blocks[i].data);
      blocks[i].data = NULL;
      return 0;
    }
  return kInvalid;
}
int F(cuMemcpyHtoD_v2, hipMemcpyHtoD)(Pointer to, const void *from, size_t n) {
  if (!inside(to, n))
    return kInvalid;
  memcpy((void *)to, from, n);
  return 0;
}
int F(cuMemcpyDtoH_v2, hipMemcpyDtoH)(void *to, Pointer from, size_t n) {
  if (!inside(from, n))
    return kInvalid;
  memcpy(to, (void *)from, n);
  return 0;
}
int F(cuMemcpyDtoDAsync_v2, hipMemcpyDtoDAsync)(Pointer to, Pointer from,
                                                size_t n, void *stream) {
  if (!inside(to, n) || !inside(from, n) || stream != &streams)
    return kInvalid;
  memmove((void *)to, (void *)from, n);
  return 0;
}
int F(cuMemsetD8Async, hipMemsetD8Async)(Pointer to, unsigned char value,
                                         size_t n, void *stream) {
  if (!inside(to, n) || stream != &streams)
    return kInvalid;
  memset((void *)to, value, n);
  return 0;
}

static int load(void **out, const void *image) {
  if (memcmp(image, "FAKE", 4) != 0)
    return kNoBinary;
  ++modules;
  *out = &modules;
  return 0;
}
#ifdef FAKE_HIP
int hipModuleLoadData(void **out, const void *image) {
  return load(out, image);
}
#else
int cuModuleLoadDataEx(void **out, const void *image, unsigned n, int *options,
                       void **values) {
  int code = load(out, image);
  for (unsigned i = 0; code && i < n; ++i)
    if (options[i] == 5)
      strcpy((char *)values[i], "ptxas fatal: not FAKE");
  return code;
}
#endif
int F(cuModuleUnload, hipModuleUnload)(void *module) {
  return --modules, module != &modules;
}

static const char *const kernelNames[] = {"affine", "columns", "accumulate"};
int F(cuModuleGetFunction, hipModuleGetFunction)(void **out, void *module,
                                                 const char *name) {
  for (size_t i = 0; i < 3; ++i)
    if (module == &modules && strcmp(name, kernelNames[i]) == 0) {
      *out = (void *)&kernelNames[i];
      return 0;
    }
  return kNotFound;
}

int F(cuLaunchKernel,
      hipModuleLaunchKernel)(void *function, unsigned gx, unsigned gy,
                             unsigned gz, unsigned bx, unsigned by, unsigned bz,
                             unsigned shared, void *stream, void **p,
                             void **extra) {
  size_t kernel = (size_t)((const char *const *)function - kernelNames);
  if (gx == 0 || gy != 1 || gz != 1 || bx != 32 || by != 1 || bz != 1 ||
      shared || extra || stream != &streams)
    return kInvalid;
  ++launches;
#define BUFFER(i, type) ((type *)*(Pointer *)p[i])
  for (unsigned r = 0; r < gx; ++r) {
    if (kernel == 0) {
      if (!inside((Pointer)BUFFER(0, float), gx * 32) ||
          !inside((Pointer)BUFFER(2, float), gx * 32))
        return kInvalid;
      for (int j = 0; j < 8; ++j)
        BUFFER(2, float)
        [r * 8 + j] = BUFFER(0, float)[r * 8 + j] * BUFFER(1, float)[j] + 1.0f;
    } else if (kernel == 1) {
      int64_t rows = *(int64_t *)p[2];
      for (int j = 0; j < 8; ++j) {
        float sum = 0;
        for (int64_t i = 0; i < rows; ++i)
          sum += BUFFER(0, float)[i * 8 + j];
        BUFFER(1, float)[r * 8 + j] = sum + (float)r;
      }
    } else {
      for (int i = 0; i < 4; ++i)
        BUFFER(1, int32_t)[i] += BUFFER(0, int32_t)[i] * (i & 1 ? 5 : 3);
    }
  }
  return 0;
}

int F(cuStreamCreate, hipStreamCreateWithFlags)(void **out, unsigned flags) {
  ++streams;
  *out = &streams;
  return (int)flags;
}
int F(cuStreamDestroy_v2, hipStreamDestroy)(void *stream) {
  return --streams, stream != &streams;
}
int F(cuStreamSynchronize, hipStreamSynchronize)(void *stream) {
  return stream != &streams;
}
int F(cuEventCreate, hipEventCreateWithFlags)(void **out, unsigned flags) {
  ++events;
  *out = &events;
  return (int)flags;
}
int F(cuEventRecord, hipEventRecord)(void *event, void *stream) {
  return event != &events || stream != &streams;
}
int F(cuEventElapsedTime, hipEventElapsedTime)(float *ms, void *a, void *b) {
  *ms = 0.5f;
  return a != &events || b != &events;
}
int F(cuEventDestroy_v2, hipEventDestroy)(void *event) {
  return --events, event != &events;
}

int F(cuInit, hipInit)(unsigned flags) { return (int)flags; }
int F(cuDeviceGetCount, hipGetDeviceCount)(int *out) {
  *out = 1;
  return 0;
}
#ifdef FAKE_HIP
int hipSetDevice(int device) { return device != 0; }
const char *hipGetErrorString(int code) {
  return code == kNoBinary ? "no binary" : "invalid value";
}
int hipGetDevicePropertiesR0600(void *out, int device) {
  strcpy((char *)out, "AMD gfx-like name");
  strcpy((char *)out + 1160, "gfx942:sramecc+:xnack-");
  return device;
}
#else
int cuDeviceGet(int *out, int ordinal) {
  *out = 7;
  return ordinal;
}
int cuDeviceGetName(char *out, int size, int device) {
  snprintf(out, (size_t)size, "Fake GPU");
  return device != 7;
}
int cuDeviceGetAttribute(int *out, int attribute, int device) {
  *out = attribute == 75 ? 9 : 0;
  return device != 7;
}
int cuDevicePrimaryCtxRetain(void **out, int device) {
  *out = &launches;
  return device != 7;
}
int cuDevicePrimaryCtxRelease_v2(int device) { return device != 7; }
int cuCtxSetCurrent(void *context) { return context != &launches; }
int cuGetErrorString(int code, const char **out) {
  *out = code == kNoBinary ? "no binary" : "invalid value";
  return 0;
}
#endif
