//===- Pipelines.cpp - the levels of IR as pipelines ----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Pipelines.h"
#include "dialects/Latent/Transforms/Passes.h"
#include "dialects/Plan/IR/Plan.h"
#include "dialects/Rows/IR/Rows.h"
#include "dialects/Spatial/Transforms/Passes.h"
#include "dialects/Ternary/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Kernels/Passes.h"
#include "passes/Plan/Passes.h"
#include "passes/Rows/Passes.h"
#include "tercet/Target/TargetBackend.h"

using namespace mlir;
using namespace tercet;

namespace {
/// Runs what `build` makes for a target on every target module.
class PerTargetPass
    : public PassWrapper<PerTargetPass, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(PerTargetPass)

  using BuildFn = std::function<void(OpPassManager &, const TargetBackend &,
                                     const TargetSpec &)>;
  PerTargetPass(StringRef name, BuildFn build)
      : name(name), build(std::move(build)) {}

  StringRef getName() const override { return name; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<rows::RowsDialect, plan::PlanDialect, scf::SCFDialect>();
    for (const TargetBackend *backend : getAllTargets()) {
      backend->registerDialects(registry);
      // What is run inside cannot load dialects any more.
      OpPassManager pm(ModuleOp::getOperationName());
      build(pm, *backend, TargetSpec());
      pm.getDependentDialects(registry);
    }
  }

  void runOnOperation() override {
    ModuleOp module = getOperation();
    OpPassManager pm(ModuleOp::getOperationName());
    if (module->hasAttr("tercet.target")) {
      FailureOr<TargetSpec> spec = getModuleTarget(module);
      if (failed(spec))
        return signalPassFailure();
      build(pm, *lookupTarget(spec->device), *spec);
    } else {
      bool any = llvm::any_of(module.getOps<ModuleOp>(), [](ModuleOp nested) {
        return nested->hasAttr("tercet.target");
      });
      if (!any) {
        module.emitError("no module with a tercet.target; run assign-targets");
        return signalPassFailure();
      }
      // This pass on each target's module; MLIR runs siblings in parallel.
      pm.addNestedPass<ModuleOp>(std::make_unique<PerTargetPass>(name, build));
    }
    if (failed(runPipeline(pm, module)))
      signalPassFailure();
  }

private:
  std::string name;
  BuildFn build;
};

/// Runs the target's code generation on the module of kernels.
class GenerateCodePass
    : public PassWrapper<GenerateCodePass, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(GenerateCodePass)
  GenerateCodePass(const TargetBackend &backend, const TargetSpec &spec)
      : backend(backend), spec(spec) {}

  StringRef getName() const override { return "GenerateCode"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    backend.registerDialects(registry);
  }
  void runOnOperation() override {
    auto kernels = getOperation().lookupSymbol<ModuleOp>("kernels");
    if (!kernels || kernels.getBody()->empty())
      return;
    OpPassManager pm(ModuleOp::getOperationName());
    backend.buildCodegenPipeline(pm, spec);
    if (failed(runPipeline(pm, kernels)))
      signalPassFailure();
  }

private:
  const TargetBackend &backend;
  TargetSpec spec;
};
} // namespace

static void addPerTarget(OpPassManager &pm, StringRef name,
                         PerTargetPass::BuildFn build) {
  pm.addPass(std::make_unique<PerTargetPass>(name, std::move(build)));
}

/// `pass` with options that were checked when they were given.
static std::unique_ptr<Pass> withOptions(std::unique_ptr<Pass> pass,
                                         StringRef options) {
  if (failed(pass->initializeOptions(options,
                                     [](const Twine &) { return failure(); })))
    llvm_unreachable("options are checked by checkExpertOptions");
  return pass;
}

/// Samplers as straight code, the sizes of each stage in its copies.
static void addSamplerPasses(OpPassManager &pm) {
  pm.addPass(createSplitSample());
  pm.addPass(createLowerSample());
  pm.addPass(createRefineSizes());
}

/// What is done to experts once, for all targets.
static void addExpertPasses(OpPassManager &pm, const ToRowsOptions &options) {
  if (options.pruneExperts.empty() && options.placeExperts.empty() &&
      !options.countExperts)
    return;
  pm.addPass(createInlinerPass());
  pm.addPass(createSymbolDCEPass());
  if (!options.pruneExperts.empty())
    pm.addPass(withOptions(createPruneExperts(), options.pruneExperts));
  pm.addPass(createDecomposeMoe());
  // Choices are counted by the numbers of the router.
  if (options.countExperts)
    pm.addPass(createCountExperts());
  if (!options.placeExperts.empty())
    pm.addPass(withOptions(createPlaceExperts(), options.placeExperts));
}

LogicalResult
tercet::checkExpertOptions(const ToRowsOptions &options,
                           function_ref<void(const Twine &)> emitError) {
  auto check = [&](std::unique_ptr<Pass> pass, StringRef text) {
    if (text.empty())
      return success();
    return pass->initializeOptions(text, [&](const Twine &message) {
      emitError(message);
      return failure();
    });
  };
  return failure(failed(check(createPruneExperts(), options.pruneExperts)) ||
                 failed(check(createPlaceExperts(), options.placeExperts)));
}

void tercet::buildToRowsPipeline(OpPassManager &pm,
                                 const ToRowsOptions &options) {
  addExpertPasses(pm, options);
  if (!options.targets.empty()) {
    AssignTargetsOptions assign;
    assign.targets = llvm::to_vector(options.targets);
    pm.addPass(createAssignTargets(assign));
  }
  addPerTarget(
      pm, "RowsLevel",
      [options](OpPassManager &pm, const TargetBackend &backend,
                const TargetSpec &spec) {
        pm.addPass(createInlinerPass());
        pm.addPass(createSymbolDCEPass());
        pm.addPass(createLowerStateUpdates());
        addSamplerPasses(pm);
        pm.addPass(createDecomposeSpatial());
        pm.addNestedPass<func::FuncOp>(createDecomposeConcat());
        pm.addPass(createDecomposeBlockAttention());
        pm.addPass(createDecomposeClusters());
        pm.addPass(createDecomposeMoe());
        pm.addPass(createDecomposeMamba());
        pm.addPass(createDecomposeLatent());
        SelectCodesOptions codes;
        codes.code = options.code;
        codes.decoder = backend.getDecoder(spec).str();
        pm.addPass(createSelectCodes(codes));
        DecomposeExpertsOptions experts;
        experts.strategy = options.expertStrategy;
        if (experts.strategy == "auto" && spec.device != "cpu")
          experts.strategy = "pairs";
        pm.addPass(createDecomposeExperts(experts));
        pm.addPass(createDecomposeTernary());
        pm.addPass(createBindWeights());
        // One form of elementwise work, fused among itself and into products.
        pm.addNestedPass<func::FuncOp>(createConvertElementwiseToLinalgPass());
        pm.addNestedPass<func::FuncOp>(createGeneralizeNamedOps());
        pm.addPass(createCanonicalizerPass());
        pm.addPass(createCSEPass());
        pm.addNestedPass<func::FuncOp>(createFuseElementwise());
        pm.addPass(memref::createResolveRankedShapeTypeResultDimsPass());
        pm.addPass(createCanonicalizerPass());
        pm.addPass(createCSEPass());
        pm.addNestedPass<func::FuncOp>(createFuseEpilogues());
        pm.addPass(createCanonicalizerPass());
        pm.addNestedPass<func::FuncOp>(createFuseGathers());
        pm.addPass(createOutlineKernels());
        pm.addPass(createMergeKernels());
        pm.addPass(createCSEPass());
      });
}

void tercet::buildToKernelsPipeline(OpPassManager &pm) {
  addPerTarget(
      pm, "KernelsLevel",
      [](OpPassManager &pm, const TargetBackend &, const TargetSpec &) {
        pm.addPass(createTileKernels());
        pm.addPass(createCanonicalizerPass());
        pm.addPass(createCSEPass());
        pm.addPass(createBufferizeKernels());
      });
}

void tercet::buildToPlanPipeline(OpPassManager &pm) {
  addPerTarget(pm, "PlanLevel",
               [](OpPassManager &pm, const TargetBackend &,
                  const TargetSpec &) { pm.addPass(createBuildPlan()); });
}

void tercet::buildToCodePipeline(OpPassManager &pm) {
  addPerTarget(pm, "CodeLevel",
               [](OpPassManager &pm, const TargetBackend &backend,
                  const TargetSpec &spec) {
                 pm.addPass(std::make_unique<GenerateCodePass>(backend, spec));
               });
}

namespace {
struct ToRowsPipelineOptions
    : public PassPipelineOptions<ToRowsPipelineOptions> {
  ListOption<std::string> targets{*this, "targets",
                                  llvm::cl::desc("target strings")};
  Option<std::string> experts{*this, "experts",
                              llvm::cl::desc("strategy of expert products: "
                                             "auto, pairs or grouped"),
                              llvm::cl::init("auto")};
  Option<std::string> code{*this, "code",
                           llvm::cl::desc("storage code for ternary weights"),
                           llvm::cl::init("")};
};
} // namespace

void tercet::registerTercetPasses() {
  registerTercetLatentPasses();
  registerTercetSpatialPasses();
  registerTercetTernaryPasses();
  registerTercetRowsPasses();
  registerTercetKernelsPasses();
  registerTercetPlanPasses();
  PassPipelineRegistration<ToRowsPipelineOptions>(
      "tercet-to-rows", "model level to rows level",
      [](OpPassManager &pm, const ToRowsPipelineOptions &options) {
        ToRowsOptions rows;
        rows.targets.assign(options.targets.begin(), options.targets.end());
        rows.code = options.code;
        rows.expertStrategy = options.experts;
        buildToRowsPipeline(pm, rows);
      });
  PassPipelineRegistration<>("tercet-to-kernels", "rows level to kernels level",
                             buildToKernelsPipeline);
  PassPipelineRegistration<>("tercet-to-plan", "kernels level to plan level",
                             buildToPlanPipeline);
  PassPipelineRegistration<>("tercet-to-code", "plan level to target code",
                             buildToCodePipeline);
}
