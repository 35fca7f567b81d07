//===- Scalars.h - arithmetic in the bodies of linalg ops -------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A value with operators: integers (and index) or floats by its type, integers
// signed unless the name says otherwise, comparisons of floats as in C++: false
// where one is no number, but for !=. A number beside a scalar is a constant of
// its type.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_SPATIAL_TRANSFORMS_SCALARS_H
#define TERCET_DIALECTS_SPATIAL_TRANSFORMS_SCALARS_H

#include "dialects/Ternary/Transforms/ReferenceBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace tercet::spatial {

class Scalar {
public:
  Scalar(ternary::ReferenceBuilder &r, mlir::Value v) : r(&r), v(v) {}
  operator mlir::Value() const { return v; }

  /// The result of an op on this and others.
  template <typename Op, typename... Scalars>
  Scalar apply(Scalars... others) const {
    return {*r, Op::create(r->b, r->loc, v, static_cast<mlir::Value>(others)...)
                    .getResult()};
  }

  /// A constant of this type.
  Scalar like(int64_t number) const {
    if (isFloat())
      return {*r, r->constant(r->b.getFloatAttr(v.getType(), double(number)))};
    return {*r, r->constant(r->b.getIntegerAttr(v.getType(), number))};
  }
  Scalar to(mlir::Type type) const {
    if (v.getType() == type)
      return *this;
    if (v.getType().isIndex() || type.isIndex())
      return {*r, mlir::arith::IndexCastOp::create(r->b, r->loc, type, v)};
    if (mlir::isa<mlir::FloatType>(type))
      return {*r, mlir::arith::SIToFPOp::create(r->b, r->loc, type, v)};
    if (v.getType().getIntOrFloatBitWidth() < type.getIntOrFloatBitWidth())
      return {*r, mlir::arith::ExtSIOp::create(r->b, r->loc, type, v)};
    return {*r, mlir::arith::TruncIOp::create(r->b, r->loc, type, v)};
  }
  Scalar toIndex() const { return to(r->b.getIndexType()); }
  Scalar toI32() const { return to(r->b.getI32Type()); }
  Scalar toI64() const { return to(r->b.getI64Type()); }
  Scalar extendUnsigned(mlir::Type type) const {
    return {*r, mlir::arith::ExtUIOp::create(r->b, r->loc, type, v)};
  }
  Scalar extendUnsigned() const { return extendUnsigned(r->b.getI64Type()); }
  Scalar bitcast(mlir::Type type) const {
    return {*r, mlir::arith::BitcastOp::create(r->b, r->loc, type, v)};
  }

#define TERCET_SCALAR_NUMBER(SYMBOL)                                           \
  friend Scalar operator SYMBOL(Scalar a, int64_t b) {                         \
    return a SYMBOL a.like(b);                                                 \
  }
#define TERCET_SCALAR_OP(SYMBOL, INTEGER, FLOAT)                               \
  friend Scalar operator SYMBOL(Scalar a, Scalar b) {                          \
    return a.isFloat() ? a.apply<mlir::arith::FLOAT>(b)                        \
                       : a.apply<mlir::arith::INTEGER>(b);                     \
  }                                                                            \
  TERCET_SCALAR_NUMBER(SYMBOL)
  TERCET_SCALAR_OP(+, AddIOp, AddFOp)
  TERCET_SCALAR_OP(-, SubIOp, SubFOp)
  TERCET_SCALAR_OP(*, MulIOp, MulFOp)
  TERCET_SCALAR_OP(/, DivSIOp, DivFOp)
#undef TERCET_SCALAR_OP
#define TERCET_SCALAR_OP(SYMBOL, INTEGER)                                      \
  friend Scalar operator SYMBOL(Scalar a, Scalar b) {                          \
    return a.apply<mlir::arith::INTEGER>(b);                                   \
  }                                                                            \
  TERCET_SCALAR_NUMBER(SYMBOL)
  TERCET_SCALAR_OP(&, AndIOp)
  TERCET_SCALAR_OP(|, OrIOp)
  TERCET_SCALAR_OP(^, XOrIOp)
  TERCET_SCALAR_OP(<<, ShLIOp)
  /// Logical.
  TERCET_SCALAR_OP(>>, ShRUIOp)
#undef TERCET_SCALAR_OP
#define TERCET_SCALAR_OP(SYMBOL, INTEGER, FLOAT)                               \
  friend Scalar operator SYMBOL(Scalar a, Scalar b) {                          \
    if (a.isFloat())                                                           \
      return a.compare(mlir::arith::CmpFPredicate::FLOAT, b);                  \
    return a.compare(mlir::arith::CmpIPredicate::INTEGER, b);                  \
  }                                                                            \
  TERCET_SCALAR_NUMBER(SYMBOL)
  TERCET_SCALAR_OP(<, slt, OLT)
  TERCET_SCALAR_OP(<=, sle, OLE)
  TERCET_SCALAR_OP(>, sgt, OGT)
  TERCET_SCALAR_OP(>=, sge, OGE)
  TERCET_SCALAR_OP(==, eq, OEQ)
  TERCET_SCALAR_OP(!=, ne, UNE)
#undef TERCET_SCALAR_OP
#undef TERCET_SCALAR_NUMBER

  /// Whether it is no number.
  Scalar isNaN() const {
    return compare(mlir::arith::CmpFPredicate::UNO, *this);
  }
  /// Of a condition.
  Scalar select(Scalar yes, Scalar no) const {
    return apply<mlir::arith::SelectOp>(yes, no);
  }
  /// Of integers.
  Scalar min(Scalar other) const { return apply<mlir::arith::MinSIOp>(other); }
  Scalar max(Scalar other) const { return apply<mlir::arith::MaxSIOp>(other); }
  Scalar min(int64_t other) const { return min(like(other)); }
  Scalar max(int64_t other) const { return max(like(other)); }
  Scalar abs() const { return max(like(0) - *this); }

  /// Of integers that are not negative: fewer instructions.
  Scalar divideUnsigned(int64_t by) const {
    return apply<mlir::arith::DivUIOp>(like(by));
  }
  Scalar remainderUnsigned(int64_t by) const {
    return apply<mlir::arith::RemUIOp>(like(by));
  }
  Scalar minUnsigned(int64_t other) const {
    return apply<mlir::arith::MinUIOp>(like(other));
  }
  Scalar maxUnsigned(int64_t other) const {
    return apply<mlir::arith::MaxUIOp>(like(other));
  }
  Scalar isBelowUnsigned(int64_t other) const {
    return compare(mlir::arith::CmpIPredicate::ult, like(other));
  }

private:
  bool isFloat() const { return mlir::isa<mlir::FloatType>(v.getType()); }
  Scalar compare(mlir::arith::CmpFPredicate predicate, Scalar other) const {
    return {*r,
            mlir::arith::CmpFOp::create(r->b, r->loc, predicate, v, other.v)};
  }
  Scalar compare(mlir::arith::CmpIPredicate predicate, Scalar other) const {
    return {*r,
            mlir::arith::CmpIOp::create(r->b, r->loc, predicate, v, other.v)};
  }

  ternary::ReferenceBuilder *r;
  mlir::Value v;
};

/// What a body gets.
inline llvm::SmallVector<Scalar> toScalars(ternary::ReferenceBuilder &r,
                                           mlir::ValueRange values) {
  return llvm::map_to_vector(values,
                             [&](mlir::Value v) { return Scalar(r, v); });
}
inline Scalar getLoop(ternary::ReferenceBuilder &r, unsigned loop) {
  return {r, mlir::linalg::IndexOp::create(r.b, r.loc, loop)};
}
inline Scalar constant(ternary::ReferenceBuilder &r, float value) {
  return {r, r.constant(value)};
}
inline Scalar constant(ternary::ReferenceBuilder &r, mlir::Type type,
                       int64_t value) {
  return {r, r.constant(r.b.getIntegerAttr(type, value))};
}
inline Scalar extract(ternary::ReferenceBuilder &r, mlir::Value tensor,
                      llvm::ArrayRef<Scalar> indices) {
  llvm::SmallVector<mlir::Value> values;
  for (Scalar index : indices)
    values.push_back(index.toIndex());
  return {r, mlir::tensor::ExtractOp::create(r.b, r.loc, tensor, values)};
}

/// TokenSets.h's philox as ops on i32.
std::array<Scalar, 4> philox(std::array<Scalar, 4> counter,
                             std::array<Scalar, 2> key);

inline llvm::SmallVector<mlir::OpFoldResult>
toSizes(ternary::ReferenceBuilder &r, llvm::ArrayRef<int64_t> sizes) {
  return mlir::getAsIndexOpFoldResult(r.b.getContext(), sizes);
}

/// The first axis of `tensor` as several.
inline mlir::Value splitFirst(ternary::ReferenceBuilder &r, mlir::Value tensor,
                              llvm::ArrayRef<int64_t> sizes) {
  auto type = mlir::cast<mlir::RankedTensorType>(tensor.getType());
  llvm::SmallVector<int64_t> shape(sizes);
  llvm::append_range(shape, type.getShape().drop_front());
  llvm::SmallVector<mlir::ReassociationIndices> groups(1);
  for (int64_t i = 0, e = shape.size(), n = sizes.size(); i < e; ++i) {
    if (i >= n)
      groups.emplace_back();
    groups.back().push_back(i);
  }
  return mlir::tensor::ExpandShapeOp::create(r.b, r.loc, type.clone(shape),
                                             tensor, groups);
}

/// The first `axes` axes of `tensor` as one.
inline mlir::Value mergeFirst(ternary::ReferenceBuilder &r, mlir::Value tensor,
                              int64_t axes) {
  auto type = mlir::cast<mlir::RankedTensorType>(tensor.getType());
  llvm::SmallVector<mlir::ReassociationIndices> groups(1);
  for (int64_t i = 0, e = type.getRank(); i < e; ++i) {
    if (i >= axes)
      groups.emplace_back();
    groups.back().push_back(i);
  }
  return mlir::tensor::CollapseShapeOp::create(r.b, r.loc, tensor, groups);
}

} // namespace tercet::spatial

#endif
