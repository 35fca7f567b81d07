//===- ErrorHandling.h - how a tool ends when something is wrong *- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_LIB_SUPPORT_ERRORHANDLING_H
#define TERCET_LIB_SUPPORT_ERRORHANDLING_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace tercet::support {

/// For main(): LLVM's fatal errors, exhausted memory and crashes of the tool
/// end in one line on stderr, without a stack dump, after the temporary files
/// are gone. `tool` must outlive the process.
void installErrorHandlers(const char *tool);

/// An error with a sentence.
template <typename... Ts>
llvm::Error makeError(const char *format, const Ts &...values) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), format,
                                 values...);
}
inline llvm::Error makeError(const llvm::Twine &sentence) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), sentence);
}

} // namespace tercet::support

#endif
