//===- Fault.h - what a kernel did wrong ------------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Emulators stop at the first thing that no GPU promises a result for, or that
// they do not know. It may be found deep inside of an instruction, so it is
// thrown: emulators are test tools, built with exceptions, and nothing is
// thrown out of a plug-in.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_COMMON_FAULT_H
#define TERCET_TEST_EMULATORS_COMMON_FAULT_H

#include <string>

namespace tercet::emu {

/// `message` is a clause without a place ("reads 4 bytes at byte 512 of buffer
/// 1, which has 512"). The executor, who knows them, puts kernel, workgroup,
/// thread and instruction before it, once.
struct Fault {
  std::string message;
  int lane = -1;       ///< of the wave, where one lane is to blame
  bool placed = false; ///< the place is already in the message
};

/// Throws a Fault of a printf format.
[[noreturn]] void fail(const char *format, ...)
    __attribute__((format(printf, 1, 2), cold));
/// The same for a lane.
[[noreturn]] void failAt(int lane, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));

} // namespace tercet::emu

#endif
