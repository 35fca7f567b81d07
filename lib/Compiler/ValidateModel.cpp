//===- ValidateModel.cpp - can this module be compiled? -------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Runs before anything is changed, so that what it says is about the model as it
// was written. It refuses by dialect; a pass further down may refuse a use of an
// op that it allows, and then names that op.
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/Compiler.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace tercet::compiler;

static bool isAllowed(Operation *op) {
  if (isa<ModuleOp>(op))
    return true;
  // What no op of a public dialect stands for may be written as the compiler does.
  if (op->getName().getStringRef() == "rows.attention")
    return true;
  StringRef dialect = op->getName().getDialectNamespace();
  for (StringRef allowed : {"func", "arith", "math", "linalg", "tensor",
                            "ml_program", "ternary", "latent", "spatial", "affine"})
    if (dialect == allowed)
      return true;
  return false;
}

LogicalResult tercet::compiler::validateModel(ModuleOp module) {
  struct Kind {
    Location first;
    unsigned count = 0;
  };
  llvm::MapVector<OperationName, Kind> unsupported;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (!isAllowed(op))
      ++unsupported.try_emplace(op->getName(), Kind{op->getLoc()})
            .first->second.count;
  });
  if (!unsupported.empty()) {
    InFlightDiagnostic diag = mlir::emitError(unsupported.front().second.first);
    diag << "the model has ops that cannot be compiled: ";
    for (auto [i, entry] : llvm::enumerate(unsupported))
      diag << (i ? ", " : "") << "'" << entry.first << "' ("
           << entry.second.count << (entry.second.count == 1 ? " time)" : " times)");
    diag << "; a model is made of func, linalg, tensor, arith, math, "
            "ml_program, ternary, latent and spatial ops";
    for (auto &[name, kind] : llvm::drop_begin(unsupported))
      diag.attachNote(kind.first) << "first '" << name << "' is here";
    return failure();
  }

  unsigned entries = 0;
  for (auto fn : module.getOps<func::FuncOp>())
    if (fn.isPublic()) {
      if (fn.isDeclaration())
        return fn.emitError("entry point '")
               << fn.getSymName() << "' has no body; make it private or define it";
      ++entries;
    }
  if (entries == 0)
    return module.emitError("the model has no entry point: make a func.func "
                            "public (leave out 'private')");
  return success();
}
