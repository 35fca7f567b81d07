//===- ReferencePatterns.h - patterns of the reference path -----*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_LATENT_TRANSFORMS_REFERENCEPATTERNS_H
#define TERCET_DIALECTS_LATENT_TRANSFORMS_REFERENCEPATTERNS_H

#include "dialects/Ternary/Transforms/ReferenceBuilder.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/DialectConversion.h"

namespace tercet::latent {

/// A pattern that only has to say what an op's results are.
template <typename Op>
class ReferencePattern : public mlir::OpConversionPattern<Op> {
public:
  using mlir::OpConversionPattern<Op>::OpConversionPattern;
  using OpAdaptor = typename Op::Adaptor;

  virtual llvm::SmallVector<mlir::Value>
  lower(ternary::ReferenceBuilder &r, Op op, OpAdaptor adaptor) const = 0;

  mlir::LogicalResult
  matchAndRewrite(Op op, OpAdaptor adaptor,
                  mlir::ConversionPatternRewriter &rewriter) const final {
    ternary::ReferenceBuilder r(rewriter, op.getLoc());
    llvm::SmallVector<mlir::Value> results = lower(r, op, adaptor);
    // A shape may have come out more or less static than the op's.
    for (auto [value, old] : llvm::zip_equal(results, op->getResults()))
      if (value.getType() != old.getType())
        value = mlir::tensor::CastOp::create(rewriter, op.getLoc(),
                                             old.getType(), value);
    rewriter.replaceOp(op, results);
    return mlir::success();
  }
};

void populateAttentionToReferencePatterns(const mlir::TypeConverter &converter,
                                          mlir::RewritePatternSet &patterns);
void populateMambaToReferencePatterns(const mlir::TypeConverter &converter,
                                      mlir::RewritePatternSet &patterns);

} // namespace tercet::latent

#endif
