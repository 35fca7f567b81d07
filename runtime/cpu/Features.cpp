//===- Features.cpp -------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/cpu/Features.h"
#include <cstdio>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) || defined(__riscv)
#include <sys/auxv.h>
#endif

namespace tercet::runtime {

#if defined(__x86_64__)
constexpr const char *kArchitecture = "x86-64";
constexpr const char *kTriple = "x86_64";
#elif defined(__aarch64__)
constexpr const char *kArchitecture = "AArch64";
constexpr const char *kTriple = "aarch64";
#elif defined(__riscv)
constexpr const char *kArchitecture = "RISC-V 64";
constexpr const char *kTriple = "riscv64";
#else
constexpr const char *kArchitecture = "this architecture";
constexpr const char *kTriple = "";
#endif

#if defined(__x86_64__)
namespace {

enum Register { EAX, EBX, ECX, EDX };
/// Which state the operating system must save for a feature to be usable.
enum Saved { plain, vector, mask, tile };

struct Bit {
  const char *name;
  uint32_t leaf, subleaf;
  Register reg;
  int bit;
  Saved saved;
};

const Bit kBits[] = {
    {"cx8", 1, 0, EDX, 8, plain},
    {"cmov", 1, 0, EDX, 15, plain},
    {"mmx", 1, 0, EDX, 23, plain},
    {"fxsr", 1, 0, EDX, 24, plain},
    {"sse", 1, 0, EDX, 25, plain},
    {"sse2", 1, 0, EDX, 26, plain},
    {"x87", 1, 0, EDX, 0, plain},
    {"sse3", 1, 0, ECX, 0, plain},
    {"pclmul", 1, 0, ECX, 1, plain},
    {"ssse3", 1, 0, ECX, 9, plain},
    {"fma", 1, 0, ECX, 12, vector},
    {"cx16", 1, 0, ECX, 13, plain},
    {"sse4.1", 1, 0, ECX, 19, plain},
    {"sse4.2", 1, 0, ECX, 20, plain},
    {"crc32", 1, 0, ECX, 20, plain},
    {"movbe", 1, 0, ECX, 22, plain},
    {"popcnt", 1, 0, ECX, 23, plain},
    {"aes", 1, 0, ECX, 25, plain},
    {"xsave", 1, 0, ECX, 27, plain},
    {"avx", 1, 0, ECX, 28, vector},
    {"f16c", 1, 0, ECX, 29, vector},
    {"rdrnd", 1, 0, ECX, 30, plain},
    {"fsgsbase", 7, 0, EBX, 0, plain},
    {"bmi", 7, 0, EBX, 3, plain},
    {"avx2", 7, 0, EBX, 5, vector},
    {"bmi2", 7, 0, EBX, 8, plain},
    {"invpcid", 7, 0, EBX, 10, plain},
    {"rtm", 7, 0, EBX, 11, plain},
    {"avx512f", 7, 0, EBX, 16, mask},
    {"evex512", 7, 0, EBX, 16, mask},
    {"avx512dq", 7, 0, EBX, 17, mask},
    {"rdseed", 7, 0, EBX, 18, plain},
    {"adx", 7, 0, EBX, 19, plain},
    {"avx512ifma", 7, 0, EBX, 21, mask},
    {"clflushopt", 7, 0, EBX, 23, plain},
    {"clwb", 7, 0, EBX, 24, plain},
    {"avx512cd", 7, 0, EBX, 28, mask},
    {"sha", 7, 0, EBX, 29, plain},
    {"avx512bw", 7, 0, EBX, 30, mask},
    {"avx512vl", 7, 0, EBX, 31, mask},
    {"avx512vbmi", 7, 0, ECX, 1, mask},
    {"pku", 7, 0, ECX, 4, plain},
    {"waitpkg", 7, 0, ECX, 5, plain},
    {"avx512vbmi2", 7, 0, ECX, 6, mask},
    {"shstk", 7, 0, ECX, 7, plain},
    {"gfni", 7, 0, ECX, 8, plain},
    {"vaes", 7, 0, ECX, 9, vector},
    {"vpclmulqdq", 7, 0, ECX, 10, vector},
    {"avx512vnni", 7, 0, ECX, 11, mask},
    {"avx512bitalg", 7, 0, ECX, 12, mask},
    {"avx512vpopcntdq", 7, 0, ECX, 14, mask},
    {"rdpid", 7, 0, ECX, 22, plain},
    {"cldemote", 7, 0, ECX, 25, plain},
    {"movdiri", 7, 0, ECX, 27, plain},
    {"movdir64b", 7, 0, ECX, 28, plain},
    {"enqcmd", 7, 0, ECX, 29, plain},
    {"uintr", 7, 0, EDX, 5, plain},
    {"avx512vp2intersect", 7, 0, EDX, 8, mask},
    {"serialize", 7, 0, EDX, 14, plain},
    {"tsxldtrk", 7, 0, EDX, 16, plain},
    {"pconfig", 7, 0, EDX, 18, plain},
    {"amx-bf16", 7, 0, EDX, 22, tile},
    {"avx512fp16", 7, 0, EDX, 23, mask},
    {"amx-tile", 7, 0, EDX, 24, tile},
    {"amx-int8", 7, 0, EDX, 25, tile},
    {"sha512", 7, 1, EAX, 0, vector},
    {"avxvnni", 7, 1, EAX, 4, vector},
    {"avx512bf16", 7, 1, EAX, 5, mask},
    {"amx-fp16", 7, 1, EAX, 21, tile},
    {"hreset", 7, 1, EAX, 22, plain},
    {"avxifma", 7, 1, EAX, 23, vector},
    {"avxvnniint8", 7, 1, EDX, 4, vector},
    {"avxneconvert", 7, 1, EDX, 5, vector},
    {"avxvnniint16", 7, 1, EDX, 10, vector},
    {"prefetchi", 7, 1, EDX, 14, plain},
    {"xsaveopt", 13, 1, EAX, 0, plain},
    {"xsavec", 13, 1, EAX, 1, plain},
    {"xsaves", 13, 1, EAX, 3, plain},
    {"ptwrite", 20, 0, EBX, 4, plain},
    {"sahf", 0x80000001, 0, ECX, 0, plain},
    {"lzcnt", 0x80000001, 0, ECX, 5, plain},
    {"sse4a", 0x80000001, 0, ECX, 6, plain},
    {"prfchw", 0x80000001, 0, ECX, 8, plain},
    {"xop", 0x80000001, 0, ECX, 11, vector},
    {"lwp", 0x80000001, 0, ECX, 15, plain},
    {"fma4", 0x80000001, 0, ECX, 16, vector},
    {"tbm", 0x80000001, 0, ECX, 21, plain},
    {"mwaitx", 0x80000001, 0, ECX, 29, plain},
    {"64bit", 0x80000001, 0, EDX, 29, plain},
    {"clzero", 0x80000008, 0, EBX, 0, plain},
    {"rdpru", 0x80000008, 0, EBX, 4, plain},
    {"wbnoinvd", 0x80000008, 0, EBX, 9, plain},
};

uint64_t enabledStates() {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
    return 0;
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

} // namespace

bool HostFeatures::detect() {
  uint64_t states = enabledStates();
  const uint64_t needed[] = {0, 0x6, 0xe6, 0x60000};
  for (const Bit &f : kBits) {
    uint32_t r[4] = {0, 0, 0, 0};
    if (!__get_cpuid_count(f.leaf, f.subleaf, &r[EAX], &r[EBX], &r[ECX],
                           &r[EDX]))
      continue;
    if ((r[f.reg] >> f.bit & 1) &&
        (states & needed[f.saved]) == needed[f.saved] && !names.push(f.name))
      return false;
  }
  return true;
}

/// What the architecture levels mean, so that a target may name just the level.
static const char *const kLevel2[] = {"cx16",  "sahf",   "popcnt", "sse3",
                                      "ssse3", "sse4.1", "sse4.2", nullptr};
static const char *const kLevel3[] = {"avx",   "avx2", "bmi",   "bmi2",
                                      "f16c",  "fma",  "lzcnt", "movbe",
                                      "xsave", nullptr};
static const char *const kLevel4[] = {"avx512f",  "avx512bw", "avx512cd",
                                      "avx512dq", "avx512vl", nullptr};

static const char *missingOfLevel(const HostFeatures &host, const char *chip) {
  int level = equal(chip, "x86-64-v2")   ? 2
              : equal(chip, "x86-64-v3") ? 3
              : equal(chip, "x86-64-v4") ? 4
                                         : 1;
  const char *const *lists[] = {kLevel2, kLevel3, kLevel4};
  for (int i = 2; i <= level; ++i)
    for (const char *const *name = lists[i - 2]; *name; ++name)
      if (!host.has(*name))
        return *name;
  return nullptr;
}
static bool knownLevel(const char *chip) {
  return equal(chip, "") || equal(chip, "generic") || equal(chip, "x86-64") ||
         equal(chip, "x86-64-v2") || equal(chip, "x86-64-v3") ||
         equal(chip, "x86-64-v4");
}

#elif defined(__aarch64__)
namespace {
struct Bit {
  const char *name;
  bool second;
  int bit;
};
// Bits of AT_HWCAP and AT_HWCAP2 as the kernel's ABI numbers them.
const Bit kBits[] = {
    {"fp-armv8", false, 0},   {"neon", false, 1},     {"aes", false, 3},
    {"sha2", false, 6},       {"crc", false, 7},      {"lse", false, 8},
    {"fullfp16", false, 10},  {"rdm", false, 12},     {"jsconv", false, 13},
    {"complxnum", false, 14}, {"rcpc", false, 15},    {"ccpp", false, 16},
    {"sha3", false, 17},      {"dotprod", false, 20}, {"sve", false, 22},
    {"fp16fml", false, 23},   {"dit", false, 24},     {"sve2", true, 1},
    {"i8mm", true, 13},       {"bf16", true, 14},     {"bti", true, 17},
    {"sme", true, 23},
};
} // namespace
bool HostFeatures::detect() {
  unsigned long one = getauxval(AT_HWCAP), two = getauxval(AT_HWCAP2);
  for (const Bit &f : kBits)
    if (((f.second ? two : one) >> f.bit & 1) && !names.push(f.name))
      return false;
  return true;
}
static const char *missingOfLevel(const HostFeatures &, const char *) {
  return nullptr;
}
static bool knownLevel(const char *chip) {
  return equal(chip, "") || equal(chip, "generic");
}

#elif defined(__riscv)
bool HostFeatures::detect() {
  static const char *const letters[] = {"a", "c", "d", "f", "m", "v"};
  unsigned long caps = getauxval(AT_HWCAP);
  for (const char *letter : letters)
    if ((caps >> (*letter - 'a') & 1) && !names.push(letter))
      return false;
  // What the letters imply.
  static const char *const ofV[] = {"zve32f", "zve32x",  "zve64d", "zve64f",
                                    "zve64x", "zvl128b", "zvl32b", "zvl64b"};
  for (const char *name : ofV)
    if (has("v") && !names.push(name))
      return false;
  static const char *const always[] = {"64bit",    "i",     "zicsr",
                                       "zifencei", "zmmul", "zaamo",
                                       "zalrsc",   "zca",   "zcd"};
  for (const char *name : always)
    if (!names.push(name))
      return false;
  return true;
}
static const char *missingOfLevel(const HostFeatures &, const char *) {
  return nullptr;
}
static bool knownLevel(const char *chip) {
  return equal(chip, "") || strncmp(chip, "generic", 7) == 0;
}

#else
bool HostFeatures::detect() { return true; }
static const char *missingOfLevel(const HostFeatures &, const char *) {
  return nullptr;
}
static bool knownLevel(const char *) { return false; }
#endif

bool HostFeatures::has(const char *name) const {
  for (const char *n : names)
    if (equal(n, name))
      return true;
  return false;
}

void HostFeatures::describe(char *text, size_t size) const {
  const char *best = has("avx512vnni") ? ", AVX-512 VNNI"
                     : has("avx512f")  ? ", AVX-512"
                     : has("avxvnni")  ? ", AVX-VNNI"
                     : has("avx2")     ? ", AVX2"
                     : has("i8mm")     ? ", i8mm"
                     : has("dotprod")  ? ", dot product"
                     : has("v")        ? ", vectors"
                                       : "";
  snprintf(text, size, "%s%s", kArchitecture, best);
}

int HostFeatures::accepts(const tercet_device_target &t, char *why,
                          size_t size) const {
  if (!equal(t.device, "cpu")) {
    snprintf(why, size, "it is for device %s", t.device);
    return 0;
  }
  size_t arch = strcspn(t.triple, "-");
  if (*kTriple == 0 || arch != strlen(kTriple) ||
      strncmp(t.triple, kTriple, arch) != 0) {
    snprintf(why, size, "it is for %s and this is %s", t.triple, kArchitecture);
    return 0;
  }
  int score = 1;
  bool any = false;
  for (size_t i = 0; i < t.feature_count; ++i) {
    const char *name = t.features[i];
    if (*name == '-')
      continue;
    name += *name == '+';
    if (*name == 0 || equal(name, "fast-unaligned-access") ||
        strncmp(name, "prefer-", 7) == 0 || strncmp(name, "tuning-", 7) == 0)
      continue;
    any = true;
    if (!has(name)) {
      snprintf(why, size, "this processor lacks %s", name);
      return 0;
    }
    ++score;
  }
  if (const char *missing = missingOfLevel(*this, t.chip)) {
    snprintf(why, size, "this processor lacks %s, which %s has", missing,
             t.chip);
    return 0;
  }
  if (!any && !knownLevel(t.chip)) {
    snprintf(why, size, "it is for processor %s and lists no features to check",
             t.chip);
    return 0;
  }
#if defined(__x86_64__)
  // Levels whose features are not listed one by one still count.
  size_t n = strlen(t.chip);
  if (strncmp(t.chip, "x86-64-v", 8) == 0 && n == 9)
    score += (t.chip[8] - '0') * 8;
#endif
  return score;
}

} // namespace tercet::runtime
