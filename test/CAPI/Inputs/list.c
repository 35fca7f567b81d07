/* Every function of the compiler's C API, with good and bad arguments. */
#include "tercet-c/compiler.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print(void *user, const tercet_compiler_diagnostic *d) {
  (void)user;
  if (d->severity == TERCET_COMPILER_ERROR)
    printf("error at %s:%u: %s\n", d->file[0] ? d->file : "<no place>", d->line, d->message);
}

int main(void) {
  static const char model[] =
      "ml_program.global private @w(#ml_program.extern : tensor<16x32x!ternary.trit>) : tensor<16x32x!ternary.trit>\n"
      "func.func @f(%x: tensor<2x32xi8>) -> tensor<2x16xi32> {\n"
      "  %w = ml_program.global_load_const @w : tensor<16x32x!ternary.trit>\n"
      "  %y = ternary.matmul %x, %w : tensor<2x32xi8>, tensor<16x32x!ternary.trit> -> tensor<2x16xi32>\n"
      "  return %y : tensor<2x16xi32>\n}\n";
  const char *targets[] = {"hip:gfx942"}, *weights[] = {"splat"};
  tercet_compiler_options options = {sizeof options, targets, 1, weights, 1, NULL, NULL, 0};
  tercet_compiler *c = tercet_compiler_create();
  char *text, *line;
  void *bytes, *again;
  size_t size, size2;

  printf("version %s\n", tercet_compiler_version());
  text = tercet_compiler_list_targets();
  printf("%s", text);
  tercet_compiler_free_bytes(text);
  text = tercet_compiler_list_passes();
  printf("%s", text);
  tercet_compiler_free_bytes(text);

  if (tercet_compiler_run_pipeline(c, model, sizeof model - 1,
                                   "builtin.module(tercet-to-rows{targets=hip:gfx942})",
                                   print, NULL, &text))
    return 1;
  line = strstr(text, "rows.dispatch");
  printf("pipeline gives %.13s\n", line ? line : "nothing");
  tercet_compiler_free_bytes(text);
  if (!tercet_compiler_run_pipeline(c, model, sizeof model - 1, "nonsense(", print, NULL, &text) || text)
    return 2;

  /* Two compilations of one handle give the same bytes, aligned. */
  if (tercet_compiler_compile(c, model, sizeof model - 1, &options, print, NULL, &bytes, &size) ||
      tercet_compiler_compile(c, model, sizeof model - 1, &options, print, NULL, &again, &size2))
    return 3;
  if (size != size2 || memcmp(bytes, again, size) || (uintptr_t)bytes % 64)
    return 4;
  tercet_compiler_free_bytes(bytes);
  tercet_compiler_free_bytes(again);

  /* What is wrong comes through the callback, and nothing comes out. */
  options.target_count = 0;
  if (!tercet_compiler_compile(c, model, sizeof model - 1, &options, print, NULL, &bytes, &size) || bytes)
    return 5;
  options.target_count = 1;
  options.size = 4;
  if (!tercet_compiler_compile(c, model, sizeof model - 1, &options, print, NULL, &bytes, &size) || bytes)
    return 6;
  options.size = sizeof options;
  options.name = "broken";
  if (!tercet_compiler_compile(c, "func.func @f( {", 15, &options, print, NULL, &bytes, &size) || bytes)
    return 7;
  if (!tercet_compiler_compile(c, NULL, 0, &options, NULL, NULL, &bytes, &size))
    return 8;
  tercet_compiler_free(c);
  tercet_compiler_free(NULL);
  return 0;
}
