//===- MemoryTest.cpp - memory, atomics, lanes and branches ---------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"

using namespace harness;

/// Runs a body that leaves a word of each of 32 threads in %r9.
static std::vector<uint32_t> lanes(const std::string &body,
                                   const Options &o = {}) {
  std::vector<std::vector<uint32_t>> buffers(1,
                                             std::vector<uint32_t>(o.threads));
  EXPECT_EQ(runKernel("mov.u32 %r0, %tid.x;\nmul.wide.u32 %d1, %r0, 4;\n"
                      "add.u64 %d1, %d1, %d0;\n" +
                          body + "\nst.global.u32 [%d1], %r9;",
                      buffers, o),
            "")
      << body;
  return buffers[0];
}
template <typename F> static std::vector<uint32_t> expected(F f) {
  std::vector<uint32_t> values;
  for (int l = 0; l < 32; ++l)
    values.push_back(f(l));
  return values;
}

TEST(PtxLanes, Shuffles) {
  EXPECT_EQ(lanes("shfl.sync.bfly.b32 %r9, %r0, 5, 31, -1;"),
            expected([](int l) { return l ^ 5; }));
  EXPECT_EQ(lanes("shfl.sync.up.b32 %r9, %r0, 3, 0, -1;"),
            expected([](int l) { return l < 3 ? l : l - 3; }));
  EXPECT_EQ(lanes("shfl.sync.down.b32 %r9, %r0, 3, 31, -1;"),
            expected([](int l) { return l > 28 ? l : l + 3; }));
  // Segments of 8: the mask of c is 0x18.
  EXPECT_EQ(lanes("shfl.sync.idx.b32 %r9, %r0, 2, 0x181f, -1;"),
            expected([](int l) { return (l & 24) + 2; }));
  EXPECT_EQ(lanes("shfl.sync.down.b32 %r8|%p0, %r0, 3, 0x181f, -1;\n"
                  "selp.b32 %r9, %r8, 99, %p0;"),
            expected([](int l) { return l % 8 > 4 ? 99 : l + 3; }));
}

TEST(PtxLanes, Votes) {
  const std::string odd = "and.b32 %r1, %r0, 1;\nsetp.eq.u32 %p0, %r1, 1;\n";
  auto all = [](uint32_t v) { return expected([=](int) { return v; }); };
  EXPECT_EQ(lanes(odd + "vote.sync.ballot.b32 %r9, %p0, -1;"), all(0xaaaaaaaa));
  EXPECT_EQ(lanes(odd + "vote.sync.ballot.b32 %r9, !%p0, -1;"),
            all(0x55555555));
  EXPECT_EQ(lanes(odd + "vote.sync.any.pred %p1, %p0, -1;\n"
                        "vote.sync.all.pred %p2, %p0, -1;\n"
                        "vote.sync.uni.pred %p3, %p0, -1;\n"
                        "selp.b32 %r9, 1, 0, %p1;\nselp.b32 %r2, 2, 0, %p2;\n"
                        "selp.b32 %r3, 4, 0, %p3;\nor.b32 %r9, %r9, %r2;\n"
                        "or.b32 %r9, %r9, %r3;"),
            all(1));
  EXPECT_EQ(lanes(odd + "match.any.sync.b32 %r9, %r1, -1;"),
            expected([](int l) { return l & 1 ? 0xaaaaaaaa : 0x55555555; }));
  EXPECT_EQ(lanes("redux.sync.add.u32 %r9, %r0, -1;"), all(496));
  EXPECT_EQ(lanes("sub.s32 %r1, %r0, 5;\nredux.sync.min.s32 %r9, %r1, -1;"),
            all(uint32_t(-5)));
  EXPECT_EQ(lanes("mov.u32 %r9, 0;\n" + odd + "@%p0 activemask.b32 %r9;"),
            expected([](int l) { return l & 1 ? 0xaaaaaaaa : 0; }));
  EXPECT_EQ(lanes("elect.sync %r8|%p0, -1;\nselp.b32 %r9, 1, 0, %p0;"),
            expected([](int l) { return l == 0; }));
}

// Lanes part by a loop of different lengths and by a table of targets, and
// meet.
TEST(PtxLanes, Divergence) {
  EXPECT_EQ(lanes("mov.u32 %r9, 0;\nmov.u32 %r1, 0;\n"
                  "A: setp.ge.u32 %p0, %r1, %r0;\n@%p0 bra B;\n"
                  "add.u32 %r9, %r9, %r1;\nadd.u32 %r1, %r1, 1;\nbra A;\n"
                  "B: activemask.b32 %r2;\nsetp.ne.u32 %p1, %r2, -1;\n"
                  "@%p1 trap;"),
            expected([](int l) { return l * (l - 1) / 2; }));
  EXPECT_EQ(lanes("and.b32 %r1, %r0, 3;\n"
                  "T: .branchtargets A, B, C, A;\nbrx.idx %r1, T;\n"
                  "A: mov.u32 %r9, 10;\nbra D;\nB: mov.u32 %r9, 20;\nbra D;\n"
                  "C: mov.u32 %r9, 30;\nD:"),
            expected([](int l) {
              return l % 4 == 1 ? 20 : l % 4 == 2 ? 30 : 10;
            }));
}

TEST(PtxMemory, SpecialRegisters) {
  Options o;
  o.threads = 64;
  auto got = lanes("mov.u32 %r1, %laneid;\nmov.u32 %r2, %warpid;\n"
                   "mov.u32 %r3, %ntid.x;\nmov.u32 %r4, %nctaid.x;\n"
                   "mov.u32 %r5, %lanemask_lt;\npopc.b32 %r5, %r5;\n"
                   "mad.lo.u32 %r9, %r2, 1000, %r1;\n"
                   "mad.lo.u32 %r9, %r3, 10000, %r9;\nadd.u32 %r9, %r9, %r4;\n"
                   "add.u32 %r9, %r9, %r5;",
                   o);
  for (unsigned t = 0; t < 64; ++t)
    EXPECT_EQ(got[t], t / 32 * 1000 + t % 32 + 640000 + 1 + t % 32);
}

TEST(PtxMemory, Spaces) {
  Options o;
  o.module = ".global .align 4 .u32 v[4] = {7, 8, 9};\n"
             ".const .align 4 .u32 c = 5;\n"
             ".shared .align 4 .b8 s[128];\n";
  EXPECT_EQ(lanes("and.b32 %r1, %r0, 3;\nmul.wide.u32 %d2, %r1, 4;\n"
                  "mov.u64 %d3, v;\nadd.u64 %d3, %d3, %d2;\n"
                  "ld.global.u32 %r9, [%d3];\nld.const.u32 %r2, [c];\n"
                  "add.u32 %r9, %r9, %r2;",
                  o),
            expected([](int l) { return 5 + (l % 4 == 3 ? 0 : 7 + l % 4); }));
  // Generic addresses of shared and local memory.
  EXPECT_EQ(lanes(".local .align 8 .b8 l[16];\nmov.u64 %d2, l;\n"
                  "cvta.local.u64 %d3, %d2;\nst.u32 [%d3+8], %r0;\n"
                  "ld.local.u32 %r1, [l+8];\nmov.u64 %d4, s;\n"
                  "cvta.shared.u64 %d4, %d4;\nmul.wide.u32 %d5, %r0, 4;\n"
                  "add.u64 %d4, %d4, %d5;\nst.u32 [%d4], %r1;\n"
                  "cvta.to.shared.u64 %d4, %d4;\nld.shared.u32 %r9, [%d4];",
                  o),
            expected([](int l) { return l; }));
}

TEST(PtxMemory, Widths) {
  // Bytes 80 81 .. in the buffer: signs fill the register, or zeros do.
  std::vector<std::vector<uint32_t>> b = {{0x83828180, 0x87868584, 0, 0},
                                          std::vector<uint32_t>(12)};
  Options one;
  one.threads = 1;
  EXPECT_EQ(
      runKernel("ld.global.s8 %r0, [%d0+1];\nst.global.b32 [%d1], %r0;\n"
                "ld.global.u8 %r0, [%d0+1];\nst.global.b32 [%d1+4], %r0;\n"
                "ld.global.s16 %d2, [%d0];\nst.global.b64 [%d1+8], %d2;\n"
                "ld.global.v2.b32 {%r1, %r2}, [%d0];\n"
                "st.global.v2.b32 [%d1+16], {%r2, %r1};\n"
                "mov.b64 %d3, {%r1, %r2};\nmov.b64 {%r4, %r5}, %d3;\n"
                "st.global.b32 [%d1+24], %r5;\n"
                "mov.b32 {%h0, %h1}, %r1;\nst.global.b16 [%d1+28], %h1;\n"
                "st.global.b8 [%d1+32], %r2;",
                b, one),
      "");
  EXPECT_EQ(b[1], (std::vector<uint32_t>{0xffffff81, 0x81, 0xffff8180,
                                         0xffffffff, 0x87868584, 0x83828180,
                                         0x87868584, 0x8382, 0x84, 0, 0, 0}));
}

TEST(PtxMemory, Atomics) {
  struct {
    const char *operation;
    uint32_t before, operand, after;
  } cases[] = {
      {"add.u32", 5, 0xffffffff, 4},
      {"min.s32", 5, 0xffffffff, 0xffffffff},
      {"min.u32", 5, 0xffffffff, 5},
      {"max.s32", 5, 0xffffffff, 5},
      {"max.u32", 5, 9, 9},
      {"exch.b32", 5, 9, 9},
      {"and.b32", 0xf0, 0x3c, 0x30},
      {"or.b32", 0xf0, 0x3c, 0xfc},
      {"xor.b32", 0xf0, 0x3c, 0xcc},
      {"inc.u32", 5, 5, 0},
      {"inc.u32", 4, 5, 5},
      {"dec.u32", 0, 5, 5},
      {"dec.u32", 6, 5, 5},
      {"dec.u32", 3, 5, 2},
      {"add.noftz.f16x2", 0x3c003c00, 0x3c004000, 0x40004200},
  };
  Options one;
  one.threads = 1;
  for (const auto &c : cases)
    for (const char *space : {"global.", "shared."}) {
      std::vector<std::vector<uint32_t>> b = {{c.before, c.operand, 0}};
      bool shared = *space == 's';
      EXPECT_EQ(
          runKernel(std::string(".shared .align 4 .b8 s[4];\n"
                                "ld.global.u32 %r0, [%d0];\n"
                                "ld.global.u32 %r1, [%d0+4];\n") +
                        (shared ? "st.shared.u32 [s], %r0;\n" : "") +
                        (shared ? "atom.shared." : "atom.global.") +
                        c.operation +
                        (shared ? " %r2, [s], %r1;\n" : " %r2, [%d0], %r1;\n") +
                        (shared ? "ld.shared.u32 %r3, [s];\n"
                                  "st.global.u32 [%d0], %r3;\n"
                                : "") +
                        "st.global.u32 [%d0+8], %r2;",
                    b, one),
          "");
      EXPECT_EQ(b[0][0], c.after) << c.operation;
      EXPECT_EQ(b[0][2], c.before) << c.operation;
    }
  // All lanes add; one wins the exchange.
  std::vector<std::vector<uint32_t>> b = {{0, 0}};
  EXPECT_EQ(runKernel("mov.u32 %r0, %tid.x;\nadd.u32 %r1, %r0, 1;\n"
                      "red.global.add.u32 [%d0], %r0;\n"
                      "atom.global.cas.b32 %r2, [%d0+4], 0, %r1;",
                      b),
            "");
  EXPECT_EQ(b[0][0], 496u);
  EXPECT_EQ(b[0][1], 1u);
}

TEST(PtxMemory, AsyncCopies) {
  std::vector<std::vector<uint32_t>> b = {{1, 2, 3, 4, 0, 0, 0, 0}};
  Options one;
  one.threads = 1;
  EXPECT_EQ(runKernel(".shared .align 16 .b8 s[16];\n"
                      "cp.async.cg.shared.global [s], [%d0], 16, 8;\n"
                      "cp.async.wait_all;\n"
                      "ld.shared.v4.u32 {%r0,%r1,%r2,%r3}, [s];\n"
                      "st.global.v4.u32 [%d0+16], {%r0,%r1,%r2,%r3};",
                      b, one),
            "");
  EXPECT_EQ(b[0], (std::vector<uint32_t>{1, 2, 3, 4, 1, 2, 0, 0}));
}
