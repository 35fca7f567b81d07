//===- Compiler.cpp - from a model to an artifact -------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/Compiler.h"
#include "lib/Support/OutputFile.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/IR/Threading.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Pipelines.h"
#include "tercet/InitAll.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include <chrono>

using namespace mlir;
using namespace tercet;
using namespace tercet::compiler;

std::optional<Level> tercet::compiler::parseLevel(StringRef text) {
  return llvm::StringSwitch<std::optional<Level>>(text)
      .Case("model", Level::Model)
      .Case("rows", Level::Rows)
      .Case("kernels", Level::Kernels)
      .Case("plan", Level::Plan)
      .Case("code", Level::Code)
      .Default(std::nullopt);
}

StringRef tercet::compiler::getName(Level level) {
  static const StringRef names[] = {"model", "rows", "kernels", "plan", "code"};
  return names[(int)level];
}

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  tercet::registerAllDialects(registry);
  return registry;
}

Compiler::Compiler() : context(makeRegistry()) {
  // An error is a sentence with a place, not a page of IR.
  context.printOpOnDiagnostic(false);
}

LogicalResult Compiler::checkTargets() {
  auto emit = [&] { return mlir::emitError(UnknownLoc::get(&context)); };
  std::vector<std::string> names;
  for (const std::string &target : options.targets) {
    FailureOr<TargetSpec> spec = parseTarget(target, emit);
    if (failed(spec))
      return failure();
    if (llvm::is_contained(names, spec->name))
      return emit() << "target '" << spec->name << "' is given twice";
    names.push_back(spec->name);
  }
  return success();
}

namespace {
/// Adds the seconds of its life to a stage.
class StageTimer {
public:
  StageTimer(llvm::MapVector<StringRef, double> &times, StringRef stage)
      : seconds(times[stage]), start(std::chrono::steady_clock::now()) {}
  ~StageTimer() {
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() -
                                             start)
                   .count();
  }

private:
  double &seconds;
  std::chrono::steady_clock::time_point start;
};
} // namespace

OwningOpRef<ModuleOp> Compiler::parse(llvm::SourceMgr &source) {
  StageTimer timer(times, "parse");
  if (failed(checkTargets()))
    return {};
  OwningOpRef<ModuleOp> module = parseSourceFile<ModuleOp>(source, &context);
  if (!module)
    return {};
  if (options.from == Level::Model && failed(validateModel(*module)))
    return {};
  return module;
}

SmallVector<ModuleOp> Compiler::getTargetModules(ModuleOp module) {
  if (module->hasAttr("tercet.target"))
    return {module};
  SmallVector<ModuleOp> targets;
  for (auto nested : module.getOps<ModuleOp>())
    if (nested->hasAttr("tercet.target"))
      targets.push_back(nested);
  return targets;
}

LogicalResult Compiler::runLevel(ModuleOp module, Level level) {
  StageTimer timer(times, getName(level));
  PassManager pm(&context);
  // Of a driver that has registered them; otherwise these do nothing.
  (void)applyPassManagerCLOptions(pm);
  switch (level) {
  case Level::Model:
    return success();
  case Level::Rows: {
    ToRowsOptions rows;
    rows.targets = options.targets;
    rows.code = options.code;
    rows.pruneExperts = options.pruneExperts;
    rows.placeExperts = options.placeExperts;
    rows.countExperts = options.countExperts;
    if (failed(checkExpertOptions(rows, [&](const Twine &message) {
          module.emitError(message);
        })))
      return failure();
    buildToRowsPipeline(pm, rows);
    break;
  }
  case Level::Kernels:
    buildToKernelsPipeline(pm);
    break;
  case Level::Plan:
    buildToPlanPipeline(pm);
    break;
  case Level::Code:
    buildToCodePipeline(pm);
    break;
  }
  return pm.run(module);
}

LogicalResult Compiler::saveIR(ModuleOp module, Level level) {
  if (options.saveTemps.empty())
    return success();
  auto fail = [&](const Twine &why) {
    return module.emitError("cannot save intermediates: " + why);
  };
  if (std::error_code ec = llvm::sys::fs::create_directories(options.saveTemps))
    return fail("'" + options.saveTemps + "': " + ec.message());
  llvm::SmallString<128> path(options.saveTemps);
  llvm::sys::path::append(path, Twine("model.") + getName(level) + ".mlir");
  std::string text;
  llvm::raw_string_ostream os(text);
  module->print(os);
  os << "\n";
  if (llvm::Error e = support::writeFile(path, text))
    return fail(llvm::toString(std::move(e)));
  return success();
}

/// What describes a kernel has to survive its lowering: the attributes of each
/// function in @kernels, by name.
static llvm::StringMap<SmallVector<NamedAttribute>>
getDescriptions(ModuleOp target) {
  llvm::StringMap<SmallVector<NamedAttribute>> descriptions;
  if (auto kernels = target.lookupSymbol<ModuleOp>("kernels"))
    for (auto fn : kernels.getOps<FunctionOpInterface>())
      for (NamedAttribute attr : fn->getDiscardableAttrs())
        if (attr.getName().strref().starts_with("tercet."))
          descriptions[fn.getName()].push_back(attr);
  return descriptions;
}

static void setDescriptions(
    ModuleOp target,
    const llvm::StringMap<SmallVector<NamedAttribute>> &descriptions) {
  auto kernels = target.lookupSymbol<ModuleOp>("kernels");
  if (!kernels)
    return;
  for (auto fn : kernels.getOps<FunctionOpInterface>())
    for (NamedAttribute attr : descriptions.lookup(fn.getName()))
      if (!fn->hasAttr(attr.getName()))
        fn->setAttr(attr.getName(), attr.getValue());
}

LogicalResult Compiler::lower(ModuleOp module, Level to) {
  for (int l = (int)options.from + 1; l <= (int)to; ++l) {
    Level level = (Level)l;
    std::vector<llvm::StringMap<SmallVector<NamedAttribute>>> descriptions;
    if (level == Level::Code)
      for (ModuleOp target : getTargetModules(module))
        descriptions.push_back(getDescriptions(target));
    if (failed(runLevel(module, level)))
      return failure();
    if (level == Level::Code)
      for (auto [target, saved] :
           llvm::zip(getTargetModules(module), descriptions))
        setDescriptions(target, saved);
    if (failed(saveIR(module, level)))
      return failure();
    // As early as the weights are known: a missing one should not cost the time
    // of code generation.
    if (level == Level::Rows && needsWeights &&
        failed(weights.bind(getTargetModules(module))))
      return failure();
  }
  return success();
}

LogicalResult
Compiler::serialize(std::vector<artifact::TargetEntry> &entries) {
  StageTimer timer(times, "machine code");
  // Targets share nothing from here on; diagnostics keep their order.
  return failableParallelForEach(
      &context, entries, [&](artifact::TargetEntry &entry) -> LogicalResult {
        auto kernels = entry.module.lookupSymbol<ModuleOp>("kernels");
        if (!kernels || kernels.getBody()->empty())
          return success(); // nothing but copies
        SerializeOptions serialize;
        serialize.saveTemps = options.saveTemps;
        serialize.optLevel = options.optLevel;
        serialize.passBisect = options.passBisect;
        serialize.stem = entry.spec.name;
        for (char &c : serialize.stem)
          if (!llvm::isAlnum(c) && c != '-' && c != '_')
            c = '_';
        FailureOr<SerializedCode> code =
            lookupTarget(entry.spec.device)
                ->serialize(kernels, entry.spec, serialize);
        if (failed(code))
          return failure();
        entry.code = std::move(*code);
        return success();
      });
}

LogicalResult Compiler::compile(ModuleOp module, raw_ostream &os) {
  needsWeights = true;
  if (failed(lower(module, Level::Code)))
    return failure();
  std::vector<artifact::TargetEntry> entries;
  for (ModuleOp target : getTargetModules(module)) {
    FailureOr<TargetSpec> spec = getModuleTarget(target);
    if (failed(spec))
      return failure();
    entries.push_back({target, *spec, {}});
  }
  if (entries.empty())
    return module.emitError("no module with a tercet.target; a module behind the "
                            "model level says what it was lowered for");
  // An input behind the rows level has not been through lower()'s check.
  if (options.from >= Level::Rows &&
      failed(weights.bind(getTargetModules(module))))
    return failure();
  if (failed(serialize(entries)))
    return failure();
  StageTimer timer(times, "weights and artifact");
  return artifact::writeArtifact(
      entries, [&](rows::WeightOp op) { return weights.getBytes(op); }, os,
      weights.external ? &*weights.external : nullptr);
}
