//===- InstructionMix.cpp - instructions by what they do ------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/inspect/InstructionMix.h"
#include <algorithm>
#include <cctype>
#include <cstdlib>

using namespace tercet::tools;

const char *tercet::tools::className(Class c) {
  static const char *const names[kClasses] = {
      "matrix",       "dot",         "integer",      "float",
      "conversion",   "global_load", "global_store", "shared_load",
      "shared_store", "local",       "atomic",       "barrier",
      "control",      "other"};
  return names[size_t(c)];
}

const char *tercet::tools::isaName(Isa isa) {
  static const char *const names[] = {"sass", "ptx",     "amdgcn",
                                      "x86",  "aarch64", "riscv"};
  return names[size_t(isa)];
}

/// The widest register that an instruction names; -1 for none of a vector.
static int widthOf(Isa isa, const std::string &operands) {
  int width = -1;
  // A register is a letter with digits behind it and no letter before it.
  for (size_t i = 0; i < operands.size(); ++i) {
    if (!isalpha((unsigned char)operands[i]) ||
        (i && isalnum((unsigned char)operands[i - 1])))
      continue;
    size_t end = i;
    while (end < operands.size() && isalnum((unsigned char)operands[end]))
      ++end;
    std::string name = operands.substr(i, end - i);
    std::string kind = name.substr(0, name.find_first_of("0123456789"));
    if (kind.size() == name.size())
      continue;
    if (isa == Isa::x86)
      width = std::max(width, kind == "zmm"   ? 512
                              : kind == "ymm" ? 256
                              : kind == "xmm" ? 128
                                              : -1);
    else if (isa == Isa::aarch64 && kind == "z")
      return 0;
    else if (isa == Isa::aarch64 && kind == "q")
      width = std::max(width, 128);
    else if (isa == Isa::aarch64 && kind == "v" && end < operands.size()) {
      // v0.16b is the whole register, v0.8b half of it; v0.s[1] is one element.
      int elements = strtol(operands.c_str() + end + 1, nullptr, 10);
      size_t letter = operands.find_first_not_of("0123456789", end + 1);
      char type = letter == std::string::npos ? 0 : operands[letter];
      int bits = type == 'b' ? 8 : type == 'h' ? 16 : type == 's' ? 32 : 64;
      if (elements)
        width = std::max(width, elements * bits);
    } else if (isa == Isa::riscv && kind == "v")
      return 0;
  }
  return width;
}

Mix tercet::tools::mixOf(Isa isa, std::vector<Instruction> code, bool scratch) {
  // What follows the last instruction fills up a line of the cache.
  auto fills = [](const Instruction &in) {
    return in.name == "NOP" || in.name == "nop" || in.name == "s_nop" ||
           in.name == "s_code_end" || in.name == "int3";
  };
  while (!code.empty() && fills(code.back()))
    code.pop_back();
  Mix mix;
  mix.isa = isa;
  mix.total = code.size();
  for (const Instruction &in : code) {
    ++mix.count[size_t(classify(isa, in, scratch))];
    if (isa == Isa::x86 || isa == Isa::aarch64 || isa == Isa::riscv) {
      int width = widthOf(isa, in.operands);
      if (width >= 0)
        ++mix.widths[uint32_t(width)];
    }
  }
  return mix;
}

namespace {
/// Lines of a text, without what surrounds them.
class Lines {
public:
  explicit Lines(const std::string &text) : text(text) {}
  bool next(std::string &line) {
    if (at >= text.size())
      return false;
    size_t end = std::min(text.find('\n', at), text.size());
    line = text.substr(at, end - at);
    at = end + 1;
    return true;
  }

private:
  const std::string &text;
  size_t at = 0;
};
} // namespace

static std::string trim(const std::string &s) {
  size_t first = s.find_first_not_of(" \t\r"),
         last = s.find_last_not_of(" \t\r");
  return first == std::string::npos ? "" : s.substr(first, last - first + 1);
}

/// "name operands".
static Instruction split(const std::string &text) {
  size_t end = text.find_first_of(" \t");
  if (end == std::string::npos)
    return {text, ""};
  return {text.substr(0, end), trim(text.substr(end))};
}

/// nvdisasm: a section for each kernel; instructions behind their address in a
/// comment, "@P0" before what is done under a condition.
Listing tercet::tools::parseSass(const std::string &text) {
  Listing listing;
  std::vector<Instruction> *code = nullptr;
  std::string line;
  for (Lines lines(text); lines.next(line);) {
    std::string body = trim(line);
    static const std::string section = ".section\t", kernel = ".text.";
    if (body.compare(0, section.size(), section) == 0) {
      std::string name = trim(body.substr(section.size()));
      name = name.substr(0, name.find(','));
      code = name.compare(0, kernel.size(), kernel) == 0
                 ? &listing[name.substr(kernel.size())]
                 : nullptr;
      continue;
    }
    if (!code || body.compare(0, 2, "/*") != 0)
      continue;
    size_t end = body.find("*/");
    if (end == std::string::npos ||
        body.find_first_not_of("0123456789abcdefABCDEF", 2) != end)
      continue;
    body = trim(body.substr(end + 2));
    body = trim(body.substr(0, body.find(';')));
    if (!body.empty() && body[0] == '@')
      body = split(body).operands;
    if (!body.empty() && isalpha((unsigned char)body[0]))
      code->push_back(split(body));
  }
  return listing;
}

/// Statements of the kernels' bodies.
Listing tercet::tools::parsePtx(const std::string &text) {
  Listing listing;
  std::vector<Instruction> *code = nullptr;
  std::string line, statement;
  int depth = 0;
  for (Lines lines(text); lines.next(line);) {
    std::string body = trim(line.substr(0, line.find("//")));
    size_t entry = body.find(".entry ");
    if (!depth && entry != std::string::npos) {
      std::string name = trim(body.substr(entry + 7));
      code = &listing[name.substr(0, name.find_first_of("( \t"))];
      continue;
    }
    if (!depth && body.find(".func") != std::string::npos)
      code = nullptr;
    if (!body.empty() && body.back() == ':') // a label
      continue;
    // A brace of a block, not of a vector.
    auto outer = [&] {
      return statement.find_first_not_of(" \t") == std::string::npos;
    };
    for (char c : body) {
      if (c == '{' && outer())
        ++depth;
      else if (c == '}' && outer())
        depth = std::max(depth - 1, 0);
      else if (c == ';') {
        std::string done = trim(statement);
        statement.clear();
        if (!done.empty() && done[0] == '@')
          done = split(done).operands;
        if (code && depth && !done.empty() && isalpha((unsigned char)done[0]))
          code->push_back(split(done));
      } else if (depth)
        statement += c;
    }
    statement += depth && !statement.empty() ? " " : "";
  }
  return listing;
}

/// llvm-objdump -d --no-show-raw-insn: "ADDRESS <name>:" begins a function,
/// "ADDRESS: instruction" or, for AMD, "instruction // ADDRESS: CODE" is one of
/// it.
Listing tercet::tools::parseObjdump(const std::string &text) {
  Listing listing;
  std::vector<Instruction> *code = nullptr;
  std::string line;
  for (Lines lines(text); lines.next(line);) {
    size_t open = line.find('<');
    if (!line.empty() && isxdigit((unsigned char)line[0]) &&
        open != std::string::npos && line.size() > 2 &&
        line.compare(line.size() - 2, 2, ">:") == 0) {
      // A label inside of a function (RISC-V's relocations need them) is no
      // other.
      std::string name = line.substr(open + 1, line.size() - open - 3);
      if (!code || name.compare(0, 2, ".L") != 0)
        code = &listing[name];
      continue;
    }
    if (!code || line.empty() || !isspace((unsigned char)line[0]))
      continue;
    std::string body = trim(line.substr(0, line.find("//")));
    size_t digits = body.find_first_not_of("0123456789abcdef");
    if (digits != std::string::npos && digits && body[digits] == ':')
      body = trim(body.substr(digits + 1));
    // RDNA3's pairs are two instructions.
    for (size_t pair; (pair = body.find(" :: ")) != std::string::npos;) {
      code->push_back(split(trim(body.substr(0, pair))));
      body = trim(body.substr(pair + 4));
    }
    if (!body.empty() && body != "...")
      code->push_back(split(body));
  }
  return listing;
}

std::map<std::string, uint32_t>
tercet::tools::ptxLocalBytes(const std::string &text) {
  std::map<std::string, uint32_t> bytes;
  std::string line, kernel;
  for (Lines lines(text); lines.next(line);) {
    size_t entry = line.find(".entry ");
    if (entry != std::string::npos) {
      kernel = trim(line.substr(entry + 7));
      kernel = kernel.substr(0, kernel.find_first_of("( \t"));
      bytes[kernel] = 0;
    }
    // .local .align 64 .b8 name[256];
    size_t local = line.find(".local .align "), size = line.find('[');
    if (kernel.empty() || local == std::string::npos ||
        size == std::string::npos)
      continue;
    uint32_t align = uint32_t(strtoul(line.c_str() + local + 14, nullptr, 10)),
             length = uint32_t(strtoul(line.c_str() + size + 1, nullptr, 10));
    // The stack is aligned to 16 bytes.
    bytes[kernel] += length + (align > 16 ? align - 16 : 0);
  }
  return bytes;
}
