//===- KernelHarness.h - kernels compiled and loaded for tests --*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Takes one kernel function at the rows level through tiling, bufferization and
// the CPU back end to an ELF in memory, loads it, and runs it over a grid.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_UNIT_KERNELS_KERNELHARNESS_H
#define TERCET_TEST_UNIT_KERNELS_KERNELHARNESS_H

#include "tercet/kernel.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tercet::test {

/// Targets whose code this machine can run, from the plainest on.
std::vector<std::string> getRunnableTargets();

/// The ELF file of a kernel, or nothing where compiling fails (the diagnostics
/// go to stderr). `function` is the text of a func.func @k over tensors, as
/// docs/levels.md says for the rows level.
std::vector<char> compileToELF(llvm::StringRef target,
                               llvm::StringRef function);

class Kernel {
public:
  /// Null where compiling fails.
  static std::unique_ptr<Kernel> compile(llvm::StringRef target,
                                         llvm::StringRef function,
                                         std::string saveTemps = "");
  ~Kernel();
  Kernel(const Kernel &) = delete;

  /// Runs the whole grid, `chunk` workgroups a call (0: all of them in one).
  void run(const std::vector<void *> &buffers,
           const std::vector<int64_t> &constants, int64_t chunk = 0) const;
  int64_t getGrid(const std::vector<int64_t> &constants) const;

private:
  Kernel() = default;
  struct Grid;
  void *library = nullptr;
  tercet_kernel_fn function = nullptr;
  std::unique_ptr<Grid> grid;
  unsigned scratchBytes = 0;
};

/// A matmul kernel's text. `rows` < 0: dynamic. The epilogue is one of
/// "none" (i32), "scale" (f32: acc * a[m] * s, relu, + bias[n]) or "residual"
/// (f32: acc + r[m, n]).
std::string getMatmulText(llvm::StringRef code, int64_t rows, int64_t n,
                          int64_t k, llvm::StringRef epilogue,
                          llvm::StringRef config = "");

} // namespace tercet::test

#endif
