//===- Compiler.h - from a model to an artifact -----------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The compiler as a library. It knows levels and targets, not what is inside
// them. Diagnostics go to the context's handlers. One Compiler per thread; any
// number of them at a time.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_COMPILER_COMPILER_H
#define TERCET_LIB_COMPILER_COMPILER_H

#include "lib/Artifact/ArtifactWriter.h"
#include "lib/Compiler/WeightStore.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "tercet/Target/TargetBackend.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/SourceMgr.h"
#include <optional>
#include <string>
#include <vector>

namespace tercet::compiler {

/// Levels of IR (docs/levels.md), in order.
enum class Level { Model, Rows, Kernels, Plan, Code };
std::optional<Level> parseLevel(llvm::StringRef text);
llvm::StringRef getName(Level level);

struct CompileOptions {
  /// Target strings: at least one, where `from` is Model.
  std::vector<std::string> targets;
  /// A storage code for every weight that it can hold, or "".
  std::string code;
  /// Options of latent-prune-experts and latent-place-experts, "" for neither,
  /// and whether states count what experts are chosen.
  std::string pruneExperts, placeExperts;
  bool countExperts = false;
  /// The level of the input.
  Level from = Level::Model;
  /// LLVM optimisation level, 0 to 3.
  unsigned optLevel = 3;
  /// A folder for every intermediate, or "".
  std::string saveTemps;
  /// Counts and limits optional passes (lib/Support/PassBisect.h), or null.
  support::PassBisect *passBisect = nullptr;
};

class Compiler {
public:
  Compiler();

  mlir::MLIRContext &getContext() { return context; }
  WeightStore &getWeights() { return weights; }
  CompileOptions &getOptions() { return options; }

  /// Checks the target strings, parses text or bytecode (trusted input) and, at
  /// the model level, checks that it can be compiled. Null after a diagnostic.
  mlir::OwningOpRef<mlir::ModuleOp> parse(llvm::SourceMgr &source);

  /// Takes the module from the level of the input to `to`.
  mlir::LogicalResult lower(mlir::ModuleOp module, Level to);

  /// lower() to code, then machine code, weights and plan into an artifact.
  mlir::LogicalResult compile(mlir::ModuleOp module, llvm::raw_ostream &os);

  /// The target modules of a module behind the model level.
  static llvm::SmallVector<mlir::ModuleOp> getTargetModules(mlir::ModuleOp module);

  /// Seconds by stage, in order.
  const llvm::MapVector<llvm::StringRef, double> &getTimes() const { return times; }

private:
  mlir::LogicalResult checkTargets();
  mlir::LogicalResult runLevel(mlir::ModuleOp module, Level level);
  mlir::LogicalResult saveIR(mlir::ModuleOp module, Level level);
  mlir::LogicalResult serialize(std::vector<artifact::TargetEntry> &entries);

  mlir::MLIRContext context;
  WeightStore weights;
  CompileOptions options;
  bool needsWeights = false;
  llvm::MapVector<llvm::StringRef, double> times;
};

/// Checks a module at the model level: only ops that can be compiled, at least
/// one entry point. One error names every kind of op that cannot, with its count
/// and its first place.
mlir::LogicalResult validateModel(mlir::ModuleOp module);

} // namespace tercet::compiler

#endif
