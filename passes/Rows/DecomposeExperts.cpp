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
// Float weights, of 4 bits too, take rows as they are and need no quantiser.
// The weights of one op need not be of one kind. Assumes that trits are coded
// (select-codes).
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
#include "passes/Rows/RowProducts.h"

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
  /// The rows that a product reads: i8 values with scales and sums, or floats.
  struct Rows {
    Value values, scale, sums;
  };

  Rows prepare(Value x, const ProductWeight &weight);
  Value product(const Rows &x, const ProductWeight &weight, Value index,
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

ExpertsBuilder::Rows ExpertsBuilder::prepare(Value x,
                                             const ProductWeight &weight) {
  if (!weight.code)
    return {x, {}, {}};
  auto quantize = quantizeRows(
      b, loc, x, Value(), getRowBytes(weight.code, weight.k),
      ternary::QuantMode::AbsmaxI8, b.getF32FloatAttr(0.0f), false);
  return {quantize.getResult(0), quantize.getResult(1), quantize.getResult(2)};
}

/// finish(product of a row with its expert, scaled; operands at (r, n) or at
/// (r)) for every row and output.
Value ExpertsBuilder::product(const Rows &x, const ProductWeight &weight,
                              Value index, ValueRange operands,
                              function_ref<Value(Value, ValueRange)> finish) {
  MLIRContext *ctx = b.getContext();
  AffineExpr row = b.getAffineDimExpr(0), n = b.getAffineDimExpr(1);
  SmallVector<Value> all;
  SmallVector<AffineMap> maps;
  auto add = [&](Value v, AffineMap map) {
    all.push_back(v);
    maps.push_back(map);
  };
  if (x.scale)
    add(x.scale, AffineMap::get(4, 0, b.getAffineDimExpr(3)));
  if (weight.scale)
    add(weight.scale, AffineMap::get(4, 0, b.getAffineDimExpr(2)));
  size_t scales = all.size();
  for (Value v : operands)
    add(v, cast<RankedTensorType>(v.getType()).getRank() == 2
               ? AffineMap::get(4, 0, {row, n}, ctx)
               : AffineMap::get(4, 0, row));
  Value init = tensor::EmptyOp::create(
      b, loc, Sizes{count, b.getIndexAttr(weight.n)}, b.getF32Type());
  // Of integers: float(acc) * (scale of the row * scale of the expert).
  auto epilogue = [&](ValueRange args) {
    Value y = args[0];
    if (weight.code)
      y = arith::SIToFPOp::create(b, loc, b.getF32Type(), y);
    if (scales) {
      Value scale = args[1];
      if (scales == 2)
        scale = arith::MulFOp::create(b, loc, scale, args[2]);
      y = arith::MulFOp::create(b, loc, y, scale);
    }
    return finish(y, args.drop_front(1 + scales));
  };
  auto mapsAttr = b.getAffineMapArrayAttr(maps);
  Type type = init.getType();
  if (weight.code) {
    auto matmul = rows::GroupedMatmulOp::create(
        b, loc, type, weight.code, b.getI64IntegerAttr(weight.k), x.values,
        x.sums, weight.data, slices, offsets, index, all, init, mapsAttr,
        DictionaryAttr());
    buildEpilogue(b, loc, matmul.getEpilogue(), b.getI32Type(), all, epilogue);
    return matmul.getResult(0);
  }
  auto matmul = rows::GroupedFloatMatmulOp::create(
      b, loc, type, x.values, weight.data, weight.blockScales, slices, offsets,
      index, all, init, weight.format, mapsAttr, DictionaryAttr());
  buildEpilogue(b, loc, matmul.getEpilogue(), b.getF32Type(), all, epilogue);
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
  auto load = [&](Value weight, Value scale) {
    return loadProductWeight(weights, b, op, weight, scale);
  };
  FailureOr<ProductWeight> up = load(op.getUp(), op.getUpScale()), down, gate;
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

  Rows x = prepare(op.getInput(), *up);
  SmallVector<Value> operands;
  if (op.getGate()) {
    Rows own = gate->code == up->code ? x : prepare(op.getInput(), *gate);
    operands.push_back(
        product(own, *gate, tokens, {}, [](Value y, ValueRange) { return y; }));
  }
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
      prepare(hidden, *down), *down, Value(), operands,
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
    getOperation().walk([&](latent::DequantizeOp op) {
      if (op->use_empty()) {
        op.erase();
        return;
      }
      op.emitOpError("is used other than as the weight of latent.project or "
                     "latent.experts, which is not supported");
      signalPassFailure();
    });
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
