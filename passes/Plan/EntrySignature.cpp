//===- EntrySignature.cpp - dimensions of an entry function ---------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Plan/EntrySignature.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace tercet;

StringAttr EntrySignature::getName(Attribute name, unsigned number,
                                   MLIRContext *ctx) {
  if (auto string = dyn_cast_or_null<StringAttr>(name))
    return string;
  return StringAttr::get(ctx, std::to_string(number));
}

/// The bound of an axis from `tercet.bound`: an integer for the one dynamic
/// axis, or an integer per axis.
static FailureOr<int64_t> getBound(func::FuncOp entry, unsigned arg,
                                   int64_t axis) {
  Attribute attr = entry.getArgAttr(arg, "tercet.bound");
  int64_t bound = 0;
  if (auto one = dyn_cast_or_null<IntegerAttr>(attr))
    bound = one.getInt();
  else if (auto all = dyn_cast_or_null<ArrayAttr>(attr)) {
    if (axis < static_cast<int64_t>(all.size()))
      if (auto value = dyn_cast<IntegerAttr>(all[axis]))
        bound = value.getInt();
  }
  if (bound <= 0)
    return entry.emitError("axis ")
           << axis << " of argument " << arg << " of @" << entry.getSymName()
           << " is dynamic and needs an upper bound: {tercet.bound = N}";
  return bound;
}

/// An argument of type index: a variable of its own.
LogicalResult EntrySignature::addScalar(func::FuncOp entry, unsigned arg) {
  StringAttr name = getName(entry.getArgAttr(arg, "tercet.name"), arg, ctx);
  auto bound = entry.getArgAttrOfType<IntegerAttr>(arg, "tercet.bound");
  if (!bound || bound.getInt() <= 0)
    return entry.emitError("argument ")
           << arg << " of @" << entry.getSymName()
           << " is an index and needs the greatest value that it can have: "
              "{tercet.bound = N}";
  auto [it, inserted] = named.try_emplace(name.getValue(), dims.size());
  if (!inserted)
    return entry.emitError("argument ")
           << arg << " of @" << entry.getSymName() << " is called " << name
           << ", which is the name of another dimension as well";
  values.push_back(dims.size());
  dims.push_back(plan::DimAttr::get(ctx, name, bound.getInt()));
  bounds.push_back(bound.getInt());
  return success();
}

/// `tercet.range` of an argument: [least, one past the greatest].
LogicalResult EntrySignature::addRange(func::FuncOp entry, unsigned arg) {
  Attribute attr = entry.getArgAttr(arg, "tercet.range");
  Attribute set = entry.getArgAttr(arg, "tercet.ascending");
  auto vector = dyn_cast<RankedTensorType>(entry.getArgumentTypes()[arg]);
  if (set && (!attr || !isa<UnitAttr>(set) || !vector || vector.getRank() != 1))
    return entry.emitError("argument ")
           << arg << " of @" << entry.getSymName() << " of type "
           << entry.getArgumentTypes()[arg]
           << " has tercet.ascending; it stands alone, on a tensor of one axis "
              "beside a tercet.range";
  ascending.push_back(static_cast<bool>(set));
  if (!attr) {
    ranges.push_back({});
    return success();
  }
  SmallVector<int64_t> range;
  if (auto array = dyn_cast<ArrayAttr>(attr)) {
    for (Attribute value : array)
      if (auto integer = dyn_cast<IntegerAttr>(value))
        range.push_back(integer.getInt());
  } else if (auto dense = dyn_cast<DenseI64ArrayAttr>(attr)) {
    range.assign(dense.asArrayRef().begin(), dense.asArrayRef().end());
  }
  auto tensor = dyn_cast<RankedTensorType>(entry.getArgumentTypes()[arg]);
  unsigned bits = !tensor                                         ? 0
                  : tensor.getElementType().isSignlessInteger(32) ? 32
                  : tensor.getElementType().isSignlessInteger(64) ? 64
                                                                  : 0;
  if (!bits || range.size() != 2 || range[0] >= range[1] ||
      !llvm::isIntN(bits, range[0]) || !llvm::isIntN(bits, range[1] - 1))
    return entry.emitError("argument ")
           << arg << " of @" << entry.getSymName() << " of type "
           << entry.getArgumentTypes()[arg] << " has tercet.range = " << attr
           << "; a tensor of i32 or i64 takes [least, one past the greatest] "
              "of values that it holds";
  ranges.push_back(DenseI64ArrayAttr::get(ctx, range));
  return success();
}

FailureOr<EntrySignature> EntrySignature::get(func::FuncOp entry) {
  EntrySignature signature;
  MLIRContext *ctx = signature.ctx = entry.getContext();
  llvm::StringMap<unsigned> &named = signature.named;
  // Axes first: the numbers of their variables do not depend on scalars.
  for (auto [i, type] : llvm::enumerate(entry.getArgumentTypes())) {
    if (failed(signature.addRange(entry, i)))
      return failure();
    if (isa<IndexType>(type)) {
      signature.variables.emplace_back();
      signature.sizes.emplace_back();
      continue;
    }
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.getElementType().isIntOrFloat())
      return entry.emitError("argument ")
             << i << " of @" << entry.getSymName()
             << " must be a ranked tensor of integers or floats, or an index, "
                "got "
             << type;
    SmallVector<int64_t> variables, sizes(tensor.getShape());
    auto names =
        dyn_cast_or_null<ArrayAttr>(entry.getArgAttr(i, "tercet.dims"));
    for (int64_t axis = 0, e = tensor.getRank(); axis < e; ++axis) {
      if (!tensor.isDynamicDim(axis)) {
        variables.push_back(-1);
        continue;
      }
      FailureOr<int64_t> bound = getBound(entry, i, axis);
      if (failed(bound))
        return failure();
      std::string name;
      if (names && axis < static_cast<int64_t>(names.size()))
        if (auto string = dyn_cast<StringAttr>(names[axis]))
          name = string.getValue().str();
      if (name.empty())
        name = (getName(entry.getArgAttr(i, "tercet.name"), i, ctx).getValue() +
                "." + Twine(axis))
                   .str();
      auto [it, inserted] = named.try_emplace(name, signature.dims.size());
      if (inserted) {
        signature.dims.push_back(
            plan::DimAttr::get(ctx, StringAttr::get(ctx, name), *bound));
        signature.bounds.push_back(*bound);
      } else if (signature.bounds[it->second] != *bound) {
        return entry.emitError("dimension '")
               << name << "' of @" << entry.getSymName()
               << " has two different bounds, " << signature.bounds[it->second]
               << " and " << *bound;
      }
      variables.push_back(it->second);
    }
    signature.variables.push_back(std::move(variables));
    signature.sizes.push_back(std::move(sizes));
  }
  for (auto [i, type] : llvm::enumerate(entry.getArgumentTypes())) {
    if (!isa<IndexType>(type))
      signature.values.push_back(-1);
    else if (failed(signature.addScalar(entry, i)))
      return failure();
  }
  return signature;
}

AffineExpr EntrySignature::getArgSize(unsigned arg, int64_t axis) const {
  int64_t variable = variables[arg][axis];
  return variable < 0 ? getAffineConstantExpr(sizes[arg][axis], ctx)
                      : getAffineDimExpr(variable, ctx);
}

AffineExpr EntrySignature::getExpr(Value index) const {
  if (std::optional<int64_t> constant = getConstantIntValue(index))
    return getAffineConstantExpr(*constant, ctx);
  if (auto arg = dyn_cast<BlockArgument>(index))
    return values[arg.getArgNumber()] < 0
               ? AffineExpr()
               : getAffineDimExpr(values[arg.getArgNumber()], ctx);
  Operation *op = index.getDefiningOp();
  if (auto dim = dyn_cast_or_null<tensor::DimOp>(op)) {
    auto arg = dyn_cast<BlockArgument>(dim.getSource());
    std::optional<int64_t> axis = dim.getConstantIndex();
    return arg && axis ? getArgSize(arg.getArgNumber(), *axis) : AffineExpr();
  }
  if (auto apply = dyn_cast_or_null<affine::AffineApplyOp>(op)) {
    AffineMap map = apply.getAffineMap();
    SmallVector<AffineExpr> operands;
    for (Value v : apply.getMapOperands()) {
      operands.push_back(getExpr(v));
      if (!operands.back())
        return {};
    }
    return map.getResult(0).replaceDimsAndSymbols(
        ArrayRef(operands).take_front(map.getNumDims()),
        ArrayRef(operands).drop_front(map.getNumDims()));
  }
  if (!op || op->getNumOperands() != 2)
    return {};
  AffineExpr a = getExpr(op->getOperand(0)), b = getExpr(op->getOperand(1));
  if (!a || !b)
    return {};
  if (isa<arith::AddIOp>(op))
    return a + b;
  if (isa<arith::MulIOp>(op))
    return a * b;
  if (isa<arith::CeilDivSIOp, arith::CeilDivUIOp>(op))
    return a.ceilDiv(b);
  if (isa<arith::DivSIOp, arith::FloorDivSIOp, arith::DivUIOp>(op))
    return a.floorDiv(b);
  return {};
}

static int64_t evaluate(AffineExpr expr, ArrayRef<int64_t> dims) {
  SmallVector<AffineExpr> values;
  for (int64_t dim : dims)
    values.push_back(getAffineConstantExpr(dim, expr.getContext()));
  return cast<AffineConstantExpr>(
             simplifyAffineExpr(expr.replaceDims(values), 0, 0))
      .getValue();
}

int64_t EntrySignature::evaluateAtBound(AffineExpr expr) const {
  return evaluate(expr, bounds);
}

int64_t EntrySignature::evaluateAtZero(AffineExpr expr) const {
  return evaluate(expr, SmallVector<int64_t>(bounds.size(), 0));
}
