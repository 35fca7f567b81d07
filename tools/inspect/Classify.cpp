//===- Classify.cpp - the class of an instruction, for each ISA -----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/inspect/InstructionMix.h"
#include <algorithm>
#include <cstring>
#include <initializer_list>

using namespace tercet::tools;

using Words = std::initializer_list<const char *>;

static bool starts(const std::string &s, const char *prefix) {
  return s.compare(0, strlen(prefix), prefix) == 0;
}
static bool startsAny(const std::string &s, Words prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const char *p) { return starts(s, p); });
}
static bool isAny(const std::string &s, Words words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const char *w) { return s == w; });
}
static bool contains(const std::string &s, const char *part) {
  return s.find(part) != std::string::npos;
}
static bool containsAny(const std::string &s, Words parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](const char *p) { return contains(s, p); });
}
static bool endsAny(const std::string &s, Words suffixes) {
  return std::any_of(suffixes.begin(), suffixes.end(), [&](const char *e) {
    size_t n = strlen(e);
    return s.size() >= n && s.compare(s.size() - n, n, e) == 0;
  });
}

static Class classifySass(const Instruction &in) {
  std::string op = in.name.substr(0, in.name.find('.'));
  if (contains(op, "MMA"))
    return Class::matrix;
  if (starts(op, "IDP"))
    return Class::dot;
  if (startsAny(op, {"ATOM", "RED", "SUATOM", "SURED"}) && op != "REDUX")
    return Class::atomic;
  if (isAny(op, {"LDL", "STL"}))
    return Class::local;
  if (isAny(op, {"LDS", "LDSM"}))
    return Class::sharedLoad;
  if (isAny(op, {"STS", "STSM"}))
    return Class::sharedStore;
  if (isAny(op,
            {"LDG", "LD", "LDGSTS", "UBLKCP", "UTMALDG", "TEX", "TLD", "SULD"}))
    return Class::globalLoad;
  if (isAny(op, {"STG", "ST", "UTMASTG", "SUST"}))
    return Class::globalStore;
  if (isAny(op, {"BAR", "UCGABAR_ARV", "UCGABAR_WAIT", "MEMBAR", "ERRBAR",
                 "DEPBAR", "LDGDEPBAR", "FENCE", "SYNCS", "ARRIVES", "WARPSYNC",
                 "WARPGROUP", "CCTL", "UTMACMDFLUSH"}))
    return Class::barrier;
  if (isAny(op,
            {"BRA", "BRX", "BRXU", "JMP", "JMX", "CALL", "RET", "EXIT", "BSSY",
             "BSYNC", "BREAK", "BMOV", "KILL", "BPT", "YIELD", "RPCMOV"}))
    return Class::control;
  // The uniform form of an instruction does the same for a whole warp.
  std::string plain = op.size() > 2 && op[0] == 'U' ? op.substr(1) : op;
  // Copies by the multipliers, and constants: HFMA2 R1, -RZ, RZ, 0, 1.
  if (startsAny(in.name, {"IMAD.MOV", "UIMAD.MOV"}) ||
      (op == "HFMA2" && contains(in.operands, "-RZ, RZ, ")))
    return Class::other;
  if (startsAny(plain, {"F2", "I2", "FRND", "HADD2_F32"}))
    return Class::conversion;
  if (startsAny(plain, {"FADD", "FMUL", "FFMA", "FSET", "FSEL", "FMNMX", "FCHK",
                        "FSWZ", "MUFU", "HADD", "HMUL", "HFMA", "HSET", "HMNMX",
                        "DADD", "DMUL", "DFMA", "DSET", "DMNMX"}))
    return Class::floating;
  if (op == "SHFL")
    return Class::other;
  if (startsAny(plain, {"IMAD",  "IMUL", "IADD",  "ISCADD", "ISET",
                        "IMNMX", "IABS", "VIADD", "VIMNMX", "VABSDIFF",
                        "LEA",   "LOP",  "PLOP3", "SHF",    "SHL",
                        "SHR",   "PRMT", "SGXT",  "BMSK",   "POPC",
                        "FLO",   "BREV", "SEL",   "REDUX",  "VHMNMX"}))
    return Class::integer;
  return Class::other;
}

static Class classifyPtx(const Instruction &in) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= in.name.size();) {
    size_t dot = std::min(in.name.find('.', at), in.name.size());
    parts.push_back(in.name.substr(at, dot - at));
    at = dot + 1;
  }
  const std::string &op = parts[0];
  auto has = [&](const char *part) {
    return std::find(parts.begin() + 1, parts.end(), part) != parts.end();
  };
  bool shared =
      std::any_of(parts.begin(), parts.end(),
                  [](const std::string &p) { return starts(p, "shared"); });
  if (isAny(op, {"mma", "wmma", "wgmma", "tcgen05"})) {
    if (has("mma") || has("mma_async") || op == "mma")
      return Class::matrix;
    return has("load")    ? (shared ? Class::sharedLoad : Class::globalLoad)
           : has("store") ? (shared ? Class::sharedStore : Class::globalStore)
           : has("ld") || has("st") || has("cp") ? Class::other
                                                 : Class::barrier;
  }
  if (isAny(op, {"dp4a", "dp2a"}))
    return Class::dot;
  if (isAny(op, {"atom", "red"}))
    return Class::atomic;
  if (isAny(op, {"bar", "barrier", "membar", "fence", "mbarrier"}))
    return Class::barrier;
  if (op == "cp")
    return has("commit_group") || has("wait_group") || has("wait_all")
               ? Class::barrier
               : Class::globalLoad;
  if (op == "ldmatrix")
    return Class::sharedLoad;
  if (op == "stmatrix")
    return Class::sharedStore;
  if (isAny(op, {"ld", "ldu", "st"})) {
    if (has("param") || has("const"))
      return Class::other;
    if (has("local"))
      return Class::local;
    if (op == "st")
      return shared ? Class::sharedStore : Class::globalStore;
    return shared ? Class::sharedLoad : Class::globalLoad;
  }
  if (isAny(op, {"bra", "brx", "call", "ret", "exit", "trap"}))
    return Class::control;
  if (op == "cvt")
    return Class::conversion;
  if (isAny(op,
            {"mov", "cvta", "shfl", "vote", "activemask", "elect", "isspacep",
             "prefetch", "nanosleep", "griddepcontrol", "setmaxnreg", "match"}))
    return Class::other;
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (isAny(*part, {"f16", "f16x2", "bf16", "bf16x2", "f32", "f32x2", "f64"}))
      return Class::floating;
    if (isAny(*part, {"u16", "s16", "b16", "u32", "s32", "b32", "u64", "s64",
                      "b64", "pred", "u8", "s8", "b8", "u16x2", "s16x2"}))
      return Class::integer;
  }
  return Class::other;
}

static Class classifyAmdgcn(const Instruction &in, bool scratch) {
  std::string op = in.name;
  if (starts(op, "v_dual_"))
    op = "v_" + op.substr(7);
  if (startsAny(op, {"v_mfma", "v_smfmac", "v_wmma", "v_swmmac"}))
    return Class::matrix;
  if (starts(op, "v_dot"))
    return Class::dot;
  if (starts(op, "ds_")) {
    if (containsAny(op, {"permute", "swizzle", "nop"}))
      return Class::other;
    if (startsAny(op, {"ds_read", "ds_load"}))
      return Class::sharedLoad;
    return startsAny(op, {"ds_write", "ds_store"}) ? Class::sharedStore
                                                   : Class::atomic;
  }
  if (startsAny(op, {"global_", "flat_", "buffer_", "scratch_", "tensor_"})) {
    if (contains(op, "atomic"))
      return Class::atomic;
    bool load = contains(op, "load"), store = contains(op, "store");
    if (!load && !store)
      return Class::barrier; // writing back and invalidating caches
    if (starts(op, "scratch_") ||
        (starts(op, "buffer_") && scratch && contains(in.operands, "s[0:3]")))
      return Class::local;
    return load ? Class::globalLoad : Class::globalStore;
  }
  if (startsAny(op, {"s_load", "s_buffer_load"}))
    return Class::globalLoad;
  if (starts(op, "s_barrier"))
    return Class::barrier;
  if (startsAny(op, {"s_branch", "s_cbranch", "s_setpc", "s_swappc", "s_call",
                     "s_endpgm", "s_trap"}) ||
      contains(op, "saveexec"))
    return Class::control;
  if (startsAny(op,
                {"v_cvt", "s_cvt", "v_rndne", "v_trunc", "v_floor", "v_ceil",
                 "v_fract", "s_rndne", "s_trunc", "s_floor", "s_ceil"}))
    return Class::conversion;
  if (startsAny(
          op,
          {"v_mov",           "s_mov",      "v_pk_mov",        "s_cmov",
           "v_accvgpr",       "v_readlane", "v_readfirstlane", "v_writelane",
           "v_permlane",      "v_nop",      "v_swap",          "s_nop",
           "s_wait",          "s_delay",    "s_clause",        "s_code_end",
           "s_set",           "s_get",      "s_send",          "s_sleep",
           "s_inst_prefetch", "s_icache",   "s_dcache",        "s_ttrace",
           "s_version",       "s_prefetch", "s_wqm",           "s_alloc"}))
    return Class::other;
  if (!startsAny(op, {"v_", "s_"}))
    return Class::other;
  return containsAny(op, {"_f16", "_f32", "_f64", "_bf16"}) ? Class::floating
                                                            : Class::integer;
}

/// x86 in Intel's syntax: the target comes first.
static Class classifyX86(const Instruction &in) {
  const std::string &op = in.name, &args = in.operands;
  size_t comma = args.find(','), bracket = args.find('[');
  bool memory = bracket != std::string::npos, store = memory && bracket < comma,
       stack = memory && containsAny(args.substr(bracket),
                                     {"[rsp", "[rbp", "+ rsp", "+ rbp"});
  bool vector = op[0] == 'v';
  std::string plain = vector ? op.substr(1) : op;
  if (starts(op, "tdp"))
    return Class::matrix;
  if (startsAny(plain, {"pdp", "pmaddubsw", "pmaddwd", "dpbf16ps"}))
    return Class::dot;
  if (op == "lock" || (op == "xchg" && memory))
    return Class::atomic;
  if (isAny(op, {"mfence", "lfence", "sfence"}))
    return Class::barrier;
  if (op[0] == 'j' || startsAny(op, {"call", "ret", "loop", "ud2", "int3"}))
    return Class::control;
  if (isAny(op, {"push", "pop", "enter", "leave"}))
    return Class::local;
  if (startsAny(plain, {"pmovsx", "pmovzx", "cvt", "round", "rndscale", "packs",
                        "packus"}) ||
      (starts(op, "vpmov") &&
       isAny(op.substr(5), {"wb", "db", "dw", "qd", "qw", "qb", "swb", "sdb",
                            "sdw", "uswb", "usdb", "usdw"})))
    return Class::conversion;
  bool copies =
      startsAny(plain, {"mov", "broadcast", "pbroadcast", "kmov", "lddqu",
                        "maskmov", "pmaskmov", "gather", "pgather", "scatter",
                        "pscatter", "tileload", "tilestore", "expand",
                        "pexpand", "compress", "pcompress"}) ||
      starts(op, "kmov");
  if (copies) {
    if (!memory)
      return Class::other;
    return stack   ? Class::local
           : store ? Class::globalStore
                   : Class::globalLoad;
  }
  if (startsAny(op,
                {"nop", "endbr", "prefetch", "vzero", "cpuid", "data16", "cs"}))
    return Class::other;
  if (startsAny(plain, {"perm", "shuf", "unpck", "blend", "insert", "extract",
                        "align", "and", "or", "xor", "ternlog"}))
    return Class::integer;
  return endsAny(plain, {"ps", "pd", "ss", "sd", "ph", "sh"}) ? Class::floating
                                                              : Class::integer;
}

static Class classifyAArch64(const Instruction &in) {
  const std::string &op = in.name;
  bool stack = contains(in.operands, "[sp");
  if (endsAny(op, {"mmla", "mopa"}))
    return Class::matrix;
  if (endsAny(op, {"dot"}))
    return Class::dot;
  if (startsAny(op, {"ldx", "ldax", "ldadd", "ldclr", "ldset", "ldeor", "stx",
                     "stlx", "cas", "swp", "stadd"}))
    return Class::atomic;
  if (isAny(op, {"dmb", "dsb", "isb"}))
    return Class::barrier;
  if (startsAny(op, {"ld", "st"}))
    return stack          ? Class::local
           : op[0] == 'l' ? Class::globalLoad
                          : Class::globalStore;
  if (startsAny(op, {"b."}) || isAny(op, {"b", "bl", "br", "blr", "ret", "cbz",
                                          "cbnz", "tbz", "tbnz", "udf", "brk"}))
    return Class::control;
  if (startsAny(op, {"scvtf", "ucvtf", "fcvt", "frint", "sxt", "uxt", "sshll",
                     "ushll", "shll", "xtn", "sqxt", "uqxt", "bfcvt"}))
    return Class::conversion;
  if (startsAny(op, {"mov", "mvni", "fmov", "dup", "ins", "umov", "smov", "nop",
                     "prfm", "mrs", "msr", "adr", "hint", "bti"}))
    return Class::other;
  return op[0] == 'f' ? Class::floating : Class::integer;
}

static Class classifyRiscv(const Instruction &in) {
  const std::string &op = in.name;
  bool stack = contains(in.operands, "(sp)");
  if (op[0] == 'v') {
    if (startsAny(op, {"vqdot"}))
      return Class::dot;
    bool load = startsAny(op, {"vle", "vlse", "vlux", "vlox", "vl1r", "vl2r",
                               "vl4r", "vl8r", "vlm", "vlseg"}),
         store = startsAny(op, {"vse8", "vse16", "vse32", "vse64", "vsse",
                                "vsux", "vsox", "vs1r", "vs2r", "vs4r", "vs8r",
                                "vsm.", "vsseg"}) &&
                 !startsAny(op, {"vsext"});
    if (load || store)
      return stack  ? Class::local
             : load ? Class::globalLoad
                    : Class::globalStore;
    if (containsAny(op, {"cvt", "zext", "sext", "vnclip"}))
      return Class::conversion;
    if (startsAny(op, {"vset", "vmv", "vfmv"}))
      return Class::other;
    return starts(op, "vf") || starts(op, "vmf") ? Class::floating
                                                 : Class::integer;
  }
  if (startsAny(op, {"amo", "lr.", "sc."}))
    return Class::atomic;
  if (starts(op, "fence"))
    return Class::barrier;
  bool load = isAny(op, {"lb", "lbu", "lh", "lhu", "lw", "lwu", "ld", "flh",
                         "flw", "fld"}),
       store = isAny(op, {"sb", "sh", "sw", "sd", "fsh", "fsw", "fsd"});
  if (load || store)
    return stack ? Class::local : load ? Class::globalLoad : Class::globalStore;
  if (isAny(op, {"j", "jr", "jal", "jalr", "ret", "call", "tail", "unimp",
                 "ebreak"}) ||
      startsAny(op, {"beq", "bne", "blt", "bge", "bgt", "ble"}))
    return Class::control;
  if (starts(op, "fcvt"))
    return Class::conversion;
  if (startsAny(op, {"mv", "li", "fmv", "nop", "csr", "fsflags", "frflags"}))
    return Class::other;
  return op[0] == 'f' ? Class::floating : Class::integer;
}

Class tercet::tools::classify(Isa isa, const Instruction &in, bool scratch) {
  if (in.name.empty() || in.name[0] == '<') // <unknown>
    return Class::other;
  switch (isa) {
  case Isa::sass:
    return classifySass(in);
  case Isa::ptx:
    return classifyPtx(in);
  case Isa::amdgcn:
    return classifyAmdgcn(in, scratch);
  case Isa::x86:
    return classifyX86(in);
  case Isa::aarch64:
    return classifyAArch64(in);
  case Isa::riscv:
    return classifyRiscv(in);
  }
  return Class::other;
}
