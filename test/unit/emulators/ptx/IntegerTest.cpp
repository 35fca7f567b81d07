//===- IntegerTest.cpp - integer and bit instructions at their edges ------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include <bitset>

using namespace harness;

namespace {
struct Case {
  const char *text, *types;
  Values sources;
  uint64_t expected;
};
} // namespace

static void check(const std::vector<Case> &cases) {
  for (const Case &c : cases)
    EXPECT_EQ(evaluateOne(c.text, c.types, c.sources), c.expected)
        << c.text << std::hex << " of " << c.sources[0];
}

TEST(PtxInteger, Arithmetic) {
  check({
      {"add.s32 $0, $1, $2;", "r=rr", {0x7fffffff, 1}, 0x80000000},
      {"add.sat.s32 $0, $1, $2;", "r=rr", {0x7fffffff, 1}, 0x7fffffff},
      {"sub.sat.s32 $0, $1, $2;", "r=rr", {0x80000000, 1}, 0x80000000},
      {"sub.u16 $0, $1, $2;", "h=hh", {0, 1}, 0xffff},
      {"add.s64 $0, $1, $2;", "d=dd", {~0ull, 2}, 1},
      {"mul.lo.s32 $0, $1, $2;", "r=rr", {0x10001, 0x10001}, 0x20001},
      {"mul.hi.s32 $0, $1, $2;", "r=rr", {0xffffffff, 2}, 0xffffffff},
      {"mul.hi.u32 $0, $1, $2;", "r=rr", {0xffffffff, 2}, 1},
      {"mul.hi.u64 $0, $1, $2;", "d=dd", {~0ull, ~0ull}, ~0ull - 1},
      {"mul.hi.s64 $0, $1, $2;", "d=dd", {~0ull, ~0ull}, 0},
      {"mul.hi.u16 $0, $1, $2;", "h=hh", {0xffff, 0xffff}, 0xfffe},
      {"mul.lo.s16 $0, $1, $2;", "h=hh", {0x101, 0x101}, 0x201},
      {"mul.wide.s16 $0, $1, $2;", "r=hh", {0x8000, 2}, 0xffff0000},
      {"mul.wide.u16 $0, $1, $2;", "r=hh", {0x8000, 2}, 0x10000},
      {"mul.wide.s32 $0, $1, $2;",
       "d=rr",
       {0x80000000, 0x80000000},
       0x4000000000000000},
      {"mad.lo.s32 $0, $1, $2, $3;", "r=rrr", {3, 0xffffffff, 5}, 2},
      {"mad.hi.u32 $0, $1, $2, $3;", "r=rrr", {0x80000000, 4, 5}, 7},
      {"mad.hi.sat.s32 $0, $1, $2, $3;",
       "r=rrr",
       {0x80000000, 0x80000000, 0x7fffffff},
       0x7fffffff},
      {"mad.wide.s32 $0, $1, $2, $3;", "d=rrd", {0xffffffff, 1, 0}, ~0ull},
      {"mul24.lo.s32 $0, $1, $2;", "r=rr", {0xff800000, 1}, 0xff800000},
      {"mul24.hi.u32 $0, $1, $2;", "r=rr", {0xffffff, 0xffffff}, 0xfffffe00},
      {"abs.s32 $0, $1;", "r=r", {0x80000000}, 0x80000000},
      {"abs.s64 $0, $1;", "d=d", {~0ull}, 1},
      {"neg.s16 $0, $1;", "h=h", {0x8000}, 0x8000},
      {"min.s32 $0, $1, $2;", "r=rr", {0x80000000, 1}, 0x80000000},
      {"min.u32 $0, $1, $2;", "r=rr", {0x80000000, 1}, 1},
      {"max.s16 $0, $1, $2;", "h=hh", {0xffff, 0}, 0},
      {"max.u64 $0, $1, $2;", "d=dd", {~0ull, 0}, ~0ull},
      {"sad.s32 $0, $1, $2, $3;", "r=rrr", {0x80000000, 0x7fffffff, 1}, 0},
      {"sad.u32 $0, $1, $2, $3;", "r=rrr", {2, 5, 1}, 4},
      {"min.s16x2 $0, $1, $2;", "r=rr", {0x0001ffff, 0xfffe0002}, 0xfffeffff},
      {"add.u16x2 $0, $1, $2;", "r=rr", {0x0001ffff, 0x00010001}, 0x00020000},
  });
}

TEST(PtxInteger, Division) {
  check({
      // What is divided by zero is all ones, not the end of the process.
      {"div.s32 $0, $1, $2;", "r=rr", {7, 0}, 0xffffffff},
      {"div.u32 $0, $1, $2;", "r=rr", {7, 0}, 0xffffffff},
      {"div.u64 $0, $1, $2;", "d=dd", {7, 0}, ~0ull},
      {"rem.u32 $0, $1, $2;", "r=rr", {7, 0}, 7},
      {"div.s32 $0, $1, $2;", "r=rr", {0x80000000, 0xffffffff}, 0x80000000},
      {"rem.s32 $0, $1, $2;", "r=rr", {0x80000000, 0xffffffff}, 0},
      {"div.s32 $0, $1, $2;", "r=rr", {0xfffffff9, 2}, 0xfffffffd},
      {"rem.s32 $0, $1, $2;", "r=rr", {0xfffffff9, 2}, 0xffffffff},
      {"div.s16 $0, $1, $2;", "h=hh", {0xfff9, 2}, 0xfffd},
      {"div.s64 $0, $1, $2;", "d=dd", {uint64_t(-7), 2}, uint64_t(-3)},
  });
}

TEST(PtxInteger, Carries) {
  const std::string add = "add.cc.u32 $0, $1, $2;\naddc.u32 $0, $1, $2;";
  EXPECT_EQ(evaluateOne(add, "r=rr", {0x80000000, 0x80000000}), 1u);
  EXPECT_EQ(evaluateOne(add, "r=rr", {1, 2}), 3u);
  const std::string sub = "sub.cc.u32 $0, $1, $2;\nsubc.u32 $0, 9, 1;";
  EXPECT_EQ(evaluateOne(sub, "r=rr", {1, 2}), 7u);
  EXPECT_EQ(evaluateOne(sub, "r=rr", {2, 1}), 8u);
  const std::string mad =
      "mad.lo.cc.u32 $0, $1, $2, $3;\nmadc.hi.u32 $0, $1, $2, 0;";
  // (2^32 - 1) * 2 + (2^32 - 1): high word 1, and the carry of the low one.
  EXPECT_EQ(evaluateOne(mad, "r=rrr", {0xffffffff, 2, 0xffffffff}), 2u);
}

TEST(PtxInteger, Shifts) {
  check({
      {"shl.b32 $0, $1, $2;", "r=rr", {1, 31}, 0x80000000},
      {"shl.b32 $0, $1, $2;", "r=rr", {1, 32}, 0},
      {"shl.b64 $0, $1, $2;", "d=dr", {1, 64}, 0},
      {"shl.b16 $0, $1, $2;", "h=hr", {3, 15}, 0x8000},
      {"shr.u32 $0, $1, $2;", "r=rr", {0x80000000, 40}, 0},
      {"shr.s32 $0, $1, $2;", "r=rr", {0x80000000, 40}, 0xffffffff},
      {"shr.s64 $0, $1, $2;", "d=dr", {1ull << 63, 99}, ~0ull},
      {"shr.s16 $0, $1, $2;", "h=hr", {0x8000, 3}, 0xf000},
      {"shf.l.clamp.b32 $0, $1, $2, $3;", "r=rrr", {5, 6, 40}, 5},
      {"shf.l.wrap.b32 $0, $1, $2, $3;", "r=rrr", {0x80000000, 1, 33}, 3},
      {"shf.r.clamp.b32 $0, $1, $2, $3;", "r=rrr", {5, 6, 40}, 6},
      {"shf.r.wrap.b32 $0, $1, $2, $3;", "r=rrr", {2, 1, 33}, 0x80000001},
  });
}

TEST(PtxInteger, Bits) {
  check({
      {"bfe.u32 $0, $1, $2, $3;", "r=rrr", {0xabcd1234, 8, 8}, 0x12},
      {"bfe.s32 $0, $1, $2, $3;", "r=rrr", {0x0000f000, 8, 8}, 0xfffffff0},
      {"bfe.s32 $0, $1, $2, $3;", "r=rrr", {0x80000000, 30, 8}, 0xfffffffe},
      {"bfe.u32 $0, $1, $2, $3;", "r=rrr", {0xffffffff, 0, 0}, 0},
      {"bfe.u64 $0, $1, $2, $3;", "d=drr", {0xff00ull << 40, 44, 8}, 0xf0},
      {"bfi.b32 $0, $1, $2, $3, $4;", "r=rrrr", {0xff, 0, 4, 4}, 0xf0},
      {"bfi.b32 $0, $1, $2, $3, $4;", "r=rrrr", {0xff, 3, 32, 4}, 3},
      {"bfind.u32 $0, $1;", "r=r", {0x00010000}, 16},
      {"bfind.u32 $0, $1;", "r=r", {0}, 0xffffffff},
      {"bfind.s32 $0, $1;", "r=r", {0xfffffff0}, 3},
      {"bfind.s32 $0, $1;", "r=r", {0xffffffff}, 0xffffffff},
      {"bfind.shiftamt.u32 $0, $1;", "r=r", {1}, 31},
      {"bfind.u64 $0, $1;", "r=d", {1ull << 40}, 40},
      {"brev.b32 $0, $1;", "r=r", {1}, 0x80000000},
      {"brev.b64 $0, $1;", "d=d", {2}, 1ull << 62},
      {"popc.b32 $0, $1;", "r=r", {0xf0f0}, 8},
      {"popc.b64 $0, $1;", "r=d", {~0ull}, 64},
      {"clz.b32 $0, $1;", "r=r", {0}, 32},
      {"clz.b32 $0, $1;", "r=r", {1}, 31},
      {"clz.b64 $0, $1;", "r=d", {0}, 64},
      {"not.b16 $0, $1;", "h=h", {0xf0}, 0xff0f},
      {"not.b64 $0, $1;", "d=d", {0}, ~0ull},
      {"cnot.b32 $0, $1;", "r=r", {0}, 1},
      {"cnot.b32 $0, $1;", "r=r", {5}, 0},
      {"szext.clamp.s32 $0, $1, $2;", "r=rr", {0x80, 8}, 0xffffff80},
      {"szext.wrap.u32 $0, $1, $2;", "r=rr", {0x1ff, 40}, 0xff},
      {"bmsk.clamp.b32 $0, $1, $2;", "r=rr", {4, 4}, 0xf0},
  });
}

// Each mode of prmt by the table of the PTX ISA, for all selectors.
TEST(PtxInteger, Permute) {
  const uint32_t a = 0x83828180, b = 0x07060504; // byte k is k, 0x80 more in a
  auto byteOf = [&](unsigned k) {
    return uint32_t(k < 4 ? a >> 8 * k : b >> 8 * (k - 4)) & 0xff;
  };
  static const struct {
    const char *mode;
    int table[4][4]; ///< [selector][byte of the result]
  } modes[] = {
      {"f4e", {{0, 1, 2, 3}, {1, 2, 3, 4}, {2, 3, 4, 5}, {3, 4, 5, 6}}},
      {"b4e", {{0, 7, 6, 5}, {1, 0, 7, 6}, {2, 1, 0, 7}, {3, 2, 1, 0}}},
      {"rc8", {{0, 0, 0, 0}, {1, 1, 1, 1}, {2, 2, 2, 2}, {3, 3, 3, 3}}},
      {"ecl", {{0, 1, 2, 3}, {1, 1, 2, 3}, {2, 2, 2, 3}, {3, 3, 3, 3}}},
      {"ecr", {{0, 0, 0, 0}, {0, 1, 1, 1}, {0, 1, 2, 2}, {0, 1, 2, 3}}},
      {"rc16", {{0, 1, 0, 1}, {2, 3, 2, 3}, {0, 1, 0, 1}, {2, 3, 2, 3}}},
  };
  for (const auto &m : modes)
    for (unsigned s = 0; s < 4; ++s) {
      uint32_t expected = 0;
      for (int k = 0; k < 4; ++k)
        expected |= byteOf(m.table[s][k]) << 8 * k;
      EXPECT_EQ(
          evaluateOne(std::string("prmt.b32.") + m.mode + " $0, $1, $2, $3;",
                      "r=rrr", {a, b, s}),
          expected)
          << m.mode << s;
    }
  check({{"prmt.b32 $0, $1, $2, $3;", "r=rrr", {a, b, 0x7531}, 0x07058381},
         {"prmt.b32 $0, $1, $2, $3;", "r=rrr", {a, b, 0xf8c3}, 0x00ff0083}});
}

TEST(PtxInteger, TruthTables) {
  // With a = 0xf0, b = 0xcc, c = 0xaa the result is the table itself.
  for (unsigned table = 0; table < 256; table += 5)
    EXPECT_EQ(
        evaluateOne("lop3.b32 $0, $1, $2, $3, " + std::to_string(table) + ";",
                    "r=rrr", {0xf0, 0xcc, 0xaa}) &
            0xff,
        table);
}

TEST(PtxInteger, Dots) {
  check({
      {"dp4a.s32.s32 $0, $1, $2, $3;",
       "r=rrr",
       {0x80ff0102, 0x80030405, 7},
       uint32_t(16384 - 3 + 4 + 10 + 7)},
      {"dp4a.u32.s32 $0, $1, $2, $3;",
       "r=rrr",
       {0x80ff0102, 0x80030405, 7},
       uint32_t(-16384 + 765 + 4 + 10 + 7)},
      {"dp4a.u32.u32 $0, $1, $2, $3;",
       "r=rrr",
       {0xffffffff, 0xffffffff, 0},
       4 * 65025},
      {"dp2a.lo.s32.u32 $0, $1, $2, $3;",
       "r=rrr",
       {0xffff0002, 0x0a0b0304, 1},
       uint32_t(-3 + 8 + 1)},
      {"dp2a.hi.s32.u32 $0, $1, $2, $3;",
       "r=rrr",
       {0xffff0002, 0x0a0b0304, 1},
       uint32_t(-10 + 22 + 1)},
  });
}

TEST(PtxInteger, Comparisons) {
  check({
      {"setp.lt.s32 $0, $1, $2;", "p=rr", {0xffffffff, 0}, 1},
      {"setp.lt.u32 $0, $1, $2;", "p=rr", {0xffffffff, 0}, 0},
      {"setp.hi.u64 $0, $1, $2;", "p=dd", {~0ull, 0}, 1},
      {"setp.ge.s16 $0, $1, $2;", "p=hh", {0x8000, 0}, 0},
      {"setp.ne.b16 $0, $1, $2;", "p=hh", {1, 1}, 0},
      {"setp.eq.and.s32 $0, $1, $2, $3;", "p=rrp", {1, 1, 0}, 0},
      {"setp.eq.or.s32 $0, $1, $2, !$3;", "p=rrp", {1, 2, 0}, 1},
      {"setp.eq.xor.s32 $0, $1, $2, $3;", "p=rrp", {1, 1, 1}, 0},
      {"set.eq.u32.s32 $0, $1, $2;", "r=rr", {1, 1}, 0xffffffff},
      {"set.ne.f32.s32 $0, $1, $2;", "r=rr", {1, 2}, 0x3f800000},
      {"selp.b32 $0, $1, $2, $3;", "r=rrp", {1, 2, 1}, 1},
      {"selp.b64 $0, $1, $2, $3;", "d=ddp", {1, 2, 0}, 2},
      {"slct.b32.s32 $0, $1, $2, $3;", "r=rrr", {1, 2, 0x80000000}, 2},
      {"slct.b32.f32 $0, $1, $2, $3;", "r=rrr", {1, 2, 0x80000000}, 1},
      {"and.pred $0, $1, $2;", "p=pp", {1, 0}, 0},
      {"not.pred $0, $1;", "p=p", {0}, 1},
  });
  EXPECT_EQ(evaluateOne("setp.lt.s32 $0|$1, $2, $3;", "pp=rr", {1, 2}, 1), 0u);
  EXPECT_EQ(
      evaluateOne("setp.lt.and.s32 $0|$1, $2, $3, $4;", "pp=rrp", {3, 2, 1}, 1),
      1u);
}
