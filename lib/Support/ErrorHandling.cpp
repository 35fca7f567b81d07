//===- ErrorHandling.cpp - how a tool ends when something is wrong --------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// LLVM reports what it cannot do ("Cannot select", an unknown CPU) by ending the
// process. These handlers turn that into one sentence. They are installed by
// tools only: a library must not touch the handlers of its host.
//
//===----------------------------------------------------------------------===//
#include "lib/Support/ErrorHandling.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Signals.h"
#include <cstdlib>
#include <cstring>
#include <unistd.h>

static void writeAll(const char *text) {
  // Only what a signal handler may do.
  size_t length = std::strlen(text);
  while (length) {
    ssize_t n = ::write(STDERR_FILENO, text, length);
    if (n <= 0)
      return;
    text += n;
    length -= n;
  }
}

static void onFatalError(void *tool, const char *reason, bool) {
  // LLVM's message may hold a whole selection graph; the first line says what.
  writeAll(static_cast<const char *>(tool));
  writeAll(": error: ");
  const char *end = std::strchr(reason, '\n');
  if (end) {
    if (::write(STDERR_FILENO, reason, end - reason) < 0)
      return;
  } else {
    writeAll(reason);
  }
  writeAll("\n");
  llvm::sys::RunInterruptHandlers(); // removes temporary files
  ::_exit(1);
}

static void onBadAlloc(void *tool, const char *, bool) {
  writeAll(static_cast<const char *>(tool));
  writeAll(": error: out of memory\n");
  llvm::sys::RunInterruptHandlers();
  ::_exit(1);
}

static void onCrash(void *tool) {
  writeAll(static_cast<const char *>(tool));
  writeAll(": error: internal error; a report with the input and the command "
           "line helps to mend it\n");
  ::_exit(70); // EX_SOFTWARE; temporary files were removed before this call
}

void tercet::support::installErrorHandlers(const char *tool) {
  void *cookie = const_cast<char *>(tool);
  llvm::install_fatal_error_handler(onFatalError, cookie);
  llvm::install_bad_alloc_error_handler(onBadAlloc, cookie);
  llvm::sys::AddSignalHandler(onCrash, cookie);
}
