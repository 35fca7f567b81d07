//===- ExternalWeights.cpp - weights that a file holds ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/Transforms/ExternalWeights.h"
#include "dialects/Latent/IR/Latent.h"
#include "dialects/Ternary/IR/Ternary.h"
#include "llvm/ADT/Sequence.h"

using namespace mlir;
using namespace tercet;

ml_program::GlobalOp tercet::getExternalGlobal(Value value) {
  auto load = value.getDefiningOp<ml_program::GlobalLoadConstOp>();
  if (!load)
    return {};
  auto global = SymbolTable::lookupNearestSymbolFrom<ml_program::GlobalOp>(
      load, load.getGlobalAttr());
  if (!global || !isa<RankedTensorType>(global.getType()) ||
      !isa_and_nonnull<ml_program::ExternAttr>(global.getValueAttr()))
    return {};
  return global;
}

StringRef tercet::getKey(ml_program::GlobalOp global) {
  auto key = global->getAttrOfType<StringAttr>("tercet.key");
  return key ? key.getValue() : global.getSymName();
}

static RankedTensorType withSlices(Type type, int64_t count) {
  auto ranked = cast<RankedTensorType>(type);
  SmallVector<int64_t> shape(ranked.getShape());
  shape.front() = count;
  return ranked.clone(shape);
}

/// A load of a new global that has some of the slices of the old one.
FailureOr<Value> WeightSelector::selectLoad(Value weight,
                                            ArrayRef<int64_t> list) {
  ml_program::GlobalOp global = getExternalGlobal(weight);
  if (!global || cast<RankedTensorType>(global.getType()).getRank() == 0)
    return failure();
  OpBuilder b(global);
  RankedTensorType type = withSlices(global.getType(), list.size());
  ml_program::GlobalOp &picked =
      globals[{global, List(list.begin(), list.end())}];
  if (!picked) {
    SmallVector<int64_t> slices(list);
    int64_t of = cast<RankedTensorType>(global.getType()).getDimSize(0);
    if (auto before = global->getAttrOfType<DenseI64ArrayAttr>(kSelectAttr)) {
      for (int64_t &slice : slices)
        slice = before[slice];
      of = global->getAttrOfType<IntegerAttr>(kSelectOfAttr).getInt();
    }
    picked = cast<ml_program::GlobalOp>(b.clone(*global));
    picked.setTypeAttr(TypeAttr::get(type));
    picked.setValueAttr(ml_program::ExternAttr::get(b.getContext(), type));
    picked->setAttr("tercet.key", b.getStringAttr(getKey(global)));
    picked->setAttr(kSelectAttr, b.getDenseI64ArrayAttr(slices));
    picked->setAttr(kSelectOfAttr, b.getI64IntegerAttr(of));
    symbols.insert(picked);
  }
  b.setInsertionPointAfterValue(weight);
  return ml_program::GlobalLoadConstOp::create(
             b, weight.getLoc(), type,
             FlatSymbolRefAttr::get(picked.getSymNameAttr()))
      .getResult();
}

FailureOr<Value> WeightSelector::select(Operation *user, Value weight,
                                        ArrayRef<int64_t> list) {
  auto type = cast<RankedTensorType>(weight.getType());
  auto all = llvm::seq<int64_t>(0, type.getRank() ? type.getDimSize(0) : 0);
  if (llvm::equal(list, all))
    return weight;
  Value &known =
      selected[{weight.getAsOpaquePointer(), List(list.begin(), list.end())}];
  if (known)
    return known;
  FailureOr<Value> load = selectLoad(weight, list);
  if (succeeded(load))
    return known = *load;
  Operation *producer = weight.getDefiningOp();
  if (!isa_and_nonnull<ternary::TernarizeOp, latent::DequantizeOp>(producer))
    return user->emitOpError(
        "weights of experts must be external ml_program.globals, directly or "
        "through ternary.ternarize or latent.dequantize, to be picked from");
  SmallVector<Value> operands;
  for (Value operand : producer->getOperands()) {
    FailureOr<Value> slices = select(user, operand, list);
    if (failed(slices))
      return failure();
    operands.push_back(*slices);
  }
  OpBuilder b(producer);
  Operation *clone = b.clone(*producer);
  clone->setOperands(operands);
  // Of a ternarize the trits and the scales are both by expert.
  for (auto [from, to] :
       llvm::zip(producer->getResults(), clone->getResults())) {
    to.setType(withSlices(from.getType(), list.size()));
    selected[{from.getAsOpaquePointer(), List(list.begin(), list.end())}] = to;
  }
  return selected[{weight.getAsOpaquePointer(),
                   List(list.begin(), list.end())}];
}
