//===- MatrixEngine.h - matrix instructions of a machine --------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The arithmetic of a `rows.matmul` kernel that multiplies tiles: 16 outputs (a
// panel) by getColumns() rows of activations, K split over the lanes of a wave.
// A target registers its engines; a kernel's `config` attribute names one.
//
// The instructions want both operands in an order of K of their own. A sum does
// not care for the order of its terms, so none is kept: a lane feeds whole
// words of weights, as they are stored, and the activations of the same K. What
// is left of an instruction's layout is which panel row, which activation row
// and which share of K a lane has.
//
// An engine of floats multiplies f32 by f32 in the same way: 16 rows of one
// matrix by getColumns() columns of another, values of f32 in the place of
// groups of four codes.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TARGETS_GPU_MATRIXENGINE_H
#define TERCET_TARGETS_GPU_MATRIXENGINE_H

#include "mlir/IR/Builders.h"
#include <memory>

namespace tercet::gputarget {

/// Rows of the first matrix (a panel, for weights) of every engine.
constexpr int64_t kMatrixRows = 16;

class MatrixEngine {
public:
  virtual ~MatrixEngine();
  /// "mma.m16n8k32", "mfma.16x16x32", ...
  virtual llvm::StringRef getName() const = 0;
  /// Lanes of a wave.
  virtual unsigned getWave() const = 0;
  /// Rows of activations that an instruction takes.
  virtual unsigned getColumns() const = 0;
  /// Shares of K: lanes of as many different slots have different weights.
  virtual unsigned getSlots() const = 0;
  /// Neighbouring rows of the panel that a lane has weights of.
  virtual unsigned getRowsPerLane() const = 0;
  /// Whether operands and sums are f32.
  virtual bool isFloat() const { return false; }
  /// Groups of four weights, or floats, that a lane feeds to one instruction.
  virtual unsigned getGroups() const = 0;
  /// 32-bit sums of a lane.
  virtual unsigned getAccumulators() const = 0;
  virtual void registerDialects(mlir::DialectRegistry &registry) const {}
  /// Whether it skips the zeros of groups with at most two nonzeros: then codes
  /// are what Code::emitDecodePairs gives, and signed.
  virtual bool isSparse() const { return false; }
  /// The engine of the same machine that is; empty where there is none.
  virtual llvm::StringRef getSparseEngine() const { return ""; }

  /// An i32 that all lanes of a wave have alike, so that the compiler of the
  /// machine knows it: what depends on it does not diverge.
  virtual mlir::Value emitUniform(mlir::OpBuilder &b, mlir::Location loc,
                                  mlir::Value value) const = 0;

  // Where a lane (an i32, 0 .. getWave() - 1) stands; all i32.
  /// Its first row of the panel.
  virtual mlir::Value getRow(mlir::OpBuilder &b, mlir::Location loc,
                             mlir::Value lane) const = 0;
  /// Its row of activations.
  virtual mlir::Value getColumn(mlir::OpBuilder &b, mlir::Location loc,
                                mlir::Value lane) const = 0;
  virtual mlir::Value getSlot(mlir::OpBuilder &b, mlir::Location loc,
                              mlir::Value lane) const = 0;
  /// The row of the panel and the row of activations of accumulator `i`.
  virtual std::pair<mlir::Value, mlir::Value> getPlace(mlir::OpBuilder &b,
                                                       mlir::Location loc,
                                                       mlir::Value lane,
                                                       unsigned i) const = 0;

  /// Where a lane's activations come from, if not from the K that it has
  /// weights of: for word `i` of an instruction, the slot whose they are and
  /// which of its getGroups() groups, group + plus.
  struct Source {
    mlir::Value slot;
    unsigned group;
    mlir::Value plus;
  };
  virtual bool hasOtherSources() const { return false; }
  virtual Source getSource(mlir::OpBuilder &b, mlir::Location loc,
                           mlir::Value lane, unsigned i) const;

  /// acc + weights * activations; acc is vector<getAccumulators() x i32>.
  /// `codes` has the groups of each row, first row first: bytes w + 1, 0..2, or
  /// pairs.
  /// `acts` has getGroups() words of four signed bytes.
  /// Of floats, all three are f32, and the sum is of f32's precision: an error
  /// of some 2^-21 of the largest product.
  virtual mlir::Value emitProduct(mlir::OpBuilder &b, mlir::Location loc,
                                  mlir::Value acc, mlir::ValueRange codes,
                                  mlir::ValueRange acts) const = 0;
};

/// Adds an engine for the process (registration is done once, at start-up).
void registerMatrixEngine(std::unique_ptr<MatrixEngine> engine);
/// Null where no engine has that name.
const MatrixEngine *lookupMatrixEngine(llvm::StringRef name);
/// Calls registerDialects of every engine there is.
void registerMatrixEngineDialects(mlir::DialectRegistry &registry);

} // namespace tercet::gputarget

#endif
