//===- BuildPlan.cpp - entry functions to plan programs -------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Walks an entry function's dispatches in order and writes the same program as
// data. Time is counted in epochs, the stretches between barriers: a command
// opens a new one where it touches what a command of the current epoch writes,
// or writes what one reads. An intermediate result is alive from the epoch that
// writes it to the last that reads it. States that are changed in place are
// followed by StateVersions. Assumes bufferized kernels with
// `tercet.access`, `tercet.dims` and `tercet.grid`. Fails on values that no
// buffer can be found for and on sizes that do not follow from the arguments.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Plan/ArenaPlanner.h"
#include "passes/Plan/EntrySignature.h"
#include "passes/Plan/Passes.h"
#include "passes/Plan/StateVersions.h"

namespace tercet {
#define GEN_PASS_DEF_BUILDPLAN
#include "passes/Plan/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

namespace {
/// Memory of the program. Index is a number in its kind, or for the arena one
/// in PlanBuilder::arena.
struct Buffer {
  enum Kind { Input, Output, Weight, State, Arena } kind;
  unsigned index = 0;
  SymbolRefAttr symbol;
  AffineExpr bytes;
  bool operator==(const Buffer &o) const {
    return kind == o.kind && index == o.index && symbol == o.symbol;
  }
};

struct Use {
  Buffer buffer;
  plan::Access access;
};

struct Command {
  enum Kind { Dispatch, Copy } kind;
  SymbolRefAttr kernel;
  AffineMap grid, bytes;
  SmallVector<Use> uses;
  SmallVector<AffineMap> constants;
  unsigned epoch = 0;
  Location loc;
};

class PlanBuilder {
public:
  PlanBuilder(func::FuncOp entry, ModuleOp kernels, EntrySignature signature)
      : entry(entry), kernels(kernels), signature(std::move(signature)),
        ctx(entry.getContext()), b(ctx), versions(entry, kernels) {}

  LogicalResult collect();
  int64_t arenaBytes = 0, unsharedBytes = 0;

  void assignEpochs();
  void plan();
  void emit();

private:
  FailureOr<Buffer> getBuffer(Operation *user, Value value) const;
  FailureOr<AffineExpr> getBytes(Operation *op, Type type,
                                 ArrayRef<AffineExpr> sizes) const;
  FailureOr<AffineExpr> getSize(Value value, int64_t axis);
  LogicalResult addDispatch(rows::DispatchOp op);
  LogicalResult addLoad(ml_program::GlobalLoadOp op);
  LogicalResult addStore(ml_program::GlobalStoreOp op);
  LogicalResult addLimit(rows::LimitOp op);
  LogicalResult addReturn(func::ReturnOp op);
  void addCopy(Location loc, Buffer from, Buffer to);
  Buffer makeArena(AffineExpr bytes);
  plan::TensorAttr describe(StringAttr name, Type type,
                            ArrayRef<AffineExpr> sizes,
                            DenseI64ArrayAttr range = {},
                            bool ascending = false) const;

  func::FuncOp entry;
  ModuleOp kernels;
  EntrySignature signature;
  MLIRContext *ctx;
  OpBuilder b;
  StateVersions versions;

  DenseMap<Value, Buffer> buffers;
  DenseMap<std::pair<Value, int64_t>, AffineExpr> sizes;
  SmallVector<AffineExpr> arena; // bytes
  SmallVector<ArenaBuffer> placement;
  SmallVector<Command> commands;
  SmallVector<Attribute> inputs, outputs, constraints;
};
} // namespace

FailureOr<Buffer> PlanBuilder::getBuffer(Operation *user, Value value) const {
  auto it = buffers.find(getViewRoot(value));
  if (it == buffers.end())
    return user->emitError("no memory is known for an operand of type ")
           << value.getType();
  return it->second;
}

FailureOr<AffineExpr> PlanBuilder::getSize(Value value, int64_t axis) {
  auto type = cast<RankedTensorType>(value.getType());
  if (!type.isDynamicDim(axis))
    return getAffineConstantExpr(type.getDimSize(axis), ctx);
  if (auto arg = dyn_cast<BlockArgument>(value))
    return signature.getArgSize(arg.getArgNumber(), axis);
  auto it = sizes.find({value, axis});
  if (it != sizes.end())
    return it->second;
  if (auto expand = value.getDefiningOp<tensor::ExpandShapeOp>())
    if (auto size = dyn_cast<Value>(expand.getMixedOutputShape()[axis]))
      if (AffineExpr expr = signature.getExpr(size))
        return expr;
  if (auto collapse = value.getDefiningOp<tensor::CollapseShapeOp>()) {
    AffineExpr product = getAffineConstantExpr(1, ctx);
    for (int64_t i : collapse.getReassociationIndices()[axis]) {
      FailureOr<AffineExpr> size = getSize(collapse.getSrc(), i);
      if (failed(size))
        return failure();
      product = product * *size;
    }
    return product;
  }
  return entry.emitError("the size of axis ")
         << axis << " of a value of type " << type
         << " does not follow from the arguments of @" << entry.getSymName();
}

FailureOr<AffineExpr> PlanBuilder::getBytes(Operation *op, Type type,
                                            ArrayRef<AffineExpr> sizes) const {
  auto tensor = cast<RankedTensorType>(type);
  if (!tensor.getElementType().isIntOrFloat())
    return op->emitError("elements of type ")
           << tensor.getElementType() << " have no layout in memory";
  AffineExpr bytes =
      getAffineConstantExpr((tensor.getElementTypeBitWidth() + 7) / 8, ctx);
  for (AffineExpr size : sizes)
    bytes = bytes * size;
  return bytes;
}

Buffer PlanBuilder::makeArena(AffineExpr bytes) {
  arena.push_back(bytes);
  return {Buffer::Arena, static_cast<unsigned>(arena.size() - 1), {}, bytes};
}

void PlanBuilder::addCopy(Location loc, Buffer from, Buffer to) {
  Command command{
      Command::Copy, {}, {}, signature.getMap(from.bytes), {}, {}, 0, loc};
  command.uses = {{from, plan::Access::Read}, {to, plan::Access::Write}};
  commands.push_back(std::move(command));
}

LogicalResult PlanBuilder::addDispatch(rows::DispatchOp op) {
  auto kernel =
      kernels.lookupSymbol<func::FuncOp>(op.getKernel().getLeafReference());
  auto grid = kernel ? kernel->getAttrOfType<AffineMapAttr>("tercet.grid")
                     : AffineMapAttr();
  if (!grid)
    return op.emitError("kernel ")
           << op.getKernel() << " is not there or not bufferized";

  Command command{Command::Dispatch, op.getKernel(), {}, {}, {}, {}, 0,
                  op.getLoc()};
  SmallVector<AffineExpr> indices;
  unsigned arg = 0;
  auto addUse = [&](Buffer buffer) {
    auto access = kernel.getArgAttrOfType<IntegerAttr>(arg++, "tercet.access");
    command.uses.push_back(
        {buffer, access ? *plan::symbolizeAccess(access.getInt())
                        : plan::Access::ReadWrite});
  };
  for (Value operand : op.getOperands()) {
    if (isa<IndexType>(operand.getType())) {
      AffineExpr expr = signature.getExpr(operand);
      if (!expr)
        return op.emitError("a size of kernel ")
               << op.getKernel()
               << " does not follow from the arguments of the entry point";
      indices.push_back(expr);
      continue;
    }
    FailureOr<Buffer> buffer = getBuffer(op, operand);
    if (failed(buffer))
      return failure();
    // What is changed in place while others still need it, is changed in a
    // copy.
    if (kernel.getArgAttr(arg, "tercet.tied") && !versions.isInPlace(operand)) {
      Buffer copy = makeArena(buffer->bytes);
      addCopy(op.getLoc(), *buffer, copy);
      buffer = copy;
    }
    if (auto result =
            kernel.getArgAttrOfType<IntegerAttr>(arg, "tercet.tied")) {
      if (result.getInt() >= op.getNumResults() ||
          op.getResult(result.getInt()).getType() != operand.getType())
        return op.emitError("kernel ")
               << op.getKernel() << " changes argument " << arg
               << " in place, which is no result of it";
      buffers[op.getResult(result.getInt())] = *buffer;
    }
    addUse(*buffer);
  }
  for (Value result : op.getResults()) {
    if (buffers.contains(result))
      continue; // an operand
    auto type = cast<RankedTensorType>(result.getType());
    auto numbers =
        kernel.getArgAttrOfType<DenseI64ArrayAttr>(arg, "tercet.dims");
    SmallVector<AffineExpr> shape;
    for (int64_t i = 0, e = type.getRank(); i < e; ++i) {
      shape.push_back(type.isDynamicDim(i)
                          ? indices[numbers[i]]
                          : getAffineConstantExpr(type.getDimSize(i), ctx));
      sizes[{result, i}] = shape.back();
    }
    FailureOr<AffineExpr> bytes = getBytes(op, type, shape);
    if (failed(bytes))
      return failure();
    Buffer buffer = makeArena(*bytes);
    buffers[result] = buffer;
    addUse(buffer);
  }
  auto overProgram = [&](AffineExpr expr) {
    return signature.getMap(expr.replaceDims(indices));
  };
  command.grid = overProgram(grid.getValue().getResult(0));
  for (AffineExpr expr : indices)
    command.constants.push_back(signature.getMap(expr));
  commands.push_back(std::move(command));
  return success();
}

LogicalResult PlanBuilder::addLoad(ml_program::GlobalLoadOp op) {
  auto type = dyn_cast<RankedTensorType>(op.getType());
  if (!type || !type.hasStaticShape())
    return op.emitError("a state must be a tensor of static shape, got ")
           << op.getType();
  SmallVector<AffineExpr> shape;
  for (int64_t d : type.getShape())
    shape.push_back(getAffineConstantExpr(d, ctx));
  FailureOr<AffineExpr> bytes = getBytes(op, type, shape);
  if (failed(bytes))
    return failure();
  Buffer state{Buffer::State, 0, op.getGlobalAttr(), *bytes};
  if (versions.isInPlace(op.getGlobalAttr())) {
    buffers[op.getResult()] = state;
    return success();
  }
  // Where the state is stored to as well, the load is a snapshot.
  bool stored = false;
  entry.walk([&](ml_program::GlobalStoreOp store) {
    stored |= store.getGlobalAttr() == op.getGlobalAttr();
  });
  if (stored) {
    Buffer snapshot = makeArena(*bytes);
    addCopy(op.getLoc(), state, snapshot);
    buffers[op.getResult()] = snapshot;
  } else {
    buffers[op.getResult()] = state;
  }
  return success();
}

LogicalResult PlanBuilder::addStore(ml_program::GlobalStoreOp op) {
  FailureOr<Buffer> value = getBuffer(op, op.getValue());
  if (failed(value))
    return failure();
  Buffer state{Buffer::State, 0, op.getGlobalAttr(), value->bytes};
  if (!(*value == state)) // else it has been changed in place
    addCopy(op.getLoc(), *value, state);
  return success();
}

/// A constraint of the program, unless no call can break it.
LogicalResult PlanBuilder::addLimit(rows::LimitOp op) {
  AffineExpr sum = getAffineConstantExpr(0, ctx);
  for (Value operand : op.getOperands()) {
    AffineExpr expr = signature.getExpr(operand);
    if (!expr)
      return op.emitError("a size does not follow from the arguments of the "
                          "entry point, so that it cannot be kept within the ")
             << op.getLimit() << " " << op.getMeaning();
    sum = sum + expr;
  }
  int64_t limit = op.getLimit();
  if (signature.evaluateAtZero(sum) > limit)
    return op.emitError("no call can stay within the ")
           << limit << " " << op.getMeaning() << ": at least "
           << signature.evaluateAtZero(sum) << " are needed";
  if (signature.evaluateAtBound(sum) <= limit)
    return success();
  AffineMap map = signature.getMap(sum);
  for (Attribute known : constraints) {
    auto constraint = cast<plan::ConstraintAttr>(known);
    if (constraint.getExpr() == map && constraint.getLimit() <= limit)
      return success();
  }
  constraints.push_back(
      plan::ConstraintAttr::get(ctx, map, limit, op.getMeaningAttr()));
  return success();
}

plan::TensorAttr PlanBuilder::describe(StringAttr name, Type type,
                                       ArrayRef<AffineExpr> sizes,
                                       DenseI64ArrayAttr range,
                                       bool ascending) const {
  return plan::TensorAttr::get(
      ctx, name, getElementTypeOrSelf(type),
      AffineMap::get(signature.getNumDims(), 0, sizes, ctx), /*dim=*/-1, range,
      ascending);
}

/// A result of a dispatch is written into the output itself; anything else, and
/// a value that is returned twice, is copied there.
LogicalResult PlanBuilder::addReturn(func::ReturnOp op) {
  for (auto [i, value] : llvm::enumerate(op.getOperands())) {
    FailureOr<Buffer> buffer = getBuffer(op, value);
    if (failed(buffer))
      return failure();
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<AffineExpr> shape;
    for (int64_t axis = 0, e = type.getRank(); axis < e; ++axis) {
      FailureOr<AffineExpr> size = getSize(value, axis);
      if (failed(size))
        return failure();
      shape.push_back(*size);
    }
    outputs.push_back(describe(
        EntrySignature::getName(entry.getResultAttr(i, "tercet.name"), i, ctx),
        type, shape));
    Buffer output{Buffer::Output, static_cast<unsigned>(i), {}, buffer->bytes};
    bool isSnapshot = isa_and_nonnull<ml_program::GlobalLoadOp>(
        getViewRoot(value).getDefiningOp());
    if (buffer->kind == Buffer::Arena && !isSnapshot) {
      for (Command &command : commands)
        for (Use &use : command.uses)
          if (use.buffer == *buffer)
            use.buffer = output;
      buffers[getViewRoot(value)] = output;
    } else {
      addCopy(op.getLoc(), *buffer, output);
    }
  }
  return success();
}

LogicalResult PlanBuilder::collect() {
  for (auto [i, arg] : llvm::enumerate(entry.getArguments())) {
    StringAttr name =
        EntrySignature::getName(entry.getArgAttr(i, "tercet.name"), i, ctx);
    if (int64_t dim = signature.getValueDim(i); dim >= 0) {
      inputs.push_back(plan::TensorAttr::get(
          ctx, name, IntegerType::get(ctx, 64),
          AffineMap::get(signature.getNumDims(), 0, ctx), dim, {},
          /*ascending=*/false));
      continue;
    }
    auto type = cast<RankedTensorType>(arg.getType());
    SmallVector<AffineExpr> shape;
    for (int64_t axis = 0, e = type.getRank(); axis < e; ++axis)
      shape.push_back(signature.getArgSize(i, axis));
    FailureOr<AffineExpr> bytes = getBytes(entry, type, shape);
    if (failed(bytes))
      return failure();
    buffers[arg] = {Buffer::Input, static_cast<unsigned>(i), {}, *bytes};
    inputs.push_back(describe(name, type, shape, signature.getRange(i),
                              signature.isAscending(i)));
  }
  for (Operation &op : entry.getBody().front()) {
    LogicalResult result = success();
    if (auto load = dyn_cast<rows::LoadWeightOp>(op)) {
      auto type = cast<RankedTensorType>(load.getType());
      buffers[load.getResult()] = {
          Buffer::Weight, 0, load.getWeightAttr(),
          getAffineConstantExpr(type.getNumElements() *
                                    ((type.getElementTypeBitWidth() + 7) / 8),
                                ctx)};
    } else if (auto dispatch = dyn_cast<rows::DispatchOp>(op)) {
      result = addDispatch(dispatch);
    } else if (auto load = dyn_cast<ml_program::GlobalLoadOp>(op)) {
      result = addLoad(load);
    } else if (auto store = dyn_cast<ml_program::GlobalStoreOp>(op)) {
      result = addStore(store);
    } else if (auto limit = dyn_cast<rows::LimitOp>(op)) {
      result = addLimit(limit);
    } else if (auto ret = dyn_cast<func::ReturnOp>(op)) {
      result = addReturn(ret);
    } else if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp,
                    tensor::DimOp, arith::ConstantOp, affine::AffineApplyOp>(
                   op) &&
               !llvm::all_of(op.getResultTypes(), llvm::IsaPred<IndexType>)) {
      result = op.emitError("'") << op.getName()
                                 << "' cannot be part of a plan; run "
                                    "tercet-to-rows first";
    }
    if (failed(result))
      return failure();
  }
  return success();
}

void PlanBuilder::assignEpochs() {
  unsigned epoch = 0;
  SmallVector<Use> current;
  auto conflicts = [](const Use &a, const Use &b) {
    return a.buffer == b.buffer &&
           (a.access != plan::Access::Read || b.access != plan::Access::Read);
  };
  for (Command &command : commands) {
    bool conflict = llvm::any_of(command.uses, [&](const Use &use) {
      return llvm::any_of(current,
                          [&](const Use &o) { return conflicts(use, o); });
    });
    if (conflict) {
      ++epoch;
      current.clear();
    }
    command.epoch = epoch;
    llvm::append_range(current, command.uses);
  }
}

void PlanBuilder::plan() {
  placement.assign(arena.size(), ArenaBuffer{0, ~0u, 0});
  for (const Command &command : commands)
    for (const Use &use : command.uses)
      if (use.buffer.kind == Buffer::Arena) {
        ArenaBuffer &buffer = placement[use.buffer.index];
        buffer.first = std::min(buffer.first, command.epoch);
        buffer.last = std::max(buffer.last, command.epoch);
      }
  SmallVector<ArenaBuffer> used;
  SmallVector<unsigned> numbers;
  for (auto [i, buffer] : llvm::enumerate(placement)) {
    if (buffer.first == ~0u)
      continue; // became an output
    buffer.bytes = signature.evaluateAtBound(arena[i]);
    unsharedBytes += buffer.bytes;
    used.push_back(buffer);
    numbers.push_back(i);
  }
  arenaBytes = planArena(used);
  for (auto [i, buffer] : llvm::zip(numbers, used))
    placement[i] = buffer;
}

void PlanBuilder::emit() {
  b.setInsertionPoint(entry);
  SmallVector<Attribute> dims(signature.getDims().begin(),
                              signature.getDims().end());
  auto constantMap = [&](int64_t value) {
    return signature.getMap(getAffineConstantExpr(value, ctx));
  };
  auto program = plan::ProgramOp::create(
      b, entry.getLoc(), entry.getSymNameAttr(), b.getArrayAttr(dims),
      b.getArrayAttr(inputs), b.getArrayAttr(outputs),
      AffineMapAttr::get(constantMap(arenaBytes)),
      entry->getAttrOfType<StringAttr>("tercet.doc"),
      constraints.empty() ? ArrayAttr() : b.getArrayAttr(constraints));
  b.setInsertionPointToStart(&program.getBody().emplaceBlock());
  SmallVector<std::pair<Buffer, Value>> made;
  auto getValue = [&](const Buffer &buffer, Location loc) -> Value {
    for (auto &[key, value] : made)
      if (key == buffer)
        return value;
    Value value;
    auto type = plan::BufferType::get(ctx);
    switch (buffer.kind) {
    case Buffer::Input:
      value = plan::InputOp::create(b, loc, type, buffer.index);
      break;
    case Buffer::Output:
      value = plan::OutputOp::create(b, loc, type, buffer.index);
      break;
    case Buffer::Weight:
      value = plan::WeightOp::create(b, loc, type,
                                     cast<FlatSymbolRefAttr>(buffer.symbol));
      break;
    case Buffer::State:
      value = plan::StateOp::create(
          b, loc, type,
          FlatSymbolRefAttr::get(buffer.symbol.getLeafReference()));
      break;
    case Buffer::Arena:
      value = plan::ArenaOp::create(
          b, loc, type,
          AffineMapAttr::get(constantMap(placement[buffer.index].offset)),
          AffineMapAttr::get(signature.getMap(arena[buffer.index])));
      break;
    }
    made.push_back({buffer, value});
    return value;
  };
  unsigned epoch = 0;
  for (const Command &command : commands) {
    if (command.epoch != epoch)
      plan::BarrierOp::create(b, command.loc);
    epoch = command.epoch;
    SmallVector<Value> values;
    SmallVector<Attribute> access;
    for (const Use &use : command.uses) {
      values.push_back(getValue(use.buffer, command.loc));
      access.push_back(plan::AccessAttr::get(ctx, use.access));
    }
    if (command.kind == Command::Copy)
      plan::CopyOp::create(b, command.loc, values[0], values[1],
                           AffineMapAttr::get(command.bytes));
    else
      plan::DispatchOp::create(b, command.loc, command.kernel,
                               AffineMapAttr::get(command.grid), values,
                               b.getArrayAttr(access),
                               b.getAffineMapArrayAttr(command.constants));
  }
}

namespace {
struct BuildPlan : tercet::impl::BuildPlanBase<BuildPlan> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto kernels = module.lookupSymbol<ModuleOp>("kernels");
    if (!kernels) {
      OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
      kernels = ModuleOp::create(b, module.getLoc(), "kernels");
    }
    for (auto entry :
         llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
      FailureOr<EntrySignature> signature = EntrySignature::get(entry);
      if (failed(signature))
        return signalPassFailure();
      PlanBuilder builder(entry, kernels, std::move(*signature));
      if (failed(builder.collect()))
        return signalPassFailure();
      builder.assignEpochs();
      builder.plan();
      builder.emit();
      arenaBytes += builder.arenaBytes;
      unsharedBytes += builder.unsharedBytes;
      entry.erase();
    }
  }
};
} // namespace
