//===- ManifestBuilder.h - the manifest of an artifact ----------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_ARTIFACT_MANIFESTBUILDER_H
#define TERCET_LIB_ARTIFACT_MANIFESTBUILDER_H

#include "dialects/Plan/IR/Plan.h"
#include "lib/Artifact/ArtifactWriter.h"
#include "lib/Artifact/ExternalWeights.h"
#include "lib/Artifact/SegmentTable.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "runtime/schema/tercet_generated.h"
#include "llvm/ADT/MapVector.h"
#include <deque>

namespace tercet::artifact {

/// "tercet 0.1.0".
llvm::StringRef getProducer();

/// Collects target entries and turns them into the manifest. Uses the schema's
/// object API, so that building twice gives the same bytes.
class ManifestBuilder {
public:
  /// With `external`, weights are laid out in a file of their own.
  explicit ManifestBuilder(const ExternalWeights *external = nullptr);
  mlir::LogicalResult addTarget(const TargetEntry &entry, WeightSource weights);

  SegmentTable &getSegments() { return segments; }
  /// After the last target: fails where the weight file that is referred to has
  /// another layout.
  mlir::LogicalResult finishWeights(mlir::ModuleOp module);
  /// The finished manifest, valid until the next call.
  llvm::ArrayRef<uint8_t> build();

private:
  /// Lists a feature that a reader must know.
  void require(llvm::StringRef feature);
  mlir::FailureOr<uint32_t> addWeight(rows::WeightOp op, WeightSource weights);
  mlir::FailureOr<uint32_t> addState(mlir::ml_program::GlobalOp op);
  mlir::LogicalResult addProgram(plan::ProgramOp op, schema::TargetT &target,
                                 const TargetEntry &entry, WeightSource weights);
  mlir::FailureOr<uint32_t> addKernel(plan::DispatchOp op,
                                      schema::TargetT &target,
                                      const TargetEntry &entry);

  /// Where a weight is: in a segment, or in the layout of the weight file.
  mlir::FailureOr<SegmentTable::Place> placeWeight(rows::WeightOp op,
                                                   WeightSource weights,
                                                   schema::WeightT &entry);

  const ExternalWeights *external;
  WeightLayout layout;
  uint32_t externalSegment = 0;
  schema::ManifestT manifest;
  SegmentTable segments;
  flatbuffers::FlatBufferBuilder builder;
  /// Bytes that are nobody else's: states' initial values.
  std::deque<std::vector<uint8_t>> owned;
};

} // namespace tercet::artifact

#endif
