//===- MemoryTest.cpp - global, shared and scratch memory -----------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"

using namespace harness;

namespace {
class Memory : public testing::TestWithParam<Chip> {
protected:
  unsigned lanes() { return lanesOf(GetParam()); }
  /// Runs code of lane 0 with s[4:5] = a buffer, v[2:3] its address, v1 = 0.
  std::vector<uint32_t> run(const std::string &code,
                            std::vector<uint32_t> buffer,
                            const Options &o = {}) {
    std::vector<std::vector<uint32_t>> buffers{buffer};
    EXPECT_EQ(runKernel(GetParam(),
                        "{s_load_dwordx2|s_load_b64} s[4:5], s[0:1], 0x0\n"
                        "v_mov_b32 v1, 0\n"
                        "{s_mov_b64 exec|s_mov_b32 exec_lo}, 1\n"
                        "s_waitcnt lgkmcnt(0)\n"
                        "v_mov_b32 v2, s4\nv_mov_b32 v3, s5\n" +
                            code + "\ns_endpgm",
                        buffers, o),
              "")
        << code;
    return buffers[0];
  }
  /// What a load of 0x80 bytes 1 to 16 leaves in v[4:7], which start as
  /// 0xaaaabbbb each.
  std::vector<uint32_t> load(const std::string &instruction) {
    std::string code;
    for (unsigned r = 4; r < 8; ++r)
      code += "v_mov_b32 v" + std::to_string(r) + ", 0xaaaabbbb\n";
    auto r = run(code + instruction +
                     "\ns_waitcnt vmcnt(0)\n"
                     "{global_store_dwordx4|global_store_b128} v1, v[4:7], "
                     "s[4:5] offset:16",
                 {0x84838281, 0x88878685, 0x8c8b8a89, 0x908f8e8d, 0, 0, 0, 0});
    return {r.begin() + 4, r.end()};
  }
};
using V = std::vector<uint32_t>;
constexpr uint32_t kOld = 0xaaaabbbb;
} // namespace

TEST_P(Memory, Loads) {
  std::string g = "s[4:5]", v = "v4, v1, ";
  auto l = [&](const char *name, const std::string &to,
               const std::string &rest = "") {
    return load(std::string(name) + " " + to + ", v1, s[4:5]" + rest);
  };
  EXPECT_EQ(l("{global_load_dword|global_load_b32}", "v4"),
            (V{0x84838281, kOld, kOld, kOld}));
  EXPECT_EQ(l("{global_load_dwordx2|global_load_b64}", "v[4:5]", " offset:4"),
            (V{0x88878685, 0x8c8b8a89, kOld, kOld}));
  EXPECT_EQ(l("{global_load_dwordx3|global_load_b96}", "v[4:6]"),
            (V{0x84838281, 0x88878685, 0x8c8b8a89, kOld}));
  EXPECT_EQ(l("{global_load_dwordx4|global_load_b128}", "v[4:7]"),
            (V{0x84838281, 0x88878685, 0x8c8b8a89, 0x908f8e8d}));
  EXPECT_EQ(l("{global_load_ubyte|global_load_u8}", "v4", " offset:3")[0],
            0x84u);
  EXPECT_EQ(l("{global_load_sbyte|global_load_i8}", "v4", " offset:3")[0],
            0xffffff84u);
  EXPECT_EQ(l("{global_load_ushort|global_load_u16}", "v4", " offset:2")[0],
            0x8483u);
  EXPECT_EQ(l("{global_load_sshort|global_load_i16}", "v4", " offset:2")[0],
            0xffff8483u);
  EXPECT_EQ(l("{global_load_short_d16|global_load_d16_b16}", "v4")[0],
            0xaaaa8281u);
  EXPECT_EQ(l("{global_load_short_d16_hi|global_load_d16_hi_b16}", "v4")[0],
            0x8281bbbbu);
  EXPECT_EQ(l("{global_load_ubyte_d16|global_load_d16_u8}", "v4")[0],
            0xaaaa0081u);
  EXPECT_EQ(l("{global_load_sbyte_d16_hi|global_load_d16_hi_i8}", "v4")[0],
            0xff81bbbbu);
  // Addresses of 64 bits, a negative offset, the destination as the address.
  EXPECT_EQ(load("v_lshl_add_u32 v2, 8, 0, v2\n"
                 "{global_load_dword|global_load_b32} v4, v[2:3], off "
                 "offset:-4")[0],
            0x88878685u);
  EXPECT_EQ(load("{flat_load_dwordx2|flat_load_b64} v[2:3], v[2:3]\n"
                 "s_waitcnt vmcnt(0) lgkmcnt(0)\nv_mov_b32 v4, v2\n"
                 "v_mov_b32 v5, v3"),
            (V{0x84838281, 0x88878685, kOld, kOld}));
}

TEST_P(Memory, Stores) {
  std::string data = "v_mov_b32 v4, 0x44332211\nv_mov_b32 v5, 0x88776655\n"
                     "v_mov_b32 v6, 0xccbbaa99\n";
  auto s = [&](const std::string &rest) { return run(data + rest, V(4, 0)); };
  EXPECT_EQ(s("{global_store_byte|global_store_b8} v1, v4, s[4:5] offset:1"),
            (V{0x1100, 0, 0, 0}));
  EXPECT_EQ(s("{global_store_byte_d16_hi|global_store_d16_hi_b8} v1, v4, "
              "s[4:5]"),
            (V{0x33, 0, 0, 0}));
  EXPECT_EQ(s("{global_store_short|global_store_b16} v1, v4, s[4:5] offset:2"),
            (V{0x22110000, 0, 0, 0}));
  EXPECT_EQ(s("{global_store_short_d16_hi|global_store_d16_hi_b16} v1, v4, "
              "s[4:5]"),
            (V{0x4433, 0, 0, 0}));
  EXPECT_EQ(s("{global_store_dwordx3|global_store_b96} v1, v[4:6], s[4:5] "
              "offset:4"),
            (V{0, 0x44332211, 0x88776655, 0xccbbaa99}));
  EXPECT_EQ(s("{flat_store_dword|flat_store_b32} v[2:3], v4"),
            (V{0x44332211, 0, 0, 0}));
}

TEST_P(Memory, GlobalAtomics) {
  // name, memory, operand, result
  struct {
    const char *name;
    uint32_t memory, operand, result;
  } cases[] = {{"{add|add_u32}", 0xffffffff, 3, 2},
               {"{sub|sub_u32}", 1, 3, 0xfffffffe},
               {"{smin|min_i32}", 1, 0xffffffff, 0xffffffff},
               {"{umin|min_u32}", 1, 0xffffffff, 1},
               {"{smax|max_i32}", 1, 0xffffffff, 1},
               {"{umax|max_u32}", 1, 0xffffffff, 0xffffffff},
               {"{and|and_b32}", 6, 3, 2},
               {"{or|or_b32}", 6, 3, 7},
               {"{xor|xor_b32}", 6, 3, 5},
               {"{swap|swap_b32}", 6, 3, 3},
               {"{inc|inc_u32}", 6, 7, 7},
               {"{inc|inc_u32}", 7, 7, 0},
               {"{dec|dec_u32}", 0, 7, 7},
               {"{dec|dec_u32}", 9, 7, 7},
               {"{dec|dec_u32}", 5, 7, 4},
               {"add_f32", f(1.5), f(2), f(3.5)}};
  for (auto &c : cases) {
    std::string set = "v_mov_b32 v4, " + std::to_string(c.operand) + "\n";
    std::string name = std::string("global_atomic_") + c.name;
    EXPECT_EQ(run(set + name + " v1, v4, s[4:5]", {c.memory}), V{c.result})
        << c.name;
    // The value before comes back where it is asked for.
    EXPECT_EQ(run(set + name +
                      " v5, v1, v4, s[4:5] {sc0|glc}\n"
                      "s_waitcnt vmcnt(0)\n"
                      "{global_store_dword|global_store_b32} v1, v5, s[4:5] "
                      "offset:4",
                  {c.memory, 0}),
              (V{c.result, c.memory}))
        << c.name;
  }
  // The first register is written, the second compared with.
  std::string swap = "v_mov_b32 v4, 9\nv_mov_b32 v5, 6\n"
                     "{global_atomic_cmpswap|global_atomic_cmpswap_b32} v1, "
                     "v[4:5], s[4:5]";
  EXPECT_EQ(run(swap, {6}), V{9});
  EXPECT_EQ(run(swap, {7}), V{7});
  EXPECT_EQ(run("v_mov_b32 v4, 1\nv_mov_b32 v5, 2\n"
                "{global_atomic_add_x2|global_atomic_add_u64} v1, v[4:5], "
                "s[4:5]",
                {0xffffffff, 1}),
            (V{0, 4}));
}

TEST_P(Memory, AtomicsOfAllLanesAddUp) {
  std::vector<std::vector<uint32_t>> buffers{{0}};
  EXPECT_EQ(runKernel(GetParam(),
                      "{s_load_dwordx2|s_load_b64} s[4:5], s[0:1], 0x0\n"
                      "v_mov_b32 v1, 0\ns_waitcnt lgkmcnt(0)\n"
                      "{global_atomic_add|global_atomic_add_u32} v1, v0, "
                      "s[4:5]\ns_endpgm",
                      buffers),
            "");
  EXPECT_EQ(buffers[0][0], lanes() * (lanes() - 1) / 2);
}

TEST_P(Memory, Shared) {
  Options o;
  o.shared = 4096;
  auto s = [&](const std::string &code) {
    return run("v_mov_b32 v4, 0x44332211\nv_mov_b32 v5, 0x88776655\n"
               "v_mov_b32 v6, 0xccbbaa99\nv_mov_b32 v7, 0x01ffeedd\n"
               "v_mov_b32 v8, 0xaaaabbbb\nv_mov_b32 v9, 0\nv_mov_b32 v10, 0\n"
               "v_mov_b32 v11, 0\n" +
                   code +
                   "\ns_waitcnt lgkmcnt(0)\n"
                   "{global_store_dwordx4|global_store_b128} v1, v[8:11], "
                   "s[4:5]",
               V(4, 0), o);
  };
  EXPECT_EQ(s("{ds_write_b128|ds_store_b128} v1, v[4:7] offset:16\n"
              "{ds_read_b128|ds_load_b128} v[8:11], v1 offset:16"),
            (V{0x44332211, 0x88776655, 0xccbbaa99, 0x01ffeedd}));
  // Offsets of pairs count elements, or 64 of them.
  EXPECT_EQ(s("{ds_write2_b32|ds_store_2addr_b32} v1, v4, v5 offset0:3 "
              "offset1:1\n"
              "{ds_read_b32|ds_load_b32} v8, v1 offset:4\n"
              "{ds_read_b32|ds_load_b32} v9, v1 offset:12"),
            (V{0x88776655, 0x44332211, 0, 0}));
  EXPECT_EQ(s("{ds_write2st64_b32|ds_store_2addr_stride64_b32} v1, v4, v5 "
              "offset0:1 offset1:2\n"
              "{ds_read2st64_b32|ds_load_2addr_stride64_b32} v[8:9], v1 "
              "offset0:2 offset1:1\n"
              "{ds_read_b32|ds_load_b32} v10, v1 offset:256"),
            (V{0x88776655, 0x44332211, 0x44332211, 0}));
  EXPECT_EQ(s("{ds_write2st64_b64|ds_store_2addr_stride64_b64} v1, v[4:5], "
              "v[6:7] offset0:1 offset1:2\n"
              "{ds_read2_b64|ds_load_2addr_b64} v[8:11], v1 offset0:128 "
              "offset1:64"),
            (V{0xccbbaa99, 0x01ffeedd, 0x44332211, 0x88776655}));
  EXPECT_EQ(s("{ds_write_b8|ds_store_b8} v1, v5\n"
              "{ds_write_b16|ds_store_b16} v1, v5 offset:2\n"
              "{ds_write_b8_d16_hi|ds_store_b8_d16_hi} v1, v5 offset:1\n"
              "{ds_read_b32|ds_load_b32} v8, v1\n"
              "{ds_read_i8|ds_load_i8} v9, v1\n"
              "{ds_read_u8|ds_load_u8} v10, v1 offset:1\n"
              "{ds_read_u16|ds_load_u16} v11, v1 offset:2"),
            (V{0x66557755, 0x55, 0x77, 0x6655}));
  EXPECT_EQ(s("{ds_write_b32|ds_store_b32} v1, v5\n"
              "{ds_read_u16_d16_hi|ds_load_u16_d16_hi} v8, v1 offset:2"),
            (V{0x8877bbbb, 0, 0, 0}));
  // Atomics, with and without the old value.
  EXPECT_EQ(s("{ds_write_b32|ds_store_b32} v1, v5\n"
              "ds_add_u32 v1, v4\n"
              "ds_add_rtn_u32 v8, v1, v4\n"
              "{ds_read_b32|ds_load_b32} v9, v1"),
            (V{0xccaa8866, 0x10ddaa77, 0, 0}));
  // Who is compared with comes first on gfx9, last on gfx11.
  EXPECT_EQ(s("{ds_write_b32|ds_store_b32} v1, v5\n"
              "{ds_cmpst_rtn_b32 v8, v1, v5, v4|ds_cmpstore_rtn_b32 v8, v1, "
              "v4, v5}\n{ds_read_b32|ds_load_b32} v9, v1"),
            (V{0x88776655, 0x44332211, 0, 0}));
  // Through an address of 64 bits.
  EXPECT_EQ(s("s_mov_b64 s[8:9], src_shared_base\n"
              "v_mov_b32 v12, 8\nv_mov_b32 v13, s9\n"
              "{flat_store_dwordx2|flat_store_b64} v[12:13], v[4:5]\n"
              "s_waitcnt vmcnt(0) lgkmcnt(0)\n"
              "{ds_read_b64|ds_load_b64} v[8:9], v1 offset:8"),
            (V{0x44332211, 0x88776655, 0, 0}));
}

TEST_P(Memory, SharedIsOfTheWorkgroup) {
  // Every wave reads what the other one wrote.
  Options o;
  unsigned size = 2 * lanes();
  o.workgroup = size;
  o.shared = 4 * size;
  std::vector<std::vector<uint32_t>> buffers{std::vector<uint32_t>(size)};
  EXPECT_EQ(runKernel(GetParam(),
                      "{s_load_dwordx2|s_load_b64} s[4:5], s[0:1], 0x0\n"
                      "v_lshlrev_b32 v1, 2, v0\n"
                      "{ds_write_b32|ds_store_b32} v1, v0\n"
                      "v_xor_b32 v2, " +
                          std::to_string(4 * (size - 1)) +
                          ", v1\ns_waitcnt lgkmcnt(0)\n"
                          "s_barrier\n"
                          "{ds_read_b32|ds_load_b32} v3, v2\n"
                          "s_waitcnt lgkmcnt(0)\n"
                          "{global_store_dword|global_store_b32} v1, v3, "
                          "s[4:5]\ns_endpgm",
                      buffers, o),
            "");
  for (unsigned l = 0; l < size; ++l)
    EXPECT_EQ(buffers[0][l], size - 1 - l);
}

TEST_P(Memory, Scratch) {
  Options o;
  o.scratch = 64;
  // Every lane has its own; register, scalar and constant parts add up.
  unsigned n = lanes();
  Lanes value(n);
  for (unsigned l = 0; l < n; ++l)
    value[l] = 100 + l;
  std::string store = "{scratch_store_dword|scratch_store_b32}",
              load = "{scratch_load_dword|scratch_load_b32}";
  Registers r = evaluate(GetParam(),
                         "s_mov_b32 s8, 8\nv_mov_b32 v2, 4\n" + store +
                             " off, v64, s8 offset:4\n" + load +
                             " v128, v2, off offset:8\n" + load +
                             " v129, off, off offset:12\n"
                             "s_mov_b64 s[10:11], src_private_base\n"
                             "v_mov_b32 v3, s11\nv_mov_b32 v2, 12\n"
                             "{flat_load_dword|flat_load_b32} v130, v[2:3]\n"
                             "s_waitcnt vmcnt(0) lgkmcnt(0)",
                         {value}, 3, o);
  for (unsigned k = 0; k < 3; ++k)
    EXPECT_EQ(r[k], value);
}

INSTANTIATE_TEST_SUITE_P(Chips, Memory, testing::ValuesIn(kChips),
                         [](const auto &i) { return nameOf(i.param); });
