//===- Scalar.h - operations on scalar registers ----------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// As Lanes.h, for scalar instructions: a function's signature says the
// operands. A result WithBit sets SCC, a result bool only that; a last
// parameter Bit reads it.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TEST_EMULATORS_AMDGPU_SCALAR_H
#define TERCET_TEST_EMULATORS_AMDGPU_SCALAR_H

#include "Decoder.h"

namespace tercet::emu::amdgpu {

void bindScalar(Decoder &, Inst &, const Op &);

enum ScalarFlags : uint8_t {
  kOld = 1,       ///< the first parameter is the destination as it was
  kImmediate = 2, ///< the last operand is the instruction's signed 16 bits
  kUnsigned = 4   ///< they are not signed
};

namespace detail {
template <class T> struct ScalarOperand {
  static constexpr Type type = Lane<T>::type;
  static T load(const Wave &w, const Operand &o) {
    if constexpr (sizeof(T) == 8)
      return __builtin_bit_cast(T, o.kind == Operand::Scalar
                                       ? w.s64(o.index)
                                       : o.value[0] | uint64_t(o.value[1])
                                                          << 32);
    else
      return __builtin_bit_cast(T, o.kind == Operand::Scalar ? w.s[o.index]
                                                             : o.value[0]);
  }
  static void store(Wave &w, const Operand &o, T x) {
    if constexpr (sizeof(T) == 8)
      w.setScalar64(o.index, __builtin_bit_cast(uint64_t, x));
    else
      w.setScalar(o.index, __builtin_bit_cast(uint32_t, x));
  }
};
template <> struct ScalarOperand<Bit> {
  static constexpr Type type = Type::Bit;
  static Bit load(const Wave &w, const Operand &) { return {w.s[kScc]}; }
};

template <class D> struct ScalarResult {
  static constexpr Type type = Lane<D>::type;
  static void store(Wave &w, const Inst &i, D r) {
    ScalarOperand<D>::store(w, i.dst, r);
  }
};
template <> struct ScalarResult<bool> {
  static constexpr Type type = Type::Bit;
  static void store(Wave &w, const Inst &, bool r) { w.s[kScc] = r; }
};
template <class T> struct ScalarResult<WithBit<T>> {
  static constexpr Type type = Lane<T>::type;
  static void store(Wave &w, const Inst &i, WithBit<T> r) {
    ScalarOperand<T>::store(w, i.dst, r.value);
    w.s[kScc] = r.bit;
  }
};

template <auto F> struct MakeScalar;
template <class D, class... A, D (*F)(A...)> struct MakeScalar<F> {
  template <size_t... K>
  static void apply(Wave &w, const Inst &i, std::index_sequence<K...>) {
    ScalarResult<D>::store(w, i, F(ScalarOperand<A>::load(w, i.src[K])...));
  }
  static void run(Wave &w, const Inst &i) {
    apply(w, i, std::index_sequence_for<A...>());
  }
};
} // namespace detail

template <auto F> struct SignatureOf;
template <class D, class... A, D (*F)(A...)> struct SignatureOf<F> {
  static Op make(const std::string &name, unsigned flags) {
    Op op;
    op.name = name;
    op.bind = bindScalar;
    op.run = detail::MakeScalar<F>::run;
    op.sources = sizeof...(A);
    op.type = detail::ScalarResult<D>::type;
    const Type types[] = {detail::ScalarOperand<A>::type..., Type::None};
    for (unsigned k = 0; k < op.sources; ++k)
      op.types[k] = types[k];
    op.flags = static_cast<uint8_t>(flags);
    return op;
  }
};
template <auto F> Op sop(const std::string &name, unsigned flags = 0) {
  return SignatureOf<F>::make(name, flags);
}

} // namespace tercet::emu::amdgpu

#endif
