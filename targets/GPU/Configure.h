//===- Configure.h - tile sizes and threads of a GPU kernel -----*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TARGETS_GPU_CONFIGURE_H
#define TERCET_TARGETS_GPU_CONFIGURE_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringRef.h"

namespace tercet::gputarget {

/// The matrix engines of a chip, by name; "" where it has none.
struct MatrixEngines {
  llvm::StringRef bytes, floats;
};

/// Completes the `config` of a kernel's root op: `tile_sizes`, `threads`, and
/// for a `rows.matmul` the `engine`: that of `matrices` for more than a few
/// rows, where the chip has one, else the DotEngine `engine`. What is set
/// already stays. `threads` goes to the function as `tercet.workgroup_size`; it
/// must be a multiple of `wave` and at most 1024. A remark says what was
/// chosen.
mlir::LogicalResult configureKernel(mlir::func::FuncOp kernel,
                                    llvm::StringRef engine,
                                    MatrixEngines matrices, unsigned wave);

} // namespace tercet::gputarget

#endif
