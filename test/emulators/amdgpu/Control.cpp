//===- Control.cpp - branches, waits, mode, scalar loads ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Code.h"
#include "Scalar.h"
#include "common/GlobalMemory.h"
#include <cstring>

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

//===----------------------------------------------------------------------===//
// Nothing to do
//===----------------------------------------------------------------------===//

static void nothing(Wave &, const Inst &) {}

/// Waits and hints: memory is in order here. Operands are taken as they are.
static void bindHint(Decoder &d, Inst &i, const Op &op) {
  i.run = op.run;
  d.taken = d.text.operands.size();
  d.text.modifiers.clear();
}

static void endProgram(Wave &w, const Inst &) { w.state = Wave::Ended; }
static void barrier(Wave &w, const Inst &) { w.state = Wave::Barrier; }
static void trap(Wave &, const Inst &i) {
  fail("traps: the program found an error itself");
}

static void bindMessage(Decoder &d, Inst &i, const Op &op) {
  bindHint(d, i, op);
  unsigned message = i.word & 0xffff;
  if (d.chip != Chip::Gfx1100 || message != 3)
    d.unknown("the emulator does not know this message");
}

//===----------------------------------------------------------------------===//
// Branches
//===----------------------------------------------------------------------===//

namespace {
enum Condition : uint8_t {
  kAlways,
  kScc0,
  kScc1,
  kVccZero,
  kVccNonZero,
  kExecZero,
  kExecNonZero
};
} // namespace

static void jump(Wave &w, const Inst &i) {
  if (i.offset2 < 0) // found by the loader
    fail("branches to where no instruction begins");
  w.next = static_cast<uint32_t>(i.offset2);
}
template <Condition C> static void branch(Wave &w, const Inst &i) {
  bool take = C == kScc0          ? !w.s[kScc]
              : C == kScc1        ? w.s[kScc] != 0
              : C == kVccZero     ? !w.bits(kVcc)
              : C == kVccNonZero  ? w.bits(kVcc) != 0
              : C == kExecZero    ? !w.exec()
              : C == kExecNonZero ? w.exec() != 0
                                  : true;
  if (take)
    jump(w, i);
}

static int64_t targetOf(const Inst &i) {
  return int64_t(i.address) + 4 + static_cast<int16_t>(i.word & 0xffff) * 4;
}
static void bindBranch(Decoder &d, Inst &i, const Op &op) {
  bindHint(d, i, op);
  i.offset = targetOf(i);
  i.offset2 = -1;
}

static void getPc(Wave &w, const Inst &i) {
  w.setScalar64(i.dst.index, w.codeBase + i.address + i.size);
}
static uint64_t sourceOf(Wave &w, const Inst &i) {
  return detail::ScalarOperand<uint64_t>::load(w, i.src[0]);
}
static void setPc(Wave &w, const Inst &i) {
  w.next = w.code->at(sourceOf(w, i) - w.codeBase);
}
static void swapPc(Wave &w, const Inst &i) {
  uint64_t to = sourceOf(w, i);
  getPc(w, i);
  w.next = w.code->at(to - w.codeBase);
}
static void call(Wave &w, const Inst &i) {
  getPc(w, i);
  jump(w, i);
}
static void bindPc(Decoder &d, Inst &i, const Op &op) {
  i.run = op.run;
  if (op.code & 1)
    i.dst = d.takeAny();
  if (op.code & 2)
    i.src[0] = d.take(Type::B64);
  if (op.code & 4) {
    d.taken = d.text.operands.size();
    i.offset = targetOf(i);
    i.offset2 = -1;
  }
}

//===----------------------------------------------------------------------===//
// MODE
//===----------------------------------------------------------------------===//

constexpr unsigned kHwMode = 1;

static void setMode(Wave &w, const Inst &i) {
  uint32_t value = detail::ScalarOperand<uint32_t>::load(w, i.src[0]);
  unsigned id = i.word & 63, offset = i.word >> 6 & 31,
           width = (i.word >> 11 & 31) + 1;
  if (id != kHwMode)
    fail("writes a hardware register that the emulator does not have");
  uint32_t field = static_cast<uint32_t>((uint64_t(1) << width) - 1) << offset;
  w.setMode((w.mode & ~field) | (value << offset & field));
}
static void getMode(Wave &w, const Inst &i) {
  unsigned id = i.word & 63, offset = i.word >> 6 & 31,
           width = (i.word >> 11 & 31) + 1;
  if (id != kHwMode)
    fail("reads a hardware register that the emulator does not have");
  w.setScalar(i.dst.index, w.mode >> offset & static_cast<uint32_t>(
                                                  (uint64_t(1) << width) - 1));
}
static void bindMode(Decoder &d, Inst &i, const Op &op) {
  i.run = op.run;
  bool write = op.code;
  if (!write)
    i.dst = d.takeAny();
  ++d.taken; // hwreg(...): in the instruction's bits
  if (write)
    i.src[0] = d.take(Type::B32);
}

/// s_round_mode and s_denorm_mode: four bits of MODE.
static void setModeField(Wave &w, const Inst &i) {
  w.setMode((w.mode & ~(15u << i.code)) | (i.word & 15) << i.code);
}
static void bindModeField(Decoder &d, Inst &i, const Op &op) {
  bindHint(d, i, op);
  i.code = static_cast<uint8_t>(op.code);
}

//===----------------------------------------------------------------------===//
// Scalar loads
//===----------------------------------------------------------------------===//

static void scalarLoad(Wave &w, const Inst &i) {
  uint64_t address = w.s64(i.src[0].index) + static_cast<uint64_t>(i.offset);
  if (i.src[1].kind == Operand::Scalar)
    address += w.s[i.src[1].index];
  if (address & 3)
    fail("reads at an address that is not a multiple of 4 by a scalar load");
  for (unsigned k = 0; k < i.bytes / 4u; ++k) {
    uint32_t x;
    memcpy(&x, w.global->read(address + 4 * k, 4, 4, -1), 4);
    w.setScalar(i.dst.index + k, x);
  }
}
static void bindScalarLoad(Decoder &d, Inst &i, const Op &op) {
  i.run = op.run;
  i.bytes = static_cast<uint8_t>(op.code);
  i.dst = d.takeAny();
  i.src[0] = d.takeAny();
  Operand offset = d.takeAny();
  if (i.dst.kind != Operand::Scalar || i.src[0].kind != Operand::Scalar)
    d.unknown("the emulator expects scalar registers");
  if (offset.kind == Operand::Constant)
    i.offset = static_cast<int32_t>(offset.value[0]);
  else
    i.src[1] = offset;
  i.offset += d.number("offset");
  d.ignoreHints();
}

//===----------------------------------------------------------------------===//

static Op entry(const char *name, void (*bind)(Decoder &, Inst &, const Op &),
                RunFn run, int64_t code = 0) {
  Op op;
  op.name = name;
  op.bind = bind;
  op.run = run;
  op.code = code;
  return op;
}

void amdgpu::addControl(Table &t) {
  for (const char *name : {"s_nop",
                           "s_waitcnt",
                           "s_waitcnt_vscnt",
                           "s_waitcnt_vmcnt",
                           "s_waitcnt_expcnt",
                           "s_waitcnt_lgkmcnt",
                           "s_waitcnt_depctr",
                           "s_delay_alu",
                           "s_clause",
                           "s_sleep",
                           "s_setprio",
                           "s_inst_prefetch",
                           "s_set_inst_prefetch_distance",
                           "s_icache_inv",
                           "s_dcache_inv",
                           "s_dcache_wb",
                           "s_ttracedata",
                           "s_ttracedata_imm",
                           "s_wait_idle",
                           "s_version",
                           "s_wait_event",
                           "v_nop",
                           "v_pipeflush",
                           "s_gl1_inv",
                           "buffer_gl0_inv",
                           "buffer_gl1_inv",
                           "buffer_inv",
                           "buffer_wbl2",
                           "buffer_wbinvl1",
                           "buffer_wbinvl1_vol"})
    t.push_back(entry(name, bindHint, nothing));
  t.insert(t.end(),
           {entry("s_endpgm", bindHint, endProgram),
            entry("s_barrier", bindHint, barrier),
            entry("s_trap", bindHint, trap),
            entry("s_sendmsg", bindMessage, nothing),
            entry("s_branch", bindBranch, branch<kAlways>),
            entry("s_cbranch_scc0", bindBranch, branch<kScc0>),
            entry("s_cbranch_scc1", bindBranch, branch<kScc1>),
            entry("s_cbranch_vccz", bindBranch, branch<kVccZero>),
            entry("s_cbranch_vccnz", bindBranch, branch<kVccNonZero>),
            entry("s_cbranch_execz", bindBranch, branch<kExecZero>),
            entry("s_cbranch_execnz", bindBranch, branch<kExecNonZero>),
            entry("s_getpc_b64", bindPc, getPc, 1),
            entry("s_setpc_b64", bindPc, setPc, 2),
            entry("s_swappc_b64", bindPc, swapPc, 3),
            entry("s_call_b64", bindPc, call, 5),
            entry("s_setreg_b32", bindMode, setMode, 1),
            entry("s_setreg_imm32_b32", bindMode, setMode, 1),
            entry("s_getreg_b32", bindMode, getMode, 0),
            entry("s_round_mode", bindModeField, setModeField, 0),
            entry("s_denorm_mode", bindModeField, setModeField, 4),
            entry("s_load_dword", bindScalarLoad, scalarLoad, 4),
            entry("s_load_dwordx2", bindScalarLoad, scalarLoad, 8),
            entry("s_load_dwordx4", bindScalarLoad, scalarLoad, 16),
            entry("s_load_dwordx8", bindScalarLoad, scalarLoad, 32),
            entry("s_load_dwordx16", bindScalarLoad, scalarLoad, 64),
            entry("s_load_b32", bindScalarLoad, scalarLoad, 4),
            entry("s_load_b64", bindScalarLoad, scalarLoad, 8),
            entry("s_load_b128", bindScalarLoad, scalarLoad, 16),
            entry("s_load_b256", bindScalarLoad, scalarLoad, 32),
            entry("s_load_b512", bindScalarLoad, scalarLoad, 64)});
}
