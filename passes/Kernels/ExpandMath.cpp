//===- ExpandMath.cpp - maths functions to plain arithmetic ---------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Replaces the transcendental functions of the math dialect by polynomials and
// by each other, on scalars and vectors, so that neither libm nor a device
// library is ever called and every target computes the same bits; and the
// greater or less of two floats, whose zeros have an order. Assumes nothing.
// Fails on a function that has neither (those of f64), naming it.
//
//===----------------------------------------------------------------------===//
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/Kernels/Passes.h"

namespace tercet {
#define GEN_PASS_DEF_EXPANDMATH
#include "passes/Kernels/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

/// Operations that LLVM turns into instructions on every target.
static bool isPlain(Operation *op) {
  return isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp,
             math::CountLeadingZerosOp, math::CountTrailingZerosOp,
             math::CtPopOp, math::FloorOp, math::FmaOp, math::IsFiniteOp,
             math::IsInfOp, math::IsNaNOp, math::IsNormalOp, math::RoundOp,
             math::RoundEvenOp, math::SqrtOp, math::TruncOp>(op);
}

namespace {
/// log10(x) = log(x) / ln(10); upstream has no pattern for it.
struct ExpandLog10 : OpRewritePattern<math::Log10Op> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(math::Log10Op op,
                                PatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (!getElementTypeOrSelf(type).isF32())
      return failure();
    TypedAttr factor = rewriter.getF32FloatAttr(0.4342944819032518f);
    if (auto shaped = dyn_cast<ShapedType>(type))
      factor = DenseElementsAttr::get(shaped, Attribute(factor));
    Value scale = arith::ConstantOp::create(rewriter, op.getLoc(), factor);
    Value log = math::LogOp::create(rewriter, op.getLoc(), op.getOperand());
    rewriter.replaceOpWithNewOp<arith::MulFOp>(op, log, scale);
    return success();
  }
};

/// arith.maximumf and arith.minimumf order zeros, -0 below +0; the expansion
/// that arith-expand has takes them for equal. Of equal operands only zeros
/// differ, and of those the signs' "and" is the greater, their "or" the less.
template <typename Op, arith::CmpFPredicate Before, typename Join>
struct ExpandExtremum : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  /// A second operand that upstream's expansion is right with: no zero, or the
  /// one that it gives for equal operands.
  static bool isSafe(Value rhs) {
    APFloat value(0.0f);
    if (!matchPattern(rhs, m_ConstantFloat(&value)))
      return false;
    bool wanted = std::is_same_v<Op, arith::MinimumFOp>;
    return !value.isZero() || value.isNegative() == wanted;
  }

  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    Value lhs = op.getLhs(), rhs = op.getRhs();
    if (isSafe(rhs))
      return failure();
    Location loc = op.getLoc();
    Type type = op.getType();
    Type bits = rewriter.getIntegerType(
        getElementTypeOrSelf(type).getIntOrFloatBitWidth());
    if (auto shaped = dyn_cast<ShapedType>(type))
      bits = shaped.clone(bits);
    // True where lhs is no number; where rhs is none, it is the result.
    Value first = arith::CmpFOp::create(rewriter, loc, Before, lhs, rhs);
    Value result = arith::SelectOp::create(rewriter, loc, first, lhs, rhs);
    Value isNan = arith::CmpFOp::create(rewriter, loc,
                                        arith::CmpFPredicate::UNO, rhs, rhs);
    result = arith::SelectOp::create(rewriter, loc, isNan, rhs, result);
    Value equal = arith::CmpFOp::create(rewriter, loc,
                                        arith::CmpFPredicate::OEQ, lhs, rhs);
    Value joined = Join::create(
        rewriter, loc, arith::BitcastOp::create(rewriter, loc, bits, lhs),
        arith::BitcastOp::create(rewriter, loc, bits, rhs));
    joined = arith::BitcastOp::create(rewriter, loc, type, joined);
    rewriter.replaceOpWithNewOp<arith::SelectOp>(op, equal, joined, result);
    return success();
  }
};

struct ExpandMath : tercet::impl::ExpandMathBase<ExpandMath> {
  void runOnOperation() override {
    // Functions in terms of others first: their results need polynomials.
    RewritePatternSet expansions(&getContext());
    math::populateExpansionPatterns(
        expansions, {"sinh", "cosh", "tan", "asinh", "acosh", "atanh", "fpowi",
                     "ipowi", "powf", "exp2", "rsqrt", "clampf"});
    expansions.add<ExpandLog10,
                   ExpandExtremum<arith::MaximumFOp, arith::CmpFPredicate::UGT,
                                  arith::AndIOp>,
                   ExpandExtremum<arith::MinimumFOp, arith::CmpFPredicate::ULT,
                                  arith::OrIOp>>(&getContext());
    auto isFunction = [](StringRef name) {
      return llvm::is_contained(
          {"math.acos", "math.asin", "math.atan", "math.atan2", "math.cbrt",
           "math.cos", "math.erf", "math.erfc", "math.exp", "math.expm1",
           "math.log", "math.log10", "math.log1p", "math.log2", "math.sin",
           "math.tanh"},
          name);
    };
    populateMathF32ExpansionPatterns(expansions, isFunction);
    populateMathPolynomialApproximationPatterns(expansions, isFunction);
    if (failed(applyPatternsGreedily(getOperation(), std::move(expansions))))
      return signalPassFailure();

    WalkResult left = getOperation()->walk([](Operation *op) {
      if (!isa_and_nonnull<math::MathDialect>(op->getDialect()) || isPlain(op))
        return WalkResult::advance();
      op->emitOpError("on ")
          << op->getOperand(0).getType()
          << " has no expansion into arithmetic; compute it in f32";
      return WalkResult::interrupt();
    });
    if (left.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
