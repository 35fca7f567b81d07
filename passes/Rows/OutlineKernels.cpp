//===- OutlineKernels.cpp - one function over tensors per kernel ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Makes a kernel function of every root op (a rows kernel op or a linalg op) of
// the entry functions. What is cheap and local to a kernel is cloned into it:
// constants, empty tensors, fills of an init, and index arithmetic on sizes.
// Everything else that the root uses is an argument. Assumes that sizes are
// resolved to entry arguments (resolve-ranked-shaped-type-result-dims). What
// remains in an entry function afterwards is dispatches, views, weights, states
// and sizes; other tensor ops are refused by kind with a count.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "passes/Rows/KernelCost.h"
#include "passes/Rows/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace tercet {
#define GEN_PASS_DEF_OUTLINEKERNELS
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

static bool isRoot(Operation *op) {
  return isa<rows::QuantizeOp, rows::NormOp, rows::PackOp, rows::MatmulOp,
             rows::GroupedMatmulOp, rows::FloatMatmulOp,
             rows::GroupedFloatMatmulOp, rows::TopKOp, rows::GroupOp,
             rows::SelectOp, rows::AttentionOp, rows::InsertOp,
             rows::CausalConvOp, rows::ScanOp, rows::NearestOp,
             rows::SegmentSumOp>(op) ||
         (isa<linalg::LinalgOp>(op) && !isa<linalg::FillOp>(op));
}

/// Ops that may stay in an entry function, besides arithmetic on sizes.
static bool mayStay(Operation *op) {
  return isa<rows::DispatchOp, rows::LoadWeightOp, rows::LimitOp,
             func::ReturnOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp,
             tensor::DimOp, ml_program::GlobalLoadOp,
             ml_program::GlobalStoreOp>(op);
}

/// A slice at a place that is known, of the same rank: a view in a kernel.
static bool isColumns(Operation *op) {
  auto slice = dyn_cast_if_present<tensor::ExtractSliceOp>(op);
  return slice && slice.hasUnitStride() &&
         slice.getSourceType().getRank() == slice.getType().getRank() &&
         !ShapedType::isDynamicShape(slice.getStaticOffsets());
}

/// The state that a kernel changes in place, with the number of its result.
static std::pair<Value, unsigned> getState(Operation *root) {
  if (auto insert = dyn_cast<rows::InsertOp>(root))
    return {insert.getInit(), 0};
  if (auto conv = dyn_cast<rows::CausalConvOp>(root))
    return {conv.getState(), 1};
  if (auto scan = dyn_cast<rows::ScanOp>(root))
    return {scan.getState(), 1};
  return {};
}

namespace {
class Outliner {
public:
  Outliner(ModuleOp module, ModuleOp kernels)
      : module(module), kernels(kernels), b(module.getContext()) {}

  LogicalResult outline(Operation *root);

private:
  /// Whether `op` is cloned into the kernel rather than passed to it.
  static bool isLocal(Operation *op) {
    if (isa<arith::ConstantOp>(op))
      return true;
    if (isa<tensor::EmptyOp>(op))
      return true;
    if (auto fill = dyn_cast<linalg::FillOp>(op))
      return true;
    // Columns of what another kernel makes are read where they are.
    if (isColumns(op))
      return true;
    if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
      return isColumns(expand.getSrc().getDefiningOp());
    // Numbers that follow from sizes and scalar inputs.
    auto isNumber = [](Type type) { return type.isIntOrIndexOrFloat(); };
    if (op->getNumResults() == 1 &&
        isa<arith::ArithDialect>(op->getDialect()) &&
        isNumber(op->getResult(0).getType()) &&
        !isa<IndexType>(op->getResult(0).getType()))
      return llvm::all_of(op->getOperandTypes(), isNumber);
    // Arithmetic on sizes of tensors that the kernel makes.
    return op->getNumResults() == 1 &&
           isa<IndexType>(op->getResult(0).getType()) &&
           isa<affine::AffineApplyOp, arith::AddIOp, arith::SubIOp,
               arith::MulIOp, arith::CeilDivSIOp, arith::DivSIOp>(op);
  }

  void collect(Value value) {
    if (seen.contains(value))
      return;
    seen.insert(value);
    Operation *def = value.getDefiningOp();
    if (def && isLocal(def)) {
      for (Value operand : def->getOperands())
        collect(operand);
      if (auto linalgOp = dyn_cast<linalg::LinalgOp>(def))
        for (Value v : getUsedAbove(def))
          collect(v);
      local.insert(def);
      return;
    }
    if (isa<IndexType>(value.getType()))
      indices.insert(value);
    else
      tensors.insert(value);
  }

  static SmallVector<Value> getUsedAbove(Operation *op) {
    SmallVector<Value> values;
    op->walk([&](Operation *inner) {
      for (Value v : inner->getOperands())
        if (!op->isAncestor(v.getParentBlock()->getParentOp()) && inner != op)
          values.push_back(v);
    });
    return values;
  }

  /// The index value that is the size of an axis of a tensor of the entry
  /// function.
  Value getSize(Value tensor, int64_t axis) {
    if (auto dispatch = tensor.getDefiningOp<rows::DispatchOp>())
      return resultSizes.at({tensor, axis});
    if (auto expand = tensor.getDefiningOp<tensor::ExpandShapeOp>()) {
      OpFoldResult size = expand.getMixedOutputShape()[axis];
      return llvm::dyn_cast_if_present<Value>(size);
    }
    if (auto collapse = tensor.getDefiningOp<tensor::CollapseShapeOp>()) {
      // A dynamic axis of a collapse over one dynamic axis: the product.
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointAfter(collapse);
      AffineExpr product = b.getAffineConstantExpr(1);
      Value dynamic;
      auto source = cast<RankedTensorType>(collapse.getSrcType());
      for (int64_t i : collapse.getReassociationIndices()[axis]) {
        if (!source.isDynamicDim(i)) {
          product = product * source.getDimSize(i);
        } else {
          dynamic = getSize(collapse.getSrc(), i);
          product = product * b.getAffineDimExpr(0);
        }
      }
      return affine::makeComposedAffineApply(b, collapse.getLoc(), product,
                                             {OpFoldResult(dynamic)})
          .getResult();
    }
    // Entry arguments and state loads: one tensor.dim each, reused.
    Value &dim = dims[{tensor, axis}];
    if (!dim) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointAfterValue(tensor);
      dim = tensor::DimOp::create(b, tensor.getLoc(), tensor, axis);
    }
    return dim;
  }

  int64_t getIndexNumber(Value index) {
    // Equal sizes are one argument: tensor.dim of the same axis is one value.
    if (auto dim = index.getDefiningOp<tensor::DimOp>())
      if (std::optional<int64_t> axis = dim.getConstantIndex())
        index = getSize(dim.getSource(), *axis);
    indices.insert(index);
    return std::distance(indices.begin(), llvm::find(indices, index));
  }

  void copyInits(DestinationStyleOpInterface root);
  LogicalResult tieState(Operation *root, func::FuncOp kernel);
  void describe(Operation *root, func::FuncOp kernel);

  ModuleOp module, kernels;
  OpBuilder b;
  unsigned counter = 0;
  DenseMap<std::pair<Value, int64_t>, Value> dims, resultSizes;

  // Of the kernel being made.
  DenseSet<Value> seen;
  llvm::SetVector<Operation *> local;
  llvm::SetVector<Value> tensors, indices;
};
} // namespace

/// Size of every dynamic axis of a root's result: found at its init.
static OpFoldResult getInitSize(Value init, int64_t axis) {
  if (auto empty = init.getDefiningOp<tensor::EmptyOp>())
    return empty.getMixedSizes()[axis];
  if (auto fill = init.getDefiningOp<linalg::FillOp>())
    return getInitSize(fill.getDpsInits()[0], axis);
  return {};
}

LogicalResult Outliner::outline(Operation *root) {
  seen.clear();
  local.clear();
  tensors.clear();
  indices.clear();
  for (Value operand : root->getOperands())
    collect(operand);
  for (Value v : getUsedAbove(root))
    collect(v);
  for (Value v : tensors)
    if (!isa<RankedTensorType>(v.getType()))
      return root->emitError("a kernel takes tensors of known rank and sizes "
                             "only, but uses a ")
             << v.getType();

  // Sizes: one index argument per distinct dynamic size. Sizes that local ops
  // use directly are brought to the same values.
  SmallVector<Value> used(indices.begin(), indices.end());
  indices.clear();
  MLIRContext *ctx = b.getContext();
  SmallVector<Attribute> argDims;
  for (Value v : tensors) {
    auto type = cast<RankedTensorType>(v.getType());
    SmallVector<int64_t> numbers(type.getRank(), -1);
    for (int64_t i = 0, e = type.getRank(); i < e; ++i)
      if (type.isDynamicDim(i))
        numbers[i] = getIndexNumber(getSize(v, i));
    argDims.push_back(DenseI64ArrayAttr::get(ctx, numbers));
  }
  DenseMap<Value, int64_t> numberOf;
  for (Value v : used)
    numberOf[v] = getIndexNumber(v);

  SmallVector<Attribute> resultDims;
  SmallVector<std::pair<std::pair<unsigned, int64_t>, Value>> sizes;
  auto dst = cast<DestinationStyleOpInterface>(root);
  for (auto [r, result] : llvm::enumerate(root->getResults())) {
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<int64_t> numbers(type.getRank(), -1);
    for (int64_t i = 0, e = type.getRank(); i < e; ++i) {
      if (!type.isDynamicDim(i))
        continue;
      Value init = dst.getDpsInits()[r];
      Value size = llvm::dyn_cast_if_present<Value>(getInitSize(init, i));
      if (!size && tensors.contains(init))
        size = getSize(init, i);
      if (!size)
        return root->emitError("cannot tell the size of axis ")
               << i << " of result " << r << " from the function's arguments";
      numbers[i] = getIndexNumber(size);
      sizes.push_back({{r, i}, indices[numbers[i]]});
    }
    resultDims.push_back(DenseI64ArrayAttr::get(ctx, numbers));
  }

  // The function.
  SmallVector<Type> argTypes;
  for (Value v : tensors)
    argTypes.push_back(v.getType());
  argTypes.append(indices.size(), b.getIndexType());
  Location loc = root->getLoc();
  b.setInsertionPointToEnd(kernels.getBody());
  auto kernel =
      func::FuncOp::create(b, loc, "kernel_" + std::to_string(counter++),
                           b.getFunctionType(argTypes, root->getResultTypes()));
  for (auto [i, d] : llvm::enumerate(argDims))
    kernel.setArgAttr(i, "tercet.dims", d);
  for (auto [i, d] : llvm::enumerate(resultDims))
    kernel.setResultAttr(i, "tercet.dims", d);
  Block *body = kernel.addEntryBlock();
  IRMapping mapping;
  for (auto [i, v] : llvm::enumerate(tensors))
    mapping.map(v, body->getArgument(i));
  for (auto [v, number] : numberOf)
    mapping.map(v, body->getArgument(tensors.size() + number));
  b.setInsertionPointToStart(body);
  for (Operation *op : local)
    b.clone(*op, mapping);
  Operation *clone = b.clone(*root, mapping);
  if (getState(clone).first) {
    if (failed(tieState(clone, kernel)))
      return failure();
  } else {
    copyInits(cast<DestinationStyleOpInterface>(clone));
  }
  func::ReturnOp::create(b, loc, clone->getResults());
  describe(clone, kernel);

  // The call.
  b.setInsertionPoint(root);
  SmallVector<Value> operands(tensors.begin(), tensors.end());
  // An index from behind the root cannot occur: sizes stem from values above
  // it.
  operands.append(indices.begin(), indices.end());
  auto dispatch = rows::DispatchOp::create(
      b, loc, root->getResultTypes(),
      SymbolRefAttr::get(kernels.getSymNameAttr(),
                         {FlatSymbolRefAttr::get(kernel.getSymNameAttr())}),
      operands);
  for (auto &[where, size] : sizes)
    resultSizes[{dispatch.getResult(where.first), where.second}] = size;
  root->replaceAllUsesWith(dispatch);
  root->erase();
  return success();
}

/// A kernel writes results of its own: an init that is an argument is copied to
/// an empty tensor first, tile by tile.
void Outliner::copyInits(DestinationStyleOpInterface root) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(root);
  Location loc = root->getLoc();
  for (OpOperand &init : root.getDpsInitsMutable()) {
    if (!isa<BlockArgument>(init.get()))
      continue;
    auto type = cast<RankedTensorType>(init.get().getType());
    Value empty = tensor::EmptyOp::create(
        b, loc, tensor::getMixedSizes(b, loc, init.get()),
        type.getElementType());
    init.set(linalg::CopyOp::create(b, loc, init.get(), empty).getResult(0));
  }
}

/// A state is changed in place: the result is the argument.
LogicalResult Outliner::tieState(Operation *root, func::FuncOp kernel) {
  auto [value, number] = getState(root);
  auto state = dyn_cast<BlockArgument>(value);
  if (isa<rows::InsertOp>(root) &&
      (!state || !isa<BlockArgument>(root->getOperand(0))))
    return root->emitOpError(
        "takes a state's value and rows that were computed "
        "before; one of them is a constant or a fill");
  if (state) {
    kernel.setResultAttr(number, "tercet.tied",
                         b.getI64IntegerAttr(state.getArgNumber()));
    return success();
  }
  // A recurrence that begins with a fill has a state of its own; a constant of
  // one value is a fill that each tile makes for itself.
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  if (!constant)
    return success();
  auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
  if (!elements || !elements.isSplat())
    return root->emitOpError(
        "begins with a state that is a constant of several "
        "values; make it a weight, an input or a state");
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(root);
  Location loc = root->getLoc();
  Value scalar =
      arith::ConstantOp::create(b, loc, elements.getSplatValue<TypedAttr>());
  Value empty = tensor::EmptyOp::create(b, loc, elements.getType().getShape(),
                                        elements.getElementType());
  Value fill = linalg::FillOp::create(b, loc, scalar, empty).getResult(0);
  root->replaceUsesOfWith(value, fill);
  return success();
}

/// "f32", "bf16", "nvfp4", ...
template <typename Op> static std::string nameEncoding(Op op) {
  if (op.getFormat())
    return rows::stringifyBlockFormat(*op.getFormat()).str();
  std::string name;
  llvm::raw_string_ostream(name)
      << cast<ShapedType>(op.getWeight().getType()).getElementType();
  return name;
}

void Outliner::describe(Operation *root, func::FuncOp kernel) {
  std::string op = root->getName().stripDialect().str(), shape, code;
  auto append = [&](ShapedType type) {
    for (int64_t d : type.getShape())
      shape +=
          (shape.empty() ? "" : "x") +
          (ShapedType::isDynamic(d) ? std::string("m") : std::to_string(d));
  };
  if (auto matmul = dyn_cast<rows::MatmulOp>(root)) {
    code = stringifyCodeKind(matmul.getCode().getKind()).str();
    shape = std::to_string(matmul.getN()) + "x" + std::to_string(matmul.getK());
  } else if (auto grouped = dyn_cast<rows::GroupedMatmulOp>(root)) {
    code = stringifyCodeKind(grouped.getCode().getKind()).str();
    append(
        cast<ShapedType>(grouped.getWeight().getType())
            .clone(
                {cast<ShapedType>(grouped.getWeight().getType()).getDimSize(0),
                 grouped.getN(), static_cast<int64_t>(grouped.getK())}));
    op = grouped.getSlices() ? "pair_matmul" : "grouped_matmul";
  } else if (auto product = dyn_cast<rows::FloatMatmulOp>(root)) {
    code = nameEncoding(product);
    append(cast<ShapedType>(product.getWeight().getType()));
  } else if (auto grouped = dyn_cast<rows::GroupedFloatMatmulOp>(root)) {
    code = nameEncoding(grouped);
    append(cast<ShapedType>(grouped.getWeight().getType()));
    op = grouped.getSlices() ? "pair_float_matmul" : "grouped_float_matmul";
  } else if (auto quantize = dyn_cast<rows::QuantizeOp>(root)) {
    append(cast<ShapedType>(quantize.getInput().getType()));
    if (quantize.getGain())
      op = "norm_quantize";
  } else if (auto attention = dyn_cast<rows::AttentionOp>(root)) {
    shape = std::to_string(attention.getHeads()) + "x" +
            std::to_string(attention.getKeyWidth());
  } else if (auto scan = dyn_cast<rows::ScanOp>(root)) {
    append(cast<ShapedType>(scan.getState().getType()));
  } else if (auto conv = dyn_cast<rows::CausalConvOp>(root)) {
    append(cast<ShapedType>(conv.getWeight().getType()));
  } else if (auto insert = dyn_cast<rows::InsertOp>(root)) {
    append(cast<ShapedType>(insert.getInput().getType()));
  } else if (root->getNumResults()) {
    append(cast<ShapedType>(root->getResult(0).getType()));
  }
  kernel->setAttr("tercet.op", b.getStringAttr(op));
  kernel->setAttr("tercet.shape", b.getStringAttr(shape));
  kernel->setAttr("tercet.code", b.getStringAttr(code));
  KernelCost cost = getKernelCost(root, kernel);
  unsigned numIndices = indices.size();
  kernel->setAttr("tercet.bytes", AffineMapAttr::get(AffineMap::get(
                                      numIndices, 0, cost.bytes)));
  kernel->setAttr("tercet.ops",
                  AffineMapAttr::get(AffineMap::get(numIndices, 0, cost.ops)));
}

/// Names every kind of op that no kernel can be made of, once.
static LogicalResult refuseRest(func::FuncOp entry) {
  llvm::MapVector<OperationName, SmallVector<Operation *>> refused;
  entry.walk([&](Operation *op) {
    if (op == entry.getOperation() || mayStay(op))
      return;
    bool onTensors =
        llvm::any_of(op->getOperandTypes(), llvm::IsaPred<TensorType>) ||
        llvm::any_of(op->getResultTypes(), llvm::IsaPred<TensorType>);
    if (onTensors && !op->use_empty())
      refused[op->getName()].push_back(op);
  });
  for (auto &[name, ops] : refused)
    ops.front()->emitError("'")
        << name << "' is not supported in an entry function (" << ops.size()
        << (ops.size() == 1 ? " use" : " uses")
        << "); express it as linalg or as an op of the public dialects";
  return success(refused.empty());
}

/// A constant tensor that is a result, or is stored, gets a kernel that writes
/// it.
static void writeConstants(func::FuncOp entry) {
  SmallVector<OpOperand *> uses;
  entry.walk([&](arith::ConstantOp constant) {
    if (isa<RankedTensorType>(constant.getType()))
      for (OpOperand &use : constant.getResult().getUses())
        if (isa<func::ReturnOp, ml_program::GlobalStoreOp,
                tensor::ExpandShapeOp, tensor::CollapseShapeOp>(use.getOwner()))
          uses.push_back(&use);
  });
  for (OpOperand *use : uses) {
    OpBuilder b(use->getOwner());
    Location loc = use->get().getLoc();
    auto type = cast<RankedTensorType>(use->get().getType());
    Value init =
        tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
    AffineMap map = b.getMultiDimIdentityMap(type.getRank());
    SmallVector<utils::IteratorType> loops(type.getRank(),
                                           utils::IteratorType::parallel);
    auto copy = linalg::GenericOp::create(
        b, loc, type, use->get(), init, ArrayRef<AffineMap>{map, map}, loops,
        [](OpBuilder &b, Location loc, ValueRange args) {
          linalg::YieldOp::create(b, loc, args[0]);
        });
    use->set(copy.getResult(0));
  }
}

namespace {
struct OutlineKernels : tercet::impl::OutlineKernelsBase<OutlineKernels> {
  void runOnOperation() override {
    ModuleOp module = getOperation();
    SmallVector<Operation *> roots;
    for (auto entry : module.getOps<func::FuncOp>())
      writeConstants(entry);
    for (auto entry : module.getOps<func::FuncOp>())
      entry.walk<WalkOrder::PreOrder>([&](Operation *op) {
        if (isRoot(op)) {
          roots.push_back(op);
          return WalkResult::skip();
        }
        return WalkResult::advance();
      });
    OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
    if (module.lookupSymbol("kernels")) {
      module.emitError(
          "already has a symbol @kernels; the name is taken by the "
          "compiler");
      return signalPassFailure();
    }
    auto kernels = ModuleOp::create(b, module.getLoc(), "kernels");
    Outliner outliner(module, kernels);
    for (Operation *root : roots)
      if (failed(outliner.outline(root)))
        return signalPassFailure();
    for (auto entry : module.getOps<func::FuncOp>()) {
      // Fills and empties that kernels cloned have no use left.
      SmallVector<Operation *> dead;
      entry.walk([&](Operation *op) { dead.push_back(op); });
      for (Operation *op : llvm::reverse(dead))
        if (op->use_empty() && isMemoryEffectFree(op) && op != entry)
          if (!op->hasTrait<OpTrait::IsTerminator>())
            op->erase();
      if (failed(refuseRest(entry)))
        return signalPassFailure();
    }
  }
};
} // namespace
