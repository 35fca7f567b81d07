//===- ReferenceProducts.cpp - products of the reference path -------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A slice of a weight is read element by element through its number: the
// reference has to be plain, not fast.
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/Transforms/ReferenceProducts.h"
#include "dialects/Ternary/IR/Ternary.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::latent;

using ternary::ReferenceBuilder;
using Axes = ReferenceBuilder::Axes;
using Sizes = ReferenceBuilder::Sizes;

Value tercet::latent::isInside(ReferenceBuilder &r, Value id, Value count) {
  Value bound = arith::IndexCastOp::create(r.b, r.loc, r.b.getI32Type(), count);
  return arith::CmpIOp::create(r.b, r.loc, arith::CmpIPredicate::ult, id,
                               bound);
}

namespace {
/// Where row r finds its slice.
struct Slices {
  ReferenceBuilder &r;
  Value ids, count;

  /// tensor[slice of id, loops...]
  Value extract(Value tensor, Value id, ArrayRef<unsigned> loops) {
    OpBuilder &b = r.b;
    Value zero = r.constant(b.getI32IntegerAttr(0));
    Value inside = isInside(r, id, count);
    Value slice = arith::SelectOp::create(b, r.loc, inside, id, zero);
    SmallVector<Value> at{
        arith::IndexCastOp::create(b, r.loc, b.getIndexType(), slice)};
    for (unsigned loop : loops)
      at.push_back(linalg::IndexOp::create(b, r.loc, loop));
    return tensor::ExtractOp::create(b, r.loc, tensor, at);
  }
};
} // namespace

/// A float tensor in f32.
static Value widen(ReferenceBuilder &r, Value v) {
  auto type = cast<RankedTensorType>(v.getType());
  if (type.getElementType().isF32())
    return v;
  Axes axes;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    axes.push_back(axis);
  Type f32 = r.b.getF32Type();
  return r.map(v, axes, r.getSizes(v), f32, [&](ValueRange args) -> Value {
    return arith::ExtFOp::create(r.b, r.loc, f32, args[0]);
  });
}

/// Sums in 16 strided partial sums and a tree.
static Value multiplyFloats(ReferenceBuilder &r, Value x, Value w,
                            Slices slices) {
  OpBuilder &b = r.b;
  Location loc = r.loc;
  x = r.splitLanes(x);
  w = r.splitLanes(widen(r, w));
  Sizes xSizes = r.getSizes(x), wSizes = r.getSizes(w);
  Sizes sizes{xSizes[0], wSizes[wSizes.size() - 3], xSizes[2]};
  auto addProduct = [&](Value acc, Value u, Value v) -> Value {
    Value product = arith::MulFOp::create(b, loc, u, v);
    return arith::AddFOp::create(b, loc, acc, product);
  };
  // Loops: row, output, chunk, lane.
  Axes result{0, 1, 3}, chunks{0, 2, 3};
  Value partial =
      slices.ids ? r.reduce({x, slices.ids}, {chunks, Axes{0}}, 4, result,
                            sizes, b.getF32FloatAttr(0.0f),
                            [&](ValueRange args) {
                              Value v = slices.extract(w, args[1], {1, 2, 3});
                              return addProduct(args[2], args[0], v);
                            })
                 : r.reduce({x, w}, {chunks, Axes{1, 2, 3}}, 4, result, sizes,
                            b.getF32FloatAttr(0.0f), [&](ValueRange args) {
                              return addProduct(args[2], args[0], args[1]);
                            });
  return r.sumLanes(partial);
}

/// Exact in i32.
static Value multiplyBytes(ReferenceBuilder &r, Value x, Value w,
                           Slices slices) {
  OpBuilder &b = r.b;
  Location loc = r.loc;
  Sizes wSizes = r.getSizes(w);
  Sizes sizes{r.getSizes(x)[0], wSizes[wSizes.size() - 2]};
  auto addProduct = [&](Value acc, Value u, Value v) -> Value {
    u = arith::ExtSIOp::create(b, loc, b.getI32Type(), u);
    v = arith::ExtSIOp::create(b, loc, b.getI32Type(), v);
    Value product = arith::MulIOp::create(b, loc, u, v);
    return arith::AddIOp::create(b, loc, acc, product);
  };
  if (slices.ids)
    return r.reduce({x, slices.ids}, {Axes{0, 2}, Axes{0}}, 3, {0, 1}, sizes,
                    b.getI32IntegerAttr(0), [&](ValueRange args) {
                      Value v = slices.extract(w, args[1], {1, 2});
                      return addProduct(args[2], args[0], v);
                    });
  return r.reduce({x, w}, {Axes{0, 2}, Axes{1, 2}}, 3, {0, 1}, sizes,
                  b.getI32IntegerAttr(0), [&](ValueRange args) {
                    return addProduct(args[2], args[0], args[1]);
                  });
}

Value tercet::latent::multiply(ReferenceBuilder &r, Value x,
                               ReferenceWeight weight, Value ids) {
  OpBuilder &b = r.b;
  Location loc = r.loc;
  Slices slices{r, ids, {}};
  if (ids)
    slices.count = tensor::DimOp::create(b, loc, weight.values, 0);
  bool floats = isa<FloatType>(getElementTypeOrSelf(weight.values.getType()));
  if (floats && !weight.scale)
    return multiplyFloats(r, x, weight.values, slices);
  bool perOutput =
      cast<RankedTensorType>(weight.scale.getType()).getRank() == 1;
  Axes scaleAxes = ids ? Axes{0} : perOutput ? Axes{1} : Axes{};
  auto loadScale = [&](Value arg) {
    return ids ? slices.extract(weight.scale, arg, {}) : arg;
  };
  if (floats) {
    Value sum = multiplyFloats(r, x, weight.values, slices);
    return r.map(
        {sum, ids ? ids : weight.scale}, {Axes{0, 1}, scaleAxes},
        r.getSizes(sum), b.getF32Type(), [&](ValueRange args) -> Value {
          return arith::MulFOp::create(b, loc, args[0], loadScale(args[1]));
        });
  }
  auto type = cast<RankedTensorType>(x.getType());
  auto quantize = ternary::QuantizeOp::create(
      b, loc, type.clone(b.getI8Type()),
      RankedTensorType::get({type.getDimSize(0)}, b.getF32Type()), x,
      ternary::QuantMode::AbsmaxI8, /*hadamard=*/false);
  Value acc = multiplyBytes(r, quantize.getValues(), weight.values, slices);
  SmallVector<Value> inputs{acc, quantize.getScale(), ids ? ids : weight.scale};
  SmallVector<Axes> axes{Axes{0, 1}, Axes{0}, scaleAxes};
  return r.map(inputs, axes, r.getSizes(acc), b.getF32Type(),
               [&](ValueRange args) -> Value {
                 Value scale = loadScale(args[2]);
                 Value sum =
                     arith::SIToFPOp::create(b, loc, b.getF32Type(), args[0]);
                 Value both = arith::MulFOp::create(b, loc, args[1], scale);
                 return arith::MulFOp::create(b, loc, sum, both);
               });
}
