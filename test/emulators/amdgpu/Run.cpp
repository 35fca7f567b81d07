//===- Run.cpp - runs a kernel of any code object -------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// amdgpu-run CHIP CODE KERNEL WORKGROUP-SIZE WORKGROUPS INPUT OUTPUT BYTES: the
// kernel's arguments are the bytes of the file INPUT and as many zero bytes as
// BYTES says, which go to the file OUTPUT.
//
//===----------------------------------------------------------------------===//
#include "Executor.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

static std::vector<char> readFile(const char *path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    fail("cannot read '%s'", path);
  return {std::istreambuf_iterator<char>(file), {}};
}

static void run(char **argv) {
  Chip chip = !strcmp(argv[1], "gfx942") ? Chip::Gfx942 : Chip::Gfx1100;
  std::vector<char> object = readFile(argv[2]), input = readFile(argv[6]);
  auto code = loadCode(chip, object.data(), object.size());
  const Kernel *kernel = code->findKernel(argv[3]);
  if (!kernel)
    fail("the code object has no kernel '%s'", argv[3]);
  // What is unknown is told, reached or not.
  for (const Inst &i : code->insts)
    if (!i.problem.empty())
      fail("'%s': %s", i.text.c_str(), i.problem.c_str());
  Allocation in(input.size()), out(strtoull(argv[8], nullptr, 10));
  memcpy(in.data, input.data(), input.size());
  GlobalMemory memory;
  uint64_t addresses[] = {memory.addWindow(in, 0, in.size, "the input"),
                          memory.addWindow(out, 0, out.size, "the output")};
  Launch config;
  config.workgroupSize = static_cast<unsigned>(atoi(argv[4]));
  config.workgroups = strtoull(argv[5], nullptr, 10);
  // Compilers add hidden arguments, which these kernels do not use.
  config.arguments.resize(std::max<size_t>(kernel->kernargBytes, 16));
  memcpy(config.arguments.data(), addresses, sizeof addresses);
  memory.beginDispatch();
  Counts counts;
  launch(*code, *kernel, config, memory, counts);
  std::ofstream file(argv[7], std::ios::binary);
  file.write(out.data, static_cast<std::streamsize>(out.size));
  if (!file.flush())
    fail("cannot write '%s'", argv[7]);
}

int main(int argc, char **argv) {
  try {
    if (argc != 9)
      fail("expects 8 arguments");
    run(argv);
    return 0;
  } catch (const Fault &fault) {
    fprintf(stderr, "amdgpu-run: %s\n", fault.message.c_str());
    return 1;
  }
}
