//===- ExpertLayers.cpp - the layers of a model that route -----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/Transforms/ExpertLayers.h"

using namespace mlir;
using namespace tercet;

FailureOr<StringRef> latent::getLayerName(Operation *op, Value router) {
  if (ml_program::GlobalOp global = getExternalGlobal(router))
    return getKey(global);
  return op->emitOpError("has a router that is no external ml_program.global: "
                         "a histogram has no name for its layer");
}

FailureOr<ArrayRef<int64_t>>
latent::getCounts(Operation *op, Value router, int64_t experts,
                  const ExpertHistogram &histogram) {
  FailureOr<StringRef> name = getLayerName(op, router);
  if (failed(name))
    return failure();
  const std::vector<int64_t> *counts = histogram.lookup(*name);
  if (!counts)
    return op->emitOpError("is layer '")
           << *name
           << "', which the histogram does not have: it is of another model";
  if (static_cast<int64_t>(counts->size()) != experts)
    return op->emitOpError("has ")
           << experts << " experts, but the histogram has " << counts->size()
           << " for layer '" << *name << "': it is of another model";
  return ArrayRef<int64_t>(*counts);
}

FailureOr<latent::ExpertHistogram> latent::readHistogram(Location loc,
                                                         StringRef path) {
  if (path.empty())
    return emitError(loc, "needs a histogram of experts (option histogram); "
                          "tercet-run --profile-experts writes one");
  auto histogram = ExpertHistogram::read(path);
  if (!histogram)
    return emitError(loc, llvm::toString(histogram.takeError()));
  return std::move(*histogram);
}
