//===- AMDTarget.cpp - the target "hip" -----------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Code objects (hsaco) through LLVM's AMDGPU back end and lld, both in this
// process: no ROCm installation is needed. Code object version 5, which
// ROCm 6 and later load.
//
//===----------------------------------------------------------------------===//
#include "targets/AMD/AMDTarget.h"
#include "lib/Codegen/Codegen.h"
#include "lib/Support/Linker.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"
#include "mlir/Target/LLVMIR/Dialect/All.h"
#include "targets/AMD/CodeObject.h"
#include "targets/GPU/Configure.h"
#include "targets/GPU/ListKernels.h"
#include "targets/GPU/Pipeline.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace tercet;

static constexpr llvm::StringLiteral kTriple = "amdgcn-amd-amdhsa";
static constexpr int64_t kSharedLimit = 64 * 1024;
static constexpr unsigned kCodeObjectVersion = 500;

namespace {
/// What chips have in common; chips not listed have no four-way dot product.
struct Family {
  std::vector<StringRef> chips;
  unsigned wavefront;
  StringRef engine;
  tercet::gputarget::MatrixEngines matrices;
};
} // namespace

static ArrayRef<Family> getFamilies() {
  static const std::vector<Family> families = {
      {{"gfx906", "gfx908", "gfx90a"}, 64, "sdot4", {}},
      {{"gfx942", "gfx950"},
       64,
       "sdot4",
       {"mfma.16x16x32", "mfma.f32.16x16x4"}},
      {{"gfx1030", "gfx1031", "gfx1032", "gfx1033", "gfx1034", "gfx1035",
        "gfx1036"},
       32,
       "sdot4",
       {}},
      {{"gfx1100", "gfx1101", "gfx1102", "gfx1103", "gfx1150", "gfx1151",
        "gfx1152", "gfx1153"},
       32,
       "sudot4",
       {"wmma.16x16x16", ""}},
      {{"gfx1200", "gfx1201", "gfx1250"}, 32, "sudot4", {}}};
  return families;
}

static const Family *findFamily(StringRef chip) {
  for (const Family &family : getFamilies())
    if (llvm::is_contained(family.chips, chip))
      return &family;
  return nullptr;
}

namespace {
class AMDTarget : public TargetBackend {
public:
  StringRef getDevice() const override { return "hip"; }
  std::vector<std::string> listTargets() const override {
    return {"hip:gfx90a", "hip:gfx942", "hip:gfx1100", "hip:gfx1201"};
  }

  FailureOr<TargetSpec> parse(StringRef text,
                              EmitError emitError) const override {
    const Family *family = findFamily(text);
    if (!family || !codegen::isKnownChip(kTriple, text)) {
      std::vector<StringRef> chips;
      for (const Family &known : getFamilies())
        chips.insert(chips.end(), known.chips.begin(), known.chips.end());
      return emitError() << "unknown AMD chip '" << text
                         << "'; a target is hip:CHIP with CHIP one of "
                         << llvm::join(chips, ", ");
    }
    TargetSpec spec;
    spec.device = "hip";
    spec.name = ("hip:" + text).str();
    spec.triple = kTriple.str();
    spec.chip = text.str();
    spec.wavefront = family->wavefront;
    return spec;
  }

  void registerDialects(DialectRegistry &registry) const override {
    registry.insert<mlir::gpu::GPUDialect, LLVM::LLVMDialect,
                    ROCDL::ROCDLDialect>();
    registerAllGPUToLLVMIRTranslations(registry);
    OpPassManager pm(ModuleOp::getOperationName());
    buildCodegenPipeline(pm, TargetSpec());
    pm.getDependentDialects(registry);
  }

  LogicalResult configureKernel(func::FuncOp kernel,
                                const TargetSpec &spec) const override {
    const Family *family = findFamily(spec.chip);
    return tercet::gputarget::configureKernel(
        kernel, family ? family->engine : "portable",
        family ? family->matrices : tercet::gputarget::MatrixEngines(),
        spec.wavefront);
  }

  void buildCodegenPipeline(OpPassManager &pm,
                            const TargetSpec &) const override {
    tercet::gputarget::buildCodegenPipeline(pm, "rocdl", kSharedLimit);
  }

  FailureOr<SerializedCode>
  serialize(ModuleOp kernels, const TargetSpec &spec,
            const SerializeOptions &options) const override {
    auto code = tercet::codegen::Codegen::create(kernels, spec, options);
    if (!code)
      return failure();
    llvm::Module &module = code->getModule();
    module.addModuleFlag(llvm::Module::Error, "amdhsa_code_object_version",
                         kCodeObjectVersion);
    if (failed(code->optimize()))
      return failure();
    if (!options.saveTemps.empty()) {
      // Emission changes the module, so assembly comes from a second run.
      FailureOr<std::string> text =
          code->emitCopy(llvm::CodeGenFileType::AssemblyFile);
      if (failed(text) || failed(code->save("s", *text)))
        return failure();
    }
    FailureOr<std::string> object =
        code->emit(llvm::CodeGenFileType::ObjectFile);
    if (failed(object) || failed(code->save("o", *object)))
      return failure();
    llvm::Expected<std::vector<char>> linked = support::linkELF(
        {StringRef(*object)}, {"-shared", "-z", "defs", "--build-id=none"});
    if (!linked)
      return kernels.emitError() << llvm::toString(linked.takeError());
    StringRef bytes(linked->data(), linked->size());
    if (failed(code->save("hsaco", bytes)))
      return failure();
    SerializedCode result;
    result.kernels = tercet::gputarget::listKernels(kernels);
    if (failed(check(kernels, spec, bytes, result)))
      return failure();
    result.blobs.push_back({BlobFormat::HSACO, spec.chip, std::move(*linked)});
    return result;
  }

private:
  /// Reads the notes back: the driver and the runtime rely on them.
  static LogicalResult check(ModuleOp kernels, const TargetSpec &spec,
                             StringRef elf, SerializedCode &result) {
    llvm::Expected<std::vector<amd::KernelNote>> notes =
        amd::readKernelNotes(elf);
    if (!notes)
      return kernels.emitError("the code object cannot be read back: ")
             << llvm::toString(notes.takeError());
    for (KernelReport &report : result.kernels) {
      auto note = llvm::find_if(*notes, [&](const amd::KernelNote &n) {
        return n.name == report.name;
      });
      if (note == notes->end())
        return kernels.emitError("the code object has no kernel '")
               << report.name << "'";
      if (failed(checkABI(kernels, spec, report, *note)))
        return failure();
      report.registers = note->vgprs;
      report.spills = note->vgprSpills + note->sgprSpills;
      report.sharedBytes = note->sharedBytes;
      report.scratchBytes = note->scratchBytes;
      if (report.spills)
        kernels.emitWarning("kernel '")
            << report.name << "' spills " << report.spills << " registers on "
            << spec.chip << "; smaller tile_sizes in its config help";
    }
    return success();
  }

  /// Buffers, then constants, eight bytes each, and nothing hidden.
  static LogicalResult checkABI(ModuleOp kernels, const TargetSpec &spec,
                                const KernelReport &report,
                                const amd::KernelNote &note) {
    auto kernel = kernels.lookupSymbol<LLVM::LLVMFuncOp>(report.name);
    auto complain = [&](const llvm::Twine &what) {
      return kernel.emitError("the code object breaks the kernel ABI: ")
             << what;
    };
    if (note.arguments.size() != kernel.getNumArguments())
      return complain("it takes " + llvm::Twine(note.arguments.size()) +
                      " arguments, the kernel " +
                      llvm::Twine(kernel.getNumArguments()));
    for (auto [i, arg] : llvm::enumerate(note.arguments)) {
      bool pointer =
          isa<LLVM::LLVMPointerType>(kernel.getArgument(i).getType());
      if (arg.kind != (pointer ? "global_buffer" : "by_value") ||
          arg.size != 8 || arg.offset != 8 * i)
        return complain("argument " + llvm::Twine(i) + " is " +
                        llvm::Twine(arg.size) + " bytes of " + arg.kind +
                        " at " + llvm::Twine(arg.offset));
    }
    if (note.wavefront != spec.wavefront)
      return complain("waves of " + llvm::Twine(note.wavefront));
    if (note.maxWorkgroup != report.workgroupSize)
      return complain("workgroups of " + llvm::Twine(note.maxWorkgroup));
    // Less than was planned is right: LLVM leaves out what it finds unused.
    if (note.sharedBytes > kSharedLimit)
      return complain(llvm::Twine(note.sharedBytes) +
                      " bytes of shared memory");
    return success();
  }
};
} // namespace

std::unique_ptr<TargetBackend> tercet::createAMDTarget() {
  return std::make_unique<AMDTarget>();
}
