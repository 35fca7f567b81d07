//===- Codegen.h - the LLVM dialect to machine code -------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_CODEGEN_CODEGEN_H
#define TERCET_LIB_CODEGEN_CODEGEN_H

#include "mlir/IR/BuiltinOps.h"
#include "tercet/Target/TargetBackend.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>

namespace tercet::codegen {

/// LLVM's back end of a triple, or null; initialises those that Tercet uses.
const llvm::Target *findBackEnd(llvm::StringRef triple);
/// Whether LLVM's `triple` back end knows the CPU `chip`.
bool isKnownChip(llvm::StringRef triple, llvm::StringRef chip);
/// The chips that it knows and that `keep` wants, in its order, once each.
std::vector<std::string>
listChips(llvm::StringRef triple,
          llvm::function_ref<bool(llvm::StringRef)> keep);

/// A module of kernels on its way to machine code. Floating point is as
/// written: no contraction, no reassociation, IEEE division and square root.
class Codegen {
public:
  /// Null, with an error emitted, where the back end is missing.
  static std::unique_ptr<Codegen> create(mlir::ModuleOp kernels,
                                         const TargetSpec &spec,
                                         const SerializeOptions &options);

  llvm::Module &getModule() { return *module; }
  /// Runs LLVM's middle end; then no call may be left that is not an intrinsic.
  mlir::LogicalResult optimize();
  /// Emits assembly text, or an object; the module cannot be used afterwards.
  mlir::FailureOr<std::string> emit(llvm::CodeGenFileType type);
  /// The same from a copy, so that the module can be emitted again.
  mlir::FailureOr<std::string> emitCopy(llvm::CodeGenFileType type);
  /// Writes an intermediate of that suffix, if they are to be kept.
  mlir::LogicalResult save(llvm::StringRef suffix, llvm::StringRef bytes);

private:
  Codegen(mlir::ModuleOp kernels, const SerializeOptions &options)
      : kernels(kernels), options(options) {}
  mlir::FailureOr<std::string> emit(llvm::Module &from,
                                    llvm::CodeGenFileType type);
  std::string print();

  mlir::ModuleOp kernels;
  SerializeOptions options;
  llvm::LLVMContext context;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::Module> module;
};

} // namespace tercet::codegen

#endif
