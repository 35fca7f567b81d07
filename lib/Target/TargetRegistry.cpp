//===- TargetRegistry.cpp - the backends that are there -------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tercet/Target/TargetBackend.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <map>
#include <mutex>

using namespace mlir;
using namespace tercet;

namespace {
struct Registry {
  std::mutex mutex;
  std::map<std::string, std::unique_ptr<TargetBackend>> backends;
};
} // namespace

static Registry &getRegistry() {
  static Registry registry;
  return registry;
}

void tercet::registerTarget(std::unique_ptr<TargetBackend> backend) {
  Registry &registry = getRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  std::string device = backend->getDevice().str();
  registry.backends.try_emplace(std::move(device), std::move(backend));
}

const TargetBackend *tercet::lookupTarget(StringRef device) {
  Registry &registry = getRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  auto it = registry.backends.find(device.str());
  return it == registry.backends.end() ? nullptr : it->second.get();
}

std::vector<const TargetBackend *> tercet::getAllTargets() {
  Registry &registry = getRegistry();
  std::lock_guard<std::mutex> lock(registry.mutex);
  std::vector<const TargetBackend *> all;
  all.reserve(registry.backends.size());
  for (auto &[device, backend] : registry.backends)
    all.push_back(backend.get());
  return all;
}

FailureOr<TargetSpec> tercet::parseTarget(StringRef text, EmitError emitError) {
  auto [device, rest] = text.split(':');
  if (const TargetBackend *backend = lookupTarget(device))
    return backend->parse(rest, emitError);
  InFlightDiagnostic diag = emitError();
  diag << "unknown target '" << text << "'; a target is one of ";
  for (auto [i, backend] : llvm::enumerate(getAllTargets()))
    diag << (i ? ", " : "") << llvm::join(backend->listTargets(), ", ");
  return diag;
}

FailureOr<TargetSpec> tercet::getModuleTarget(ModuleOp module) {
  auto name = module->getAttrOfType<StringAttr>("tercet.target");
  if (!name)
    return module.emitError("has no tercet.target attribute; run assign-targets "
                            "or name one, e.g. \"cpu:x86-64-v3\"");
  return parseTarget(name.getValue(), [&] { return module.emitError(); });
}
