//===- ToReference.cpp - what each latent op means, in linalg -------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One pattern per op, each as the op's description says it. `moe` is decomposed
// before. Attention is in AttentionToReference.cpp.
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/Transforms/Activation.h"
#include "dialects/Latent/Transforms/Passes.h"
#include "dialects/Latent/Transforms/ReferencePatterns.h"
#include "dialects/Latent/Transforms/ReferenceProducts.h"
#include "dialects/Latent/Transforms/ReferenceRouter.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::latent;

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;
using Sizes = ReferenceBuilder::Sizes;

/// All axes but the last one as rows.
static SmallVector<ReassociationIndices> rowsOf(int64_t rank) {
  SmallVector<ReassociationIndices> groups(2);
  for (int64_t axis = 0; axis + 1 < rank; ++axis)
    groups[0].push_back(axis);
  groups[1].push_back(rank - 1);
  return groups;
}

namespace {
struct LowerRmsNorm : ReferencePattern<RmsNormOp> {
  using ReferencePattern::ReferencePattern;
  SmallVector<Value> lower(ReferenceBuilder &r, RmsNormOp op,
                           OpAdaptor adaptor) const override {
    Value x = adaptor.getInput();
    auto type = cast<RankedTensorType>(x.getType());
    if (type.getRank() == 2)
      return {r.rmsNorm(x, adaptor.getGain(), op.getEpsAttr())};
    Sizes sizes = r.getSizes(x);
    auto groups = rowsOf(type.getRank());
    x = tensor::CollapseShapeOp::create(r.b, r.loc, x, groups);
    x = r.rmsNorm(x, adaptor.getGain(), op.getEpsAttr());
    return {tensor::ExpandShapeOp::create(r.b, r.loc, type, x, groups, sizes)};
  }
};

struct LowerEmbed : ReferencePattern<EmbedOp> {
  using ReferencePattern::ReferencePattern;
  SmallVector<Value> lower(ReferenceBuilder &r, EmbedOp,
                           OpAdaptor adaptor) const override {
    OpBuilder &b = r.b;
    Value table = adaptor.getTable();
    Sizes sizes{r.getSizes(adaptor.getIds())[0], r.getSizes(table)[1]};
    return {r.map(adaptor.getIds(), {Axes{0}}, sizes, b.getF32Type(),
                  [&](ValueRange args) -> Value {
                    Value row = arith::IndexCastOp::create(
                        b, r.loc, b.getIndexType(), args[0]);
                    Value column = linalg::IndexOp::create(b, r.loc, 1);
                    return tensor::ExtractOp::create(b, r.loc, table,
                                                     ValueRange{row, column});
                  })};
  }
};

struct LowerRotary : ReferencePattern<RotaryOp> {
  using ReferencePattern::ReferencePattern;
  SmallVector<Value> lower(ReferenceBuilder &r, RotaryOp,
                           OpAdaptor adaptor) const override {
    OpBuilder &b = r.b;
    Location loc = r.loc;
    Value x = adaptor.getInput();
    auto type = cast<RankedTensorType>(x.getType());
    int64_t half = type.getDimSize(2) / 2;
    // The halves apart: [M, H, 2, D/2].
    Sizes sizes = r.getSizes(x);
    Sizes apart{sizes[0], sizes[1], b.getIndexAttr(2), b.getIndexAttr(half)};
    SmallVector<ReassociationIndices> groups{{0}, {1}, {2, 3}};
    Value halves = tensor::ExpandShapeOp::create(
        b, loc, type.clone({type.getDimSize(0), type.getDimSize(1), 2, half}),
        x, groups, apart);
    Value rotated =
        r.map({}, {}, apart, b.getF32Type(), [&](ValueRange) -> Value {
          SmallVector<Value> at;
          for (unsigned loop = 0; loop < 4; ++loop)
            at.push_back(linalg::IndexOp::create(b, loc, loop));
          auto read = [&](Value from, ValueRange where) -> Value {
            return tensor::ExtractOp::create(b, loc, from, where);
          };
          auto mul = [&](Value u, Value v) -> Value {
            return arith::MulFOp::create(b, loc, u, v);
          };
          Value position =
              arith::AddIOp::create(b, loc, adaptor.getPosition(), at[0]);
          Value c = read(adaptor.getCos(), {position, at[3]}),
                s = read(adaptor.getSin(), {position, at[3]});
          Value zero = arith::ConstantIndexOp::create(b, loc, 0),
                one = arith::ConstantIndexOp::create(b, loc, 1);
          Value low = read(halves, {at[0], at[1], zero, at[3]}),
                high = read(halves, {at[0], at[1], one, at[3]});
          Value first =
              arith::SubFOp::create(b, loc, mul(low, c), mul(high, s));
          Value second =
              arith::AddFOp::create(b, loc, mul(high, c), mul(low, s));
          Value isFirst = arith::CmpIOp::create(
              b, loc, arith::CmpIPredicate::eq, at[2], zero);
          return arith::SelectOp::create(b, loc, isFirst, first, second);
        });
    return {tensor::CollapseShapeOp::create(b, loc, rotated, groups)};
  }
};

struct LowerRoute : ReferencePattern<RouteOp> {
  using ReferencePattern::ReferencePattern;
  SmallVector<Value> lower(ReferenceBuilder &r, RouteOp op,
                           OpAdaptor adaptor) const override {
    Value logits =
        multiply(r, adaptor.getInput(), {adaptor.getWeight(), Value()});
    auto [ids, weights] = choose(r, op.getRouting(), logits, adaptor.getBias());
    return {ids, weights};
  }
};

/// The narrow floats are f32 here, where they are exact: a product for each
/// block of columns.
struct LowerDequantize : ReferencePattern<DequantizeOp> {
  using ReferencePattern::ReferencePattern;
  SmallVector<Value> lower(ReferenceBuilder &r, DequantizeOp op,
                           OpAdaptor adaptor) const override {
    OpBuilder &b = r.b;
    auto type = op.getResult().getType();
    int64_t rank = type.getRank();
    SmallVector<int64_t> shape(type.getShape());
    shape.back() /= op.getBlock();
    shape.push_back(op.getBlock());
    SmallVector<ReassociationIndices> groups;
    Axes all, outer;
    Sizes sizes;
    for (int64_t axis = 0; axis <= rank; ++axis) {
      if (axis < rank)
        groups.push_back({axis});
      all.push_back(axis);
      if (axis < rank)
        outer.push_back(axis);
      sizes.push_back(b.getIndexAttr(shape[axis]));
    }
    groups.back().push_back(rank);
    Value blocks = tensor::ExpandShapeOp::create(
        b, r.loc, type.clone(shape), adaptor.getValues(), groups, sizes);
    Value result =
        r.map({blocks, adaptor.getScales()}, {all, outer}, sizes,
              b.getF32Type(), [&](ValueRange args) -> Value {
                return arith::MulFOp::create(b, r.loc, args[0], args[1]);
              });
    return {tensor::CollapseShapeOp::create(b, r.loc, type, result, groups)};
  }
};

struct LowerProject : ReferencePattern<ProjectOp> {
  using ReferencePattern::ReferencePattern;
  SmallVector<Value> lower(ReferenceBuilder &r, ProjectOp op,
                           OpAdaptor adaptor) const override {
    Value x = adaptor.getInput();
    if (adaptor.getGain())
      x = r.rmsNorm(x, adaptor.getGain(), op.getEpsAttr());
    return {multiply(r, x, {adaptor.getWeight(), adaptor.getScale()})};
  }
};

struct LowerExperts : ReferencePattern<ExpertsOp> {
  using ReferencePattern::ReferencePattern;
  SmallVector<Value> lower(ReferenceBuilder &r, ExpertsOp op,
                           OpAdaptor adaptor) const override {
    OpBuilder &b = r.b;
    Location loc = r.loc;
    SmallVector<ReassociationIndices> pairs{{0, 1}}, pairRows{{0, 1}, {2}};
    auto flat = [&](Value v, ArrayRef<ReassociationIndices> groups) -> Value {
      return tensor::CollapseShapeOp::create(b, loc, v, groups);
    };
    // A row for every pair of a token and a slot.
    Value ids = adaptor.getIds(), x = adaptor.getInput();
    Sizes idSizes = r.getSizes(ids);
    Sizes sizes{idSizes[0], idSizes[1], r.getSizes(x)[1]};
    x = flat(r.map(x, {Axes{0, 2}}, sizes, b.getF32Type(),
                   [](ValueRange args) { return args[0]; }),
             pairRows);
    ids = flat(ids, pairs);

    SmallVector<Value> hidden{
        multiply(r, x, {adaptor.getUp(), adaptor.getUpScale()}, ids)};
    SmallVector<Axes> axes{Axes{0, 1}};
    if (adaptor.getGate()) {
      hidden.push_back(
          multiply(r, x, {adaptor.getGate(), adaptor.getGateScale()}, ids));
      axes.push_back(Axes{0, 1});
    }
    if (adaptor.getWeights()) {
      hidden.push_back(flat(adaptor.getWeights(), pairs));
      axes.push_back(Axes{0});
    }
    Value h = r.map(hidden, axes, r.getSizes(hidden[0]), b.getF32Type(),
                    [&](ValueRange args) {
                      Value v =
                          emitActivation(b, loc, op.getActivation(), args[0],
                                         adaptor.getGate() ? args[1] : Value());
                      if (adaptor.getWeights())
                        v = arith::MulFOp::create(b, loc, v, args.back());
                      return v;
                    });
    Value y = multiply(r, h, {adaptor.getDown(), adaptor.getDownScale()}, ids);
    Value count = tensor::DimOp::create(b, loc, adaptor.getDown(), 0);
    // Pairs back to slots by hand: two unknown sizes cannot come out of one
    // axis.
    Value perToken = tensor::DimOp::create(b, loc, adaptor.getIds(), 1);
    sizes[2] = r.getSizes(y)[1];
    return {r.map(
        adaptor.getIds(), {Axes{0, 1}}, sizes, b.getF32Type(),
        [&](ValueRange args) -> Value {
          Value first = arith::MulIOp::create(
              b, loc, linalg::IndexOp::create(b, loc, 0), perToken);
          Value row = arith::AddIOp::create(b, loc, first,
                                            linalg::IndexOp::create(b, loc, 1));
          Value column = linalg::IndexOp::create(b, loc, 2);
          Value result =
              tensor::ExtractOp::create(b, loc, y, ValueRange{row, column});
          return arith::SelectOp::create(b, loc, isInside(r, args[0], count),
                                         result, r.constant(0.0f));
        })};
  }
};

struct LowerCombine : ReferencePattern<CombineOp> {
  using ReferencePattern::ReferencePattern;
  SmallVector<Value> lower(ReferenceBuilder &r, CombineOp,
                           OpAdaptor adaptor) const override {
    OpBuilder &b = r.b;
    Sizes sizes = r.getSizes(adaptor.getInput());
    SmallVector<Value> inputs{adaptor.getInput()};
    SmallVector<Axes> axes{Axes{0, 2, 1}};
    if (adaptor.getWeights()) {
      inputs.push_back(adaptor.getWeights());
      axes.push_back(Axes{0, 2});
    }
    return {r.reduce(inputs, axes, 3, {0, 1}, {sizes[0], sizes[2]},
                     b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
                       Value term = args[0];
                       if (adaptor.getWeights())
                         term = arith::MulFOp::create(b, r.loc, args[1], term);
                       return arith::AddFOp::create(b, r.loc, args.back(),
                                                    term);
                     })};
  }
};
} // namespace

void tercet::latent::addReferenceTypeConversions(TypeConverter &converter) {
  converter.addConversion([](RankedTensorType type) -> std::optional<Type> {
    if (!isa<Float4E2M1FNType, Float8E4M3FNType, Float8E8M0FNUType>(
            type.getElementType()))
      return std::nullopt;
    return type.clone(Float32Type::get(type.getContext()));
  });
}

void tercet::latent::populateLatentToReferencePatterns(
    const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerRmsNorm, LowerEmbed, LowerRotary, LowerRoute,
               LowerDequantize, LowerProject, LowerExperts, LowerCombine>(
      converter, patterns.getContext());
  populateAttentionToReferencePatterns(converter, patterns);
  populateMambaToReferencePatterns(converter, patterns);
}
