//===- ScanBuilder.h - what lowerings of recurrences share ------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Arithmetic on scalars and vectors of f32, loops, and the functions that
// rows.causal_conv and rows.scan are made of, in the order that
// latent.causal_conv and latent.scan say.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_PASSES_KERNELS_SCANBUILDER_H
#define TERCET_PASSES_KERNELS_SCANBUILDER_H

#include "dialects/Rows/IR/Rows.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace tercet::kernels {

class ScanBuilder {
public:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<Value>;
  using ValueRange = mlir::ValueRange;

  /// Partial sums over states, and floats of a vector on a CPU.
  static constexpr int64_t kLanes = 16;

  explicit ScanBuilder(mlir::Operation *op) : b(op), loc(op->getLoc()) {}

  template <typename Op, typename... Args> Value emit(Args &&...args) {
    return Op::create(b, loc, std::forward<Args>(args)...).getResult();
  }
  Value index(int64_t value);
  /// A constant of `type`, or an f32.
  Value constant(float value, mlir::Type type = {});
  mlir::VectorType vectorType(int64_t width) {
    return mlir::VectorType::get({width}, b.getF32Type());
  }
  Value splat(Value scalar, int64_t width);
  Value add(Value x, Value y) { return emit<mlir::arith::AddFOp>(x, y); }
  Value mul(Value x, Value y) { return emit<mlir::arith::MulFOp>(x, y); }
  Value addIndex(Value x, Value y) { return emit<mlir::arith::AddIOp>(x, y); }
  Value addIndex(Value x, int64_t y) { return y ? addIndex(x, index(y)) : x; }
  Value size(Value memref, int64_t axis) {
    return emit<mlir::memref::DimOp>(memref, index(axis));
  }

  /// for (i = from; i < to; i += step)
  void forEach(Value from, Value to, int64_t step,
               llvm::function_ref<void(Value i)> body);
  Values forEach(Value from, Value to, int64_t step, ValueRange inits,
                 llvm::function_ref<Values(Value i, ValueRange)> body);
  /// Whole blocks of [0, to), then what is left one by one.
  void forEachBlock(Value to, int64_t block,
                    llvm::function_ref<void(Value at, int64_t count)> body);

  Value load(Value memref, ValueRange at) {
    return emit<mlir::memref::LoadOp>(memref, at);
  }
  void store(Value value, Value memref, ValueRange at) {
    mlir::memref::StoreOp::create(b, loc, value, memref, at);
  }
  /// `width` neighbours; with a mask zeros where it is not set.
  Value loadVector(Value memref, ValueRange at, int64_t width, Value mask = {});
  void storeVector(Value value, Value memref, ValueRange at, Value mask = {});
  /// Lanes combined as a tree, halves first.
  Value sumTree(Value vector);

  /// bias + the taps' products with the inputs, in order.
  Value convolve(Value bias, ValueRange taps, ValueRange inputs);
  /// v / (1 + exp(-v))
  Value silu(Value v);
  /// exp(a_log): how fast a head forgets.
  Value getRate(Value aLog);
  /// D of a step, and the factor a of what was.
  std::pair<Value, Value> getStep(Value dt, Value bias, Value rate,
                                  mlir::FloatAttr minStep);

  mlir::OpBuilder b;
  mlir::Location loc;
};

/// How a scan takes many steps at once (LowerRowsScanChunks.cpp).
struct ScanChunkOptions {
  int64_t chunk;
  /// Whether the target has a fused multiply-add.
  bool fma;
  /// Rows and vectors of a block of a product.
  int64_t rows, vectors;
};

/// Whether a scan of these sizes can take `chunk` steps at once.
bool takesScanChunks(rows::ScanOp op, int64_t chunk);

/// A workgroup's tile of at least one step, over memrefs.
void lowerScanByChunks(ScanBuilder &s, rows::ScanOp op,
                       const ScanChunkOptions &options);

} // namespace tercet::kernels

#endif
