//===- PlanText.cpp - the commands of a program as text -------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/inspect/PlanText.h"

using namespace tercet::tools;
using namespace tercet::schema;

static std::string range(const Program &p, const Manifest &m, uint32_t number,
                         const std::vector<std::string> &dims) {
  const Buffer *b = p.buffers()->Get(number);
  std::string at = expression(p.exprs(), b->offset(), dims),
              size = expression(p.exprs(), b->bytes(), dims), name;
  switch (b->kind()) {
  case BufferKind::input:
    name = text(p.inputs()->Get(b->index())->name());
    break;
  case BufferKind::output:
    name = text(p.outputs()->Get(b->index())->name());
    break;
  case BufferKind::weight:
    name = text(m.weights()->Get(b->index())->name());
    break;
  case BufferKind::state:
    name = text(m.states()->Get(b->index())->name());
    break;
  case BufferKind::arena:
    name = "arena";
    break;
  }
  return name + "[" + at + ", +" + size + "]";
}

std::string tercet::tools::planText(const Program &p, const Target &t,
                                    const Manifest &m) {
  std::string out;
  std::vector<std::string> dims = dimNames(p);
  for (size_t i = 0; i < sizeOf(p.commands()); ++i) {
    const Command *c = p.commands()->Get(static_cast<uint32_t>(i));
    std::string line = EnumNameCommandKind(c->kind());
    if (c->kind() == CommandKind::dispatch)
      line += " " + text(t.kernels()->Get(c->kernel())->name()) + " grid " +
              expression(p.exprs(), c->grid(), dims);
    for (size_t j = 0; j < sizeOf(c->buffers()); ++j) {
      line += j ? ", " : " (";
      if (c->kind() == CommandKind::dispatch)
        line += std::string(EnumNameAccess(static_cast<Access>(
                    c->access()->Get(static_cast<uint32_t>(j))))) +
                " ";
      line += range(p, m, c->buffers()->Get(static_cast<uint32_t>(j)), dims);
    }
    line += sizeOf(c->buffers()) ? ")" : "";
    for (size_t j = 0; j < sizeOf(c->constants()); ++j)
      line += (j ? ", " : " constants ") +
              expression(p.exprs(),
                         c->constants()->Get(static_cast<uint32_t>(j)), dims);
    std::string number = std::to_string(i);
    out += std::string(6 + (number.size() < 3 ? 3 - number.size() : 0), ' ') +
           number + "  " + line + "\n";
  }
  return out;
}
