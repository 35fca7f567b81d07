//===- Code.h - storage codes of small integers -----------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A code says how trits become bits, for a reader (encode, decode) and for a
// kernel (emitDecode). One class in one file each; nothing else in the compiler
// knows a code by name.
//
// Storage order, the same for all codes and all targets: an output row's K
// weights are a stream of 32-bit little-endian words, each holding
// getWeightsPerWord() consecutive weights (the last one padded with zeros). 16
// rows make a panel; word t of row r of a panel lies at byte (t * 16 + r) * 4.
// Panels follow each other; a last partial panel is padded with zero rows. So
// 16 lanes of a vector, or 16 threads, read 64 consecutive bytes.
//
// Within a word, weights come in groups of four along K: decoding a word gives
// getWeightsPerWord() / 4 words of four bytes, group g holding w + getOffset() of
// weights 4g .. 4g+3, ready for a four-way dot product with four activation bytes.
// Weights are trits, and the offset 1, but for one code, of 8-bit weights.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_DIALECTS_TERNARY_CODES_CODE_H
#define TERCET_DIALECTS_TERNARY_CODES_CODE_H

#include "dialects/Ternary/IR/Ternary.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/ArrayRef.h"
#include <array>
#include <cstdint>
#include <string>

namespace tercet::ternary {

/// Rows of a panel.
constexpr int64_t kPanelRows = 16;

/// What the machine offers to a decoder. All false: plain arithmetic and table
/// loads that any LLVM target takes.
struct DecoderFeatures {
  /// Permute of 32-bit lanes by a 32-entry table and 16-bit multiplication of a
  /// whole register: AVX-512 F and BW, vpermi2d and vpmulhuw.
  bool permute32x32 = false;
  /// Permute of bytes by a 128-entry table: AVX-512 VBMI vpermi2b.
  bool permute128x8 = false;
  /// Number of the address space that constant tables live in (GPU: constant).
  unsigned tableAddressSpace = 0;
};

class Code {
public:
  virtual ~Code();

  virtual CodeKind getKind() const = 0;
  llvm::StringRef getName() const { return stringifyCodeKind(getKind()); }
  /// Weights along K in a 32-bit word, a multiple of 4.
  virtual unsigned getWeightsPerWord() const = 0;
  /// What a decoded byte has more than its weight.
  virtual int64_t getOffset() const { return 1; }
  /// Whether any trits of this sparsity (null: dense) can be stored.
  virtual bool canHold(SparsityAttr sparsity) const = 0;

  /// A group that pads rows and columns where no weights are; activations are
  /// zero there, so its value does not matter, but the code must hold it.
  virtual std::array<int8_t, 4> getPaddingGroup() const { return {0, 0, 0, 0}; }

  /// Encodes getWeightsPerWord() trits; fails where the code cannot hold them.
  virtual llvm::FailureOr<uint32_t>
  encodeWord(llvm::ArrayRef<int8_t> trits) const = 0;
  /// Decodes into getWeightsPerWord() trits. Any word is accepted.
  virtual void decodeWord(uint32_t word,
                          llvm::MutableArrayRef<int8_t> trits) const = 0;

  /// Values that are computed once before the loop (tables, masks).
  /// `wordType` is i32 or vector<Lxi32>.
  virtual llvm::SmallVector<mlir::Value>
  emitSetup(mlir::OpBuilder &b, mlir::Location loc, mlir::Type wordType,
            const DecoderFeatures &features) const = 0;
  /// Decodes `words` (i32 or vector<Lxi32>) into getWeightsPerWord() / 4 values
  /// of the same type; each lane holds the four bytes w + getOffset() of a group.
  virtual llvm::SmallVector<mlir::Value>
  emitDecode(mlir::OpBuilder &b, mlir::Location loc, mlir::Value words,
             mlir::ValueRange setup, const DecoderFeatures &features) const = 0;

  /// Whether every group has at most two nonzeros, so that sparse matrix units
  /// take it.
  virtual bool hasPairs() const { return false; }
  /// Decodes words (i32) of a code that has pairs for such a unit: a value of
  /// each group, whose bytes 0 and 1 are two of its trits (signed), all others
  /// being zero, and whose bits 16..17 and 18..19 are their places, ascending.
  virtual llvm::SmallVector<mlir::Value>
  emitDecodePairs(mlir::OpBuilder &b, mlir::Location loc,
                  mlir::Value words) const;

  // Sizes that follow.
  int64_t getWordsPerRow(int64_t k) const {
    return (k + getWeightsPerWord() - 1) / getWeightsPerWord();
  }
  /// K rounded up to whole words: what a row of activations is padded to.
  int64_t getPaddedK(int64_t k) const {
    return getWordsPerRow(k) * getWeightsPerWord();
  }
  int64_t getPanelBytes(int64_t k) const {
    return getWordsPerRow(k) * kPanelRows * 4;
  }
  static int64_t getPanels(int64_t n) {
    return (n + kPanelRows - 1) / kPanelRows;
  }
};

/// The one object of a kind.
const Code &getCode(CodeKind kind);
/// Those of trits.
llvm::ArrayRef<const Code *> getAllCodes();

/// Packs trits [n, k] row-major into getPanels(n) * getPanelBytes(k) bytes.
/// Fails with the row (from `firstRow` on) and column of the first group the code
/// cannot hold.
llvm::LogicalResult pack(const Code &code, llvm::ArrayRef<int8_t> trits,
                         int64_t n, int64_t k,
                         llvm::MutableArrayRef<uint8_t> bytes,
                         std::string *error = nullptr, int64_t firstRow = 0);
/// The inverse: trits [n, k] out of packed bytes.
void unpack(const Code &code, llvm::ArrayRef<uint8_t> bytes, int64_t n,
            int64_t k, llvm::MutableArrayRef<int8_t> trits);

/// `ternary.ternarize` on data: weights [n, k] (one matrix) to trits and the
/// scale, to the bit as the op says. `sparsity` may be null.
float ternarize(llvm::ArrayRef<float> weights, int64_t n, int64_t k,
                SparsityAttr sparsity, llvm::MutableArrayRef<int8_t> trits);

// The same in parts, for a matrix that comes piece by piece.
/// The sum of sizes goes on from `sum`, in order.
double sumSizes(llvm::ArrayRef<float> weights, double sum);
/// The scale for the sum over all `count` weights.
float getTernarizeScale(double sum, int64_t count);
/// Whole groups of the sparsity to trits.
void roundToTrits(llvm::ArrayRef<float> weights, float scale,
                  SparsityAttr sparsity, llvm::MutableArrayRef<int8_t> trits);

/// The code with the least estimated time for weights of this sparsity (null:
/// dense) among those that can hold them, on a CPU with these decoders or,
/// where `features` is null, on any machine; see ChooseCode.cpp for the rule.
CodeKind chooseCode(SparsityAttr sparsity,
                    const DecoderFeatures *features = nullptr);

} // namespace tercet::ternary

#endif
