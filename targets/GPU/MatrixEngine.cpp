//===- MatrixEngine.cpp - registry of matrix engines ----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "targets/GPU/MatrixEngine.h"
#include <map>
#include <mutex>

using namespace tercet::gputarget;

MatrixEngine::~MatrixEngine() = default;

MatrixEngine::Source MatrixEngine::getSource(mlir::OpBuilder &b,
                                             mlir::Location loc,
                                             mlir::Value lane,
                                             unsigned i) const {
  return {getSlot(b, loc, lane), i, mlir::Value()};
}

namespace {
struct Registry {
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<MatrixEngine>> engines;
};
} // namespace

static Registry &getRegistry() {
  static Registry registry;
  return registry;
}

void tercet::gputarget::registerMatrixEngine(
    std::unique_ptr<MatrixEngine> engine) {
  Registry &registry = getRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  std::string name = engine->getName().str();
  registry.engines.try_emplace(std::move(name), std::move(engine));
}

const MatrixEngine *
tercet::gputarget::lookupMatrixEngine(llvm::StringRef name) {
  Registry &registry = getRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  auto it = registry.engines.find(name.str());
  return it == registry.engines.end() ? nullptr : it->second.get();
}

void tercet::gputarget::registerMatrixEngineDialects(
    mlir::DialectRegistry &dialects) {
  Registry &registry = getRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  for (auto &[name, engine] : registry.engines)
    engine->registerDialects(dialects);
}
