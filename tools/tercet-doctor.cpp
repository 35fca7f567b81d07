//===- tercet-doctor.cpp - what was found on this machine -----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One line a finding: what is there, and what its absence costs. It never fails
// because something optional is missing; it exits 1 where Tercet cannot work.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/ErrorHandling.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "tercet/InitAll.h"
#include "tercet/Target/TargetBackend.h"
#include "tercet/runtime.h"
#include "tools/inspect/ExternalTool.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;
using namespace tercet;

static bool sound = true;

static void found(StringRef what, const Twine &detail) {
  outs() << formatv("  ok       {0,-18} {1}\n", what, detail.str());
}
static void missing(StringRef what, const Twine &detail) {
  outs() << formatv("  missing  {0,-18} {1}\n", what, detail.str());
}
static void broken(StringRef what, const Twine &detail) {
  sound = false;
  outs() << formatv("  BROKEN   {0,-18} {1}\n", what, detail.str());
}

/// The tool that the code generators would use: the variable, the path, the CUDA
/// Toolkit.
static std::string findTool(StringRef name, StringRef variable) {
  if (auto path = sys::Process::GetEnv(variable))
    if (sys::fs::can_execute(*path))
      return *path;
  if (auto path = sys::findProgramByName(name))
    return *path;
  std::string home = sys::Process::GetEnv("CUDA_HOME").value_or("/usr/local/cuda");
  std::string path = home + "/bin/" + name.str();
  return sys::fs::can_execute(path) ? path : "";
}

/// The last line of what `tool --version` prints.
static std::string versionOf(StringRef tool) {
  SmallString<128> file;
  if (sys::fs::createTemporaryFile("tercet-doctor", "txt", file))
    return "";
  std::optional<StringRef> redirects[] = {std::nullopt, StringRef(file),
                                          std::nullopt};
  std::string text;
  if (sys::ExecuteAndWait(tool, {tool, "--version"}, std::nullopt, redirects, 10) == 0)
    if (auto buffer = MemoryBuffer::getFile(file)) {
      StringRef lines = (*buffer)->getBuffer().rtrim();
      // "Cuda compilation tools, release 13.0, V13.0.88"
      size_t at = lines.find("release ");
      text = at == StringRef::npos ? "" : lines.substr(at).split('\n').first.str();
    }
  (void)sys::fs::remove(file);
  return text;
}

static void reportHost() {
  outs() << "This machine\n";
  StringMap<bool> features = sys::getHostCPUFeatures();
  std::vector<std::string> names;
  for (StringRef wanted : {"avx2", "fma", "f16c", "avxvnni", "avx512f", "avx512bw",
                           "avx512vnni", "avx512vbmi", "amx-int8", "neon",
                           "dotprod", "i8mm", "sve", "v"})
    if (features.lookup(wanted))
      names.push_back(wanted.str());
  found("processor", sys::getHostCPUName() + ", " +
                         (names.empty() ? "no vector extension that Tercet uses"
                                        : join(names, " ")));
  char *list = tercet_device_list();
  if (!list) {
    broken("devices", "the runtime cannot list them: out of memory");
    return;
  }
  SmallVector<StringRef> lines;
  StringRef(list).split(lines, '\n', -1, /*KeepEmpty=*/false);
  for (StringRef line : lines) {
    auto [device, text] = line.split(": ");
    if (text.starts_with("no ") || text.contains("not found"))
      missing(device, text + "; its code can be compiled here, not run");
    else
      found(device, text);
  }
  free(list);
}

static void reportCompiler() {
  outs() << "Compiler\n";
  found("LLVM", LLVM_VERSION_STRING);
  InitializeAllTargetInfos();
  InitializeAllTargets();
  struct {
    const char *triple, *name;
  } backends[] = {{"x86_64", "x86"},   {"aarch64", "AArch64"}, {"riscv64", "RISC-V"},
                  {"nvptx64", "NVPTX"}, {"amdgcn", "AMDGPU"}};
  for (auto &backend : backends) {
    std::string error;
    if (TargetRegistry::lookupTarget(Triple(backend.triple), error))
      found(backend.name, "code generator");
    else
      missing(backend.name, "this LLVM was built without it: no code for such targets");
  }
  for (const TargetBackend *backend : getAllTargets())
    found(backend->getDevice().str() + " targets", join(backend->listTargets(), ", "));
  if (const TargetBackend *cpu = lookupTarget("cpu")) {
    mlir::MLIRContext context;
    auto spec = cpu->parse("host", [&] {
      return mlir::emitError(mlir::UnknownLoc::get(&context));
    });
    if (succeeded(spec))
      found("cpu:host", "means " + spec->name + " here");
    else
      broken("cpu:host", "cannot be resolved on this machine");
  }
}

static void reportTools() {
  outs() << "Optional tools\n";
  struct {
    const char *name, *variable, *cost;
  } tools[] = {
      {"ptxas", "TERCET_PTXAS",
       "cuda targets hold PTX only, which the driver compiles at load; "
       "scripts/setup gets it"},
      {"nvdisasm", "TERCET_NVDISASM",
       "tercet-inspect --kernels counts the instructions of the PTX, not of "
       "the cubin; "
       "scripts/setup gets it"},
      {"llvm-objdump", "TERCET_OBJDUMP",
       "tercet-inspect --kernels counts no instructions of AMD and CPU "
       "kernels"},
  };
  for (auto &tool : tools) {
    StringRef name = tool.name;
    std::string path = name == "nvdisasm"       ? tercet::tools::findNvdisasm()
                       : name == "llvm-objdump" ? tercet::tools::findObjdump()
                                                : findTool(name, tool.variable);
    if (path.empty())
      missing(tool.name, tool.cost);
    else
      found(tool.name, versionOf(path) + " (" + path + ")");
  }
  for (StringRef name : {"qemu-aarch64", "qemu-riscv64"})
    if (auto path = sys::findProgramByName(name))
      found(name, *path);
    else
      missing(name, "tests of that architecture are skipped");
}

int main(int argc, char **argv) {
  tercet::support::installErrorHandlers("tercet-doctor");
  if (argc > 1) {
    bool help = StringRef(argv[1]) == "--help" || StringRef(argv[1]) == "-h";
    (help ? outs() : errs())
        << (help ? "" : "tercet-doctor: error: takes no arguments\n")
        << "tercet-doctor: says what was found on this machine and what each "
           "missing tool costs\n";
    return help ? 0 : 1;
  }
  outs() << "tercet " << tercet_version() << ", artifact format "
         << tercet_format_version() << "\n";
  registerAllTargets();
  reportHost();
  reportCompiler();
  reportTools();
  outs() << (sound ? "Everything that Tercet needs is here.\n"
                   : "Tercet does not work on this machine: see BROKEN above.\n");
  return sound ? 0 : 1;
}
