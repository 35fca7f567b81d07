//===- Parser.cpp - PTX text to instructions ------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The PTX that LLVM writes for kernels: module variables, entries with
// parameters, variables and registers in the body, one block of instructions.
// Device functions and calls are not of it.
//
//===----------------------------------------------------------------------===//
#include "Module.h"
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>

using namespace tercet::emu;
using namespace tercet::emu::ptx;

namespace {
struct Token {
  std::string text;
  int line;
  size_t from, to; ///< of the whole text
};

struct Variable {
  Space space;
  uint64_t offset;
};

class Parser {
public:
  explicit Parser(const std::string &text) : source(text) { tokenize(text); }

  Module run() {
    while (at < tokens.size())
      parseTop();
    return std::move(module);
  }

private:
  // Words hold everything that identifiers, numbers and mnemonics are made of.
  static bool isWord(char c) {
    return isalnum(static_cast<unsigned char>(c)) || strchr("_$%.:", c);
  }
  void tokenize(const std::string &text) {
    int line = 1;
    for (size_t i = 0; i < text.size() && text[i];) {
      char c = text[i];
      line += c == '\n';
      if (isspace(static_cast<unsigned char>(c))) {
        ++i;
      } else if (text.compare(i, 2, "/*") == 0) {
        for (; i < text.size() && text.compare(i, 2, "*/") != 0; ++i)
          line += text[i] == '\n';
        i = std::min(i + 2, text.size());
      } else if (text.compare(i, 2, "//") == 0) {
        while (i < text.size() && text[i] != '\n')
          ++i;
      } else if (c == '"') {
        size_t end = text.find('"', i + 1);
        if (end == std::string::npos)
          fail("PTX line %d: a string without an end", line);
        tokens.push_back({text.substr(i, end + 1 - i), line, i, end + 1});
        i = end + 1;
      } else if (isWord(c)) {
        size_t end = i;
        while (end < text.size() && isWord(text[end]))
          ++end;
        tokens.push_back({text.substr(i, end - i), line, i, end});
        i = end;
      } else {
        tokens.push_back({std::string(1, c), line, i, i + 1});
        ++i;
      }
    }
  }
  int peekLine() const { return tokens[std::min(at, tokens.size()) - 1].line; }
  const Token &peek() {
    if (at >= tokens.size())
      fail("PTX ends in the middle of a statement");
    return tokens[at];
  }
  Token next() {
    Token token = peek();
    ++at;
    return token;
  }
  bool accept(const char *text) {
    if (at < tokens.size() && tokens[at].text == text) {
      ++at;
      return true;
    }
    return false;
  }
  void expect(const char *text) {
    if (!accept(text))
      fail("PTX line %d: '%s' where '%s' should be", peek().line,
           peek().text.c_str(), text);
  }
  void skipTo(const char *text) {
    while (next().text != text)
      ;
  }

  static bool isNumber(const std::string &t) {
    return !t.empty() && isdigit(static_cast<unsigned char>(t[0]));
  }
  uint64_t number(const Token &token) {
    const std::string &t = token.text;
    if (t.size() > 2 && t[0] == '0' && (t[1] == 'f' || t[1] == 'F'))
      return strtoull(t.c_str() + 2, nullptr, 16);
    if (t.size() > 2 && t[0] == '0' && (t[1] == 'd' || t[1] == 'D'))
      return strtoull(t.c_str() + 2, nullptr, 16);
    char *end = nullptr;
    uint64_t value = strtoull(t.c_str(), &end, 0);
    if (*end == '.' || *end == 'e' || *end == 'E') {
      double real = strtod(t.c_str(), &end); // a literal of f64
      memcpy(&value, &real, sizeof value);
    }
    if (*end && strcmp(end, "U") != 0)
      fail("PTX line %d: '%s' is no number", token.line, t.c_str());
    return value;
  }

  /// Bytes of a type's name with its dot.
  unsigned bytesOf(const Token &token) {
    const std::string &t = token.text;
    if (t == ".pred")
      return 1;
    unsigned bits = strtoul(t.c_str() + 2, nullptr, 10);
    if (t.size() < 3 || bits % 8 || !bits)
      fail("PTX line %d: unknown type '%s'", token.line, t.c_str());
    return bits / 8;
  }

  void parseTop() {
    Token token = next();
    if (token.text == ".version" || token.text == ".target" ||
        token.text == ".address_size") {
      next();
      while (accept(","))
        next();
    } else if (token.text == ".file") {
      while (at < tokens.size() && peek().line == token.line)
        next();
    } else if (token.text == ".visible" || token.text == ".weak" ||
               token.text == ".extern" || token.text == ".common") {
    } else if (token.text == ".entry") {
      parseKernel();
    } else if (token.text == ".shared") {
      declare(Space::Shared, moduleShared, variables);
    } else if (token.text == ".global" || token.text == ".const") {
      declareGlobal();
    } else {
      fail("PTX line %d: unknown directive '%s'", token.line,
           token.text.c_str());
    }
  }

  /// .align N .b8 name[N], after the space; returns its size.
  uint64_t parseVariable(std::string &name, uint64_t &align,
                         unsigned &element) {
    align = 1;
    Token token = next();
    bool aligned = false;
    if (token.text == ".align") {
      align = number(next());
      aligned = true;
      token = next();
    }
    element = bytesOf(token);
    if (!aligned)
      align = element;
    name = next().text;
    uint64_t count = 1;
    while (accept("[")) {
      if (accept("]")) {
        count = 0;
        continue;
      }
      count *= number(next());
      expect("]");
    }
    return count * element;
  }

  void declare(Space space, unsigned &used,
               std::map<std::string, Variable> &table) {
    std::string name;
    uint64_t align;
    unsigned element;
    uint64_t size = parseVariable(name, align, element);
    used = (used + align - 1) / align * align;
    table[name] = {space, used};
    used += size;
    expect(";");
  }

  void declareGlobal() {
    std::string name;
    uint64_t align;
    unsigned element;
    uint64_t size = parseVariable(name, align, element);
    uint64_t begin = (module.globals.size() + align - 1) / align * align;
    module.globals.resize(begin + size);
    variables[name] = {Space::Global, begin};
    if (accept("=")) {
      bool list = accept("{");
      uint64_t place = begin;
      do {
        if (peek().text == "}")
          break;
        bool negative = accept("-");
        uint64_t value = number(next());
        value = negative ? -value : value;
        if (place + element > begin + size)
          fail("PTX line %d: too many values for '%s'", peek().line,
               name.c_str());
        memcpy(module.globals.data() + place, &value, element);
        place += element;
      } while (accept(","));
      if (list)
        expect("}");
    }
    expect(";");
  }

  void parseKernel() {
    kernel = Kernel();
    locals = variables;
    registers.clear();
    constants.clear();
    labels.clear();
    pending.clear();
    widths.clear();
    branchLists.clear();
    kernel.name = next().text;
    kernel.sharedBytes = moduleShared;
    if (accept("("))
      while (!accept(")")) {
        parseParameter();
        accept(",");
      }
    while (peek().text != "{") {
      Token token = next();
      if (token.text == ".reqntid" || token.text == ".maxntid") {
        kernel.threads = 1;
        do
          kernel.threads *= number(next());
        while (accept(","));
        if (token.text == ".maxntid")
          kernel.threads = 0;
      } else if (token.text == ".minnctapersm" || token.text == ".maxnreg") {
        do
          next();
        while (accept(","));
      } else {
        fail("PTX line %d: unknown directive '%s'", token.line,
             token.text.c_str());
      }
    }
    expect("{");
    while (!accept("}"))
      parseStatement();
    resolve();
    // A body may end without ret.
    Instruction end;
    end.line = peekLine();
    end.flow = Flow::Exit;
    end.mnemonic = end.text = "ret";
    kernel.code.push_back(std::move(end));
    module.kernels[kernel.name] = std::move(kernel);
  }

  void parseParameter() {
    expect(".param");
    Token type = next();
    if (type.text == ".align") {
      next();
      type = next();
    }
    unsigned size = bytesOf(type);
    for (;;) {
      const std::string &t = peek().text;
      if (t == ".align")
        next();
      else if (t != ".ptr" && t != ".global" && t != ".shared" &&
               t != ".const" && t != ".local")
        break;
      next();
    }
    Token name = next();
    if (peek().text == "[")
      fail("PTX line %d: parameter '%s' is an array, which kernels here do not "
           "take",
           name.line, name.text.c_str());
    unsigned offset = (kernel.parameterBytes + size - 1) / size * size;
    locals[name.text] = {Space::Param, offset};
    kernel.parameters.push_back({offset, size});
    kernel.parameterBytes = offset + size;
  }

  void addRegister(const std::string &name, unsigned bits) {
    registers[name] = static_cast<int>(kernel.registers++);
    widths.resize(kernel.registers, 64);
    widths.back() = static_cast<uint8_t>(bits);
  }

  void parseRegisters() {
    next();
    Token type = next();
    unsigned bits = 8 * bytesOf(type);
    if (bits > 64)
      fail("PTX line %d: registers of type '%s' are not known here", type.line,
           type.text.c_str());
    do {
      std::string name = next().text;
      if (accept("<")) {
        uint64_t count = number(next());
        expect(">");
        if (count > 1u << 20)
          fail("PTX line %d: too many registers", type.line);
        for (uint64_t i = 0; i < count; ++i)
          addRegister(name + std::to_string(i), bits);
      } else {
        addRegister(name, bits);
      }
    } while (accept(","));
    expect(";");
  }

  void parseStatement() {
    Token token = peek();
    if (token.text == "{") {
      // Names of an inner block hide outer ones.
      next();
      auto outer = registers;
      auto outerLocals = locals;
      while (!accept("}"))
        parseStatement();
      registers = std::move(outer);
      locals = std::move(outerLocals);
    } else if (token.text == ".reg") {
      parseRegisters();
    } else if (token.text == ".shared") {
      next();
      declare(Space::Shared, kernel.sharedBytes, locals);
    } else if (token.text == ".local") {
      next();
      declare(Space::Local, kernel.localBytes, locals);
    } else if (token.text == ".pragma") {
      skipTo(";");
    } else if (token.text == ".loc") {
      next();
      while (peek().line == token.line)
        next();
    } else if (token.text == ".branchtargets") {
      next();
      std::vector<std::string> &list = branchLists[lastLabel];
      do
        list.push_back(next().text);
      while (accept(","));
      expect(";");
    } else if (token.text[0] == '.') {
      fail("PTX line %d: unknown directive '%s'", token.line,
           token.text.c_str());
    } else if (token.text.back() == ':') {
      next();
      lastLabel = token.text.substr(0, token.text.size() - 1);
      labels[lastLabel] = static_cast<int>(kernel.code.size());
    } else {
      parseInstruction();
    }
  }

  int addConstant(Constant::Kind kind, uint64_t value) {
    auto [it, added] = constants.try_emplace(
        {kind, value}, static_cast<int>(kernel.registers));
    if (added) {
      kernel.constants.push_back({it->second, kind, value});
      ++kernel.registers;
      widths.resize(kernel.registers, 64);
    }
    return it->second;
  }

  /// A register, an immediate or a variable's address.
  int operand(Instruction &i) {
    bool negative = accept("-");
    bool negated = accept("!");
    Token token = next();
    if (negated)
      i.negated |= 1u << i.regs.size();
    if (isNumber(token.text)) {
      uint64_t value = number(token);
      value = negative ? 0 - value : value;
      if (!i.immediate)
        i.immediate = value;
      return addConstant(Constant::Plain, value);
    }
    if (token.text == "_") {
      widths.resize(kernel.registers + 1, 64);
      return static_cast<int>(kernel.registers++);
    }
    auto reg = registers.find(token.text);
    if (reg != registers.end())
      return reg->second;
    if (token.text[0] == '%')
      return special(token);
    auto variable = locals.find(token.text);
    if (variable != locals.end()) {
      const Variable &v = variable->second;
      return addConstant(v.space == Space::Global ? Constant::GlobalVariable
                                                  : Constant::Plain,
                         v.offset);
    }
    fail("kernel %s, PTX line %d: unknown operand '%s'", kernel.name.c_str(),
         token.line, token.text.c_str());
  }

  /// Special registers keep their value while a kernel runs. The one that does
  /// not, %clock, is read by mov alone.
  int special(const Token &token) {
    static const char *const names[] = {"%tid.x",
                                        "%tid.y",
                                        "%tid.z",
                                        "%ntid.x",
                                        "%ntid.y",
                                        "%ntid.z",
                                        "%ctaid.x",
                                        "%ctaid.y",
                                        "%ctaid.z",
                                        "%nctaid.x",
                                        "%nctaid.y",
                                        "%nctaid.z",
                                        "%laneid",
                                        "%warpid",
                                        "%nwarpid",
                                        "%smid",
                                        "%nsmid",
                                        "%lanemask_eq",
                                        "%lanemask_lt",
                                        "%lanemask_le",
                                        "%lanemask_gt",
                                        "%lanemask_ge",
                                        "%dynamic_smem_size",
                                        "%total_smem_size",
                                        "%gridid",
                                        "%clock",
                                        "%clock_hi",
                                        "%clock64",
                                        "%globaltimer",
                                        "%globaltimer_lo",
                                        "%globaltimer_hi"};
    for (size_t i = 0; i < std::size(names); ++i)
      if (token.text == names[i])
        return addConstant(Constant::SpecialRegister, i);
    fail("kernel %s, PTX line %d: unknown register '%s'", kernel.name.c_str(),
         token.line, token.text.c_str());
  }

  void parseAddress(Instruction &i, int &addresses) {
    i.regs.push_back(operand(i));
    int64_t offset = 0;
    if (accept("+")) {
      bool negative = accept("-");
      uint64_t by = number(next());
      offset = static_cast<int64_t>(negative ? 0 - by : by);
    }
    (addresses++ ? i.offset2 : i.offset) = offset;
    expect("]");
  }

  void parseInstruction() {
    Instruction i;
    size_t first = at;
    i.line = peek().line;
    if (accept("@")) {
      i.guardNegated = accept("!");
      Token token = next();
      auto reg = registers.find(token.text);
      if (reg == registers.end())
        fail("kernel %s, PTX line %d: unknown predicate '%s'",
             kernel.name.c_str(), token.line, token.text.c_str());
      i.guard = reg->second;
    }
    i.mnemonic = next().text;
    size_t last = at;
    while (last < tokens.size() && tokens[last].text != ";")
      ++last;
    if (last < tokens.size())
      i.text = oneLine(source.substr(tokens[first].from,
                                     tokens[last].from - tokens[first].from));
    bool branch = i.mnemonic == "bra" || i.mnemonic == "bra.uni",
         indexed = i.mnemonic == "brx.idx" || i.mnemonic == "brx.idx.uni";
    if (i.mnemonic.compare(0, 4, "call") == 0)
      fail("kernel %s, PTX line %d: unknown instruction '%s': functions are "
           "not called here",
           kernel.name.c_str(), i.line, i.text.c_str());
    int addresses = 0;
    while (!accept(";")) {
      if (branch || (indexed && i.regs.size())) {
        pending.push_back({kernel.code.size(), next().text});
      } else if (accept("[")) {
        parseAddress(i, addresses);
      } else if (accept("{")) {
        size_t from = i.regs.size();
        do
          i.regs.push_back(operand(i));
        while (accept(","));
        expect("}");
        if (i.vectorAt < 0) {
          i.vectorAt = static_cast<int>(from);
          i.vectorSize = static_cast<int>(i.regs.size() - from);
        }
      } else {
        i.regs.push_back(operand(i));
        if (accept("|"))
          i.regs.push_back(operand(i));
      }
      if (!accept(",") && peek().text != ";")
        fail("kernel %s, PTX line %d: '%s' is not understood in '%s'",
             kernel.name.c_str(), i.line, peek().text.c_str(), i.text.c_str());
    }
    if (i.regs.size())
      i.width = widths[i.regs[0]];
    if (!select(i))
      fail("kernel %s, PTX line %d: unknown instruction '%s'",
           kernel.name.c_str(), i.line, i.text.c_str());
    kernel.code.push_back(std::move(i));
  }

  static std::string oneLine(const std::string &text) {
    std::string line;
    for (char c : text) {
      bool space = isspace(static_cast<unsigned char>(c));
      if (space && (line.empty() || line.back() == ' '))
        continue;
      line += space ? ' ' : c;
    }
    return line;
  }

  /// Labels of branches are known at the end.
  void resolve() {
    for (const Pending &p : pending) {
      Instruction &i = kernel.code[p.instruction];
      std::vector<std::string> names = {p.label};
      if (i.flow == Flow::BranchIndexed)
        names = branchLists[p.label];
      for (const std::string &name : names) {
        auto it = labels.find(name);
        if (it == labels.end())
          fail("kernel %s, PTX line %d: no label '%s'", kernel.name.c_str(),
               i.line, name.c_str());
        i.targets.push_back(it->second);
      }
      if (i.targets.empty())
        fail("kernel %s, PTX line %d: no list of targets '%s'",
             kernel.name.c_str(), i.line, p.label.c_str());
    }
  }

  struct Pending {
    size_t instruction;
    std::string label;
  };
  const std::string &source;
  Module module;
  Kernel kernel;
  std::vector<Token> tokens;
  size_t at = 0;
  unsigned moduleShared = 0;
  std::map<std::string, Variable> variables, locals;
  std::map<std::string, int> registers, labels;
  std::map<std::pair<Constant::Kind, uint64_t>, int> constants;
  std::vector<uint8_t> widths; ///< of registers, in bits
  std::map<std::string, std::vector<std::string>> branchLists;
  std::string lastLabel;
  std::vector<Pending> pending;
};
} // namespace

Module tercet::emu::ptx::parse(const std::string &text) {
  return Parser(text).run();
}
