//===- OverlapVerifier.cpp - commands that may run at the same time -------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Between two barriers no two commands may touch the same bytes where one of
// them writes. All uses of an interval are sorted by place and swept once, so a
// long plan costs no more than its sort.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/PlanVerifier.h"

namespace tercet::runtime {
using namespace schema;

namespace {

/// One use of bytes by a command.
struct Use {
  uint64_t memory; // kind and index
  int64_t begin, end;
  uint32_t command;
  bool writes;
};

int byPlace(const void *x, const void *y) {
  auto *a = static_cast<const Use *>(x), *b = static_cast<const Use *>(y);
  if (a->memory != b->memory)
    return a->memory < b->memory ? -1 : 1;
  if (a->begin != b->begin)
    return a->begin < b->begin ? -1 : 1;
  return a->command < b->command ? -1 : a->command > b->command;
}

/// The two uses with the largest ends so far that are of different commands.
struct Furthest {
  const Use *first = nullptr, *second = nullptr;
  void add(const Use *u) {
    if (!first || u->end > first->end) {
      if (first && first->command != u->command)
        second = first;
      first = u;
    } else if (u->command != first->command &&
               (!second || u->end > second->end)) {
      second = u;
    }
  }
  const Use *reaching(const Use &u) const {
    const Use *other = first && first->command != u.command ? first : second;
    return other && other->end > u.begin ? other : nullptr;
  }
};

/// Within one dispatch a written range may be another's range only as a whole:
/// an element-wise kernel working in place.
Status checkWithin(const char *name, const Use *uses, size_t count,
                   const char *where) {
  for (size_t i = 0; i < count; ++i)
    for (size_t j = i + 1; j < count; ++j) {
      const Use &a = uses[i], &b = uses[j];
      if (a.memory != b.memory || a.begin >= b.end || b.begin >= a.end ||
          !(a.writes || b.writes))
        continue;
      if ((a.writes && b.writes) || a.begin != b.begin || a.end != b.end)
        return fail(TERCET_DAMAGED,
                    "program \"%s\": command %u writes bytes that it uses "
                    "through another buffer %s",
                    name, a.command, where);
    }
  return nullptr;
}

Status checkInterval(const char *name, Array<Use> &uses, const char *where) {
  if (uses.empty())
    return nullptr;
  qsort(uses.data(), uses.size(), sizeof(Use), byPlace);
  Furthest reads, writes;
  for (size_t i = 0; i < uses.size(); ++i) {
    const Use &u = uses[i];
    if (i == 0 || uses[i - 1].memory != u.memory)
      reads = writes = Furthest();
    const Use *other = writes.reaching(u);
    if (!other && u.writes)
      other = reads.reaching(u);
    if (other)
      return fail(TERCET_DAMAGED,
                  "program \"%s\": commands %u and %u touch the same bytes "
                  "without a barrier %s",
                  name, other->command < u.command ? other->command : u.command,
                  other->command < u.command ? u.command : other->command,
                  where);
    (u.writes ? writes : reads).add(&u);
  }
  uses.clear();
  return nullptr;
}

} // namespace

Status checkOverlaps(const Program &p, const int64_t *values,
                     const char *where) {
  const char *name = p.name()->c_str();
  Array<Use> uses;
  for (size_t i = 0; i < sizeOf(p.commands()); ++i) {
    const Command *c = p.commands()->Get(i);
    if (c->kind() == CommandKind::barrier) {
      TERCET_TRY(checkInterval(name, uses, where));
      continue;
    }
    if (c->kind() == CommandKind::dispatch && values[c->grid()] == 0)
      continue;
    size_t first = uses.size();
    for (size_t j = 0; j < sizeOf(c->buffers()); ++j) {
      const Buffer *b = p.buffers()->Get(c->buffers()->Get(j));
      // Nothing may write these, so they cannot conflict.
      if (b->kind() == BufferKind::input || b->kind() == BufferKind::weight)
        continue;
      bool dispatch = c->kind() == CommandKind::dispatch;
      auto access =
          dispatch ? static_cast<Access>(c->access()->Get(j)) : Access::none;
      if (dispatch && access == Access::none)
        continue;
      bool write =
          dispatch ? access != Access::read : j + 1 == sizeOf(c->buffers());
      int64_t bytes = dispatch ? values[b->bytes()] : values[c->bytes()];
      if (bytes == 0)
        continue;
      uint32_t index = b->kind() == BufferKind::arena ? 0 : b->index();
      Use use = {uint64_t(b->kind()) << 32 | index, values[b->offset()],
                 values[b->offset()] + bytes, static_cast<uint32_t>(i), write};
      if (!uses.push(use))
        return outOfMemory();
    }
    TERCET_TRY(
        checkWithin(name, uses.data() + first, uses.size() - first, where));
  }
  return checkInterval(name, uses, where);
}

} // namespace tercet::runtime
