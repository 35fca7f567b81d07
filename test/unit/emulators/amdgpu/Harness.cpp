//===- Harness.cpp --------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Harness.h"
#include "Assembler.h"

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;
using namespace harness;

std::string harness::choose(Chip chip, const std::string &text) {
  std::string r;
  for (size_t at = 0; at < text.size();) {
    size_t open = text.find('{', at);
    r += text.substr(at, open == std::string::npos ? open : open - at);
    if (open == std::string::npos)
      break;
    size_t middle = text.find('|', open), close = text.find('}', middle);
    r += chip == Chip::Gfx942 ? text.substr(open + 1, middle - open - 1)
                              : text.substr(middle + 1, close - middle - 1);
    at = close + 1;
  }
  return r;
}

std::string harness::program(Chip chip, const std::string &body,
                             const Options &o) {
  auto n = [](uint64_t x) { return std::to_string(x); };
  std::string t =
      std::string(".amdgcn_target \"amdgcn-amd-amdhsa--") + nameOf(chip) +
      "\"\n.amdhsa_code_object_version 5\n.text\n.globl k\n"
      ".p2align 8\n.type k,@function\nk:\n" +
      choose(chip, body) +
      "\n.Lend:\n.size k, .Lend-k\n.rodata\n.p2align 6\n"
      ".amdhsa_kernel k\n"
      ".amdhsa_group_segment_fixed_size " +
      n(o.shared) + "\n.amdhsa_private_segment_fixed_size " + n(o.scratch) +
      "\n.amdhsa_user_sgpr_count 2\n"
      ".amdhsa_user_sgpr_kernarg_segment_ptr 1\n"
      ".amdhsa_system_sgpr_workgroup_id_x 1\n"
      ".amdhsa_next_free_sgpr 96\n"
      ".amdhsa_float_round_mode_32 " +
      n(o.round32) + "\n.amdhsa_float_round_mode_16_64 " + n(o.round16) +
      "\n.amdhsa_float_denorm_mode_32 " + n(o.denorm32) +
      "\n.amdhsa_float_denorm_mode_16_64 " + n(o.denorm16) +
      "\n.amdhsa_ieee_mode " + n(o.ieee) + "\n.amdhsa_dx10_clamp " + n(o.dx10) +
      "\n";
  if (o.scratch)
    t += ".amdhsa_enable_private_segment 1\n";
  t += chip == Chip::Gfx942
           ? ".amdhsa_next_free_vgpr " + n(2 * o.vectors) +
                 "\n.amdhsa_accum_offset " + n(o.vectors) + "\n"
           : ".amdhsa_next_free_vgpr " + n(o.vectors) +
                 "\n.amdhsa_wavefront_size32 1\n";
  return t + ".end_amdhsa_kernel\n";
}

std::string harness::runKernel(Chip chip, const std::string &body,
                               std::vector<std::vector<uint32_t>> &buffers,
                               const Options &o) {
  std::vector<char> object;
  std::string error, text = program(chip, body, o);
  assemble(nameOf(chip), text, object, error);
  if (!error.empty()) {
    ADD_FAILURE() << error;
    return error;
  }
  try {
    auto code = loadCode(chip, object.data(), object.size());
    const Kernel *k = code->findKernel("k");
    GlobalMemory memory;
    Launch config;
    config.workgroups = o.workgroups;
    config.workgroupSize = o.workgroup ? o.workgroup : lanesOf(chip);
    config.maxSteps = o.maxSteps;
    std::vector<std::unique_ptr<Allocation>> allocations;
    for (auto &b : buffers) {
      std::string name = "buffer " + std::to_string(allocations.size());
      allocations.push_back(std::make_unique<Allocation>(b.size() * 4));
      memcpy(allocations.back()->data, b.data(), b.size() * 4);
      uint64_t address =
          memory.addWindow(*allocations.back(), 0, b.size() * 4, name);
      auto *bytes = reinterpret_cast<const char *>(&address);
      config.arguments.insert(config.arguments.end(), bytes, bytes + 8);
    }
    config.arguments.resize(std::max<size_t>(config.arguments.size(), 64));
    memory.beginDispatch();
    Counts counts;
    launch(*code, *k, config, memory, counts);
    for (size_t n = 0; n < buffers.size(); ++n)
      memcpy(buffers[n].data(), allocations[n]->data, buffers[n].size() * 4);
  } catch (const Fault &fault) {
    return fault.message;
  }
  return "";
}

Registers harness::evaluate(Chip chip, const std::string &code,
                            const Registers &inputs, unsigned outputs,
                            const Options &o) {
  unsigned lanes = lanesOf(chip);
  constexpr unsigned kStride = 64; // words a lane
  std::vector<std::vector<uint32_t>> buffers(
      2, std::vector<uint32_t>(kStride * lanes));
  for (size_t r = 0; r < inputs.size(); ++r)
    for (unsigned l = 0; l < lanes; ++l)
      buffers[0][l * kStride + r] = inputs[r][l % inputs[r].size()];
  std::string body = "{s_load_dwordx4|s_load_b128} s[4:7], s[0:1], 0x0\n"
                     "v_lshlrev_b32 v1, 8, v0\n"
                     "s_waitcnt lgkmcnt(0)\n";
  auto n = [](size_t x) { return std::to_string(x); };
  for (size_t r = 0; r < inputs.size(); ++r)
    body += "{global_load_dword|global_load_b32} v" + n(64 + r) +
            ", v1, s[4:5] offset:" + n(4 * r) + "\n";
  body += "s_waitcnt vmcnt(0)\n" + code + "\n";
  for (unsigned r = 0; r < outputs; ++r)
    body += "{global_store_dword|global_store_b32} v1, v" + n(128 + r) +
            ", s[6:7] offset:" + n(4 * r) + "\n";
  std::string fault = runKernel(chip, body + "s_endpgm", buffers, o);
  EXPECT_EQ(fault, "") << nameOf(chip) << ": " << code;
  Registers result(outputs, Lanes(lanes));
  for (unsigned r = 0; r < outputs; ++r)
    for (unsigned l = 0; l < lanes; ++l)
      result[r][l] = buffers[1][l * kStride + r];
  return result;
}

Lanes harness::evaluate1(Chip chip, const std::string &code,
                         const Registers &inputs, const Options &o) {
  return evaluate(chip, code, inputs, 1, o)[0];
}
