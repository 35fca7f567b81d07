//===- Matrices.cpp - mma.sync, mma.sp, ldmatrix --------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Fragments are gathered into whole matrices by the layouts of the PTX ISA, the
// product is computed, the result is dealt out. All layouts here are one: with
// lane = 4 * group + member and E elements in a register, element e of register
// r is
//   A: row group (+ 8 for odd r, where there are 16 rows),
//      column E * member + e + 4 * E * (r / 2, or r of 8 rows);
//   B: row E * member + e + 4 * E * r, column group;
//   C: row group + 8 * (r / 2), column 2 * member + r % 2, in registers of 32
//      bits; two of f16 in each.
// A of mma.sp holds two of four columns; their places are two bits each in the
// metadata: 32 bits of a lane are eight groups of four columns of a row. Lane
// 4 * group has row `group`, the next one row group + 8, of the first 32
// columns; the two after them of columns 32 to 63, or, for 32 columns alone, of
// the instruction whose selector is 1.
//
// Products of reals are summed in f64 and rounded once. Tensor cores round sums
// of several products in an order that is not documented; results that depend
// on it are not reproduced.
//
//===----------------------------------------------------------------------===//
#include "Half.h"
#include "Select.h"
#include <algorithm>
#include <limits>

using namespace tercet::emu;
using namespace tercet::emu::ptx;

namespace {
constexpr int kColumns = 8;

struct F16 {
  using Sum = double;
  static constexpr int kPerRegister = 2;
  static double get(uint32_t reg, int e) {
    return halfToFloat(uint16_t(reg >> (16 * e)));
  }
};
struct BF16 {
  using Sum = double;
  static constexpr int kPerRegister = 2;
  static double get(uint32_t reg, int e) {
    return bfloatToFloat(uint16_t(reg >> (16 * e)));
  }
};
/// The upper 19 bits of an f32.
struct TF32 {
  using Sum = double;
  static constexpr int kPerRegister = 1;
  static double get(uint32_t reg, int) {
    return fromBits<float>(reg & ~0x1fffu);
  }
};
// Accumulators: what registers hold of C and D.
struct F32 {
  static constexpr int kPerRegister = 1;
  static double get(uint32_t reg, int) { return fromBits<float>(reg); }
  static uint32_t put(double v) {
    return v != v ? 0x7fffffff : uint32_t(toBits(float(v)));
  }
};
struct F16Sum {
  static constexpr int kPerRegister = 2;
  static double get(uint32_t reg, int e) {
    return halfToFloat(uint16_t(reg >> (16 * e)));
  }
  static uint32_t put(double v) { return doubleToHalf(v); }
};

/// Columns of B that the stored elements of a sparse A belong to.
template <int Rows, int Stored>
void readMetadata(Warp &w, const Instruction &i, int first,
                  uint8_t (&column)[Rows][Stored]) {
  constexpr unsigned kPairs = Stored / 16; // 32 bits for each lane of a pair
  const uint64_t *words = w.reg(i.regs[first]);
  uint64_t selector = w.reg(i.regs[first + 1])[0];
  if (selector >= 2 / kPairs)
    failAt(0, "its selector is %llu, which has to be less than %u",
           static_cast<unsigned long long>(selector), 2 / kPairs);
  for (int row = 0; row < Rows; ++row)
    for (int s = 0; s < Stored; ++s) {
      int lane = row % 8 * 4 + (int(selector) + s / 16) * 2 + row / 8;
      unsigned place = words[lane] >> (s % 16 * 2) & 3;
      column[row][s] = static_cast<uint8_t>(s / 2 * 4 + place);
      if (s % 2 && column[row][s] <= column[row][s - 1])
        failAt(lane,
               "metadata 0x%08x: places %u and %u of a group of four are not "
               "in order",
               uint32_t(words[lane]), column[row][s - 1] % 4, place);
    }
}

/// D = A * B + C of Rows x 8 x K of reals.
template <typename A, typename B, typename C, typename D, int Rows, int K>
void multiply(Warp &w, const Instruction &i) {
  w.syncAll();
  constexpr int E = A::kPerRegister, kTall = Rows / 8,
                kA = Rows * K / E / kLanes, kB = K * kColumns / E / kLanes,
                kOut = Rows * kColumns / kLanes;
  constexpr int aFirst = kOut / D::kPerRegister, bFirst = aFirst + kA,
                cFirst = bFirst + kB;
  using Sum = typename A::Sum;
  Sum a[Rows][K], b[kColumns][K];
  for (int r = 0; r < kA; ++r)
    for (int l = 0; l < kLanes; ++l)
      for (int e = 0; e < E; ++e)
        a[l / 4 + 8 * (r % kTall)][E * (l % 4) + e + 4 * E * (r / kTall)] =
            A::get(uint32_t(w.reg(i.regs[aFirst + r])[l]), e);
  for (int r = 0; r < kB; ++r)
    for (int l = 0; l < kLanes; ++l)
      for (int e = 0; e < E; ++e)
        b[l / 4][E * (l % 4) + e + 4 * E * r] =
            B::get(uint32_t(w.reg(i.regs[bFirst + r])[l]), e);

  Sum sums[Rows][kColumns];
  for (int row = 0; row < Rows; ++row)
    for (int n = 0; n < kColumns; ++n) {
      Sum sum = 0;
      for (int k = 0; k < K; ++k)
        sum += a[row][k] * b[n][k];
      sums[row][n] = sum;
    }
  uint32_t out[kOut][kLanes];
  for (int k = 0; k < kOut; ++k)
    for (int l = 0; l < kLanes; ++l) {
      Sum c = C::get(uint32_t(w.reg(i.regs[cFirst + k / C::kPerRegister])[l]),
                     k % C::kPerRegister);
      out[k][l] = D::put(sums[l / 4 + 8 * (k / 2)][2 * (l % 4) + k % 2] + c);
    }
  for (int k = 0; k < kOut; k += D::kPerRegister)
    for (int l = 0; l < kLanes; ++l)
      w.reg(i.regs[k / D::kPerRegister])[l] =
          D::kPerRegister == 1 ? out[k][l] : out[k][l] | out[k + 1][l] << 16;
}

/// D = A * B + C of Rows x 8 x K of bytes, whose sums wrap or stay at the ends
/// of the range.
template <typename A, typename B, bool Finite, int Rows, int K, bool Sparse>
void multiplyBytes(Warp &w, const Instruction &i) {
  w.syncAll();
  constexpr int kTall = Rows / 8, kStored = Sparse ? K / 2 : K,
                kA = Rows * kStored / 4 / kLanes,
                kB = K * kColumns / 4 / kLanes, kOut = Rows * kColumns / kLanes;
  constexpr int aFirst = kOut, bFirst = aFirst + kA, cFirst = bFirst + kB,
                eFirst = cFirst + kOut;
  A stored[Rows][kStored];
  B b[kColumns][K];
  for (int r = 0; r < kA; ++r) {
    const uint64_t *reg = w.reg(i.regs[aFirst + r]);
    for (int l = 0; l < kLanes; ++l)
      memcpy(&stored[l / 4 + 8 * (r % kTall)][4 * (l % 4) + 16 * (r / kTall)],
             &reg[l], 4);
  }
  for (int r = 0; r < kB; ++r) {
    const uint64_t *reg = w.reg(i.regs[bFirst + r]);
    for (int l = 0; l < kLanes; ++l)
      memcpy(&b[l / 4][4 * (l % 4) + 16 * r], &reg[l], 4);
  }
  A whole[Sparse ? Rows : 1][K] = {};
  if constexpr (Sparse) {
    uint8_t column[Rows][kStored];
    readMetadata(w, i, eFirst, column);
    for (int row = 0; row < Rows; ++row)
      for (int s = 0; s < kStored; ++s)
        whole[row][column[row][s]] = stored[row][s];
  }
  int32_t sums[Rows][kColumns];
  for (int row = 0; row < Rows; ++row) {
    const A *a = Sparse ? whole[row] : stored[row];
    for (int n = 0; n < kColumns; ++n) {
      int32_t sum = 0;
      for (int k = 0; k < K; ++k)
        sum += int16_t(a[k]) * int16_t(b[n][k]);
      sums[row][n] = sum;
    }
  }
  uint64_t out[kOut][kLanes]; // C may be where D goes
  for (int k = 0; k < kOut; ++k) {
    const uint64_t *c = w.reg(i.regs[cFirst + k]);
    for (int l = 0; l < kLanes; ++l) {
      int64_t sum = int64_t(int32_t(c[l])) +
                    sums[l / 4 + 8 * (k / 2)][2 * (l % 4) + k % 2];
      if (Finite)
        sum = std::clamp<int64_t>(sum, std::numeric_limits<int32_t>::min(),
                                  std::numeric_limits<int32_t>::max());
      out[k][l] = uint32_t(sum);
    }
  }
  for (int k = 0; k < kOut; ++k)
    memcpy(w.reg(i.regs[k]), out[k], sizeof out[k]);
}

/// Matrices of 8 rows of 16 bytes: lane 8 * m + r has the address of row r of
/// matrix m, and gets of each matrix two neighbours of a row, or of a column.
template <int Count, bool Transposed>
void loadMatrix(Warp &w, const Instruction &i) {
  w.syncAll();
  const uint64_t *address = w.reg(i.regs[Count]);
  uint16_t rows[Count][8][8];
  for (int m = 0; m < Count; ++m)
    for (int r = 0; r < 8; ++r) {
      int l = 8 * m + r;
      memcpy(rows[m][r], w.read(i.space, address[l] + i.offset, 16, l), 16);
    }
  for (int m = 0; m < Count; ++m)
    for (int l = 0; l < kLanes; ++l) {
      int row = l / 4, at = 2 * (l % 4);
      w.reg(i.regs[m])[l] =
          Transposed ? rows[m][at][row] | uint32_t(rows[m][at + 1][row]) << 16
                     : rows[m][row][at] | uint32_t(rows[m][row][at + 1]) << 16;
    }
}

template <typename A, typename B>
void addTypes(Table &t, const std::string &types) {
  auto add = [&](const std::string &shape, Entry wraps, Entry finite) {
    std::string name = shape + ".row.col";
    t["mma.sync.aligned." + name + ".s32." + types + ".s32"] = wraps;
    t["mma.sync.aligned." + name + ".satfinite.s32." + types + ".s32"] = finite;
  };
  add("m8n8k16", {multiplyBytes<A, B, false, 8, 16, false>, 6, 6},
      {multiplyBytes<A, B, true, 8, 16, false>, 6, 6});
  add("m16n8k16", {multiplyBytes<A, B, false, 16, 16, false>, 11, 11},
      {multiplyBytes<A, B, true, 16, 16, false>, 11, 11});
  add("m16n8k32", {multiplyBytes<A, B, false, 16, 32, false>, 14, 14},
      {multiplyBytes<A, B, true, 16, 32, false>, 14, 14});
  for (const char *sparse : {"mma.sp", "mma.sp::ordered_metadata"}) {
    std::string name = std::string(sparse) + ".sync.aligned.",
                rest = ".s32." + types + ".s32";
    t[name + "m16n8k32.row.col" + rest] = {
        multiplyBytes<A, B, false, 16, 32, true>, 14, 14};
    t[name + "m16n8k32.row.col.satfinite" + rest] = {
        multiplyBytes<A, B, true, 16, 32, true>, 14, 14};
    t[name + "m16n8k64.row.col" + rest] = {
        multiplyBytes<A, B, false, 16, 64, true>, 18, 18};
    t[name + "m16n8k64.row.col.satfinite" + rest] = {
        multiplyBytes<A, B, true, 16, 64, true>, 18, 18};
  }
}

Run loadMatrixOf(const std::string &count, bool transposed) {
  if (count == "x1")
    return transposed ? loadMatrix<1, true> : loadMatrix<1, false>;
  if (count == "x2")
    return transposed ? loadMatrix<2, true> : loadMatrix<2, false>;
  return transposed ? loadMatrix<4, true> : loadMatrix<4, false>;
}
} // namespace

void tercet::emu::ptx::addMatrices(Table &t) {
  addTypes<int8_t, int8_t>(t, "s8.s8");
  addTypes<int8_t, uint8_t>(t, "s8.u8");
  addTypes<uint8_t, int8_t>(t, "u8.s8");
  addTypes<uint8_t, uint8_t>(t, "u8.u8");
  std::string name = "mma.sync.aligned.";
  t[name + "m16n8k8.row.col.f32.f16.f16.f32"] = {
      multiply<F16, F16, F32, F32, 16, 8>, 11, 11};
  t[name + "m16n8k16.row.col.f32.f16.f16.f32"] = {
      multiply<F16, F16, F32, F32, 16, 16>, 14, 14};
  t[name + "m16n8k8.row.col.f16.f16.f16.f16"] = {
      multiply<F16, F16, F16Sum, F16Sum, 16, 8>, 7, 7};
  t[name + "m16n8k16.row.col.f16.f16.f16.f16"] = {
      multiply<F16, F16, F16Sum, F16Sum, 16, 16>, 10, 10};
  t[name + "m16n8k4.row.col.f32.tf32.tf32.f32"] = {
      multiply<TF32, TF32, F32, F32, 16, 4>, 11, 11};
  t[name + "m16n8k8.row.col.f32.tf32.tf32.f32"] = {
      multiply<TF32, TF32, F32, F32, 16, 8>, 14, 14};
  t[name + "m16n8k8.row.col.f32.bf16.bf16.f32"] = {
      multiply<BF16, BF16, F32, F32, 16, 8>, 11, 11};
  t[name + "m16n8k16.row.col.f32.bf16.bf16.f32"] = {
      multiply<BF16, BF16, F32, F32, 16, 16>, 14, 14};
}

bool tercet::emu::ptx::selectMatrixLoad(Instruction &i) {
  for (const char *count : {"x1", "x2", "x4"})
    for (const char *transposed : {"", ".trans"})
      for (const char *space : {"", ".shared", ".shared::cta"})
        if (i.mnemonic == std::string("ldmatrix.sync.aligned.m8n8.") + count +
                              transposed + space + ".b16") {
          i.space = *space ? Space::Shared : Space::Generic;
          i.run = loadMatrixOf(count, *transposed);
          return i.regs.size() == size_t(count[1] - '0') + 1;
        }
  return false;
}
