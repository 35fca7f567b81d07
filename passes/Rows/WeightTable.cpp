//===- WeightTable.cpp - declares what the artifact stores ----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Rows/WeightTable.h"
#include "dialects/Ternary/Codes/Code.h"

using namespace mlir;
using namespace tercet;

Value WeightTable::declare(OpBuilder &b, Location loc,
                           ml_program::GlobalOp global, StringRef suffix,
                           rows::WeightTransform transform,
                           ternary::CodeAttr code,
                           ternary::SparsityAttr sparsity,
                           RankedTensorType type) {
  // "." cannot clash with the global itself: that symbol is still taken.
  std::string name = (global.getSymName() + suffix).str();
  auto weight = module.lookupSymbol<rows::WeightOp>(name);
  if (!weight) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(global);
    auto source = cast<RankedTensorType>(global.getType());
    auto select = global->getAttrOfType<DenseI64ArrayAttr>(kSelectAttr);
    if (auto of = global->getAttrOfType<IntegerAttr>(kSelectOfAttr);
        select && of) {
      SmallVector<int64_t> shape(source.getShape());
      shape.front() = of.getInt();
      source = source.clone(shape);
    }
    weight = rows::WeightOp::create(b, global.getLoc(), name, getKey(global),
                                    source, transform, code, sparsity, select,
                                    type, global->hasAttr("tercet.rebindable"),
                                    b.getStringAttr("private"));
  }
  return rows::LoadWeightOp::create(
      b, loc, type, FlatSymbolRefAttr::get(weight.getSymNameAttr()));
}

FailureOr<Value> WeightTable::loadPacked(OpBuilder &b, Operation *user,
                                         Value source, RankedTensorType type,
                                         ternary::CodeAttr code) {
  auto transform = rows::WeightTransform::Encode;
  ternary::SparsityAttr sparsity = code.getSparsity();
  if (auto ternarize = source.getDefiningOp<ternary::TernarizeOp>()) {
    transform = rows::WeightTransform::TernarizeEncode;
    sparsity = ternarize.getSparsityAttr();
    source = ternarize.getInput();
  }
  ml_program::GlobalOp global = getExternalGlobal(source);
  if (!global)
    return user->emitOpError("weight must be an external ml_program.global, "
                             "directly or through ternary.ternarize");
  const ternary::Code &impl = ternary::getCode(code.getKind());
  SmallVector<int64_t> shape(type.getShape());
  int64_t &rows = shape[shape.size() - 2], &columns = shape.back();
  rows = ternary::Code::getPanels(rows);
  columns = impl.getPanelBytes(columns);
  auto packed = RankedTensorType::get(shape, b.getI8Type());
  // The sparsity is part of the name: two ternarizes of one master may differ.
  std::string suffix = "." + impl.getName().str();
  if (sparsity)
    suffix += "." + std::to_string(sparsity.getN()) + "_" +
              std::to_string(sparsity.getM()) +
              (sparsity.getExact() ? "x" : "");
  return declare(b, user->getLoc(), global, suffix, transform, code, sparsity,
                 packed);
}

FailureOr<Value> WeightTable::loadScale(OpBuilder &b, ternary::TernarizeOp op) {
  ml_program::GlobalOp global = getExternalGlobal(op.getInput());
  if (!global)
    return op.emitOpError("input must be an external ml_program.global");
  return declare(b, op.getLoc(), global, ".ternarize_scale",
                 rows::WeightTransform::TernarizeScale, {},
                 op.getSparsityAttr(),
                 cast<RankedTensorType>(op.getScale().getType()));
}

Value WeightTable::loadIdentity(OpBuilder &b,
                                ml_program::GlobalLoadConstOp load,
                                ml_program::GlobalOp global) {
  return declare(b, load.getLoc(), global, ".data",
                 rows::WeightTransform::Identity, {}, {},
                 cast<RankedTensorType>(load.getType()));
}

Value WeightTable::loadBytes(OpBuilder &b, Location loc,
                             ml_program::GlobalOp global) {
  auto type = cast<RankedTensorType>(global.getType());
  SmallVector<int64_t> shape(type.getShape());
  if (type.getElementTypeBitWidth() == 4)
    shape.back() /= 2;
  return declare(b, loc, global, ".bytes", rows::WeightTransform::Bytes, {}, {},
                 RankedTensorType::get(shape, b.getI8Type()));
}
