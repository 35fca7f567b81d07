//===- CompilerCAPI.cpp - the C API of the compiler -----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every call has a context of its own, so nothing is shared between calls or
// threads but the registries of targets and passes, which are filled once.
//
//===----------------------------------------------------------------------===//
#include "tercet-c/compiler.h"
#include "lib/Compiler/Compiler.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "passes/Pipelines.h"
#include "runtime/schema/Header.h"
#include "tercet/InitAll.h"
#include "llvm/ADT/StringExtras.h"
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

using namespace mlir;
using namespace tercet;
using namespace tercet::compiler;

/// Nothing yet: a place for what calls may want to share.
struct tercet_compiler {};

namespace {
/// Hands the diagnostics of a context to the caller's function.
class Reporter {
public:
  Reporter(tercet_compiler_diagnostic_fn fn, void *user) : fn(fn), user(user) {}

  void report(tercet_compiler_severity severity, StringRef message,
              Location const *loc = nullptr) {
    if (!fn)
      return;
    std::string text = message.str(), file;
    tercet_compiler_diagnostic d = {severity, text.c_str(), "", 0, 0};
    if (loc)
      (*loc)->walk([&](Location inner) {
        auto place = dyn_cast<FileLineColLoc>(inner);
        if (!place || !place.getLine())
          return WalkResult::advance();
        file = place.getFilename().str();
        d.line = place.getLine();
        d.column = place.getColumn();
        return WalkResult::interrupt();
      });
    d.file = file.c_str();
    fn(user, &d);
  }
  int fail(llvm::Error error) {
    report(TERCET_COMPILER_ERROR, llvm::toString(std::move(error)));
    return 1;
  }
  int fail(StringRef message) {
    report(TERCET_COMPILER_ERROR, message);
    return 1;
  }
  void report(Diagnostic &d) {
    static const tercet_compiler_severity severities[] = {
        TERCET_COMPILER_NOTE, TERCET_COMPILER_WARNING, TERCET_COMPILER_ERROR,
        TERCET_COMPILER_REMARK};
    Location loc = d.getLocation();
    report(severities[(int)d.getSeverity()], d.str(), &loc);
    for (Diagnostic &note : d.getNotes())
      report(note);
  }

private:
  tercet_compiler_diagnostic_fn fn;
  void *user;
};
} // namespace

static_assert((int)DiagnosticSeverity::Note == 0 &&
              (int)DiagnosticSeverity::Warning == 1 &&
              (int)DiagnosticSeverity::Error == 2 &&
              (int)DiagnosticSeverity::Remark == 3);

static char *copyString(StringRef text) {
  char *copy = static_cast<char *>(std::malloc(text.size() + 1));
  if (copy) {
    std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = 0;
  }
  return copy;
}

/// Upstream's passes and ours, once.
static void registerPasses() {
  static std::once_flag once;
  std::call_once(once, [] {
    registerAllTargets();
    mlir::registerAllPasses();
    tercet::registerAllPasses();
  });
}

static void addSource(llvm::SourceMgr &source, const void *module, size_t size,
                      StringRef name) {
  // Copied: the parser wants a zero behind the text.
  source.AddNewSourceBuffer(
      llvm::MemoryBuffer::getMemBufferCopy(
          StringRef(static_cast<const char *>(module), size), name),
      llvm::SMLoc());
}

const char *tercet_compiler_version(void) { return TERCET_VERSION; }

tercet_compiler *tercet_compiler_create(void) {
  return new (std::nothrow) tercet_compiler;
}

void tercet_compiler_free(tercet_compiler *compiler) { delete compiler; }

int tercet_compiler_compile(tercet_compiler *handle, const void *module,
                            size_t size, const tercet_compiler_options *options,
                            tercet_compiler_diagnostic_fn fn, void *user,
                            void **bytes, size_t *byteCount) {
  Reporter reporter(fn, user);
  if (!handle || !module || !options || !bytes || !byteCount)
    return reporter.fail("tercet_compiler_compile needs a compiler, a module, "
                         "options and a place for the result");
  *bytes = nullptr;
  *byteCount = 0;
  if (options->size != sizeof(*options))
    return reporter.fail("tercet_compiler_options.size is not its sizeof: the "
                         "program was built against another version");
  if (options->target_count == 0)
    return reporter.fail("no target is given; tercet_compiler_list_targets lists them");

  Compiler compiler;
  ScopedDiagnosticHandler handler(&compiler.getContext(), [&](Diagnostic &d) {
    reporter.report(d);
    return success();
  });
  CompileOptions &o = compiler.getOptions();
  o.targets.assign(options->targets, options->targets + options->target_count);
  o.code = options->code ? options->code : "";
  if (!o.code.empty() && !ternary::symbolizeCodeKind(o.code))
    return reporter.fail("unknown code '" + o.code + "'; the codes are i2, t5, b33 and c5");
  o.optLevel = options->no_optimization ? 0 : 3;
  for (size_t i = 0; i < options->weight_count; ++i)
    if (llvm::Error e = compiler.getWeights().addSource(options->weights[i]))
      return reporter.fail(std::move(e));

  llvm::SourceMgr source;
  addSource(source, module, size, options->name ? options->name : "model");
  OwningOpRef<ModuleOp> parsed = compiler.parse(source);
  if (!parsed)
    return 1;
  std::string artifact;
  {
    llvm::raw_string_ostream os(artifact);
    if (failed(compiler.compile(*parsed, os)))
      return 1;
  }
  constexpr size_t align = schema::kAlignment;
  size_t rounded = (artifact.size() + align - 1) / align * align;
  void *copy = std::aligned_alloc(align, rounded);
  if (!copy)
    return reporter.fail("out of memory");
  std::memcpy(copy, artifact.data(), artifact.size());
  if (llvm::Error e = artifact::verifyArtifact(
          ArrayRef(static_cast<const uint8_t *>(copy), artifact.size()))) {
    std::free(copy);
    return reporter.fail("the artifact does not verify: " + llvm::toString(std::move(e)));
  }
  *bytes = copy;
  *byteCount = artifact.size();
  return 0;
}

int tercet_compiler_run_pipeline(tercet_compiler *handle, const void *module,
                                 size_t size, const char *pipeline,
                                 tercet_compiler_diagnostic_fn fn, void *user,
                                 char **text) {
  Reporter reporter(fn, user);
  if (!handle || !module || !pipeline || !text)
    return reporter.fail("tercet_compiler_run_pipeline needs a compiler, a module, "
                         "a pipeline and a place for the result");
  *text = nullptr;
  registerPasses();
  Compiler compiler;
  compiler.getOptions().from = Level::Rows; // any module, not only a model
  ScopedDiagnosticHandler handler(&compiler.getContext(), [&](Diagnostic &d) {
    reporter.report(d);
    return success();
  });
  llvm::SourceMgr source;
  addSource(source, module, size, "model");
  OwningOpRef<ModuleOp> parsed = compiler.parse(source);
  if (!parsed)
    return 1;
  std::string why;
  llvm::raw_string_ostream whyStream(why);
  FailureOr<OpPassManager> passes = parsePassPipeline(pipeline, whyStream);
  if (failed(passes))
    return reporter.fail("cannot read the pipeline: " + StringRef(why).rtrim().str());
  if (passes->getOpAnchorName() != ModuleOp::getOperationName())
    return reporter.fail("the pipeline has to be builtin.module(...)");
  PassManager pm(&compiler.getContext());
  static_cast<OpPassManager &>(pm) = std::move(*passes);
  if (failed(pm.run(*parsed)))
    return 1;
  std::string result;
  llvm::raw_string_ostream os(result);
  parsed->print(os);
  os << "\n";
  *text = copyString(result);
  return *text ? 0 : reporter.fail("out of memory");
}

void tercet_compiler_free_bytes(void *bytes) { std::free(bytes); }

char *tercet_compiler_list_targets(void) {
  registerAllTargets();
  std::string text;
  for (const TargetBackend *backend : getAllTargets())
    for (const std::string &name : backend->listTargets())
      text += name + "\n";
  return copyString(text);
}

char *tercet_compiler_list_passes(void) {
  registerPasses();
  std::string text;
  for (StringRef name : getPassNames()) {
    const PassRegistryEntry *entry = PassInfo::lookup(name);
    if (!entry)
      entry = PassPipelineInfo::lookup(name);
    if (entry)
      text += (name + ": " + entry->getPassDescription() + "\n").str();
  }
  return copyString(text);
}
