//===- Fault.cpp ----------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Fault.h"
#include <cstdarg>
#include <cstdio>

using namespace tercet::emu;

static std::string format(const char *text, va_list arguments) {
  char buffer[1024];
  vsnprintf(buffer, sizeof buffer, text, arguments);
  return buffer;
}

void tercet::emu::fail(const char *text, ...) {
  va_list arguments;
  va_start(arguments, text);
  Fault fault{format(text, arguments)};
  va_end(arguments);
  throw fault;
}

void tercet::emu::failAt(int lane, const char *text, ...) {
  va_list arguments;
  va_start(arguments, text);
  Fault fault{format(text, arguments), lane};
  va_end(arguments);
  throw fault;
}
