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

Value ReferenceBuilder::sumRows(Value x, function_ref<Value(Value)> term) {
  Sizes sizes = getSizes(x);
  AffineExpr k = b.getAffineDimExpr(0);
  OpFoldResult chunks = affine::makeComposedFoldedAffineApply(
      b, loc, k.ceilDiv(kPartialSums), {sizes[1]});
  OpFoldResult padding = affine::makeComposedFoldedAffineApply(
      b, loc, k.ceilDiv(kPartialSums) * kPartialSums - k, {sizes[1]});
  auto type = cast<RankedTensorType>(x.getType());
  if (getConstantIntValue(padding) != 0) {
    std::optional<int64_t> count = getConstantIntValue(chunks);
    auto padded = RankedTensorType::get(
        {type.getDimSize(0),
         count ? *count * kPartialSums : ShapedType::kDynamic},
        type.getElementType());
    OpFoldResult zero = b.getIndexAttr(0);
    x = tensor::PadOp::create(b, loc, padded, x, {zero, zero}, {zero, padding},
                              constant(0.0f));
  }
  OpFoldResult lanes = b.getIndexAttr(kPartialSums);
  SmallVector<OpFoldResult> split{sizes[0], chunks, lanes};
  SmallVector<int64_t> shape;
  for (OpFoldResult size : split)
    shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  SmallVector<ReassociationIndices> groups{{0}, {1, 2}};
  Value chunked = tensor::ExpandShapeOp::create(
      b, loc, RankedTensorType::get(shape, type.getElementType()), x, groups,
      split);
  Value partial =
      reduce(chunked, {Axes{0, 1, 2}}, 3, {0, 2}, {sizes[0], lanes},
             b.getF32FloatAttr(0.0f), [&](ValueRange args) -> Value {
               return arith::AddFOp::create(b, loc, args[1], term(args[0]));
             });
  for (int64_t half = kPartialSums / 2; half >= 1; half /= 2) {
    Sizes halved{sizes[0], b.getIndexAttr(half)};
    auto slice = [&](int64_t offset) -> Value {
      SmallVector<OpFoldResult> offsets{b.getIndexAttr(0),
                                        b.getIndexAttr(offset)};
      SmallVector<OpFoldResult> strides(2, b.getIndexAttr(1));
      return tensor::ExtractSliceOp::create(b, loc, partial, offsets, halved,
                                            strides);
    };
    partial = map({slice(0), slice(half)}, {Axes{0, 1}, Axes{0, 1}}, halved,
                  type.getElementType(), [&](ValueRange args) -> Value {
                    return arith::AddFOp::create(b, loc, args[0], args[1]);
                  });
  }
  return tensor::CollapseShapeOp::create(
      b, loc, partial, SmallVector<ReassociationIndices>{{0, 1}});
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
      // Not by a slice that drops the axis: MLIR cannot tell which one of several
      // axes of size 1 that is.
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
