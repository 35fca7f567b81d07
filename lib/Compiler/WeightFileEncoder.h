//===- WeightFileEncoder.h - weights of compiled artifacts ------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Encodes the weights that artifacts were compiled without. The artifacts say
// what lies where and how it is made; the values come from a WeightStore, one
// matrix at a time.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_COMPILER_WEIGHTFILEENCODER_H
#define TERCET_LIB_COMPILER_WEIGHTFILEENCODER_H

#include "lib/Compiler/WeightStore.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/MemoryBuffer.h"

namespace tercet::compiler {

class WeightFileEncoder {
public:
  explicit WeightFileEncoder(mlir::MLIRContext &context) : context(context) {}

  /// Reads an artifact; one after the first has to have its layout.
  llvm::Error addArtifact(llvm::StringRef path);
  /// The name that the first artifact gives its weight file.
  llvm::StringRef getName() const { return name; }

  /// Binds every weight and writes the file. Fails after saying why.
  mlir::FailureOr<artifact::Digest> encode(WeightStore &weights,
                                           llvm::StringRef path);
  /// The weights' digest of a file that exists, if it has the artifacts'
  /// layout.
  llvm::Expected<artifact::Digest> check(llvm::StringRef path) const;
  /// Makes the artifacts refer to a file of these weights, each in one step.
  llvm::Error complete(llvm::StringRef fileName,
                       const artifact::Digest &weights);

  /// Of the last encode(): bytes of weights read and written.
  uint64_t getSourceBytes() const { return sourceBytes; }
  uint64_t getStoredBytes() const { return layout.getLength(); }

private:
  struct Artifact {
    std::string path;
    std::unique_ptr<llvm::MemoryBuffer> bytes;
  };

  mlir::MLIRContext &context;
  std::vector<Artifact> artifacts;
  std::string name;
  artifact::WeightLayout layout;
  artifact::Digest digest{};
  uint64_t sourceBytes = 0;
};

} // namespace tercet::compiler

#endif
