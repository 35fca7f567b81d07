//===- tercet-opt.cpp - runs passes on MLIR text --------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// mlir-opt with our dialects, passes and pipelines, and three differences:
// plug-ins are loaded before the command line is parsed, so that the passes they
// register can be named on it like any other; an output file is whole or not
// there; --verify-output-roundtrip checks what was computed, where upstream's
// --verify-roundtrip checks what was read.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/ErrorHandling.h"
#include "lib/Support/OutputFile.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "tercet/InitAll.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/WithColor.h"

using namespace mlir;
using namespace tercet;

static const char *const kTool = "tercet-opt";

static int fail(const llvm::Twine &sentence) {
  llvm::WithColor::error(llvm::errs(), kTool) << sentence << "\n";
  return 1;
}

/// The form to compare: as printed, since the generic form also shows whether an
/// attribute with its default value is there, which parsing need not keep.
static std::string printCustom(Operation *op) {
  std::string text;
  llvm::raw_string_ostream os(text);
  op->print(os, OpPrintingFlags().enableDebugInfo(false));
  return text;
}

namespace {
/// Prints the module, as text and as bytecode, reads it back and compares.
struct VerifyRoundtrip
    : public PassWrapper<VerifyRoundtrip, OperationPass<>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(VerifyRoundtrip)
  StringRef getName() const override { return "VerifyRoundtrip"; }

  void runOnOperation() override {
    std::string text, bytecode;
    {
      llvm::raw_string_ostream os(text);
      getOperation()->print(os);
      llvm::raw_string_ostream bytes(bytecode);
      if (failed(writeBytecodeToFile(getOperation(), bytes)))
        return signalPassFailure();
    }
    compare(text, "its printed form");
    compare(bytecode, "its bytecode");
    markAllAnalysesPreserved();
  }

  void compare(StringRef written, StringRef what) {
    ParserConfig config(&getContext());
    OwningOpRef<Operation *> back = parseSourceString(written, config);
    if (!back) {
      getOperation()->emitError() << "cannot be read back from " << what;
      return signalPassFailure();
    }
    Operation *op = back.get();
    // Text without a module gets one around it.
    if (getOperation()->getName() != op->getName() && op->getNumRegions() == 1)
      op = &op->getRegion(0).front().front();
    if (printCustom(op) != printCustom(getOperation())) {
      getOperation()->emitError() << "is another op after reading " << what;
      return signalPassFailure();
    }
  }
};
} // namespace

/// Loads what --load-pass-plugin and --load-dialect-plugin name and takes these
/// flags out of `args`.
static bool loadPlugins(SmallVectorImpl<char *> &args,
                        DialectRegistry &registry) {
  SmallVector<char *> rest;
  for (size_t i = 0; i < args.size(); ++i) {
    StringRef flag = args[i];
    bool dashes = i > 0 && (flag.consume_front("--") || flag.consume_front("-"));
    auto [name, path] = flag.split('=');
    bool passes = dashes && name == "load-pass-plugin";
    if (!passes && !(dashes && name == "load-dialect-plugin")) {
      rest.push_back(args[i]);
      continue;
    }
    if (!flag.contains('=')) {
      if (i + 1 == args.size()) {
        fail("--" + name + " needs the path of a library");
        return false;
      }
      path = args[++i];
    }
    llvm::Error error = llvm::Error::success();
    if (passes) {
      if (auto plugin = PassPlugin::load(path.str()))
        plugin->registerPassRegistryCallbacks();
      else
        error = llvm::joinErrors(std::move(error), plugin.takeError());
    } else {
      if (auto plugin = DialectPlugin::load(path.str()))
        plugin->registerDialectRegistryCallbacks(registry);
      else
        error = llvm::joinErrors(std::move(error), plugin.takeError());
    }
    if (error) {
      fail("cannot load the plug-in '" + path +
           "': " + llvm::toString(std::move(error)));
      return false;
    }
  }
  args = rest;
  return true;
}

int main(int argc, char **argv) {
  support::installErrorHandlers(kTool);
  DialectRegistry registry;
  tercet::registerAllDialects(registry);
  mlir::registerAllPasses();
  tercet::registerAllPasses();

  SmallVector<char *> args(argv, argv + argc);
  if (!loadPlugins(args, registry))
    return 1;

  static llvm::cl::opt<bool> verifyOutput(
      "verify-output-roundtrip",
      llvm::cl::desc("Check that the result survives printing and parsing, as "
                     "text and as bytecode"));
  args.push_back(nullptr);
  auto [inputName, outputName] = registerAndParseCLIOptions(
      args.size() - 1, args.data(), "Tercet's pass driver\n", registry);
  MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  if (config.shouldShowDialects()) {
    llvm::outs() << "Available dialects: ";
    llvm::interleaveComma(registry.getDialectNames(), llvm::outs());
    llvm::outs() << "\n";
    return 0;
  }
  if (config.shouldListPasses()) {
    printRegisteredPasses();
    return 0;
  }
  if (verifyOutput) {
    MlirOptMainConfig inner = config;
    config.setPassPipelineSetupFn([inner](PassManager &pm) {
      if (failed(inner.setupPassPipeline(pm)))
        return failure();
      pm.addPass(std::make_unique<VerifyRoundtrip>());
      return success();
    });
  }

  std::string error;
  std::unique_ptr<llvm::MemoryBuffer> input = openInputFile(inputName, &error);
  if (!input)
    return fail(error);
  auto output = support::OutputFile::create(outputName);
  if (!output)
    return fail(llvm::toString(output.takeError()));
  if (failed(MlirOptMain((*output)->os(), std::move(input), registry, config)))
    return 1;
  if (llvm::Error e = (*output)->commit())
    return fail(llvm::toString(std::move(e)));
  return 0;
}
