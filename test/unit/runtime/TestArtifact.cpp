//===- TestArtifact.cpp ---------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestArtifact.h"
#include "runtime/core/Sha256.h"
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <unistd.h>

namespace tercet::test {
using namespace schema;

AlignedBytes::AlignedBytes(size_t size) : length(size) {
  // posix_memalign keeps the exact size, unlike aligned_alloc's multiple.
  void *p = nullptr;
  if (posix_memalign(&p, 64, size ? size : 1) != 0)
    abort();
  memset(p, 0, size);
  bytes.reset(static_cast<uint8_t *>(p));
}
AlignedBytes::AlignedBytes(const void *data, size_t size) : AlignedBytes(size) {
  if (size)
    memcpy(bytes.get(), data, size);
}

namespace {

/// Expressions of a program, added as they are needed.
struct Exprs {
  std::vector<ExprNode> &nodes;
  uint32_t add(ExprOp op, int64_t a, int64_t b = 0) {
    nodes.emplace_back(op, a, b);
    return static_cast<uint32_t>(nodes.size() - 1);
  }
  uint32_t constant(int64_t v) { return add(ExprOp::constant, v); }
};

std::unique_ptr<TensorT> tensorOf(const char *name, DType dtype,
                                  std::vector<uint32_t> axes) {
  auto t = std::make_unique<TensorT>();
  t->name = name;
  t->dtype = dtype;
  t->axes = std::move(axes);
  return t;
}

std::unique_ptr<BufferT> bufferOf(BufferKind kind, uint32_t index,
                                  uint32_t offset, uint32_t bytes) {
  auto b = std::make_unique<BufferT>();
  b->kind = kind;
  b->index = index;
  b->offset = offset;
  b->bytes = bytes;
  return b;
}

std::unique_ptr<CommandT> command(CommandKind kind,
                                  std::vector<uint32_t> buffers = {},
                                  uint32_t bytes = 0) {
  auto c = std::make_unique<CommandT>();
  c->kind = kind;
  c->buffers = std::move(buffers);
  c->bytes = bytes;
  return c;
}

std::unique_ptr<CommandT> dispatch(uint32_t kernel, uint32_t grid,
                                   std::vector<uint32_t> buffers,
                                   std::vector<Access> access,
                                   std::vector<uint32_t> constants = {}) {
  auto c = command(CommandKind::dispatch, std::move(buffers));
  c->kernel = kernel;
  c->grid = grid;
  for (Access a : access)
    c->access.push_back(a);
  c->constants = std::move(constants);
  return c;
}

std::unique_ptr<KernelT> kernel(const char *name, uint32_t buffers,
                                uint32_t constants, uint32_t scratch = 0) {
  auto k = std::make_unique<KernelT>();
  k->name = name;
  k->buffers = buffers;
  k->constants = constants;
  k->workgroup_size = 1;
  k->scratch_bytes = scratch;
  k->op = name;
  // A row of 8 floats read and written, for each value of the first constant.
  if (constants) {
    Exprs e{k->exprs};
    k->bytes = e.add(ExprOp::mul, e.add(ExprOp::dim, 0), e.constant(64));
    k->ops = e.add(ExprOp::mul, 0, 0);
  }
  return k;
}

std::unique_ptr<DimT> rows() {
  auto d = std::make_unique<DimT>();
  d->name = "M";
  d->bound = 64;
  return d;
}

std::unique_ptr<ProgramT> affineProgram() {
  auto p = std::make_unique<ProgramT>();
  p->name = "affine";
  p->dims.push_back(rows());
  Exprs e{p->exprs};
  uint32_t zero = e.constant(0), m = e.add(ExprOp::dim, 0),
           eight = e.constant(8), row = e.constant(32);
  uint32_t bytes = e.add(ExprOp::mul, m, row);
  p->arena_bytes = e.constant(64 * 32 + 64);
  uint32_t place = e.constant(64);
  p->inputs.push_back(tensorOf("x", DType::f32, {m, eight}));
  p->outputs.push_back(tensorOf("y", DType::f32, {m, eight}));
  p->buffers.push_back(bufferOf(BufferKind::input, 0, zero, bytes));
  p->buffers.push_back(bufferOf(BufferKind::weight, 0, zero, row));
  p->buffers.push_back(bufferOf(BufferKind::arena, 0, place, bytes));
  p->buffers.push_back(bufferOf(BufferKind::output, 0, zero, bytes));
  p->commands.push_back(
      dispatch(0, m, {0, 1, 2}, {Access::read, Access::read, Access::write}));
  p->commands.push_back(command(CommandKind::barrier));
  p->commands.push_back(
      dispatch(0, m, {2, 1, 3}, {Access::read, Access::read, Access::write}));
  return p;
}

std::unique_ptr<ProgramT> columnsProgram() {
  auto p = std::make_unique<ProgramT>();
  p->name = "columns";
  p->dims.push_back(rows());
  Exprs e{p->exprs};
  uint32_t zero = e.constant(0), m = e.add(ExprOp::dim, 0),
           eight = e.constant(8), two = e.constant(2);
  uint32_t bytes = e.add(ExprOp::mul, m, e.constant(32)),
           pairs = e.add(ExprOp::mul, m, eight), three = e.constant(3);
  p->arena_bytes = zero;
  p->inputs.push_back(tensorOf("x", DType::f32, {m, eight}));
  p->inputs.push_back(tensorOf("z", DType::f32, {m, two}));
  p->outputs.push_back(tensorOf("sums", DType::f32, {m, eight}));
  p->outputs.push_back(tensorOf("copy", DType::f32, {m, eight}));
  p->outputs.push_back(tensorOf("fill", DType::u8, {three}));
  p->buffers.push_back(bufferOf(BufferKind::input, 0, zero, bytes));
  p->buffers.push_back(bufferOf(BufferKind::input, 1, zero, pairs));
  p->buffers.push_back(bufferOf(BufferKind::output, 0, zero, bytes));
  p->buffers.push_back(bufferOf(BufferKind::output, 1, zero, bytes));
  p->buffers.push_back(bufferOf(BufferKind::output, 2, zero, three));
  p->commands.push_back(
      dispatch(1, m, {0, 2}, {Access::read, Access::write}, {m}));
  p->commands.push_back(command(CommandKind::copy, {0, 3}, bytes));
  p->commands.push_back(command(CommandKind::fill, {4}, three));
  p->commands.back()->value = 7;
  return p;
}

std::unique_ptr<ProgramT> stepProgram() {
  auto p = std::make_unique<ProgramT>();
  p->name = "step";
  Exprs e{p->exprs};
  uint32_t zero = e.constant(0), four = e.constant(4), bytes = e.constant(16),
           one = e.constant(1);
  p->arena_bytes = zero;
  p->inputs.push_back(tensorOf("v", DType::i32, {four}));
  p->outputs.push_back(tensorOf("total", DType::i32, {four}));
  p->buffers.push_back(bufferOf(BufferKind::input, 0, zero, bytes));
  p->buffers.push_back(bufferOf(BufferKind::state, 0, zero, bytes));
  p->buffers.push_back(bufferOf(BufferKind::output, 0, zero, bytes));
  p->commands.push_back(
      dispatch(2, one, {0, 1}, {Access::read, Access::read_write}));
  p->commands.push_back(command(CommandKind::barrier));
  p->commands.push_back(command(CommandKind::copy, {1, 2}, bytes));
  return p;
}

template <typename T>
std::vector<uint8_t> bytesOf(const std::vector<T> &values) {
  std::vector<uint8_t> bytes(values.size() * sizeof(T));
  memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

} // namespace

Source makeSource() {
  Source s;
  ManifestT &m = s.manifest;
  m.producer = "tercet test";
  std::ifstream file(TERCET_TEST_KERNELS, std::ios::binary);
  s.segments.emplace_back(std::istreambuf_iterator<char>(file),
                          std::istreambuf_iterator<char>());
  s.segments.push_back(bytesOf<float>({0.5f, 1, 1.5f, 2, 2.5f, 3, 3.5f, 4}));
  s.segments.push_back(bytesOf<int32_t>({10, 20, 30, 40}));
  for (const char *name : {"code", "weights", "states"}) {
    auto segment = std::make_unique<SegmentT>();
    segment->name = name;
    m.segments.push_back(std::move(segment));
  }
  auto w = std::make_unique<WeightT>();
  w->name = "w";
  w->dtype = DType::f32;
  w->shape = {8};
  w->rebindable = true;
  w->data = std::make_unique<Range>(1, 0, 32);
  m.weights.push_back(std::move(w));
  auto total = std::make_unique<StateT>();
  total->name = "total";
  total->dtype = DType::i32;
  total->shape = {4};
  total->bytes = 16;
  total->has_init = true;
  total->init = std::make_unique<Range>(2, 0, 16);
  m.states.push_back(std::move(total));
  auto t = std::make_unique<TargetT>();
  t->name = "cpu:test";
  t->device = "cpu";
#if defined(__x86_64__)
  t->triple = "x86_64-unknown-linux-gnu";
#elif defined(__aarch64__)
  t->triple = "aarch64-unknown-linux-gnu";
#else
  t->triple = "riscv64-unknown-linux-gnu";
#endif
  auto blob = std::make_unique<BlobT>();
  blob->data = std::make_unique<Range>(0, 0, s.segments[0].size());
  t->blobs.push_back(std::move(blob));
  t->kernels.push_back(kernel("affine", 3, 0));
  t->kernels.push_back(kernel("columns", 2, 1, 32));
  t->kernels.push_back(kernel("accumulate", 2, 0));
  t->programs.push_back(affineProgram());
  t->programs.push_back(columnsProgram());
  t->programs.push_back(stepProgram());
  m.targets.push_back(std::move(t));
  return s;
}

Source makeGpuSource(const std::string &device, const std::string &chip,
                     BlobFormat format) {
  Source s = makeSource();
  std::string code = "FAKE code";
  s.segments[0].assign(code.begin(), code.end());
  TargetT &t = s.target();
  t.name = device + ":" + chip;
  t.device = device;
  t.chip = chip;
  t.blobs[0]->format = format;
  t.blobs[0]->chip = format == BlobFormat::ptx ? "" : chip;
  t.blobs[0]->data.reset(new Range(0, 0, code.size()));
  for (auto &k : t.kernels)
    k->workgroup_size = 32;
  return s;
}

AlignedBytes write(Source &s) {
  auto pack = [&] {
    flatbuffers::FlatBufferBuilder builder;
    builder.ForceDefaults(true); // so that the size does not depend on offsets
    FinishManifestBuffer(builder, CreateManifest(builder, &s.manifest));
    return std::vector<uint8_t>(builder.GetBufferPointer(),
                                builder.GetBufferPointer() + builder.GetSize());
  };
  for (size_t i = 0; i < s.segments.size(); ++i) {
    s.manifest.segments[i]->digest.assign(32, 0);
    runtime::sha256(s.segments[i].data(), s.segments[i].size(),
                    s.manifest.segments[i]->digest.data());
  }
  size_t end = sizeof(Header) + pack().size();
  for (size_t i = 0; i < s.segments.size(); ++i) {
    s.manifest.segments[i]->length = s.segments[i].size();
    if (s.manifest.segments[i]->external)
      continue; // its offset is what the test says
    end = (end + 63) / 64 * 64;
    s.manifest.segments[i]->offset = end;
    end += s.segments[i].size();
  }
  std::vector<uint8_t> manifest = pack();
  AlignedBytes file((end + 63) / 64 * 64);
  Header h = {};
  memcpy(h.magic, kMagic, sizeof h.magic);
  h.major = kFormatMajor;
  h.minor = kFormatMinor;
  h.fileLength = file.size();
  h.manifestOffset = sizeof h;
  h.manifestLength = manifest.size();
  strcpy(h.producer, "tercet test");
  runtime::sha256(manifest.data(), manifest.size(), h.manifestDigest);
  runtime::sha256(&h, offsetof(Header, headerDigest), h.headerDigest);
  memcpy(file.data(), &h, sizeof h);
  memcpy(file.data() + sizeof h, manifest.data(), manifest.size());
  for (size_t i = 0; i < s.segments.size(); ++i)
    if (!s.manifest.segments[i]->external)
      memcpy(file.data() + s.manifest.segments[i]->offset, s.segments[i].data(),
             s.segments[i].size());
  return file;
}

namespace {
/// Removes the files of writeTemporary when the tests are done.
struct Cleaner {
  std::set<std::string> paths;
  ~Cleaner() {
    for (const std::string &path : paths)
      unlink(path.c_str());
  }
};
} // namespace

std::string writeTemporary(const std::string &name, const void *data,
                           size_t size) {
  const char *folder = getenv("TMPDIR");
  std::string path = std::string(folder ? folder : "/tmp") + "/tercet_" +
                     std::to_string(getpid()) + "_" + name;
  static Cleaner cleaner;
  cleaner.paths.insert(path);
  std::ofstream file(path, std::ios::binary);
  file.write(static_cast<const char *>(data),
             static_cast<std::streamsize>(size));
  return path;
}

Outcome outcome(tercet_status *status) {
  Outcome o = {tercet_status_code(status), tercet_status_message(status)};
  tercet_status_free(status);
  return o;
}

} // namespace tercet::test
