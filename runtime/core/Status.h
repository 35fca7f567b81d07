//===- Status.h - a code and one sentence -----------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_RUNTIME_CORE_STATUS_H
#define TERCET_RUNTIME_CORE_STATUS_H

#include "tercet/runtime.h"
#include <cstddef>

namespace tercet::runtime {

/// Null is success. The caller owns it, as across the C API.
using Status = tercet_status *;

[[nodiscard]] __attribute__((format(printf, 2, 3))) Status
fail(tercet_code code, const char *format, ...);
[[nodiscard]] Status outOfMemory();

/// "Permission denied", without a lock or a static buffer.
const char *errnoText(int error, char *buffer, size_t size);

#define TERCET_TRY(expression)                                                 \
  do {                                                                         \
    if (::tercet_status *tercetStatus = (expression))                          \
      return tercetStatus;                                                     \
  } while (0)

} // namespace tercet::runtime

#endif
