//===- Lanes.h - an operation on every lane ---------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Makes the loop over lanes from a function on one lane's values. The
// function's signature says the types of the operands. Loops know nothing of
// EXEC and modifiers (Vector.cpp puts them around), so the compiler vectorises
// them.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_AMDGPU_LANES_H
#define TERCET_TEST_EMULATORS_AMDGPU_LANES_H

#include "Half.h"
#include "Machine.h"

namespace tercet::emu::amdgpu {

/// A result and a bit a lane (carry), for a scalar register.
template <class T> struct WithBit {
  T value;
  uint32_t bit;
};
/// One bit a lane as an operand.
struct Bit {
  uint32_t v;
};

template <class T> struct Lane;

#define TERCET_LANE32(T, TYPE)                                                 \
  template <> struct Lane<T> {                                                 \
    static constexpr Type type = Type::TYPE;                                   \
    static T load(const uint32_t *p, unsigned, unsigned l) {                   \
      return __builtin_bit_cast(T, p[l]);                                      \
    }                                                                          \
    static void store(uint32_t *p, unsigned, unsigned l, T x) {                \
      p[l] = __builtin_bit_cast(uint32_t, x);                                  \
    }                                                                          \
  };
TERCET_LANE32(uint32_t, B32)
TERCET_LANE32(int32_t, B32)
TERCET_LANE32(float, F32)
TERCET_LANE32(Bit, Bit)
#undef TERCET_LANE32

#define TERCET_LANE64(T, TYPE)                                                 \
  template <> struct Lane<T> {                                                 \
    static constexpr Type type = Type::TYPE;                                   \
    static T load(const uint32_t *p, unsigned n, unsigned l) {                 \
      return __builtin_bit_cast(T, p[l] | uint64_t(p[n + l]) << 32);           \
    }                                                                          \
    static void store(uint32_t *p, unsigned n, unsigned l, T x) {              \
      uint64_t bits = __builtin_bit_cast(uint64_t, x);                         \
      p[l] = static_cast<uint32_t>(bits);                                      \
      p[n + l] = static_cast<uint32_t>(bits >> 32);                            \
    }                                                                          \
  };
TERCET_LANE64(uint64_t, B64)
TERCET_LANE64(int64_t, I64)
TERCET_LANE64(double, F64)
#undef TERCET_LANE64

#define TERCET_LANE16(T, TYPE)                                                 \
  template <> struct Lane<T> {                                                 \
    static constexpr Type type = Type::TYPE;                                   \
    static T load(const uint32_t *p, unsigned, unsigned l) {                   \
      return __builtin_bit_cast(T, static_cast<uint16_t>(p[l]));               \
    }                                                                          \
    static void store(uint32_t *p, unsigned, unsigned l, T x) {                \
      p[l] = __builtin_bit_cast(uint16_t, x);                                  \
    }                                                                          \
  };
TERCET_LANE16(uint16_t, B16)
TERCET_LANE16(int16_t, B16)
TERCET_LANE16(Half, F16)
#undef TERCET_LANE16

/// How an operation's result leaves it.
template <class D> struct Result {
  static constexpr Type type = Lane<D>::type;
  static constexpr bool bits = false;
  static void store(const LaneArgs &x, unsigned l, D r) {
    Lane<D>::store(x.d, x.n, l, r);
  }
};
template <> struct Result<bool> {
  static constexpr Type type = Type::Bit;
  static constexpr bool bits = true;
  static void store(const LaneArgs &x, unsigned l, bool r) { x.bits[l] = r; }
};
template <class T> struct Result<WithBit<T>> {
  static constexpr Type type = Lane<T>::type;
  static constexpr bool bits = true;
  static void store(const LaneArgs &x, unsigned l, WithBit<T> r) {
    Lane<T>::store(x.d, x.n, l, r.value);
    x.bits[l] = r.bit;
  }
};

struct Decoder;

/// An entry of the table of operations: how to bind an instruction of this
/// name, and what the binding functions need to know of it.
struct Op {
  std::string name;
  void (*bind)(Decoder &, Inst &, const Op &) = nullptr;
  LaneFn lanes = nullptr;
  LaneFn clamped = nullptr; ///< with the modifier clamp, for integers
  RunFn run = nullptr;
  uint8_t sources = 0;
  Type type = Type::None, types[4] = {};
  bool bits = false; ///< a scalar register gets a bit a lane
  Float floats = Float::No;
  uint8_t flags = 0;
  int64_t code = 0; ///< for the binding function
};

enum OpFlags : uint8_t {
  kPacked = 1,   ///< once for each half of the operands
  kTied = 2,     ///< the destination is the last source
  kVccIn = 4,    ///< the last source is VCC where the text has none
  kKeepHigh = 8, ///< gfx9: leaves the other half of the destination alone
  kNearest = 16, ///< arithmetic that goes by no MODE
  kNoClamp = 32
};

void bindVector(Decoder &, Inst &, const Op &);

namespace detail {
template <auto F> struct Make;
template <class D, class... A, D (*F)(A...)> struct Make<F> {
  template <size_t... K>
  static void loop(const LaneArgs &x, std::index_sequence<K...>) {
    for (unsigned base = 0; base < x.n; base += 32)
#pragma clang loop vectorize(assume_safety)
      for (unsigned i = 0; i < 32; ++i)
        Result<D>::store(x, base + i,
                         F(Lane<A>::load(x.src[K], x.n, base + i)...));
  }
  static void run(const LaneArgs &x) {
    loop(x, std::index_sequence_for<A...>());
  }
  static Op make(const std::string &name, unsigned flags) {
    Op op;
    op.name = name;
    op.bind = bindVector;
    op.lanes = run;
    op.sources = sizeof...(A);
    op.type = Result<D>::type;
    op.bits = Result<D>::bits;
    const Type types[] = {Lane<A>::type..., Type::None};
    for (unsigned k = 0; k < op.sources; ++k)
      op.types[k] = types[k];
    for (Type t : {op.type, types[0]}) {
      if (t == Type::F32 && op.floats == Float::No)
        op.floats = Float::Single;
      if (t == Type::F16 || t == Type::F64)
        op.floats = Float::Double;
    }
    if (flags & kNearest)
      op.floats = Float::Nearest;
    op.flags = static_cast<uint8_t>(flags);
    return op;
  }
};
} // namespace detail

/// The operation that does F on every lane.
template <auto F> Op vop(const std::string &name, unsigned flags = 0) {
  return detail::Make<F>::make(name, flags);
}
/// The same, doing G where the modifier clamp is set.
template <auto F, auto G>
Op vopClamp(const std::string &name, unsigned flags = 0) {
  Op op = detail::Make<F>::make(name, flags);
  op.clamped = detail::Make<G>::run;
  return op;
}

} // namespace tercet::emu::amdgpu

#endif
