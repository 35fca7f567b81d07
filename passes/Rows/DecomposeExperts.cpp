//===- DecomposeExperts.cpp - latent.experts to grouped products ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The chosen experts of every token as grouped products over encoded weights:
//
//   quantise the tokens; up (and gate) with the activation in the epilogue;
//   quantise the hidden rows; down
//
// A row is a pair of a token and a slot. Strategy `pairs` leaves rows in that
// order, each naming its slice; `grouped` sorts them by expert first, works on
// sorted rows, and reads the results back through the rank of each pair.
// Neither copies weights nor touches an expert that no token chose. `auto`
// takes pairs where four times the pairs are no more than the experts (hardly
// two pairs share one then), else groups.
//
// Assumes coded trit weights (select-codes). Fails on other weights, by type.
//
//===----------------------------------------------------------------------===//
#include "dialects/Latent/Transforms/Activation.h"
#include "dialects/Ternary/Transforms/ReferenceBuilder.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Rows/Passes.h"
#include "passes/Rows/RowLayout.h"
#include "passes/Rows/WeightTable.h"

namespace tercet {
#define GEN_PASS_DEF_DECOMPOSEEXPERTS
#include "passes/Rows/Passes.h.inc"
} // namespace tercet

using namespace mlir;
using namespace tercet;

using Axes = ternary::ReferenceBuilder::Axes;
using Sizes = ternary::ReferenceBuilder::Sizes;

namespace {
class ExpertsBuilder {
public:
  ExpertsBuilder(latent::ExpertsOp op, WeightTable &weights, bool grouped)
      : op(op), weights(weights), b(op), loc(op.getLoc()), r(b, loc),
        grouped(grouped) {}

  FailureOr<Value> build();

private:
  /// Quantised rows: i8 values, scales, sums.
  struct Rows {
    Value values, scale, sums;
  };
  struct Weight {
    Value packed, scale;
    ternary::CodeAttr code;
    int64_t n, k;
  };

  FailureOr<Weight> load(Value weight, Value scale);
  Rows quantize(Value x, const Weight &weight);
  Value product(const Rows &x, const Weight &weight, Value index,
                ValueRange operands,
                function_ref<Value(Value, ValueRange)> finish);
  void order(Value ids);
  Value map(ValueRange inputs, function_ref<Value(ValueRange)> body,
            Type element);

  latent::ExpertsOp op;
  WeightTable &weights;
  OpBuilder b;
  Location loc;
  ternary::ReferenceBuilder r;
  bool grouped;
  OpFoldResult count;     // R, the number of pairs
  Value slices, offsets;  // one of them
  Value tokens;           // [R] the token of each row
  Value pairs, positions; // [R] of sorted rows: the pair, and back
};
} // namespace

FailureOr<ExpertsBuilder::Weight> ExpertsBuilder::load(Value weight,
                                                       Value scale) {
  auto type = cast<RankedTensorType>(weight.getType());
  ternary::CodeAttr code = ternary::getCode(type);
  if (!code)
    return op.emitOpError("experts of ")
           << type
           << " run on the reference path only; give trits with a storage code "
              "(select-codes)";
  Value source = weight;
  if (auto encode = source.getDefiningOp<ternary::EncodeOp>())
    source = encode.getInput();
  FailureOr<Value> packed = weights.loadPacked(b, op, source, type, code);
  if (failed(packed))
    return failure();
  return Weight{*packed, scale, code, type.getDimSize(1), type.getDimSize(2)};
}

ExpertsBuilder::Rows ExpertsBuilder::quantize(Value x, const Weight &weight) {
  OpFoldResult m = tensor::getMixedSize(b, loc, x, 0);
  OpFoldResult columns = b.getIndexAttr(getRowBytes(weight.code, weight.k));
  Value inits[] = {
      tensor::EmptyOp::create(b, loc, Sizes{m, columns}, b.getI8Type()),
      tensor::EmptyOp::create(b, loc, Sizes{m}, b.getF32Type()),
      tensor::EmptyOp::create(b, loc, Sizes{m}, b.getI32Type())};
  auto quantize = rows::QuantizeOp::create(
      b, loc, TypeRange(ValueRange(inits)), x, Value(), inits[0], inits[1],
      inits[2],
      ternary::QuantModeAttr::get(b.getContext(), ternary::QuantMode::AbsmaxI8),
      b.getF32FloatAttr(0.0f), UnitAttr(), DictionaryAttr());
  return {quantize.getResult(0), quantize.getResult(1), quantize.getResult(2)};
}

/// finish(acc * (scale of the row * scale of the expert), operands at (r, n) or
/// at (r)) for every row and output.
Value ExpertsBuilder::product(const Rows &x, const Weight &weight, Value index,
                              ValueRange operands,
                              function_ref<Value(Value, ValueRange)> finish) {
  MLIRContext *ctx = b.getContext();
  AffineExpr row = b.getAffineDimExpr(0), n = b.getAffineDimExpr(1);
  SmallVector<Value> all{x.scale, weight.scale};
  SmallVector<AffineMap> maps{AffineMap::get(4, 0, b.getAffineDimExpr(3)),
                              AffineMap::get(4, 0, b.getAffineDimExpr(2))};
  for (Value v : operands) {
    all.push_back(v);
    maps.push_back(cast<RankedTensorType>(v.getType()).getRank() == 2
                       ? AffineMap::get(4, 0, {row, n}, ctx)
                       : AffineMap::get(4, 0, row));
  }
  Value init = tensor::EmptyOp::create(
      b, loc, Sizes{count, b.getIndexAttr(weight.n)}, b.getF32Type());
  auto matmul = rows::GroupedMatmulOp::create(
      b, loc, TypeRange{init.getType()}, weight.code,
      b.getI64IntegerAttr(weight.k), x.values, x.sums, weight.packed, slices,
      offsets, index, all, init, b.getAffineMapArrayAttr(maps),
      DictionaryAttr());
  OpBuilder::InsertionGuard guard(b);
  Block &body = matmul.getEpilogue().emplaceBlock();
  body.addArgument(b.getI32Type(), loc);
  for (Value v : all)
    body.addArgument(getElementTypeOrSelf(v.getType()), loc);
  b.setInsertionPointToEnd(&body);
  Value acc =
      arith::SIToFPOp::create(b, loc, b.getF32Type(), body.getArgument(0));
  Value scale =
      arith::MulFOp::create(b, loc, body.getArgument(1), body.getArgument(2));
  Value y = arith::MulFOp::create(b, loc, acc, scale);
  rows::YieldOp::create(b, loc, finish(y, body.getArguments().drop_front(3)));
  return matmul.getResult(0);
}

/// A value for every row.
Value ExpertsBuilder::map(ValueRange inputs,
                          function_ref<Value(ValueRange)> body, Type element) {
  return r.map(inputs, SmallVector<Axes>(inputs.size(), Axes{0}), {count},
               element, body);
}

/// Decides which row is which pair.
void ExpertsBuilder::order(Value ids) {
  int64_t perToken =
      cast<RankedTensorType>(op.getIds().getType()).getDimSize(1);
  auto toToken = [&](Value pair) -> Value {
    Value k = arith::ConstantOp::create(
        b, loc, b.getIntegerAttr(pair.getType(), perToken));
    return arith::DivUIOp::create(b, loc, pair, k);
  };
  if (!grouped) {
    slices = ids;
    tokens = map(
        {},
        [&](ValueRange) -> Value {
          Value token = toToken(linalg::IndexOp::create(b, loc, 0));
          return arith::IndexCastOp::create(b, loc, b.getI32Type(), token);
        },
        b.getI32Type());
    return;
  }
  int64_t experts = cast<RankedTensorType>(op.getUp().getType()).getDimSize(0);
  Value inits[] = {
      tensor::EmptyOp::create(b, loc, {experts + 1}, b.getI32Type()),
      tensor::EmptyOp::create(b, loc, Sizes{count}, b.getI32Type()),
      tensor::EmptyOp::create(b, loc, Sizes{count}, b.getI32Type())};
  auto sort =
      rows::GroupOp::create(b, loc, TypeRange(ValueRange(inits)), ids, inits[0],
                            inits[1], inits[2], DictionaryAttr());
  offsets = sort.getResult(0);
  pairs = sort.getResult(1);
  positions = sort.getResult(2);
  tokens = map(
      pairs, [&](ValueRange args) { return toToken(args[0]); }, b.getI32Type());
}

FailureOr<Value> ExpertsBuilder::build() {
  FailureOr<Weight> up = load(op.getUp(), op.getUpScale()), down, gate;
  if (failed(up))
    return failure();
  if (op.getGate() && failed(gate = load(op.getGate(), op.getGateScale())))
    return failure();
  if (failed(down = load(op.getDown(), op.getDownScale())))
    return failure();
  auto idsType = cast<RankedTensorType>(op.getIds().getType());
  int64_t perToken = idsType.getDimSize(1);
  if (ShapedType::isDynamic(perToken))
    return op.emitOpError("needs a static number of experts a token, got ")
           << idsType;
  int64_t tokenCount = idsType.getDimSize(0);
  AffineExpr d0 = b.getAffineDimExpr(0);
  OpFoldResult m = tensor::getMixedSize(b, loc, op.getIds(), 0);
  count = affine::makeComposedFoldedAffineApply(b, loc, d0 * perToken, {m});
  SmallVector<ReassociationIndices> merge{{0, 1}};
  auto flat = [&](Value v) -> Value {
    return tensor::CollapseShapeOp::create(b, loc, v, merge);
  };
  Value given = flat(op.getIds()), ids = given;
  bool trusted = op.getIds().getDefiningOp<rows::TopKOp>() != nullptr;
  Value experts = arith::ConstantOp::create(
      b, loc,
      b.getI32IntegerAttr(
          cast<RankedTensorType>(op.getUp().getType()).getDimSize(0)));
  auto isInside = [&](Value id) -> Value {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, id,
                                 experts);
  };
  if (!trusted)
    ids = map(
        given,
        [&](ValueRange args) -> Value {
          Value zero =
              arith::ConstantOp::create(b, loc, b.getI32IntegerAttr(0));
          return arith::SelectOp::create(b, loc, isInside(args[0]), args[0],
                                         zero);
        },
        b.getI32Type());
  order(ids);
  // What belongs to a pair, in the order of the rows.
  auto toRows = [&](Value v) -> Value {
    if (!grouped)
      return v;
    return map(
        pairs,
        [&](ValueRange args) -> Value {
          Value at =
              arith::IndexCastOp::create(b, loc, b.getIndexType(), args[0]);
          return tensor::ExtractOp::create(b, loc, v, at);
        },
        getElementTypeOrSelf(v.getType()));
  };

  Rows x = quantize(op.getInput(), *up);
  SmallVector<Value> operands;
  if (op.getGate())
    operands.push_back(
        product(x, *gate, tokens, {}, [](Value y, ValueRange) { return y; }));
  if (op.getWeights())
    operands.push_back(toRows(flat(op.getWeights())));
  Value hidden =
      product(x, *up, tokens, operands, [&](Value y, ValueRange args) -> Value {
        Value h = latent::emitActivation(b, loc, op.getActivation(), y,
                                         op.getGate() ? args[0] : Value());
        if (op.getWeights())
          h = arith::MulFOp::create(b, loc, h, args.back());
        return h;
      });
  operands.clear();
  if (!trusted)
    operands.push_back(toRows(given));
  Value result = product(
      quantize(hidden, *down), *down, Value(), operands,
      [&](Value y, ValueRange args) -> Value {
        if (trusted)
          return y;
        Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0.0f));
        return arith::SelectOp::create(b, loc, isInside(args[0]), y, zero);
      });
  Sizes sizes{m, b.getIndexAttr(perToken), b.getIndexAttr(down->n)};
  if (!grouped)
    return tensor::ExpandShapeOp::create(
               b, loc,
               RankedTensorType::get({tokenCount, perToken, down->n},
                                     b.getF32Type()),
               result, SmallVector<ReassociationIndices>{{0, 1}, {2}}, sizes)
        .getResult();
  Value ranks = tensor::ExpandShapeOp::create(
      b, loc, RankedTensorType::get({tokenCount, perToken}, b.getI32Type()),
      positions, merge, Sizes{m, b.getIndexAttr(perToken)});
  return r.map(ranks, {Axes{0, 1}}, sizes, b.getF32Type(),
               [&](ValueRange args) -> Value {
                 Value row = arith::IndexCastOp::create(
                     b, loc, b.getIndexType(), args[0]);
                 Value column = linalg::IndexOp::create(b, loc, 2);
                 return tensor::ExtractOp::create(b, loc, result,
                                                  ValueRange{row, column});
               });
}

namespace {
struct DecomposeExperts : tercet::impl::DecomposeExpertsBase<DecomposeExperts> {
  using DecomposeExpertsBase::DecomposeExpertsBase;

  void runOnOperation() override {
    if (strategy != "auto" && strategy != "pairs" && strategy != "grouped") {
      getOperation().emitError("no strategy is called '")
          << strategy << "'; choose auto, pairs or grouped";
      return signalPassFailure();
    }
    WeightTable weights(getOperation());
    SmallVector<latent::ExpertsOp> ops;
    getOperation().walk([&](latent::ExpertsOp op) { ops.push_back(op); });
    for (latent::ExpertsOp op : ops) {
      bool grouped = isGrouped(op);
      op.emitRemark("experts run ")
          << (grouped ? "grouped: pairs sorted by expert, weights read once"
                      : "as pairs: a product for each token and expert");
      FailureOr<Value> result = ExpertsBuilder(op, weights, grouped).build();
      if (failed(result))
        return signalPassFailure();
      op.replaceAllUsesWith(*result);
      op.erase();
      ++numDecomposed;
    }
  }

  bool isGrouped(latent::ExpertsOp op) {
    if (op.getStrategy())
      return *op.getStrategy() == latent::Strategy::Grouped;
    if (strategy != "auto")
      return strategy == "grouped";
    auto ids = cast<RankedTensorType>(op.getIds().getType());
    int64_t experts =
        cast<RankedTensorType>(op.getUp().getType()).getDimSize(0);
    return !ids.hasStaticShape() || ids.getNumElements() * 4 > experts;
  }
};
} // namespace
