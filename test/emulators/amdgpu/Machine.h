//===- Machine.h - decoded instructions and waves ---------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What an instruction is after loading (a function and resolved operands) and
// what it runs on (a wave: scalar registers, lane arrays of vector registers).
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_AMDGPU_MACHINE_H
#define TERCET_TEST_EMULATORS_AMDGPU_MACHINE_H

#include "common/Fault.h"
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tercet::emu {
class GlobalMemory;
class SharedMemory;
} // namespace tercet::emu

namespace tercet::emu::amdgpu {

constexpr unsigned kMaxLanes = 64;

/// Scalar registers by the numbers that instructions encode; those above 127
/// are our own.
enum ScalarRegister : uint16_t {
  kVcc = 106,
  kM0 = 124,
  kNull = 125,
  kExec = 126,
  kScc = 128,
  kVccz = 129,
  kExecz = 130,
  kSharedBase = 132,
  kSharedLimit = 134,
  kPrivateBase = 136,
  kPrivateLimit = 138,
  kFlatScratch = 140, ///< architected: no register of the kernel
  kScalarRegisters = 142
};

/// Accumulation register a0 among the vector registers.
constexpr unsigned kFirstAccumulator = 256;

/// High halves of the addresses by which flat instructions reach LDS and
/// scratch memory. Buffers' windows lie far below.
constexpr uint32_t kSharedAperture = 0x70010000;
constexpr uint32_t kPrivateAperture = 0x70020000;

/// What the bits of an operand are.
enum class Type : uint8_t {
  None,
  B16,
  F16,
  B32,
  F32,
  B64,
  I64, ///< signed: it matters for literals
  F64,
  Bit,  ///< one bit a lane, in a scalar register (pair)
  P16,  ///< two of 16 bits
  PF16, ///< two halves
  Wide  ///< several registers of which each lane has its own
};

inline unsigned registersOf(Type t) {
  return t == Type::B64 || t == Type::I64 || t == Type::F64 ? 2 : 1;
}
inline bool is16(Type t) { return t == Type::B16 || t == Type::F16; }

struct Operand {
  enum Kind : uint8_t { None, Vector, Scalar, Constant } kind = None;
  uint8_t count = 1;  ///< registers
  uint16_t index = 0; ///< of the first
  bool neg = false, abs = false, sext = false;
  bool high = false;    ///< the upper half of a register
  bool halved = false;  ///< written as v1.l or v1.h
  bool literal = false; ///< a 32-bit literal
  bool real = false;  ///< written as a real number (`value` is f32 until bound)
  uint8_t select = 6; ///< SDWA: BYTE_0..3, WORD_0..1, DWORD
  uint32_t value[2] = {0, 0};
  double number = 0; ///< where `real`
};

struct Wave;
struct Inst;
using RunFn = void (*)(Wave &, const Inst &);

/// Lane arrays of an operation: word k of lane l is at [k * n + l].
struct LaneArgs {
  uint32_t *d;
  uint32_t *bits; ///< 0 or 1 a lane
  const uint32_t *src[4];
  unsigned n; ///< lanes: 32 or 64
};
using LaneFn = void (*)(const LaneArgs &);

/// Which bits of MODE an operation goes by.
enum class Float : uint8_t {
  No,
  Nearest /* none */,
  Single,
  Double /* half */
};

struct Dpp {
  enum Kind : uint8_t { None, Permute, Invalid } kind = None;
  int8_t from[kMaxLanes]; ///< the lane to read, -1: none there
  uint8_t rowMask = 15, bankMask = 15;
  bool zero = false;  ///< bound_ctrl: 0 where there is none
  bool fetch = false; ///< fi: lanes that are off give their value
};

struct Inst {
  RunFn run = nullptr;
  LaneFn lanes = nullptr;
  uint8_t sources = 0;
  Operand dst, dst2, src[4];
  Type type = Type::None, types[4] = {};
  Float floats = Float::No;
  bool scalar = false; ///< of the whole wave
  bool clamp = false, packed = false;
  bool keepHigh = false; ///< a 16-bit result leaves the other half alone
  uint8_t omod = 0;      ///< 1: times 2, 2: times 4, 3: half
  uint8_t sdwa = 0;      ///< 1: dst_unused PAD, 2: SEXT, 3: PRESERVE
  uint8_t negLo = 0, negHi = 0, opSel = 0, opSelHi = 7;
  uint8_t cbsz = 0, abid = 0, blgp = 0;
  uint8_t bytes = 0; ///< memory: of an element
  uint8_t code = 0;  ///< memory: which extension or operation
  const Dpp *dpp = nullptr;
  int64_t offset = 0, offset2 = 0; ///< memory; target of a branch
  const Inst *pair = nullptr;      ///< VOPD: the second half
  uint32_t address = 0, size = 0;  ///< bytes, in the code
  uint32_t word = 0;               ///< its first
  std::string text, name;          ///< name: without suffix
  std::string problem;             ///< why it cannot be executed
};

/// Scratch memory of one lane after the other.
struct Scratch {
  std::vector<char> bytes;
  uint32_t perLane = 0;
  char *at(uint64_t address, unsigned size, unsigned align, int lane,
           const char *verb);
};

struct Code;

/// MODE of the wave that runs, for functions of lanes.
extern thread_local uint32_t currentMode;

/// The host's float unit, of which a thread has one.
struct HostFloat {
  HostFloat();
  ~HostFloat(); ///< sets it back to how programs expect it
  uint32_t control;
};

struct Wave {
  enum State : uint8_t { Running, Barrier, Ended } state = Running;
  bool full = true; ///< all lanes are on
  unsigned lanes = 64, id = 0, active = 64;
  uint32_t s[kScalarRegisters];
  uint32_t mode = 0;
  uint32_t next = 0; ///< index of the instruction to run next
  /// gfx9: which operands M0 is added to (1 << n: source n, 8: destination).
  uint8_t indexed = 0;
  std::vector<uint32_t> vectors;
  alignas(64) uint32_t mask[kMaxLanes]; ///< all ones in lanes that are on
  Scratch scratch;
  GlobalMemory *global = nullptr;
  SharedMemory *shared = nullptr;
  HostFloat *host = nullptr;
  const Code *code = nullptr;
  uint64_t codeBase = 0; ///< the device address of the code object

  uint32_t *v(unsigned index) { return vectors.data() + size_t(index) * lanes; }
  uint64_t s64(unsigned i) const { return s[i] | uint64_t(s[i + 1]) << 32; }
  uint64_t exec() const { return lanes == 64 ? s64(kExec) : s[kExec]; }
  bool on(unsigned lane) const { return mask[lane] != 0; }
  /// A mask register: as many bits as there are lanes.
  uint64_t bits(unsigned i) const { return lanes == 64 ? s64(i) : s[i]; }
  void setBits(unsigned i, uint64_t value);
  void setScalar(unsigned i, uint32_t value);
  void setScalar64(unsigned i, uint64_t value);
  void execChanged();
  void setMode(uint32_t value) { currentMode = mode = value; }
  /// Makes the host's arithmetic round and flush as MODE says.
  void enterFloat(Float kind);
};

/// Bits of MODE.
inline unsigned roundOf(uint32_t mode, Float kind) {
  return kind == Float::Double ? mode >> 2 & 3 : mode & 3;
}
inline unsigned denormOf(uint32_t mode, Float kind) {
  return kind == Float::Double ? mode >> 6 & 3 : mode >> 4 & 3;
}
constexpr uint32_t kModeDx10Clamp = 1 << 8, kModeIeee = 1 << 9;

} // namespace tercet::emu::amdgpu

#endif
