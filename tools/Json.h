//===- Json.h - writes JSON -------------------------------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TOOLS_JSON_H
#define TERCET_TOOLS_JSON_H

#include "tools/RunSupport.h"
#include <cmath>
#include <cstdint>
#include <string>

namespace tercet::tools {

/// Appends to a text; commas and indentation take care of themselves.
class Json {
public:
  Json &key(const std::string &name) {
    item();
    text += jsonQuote(name) + ": ";
    afterKey = true;
    return *this;
  }
  void value(const std::string &v) { put(jsonQuote(v)); }
  void value(const char *v) { value(std::string(v)); }
  void value(bool v) { put(v ? "true" : "false"); }
  void value(int64_t v) { put(std::to_string(v)); }
  void value(uint64_t v) { put(std::to_string(v)); }
  void value(uint32_t v) { put(std::to_string(v)); }
  void value(double v) {
    char number[40];
    snprintf(number, sizeof number, "%.9g", v);
    put(std::isfinite(v) ? number : "null");
  }
  template <typename T> void pair(const std::string &name, const T &v) {
    key(name).value(v);
  }
  /// Runs `inside` between braces or brackets.
  template <typename F> void object(F inside) { nest('{', '}', inside); }
  template <typename F> void array(F inside) { nest('[', ']', inside); }

  std::string text;

private:
  void item() {
    if (afterKey) {
      afterKey = false;
      return;
    }
    if (!first)
      text += ",";
    if (depth)
      text += "\n" + std::string(depth * 2, ' ');
    first = false;
  }
  void put(const std::string &v) {
    item();
    text += v;
  }
  template <typename F> void nest(char open, char close, F inside) {
    item();
    text += open;
    first = true;
    ++depth;
    inside();
    --depth;
    if (!first)
      text += "\n" + std::string(depth * 2, ' ');
    text += close;
    first = false;
  }

  bool first = true, afterKey = false;
  size_t depth = 0;
};

} // namespace tercet::tools

#endif
