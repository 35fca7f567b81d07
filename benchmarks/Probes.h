//===- Probes.h - what the machine can do at most ---------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_BENCHMARKS_PROBES_H
#define TERCET_BENCHMARKS_PROBES_H

#include <cstddef>
#include <cstdint>

namespace tercet::benchmarks {

/// Reads every byte of `data` (64-byte aligned, a multiple of 512 bytes) with
/// the widest loads of this machine. The result depends on all of them.
uint64_t readAll(const uint8_t *data, size_t size);

/// Reads and writes every byte of `data`, as readAll.
void updateAll(uint8_t *data, size_t size);

/// One dot-product instruction of the machine, repeated.
struct Int8Peak {
  /// "AVX-512 VNNI vpdpbusd", "AVX2 vpmaddubsw"; null where there is no probe.
  const char *instruction;
  /// Runs the instruction `count` times (rounded up to what one loop does),
  /// with independent accumulators; gives the operations done, 2 per
  /// multiply-add.
  double (*run)(uint64_t count);
};

Int8Peak int8Peak();

/// One fused multiply-add of f32, repeated like Int8Peak.
struct FmaPeak {
  const char *instruction;
  double (*run)(uint64_t count);
};

FmaPeak fmaPeak();

} // namespace tercet::benchmarks

#endif
