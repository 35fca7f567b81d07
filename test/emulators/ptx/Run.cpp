//===- Run.cpp - runs a kernel of any PTX text ----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ptx-run TEXT KERNEL WORKGROUP-SIZE WORKGROUPS INPUT OUTPUT BYTES: the kernel's
// arguments are the bytes of the file INPUT and as many zero bytes as BYTES says,
// which go to the file OUTPUT.
//
//===----------------------------------------------------------------------===//
#include "Emulator.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

using namespace tercet::emu;
using namespace tercet::emu::ptx;

static std::vector<char> readFile(const char *path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    fail("cannot read '%s'", path);
  return {std::istreambuf_iterator<char>(file), {}};
}

static void run(char **argv) {
  std::vector<char> text = readFile(argv[1]), input = readFile(argv[5]);
  Module module = parse(std::string(text.begin(), text.end()));
  auto kernel = module.kernels.find(argv[2]);
  if (kernel == module.kernels.end())
    fail("the text has no kernel '%s'", argv[2]);
  Allocation in(input.size()), out(strtoull(argv[7], nullptr, 10));
  memcpy(in.data, input.data(), input.size());
  GlobalMemory memory;
  Launch config;
  config.arguments = {memory.addWindow(in, 0, in.size, "the input"),
                      memory.addWindow(out, 0, out.size, "the output")};
  config.workgroupSize = static_cast<unsigned>(atoi(argv[3]));
  config.workgroups = strtoull(argv[4], nullptr, 10);
  memory.beginDispatch();
  Counts counts;
  launch(module, kernel->second, config, memory, counts);
  std::ofstream file(argv[6], std::ios::binary);
  file.write(out.data, static_cast<std::streamsize>(out.size));
  if (!file.flush())
    fail("cannot write '%s'", argv[6]);
}

int main(int argc, char **argv) {
  try {
    if (argc != 8)
      fail("expects 7 arguments");
    run(argv);
    return 0;
  } catch (const Fault &fault) {
    fprintf(stderr, "ptx-run: %s\n", fault.message.c_str());
    return 1;
  }
}
