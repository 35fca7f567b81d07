//===- SpatialStream.cpp - rules of the ops on chunks of a video ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/Spatial.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tercet::spatial;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// Whether `tokens` is what patchify gives of `video`.
static bool areTokensOf(RankedTensorType video, RankedTensorType tokens,
                        ArrayRef<int64_t> patch) {
  if (video.getRank() != 4 || tokens.getRank() != 2 ||
      !video.hasStaticShape() || !tokens.hasStaticShape() ||
      patch.size() != 3 || llvm::any_of(patch, [](int64_t n) { return n < 1; }))
    return false;
  int64_t boxes = 1, values = video.getDimSize(3);
  for (unsigned axis = 0; axis < 3; ++axis) {
    boxes *= llvm::divideCeil(video.getDimSize(axis), patch[axis]);
    values *= patch[axis];
  }
  return tokens.getDimSize(0) == boxes && tokens.getDimSize(1) == values;
}

LogicalResult PatchifyOp::verify() {
  // SPATIAL-S1
  if (!areTokensOf(typeOf(getInput()), typeOf(getResult()), getPatch()))
    return emitOpError("SPATIAL-S1: takes [T, H, W, C] and a patch of three "
                       "positive sizes and gives a row for each box, got ")
           << getInput().getType() << " and " << getResult().getType();
  return success();
}

LogicalResult UnpatchifyOp::verify() {
  // SPATIAL-S2
  if (!areTokensOf(typeOf(getResult()), typeOf(getInput()), getPatch()))
    return emitOpError("SPATIAL-S2: takes a row for each box of a patch of "
                       "three positive sizes and gives [T, H, W, C], got ")
           << getInput().getType() << " and " << getResult().getType();
  return success();
}

LogicalResult RopeTableOp::verify() {
  // SPATIAL-S3
  ArrayRef<int64_t> widths = getWidths(), pool = getPool();
  int64_t width = 0;
  for (int64_t w : widths)
    width += w;
  if (widths.size() != 3 || width <= 0 ||
      llvm::any_of(widths, [](int64_t w) { return w < 0 || w % 2; }) ||
      pool.size() != 3 || getStart().size() != 3 ||
      llvm::any_of(pool, [](int64_t n) { return n < 1; }) ||
      !(getTheta().convertToDouble() > 0))
    return emitOpError("SPATIAL-S3: takes three even widths, a positive theta, "
                       "three numbers to start from and a pool of three "
                       "positive sizes");
  // SPATIAL-S4
  int64_t boxes = 1;
  for (auto [size, box] : llvm::zip(getGrid().getSizes(), pool))
    boxes *= llvm::divideCeil(size, box);
  if (typeOf(getCos()).getShape() != ArrayRef<int64_t>({boxes, width / 2}))
    return emitOpError("SPATIAL-S4: gives tables of ")
           << boxes << " x " << width / 2 << ", got " << getCos().getType();
  return success();
}

LogicalResult RopeOp::verify() {
  // SPATIAL-S5
  RankedTensorType x = typeOf(getInput()), table = typeOf(getCos());
  if (x.getRank() != 3 || table.getRank() != 2 || x.isDynamicDim(2) ||
      x.getDimSize(2) % 2 || table.getDimSize(1) != x.getDimSize(2) / 2 ||
      table.getDimSize(0) != x.getDimSize(0))
    return emitOpError("SPATIAL-S5: takes [M, H, D] with an even D and tables "
                       "[M, D/2], got ")
           << x << " and " << table;
  return success();
}

LogicalResult HistoryPushOp::verify() {
  // SPATIAL-S6
  RankedTensorType history = typeOf(getHistory()), chunk = typeOf(getChunk());
  if (history.getRank() == 0 || history.getRank() != chunk.getRank() ||
      !history.hasStaticShape() || !chunk.hasStaticShape() ||
      history.getShape().drop_front() != chunk.getShape().drop_front())
    return emitOpError("SPATIAL-S6: takes static tensors that agree but in the "
                       "first axis, got ")
           << history << " and " << chunk;
  return success();
}

LogicalResult SegmentModulateOp::verify() {
  // SPATIAL-S7
  RankedTensorType x = typeOf(getInput()), scale = typeOf(getScale());
  bool fits = x.getRank() == 2 && scale.getRank() == 2 &&
              scale.hasStaticShape() && x.getDimSize(1) == scale.getDimSize(1);
  if (fits && getLengths()) {
    int64_t rows = 0;
    for (int64_t length : *getLengths()) {
      fits &= length >= 0;
      rows += length;
    }
    fits &= rows == x.getDimSize(0) &&
            static_cast<int64_t>(getLengths()->size()) == scale.getDimSize(0);
  } else if (fits) {
    fits = scale.getDimSize(0) == 1;
  }
  if (!fits)
    return emitOpError(
               "SPATIAL-S7: takes [M, d] and [S, d] with S lengths, not "
               "negative, that add up to M (or S = 1 without lengths), "
               "got ")
           << x << " and " << scale;
  return success();
}

LogicalResult ScaleKeysOp::verify() {
  // SPATIAL-S8
  RankedTensorType x = typeOf(getInput()), strength = typeOf(getStrength());
  int64_t count = getCount();
  if (x.getRank() != 3 || strength.getRank() != 1 ||
      strength.getDimSize(0) != x.getDimSize(1) || count < 0 ||
      (!x.isDynamicDim(0) && count > x.getDimSize(0)))
    return emitOpError("SPATIAL-S8: takes [M, H, D], [H] and a count from 0 to "
                       "M, got ")
           << x << ", " << strength << " and " << count;
  return success();
}

/// Whether `large` is [T, 2 h, 2 w, C] for `small` [T, h, w, C].
static bool isTwice(RankedTensorType large, RankedTensorType small) {
  if (large.getRank() != 4 || small.getRank() != 4 || !large.hasStaticShape() ||
      !small.hasStaticShape())
    return false;
  ArrayRef<int64_t> l = large.getShape(), s = small.getShape();
  return l[0] == s[0] && l[1] == 2 * s[1] && l[2] == 2 * s[2] && l[3] == s[3];
}

LogicalResult PyramidDownOp::verify() {
  // SPATIAL-S9
  if (!isTwice(typeOf(getInput()), typeOf(getResult())))
    return emitOpError("SPATIAL-S9: takes [T, 2 h, 2 w, C] and gives "
                       "[T, h, w, C], got ")
           << getInput().getType() << " and " << getResult().getType();
  return success();
}

LogicalResult PyramidJumpOp::verify() {
  // SPATIAL-S10
  if (!isTwice(typeOf(getNoise()), typeOf(getInput())))
    return emitOpError("SPATIAL-S10: takes [T, h, w, C] and noise "
                       "[T, 2 h, 2 w, C], got ")
           << getInput().getType() << " and " << getNoise().getType();
  // SPATIAL-S11
  double sigma = getSigma().convertToDouble(),
         gamma = getGamma().convertToDouble();
  if (!(sigma >= 0 && sigma <= 1) || !(gamma > 0 && gamma <= 1.0 / 3))
    return emitOpError("SPATIAL-S11: sigma is from 0 to 1 and gamma positive "
                       "and at most 1/3, got ")
           << sigma << " and " << gamma;
  return success();
}

LogicalResult LevelStepOp::verify() {
  // SPATIAL-S12
  if (typeOf(getSigma()).getRank() || typeOf(getNext()).getRank())
    return emitOpError("SPATIAL-S12: sigma and next are tensor<f32>, got ")
           << getSigma().getType() << " and " << getNext().getType();
  return success();
}
