//===- DotEngine.cpp - registry of dot engines ----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Kernels/DotEngine.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include <map>
#include <mutex>

using namespace tercet::kernels;

DotEngine::~DotEngine() = default;

/// Whether decoded bytes are more than the 0, 1 and 2 of trits.
static bool hasBytes(const tercet::ternary::Code &code) {
  return code.getOffset() != 1;
}

mlir::Value DotEngine::emitDotOf(const ternary::Code &code, mlir::OpBuilder &b,
                                 mlir::Location loc, mlir::Value acc,
                                 mlir::Value codes, mlir::Value acts) const {
  return hasBytes(code) ? emitByteDot(b, loc, acc, codes, acts)
                        : emitDot(b, loc, acc, codes, acts);
}

int64_t DotEngine::getOffsetOf(const ternary::Code &code) const {
  return code.getOffset() - (hasBytes(code) ? getByteBias() : 0);
}

mlir::Value tercet::kernels::emitSignedBytes(mlir::OpBuilder &b,
                                             mlir::Location loc,
                                             mlir::Value codes) {
  mlir::TypedAttr mask = b.getI32IntegerAttr(int32_t(0x80808080));
  if (auto type = mlir::dyn_cast<mlir::VectorType>(codes.getType()))
    mask = mlir::DenseElementsAttr::get(type, mask);
  return mlir::arith::XOrIOp::create(
      b, loc, codes, mlir::arith::ConstantOp::create(b, loc, mask));
}

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
