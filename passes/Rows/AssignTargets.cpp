//===- AssignTargets.cpp - one copy of the module per target --------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Clones the model once per target into nested modules @target_0, @target_1, ...
// in the order given. Assumes a module at the model level. Fails where no target
// or an unknown one is given.
//
//===----------------------------------------------------------------------===//
#include "passes/Rows/Passes.h"
#include "tercet/Target/TargetBackend.h"
#include "llvm/ADT/STLExtras.h"

namespace tercet {
#define GEN_PASS_DEF_ASSIGNTARGETS
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

namespace {
struct AssignTargets : tercet::impl::AssignTargetsBase<AssignTargets> {
  using AssignTargetsBase::AssignTargetsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (targets.empty()) {
      InFlightDiagnostic diag = module.emitError("no target is given; choose ");
      for (auto [i, backend] : llvm::enumerate(getAllTargets()))
        diag << (i ? ", " : "") << llvm::join(backend->listTargets(), ", ");
      return signalPassFailure();
    }
    SmallVector<std::string> names;
    for (const std::string &target : targets) {
      FailureOr<TargetSpec> spec =
          parseTarget(target, [&] { return module.emitError(); });
      if (failed(spec))
        return signalPassFailure();
      if (llvm::is_contained(names, spec->name)) {
        module.emitError("target '") << spec->name << "' is given twice";
        return signalPassFailure();
      }
      names.push_back(spec->name);
    }

    SmallVector<Operation *> contents;
    for (Operation &op : *module.getBody())
      contents.push_back(&op);
    OpBuilder b(&getContext());
    for (auto [i, name] : llvm::enumerate(names)) {
      b.setInsertionPointToEnd(module.getBody());
      auto nested =
          ModuleOp::create(b, module.getLoc(), "target_" + std::to_string(i));
      nested->setAttr("tercet.target", b.getStringAttr(name));
      b.setInsertionPointToStart(nested.getBody());
      for (Operation *op : contents)
        b.clone(*op);
    }
    for (Operation *op : llvm::reverse(contents))
      op->erase();
  }
};
} // namespace
