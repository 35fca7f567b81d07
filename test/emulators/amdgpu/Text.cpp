//===- Text.cpp -----------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Text.h"
#include <cstdlib>
#include <cstring>

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

static bool endsWith(const std::string &s, const char *suffix) {
  size_t n = strlen(suffix);
  return s.size() >= n && !s.compare(s.size() - n, n, suffix);
}

static std::string trim(const std::string &s) {
  size_t b = s.find_first_not_of(" \t"), e = s.find_last_not_of(" \t");
  return b == std::string::npos ? "" : s.substr(b, e - b + 1);
}

Text amdgpu::parseText(const std::string &printed) {
  Text t;
  std::string s = trim(printed);
  size_t space = s.find_first_of(" \t");
  t.mnemonic = t.name = s.substr(0, space);
  s = space == std::string::npos ? "" : trim(s.substr(space));
  if (endsWith(t.name, "_sdwa")) {
    t.sdwa = true;
    t.name.resize(t.name.size() - 5);
  }
  if (endsWith(t.name, "_dpp")) {
    t.dpp = true;
    t.name.resize(t.name.size() - 4);
  }
  if (endsWith(t.name, "_e32") || endsWith(t.name, "_e64"))
    t.name.resize(t.name.size() - 4);

  // Operands are parted by commas outside of brackets; after the last one,
  // modifiers by blanks.
  int depth = 0;
  std::string word;
  std::vector<std::string> words; // of the last operand and what follows
  auto flushWord = [&] {
    if (!word.empty())
      words.push_back(word);
    word.clear();
  };
  for (char c : s) {
    if (c == '[' || c == '(')
      ++depth;
    if (c == ']' || c == ')')
      --depth;
    if (!depth && c == ',') {
      flushWord();
      std::string all;
      for (auto &w : words)
        all += (all.empty() ? "" : " ") + w;
      t.operands.push_back(all);
      words.clear();
    } else if (!depth && c == ' ') {
      flushWord();
    } else {
      word += c;
    }
  }
  flushWord();
  size_t first = 0;
  if (!words.empty() && words[0].find(':') == std::string::npos) {
    t.operands.push_back(words[0]);
    first = 1;
  } else if (!words.empty() && words[0].find('[') < words[0].find(':')) {
    t.operands.push_back(words[0]); // v[0:1]
    first = 1;
  }
  for (size_t i = first; i < words.size(); ++i) {
    size_t colon = words[i].find(':');
    t.modifiers[words[i].substr(0, colon)] =
        colon == std::string::npos ? "" : words[i].substr(colon + 1);
  }
  return t;
}

namespace {
struct Named {
  const char *name;
  uint16_t index;
  uint8_t count;
};
} // namespace

static const Named kNamed[] = {
    {"vcc", kVcc, 2},
    {"vcc_lo", kVcc, 1},
    {"vcc_hi", kVcc + 1, 1},
    {"exec", kExec, 2},
    {"exec_lo", kExec, 1},
    {"exec_hi", kExec + 1, 1},
    {"m0", kM0, 1},
    {"null", kNull, 1},
    {"scc", kScc, 1},
    {"src_scc", kScc, 1},
    {"src_vccz", kVccz, 1},
    {"src_execz", kExecz, 1},
    {"src_shared_base", kSharedBase, 2},
    {"src_shared_limit", kSharedLimit, 2},
    {"src_private_base", kPrivateBase, 2},
    {"src_private_limit", kPrivateLimit, 2},
    {"flat_scratch", 102, 2},
    {"flat_scratch_lo", 102, 1},
    {"flat_scratch_hi", 103, 1},
    {"xnack_mask", 104, 2},
    {"xnack_mask_lo", 104, 1},
    {"xnack_mask_hi", 105, 1},
};

/// "12" or "[2:5]" after the letter of a register file.
static bool parseRange(const char *s, unsigned &first, unsigned &count) {
  char *end;
  if (*s == '[') {
    first = strtoul(s + 1, &end, 10);
    unsigned last = first;
    if (*end == ':')
      last = strtoul(end + 1, &end, 10);
    if (*end != ']' || end[1] || last < first)
      return false;
    count = last - first + 1;
    return true;
  }
  if (*s < '0' || *s > '9')
    return false;
  first = strtoul(s, &end, 10);
  count = 1;
  return !*end;
}

static bool parseRegister(std::string s, Operand &out) {
  for (const Named &n : kNamed)
    if (s == n.name) {
      out.kind = Operand::Scalar;
      out.index = n.index;
      out.count = n.count;
      return true;
    }
  if (endsWith(s, ".l") || endsWith(s, ".h")) {
    out.halved = true;
    out.high = s.back() == 'h';
    s.resize(s.size() - 2);
  }
  unsigned first, count;
  if (!s.compare(0, 4, "ttmp") && parseRange(s.c_str() + 4, first, count)) {
    out.kind = Operand::Scalar;
    out.index = 108 + first;
  } else if (s.size() > 1 && s[0] == 's' &&
             parseRange(s.c_str() + 1, first, count)) {
    out.kind = Operand::Scalar;
    out.index = first;
  } else if (s.size() > 1 && (s[0] == 'v' || s[0] == 'a') &&
             parseRange(s.c_str() + 1, first, count)) {
    out.kind = Operand::Vector;
    out.index = first + (s[0] == 'a' ? kFirstAccumulator : 0);
  } else {
    return false;
  }
  out.count = count;
  return true;
}

static bool parseNumber(const std::string &s, Operand &out) {
  char *end;
  out.kind = Operand::Constant;
  if (!s.compare(0, 2, "0x")) {
    unsigned long long v = strtoull(s.c_str(), &end, 16);
    if (*end || v > 0xffffffffu)
      return false;
    out.value[0] = static_cast<uint32_t>(v);
    out.literal = true;
    return true;
  }
  if (s.find('.') != std::string::npos) {
    out.number = strtod(s.c_str(), &end);
    out.real = true;
    return end != s.c_str() && !*end;
  }
  long long v = strtoll(s.c_str(), &end, 10);
  if (end == s.c_str() || *end)
    return false;
  out.value[0] = static_cast<uint32_t>(v);
  out.value[1] = v < 0 ? ~0u : 0;
  return true;
}

bool amdgpu::parseOperand(const std::string &text, Operand &out) {
  std::string s = text;
  out = Operand();
  if (s.empty())
    return false;
  auto inside = [&](const char *name) {
    size_t n = strlen(name);
    if (s.compare(0, n, name) || s.back() != ')')
      return false;
    s = s.substr(n, s.size() - n - 1);
    return true;
  };
  if (inside("neg("))
    out.neg = true;
  else if (s[0] == '-' && s.size() > 1 && (s[1] < '0' || s[1] > '9')) {
    out.neg = true;
    s = s.substr(1);
  }
  if (inside("abs("))
    out.abs = true;
  else if (inside("sext("))
    out.sext = true;
  else if (s.size() > 2 && s[0] == '|' && s.back() == '|') {
    out.abs = true;
    s = s.substr(1, s.size() - 2);
  }
  if (s == "off") {
    out.kind = Operand::None;
    return true;
  }
  inside("lit("); // a literal that an inline constant would do for
  return parseRegister(s, out) || parseNumber(s, out);
}

unsigned amdgpu::parseBits(const std::string &text) {
  unsigned bits = 0, at = 0;
  for (char c : text)
    if (c == '0' || c == '1')
      bits |= unsigned(c == '1') << at++;
  return bits;
}
