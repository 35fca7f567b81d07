//===- ExpertLayers.h - the layers of a model that route -*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_LATENT_TRANSFORMS_EXPERTLAYERS_H
#define TERCET_DIALECTS_LATENT_TRANSFORMS_EXPERTLAYERS_H

#include "dialects/Latent/IR/Latent.h"
#include "dialects/Latent/Transforms/ExpertStatistics.h"
#include "dialects/Latent/Transforms/ExternalWeights.h"

namespace tercet::latent {

/// The name of a layer in a histogram: the key of its router's weight. Fails
/// with an error at `op` where the router is no external global.
mlir::FailureOr<llvm::StringRef> getLayerName(mlir::Operation *op,
                                              mlir::Value router);

/// The counts of the layer of `op` with `experts` experts. Fails with an error
/// where the histogram is of another model.
mlir::FailureOr<llvm::ArrayRef<int64_t>>
getCounts(mlir::Operation *op, mlir::Value router, int64_t experts,
          const ExpertHistogram &histogram);

/// Reads the histogram of an option; an error at `loc` names what is wrong.
mlir::FailureOr<ExpertHistogram> readHistogram(mlir::Location loc,
                                               llvm::StringRef path);

} // namespace tercet::latent

#endif
