//===- Device.cpp - loading onto a device ---------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Device.h"

using namespace tercet::runtime;
using namespace tercet::schema;

namespace tercet::runtime {

Status describeTarget(const Target &t, Array<const char *> &features,
                      tercet_device_target *out) {
  features.clear();
  for (size_t i = 0; i < sizeOf(t.features()); ++i)
    if (!features.push(textOf(t.features()->Get(i))))
      return outOfMemory();
  *out = {t.name()->c_str(), textOf(t.device()), textOf(t.triple()),
          textOf(t.chip()),  features.data(),    features.size(),
          t.wavefront()};
  return nullptr;
}

} // namespace tercet::runtime

tercet_status *tercet_device::failed(const char *doing) {
  const char *why = table.last_error(table.self);
  return fail(TERCET_DEVICE, "device %s cannot %s: %s", name, doing,
              why && *why ? why : "it does not say why");
}

/// Segments that some program of the target reads as weights.
static Status findSegments(const Manifest &m, const Target &t,
                           Array<uint8_t> &used) {
  if (!used.resize(sizeOf(m.segments())))
    return outOfMemory();
  for (size_t p = 0; p < sizeOf(t.programs()); ++p)
    for (size_t b = 0; b < sizeOf(t.programs()->Get(p)->buffers()); ++b) {
      const Buffer *buffer = t.programs()->Get(p)->buffers()->Get(b);
      if (buffer->kind() == BufferKind::weight)
        used[m.weights()->Get(buffer->index())->data()->segment()] = 1;
    }
  return nullptr;
}

tercet_status *tercet_device::load(Loaded &l) {
  const Manifest &m = *l.artifact->manifest;
  const Target &t = *m.targets()->Get(l.target);
  for (size_t i = 0; i < sizeOf(t.kernels()); ++i) {
    const Kernel *k = t.kernels()->Get(i);
    if (!l.kernels.push({k->name()->c_str(), k->buffers(), k->constants(),
                         k->workgroup_size(), k->shared_bytes(),
                         k->scratch_bytes()}))
      return outOfMemory();
  }
  Array<tercet_device_blob> blobs;
  for (size_t i = 0; i < sizeOf(t.blobs()); ++i) {
    const Blob *b = t.blobs()->Get(i);
    tercet_device_blob blob = {static_cast<tercet_blob_format>(b->format()),
                               textOf(b->chip()), l.artifact->bytes(*b->data()),
                               b->data()->length()};
    if (blob.format == TERCET_BLOB_PTX) {
      // A driver reads up to a NUL, which no segment promises.
      char *text = static_cast<char *>(malloc(blob.size + 1));
      if (!text || !l.ptx.push(text)) {
        free(text);
        return outOfMemory();
      }
      memcpy(text, blob.data, blob.size);
      text[blob.size] = 0;
      blob.data = text;
      blob.size += 1;
    }
    if (!blobs.push(blob))
      return outOfMemory();
  }
  Array<const char *> features;
  tercet_device_target target;
  TERCET_TRY(describeTarget(t, features, &target));
  if (table.load(table.self, &target, blobs.data(), blobs.size(),
                 l.kernels.data(), l.kernels.size(), &l.executable))
    return failed("load the code");

  Array<uint8_t> used;
  TERCET_TRY(findSegments(m, t, used));
  if (!l.segments.resize(used.size()))
    return outOfMemory();
  for (size_t i = 0; i < used.size(); ++i) {
    if (!used[i])
      continue;
    const Segment *s = m.segments()->Get(i);
    const void *data = l.artifact->segment(i);
    if (!data)
      return fail(TERCET_INVALID_ARGUMENT,
                  "the artifact was opened without its weight file %s",
                  m.external()->name()->c_str());
    if (table.import_host(table.self, data, s->length(), &l.segments[i]) == 0)
      continue;
    l.segments[i] = nullptr;
    if (table.allocate(table.self, s->length(), &l.segments[i]))
      return failed("allocate memory for the weights");
    if (s->length() &&
        table.upload(table.self, data, {l.segments[i], 0, s->length()}))
      return failed("upload the weights");
  }
  return nullptr;
}

void tercet_device::unload(Loaded &l) {
  for (tercet_device_memory *memory : l.segments)
    if (memory)
      table.free(table.self, memory);
  if (l.executable)
    table.unload(table.self, l.executable);
}

tercet_status *tercet_device::acquire(tercet_artifact *artifact, size_t target,
                                      Loaded **out) {
  Lock lock(mutex);
  for (Loaded *l = loaded; l; l = l->next)
    if (l->artifact == artifact && l->target == target) {
      ++l->users;
      *out = l;
      return nullptr;
    }
  Owner<Loaded> fresh(create<Loaded>());
  if (!fresh)
    return outOfMemory();
  fresh->artifact = artifact;
  fresh->target = target;
  fresh->users = 1;
  fresh->executable = nullptr;
  if (tercet_status *status = load(*fresh)) {
    unload(*fresh);
    return status;
  }
  fresh->next = loaded;
  *out = loaded = fresh.release();
  return nullptr;
}

void tercet_device::release(Loaded *l) {
  Lock lock(mutex);
  if (--l->users)
    return;
  for (Loaded **p = &loaded; *p; p = &(*p)->next)
    if (*p == l) {
      *p = l->next;
      break;
    }
  unload(*l);
  destroy(l);
}
