//===- Artifact.cpp -------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/core/Artifact.h"
#include "runtime/core/Sha256.h"
#include "runtime/core/WeightFile.h"
#include "runtime/schema/Header.h"
#include <cstdio>

namespace tercet::runtime {
using namespace schema;

DLDataType toDLPack(DType type) {
  uint8_t bits = static_cast<uint8_t>(elementBytes(type) * 8);
  switch (type) {
  case DType::u8:
    return {kDLUInt, bits, 1};
  case DType::f16:
  case DType::f32:
  case DType::f64:
    return {kDLFloat, bits, 1};
  case DType::bf16:
    return {kDLBfloat, bits, 1};
  case DType::i1:
    return {kDLBool, bits, 1};
  default:
    return {kDLInt, bits, 1};
  }
}

const char *typeName(DLDataType type, char (&buffer)[48]) {
  if (type.lanes == 1)
    for (int i = 1; i <= static_cast<int>(DType::MAX); ++i) {
      DLDataType known = toDLPack(static_cast<DType>(i));
      if (known.code == type.code && known.bits == type.bits)
        return typeName(static_cast<DType>(i));
    }
  snprintf(buffer, sizeof buffer, "DLPack type %u of %u bits x %u", type.code,
           type.bits, type.lanes);
  return buffer;
}

static Status checkHeader(const uint8_t *data, size_t size, Header &h) {
  if (size < sizeof kMagic || memcmp(data, kMagic, sizeof kMagic) != 0)
    return fail(
        TERCET_DAMAGED,
        "this is not a .tercet file: it does not start with the TERCET magic");
  if (size < sizeof(Header))
    return fail(
        TERCET_DAMAGED,
        "the file is truncated: %zu bytes do not hold the header of %zu", size,
        sizeof(Header));
  memcpy(&h, data, sizeof h);
  if (h.major > kFormatMajor)
    return fail(TERCET_UNSUPPORTED,
                "the file is of format %u.%u and this runtime reads %u.x: use "
                "a newer runtime",
                h.major, h.minor, kFormatMajor);
  if (h.major < kFormatMajor)
    return fail(TERCET_UNSUPPORTED,
                "the file is of format %u.%u and this runtime reads %u.x: "
                "compile the model anew",
                h.major, h.minor, kFormatMajor);
  if (!sha256Matches(data, offsetof(Header, headerDigest), h.headerDigest))
    return fail(TERCET_DAMAGED,
                "the header is damaged: its digest does not match");
  if (h.fileLength > size)
    return fail(TERCET_DAMAGED,
                "the file is truncated: %zu of %llu bytes are there", size,
                (unsigned long long)h.fileLength);
  if (h.fileLength < size)
    return fail(TERCET_DAMAGED,
                "the file has %zu bytes where its header says %llu", size,
                (unsigned long long)h.fileLength);
  if (h.flags != 0)
    return fail(TERCET_UNSUPPORTED,
                "the header asks for what this runtime does not know (flags "
                "%#x): use a newer "
                "runtime",
                h.flags);
  if (h.manifestOffset != sizeof(Header) ||
      h.manifestLength > size - sizeof(Header))
    return fail(TERCET_DAMAGED,
                "the header places the manifest outside the file");
  if (!sha256Matches(data + h.manifestOffset, h.manifestLength,
                     h.manifestDigest))
    return fail(TERCET_DAMAGED,
                "the manifest is damaged: its digest does not match");
  return nullptr;
}

static Status checkFeatures(const Manifest &m, const Header &h) {
  char list[512] = "";
  size_t used = 0;
  for (size_t i = 0; i < sizeOf(m.required_features()) && used < sizeof list;
       ++i) {
    const char *name = textOf(m.required_features()->Get(i));
    bool known = false;
    for (const char *k : kKnownFeatures)
      known = known || equal(k, name);
    if (!known)
      used += snprintf(list + used, sizeof list - used, "%s%s",
                       used ? ", " : "", *name ? name : "?");
  }
  if (!used)
    return nullptr;
  return fail(TERCET_UNSUPPORTED,
              "the file (format %u.%u) requires what this runtime (format "
              "%u.%u) does not know: "
              "%s; use a newer runtime",
              h.major, h.minor, kFormatMajor, kFormatMinor, list);
}

/// Everything but a zero in [begin, end) is damage.
static Status checkZero(const uint8_t *data, uint64_t begin, uint64_t end) {
  for (uint64_t i = begin; i < end; ++i)
    if (data[i])
      return fail(
          TERCET_DAMAGED,
          "the file is damaged: byte %llu, between two segments, is not zero",
          (unsigned long long)i);
  return nullptr;
}

/// Segments whose bytes only weights use: those a caller may leave unread.
static Status findWeightSegments(const Manifest &m,
                                 Array<uint8_t> &onlyWeights) {
  Array<uint8_t> other;
  if (!onlyWeights.resize(sizeOf(m.segments())) ||
      !other.resize(sizeOf(m.segments())))
    return outOfMemory();
  for (size_t i = 0; i < sizeOf(m.weights()); ++i)
    onlyWeights[m.weights()->Get(i)->data()->segment()] = 1;
  for (size_t i = 0; i < sizeOf(m.states()); ++i)
    if (m.states()->Get(i)->has_init())
      other[m.states()->Get(i)->init()->segment()] = 1;
  for (size_t t = 0; t < sizeOf(m.targets()); ++t)
    for (size_t i = 0; i < sizeOf(m.targets()->Get(t)->blobs()); ++i)
      other[m.targets()->Get(t)->blobs()->Get(i)->data()->segment()] = 1;
  for (size_t i = 0; i < other.size(); ++i)
    onlyWeights[i] = onlyWeights[i] && !other[i];
  return nullptr;
}

Status verifyArtifact(const void *data, size_t size) {
  tercet_artifact artifact;
  artifact.data = static_cast<const uint8_t *>(data);
  artifact.size = size;
  return artifact.check(/*weightSegments=*/true, /*weightDigests=*/true);
}

} // namespace tercet::runtime

using namespace tercet::runtime;
using namespace tercet::schema;

tercet_status *tercet_artifact::check(bool weightSegments, bool weightDigests) {
  if (reinterpret_cast<uintptr_t>(data) % kAlignment)
    return fail(TERCET_INVALID_ARGUMENT,
                "the artifact's memory must be aligned to %llu bytes",
                (unsigned long long)kAlignment);
  Header header;
  TERCET_TRY(checkHeader(data, size, header));
  manifestBytes = data + header.manifestOffset;
  manifestSize = header.manifestLength;
  // The default limit of a million tables is far below what a long plan may
  // have.
  flatbuffers::Verifier verifier(manifestBytes, manifestSize, 64, 1u << 28);
  if (manifestSize < 8 || manifestSize >= FLATBUFFERS_MAX_BUFFER_SIZE ||
      !VerifyManifestBuffer(verifier))
    return fail(TERCET_DAMAGED, "the manifest is damaged: it is not a "
                                "FlatBuffers table of this schema");
  manifest = GetManifest(manifestBytes);
  TERCET_TRY(checkFeatures(*manifest, header));
  uint64_t end = header.manifestOffset + header.manifestLength;
  TERCET_TRY(verifyManifest(*manifest, end, size));
  Array<uint8_t> onlyWeights;
  TERCET_TRY(findWeightSegments(*manifest, onlyWeights));
  for (size_t i = 0; i < sizeOf(manifest->segments()); ++i) {
    const Segment *s = manifest->segments()->Get(i);
    if (s->external()) {
      // A check of many gigabytes is asked for by tercet_artifact_verify.
      if (weights && weightSegments && weightDigests &&
          !sha256Matches(segment(i), s->length(), s->digest()->data()))
        return fail(TERCET_DAMAGED,
                    "the weight file is damaged: the digest of its weights "
                    "does not match");
      continue;
    }
    TERCET_TRY(checkZero(data, end, s->offset()));
    end = s->offset() + s->length();
    if ((weightSegments || !onlyWeights[i]) &&
        !sha256Matches(data + s->offset(), s->length(), s->digest()->data()))
      return fail(TERCET_DAMAGED,
                  "segment %zu (%s) is damaged: its digest does not match", i,
                  textOf(s->name()));
  }
  TERCET_TRY(checkZero(data, end, size));
  for (size_t i = 0; weightDigests && i < sizeOf(manifest->weights()); ++i) {
    const Weight *w = manifest->weights()->Get(i);
    if (sizeOf(w->digest()) && segment(w->data()->segment()) &&
        !sha256Matches(bytes(*w->data()), w->data()->length(),
                       w->digest()->data()))
      return fail(TERCET_DAMAGED, "weight \"%s\" is not what its digest says",
                  w->name()->c_str());
  }
  return nullptr;
}

/// Fills the tables that the C API answers from; every target has the same.
tercet_status *tercet_artifact::describe() {
  const Target *target = manifest->targets()->Get(0);
  for (size_t e = 0; e < sizeOf(target->programs()); ++e) {
    const Program *p = target->programs()->Get(e);
    Array<int64_t> dims, values;
    Array<ExprFacts> facts;
    if (!dims.resize(sizeOf(p->dims())) || !values.resize(sizeOf(p->exprs())) ||
        !facts.resize(values.size()))
      return outOfMemory();
    for (size_t i = 0; i < dims.size(); ++i)
      dims[i] = p->dims()->Get(i)->bound();
    size_t bad;
    if (!evaluateExprs(p->exprs(), dims.data(), values.data()) ||
        analyzeExprs(p->exprs(), dims.data(), facts.data(), &bad))
      return fail(TERCET_INTERNAL, "a verified expression overflows");
    EntryInfo entry = {p->name()->c_str(), tensors.size(), sizeOf(p->inputs()),
                       0, sizeOf(p->outputs())};
    entry.firstOutput = entry.firstInput + entry.inputCount;
    for (size_t i = 0; i < entry.inputCount + entry.outputCount; ++i) {
      const Tensor *t = i < entry.inputCount
                            ? p->inputs()->Get(i)
                            : p->outputs()->Get(i - entry.inputCount);
      if (!tensors.push({t->name()->c_str(), t->dtype(),
                         static_cast<int32_t>(sizeOf(t->axes())),
                         bounds.size()}))
        return outOfMemory();
      for (size_t j = 0; j < sizeOf(t->axes()); ++j)
        if (!bounds.push(values[t->axes()->Get(j)]) ||
            !dynamic.push(!facts[t->axes()->Get(j)].constant))
          return outOfMemory();
    }
    if (!entries.push(entry))
      return outOfMemory();
  }
  return nullptr;
}

/// Options with what a caller of an older version does not know left out.
static Status readOptions(const tercet_open_options *given,
                          tercet_open_options &options) {
  options = {};
  if (!given)
    return nullptr;
  if (given->size != sizeof options &&
      given->size != offsetof(tercet_open_options, weight_file))
    return fail(TERCET_INVALID_ARGUMENT,
                "tercet_open_options.size is %u, not %zu", given->size,
                sizeof options);
  memcpy(&options, given, given->size);
  return nullptr;
}

/// Prefixes a status with the file it is about.
static Status about(const char *path, Status status) {
  if (!status)
    return nullptr;
  Status named = fail(tercet_status_code(status), "%s: %s", path,
                      tercet_status_message(status));
  tercet_status_free(status);
  return named;
}

/// Opens the weight file of an artifact that has one. `path` is the artifact's
/// or null.
static Status openWeights(tercet_artifact &a, const char *path,
                          const tercet_open_options &options) {
  int64_t external = findExternalSegment(*a.manifest);
  if (external < 0)
    return options.weight_file && *options.weight_file
               ? fail(TERCET_INVALID_ARGUMENT,
                      "a weight file is given (%s) and the artifact holds its "
                      "weights itself",
                      options.weight_file)
               : nullptr;
  if (options.weight_file && !*options.weight_file)
    return nullptr;
  const char *name = a.manifest->external()->name()->c_str();
  if (!isEncoded(*a.manifest->segments()->Get(static_cast<uint32_t>(external))))
    return fail(TERCET_INVALID_ARGUMENT,
                "its weights are not encoded yet: run tercet-encode on it, "
                "which writes %s",
                name);
  Array<char> beside;
  const char *file = options.weight_file;
  if (!file && !path)
    return fail(TERCET_INVALID_ARGUMENT,
                "its weights are in the file %s, and an artifact in memory has "
                "no folder to look for it in: give "
                "tercet_open_options.weight_file",
                name);
  if (!file) {
    TERCET_TRY(placeWeightFile(*a.manifest, path, beside));
    file = beside.data();
  }
  if (Status status = a.weightFile.open(file)) {
    Status named = fail(
        tercet_status_code(status), "its weight file %s: %s%s", file,
        tercet_status_message(status),
        options.weight_file
            ? ""
            : "; put it there, or give its path where the artifact is opened");
    tercet_status_free(status);
    return named;
  }
  TERCET_TRY(about(file, checkWeightFile(*a.manifest, a.weightFile.data,
                                         a.weightFile.size)));
  a.weights = a.weightFile.data;
  a.weightsSize = a.weightFile.size;
  return nullptr;
}

static Status finishOpen(Owner<tercet_artifact> &a, const char *path,
                         const tercet_open_options &options,
                         tercet_artifact **out) {
  TERCET_TRY(a->check(!options.skip_data_digests, /*weightDigests=*/false));
  TERCET_TRY(openWeights(*a, path, options));
  TERCET_TRY(a->describe());
  *out = a.release();
  return nullptr;
}

extern "C" {

tercet_status *tercet_artifact_open(const char *path,
                                    const tercet_open_options *given,
                                    tercet_artifact **out) {
  if (!path || !out)
    return fail(TERCET_INVALID_ARGUMENT,
                "tercet_artifact_open needs a path and a place for the result");
  *out = nullptr;
  tercet_open_options options;
  TERCET_TRY(readOptions(given, options));
  Owner<tercet_artifact> a(create<tercet_artifact>());
  if (!a)
    return outOfMemory();
  TERCET_TRY(about(path, a->file.open(path)));
  a->data = a->file.data;
  a->size = a->file.size;
  return about(path, finishOpen(a, path, options, out));
}

tercet_status *tercet_artifact_open_memory(const void *data, size_t size,
                                           const tercet_open_options *given,
                                           tercet_artifact **out) {
  if (!data || !out)
    return fail(
        TERCET_INVALID_ARGUMENT,
        "tercet_artifact_open_memory needs memory and a place for the result");
  *out = nullptr;
  tercet_open_options options;
  TERCET_TRY(readOptions(given, options));
  Owner<tercet_artifact> a(create<tercet_artifact>());
  if (!a)
    return outOfMemory();
  a->data = static_cast<const uint8_t *>(data);
  a->size = size;
  return finishOpen(a, nullptr, options, out);
}

tercet_status *tercet_artifact_verify(const tercet_artifact *a) {
  if (!a)
    return fail(TERCET_INVALID_ARGUMENT,
                "tercet_artifact_verify needs an artifact");
  tercet_artifact copy;
  copy.data = a->data;
  copy.size = a->size;
  copy.weights = a->weights;
  copy.weightsSize = a->weightsSize;
  return copy.check(/*weightSegments=*/true, /*weightDigests=*/true);
}

void tercet_artifact_close(tercet_artifact *a) { destroy(a); }

size_t tercet_artifact_entry_count(const tercet_artifact *a) {
  return a->entries.size();
}
const char *tercet_artifact_entry_name(const tercet_artifact *a, size_t entry) {
  return entry < a->entries.size() ? a->entries[entry].name : nullptr;
}
size_t tercet_artifact_input_count(const tercet_artifact *a, size_t entry) {
  return entry < a->entries.size() ? a->entries[entry].inputCount : 0;
}
size_t tercet_artifact_output_count(const tercet_artifact *a, size_t entry) {
  return entry < a->entries.size() ? a->entries[entry].outputCount : 0;
}

static void describeTensor(const tercet_artifact *a, size_t number,
                           tercet_tensor_info *out) {
  const TensorInfo &t = a->tensors[number];
  *out = {t.name, toDLPack(t.dtype), t.ndim, a->bounds.data() + t.firstAxis,
          a->dynamic.data() + t.firstAxis};
}
void tercet_artifact_input(const tercet_artifact *a, size_t entry, size_t i,
                           tercet_tensor_info *out) {
  *out = {};
  if (i < tercet_artifact_input_count(a, entry))
    describeTensor(a, a->entries[entry].firstInput + i, out);
}
void tercet_artifact_output(const tercet_artifact *a, size_t entry, size_t i,
                            tercet_tensor_info *out) {
  *out = {};
  if (i < tercet_artifact_output_count(a, entry))
    describeTensor(a, a->entries[entry].firstOutput + i, out);
}

int tercet_artifact_input_values(const tercet_artifact *a, size_t entry,
                                 size_t i, int64_t *low, int64_t *high) {
  int64_t first = 0, end = 0;
  int kind = 0;
  if (i < tercet_artifact_input_count(a, entry)) {
    // Every target has the same.
    const Program *p = a->manifest->targets()->Get(0)->programs()->Get(entry);
    const Tensor *t = p->inputs()->Get(i);
    if (t->dim() >= 0) {
      kind = 2;
      end = p->dims()->Get(t->dim())->bound() + 1;
    } else if (const ValueRange *range = t->range()) {
      kind = 1;
      first = range->low();
      end = range->high();
    }
  }
  if (low)
    *low = first;
  if (high)
    *high = end;
  return kind;
}

size_t tercet_artifact_target_count(const tercet_artifact *a) {
  return sizeOf(a->manifest->targets());
}
const char *tercet_artifact_target_name(const tercet_artifact *a,
                                        size_t target) {
  return target < sizeOf(a->manifest->targets())
             ? a->manifest->targets()->Get(target)->name()->c_str()
             : nullptr;
}
size_t tercet_artifact_weight_count(const tercet_artifact *a) {
  return sizeOf(a->manifest->weights());
}
void tercet_artifact_weight(const tercet_artifact *a, size_t weight,
                            tercet_weight_info *out) {
  *out = {};
  if (weight >= sizeOf(a->manifest->weights()))
    return;
  const Weight *w = a->manifest->weights()->Get(weight);
  out->name = textOf(w->name());
  out->key = textOf(w->key());
  out->code = textOf(w->code());
  out->dtype = toDLPack(w->dtype());
  out->ndim = static_cast<int32_t>(sizeOf(w->shape()));
  out->shape = w->shape() ? w->shape()->data() : nullptr;
  out->bytes = w->data() ? w->data()->length() : 0;
  out->rebindable = w->rebindable();
}
size_t tercet_artifact_state_count(const tercet_artifact *a) {
  return sizeOf(a->manifest->states());
}
void tercet_artifact_state(const tercet_artifact *a, size_t state,
                           tercet_state_info *out) {
  *out = {};
  if (state >= sizeOf(a->manifest->states()))
    return;
  const State *s = a->manifest->states()->Get(state);
  out->name = textOf(s->name());
  out->dtype = toDLPack(s->dtype());
  out->ndim = static_cast<int32_t>(sizeOf(s->shape()));
  out->shape = s->shape() ? s->shape()->data() : nullptr;
  out->bytes = s->bytes();
}
const char *tercet_artifact_producer(const tercet_artifact *a) {
  return textOf(a->manifest->producer());
}
const void *tercet_artifact_manifest(const tercet_artifact *a, size_t *size) {
  if (size)
    *size = a->manifestSize;
  return a->manifestBytes;
}
const void *tercet_artifact_segment(const tercet_artifact *a, size_t segment,
                                    size_t *size) {
  if (segment >= sizeOf(a->manifest->segments()))
    return nullptr;
  const Segment *s = a->manifest->segments()->Get(segment);
  if (size)
    *size = s->length();
  return a->segment(segment);
}

} // extern "C"
