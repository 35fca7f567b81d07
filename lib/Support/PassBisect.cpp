//===- PassBisect.cpp -----------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Support/PassBisect.h"
#include "mlir/IR/Action.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/OptBisect.h"
#include "llvm/IR/PassInstrumentation.h"
#include "llvm/Passes/StandardInstrumentations.h"
#include "llvm/Support/raw_ostream.h"

using namespace tercet::support;

/// The passes that a pipeline does without: what they find makes code better,
/// and no later pass relies on it.
static bool isOptional(llvm::StringRef argument) {
  static const llvm::StringRef names[] = {"fuse-elementwise", "fuse-epilogues",
                                          "merge-kernels"};
  return llvm::is_contained(names, argument);
}

struct PassBisect::Gate : llvm::OptPassGate {
  explicit Gate(PassBisect &bisect)
      : bisect(bisect), instrumentation(nullptr) {}
  bool shouldRunPass(llvm::StringRef pass,
                     llvm::StringRef where) const override {
    return bisect.shouldRun(pass, where);
  }
  bool isEnabled() const override { return true; }

  PassBisect &bisect;
  std::unique_ptr<llvm::OptPassGateInstrumentation> instrumentation;
};

PassBisect::PassBisect(int64_t limit)
    : limit(limit), gate(std::make_unique<Gate>(*this)) {}
PassBisect::~PassBisect() = default;

bool PassBisect::shouldRun(llvm::StringRef pass, llvm::StringRef where) {
  ++count;
  bool run = limit < 0 || count <= limit;
  llvm::errs() << "BISECT: " << (run ? "running" : "not running") << " pass ("
               << count << ") " << pass << " on " << where << "\n";
  return run;
}

void PassBisect::attach(mlir::MLIRContext &context) {
  context.disableMultithreading();
  context.registerActionHandler([this](llvm::function_ref<void()> transform,
                                       const mlir::tracing::Action &action) {
    auto *execution = llvm::dyn_cast<mlir::PassExecutionAction>(&action);
    if (!execution || !isOptional(execution->getPass().getArgument()))
      return transform();
    mlir::Operation *op = execution->getOp();
    std::string where = op->getName().getStringRef().str();
    if (auto name = op->getAttrOfType<mlir::StringAttr>(
            mlir::SymbolTable::getSymbolAttrName()))
      where += " @" + name.str();
    if (shouldRun(execution->getPass().getArgument(), where))
      transform();
  });
}

void PassBisect::attach(llvm::LLVMContext &context,
                        llvm::PassInstrumentationCallbacks &callbacks) {
  context.setOptPassGate(*gate);
  gate->instrumentation =
      std::make_unique<llvm::OptPassGateInstrumentation>(context);
  gate->instrumentation->registerCallbacks(callbacks);
}
