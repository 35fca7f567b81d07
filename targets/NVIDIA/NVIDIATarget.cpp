//===- NVIDIATarget.cpp - the target "cuda" -------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// PTX through LLVM for every chip from sm_75 on that it knows, and a cubin
// beside it where ptxas is found. The PTX version is the least that the chip
// takes, so that old drivers read it.
//
//===----------------------------------------------------------------------===//
#include "targets/NVIDIA/NVIDIATarget.h"
#include "lib/Codegen/Codegen.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "targets/GPU/Configure.h"
#include "targets/GPU/ListKernels.h"
#include "targets/GPU/Pipeline.h"
#include "targets/NVIDIA/Ptxas.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace tercet;

static constexpr llvm::StringLiteral kTriple = "nvptx64-nvidia-cuda";
/// Shared memory that a kernel may declare without asking the driver for more.
static constexpr int64_t kSharedLimit = 48 * 1024;

/// 90 of sm_90a, 0 of what is no chip.
static unsigned getNumber(StringRef chip) {
  unsigned number = 0;
  return chip.consume_front("sm_") && !chip.consumeInteger(10, number) ? number
                                                                       : 0;
}

/// sm_75 and later: what today's drivers and assemblers take.
static bool isSupported(StringRef chip) { return getNumber(chip) >= 75; }

/// Warp-wide integer matrix instructions: sm_80 and later.
static bool hasMma(StringRef chip) { return getNumber(chip) >= 80; }

/// Sparse matrix instructions are of PTX 8.5, which chips before sm_100 are
/// older than; all else is in the first version that knows the chip, and an
/// older driver takes it.
static bool usesSparseMma(ModuleOp kernels) {
  auto found = kernels.walk([](LLVM::CallIntrinsicOp call) {
    return call.getIntrin().starts_with("llvm.nvvm.mma.sp")
               ? WalkResult::interrupt()
               : WalkResult::advance();
  });
  return found.wasInterrupted();
}

/// LLVM's list is sorted as text; this one by number.
static std::vector<std::string> getChips() {
  std::vector<std::string> chips = codegen::listChips(kTriple, isSupported);
  auto key = [](StringRef chip) {
    return std::make_pair(getNumber(chip), chip);
  };
  llvm::sort(chips, [&](const std::string &a, const std::string &b) {
    return key(a) < key(b);
  });
  return chips;
}

namespace {
class NVIDIATarget : public TargetBackend {
public:
  StringRef getDevice() const override { return "cuda"; }
  std::vector<std::string> listTargets() const override {
    return {"cuda:sm_80", "cuda:sm_90a", "cuda:sm_120"};
  }

  FailureOr<TargetSpec> parse(StringRef text,
                              EmitError emitError) const override {
    if (!isSupported(text) || !codegen::isKnownChip(kTriple, text)) {
      InFlightDiagnostic diag = emitError();
      diag << "unknown NVIDIA chip '" << text << "'";
      if (text.starts_with("sm_107"))
        diag << ": this LLVM has no code generator for it";
      diag << "; a target is cuda:CHIP with CHIP one of "
           << llvm::join(getChips(), ", ");
      return diag;
    }
    TargetSpec spec;
    spec.device = "cuda";
    spec.name = ("cuda:" + text).str();
    spec.triple = kTriple.str();
    spec.chip = text.str();
    spec.wavefront = 32;
    return spec;
  }

  void registerDialects(DialectRegistry &registry) const override {
    registry
        .insert<mlir::gpu::GPUDialect, LLVM::LLVMDialect, NVVM::NVVMDialect>();
    registerAllGPUToLLVMIRTranslations(registry);
    OpPassManager pm(ModuleOp::getOperationName());
    buildCodegenPipeline(pm, TargetSpec());
    pm.getDependentDialects(registry);
  }

  LogicalResult configureKernel(func::FuncOp kernel,
                                const TargetSpec &spec) const override {
    return tercet::gputarget::configureKernel(
        kernel, "dp4a",
        hasMma(spec.chip)
            ? tercet::gputarget::MatrixEngines{"mma.m16n8k32",
                                               "mma.3xtf32.m16n8k8"}
            : tercet::gputarget::MatrixEngines(),
        spec.wavefront);
  }

  void buildCodegenPipeline(OpPassManager &pm,
                            const TargetSpec &) const override {
    tercet::gputarget::buildCodegenPipeline(pm, "nvvm", kSharedLimit);
  }

  FailureOr<SerializedCode>
  serialize(ModuleOp kernels, const TargetSpec &spec,
            const SerializeOptions &options) const override {
    TargetSpec needed = spec;
    if (getNumber(spec.chip) < 100 && usesSparseMma(kernels))
      needed.features.push_back("ptx85");
    auto code = tercet::codegen::Codegen::create(kernels, needed, options);
    if (!code || failed(code->optimize()))
      return failure();
    FailureOr<std::string> ptx =
        code->emit(llvm::CodeGenFileType::AssemblyFile);
    if (failed(ptx) || failed(code->save("ptx", *ptx)))
      return failure();
    SerializedCode result;
    result.kernels = tercet::gputarget::listKernels(kernels);
    // Text ends with a zero byte, as the driver wants it.
    CodeBlob text{BlobFormat::PTX, spec.chip, {ptx->begin(), ptx->end()}};
    text.data.push_back('\0');
    result.blobs.push_back(std::move(text));
    if (failed(assemble(kernels, spec, *code, *ptx, result)))
      return failure();
    return result;
  }

private:
  static uint64_t countSpills(const nvidia::PtxasResult &result) {
    uint64_t bytes = 0;
    for (const KernelReport &kernel : result.kernels)
      bytes += kernel.spills;
    return bytes;
  }

  /// Adds the cubin and what ptxas knows of the kernels.
  static LogicalResult assemble(ModuleOp kernels, const TargetSpec &spec,
                                tercet::codegen::Codegen &code, StringRef ptx,
                                SerializedCode &result) {
    std::string ptxas = nvidia::findPtxas();
    if (ptxas.empty())
      return success();
    llvm::Expected<nvidia::PtxasResult> assembled =
        nvidia::runPtxas(ptxas, ptx, spec.chip);
    if (!assembled)
      return kernels.emitError()
             << llvm::toString(assembled.takeError())
             << "; --ptxas=none keeps PTX only, --ptxas=PATH names another one";
    if (assembled->chipUnknown) {
      kernels.emitWarning("'")
          << ptxas << "' is older than " << spec.chip
          << ", so there is no cubin; the driver will assemble the PTX";
      return success();
    }
    // With more and more registers to spare, until nothing spills.
    std::string text = ptx.str();
    for (unsigned more : {0, 8, 24, 56, 120}) {
      std::string again =
          nvidia::askForOccupancy(text, assembled->kernels, more);
      if (again.empty())
        break;
      llvm::Expected<nvidia::PtxasResult> next =
          nvidia::runPtxas(ptxas, again, spec.chip);
      if (!next) {
        llvm::consumeError(next.takeError());
      } else if (countSpills(*next) < countSpills(*assembled)) {
        *assembled = std::move(*next);
        text = std::move(again);
      }
    }
    for (const KernelReport &report : assembled->kernels) {
      auto it = llvm::find_if(result.kernels, [&](const KernelReport &known) {
        return known.name == report.name;
      });
      if (it == result.kernels.end())
        continue;
      it->registers = report.registers;
      it->spills = report.spills;
      it->scratchBytes = report.scratchBytes;
      it->sharedBytes = std::max(it->sharedBytes, report.sharedBytes);
      if (report.spills)
        kernels.emitWarning("kernel '")
            << report.name << "' spills " << report.spills
            << " bytes of registers on " << spec.chip
            << "; smaller tile_sizes in its config help";
    }
    if (failed(code.save("cubin", StringRef(assembled->cubin.data(),
                                            assembled->cubin.size()))))
      return failure();
    result.blobs.push_back(
        {BlobFormat::Cubin, spec.chip, std::move(assembled->cubin)});
    return success();
  }
};
} // namespace

std::unique_ptr<TargetBackend> tercet::createNVIDIATarget() {
  return std::make_unique<NVIDIATarget>();
}
