//===- ValuesTest.cpp - scalars, constraints and ranges of values ---------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestArtifact.h"
#include <cstring>
#include <functional>
#include <gtest/gtest.h>

using namespace tercet::test;
using namespace tercet::schema;

namespace {

/// The entry point `step` with a position from 0 to 7, position + 4 <= 8, and
/// elements of v from -5 to 49.
Source makeStep() {
  Source s = makeSource();
  ProgramT &p = s.program(2);
  p.dims.push_back(std::make_unique<DimT>());
  p.dims[0]->name = "position";
  p.dims[0]->bound = 7;
  p.inputs.push_back(std::make_unique<TensorT>());
  p.inputs[1]->name = "position";
  p.inputs[1]->dtype = DType::i64;
  p.inputs[1]->dim = 0;
  p.inputs[0]->range = std::make_unique<ValueRange>(-5, 50);
  auto node = [&](ExprOp op, int64_t a, int64_t b) {
    p.exprs.emplace_back(op, a, b);
    return static_cast<uint32_t>(p.exprs.size() - 1);
  };
  uint32_t position = node(ExprOp::dim, 0, 0),
           four = node(ExprOp::constant, 4, 0);
  p.constraints.push_back(std::make_unique<ConstraintT>());
  p.constraints[0]->expr = node(ExprOp::add, position, four);
  p.constraints[0]->limit = 8;
  p.constraints[0]->meaning = "rows of state 'total'";
  s.manifest.required_features = {kScalarDims, kConstraints, kValueRanges};
  return s;
}

struct Fixture {
  Fixture() {
    Source source = makeStep();
    bytes = write(source);
    EXPECT_EQ(outcome(tercet_artifact_open_memory(bytes.data(), bytes.size(),
                                                  nullptr, &artifact))
                  .message,
              "ok");
    EXPECT_EQ(outcome(tercet_device_open("cpu", nullptr, &device)).message,
              "ok");
    EXPECT_EQ(
        outcome(tercet_session_create(artifact, device, nullptr, &session))
            .message,
        "ok");
  }
  ~Fixture() {
    tercet_session_free(session);
    tercet_device_close(device);
    tercet_artifact_close(artifact);
  }
  /// One call; `total` is what the state holds after a call that ran.
  template <typename T> std::string step(std::vector<int32_t> v, T position) {
    std::vector<int64_t> shape = {4};
    DLDataType type = {kDLInt, sizeof(T) * 8, 1};
    DLTensor in[2] = {tensor(v, shape),
                      {&position, {kDLCPU, 0}, 0, type, nullptr, nullptr, 0}},
             out = {};
    Outcome o = outcome(tercet_session_call(session, "step", in, 2, &out, 1));
    if (o.code == TERCET_OK)
      total.assign(static_cast<int32_t *>(out.data),
                   static_cast<int32_t *>(out.data) + 4);
    return o.message;
  }
  AlignedBytes bytes;
  tercet_artifact *artifact = nullptr;
  tercet_device *device = nullptr;
  tercet_session *session = nullptr;
  std::vector<int32_t> total;
};

using Numbers = std::vector<int32_t>;

TEST(Values, PositionsComeFromTheCaller) {
  Fixture f;
  // total += v * {3, 5, 3, 5}, from {10, 20, 30, 40}.
  EXPECT_EQ(f.step({1, 1, 1, 1}, int64_t(0)), "ok");
  EXPECT_EQ(f.total, (Numbers{13, 25, 33, 45}));
  EXPECT_EQ(f.step({0, 0, 0, 0}, int64_t(4)), "ok");
  EXPECT_EQ(f.step({0, 0, 0, 1}, int32_t(3)), "ok");
  EXPECT_EQ(f.total, (Numbers{13, 25, 33, 50}));
  int64_t low = 1, high = 1;
  EXPECT_EQ(tercet_artifact_input_values(f.artifact, 2, 1, &low, &high), 2);
  EXPECT_EQ(low, 0);
  EXPECT_EQ(high, 8);
  EXPECT_EQ(tercet_artifact_input_values(f.artifact, 2, 0, &low, &high), 1);
  EXPECT_EQ(low, -5);
  EXPECT_EQ(high, 50);
  EXPECT_EQ(tercet_artifact_input_values(f.artifact, 0, 0, &low, &high), 0);
  EXPECT_EQ(tercet_artifact_input_values(f.artifact, 9, 9, nullptr, nullptr),
            0);
}

TEST(Values, NothingRunsWithValuesThatAreNotAllowed) {
  Fixture f;
  EXPECT_EQ(f.step({1, 1, 1, 1}, int64_t(2)), "ok");
  Numbers before = f.total;
  EXPECT_EQ(f.step({1, 1, 1, 1}, int64_t(8)),
            "input \"position\" of \"step\": got 8, allowed are 0 to 7");
  EXPECT_EQ(f.step({1, 1, 1, 1}, int32_t(-1)),
            "input \"position\" of \"step\": got -1, allowed are 0 to 7");
  EXPECT_EQ(f.step({1, 1, 1, 1}, int64_t(5)),
            "\"step\": position + 4 is 9 and may be at most 8, the rows of "
            "state 'total' (position = 5)");
  // The same once more: what was refused is not remembered as checked.
  EXPECT_EQ(f.step({1, 1, 1, 1}, int64_t(5)),
            "\"step\": position + 4 is 9 and may be at most 8, the rows of "
            "state 'total' (position = 5)");
  EXPECT_EQ(f.step({1, 49, 50, -6}, int64_t(2)),
            "input \"v\" of \"step\": element [2] is 50, allowed are -5 to 49");
  EXPECT_EQ(f.step({-6, 0, 0, 0}, int64_t(2)),
            "input \"v\" of \"step\": element [0] is -6, allowed are -5 to 49");
  EXPECT_EQ(f.step({1, 1, 1, 1}, int16_t(0)),
            "input \"position\" of \"step\": got i16 [], expected i64 []");
  EXPECT_EQ(f.step({0, 0, 0, 0}, int64_t(4)), "ok");
  EXPECT_EQ(f.total, before);
  EXPECT_EQ(f.step({-5, 0, 0, 49}, int64_t(4)), "ok");
}

TEST(Values, AScalarNeedsDataThatIsAligned) {
  Fixture f;
  alignas(8) unsigned char raw[16] = {};
  std::vector<int32_t> v(4);
  std::vector<int64_t> shape = {4};
  DLTensor in[2] =
      {tensor(v, shape),
       {nullptr, {kDLCPU, 0}, 0, {kDLInt, 64, 1}, nullptr, nullptr, 0}},
           out = {};
  auto call = [&] {
    return outcome(tercet_session_call(f.session, "step", in, 2, &out, 1))
        .message;
  };
  EXPECT_EQ(call(), "input \"position\" of \"step\" has no data");
  in[1].data = raw + 4;
  EXPECT_EQ(call(),
            "input \"position\" of \"step\" is not aligned to its 8-byte "
            "element");
  in[1].dtype.bits = 32;
  EXPECT_EQ(call(), "ok");
  in[1].device = {kDLCUDA, 0};
  EXPECT_NE(call().find("pass a host tensor"), std::string::npos);
}

/// The error of opening the artifact after a change.
std::string after(const std::function<void(Source &)> &change) {
  Source source = makeStep();
  change(source);
  AlignedBytes bytes = write(source);
  tercet_artifact *a = nullptr;
  Outcome o = outcome(
      tercet_artifact_open_memory(bytes.data(), bytes.size(), nullptr, &a));
  tercet_artifact_close(a);
  EXPECT_TRUE(o.code == TERCET_OK || o.code == TERCET_DAMAGED) << o.code;
  return o.message;
}

#define EXPECT_ERROR(CHANGE, TEXT)                                             \
  {                                                                            \
    std::string message = after([](Source &s) {                                \
      [[maybe_unused]] ProgramT &p = s.program(2);                             \
      CHANGE;                                                                  \
    });                                                                        \
    EXPECT_NE(message.find(TEXT), std::string::npos) << message;               \
  }

TEST(Values, ManifestsAreVerified) {
  EXPECT_EQ(after([](Source &) {}), "ok");
  EXPECT_ERROR(p.inputs[1]->dim = -1,
               "dimension \"position\" is the size of no input axis and the "
               "value of no input");
  // Any number but -1 is meant as a dimension; none is left for `position`.
  EXPECT_ERROR(p.inputs[1]->dim = 1, "value of no input");
  EXPECT_ERROR(p.inputs[1]->dim = -7, "value of no input");
  EXPECT_ERROR(p.inputs[1]->dtype = DType::i32,
               "it has to be an i64 without axes");
  EXPECT_ERROR(p.inputs[1]->axes = {0}, "it has to be an i64 without axes");
  EXPECT_ERROR(p.inputs[0]->axes = {p.constraints[0]->expr - 2},
               "is the value of an input and something else as well");
  EXPECT_ERROR(p.outputs[0]->dim = 0, "output 0 has the marks of an input");
  EXPECT_ERROR(p.outputs[0]->range = std::make_unique<ValueRange>(0, 1),
               "output 0 has the marks of an input");
  EXPECT_ERROR(p.outputs[0]->ascending = true,
               "output 0 has the marks of an input");
  EXPECT_ERROR(p.inputs[1]->ascending = true,
               "is an ascending set without a range of values");
  EXPECT_ERROR(p.inputs[0]->ascending = true,
               "uses \"ascending-sets\", which the file does not list");
  EXPECT_ERROR(p.buffers[0]->index = 1, "is an input that has no memory");
  EXPECT_ERROR(p.inputs[0]->range = std::make_unique<ValueRange>(3, 3),
               "impossible range");
  EXPECT_ERROR(p.inputs[0]->range = std::make_unique<ValueRange>(0, 1ll << 40),
               "impossible range");
  EXPECT_ERROR(p.inputs[0]->dtype = DType::f32, "impossible range");
  EXPECT_ERROR(p.constraints[0]->expr = 99, "constraint 0: expression 99 of");
  EXPECT_ERROR(p.constraints[0]->limit = 3, "no sizes can meet constraint 0");
  EXPECT_ERROR(
      s.manifest.required_features.erase(s.manifest.required_features.begin()),
      "uses \"scalar-dims\", which the file does not list");
  EXPECT_ERROR(s.manifest.required_features[1] = kScalarDims,
               "uses \"constraints\", which the file does not list");
  EXPECT_ERROR(s.manifest.required_features.pop_back(),
               "uses \"value-ranges\", which the file does not list");
}

} // namespace
