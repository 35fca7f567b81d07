//===- MatrixTest.cpp - layouts of mma, mma.sp, ldmatrix ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Matrices of random values are dealt out by the formulas of the PTX ISA
// ("Matrix Fragments for mma.m16n8k32", ...), element i of a lane: a0, a1, ...
// in order of the registers.
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include <algorithm>

using namespace harness;

namespace {
struct Place {
  int row, column;
};
using Formula = Place (*)(int group, int member, int i);
struct Shape {
  const char *name;
  int rows, k;
  int a, b; ///< elements of a lane
  Formula placeOfA, placeOfB;
};

const Shape kBytes[] = {
    {"m8n8k16", 8, 16, 4, 4,
     [](int g, int t, int i) { return Place{g, t * 4 + i}; },
     [](int g, int t, int i) { return Place{t * 4 + i, g}; }},
    {"m16n8k16", 16, 16, 8, 4,
     [](int g, int t, int i) {
       return Place{i < 4 ? g : g + 8, t * 4 + (i & 3)};
     },
     [](int g, int t, int i) { return Place{t * 4 + i, g}; }},
    {"m16n8k32", 16, 32, 16, 8,
     [](int g, int t, int i) {
       return Place{i < 4 || (i >= 8 && i < 12) ? g : g + 8,
                    t * 4 + (i & 3) + (i < 8 ? 0 : 16)};
     },
     [](int g, int t, int i) {
       return Place{t * 4 + (i & 3) + (i < 4 ? 0 : 16), g};
     }},
};
const Shape kHalves[] = {
    {"m16n8k8", 16, 8, 4, 2,
     [](int g, int t, int i) {
       return Place{i < 2 ? g : g + 8, t * 2 + (i & 1)};
     },
     [](int g, int t, int i) { return Place{t * 2 + i, g}; }},
    {"m16n8k16", 16, 16, 8, 4,
     [](int g, int t, int i) {
       return Place{i < 2 || (i >= 4 && i < 6) ? g : g + 8,
                    i < 4 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8};
     },
     [](int g, int t, int i) {
       return Place{t * 2 + (i & 1) + (i < 2 ? 0 : 8), g};
     }},
};
Place placeOfC(int g, int t, int i) {
  return {i < 2 ? g : g + 8, t * 2 + (i & 1)};
}

/// Registers of 32 lanes, and elements of `bits` in them.
struct Fragment {
  Fragment(int elements, int bits)
      : bits(bits), registers((elements * bits + 31) / 32),
        words(32 * ((elements * bits + 31) / 32)) {}
  void set(int lane, int i, uint32_t value) {
    int at = i * bits;
    uint32_t &w = words[(at / 32) * 32 + lane];
    w |= (bits == 32 ? value : value & ((1u << bits) - 1)) << at % 32;
  }
  int bits, registers;
  std::vector<uint32_t> words; ///< [register][lane]
};
} // namespace

static std::string list(int first, int count) {
  std::string text = "{";
  for (int k = 0; k < count; ++k)
    text += (k ? ", %r" : "%r") + std::to_string(first + k);
  return text + "}";
}

/// Runs a matrix instruction on fragments, which lie in buffer 0 one after the
/// other; `count` registers of the result come back, [register][lane].
static std::vector<uint32_t> run(const std::string &mnemonic,
                                 const std::vector<Fragment> &sources,
                                 int count, const std::string &last = "") {
  std::vector<std::vector<uint32_t>> buffers(2);
  buffers[1].resize(32 * count);
  std::string body = "mov.u32 %r0, %tid.x;\nmul.wide.u32 %d2, %r0, 4;\n"
                     "add.u64 %d0, %d0, %d2;\nadd.u64 %d1, %d1, %d2;\n";
  std::string text = mnemonic + " " + list(8, count);
  int next = 16;
  for (const Fragment &f : sources) {
    for (int r = 0; r < f.registers; ++r)
      body += "ld.global.b32 %r" + std::to_string(next + r) + ", [%d0+" +
              std::to_string(4 * (buffers[0].size() + 32 * r)) + "];\n";
    text += ", " + (last.empty() || &f != &sources.back()
                        ? list(next, f.registers)
                        : "%r" + std::to_string(next));
    next += f.registers;
    buffers[0].insert(buffers[0].end(), f.words.begin(), f.words.end());
  }
  body += text + last + ";\n";
  for (int r = 0; r < count; ++r)
    body += "st.global.b32 [%d1+" + std::to_string(128 * r) + "], %r" +
            std::to_string(8 + r) + ";\n";
  EXPECT_EQ(runKernel(body, buffers), "") << mnemonic;
  return buffers[1];
}

TEST(PtxMatrix, Bytes) {
  Random random;
  for (const Shape &s : kBytes)
    for (bool aSigned : {false, true})
      for (bool bSigned : {false, true})
        for (bool finite : {false, true}) {
          int32_t a[16][32], b[32][8], c[16][8];
          Fragment fa(s.a, 8), fb(s.b, 8), fc(s.rows / 4, 32);
          auto byte = [&](bool isSigned) {
            uint32_t v = random.next();
            return isSigned ? int32_t(int8_t(v)) : int32_t(uint8_t(v));
          };
          for (auto &row : a)
            for (int32_t &v : row)
              v = byte(aSigned);
          for (auto &row : b)
            for (int32_t &v : row)
              v = byte(bSigned);
          for (auto &row : c)
            for (int32_t &v : row) // sums pass the ends of 32 bits
              v = int32_t(0x7fffff00 + random.next() % 256) *
                  (random.next() & 1 ? 1 : -1);
          for (int l = 0; l < 32; ++l) {
            for (int i = 0; i < s.a; ++i) {
              Place p = s.placeOfA(l / 4, l % 4, i);
              fa.set(l, i, a[p.row][p.column]);
            }
            for (int i = 0; i < s.b; ++i) {
              Place p = s.placeOfB(l / 4, l % 4, i);
              fb.set(l, i, b[p.row][p.column]);
            }
            for (int i = 0; i < s.rows / 4; ++i) {
              Place p = placeOfC(l / 4, l % 4, i);
              fc.set(l, i, c[p.row][p.column]);
            }
          }
          std::string name = std::string("mma.sync.aligned.") + s.name +
                             ".row.col" + (finite ? ".satfinite" : "") +
                             ".s32." + (aSigned ? "s8." : "u8.") +
                             (bSigned ? "s8" : "u8") + ".s32";
          auto got = run(name, {fa, fb, fc}, s.rows / 4);
          for (int l = 0; l < 32; ++l)
            for (int i = 0; i < s.rows / 4; ++i) {
              Place p = placeOfC(l / 4, l % 4, i);
              int64_t sum = c[p.row][p.column];
              for (int k = 0; k < s.k; ++k)
                sum += a[p.row][k] * b[k][p.column];
              if (finite)
                sum = std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX);
              ASSERT_EQ(got[32 * i + l], uint32_t(sum)) << name << l << i;
            }
        }
}

// Small whole numbers, whose sums are exact in every format.
TEST(PtxMatrix, Halves) {
  Random random;
  auto half = [](int v, bool bfloat) -> uint32_t {
    if (bfloat)
      return bitsOf(float(v)) >> 16;
    int m = std::abs(v), e = 0;
    while (m >> (e + 1))
      ++e;
    return (v < 0 ? 0x8000 : 0) |
           (m ? (e + 15) << 10 | ((m << (10 - e)) & 1023) : 0);
  };
  for (const Shape &s : kHalves)
    for (int kind = 0; kind < 3;
         ++kind) { // f32 of f16, f16 of f16, f32 of bf16
      int a[16][16], b[16][8], c[16][8];
      Fragment fa(s.a, 16), fb(s.b, 16), fc(4, kind == 1 ? 16 : 32);
      for (auto *m : {&a[0][0], &b[0][0], &c[0][0]})
        for (int k = 0; k < (m == &a[0][0] ? 256 : 128); ++k)
          m[k] = int(random.next() % 9) - 4;
      auto accumulator = [&](int v) {
        return kind == 1 ? half(v, false) : uint32_t(bitsOf(float(v)));
      };
      for (int l = 0; l < 32; ++l) {
        for (int i = 0; i < s.a; ++i) {
          Place p = s.placeOfA(l / 4, l % 4, i);
          fa.set(l, i, half(a[p.row][p.column], kind == 2));
        }
        for (int i = 0; i < s.b; ++i) {
          Place p = s.placeOfB(l / 4, l % 4, i);
          fb.set(l, i, half(b[p.row][p.column], kind == 2));
        }
        for (int i = 0; i < 4; ++i) {
          Place p = placeOfC(l / 4, l % 4, i);
          fc.set(l, i, accumulator(c[p.row][p.column]));
        }
      }
      const char *types[] = {".f32.f16.f16.f32", ".f16.f16.f16.f16",
                             ".f32.bf16.bf16.f32"};
      std::string name =
          std::string("mma.sync.aligned.") + s.name + ".row.col" + types[kind];
      Fragment expected(4, kind == 1 ? 16 : 32);
      auto got = run(name, {fa, fb, fc}, expected.registers);
      for (int l = 0; l < 32; ++l)
        for (int i = 0; i < 4; ++i) {
          Place p = placeOfC(l / 4, l % 4, i);
          int sum = c[p.row][p.column];
          for (int k = 0; k < s.k; ++k)
            sum += a[p.row][k] * b[k][p.column];
          expected.set(l, i, accumulator(sum));
        }
      EXPECT_EQ(got, expected.words) << name;
    }
}

// What an f32 has behind its 19th bit is not read. Elements i of A stand in
// rows g and g + 8, columns t + 4 * (i / 2), those of B in row t + 4 i, column
// g.
TEST(PtxMatrix, TF32) {
  Random random;
  for (int depth : {4, 8}) {
    int a[16][8], b[8][8], c[16][8];
    for (auto &row : a)
      for (int &v : row)
        v = int(random.next() % 2047) - 1023;
    for (auto *m : {&b, reinterpret_cast<int (*)[8][8]>(&c[0]),
                    reinterpret_cast<int (*)[8][8]>(&c[8])})
      for (auto &row : *m)
        for (int &v : row)
          v = int(random.next() % 255) - 127;
    Fragment fa(depth / 2, 32), fb(depth / 4, 32), fc(4, 32), expected(4, 32);
    auto noisy = [&](int v) {
      return bitsOf(float(v)) | uint32_t(random.next() % 8192);
    };
    for (int l = 0; l < 32; ++l) {
      int g = l / 4, t = l % 4;
      for (int i = 0; i < depth / 2; ++i)
        fa.set(l, i, noisy(a[i % 2 ? g + 8 : g][t + 4 * (i / 2)]));
      for (int i = 0; i < depth / 4; ++i)
        fb.set(l, i, noisy(b[t + 4 * i][g]));
      for (int i = 0; i < 4; ++i) {
        Place p = placeOfC(g, t, i);
        int sum = c[p.row][p.column];
        fc.set(l, i, bitsOf(float(sum)));
        for (int k = 0; k < depth; ++k)
          sum += a[p.row][k] * b[k][p.column];
        expected.set(l, i, bitsOf(float(sum)));
      }
    }
    std::string name = "mma.sync.aligned.m16n8k" + std::to_string(depth) +
                       ".row.col.f32.tf32.tf32.f32";
    EXPECT_EQ(run(name, {fa, fb, fc}, 4), expected.words) << name;
  }
}

// A has two of four columns; a lane's elements i of A are those of eight
// columns beginning at 8 t (+ 32 behind the eighth element), in order.
TEST(PtxMatrix, Sparse) {
  Random random;
  for (int k : {32, 64})
    for (const char *variant : {"mma.sp", "mma.sp::ordered_metadata"})
      for (int kind = 0; kind < 8; ++kind)
        for (int selector = 0; selector < 64 / k; ++selector) {
          bool aSigned = kind & 1, bSigned = kind & 2, finite = kind & 4;
          int32_t a[16][64] = {}, b[64][8], c[16][8];
          uint32_t places[16][2] = {}; // of a row, for each 32 columns
          auto byte = [&](bool isSigned) {
            uint32_t v = random.next();
            return isSigned ? int32_t(int8_t(v)) : int32_t(uint8_t(v));
          };
          int where[16][16][2];
          for (int row = 0; row < 16; ++row)
            for (int g = 0; g < k / 4; ++g) {
              int first = random.next() % 3,
                  second = first + 1 + random.next() % (3 - first);
              where[row][g][0] = 4 * g + first;
              where[row][g][1] = 4 * g + second;
              a[row][4 * g + first] = byte(aSigned);
              a[row][4 * g + second] = byte(aSigned);
              places[row][g / 8] |= uint32_t(first | second << 2)
                                    << (g % 8 * 4);
            }
          for (auto &row : b)
            for (int32_t &v : row)
              v = byte(bSigned);
          for (auto &row : c)
            for (int32_t &v : row)
              v = int32_t(0x7fffff00 + random.next() % 256) *
                  (random.next() & 1 ? 1 : -1);
          Fragment fa(k / 4, 8), fb(k / 4, 8), fc(4, 32), fe(1, 32);
          for (int l = 0; l < 32; ++l) {
            int g = l / 4, t = l % 4;
            for (int i = 0; i < k / 4; ++i) {
              int row = k == 64 ? (i < 4 || (i >= 8 && i < 12) ? g : g + 8)
                                : (i < 4 ? g : g + 8);
              int first = t * 8 + (i >= 8 ? 32 : 0);
              int at = i & 3; // of the four that are stored of eight columns
              fa.set(l, i, a[row][where[row][first / 4 + at / 2][at % 2]]);
              fb.set(l, i, b[t * 4 + (i & 3) + 16 * (i / 4)][g]);
            }
            for (int i = 0; i < 4; ++i) {
              Place p = placeOfC(g, t, i);
              fc.set(l, i, c[p.row][p.column]);
            }
            // Lanes that the selector leaves out have something else.
            bool used = k == 64 || t / 2 == selector;
            fe.set(l, 0,
                   used ? places[g + 8 * (t % 2)][k == 64 ? t / 2 : 0] : 0);
          }
          std::string name = std::string(variant) + ".sync.aligned.m16n8k" +
                             std::to_string(k) + ".row.col" +
                             (finite ? ".satfinite" : "") + ".s32." +
                             (aSigned ? "s8." : "u8.") +
                             (bSigned ? "s8" : "u8") + ".s32";
          auto got =
              run(name, {fa, fb, fc, fe}, 4, ", " + std::to_string(selector));
          for (int l = 0; l < 32; ++l)
            for (int i = 0; i < 4; ++i) {
              Place p = placeOfC(l / 4, l % 4, i);
              int64_t sum = c[p.row][p.column];
              for (int n = 0; n < k; ++n)
                sum += a[p.row][n] * b[n][p.column];
              if (finite)
                sum = std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX);
              ASSERT_EQ(got[32 * i + l], uint32_t(sum)) << name << l << i;
            }
        }
}

// Places of a group that are the same name no matrix.
TEST(PtxMatrix, MetadataOutOfOrder) {
  Fragment f(4, 8);
  std::vector<std::vector<uint32_t>> none;
  std::string fault = runKernel(
      "mov.u32 %r0, 0;\nmma.sp::ordered_metadata.sync.aligned.m16n8k32.row.col."
      "s32.s8.s8.s32 {%r1,%r2,%r3,%r4}, {%r0,%r0}, {%r0,%r0}, "
      "{%r0,%r0,%r0,%r0}, %r0, 0;",
      none);
  EXPECT_NE(fault.find("places 0 and 0 of a group of four are not in order"),
            std::string::npos)
      << fault;
}

TEST(PtxMatrix, Load) {
  for (int count : {1, 2, 4})
    for (bool transposed : {false, true}) {
      // Row r of matrix m lies at 16 * (8 * m + r ^ 5); its element c is
      // 64 m + 8 r + c.
      std::string body =
          ".shared .align 16 .b8 s[512];\nmov.u32 %r0, %tid.x;\n"
          "mov.u32 %r1, s;\nxor.b32 %r2, %r0, 5;\n"
          "mad.lo.u32 %r2, %r2, 16, %r1;\nshl.b32 %r3, %r0, 3;\n";
      for (int c = 0; c < 8; ++c)
        body += "add.u32 %r4, %r3, " + std::to_string(c) +
                ";\ncvt.u16.u32 %h0, %r4;\nst.shared.b16 [%r2+" +
                std::to_string(2 * c) + "], %h0;\n";
      body += "bar.warp.sync -1;\nldmatrix.sync.aligned.m8n8.x" +
              std::to_string(count) + (transposed ? ".trans" : "") +
              ".shared.b16 " + list(8, count) + ", [%r2];\n" +
              "mul.wide.u32 %d2, %r0, 4;\nadd.u64 %d0, %d0, %d2;\n";
      for (int r = 0; r < count; ++r)
        body += "st.global.b32 [%d0+" + std::to_string(128 * r) + "], %r" +
                std::to_string(8 + r) + ";\n";
      std::vector<std::vector<uint32_t>> buffers(
          1, std::vector<uint32_t>(32 * count));
      EXPECT_EQ(runKernel(body, buffers), "");
      for (int m = 0; m < count; ++m)
        for (int l = 0; l < 32; ++l) {
          auto element = [&](int e) -> uint32_t {
            int row = transposed ? 2 * (l % 4) + e : l / 4,
                column = transposed ? l / 4 : 2 * (l % 4) + e;
            return 64 * m + 8 * row + column;
          };
          EXPECT_EQ(buffers[0][32 * m + l], element(0) | element(1) << 16);
        }
    }
}

TEST(PtxMatrix, TakesTheWholeWarp) {
  std::string fault = [] {
    std::vector<std::vector<uint32_t>> none;
    Options o;
    o.threads = 16;
    return runKernel("mma.sync.aligned.m8n8k16.row.col.s32.s8.s8.s32 "
                     "{%r0,%r1}, {%r2}, {%r3}, {%r0,%r1};",
                     none, o);
  }();
  EXPECT_NE(fault.find("only lanes 0xffff of the warp"), std::string::npos)
      << fault;
}
