//===- AttentionBuilder.cpp -----------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "passes/Kernels/AttentionBuilder.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include <limits>

using namespace mlir;
using namespace tercet;
using namespace tercet::kernels;

AttentionBuilder::AttentionBuilder(rows::AttentionOp op, bool fma)
    : op(op), b(op), loc(op.getLoc()), fma(fma), keyWidth(op.getKeyWidth()),
      valueWidth(op.getValueWidth()),
      group(op.getGroup() / op.getMasksPerKeyHead()) {}

Value AttentionBuilder::index(int64_t value) {
  return arith::ConstantIndexOp::create(b, loc, value);
}

Value AttentionBuilder::constant(float value, Type type) {
  TypedAttr attr = b.getF32FloatAttr(value);
  if (auto vector = dyn_cast_if_present<VectorType>(type))
    attr = DenseElementsAttr::get(vector, Attribute(attr));
  return arith::ConstantOp::create(b, loc, attr);
}

Value AttentionBuilder::splat(Value scalar, int64_t width) {
  return emit<vector::BroadcastOp>(VectorType::get({width}, scalar.getType()),
                                   scalar);
}

Value AttentionBuilder::addIndex(Value x, Value y) {
  return emit<arith::AddIOp>(x, y);
}

Value AttentionBuilder::addIndex(Value x, int64_t y) {
  return y ? addIndex(x, index(y)) : x;
}

Value AttentionBuilder::multiplyAdd(Value x, Value y, Value z) {
  return fma ? emit<math::FmaOp>(x, y, z) : add(mul(x, y), z);
}

Value AttentionBuilder::greater(Value x, Value y) {
  Value above = emit<arith::CmpFOp>(arith::CmpFPredicate::OGT, x, y);
  return emit<arith::SelectOp>(above, x, y);
}

/// x = n + f with f in [-1/2, 1/2]: adding 1.5 * 2^23 leaves n in the low bits;
/// 2^f is a polynomial, 2^n goes to the exponent.
Value AttentionBuilder::exp2(Value x) {
  // 2^f - 1 over f, interpolated at the zeros of the sixth Chebyshev
  // polynomial.
  constexpr float kCoefficients[] = {0.00015453163359779865f,
                                     0.0013390863314270973f,
                                     0.009618083015084267f,
                                     0.055503569543361664f,
                                     0.24022650718688965f,
                                     0.6931471824645996f,
                                     1.0f};
  Type type = x.getType();
  Type words = b.getI32Type();
  if (auto vector = dyn_cast<VectorType>(type))
    words = vector.clone(words);
  Value shift = constant(12582912.0f, type);
  Value shifted = add(x, shift);
  Value f = sub(x, sub(shifted, shift));
  Value p = constant(kCoefficients[0], type);
  for (float c : ArrayRef(kCoefficients).drop_front())
    p = multiplyAdd(p, f, constant(c, type));
  TypedAttr amount = b.getI32IntegerAttr(23);
  if (auto vector = dyn_cast<VectorType>(words))
    amount = DenseElementsAttr::get(vector, Attribute(amount));
  Value n = emit<arith::BitcastOp>(words, shifted);
  n = emit<arith::ShLIOp>(n, emit<arith::ConstantOp>(amount));
  Value scaled = emit<arith::AddIOp>(emit<arith::BitcastOp>(words, p), n);
  Value tiny = emit<arith::CmpFOp>(arith::CmpFPredicate::OLT, x,
                                   constant(-126.0f, type));
  return emit<arith::SelectOp>(tiny, constant(0.0f, type),
                               emit<arith::BitcastOp>(type, scaled));
}

Value AttentionBuilder::reciprocal(Value x) {
  Type type = x.getType();
  Value zero = constant(0.0f, type);
  Value none = emit<arith::CmpFOp>(arith::CmpFPredicate::OEQ, x, zero);
  return emit<arith::SelectOp>(none, zero,
                               emit<arith::DivFOp>(constant(1.0f, type), x));
}

void AttentionBuilder::forEach(Value from, Value to, int64_t step,
                               function_ref<void(Value)> body) {
  auto loop = scf::ForOp::create(b, loc, from, to, index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

AttentionBuilder::Values
AttentionBuilder::forEach(Value from, Value to, int64_t step, ValueRange inits,
                          function_ref<Values(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(b, loc, from, to, index(step), inits);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  Values next = body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(b, loc, next);
  return Values(loop.getResults());
}

void AttentionBuilder::forEachKeyBlock(Value keys, int64_t blockKeys, Value set,
                                       function_ref<void(Value, Value)> body) {
  auto forEachPart = [&](Value begin, Value end) {
    forEach(begin, end, blockKeys, [&](Value from) {
      body(from, minIndex(emit<arith::SubIOp>(end, from), index(blockKeys)));
    });
  };
  Value blocks = op.getBlocks();
  if (!blocks)
    return forEachPart(index(0), keys);
  Value mask = op.getMaskHeads() == 1 ? index(0) : set;
  auto place = [&](Value block) -> Value {
    if (std::optional<ArrayRef<int64_t>> size = op.getBlockSize())
      return emit<arith::MulIOp>(block, index(size->back()));
    Value offset = emit<memref::LoadOp>(op.getKeyOffsets(), block);
    return maxIndex(emit<arith::IndexCastOp>(b.getIndexType(), offset),
                    index(0));
  };
  forEach(index(0), emit<memref::DimOp>(blocks, index(2)), 1, [&](Value j) {
    Value chosen = emit<memref::LoadOp>(blocks, ValueRange{mask, index(0), j});
    chosen = emit<arith::CmpIOp>(
        arith::CmpIPredicate::ne, chosen,
        arith::ConstantOp::create(b, loc, b.getI8IntegerAttr(0)));
    Value begin = place(j), end = minIndex(place(addIndex(j, 1)), keys);
    // A loop without steps rather than a branch: steps may have barriers.
    forEachPart(begin, emit<arith::SelectOp>(chosen, end, begin));
  });
}

Value AttentionBuilder::getKeyHead(Value set) {
  int64_t sets = op.getMasksPerKeyHead();
  return sets == 1 ? set : emit<arith::DivUIOp>(set, index(sets));
}

std::pair<Value, Value> AttentionBuilder::placeRow(Value row, Value set) {
  Value query = emit<arith::DivUIOp>(row, index(group));
  Value member = emit<arith::RemUIOp>(row, index(group));
  return {query, addIndex(emit<arith::MulIOp>(set, index(group)), member)};
}

Value AttentionBuilder::allocate(ArrayRef<int64_t> shape, Type element) {
  if (!element)
    element = b.getF32Type();
  return memref::AllocOp::create(b, loc, MemRefType::get(shape, element));
}

Value AttentionBuilder::load(Value memref, ValueRange at, int64_t width,
                             bool aligned) {
  auto type = VectorType::get(
      {width}, cast<MemRefType>(memref.getType()).getElementType());
  return vector::LoadOp::create(b, loc, type, memref, at, /*nontemporal=*/false,
                                aligned ? llvm::MaybeAlign(4 * width)
                                        : llvm::MaybeAlign());
}

void AttentionBuilder::store(Value value, Value memref, ValueRange at) {
  vector::StoreOp::create(b, loc, value, memref, at);
}

void AttentionBuilder::prefetch(Value memref, Value key, Value head) {
  Value place = minIndex(key, addIndex(op.getLength(), -1));
  constexpr int64_t kLine = 16;
  int64_t width = cast<MemRefType>(memref.getType()).getDimSize(2);
  for (int64_t d = 0; d < width; d += kLine)
    memref::PrefetchOp::create(b, loc, memref,
                               ValueRange{place, head, index(d)},
                               /*isWrite=*/false, /*localityHint=*/2,
                               /*isDataCache=*/true);
}

Value AttentionBuilder::getVisibleKeys(Value query) {
  Value length = op.getLength();
  if (!op.getCausal())
    return length;
  Value first = op.getFirst();
  if (!first)
    first =
        emit<arith::SubIOp>(length, emit<memref::DimOp>(op.getQ(), index(0)));
  Value seen = addIndex(addIndex(first, query), 1);
  return maxIndex(minIndex(seen, length), index(0));
}

float AttentionBuilder::getScale() {
  return static_cast<float>(op.getScale().convertToDouble() *
                            1.4426950408889634074);
}

Value AttentionBuilder::getLogSumExp(Value maximum, Value total) {
  return multiplyAdd(maximum, constant(0.6931471805599453f, maximum.getType()),
                     emit<math::LogOp>(total));
}

LogicalResult kernels::verifyBlockTile(rows::AttentionOp op) {
  if (op.getBlocks() &&
      cast<ShapedType>(op.getBlocks().getType()).getDimSize(1) != 1)
    return op.emitOpError("with a block mask is lowered by tiles of one block "
                          "of queries: tile_sizes must end with 1");
  return success();
}
