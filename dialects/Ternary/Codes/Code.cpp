//===- Code.cpp - packing, and what the codes share -----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Codes/CodeImpl.h"
#include "llvm/Support/Endian.h"

using namespace mlir;
using namespace tercet::ternary;

Code::~Code() = default;

llvm::SmallVector<mlir::Value>
Code::emitDecodePairs(mlir::OpBuilder &, mlir::Location, mlir::Value) const {
  llvm_unreachable("the code has no pairs");
}

const Code &tercet::ternary::getCode(CodeKind kind) {
  switch (kind) {
  case CodeKind::I2:
    return getCodeI2();
  case CodeKind::T5:
    return getCodeT5();
  case CodeKind::B33:
    return getCodeB33();
  case CodeKind::C5:
    return getCodeC5();
  case CodeKind::I8:
    return getCodeI8();
  }
  llvm_unreachable("every code kind has a code");
}

ArrayRef<const Code *> tercet::ternary::getAllCodes() {
  static const Code *all[] = {&getCodeI2(), &getCodeT5(), &getCodeB33(),
                              &getCodeC5()};
  return all;
}

/// Names the first group of a word that cannot be stored.
static std::string describeRefusal(const Code &code, ArrayRef<int8_t> word,
                                   int64_t row, int64_t firstColumn,
                                   int64_t k) {
  int64_t columns = std::min<int64_t>(word.size(), k - firstColumn), at = 0;
  std::array<int8_t, 4> padding = code.getPaddingGroup();
  for (; at + 4 < columns; at += 4) {
    // The group alone, among groups that are known to be storable.
    SmallVector<int8_t> alone(word.size());
    for (size_t i = 0; i < word.size(); ++i)
      alone[i] =
          static_cast<int64_t>(i) / 4 * 4 == at ? word[i] : padding[i % 4];
    if (failed(code.encodeWord(alone)))
      break;
  }
  return "code " + code.getName().str() + " cannot hold the weights of row " +
         std::to_string(row) + ", columns " + std::to_string(firstColumn + at) +
         " to " + std::to_string(firstColumn + std::min(at + 4, columns) - 1);
}

LogicalResult tercet::ternary::pack(const Code &code, ArrayRef<int8_t> trits,
                                    int64_t n, int64_t k,
                                    MutableArrayRef<uint8_t> bytes,
                                    std::string *error, int64_t firstRow) {
  int64_t perWord = code.getWeightsPerWord(), words = code.getWordsPerRow(k);
  int64_t panelBytes = code.getPanelBytes(k);
  assert(static_cast<int64_t>(trits.size()) == n * k);
  assert(static_cast<int64_t>(bytes.size()) == Code::getPanels(n) * panelBytes);
  std::array<int8_t, 4> padding = code.getPaddingGroup();
  SmallVector<int8_t> word(perWord);
  for (int64_t row = 0; row < Code::getPanels(n) * kPanelRows; ++row) {
    uint8_t *panel = bytes.data() + row / kPanelRows * panelBytes;
    // Words that are full of weights are encoded where they are.
    int64_t full = row < n ? k / perWord : 0;
    for (int64_t t = 0; t < words; ++t) {
      ArrayRef<int8_t> source = word;
      if (t < full)
        source = trits.slice(row * k + t * perWord, perWord);
      for (int64_t i = 0; t >= full && i < perWord; ++i) {
        int64_t column = t * perWord + i;
        // A group without any weight is padding; one with some is filled up
        // with zeros.
        bool padded = row >= n || column / 4 * 4 >= k;
        word[i] = padded       ? padding[i % 4]
                  : column < k ? trits[row * k + column]
                               : int8_t(0);
      }
      FailureOr<uint32_t> value = code.encodeWord(source);
      if (failed(value)) {
        if (error)
          *error = describeRefusal(code, source, firstRow + row, t * perWord, k);
        return failure();
      }
      llvm::support::endian::write32le(
          panel + (t * kPanelRows + row % kPanelRows) * 4, *value);
    }
  }
  return success();
}

void tercet::ternary::unpack(const Code &code, ArrayRef<uint8_t> bytes,
                             int64_t n, int64_t k,
                             MutableArrayRef<int8_t> trits) {
  int64_t perWord = code.getWeightsPerWord(), words = code.getWordsPerRow(k);
  SmallVector<int8_t> word(perWord);
  for (int64_t row = 0; row < n; ++row) {
    const uint8_t *panel =
        bytes.data() + row / kPanelRows * code.getPanelBytes(k);
    for (int64_t t = 0; t < words; ++t) {
      code.decodeWord(llvm::support::endian::read32le(
                          panel + (t * kPanelRows + row % kPanelRows) * 4),
                      word);
      for (int64_t i = 0; i < perWord && t * perWord + i < k; ++i)
        trits[row * k + t * perWord + i] = word[i];
    }
  }
}

bool tercet::ternary::isVector16(Type wordType) {
  auto vector = dyn_cast<VectorType>(wordType);
  return vector && vector.getNumElements() == 16;
}

SmallVector<Value> tercet::ternary::emitTable32(OpBuilder &b, Location loc,
                                                ArrayRef<uint32_t> entries) {
  assert(entries.size() == 32);
  auto type = VectorType::get({16}, b.getI32Type());
  SmallVector<Value> table;
  for (int half = 0; half < 2; ++half)
    table.push_back(arith::ConstantOp::create(
        b, loc, DenseElementsAttr::get(type, entries.slice(16 * half, 16))));
  return table;
}

Value tercet::ternary::emitLookup32(OpBuilder &b, Location loc,
                                    ValueRange table, Value index) {
  return LLVM::CallIntrinsicOp::create(
             b, loc, index.getType(),
             b.getStringAttr("llvm.x86.avx512.vpermi2var.d.512"),
             ValueRange{table[0], index, table[1]})
      .getResult(0);
}
