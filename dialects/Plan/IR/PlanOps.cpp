//===- PlanOps.cpp - verifiers of the plan ops ----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What can be said about a plan from its IR alone. Bounds, overlaps and races
// are checked on the artifact, by the verifier that the runtime runs too.
//
//===----------------------------------------------------------------------===//
#include "dialects/Plan/IR/Plan.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace tercet::plan;

#define GET_OP_CLASSES
#include "dialects/Plan/IR/PlanOps.cpp.inc"

//===----------------------------------------------------------------------===//
// ProgramOp
//===----------------------------------------------------------------------===//

namespace {
/// Whether `expr` is the sum, product or quotient of things that a plan can
/// hold: everything affine that has no symbols.
bool hasSymbol(AffineMap map) {
  for (AffineExpr e : map.getResults()) {
    bool found = false;
    e.walk([&](AffineExpr x) { found |= isa<AffineSymbolExpr>(x); });
    if (found)
      return true;
  }
  return map.getNumSymbols() != 0;
}

/// PLAN-P1 for one map. `expression` maps yield a number, so they have at least
/// one result; a shape may have none (a scalar).
LogicalResult verifyMap(Operation *op, AffineMap map, unsigned dims,
                        const Twine &what, bool expression) {
  if (map.getNumDims() != dims || hasSymbol(map))
    return op->emitOpError() << "PLAN-P1: " << what << " has to be a map over "
                             << dims << " dimension(s) and no symbols, got "
                             << AffineMapAttr::get(map);
  if (expression && map.getNumResults() == 0)
    return op->emitOpError()
           << "PLAN-P1: " << what << " has to have a result, got " << AffineMapAttr::get(map);
  return success();
}
} // namespace

/// PLAN-P6 and PLAN-P7: what an input says about its value or its elements.
static LogicalResult verifyInput(ProgramOp op, TensorAttr input,
                                 SmallVectorImpl<bool> &known) {
  int64_t dim = input.getDim();
  if (dim != -1) {
    if (dim < 0 || dim >= static_cast<int64_t>(known.size()) || known[dim] ||
        input.getShape().getNumResults() != 0 ||
        !input.getElementType().isSignlessInteger(64))
      return op.emitOpError()
             << "PLAN-P6: input " << input.getName() << " gives dimension "
             << dim << ", so it has to be an i64 without axes, and the "
             << "dimension one of the " << known.size()
             << " of the program that nothing else gives";
    known[dim] = true;
  }
  if (input.getAscending() &&
      (!input.getRange() || input.getShape().getNumResults() != 1))
    return op.emitOpError() << "PLAN-P7: input " << input.getName()
                            << " is ascending, which takes a range and one axis";
  if (DenseI64ArrayAttr range = input.getRange()) {
    unsigned bits = input.getElementType().isSignlessInteger(32)   ? 32
                    : input.getElementType().isSignlessInteger(64) ? 64
                                                                   : 0;
    if (range.size() != 2 || range[0] >= range[1] || !bits ||
        !llvm::isIntN(bits, range[0]) || !llvm::isIntN(bits, range[1] - 1))
      return op.emitOpError()
             << "PLAN-P7: input " << input.getName() << " has elements of type "
             << input.getElementType()
             << " and a range; it takes i32 or i64 and [least, one past the "
                "greatest], not empty, of values that they hold";
  }
  return success();
}

LogicalResult ProgramOp::verifyRegions() {
  unsigned dims = getDims().size();

  // PLAN-P1: every map is over exactly the program's dimensions.
  if (failed(verifyMap(*this, getArenaBytes(), dims, "arena", true)))
    return failure();
  llvm::StringSet<> names, dimNames;
  SmallVector<bool> known(dims, false);
  auto checkTensors = [&](ArrayAttr tensors, StringRef kind) -> LogicalResult {
    names.clear();
    for (auto t : tensors.getAsRange<TensorAttr>()) {
      if (failed(verifyMap(*this, t.getShape(), dims,
                           "shape of " + kind + " '" + t.getName().getValue() +
                               "'",
                           false)))
        return failure();
      // PLAN-P3: input and output names are unique.
      if (!names.insert(t.getName().getValue()).second)
        return emitOpError() << "PLAN-P3: two " << kind << "s are called "
                             << t.getName();
      Type e = t.getElementType();
      if (!e.isIntOrFloat())
        return emitOpError() << "PLAN-P3: " << kind << " " << t.getName()
                             << " has elements of type " << e
                             << ", only integers and floats have a layout";
    }
    return success();
  };
  if (failed(checkTensors(getInputs(), "input")) ||
      failed(checkTensors(getOutputs(), "output")))
    return failure();

  // PLAN-P2: every dimension appears alone on an axis of some input, or is the
  // value of one.
  for (auto t : getInputs().getAsRange<TensorAttr>())
    for (AffineExpr axis : t.getShape().getResults())
      if (auto d = dyn_cast<AffineDimExpr>(axis))
        known[d.getPosition()] = true;
  // After the axes, which are no value of a scalar as well.
  for (auto t : getInputs().getAsRange<TensorAttr>())
    if (failed(verifyInput(*this, t, known)))
      return failure();
  for (auto t : getOutputs().getAsRange<TensorAttr>())
    if (t.getDim() != -1 || t.getRange() || t.getAscending())
      return emitOpError() << "PLAN-P6: output " << t.getName()
                           << " cannot give a dimension or have a range";
  if (ArrayAttr constraints = getConstraintsAttr())
    for (auto c : constraints.getAsRange<ConstraintAttr>()) {
      if (failed(verifyMap(*this, c.getExpr(), dims, "a constraint", true)))
        return failure();
      if (c.getExpr().getNumResults() != 1 || c.getLimit() < 0)
        return emitOpError() << "PLAN-P8: a constraint has one expression and "
                                "a limit that is not negative, got "
                             << c;
    }
  for (auto [i, d] : llvm::enumerate(getDims().getAsRange<DimAttr>())) {
    if (!known[i])
      return emitOpError() << "PLAN-P2: no input has the dimension "
                           << d.getName() << " alone on an axis or as its "
                           << "value, so it cannot be found";
    if (d.getBound() < 1)
      return emitOpError() << "PLAN-P2: the bound of dimension " << d.getName()
                           << " has to be positive, got " << d.getBound();
    if (!dimNames.insert(d.getName().getValue()).second)
      return emitOpError() << "PLAN-P3: two dimensions are called "
                           << d.getName();
  }

  for (Operation &op : *getBody().begin()) {
    if (op.getDialect() != (*this)->getDialect())
      return op.emitOpError() << "PLAN-P4: a program holds plan ops only";
    // PLAN-P1 for what is inside.
    for (NamedAttribute attr : op.getAttrs()) {
      if (auto map = dyn_cast<AffineMapAttr>(attr.getValue()))
        if (failed(verifyMap(&op, map.getValue(), dims,
                             attr.getName().getValue(), true)))
          return failure();
      if (attr.getName() == "constants")
        for (auto map : cast<ArrayAttr>(attr.getValue()).getAsRange<AffineMapAttr>())
          if (failed(verifyMap(&op, map.getValue(), dims, "a constant", true)))
            return failure();
    }
    // PLAN-P5: plan.input and plan.output name one that the program has.
    auto checkIndex = [&](int64_t index, ArrayAttr of,
                          StringRef kind) -> LogicalResult {
      if (index >= 0 && index < (int64_t)of.size())
        return success();
      return op.emitOpError() << "PLAN-P5: the program has " << of.size() << " "
                              << kind << "(s), no number " << index;
    };
    if (auto in = dyn_cast<InputOp>(op))
      if (failed(checkIndex(in.getIndex(), getInputs(), "input")))
        return failure();
    // PLAN-P6: a value has no memory.
    if (auto in = dyn_cast<InputOp>(op))
      if (auto t = cast<TensorAttr>(getInputs()[in.getIndex()]);
          t.getDim() >= 0)
        return op.emitOpError() << "PLAN-P6: input " << t.getName()
                                << " is a value and has no memory";
    if (auto out = dyn_cast<OutputOp>(op))
      if (failed(checkIndex(out.getIndex(), getOutputs(), "output")))
        return failure();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Symbols
//===----------------------------------------------------------------------===//

/// PLAN-B1: a named buffer is declared by the op that declares such buffers.
static LogicalResult verifyDeclared(Operation *op, SymbolTableCollection &tables,
                                    FlatSymbolRefAttr name,
                                    StringRef declaration) {
  Operation *found = tables.lookupNearestSymbolFrom(op, name);
  if (found && found->getName().getStringRef() == declaration)
    return success();
  return op->emitOpError() << "PLAN-B1: " << name << " is not a " << declaration
                           << " of this module";
}

LogicalResult WeightOp::verifySymbolUses(SymbolTableCollection &tables) {
  return verifyDeclared(*this, tables, getWeightAttr(), "rows.weight");
}

LogicalResult StateOp::verifySymbolUses(SymbolTableCollection &tables) {
  return verifyDeclared(*this, tables, getStateAttr(), "ml_program.global");
}

//===----------------------------------------------------------------------===//
// DispatchOp
//===----------------------------------------------------------------------===//

LogicalResult DispatchOp::verify() {
  // PLAN-D1: one access per buffer.
  if (getAccess().size() != getBuffers().size())
    return emitOpError() << "PLAN-D1: has " << getBuffers().size()
                         << " buffer(s) but " << getAccess().size()
                         << " access(es)";
  return success();
}

LogicalResult DispatchOp::verifySymbolUses(SymbolTableCollection &tables) {
  // PLAN-D2: the kernel exists and takes so many buffers and constants.
  Operation *found = tables.lookupNearestSymbolFrom(*this, getKernelAttr());
  auto kernel = dyn_cast_or_null<FunctionOpInterface>(found);
  if (!kernel)
    return emitOpError() << "PLAN-D2: there is no kernel " << getKernelAttr();
  // After code generation a kernel has the ABI of its target; before it, its
  // signature is the plan's (with the range of workgroups, once a CPU kernel is
  // distributed).
  if (kernel->getName().getStringRef() != "func.func")
    return success();
  unsigned buffers = llvm::count_if(kernel.getArgumentTypes(),
                                    [](Type t) { return isa<MemRefType>(t); });
  unsigned constants = llvm::count_if(
      kernel.getArgumentTypes(), [](Type t) { return t.isIndex(); });
  if (buffers != getBuffers().size() ||
      (constants != getConstants().size() &&
       constants != getConstants().size() + 2))
    return emitOpError() << "PLAN-D2: gives " << getBuffers().size()
                         << " buffer(s) and " << getConstants().size()
                         << " constant(s), but " << getKernelAttr() << " takes "
                         << buffers << " and " << constants;
  return success();
}
