//===- Features.h - what this processor can do ------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_RUNTIME_CPU_FEATURES_H
#define TERCET_RUNTIME_CPU_FEATURES_H

#include "runtime/core/Support.h"
#include "tercet/device.h"

namespace tercet::runtime {

/// The features this host has, by their LLVM names ("avx512vnni", "dotprod").
class HostFeatures {
public:
  [[nodiscard]] bool detect();
  bool has(const char *name) const;
  /// "x86-64, AVX-512 VNNI" and the like.
  void describe(char *text, size_t size) const;
  /// 0 and a sentence in `why`, or a score that grows with what is used.
  int accepts(const tercet_device_target &target, char *why, size_t size) const;

private:
  Array<const char *> names;
};

} // namespace tercet::runtime

#endif
