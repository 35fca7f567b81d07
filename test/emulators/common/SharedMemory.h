//===- SharedMemory.h - memory of a workgroup -------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Shared memory (LDS) that knows of each byte whether this workgroup wrote it,
// and who touched it since the last barrier. Two owners race where both touch a
// byte, one of them writing, with nothing between that orders them:
//
//  * NVIDIA: an owner is a thread. Threads of a warp are ordered by an
//    instruction that waits for the warp (bar.warp.sync, shfl.sync, mma.sync,
//    ...: `syncWave`), threads of different warps by a barrier only.
//  * AMD: an owner is a wave, which is lockstep, and `thread` is the wave.
//
// Whether a race is found does not depend on the order in which waves run.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_COMMON_SHAREDMEMORY_H
#define TERCET_TEST_EMULATORS_COMMON_SHAREDMEMORY_H

#include "Fault.h"
#include <cstdint>
#include <vector>

namespace tercet::emu {

class SharedMemory {
public:
  /// `bytes` of memory for workgroups of at most `waves` waves.
  SharedMemory(unsigned bytes, unsigned waves);

  unsigned size() const { return static_cast<unsigned>(data.size()); }
  /// Forgets contents: every byte is uninitialised again.
  void beginWorkgroup();
  /// All waves of the workgroup met.
  void barrier() { ++epoch; }
  /// All lanes of a wave met.
  void syncWave(unsigned wave) { ++waveEpochs[wave]; }

  /// The bytes that a thread reads, at an address that must be a multiple of
  /// `align`. `lane` is for faults.
  const char *read(uint64_t address, unsigned size, unsigned align,
                   unsigned thread, unsigned wave, int lane);
  /// The same for a write; the caller writes right after.
  char *write(uint64_t address, unsigned size, unsigned align, unsigned thread,
              unsigned wave, int lane);
  /// The same for an atomic read-modify-write: atomics do not race with each
  /// other, but with reads and writes.
  char *atomic(uint64_t address, unsigned size, unsigned thread, unsigned wave,
               int lane);
  /// Marks bytes as not yet there (the target of an asynchronous copy).
  void invalidate(uint64_t address, unsigned size);

private:
  static constexpr uint16_t kSeveral = 0xffff;
  struct Byte {
    uint32_t writeEpoch = 0, readEpoch = 0; ///< of the workgroup; 0 = never
    uint32_t writeWaveEpoch = 0, readWaveEpoch = 0;
    uint16_t writer = 0, writeWave = 0; ///< or kSeveral
    uint16_t reader = 0, readWave = 0;  ///< or kSeveral
    bool atomic = false;                ///< only atomics wrote in this epoch
  };
  void check(uint64_t address, unsigned size, unsigned align, int lane,
             const char *verb);
  bool writtenByOther(const Byte &b, unsigned thread, unsigned wave) const;
  bool readByOther(const Byte &b, unsigned thread, unsigned wave) const;
  [[noreturn]] void failRace(uint64_t address, const Byte &b, unsigned thread,
                             int lane, const char *verb, bool read);

  std::vector<char> data;
  std::vector<Byte> bytes;
  std::vector<uint32_t> waveEpochs;
  uint32_t epoch = 0, firstEpoch = 0; ///< firstEpoch: of this workgroup
};

} // namespace tercet::emu

#endif
