//===- Session.cpp - creating a session -----------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Session.h"
#include <cstdio>

using namespace tercet::runtime;
using namespace tercet::schema;

tercet_session::~tercet_session() {
  if (!device)
    return;
  auto &t = device->table;
  if (inFlight)
    t.wait(t.self);
  for (Prepared *p : programs) {
    if (!p)
      continue;
    for (Port &port : p->ports) {
      ::free(port.owned);
      if (port.memory)
        t.free(t.self, port.memory);
    }
    destroy(p);
  }
  for (auto *list : {&weights, &states})
    for (Placed &placed : *list)
      if (placed.owned && placed.memory)
        t.free(t.self, placed.memory);
  if (arena)
    t.free(t.self, arena);
  if (loaded)
    device->release(loaded);
}

/// The best target that the device accepts, or both lists in one sentence.
tercet_status *tercet_session::chooseTarget(const char *wanted) {
  const auto *targets = artifact->manifest->targets();
  Array<const char *> features;
  int best = 0;
  char reasons[768] = "";
  size_t used = 0;
  bool named = false;
  for (size_t i = 0; i < sizeOf(targets); ++i) {
    const Target *t = targets->Get(i);
    if (wanted && !equal(wanted, t->name()->c_str()))
      continue;
    named = true;
    tercet_device_target description;
    TERCET_TRY(describeTarget(*t, features, &description));
    int score = device->table.accepts(device->table.self, &description);
    if (score > best) {
      best = score;
      target = t;
    }
    if (score <= 0 && used < sizeof reasons) {
      const char *why = device->table.last_error(device->table.self);
      int n = snprintf(reasons + used, sizeof reasons - used, "; %s: %s",
                       t->name()->c_str(), why ? why : "refused");
      used += n > 0 ? static_cast<size_t>(n) : 0;
    }
  }
  if (!named)
    return fail(TERCET_NOT_FOUND, "the artifact has no target \"%s\"", wanted);
  if (!target)
    return fail(TERCET_UNSUPPORTED,
                "no target of the artifact runs on device %s (%s)%s",
                device->name, tercet_device_describe(device), reasons);
  return nullptr;
}

/// Where weights and states live.
tercet_status *tercet_session::place() {
  const Manifest &m = *artifact->manifest;
  auto &t = device->table;
  if (!weights.resize(sizeOf(m.weights())) ||
      !states.resize(sizeOf(m.states())))
    return outOfMemory();
  for (size_t i = 0; i < weights.size(); ++i) {
    const Range *range = m.weights()->Get(i)->data();
    weights[i] = {loaded->segments[range->segment()], range->offset(), false};
  }
  for (size_t i = 0; i < states.size(); ++i) {
    uint64_t bytes = m.states()->Get(i)->bytes();
    if (t.allocate(t.self, bytes, &states[i].memory))
      return device->failed("allocate memory for the states");
    states[i].owned = true;
    stateBytes += bytes;
  }
  return resetStates(/*fresh=*/true);
}

tercet_status *tercet_session::preparePorts(Prepared &out,
                                            const ExprFacts *facts) {
  const Program &p = *out.program;
  out.inputCount = sizeOf(p.inputs());
  out.outputCount = sizeOf(p.outputs());
  size_t axes = 0;
  for (size_t i = 0; i < out.inputCount + out.outputCount; ++i) {
    const Tensor *tensor = i < out.inputCount
                               ? p.inputs()->Get(i)
                               : p.outputs()->Get(i - out.inputCount);
    Port port = {};
    port.tensor = tensor;
    port.ndim = static_cast<int32_t>(sizeOf(tensor->axes()));
    port.elementBytes = elementBytes(tensor->dtype());
    port.dtype = toDLPack(tensor->dtype());
    port.firstAxis = axes;
    axes += port.ndim;
    uint64_t bytes = port.elementBytes;
    for (int32_t j = 0; j < port.ndim; ++j)
      bytes *= static_cast<uint64_t>(facts[tensor->axes()->Get(j)].high);
    port.maxBytes = bytes;
    if (!out.ports.push(port))
      return outOfMemory();
  }
  return out.shapes.resize(axes) && out.strides.resize(axes) ? nullptr
                                                             : outOfMemory();
}

tercet_status *tercet_session::prepare(const Program &program, Prepared &out) {
  out.program = &program;
  Array<int64_t> bounds;
  Array<ExprFacts> facts;
  size_t bad;
  if (!bounds.resize(sizeOf(program.dims())) ||
      !facts.resize(sizeOf(program.exprs())) ||
      !out.dims.resize(bounds.size()) || !out.values.resize(facts.size()) ||
      !out.commands.resize(sizeOf(program.commands())) ||
      !out.seconds.resize(sizeOf(program.commands())))
    return outOfMemory();
  for (size_t i = 0; i < bounds.size(); ++i)
    bounds[i] = program.dims()->Get(i)->bound();
  if (analyzeExprs(program.exprs(), bounds.data(), facts.data(), &bad))
    return fail(TERCET_INTERNAL, "a verified expression overflows");
  out.dynamicPlaces = placesAreDynamic(program, facts.data());
  uint64_t arenaHere = static_cast<uint64_t>(facts[program.arena_bytes()].high);
  arenaBytes = arenaHere > arenaBytes ? arenaHere : arenaBytes;
  TERCET_TRY(preparePorts(out, facts.data()));
  for (size_t i = 0; i < out.commands.size(); ++i) {
    const Command *c = program.commands()->Get(i);
    tercet_device_command &command = out.commands[i];
    command.kind = static_cast<tercet_command_kind>(c->kind());
    command.kernel = c->kernel();
    command.value = c->value();
    if (c->kind() == CommandKind::barrier)
      continue;
    command.range_count = static_cast<uint32_t>(sizeOf(c->buffers()));
    for (size_t j = 0; j < command.range_count; ++j)
      if (!out.rangeBuffers.push(c->buffers()->Get(j)))
        return outOfMemory();
    if (c->kind() != CommandKind::dispatch)
      continue;
    command.constant_count = static_cast<uint32_t>(sizeOf(c->constants()));
    for (size_t j = 0; j < command.constant_count; ++j)
      if (!out.constantExprs.push(c->constants()->Get(j)))
        return outOfMemory();
  }
  if (!out.ranges.resize(out.rangeBuffers.size()) ||
      !out.constants.resize(out.constantExprs.size()))
    return outOfMemory();
  size_t range = 0, constant = 0;
  for (tercet_device_command &command : out.commands) {
    command.ranges = out.ranges.data() + range;
    command.constants = out.constants.data() + constant;
    range += command.range_count;
    constant += command.constant_count;
  }
  for (size_t i = 0; i < out.rangeBuffers.size(); ++i) {
    const Buffer *b = program.buffers()->Get(out.rangeBuffers[i]);
    if (b->kind() != BufferKind::input && b->kind() != BufferKind::output)
      continue;
    uint32_t port = b->index() + (b->kind() == BufferKind::output
                                      ? static_cast<uint32_t>(out.inputCount)
                                      : 0);
    if (!out.portRanges.push({static_cast<uint32_t>(i), port, 0}))
      return outOfMemory();
  }
  return nullptr;
}

tercet_status *tercet_session::create(tercet_artifact *a, tercet_device *d,
                                      const char *wanted) {
  artifact = a;
  device = d;
  hostMemory = d->table.flags & TERCET_DEVICE_HOST_MEMORY;
  TERCET_TRY(chooseTarget(wanted));
  size_t number = 0;
  while (a->manifest->targets()->Get(number) != target)
    ++number;
  TERCET_TRY(d->acquire(a, number, &loaded));
  TERCET_TRY(place());
  if (!programs.resize(sizeOf(target->programs())))
    return outOfMemory();
  for (size_t i = 0; i < programs.size(); ++i) {
    programs[i] = tercet::runtime::create<Prepared>();
    if (!programs[i])
      return outOfMemory();
    TERCET_TRY(prepare(*target->programs()->Get(i), *programs[i]));
  }
  if (arenaBytes && d->table.allocate(d->table.self, arenaBytes, &arena))
    return d->failed("allocate memory for intermediate results");
  return nullptr;
}

/// Memory of a session's own replaces the weight from the next call on.
tercet_status *tercet_session::bind(const char *name, const DLTensor &tensor) {
  const auto *list = artifact->manifest->weights();
  size_t i = 0;
  while (i < sizeOf(list) && !equal(list->Get(i)->name()->c_str(), name))
    ++i;
  if (i == sizeOf(list))
    return fail(TERCET_NOT_FOUND, "the artifact has no weight \"%s\"", name);
  const Weight *w = list->Get(i);
  if (!w->rebindable())
    return fail(TERCET_INVALID_ARGUMENT,
                "weight \"%s\" is not rebindable: mark it so in the model",
                name);
  bool encoded = *textOf(w->code());
  DLDataType want = toDLPack(encoded ? DType::u8 : w->dtype());
  int64_t bytes = static_cast<int64_t>(w->data()->length());
  bool fits =
      tensor.dtype.code == want.code && tensor.dtype.bits == want.bits &&
      tensor.dtype.lanes == 1 && tensor.device.device_type == kDLCPU &&
      tensor.shape &&
      tensor.ndim == (encoded ? 1 : static_cast<int32_t>(sizeOf(w->shape())));
  int64_t dense = 1;
  for (int32_t j = tensor.ndim - 1; fits && j >= 0; --j) {
    fits =
        tensor.shape[j] == (encoded ? bytes : w->shape()->Get(j)) &&
        (!tensor.strides || tensor.shape[j] <= 1 || tensor.strides[j] == dense);
    dense *= tensor.shape[j];
  }
  if (!fits || (!tensor.data && bytes))
    return fail(TERCET_INVALID_ARGUMENT,
                "weight \"%s\" takes a dense host tensor of its own shape and "
                "dtype%s (%lld bytes)",
                name, encoded ? ", here its encoded bytes as u8" : "",
                (long long)bytes);
  auto &t = device->table;
  if (!weights[i].owned) {
    tercet_device_memory *memory;
    if (t.allocate(t.self, w->data()->length(), &memory))
      return device->failed("allocate memory for a weight");
    weights[i] = {memory, 0, true};
  }
  if (bytes &&
      t.upload(t.self,
               static_cast<const uint8_t *>(tensor.data) + tensor.byte_offset,
               {weights[i].memory, 0, w->data()->length()}))
    return device->failed("upload a weight");
  for (Prepared *p : programs)
    p->ready = false;
  return nullptr;
}

extern "C" {

tercet_status *tercet_session_create(tercet_artifact *a, tercet_device *d,
                                     const tercet_session_options *options,
                                     tercet_session **out) {
  if (!a || !d || !out)
    return fail(TERCET_INVALID_ARGUMENT,
                "tercet_session_create needs an artifact, a device and a place "
                "for the result");
  *out = nullptr;
  if (options && options->size != sizeof(tercet_session_options))
    return fail(TERCET_INVALID_ARGUMENT,
                "tercet_session_options.size is %u, not %zu", options->size,
                sizeof(tercet_session_options));
  Owner<tercet_session> s(create<tercet_session>());
  if (!s)
    return outOfMemory();
  TERCET_TRY(s->create(a, d, options ? options->target : nullptr));
  *out = s.release();
  return nullptr;
}

void tercet_session_free(tercet_session *s) { destroy(s); }
const char *tercet_session_target(const tercet_session *s) {
  return s->target->name()->c_str();
}
size_t tercet_session_memory(const tercet_session *s) {
  return s->arenaBytes + s->stateBytes;
}

tercet_status *tercet_session_bind(tercet_session *s, const char *weight,
                                   const DLTensor *tensor) {
  if (!s || !weight || !tensor)
    return fail(TERCET_INVALID_ARGUMENT,
                "tercet_session_bind needs a session, a name and a tensor");
  if (s->inFlight)
    return fail(TERCET_INVALID_ARGUMENT,
                "a call is in flight: tercet_session_wait comes first");
  return s->bind(weight, *tensor);
}

const double *tercet_session_command_seconds(const tercet_session *s,
                                             size_t *count) {
  const Prepared *p = s->lastCalled;
  if (count)
    *count = p ? p->seconds.size() : 0;
  return p ? p->seconds.data() : nullptr;
}

} // extern "C"
