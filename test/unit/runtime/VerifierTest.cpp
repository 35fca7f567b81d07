//===- VerifierTest.cpp - what a manifest may not say ---------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestArtifact.h"
#include "runtime/core/Artifact.h"
#include "runtime/schema/WeightFile.h"
#include <cstddef>
#include <cstring>
#include <functional>
#include <gtest/gtest.h>

using namespace tercet::test;
using namespace tercet::schema;
namespace runtime = tercet::runtime;

namespace {

/// The error of opening the standard artifact after a change.
std::string after(const std::function<void(Source &)> &change) {
  Source source = makeSource();
  change(source);
  AlignedBytes bytes = write(source);
  tercet_artifact *a = nullptr;
  Outcome o = outcome(
      tercet_artifact_open_memory(bytes.data(), bytes.size(), nullptr, &a));
  tercet_artifact_close(a);
  EXPECT_TRUE(o.code == TERCET_OK || o.code == TERCET_DAMAGED) << o.code;
  return o.message;
}

uint32_t constant(ProgramT &p, int64_t value) {
  p.exprs.emplace_back(ExprOp::constant, value, 0);
  return static_cast<uint32_t>(p.exprs.size() - 1);
}

#define EXPECT_ERROR(CHANGE, TEXT)                                             \
  {                                                                            \
    std::string message = after([](Source &s) { CHANGE; });                    \
    EXPECT_NE(message.find(TEXT), std::string::npos) << message;               \
  }

TEST(Verifier, TheStandardArtifactIsSound) {
  EXPECT_EQ(after([](Source &) {}), "ok");
}

TEST(Verifier, Tables) {
  EXPECT_ERROR(s.manifest.targets.clear(), "the artifact holds no target");
  EXPECT_ERROR(s.target().name = "", "target 0 has no name");
  EXPECT_ERROR(s.target().device = "", "target \"cpu:test\" names no device");
  EXPECT_ERROR(s.target().kernels[1]->name = "affine",
               "two are called \"affine\"");
  EXPECT_ERROR(s.program(1).name = "affine", "two are called \"affine\"");
  EXPECT_ERROR(s.manifest.weights[0]->data.reset(new Range(9, 0, 32)),
               "weight \"w\" is in segment 9 of 3");
  EXPECT_ERROR(s.manifest.weights[0]->data.reset(new Range(1, 8, 32)),
               "does not fit in its segment: bytes 8 + 32 of 32");
  EXPECT_ERROR(s.manifest.weights[0]->data.reset(new Range(1, 0, ~0ull)),
               "does not fit in its segment");
  EXPECT_ERROR(s.manifest.weights[0]->data.reset(), "weight \"w\" has no data");
  EXPECT_ERROR(s.manifest.weights[0]->shape = {9},
               "weight \"w\" holds 32 bytes where its shape needs 36");
  EXPECT_ERROR(s.manifest.weights[0]->shape =
                   (std::vector<int64_t>{1ll << 62, 1ll << 62}),
               "impossible shape");
  EXPECT_ERROR(s.manifest.weights[0]->dtype = DType(77),
               "weight \"w\" has an unknown element type");
  EXPECT_ERROR(s.manifest.weights[0]->digest = {1},
               "digest of 1 bytes, not 32");
  EXPECT_ERROR(s.manifest.states[0]->bytes = 20,
               "state \"total\" has 20 bytes where its shape needs 16");
  EXPECT_ERROR(s.manifest.states[0]->init.reset(new Range(2, 0, 8)),
               "state \"total\" starts from 8 bytes, not 16");
  EXPECT_ERROR(s.target().blobs[0]->format = BlobFormat(9),
               "blob 0 is of an unknown format");
  EXPECT_ERROR(s.target().blobs[0]->data.reset(new Range(0, 0, 1u << 30)),
               "code of target \"cpu:test\" does not fit");
  EXPECT_ERROR(s.target().kernels[0]->buffers = 1000, "too many to launch");
  EXPECT_ERROR(s.target().kernels[0]->workgroup_size = 0,
               "a workgroup of 0 threads");
  EXPECT_ERROR(s.target().kernels[0]->exprs.emplace_back(ExprOp::dim, 0, 0),
               "names a dimension that does not exist");
  EXPECT_ERROR(
      s.target().kernels[0]->exprs.emplace_back(ExprOp::constant, 0, 0);
      s.target().kernels[0]->ops = 4,
      "its costs name an expression that does not exist");
}

/// Moves the weights to a weight file.
void makeExternal(Source &s) {
  s.manifest.segments[1]->external = true;
  s.manifest.segments[1]->offset = kWeightData;
  s.manifest.external = std::make_unique<ExternalT>();
  s.manifest.external->name = "a.weights";
  s.manifest.external->layout.assign(32, 1);
}

TEST(Verifier, ExternalWeights) {
  const char *notOne = "segment 1 (weights) is not what an external one can be";
  const char *damaged = "the weight file's entry in the manifest is damaged";
  Source sound = makeSource();
  makeExternal(sound);
  AlignedBytes bytes = write(sound);
  EXPECT_EQ(
      outcome(runtime::verifyArtifact(bytes.data(), bytes.size())).message,
      "ok");
  EXPECT_ERROR(makeExternal(s); s.manifest.external.reset(), notOne);
  EXPECT_ERROR(makeExternal(s); s.manifest.segments[1]->offset = 64, notOne);
  EXPECT_ERROR(makeExternal(s); s.manifest.segments[2]->external = true;
               s.manifest.segments[2]->offset = kWeightData,
               "segment 2 (states) is not what an external one can be");
  EXPECT_ERROR(makeExternal(s); s.manifest.external->name = "", damaged);
  EXPECT_ERROR(makeExternal(s); s.manifest.external->name = "../a", damaged);
  EXPECT_ERROR(makeExternal(s); s.manifest.external->name = "..", damaged);
  EXPECT_ERROR(makeExternal(s);
               s.manifest.external->name = std::string("a\0b", 3), damaged);
  EXPECT_ERROR(makeExternal(s); s.manifest.external->layout = {1}, damaged);
  EXPECT_ERROR(makeExternal(s);
               s.manifest.states[0]->init.reset(new Range(1, 0, 16)),
               "the start of a state is in the weight file");
  EXPECT_ERROR(makeExternal(s);
               s.target().blobs[0]->data.reset(new Range(1, 0, 32)),
               "code or the start of a state is in the weight file");
}

TEST(Verifier, OpeningWithoutTheWeightFile) {
  Source source = makeSource();
  makeExternal(source);
  AlignedBytes bytes = write(source);
  tercet_artifact *a = nullptr;
  EXPECT_EQ(outcome(tercet_artifact_open_memory(bytes.data(), bytes.size(),
                                                nullptr, &a))
                .message,
            "its weights are in the file a.weights, and an artifact in memory "
            "has no folder to look for it in: give "
            "tercet_open_options.weight_file");
  tercet_open_options options = {sizeof options, 0, ""};
  ASSERT_EQ(outcome(tercet_artifact_open_memory(bytes.data(), bytes.size(),
                                                &options, &a))
                .message,
            "ok");
  EXPECT_EQ(tercet_artifact_weight_count(a), 1u);
  EXPECT_EQ(tercet_artifact_segment(a, 1, nullptr), nullptr);
  tercet_device *device = nullptr;
  ASSERT_EQ(outcome(tercet_device_open("cpu", nullptr, &device)).message, "ok");
  tercet_session *session = nullptr;
  EXPECT_EQ(
      outcome(tercet_session_create(a, device, nullptr, &session)).message,
      "the artifact was opened without its weight file a.weights");
  tercet_device_close(device);
  tercet_artifact_close(a);
  // Options of a program that was built before there was such a field.
  options = {offsetof(tercet_open_options, weight_file), 0, "nowhere"};
  source = makeSource();
  bytes = write(source);
  EXPECT_EQ(outcome(tercet_artifact_open_memory(bytes.data(), bytes.size(),
                                                &options, &a))
                .message,
            "ok");
  tercet_artifact_close(a);
}

TEST(Verifier, Expressions) {
  EXPECT_ERROR(s.program().exprs.emplace_back(ExprOp::add, 99, 0),
               "refers to a node that is not before it");
  EXPECT_ERROR(s.program().exprs.emplace_back(ExprOp::add, -1, 0),
               "refers to a node that is not before it");
  EXPECT_ERROR(s.program().exprs.emplace_back(ExprOp(9), 0, 0),
               "is of an unknown operation");
  EXPECT_ERROR(s.program().exprs.emplace_back(ExprOp::dim, 1, 0),
               "names a dimension that does not exist");
  // Nodes 0 and 1 are the constant 0 and M.
  EXPECT_ERROR(s.program().exprs.emplace_back(ExprOp::ceil_div, 1, 0),
               "divides by what may be below 1");
  EXPECT_ERROR(s.program().exprs.emplace_back(ExprOp::floor_div, 0, 1),
               "divides by what may be below 1");
  EXPECT_ERROR(uint32_t big = constant(s.program(), INT64_MAX);
               s.program().exprs.emplace_back(ExprOp::mul, 1, big),
               "overflows");
  EXPECT_ERROR(s.program().dims[0]->bound = -1, "has a negative bound");
  EXPECT_ERROR(s.program().dims.push_back(std::make_unique<DimT>());
               s.program().dims[1]->name = "K",
               "dimension \"K\" is the size of no input axis");
}

TEST(Verifier, Tensors) {
  EXPECT_ERROR(s.program().inputs[0]->name = "",
               "input 0 has no name of its own");
  EXPECT_ERROR(s.program(1).outputs[1]->name = "sums",
               "output 1 has no name of its own");
  EXPECT_ERROR(s.program().inputs[0]->dtype = DType::invalid,
               "input \"x\" has an unknown element type");
  EXPECT_ERROR(s.program().outputs[0]->axes[0] = 99,
               "output 0: expression 99 of 7");
  EXPECT_ERROR(s.program().outputs[0]->axes[0] = constant(s.program(), -1),
               "may be negative");
  EXPECT_ERROR(s.program().outputs[0]->axes.assign(17, 0),
               "has 17 axes, at most 16");
  EXPECT_ERROR(
      s.program().outputs[0]->axes.assign(2, constant(s.program(), 1ll << 40)),
      "too large for memory");
}

TEST(Verifier, Buffers) {
  EXPECT_ERROR(s.program().buffers[0]->index = 1,
               "buffer 0 names number 1 of 1");
  EXPECT_ERROR(s.program().buffers[0]->kind = BufferKind(9),
               "buffer 0 is of an unknown kind");
  EXPECT_ERROR(s.program().buffers[0]->bytes = 99,
               "bytes of buffer 0: expression 99");
  EXPECT_ERROR(s.program().arena_bytes = constant(s.program(), 64 * 32 + 63),
               "buffer 2 (bytes 64 + 2048) leaves its memory of 2111 bytes at "
               "the bounds");
  EXPECT_ERROR(s.program().buffers[0]->offset = constant(s.program(), 1),
               "buffer 0 (bytes 1 + 2048) leaves");
  EXPECT_ERROR(s.program().buffers[1]->bytes = constant(s.program(), 33),
               "leaves its memory of 32 bytes");
  EXPECT_ERROR(s.program(2).buffers[1]->bytes = constant(s.program(2), 17),
               "leaves its memory of 16 bytes");
  // Right at the bounds but too large for a smaller M.
  EXPECT_ERROR(s.program().buffers[0]->bytes = constant(s.program(), 64 * 32),
               "leaves its memory of 32 bytes at sizes of 1");
  EXPECT_ERROR(s.program().buffers[3]->bytes = constant(s.program(), 1),
               "leaves its memory of 0 bytes at sizes of 0");
}

TEST(Verifier, Commands) {
  EXPECT_ERROR(s.program().commands[0]->kernel = 3, "command 0: kernel 3 of 3");
  EXPECT_ERROR(s.program().commands[0]->buffers[1] = 4,
               "command 0: buffer 4 of 4");
  EXPECT_ERROR(s.program().commands[0]->kind = CommandKind(7),
               "command 0 is of an unknown kind");
  EXPECT_ERROR(s.program().commands[0]->buffers.pop_back(),
               "takes 3 buffers and 0 constants, not 2 (3 accesses) and 0");
  EXPECT_ERROR(s.program(1).commands[0]->constants.clear(),
               "takes 2 buffers and 1 constants, not 2 (2 accesses) and 0");
  EXPECT_ERROR(s.program(1).commands[0]->constants[0] = 99, "expression 99");
  EXPECT_ERROR(s.program().commands[0]->access[0] = Access::write,
               "command 0 writes an input or a weight");
  EXPECT_ERROR(s.program().commands[0]->access[1] = Access::read_write,
               "command 0 writes an input or a weight");
  EXPECT_ERROR(s.program().commands[0]->access[0] = Access(9),
               "command 0: unknown access");
  EXPECT_ERROR(s.program().commands[0]->grid = constant(s.program(), 1ll << 31),
               "more than 2^31 - 1");
  EXPECT_ERROR(s.program().commands[0]->grid = constant(s.program(), -1),
               "may be negative");
  EXPECT_ERROR(s.program(1).commands[1]->buffers.pop_back(),
               "a copy takes 2 buffers, not 1");
  EXPECT_ERROR(s.program(1).commands[1]->bytes = constant(s.program(1), 4096),
               "moves more bytes than its buffer has");
  EXPECT_ERROR(std::swap(s.program(1).commands[1]->buffers[0],
                         s.program(1).commands[1]->buffers[1]),
               "command 1 writes an input or a weight");
}

TEST(Verifier, Overlaps) {
  EXPECT_ERROR(
      s.program().commands.erase(s.program().commands.begin() + 1),
      "commands 0 and 1 touch the same bytes without a barrier at the bounds");
  // Two writers of one output.
  EXPECT_ERROR(s.program(1).commands[1]->buffers[1] = 2,
               "commands 0 and 1 touch the same bytes");
  // A state read while it is written.
  EXPECT_ERROR(s.program(2).commands.erase(s.program(2).commands.begin() + 1),
               "commands 0 and 1 touch the same bytes");
  // A kernel in place is sound; one shifted onto its own input is not.
  EXPECT_EQ(after([](Source &s) {
              s.program().commands[2]->buffers[0] = 3;
              s.program().commands[2]->access[0] = Access::read;
            }),
            "ok");
  EXPECT_ERROR(ProgramT &p = s.program();
               p.buffers.push_back(std::make_unique<BufferT>(*p.buffers[2]));
               p.buffers.back()->offset = constant(p, 32);
               p.commands[0]->buffers[0] = 4,
               "command 0 writes bytes that it uses through another buffer");
  EXPECT_ERROR(s.program().commands[0]->buffers[0] = 2;
               s.program().commands[0]->access[0] = Access::write,
               "command 0 writes bytes that it uses through another buffer");
}

TEST(Verifier, TargetsAgreeOnTheSignature) {
  auto twice = [](Source &s) {
    Source other = makeSource();
    s.manifest.targets.push_back(std::move(other.manifest.targets[0]));
    s.target(1).name = "cpu:other";
  };
  EXPECT_EQ(after(twice), "ok");
  EXPECT_NE(after([&](Source &s) {
              twice(s);
              s.target(1).programs.pop_back();
            }).find("different entry points"),
            std::string::npos);
  EXPECT_NE(after([&](Source &s) {
              twice(s);
              s.program(0).dims[0]->bound = 32;
            }).find("entry point 0 differs"),
            std::string::npos);
  EXPECT_NE(after([&](Source &s) {
              twice(s);
              s.target(1).name = "cpu:test";
            }).find("two are called \"cpu:test\""),
            std::string::npos);
}

} // namespace
