//===- MatrixTest.cpp - layouts of matrix instructions --------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The place of every element as AMD's documents give it ("Matrix Core" of the
// CDNA3 instruction set, "WMMA" of RDNA3): from the element to lane, register
// and bits, which is the other way round from the emulator. Elements are small
// whole numbers, so that sums are exact in every type.
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include <random>

using namespace harness;

namespace {
struct Place {
  unsigned lane, bit; ///< of the operand's registers in order
};

/// Numbers of an operand of a type in the registers of lanes.
struct Packed {
  Packed(unsigned registers, unsigned lanes) : r(registers, Lanes(lanes, 0)) {}
  void put(Place p, unsigned bits, uint32_t value) {
    uint32_t field = bits == 32 ? ~0u : (1u << bits) - 1;
    r[p.bit / 32][p.lane] |= (value & field) << p.bit % 32;
  }
  Registers r;
};

enum Kind { I8, I4, F16, BF16, F32 };
unsigned bitsOf(Kind k) {
  return k == I8 ? 8 : k == I4 ? 4 : k == F32 ? 32 : 16;
}
bool isReal(Kind k) { return k >= F16; }

/// The bits of a whole number of at most 8 bits in a type.
uint32_t encode(Kind k, int x) {
  uint32_t single = f(float(x));
  if (k == F32)
    return single;
  if (k == BF16)
    return single >> 16;
  if (k != F16)
    return uint32_t(x);
  if (!x)
    return 0;
  uint32_t exponent = (single >> 23 & 255) - 127 + 15;
  return single >> 31 << 15 | exponent << 10 | (single >> 13 & 0x3ff);
}

std::mt19937 rng(7);
int small(int low, int high) {
  return std::uniform_int_distribution<int>(low, high)(rng);
}

std::string range(unsigned first, unsigned count) {
  return count == 1 ? "v" + std::to_string(first)
                    : "v[" + std::to_string(first) + ":" +
                          std::to_string(first + count - 1) + "]";
}

struct Mfma {
  const char *name;
  Kind kind;
  unsigned m, k, blocks; ///< n = m
};
class MfmaLayout : public testing::TestWithParam<Mfma> {};
} // namespace

TEST_P(MfmaLayout, IsTheDocuments) {
  const Mfma &s = GetParam();
  unsigned m = s.m, bits = bitsOf(s.kind), lanes = 64;
  unsigned kLanes = lanes / (m * s.blocks), kPerLane = s.k / kLanes;
  unsigned words = std::max(1u, kPerLane * bits / 32);
  unsigned results = m * m * s.blocks / lanes;
  // A[block][i][k] and B[block][k][j]
  auto source = [&](unsigned block, unsigned i, unsigned k) {
    return Place{i + m * (block + s.blocks * (k / kPerLane)),
                 k % kPerLane * bits};
  };
  // D[block][i][j]
  auto result = [&](unsigned block, unsigned i, unsigned j) {
    if (m == 4)
      return Place{j + 4 * block, 32 * i};
    unsigned group = lanes / m; // lanes that share a column
    return Place{j + m * (i / 4 % group),
                 32 * (block * (m / group) + i / (4 * group) * 4 + i % 4)};
  };
  Packed a(words, lanes), b(words, lanes), c(results, lanes);
  std::vector<int> ea(s.blocks * m * s.k), eb(ea.size()), ec(s.blocks * m * m);
  int limit = isReal(s.kind) ? 15 : 127;
  for (unsigned block = 0; block < s.blocks; ++block)
    for (unsigned i = 0; i < m; ++i) {
      for (unsigned k = 0; k < s.k; ++k) {
        int &x = ea[(block * m + i) * s.k + k],
            &y = eb[(block * m + i) * s.k + k];
        x = small(-limit - 1, limit);
        y = small(-limit - 1, limit);
        a.put(source(block, i, k), bits, encode(s.kind, x));
        b.put(source(block, i, k), bits, encode(s.kind, y)); // column i
      }
      for (unsigned j = 0; j < m; ++j) {
        int &x = ec[(block * m + i) * m + j];
        x = small(-100, 100);
        c.put(result(block, i, j), 32,
              isReal(s.kind) ? f(float(x)) : uint32_t(x));
      }
    }
  Registers inputs(64, Lanes(lanes, 0));
  std::copy(a.r.begin(), a.r.end(), inputs.begin());
  std::copy(b.r.begin(), b.r.end(), inputs.begin() + 4);
  std::copy(c.r.begin(), c.r.end(), inputs.begin() + 8);
  inputs.resize(8 + results);
  for (bool accumulators : {false, true}) {
    std::string d = range(128, results), cs = range(72, results), moves;
    if (accumulators) { // all three in AGPRs
      auto file = [](std::string t) { return "a" + t.substr(1); };
      for (unsigned r = 0; r < 8 + results; ++r)
        moves += "v_accvgpr_write_b32 a" + std::to_string(64 + r) + ", v" +
                 std::to_string(64 + r) + "\n";
      moves += std::string(s.name) + " " + file(d) + ", " +
               file(range(64, words)) + ", " + file(range(68, words)) + ", " +
               file(cs) + "\n";
      for (unsigned r = 0; r < results; ++r)
        moves += "v_accvgpr_read_b32 v" + std::to_string(128 + r) + ", a" +
                 std::to_string(128 + r) + "\n";
    } else {
      moves = std::string(s.name) + " " + d + ", " + range(64, words) + ", " +
              range(68, words) + ", " + cs;
    }
    Registers r = evaluate(Chip::Gfx942, moves, inputs, results);
    for (unsigned block = 0; block < s.blocks; ++block)
      for (unsigned i = 0; i < m; ++i)
        for (unsigned j = 0; j < m; ++j) {
          int sum = ec[(block * m + i) * m + j];
          for (unsigned k = 0; k < s.k; ++k)
            sum +=
                ea[(block * m + i) * s.k + k] * eb[(block * m + j) * s.k + k];
          Place p = result(block, i, j);
          ASSERT_EQ(r[p.bit / 32][p.lane],
                    isReal(s.kind) ? f(float(sum)) : uint32_t(sum))
              << s.name << " block " << block << " row " << i << " column "
              << j;
        }
  }
}

static std::string nameOfShape(const testing::TestParamInfo<Mfma> &i) {
  return i.param.name;
}
INSTANTIATE_TEST_SUITE_P(
    Shapes, MfmaLayout,
    testing::Values(Mfma{"v_mfma_i32_16x16x32_i8", I8, 16, 32, 1},
                    Mfma{"v_mfma_i32_32x32x16_i8", I8, 32, 16, 1},
                    Mfma{"v_mfma_i32_32x32x4_2b_i8", I8, 32, 4, 2},
                    Mfma{"v_mfma_i32_16x16x4_4b_i8", I8, 16, 4, 4},
                    Mfma{"v_mfma_i32_4x4x4_16b_i8", I8, 4, 4, 16},
                    Mfma{"v_mfma_f32_16x16x16_f16", F16, 16, 16, 1},
                    Mfma{"v_mfma_f32_32x32x8_f16", F16, 32, 8, 1},
                    Mfma{"v_mfma_f32_32x32x4_2b_f16", F16, 32, 4, 2},
                    Mfma{"v_mfma_f32_16x16x4_4b_f16", F16, 16, 4, 4},
                    Mfma{"v_mfma_f32_4x4x4_16b_f16", F16, 4, 4, 16},
                    Mfma{"v_mfma_f32_16x16x16_bf16", BF16, 16, 16, 1},
                    Mfma{"v_mfma_f32_32x32x8_bf16", BF16, 32, 8, 1},
                    Mfma{"v_mfma_f32_32x32x4_2b_bf16", BF16, 32, 4, 2},
                    Mfma{"v_mfma_f32_16x16x4_4b_bf16", BF16, 16, 4, 4},
                    Mfma{"v_mfma_f32_4x4x4_16b_bf16", BF16, 4, 4, 16},
                    Mfma{"v_mfma_f32_16x16x4_f32", F32, 16, 4, 1},
                    Mfma{"v_mfma_f32_32x32x2_f32", F32, 32, 2, 1},
                    Mfma{"v_mfma_f32_32x32x1_2b_f32", F32, 32, 1, 2},
                    Mfma{"v_mfma_f32_16x16x1_4b_f32", F32, 16, 1, 4},
                    Mfma{"v_mfma_f32_4x4x1_16b_f32", F32, 4, 1, 16}),
    nameOfShape);

TEST(Mfma, TakesAConstantAndAllLanes) {
  // C = 1 everywhere; EXEC does not matter.
  Registers inputs(8, Lanes(64, 0x01010101));
  Registers r = evaluate(Chip::Gfx942,
                         "s_mov_b64 exec, 1\n"
                         "v_mfma_i32_16x16x32_i8 v[128:131], v[64:65], "
                         "v[68:69], 1\ns_mov_b64 exec, -1",
                         inputs, 4);
  for (const Lanes &l : r)
    for (uint32_t x : l)
      EXPECT_EQ(x, 33u);
}

TEST(Mfma, WrapsAround) {
  Registers inputs(12, Lanes(64, 0x7f7f7f7f));
  inputs[8].assign(64, 0x7fffffff);
  Registers r = evaluate(
      Chip::Gfx942,
      "v_mfma_i32_16x16x32_i8 v[128:131], v[64:65], v[68:69], v[72:75]", inputs,
      1);
  EXPECT_EQ(r[0][0], 0x7fffffffu + 32 * 127 * 127);
}

//===----------------------------------------------------------------------===//
// SMFMAC
//===----------------------------------------------------------------------===//

namespace {
struct Sparse {
  const char *name;
  Kind kind;
  unsigned m, k;
};
class SmfmacLayout : public testing::TestWithParam<Sparse> {};
} // namespace

TEST_P(SmfmacLayout, IsTheDocuments) {
  const Sparse &s = GetParam();
  unsigned m = s.m, bits = bitsOf(s.kind), lanes = 64, results = m * m / lanes;
  unsigned kPerLane = s.k * m / lanes, kept = kPerLane / 2;
  unsigned sets = 32 / (2 * kept);
  for (unsigned set = 0; set < sets; ++set)
    for (bool first : {false, true}) { // CBSZ: the first set whatever ABID says
      Packed a(2, lanes), b(4, lanes), index(1, lanes), d(results, lanes);
      std::vector<int> ea(m * s.k), eb(m * s.k), ec(m * m);
      index.r[0] = Lanes(lanes, 0);
      for (unsigned l = 0; l < lanes; ++l) // the other sets: any that ascend
        index.r[0][l] = 0x44444444;
      unsigned used = first ? 0 : set;
      for (unsigned i = 0; i < m; ++i) {
        for (unsigned k = 0; k < s.k; ++k) {
          eb[i * s.k + k] = small(-8, 7);
          b.put({i + m * (k / kPerLane), k % kPerLane * bits}, bits,
                encode(s.kind, eb[i * s.k + k]));
        }
        for (unsigned group = 0; group < s.k / 4; ++group) {
          unsigned x = small(0, 2), y = small(int(x) + 1, 3), place[] = {x, y};
          for (unsigned e = 0; e < 2; ++e) {
            int value = small(-8, 7);
            ea[i * s.k + 4 * group + place[e]] = value;
            unsigned lane = i + m * (4 * group / kPerLane);
            unsigned element = 4 * group % kPerLane / 2 + e;
            a.put({lane, element * bits}, bits, encode(s.kind, value));
            unsigned at = used * 2 * kept + 2 * element;
            index.r[0][lane] = (index.r[0][lane] & ~(3u << at)) | place[e]
                                                                      << at;
          }
        }
      }
      auto result = [&](unsigned i, unsigned j) {
        unsigned group = lanes / m;
        return Place{j + m * (i / 4 % group),
                     32 * (i / (4 * group) * 4 + i % 4)};
      };
      for (unsigned i = 0; i < m; ++i)
        for (unsigned j = 0; j < m; ++j) {
          ec[i * m + j] = small(-100, 100);
          d.put(result(i, j), 32,
                isReal(s.kind) ? f(float(ec[i * m + j]))
                               : uint32_t(ec[i * m + j]));
        }
      Registers inputs = a.r;
      inputs.insert(inputs.end(), b.r.begin(), b.r.end());
      inputs.insert(inputs.end(), index.r.begin(), index.r.end());
      inputs.push_back(Lanes(lanes, 0));
      inputs.insert(inputs.end(), d.r.begin(), d.r.end());
      std::string code;
      for (unsigned r = 0; r < results; ++r)
        code += "v_mov_b32 v" + std::to_string(128 + r) + ", v" +
                std::to_string(72 + r) + "\n";
      code += std::string(s.name) + " " + range(128, results) +
              ", v[64:65], v[66:69], v70" + (first ? " cbsz:1" : "") +
              (set ? " abid:" + std::to_string(set) : "");
      Registers r = evaluate(Chip::Gfx942, code, inputs, results);
      for (unsigned i = 0; i < m; ++i)
        for (unsigned j = 0; j < m; ++j) {
          int sum = ec[i * m + j];
          for (unsigned k = 0; k < s.k; ++k)
            sum += ea[i * s.k + k] * eb[j * s.k + k];
          Place p = result(i, j);
          ASSERT_EQ(r[p.bit / 32][p.lane],
                    isReal(s.kind) ? f(float(sum)) : uint32_t(sum))
              << code << " row " << i << " column " << j;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, SmfmacLayout,
    testing::Values(Sparse{"v_smfmac_i32_16x16x64_i8", I8, 16, 64},
                    Sparse{"v_smfmac_i32_32x32x32_i8", I8, 32, 32},
                    Sparse{"v_smfmac_f32_16x16x32_f16", F16, 16, 32},
                    Sparse{"v_smfmac_f32_32x32x16_f16", F16, 32, 16},
                    Sparse{"v_smfmac_f32_16x16x32_bf16", BF16, 16, 32},
                    Sparse{"v_smfmac_f32_32x32x16_bf16", BF16, 32, 16}),
    [](const auto &i) { return i.param.name; });

//===----------------------------------------------------------------------===//
// WMMA
//===----------------------------------------------------------------------===//

namespace {
struct WmmaCase {
  const char *name;
  Kind kind;
  const char *title;
  bool signedA, signedB, clamp;
};
class WmmaLayout : public testing::TestWithParam<WmmaCase> {};
} // namespace

TEST_P(WmmaLayout, IsTheDocuments) {
  const WmmaCase &s = GetParam();
  unsigned bits = bitsOf(s.kind), words = 16 * bits / 32;
  bool real = isReal(s.kind);
  Packed a(words, 32), b(words, 32), c(8, 32);
  int64_t ea[16][16], eb[16][16], ec[16][16];
  int top = real ? 16 : 1 << bits;
  auto value = [&](bool isSigned) {
    return isSigned ? small(-top / 2, top / 2 - 1) : small(0, top - 1);
  };
  auto result = [](unsigned i, unsigned j) {
    return Place{j + 16 * (i % 2), 32 * (i / 2)};
  };
  for (unsigned i = 0; i < 16; ++i)
    for (unsigned k = 0; k < 16; ++k) {
      ea[i][k] = value(s.signedA || real);
      eb[i][k] = value(s.signedB || real); // column i
      // Whole numbers near both ends, so that some sums saturate.
      ec[i][k] = real    ? small(-100, 100)
                 : i % 2 ? INT32_MAX - small(0, 1000)
                         : INT32_MIN + small(0, 1000);
      for (unsigned copy : {0u, 16u}) {
        a.put({i + copy, k * bits}, bits, encode(s.kind, int(ea[i][k])));
        b.put({i + copy, k * bits}, bits, encode(s.kind, int(eb[i][k])));
      }
      c.put(result(i, k), 32, real ? f(float(ec[i][k])) : uint32_t(ec[i][k]));
    }
  Registers inputs = a.r;
  inputs.insert(inputs.end(), b.r.begin(), b.r.end());
  inputs.insert(inputs.end(), c.r.begin(), c.r.end());
  std::string code = std::string(s.name) + " v[128:135], " + range(64, words) +
                     ", " + range(64 + words, words) + ", " +
                     range(64 + 2 * words, 8);
  if (!real)
    code += " neg_lo:[" + std::to_string(s.signedA) + "," +
            std::to_string(s.signedB) + ",0]" + (s.clamp ? " clamp" : "");
  Registers r = evaluate(Chip::Gfx1100, code, inputs, 8);
  for (unsigned i = 0; i < 16; ++i)
    for (unsigned j = 0; j < 16; ++j) {
      int64_t sum = ec[i][j];
      for (unsigned k = 0; k < 16; ++k)
        sum += ea[i][k] * eb[j][k];
      if (s.clamp)
        sum = std::min<int64_t>(INT32_MAX, std::max<int64_t>(INT32_MIN, sum));
      Place p = result(i, j);
      ASSERT_EQ(r[p.bit / 32][p.lane], real ? f(float(sum)) : uint32_t(sum))
          << code << " row " << i << " column " << j;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, WmmaLayout,
    testing::Values(
        WmmaCase{"v_wmma_i32_16x16x16_iu8", I8, "uu8", false, false, false},
        WmmaCase{"v_wmma_i32_16x16x16_iu8", I8, "us8", false, true, false},
        WmmaCase{"v_wmma_i32_16x16x16_iu8", I8, "su8", true, false, false},
        WmmaCase{"v_wmma_i32_16x16x16_iu8", I8, "ss8", true, true, false},
        WmmaCase{"v_wmma_i32_16x16x16_iu8", I8, "us8clamp", false, true, true},
        WmmaCase{"v_wmma_i32_16x16x16_iu8", I8, "ss8clamp", true, true, true},
        WmmaCase{"v_wmma_i32_16x16x16_iu4", I4, "us4", false, true, false},
        WmmaCase{"v_wmma_i32_16x16x16_iu4", I4, "ss4clamp", true, true, true},
        WmmaCase{"v_wmma_f32_16x16x16_f16", F16, "f16", true, true, false},
        WmmaCase{"v_wmma_f32_16x16x16_bf16", BF16, "bf16", true, true, false}),
    [](const auto &i) { return i.param.title; });
