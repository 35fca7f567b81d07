//===- MambaToReference.cpp - the Mamba-2 ops, plainly --------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The convolution over state and input as one tensor, the scan as a loop over
// steps that carries the state, the gated norm as the norm of its groups.
// Nothing is clever here: this is what the kernels are compared with.
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/IR/Latent.h"
#include "dialects/Latent/Transforms/Activation.h"
#include "dialects/Latent/Transforms/ReferencePatterns.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::latent;

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;
using Sizes = ReferenceBuilder::Sizes;

namespace {
/// Scalar arithmetic inside of a body.
struct Scalars {
  ReferenceBuilder &r;

  Value add(Value x, Value y) {
    return arith::AddFOp::create(r.b, r.loc, x, y);
  }
  Value mul(Value x, Value y) {
    return arith::MulFOp::create(r.b, r.loc, x, y);
  }
  Value exp(Value x) { return math::ExpOp::create(r.b, r.loc, x); }
  Value negate(Value x) { return arith::NegFOp::create(r.b, r.loc, x); }
  Value at(unsigned loop) { return linalg::IndexOp::create(r.b, r.loc, loop); }
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(r.b, r.loc, value);
  }
  Value read(Value from, ValueRange where) {
    return tensor::ExtractOp::create(r.b, r.loc, from, where);
  }
};

struct LowerCausalConv : ReferencePattern<CausalConvOp> {
  using ReferencePattern::ReferencePattern;
  SmallVector<Value> lower(ReferenceBuilder &r, CausalConvOp,
                           OpAdaptor adaptor) const override {
    OpBuilder &b = r.b;
    Location loc = r.loc;
    Scalars s{r};
    Value input = adaptor.getInput(), state = adaptor.getState(),
          weight = adaptor.getWeight();
    int64_t width = cast<RankedTensorType>(weight.getType()).getDimSize(1);
    Sizes sizes = r.getSizes(input), before = r.getSizes(state);
    // What was and what comes, one behind the other.
    Value steps = getValueOrCreateConstantIndexOp(b, loc, sizes[0]);
    Value all = arith::AddIOp::create(b, loc, steps, s.index(width - 1));
    Value whole =
        tensor::EmptyOp::create(b, loc, Sizes{all, sizes[1]}, b.getF32Type());
    Sizes strides(2, b.getIndexAttr(1));
    Sizes begin(2, b.getIndexAttr(0)),
        behind{b.getIndexAttr(width - 1), b.getIndexAttr(0)};
    whole = tensor::InsertSliceOp::create(b, loc, state, whole, begin, before,
                                          strides);
    whole = tensor::InsertSliceOp::create(b, loc, input, whole, behind, sizes,
                                          strides);
    Value result =
        r.map(adaptor.getBias(), {Axes{1}}, sizes, b.getF32Type(),
              [&](ValueRange args) -> Value {
                Value v = args[0];
                for (int64_t j = 0; j < width; ++j) {
                  Value step =
                      arith::AddIOp::create(b, loc, s.at(0), s.index(j));
                  v = s.add(v, s.mul(s.read(weight, {s.at(1), s.index(j)}),
                                     s.read(whole, {step, s.at(1)})));
                }
                Value divisor = s.add(r.constant(1.0f), s.exp(s.negate(v)));
                return arith::DivFOp::create(b, loc, v, divisor);
              });
    Value last = tensor::ExtractSliceOp::create(
        b, loc, cast<RankedTensorType>(state.getType()), whole,
        Sizes{steps, b.getIndexAttr(0)}, before, strides);
    return {result, last};
  }
};

struct LowerScan : ReferencePattern<ScanOp> {
  using ReferencePattern::ReferencePattern;
  SmallVector<Value> lower(ReferenceBuilder &r, ScanOp op,
                           OpAdaptor adaptor) const override {
    OpBuilder &b = r.b;
    Location loc = r.loc;
    Scalars s{r};
    Type f32 = b.getF32Type();
    Value x = adaptor.getInput(), dt = adaptor.getDt();
    auto stateType = cast<RankedTensorType>(adaptor.getState().getType());
    int64_t heads = stateType.getDimSize(0), values = stateType.getDimSize(1);
    int64_t shared =
        heads / cast<RankedTensorType>(adaptor.getB().getType()).getDimSize(1);

    Value step = r.map(
        {dt, adaptor.getDtBias()}, {Axes{0, 1}, Axes{1}}, r.getSizes(dt), f32,
        [&](ValueRange args) -> Value {
          Value v = s.add(args[0], args[1]);
          Value size = math::AbsFOp::create(b, loc, v);
          Value rest = math::Log1pOp::create(b, loc, s.exp(s.negate(size)));
          Value d = s.add(
              arith::MaximumFOp::create(b, loc, v, r.constant(0.0f)), rest);
          if (FloatAttr least = op.getMinStepAttr())
            d = arith::MaximumFOp::create(b, loc, d, r.constant(least));
          return d;
        });
    Value decay =
        r.map({step, adaptor.getALog()}, {Axes{0, 1}, Axes{1}}, r.getSizes(dt),
              f32, [&](ValueRange args) -> Value {
                return s.exp(s.negate(s.mul(args[0], s.exp(args[1]))));
              });

    Sizes stateSizes = r.getSizes(adaptor.getState());
    Sizes rowSizes{stateSizes[0], stateSizes[1]};
    Value steps = getValueOrCreateConstantIndexOp(b, loc, r.getSizes(x)[0]);
    Value result = tensor::EmptyOp::create(b, loc, r.getSizes(x), f32);
    auto loop = scf::ForOp::create(b, loc, s.index(0), steps, s.index(1),
                                   ValueRange{result, adaptor.getState()});
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value t = loop.getInductionVar(), old = loop.getRegionIterArg(1);
    auto group = [&] {
      return arith::DivUIOp::create(b, loc, s.at(0), s.index(shared))
          .getResult();
    };
    Axes all{0, 1, 2};
    Value next =
        r.map(old, {all}, stateSizes, f32, [&](ValueRange args) -> Value {
          Value input = s.mul(s.read(step, {t, s.at(0)}),
                              s.read(x, {t, s.at(0), s.at(1)}));
          Value kept = s.mul(s.read(decay, {t, s.at(0)}), args[0]);
          return s.add(kept, s.mul(input, s.read(adaptor.getB(),
                                                 {t, group(), s.at(2)})));
        });
    Value products =
        r.map(next, {all}, stateSizes, f32, [&](ValueRange args) -> Value {
          return s.mul(s.read(adaptor.getC(), {t, group(), s.at(2)}), args[0]);
        });
    Value rows = tensor::CollapseShapeOp::create(
        b, loc, products, SmallVector<ReassociationIndices>{{0, 1}, {2}});
    Value sums = r.sumRows(rows, [](Value v) { return v; });
    sums = tensor::ExpandShapeOp::create(
        b, loc, RankedTensorType::get({heads, values}, f32), sums,
        SmallVector<ReassociationIndices>{{0, 1}}, rowSizes);
    Value row =
        r.map({sums, adaptor.getSkip()}, {Axes{0, 1}, Axes{0}}, rowSizes, f32,
              [&](ValueRange args) -> Value {
                return s.add(args[0],
                             s.mul(args[1], s.read(x, {t, s.at(0), s.at(1)})));
              });
    Sizes at{t, b.getIndexAttr(0), b.getIndexAttr(0)},
        one{b.getIndexAttr(1), rowSizes[0], rowSizes[1]},
        strides(3, b.getIndexAttr(1));
    Value written = tensor::InsertSliceOp::create(
        b, loc, row, loop.getRegionIterArg(0), at, one, strides);
    // What a loop carries has to be one buffer.
    next = linalg::CopyOp::create(b, loc, next, old).getResult(0);
    scf::YieldOp::create(b, loc, ValueRange{written, next});
    return SmallVector<Value>(loop.getResults());
  }
};

struct LowerGatedNorm : ReferencePattern<GatedNormOp> {
  using ReferencePattern::ReferencePattern;
  SmallVector<Value> lower(ReferenceBuilder &r, GatedNormOp op,
                           OpAdaptor adaptor) const override {
    OpBuilder &b = r.b;
    Location loc = r.loc;
    auto type = cast<RankedTensorType>(adaptor.getInput().getType());
    int64_t groups = op.getGroups(), width = type.getDimSize(1) / groups;
    Axes both{0, 1};
    Sizes sizes = r.getSizes(adaptor.getInput());
    auto silu = ActivationAttr::get(b.getContext(), ActivationKind::SiluGlu,
                                    FloatAttr(), FloatAttr());
    Value u = r.map({adaptor.getInput(), adaptor.getGate()}, {both, both},
                    sizes, b.getF32Type(), [&](ValueRange args) {
                      return emitActivation(b, loc, silu, args[0], args[1]);
                    });
    // A row for each group.
    SmallVector<ReassociationIndices> columns{{0}, {1, 2}}, rows{{0, 1}, {2}};
    Sizes apart{sizes[0], b.getIndexAttr(groups), b.getIndexAttr(width)};
    RankedTensorType split = type.clone({type.getDimSize(0), groups, width});
    u = tensor::ExpandShapeOp::create(b, loc, split, u, columns, apart);
    u = tensor::CollapseShapeOp::create(b, loc, u, rows);
    Value ones = arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(RankedTensorType::get({width}, b.getF32Type()),
                               1.0f));
    u = r.rmsNorm(u, ones, op.getEpsAttr());
    u = tensor::ExpandShapeOp::create(b, loc, split, u, rows, apart);
    u = tensor::CollapseShapeOp::create(b, loc, u, columns);
    return {r.map({u, adaptor.getGain()}, {both, Axes{1}}, sizes,
                  b.getF32Type(), [&](ValueRange args) -> Value {
                    return arith::MulFOp::create(b, loc, args[0], args[1]);
                  })};
  }
};
} // namespace

void tercet::latent::populateMambaToReferencePatterns(
    const TypeConverter &converter, RewritePatternSet &patterns) {
  patterns.add<LowerCausalConv, LowerScan, LowerGatedNorm>(
      converter, patterns.getContext());
}
