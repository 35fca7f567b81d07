//===- BufferizeKernels.cpp - kernel functions to memrefs -----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Gives every result of a kernel a memref argument to be written in place,
// makes memrefs of its tensor arguments, and runs one-shot bufferization on the
// kernels only. Assumes kernels as outline-kernels and tile-kernels leave them:
// a body whose results come from destination-style ops on empty tensors, so
// that no buffer is allocated and nothing is copied. A kernel for which that
// fails keeps a memref.alloc, which the target turns into scratch or refuses.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotModuleBufferize.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "passes/Kernels/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_BUFFERIZEKERNELS
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

static MemRefType getMemRefType(Type tensor) {
  auto type = cast<RankedTensorType>(tensor);
  return MemRefType::get(type.getShape(), type.getElementType());
}

/// Tensor arguments -> memrefs, results -> memref arguments in front of the
/// index arguments, but for those that are an argument changed in place.
static LogicalResult rewriteSignature(func::FuncOp kernel, OpBuilder &b) {
  Location loc = kernel.getLoc();
  Block &body = kernel.getBody().front();
  auto oldReturn = cast<func::ReturnOp>(body.getTerminator());
  unsigned numTensors =
      llvm::count_if(body.getArgumentTypes(), llvm::IsaPred<RankedTensorType>);
  SmallVector<DictionaryAttr> attrs;
  for (unsigned i = 0; i < body.getNumArguments(); ++i)
    attrs.push_back(kernel.getArgAttrDict(i));

  b.setInsertionPointToStart(&body);
  auto access = [&](DictionaryAttr dict, int64_t value) {
    NamedAttrList list(dict);
    list.set("tercet.access", b.getI64IntegerAttr(value));
    return list.getDictionary(b.getContext());
  };
  // The result that an argument is, where it is changed in place.
  SmallVector<int64_t> tied(numTensors, -1);
  for (unsigned i = 0; i < kernel.getNumResults(); ++i) {
    auto arg = kernel.getResultAttrOfType<IntegerAttr>(i, "tercet.tied");
    if (!arg)
      continue;
    int64_t number = arg.getInt();
    if (number < 0 || number >= numTensors || tied[number] >= 0 ||
        body.getArgument(number).getType() != kernel.getResultTypes()[i])
      return kernel.emitError("result ")
             << i << " has tercet.tied = " << number
             << ", which has to be a tensor argument of its type and no other "
                "result's";
    tied[number] = i;
  }
  for (unsigned i = 0; i < numTensors; ++i) {
    BlockArgument arg = body.getArgument(i);
    Type tensor = arg.getType();
    arg.setType(getMemRefType(tensor));
    auto toTensor = bufferization::ToTensorOp::create(
        b, loc, tensor, arg, /*restrict=*/true, /*writable=*/tied[i] >= 0);
    arg.replaceAllUsesExcept(toTensor, toTensor);
    attrs[i] = access(attrs[i], tied[i] >= 0 ? 3 : 1);
    if (tied[i] >= 0) {
      NamedAttrList list(attrs[i]);
      list.set("tercet.tied", b.getI64IntegerAttr(tied[i]));
      attrs[i] = list.getDictionary(b.getContext());
    }
  }
  b.setInsertionPoint(oldReturn);
  SmallVector<DictionaryAttr> outAttrs;
  for (auto [i, result] : llvm::enumerate(oldReturn.getOperands())) {
    auto *arg = llvm::find(tied, static_cast<int64_t>(i));
    if (arg != tied.end()) {
      // A copy of the argument to itself, which is folded.
      bufferization::MaterializeInDestinationOp::create(
          b, loc, Type(), result, body.getArgument(arg - tied.begin()),
          /*restrict=*/true, /*writable=*/true);
      continue;
    }
    BlockArgument out = body.insertArgument(
        numTensors + outAttrs.size(), getMemRefType(result.getType()), loc);
    bufferization::MaterializeInDestinationOp::create(
        b, loc, Type(), result, out, /*restrict=*/true, /*writable=*/true);
    outAttrs.push_back(access(kernel.getResultAttrDict(i), 2));
  }
  attrs.insert(attrs.begin() + numTensors, outAttrs.begin(), outAttrs.end());
  func::ReturnOp::create(b, loc);
  oldReturn.erase();
  kernel.setType(b.getFunctionType(body.getArgumentTypes(), {}));
  kernel.removeResAttrsAttr();
  kernel.setAllArgAttrs(attrs);
  return success();
}

/// An upper bound of the forall as an expression over the index arguments.
static AffineExpr getBound(OpFoldResult bound, func::FuncOp kernel) {
  MLIRContext *ctx = kernel.getContext();
  if (std::optional<int64_t> constant = getConstantIntValue(bound))
    return getAffineConstantExpr(*constant, ctx);
  Value value = cast<Value>(bound);
  unsigned firstIndex =
      llvm::count_if(kernel.getArgumentTypes(), llvm::IsaPred<MemRefType>);
  if (auto arg = dyn_cast<BlockArgument>(value))
    return getAffineDimExpr(arg.getArgNumber() - firstIndex, ctx);
  if (auto apply = value.getDefiningOp<affine::AffineApplyOp>()) {
    AffineMap map = apply.getAffineMap();
    SmallVector<AffineExpr> operands;
    for (Value operand : apply.getMapOperands()) {
      operands.push_back(getBound(operand, kernel));
      if (!operands.back())
        return {};
    }
    return map.getResult(0).replaceDimsAndSymbols(
        ArrayRef(operands).take_front(map.getNumDims()),
        ArrayRef(operands).drop_front(map.getNumDims()));
  }
  if (auto dim = value.getDefiningOp<memref::DimOp>()) {
    auto arg = dyn_cast<BlockArgument>(dim.getSource());
    std::optional<int64_t> axis = dim.getConstantIndex();
    if (arg && axis) {
      auto dims = kernel.getArgAttrOfType<DenseI64ArrayAttr>(arg.getArgNumber(),
                                                             "tercet.dims");
      if (dims && dims[*axis] >= 0)
        return getAffineDimExpr(dims[*axis], ctx);
    }
  }
  return {};
}

/// Sets `tercet.grid`: the number of tiles as a map over the index arguments.
static LogicalResult setGrid(func::FuncOp kernel) {
  MLIRContext *ctx = kernel.getContext();
  AffineExpr grid = getAffineConstantExpr(1, ctx);
  auto foralls = kernel.getOps<scf::ForallOp>();
  if (!foralls.empty()) {
    scf::ForallOp forall = *foralls.begin();
    bool dynamic = false;
    for (auto [upper, step] :
         llvm::zip(forall.getMixedUpperBound(), forall.getMixedStep())) {
      AffineExpr bound = getBound(upper, kernel);
      std::optional<int64_t> size = getConstantIntValue(step);
      if (!bound || !size)
        return kernel.emitError("cannot express the number of tiles by the "
                                "kernel's sizes");
      AffineExpr tiles = bound.ceilDiv(*size);
      if (!isa<AffineConstantExpr>(tiles)) {
        if (dynamic)
          return kernel.emitError("tiles over two dynamic axes are not "
                                  "supported; make one of them static");
        dynamic = true;
      }
      grid = grid * tiles;
    }
  }
  unsigned numIndices =
      llvm::count_if(kernel.getArgumentTypes(), llvm::IsaPred<IndexType>);
  kernel->setAttr("tercet.grid",
                  AffineMapAttr::get(AffineMap::get(numIndices, 0, grid)));
  return success();
}

/// A single tile leaves slices of all of an empty tensor, which the elimination
/// of empty tensors does not see through where a size is not static: both ways
/// round they are the tensor itself.
static void foldWholeSlices(func::FuncOp kernel, RewriterBase &rewriter) {
  auto isWhole = [](tensor::EmptyOp empty, ArrayRef<OpFoldResult> offsets,
                    ArrayRef<OpFoldResult> sizes) {
    return empty &&
           llvm::all_of(
               offsets,
               [](OpFoldResult o) { return isConstantIntValue(o, 0); }) &&
           isEqualConstantIntOrValueArray(sizes, empty.getMixedSizes());
  };
  SmallVector<std::pair<Operation *, Value>> same;
  kernel.walk([&](Operation *op) {
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op)) {
      if (slice.getType() == slice.getSourceType() &&
          isWhole(slice.getSource().getDefiningOp<tensor::EmptyOp>(),
                  slice.getMixedOffsets(), slice.getMixedSizes()))
        same.push_back({op, slice.getSource()});
    } else if (auto slice = dyn_cast<tensor::InsertSliceOp>(op)) {
      if (slice.getSourceType() == slice.getType() &&
          isWhole(slice.getDest().getDefiningOp<tensor::EmptyOp>(),
                  slice.getMixedOffsets(), slice.getMixedSizes()))
        same.push_back({op, slice.getSource()});
    }
  });
  for (auto [op, value] : same)
    rewriter.replaceOp(op, value);
}

namespace {
struct BufferizeKernels : tercet::impl::BufferizeKernelsBase<BufferizeKernels> {
  void runOnOperation() override {
    auto kernels = getOperation().lookupSymbol<ModuleOp>("kernels");
    if (!kernels)
      return;
    OpBuilder b(&getContext());
    IRRewriter rewriter(&getContext());
    for (auto kernel : kernels.getOps<func::FuncOp>()) {
      foldWholeSlices(kernel, rewriter);
      if (failed(rewriteSignature(kernel, b)))
        return signalPassFailure();
    }

    if (failed(bufferization::eliminateEmptyTensors(rewriter, kernels)))
      return signalPassFailure();
    bufferization::OneShotBufferizationOptions options;
    options.bufferizeFunctionBoundaries = true;
    options.setFunctionBoundaryTypeConversion(
        bufferization::LayoutMapOption::IdentityLayoutMap);
    options.unknownTypeConverterFn =
        [](TensorType type, Attribute memorySpace,
           const bufferization::BufferizationOptions &) {
          return bufferization::getMemRefTypeWithStaticIdentityLayout(
              type, memorySpace);
        };
    bufferization::BufferizationState state;
    if (failed(
            bufferization::runOneShotModuleBufferize(kernels, options, state)))
      return signalPassFailure();
    // Fold the casts and slices that bufferization leaves behind.
    OpPassManager cleanup(ModuleOp::getOperationName());
    cleanup.addPass(createCanonicalizerPass());
    cleanup.addPass(createCSEPass());
    // Copies of a slice onto itself show only now.
    cleanup.addPass(createCanonicalizerPass());
    if (failed(runPipeline(cleanup, kernels)))
      return signalPassFailure();
    for (auto kernel : kernels.getOps<func::FuncOp>())
      if (failed(setGrid(kernel)))
        return signalPassFailure();
  }
};
} // namespace
