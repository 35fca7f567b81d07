//===- SharedMemory.cpp ---------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "SharedMemory.h"
#include <cinttypes>

using namespace tercet::emu;

SharedMemory::SharedMemory(unsigned size, unsigned waves)
    : data(size), bytes(size), waveEpochs(waves) {}

void SharedMemory::beginWorkgroup() { firstEpoch = ++epoch; }

void SharedMemory::check(uint64_t address, unsigned size, unsigned align,
                         int lane, const char *verb) {
  if (address > data.size() || size > data.size() - address)
    failAt(lane,
           "%s %u bytes at byte %" PRId64 " of shared memory, of which "
           "there are %zu",
           verb, size, static_cast<int64_t>(address), data.size());
  if (address & (align - 1))
    failAt(lane,
           "%s %u bytes at byte %" PRIu64
           " of shared memory, which is not aligned to %u",
           verb, size, address, align);
}

bool SharedMemory::writtenByOther(const Byte &b, unsigned thread,
                                  unsigned wave) const {
  return b.writeEpoch == epoch && b.writer != thread &&
         !(b.writeWave == wave && b.writeWaveEpoch != waveEpochs[wave]);
}

bool SharedMemory::readByOther(const Byte &b, unsigned thread,
                               unsigned wave) const {
  return b.readEpoch == epoch && b.reader != thread &&
         !(b.readWave == wave && b.readWaveEpoch != waveEpochs[wave]);
}

void SharedMemory::failRace(uint64_t address, const Byte &b, unsigned thread,
                            int lane, const char *verb, bool read) {
  unsigned other = read ? b.reader : b.writer;
  char who[48] = "several others";
  if (!read && b.atomic)
    snprintf(who, sizeof who, "an atomic");
  else if (other != kSeveral)
    snprintf(who, sizeof who, "%u", other);
  failAt(lane,
         "race: %u %s byte %" PRIu64
         " of shared memory, which %s %s since the last barrier",
         thread, verb, address, who, read ? "read" : "wrote");
}

const char *SharedMemory::read(uint64_t address, unsigned size, unsigned align,
                               unsigned thread, unsigned wave, int lane) {
  check(address, size, align, lane, "reads");
  for (unsigned i = 0; i < size; ++i) {
    Byte &b = bytes[address + i];
    if (b.writeEpoch < firstEpoch)
      failAt(lane,
             "reads byte %" PRIu64 " of shared memory, which nobody wrote",
             address + i);
    if (writtenByOther(b, thread, wave))
      failRace(address + i, b, thread, lane, "reads", false);
    // A reader that a barrier ordered is of no interest any more.
    if (readByOther(b, thread, wave)) {
      b.reader = kSeveral;
      if (b.readWave != wave)
        b.readWave = kSeveral;
    } else {
      b.reader = static_cast<uint16_t>(thread);
      b.readWave = static_cast<uint16_t>(wave);
    }
    b.readEpoch = epoch;
    b.readWaveEpoch = waveEpochs[wave];
  }
  return data.data() + address;
}

char *SharedMemory::write(uint64_t address, unsigned size, unsigned align,
                          unsigned thread, unsigned wave, int lane) {
  check(address, size, align, lane, "writes");
  for (unsigned i = 0; i < size; ++i) {
    Byte &b = bytes[address + i];
    if (writtenByOther(b, thread, wave))
      failRace(address + i, b, thread, lane, "writes", false);
    if (readByOther(b, thread, wave))
      failRace(address + i, b, thread, lane, "writes", true);
    b.writeEpoch = epoch;
    b.writeWaveEpoch = waveEpochs[wave];
    b.writer = static_cast<uint16_t>(thread);
    b.writeWave = static_cast<uint16_t>(wave);
    b.atomic = false;
  }
  return data.data() + address;
}

char *SharedMemory::atomic(uint64_t address, unsigned size, unsigned thread,
                           unsigned wave, int lane) {
  check(address, size, size, lane, "updates");
  for (unsigned i = 0; i < size; ++i) {
    Byte &b = bytes[address + i];
    if (b.writeEpoch < firstEpoch)
      failAt(lane,
             "updates byte %" PRIu64 " of shared memory, which nobody wrote",
             address + i);
    bool other = writtenByOther(b, thread, wave);
    if (other && !b.atomic)
      failRace(address + i, b, thread, lane, "updates", false);
    if (readByOther(b, thread, wave))
      failRace(address + i, b, thread, lane, "updates", true);
    // A plain write of its own that nothing ordered yet stays one for others.
    bool plain = b.writeEpoch == epoch && !b.atomic && b.writer == thread &&
                 b.writeWaveEpoch == waveEpochs[wave];
    b.atomic = !plain;
    b.writer = other ? kSeveral : static_cast<uint16_t>(thread);
    b.writeWave = other ? kSeveral : static_cast<uint16_t>(wave);
    b.writeEpoch = epoch;
    b.writeWaveEpoch = waveEpochs[wave];
  }
  return data.data() + address;
}

void SharedMemory::invalidate(uint64_t address, unsigned size) {
  for (unsigned i = 0; i < size; ++i)
    bytes[address + i].writeEpoch = 0;
}
