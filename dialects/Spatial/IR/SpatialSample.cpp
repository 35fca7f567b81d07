//===- SpatialSample.cpp - rules of the sampler ---------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/Spatial.h"

using namespace mlir;
using namespace tercet::spatial;

ParseResult tercet::spatial::parseFloats(OpAsmParser &parser,
                                         DenseF32ArrayAttr &values) {
  SmallVector<float> numbers;
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Square, [&] {
        double value;
        if (parser.parseFloat(value))
          return failure();
        numbers.push_back(static_cast<float>(value));
        return success();
      }))
    return failure();
  values = DenseF32ArrayAttr::get(parser.getContext(), numbers);
  return success();
}

/// As attributes of single floats are: the array's own form drops digits.
void tercet::spatial::printFloats(OpAsmPrinter &printer, Operation *op,
                                  DenseF32ArrayAttr values) {
  Type type = Float32Type::get(op->getContext());
  printer << '[';
  llvm::interleaveComma(values.asArrayRef(), printer, [&](float value) {
    printer.printAttributeWithoutType(FloatAttr::get(type, value));
  });
  printer << ']';
}

SmallVector<SampleOp::Stage> SampleOp::getStageList() {
  SmallVector<Stage> stages;
  for (Attribute attr : getStages()) {
    auto pair = cast<ArrayAttr>(attr);
    stages.push_back({cast<IntegerAttr>(pair[0]).getInt(),
                      cast<IntegerAttr>(pair[1]).getInt()});
  }
  return stages;
}

LogicalResult SampleOp::verify() {
  GridAttr grid = getGrid();
  auto type = getType();
  // SPATIAL-J1
  if (type.getRank() != 2 || !type.hasStaticShape() ||
      type.getDimSize(0) != grid.getTokens() ||
      (getStart() && getStart().getType() != type))
    return emitOpError("SPATIAL-J1: takes and gives [N, d] of a grid of N "
                       "tokens, got ")
           << type << " and " << grid;
  // SPATIAL-J2
  for (Attribute attr : getStages()) {
    auto pair = dyn_cast<ArrayAttr>(attr);
    if (!pair || pair.size() != 2 ||
        !llvm::all_of(pair, llvm::IsaPred<IntegerAttr>))
      return emitOpError("SPATIAL-J2: a stage is [steps, active], got ")
             << attr;
  }
  SmallVector<Stage> stages = getStageList();
  int64_t steps = 0, before = 0, frames = grid.getTileCounts()[0];
  for (Stage stage : stages) {
    if (stage.steps < 1 || stage.active <= before ||
        stage.active > grid.getTiles())
      return emitOpError("SPATIAL-J2: stages have a step or more, and more "
                         "active tokens each, up to ")
             << grid.getTiles() << ", got [" << stage.steps << ", "
             << stage.active << "]";
    steps += stage.steps;
    before = stage.active;
  }
  if (stages.empty() || stages.front().active % frames ||
      !grid.hasEqualTiles() || getStride() < 1)
    return emitOpError("SPATIAL-J2: takes a stage or more, the first with a "
                       "multiple of ")
           << frames << " active, a positive stride, and tiles that divide "
           << "the grid, got " << getStages() << ", " << getStride() << " and "
           << grid;
  // SPATIAL-J3
  ArrayRef<float> sigmas = getSigmas();
  bool falls = int64_t(sigmas.size()) == steps + 1 && sigmas.back() >= 0;
  for (int64_t i = 0; falls && i < steps; ++i)
    falls = sigmas[i] > sigmas[i + 1];
  if (!falls)
    return emitOpError("SPATIAL-J3: takes ")
           << steps + 1 << " falling sigmas for " << steps
           << " steps, the last not below 0, got " << getSigmasAttr();
  // SPATIAL-J4
  ArrayRef<float> blend = getBlend();
  if ((stages.size() > 1 && blend.empty()) ||
      llvm::any_of(blend, [](float w) { return !(w > 0 && w <= 1); }))
    return emitOpError("SPATIAL-J4: takes blend weights above 0 and up to 1, "
                       "one or more between stages, got ")
           << getBlendAttr();
  return success();
}

LogicalResult SampleOp::verifyRegions() {
  // SPATIAL-J5
  Builder b(getContext());
  int64_t d = getType().getDimSize(1), any = ShapedType::kDynamic;
  Type rows = RankedTensorType::get({any, d}, b.getF32Type());
  Type expected[] = {rows, RankedTensorType::get({any}, b.getI32Type()),
                     RankedTensorType::get({1}, b.getF32Type())};
  Block &body = getModel().front();
  auto yield =
      body.empty() ? YieldOp() : dyn_cast<YieldOp>(body.getTerminator());
  if (!llvm::equal(body.getArgumentTypes(), expected) || !yield ||
      yield.getValue().getType() != rows)
    return emitOpError("SPATIAL-J5: the region takes ")
           << expected[0] << ", " << expected[1] << " and " << expected[2]
           << " and yields " << rows;
  return success();
}
