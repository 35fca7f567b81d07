//===- BufferizableOpInterfaceImpl.cpp - bufferization of rows ------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The kernel ops are destination-style: a result lives in its init's buffer,
// inputs are only read, and inits are only written (each element of an init is
// written without being read), except by rows.insert, which keeps what it does
// not write.
//
//===----------------------------------------------------------------------===//
#include "dialects/Rows/Transforms/BufferizableOpInterfaceImpl.h"
#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace tercet::rows;

namespace {
template <typename OpTy>
struct KernelOpModel
    : DstBufferizableOpInterfaceExternalModel<KernelOpModel<OpTy>, OpTy> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &) const {
    // Rows of an insert's init that are not written are part of its result.
    if (std::is_same_v<OpTy, InsertOp> ||
        !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand))
      return true;
    // The last init of a recurrence is the state before it.
    return (std::is_same_v<OpTy, ScanOp> ||
            std::is_same_v<OpTy, CausalConvOp>) &&
           operand.getOperandNumber() + 1 == op->getNumOperands();
  }

  bool bufferizesToElementwiseAccess(Operation *, const AnalysisState &,
                                     ArrayRef<OpOperand *>) const {
    return false;
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    OpBuilder::InsertionGuard guard(rewriter);
    rewriter.setInsertionPoint(op);
    auto dst = cast<DestinationStyleOpInterface>(op);
    SmallVector<Value> operands, inits;
    for (OpOperand &operand : op->getOpOperands()) {
      Value v = operand.get();
      if (isa<RankedTensorType>(v.getType())) {
        FailureOr<Value> buffer = getBuffer(rewriter, v, options, state);
        if (failed(buffer))
          return failure();
        v = *buffer;
      }
      operands.push_back(v);
      if (dst.isDpsInit(&operand))
        inits.push_back(v);
    }
    mlir::clone(rewriter, op, TypeRange{}, operands);
    replaceOpWithBufferizedValues(rewriter, op, inits);
    return success();
  }
};
} // namespace

void tercet::rows::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, RowsDialect *) {
    QuantizeOp::attachInterface<KernelOpModel<QuantizeOp>>(*context);
    NormOp::attachInterface<KernelOpModel<NormOp>>(*context);
    PackOp::attachInterface<KernelOpModel<PackOp>>(*context);
    InsertOp::attachInterface<KernelOpModel<InsertOp>>(*context);
    MatmulOp::attachInterface<KernelOpModel<MatmulOp>>(*context);
    GroupedMatmulOp::attachInterface<KernelOpModel<GroupedMatmulOp>>(*context);
    FloatMatmulOp::attachInterface<KernelOpModel<FloatMatmulOp>>(*context);
    GroupedFloatMatmulOp::attachInterface<KernelOpModel<GroupedFloatMatmulOp>>(
        *context);
    TopKOp::attachInterface<KernelOpModel<TopKOp>>(*context);
    AttentionOp::attachInterface<KernelOpModel<AttentionOp>>(*context);
    GroupOp::attachInterface<KernelOpModel<GroupOp>>(*context);
    NearestOp::attachInterface<KernelOpModel<NearestOp>>(*context);
    SegmentSumOp::attachInterface<KernelOpModel<SegmentSumOp>>(*context);
    SelectOp::attachInterface<KernelOpModel<SelectOp>>(*context);
    CausalConvOp::attachInterface<KernelOpModel<CausalConvOp>>(*context);
    ScanOp::attachInterface<KernelOpModel<ScanOp>>(*context);
  });
}
