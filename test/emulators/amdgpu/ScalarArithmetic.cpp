//===- ScalarArithmetic.cpp - scalar adds, products, moves ----------------===//
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

void amdgpu::bindScalar(Decoder &d, Inst &i, const Op &op) {
  i.run = op.run;
  i.type = op.type;
  i.sources = op.sources;
  auto scalar = [&](const Operand &o) {
    if (o.kind != Operand::Scalar && o.kind != Operand::Constant)
      d.unknown("the emulator expects a scalar operand");
  };
  if (op.type != Type::Bit) {
    i.dst = d.takeAny();
    if (i.dst.kind != Operand::Scalar)
      d.unknown("the emulator expects a scalar register as the destination");
  }
  for (unsigned k = 0; k < op.sources; ++k) {
    if (k == 0 && op.flags & kOld) {
      i.src[0] = i.dst;
      continue;
    }
    if (op.types[k] == Type::Bit)
      continue;
    i.src[k] = d.take(op.types[k]);
    if (op.flags & kImmediate &&
        k == (op.flags & kOld || op.type == Type::Bit)) {
      i.src[k] = Operand();
      i.src[k].kind = Operand::Constant;
      i.src[k].value[0] =
          op.flags & kUnsigned
              ? i.word & 0xffff
              : static_cast<u32>(static_cast<int16_t>(i.word & 0xffff));
    }
    scalar(i.src[k]);
  }
}

using R32 = WithBit<u32>;
using R64 = WithBit<u64>;

static R32 addU32(u32 a, u32 b) { return {a + b, u32(a + b < a)}; }
static R32 subU32(u32 a, u32 b) { return {a - b, u32(a < b)}; }
static R32 addcU32(u32 a, u32 b, Bit c) {
  u64 r = u64(a) + b + c.v;
  return {u32(r), u32(r >> 32)};
}
static R32 subbU32(u32 a, u32 b, Bit c) {
  return {a - b - c.v, u32(u64(b) + c.v > a)};
}
static R32 addI32(u32 a, u32 b) {
  u32 r = a + b;
  return {r, (~(a ^ b) & (a ^ r)) >> 31};
}
static R32 subI32(u32 a, u32 b) {
  u32 r = a - b;
  return {r, ((a ^ b) & (a ^ r)) >> 31};
}
static R32 minI32(i32 a, i32 b) { return {u32(a < b ? a : b), u32(a < b)}; }
static R32 maxI32(i32 a, i32 b) { return {u32(a > b ? a : b), u32(a > b)}; }
static R32 minU32(u32 a, u32 b) { return {a < b ? a : b, u32(a < b)}; }
static R32 maxU32(u32 a, u32 b) { return {a > b ? a : b, u32(a > b)}; }
static u32 mulI32(u32 a, u32 b) { return a * b; }
static u32 mulHiU32(u32 a, u32 b) { return u32(u64(a) * b >> 32); }
static u32 mulHiI32(i32 a, i32 b) { return u32(i64(a) * b >> 32); }
template <unsigned N> static R32 lshlAdd(u32 a, u32 b) {
  u64 r = (u64(a) << N) + b;
  return {u32(r), u32(r >> 32 != 0)};
}
static R32 absI32(i32 a) {
  u32 r = a < 0 ? 0 - u32(a) : u32(a);
  return {r, u32(r != 0)};
}
static R32 absdiffI32(i32 a, i32 b) {
  u32 r = a > b ? u32(a) - u32(b) : u32(b) - u32(a);
  return {r, u32(r != 0)};
}
static u32 mov32(u32 a) { return a; }
static u64 mov64(u64 a) { return a; }
static u32 cmov32(u32 old, u32 a, Bit c) { return c.v ? a : old; }
static u64 cmov64(u64 old, u64 a, Bit c) { return c.v ? a : old; }
static u32 cselect32(u32 a, u32 b, Bit c) { return c.v ? a : b; }
static u64 cselect64(u64 a, u64 b, Bit c) { return c.v ? a : b; }
static u32 cmovk32(u32 old, u32 k, Bit c) { return c.v ? k : old; }
static u32 sextI8(u32 a) { return u32(int8_t(a)); }
static u32 sextI16(u32 a) { return u32(int16_t(a)); }
static u32 mulkI32(u32 old, u32 k) { return old * k; }
static R32 addkI32(u32 old, u32 k) { return addI32(old, k); }
static u32 packLL(u32 a, u32 b) { return (a & 0xffff) | b << 16; }
static u32 packLH(u32 a, u32 b) { return (a & 0xffff) | (b & 0xffff0000); }
static u32 packHH(u32 a, u32 b) { return a >> 16 | (b & 0xffff0000); }
static u32 packHL(u32 a, u32 b) { return a >> 16 | b << 16; }

void amdgpu::addScalarArithmetic(Table &t) {
  t.insert(t.end(), {sop<addU32>("s_add_u32"),
                     sop<subU32>("s_sub_u32"),
                     sop<addcU32>("s_addc_u32"),
                     sop<subbU32>("s_subb_u32"),
                     sop<addI32>("s_add_i32"),
                     sop<subI32>("s_sub_i32"),
                     sop<minI32>("s_min_i32"),
                     sop<maxI32>("s_max_i32"),
                     sop<minU32>("s_min_u32"),
                     sop<maxU32>("s_max_u32"),
                     sop<mulI32>("s_mul_i32"),
                     sop<mulHiU32>("s_mul_hi_u32"),
                     sop<mulHiI32>("s_mul_hi_i32"),
                     sop<lshlAdd<1>>("s_lshl1_add_u32"),
                     sop<lshlAdd<2>>("s_lshl2_add_u32"),
                     sop<lshlAdd<3>>("s_lshl3_add_u32"),
                     sop<lshlAdd<4>>("s_lshl4_add_u32"),
                     sop<absI32>("s_abs_i32"),
                     sop<absdiffI32>("s_absdiff_i32"),
                     sop<mov32>("s_mov_b32"),
                     sop<mov64>("s_mov_b64"),
                     sop<cmov32>("s_cmov_b32", kOld),
                     sop<cmov64>("s_cmov_b64", kOld),
                     sop<cselect32>("s_cselect_b32"),
                     sop<cselect64>("s_cselect_b64"),
                     sop<sextI8>("s_sext_i32_i8"),
                     sop<sextI16>("s_sext_i32_i16"),
                     sop<mov32>("s_movk_i32", kImmediate),
                     sop<cmovk32>("s_cmovk_i32", kOld | kImmediate),
                     sop<mulkI32>("s_mulk_i32", kOld | kImmediate),
                     sop<addkI32>("s_addk_i32", kOld | kImmediate),
                     sop<packLL>("s_pack_ll_b32_b16"),
                     sop<packLH>("s_pack_lh_b32_b16"),
                     sop<packHL>("s_pack_hl_b32_b16"),
                     sop<packHH>("s_pack_hh_b32_b16")});
}
