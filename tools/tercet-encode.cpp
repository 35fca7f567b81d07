//===- tercet-encode.cpp - the weights of artifacts without weights -------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The weight file is written first and appears whole; then each artifact is
// replaced by one that refers to it. Whenever the program is stopped, there is
// the old file or the new one, and an artifact never reads weights that it does
// not know.
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/Compiler.h"
#include "lib/Compiler/WeightFileEncoder.h"
#include "lib/Support/ErrorHandling.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"
#include <chrono>
#include <sys/resource.h>

using namespace mlir;
using namespace tercet;
using namespace tercet::compiler;
namespace cl = llvm::cl;

static const char *const kTool = "tercet-encode";

static cl::OptionCategory category("Options");
static cl::list<std::string> artifactNames(cl::Positional,
                                           cl::desc("ARTIFACT.tercet ..."),
                                           cl::cat(category));
static cl::list<std::string>
    weightSources("weights", cl::value_desc("FILE"), cl::cat(category),
                  cl::desc("A safetensors file (repeatable), or 'splat' or "
                           "'random:SEED' for made-up values"));
static cl::opt<std::string> outputName(
    "o", cl::value_desc("OUT.weights"), cl::cat(category),
    cl::desc("The weight file to write; without it, the one that the "
             "artifact names, beside it"));
static cl::opt<std::string> existingName(
    "use", cl::value_desc("FILE.weights"), cl::cat(category),
    cl::desc("Encode nothing: the artifacts are to use this file"));

static int fail(const llvm::Twine &sentence) {
  llvm::WithColor::error(llvm::errs(), kTool) << sentence << "\n";
  return 1;
}

static int fail(llvm::Error error) {
  return fail(llvm::toString(std::move(error)));
}

static std::string describeBytes(uint64_t bytes) {
  return bytes < 10'000'000 ? llvm::formatv("{0:F3} MB", bytes / 1e6).str()
                            : llvm::formatv("{0:F3} GB", bytes / 1e9).str();
}

static void report(StringRef path, const WeightFileEncoder &encoder,
                   double seconds) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  llvm::outs() << llvm::formatv(
      "{0}: {1} from {2} of weights in {3:F2} s, {4:F2} GB/s, peak memory "
      "{5:F0} MB\n",
      path, describeBytes(encoder.getStoredBytes()),
      describeBytes(encoder.getSourceBytes()), seconds,
      encoder.getSourceBytes() / 1e9 / seconds, usage.ru_maxrss / 1e3);
}

static int run() {
  if (artifactNames.empty())
    return fail("no artifact is given: tercet-encode ARTIFACT.tercet "
                "--weights=FILE.safetensors");
  if (weightSources.empty() == existingName.empty())
    return fail(
        existingName.empty()
            ? "no values are given; add --weights=FILE.safetensors, or "
              "--use=FILE.weights for a file that is encoded"
            : "--use takes a file that is encoded, --weights what one is "
              "encoded from: give one of them");
  if (!existingName.empty() && !outputName.empty())
    return fail("--use writes no weight file: leave -o out");
  Compiler compiler;
  ScopedDiagnosticHandler handler(&compiler.getContext(), [](Diagnostic &diag) {
    llvm::WithColor::error(llvm::errs(), kTool) << diag << "\n";
    return success();
  });
  WeightFileEncoder encoder(compiler.getContext());
  for (const std::string &name : artifactNames)
    if (llvm::Error e = encoder.addArtifact(name))
      return fail(std::move(e));

  if (!existingName.empty()) {
    llvm::Expected<artifact::Digest> digest = encoder.check(existingName);
    if (!digest)
      return fail(digest.takeError());
    if (llvm::Error e =
            encoder.complete(llvm::sys::path::filename(existingName), *digest))
      return fail(std::move(e));
    return 0;
  }
  for (const std::string &source : weightSources) {
    if (StringRef(source).starts_with("external"))
      return fail("--weights=" + source +
                  ": values are what tercet-encode needs");
    if (llvm::Error e = compiler.getWeights().addSource(source))
      return fail(std::move(e));
  }
  llvm::SmallString<128> path(outputName);
  if (path.empty()) {
    path = llvm::sys::path::parent_path(artifactNames[0]);
    llvm::sys::path::append(path, encoder.getName());
  }
  auto start = std::chrono::steady_clock::now();
  FailureOr<artifact::Digest> digest =
      encoder.encode(compiler.getWeights(), path);
  if (failed(digest))
    return 1;
  double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  if (llvm::Error e =
          encoder.complete(llvm::sys::path::filename(path), *digest))
    return fail(std::move(e));
  report(path, encoder, seconds);
  return 0;
}

int main(int argc, char **argv) {
  support::installErrorHandlers(kTool);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(
      argc, argv,
      "Encodes weights for artifacts that were compiled with "
      "--weights=external\n");
  return run();
}
