//===- PassBisect.h - optional passes up to a number ------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A wrong result is wrong from some pass on. Passes that only improve code can
// be left out, so the first one that makes a result wrong is found by halving:
// every run of such a pass has a number, MLIR's and LLVM's in one count, and
// those behind a limit do not take place. The numbers are the same in every run
// of the compiler on the same input, as long as it uses one thread.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_SUPPORT_PASSBISECT_H
#define TERCET_SUPPORT_PASSBISECT_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <memory>

namespace mlir {
class MLIRContext;
} // namespace mlir
namespace llvm {
class LLVMContext;
class PassInstrumentationCallbacks;
} // namespace llvm

namespace tercet::support {

class PassBisect {
public:
  /// Passes up to number `limit` run; -1: all. Each one is named on the
  /// standard error stream.
  explicit PassBisect(int64_t limit);
  ~PassBisect();
  PassBisect(const PassBisect &) = delete;

  /// Counts and limits the optional MLIR passes of a context, which goes on
  /// with one thread.
  void attach(mlir::MLIRContext &context);
  /// The same for LLVM's passes; `callbacks` are those of the pass builder.
  void attach(llvm::LLVMContext &context,
              llvm::PassInstrumentationCallbacks &callbacks);

private:
  struct Gate;
  bool shouldRun(llvm::StringRef pass, llvm::StringRef where);

  int64_t limit, count = 0;
  std::unique_ptr<Gate> gate;
};

} // namespace tercet::support

#endif
