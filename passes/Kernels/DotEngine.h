//===- DotEngine.h - four-way dot products of a machine ---------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The arithmetic of a `rows.matmul` kernel on one kind of machine. A target
// registers its engines; a kernel's `config` attribute names one.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_KERNELS_DOTENGINE_H
#define TERCET_PASSES_KERNELS_DOTENGINE_H

#include "dialects/Ternary/Codes/Code.h"
#include "mlir/IR/Builders.h"

namespace tercet::kernels {

class DotEngine {
public:
  virtual ~DotEngine();
  /// "avx512vnni", "avx2", "portable", "dp4a", "dot4", ...
  virtual llvm::StringRef getName() const = 0;
  /// 32-bit lanes of an accumulator: a divisor of 16; 1 on a GPU, where a
  /// thread has one output of the panel.
  virtual unsigned getLanes() const = 0;
  virtual ternary::DecoderFeatures getDecoderFeatures() const { return {}; }
  /// Dialects of `emitDot` beyond vector, arith and llvm.
  virtual void registerDialects(mlir::DialectRegistry &registry) const {}
  /// acc[l] + sum over j of codes[l].byte[j] (unsigned, 0..2) * acts[l].byte[j]
  /// (signed). All of type i32 or vector<lanes x i32>; `acts` is the same four
  /// activation bytes in every lane.
  virtual mlir::Value emitDot(mlir::OpBuilder &b, mlir::Location loc,
                              mlir::Value acc, mlir::Value codes,
                              mlir::Value acts) const = 0;
  /// The same for codes of all 8 bits, each less getByteBias(). The engines
  /// whose emitDot is exact for them need not say more.
  virtual mlir::Value emitByteDot(mlir::OpBuilder &b, mlir::Location loc,
                                  mlir::Value acc, mlir::Value codes,
                                  mlir::Value acts) const {
    return emitDot(b, loc, acc, codes, acts);
  }
  virtual int64_t getByteBias() const { return 0; }

  /// The dot product that weights of `code` take.
  mlir::Value emitDotOf(const ternary::Code &code, mlir::OpBuilder &b,
                        mlir::Location loc, mlir::Value acc, mlir::Value codes,
                        mlir::Value acts) const;
  /// How often the sum of a row's activations is in its sums of such products
  /// beyond the weights' own: 1 for trits.
  int64_t getOffsetOf(const ternary::Code &code) const;
};

/// The bytes of `codes` with their highest bits flipped: c - 128, signed.
mlir::Value emitSignedBytes(mlir::OpBuilder &b, mlir::Location loc,
                            mlir::Value codes);

/// Adds an engine for the process (registration is done once, at start-up).
void registerDotEngine(std::unique_ptr<DotEngine> engine);
/// Null where no engine has that name.
const DotEngine *lookupDotEngine(llvm::StringRef name);
/// Calls registerDialects of every engine there is.
void registerDotEngineDialects(mlir::DialectRegistry &registry);

} // namespace tercet::kernels

#endif
