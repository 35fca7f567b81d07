//===- TargetBackend.h - what a target is to the compiler -------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One backend per kind of device (cpu, cuda, hip). Adding a target is a folder
// under targets/ and a line in targets/Registry.cpp.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TARGET_TARGETBACKEND_H
#define TERCET_TARGET_TARGETBACKEND_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringRef.h"
#include <memory>
#include <string>
#include <vector>

namespace tercet {

namespace support {
class PassBisect;
} // namespace support

/// A parsed target string.
struct TargetSpec {
  /// Kind: "cpu", "cuda", "hip".
  std::string device;
  /// Canonical, concrete: "cpu:x86-64-v4+avx512vnni" (what `cpu:host` became).
  std::string name;
  std::string triple;
  /// LLVM's CPU name: "x86-64-v4", "sm_90a", "gfx942".
  std::string chip;
  /// LLVM feature names that code may use beyond the CPU's: "avx512vnni".
  std::vector<std::string> features;
  /// Threads of a wave; 1 on CPUs.
  unsigned wavefront = 1;
  bool hasFeature(llvm::StringRef f) const {
    for (const std::string &s : features)
      if (s == f)
        return true;
    return false;
  }
};

enum class BlobFormat { ELF = 0, PTX = 1, Cubin = 2, HSACO = 3 };

/// Code for one device, with the chip it is bound to ("" where it is not).
struct CodeBlob {
  BlobFormat format;
  std::string chip;
  std::vector<char> data;
};

/// What the serialiser found out about a kernel.
struct KernelReport {
  std::string name;
  unsigned workgroupSize = 1;
  unsigned sharedBytes = 0, scratchBytes = 0;
  unsigned registers = 0, spills = 0;
};

struct SerializeOptions {
  /// Keeps every intermediate (LLVM IR, assembly, objects) in this folder.
  std::string saveTemps;
  /// File name stem of the intermediates.
  std::string stem;
  /// LLVM optimisation level, 0 to 3.
  unsigned optLevel = 3;
  /// Counts and limits LLVM's optional passes, or null.
  support::PassBisect *passBisect = nullptr;
};

struct SerializedCode {
  std::vector<CodeBlob> blobs;
  std::vector<KernelReport> kernels;
};

/// Emits an error with the caller's location.
using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;

class TargetBackend {
public:
  virtual ~TargetBackend() = default;

  /// "cpu", "cuda" or "hip": what stands before the colon.
  virtual llvm::StringRef getDevice() const = 0;
  /// Examples of what `parse` takes, for messages.
  virtual std::vector<std::string> listTargets() const = 0;
  /// Parses what stands behind the colon. An error names what is valid.
  virtual mlir::FailureOr<TargetSpec> parse(llvm::StringRef text,
                                            EmitError emitError) const = 0;

  virtual void registerDialects(mlir::DialectRegistry &registry) const = 0;

  /// How kernels for this target decode ternary weights, for the choice of their
  /// storage code: "portable", "avx512" or "avx512vbmi"; "" where that is not
  /// known or the target is no CPU.
  virtual llvm::StringRef getDecoder(const TargetSpec &) const { return ""; }

  /// Sets the `config` of a kernel's root op (a rows op or a linalg op, over
  /// tensors): `{tile_sizes = array<i64: rows, outputs>, engine = "avx512vnni",
  /// ...}`. A tile of 0 leaves a loop whole. Keeps what the user has set.
  virtual mlir::LogicalResult configureKernel(mlir::func::FuncOp kernel,
                                              const TargetSpec &spec) const = 0;

  /// Kernel functions over memrefs with one top-level `scf.forall` (its induction
  /// variables are the tiles) to functions of the LLVM dialect with the ABI of
  /// runtime/include/tercet/kernel.h. Runs on a builtin.module of kernels.
  virtual void buildCodegenPipeline(mlir::OpPassManager &pm,
                                    const TargetSpec &spec) const = 0;

  /// Code for a module of the LLVM dialect.
  virtual mlir::FailureOr<SerializedCode>
  serialize(mlir::ModuleOp kernels, const TargetSpec &spec,
            const SerializeOptions &options) const = 0;

  /// The same code as one relocatable object, for `--emit=object`. Not every
  /// device has such a thing: the default is an error that says so.
  virtual mlir::FailureOr<std::vector<char>>
  emitObject(mlir::ModuleOp kernels, const TargetSpec &spec,
             const SerializeOptions &options) const {
    return kernels.emitError("target '")
           << spec.name << "' has no relocatable objects; --emit=object takes "
           << "cpu targets";
  }
};

/// Adds a backend (lib/Target); the first one for a device stays.
void registerTarget(std::unique_ptr<TargetBackend> backend);
/// Registers every backend of this build (targets/Registry.cpp); thread-safe.
void registerAllTargets();
/// Registers the passes that are a target's own, for textual pipelines. Once a
/// process.
void registerAllTargetPasses();
/// The backend of a device, or null.
const TargetBackend *lookupTarget(llvm::StringRef device);
/// All backends, sorted by device.
std::vector<const TargetBackend *> getAllTargets();
/// Parses "device:rest" with the right backend.
mlir::FailureOr<TargetSpec> parseTarget(llvm::StringRef text,
                                        EmitError emitError);
/// The target of a module: its `tercet.target` string attribute, parsed.
mlir::FailureOr<TargetSpec> getModuleTarget(mlir::ModuleOp module);

} // namespace tercet

#endif
