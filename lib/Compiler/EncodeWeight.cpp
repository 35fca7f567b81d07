//===- EncodeWeight.cpp - stored bytes of a weight ------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/EncodeWeight.h"
#include "dialects/Ternary/Codes/Code.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include <cstring>

using namespace mlir;
using namespace tercet;
using namespace tercet::compiler;

/// A piece of what is copied: large against a system call, small against
/// memory.
static constexpr size_t kPiece = 4 << 20;

void tercet::compiler::copyWeight(TensorReader &source, size_t size,
                                  TakeBytes take) {
  while (size) {
    ArrayRef<uint8_t> piece = source.nextUpTo(std::min(size, kPiece));
    take(piece);
    size -= piece.size();
  }
}

/// Values other than -1, 0 and 1, and groups that break the sparsity, by row
/// and column, and by expert where it is not negative.
static LogicalResult checkTrits(rows::WeightOp op, ArrayRef<int8_t> trits,
                                int64_t n, int64_t k, int64_t expert) {
  std::string place =
      expert < 0 ? "" : "expert " + std::to_string(expert) + ", ";
  ternary::SparsityAttr sparsity = op.getSparsityAttr();
  // All at once first: a loop that may stop at each value is slow.
  uint8_t worst = 0;
  for (int8_t trit : trits)
    worst = std::max<uint8_t>(worst, trit + 1);
  for (size_t i = 0; worst > 2; ++i)
    if (trits[i] < -1 || trits[i] > 1)
      return op.emitError("weight '")
             << op.getKey() << "' has the value " << (int)trits[i] << " at "
             << place << "row " << i / k << ", column " << i % k
             << "; a ternary weight holds -1, 0 and 1";
  if (!sparsity)
    return success();
  for (int64_t row = 0; row < n; ++row) {
    ArrayRef<int8_t> values = trits.slice(row * k, k);
    int64_t m = sparsity.getM();
    for (int64_t col = 0; col < k; col += m) {
      auto group = values.slice(col, std::min(m, k - col));
      int64_t nonzero = llvm::count_if(group, [](int8_t v) { return v != 0; });
      bool obeys = sparsity.getExact() ? nonzero == sparsity.getN()
                                       : nonzero <= sparsity.getN();
      if (!obeys)
        return op.emitError("weight '")
               << op.getKey() << "' has " << nonzero << " nonzero values at "
               << place << "row " << row << ", columns " << col << " to "
               << col + (int64_t)group.size() - 1 << "; its sparsity allows "
               << (sparsity.getExact() ? "exactly " : "at most ")
               << sparsity.getN() << " of " << m;
    }
  }
  return success();
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

/// False for a type that is not one of floats.
static bool toFloats(Type type, ArrayRef<uint8_t> bytes,
                     std::vector<float> &floats) {
  auto floatType = dyn_cast<FloatType>(type);
  if (!floatType || floatType.getWidth() < 8)
    return false;
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
      llvm::APFloat value(floatType.getFloatSemantics(), llvm::APInt(8, bits));
      bool exact;
      value.convert(llvm::APFloat::IEEEsingle(),
                    llvm::APFloat::rmNearestTiesToEven, &exact);
      return value.convertToFloat();
    });
  }
  return true;
}

LogicalResult tercet::compiler::encodeWeight(rows::WeightOp op,
                                             RankedTensorType type,
                                             TensorReader &source,
                                             TakeBytes take) {
  if (type.getRank() != 2 && type.getRank() != 3)
    return op.emitError("weight '") << op.getKey()
                                    << "' has to be a matrix, or one for each "
                                       "expert, got "
                                    << type;
  bool ternarizes = op.getTransform() != rows::WeightTransform::Encode;
  int64_t experts = type.getRank() == 3 ? type.getDimSize(0) : 1;
  int64_t n = type.getShape().drop_back().back(), k = type.getShape().back();
  size_t elementBytes = ternarizes ? type.getElementTypeBitWidth() / 8 : 1;
  const ternary::Code *code =
      op.getCodeAttr() ? &ternary::getCode(op.getCodeAttr().getKind())
                       : nullptr;

  std::vector<float> floats;
  std::vector<int8_t> made;
  std::vector<uint8_t> packed;
  for (int64_t e = 0; e < experts; ++e) {
    ArrayRef<uint8_t> matrix = source.next(n * k * elementBytes);
    ArrayRef<int8_t> trits((const int8_t *)matrix.data(), matrix.size());
    if (ternarizes) {
      if (!toFloats(type.getElementType(), matrix, floats))
        return op.emitError("weight '")
               << op.getKey() << "' has to hold floats to be ternarized, got "
               << type;
      made.resize(n * k);
      float scale =
          ternary::ternarize(floats, n, k, op.getSparsityAttr(), made);
      if (!code) {
        take(ArrayRef((const uint8_t *)&scale, sizeof(scale)));
        continue;
      }
      trits = made;
    }
    if (code->getKind() != ternary::CodeKind::I8 &&
        failed(checkTrits(op, trits, n, k, type.getRank() == 3 ? e : -1)))
      return failure();
    packed.resize(ternary::Code::getPanels(n) * code->getPanelBytes(k));
    std::string error;
    if (failed(ternary::pack(*code, trits, n, k, packed, &error)))
      return op.emitError("weight '") << op.getKey() << "' cannot be stored as "
                                      << code->getName() << ": " << error;
    take(packed);
  }
  return success();
}
