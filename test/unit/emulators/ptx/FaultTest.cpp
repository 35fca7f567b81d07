//===- FaultTest.cpp - a kernel for each thing that may go wrong ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"

using namespace harness;

static void expectFault(const std::string &got, const std::string &part) {
  EXPECT_NE(got.find(part), std::string::npos) << "fault: '" << got << "'";
}
static std::string withBuffer(const std::string &body, unsigned words = 32,
                              const Options &o = {}) {
  std::vector<std::vector<uint32_t>> buffers(1, std::vector<uint32_t>(words));
  return runKernel(body, buffers, o);
}
static const std::string kTid = "mov.u32 %r0, %tid.x;\n"
                                "mul.wide.u32 %d8, %r0, 4;\n"
                                "cvt.u32.u64 %r8, %d8;\n";
static const std::string kShared = ".shared .align 16 .b8 s[512];\n"
                                   "mov.u32 %r1, s;\n" +
                                   kTid + "add.u32 %r2, %r1, %r8;\n";

TEST(PtxFault, NamesItsPlace) {
  std::string fault = withBuffer(kTid + "add.u64 %d9, %d0, %d8;\n"
                                        "st.global.u32 [%d9+4],\n  %r0;");
  expectFault(fault, "kernel 'k', workgroup 0, thread 31, PTX line ");
  expectFault(fault, "'st.global.u32 [%d9+4], %r0': writes 4 bytes at byte 128 "
                     "of buffer 0, which has 128");
}

TEST(PtxFault, Unknown) {
  Options o;
  o.assemble = false; // texts that ptxas does not take either
  expectFault(faultOf("frob.s32 %r0, %r1;", o),
              "kernel k, PTX line 12: unknown instruction 'frob.s32 %r0, %r1'");
  expectFault(faultOf("add.s33 %r0, %r1, %r2;", o), "unknown instruction");
  expectFault(faultOf("add.rn.s32 %r0, %r1, %r2;", o), "unknown instruction");
  expectFault(faultOf("add.s32 %r0, %r1;", o), "unknown instruction");
  expectFault(faultOf("ld.global.q.b32 %r0, [%d0];", o), "unknown instruction");
  expectFault(faultOf(".frob 1;", o), "unknown directive '.frob'");
  expectFault(faultOf("mov.u32 %r0, %frob;", o), "unknown register '%frob'");
  expectFault(faultOf("mov.u32 %r0, frob;", o), "unknown operand 'frob'");
  expectFault(faultOf("bra frob;", o), "no label 'frob'");
  expectFault(faultOf("call.uni f, ();", o), "functions are not called here");
  o.module = ".frobnicate 1\n";
  expectFault(faultOf("", o), "unknown directive '.frobnicate'");
}

TEST(PtxFault, Global) {
  expectFault(withBuffer("ld.global.u32 %r0, [%d0+128];"),
              "reads 4 bytes at byte 128 of buffer 0, which has 128");
  expectFault(withBuffer("ld.global.u32 %r0, [%d0+-4];"), "at byte -4");
  expectFault(withBuffer("ld.global.u32 %r0, [%d0+2];"), "not aligned to 4");
  expectFault(withBuffer("ld.global.v4.u32 {%r0,%r1,%r2,%r3}, [%d0+8];"),
              "not aligned to 16");
  expectFault(withBuffer("mov.u64 %d1, 0;\nld.u32 %r0, [%d1];"),
              "the null pointer");
  expectFault(withBuffer("atom.global.add.u32 %r0, [%d0+128], 1;"),
              "updates 4 bytes at byte 128");
  Options o;
  o.workgroups = 2;
  expectFault(withBuffer("st.global.u32 [%d0], %r0;", 32, o),
              "workgroup 0 of the same dispatch wrote too");
}

TEST(PtxFault, Shared) {
  expectFault(faultOf(kShared + "ld.shared.u32 %r3, [%r2+512];"),
              "reads 4 bytes at byte 512 of shared memory");
  expectFault(faultOf(kShared + "st.shared.u32 [%r2+1], %r0;"),
              "not aligned to 4");
  expectFault(faultOf(kShared + "ld.shared.u32 %r3, [%r2];"),
              "reads byte 0 of shared memory, which nobody wrote");
}

TEST(PtxFault, Local) {
  const std::string local = ".local .align 4 .b8 l[8];\nmov.u32 %r1, l;\n";
  expectFault(faultOf(local + "st.local.u32 [%r1+8], %r0;"),
              "writes 4 bytes at byte 8 of local memory, of which there are 8");
  expectFault(faultOf(local + "ld.local.u32 %r0, [%r1+2];"),
              "not aligned to 4");
  EXPECT_EQ(faultOf(local + "st.local.u32 [%r1+4], %r0;"), "");
}

TEST(PtxFault, Races) {
  Options two;
  two.threads = 64;
  // Neighbours exchange without a barrier, with one of the warp, with one of
  // all.
  auto exchange = [&](const std::string &between, unsigned mask) {
    return kShared + "st.shared.u32 [%r2], %r0;\n" + between +
           "xor.b32 %r3, %r8, " + std::to_string(mask * 4) +
           ";\nadd.u32 %r3, %r1, %r3;\nld.shared.u32 %r4, [%r3];";
  };
  expectFault(faultOf(exchange("", 1)), "race: ");
  EXPECT_EQ(faultOf(exchange("bar.warp.sync 0xffffffff;\n", 1)), "");
  expectFault(faultOf(exchange("bar.warp.sync 0xffffffff;\n", 32), two),
              "reads byte 128 of shared memory, which nobody wrote");
  EXPECT_EQ(faultOf(exchange("bar.sync 0;\n", 32), two), "");
  // All write the same place.
  expectFault(faultOf(kShared + "st.shared.u32 [%r1], %r0;"), "race: ");
  // A read, then another warp's write.
  expectFault(faultOf(kShared + "st.shared.u32 [%r2], %r0;\nbar.sync 0;\n"
                                "ld.shared.u32 %r3, [%r1];\n"
                                "setp.eq.u32 %p0, %r0, 33;\n"
                                "@%p0 st.shared.u32 [%r1], %r0;",
                      two),
              "race: ");
}

TEST(PtxFault, Barriers) {
  expectFault(faultOf(kTid + "setp.lt.u32 %p0, %r0, 3;\n@%p0 bar.sync 0;"),
              "waits at a barrier for thread 3 of its warp, which has ended");
  expectFault(faultOf(kTid + "setp.lt.u32 %p0, %r0, 3;\n@%p0 bra A;\n"
                             "bar.sync 0;\nA: bar.sync 0;"),
              "for thread 0 of its warp, which is not at it");
  Options two;
  two.threads = 64;
  expectFault(faultOf(kTid + "setp.lt.u32 %p0, %r0, 32;\n@%p0 ret;\n"
                             "bar.sync 0;",
                      two),
              "waits at a barrier for warp 0, which has ended");
  expectFault(faultOf(kTid + "shr.u32 %r1, %r0, 5;\nbar.sync %r1;", two),
              "waits at barrier 1 and warp 0 at barrier 0");
  // Lanes that come to the barrier by different ways meet there.
  EXPECT_EQ(faultOf(kTid + "and.b32 %r1, %r0, 1;\nsetp.eq.u32 %p0, %r1, 0;\n"
                           "bra B;\nA: bar.sync 0;\nret;\nB: @%p0 bra A;\n"
                           "add.u32 %r1, %r1, 1;\nbra A;",
                    two),
            "");
}

TEST(PtxFault, Members) {
  expectFault(faultOf(kTid + "setp.lt.u32 %p0, %r0, 16;\n"
                             "@%p0 bar.warp.sync 0xffffffff;"),
              "names lane 16, which has ended");
  expectFault(faultOf(kTid + "bar.warp.sync 0xffff;"),
              "is not a member of its own mask");
  expectFault(faultOf(kTid + "setp.lt.u32 %p0, %r0, 16;\n@%p0 bra A;\nret;\n"
                             "A: shfl.sync.idx.b32 %r1, %r0, 0, 31, -1;"),
              "names lane 16, which has ended");
  expectFault(faultOf(kTid + "setp.lt.u32 %p0, %r0, 16;\n@!%p0 bra A;\n"
                             "shfl.sync.idx.b32 %r1, %r0, 20, 31, 0xffff;\nA:"),
              "takes a value of lane 20, which is not here");
}

TEST(PtxFault, NeverEnds) {
  Options o;
  o.maxSteps = 1000;
  expectFault(faultOf("A: bra A;", o), "runs for more than 1000 instructions");
}
TEST(PtxFault, Trap) { expectFault(faultOf("trap;"), "stops itself"); }

TEST(PtxFault, AsyncCopyNotWaitedFor) {
  const std::string copy = kShared +
                           "add.u64 %d9, %d0, %d8;\n"
                           "cp.async.ca.shared.global [%r2], [%d9], 4;\n"
                           "cp.async.commit_group;\n";
  const std::string use =
      "ld.shared.u32 %r3, [%r2];\nst.global.u32 [%d9], %r3;";
  expectFault(withBuffer(copy + use), "which nobody wrote");
  expectFault(withBuffer(copy + "cp.async.wait_group 1;\n" + use),
              "which nobody wrote");
  EXPECT_EQ(withBuffer(copy + "cp.async.wait_group 0;\n" + use), "");
  EXPECT_EQ(withBuffer(copy + "cp.async.wait_all;\n" + use), "");
  expectFault(
      withBuffer(kShared + "cp.async.cg.shared.global [%r2], [%d0], 16;"),
      "not aligned to 16");
}

TEST(PtxFault, Launch) {
  Options o;
  o.threads = 2048;
  expectFault(faultOf("", o), "workgroups of 2048 threads");
}
