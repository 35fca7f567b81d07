//===- TileConstants.cpp - orders of tokens and static masks --------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Spatial/IR/TileConstants.h"
#include "llvm/ADT/bit.h"
#include <cmath>

using namespace mlir;
using namespace tercet;
using namespace tercet::spatial;

//===----------------------------------------------------------------------===//
// Orders
//===----------------------------------------------------------------------===//

namespace {
/// A place in the grid, or a step in it: frame, row, column.
struct Step {
  int64_t t = 0, y = 0, x = 0;

  Step operator+(Step o) const { return {t + o.t, y + o.y, x + o.x}; }
  Step operator-() const { return {-t, -y, -x}; }
  Step operator-(Step o) const { return *this + -o; }
  /// Of an edge, which has one direction.
  int64_t getLength() const { return std::abs(t + y + x); }
  /// The same direction with another length.
  Step resize(int64_t length) const {
    auto sign = [&](int64_t v) { return v > 0 ? length : v < 0 ? -length : 0; };
    return {sign(t), sign(y), sign(x)};
  }
};

/// A curve through a box that begins at a corner and ends at the other end of
/// the first edge. Boxes are cut into parts with curves of their own, so that
/// each ends beside the corner where the next one begins. Of an edge with an
/// odd half the larger half comes first: even parts need no diagonal steps.
class HilbertCurve {
public:
  HilbertCurve(GridAttr grid, SmallVectorImpl<int32_t> &places)
      : grid(grid), places(places) {
    Step t{grid.getFrames(), 0, 0}, y{0, grid.getHeight(), 0},
        x{0, 0, grid.getWidth()};
    // Along the longest axis.
    if (x.x >= y.y && x.x >= t.t)
      walk({}, x, y, t);
    else if (y.y >= t.t)
      walk({}, y, x, t);
    else
      walk({}, t, x, y);
  }

private:
  static Step half(Step edge) {
    int64_t length = edge.getLength(), half = length / 2;
    if (half % 2 && length > 2)
      ++half;
    return edge.resize(half);
  }
  /// To the last token along an edge.
  static Step reach(Step edge) { return edge.resize(edge.getLength() - 1); }

  void visit(Step at) {
    places.push_back((at.t * grid.getHeight() + at.y) * grid.getWidth() + at.x);
  }

  void walk(Step at, Step a, Step b, Step c) {
    int64_t la = a.getLength(), lb = b.getLength(), lc = c.getLength();
    // A line.
    if ((la == 1) + (lb == 1) + (lc == 1) >= 2) {
      Step line = la > 1 ? a : lb > 1 ? b : c;
      for (int64_t i = 0, e = line.getLength(); i < e; ++i)
        visit(at + line.resize(i));
      return;
    }
    Step a1 = half(a), b1 = half(b), c1 = half(c);
    if (2 * la > 3 * lb && 2 * la > 3 * lc) {
      // Long: one half behind the other.
      walk(at, a1, b, c);
      walk(at + a1, a - a1, b, c);
    } else if (3 * lb > 4 * lc) {
      // Flat: out along b, over along a, back along b.
      walk(at, b1, c, a1);
      walk(at + b1, a, b - b1, c);
      walk(at + reach(a) + reach(b1), -b1, c, -(a - a1));
    } else if (3 * lc > 4 * lb) {
      walk(at, c1, a1, b);
      walk(at + c1, a, b, c - c1);
      walk(at + reach(a) + reach(c1), -c1, -(a - a1), b);
    } else {
      // Eighths, those beside each other along a taken together.
      walk(at, b1, c1, a1);
      walk(at + b1, c, a1, b - b1);
      walk(at + reach(b1) + reach(c), a, -b1, -(c - c1));
      walk(at + reach(a) + b1 + reach(c), -c, -(a - a1), b - b1);
      walk(at + reach(a) + reach(b1), -b1, c1, -(a - a1));
    }
  }

  GridAttr grid;
  SmallVectorImpl<int32_t> &places;
};
} // namespace

/// Tile by tile; where each begins is added to `offsets`.
static void addBoxes(GridAttr grid, SmallVectorImpl<int32_t> &places,
                     SmallVectorImpl<int32_t> &offsets) {
  auto [ct, cy, cx] = grid.getTileCounts();
  auto [st, sy, sx] = grid.getTileSizes();
  for (int64_t tile = 0, e = ct * cy * cx; tile < e; ++tile) {
    offsets.push_back(places.size());
    int64_t t0 = tile / (cy * cx) * st, y0 = tile / cx % cy * sy,
            x0 = tile % cx * sx;
    for (int64_t t = t0; t < std::min(t0 + st, grid.getFrames()); ++t)
      for (int64_t y = y0; y < std::min(y0 + sy, grid.getHeight()); ++y)
        for (int64_t x = x0; x < std::min(x0 + sx, grid.getWidth()); ++x)
          places.push_back((t * grid.getHeight() + y) * grid.getWidth() + x);
  }
}

std::array<DenseElementsAttr, 3> spatial::makeTileOrder(TileOrderOp op) {
  GridAttr grid = op.getGrid();
  int64_t tokens = grid.getTokens();
  SmallVector<int32_t> places, offsets;
  places.reserve(tokens);
  if (op.getOrder() == Order::box)
    addBoxes(grid, places, offsets);
  else if (op.getOrder() == Order::hilbert)
    HilbertCurve(grid, places);
  else
    llvm::append_range(places, llvm::seq<int32_t>(0, tokens));
  if (op.getBlock())
    for (int64_t at = 0; at < tokens; at += *op.getBlock())
      offsets.push_back(at);
  offsets.push_back(tokens);
  SmallVector<int32_t> ranks(tokens);
  for (auto [place, token] : llvm::enumerate(places))
    ranks[token] = place;
  auto get = [](Value result, ArrayRef<int32_t> values) -> DenseElementsAttr {
    return DenseElementsAttr::get(cast<ShapedType>(result.getType()), values);
  };
  return {get(op.getPlaces(), places), get(op.getRanks(), ranks),
          get(op.getOffsets(), offsets)};
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

namespace {
/// Which blocks a radial mask has; what it is, SpatialTiles.td says.
class RadialMask {
public:
  RadialMask(GridAttr grid, int64_t block, double decay)
      : tokens(grid.getTokens()), frame(grid.getHeight() * grid.getWidth()),
        block(block), bits(llvm::bit_width<uint64_t>(frame)), decay(decay) {}

  bool isChosen(int64_t i, int64_t j) const {
    if (i == j)
      return true;
    int64_t from = i * block, to = std::min(from + block, tokens);
    int64_t begin = j * block, end = std::min(begin + block, tokens), many = 0;
    for (int64_t key = begin; key < end; ++key)
      many += 3 * countQueries(from, to, key) > to - from;
    return 5 * many > 3 * (end - begin);
  }

private:
  /// How far two frames apart see; -1 where they do not.
  double getReach(int64_t apart) const {
    if (apart <= 1)
      return frame;
    double w = decay * std::exp2(bits - llvm::bit_width<uint64_t>(apart));
    if (w < block && std::fmod(apart, std::floor(block / w)) != 0)
      return -1;
    return std::max<double>(block, w);
  }
  /// Queries from `from` up to `to` that see a key, frame by frame: of a frame
  /// they are neighbours.
  int64_t countQueries(int64_t from, int64_t to, int64_t key) const {
    int64_t keyFrame = key / frame, place = key % frame;
    if (keyFrame == 0)
      return to - from;
    int64_t count = 0;
    for (int64_t f = from / frame; f * frame < to; ++f) {
      double reach = getReach(std::abs(f - keyFrame));
      if (reach < 0)
        continue;
      int64_t first = std::max(from - f * frame, int64_t(0)),
              last = std::min(to - f * frame, frame) - 1;
      int64_t e = std::floor(std::min<double>(reach, frame));
      count += std::max<int64_t>(0, std::min(last, place + e) -
                                        std::max(first, place - e) + 1);
    }
    return count;
  }

  int64_t tokens, frame, block;
  int bits;
  double decay;
};
} // namespace

DenseElementsAttr spatial::makeBlockMask(BlockMaskOp op) {
  auto type = cast<RankedTensorType>(op.getResult().getType());
  std::optional<RadialMask> radial;
  if (op.getPattern() == Pattern::radial)
    radial.emplace(*op.getGrid(), *op.getBlock(),
                   op.getDecay()->convertToDouble());
  auto isChosen = [&](int64_t i, int64_t j) {
    switch (op.getPattern()) {
    case Pattern::dense:
      return true;
    case Pattern::causal:
      return j <= i;
    case Pattern::window:
      return std::abs(i - j) <= static_cast<int64_t>(*op.getReach());
    case Pattern::radial:
      return radial->isChosen(i, j);
    }
    llvm_unreachable("not a pattern");
  };
  SmallVector<int8_t> mask;
  for (int64_t i = 0; i < type.getDimSize(1); ++i)
    for (int64_t j = 0; j < type.getDimSize(2); ++j)
      mask.push_back(isChosen(i, j));
  return DenseElementsAttr::get(type, ArrayRef<int8_t>(mask));
}
