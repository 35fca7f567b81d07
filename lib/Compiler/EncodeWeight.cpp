//===- EncodeWeight.cpp - stored bytes of a weight ------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/EncodeWeight.h"
#include "dialects/Ternary/Codes/Code.h"
#include "mlir/IR/Threading.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cstring>

using namespace mlir;
using namespace tercet;
using namespace tercet::compiler;

/// A piece of what is copied: large against a system call, small against
/// memory.
static constexpr size_t kPiece = 4 << 20;
/// Elements of a piece of a large matrix, and bytes of the matrices that are
/// worked on at a time.
static constexpr int64_t kBlock = 4 << 20;
static constexpr int64_t kAtOnce = 256 << 20;

static LogicalResult failToRead(rows::WeightOp op) {
  return op.emitError("weight '")
         << op.getKey() << "' cannot be read to its end: the file has changed";
}

LogicalResult tercet::compiler::copyWeight(rows::WeightOp op, size_t size,
                                           TensorReader &source,
                                           TakeBytes take) {
  std::vector<uint8_t> piece;
  for (; size; size -= piece.size()) {
    piece.resize(std::min(size, kPiece));
    if (!source.next(piece))
      return failToRead(op);
    take(piece);
  }
  return success();
}

/// What is wrong with trits, or "": values other than -1, 0 and 1, and groups
/// that break the sparsity.
static std::string checkTrits(ternary::SparsityAttr sparsity,
                              ArrayRef<int8_t> trits, int64_t k,
                              StringRef place, int64_t firstRow) {
  std::string text;
  llvm::raw_string_ostream os(text);
  // All at once first: a loop that may stop at each value is slow.
  uint8_t worst = 0;
  for (int8_t trit : trits)
    worst = std::max<uint8_t>(worst, trit + 1);
  for (size_t i = 0; worst > 2; ++i)
    if (trits[i] < -1 || trits[i] > 1) {
      os << "has the value " << (int)trits[i] << " at " << place << "row "
         << firstRow + i / k << ", column " << i % k
         << "; a ternary weight holds -1, 0 and 1";
      return text;
    }
  if (!sparsity)
    return text;
  int64_t m = sparsity.getM(), n = sparsity.getN();
  for (int64_t at = 0; at < (int64_t)trits.size(); at += k)
    for (int64_t col = 0; col < k; col += m) {
      auto group = trits.slice(at + col, std::min(m, k - col));
      int64_t nonzero = llvm::count_if(group, [](int8_t v) { return v != 0; });
      if (sparsity.getExact() ? nonzero == n : nonzero <= n)
        continue;
      os << "has " << nonzero << " nonzero values at " << place << "row "
         << firstRow + at / k << ", columns " << col << " to "
         << col + (int64_t)group.size() - 1 << "; its sparsity allows "
         << (sparsity.getExact() ? "exactly " : "at most ") << n << " of " << m;
      return text;
    }
  return text;
}

/// f16 to f32: exponents are moved, numbers below the smallest normal one
/// scaled.
static float fromHalf(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16, rest = half & 0x7fff;
  uint32_t bits = (rest << 13) + (112u << 23);
  if (rest >= 0x7c00)
    bits += 112u << 23; // infinities, and what is not a number
  else if (rest < 0x0400)
    bits = llvm::bit_cast<uint32_t>((float)rest * 0x1p-24f);
  return llvm::bit_cast<float>(bits | sign);
}

/// Little-endian values of a file to f32, by `convert` from their bits.
template <typename Bits, typename Convert>
static void convertAll(ArrayRef<uint8_t> bytes, std::vector<float> &floats,
                       Convert convert) {
  floats.resize(bytes.size() / sizeof(Bits));
  for (size_t i = 0; i < floats.size(); ++i) {
    Bits bits; // a file does not align its tensors
    std::memcpy(&bits, bytes.data() + i * sizeof(Bits), sizeof(Bits));
    floats[i] = convert(bits);
  }
}

/// A type of floats of 8 bits or more.
static void toFloats(Type type, ArrayRef<uint8_t> bytes,
                     std::vector<float> &floats) {
  if (type.isF32()) {
    floats.resize(bytes.size() / 4);
    std::memcpy(floats.data(), bytes.data(), bytes.size());
  } else if (type.isBF16()) {
    convertAll<uint16_t>(bytes, floats, [](uint16_t bits) {
      return llvm::bit_cast<float>((uint32_t)bits << 16);
    });
  } else if (type.isF16()) {
    convertAll<uint16_t>(bytes, floats, fromHalf);
  } else if (type.isF64()) {
    convertAll<double>(bytes, floats,
                       [](double value) { return (float)value; });
  } else {
    convertAll<uint8_t>(bytes, floats, [&](uint8_t bits) {
      llvm::APFloat value(cast<FloatType>(type).getFloatSemantics(),
                          llvm::APInt(8, bits));
      bool exact;
      value.convert(llvm::APFloat::IEEEsingle(),
                    llvm::APFloat::rmNearestTiesToEven, &exact);
      return value.convertToFloat();
    });
  }
}

namespace {
/// Rows of a matrix on their way to stored bytes; the memory is used again.
struct RowBlock {
  std::vector<uint8_t> raw, packed;
  std::vector<float> floats;
  std::vector<int8_t> trits;
  float scale = 0;
  std::string error; // what the weight does, after its name

  /// Rows from `raw`; `scale` is that of the matrix or, where `whole`,
  /// computed.
  void encode(rows::WeightOp op, Type element, int64_t k, StringRef place,
              int64_t firstRow, bool whole);
};
} // namespace

void RowBlock::encode(rows::WeightOp op, Type element, int64_t k,
                      StringRef place, int64_t firstRow, bool whole) {
  ternary::SparsityAttr sparsity = op.getSparsityAttr();
  ArrayRef<int8_t> values((const int8_t *)raw.data(), raw.size());
  bool ternarizes = op.getTransform() != rows::WeightTransform::Encode;
  if (ternarizes) {
    toFloats(element, raw, floats);
    if (whole)
      scale = ternary::getTernarizeScale(ternary::sumSizes(floats, 0),
                                         floats.size());
    if (!op.getCodeAttr())
      return;
    trits.resize(floats.size());
    ternary::roundToTrits(floats, scale, sparsity, trits);
    values = trits;
  }
  const ternary::Code &code = ternary::getCode(op.getCodeAttr().getKind());
  if (!ternarizes && code.getKind() != ternary::CodeKind::I8)
    error = checkTrits(sparsity, values, k, place, firstRow);
  if (!error.empty())
    return;
  int64_t n = k ? values.size() / k : 0;
  packed.resize(ternary::Code::getPanels(n) * code.getPanelBytes(k));
  std::string why;
  if (failed(ternary::pack(code, values, n, k, packed, &why, firstRow)))
    error = "cannot be stored as " + code.getName().str() + ": " + why;
}

/// Matrices of a size that some of them are in memory at once, one a thread.
static LogicalResult encodeMatrices(rows::WeightOp op, RankedTensorType type,
                                    int64_t matrixBytes, TensorReader &source,
                                    std::vector<float> &scales,
                                    TakeBytes take) {
  MLIRContext *context = op.getContext();
  int64_t experts = type.getRank() == 3 ? type.getDimSize(0) : 1;
  int64_t matrix = type.getNumElements() / std::max<int64_t>(experts, 1);
  std::vector<RowBlock> blocks(
      std::clamp<int64_t>(kAtOnce / (8 * std::max<int64_t>(matrix, 1)), 1,
                          std::min<int64_t>(context->getNumThreads(),
                                            std::max<int64_t>(experts, 1))));
  for (int64_t first = 0; first < experts; first += blocks.size()) {
    int64_t count = std::min<int64_t>(blocks.size(), experts - first);
    for (int64_t i = 0; i < count; ++i) {
      blocks[i].raw.resize(matrixBytes);
      if (!source.next(blocks[i].raw))
        return failToRead(op);
    }
    parallelFor(context, 0, count, [&](size_t i) {
      std::string place;
      if (type.getRank() == 3)
        place = "expert " + std::to_string(first + i) + ", ";
      blocks[i].encode(op, type.getElementType(), type.getShape().back(), place,
                       /*firstRow=*/0, /*whole=*/true);
    });
    for (RowBlock &block : MutableArrayRef(blocks).take_front(count)) {
      if (!block.error.empty())
        return op.emitError("weight '") << op.getKey() << "' " << block.error;
      scales.push_back(block.scale);
      if (op.getCodeAttr())
        take(block.packed);
    }
  }
  return success();
}

/// A matrix that is too large for that: some panels of rows at a time, twice
/// where the scale has to be known first.
static LogicalResult encodeLargeMatrix(rows::WeightOp op, RankedTensorType type,
                                       int64_t matrixBytes,
                                       TensorReader &source,
                                       std::vector<float> &scales,
                                       TakeBytes take) {
  int64_t n = type.getDimSize(0), k = type.getDimSize(1);
  int64_t rowBytes = matrixBytes / n;
  int64_t rows = std::max<int64_t>(kBlock / k / ternary::kPanelRows, 1) *
                 ternary::kPanelRows;
  RowBlock block;
  auto read = [&](TensorReader &from, int64_t row) {
    block.raw.resize(std::min(rows, n - row) * rowBytes);
    return from.next(block.raw);
  };
  if (op.getTransform() != rows::WeightTransform::Encode) {
    TensorReader again = source;
    double sum = 0;
    for (int64_t row = 0; row < n; row += rows) {
      if (!read(again, row))
        return failToRead(op);
      toFloats(type.getElementType(), block.raw, block.floats);
      sum = ternary::sumSizes(block.floats, sum);
    }
    block.scale = ternary::getTernarizeScale(sum, n * k);
    scales.push_back(block.scale);
  }
  for (int64_t row = 0; op.getCodeAttr() && row < n; row += rows) {
    if (!read(source, row))
      return failToRead(op);
    block.encode(op, type.getElementType(), k, "", row, /*whole=*/false);
    if (!block.error.empty())
      return op.emitError("weight '") << op.getKey() << "' " << block.error;
    take(block.packed);
  }
  return success();
}

LogicalResult tercet::compiler::encodeWeight(rows::WeightOp op,
                                             RankedTensorType type,
                                             TensorReader &source,
                                             std::vector<float> &scales,
                                             TakeBytes take) {
  if (type.getRank() != 2 && type.getRank() != 3)
    return op.emitError("weight '") << op.getKey()
                                    << "' has to be a matrix, or one for each "
                                       "expert, got "
                                    << type;
  bool ternarizes = op.getTransform() != rows::WeightTransform::Encode;
  auto floatType = dyn_cast<FloatType>(type.getElementType());
  if (ternarizes && (!floatType || floatType.getWidth() < 8))
    return op.emitError("weight '")
           << op.getKey() << "' has to hold floats to be ternarized, got "
           << type;
  int64_t matrixBytes = (ternarizes ? floatType.getWidth() / 8 : 1) *
                        type.getShape().drop_front(type.getRank() - 2)[0] *
                        type.getShape().back();
  bool large = type.getRank() == 2 && type.getNumElements() > 4 * kBlock;
  return large ? encodeLargeMatrix(op, type, matrixBytes, source, scales, take)
               : encodeMatrices(op, type, matrixBytes, source, scales, take);
}
