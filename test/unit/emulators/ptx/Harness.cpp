//===- Harness.cpp --------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include <cstdio>
#include <cstdlib>
#include <set>
#include <unistd.h>

using namespace harness;
using namespace tercet::emu;

static const char *const kHead = ".version 8.8\n.target sm_100\n"
                                 ".address_size 64\n";
static std::set<std::string> &kernelsThatRan() {
  static std::set<std::string> kernels;
  return kernels;
}

static std::string kernelText(const std::string &name, const std::string &body,
                              size_t buffers) {
  std::string text = ".visible .entry " + name + "(";
  for (size_t k = 0; k < buffers; ++k)
    text += std::string(k ? ", " : "") + ".param .u64 a" + std::to_string(k);
  text += ")\n{\n.reg .pred %p<64>;\n.reg .b16 %h<64>;\n.reg .b32 %r<64>;\n"
          ".reg .f32 %f<64>;\n.reg .b64 %d<64>;\n.reg .f64 %g<64>;\n";
  for (size_t k = 0; k < buffers; ++k)
    text += "ld.param.u64 %d" + std::to_string(k) + ", [a" + std::to_string(k) +
            "];\n";
  return text + body + "\nret;\n}\n";
}

std::string harness::runKernel(const std::string &body,
                               std::vector<std::vector<uint32_t>> &buffers,
                               const Options &options) {
  std::string text = kernelText("k", body, buffers.size());
  if (options.assemble) {
    std::string name = "k" + std::to_string(kernelsThatRan().size());
    // Variables of modules are told apart by their names.
    if (options.module.empty())
      kernelsThatRan().insert(kernelText(name, body, buffers.size()));
  }
  std::vector<std::unique_ptr<Allocation>> allocations;
  try {
    ptx::Module module = ptx::parse(kHead + options.module + text);
    GlobalMemory memory;
    ptx::Launch launch;
    launch.workgroups = options.workgroups;
    launch.workgroupSize = options.threads;
    launch.maxSteps = options.maxSteps;
    for (auto &b : buffers) {
      allocations.push_back(std::make_unique<Allocation>(b.size() * 4));
      memcpy(allocations.back()->data, b.data(), b.size() * 4);
      launch.arguments.push_back(
          memory.addWindow(*allocations.back(), 0, b.size() * 4,
                           "buffer " + std::to_string(allocations.size() - 1)));
    }
    memory.beginDispatch();
    ptx::Counts counts;
    ptx::launch(module, module.kernels.at("k"), launch, memory, counts);
  } catch (const Fault &fault) {
    return fault.message;
  }
  for (size_t k = 0; k < buffers.size(); ++k)
    memcpy(buffers[k].data(), allocations[k]->data, buffers[k].size() * 4);
  return "";
}

std::string harness::faultOf(const std::string &body, const Options &options) {
  std::vector<std::vector<uint32_t>> buffers;
  return runKernel(body, buffers, options);
}

/// Register `at` of a letter's kind; the first ones hold addresses.
static std::string registerOf(char letter, unsigned at) {
  return std::string("%") + letter + std::to_string(16 + at);
}

Values harness::evaluate(const std::string &text, const std::string &types,
                         const std::vector<Values> &cases, unsigned which) {
  size_t destinations = types.find('='), sources = types.size() - 1;
  sources -= destinations;
  auto letter = [&](size_t k) { return types[k < destinations ? k : k + 1]; };
  std::string body = "mov.u32 %r0, %tid.x;\nmov.u32 %r1, %ctaid.x;\n"
                     "mad.lo.u32 %r2, %r1, 32, %r0;\n"
                     "mul.wide.u32 %d4, %r2, 8;\nadd.u64 %d5, %d0, %d4;\n"
                     "mul.wide.u32 %d4, %r2, " +
                     std::to_string(8 * std::max<size_t>(sources, 1)) +
                     ";\nadd.u64 %d6, %d1, %d4;\n";
  for (size_t k = 0; k < sources; ++k) {
    char l = letter(destinations + k);
    std::string reg = registerOf(l, destinations + k),
                from = ", [%d6+" + std::to_string(8 * k) + "];\n";
    if (l == 'p')
      body += "ld.global.b32 %r3" + from + "setp.ne.b32 " + reg + ", %r3, 0;\n";
    else
      body += std::string("ld.global.b") +
              (l == 'h'               ? "16 "
               : l == 'd' || l == 'g' ? "64 "
                                      : "32 ") +
              reg + from;
  }
  for (size_t k = 0; k < text.size(); ++k) {
    if (text[k] == '$') {
      size_t n = text[++k] - '0';
      body += registerOf(letter(n), n);
    } else {
      body += text[k];
    }
  }
  std::string reg = registerOf(letter(which), which);
  switch (letter(which)) {
  case 'p':
    body += "\nselp.b64 %d7, 1, 0, " + reg + ";";
    break;
  case 'h':
    body += "\ncvt.u64.u16 %d7, " + reg + ";";
    break;
  case 'd':
    body += "\nmov.b64 %d7, " + reg + ";";
    break;
  default:
    body += "\ncvt.u64.u32 %d7, " + reg + ";";
  }
  body += "\nst.global.b64 [%d5], %d7;";

  size_t rows = (cases.size() + 31) / 32 * 32;
  std::vector<std::vector<uint32_t>> buffers(2);
  buffers[0].resize(rows * 2);
  buffers[1].resize(rows * 2 * std::max<size_t>(sources, 1));
  for (size_t c = 0; c < rows; ++c)
    for (size_t k = 0; k < sources; ++k)
      memcpy(&buffers[1][(c * sources + k) * 2],
             &cases[std::min(c, cases.size() - 1)][k], 8);
  Options options;
  options.workgroups = rows / 32;
  EXPECT_EQ(runKernel(body, buffers, options), "") << text;
  Values results(cases.size());
  memcpy(results.data(), buffers[0].data(), results.size() * 8);
  return results;
}

uint64_t harness::evaluateOne(const std::string &text, const std::string &types,
                              const Values &sources, unsigned which) {
  return evaluate(text, types, {sources}, which)[0];
}

namespace {
/// ptxas takes every text that the tests ran.
struct Ptxas : testing::Environment {
  static std::string find() {
    if (const char *path = getenv("TERCET_PTXAS"))
      return path;
    for (const char *path : {"/usr/local/bin/ptxas",
                             "/usr/local/cuda/bin/ptxas", "/usr/bin/ptxas"})
      if (!access(path, X_OK))
        return path;
    return "";
  }
  void TearDown() override {
    std::string ptxas = find();
    if (ptxas.empty() || kernelsThatRan().empty())
      return;
    std::string path = testing::TempDir() + "ptx-emulator-" +
                       std::to_string(getpid()) + ".ptx";
    FILE *file = fopen(path.c_str(), "w");
    ASSERT_TRUE(file);
    fputs(kHead, file);
    for (const std::string &kernel : kernelsThatRan())
      fputs(kernel.c_str(), file);
    fclose(file);
    std::string command =
        ptxas + " -O0 -arch=sm_100 -o /dev/null " + path + " 2>&1";
    FILE *pipe = popen(command.c_str(), "r");
    ASSERT_TRUE(pipe);
    std::string said;
    char line[512];
    while (fgets(line, sizeof line, pipe))
      if (!strstr(line, "; info "))
        said += line;
    EXPECT_EQ(pclose(pipe), 0) << said.substr(0, 3000);
    remove(path.c_str());
  }
};
const testing::Environment *const ptxas =
    testing::AddGlobalTestEnvironment(new Ptxas);
} // namespace
