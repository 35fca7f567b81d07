//===- RopeTable.cpp - tables of a rotary embedding -----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/Transforms/RopeTable.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace tercet::spatial;

std::pair<DenseElementsAttr, DenseElementsAttr>
tercet::spatial::makeRopeTable(RopeTableOp op) {
  std::array<int64_t, 3> sizes = op.getGrid().getSizes();
  ArrayRef<int64_t> widths = op.getWidths(), start = op.getStart(),
                    pool = op.getPool();
  double theta = op.getTheta().convertToDouble();
  // Cosines and sines by axis, place and pair: a token's are put together.
  std::array<std::vector<double>, 3> cosines, sines;
  std::array<int64_t, 3> boxes;
  for (unsigned axis = 0; axis < 3; ++axis) {
    boxes[axis] = llvm::divideCeil(sizes[axis], pool[axis]);
    for (int64_t box = 0; box < boxes[axis]; ++box)
      for (int64_t i = 0; i < widths[axis] / 2; ++i) {
        double turn = std::pow(theta, -2.0 * i / widths[axis]), c = 0, s = 0;
        // The mean over the other axes of a box is of equal values.
        for (int64_t p = 0; p < pool[axis]; ++p) {
          int64_t place = std::min(box * pool[axis] + p, sizes[axis] - 1);
          c += std::cos((start[axis] + place) * turn);
          s += std::sin((start[axis] + place) * turn);
        }
        cosines[axis].push_back(c / pool[axis]);
        sines[axis].push_back(s / pool[axis]);
      }
  }
  std::vector<float> cos, sin;
  for (int64_t t = 0; t < boxes[0]; ++t)
    for (int64_t y = 0; y < boxes[1]; ++y)
      for (int64_t x = 0; x < boxes[2]; ++x) {
        int64_t at[] = {t, y, x};
        for (unsigned axis = 0; axis < 3; ++axis)
          for (int64_t i = 0, n = widths[axis] / 2; i < n; ++i) {
            cos.push_back(static_cast<float>(cosines[axis][at[axis] * n + i]));
            sin.push_back(static_cast<float>(sines[axis][at[axis] * n + i]));
          }
      }
  auto type = cast<RankedTensorType>(op.getCos().getType());
  return {DenseElementsAttr::get(type, ArrayRef(cos)),
          DenseElementsAttr::get(type, ArrayRef(sin))};
}
