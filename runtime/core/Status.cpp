//===- Status.cpp ---------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Status.h"
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

struct tercet_status {
  tercet_code code;
  const char *message;
};

namespace tercet::runtime {

// What is said when not even a status can be allocated; never written, never
// freed.
static const tercet_status kOutOfMemory = {TERCET_OUT_OF_MEMORY,
                                           "out of memory"};

Status outOfMemory() { return const_cast<tercet_status *>(&kOutOfMemory); }

Status fail(tercet_code code, const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length < 0)
    return outOfMemory();
  size_t size = static_cast<size_t>(length) < sizeof text
                    ? static_cast<size_t>(length)
                    : sizeof text - 1;
  auto *status =
      static_cast<tercet_status *>(malloc(sizeof(tercet_status) + size + 1));
  if (!status)
    return outOfMemory();
  char *message = reinterpret_cast<char *>(status + 1);
  memcpy(message, text, size);
  message[size] = 0;
  status->code = code;
  status->message = message;
  return status;
}

const char *errnoText(int error, char *buffer, size_t size) {
  // The XSI and the GNU variant differ in what they return.
#if defined(__GLIBC__) && defined(_GNU_SOURCE)
  return strerror_r(error, buffer, size);
#else
  return strerror_r(error, buffer, size) == 0 ? buffer : "unknown error";
#endif
}

} // namespace tercet::runtime

using namespace tercet::runtime;

extern "C" {
tercet_code tercet_status_code(const tercet_status *s) {
  return s ? s->code : TERCET_OK;
}
const char *tercet_status_message(const tercet_status *s) {
  return s ? s->message : "ok";
}
void tercet_status_free(tercet_status *s) {
  if (s != &kOutOfMemory)
    free(s);
}
}
