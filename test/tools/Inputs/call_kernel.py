"""Writes a C program that calls the one kernel of a header: call_kernel.py H C."""
import re
import sys

header, out = sys.argv[1:]
(name,) = re.findall(r"void (\w+)\(const tercet_kernel_args", open(header).read())
open(out, "w").write("""#include "%s"
#include <stdio.h>
int main(void) {
  _Alignas(64) float x[4] = {0, 1, 2, 3}, y[4];
  _Alignas(64) char scratch[4096];
  void *buffers[] = {x, y};
  tercet_kernel_args args = {buffers, 0, 0, 1, scratch};
  %s(&args);
  printf("%%g %%g %%g %%g\\n", y[0], y[1], y[2], y[3]);
  return 0;
}
""" % (header, name))
