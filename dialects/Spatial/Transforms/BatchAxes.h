//===- BatchAxes.h - ops with or without an axis of batches -----*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loops, axes and sizes of the linalg that an op on clusters becomes, written
// as without batches. Where there are some, theirs stand in front.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_SPATIAL_TRANSFORMS_BATCHAXES_H
#define TERCET_DIALECTS_SPATIAL_TRANSFORMS_BATCHAXES_H

#include "dialects/Ternary/Transforms/ReferenceBuilder.h"

namespace tercet::spatial {

class BatchAxes {
public:
  using Axes = ternary::ReferenceBuilder::Axes;
  using Sizes = ternary::ReferenceBuilder::Sizes;

  /// Of [N, D] or [B, N, D].
  explicit BatchAxes(mlir::Value points)
      : shape(mlir::cast<mlir::RankedTensorType>(points.getType())
                  .getShape()
                  .drop_back(2)),
        context(points.getContext()) {}

  /// How many axes are in front: one or none.
  unsigned count() const { return shape.size(); }
  /// The number of a loop.
  unsigned loop(unsigned number) const { return number + count(); }
  Axes axes(llvm::ArrayRef<unsigned> loops) const {
    Axes all = llvm::to_vector<4>(llvm::seq<unsigned>(0, count()));
    for (unsigned number : loops)
      all.push_back(loop(number));
    return all;
  }
  Sizes sizes(llvm::ArrayRef<mlir::OpFoldResult> inner) const {
    Sizes all = mlir::getAsIndexOpFoldResult(context, shape);
    llvm::append_range(all, inner);
    return all;
  }
  llvm::SmallVector<int64_t> dims(llvm::ArrayRef<int64_t> inner) const {
    llvm::SmallVector<int64_t> all(shape);
    llvm::append_range(all, inner);
    return all;
  }

private:
  llvm::ArrayRef<int64_t> shape;
  mlir::MLIRContext *context;
};

} // namespace tercet::spatial

#endif
