//===- StateVersions.cpp - which states are changed in place --------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Plan/StateVersions.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace tercet;

static bool isView(Operation *op) {
  return isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op);
}

Value tercet::getViewRoot(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isView(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

/// Operands that the kernel of a dispatch changes in place, with their results.
static SmallVector<std::pair<Value, Value>> getTied(rows::DispatchOp op,
                                                    ModuleOp kernels) {
  SmallVector<std::pair<Value, Value>> tied;
  auto kernel =
      kernels.lookupSymbol<func::FuncOp>(op.getKernel().getLeafReference());
  if (!kernel)
    return tied;
  unsigned arg = 0;
  for (Value operand : op.getOperands()) {
    if (isa<IndexType>(operand.getType()) || arg >= kernel.getNumArguments())
      continue;
    auto result = kernel.getArgAttrOfType<IntegerAttr>(arg++, "tercet.tied");
    if (result && result.getInt() >= 0 && result.getInt() < op.getNumResults())
      tied.push_back({operand, op.getResult(result.getInt())});
  }
  return tied;
}

bool StateVersions::follow(func::FuncOp entry, ModuleOp kernels,
                           SymbolRefAttr state,
                           DenseMap<Value, unsigned> &found) const {
  // Numbers of versions: the one in memory and the one that the model stored.
  unsigned memory = 0, stored = 0, next = 1;
  bool updated = false;
  for (Operation &op : entry.getBody().front()) {
    if (isView(&op) || isa<tensor::DimOp>(op))
      continue;
    for (Value operand : op.getOperands()) {
      auto version = found.find(getViewRoot(operand));
      if (version != found.end() && version->second != memory)
        return false;
    }
    if (auto load = dyn_cast<ml_program::GlobalLoadOp>(op)) {
      if (load.getGlobalAttr() != state)
        continue;
      if (stored != memory)
        return false;
      found[load.getResult()] = memory;
    } else if (auto store = dyn_cast<ml_program::GlobalStoreOp>(op)) {
      if (store.getGlobalAttr() != state)
        continue;
      if (!found.contains(getViewRoot(store.getValue())))
        memory = next++; // copied there
      stored = memory;
    } else if (auto dispatch = dyn_cast<rows::DispatchOp>(op)) {
      for (auto [operand, result] : getTied(dispatch, kernels)) {
        if (!found.contains(getViewRoot(operand)))
          continue;
        memory = next++;
        found[result] = memory;
        updated = true;
      }
    }
  }
  return updated && stored == memory;
}

StateVersions::StateVersions(func::FuncOp entry, ModuleOp kernels) {
  llvm::SetVector<SymbolRefAttr> states;
  entry.walk([&](ml_program::GlobalLoadOp load) {
    states.insert(load.getGlobalAttr());
  });
  for (SymbolRefAttr state : states) {
    DenseMap<Value, unsigned> found;
    if (!follow(entry, kernels, state, found))
      continue;
    inPlace.insert(state);
    for (auto &entry : found)
      versions.insert(entry.first);
  }
}
