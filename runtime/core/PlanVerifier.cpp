//===- PlanVerifier.cpp ---------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The manifest's tables. Programs are in ProgramVerifier.cpp.
//
//===----------------------------------------------------------------------===//
#include "runtime/core/PlanVerifier.h"
#include "runtime/schema/Header.h"
#include "runtime/schema/WeightFile.h"

namespace tercet::runtime {
using namespace schema;

uint32_t elementBytes(DType type) {
  switch (type) {
  case DType::i8:
  case DType::u8:
  case DType::i1:
    return 1;
  case DType::i16:
  case DType::f16:
  case DType::bf16:
    return 2;
  case DType::i32:
  case DType::f32:
    return 4;
  case DType::i64:
  case DType::f64:
    return 8;
  default:
    return 0;
  }
}

const char *typeName(DType type) {
  switch (type) {
  case DType::i8:
    return "i8";
  case DType::u8:
    return "u8";
  case DType::i16:
    return "i16";
  case DType::i32:
    return "i32";
  case DType::i64:
    return "i64";
  case DType::f16:
    return "f16";
  case DType::bf16:
    return "bf16";
  case DType::f32:
    return "f32";
  case DType::f64:
    return "f64";
  case DType::i1:
    return "i1";
  default:
    return "invalid";
  }
}

static Status checkRange(const Manifest &m, const Range *range,
                         const char *what, const char *name) {
  if (!range)
    return fail(TERCET_DAMAGED, "%s \"%s\" has no data", what, name);
  if (range->segment() >= sizeOf(m.segments()))
    return fail(TERCET_DAMAGED, "%s \"%s\" is in segment %u of %zu", what, name,
                range->segment(), sizeOf(m.segments()));
  uint64_t length = m.segments()->Get(range->segment())->length();
  if (range->offset() > length || range->length() > length - range->offset())
    return fail(
        TERCET_DAMAGED,
        "%s \"%s\" does not fit in its segment: bytes %llu + %llu of %llu",
        what, name, (unsigned long long)range->offset(),
        (unsigned long long)range->length(), (unsigned long long)length);
  return nullptr;
}

/// The bytes of a dense tensor, or what is wrong with its shape.
static Status denseBytes(const flatbuffers::Vector<int64_t> *shape, DType type,
                         const char *what, const char *name, uint64_t *bytes) {
  if (elementBytes(type) == 0)
    return fail(TERCET_DAMAGED, "%s \"%s\" has an unknown element type", what,
                name);
  if (sizeOf(shape) > kMaxRank)
    return fail(TERCET_DAMAGED,
                "%s \"%s\" has %zu axes, at most %d are allowed", what, name,
                sizeOf(shape), kMaxRank);
  int64_t total = elementBytes(type);
  for (size_t i = 0; i < sizeOf(shape); ++i)
    if (shape->Get(i) < 0 ||
        __builtin_mul_overflow(total, shape->Get(i), &total))
      return fail(TERCET_DAMAGED, "%s \"%s\" has an impossible shape", what,
                  name);
  *bytes = static_cast<uint64_t>(total);
  return nullptr;
}

/// Present, not empty, and not seen before.
static Status checkName(const flatbuffers::String *name, NameSet &seen,
                        const char *what, size_t number) {
  if (!name || name->size() == 0)
    return fail(TERCET_DAMAGED, "%s %zu has no name", what, number);
  if (strlen(name->c_str()) != name->size())
    return fail(TERCET_DAMAGED, "the name of %s %zu holds a zero byte", what,
                number);
  if (!seen.insert(name->c_str()))
    return fail(TERCET_DAMAGED,
                "two are called \"%s\": %s %zu has a name that is taken",
                name->c_str(), what, number);
  return nullptr;
}

/// The one segment that is the weight file's.
static Status verifyExternal(const Manifest &m, const Segment &s, size_t number,
                             bool isSecond) {
  const External *external = m.external();
  if (isSecond || !external || s.offset() != kWeightData ||
      s.length() > INT64_MAX - kWeightData || sizeOf(s.digest()) != 32)
    return fail(TERCET_DAMAGED,
                "segment %zu (%s) is not what an external one can be", number,
                textOf(s.name()));
  // A name is no path: it cannot lead out of the artifact's folder.
  const char *name = textOf(external->name());
  if (!*name || strlen(name) != external->name()->size() ||
      strchr(name, '/') || equal(name, ".") || equal(name, "..") ||
      sizeOf(external->layout()) != 32)
    return fail(TERCET_DAMAGED,
                "the weight file's entry in the manifest is damaged");
  return nullptr;
}

static Status verifySegments(const Manifest &m, uint64_t begin,
                             uint64_t fileLength) {
  bool external = false;
  for (size_t i = 0; i < sizeOf(m.segments()); ++i) {
    const Segment *s = m.segments()->Get(i);
    if (s->external()) {
      TERCET_TRY(verifyExternal(m, *s, i, external));
      external = true;
      continue;
    }
    if (s->offset() % kAlignment)
      return fail(
          TERCET_DAMAGED,
          "segment %zu (%s) starts at %llu, which is not a multiple of %llu", i,
          textOf(s->name()), (unsigned long long)s->offset(),
          (unsigned long long)kAlignment);
    if (s->offset() < begin)
      return fail(TERCET_DAMAGED,
                  "segment %zu (%s) overlaps what comes before it", i,
                  textOf(s->name()));
    if (s->offset() > fileLength || s->length() > fileLength - s->offset())
      return fail(
          TERCET_DAMAGED,
          "segment %zu (%s) ends at %llu + %llu, after the file's %llu bytes",
          i, textOf(s->name()), (unsigned long long)s->offset(),
          (unsigned long long)s->length(), (unsigned long long)fileLength);
    if (sizeOf(s->digest()) != 32)
      return fail(TERCET_DAMAGED, "segment %zu (%s) has no SHA-256", i,
                  textOf(s->name()));
    begin = s->offset() + s->length();
  }
  return nullptr;
}

static Status verifyWeights(const Manifest &m) {
  NameSet names;
  if (!names.reserve(sizeOf(m.weights())))
    return outOfMemory();
  for (size_t i = 0; i < sizeOf(m.weights()); ++i) {
    const Weight *w = m.weights()->Get(i);
    TERCET_TRY(checkName(w->name(), names, "weight", i));
    const char *name = w->name()->c_str();
    TERCET_TRY(checkRange(m, w->data(), "weight", name));
    if (w->dtype() > DType::MAX)
      return fail(TERCET_DAMAGED, "weight \"%s\" has an unknown element type",
                  name);
    if (*textOf(w->code()) == 0) {
      uint64_t bytes;
      TERCET_TRY(denseBytes(w->shape(), w->dtype(), "weight", name, &bytes));
      if (bytes != w->data()->length())
        return fail(TERCET_DAMAGED,
                    "weight \"%s\" holds %llu bytes where its shape needs %llu",
                    name, (unsigned long long)w->data()->length(),
                    (unsigned long long)bytes);
    } else if (w->rows() < 0 || w->k() < 0) {
      return fail(TERCET_DAMAGED, "weight \"%s\" has a negative size", name);
    }
    if (sizeOf(w->digest()) != 0 && sizeOf(w->digest()) != 32)
      return fail(TERCET_DAMAGED,
                  "weight \"%s\" has a digest of %zu bytes, not 32", name,
                  sizeOf(w->digest()));
  }
  return nullptr;
}

static Status verifyStates(const Manifest &m) {
  NameSet names;
  if (!names.reserve(sizeOf(m.states())))
    return outOfMemory();
  for (size_t i = 0; i < sizeOf(m.states()); ++i) {
    const State *s = m.states()->Get(i);
    TERCET_TRY(checkName(s->name(), names, "state", i));
    uint64_t bytes;
    TERCET_TRY(denseBytes(s->shape(), s->dtype(), "state", s->name()->c_str(),
                          &bytes));
    if (bytes != s->bytes())
      return fail(TERCET_DAMAGED,
                  "state \"%s\" has %llu bytes where its shape needs %llu",
                  s->name()->c_str(), (unsigned long long)s->bytes(),
                  (unsigned long long)bytes);
    if (!s->has_init())
      continue;
    TERCET_TRY(
        checkRange(m, s->init(), "the start of state", s->name()->c_str()));
    if (s->init()->length() != bytes)
      return fail(TERCET_DAMAGED,
                  "state \"%s\" starts from %llu bytes, not %llu",
                  s->name()->c_str(), (unsigned long long)s->init()->length(),
                  (unsigned long long)bytes);
  }
  return nullptr;
}

static Status verifyKernels(const Target &t) {
  NameSet names;
  if (!names.reserve(sizeOf(t.kernels())))
    return outOfMemory();
  for (size_t i = 0; i < sizeOf(t.kernels()); ++i) {
    const Kernel *k = t.kernels()->Get(i);
    TERCET_TRY(checkName(k->name(), names, "kernel", i));
    const char *name = k->name()->c_str();
    if (k->buffers() > kMaxKernelBuffers ||
        k->constants() > kMaxKernelConstants ||
        k->buffers() + k->constants() > kMaxKernelArguments)
      return fail(
          TERCET_DAMAGED,
          "kernel \"%s\" takes %u buffers and %u constants, too many to launch",
          name, k->buffers(), k->constants());
    if (k->workgroup_size() < 1 || k->workgroup_size() > 1024)
      return fail(TERCET_DAMAGED,
                  "kernel \"%s\" has a workgroup of %u threads, not 1 to 1024",
                  name, k->workgroup_size());
    if (k->scratch_bytes() > (1u << 30))
      return fail(
          TERCET_DAMAGED,
          "kernel \"%s\" wants %u bytes of scratch memory, more than 1 GiB",
          name, k->scratch_bytes());
    size_t bad;
    if (const char *what = checkExprs(k->exprs(), k->constants(), &bad))
      return fail(TERCET_DAMAGED, "kernel \"%s\": expression %zu %s", name, bad,
                  what);
    size_t exprs = sizeOf(k->exprs());
    if (exprs && (k->bytes() >= exprs || k->ops() >= exprs))
      return fail(
          TERCET_DAMAGED,
          "kernel \"%s\": its costs name an expression that does not exist",
          name);
  }
  return nullptr;
}

static Status verifyTarget(const Manifest &m, const Target &t) {
  const char *name = t.name()->c_str();
  if (sizeOf(t.device()) == 0)
    return fail(TERCET_DAMAGED, "target \"%s\" names no device", name);
  for (size_t i = 0; i < sizeOf(t.blobs()); ++i) {
    const Blob *b = t.blobs()->Get(i);
    TERCET_TRY(checkRange(m, b->data(), "code of target", name));
    if (b->format() > BlobFormat::MAX)
      return fail(TERCET_DAMAGED,
                  "target \"%s\": blob %zu is of an unknown format", name, i);
  }
  TERCET_TRY(verifyKernels(t));
  NameSet names;
  if (!names.reserve(sizeOf(t.programs())))
    return outOfMemory();
  for (size_t i = 0; i < sizeOf(t.programs()); ++i) {
    const Program *p = t.programs()->Get(i);
    TERCET_TRY(checkName(p->name(), names, "program", i));
    TERCET_TRY(verifyProgram(m, t, *p));
  }
  return nullptr;
}

/// The signature is the model's, so it may not depend on the target.
static bool
sameTensors(const Program &a, const Program &b,
            const flatbuffers::Vector<flatbuffers::Offset<Tensor>> *x,
            const flatbuffers::Vector<flatbuffers::Offset<Tensor>> *y,
            const int64_t *valuesA, const int64_t *valuesB) {
  if (sizeOf(x) != sizeOf(y))
    return false;
  for (size_t i = 0; i < sizeOf(x); ++i) {
    const Tensor *s = x->Get(i), *t = y->Get(i);
    if (!equal(textOf(s->name()), textOf(t->name())) ||
        s->dtype() != t->dtype() || sizeOf(s->axes()) != sizeOf(t->axes()))
      return false;
    // A value that one target takes, another takes too.
    const ValueRange *r = s->range(), *q = t->range();
    if ((s->dim() < 0) != (t->dim() < 0) || !r != !q ||
        (r && (r->low() != q->low() || r->high() != q->high())) ||
        (s->dim() >= 0 &&
         a.dims()->Get(s->dim())->bound() != b.dims()->Get(t->dim())->bound()))
      return false;
    for (size_t j = 0; j < sizeOf(s->axes()); ++j)
      if (valuesA[s->axes()->Get(j)] != valuesB[t->axes()->Get(j)])
        return false;
  }
  return true;
}

static Status boundValues(const Program &p, Array<int64_t> &values) {
  Array<int64_t> dims;
  if (!dims.resize(sizeOf(p.dims())) || !values.resize(sizeOf(p.exprs())))
    return outOfMemory();
  for (size_t i = 0; i < dims.size(); ++i)
    dims[i] = p.dims()->Get(i)->bound();
  if (!evaluateExprs(p.exprs(), dims.data(), values.data()))
    return fail(TERCET_DAMAGED,
                "program \"%s\": an expression overflows at the bounds",
                p.name()->c_str());
  return nullptr;
}

static Status verifySameSignatures(const Manifest &m) {
  const Target *first = m.targets()->Get(0);
  for (size_t i = 1; i < sizeOf(m.targets()); ++i) {
    const Target *t = m.targets()->Get(i);
    if (sizeOf(t->programs()) != sizeOf(first->programs()))
      return fail(TERCET_DAMAGED,
                  "targets \"%s\" and \"%s\" have different entry points",
                  first->name()->c_str(), t->name()->c_str());
    for (size_t j = 0; j < sizeOf(t->programs()); ++j) {
      const Program *a = first->programs()->Get(j), *b = t->programs()->Get(j);
      Array<int64_t> valuesA, valuesB;
      TERCET_TRY(boundValues(*a, valuesA));
      TERCET_TRY(boundValues(*b, valuesB));
      if (!equal(a->name()->c_str(), b->name()->c_str()) ||
          !sameTensors(*a, *b, a->inputs(), b->inputs(), valuesA.data(),
                       valuesB.data()) ||
          !sameTensors(*a, *b, a->outputs(), b->outputs(), valuesA.data(),
                       valuesB.data()))
        return fail(TERCET_DAMAGED,
                    "entry point %zu differs between targets \"%s\" and \"%s\"",
                    j, first->name()->c_str(), t->name()->c_str());
    }
  }
  return nullptr;
}

/// Code and states are part of the artifact.
static Status verifyOnlyWeightsAreExternal(const Manifest &m) {
  auto external = [&](const Range *range) {
    return range && range->segment() < sizeOf(m.segments()) &&
           m.segments()->Get(range->segment())->external();
  };
  bool bad = false;
  for (size_t i = 0; i < sizeOf(m.states()); ++i)
    bad = bad || (m.states()->Get(i)->has_init() &&
                  external(m.states()->Get(i)->init()));
  for (size_t t = 0; t < sizeOf(m.targets()); ++t)
    for (size_t i = 0; i < sizeOf(m.targets()->Get(t)->blobs()); ++i)
      bad = bad || external(m.targets()->Get(t)->blobs()->Get(i)->data());
  return bad ? fail(TERCET_DAMAGED,
                    "code or the start of a state is in the weight file")
             : nullptr;
}

/// The FlatBuffers verifier checks where vectors lie, not that 8-byte elements
/// are aligned; reading them would be undefined, if harmless on most machines.
static bool aligned(const void *p) {
  return reinterpret_cast<uintptr_t>(p) % 8 == 0;
}
template <typename V> static bool alignedVector(const V *v) {
  return !v || v->size() == 0 || aligned(v->Data());
}

static bool everythingIsAligned(const Manifest &m) {
  bool good = true;
  for (size_t i = 0; i < sizeOf(m.weights()); ++i)
    good = good && alignedVector(m.weights()->Get(i)->shape()) &&
           aligned(m.weights()->Get(i)->data());
  for (size_t i = 0; i < sizeOf(m.states()); ++i)
    good = good && alignedVector(m.states()->Get(i)->shape()) &&
           aligned(m.states()->Get(i)->init());
  for (size_t t = 0; t < sizeOf(m.targets()); ++t) {
    const Target *target = m.targets()->Get(t);
    for (size_t i = 0; i < sizeOf(target->blobs()); ++i)
      good = good && aligned(target->blobs()->Get(i)->data());
    for (size_t i = 0; i < sizeOf(target->kernels()); ++i)
      good = good && alignedVector(target->kernels()->Get(i)->exprs());
    for (size_t i = 0; i < sizeOf(target->programs()); ++i) {
      const Program *p = target->programs()->Get(i);
      good = good && alignedVector(p->exprs());
      for (size_t j = 0; j < sizeOf(p->inputs()); ++j)
        good = good && aligned(p->inputs()->Get(j)->range());
    }
  }
  return good;
}

Status verifyManifest(const Manifest &m, uint64_t segmentsBegin,
                      uint64_t fileLength) {
  if (!everythingIsAligned(m))
    return fail(TERCET_DAMAGED,
                "the manifest is damaged: a table of it is not aligned");
  TERCET_TRY(verifySegments(m, segmentsBegin, fileLength));
  TERCET_TRY(verifyWeights(m));
  TERCET_TRY(verifyStates(m));
  TERCET_TRY(verifyOnlyWeightsAreExternal(m));
  if (sizeOf(m.targets()) == 0)
    return fail(TERCET_DAMAGED, "the artifact holds no target");
  NameSet names;
  if (!names.reserve(sizeOf(m.targets())))
    return outOfMemory();
  for (size_t i = 0; i < sizeOf(m.targets()); ++i) {
    TERCET_TRY(checkName(m.targets()->Get(i)->name(), names, "target", i));
    TERCET_TRY(verifyTarget(m, *m.targets()->Get(i)));
  }
  return verifySameSignatures(m);
}

} // namespace tercet::runtime
