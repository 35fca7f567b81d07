//===- Ptxas.cpp - NVIDIA's assembler, where there is one -----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// ptxas is the only tool of NVIDIA's that the compiler may use, and it may be
// missing: drivers assemble PTX as well. It needs neither a GPU nor a driver.
//
//===----------------------------------------------------------------------===//
#include "targets/NVIDIA/Ptxas.h"
#include "lib/Support/ErrorHandling.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cstdlib>
#include <cstring>

using namespace llvm;
using namespace tercet;
using namespace tercet::nvidia;

/// The option's value: lld, in this process, resets all options after its run.
static std::string wantedPtxas;
static cl::opt<std::string> ptxasOption(
    "ptxas", cl::value_desc("path"),
    cl::callback([](const std::string &path) { wantedPtxas = path; }),
    cl::desc("NVIDIA's assembler, or 'none' for PTX only (default: "
             "what is found on this machine)"));

static std::string getEnv(const char *name) {
  const char *value = std::getenv(name);
  return value ? value : "";
}

/// PREFIX/lib/python3*/site-packages/nvidia/cu*/bin/ptxas, the newest.
static std::string findInPython(StringRef prefix) {
  std::vector<std::string> found;
  std::error_code code;
  for (StringRef lib : {"lib", "lib64", "local/lib"}) {
    SmallString<128> libs(prefix);
    sys::path::append(libs, lib);
    for (sys::fs::directory_iterator it(libs, code), end; it != end && !code;
         it.increment(code)) {
      if (!sys::path::filename(it->path()).starts_with("python3"))
        continue;
      for (StringRef packages : {"site-packages", "dist-packages"}) {
        SmallString<128> vendor(it->path());
        sys::path::append(vendor, packages, "nvidia");
        std::error_code inner;
        for (sys::fs::directory_iterator v(vendor, inner), last;
             v != last && !inner; v.increment(inner)) {
          SmallString<128> tool(v->path());
          sys::path::append(tool, "bin", "ptxas");
          if (sys::fs::can_execute(tool))
            found.push_back(std::string(tool));
        }
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found.empty() ? "" : found.back();
}

std::string nvidia::findPtxas() {
  if (wantedPtxas == "none")
    return "";
  if (!wantedPtxas.empty())
    return wantedPtxas;
  std::string env = getEnv("TERCET_PTXAS");
  if (env == "none")
    return "";
  if (!env.empty())
    return env;
  if (ErrorOr<std::string> path = sys::findProgramByName("ptxas"))
    return *path;
  for (const std::string &root :
       {getEnv("CUDA_HOME"), std::string("/usr/local/cuda")}) {
    SmallString<128> path(root);
    sys::path::append(path, "bin", "ptxas");
    if (!root.empty() && sys::fs::can_execute(path))
      return std::string(path);
  }
  std::string home = getEnv("HOME");
  for (const std::string &prefix :
       {getEnv("VIRTUAL_ENV"), home.empty() ? home : home + "/.local",
        std::string("/usr/local"), std::string("/usr")}) {
    if (prefix.empty())
      continue;
    std::string path = findInPython(prefix);
    if (!path.empty())
      return path;
  }
  return "";
}

/// The number in front of `what` in `line`, or 0.
static unsigned numberBefore(StringRef line, StringRef what) {
  size_t at = line.find(what);
  if (at == StringRef::npos)
    return 0;
  StringRef head = line.take_front(at).rtrim();
  unsigned value = 0;
  head.take_back(head.size() - (head.find_last_not_of("0123456789") + 1))
      .getAsInteger(10, value);
  return value;
}

std::vector<KernelReport> nvidia::parsePtxasReport(StringRef text) {
  std::vector<KernelReport> kernels;
  for (StringRef line : split(text, '\n')) {
    size_t entry = line.find("Compiling entry function '");
    if (entry != StringRef::npos) {
      kernels.emplace_back();
      kernels.back().name =
          line.drop_front(entry).split('\'').second.split('\'').first.str();
    }
    if (kernels.empty())
      continue;
    KernelReport &kernel = kernels.back();
    if (line.contains("bytes stack frame")) {
      kernel.scratchBytes = numberBefore(line, "bytes stack frame");
      kernel.spills = numberBefore(line, "bytes spill stores") +
                      numberBefore(line, "bytes spill loads");
    }
    if (line.contains("Used ")) {
      kernel.registers = numberBefore(line, "registers");
      kernel.sharedBytes = numberBefore(line, "bytes smem");
    }
  }
  return kernels;
}

std::string nvidia::askForOccupancy(StringRef ptx,
                                    ArrayRef<KernelReport> kernels,
                                    unsigned more) {
  constexpr unsigned kRegistersOfSM = 64 * 1024, kRegisterGroup = 8;
  std::string text = ptx.str();
  bool changed = false;
  for (const KernelReport &kernel : kernels) {
    static const char size[] = "\n.reqntid ";
    size_t at = text.find(".entry " + kernel.name + "(");
    at = at == std::string::npos ? at : text.find(size, at);
    if (!kernel.spills || at == std::string::npos)
      continue;
    unsigned threads = 0;
    StringRef rest = StringRef(text).drop_front(at + strlen(size));
    unsigned each =
        alignTo(std::max(kernel.registers, 1u) + more, kRegisterGroup);
    if (rest.consumeInteger(10, threads) || !threads ||
        each * threads > kRegistersOfSM)
      continue;
    static const char request[] = "\n.minnctapersm ";
    size_t before = text.rfind('\n', at - 1);
    if (StringRef(text).drop_front(before).starts_with(request)) {
      text.erase(before, at - before);
      at = before;
    }
    text.insert(at,
                request + std::to_string(kRegistersOfSM / (each * threads)));
    changed = true;
  }
  return changed ? text : "";
}

Expected<PtxasResult> nvidia::runPtxas(StringRef ptxas, StringRef ptx,
                                       StringRef chip) {
  SmallString<128> paths[3];
  std::vector<FileRemover> removers;
  const char *suffixes[] = {"ptx", "cubin", "log"};
  for (int i = 0; i < 3; ++i) {
    if (std::error_code code =
            sys::fs::createTemporaryFile("tercet-ptxas", suffixes[i], paths[i]))
      return support::makeError("cannot make a temporary file: " +
                                code.message());
    removers.emplace_back(paths[i]);
  }
  {
    std::error_code code;
    raw_fd_ostream os(paths[0], code);
    os << ptx;
    os.close();
    if (code || os.has_error()) {
      os.clear_error();
      return support::makeError("cannot write a temporary file for ptxas");
    }
  }
  // Contraction would make results differ from the CPU's.
  StringRef args[] = {ptxas,        "-v", "-O3",    "--fmad=false",
                      "--gpu-name", chip, paths[0], "--output-file",
                      paths[1]};
  std::optional<StringRef> redirects[] = {StringRef(), paths[2].str(),
                                          paths[2].str()};
  std::string error;
  int status = sys::ExecuteAndWait(ptxas, args, std::nullopt, redirects,
                                   /*SecondsToWait=*/300, 0, &error);
  std::string said;
  if (auto log = MemoryBuffer::getFile(paths[2], /*IsText=*/true))
    said = (*log)->getBuffer().str();
  PtxasResult result;
  if (status != 0) {
    StringRef text = StringRef(said).trim();
    if (text.contains("is not defined for option 'gpu-name'")) {
      result.chipUnknown = true;
      return result;
    }
    if (status < 0 || text.empty())
      return support::makeError(
          "cannot run '" + ptxas +
          "': " + (error.empty() ? "it ended abnormally" : error));
    return support::makeError("'" + ptxas +
                              "' refuses the code: " + text.split('\n').first);
  }
  auto cubin = MemoryBuffer::getFile(paths[1], /*IsText=*/false,
                                     /*RequiresNullTerminator=*/false);
  if (!cubin)
    return support::makeError("cannot read what ptxas wrote: " +
                              cubin.getError().message());
  StringRef bytes = (*cubin)->getBuffer();
  result.cubin.assign(bytes.begin(), bytes.end());
  result.kernels = parsePtxasReport(said);
  return result;
}
