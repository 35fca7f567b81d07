//===- ExpertStatistics.cpp - loads of experts, and what follows ----===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/Transforms/ExpertStatistics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include <algorithm>
#include <numeric>

using namespace llvm;
using namespace tercet::latent;

//===----------------------------------------------------------------------===//
// The file
//===----------------------------------------------------------------------===//

static Error fail(StringRef name, const Twine &why) {
  return createStringError(inconvertibleErrorCode(),
                           "'" + name + "' is no histogram of experts: " + why +
                               "; tercet-run --profile-experts writes one");
}

Expected<ExpertHistogram> ExpertHistogram::read(StringRef path) {
  auto buffer = MemoryBuffer::getFile(path);
  if (!buffer)
    return createStringError(buffer.getError(),
                             "cannot read the histogram of experts '" + path +
                                 "': " + buffer.getError().message());
  return parse((*buffer)->getBuffer(), path);
}

Expected<ExpertHistogram> ExpertHistogram::parse(StringRef text,
                                                 StringRef name) {
  Expected<json::Value> value = json::parse(text);
  if (!value)
    return fail(name, toString(value.takeError()));
  const json::Object *root = value->getAsObject();
  if (!root || root->getString("format") != "tercet-experts")
    return fail(name, "its \"format\" is not \"tercet-experts\"");
  if (root->getInteger("version") != 1)
    return fail(name, "its \"version\" is not 1");
  const json::Array *layers = root->getArray("layers");
  if (!layers)
    return fail(name, "it has no \"layers\"");
  ExpertHistogram histogram;
  for (const json::Value &entry : *layers) {
    const json::Object *layer = entry.getAsObject();
    std::optional<StringRef> layerName =
        layer ? layer->getString("name") : std::nullopt;
    const json::Array *counts = layer ? layer->getArray("counts") : nullptr;
    if (!layerName || !counts)
      return fail(name, "a layer needs a \"name\" and \"counts\"");
    std::vector<int64_t> numbers;
    for (const json::Value &count : *counts) {
      std::optional<int64_t> number = count.getAsInteger();
      if (!number || *number < 0 || *number > (int64_t(1) << 52))
        return fail(name, "layer '" + *layerName +
                              "' has a count that is no whole number from 0 to "
                              "2^52");
      numbers.push_back(*number);
    }
    if (!histogram.layers.try_emplace(*layerName, std::move(numbers)).second)
      return fail(name, "layer '" + *layerName + "' is there twice");
  }
  return histogram;
}

const std::vector<int64_t> *ExpertHistogram::lookup(StringRef layer) const {
  auto it = layers.find(layer);
  return it == layers.end() ? nullptr : &it->second;
}

//===----------------------------------------------------------------------===//
// Pruning
//===----------------------------------------------------------------------===//

/// Numbers of experts, the least loaded first.
static SmallVector<int64_t> sortByLoad(ArrayRef<int64_t> counts) {
  SmallVector<int64_t> order(counts.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::stable_sort(
      order, [&](int64_t a, int64_t b) { return counts[a] < counts[b]; });
  return order;
}

Pruning tercet::latent::pruneExperts(ArrayRef<int64_t> counts,
                                     const PruneRule &rule) {
  int64_t n = counts.size();
  double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  SmallVector<int64_t> order = sortByLoad(counts);
  // Both conditions hold for a first part of the order.
  int64_t gone = 0;
  double sum = 0;
  for (int64_t i : order) {
    sum += counts[i];
    if (counts[i] > rule.alpha * (total / n) || sum > rule.beta * total)
      break;
    ++gone;
  }
  int64_t keep = std::max(n - gone, rule.minKeep);
  keep = std::min<int64_t>(alignTo(keep, rule.roundTo), n);
  Pruning result;
  result.kept.assign(order.end() - keep, order.end());
  llvm::sort(result.kept);
  double lost = 0;
  for (int64_t i : ArrayRef(order).drop_back(keep))
    lost += counts[i];
  result.rerouted = total > 0 ? lost / total : 0;
  return result;
}

//===----------------------------------------------------------------------===//
// Placing
//===----------------------------------------------------------------------===//

SmallVector<int64_t> tercet::latent::replicateExperts(ArrayRef<int64_t> counts,
                                                      int64_t slots) {
  SmallVector<int64_t> copies(counts.size(), 1);
  for (int64_t used = counts.size(); used < slots; ++used) {
    size_t most = 0;
    // count / copies compared without division: both are whole numbers.
    for (size_t i = 1; i < counts.size(); ++i)
      if (static_cast<__int128>(counts[i]) * copies[most] >
          static_cast<__int128>(counts[most]) * copies[i])
        most = i;
    ++copies[most];
  }
  return copies;
}

SmallVector<int64_t> tercet::latent::placeExperts(ArrayRef<int64_t> counts,
                                                  ArrayRef<int64_t> copies,
                                                  int64_t devices) {
  SmallVector<int64_t> items;
  for (auto [expert, count] : llvm::enumerate(copies))
    items.append(count, expert);
  auto loadOf = [&](int64_t expert) {
    return double(counts[expert]) / copies[expert];
  };
  llvm::stable_sort(
      items, [&](int64_t a, int64_t b) { return loadOf(a) > loadOf(b); });
  size_t capacity = items.size() / devices;
  std::vector<SmallVector<int64_t>> placed(devices);
  std::vector<double> loads(devices);
  for (int64_t expert : items) {
    int64_t best = -1;
    for (int64_t d = 0; d < devices; ++d)
      if (placed[d].size() < capacity && (best < 0 || loads[d] < loads[best]))
        best = d;
    placed[best].push_back(expert);
    loads[best] += loadOf(expert);
  }
  SmallVector<int64_t> slots;
  for (ArrayRef<int64_t> device : placed)
    slots.append(device.begin(), device.end());
  return slots;
}

double tercet::latent::getImbalance(ArrayRef<int64_t> counts,
                                    ArrayRef<int64_t> copies,
                                    ArrayRef<int64_t> slots, int64_t devices) {
  std::vector<double> loads(devices);
  size_t capacity = slots.size() / devices;
  for (auto [slot, expert] : llvm::enumerate(slots))
    loads[slot / capacity] += double(counts[expert]) / copies[expert];
  double total = std::accumulate(loads.begin(), loads.end(), 0.0);
  return total > 0 ? *llvm::max_element(loads) * devices / total : 1;
}
