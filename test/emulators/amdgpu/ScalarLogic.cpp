//===- ScalarLogic.cpp - bits of scalar registers -------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Scalar.h"

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

using u32 = uint32_t;
using i32 = int32_t;
using u64 = uint64_t;
using i64 = int64_t;

/// SCC says whether the result has a bit set.
template <class T> static WithBit<T> tested(T r) { return {r, u32(r != 0)}; }

template <class T> static WithBit<T> bitAnd(T a, T b) {
  return tested<T>(a & b);
}
template <class T> static WithBit<T> bitOr(T a, T b) {
  return tested<T>(a | b);
}
template <class T> static WithBit<T> bitXor(T a, T b) {
  return tested<T>(a ^ b);
}
template <class T> static WithBit<T> andn2(T a, T b) {
  return tested<T>(a & ~b);
}
template <class T> static WithBit<T> orn2(T a, T b) {
  return tested<T>(a | ~b);
}
template <class T> static WithBit<T> nand(T a, T b) {
  return tested<T>(~(a & b));
}
template <class T> static WithBit<T> nor(T a, T b) {
  return tested<T>(~(a | b));
}
template <class T> static WithBit<T> xnor(T a, T b) {
  return tested<T>(~(a ^ b));
}
template <class T> static WithBit<T> bitNot(T a) { return tested<T>(~a); }
template <class T> static WithBit<T> lshl(T a, u32 b) {
  return tested<T>(a << (b & (sizeof(T) * 8 - 1)));
}
template <class T> static WithBit<T> lshr(T a, u32 b) {
  return tested<T>(a >> (b & (sizeof(T) * 8 - 1)));
}
static WithBit<u32> ashr32(i32 a, u32 b) { return tested(u32(a >> (b & 31))); }
static WithBit<u64> ashr64(i64 a, u32 b) { return tested(u64(a >> (b & 63))); }

static u32 bfm32(u32 a, u32 b) { return ((1u << (a & 31)) - 1) << (b & 31); }
static u64 bfm64(u32 a, u32 b) {
  return ((u64(1) << (a & 63)) - 1) << (b & 63);
}
/// The operand holds the offset in its low bits and the width from bit 16 on.
template <class T> static WithBit<T> bfeU(T a, u32 b) {
  unsigned bits = sizeof(T) * 8, offset = b & (bits - 1), width = b >> 16 & 127;
  T r = a >> offset;
  if (width < bits)
    r &= (T(1) << width) - 1;
  return tested(r);
}
template <class T> static WithBit<T> bfeI(T a, u32 b) {
  unsigned bits = sizeof(T) * 8, width = b >> 16 & 127;
  T r = bfeU<T>(a, b).value;
  if (width && width < bits && r >> (width - 1) & 1)
    r |= ~T(0) << width;
  return tested(r);
}

template <class T> static T brev(T a) {
  T r = 0;
  for (unsigned k = 0; k < sizeof(T) * 8; ++k)
    r |= (a >> k & 1) << (sizeof(T) * 8 - 1 - k);
  return r;
}
static WithBit<u32> bcnt1b32(u32 a) {
  return tested(u32(__builtin_popcount(a)));
}
static WithBit<u32> bcnt1b64(u64 a) {
  return tested(u32(__builtin_popcountll(a)));
}
static WithBit<u32> bcnt0b32(u32 a) { return bcnt1b32(~a); }
static WithBit<u32> bcnt0b64(u64 a) { return bcnt1b64(~a); }
static u32 ff1b32(u32 a) { return a ? u32(__builtin_ctz(a)) : ~0u; }
static u32 ff1b64(u64 a) { return a ? u32(__builtin_ctzll(a)) : ~0u; }
static u32 ff0b32(u32 a) { return ff1b32(~a); }
static u32 ff0b64(u64 a) { return ff1b64(~a); }
static u32 flbit32(u32 a) { return a ? u32(__builtin_clz(a)) : ~0u; }
static u32 flbit64(u64 a) { return a ? u32(__builtin_clzll(a)) : ~0u; }
/// The first bit that differs from the sign.
static u32 flbitI32(i32 a) { return flbit32(u32(a < 0 ? ~a : a)); }
static u32 flbitI64(i64 a) { return flbit64(u64(a < 0 ? ~a : a)); }
static u32 bitset0b32(u32 old, u32 a) { return old & ~(1u << (a & 31)); }
static u32 bitset1b32(u32 old, u32 a) { return old | 1u << (a & 31); }
static u64 bitset0b64(u64 old, u32 a) { return old & ~(u64(1) << (a & 63)); }
static u64 bitset1b64(u64 old, u32 a) { return old | u64(1) << (a & 63); }
static u64 replicate(u32 a) {
  u64 r = 0;
  for (unsigned k = 0; k < 32; ++k)
    r |= u64(a >> k & 1) * 3 << 2 * k;
  return r;
}
template <class T> static WithBit<T> wqm(T a) {
  T r = 0;
  for (unsigned k = 0; k < sizeof(T) * 8; k += 4)
    if (a >> k & 15)
      r |= T(15) << k;
  return tested(r);
}
template <class T> static WithBit<T> quadmask(T a) {
  T r = 0;
  for (unsigned k = 0; k < sizeof(T) * 8; k += 4)
    r |= T((a >> k & 15) != 0) << k / 4;
  return tested(r);
}

/// The destination gets EXEC as it was, EXEC the operation's result.
template <class T, WithBit<T> (*F)(T, T), bool WriteExec>
static void saveExec(Wave &w, const Inst &i) {
  T a = detail::ScalarOperand<T>::load(w, i.src[0]);
  T old = static_cast<T>(sizeof(T) == 8 ? w.s64(kExec) : w.s[kExec]);
  WithBit<T> r = F(a, old);
  detail::ScalarOperand<T>::store(w, i.dst, WriteExec ? r.value : old);
  Operand exec;
  exec.index = kExec;
  detail::ScalarOperand<T>::store(w, exec, r.value);
  w.s[kScc] = r.bit;
}
template <class T> static WithBit<T> andn1(T a, T b) { return andn2(b, a); }
template <class T> static WithBit<T> orn1(T a, T b) { return orn2(b, a); }

template <class T, WithBit<T> (*F)(T, T), bool WriteExec = false>
static Op saving(const char *name) {
  Op op = sop<bitNot<T>>(name); // the operands: one in, one out
  op.run = saveExec<T, F, WriteExec>;
  return op;
}

template <class T> static void addWidth(Table &t, const char *const (&n)[34]) {
  // The order of the names below.
  t.insert(t.end(), {sop<bitAnd<T>>(n[0]),
                     sop<bitOr<T>>(n[1]),
                     sop<bitXor<T>>(n[2]),
                     sop<andn2<T>>(n[3]),
                     sop<andn2<T>>(n[4]),
                     sop<orn2<T>>(n[5]),
                     sop<orn2<T>>(n[6]),
                     sop<nand<T>>(n[7]),
                     sop<nor<T>>(n[8]),
                     sop<xnor<T>>(n[9]),
                     sop<bitNot<T>>(n[10]),
                     sop<lshl<T>>(n[11]),
                     sop<lshr<T>>(n[12]),
                     sop<brev<T>>(n[13]),
                     sop<wqm<T>>(n[14]),
                     sop<quadmask<T>>(n[15]),
                     saving<T, bitAnd<T>>(n[16]),
                     saving<T, bitOr<T>>(n[17]),
                     saving<T, bitXor<T>>(n[18]),
                     saving<T, andn2<T>>(n[19]),
                     saving<T, andn2<T>>(n[20]),
                     saving<T, orn2<T>>(n[21]),
                     saving<T, orn2<T>>(n[22]),
                     saving<T, nand<T>>(n[23]),
                     saving<T, nor<T>>(n[24]),
                     saving<T, xnor<T>>(n[25]),
                     saving<T, andn1<T>>(n[26]),
                     saving<T, andn1<T>>(n[27]),
                     saving<T, orn1<T>>(n[28]),
                     saving<T, orn1<T>>(n[29]),
                     saving<T, andn2<T>, true>(n[30]),
                     saving<T, andn2<T>, true>(n[31]),
                     saving<T, andn1<T>, true>(n[32]),
                     saving<T, andn1<T>, true>(n[33])});
}

#define TERCET_NAMES(B)                                                        \
  {"s_and_" B,                                                                 \
   "s_or_" B,                                                                  \
   "s_xor_" B,                                                                 \
   "s_andn2_" B,                                                               \
   "s_and_not1_" B,                                                            \
   "s_orn2_" B,                                                                \
   "s_or_not1_" B,                                                             \
   "s_nand_" B,                                                                \
   "s_nor_" B,                                                                 \
   "s_xnor_" B,                                                                \
   "s_not_" B,                                                                 \
   "s_lshl_" B,                                                                \
   "s_lshr_" B,                                                                \
   "s_brev_" B,                                                                \
   "s_wqm_" B,                                                                 \
   "s_quadmask_" B,                                                            \
   "s_and_saveexec_" B,                                                        \
   "s_or_saveexec_" B,                                                         \
   "s_xor_saveexec_" B,                                                        \
   "s_andn2_saveexec_" B,                                                      \
   "s_and_not1_saveexec_" B,                                                   \
   "s_orn2_saveexec_" B,                                                       \
   "s_or_not1_saveexec_" B,                                                    \
   "s_nand_saveexec_" B,                                                       \
   "s_nor_saveexec_" B,                                                        \
   "s_xnor_saveexec_" B,                                                       \
   "s_andn1_saveexec_" B,                                                      \
   "s_and_not0_saveexec_" B,                                                   \
   "s_orn1_saveexec_" B,                                                       \
   "s_or_not0_saveexec_" B,                                                    \
   "s_andn2_wrexec_" B,                                                        \
   "s_and_not1_wrexec_" B,                                                     \
   "s_andn1_wrexec_" B,                                                        \
   "s_and_not0_wrexec_" B}

void amdgpu::addScalarLogic(Table &t) {
  static const char *const kNames32[34] = TERCET_NAMES("b32");
  static const char *const kNames64[34] = TERCET_NAMES("b64");
  addWidth<u32>(t, kNames32);
  addWidth<u64>(t, kNames64);
  t.insert(t.end(), {sop<ashr32>("s_ashr_i32"),
                     sop<ashr64>("s_ashr_i64"),
                     sop<bfm32>("s_bfm_b32"),
                     sop<bfm64>("s_bfm_b64"),
                     sop<bfeU<u32>>("s_bfe_u32"),
                     sop<bfeI<u32>>("s_bfe_i32"),
                     sop<bfeU<u64>>("s_bfe_u64"),
                     sop<bfeI<u64>>("s_bfe_i64"),
                     sop<bcnt0b32>("s_bcnt0_i32_b32"),
                     sop<bcnt0b64>("s_bcnt0_i32_b64"),
                     sop<bcnt1b32>("s_bcnt1_i32_b32"),
                     sop<bcnt1b64>("s_bcnt1_i32_b64"),
                     sop<ff0b32>("s_ff0_i32_b32"),
                     sop<ff0b64>("s_ff0_i32_b64"),
                     sop<ff1b32>("s_ff1_i32_b32"),
                     sop<ff1b64>("s_ff1_i32_b64"),
                     sop<ff1b32>("s_ctz_i32_b32"),
                     sop<ff1b64>("s_ctz_i32_b64"),
                     sop<flbit32>("s_flbit_i32_b32"),
                     sop<flbit64>("s_flbit_i32_b64"),
                     sop<flbit32>("s_clz_i32_u32"),
                     sop<flbit64>("s_clz_i32_u64"),
                     sop<flbitI32>("s_flbit_i32"),
                     sop<flbitI64>("s_flbit_i32_i64"),
                     sop<flbitI32>("s_cls_i32"),
                     sop<flbitI64>("s_cls_i32_i64"),
                     sop<bitset0b32>("s_bitset0_b32", kOld),
                     sop<bitset1b32>("s_bitset1_b32", kOld),
                     sop<bitset0b64>("s_bitset0_b64", kOld),
                     sop<bitset1b64>("s_bitset1_b64", kOld),
                     sop<replicate>("s_bitreplicate_b64_b32")});
}
