/* A device plug-in that runs GPU kernels on the host, to compare their results
   with those of the cpu target without a GPU.

   host_gpu.py makes functions for the host out of the LLVM IR that a GPU target
   emitted, with the vendor's intrinsics renamed to the functions below, and links
   them with this file. So everything up to LLVM's code generators is executed as it
   is: how work is spread over threads, barriers, shared memory, addresses. Threads
   of a workgroup are contexts that take turns at barriers, the first one first or,
   with HOST_GPU_ORDER=reverse, the last one: what needs a barrier and has none
   differs in one of the two. A barrier that not all threads reach ends the process
   with a sentence. */
#define _GNU_SOURCE
#include "tercet/device.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

enum { kMaxThreads = 1024, kMaxArgs = 32, kStack = 256 * 1024 };
typedef uint64_t u64;
typedef void (*kernel_fn)(u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64,
                          u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64);

static struct {
  kernel_fn fn;
  u64 args[kMaxArgs];
  uint32_t thread, block;
  ucontext_t scheduler, threads[kMaxThreads];
  char *stacks[kMaxThreads];
  int done[kMaxThreads];
} now;

/* What the kernels call. */
int32_t host_gpu_thread(void) { return now.thread; }
int32_t host_gpu_block(void) { return now.block; }
void host_gpu_barrier(void) { swapcontext(&now.threads[now.thread], &now.scheduler); }
void host_gpu_barrier0(int32_t id) {
  (void)id;
  host_gpu_barrier();
}
static int32_t dot4(int32_t a, int a_signed, int32_t b, int b_signed, int32_t c) {
  uint32_t sum = c;
  for (int i = 0; i < 4; ++i) {
    uint8_t x = (uint32_t)a >> (8 * i), y = (uint32_t)b >> (8 * i);
    int32_t l = a_signed ? (int8_t)x : x, r = b_signed ? (int8_t)y : y;
    sum += (uint32_t)(l * r);
  }
  return sum;
}
int32_t host_gpu_dp4a_us(int32_t a, int32_t b, int32_t c) { return dot4(a, 0, b, 1, c); }
int32_t host_gpu_sdot4(int32_t a, int32_t b, int32_t c, _Bool clamp) {
  if (clamp)
    abort();
  return dot4(a, 1, b, 1, c);
}
int32_t host_gpu_sudot4(_Bool a_signed, int32_t a, _Bool b_signed, int32_t b, int32_t c, _Bool clamp) {
  if (clamp)
    abort();
  return dot4(a, a_signed, b, b_signed, c);
}

static void run_thread(void) {
  u64 *a = now.args;
  now.fn(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11], a[12], a[13], a[14], a[15], a[16],
         a[17], a[18], a[19], a[20], a[21], a[22], a[23], a[24], a[25], a[26], a[27], a[28], a[29], a[30], a[31]);
  now.done[now.thread] = 1;
}

static void run_block(uint32_t threads) {
  const char *order = getenv("HOST_GPU_ORDER");
  int reverse = order && !strcmp(order, "reverse");
  for (uint32_t t = 0; t < threads; ++t) {
    if (!now.stacks[t])
      now.stacks[t] = malloc(kStack);
    getcontext(&now.threads[t]);
    now.threads[t].uc_stack.ss_sp = now.stacks[t];
    now.threads[t].uc_stack.ss_size = kStack;
    now.threads[t].uc_link = &now.scheduler;
    now.done[t] = 0;
    makecontext(&now.threads[t], run_thread, 0);
  }
  for (uint32_t left = threads; left;) {
    left = 0;
    for (uint32_t i = 0; i < threads; ++i) {
      uint32_t t = reverse ? threads - 1 - i : i;
      if (now.done[t])
        continue;
      now.thread = t;
      swapcontext(&now.scheduler, &now.threads[t]);
      left += !now.done[t];
    }
    if (left && left != threads) {
      fprintf(stderr, "host_gpu: %u of %u threads wait at a barrier that the others do not reach\n", left, threads);
      _Exit(3);
    }
  }
}

struct tercet_device_memory {
  char *bytes;
};
struct tercet_device_executable {
  kernel_fn *fns;
  uint32_t *threads;
};
static char message[256];

static void close_device(void *self) { (void)self; }
static const char *last_error(void *self) { return (void)self, message; }
static const char *describe(void *self) { return (void)self, "GPU kernels on the host"; }
static int accepts(void *self, const tercet_device_target *target) {
  (void)self;
  return strcmp(target->device, "cpu") != 0;
}
static int allocate(void *self, uint64_t bytes, tercet_device_memory **out) {
  (void)self;
  *out = malloc(sizeof **out);
  (*out)->bytes = calloc(1, bytes ? bytes : 1);
  return 0;
}
static int import_host(void *self, const void *data, uint64_t bytes, tercet_device_memory **out) {
  (void)self, (void)data, (void)bytes, (void)out;
  return 1;
}
static void free_memory(void *self, tercet_device_memory *memory) {
  (void)self;
  free(memory->bytes);
  free(memory);
}
static void *host_pointer(void *self, tercet_device_memory *memory) { return (void)self, memory->bytes; }
static int upload(void *self, const void *data, tercet_device_range to) {
  (void)self;
  memcpy(to.memory->bytes + to.offset, data, to.length);
  return 0;
}
static int download(void *self, tercet_device_range from, void *data) {
  (void)self;
  memcpy(data, from.memory->bytes + from.offset, from.length);
  return 0;
}
static int load(void *self, const tercet_device_target *target, const tercet_device_blob *blobs, size_t blob_count,
                const tercet_device_kernel *kernels, size_t kernel_count, tercet_device_executable **out) {
  (void)self, (void)target, (void)blobs, (void)blob_count;
  Dl_info info;
  dladdr((void *)load, &info);
  void *library = dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD);
  tercet_device_executable *exe = malloc(sizeof *exe);
  exe->fns = malloc(kernel_count * sizeof *exe->fns);
  exe->threads = malloc(kernel_count * sizeof *exe->threads);
  for (size_t i = 0; i < kernel_count; ++i) {
    exe->fns[i] = (kernel_fn)dlsym(library, kernels[i].name);
    exe->threads[i] = kernels[i].workgroup_size;
    if (!exe->fns[i] || kernels[i].buffer_count + kernels[i].constant_count > kMaxArgs) {
      snprintf(message, sizeof message, "kernel %s is not there or takes too much", kernels[i].name);
      return 1;
    }
  }
  *out = exe;
  return 0;
}
static void unload(void *self, tercet_device_executable *exe) {
  (void)self;
  free(exe->fns);
  free(exe->threads);
  free(exe);
}
static int submit(void *self, tercet_device_executable *exe, const tercet_device_command *commands, size_t count,
                  double *seconds) {
  (void)self, (void)seconds;
  for (size_t i = 0; i < count; ++i) {
    const tercet_device_command *c = &commands[i];
    if (c->kind == TERCET_COMMAND_COPY)
      memmove(c->ranges[1].memory->bytes + c->ranges[1].offset, c->ranges[0].memory->bytes + c->ranges[0].offset,
              c->ranges[0].length);
    if (c->kind == TERCET_COMMAND_FILL)
      memset(c->ranges[0].memory->bytes + c->ranges[0].offset, c->value, c->ranges[0].length);
    if (c->kind != TERCET_COMMAND_DISPATCH)
      continue;
    for (uint32_t r = 0; r < c->range_count; ++r)
      now.args[r] = (u64)(uintptr_t)(c->ranges[r].memory->bytes + c->ranges[r].offset);
    for (uint32_t k = 0; k < c->constant_count; ++k)
      now.args[c->range_count + k] = c->constants[k];
    now.fn = exe->fns[c->kernel];
    for (uint64_t w = 0; w < c->workgroups; ++w) {
      now.block = w;
      run_block(exe->threads[c->kernel]);
    }
  }
  return 0;
}
static int wait_all(void *self) { return (void)self, 0; }

int tercet_device_plugin_open(uint32_t version, const char *name, tercet_device_table *out, char *error, size_t size) {
  (void)name;
  if (version != TERCET_DEVICE_API_VERSION) {
    snprintf(error, size, "made for another runtime");
    return 1;
  }
  tercet_device_table table = {
      TERCET_DEVICE_API_VERSION, sizeof table, 0,        0,    close_device, last_error, describe, accepts, allocate,
      import_host,               free_memory,  host_pointer, upload, download,     load,       unload,   submit,  wait_all};
  *out = table;
  return 0;
}
