//===- DotEngine.cpp - registry of dot engines ----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Kernels/DotEngine.h"
#include <map>
#include <mutex>

using namespace tercet::kernels;

DotEngine::~DotEngine() = default;

namespace {
struct Registry {
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<DotEngine>> engines;
};
} // namespace

static Registry &getRegistry() {
  static Registry registry;
  return registry;
}

void tercet::kernels::registerDotEngine(std::unique_ptr<DotEngine> engine) {
  Registry &registry = getRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  std::string name = engine->getName().str();
  registry.engines.try_emplace(std::move(name), std::move(engine));
}

const DotEngine *tercet::kernels::lookupDotEngine(llvm::StringRef name) {
  Registry &registry = getRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  auto it = registry.engines.find(name.str());
  return it == registry.engines.end() ? nullptr : it->second.get();
}

void tercet::kernels::registerDotEngineDialects(
    mlir::DialectRegistry &dialects) {
  Registry &registry = getRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  for (auto &[name, engine] : registry.engines)
    engine->registerDialects(dialects);
}
