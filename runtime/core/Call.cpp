//===- Call.cpp - one call of an entry point ------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Session.h"
#include <cstdio>
#include <ctime>

using namespace tercet::runtime;
using namespace tercet::schema;

namespace {

/// "f32 [M <= 360, 64]" of the signature.
void describeExpected(const Prepared &p, const Port &port, char *text,
                      size_t size) {
  const Program &program = *p.program;
  size_t used = snprintf(text, size, "%s [", typeName(port.tensor->dtype()));
  for (int32_t j = 0; j < port.ndim && used < size; ++j) {
    const ExprNode *node = program.exprs()->Get(port.tensor->axes()->Get(j));
    const char *comma = j ? ", " : "";
    if (node->op() == ExprOp::constant) {
      used += snprintf(text + used, size - used, "%s%lld", comma,
                       (long long)node->a());
    } else if (node->op() == ExprOp::dim) {
      const Dim *dim = program.dims()->Get(static_cast<uint32_t>(node->a()));
      used += snprintf(text + used, size - used, "%s%s <= %lld", comma,
                       *textOf(dim->name()) ? textOf(dim->name()) : "?",
                       (long long)dim->bound());
    } else {
      used += snprintf(text + used, size - used, "%s%lld", comma,
                       (long long)p.values[port.tensor->axes()->Get(j)]);
    }
  }
  if (used < size)
    snprintf(text + used, size - used, "]");
}

void describeShape(const int64_t *shape, int32_t ndim, char *text,
                   size_t size) {
  size_t used = snprintf(text, size, "[");
  for (int32_t j = 0; shape && j < ndim && used < size; ++j)
    used += snprintf(text + used, size - used, "%s%lld", j ? ", " : "",
                     (long long)shape[j]);
  if (used < size)
    snprintf(text + used, size - used, "]");
}

/// "position + tokens" of an expression; what is deeper than a few operations
/// is left out.
size_t describeExpr(const Program &program, uint32_t number, char *text,
                    size_t size, int depth = 0) {
  const ExprNode *node = program.exprs()->Get(number);
  size_t used = 0;
  auto put = [&](int n) {
    used += n > 0 ? static_cast<size_t>(n) : 0;
    used = used < size ? used : size - 1;
  };
  if (node->op() == ExprOp::constant) {
    put(snprintf(text, size, "%lld", (long long)node->a()));
  } else if (node->op() == ExprOp::dim) {
    const char *name =
        textOf(program.dims()->Get(static_cast<uint32_t>(node->a()))->name());
    put(snprintf(text, size, "%s", *name ? name : "?"));
  } else if (depth == 6 || size < 16) {
    put(snprintf(text, size, "..."));
  } else {
    static const char *const kSigns[] = {
        "", "", " + ", " * ", " ceildiv ", " floordiv ", " min ", " max "};
    bool sum = node->op() == ExprOp::add;
    auto side = [&](int64_t operand) {
      bool group =
          !sum && program.exprs()->Get(static_cast<uint32_t>(operand))->op() >
                      ExprOp::dim;
      put(snprintf(text + used, size - used, "%s", group ? "(" : ""));
      used += describeExpr(program, static_cast<uint32_t>(operand), text + used,
                           size - used, depth + 1);
      put(snprintf(text + used, size - used, "%s", group ? ")" : ""));
    };
    side(node->a());
    put(snprintf(text + used, size - used, "%s",
                 kSigns[static_cast<int>(node->op())]));
    side(node->b());
  }
  return used;
}

/// An integer of a dense host tensor of i32 or i64.
int64_t integerAt(const DLTensor &t, int64_t i) {
  const uint8_t *data = static_cast<const uint8_t *>(t.data) + t.byte_offset;
  if (t.dtype.bits == 64)
    return reinterpret_cast<const int64_t *>(data)[i];
  return reinterpret_cast<const int32_t *>(data)[i];
}

Status wrongShape(const Prepared &p, const Port &port, const DLTensor &t,
                  const char *kind) {
  char expected[256], got[256], type[48];
  describeExpected(p, port, expected, sizeof expected);
  describeShape(t.shape, t.ndim, got, sizeof got);
  return fail(TERCET_INVALID_ARGUMENT,
              "%s \"%s\" of \"%s\": got %s %s, expected %s", kind,
              port.tensor->name()->c_str(), p.program->name()->c_str(),
              typeName(t.dtype, type), got, expected);
}

/// A scalar whose value is a dimension: there, and i64 or i32.
Status checkScalar(const Prepared &p, const Port &port, const DLTensor &t) {
  if (t.ndim != 0 || t.dtype.code != kDLInt || t.dtype.lanes != 1 ||
      (t.dtype.bits != 64 && t.dtype.bits != 32))
    return wrongShape(p, port, t, "input");
  if (!t.data)
    return fail(TERCET_INVALID_ARGUMENT, "input \"%s\" of \"%s\" has no data",
                port.tensor->name()->c_str(), p.program->name()->c_str());
  if ((reinterpret_cast<uintptr_t>(t.data) + t.byte_offset) %
      (t.dtype.bits / 8))
    return fail(TERCET_INVALID_ARGUMENT,
                "input \"%s\" of \"%s\" is not aligned to its %d-byte element",
                port.tensor->name()->c_str(), p.program->name()->c_str(),
                t.dtype.bits / 8);
  return nullptr;
}

/// The range of values that an input's elements may have.
Status checkValues(const Prepared &p, const Port &port, const DLTensor &t) {
  const ValueRange *range = port.tensor->range();
  if (!range)
    return nullptr;
  int64_t low = range->low(), high = range->high(),
          count = static_cast<int64_t>(port.bytes / port.elementBytes);
  for (int64_t i = 0; i < count; ++i) {
    int64_t value = integerAt(t, i);
    if (value >= low && value < high)
      continue;
    // The place, the last axis fastest.
    int64_t place[kMaxRank], rest = i;
    for (int32_t j = port.ndim - 1; j >= 0; --j) {
      place[j] = rest % t.shape[j];
      rest /= t.shape[j];
    }
    char where[256];
    describeShape(place, port.ndim, where, sizeof where);
    return fail(TERCET_INVALID_ARGUMENT,
                "input \"%s\" of \"%s\": element %s is %lld, allowed are %lld "
                "to %lld",
                port.tensor->name()->c_str(), p.program->name()->c_str(), where,
                (long long)value, (long long)low, (long long)(high - 1));
  }
  for (int64_t i = 1; port.tensor->ascending() && i < count; ++i)
    if (integerAt(t, i) <= integerAt(t, i - 1))
      return fail(TERCET_INVALID_ARGUMENT,
                  "input \"%s\" of \"%s\": element %lld is %lld behind %lld; it "
                  "takes ascending numbers without duplicates",
                  port.tensor->name()->c_str(), p.program->name()->c_str(),
                  (long long)i, (long long)integerAt(t, i),
                  (long long)integerAt(t, i - 1));
  return nullptr;
}

/// Everything about a tensor but its sizes.
Status checkTensor(const Prepared &p, const Port &port, const DLTensor &t,
                   const char *kind) {
  bool scalar = port.tensor->dim() >= 0;
  if (scalar)
    TERCET_TRY(checkScalar(p, port, t));
  else if (t.ndim != port.ndim || t.dtype.code != port.dtype.code ||
           t.dtype.bits != port.dtype.bits || t.dtype.lanes != 1 ||
           (t.ndim && !t.shape))
    return wrongShape(p, port, t, kind);
  if (t.device.device_type != kDLCPU && t.device.device_type != kDLCUDAHost &&
      t.device.device_type != kDLROCMHost)
    return fail(TERCET_INVALID_ARGUMENT,
                "%s \"%s\" of \"%s\" is on DLPack device type %d: pass a host "
                "tensor (kDLCPU)",
                kind, port.tensor->name()->c_str(), p.program->name()->c_str(),
                static_cast<int>(t.device.device_type));
  return nullptr;
}

/// Dense and row-major, aligned to its element, and there.
Status checkData(const Prepared &p, const Port &port, const DLTensor &t,
                 const char *kind) {
  if (t.strides) {
    int64_t dense = 1;
    bool row = true, empty = false;
    for (int32_t j = t.ndim - 1; j >= 0; --j) {
      row = row && (t.shape[j] <= 1 || t.strides[j] == dense);
      empty = empty || t.shape[j] == 0;
      dense *= t.shape[j];
    }
    if (!row && !empty)
      return fail(
          TERCET_INVALID_ARGUMENT,
          "%s \"%s\" of \"%s\" is strided: pass a dense row-major tensor", kind,
          port.tensor->name()->c_str(), p.program->name()->c_str());
  }
  if (port.bytes && !t.data)
    return fail(TERCET_INVALID_ARGUMENT, "%s \"%s\" of \"%s\" has no data",
                kind, port.tensor->name()->c_str(), p.program->name()->c_str());
  if ((reinterpret_cast<uintptr_t>(t.data) + t.byte_offset) % port.elementBytes)
    return fail(TERCET_INVALID_ARGUMENT,
                "%s \"%s\" of \"%s\" is not aligned to its %u-byte elements",
                kind, port.tensor->name()->c_str(), p.program->name()->c_str(),
                port.elementBytes);
  return nullptr;
}

bool sameShape(const Prepared &p, const Port &port, const DLTensor &t) {
  for (int32_t j = 0; j < port.ndim; ++j)
    if (t.shape[j] != p.shapes[port.firstAxis + j])
      return false;
  return true;
}

double now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

} // namespace

tercet_status *tercet_session::find(const char *entry, Prepared **out) {
  for (Prepared *p : programs)
    if (equal(p->program->name()->c_str(), entry)) {
      *out = p;
      return nullptr;
    }
  char list[512] = "";
  size_t used = 0;
  for (size_t i = 0; i < programs.size() && used < sizeof list; ++i)
    used += snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                     programs[i]->program->name()->c_str());
  return fail(TERCET_NOT_FOUND,
              "the artifact has no entry point \"%s\"; it has: %s", entry,
              list);
}

tercet_status *tercet_session::checkConstraints(const Prepared &p) const {
  const Program &program = *p.program;
  for (size_t i = 0; i < sizeOf(program.constraints()); ++i) {
    const Constraint *c = program.constraints()->Get(i);
    if (p.values[c->expr()] <= c->limit())
      continue;
    char expr[256], values[512] = "";
    describeExpr(program, c->expr(), expr, sizeof expr);
    size_t used = 0;
    for (size_t d = 0; d < p.dims.size() && used < sizeof values; ++d)
      used += snprintf(values + used, sizeof values - used, "%s%s = %lld",
                       d ? ", " : "", textOf(program.dims()->Get(d)->name()),
                       (long long)p.dims[d]);
    return fail(TERCET_INVALID_ARGUMENT,
                "\"%s\": %s is %lld and may be at most %lld%s%s (%s)",
                program.name()->c_str(), expr, (long long)p.values[c->expr()],
                (long long)c->limit(), *textOf(c->meaning()) ? ", the " : "",
                textOf(c->meaning()), values);
  }
  return nullptr;
}

/// Reads the dimensions off the inputs and evaluates everything at them.
tercet_status *tercet_session::setDims(Prepared &p, const DLTensor *inputs) {
  const Program &program = *p.program;
  Array<int64_t> &dims = p.dims;
  p.ready = false;
  for (int64_t &d : dims)
    d = -1;
  for (size_t i = 0; i < p.inputCount; ++i) {
    const Port &port = p.ports[i];
    if (int32_t dim = port.tensor->dim(); dim >= 0) {
      int64_t value = integerAt(inputs[i], 0),
              bound = program.dims()->Get(static_cast<uint32_t>(dim))->bound();
      if (value < 0 || value > bound)
        return fail(TERCET_INVALID_ARGUMENT,
                    "input \"%s\" of \"%s\": got %lld, allowed are 0 to %lld",
                    port.tensor->name()->c_str(), program.name()->c_str(),
                    (long long)value, (long long)bound);
      dims[static_cast<size_t>(dim)] = value;
      continue;
    }
    for (int32_t j = 0; j < port.ndim; ++j) {
      const ExprNode *node = program.exprs()->Get(port.tensor->axes()->Get(j));
      if (node->op() == ExprOp::constant && inputs[i].shape[j] != node->a())
        return wrongShape(p, port, inputs[i], "input");
      if (node->op() != ExprOp::dim)
        continue;
      int64_t size = inputs[i].shape[j],
              &known = dims[static_cast<size_t>(node->a())];
      const Dim *dim = program.dims()->Get(static_cast<uint32_t>(node->a()));
      if (size < 0 || size > dim->bound())
        return wrongShape(p, port, inputs[i], "input");
      if (known >= 0 && known != size)
        return fail(TERCET_INVALID_ARGUMENT,
                    "input \"%s\" of \"%s\": axis %d is %lld, but an input "
                    "before it has %s = %lld",
                    port.tensor->name()->c_str(), program.name()->c_str(), j,
                    (long long)size,
                    *textOf(dim->name()) ? textOf(dim->name())
                                         : "the same dimension",
                    (long long)known);
      known = size;
    }
  }
  if (!evaluateExprs(program.exprs(), dims.data(), p.values.data()))
    return fail(TERCET_INTERNAL, "an expression overflows at these sizes");
  TERCET_TRY(checkConstraints(p));
  for (size_t i = 0; i < p.ports.size(); ++i) {
    Port &port = p.ports[i];
    int64_t stride = 1;
    for (int32_t j = port.ndim - 1; j >= 0; --j) {
      int64_t size = p.values[port.tensor->axes()->Get(j)];
      if (i < p.inputCount && inputs[i].shape[j] != size)
        return wrongShape(p, port, inputs[i], "input");
      p.shapes[port.firstAxis + j] = size;
      p.strides[port.firstAxis + j] = stride;
      stride *= size;
    }
    port.bytes = static_cast<uint64_t>(stride) * port.elementBytes;
  }
  TERCET_TRY(checkBuffers(*artifact->manifest, program, p.values.data(),
                          "at the sizes of this call"));
  if (p.dynamicPlaces)
    TERCET_TRY(
        checkOverlaps(program, p.values.data(), "at the sizes of this call"));
  fillRanges(p);
  p.ready = true;
  return nullptr;
}

/// Ranges, constants and grids of all commands from the current values.
void tercet_session::fillRanges(Prepared &p) {
  const Program &program = *p.program;
  for (size_t i = 0; i < p.constants.size(); ++i)
    p.constants[i] = p.values[p.constantExprs[i]];
  for (size_t i = 0; i < p.ranges.size(); ++i) {
    const Buffer *b = program.buffers()->Get(p.rangeBuffers[i]);
    uint64_t offset = static_cast<uint64_t>(p.values[b->offset()]),
             bytes = static_cast<uint64_t>(p.values[b->bytes()]);
    if (b->kind() == BufferKind::weight || b->kind() == BufferKind::state) {
      const Placed &placed = b->kind() == BufferKind::weight
                                 ? weights[b->index()]
                                 : states[b->index()];
      p.ranges[i] = {placed.memory, placed.offset + offset, bytes};
    } else {
      p.ranges[i] = {arena, offset,
                     bytes}; // of ports the memory comes with the call
    }
  }
  for (PortRange &r : p.portRanges)
    r.offset = p.ranges[r.range].offset;
  for (size_t i = 0; i < p.commands.size(); ++i) {
    const Command *c = program.commands()->Get(i);
    if (c->kind() == CommandKind::dispatch) {
      p.commands[i].workgroups = static_cast<uint64_t>(p.values[c->grid()]);
    } else if (c->kind() != CommandKind::barrier) {
      auto *ranges = const_cast<tercet_device_range *>(p.commands[i].ranges);
      for (uint32_t j = 0; j < p.commands[i].range_count; ++j)
        ranges[j].length = static_cast<uint64_t>(p.values[c->bytes()]);
    }
  }
}

tercet_status *tercet_session::takeOutputs(Prepared &p, DLTensor *outputs) {
  for (size_t i = 0; i < p.outputCount; ++i) {
    Port &port = p.ports[p.inputCount + i];
    DLTensor &t = outputs[i];
    if (!t.data) {
      if (!port.owned && !(port.owned = allocateAligned(port.maxBytes)))
        return outOfMemory();
      t = {port.owned,
           {kDLCPU, 0},
           port.ndim,
           port.dtype,
           p.shapes.data() + port.firstAxis,
           p.strides.data() + port.firstAxis,
           0};
    } else {
      TERCET_TRY(checkTensor(p, port, t, "output"));
      if (!sameShape(p, port, t)) {
        char expected[256], got[256];
        describeShape(p.shapes.data() + port.firstAxis, port.ndim, expected,
                      sizeof expected);
        describeShape(t.shape, t.ndim, got, sizeof got);
        return fail(TERCET_INVALID_ARGUMENT,
                    "output \"%s\" of \"%s\": got shape %s, the result has %s",
                    port.tensor->name()->c_str(), p.program->name()->c_str(),
                    got, expected);
      }
      TERCET_TRY(checkData(p, port, t, "output"));
    }
    port.data = static_cast<uint8_t *>(t.data) + t.byte_offset;
  }
  return nullptr;
}

/// An output may share memory with nothing else of the call.
tercet_status *tercet_session::checkAliases(const Prepared &p) const {
  for (size_t i = p.inputCount; i < p.ports.size(); ++i)
    for (size_t j = 0; j < i; ++j) {
      const Port &a = p.ports[i], &b = p.ports[j];
      if (b.tensor->dim() >= 0)
        continue; // has been read
      if (a.bytes && b.bytes && a.data < b.data + b.bytes &&
          b.data < a.data + a.bytes)
        return fail(TERCET_INVALID_ARGUMENT,
                    "output \"%s\" of \"%s\" shares memory with \"%s\"",
                    a.tensor->name()->c_str(), p.program->name()->c_str(),
                    b.tensor->name()->c_str());
    }
  return nullptr;
}

/// Puts the addresses of this call's tensors into the ranges.
tercet_status *tercet_session::bindPorts(Prepared &p) {
  auto &t = device->table;
  if (hostMemory) {
    for (const PortRange &r : p.portRanges) {
      p.ranges[r.range].memory = nullptr;
      p.ranges[r.range].offset =
          reinterpret_cast<uintptr_t>(p.ports[r.port].data) + r.offset;
    }
    return nullptr;
  }
  for (size_t i = 0; i < p.ports.size(); ++i) {
    Port &port = p.ports[i];
    if (port.tensor->dim() >= 0)
      continue; // a value, not memory
    if (!port.memory && t.allocate(t.self, port.maxBytes, &port.memory))
      return device->failed("allocate memory for a tensor");
    if (i < p.inputCount && port.bytes &&
        t.upload(t.self, port.data, {port.memory, 0, port.bytes}))
      return device->failed("upload an input");
  }
  for (const PortRange &r : p.portRanges)
    p.ranges[r.range].memory = p.ports[r.port].memory;
  return nullptr;
}

tercet_status *tercet_session::submit(Prepared &p) {
  auto &t = device->table;
  double start = profiling ? now() : 0;
  lastCalled = &p;
  if (t.submit(t.self, loaded->executable, p.commands.data(), p.commands.size(),
               profiling ? p.seconds.data() : nullptr)) {
    // Part of it may be running on memory that the caller is about to reuse.
    tercet_status *status = device->failed("run the program");
    t.wait(t.self);
    return status;
  }
  inFlight = &p;
  for (size_t i = 0; profiling && i < p.commands.size(); ++i) {
    const Command *c = p.program->commands()->Get(i);
    if (c->kind() == CommandKind::barrier)
      continue;
    const char *name = c->kind() == CommandKind::dispatch
                           ? loaded->kernels[c->kernel()].name
                       : c->kind() == CommandKind::copy ? "copy"
                                                        : "fill";
    if (!events.push({name, start, p.seconds[i]}))
      return outOfMemory();
    start += p.seconds[i];
  }
  return nullptr;
}

tercet_status *tercet_session::call(const char *entry, const DLTensor *inputs,
                                    size_t inputCount, DLTensor *outputs,
                                    size_t outputCount) {
  if (inFlight)
    return fail(TERCET_INVALID_ARGUMENT,
                "a call is in flight: tercet_session_wait comes first");
  Prepared *p;
  TERCET_TRY(find(entry, &p));
  if (inputCount != p->inputCount || outputCount != p->outputCount)
    return fail(
        TERCET_INVALID_ARGUMENT,
        "\"%s\" takes %zu inputs and gives %zu outputs, not %zu and %zu", entry,
        p->inputCount, p->outputCount, inputCount, outputCount);
  bool known = p->ready;
  for (size_t i = 0; i < inputCount; ++i) {
    TERCET_TRY(checkTensor(*p, p->ports[i], inputs[i], "input"));
    known = known && sameShape(*p, p->ports[i], inputs[i]);
    if (int32_t dim = p->ports[i].tensor->dim(); dim >= 0)
      known =
          known && integerAt(inputs[i], 0) == p->dims[static_cast<size_t>(dim)];
  }
  if (!known)
    TERCET_TRY(setDims(*p, inputs));
  for (size_t i = 0; i < inputCount; ++i) {
    if (p->ports[i].tensor->dim() < 0)
      TERCET_TRY(checkData(*p, p->ports[i], inputs[i], "input"));
    TERCET_TRY(checkValues(*p, p->ports[i], inputs[i]));
    p->ports[i].data =
        static_cast<uint8_t *>(inputs[i].data) + inputs[i].byte_offset;
  }
  TERCET_TRY(takeOutputs(*p, outputs));
  TERCET_TRY(checkAliases(*p));
  TERCET_TRY(bindPorts(*p));
  return submit(*p);
}

tercet_status *tercet_session::wait() {
  Prepared *p = inFlight;
  if (!p)
    return nullptr;
  inFlight = nullptr;
  auto &t = device->table;
  if (t.wait(t.self))
    return device->failed("finish the program");
  for (size_t i = p->inputCount; !hostMemory && i < p->ports.size(); ++i) {
    const Port &port = p->ports[i];
    if (port.bytes &&
        t.download(t.self, {port.memory, 0, port.bytes}, port.data))
      return device->failed("download an output");
  }
  return nullptr;
}

extern "C" {

tercet_status *tercet_session_call_async(tercet_session *s, const char *entry,
                                         const DLTensor *inputs,
                                         size_t inputCount, DLTensor *outputs,
                                         size_t outputCount) {
  if (!s || !entry || (inputCount && !inputs) || (outputCount && !outputs))
    return fail(
        TERCET_INVALID_ARGUMENT,
        "tercet_session_call needs a session, an entry point and its tensors");
  return s->call(entry, inputs, inputCount, outputs, outputCount);
}

tercet_status *tercet_session_wait(tercet_session *s) {
  if (!s)
    return fail(TERCET_INVALID_ARGUMENT, "tercet_session_wait needs a session");
  return s->wait();
}

tercet_status *tercet_session_call(tercet_session *s, const char *entry,
                                   const DLTensor *inputs, size_t inputCount,
                                   DLTensor *outputs, size_t outputCount) {
  TERCET_TRY(tercet_session_call_async(s, entry, inputs, inputCount, outputs,
                                       outputCount));
  return s->wait();
}

} // extern "C"
