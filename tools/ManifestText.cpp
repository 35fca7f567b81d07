//===- ManifestText.cpp ---------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/ManifestText.h"
#include <cstdio>

namespace tercet::tools {
using namespace schema;

std::string hex(const flatbuffers::Vector<uint8_t> *digest) {
  std::string out;
  char two[3];
  for (size_t i = 0; i < sizeOf(digest); ++i) {
    snprintf(two, sizeof two, "%02x", digest->Get(static_cast<uint32_t>(i)));
    out += two;
  }
  return out;
}

std::string formatBytes(uint64_t bytes) {
  char line[48];
  if (bytes < 10000)
    snprintf(line, sizeof line, "%llu B", (unsigned long long)bytes);
  else if (bytes < 10000000)
    snprintf(line, sizeof line, "%.1f KB", static_cast<double>(bytes) / 1e3);
  else
    snprintf(line, sizeof line, "%.1f MB", static_cast<double>(bytes) / 1e6);
  return line;
}

std::string expression(const flatbuffers::Vector<const ExprNode *> *nodes,
                       uint32_t i, const std::vector<std::string> &dims,
                       int depth) {
  const ExprNode *n = nodes->Get(i);
  if (n->op() == ExprOp::constant)
    return std::to_string(n->a());
  if (n->op() == ExprOp::dim)
    return dims[static_cast<size_t>(n->a())];
  if (depth == 8)
    return "(...)";
  std::string left =
      expression(nodes, static_cast<uint32_t>(n->a()), dims, depth + 1);
  std::string right =
      expression(nodes, static_cast<uint32_t>(n->b()), dims, depth + 1);
  switch (n->op()) {
  case ExprOp::add:
    return "(" + left + " + " + right + ")";
  case ExprOp::mul:
    return left + " * " + right;
  case ExprOp::ceil_div:
    return "ceil(" + left + " / " + right + ")";
  case ExprOp::floor_div:
    return "floor(" + left + " / " + right + ")";
  case ExprOp::min:
    return "min(" + left + ", " + right + ")";
  default:
    return "max(" + left + ", " + right + ")";
  }
}

std::vector<std::string> dimNames(const Program &p) {
  std::vector<std::string> names;
  for (size_t i = 0; i < sizeOf(p.dims()); ++i) {
    std::string name = text(p.dims()->Get(static_cast<uint32_t>(i))->name());
    names.push_back(name.empty() ? "d" + std::to_string(i) : name);
  }
  return names;
}

int64_t atBounds(const Program &p, uint32_t e) {
  std::vector<int64_t> dims, values(sizeOf(p.exprs()));
  for (size_t i = 0; i < sizeOf(p.dims()); ++i)
    dims.push_back(p.dims()->Get(static_cast<uint32_t>(i))->bound());
  return tercet::runtime::evaluateExprs(p.exprs(), dims.data(), values.data())
             ? values[e]
             : 0;
}

double bitsPerWeight(const Weight &w) {
  double count = 1;
  if (!text(w.code()).empty())
    count = static_cast<double>(w.rows()) * static_cast<double>(w.k()) *
            (sizeOf(w.shape()) == 3 ? static_cast<double>(w.shape()->Get(0)) : 1);
  else
    for (size_t i = 0; i < sizeOf(w.shape()); ++i)
      count *= static_cast<double>(w.shape()->Get(static_cast<uint32_t>(i)));
  return count > 0 ? static_cast<double>(w.data()->length()) * 8 / count : 0;
}

std::string weightShape(const Weight &w) {
  std::string out;
  for (size_t i = 0; i < sizeOf(w.shape()); ++i)
    out += (i ? "x" : "") +
           std::to_string(w.shape()->Get(static_cast<uint32_t>(i)));
  return out;
}

} // namespace tercet::tools
