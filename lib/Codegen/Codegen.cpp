//===- Codegen.cpp - the LLVM dialect to machine code ---------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What both vendors need of LLVM: translation, the middle end (without it,
// generic address space accesses would reach the code generator), and emission.
// Chips are checked before LLVM sees them: it ends the process on an unknown
// one.
//
//===----------------------------------------------------------------------===//
#include "lib/Codegen/Codegen.h"
#include "lib/Codegen/KeepElementLoops.h"
#include "lib/Support/OutputFile.h"
#include "lib/Support/PassBisect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include <mutex>

using namespace mlir;
using namespace tercet;
using namespace tercet::codegen;

const llvm::Target *codegen::findBackEnd(StringRef triple) {
  static std::once_flag once;
  std::call_once(once, [] {
  // What Tercet has targets for, and nothing else: each costs start-up time.
#define TERCET_BACK_END(NAME)                                                  \
  LLVMInitialize##NAME##TargetInfo();                                          \
  LLVMInitialize##NAME##Target();                                              \
  LLVMInitialize##NAME##TargetMC();                                            \
  LLVMInitialize##NAME##AsmPrinter();
    TERCET_BACK_END(X86)
    TERCET_BACK_END(AArch64)
    TERCET_BACK_END(RISCV)
    TERCET_BACK_END(NVPTX)
    TERCET_BACK_END(AMDGPU)
#undef TERCET_BACK_END
    LLVMInitializeAMDGPUAsmParser();
  });
  std::string error;
  return llvm::TargetRegistry::lookupTarget(llvm::Triple(triple), error);
}

static std::unique_ptr<llvm::MCSubtargetInfo> getSubtarget(StringRef triple) {
  const llvm::Target *target = findBackEnd(triple);
  if (!target)
    return nullptr;
  return std::unique_ptr<llvm::MCSubtargetInfo>(
      target->createMCSubtargetInfo(llvm::Triple(triple), "", ""));
}

bool codegen::isKnownChip(StringRef triple, StringRef chip) {
  auto subtarget = getSubtarget(triple);
  return subtarget && subtarget->isCPUStringValid(chip);
}

std::vector<std::string>
codegen::listChips(StringRef triple, llvm::function_ref<bool(StringRef)> keep) {
  std::vector<std::string> chips;
  if (auto subtarget = getSubtarget(triple))
    for (const llvm::SubtargetSubTypeKV &entry :
         subtarget->getAllProcessorDescriptions())
      if (keep(entry.Key) && (chips.empty() || chips.back() != entry.Key))
        chips.push_back(entry.Key);
  return chips;
}

std::unique_ptr<Codegen> Codegen::create(ModuleOp kernels,
                                         const TargetSpec &spec,
                                         const SerializeOptions &options) {
  const llvm::Target *target = findBackEnd(spec.triple);
  if (!target) {
    kernels.emitError("this build of LLVM has no back end for ") << spec.triple;
    return nullptr;
  }
  std::unique_ptr<Codegen> self(new Codegen(kernels, options));
  llvm::TargetOptions machineOptions;
  machineOptions.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  static const llvm::CodeGenOptLevel levels[] = {
      llvm::CodeGenOptLevel::None, llvm::CodeGenOptLevel::Less,
      llvm::CodeGenOptLevel::Default, llvm::CodeGenOptLevel::Aggressive};
  std::string features;
  for (const std::string &feature : spec.features)
    features += (features.empty() ? "+" : ",+") + feature;
  self->machine.reset(target->createTargetMachine(
      llvm::Triple(spec.triple), spec.chip, features, machineOptions,
      llvm::Reloc::PIC_, std::nullopt, levels[std::min(3u, options.optLevel)]));
  self->module = translateModuleToLLVMIR(kernels, self->context, options.stem);
  if (!self->module)
    return nullptr;
  self->module->setTargetTriple(llvm::Triple(spec.triple));
  self->module->setDataLayout(self->machine->createDataLayout());
  return self;
}

std::string Codegen::print() {
  std::string text;
  llvm::raw_string_ostream os(text);
  module->print(os, nullptr);
  return text;
}

LogicalResult Codegen::optimize() {
  if (!options.saveTemps.empty() && failed(save("ll", print())))
    return failure();
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager sccs;
  llvm::ModuleAnalysisManager modules;
  llvm::PassInstrumentationCallbacks callbacks;
  if (options.passBisect)
    options.passBisect->attach(context, callbacks);
  llvm::PassBuilder builder(machine.get(), llvm::PipelineTuningOptions(),
                            std::nullopt, &callbacks);
  // Threads of a GPU have no vectors to fill.
  if (!llvm::Triple(machine->getTargetTriple()).isGPU())
    builder.registerPipelineStartEPCallback(
        [](llvm::ModulePassManager &passes, llvm::OptimizationLevel) {
          passes.addPass(
              llvm::createModuleToFunctionPassAdaptor(KeepElementLoops()));
        });
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  static const llvm::OptimizationLevel levels[] = {
      llvm::OptimizationLevel::O0, llvm::OptimizationLevel::O1,
      llvm::OptimizationLevel::O2, llvm::OptimizationLevel::O3};
  llvm::OptimizationLevel level = levels[std::min(3u, options.optLevel)];
  llvm::ModulePassManager passes =
      level == llvm::OptimizationLevel::O0
          ? builder.buildO0DefaultPipeline(level)
          : builder.buildPerModuleDefaultPipeline(level);
  passes.run(*module, modules);
  if (!options.saveTemps.empty() && failed(save("opt.ll", print())))
    return failure();
  for (const llvm::Function &function : *module)
    if (function.isDeclaration() && !function.isIntrinsic())
      return kernels.emitError("a kernel calls '")
             << function.getName().str()
             << "', which is not there to be called; every function must be "
                "expanded";
  return success();
}

FailureOr<std::string> Codegen::emit(llvm::CodeGenFileType type) {
  return emit(*module, type);
}

FailureOr<std::string> Codegen::emitCopy(llvm::CodeGenFileType type) {
  return emit(*llvm::CloneModule(*module), type);
}

FailureOr<std::string> Codegen::emit(llvm::Module &from,
                                     llvm::CodeGenFileType type) {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream os(bytes);
  llvm::legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, os, nullptr, type))
    return kernels.emitError("LLVM cannot emit this kind of file for ")
           << machine->getTargetTriple().str();
  passes.run(from);
  return std::string(bytes.begin(), bytes.end());
}

LogicalResult Codegen::save(StringRef suffix, StringRef bytes) {
  if (options.saveTemps.empty())
    return success();
  llvm::SmallString<128> path(options.saveTemps);
  llvm::sys::path::append(path, options.stem + "." + suffix);
  // A folder that is not there makes writing fail, with its own words.
  (void)llvm::sys::fs::create_directories(options.saveTemps);
  if (llvm::Error error = support::writeFile(path, bytes))
    return kernels.emitError("cannot keep an intermediate: ")
           << llvm::toString(std::move(error));
  return success();
}
