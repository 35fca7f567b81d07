//===- State.cpp - states and profiles ------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A state file: magic, count; for every state its name (length first), dtype,
// byte count and bytes; the SHA-256 of all before it. Little-endian, packed. A
// restore checks all of it before it changes any state.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/File.h"
#include "runtime/core/Session.h"
#include "runtime/core/Sha256.h"
#include <cstdio>

using namespace tercet::runtime;
using namespace tercet::schema;

static const char kStateMagic[8] = {'T', 'C', 'T', 'S', 'T', 'A', 'T', '1'};

tercet_status *tercet_session::resetStates(bool fresh) {
  auto &t = device->table;
  Array<uint8_t> zeros;
  for (size_t i = 0; i < states.size(); ++i) {
    const State *s = artifact->manifest->states()->Get(i);
    if (s->bytes() == 0 || (fresh && !s->has_init()))
      continue; // fresh memory is zero
    const void *data = s->has_init() ? artifact->bytes(*s->init()) : nullptr;
    if (!data) {
      if (!zeros.resize(s->bytes()))
        return outOfMemory();
      data = zeros.data();
    }
    if (t.upload(t.self, data, {states[i].memory, 0, s->bytes()}))
      return device->failed("reset a state");
  }
  return nullptr;
}

namespace {

/// Writes to the file and to the digest.
struct Writer {
  AtomicFile file;
  Sha256 hash;
  Status put(const void *data, size_t size) {
    hash.update(data, size);
    return file.write(data, size);
  }
  template <typename T> Status number(T value) {
    return put(&value, sizeof value);
  }
};

struct Reader {
  const uint8_t *at, *end;
  const uint8_t *take(uint64_t size) {
    if (size > static_cast<uint64_t>(end - at))
      return nullptr;
    const uint8_t *p = at;
    at += size;
    return p;
  }
  template <typename T> bool number(T &value) {
    const uint8_t *p = take(sizeof value);
    if (p)
      memcpy(&value, p, sizeof value);
    return p;
  }
};

Status save(tercet_session &s, const char *path) {
  const auto *list = s.artifact->manifest->states();
  auto &t = s.device->table;
  Writer out;
  Array<uint8_t> bytes;
  TERCET_TRY(out.file.open(path));
  TERCET_TRY(out.put(kStateMagic, sizeof kStateMagic));
  TERCET_TRY(out.number<uint32_t>(static_cast<uint32_t>(s.states.size())));
  for (size_t i = 0; i < s.states.size(); ++i) {
    const State *state = list->Get(i);
    if (!bytes.resize(state->bytes()))
      return outOfMemory();
    if (state->bytes() &&
        t.download(t.self, {s.states[i].memory, 0, state->bytes()},
                   bytes.data()))
      return s.device->failed("read a state");
    TERCET_TRY(out.number<uint32_t>(state->name()->size()));
    TERCET_TRY(out.put(state->name()->c_str(), state->name()->size()));
    TERCET_TRY(out.number<uint8_t>(static_cast<uint8_t>(state->dtype())));
    TERCET_TRY(out.number<uint64_t>(state->bytes()));
    TERCET_TRY(out.put(bytes.data(), state->bytes()));
  }
  uint8_t digest[32];
  out.hash.finish(digest);
  TERCET_TRY(out.file.write(digest, sizeof digest));
  return out.file.commit();
}

Status restore(tercet_session &s, const char *path) {
  const auto *list = s.artifact->manifest->states();
  auto &t = s.device->table;
  Array<uint8_t> file;
  TERCET_TRY(readFile(path, file));
  if (file.size() < sizeof kStateMagic + 36 ||
      memcmp(file.data(), kStateMagic, sizeof kStateMagic) != 0)
    return fail(TERCET_DAMAGED, "%s is not a state file of this runtime", path);
  if (!sha256Matches(file.data(), file.size() - 32,
                     file.data() + file.size() - 32))
    return fail(TERCET_DAMAGED, "%s is damaged: its digest does not match",
                path);
  Reader in = {file.data() + sizeof kStateMagic,
               file.data() + file.size() - 32};
  uint32_t count = 0;
  Array<const uint8_t *> data;
  if (!in.number(count) || count != s.states.size())
    return fail(TERCET_INVALID_ARGUMENT,
                "%s holds %u states and the artifact has %zu", path, count,
                s.states.size());
  for (size_t i = 0; i < count; ++i) {
    const State *state = list->Get(i);
    uint32_t length = 0;
    uint8_t dtype = 0;
    uint64_t bytes = 0;
    const uint8_t *name = in.number(length) ? in.take(length) : nullptr;
    if (!name || length != state->name()->size() ||
        memcmp(name, state->name()->c_str(), length) != 0 ||
        !in.number(dtype) || dtype != static_cast<uint8_t>(state->dtype()) ||
        !in.number(bytes) || bytes != state->bytes())
      return fail(TERCET_INVALID_ARGUMENT,
                  "%s is of another model: its state %zu is not \"%s\" (%s, "
                  "%llu bytes)",
                  path, i, state->name()->c_str(), typeName(state->dtype()),
                  (unsigned long long)state->bytes());
    const uint8_t *content = in.take(bytes);
    if (!content)
      return fail(TERCET_DAMAGED, "%s ends within state \"%s\"", path,
                  state->name()->c_str());
    if (!data.push(content))
      return outOfMemory();
  }
  for (size_t i = 0; i < count; ++i)
    if (list->Get(i)->bytes() &&
        t.upload(t.self, data[i],
                 {s.states[i].memory, 0, list->Get(i)->bytes()}))
      return s.device->failed("restore a state");
  return nullptr;
}

Status writeProfile(const tercet_session &s, const char *path) {
  AtomicFile file;
  TERCET_TRY(file.open(path));
  TERCET_TRY(file.write("{\"traceEvents\":[", 16));
  char line[512];
  for (size_t i = 0; i < s.events.size(); ++i) {
    const ProfileEvent &e = s.events[i];
    char name[256];
    size_t n = 0;
    for (const char *c = e.name; *c && n + 2 < sizeof name; ++c) {
      if (*c == '"' || *c == '\\')
        name[n++] = '\\';
      name[n++] = static_cast<unsigned char>(*c) < 32 ? ' ' : *c;
    }
    name[n] = 0;
    int size = snprintf(line, sizeof line,
                        "%s\n{\"name\":\"%s\",\"ph\":\"X\",\"pid\":1,\"tid\":1,"
                        "\"ts\":%.3f,\"dur\":%.3f}",
                        i ? "," : "", name, (e.start - s.events[0].start) * 1e6,
                        e.seconds * 1e6);
    TERCET_TRY(file.write(line, static_cast<size_t>(size)));
  }
  TERCET_TRY(file.write("\n]}\n", 4));
  return file.commit();
}

Status idle(tercet_session *s, bool argumentsThere) {
  if (!s || !argumentsThere)
    return fail(TERCET_INVALID_ARGUMENT,
                "a session function was called without its arguments");
  if (s->inFlight)
    return fail(TERCET_INVALID_ARGUMENT,
                "a call is in flight: tercet_session_wait comes first");
  return nullptr;
}

} // namespace

extern "C" {

tercet_status *tercet_session_state_reset(tercet_session *s) {
  TERCET_TRY(idle(s, true));
  return s->resetStates(/*fresh=*/false);
}
tercet_status *tercet_session_state_save(tercet_session *s, const char *path) {
  TERCET_TRY(idle(s, path));
  return save(*s, path);
}
tercet_status *tercet_session_state_restore(tercet_session *s,
                                            const char *path) {
  TERCET_TRY(idle(s, path));
  return restore(*s, path);
}
tercet_status *tercet_session_state_read(tercet_session *s, size_t state,
                                         void *data, size_t bytes) {
  TERCET_TRY(idle(s, data));
  if (state >= s->states.size())
    return fail(TERCET_INVALID_ARGUMENT,
                "there is no state %zu: the artifact has %zu", state,
                s->states.size());
  const State *of = s->artifact->manifest->states()->Get(state);
  if (bytes != of->bytes())
    return fail(TERCET_INVALID_ARGUMENT,
                "state \"%s\" has %llu bytes, got memory of %zu",
                of->name()->c_str(), (unsigned long long)of->bytes(), bytes);
  auto &t = s->device->table;
  if (bytes && t.download(t.self, {s->states[state].memory, 0, bytes}, data))
    return s->device->failed("read a state");
  return nullptr;
}
tercet_status *tercet_session_profile_begin(tercet_session *s) {
  TERCET_TRY(idle(s, true));
  s->events.clear();
  s->profiling = true;
  return nullptr;
}
tercet_status *tercet_session_profile_end(tercet_session *s, const char *path) {
  TERCET_TRY(idle(s, true));
  s->profiling = false;
  return path ? writeProfile(*s, path) : nullptr;
}

} // extern "C"
