//===- Serialize.cpp - CPU kernels to a position-independent ELF ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM's middle end and code generator, then lld in this process. The result
// depends on no library and has no undefined symbol: lld refuses to link
// otherwise (-z defs). It exports the kernels and nothing else.
//
//===----------------------------------------------------------------------===//
#include "lib/Codegen/Codegen.h"
#include "lib/Support/Linker.h"
#include "lib/Support/OutputFile.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "targets/CPU/CPUTarget.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace tercet;

FailureOr<std::string> cpu::emitObject(ModuleOp kernels, const TargetSpec &spec,
                                       const SerializeOptions &options) {
  auto codegen = codegen::Codegen::create(kernels, spec, options);
  if (!codegen || failed(codegen->optimize()))
    return failure();
  if (!options.saveTemps.empty()) {
    FailureOr<std::string> text =
        codegen->emitCopy(llvm::CodeGenFileType::AssemblyFile);
    if (failed(text) || failed(codegen->save("s", *text)))
      return failure();
  }
  FailureOr<std::string> object =
      codegen->emit(llvm::CodeGenFileType::ObjectFile);
  if (failed(object) || failed(codegen->save("o", *object)))
    return failure();
  return object;
}

FailureOr<SerializedCode> cpu::serialize(ModuleOp kernels,
                                         const TargetSpec &spec,
                                         const SerializeOptions &options) {
  FailureOr<std::string> object = emitObject(kernels, spec, options);
  if (failed(object))
    return failure();
  llvm::Expected<std::vector<char>> linked = support::linkELF(
      {*object}, {"-shared", "-z", "defs", "--build-id=none", "--threads=1",
                  "--hash-style=gnu", "--gc-sections", "-z", "noexecstack"});
  if (!linked)
    return kernels.emitError("cannot link the kernels: ")
           << llvm::toString(linked.takeError());
  if (!options.saveTemps.empty()) {
    llvm::SmallString<128> path(options.saveTemps);
    llvm::sys::path::append(path, options.stem + ".so");
    if (llvm::Error error =
            support::writeFile(path, StringRef(linked->data(), linked->size())))
      return kernels.emitError("cannot keep an intermediate: ")
             << llvm::toString(std::move(error));
  }
  SerializedCode code;
  code.blobs.push_back({BlobFormat::ELF, "", std::move(*linked)});
  for (auto kernel : kernels.getOps<LLVM::LLVMFuncOp>()) {
    if (kernel.isExternal() || kernel.getLinkage() == LLVM::Linkage::Internal)
      continue;
    KernelReport report;
    report.name = kernel.getName().str();
    if (auto bytes = kernel->getAttrOfType<IntegerAttr>("tercet.scratch_bytes"))
      report.scratchBytes = bytes.getInt();
    code.kernels.push_back(std::move(report));
  }
  return code;
}
