//===- ProgramVerifier.cpp ------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Sizes may only grow with the dimensions, so a size that is right at the
// bounds is at most that everywhere. Places in the arena may move with the
// dimensions; those are checked again at every new set of them.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/PlanVerifier.h"
#include "runtime/schema/Header.h"

namespace tercet::runtime {
using namespace schema;

namespace {

/// What is known while one program is verified.
struct Checker {
  const Manifest &m;
  const Target &t;
  const Program &p;
  const char *name;
  Array<ExprFacts> facts;
  Array<int64_t> bounds;

  Status dims();
  Status tensors(const flatbuffers::Vector<flatbuffers::Offset<Tensor>> *list,
                 const char *what);
  Status everyDimIsBound();
  Status values();
  Status constraints();
  Status buffers();
  Status commands();
  Status dispatch(size_t number, const Command &c);
  Status move(size_t number, const Command &c);
  /// A size: never below 0, never falling where a dimension grows.
  Status size(uint32_t expr, const char *what, size_t number);
  Status at(const char *where, int kind);
  bool writable(uint32_t buffer) const {
    BufferKind kind = p.buffers()->Get(buffer)->kind();
    return kind != BufferKind::input && kind != BufferKind::weight;
  }
};

Status Checker::size(uint32_t expr, const char *what, size_t number) {
  if (expr >= facts.size())
    return fail(TERCET_DAMAGED, "program \"%s\", %s %zu: expression %u of %zu",
                name, what, number, expr, facts.size());
  if (facts[expr].low < 0 || !facts[expr].increasing)
    return fail(TERCET_DAMAGED,
                "program \"%s\", %s %zu: expression %u may be negative or "
                "shrink as a dimension grows",
                name, what, number, expr);
  return nullptr;
}

Status Checker::dims() {
  if (!bounds.resize(sizeOf(p.dims())) || !facts.resize(sizeOf(p.exprs())))
    return outOfMemory();
  for (size_t i = 0; i < bounds.size(); ++i) {
    bounds[i] = p.dims()->Get(i)->bound();
    if (bounds[i] < 0)
      return fail(TERCET_DAMAGED,
                  "program \"%s\": dimension %zu has a negative bound", name,
                  i);
  }
  size_t bad;
  const char *what = checkExprs(p.exprs(), bounds.size(), &bad);
  if (!what)
    what = analyzeExprs(p.exprs(), bounds.data(), facts.data(), &bad);
  if (what)
    return fail(TERCET_DAMAGED, "program \"%s\": expression %zu %s", name, bad,
                what);
  return nullptr;
}

Status
Checker::tensors(const flatbuffers::Vector<flatbuffers::Offset<Tensor>> *list,
                 const char *what) {
  NameSet names;
  if (!names.reserve(sizeOf(list)))
    return outOfMemory();
  for (size_t i = 0; i < sizeOf(list); ++i) {
    const Tensor *tensor = list->Get(i);
    if (sizeOf(tensor->name()) == 0 || !names.insert(tensor->name()->c_str()))
      return fail(TERCET_DAMAGED,
                  "program \"%s\": %s %zu has no name of its own", name, what,
                  i);
    if (elementBytes(tensor->dtype()) == 0)
      return fail(TERCET_DAMAGED,
                  "program \"%s\": %s \"%s\" has an unknown element type", name,
                  what, tensor->name()->c_str());
    if (sizeOf(tensor->axes()) > kMaxRank)
      return fail(
          TERCET_DAMAGED,
          "program \"%s\": %s \"%s\" has %zu axes, at most %d are allowed",
          name, what, tensor->name()->c_str(), sizeOf(tensor->axes()),
          kMaxRank);
    int64_t bytes = elementBytes(tensor->dtype());
    for (size_t j = 0; j < sizeOf(tensor->axes()); ++j) {
      TERCET_TRY(size(tensor->axes()->Get(j), what, i));
      // A product that overflows may not hide behind a zero elsewhere.
      int64_t high = facts[tensor->axes()->Get(j)].high;
      if (__builtin_mul_overflow(bytes, high > 0 ? high : 1, &bytes))
        return fail(TERCET_DAMAGED,
                    "program \"%s\": %s \"%s\" is too large for memory", name,
                    what, tensor->name()->c_str());
    }
  }
  return nullptr;
}

Status Checker::everyDimIsBound() {
  for (size_t d = 0; d < bounds.size(); ++d) {
    bool found = false;
    for (size_t i = 0; i < sizeOf(p.inputs()) && !found; ++i)
      for (size_t j = 0; j < sizeOf(p.inputs()->Get(i)->axes()) && !found;
           ++j) {
        const ExprNode *node =
            p.exprs()->Get(p.inputs()->Get(i)->axes()->Get(j));
        found =
            node->op() == ExprOp::dim && static_cast<size_t>(node->a()) == d;
      }
    size_t scalars = 0;
    for (size_t i = 0; i < sizeOf(p.inputs()); ++i)
      scalars += p.inputs()->Get(i)->dim() == static_cast<int64_t>(d);
    if (scalars > 1 || (scalars && found))
      return fail(TERCET_DAMAGED,
                  "program \"%s\": dimension \"%s\" is the value of an input "
                  "and something else as well",
                  name, textOf(p.dims()->Get(d)->name()));
    if (!found && !scalars)
      return fail(TERCET_DAMAGED,
                  "program \"%s\": dimension \"%s\" is the size of no input "
                  "axis and the value of no input, so no call gives it",
                  name, textOf(p.dims()->Get(d)->name()));
  }
  return nullptr;
}

bool isRequired(const Manifest &m, const char *feature) {
  for (size_t i = 0; i < sizeOf(m.required_features()); ++i)
    if (equal(textOf(m.required_features()->Get(i)), feature))
      return true;
  return false;
}

Status notRequired(const char *program, const char *feature) {
  return fail(TERCET_DAMAGED,
              "program \"%s\" uses \"%s\", which the file does not list among "
              "its required features",
              program, feature);
}

/// Inputs whose value is a dimension, and inputs whose elements are checked.
Status Checker::values() {
  for (size_t i = 0; i < sizeOf(p.outputs()); ++i)
    if (p.outputs()->Get(i)->dim() != -1 || p.outputs()->Get(i)->range() ||
        p.outputs()->Get(i)->ascending())
      return fail(TERCET_DAMAGED,
                  "program \"%s\": output %zu has the marks of an input", name,
                  i);
  for (size_t i = 0; i < sizeOf(p.inputs()); ++i) {
    const Tensor *t = p.inputs()->Get(i);
    if (t->dim() != -1) {
      if (t->dim() < 0 || static_cast<size_t>(t->dim()) >= bounds.size() ||
          t->dtype() != DType::i64 || sizeOf(t->axes()) != 0)
        return fail(TERCET_DAMAGED,
                    "program \"%s\": input \"%s\" gives dimension %d of %zu; "
                    "it has to be an i64 without axes",
                    name, t->name()->c_str(), t->dim(), bounds.size());
      if (!isRequired(m, kScalarDims))
        return notRequired(name, kScalarDims);
    }
    const ValueRange *range = t->range();
    if (t->ascending() && (!range || sizeOf(t->axes()) != 1))
      return fail(TERCET_DAMAGED,
                  "program \"%s\": input \"%s\" is an ascending set without "
                  "a range of values or with more than one axis",
                  name, t->name()->c_str());
    if (t->ascending() && !isRequired(m, kAscendingSets))
      return notRequired(name, kAscendingSets);
    if (!range)
      continue;
    bool fits = range->low() < range->high() &&
                (t->dtype() == DType::i64 ||
                 (t->dtype() == DType::i32 && range->low() >= INT32_MIN &&
                  range->high() <= int64_t(INT32_MAX) + 1));
    if (!fits)
      return fail(TERCET_DAMAGED,
                  "program \"%s\": input \"%s\" has an impossible range of "
                  "values",
                  name, t->name()->c_str());
    if (!isRequired(m, kValueRanges))
      return notRequired(name, kValueRanges);
  }
  return nullptr;
}

Status Checker::constraints() {
  for (size_t i = 0; i < sizeOf(p.constraints()); ++i) {
    const Constraint *c = p.constraints()->Get(i);
    if (c->expr() >= facts.size())
      return fail(TERCET_DAMAGED,
                  "program \"%s\", constraint %zu: expression %u of %zu", name,
                  i, c->expr(), facts.size());
    if (facts[c->expr()].low > c->limit())
      return fail(TERCET_DAMAGED,
                  "program \"%s\": no sizes can meet constraint %zu", name, i);
  }
  return sizeOf(p.constraints()) && !isRequired(m, kConstraints)
             ? notRequired(name, kConstraints)
             : nullptr;
}

Status Checker::buffers() {
  for (size_t i = 0; i < sizeOf(p.buffers()); ++i) {
    const Buffer *b = p.buffers()->Get(i);
    size_t count = 1;
    switch (b->kind()) {
    case BufferKind::input:
      count = sizeOf(p.inputs());
      break;
    case BufferKind::output:
      count = sizeOf(p.outputs());
      break;
    case BufferKind::weight:
      count = sizeOf(m.weights());
      break;
    case BufferKind::state:
      count = sizeOf(m.states());
      break;
    case BufferKind::arena:
      break;
    default:
      return fail(TERCET_DAMAGED,
                  "program \"%s\": buffer %zu is of an unknown kind", name, i);
    }
    if (b->kind() != BufferKind::arena && b->index() >= count)
      return fail(TERCET_DAMAGED,
                  "program \"%s\": buffer %zu names number %u of %zu", name, i,
                  b->index(), count);
    if (b->kind() == BufferKind::input &&
        p.inputs()->Get(b->index())->dim() >= 0)
      return fail(TERCET_DAMAGED,
                  "program \"%s\": buffer %zu is an input that has no memory, "
                  "only a value",
                  name, i);
    TERCET_TRY(size(b->bytes(), "bytes of buffer", i));
    TERCET_TRY(size(b->offset(), "offset of buffer", i));
  }
  return size(p.arena_bytes(), "arena", 0);
}

Status Checker::dispatch(size_t number, const Command &c) {
  if (c.kernel() >= sizeOf(t.kernels()))
    return fail(TERCET_DAMAGED, "program \"%s\", command %zu: kernel %u of %zu",
                name, number, c.kernel(), sizeOf(t.kernels()));
  const Kernel *k = t.kernels()->Get(c.kernel());
  if (sizeOf(c.buffers()) != k->buffers() ||
      sizeOf(c.access()) != k->buffers() ||
      sizeOf(c.constants()) != k->constants())
    return fail(TERCET_DAMAGED,
                "program \"%s\", command %zu: kernel \"%s\" takes %u buffers "
                "and %u constants, not %zu (%zu accesses) "
                "and %zu",
                name, number, k->name()->c_str(), k->buffers(), k->constants(),
                sizeOf(c.buffers()), sizeOf(c.access()), sizeOf(c.constants()));
  TERCET_TRY(size(c.grid(), "grid of command", number));
  if (facts[c.grid()].high > kMaxWorkgroups)
    return fail(TERCET_DAMAGED,
                "program \"%s\", command %zu: up to %lld workgroups, more than "
                "2^31 - 1",
                name, number, (long long)facts[c.grid()].high);
  for (size_t i = 0; i < sizeOf(c.buffers()); ++i) {
    uint32_t b = c.buffers()->Get(i);
    auto access = static_cast<Access>(c.access()->Get(i));
    if (access > Access::MAX)
      return fail(TERCET_DAMAGED, "program \"%s\", command %zu: unknown access",
                  name, number);
    if ((access == Access::write || access == Access::read_write) &&
        !writable(b))
      return fail(TERCET_DAMAGED,
                  "program \"%s\", command %zu writes an input or a weight",
                  name, number);
  }
  for (size_t i = 0; i < sizeOf(c.constants()); ++i)
    if (c.constants()->Get(i) >= facts.size())
      return fail(TERCET_DAMAGED,
                  "program \"%s\", command %zu: expression %u of %zu", name,
                  number, c.constants()->Get(i), facts.size());
  return nullptr;
}

Status Checker::move(size_t number, const Command &c) {
  bool copy = c.kind() == CommandKind::copy;
  if (sizeOf(c.buffers()) != (copy ? 2u : 1u))
    return fail(TERCET_DAMAGED,
                "program \"%s\", command %zu: a %s takes %d buffers, not %zu",
                name, number, copy ? "copy" : "fill", copy ? 2 : 1,
                sizeOf(c.buffers()));
  if (!writable(c.buffers()->Get(copy ? 1 : 0)))
    return fail(TERCET_DAMAGED,
                "program \"%s\", command %zu writes an input or a weight", name,
                number);
  return size(c.bytes(), "bytes of command", number);
}

Status Checker::commands() {
  for (size_t i = 0; i < sizeOf(p.commands()); ++i) {
    const Command *c = p.commands()->Get(i);
    for (size_t j = 0; j < sizeOf(c->buffers()); ++j)
      if (c->buffers()->Get(j) >= sizeOf(p.buffers()))
        return fail(TERCET_DAMAGED,
                    "program \"%s\", command %zu: buffer %u of %zu", name, i,
                    c->buffers()->Get(j), sizeOf(p.buffers()));
    switch (c->kind()) {
    case CommandKind::dispatch:
      TERCET_TRY(dispatch(i, *c));
      break;
    case CommandKind::copy:
    case CommandKind::fill:
      TERCET_TRY(move(i, *c));
      break;
    case CommandKind::barrier:
      break;
    default:
      return fail(TERCET_DAMAGED,
                  "program \"%s\": command %zu is of an unknown kind", name, i);
    }
  }
  return nullptr;
}

/// The checks that need values, at the bounds (kind 2) or at 1 or 0.
Status Checker::at(const char *where, int kind) {
  Array<int64_t> values, dims;
  if (!values.resize(facts.size()) || !dims.resize(bounds.size()))
    return outOfMemory();
  for (size_t i = 0; i < dims.size(); ++i)
    dims[i] = kind == 2 || bounds[i] < kind ? bounds[i] : kind;
  if (!evaluateExprs(p.exprs(), dims.data(), values.data()))
    return fail(TERCET_DAMAGED, "program \"%s\": an expression overflows %s",
                name, where);
  TERCET_TRY(checkBuffers(m, p, values.data(), where));
  return checkOverlaps(p, values.data(), where);
}

/// Bytes of a tensor that verifyProgram has found sound.
int64_t tensorBytes(const Tensor &tensor, const int64_t *values) {
  int64_t bytes = elementBytes(tensor.dtype());
  for (size_t i = 0; i < sizeOf(tensor.axes()); ++i)
    bytes *= values[tensor.axes()->Get(i)];
  return bytes;
}

} // namespace

Status checkBuffers(const Manifest &m, const Program &p, const int64_t *values,
                    const char *where) {
  const char *name = p.name()->c_str();
  for (size_t i = 0; i < sizeOf(p.buffers()); ++i) {
    const Buffer *b = p.buffers()->Get(i);
    uint64_t memory = 0;
    switch (b->kind()) {
    case BufferKind::input:
      memory = tensorBytes(*p.inputs()->Get(b->index()), values);
      break;
    case BufferKind::output:
      memory = tensorBytes(*p.outputs()->Get(b->index()), values);
      break;
    case BufferKind::weight:
      memory = m.weights()->Get(b->index())->data()->length();
      break;
    case BufferKind::state:
      memory = m.states()->Get(b->index())->bytes();
      break;
    case BufferKind::arena:
      memory = values[p.arena_bytes()];
      break;
    }
    uint64_t offset = values[b->offset()], bytes = values[b->bytes()];
    if (offset > memory || bytes > memory - offset)
      return fail(TERCET_DAMAGED,
                  "program \"%s\": buffer %zu (bytes %llu + %llu) leaves its "
                  "memory of %llu bytes %s",
                  name, i, (unsigned long long)offset,
                  (unsigned long long)bytes, (unsigned long long)memory, where);
  }
  for (size_t i = 0; i < sizeOf(p.commands()); ++i) {
    const Command *c = p.commands()->Get(i);
    if (c->kind() != CommandKind::copy && c->kind() != CommandKind::fill)
      continue;
    for (size_t j = 0; j < sizeOf(c->buffers()); ++j)
      if (values[c->bytes()] >
          values[p.buffers()->Get(c->buffers()->Get(j))->bytes()])
        return fail(TERCET_DAMAGED,
                    "program \"%s\": command %zu moves more bytes than its "
                    "buffer has %s",
                    name, i, where);
  }
  return nullptr;
}

bool placesAreDynamic(const Program &p, const ExprFacts *facts) {
  for (size_t i = 0; i < sizeOf(p.buffers()); ++i)
    if (!facts[p.buffers()->Get(i)->offset()].constant)
      return true;
  return false;
}

Status verifyProgram(const Manifest &m, const Target &t, const Program &p) {
  Checker check{m, t, p, p.name()->c_str(), {}, {}};
  TERCET_TRY(check.dims());
  TERCET_TRY(check.tensors(p.inputs(), "input"));
  TERCET_TRY(check.tensors(p.outputs(), "output"));
  TERCET_TRY(check.everyDimIsBound());
  TERCET_TRY(check.values());
  TERCET_TRY(check.constraints());
  TERCET_TRY(check.buffers());
  TERCET_TRY(check.commands());
  TERCET_TRY(check.at("at the bounds", 2));
  TERCET_TRY(check.at("at sizes of 1", 1));
  return check.at("at sizes of 0", 0);
}

} // namespace tercet::runtime
