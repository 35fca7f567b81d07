//===- tercet-compile.cpp - model and weights to an artifact --------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Plan/IR/Plan.h"
#include "lib/Compiler/Compiler.h"
#include "lib/Compiler/EmitLibrary.h"
#include "lib/Support/ErrorHandling.h"
#include "lib/Support/OutputFile.h"
#include "lib/Support/PassBisect.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::compiler;
namespace cl = llvm::cl;

static const char *const kTool = "tercet-compile";

static cl::OptionCategory category("Options");
namespace flags {
static cl::opt<std::string> inputName(cl::Positional, cl::desc("MODEL.mlir"),
                                      cl::cat(category));
static cl::list<std::string>
    weightSources("weights", cl::value_desc("FILE"), cl::cat(category),
                  cl::desc("A safetensors file (repeatable), 'splat' or "
                           "'random:SEED' for made-up values, 'external' for "
                           "weights that tercet-encode adds, or 'external:FILE' "
                           "for a weight file that it has written"));
static cl::list<std::string>
    targets("target", cl::value_desc("T"), cl::cat(category),
            cl::desc("What to compile for (repeatable), e.g. cpu:host"));
static cl::opt<std::string> outputName("o", cl::value_desc("OUT"),
                                       cl::cat(category),
                                       cl::desc("The file to write"));
static cl::opt<std::string>
    compileTo("compile-to", cl::value_desc("LEVEL"), cl::cat(category),
              cl::desc("Stop at rows, kernels, plan or code and print the IR"));
static cl::opt<std::string>
    compileFrom("compile-from", cl::value_desc("LEVEL"), cl::init("model"),
                cl::cat(category),
                cl::desc("The level of the input: model, rows, kernels, plan "
                         "or code"));
static cl::opt<std::string>
    emitKind("emit", cl::value_desc("KIND"), cl::init("artifact"),
             cl::cat(category),
             cl::desc("artifact; object (the CPU kernels, and a C header); "
                      "static-library (the artifact as a C array, and a header)"));
static cl::opt<std::string> code("code", cl::value_desc("CODE"), cl::cat(category),
                                 cl::desc("Storage code of every ternary weight that "
                                          "it can hold: i2, t5, b33 or c5"));
static cl::opt<std::string> pruneExperts(
    "prune-experts", cl::value_desc("HISTOGRAM[,OPTION=VALUE..]"),
    cl::cat(category),
    cl::desc("Drop experts that hardly any token chose, by what tercet-run "
             "--profile-experts wrote; options of latent-prune-experts: alpha, "
             "beta, round-to, min-keep. Changes the results"));
static cl::opt<std::string> placeExperts(
    "place-experts", cl::value_desc("HISTOGRAM[,OPTION=VALUE..]"),
    cl::cat(category),
    cl::desc("Put experts in an order by their loads; options of "
             "latent-place-experts: devices, replicas"));
static cl::opt<bool> countExperts(
    "count-experts", cl::cat(category),
    cl::desc("Count which experts are chosen, for tercet-run "
             "--profile-experts"));
static cl::opt<unsigned> optLevel("opt-level", cl::value_desc("0-3"), cl::init(3),
                                  cl::cat(category),
                                  cl::desc("Effort of LLVM's optimiser"));
static cl::opt<std::string>
    saveTemps("save-temps", cl::value_desc("DIR"), cl::cat(category),
              cl::desc("Keep the IR of every level and the code in a folder"));
static cl::opt<int> passBisectLimit(
    "pass-bisect-limit", cl::cat(category), cl::value_desc("N"),
    cl::desc("Run only the first N optional passes, of MLIR and LLVM together "
             "(-1: all), and name them"));
static cl::opt<bool> remarks("remarks", cl::cat(category),
                             cl::desc("Say what was chosen for each kernel"));
static cl::opt<bool> timeReport("time-report", cl::cat(category),
                                cl::desc("Print seconds by stage"));
} // namespace flags

// What the flags said. The linker library, which runs inside this process, sets
// all of LLVM's command line options back to their defaults.
static std::string inputName;
static std::vector<std::string> weightSources;
static std::vector<std::string> targets;
static std::string outputName;
static std::string compileTo;
static std::string compileFrom;
static std::string emitKind;
static std::string code;
static std::string pruneExperts, placeExperts;
static bool countExperts;
static unsigned optLevel;
static std::string saveTemps;
static std::optional<int> passBisectLimit;
static bool remarks;
static bool timeReport;

static void saveFlags() {
  inputName = flags::inputName;
  weightSources.assign(flags::weightSources.begin(), flags::weightSources.end());
  targets.assign(flags::targets.begin(), flags::targets.end());
  outputName = flags::outputName;
  compileTo = flags::compileTo;
  compileFrom = flags::compileFrom;
  emitKind = flags::emitKind;
  code = flags::code;
  pruneExperts = flags::pruneExperts;
  placeExperts = flags::placeExperts;
  countExperts = flags::countExperts;
  optLevel = flags::optLevel;
  saveTemps = flags::saveTemps;
  if (flags::passBisectLimit.getNumOccurrences())
    passBisectLimit = flags::passBisectLimit;
  remarks = flags::remarks;
  timeReport = flags::timeReport;
}

static int fail(const llvm::Twine &sentence) {
  llvm::WithColor::error(llvm::errs(), kTool) << sentence << "\n";
  return 1;
}

static int fail(llvm::Error error) { return fail(llvm::toString(std::move(error))); }

static std::string listTargets() {
  std::vector<std::string> names;
  for (const TargetBackend *backend : getAllTargets())
    for (std::string &name : backend->listTargets())
      names.push_back(std::move(name));
  return llvm::join(names, ", ");
}

/// "FILE,alpha=0.5" as the options of a pass: "histogram={FILE} alpha=0.5".
static std::string toPassOptions(llvm::StringRef text) {
  if (text.empty())
    return "";
  auto [file, options] = text.split(',');
  std::string rest = options.str();
  llvm::replace(rest, ',', ' ');
  return ("histogram={" + file + "} " + rest).str();
}

/// Checks the command line and fills the options; an error is a sentence.
static llvm::Error readOptions(Compiler &compiler, std::optional<Level> &to) {
  using support::makeError;
  CompileOptions &options = compiler.getOptions();
  std::string levels = "rows, kernels, plan or code";
  if (!compileTo.empty()) {
    to = parseLevel(compileTo);
    if (!to || *to == Level::Model)
      return makeError("--compile-to=" + compileTo + ": the levels are " + levels);
  }
  std::optional<Level> from = parseLevel(compileFrom);
  if (!from)
    return makeError("--compile-from=" + compileFrom + ": the levels are model, " + levels);
  if (to && *to < *from)
    return makeError("--compile-to=" + compileTo + " comes before --compile-from=" + compileFrom);
  if (emitKind != "artifact" && emitKind != "object" && emitKind != "static-library")
    return makeError("--emit=" + emitKind +
                     ": the kinds are artifact, object and static-library");
  if (targets.empty() && *from == Level::Model)
    return makeError("no target is given; add --target=T with one of " + listTargets());
  if (!targets.empty() && *from != Level::Model)
    return makeError("--target goes with a model; a module at the " + compileFrom +
                     " level says what it was lowered for");
  if (inputName.empty())
    return makeError("no input is given: tercet-compile MODEL.mlir --target=T -o OUT.tercet");
  if (outputName.empty() && !to)
    return makeError("no output is given; add -o OUT.tercet");
  if (optLevel > 3)
    return makeError("--opt-level goes from 0 to 3");
  if (!code.empty() && !ternary::symbolizeCodeKind(code))
    return makeError("--code=" + code + ": the codes are i2, t5, b33 and c5");
  options.targets.assign(targets.begin(), targets.end());
  options.code = code;
  options.pruneExperts = toPassOptions(pruneExperts);
  options.placeExperts = toPassOptions(placeExperts);
  options.countExperts = countExperts;
  if (*from != Level::Model &&
      (countExperts || !pruneExperts.empty() || !placeExperts.empty()))
    return makeError("--prune-experts, --place-experts and --count-experts go "
                     "with a model, not with the " + compileFrom + " level");
  options.from = *from;
  options.optLevel = optLevel;
  options.saveTemps = saveTemps;
  for (const std::string &source : weightSources)
    if (llvm::Error e = compiler.getWeights().addSource(source))
      return e;
  std::optional<artifact::ExternalWeights> &external = compiler.getWeights().external;
  if (external && emitKind != "artifact")
    return makeError("--weights=external goes with --emit=artifact: what --emit=" +
                     emitKind + " writes has no folder to find weights in");
  // model.tercet has its weights in model.weights, unless the file is there already.
  if (external && !external->encoded && !outputName.empty() && outputName != "-")
    external->name = (llvm::sys::path::stem(outputName) + ".weights").str();
  return llvm::Error::success();
}

/// Whether a location is a line that can be shown.
static bool isPlace(Location loc) {
  bool found = false;
  loc->walk([&](Location inner) {
    auto line = dyn_cast<FileLineColLoc>(inner);
    found |= line && line.getLine() != 0;
    return found ? WalkResult::interrupt() : WalkResult::advance();
  });
  return found;
}

/// What has no line in a file is printed with the tool's name; remarks only
/// where they are asked for.
static LogicalResult handleDiagnostic(Diagnostic &diag) {
  if (diag.getSeverity() == DiagnosticSeverity::Remark && !remarks)
    return success();
  if (isPlace(diag.getLocation()))
    return failure(); // the next handler shows the line
  switch (diag.getSeverity()) {
  case DiagnosticSeverity::Error:
    llvm::WithColor::error(llvm::errs(), kTool) << diag << "\n";
    break;
  case DiagnosticSeverity::Warning:
    llvm::WithColor::warning(llvm::errs(), kTool) << diag << "\n";
    break;
  default:
    llvm::WithColor::remark(llvm::errs(), kTool) << diag << "\n";
  }
  for (Diagnostic &note : diag.getNotes())
    llvm::WithColor::note(llvm::errs(), kTool) << note << "\n";
  return success();
}

/// NAME.h beside NAME.a or NAME.o.
static llvm::Error writeHeaderFile(llvm::StringRef text) {
  llvm::SmallString<128> path(outputName);
  llvm::sys::path::replace_extension(path, "h");
  return support::writeFile(path, text);
}

/// The one CPU target of the module, for --emit=object and static-library.
static FailureOr<std::pair<ModuleOp, TargetSpec>> getCpuTarget(ModuleOp module) {
  SmallVector<std::pair<ModuleOp, TargetSpec>> found;
  for (ModuleOp target : Compiler::getTargetModules(module)) {
    FailureOr<TargetSpec> spec = getModuleTarget(target);
    if (failed(spec))
      return failure();
    if (spec->device == "cpu")
      found.push_back({target, *spec});
  }
  if (found.size() == 1)
    return found[0];
  return module.emitError("--emit=" + emitKind + " needs exactly one cpu target, got ")
         << found.size();
}

static int emitObject(Compiler &compiler, ModuleOp module,
                      support::OutputFile &output) {
  if (failed(compiler.lower(module, Level::Code)))
    return 1;
  auto target = getCpuTarget(module);
  if (failed(target))
    return 1;
  auto &[nested, spec] = *target;
  auto kernels = nested.lookupSymbol<ModuleOp>("kernels");
  if (!kernels)
    return fail("the model has no kernels to emit");
  std::vector<std::string> names;
  for (auto program : nested.getOps<plan::ProgramOp>())
    for (auto dispatch : program.getOps<plan::DispatchOp>()) {
      std::string name = dispatch.getKernel().getLeafReference().str();
      if (!llvm::is_contained(names, name))
        names.push_back(name);
    }
  SerializeOptions serialize;
  serialize.saveTemps = saveTemps;
  serialize.stem = "kernels";
  serialize.optLevel = optLevel;
  auto object = lookupTarget("cpu")->emitObject(kernels, spec, serialize);
  if (failed(object))
    return 1;
  output.os() << StringRef(object->data(), object->size());
  if (llvm::Error e = output.commit())
    return fail(std::move(e));
  if (llvm::Error e = writeHeaderFile(
          makeKernelHeader(getIdentifier(outputName), spec, names)))
    return fail(std::move(e));
  return 0;
}

static int emitStaticLibrary(Compiler &compiler, ModuleOp module,
                             support::OutputFile &output) {
  std::string artifact;
  {
    llvm::raw_string_ostream os(artifact);
    if (failed(compiler.compile(module, os)))
      return 1;
  }
  if (llvm::Error e = artifact::verifyArtifact(
          ArrayRef((const uint8_t *)artifact.data(), artifact.size())))
    return fail("the artifact does not verify: " + llvm::toString(std::move(e)));
  auto target = getCpuTarget(module);
  if (failed(target))
    return 1;
  std::string name = getIdentifier(outputName);
  auto library = makeStaticLibrary(artifact, name, target->second);
  if (!library)
    return fail(library.takeError());
  output.os() << *library;
  if (llvm::Error e = output.commit())
    return fail(std::move(e));
  if (llvm::Error e = writeHeaderFile(makeLibraryHeader(name, target->second)))
    return fail(std::move(e));
  return 0;
}

static int emitArtifact(Compiler &compiler, ModuleOp module,
                        support::OutputFile &output) {
  if (failed(compiler.compile(module, output.os())))
    return 1;
  if (llvm::Error e = output.flush())
    return fail(std::move(e));
  // Nobody gets a file that the runtime would refuse.
  if (!output.getTemporaryPath().empty())
    if (llvm::Error e = artifact::verifyArtifactFile(output.getTemporaryPath()))
      return fail("the artifact does not verify: " + llvm::toString(std::move(e)));
  if (llvm::Error e = output.commit())
    return fail(std::move(e));
  return 0;
}

static int run() {
  std::optional<support::PassBisect> bisect;
  Compiler compiler;
  if (passBisectLimit) {
    bisect.emplace(*passBisectLimit);
    bisect->attach(compiler.getContext());
    compiler.getOptions().passBisect = &*bisect;
  }
  std::optional<Level> to;
  if (llvm::Error e = readOptions(compiler, to))
    return fail(std::move(e));

  std::string error;
  std::unique_ptr<llvm::MemoryBuffer> input = openInputFile(inputName, &error);
  if (!input)
    return fail(error);
  // Before the work: an output that cannot be written should cost nothing.
  auto output = support::OutputFile::create(outputName.empty() ? "-" : outputName);
  if (!output)
    return fail(output.takeError());

  llvm::SourceMgr source;
  source.AddNewSourceBuffer(std::move(input), llvm::SMLoc());
  SourceMgrDiagnosticHandler printer(source, &compiler.getContext());
  ScopedDiagnosticHandler handler(&compiler.getContext(), handleDiagnostic);
  OwningOpRef<ModuleOp> module = compiler.parse(source);
  if (!module)
    return 1;

  int result;
  if (to) {
    if (failed(compiler.lower(*module, *to)))
      return 1;
    module->print((*output)->os());
    (*output)->os() << "\n";
    llvm::Error e = (*output)->commit();
    result = e ? fail(std::move(e)) : 0;
  } else if (emitKind == "object") {
    result = emitObject(compiler, *module, **output);
  } else if (emitKind == "static-library") {
    result = emitStaticLibrary(compiler, *module, **output);
  } else {
    result = emitArtifact(compiler, *module, **output);
  }
  if (timeReport)
    for (auto &[stage, seconds] : compiler.getTimes())
      llvm::errs() << llvm::formatv("{0,8:F3} s  {1}\n", seconds, stage);
  return result;
}

int main(int argc, char **argv) {
  support::installErrorHandlers(kTool);
  registerAsmPrinterCLOptions();
  registerMLIRContextCLOptions();
  registerPassManagerCLOptions();
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv,
                              "Tercet's compiler: a model and its weights to one "
                              "precompiled file\n");
  saveFlags();
  return run();
}
