//===- WeightStore.h - weight files to stored bytes -------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_COMPILER_WEIGHTSTORE_H
#define TERCET_LIB_COMPILER_WEIGHTSTORE_H

#include "dialects/Rows/IR/Rows.h"
#include "lib/Artifact/ExternalWeights.h"
#include "lib/Compiler/EncodeWeight.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tercet::compiler {

/// Where weights come from: safetensors files, or made up for tests and
/// benchmarks. Bytes that are stored as they are stay in the mapped file; packed
/// ones are computed once, whatever number of targets and layers use them.
class WeightStore {
public:
  /// A file, "splat" (every value 1), "random:SEED", or without values "external"
  /// (another step encodes them) or "external:FILE" (it has written this file).
  llvm::Error addSource(llvm::StringRef text);

  /// Finds a tensor for every `rows.weight` in the modules and checks dtype and
  /// shape, so that nothing is compiled for a model that cannot be bound. One
  /// error names every weight that has none; another every one that does not fit.
  mlir::LogicalResult bind(llvm::ArrayRef<mlir::ModuleOp> modules);

  /// The stored bytes, valid as long as the store.
  mlir::FailureOr<llvm::ArrayRef<uint8_t>> getBytes(rows::WeightOp op);

  /// The stored bytes, a piece at a time: of the source no more than one matrix
  /// is in memory.
  mlir::LogicalResult stream(rows::WeightOp op, TakeBytes take);
  /// Bytes of the tensors that stream() has read.
  uint64_t getBytesRead() const { return bytesRead; }

  /// What the artifact refers to instead of holding weights, or none.
  std::optional<artifact::ExternalWeights> external;

private:
  llvm::Error addExternal(llvm::StringRef file);
  struct Located {
    const support::SafetensorsFile *file;
    const support::FileTensor *tensor;
  };
  /// The source tensor, from a file or made up.
  TensorReader openSource(rows::WeightOp op) const;
  static int64_t getSourceBytes(rows::WeightOp op);

  std::vector<std::unique_ptr<support::SafetensorsFile>> files;
  llvm::StringMap<Located> tensors;
  bool splat = false, random = false;
  uint64_t seed = 0, bytesRead = 0;
  /// Of ternarized matrices, by key, type and sparsity.
  std::map<std::string, std::vector<float>> scales;
  /// By key, transform, code, sparsity and type.
  std::map<std::string, std::vector<uint8_t>> computed;
};

} // namespace tercet::compiler

#endif
