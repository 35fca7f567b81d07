//===- embed.c - compile a module and run it, in one program --------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tercet-c/compiler.h"
#include "tercet/runtime.h"
#include <stdio.h>
#include <string.h>

/* Two rows times a ternary matrix of 16 outputs over 32 inputs. */
static const char model[] =
    "ml_program.global private @w(#ml_program.extern : tensor<16x32x!ternary.trit>)"
    "    : tensor<16x32x!ternary.trit>\n"
    "func.func @product(%x: tensor<2x32xi8> {tercet.name = \"x\"})"
    "    -> (tensor<2x16xi32> {tercet.name = \"y\"}) {\n"
    "  %w = ml_program.global_load_const @w : tensor<16x32x!ternary.trit>\n"
    "  %y = ternary.matmul %x, %w : tensor<2x32xi8>, tensor<16x32x!ternary.trit>"
    " -> tensor<2x16xi32>\n"
    "  return %y : tensor<2x16xi32>\n"
    "}\n";

static void print(void *user, const tercet_compiler_diagnostic *d) {
  (void)user;
  fprintf(stderr, "%s:%u:%u: %s\n", d->file, d->line, d->column, d->message);
}

/* Prints what went wrong, if something did. */
static int failed(tercet_status *status) {
  if (!status)
    return 0;
  fprintf(stderr, "error: %s\n", tercet_status_message(status));
  tercet_status_free(status);
  return 1;
}

static int run(const void *bytes, size_t size) {
  tercet_artifact *artifact = NULL;
  tercet_device *device = NULL;
  tercet_session *session = NULL;
  int8_t x[2 * 32];
  int32_t y[2 * 16];
  int64_t x_shape[] = {2, 32}, y_shape[] = {2, 16};
  DLTensor input, output;
  int i, bad = 1;

  for (i = 0; i < 64; ++i)
    x[i] = (int8_t)(i < 32 ? 1 : i - 32);
  memset(&input, 0, sizeof input);
  input.data = x;
  input.device.device_type = kDLCPU;
  input.ndim = 2;
  input.dtype.code = kDLInt;
  input.dtype.bits = 8;
  input.dtype.lanes = 1;
  input.shape = x_shape;
  output = input;
  output.data = y;
  output.dtype.bits = 32;
  output.shape = y_shape;

  if (!failed(tercet_artifact_open_memory(bytes, size, NULL, &artifact)) &&
      !failed(tercet_device_open("cpu", NULL, &device)) &&
      !failed(tercet_session_create(artifact, device, NULL, &session)) &&
      !failed(tercet_session_call(session, "product", &input, 1, &output, 1))) {
    /* All weights are 1, so a result is the sum of its row. */
    printf("%s: row 0 gives %d, row 1 gives %d\n", tercet_session_target(session),
           y[0], y[16]);
    bad = y[0] != 32 || y[16] != 31 * 32 / 2;
  }
  tercet_session_free(session);
  tercet_device_close(device);
  tercet_artifact_close(artifact);
  return bad;
}

int main(void) {
  const char *targets[] = {"cpu:host"}, *weights[] = {"splat"};
  tercet_compiler_options options = {sizeof options, targets, 1, weights, 1,
                                     NULL, "product", 0};
  tercet_compiler *compiler = tercet_compiler_create();
  void *bytes = NULL;
  size_t size = 0;
  int bad = tercet_compiler_compile(compiler, model, sizeof model - 1, &options,
                                    print, NULL, &bytes, &size);
  if (!bad) {
    printf("compiled %zu bytes\n", size);
    bad = run(bytes, size);
  }
  tercet_compiler_free_bytes(bytes);
  tercet_compiler_free(compiler);
  return bad;
}
