//===- CPUTarget.cpp - the CPU backend -----------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Target strings: cpu:host, cpu:x86-64-v2, -v3, -v4, cpu:aarch64, cpu:riscv64,
// with features behind them as LLVM calls them: cpu:x86-64-v4+avx512vnni.
// Features that make no better code here, or change the ABI, are not taken;
// what LLVM does not know would end the process or be ignored with a warning.
//
//===----------------------------------------------------------------------===//
#include "targets/CPU/CPUTarget.h"
#include "lib/Codegen/Codegen.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Affine/Transforms/Passes.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Kernels/Passes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/TargetParser/Host.h"

using namespace mlir;
using namespace tercet;

namespace {
struct Base {
  const char *name, *triple, *chip;
  /// Features that may be named, and those that every such machine has.
  std::vector<const char *> optional, always;
};
const Base kBases[] = {
    {"x86-64-v2",
     "x86_64-unknown-linux-gnu",
     "x86-64-v2",
     {"avx", "avx2", "f16c", "fma"},
     {}},
    {"x86-64-v3",
     "x86_64-unknown-linux-gnu",
     "x86-64-v3",
     {"avxvnni", "gfni"},
     {}},
    {"x86-64-v4",
     "x86_64-unknown-linux-gnu",
     "x86-64-v4",
     {"avx512bf16", "avx512bitalg", "avx512fp16", "avx512ifma", "avx512vbmi",
      "avx512vbmi2", "avx512vnni", "avx512vpopcntdq", "avxvnni", "gfni"},
     {}},
    {"aarch64",
     "aarch64-unknown-linux-gnu",
     "generic",
     {"bf16", "dotprod", "fullfp16", "i8mm", "lse"},
     {}},
    {"riscv64",
     "riscv64-unknown-linux-gnu",
     "generic-rv64",
     {"v"},
     {"a", "c", "d", "f", "m"}},
};
/// Features that choose code paths of ours; `host` names those that are there.
constexpr const char *kHostFeatures[] = {"avx512vnni", "avx512vbmi", "avxvnni",
                                         "dotprod", "v"};

class CPUBackend : public TargetBackend {
public:
  StringRef getDevice() const override { return "cpu"; }
  std::vector<std::string> listTargets() const override {
    return {"cpu:host",      "cpu:x86-64-v2",
            "cpu:x86-64-v3", "cpu:x86-64-v4+avx512vnni+avx512vbmi",
            "cpu:aarch64",   "cpu:riscv64"};
  }

  FailureOr<TargetSpec> parse(StringRef text,
                              EmitError emitError) const override;

  void registerDialects(DialectRegistry &registry) const override {
    registry.insert<LLVM::LLVMDialect, scf::SCFDialect>();
    registerBuiltinDialectTranslation(registry);
    registerLLVMDialectTranslation(registry);
  }

  StringRef getDecoder(const TargetSpec &spec) const override {
    return spec.triple.empty() ? "" : cpu::getDecoder(spec);
  }

  LogicalResult configureKernel(func::FuncOp kernel,
                                const TargetSpec &spec) const override {
    return cpu::configure(kernel, spec);
  }

  void buildCodegenPipeline(OpPassManager &pm,
                            const TargetSpec &spec) const override;

  FailureOr<SerializedCode>
  serialize(ModuleOp kernels, const TargetSpec &spec,
            const SerializeOptions &options) const override {
    return cpu::serialize(kernels, spec, options);
  }

  FailureOr<std::vector<char>>
  emitObject(ModuleOp kernels, const TargetSpec &spec,
             const SerializeOptions &options) const override {
    FailureOr<std::string> object = cpu::emitObject(kernels, spec, options);
    if (failed(object))
      return failure();
    return std::vector<char>(object->begin(), object->end());
  }
};
} // namespace

static std::string getHostText() {
  llvm::StringMap<bool> host = llvm::sys::getHostCPUFeatures();
  llvm::Triple triple(llvm::sys::getProcessTriple());
  auto all = [&](ArrayRef<StringRef> names) {
    return llvm::all_of(names, [&](StringRef n) { return host.lookup(n); });
  };
  std::string text = "x86-64-v2";
  if (triple.isAArch64())
    text = "aarch64";
  else if (triple.isRISCV64())
    text = "riscv64";
  else if (all({"avx2", "fma", "bmi", "bmi2", "f16c", "lzcnt", "movbe"}))
    text = all({"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"})
               ? "x86-64-v4"
               : "x86-64-v3";
  const Base *base =
      llvm::find_if(kBases, [&](const Base &b) { return text == b.name; });
  for (const char *feature : kHostFeatures)
    if (host.lookup(feature) &&
        llvm::any_of(base->optional, [&](StringRef f) { return f == feature; }))
      text += std::string("+") + feature;
  return text;
}

static std::unique_ptr<llvm::MCSubtargetInfo>
createSubtarget(StringRef triple, StringRef chip, StringRef features) {
  const llvm::Target *target = codegen::findBackEnd(triple);
  if (!target)
    return nullptr;
  return std::unique_ptr<llvm::MCSubtargetInfo>(
      target->createMCSubtargetInfo(llvm::Triple(triple), chip, features));
}

bool cpu::hasFeatures(const TargetSpec &spec, StringRef features) {
  std::string own;
  for (const std::string &feature : spec.features)
    own += (own.empty() ? "+" : ",+") + feature;
  auto info = createSubtarget(spec.triple, spec.chip, own);
  return info && info->checkFeatures(features);
}

FailureOr<TargetSpec> CPUBackend::parse(StringRef text,
                                        EmitError emitError) const {
  std::string host;
  if (text == "host") {
    host = getHostText();
    text = host;
  }
  SmallVector<StringRef> parts;
  text.split(parts, '+');
  const Base *base =
      llvm::find_if(kBases, [&](const Base &b) { return parts[0] == b.name; });
  if (base == std::end(kBases)) {
    InFlightDiagnostic diag = emitError();
    diag << "unknown CPU '" << parts[0] << "'; choose host";
    for (const Base &b : kBases)
      diag << ", " << b.name;
    return diag << ", with features behind it: cpu:x86-64-v4+avx512vnni";
  }
  TargetSpec spec;
  spec.device = "cpu";
  spec.triple = base->triple;
  spec.chip = base->chip;
  auto info = createSubtarget(spec.triple, spec.chip, "");
  if (!info)
    return emitError() << "this build of LLVM has no back end for "
                       << spec.triple;
  spec.name = std::string("cpu:") + base->name;
  SmallVector<StringRef> features(ArrayRef(parts).drop_front());
  llvm::sort(features);
  features.erase(llvm::unique(features), features.end());
  for (StringRef feature : features) {
    bool offered =
        llvm::any_of(base->optional, [&](StringRef f) { return f == feature; });
    if (!offered || llvm::none_of(info->getAllProcessorFeatures(),
                                  [&](const llvm::SubtargetFeatureKV &f) {
                                    return feature == f.Key;
                                  }))
      return emitError() << "'" << feature << "' is no feature to name with "
                         << base->name << "; choose among "
                         << llvm::join(base->optional, ", ");
    spec.features.push_back(feature.str());
    spec.name += ("+" + feature).str();
  }
  spec.features.insert(spec.features.end(), base->always.begin(),
                       base->always.end());
  return spec;
}

void CPUBackend::buildCodegenPipeline(OpPassManager &pm,
                                      const TargetSpec &spec) const {
  DistributeWorkgroupsOptions loop;
  loop.mode = "loop";
  pm.addNestedPass<func::FuncOp>(createDistributeWorkgroups(loop));
  pm.addNestedPass<func::FuncOp>(createLowerRowsGroupedMatmul());
  pm.addNestedPass<func::FuncOp>(createLowerRowsMatmul());
  pm.addNestedPass<func::FuncOp>(createLowerRowsFloatMatmul());
  pm.addNestedPass<func::FuncOp>(createLowerRowsTopK());
  pm.addNestedPass<func::FuncOp>(createLowerRowsNearest());
  pm.addNestedPass<func::FuncOp>(createLowerRowsSegmentSum());
  pm.addNestedPass<func::FuncOp>(createLowerRowsSelect());
  pm.addNestedPass<func::FuncOp>(createLowerRowsInsert());
  pm.addNestedPass<func::FuncOp>(createLowerRowsQuantize());
  pm.addNestedPass<func::FuncOp>(createLowerRowsAttention());
  pm.addNestedPass<func::FuncOp>(createLowerRowsScan());
  pm.addNestedPass<func::FuncOp>(createCPUExpandCopies());
  pm.addNestedPass<func::FuncOp>(createConvertLinalgToLoopsPass());
  pm.addNestedPass<func::FuncOp>(createCanonicalizerPass());
  pm.addNestedPass<func::FuncOp>(createCSEPass());
  pm.addNestedPass<func::FuncOp>(createExpandMath());
  // Half precision is storage: what is computed, is computed in f32.
  arith::ArithEmulateUnsupportedFloatsOptions emulate;
  emulate.sourceTypeStrs = {"bf16", "f16"};
  emulate.targetTypeStr = "f32";
  pm.addNestedPass<func::FuncOp>(
      arith::createArithEmulateUnsupportedFloats(emulate));
  CPUExpandFloatsOptions floats;
  llvm::Triple triple(spec.triple);
  floats.half =
      triple.isX86() ? !cpu::hasFeatures(spec, "+f16c") : triple.isRISCV();
  floats.fma = triple.isX86() && !cpu::hasFeatures(spec, "+fma");
  pm.addNestedPass<func::FuncOp>(createCPUExpandFloats(floats));
  pm.addNestedPass<func::FuncOp>(createConvertVectorToSCFPass());
  pm.addNestedPass<func::FuncOp>(createLowerAffinePass());
  pm.addNestedPass<func::FuncOp>(createCPUScratch());
  pm.addPass(createCPUKernelABI());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createSCFToControlFlowPass());
  arith::ArithExpandOpsPassOptions expand;
  expand.includeBf16 = true;
  pm.addPass(arith::createArithExpandOpsPass(expand));
  pm.addPass(createConvertVectorToLLVMPass());
  pm.addPass(createConvertMathToLLVMPass());
  pm.addPass(createFinalizeMemRefToLLVMConversionPass());
  pm.addPass(createArithToLLVMConversionPass());
  pm.addPass(createConvertControlFlowToLLVMPass());
  pm.addPass(createConvertIndexToLLVMPass());
  pm.addPass(createUBToLLVMConversionPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void cpu::registerTarget() {
  kernels::registerDotEngine(createAVX512VNNIEngine(/*bytePermute=*/false));
  kernels::registerDotEngine(createAVX512VNNIEngine(/*bytePermute=*/true));
  kernels::registerDotEngine(createAVXVNNIEngine());
  kernels::registerDotEngine(createAVX2Engine());
  kernels::registerDotEngine(createNeonDotEngine());
  kernels::registerDotEngine(createPortableEngine());
  tercet::registerTarget(std::make_unique<CPUBackend>());
}
