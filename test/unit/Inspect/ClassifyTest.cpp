//===- ClassifyTest.cpp - instructions by what they do --------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/inspect/InstructionMix.h"
#include <gtest/gtest.h>

using namespace tercet::tools;

namespace {
struct Case {
  Isa isa;
  const char *name, *operands, *expected;
  bool scratch = false;
};
} // namespace

TEST(Classify, EveryIsa) {
  const Case cases[] = {
      {Isa::sass, "IMMA.16832.U8.S8", "R4, R8.ROW, R12.COL, R4", "matrix"},
      {Isa::sass, "IMMA.SP.16864.S8.S8", "R4", "matrix"},
      {Isa::sass, "HGMMA.64x8x16.F32", "R24", "matrix"},
      {Isa::sass, "IDP.4A.S8.S8", "R1, R2, R3, R1", "dot"},
      {Isa::sass, "IMAD.WIDE.U32", "R2, R3, 0x4, R4", "integer"},
      {Isa::sass, "IMAD.MOV.U32", "R1, RZ, RZ, R2", "other"},
      {Isa::sass, "HFMA2.MMA", "R4, -RZ, RZ, 0, 0", "other"},
      {Isa::sass, "HFMA2", "R4, R5, R6, R7", "float"},
      {Isa::sass, "UIADD3.X", "UR5, ~UR5, UR7, URZ", "integer"},
      {Isa::sass, "USEL", "UR4, UR5, UR6, UP0", "integer"},
      {Isa::sass, "PRMT", "R1, R2, 0x7610, R3", "integer"},
      {Isa::sass, "FADD.FTZ", "R1, R2, R3", "float"},
      {Isa::sass, "MUFU.RCP", "R1, R2", "float"},
      {Isa::sass, "F2I.NTZ", "R1, R2", "conversion"},
      {Isa::sass, "I2FP.F32.S32", "R1, R2", "conversion"},
      {Isa::sass, "LDG.E.CONSTANT", "R7, desc[UR12][R60.64]", "global_load"},
      {Isa::sass, "LDGSTS.E.BYPASS.128", "[R1], desc[UR4][R2.64]",
       "global_load"},
      {Isa::sass, "STG.E", "desc[UR4][R2.64], R1", "global_store"},
      {Isa::sass, "LDSM.16.M88.4", "R4, [R1]", "shared_load"},
      {Isa::sass, "STS.128", "[R1], R4", "shared_store"},
      {Isa::sass, "LDL.64", "R2, [R1]", "local"},
      {Isa::sass, "STL", "[R1], R2", "local"},
      {Isa::sass, "ATOMS.ADD", "RZ, [R1], R2", "atomic"},
      {Isa::sass, "RED.E.ADD", "[R2.64], R1", "atomic"},
      {Isa::sass, "REDUX.SUM", "UR4, R1", "integer"},
      {Isa::sass, "BAR.SYNC.DEFER_BLOCKING", "0x0", "barrier"},
      {Isa::sass, "EXIT", "", "control"},
      {Isa::sass, "ULDC.64", "UR4, c[0x0][0x210]", "other"},
      {Isa::sass, "SHFL.BFLY", "PT, R1, R2, 0x1, 0x1f", "other"},
      {Isa::ptx,
       "mma.sp::ordered_metadata.sync.aligned.m16n8k64.row.col.s32.s8.s8.s32",
       "{%r1}", "matrix"},
      {Isa::ptx, "wgmma.mma_async.sync.aligned.m64n8k32.s32.s8.s8", "{%r1}",
       "matrix"},
      {Isa::ptx, "wgmma.fence.sync.aligned", "", "barrier"},
      {Isa::ptx, "dp4a.s32.s32", "%r1, %r2, %r3, %r4", "dot"},
      {Isa::ptx, "ld.global.nc.v4.b32", "{%r1}, [%rd1]", "global_load"},
      {Isa::ptx, "ld.param.b64", "%rd1, [p]", "other"},
      {Isa::ptx, "ld.shared.b32", "%r1, [%r2]", "shared_load"},
      {Isa::ptx, "ld.local.b32", "%r1, [%rd2]", "local"},
      {Isa::ptx, "st.shared::cta.b32", "[%r2], %r1", "shared_store"},
      {Isa::ptx, "st.b32", "[%rd2], %r1", "global_store"},
      {Isa::ptx, "cp.async.cg.shared.global", "[%r1], [%rd1], 16",
       "global_load"},
      {Isa::ptx, "cp.async.wait_group", "0", "barrier"},
      {Isa::ptx, "ldmatrix.sync.aligned.m8n8.x4.shared.b16", "{%r1}, [%r2]",
       "shared_load"},
      {Isa::ptx, "atom.shared.add.u32", "%r1, [%r2], %r3", "atomic"},
      {Isa::ptx, "bar.sync", "0", "barrier"},
      {Isa::ptx, "setp.lt.f32", "%p1, %f1, %f2", "float"},
      {Isa::ptx, "setp.lt.s64", "%p1, %rd1, %rd2", "integer"},
      {Isa::ptx, "cvt.rn.f32.s32", "%f1, %r1", "conversion"},
      {Isa::ptx, "cvta.to.global.u64", "%rd1, %rd2", "other"},
      {Isa::ptx, "mul.rn.f32", "%f1, %f2, %f3", "float"},
      {Isa::ptx, "bra.uni", "$L", "control"},
      {Isa::amdgcn, "v_mfma_i32_16x16x32_i8", "a[0:3]", "matrix"},
      {Isa::amdgcn, "v_smfmac_i32_16x16x64_i8", "v[0:3]", "matrix"},
      {Isa::amdgcn, "v_wmma_i32_16x16x16_iu8", "v[0:7]", "matrix"},
      {Isa::amdgcn, "v_dot4c_i32_i8_e32", "v1, v2, v3", "dot"},
      {Isa::amdgcn, "v_perm_b32", "v1, v2, v3, v4", "integer"},
      {Isa::amdgcn, "v_cndmask_b32_e64", "v1, v2, v3, s[0:1]", "integer"},
      {Isa::amdgcn, "v_pk_mul_f32", "v[0:1], v[2:3], v[4:5]", "float"},
      {Isa::amdgcn, "v_dual_mul_f32", "v1, v2, v3", "float"},
      {Isa::amdgcn, "v_dual_mov_b32", "v1, v2", "other"},
      {Isa::amdgcn, "v_cvt_f32_i32_e32", "v1, v2", "conversion"},
      {Isa::amdgcn, "v_rndne_f32_e32", "v1, v2", "conversion"},
      {Isa::amdgcn, "global_load_dwordx4", "v[0:3], v4, s[2:3]", "global_load"},
      {Isa::amdgcn, "global_atomic_add", "v0, v1, s[2:3]", "atomic"},
      {Isa::amdgcn, "s_load_dwordx4", "s[0:3], s[4:5], 0x0", "global_load"},
      {Isa::amdgcn, "buffer_store_dword", "v1, off, s[0:3], 0 offset:4",
       "local", true},
      {Isa::amdgcn, "buffer_load_dword", "v1, v2, s[8:11], 0 offen",
       "global_load", true},
      {Isa::amdgcn, "buffer_store_dword", "v1, off, s[0:3], 0", "global_store",
       false},
      {Isa::amdgcn, "buffer_gl0_inv", "", "barrier"},
      {Isa::amdgcn, "scratch_load_dword", "v1, off, off", "local"},
      {Isa::amdgcn, "ds_read2st64_b32", "v[0:1], v2", "shared_load"},
      {Isa::amdgcn, "ds_store_b128", "v0, v[1:4]", "shared_store"},
      {Isa::amdgcn, "ds_add_u32", "v0, v1", "atomic"},
      {Isa::amdgcn, "ds_bpermute_b32", "v0, v1, v2", "other"},
      {Isa::amdgcn, "s_barrier", "", "barrier"},
      {Isa::amdgcn, "s_and_saveexec_b64", "s[0:1], vcc", "control"},
      {Isa::amdgcn, "s_waitcnt", "lgkmcnt(0)", "other"},
      {Isa::amdgcn, "s_add_u32", "s0, s1, s2", "integer"},
      {Isa::x86, "vpdpbusd", "zmm0, zmm1, zmmword ptr [rdi]", "dot"},
      {Isa::x86, "vpmaddubsw", "ymm0, ymm1, ymm2", "dot"},
      {Isa::x86, "tdpbusd", "tmm0, tmm1, tmm2", "matrix"},
      {Isa::x86, "vpermi2b", "zmm0, zmm1, zmm2", "integer"},
      {Isa::x86, "vmulps", "zmm0, zmm1, zmm2", "float"},
      {Isa::x86, "vcvtdq2ps", "zmm0, zmm1", "conversion"},
      {Isa::x86, "vpmovdb", "xmm0, zmm1", "conversion"},
      {Isa::x86, "vmovdqu64", "zmm0, zmmword ptr [rdi + 64]", "global_load"},
      {Isa::x86, "vmovdqu64", "zmmword ptr [rdi], zmm0", "global_store"},
      {Isa::x86, "vmovdqu64", "zmmword ptr [rsp + 64], zmm0", "local"},
      {Isa::x86, "vmovdqa64", "zmm0, zmm1", "other"},
      {Isa::x86, "push", "rbx", "local"},
      {Isa::x86, "jne", "0x10", "control"},
      {Isa::x86, "add", "rax, 8", "integer"},
      {Isa::x86, "vandps", "zmm0, zmm1, zmm2", "integer"},
      {Isa::aarch64, "sdot", "v0.4s, v1.16b, v2.4b[0]", "dot"},
      {Isa::aarch64, "smmla", "v0.4s, v1.16b, v2.16b", "matrix"},
      {Isa::aarch64, "ldr", "q0, [x0]", "global_load"},
      {Isa::aarch64, "str", "q0, [sp, #16]", "local"},
      {Isa::aarch64, "fmul", "v0.4s, v1.4s, v2.4s", "float"},
      {Isa::aarch64, "b.ge", "0x10", "control"},
      {Isa::aarch64, "tbl", "v0.16b, {v1.16b}, v2.16b", "integer"},
      {Isa::aarch64, "fcvtns", "v0.4s, v1.4s", "conversion"},
      {Isa::riscv, "vle8.v", "v8, (a0)", "global_load"},
      {Isa::riscv, "vse32.v", "v8, (a0)", "global_store"},
      {Isa::riscv, "vsext.vf2", "v8, v9", "conversion"},
      {Isa::riscv, "vs1r.v", "v8, (sp)", "local"},
      {Isa::riscv, "vwmacc.vv", "v8, v9, v10", "integer"},
      {Isa::riscv, "vfmul.vv", "v8, v9, v10", "float"},
      {Isa::riscv, "vsetvli", "zero, a0, e8, m1, ta, ma", "other"},
      {Isa::riscv, "bge", "a0, a1, 0x10", "control"},
      {Isa::riscv, "sd", "s0, 0x48(sp)", "local"},
      {Isa::riscv, "<unknown>", "", "other"},
  };
  for (const Case &c : cases)
    EXPECT_STREQ(className(classify(c.isa, {c.name, c.operands}, c.scratch)),
                 c.expected)
        << isaName(c.isa) << ": " << c.name << " " << c.operands;
}

TEST(Classify, Listings) {
  Listing sass =
      parseSass("\t.section\t.text.k,\"ax\",@progbits\n"
                "\t.sectioninfo\t@\"SHI_REGISTERS=18\"\nk:\n"
                "        /*0000*/                   MOV R1, c[0x0][0x28] ;\n"
                "        /*0010*/              @!P0 EXIT ;\n.L_x_1:\n"
                "        /*0020*/                   NOP ;\n"
                "\t.section\t.debug\n        /*0000*/ MOV R1, R2 ;\n");
  ASSERT_EQ(sass.size(), 1u);
  ASSERT_EQ(sass["k"].size(), 3u);
  EXPECT_EQ(sass["k"][1].name, "EXIT");
  EXPECT_EQ(mixOf(Isa::sass, sass["k"], false).total,
            2u); // what fills up is left out

  Listing ptx =
      parsePtx(".visible .entry k(\n\t.param .u64 p\n)\n.reqntid 64, 1, 1\n{\n"
               "\t.reg .b32 %r<4>;\n\tld.param.b64 %rd1, [p]; // a comment;\n"
               "$L1:\n\t@%p1 bra $L1;\n"
               "\tmma.sp::ordered_metadata.sync.m16n8k64.s32\n\t\t{%r1, %r2},\n"
               "\t\t{%r3}, 0;\n\tret;\n}\n.func f()\n{\n\tret;\n}\n");
  ASSERT_EQ(ptx["k"].size(), 4u);
  EXPECT_EQ(ptx["k"][1].name, "bra");
  EXPECT_EQ(ptx["k"][2].name, "mma.sp::ordered_metadata.sync.m16n8k64.s32");

  Listing dump = parseObjdump("00000000000102a0 <k>:\n"
                              "   102a0:      \tldp\tx8, x9, [x0, #0x10]\n"
                              "0000000000001200 <.Lpcrel_hi0>:\n"
                              "    1200:      \tlui\ta6, 0x42c00\n"
                              "0000000000001300 <g>:\n"
                              "\tv_dual_mov_b32 v0, 0 :: v_dual_add_f32 v1, "
                              "v2, v3 // 000000001300: CA\n");
  ASSERT_EQ(dump["k"].size(), 2u);
  ASSERT_EQ(dump["g"].size(), 2u);
  EXPECT_EQ(dump["g"][1].name, "v_dual_add_f32");
}

TEST(Classify, VectorWidths) {
  Mix mix = mixOf(Isa::x86,
                  {{"vpmovdb", "xmm0, zmm1"},
                   {"vaddps", "ymm0, ymm1, ymm2"},
                   {"add", "rax, 1"}},
                  false);
  EXPECT_EQ(mix.widths, (std::map<uint32_t, uint64_t>{{512, 1}, {256, 1}}));
  mix = mixOf(Isa::aarch64,
              {{"fmul", "v0.4s, v1.4s, v2.s[0]"},
               {"sxtl", "v0.2s, v1.8b"},
               {"ldr", "q0, [x0]"},
               {"add", "x0, x1, x2"},
               {"fmla", "z0.s, p0/m, z1.s, z2.s"}},
              false);
  EXPECT_EQ(mix.widths,
            (std::map<uint32_t, uint64_t>{{128, 2}, {64, 1}, {0, 1}}));
  mix = mixOf(Isa::riscv, {{"vadd.vv", "v8, v9, v10"}, {"add", "a0, a1, a2"}},
              false);
  EXPECT_EQ(mix.widths, (std::map<uint32_t, uint64_t>{{0, 1}}));
}
