//===- ExpertStatistics.h - loads of experts, and what follows -*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Pure functions on counts; nothing here knows IR.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_LATENT_TRANSFORMS_EXPERTSTATISTICS_H
#define TERCET_DIALECTS_LATENT_TRANSFORMS_EXPERTSTATISTICS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <cstdint>
#include <vector>

namespace tercet::latent {

/// How many pairs of a token and a slot went to each expert, layer by layer:
/// what `tercet-run --profile-experts` writes,
///   {"format": "tercet-experts", "version": 1,
///    "layers": [{"name": "0.moe.router", "counts": [17, 0, ...]}, ...]}
class ExpertHistogram {
public:
  static llvm::Expected<ExpertHistogram> read(llvm::StringRef path);
  static llvm::Expected<ExpertHistogram> parse(llvm::StringRef text,
                                               llvm::StringRef name);

  /// The counts of a layer, or null.
  const std::vector<int64_t> *lookup(llvm::StringRef layer) const;

private:
  llvm::StringMap<std::vector<int64_t>> layers;
};

/// Layer-adaptive expert pruning (LAEP, arXiv 2601.14327): an expert goes where
/// its load is at most `alpha` times the mean load and it is, in ascending
/// order of load, among the first whose loads sum up to at most `beta` of all.
struct PruneRule {
  double alpha = 1, beta = 0.1;
  /// What is kept is rounded up to a multiple of this (of all, where that is
  /// not a multiple), the most loaded victims staying.
  int64_t roundTo = 1;
  int64_t minKeep = 1;
};

struct Pruning {
  llvm::SmallVector<int64_t> kept; // ascending
  /// The share of all pairs that chose an expert that is gone.
  double rerouted = 0;
};

/// Experts of equal load go in order of their number.
Pruning pruneExperts(llvm::ArrayRef<int64_t> counts, const PruneRule &rule);

/// Copies of each expert, `slots` in all: one more again and again for the one
/// with the largest load a copy (EPLB), the lower number where loads are equal.
/// `slots` is at least the number of experts.
llvm::SmallVector<int64_t> replicateExperts(llvm::ArrayRef<int64_t> counts,
                                            int64_t slots);

/// Balanced packing (longest processing time first, with as many slots on each
/// device): the expert of each slot, device after device. Experts with copies
/// are as many items, each with its part of the load. One device: hot to cold.
/// `devices` divides the number of copies.
llvm::SmallVector<int64_t> placeExperts(llvm::ArrayRef<int64_t> counts,
                                        llvm::ArrayRef<int64_t> copies,
                                        int64_t devices);

/// The largest load of a device, as a multiple of their mean; 1 without load.
double getImbalance(llvm::ArrayRef<int64_t> counts,
                    llvm::ArrayRef<int64_t> copies,
                    llvm::ArrayRef<int64_t> slots, int64_t devices);

} // namespace tercet::latent

#endif
