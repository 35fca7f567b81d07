//===- Decompositions.cpp - what each ternary op means, in linalg ---------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One pattern per op. They follow the op descriptions line by line; that is
// their whole worth, so nothing here is made faster than it reads.
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Transforms/Passes.h"
#include "dialects/Ternary/Transforms/ReferenceBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>

using namespace mlir;
using namespace tercet::ternary;

using Axes = ReferenceBuilder::Axes;
using Sizes = ReferenceBuilder::Sizes;

static const float kFloor = 1e-5f;

/// round_half_even(x * s) within [low, high], 0 for NaN.
static Value roundAndClip(ReferenceBuilder &r, Value x, Value s, float low,
                          float high) {
  OpBuilder &b = r.b;
  Value t = arith::MulFOp::create(b, r.loc, x, s);
  t = math::RoundEvenOp::create(b, r.loc, t);
  Value nan = arith::CmpFOp::create(b, r.loc, arith::CmpFPredicate::UNO, t, t);
  t = arith::MaxNumFOp::create(b, r.loc, t, r.constant(low));
  t = arith::MinNumFOp::create(b, r.loc, t, r.constant(high));
  t = arith::SelectOp::create(b, r.loc, nan, r.constant(0.0f), t);
  return arith::FPToSIOp::create(b, r.loc, b.getI8Type(), t);
}

static Value divide(ReferenceBuilder &r, Value x, Value y) {
  return arith::DivFOp::create(r.b, r.loc, x, y);
}

/// The values and the scales of the rows of `x`.
static std::pair<Value, Value> quantize(ReferenceBuilder &r, Value x,
                                        QuantMode mode, bool hadamard) {
  OpBuilder &b = r.b;
  Location loc = r.loc;
  if (hadamard)
    x = r.hadamard(x);
  Sizes sizes = r.getSizes(x), rows{sizes[0]};
  bool absmax = mode == QuantMode::AbsmaxI8;
  Type f32 = b.getF32Type();
  auto abs = [&](Value v) -> Value { return math::AbsFOp::create(b, loc, v); };
  Value magnitude;
  if (absmax) {
    magnitude = r.reduce(x, {Axes{0, 1}}, 2, {0}, rows, b.getF32FloatAttr(0.0f),
                         [&](ValueRange args) -> Value {
                           return arith::MaxNumFOp::create(b, loc, args[1],
                                                           abs(args[0]));
                         });
  } else {
    Value columns = tensor::DimOp::create(b, loc, x, 1);
    Value count = arith::UIToFPOp::create(
        b, loc, f32,
        arith::IndexCastOp::create(b, loc, b.getI64Type(), columns));
    magnitude =
        r.map(r.sumRows(x, abs), {Axes{0}}, rows, f32,
              [&](ValueRange args) { return divide(r, args[0], count); });
  }
  float top = absmax ? 127.0f : std::sqrt(7.0f);
  auto floored = [&](Value g) -> Value {
    return arith::MaxNumFOp::create(b, loc, g, r.constant(kFloor));
  };
  Value values =
      r.map({x, magnitude}, {Axes{0, 1}, Axes{0}}, sizes, b.getI8Type(),
            [&](ValueRange args) {
              Value s = divide(r, r.constant(top), floored(args[1]));
              return roundAndClip(r, args[0], s, absmax ? -128.0f : -8.0f,
                                  absmax ? 127.0f : 7.0f);
            });
  Value scale = r.map(magnitude, {Axes{0}}, rows, f32, [&](ValueRange args) {
    return divide(r, floored(args[0]), r.constant(top));
  });
  return {values, scale};
}

static Value multiply(ReferenceBuilder &r, Value x, Value w) {
  OpBuilder &b = r.b;
  Location loc = r.loc;
  Sizes sizes{r.getSizes(x)[0], r.getSizes(w)[0]};
  Type i32 = b.getI32Type();
  return r.reduce({x, w}, {Axes{0, 2}, Axes{1, 2}}, 3, {0, 1}, sizes,
                  b.getI32IntegerAttr(0), [&](ValueRange args) -> Value {
                    Value u = arith::ExtSIOp::create(b, loc, i32, args[0]);
                    Value v = arith::ExtSIOp::create(b, loc, i32, args[1]);
                    Value product = arith::MulIOp::create(b, loc, u, v);
                    return arith::AddIOp::create(b, loc, args[2], product);
                  });
}

/// Which weights of `w` [R, K] the sparsity keeps: i1 by a weight's rank, the
/// number of weights in its group that are larger, or equal with a lower index.
static Value computeMask(ReferenceBuilder &r, Value w, SparsityAttr sparsity) {
  OpBuilder &b = r.b;
  Location loc = r.loc;
  Sizes sizes = r.getSizes(w);
  auto type = cast<RankedTensorType>(w.getType());
  int64_t m = sparsity.getM(), groups = type.getDimSize(1) / m;
  Sizes split{sizes[0], b.getIndexAttr(groups), b.getIndexAttr(m)};
  SmallVector<ReassociationIndices> axes{{0}, {1, 2}};
  Value grouped = tensor::ExpandShapeOp::create(
      b, loc,
      RankedTensorType::get({type.getDimSize(0), groups, m},
                            type.getElementType()),
      w, axes, split);
  Value rank = r.reduce(
      {grouped, grouped}, {Axes{0, 1, 2}, Axes{0, 1, 3}}, 4, {0, 1, 2}, split,
      b.getI32IntegerAttr(0), [&](ValueRange args) -> Value {
        Value mine = math::AbsFOp::create(b, loc, args[0]);
        Value other = math::AbsFOp::create(b, loc, args[1]);
        Value larger = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT,
                                             other, mine);
        Value equal = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ,
                                            other, mine);
        Value lower = arith::CmpIOp::create(
            b, loc, arith::CmpIPredicate::ult,
            linalg::IndexOp::create(b, loc, 3).getResult(),
            linalg::IndexOp::create(b, loc, 2).getResult());
        Value before = arith::OrIOp::create(
            b, loc, larger,
            arith::AndIOp::create(b, loc, equal, lower).getResult());
        return arith::AddIOp::create(
            b, loc, args[2],
            arith::ExtUIOp::create(b, loc, b.getI32Type(), before).getResult());
      });
  Value keep = r.map(rank, {Axes{0, 1, 2}}, split, b.getI1Type(),
                     [&](ValueRange args) -> Value {
                       return arith::CmpIOp::create(
                           b, loc, arith::CmpIPredicate::slt, args[0],
                           r.constant(b.getI32IntegerAttr(sparsity.getN())));
                     });
  return tensor::CollapseShapeOp::create(b, loc, keep, axes);
}

namespace {
template <typename Op> class Decomposition : public OpConversionPattern<Op> {
public:
  using OpConversionPattern<Op>::OpConversionPattern;

protected:
  /// Replaces `op`; a result whose shape came out more or less static is cast.
  void replace(ConversionPatternRewriter &rewriter, Op op,
               ArrayRef<Value> results) const {
    SmallVector<Value> values;
    for (auto [value, old] : llvm::zip_equal(results, op->getResults())) {
      Type type = this->getTypeConverter()->convertType(old.getType());
      values.push_back(
          value.getType() == type
              ? value
              : tensor::CastOp::create(rewriter, op.getLoc(), type, value));
    }
    rewriter.replaceOp(op, values);
  }
};

struct DecomposeTernarize : Decomposition<TernarizeOp> {
  using Decomposition::Decomposition;
  LogicalResult
  matchAndRewrite(TernarizeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ReferenceBuilder r(rewriter, op.getLoc());
    OpBuilder &b = rewriter;
    Location loc = op.getLoc();
    Type f32 = b.getF32Type(), f64 = b.getF64Type();
    Value w = adaptor.getInput();
    Sizes shape = r.getSizes(w);
    unsigned rank = shape.size();
    Axes all = llvm::to_vector<4>(llvm::seq<unsigned>(0, rank));
    Type element = cast<RankedTensorType>(w.getType()).getElementType();
    if (element != f32)
      w = r.map(w, {all}, shape, f32, [&](ValueRange args) -> Value {
        if (element.getIntOrFloatBitWidth() > 32)
          return arith::TruncFOp::create(b, loc, f32, args[0]);
        return arith::ExtFOp::create(b, loc, f32, args[0]);
      });

    // One scale a matrix: of the whole weight, or of each expert.
    Axes scaleAxes = rank == 3 ? Axes{0} : Axes{};
    Sizes scaleSizes(shape.begin(), shape.begin() + (rank - 2));
    Value sum =
        r.reduce(w, {all}, rank, scaleAxes, scaleSizes, b.getF64FloatAttr(0.0),
                 [&](ValueRange args) -> Value {
                   Value wide = arith::ExtFOp::create(b, loc, f64, args[0]);
                   Value magnitude = math::AbsFOp::create(b, loc, wide);
                   return arith::AddFOp::create(b, loc, args[1], magnitude);
                 });
    Value count = arith::ConstantIndexOp::create(b, loc, 1);
    for (unsigned axis = rank - 2; axis < rank; ++axis) {
      Value size = tensor::DimOp::create(b, loc, w, axis);
      count = arith::MulIOp::create(b, loc, count, size);
    }
    count = arith::IndexCastOp::create(b, loc, b.getI64Type(), count);
    count = arith::SIToFPOp::create(b, loc, f64, count);
    Axes identity = rank == 3 ? Axes{0} : Axes{};
    Value beta =
        r.map(sum, {identity}, scaleSizes, f32, [&](ValueRange args) -> Value {
          Value mean = divide(r, args[0], count);
          Value narrow = arith::TruncFOp::create(b, loc, f32, mean);
          return arith::MaxNumFOp::create(b, loc, narrow, r.constant(kFloor));
        });

    SparsityAttr sparsity = op.getSparsityAttr();
    bool exact = sparsity && sparsity.getExact();
    Value trits = r.map(
        {w, beta}, {all, scaleAxes}, shape, b.getI8Type(),
        [&](ValueRange args) -> Value {
          if (!exact)
            return roundAndClip(
                r, args[0], divide(r, r.constant(1.0f), args[1]), -1.0f, 1.0f);
          Value negative = arith::CmpFOp::create(
              b, loc, arith::CmpFPredicate::OLT, args[0], r.constant(0.0f));
          return arith::SelectOp::create(b, loc, negative,
                                         r.constant(b.getI8IntegerAttr(-1)),
                                         r.constant(b.getI8IntegerAttr(1)));
        });
    if (sparsity) {
      // Experts are more rows to the mask.
      SmallVector<ReassociationIndices> flat{{0, 1}, {2}};
      Value matrix =
          rank == 3 ? tensor::CollapseShapeOp::create(b, loc, w, flat) : w;
      Value keep = computeMask(r, matrix, sparsity);
      if (rank == 3) {
        SmallVector<int64_t> kept(
            cast<RankedTensorType>(w.getType()).getShape());
        keep = tensor::ExpandShapeOp::create(
            b, loc, RankedTensorType::get(kept, b.getI1Type()), keep, flat,
            shape);
      }
      trits = r.map({trits, keep}, {all, all}, shape, b.getI8Type(),
                    [&](ValueRange args) -> Value {
                      return arith::SelectOp::create(
                          b, loc, args[1], args[0],
                          r.constant(b.getI8IntegerAttr(0)));
                    });
    }
    replace(rewriter, op, {trits, beta});
    return success();
  }
};

struct DecomposeQuantize : Decomposition<QuantizeOp> {
  using Decomposition::Decomposition;
  LogicalResult
  matchAndRewrite(QuantizeOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ReferenceBuilder r(rewriter, op.getLoc());
    auto [values, scale] =
        quantize(r, adaptor.getInput(), op.getMode(), op.getHadamard());
    replace(rewriter, op, {values, scale});
    return success();
  }
};

struct DecomposeMatmul : Decomposition<MatmulOp> {
  using Decomposition::Decomposition;
  LogicalResult
  matchAndRewrite(MatmulOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ReferenceBuilder r(rewriter, op.getLoc());
    replace(rewriter, op, multiply(r, adaptor.getInput(), adaptor.getWeight()));
    return success();
  }
};

struct DecomposeLinear : Decomposition<LinearOp> {
  using Decomposition::Decomposition;
  LogicalResult
  matchAndRewrite(LinearOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    ReferenceBuilder r(rewriter, op.getLoc());
    OpBuilder &b = rewriter;
    Location loc = op.getLoc();
    Value x = adaptor.getInput();
    if (adaptor.getGain())
      x = r.rmsNorm(x, adaptor.getGain(), op.getEpsAttr());
    auto [values, rowScale] = quantize(r, x, op.getMode(), op.getHadamard());
    Value acc = multiply(r, values, adaptor.getWeight());
    bool perOutput =
        cast<RankedTensorType>(adaptor.getScale().getType()).getRank() == 1;
    SmallVector<Value> inputs{acc, rowScale, adaptor.getScale()};
    SmallVector<Axes> axes{Axes{0, 1}, Axes{0}, perOutput ? Axes{1} : Axes{}};
    if (adaptor.getBias()) {
      inputs.push_back(adaptor.getBias());
      axes.push_back(Axes{1});
    }
    Value y =
        r.map(inputs, axes, r.getSizes(acc), b.getF32Type(),
              [&](ValueRange args) -> Value {
                Value sum =
                    arith::SIToFPOp::create(b, loc, b.getF32Type(), args[0]);
                Value scale = arith::MulFOp::create(b, loc, args[1], args[2]);
                Value scaled = arith::MulFOp::create(b, loc, sum, scale);
                if (args.size() == 3)
                  return scaled;
                return arith::AddFOp::create(b, loc, scaled, args[3]);
              });
    replace(rewriter, op, y);
    return success();
  }
};

/// Without storage codes, encode and decode are nothing.
template <typename Op> struct DropCode : Decomposition<Op> {
  using Decomposition<Op>::Decomposition;
  LogicalResult
  matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    this->replace(rewriter, op, adaptor.getInput());
    return success();
  }
};
} // namespace

void tercet::ternary::addReferenceTypeConversions(TypeConverter &converter) {
  converter.addConversion([](RankedTensorType type) -> std::optional<Type> {
    if (!isa<TritType>(type.getElementType()))
      return std::nullopt;
    return RankedTensorType::get(type.getShape(),
                                 IntegerType::get(type.getContext(), 8));
  });
}

void tercet::ternary::populateTernaryToReferencePatterns(
    const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<DecomposeTernarize, DecomposeQuantize, DecomposeMatmul,
               DecomposeLinear, DropCode<EncodeOp>, DropCode<DecodeOp>>(
      converter, patterns.getContext());
}
