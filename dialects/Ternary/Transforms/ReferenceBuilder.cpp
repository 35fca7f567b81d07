//===- ReferenceBuilder.cpp - linalg in a few words -----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Transforms/ReferenceBuilder.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <cmath>

using namespace mlir;
using namespace tercet::ternary;

/// Partial sums of a row reduction.
static constexpr int64_t kPartialSums = 16;

ReferenceBuilder::Sizes ReferenceBuilder::getSizes(Value tensor) {
  return tensor::getMixedSizes(b, loc, tensor);
}

Value ReferenceBuilder::constant(TypedAttr value) {
  return arith::ConstantOp::create(b, loc, value);
}

Value ReferenceBuilder::constant(float value) {
  return constant(b.getF32FloatAttr(value));
}

Value ReferenceBuilder::generic(ValueRange inputs, ArrayRef<Axes> axes,
                                unsigned loops, const Axes &resultAxes,
                                Value init, Body body, bool passAccumulator) {
  SmallVector<AffineMap> maps;
  auto addMap = [&](const Axes &indexedBy) {
    SmallVector<AffineExpr> exprs;
    for (unsigned axis : indexedBy)
      exprs.push_back(b.getAffineDimExpr(axis));
    maps.push_back(AffineMap::get(loops, 0, exprs, b.getContext()));
  };
  for (const Axes &indexedBy : axes)
    addMap(indexedBy);
  addMap(resultAxes);
  SmallVector<utils::IteratorType> iterators(loops,
                                             utils::IteratorType::reduction);
  for (unsigned axis : resultAxes)
    iterators[axis] = utils::IteratorType::parallel;
  auto op = linalg::GenericOp::create(
      b, loc, init.getType(), inputs, init, maps, iterators,
      [&](OpBuilder &, Location, ValueRange args) {
        Value result = body(passAccumulator ? args : args.drop_back());
        linalg::YieldOp::create(b, loc, result);
      });
  return op.getResult(0);
}

Value ReferenceBuilder::map(ValueRange inputs, ArrayRef<Axes> axes,
                            ArrayRef<OpFoldResult> sizes, Type element,
                            Body body) {
  Axes all = llvm::to_vector<4>(llvm::seq<unsigned>(0, sizes.size()));
  Value init = tensor::EmptyOp::create(b, loc, sizes, element);
  return generic(inputs, axes, sizes.size(), all, init, body, false);
}

Value ReferenceBuilder::reduce(ValueRange inputs, ArrayRef<Axes> axes,
                               unsigned loops, const Axes &resultAxes,
                               ArrayRef<OpFoldResult> resultSizes,
                               TypedAttr init, Body body) {
  Value empty = tensor::EmptyOp::create(b, loc, resultSizes, init.getType());
  Value filled =
      linalg::FillOp::create(b, loc, constant(init), empty).getResult(0);
  return generic(inputs, axes, loops, resultAxes, filled, body, true);
}

/// Every axis but the last two by itself, those two as one.
static SmallVector<ReassociationIndices> mergeTail(int64_t rank) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t axis = 0; axis + 2 < rank; ++axis)
    groups.push_back({axis});
  groups.push_back({rank - 2, rank - 1});
  return groups;
}

Value ReferenceBuilder::splitLanes(Value x) {
  Sizes sizes = getSizes(x);
  AffineExpr k = b.getAffineDimExpr(0);
  OpFoldResult chunks = affine::makeComposedFoldedAffineApply(
      b, loc, k.ceilDiv(kPartialSums), {sizes.back()});
  OpFoldResult padding = affine::makeComposedFoldedAffineApply(
      b, loc, k.ceilDiv(kPartialSums) * kPartialSums - k, {sizes.back()});
  auto type = cast<RankedTensorType>(x.getType());
  SmallVector<int64_t> shape(type.getShape());
  if (getConstantIntValue(padding) != 0) {
    std::optional<int64_t> count = getConstantIntValue(chunks);
    shape.back() = count ? *count * kPartialSums : ShapedType::kDynamic;
    OpFoldResult zero = b.getIndexAttr(0);
    Sizes low(shape.size(), zero), high(shape.size(), zero);
    high.back() = padding;
    x = tensor::PadOp::create(b, loc, type.clone(shape), x, low, high,
                              constant(0.0f));
  }
  sizes.back() = chunks;
  sizes.push_back(b.getIndexAttr(kPartialSums));
  shape.back() = getConstantIntValue(chunks).value_or(ShapedType::kDynamic);
  shape.push_back(kPartialSums);
  return tensor::ExpandShapeOp::create(b, loc, type.clone(shape), x,
                                       mergeTail(shape.size()), sizes);
}

Value ReferenceBuilder::sumLanes(Value partial) {
  Sizes sizes = getSizes(partial);
  unsigned rank = sizes.size();
  Axes all = llvm::to_vector<4>(llvm::seq<unsigned>(0, rank));
  for (int64_t half = kPartialSums / 2; half >= 1; half /= 2) {
    sizes.back() = b.getIndexAttr(half);
    auto slice = [&](int64_t offset) -> Value {
      Sizes offsets(rank, b.getIndexAttr(0)), strides(rank, b.getIndexAttr(1));
      offsets.back() = b.getIndexAttr(offset);
      return tensor::ExtractSliceOp::create(b, loc, partial, offsets, sizes,
                                            strides);
    };
    partial = map({slice(0), slice(half)}, {all, all}, sizes, b.getF32Type(),
                  [&](ValueRange args) -> Value {
                    return arith::AddFOp::create(b, loc, args[0], args[1]);
                  });
  }
  return tensor::CollapseShapeOp::create(b, loc, partial, mergeTail(rank));
}

Value ReferenceBuilder::sumRows(Value x, function_ref<Value(Value)> term) {
  Value chunked = splitLanes(x);
  Sizes sizes = getSizes(chunked);
  return sumLanes(
      reduce(chunked, {Axes{0, 1, 2}}, 3, {0, 2}, {sizes[0], sizes[2]},
             b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
               return arith::AddFOp::create(b, loc, args[1], term(args[0]));
             }));
}

Value ReferenceBuilder::rmsNorm(Value x, Value gain, FloatAttr eps) {
  Sizes sizes = getSizes(x);
  Value squares = sumRows(
      x, [&](Value v) -> Value { return arith::MulFOp::create(b, loc, v, v); });
  Value columns = tensor::DimOp::create(b, loc, x, 1);
  Value count = arith::UIToFPOp::create(
      b, loc, b.getF32Type(),
      arith::IndexCastOp::create(b, loc, b.getI64Type(), columns));
  Value inverse =
      map(squares, {Axes{0}}, {sizes[0]}, b.getF32Type(),
          [&](ValueRange args) -> Value {
            Value mean = arith::DivFOp::create(b, loc, args[0], count);
            Value sum = arith::AddFOp::create(b, loc, mean, constant(eps));
            Value root = math::SqrtOp::create(b, loc, sum);
            return arith::DivFOp::create(b, loc, constant(1.0f), root);
          });
  return map({x, inverse, gain}, {Axes{0, 1}, Axes{0}, Axes{1}}, sizes,
             b.getF32Type(), [&](ValueRange args) -> Value {
               Value t = arith::MulFOp::create(b, loc, args[0], args[1]);
               return arith::MulFOp::create(b, loc, t, args[2]);
             });
}

Value ReferenceBuilder::hadamard(Value x) {
  Sizes sizes = getSizes(x);
  auto type = cast<RankedTensorType>(x.getType());
  int64_t m = type.getDimSize(0), k = type.getDimSize(1);
  OpFoldResult zero = b.getIndexAttr(0), one = b.getIndexAttr(1),
               two = b.getIndexAttr(2);
  for (int64_t half = 1; half < k; half *= 2) {
    int64_t blocks = k / (2 * half);
    SmallVector<OpFoldResult> split{sizes[0], b.getIndexAttr(blocks), two,
                                    b.getIndexAttr(half)};
    SmallVector<ReassociationIndices> groups{{0}, {1, 2, 3}};
    Value pairs = tensor::ExpandShapeOp::create(
        b, loc, RankedTensorType::get({m, blocks, 2, half}, b.getF32Type()), x,
        groups, split);
    auto side = [&](OpFoldResult offset) -> Value {
      SmallVector<OpFoldResult> offsets{zero, zero, offset, zero},
          taken{split[0], split[1], one, split[3]}, strides(4, one);
      // Not by a slice that drops the axis: MLIR cannot tell which one of
      // several axes of size 1 that is.
      Value slice = tensor::ExtractSliceOp::create(b, loc, pairs, offsets,
                                                   taken, strides);
      return tensor::CollapseShapeOp::create(
          b, loc, slice, SmallVector<ReassociationIndices>{{0}, {1}, {2, 3}});
    };
    Value butterfly = map(
        {side(zero), side(one)}, {Axes{0, 1, 3}, Axes{0, 1, 3}}, split,
        b.getF32Type(), [&](ValueRange args) -> Value {
          Value which = linalg::IndexOp::create(b, loc, 2);
          Value first =
              arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, which,
                                    arith::ConstantIndexOp::create(b, loc, 0));
          Value sum = arith::AddFOp::create(b, loc, args[0], args[1]);
          Value difference = arith::SubFOp::create(b, loc, args[0], args[1]);
          return arith::SelectOp::create(b, loc, first, sum, difference);
        });
    x = tensor::CollapseShapeOp::create(b, loc, butterfly, groups);
  }
  return map(x, {Axes{0, 1}}, sizes, b.getF32Type(),
             [&](ValueRange args) -> Value {
               return arith::DivFOp::create(
                   b, loc, args[0], constant(std::sqrt(static_cast<float>(k))));
             });
}
