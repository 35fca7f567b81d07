//===- ManifestText.h - parts of a manifest as text -------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TOOLS_MANIFESTTEXT_H
#define TERCET_TOOLS_MANIFESTTEXT_H

#include "runtime/core/Expr.h"
#include <string>
#include <vector>

namespace tercet::tools {

template <typename V> size_t sizeOf(const V *v) { return v ? v->size() : 0; }
inline std::string text(const flatbuffers::String *s) {
  return s ? s->str() : "";
}

std::string hex(const flatbuffers::Vector<uint8_t> *digest);
/// "512 B", "12.3 KB", "45.6 MB".
std::string formatBytes(uint64_t bytes);

/// The names of a program's dimensions, invented where it has none.
std::vector<std::string> dimNames(const schema::Program &program);
/// An expression of a program, dimensions by name. Nodes may be shared without
/// end, so what is nested deeply is left out.
std::string expression(const runtime::ExprNodes *nodes, uint32_t node,
                       const std::vector<std::string> &dims, int depth = 0);
/// The value of an expression at the bounds; the runtime has verified it.
int64_t atBounds(const schema::Program &program, uint32_t node);

double bitsPerWeight(const schema::Weight &weight);
/// "256x64".
std::string weightShape(const schema::Weight &weight);

} // namespace tercet::tools

#endif
