//===- EmitLibrary.cpp - artifacts as objects and libraries ---------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/EmitLibrary.h"
#include "lib/Support/ErrorHandling.h"
#include "runtime/schema/Header.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ArchiveWriter.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;
using namespace tercet;
using tercet::support::makeError;

std::string tercet::compiler::getIdentifier(StringRef path) {
  std::string name = sys::path::stem(path).str();
  for (char &c : name)
    if (!isAlnum(c))
      c = '_';
  if (name.empty() || isDigit(name[0]))
    name = "model_" + name;
  return name;
}

/// An object with `NAME_artifact` and `NAME_artifact_size`.
static Expected<SmallVector<char, 0>> makeObject(StringRef artifact, StringRef name,
                                                 const TargetSpec &spec) {
  InitializeAllTargetInfos();
  InitializeAllTargets();
  InitializeAllTargetMCs();
  InitializeAllAsmPrinters();
  Triple triple(spec.triple);
  std::string error;
  const Target *target = TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return makeError("cannot emit an object for '" + spec.name + "': " + error);
  std::unique_ptr<TargetMachine> machine(target->createTargetMachine(
      triple, "", "", TargetOptions(), Reloc::PIC_));

  LLVMContext context;
  Module module(name, context);
  module.setTargetTriple(triple);
  module.setDataLayout(machine->createDataLayout());
  auto define = [&](Constant *value, const Twine &symbol, uint64_t align) {
    auto *global = new GlobalVariable(module, value->getType(), /*isConstant=*/true,
                                      GlobalValue::ExternalLinkage, value,
                                      name + symbol);
    global->setAlignment(Align(align));
  };
  define(ConstantDataArray::getString(context, artifact, /*AddNull=*/false),
         "_artifact", schema::kAlignment);
  // size_t of the target.
  define(ConstantInt::get(module.getDataLayout().getIntPtrType(context),
                          artifact.size()),
         "_artifact_size", 8);

  SmallVector<char, 0> object;
  raw_svector_ostream os(object);
  legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, os, nullptr,
                                   CodeGenFileType::ObjectFile))
    return makeError("LLVM cannot emit objects for '" + spec.triple + "'");
  passes.run(module);
  return object;
}

Expected<std::string>
tercet::compiler::makeStaticLibrary(StringRef artifact, StringRef name,
                                    const TargetSpec &spec) {
  auto object = makeObject(artifact, name, spec);
  if (!object)
    return object.takeError();
  StringRef bytes(object->data(), object->size());
  // Deterministic: no time, no owner.
  std::string member = (name + ".o").str();
  NewArchiveMember entry(MemoryBufferRef(bytes, member));
  auto archive = writeArchiveToBuffer({std::move(entry)},
                                      SymtabWritingMode::NormalSymtab,
                                      object::Archive::K_GNU,
                                      /*Deterministic=*/true, /*Thin=*/false);
  if (!archive)
    return archive.takeError();
  return (*archive)->getBuffer().str();
}

static std::string makeHeader(StringRef name, StringRef about, StringRef include,
                              StringRef body) {
  std::string guard = "TERCET_MODEL_" + StringRef(name).upper() + "_H";
  return formatv("/* {0}\n * Made by tercet-compile; do not edit. */\n"
                 "#ifndef {1}\n#define {1}\n\n#include {2}\n\n"
                 "#ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n{3}\n"
                 "#ifdef __cplusplus\n}\n#endif\n#endif\n",
                 about, guard, include, body)
      .str();
}

std::string tercet::compiler::makeLibraryHeader(StringRef name,
                                                const TargetSpec &spec) {
  return makeHeader(
      name, "The model '" + name.str() + "' for " + spec.name + ".", "<stddef.h>",
      formatv("/* For tercet_artifact_open_memory. */\n"
              "extern const unsigned char {0}_artifact[];\n"
              "extern const size_t {0}_artifact_size;\n",
              name)
          .str());
}

std::string
tercet::compiler::makeKernelHeader(StringRef name, const TargetSpec &spec,
                                   ArrayRef<std::string> kernels) {
  std::string body;
  for (const std::string &kernel : kernels)
    body += "void " + kernel + "(const tercet_kernel_args *);\n";
  return makeHeader(name, "The kernels of '" + name.str() + "' for " + spec.name + ".",
                    "\"tercet/kernel.h\"", body);
}
