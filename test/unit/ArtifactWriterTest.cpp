//===- ArtifactWriterTest.cpp - plans to bytes ----------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Artifact/ArtifactWriter.h"
#include "lib/Artifact/ExprBuilder.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "runtime/core/Expr.h"
#include "runtime/schema/Header.h"
#include "tercet/InitAll.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace tercet;

static const char *const kPlan = R"mlir(
module @target attributes {tercet.target = "cpu:test"} {
  rows.weight @w key("layer.w") identity : tensor<64xf32> -> tensor<64xf32>
  rows.weight @v key("layer.v") identity : tensor<64xf32> -> tensor<64xf32>
  ml_program.global private mutable @counter(dense<7> : tensor<4xi32>) : tensor<4xi32>
  plan.program @f dims [#plan.dim<"M", 8>]
      inputs [#plan.tensor<"x", f32, (d0) -> (d0, 64)>]
      outputs [#plan.tensor<"y", f32, (d0) -> (d0, 64)>]
      arena affine_map<(d0) -> (d0 * 256 + 64)> attributes {doc = "scales"} {
    %x = plan.input 0
    %y = plan.output 0
    %w = plan.weight @w
    %v = plan.weight @v
    %s = plan.state @counter
    %t = plan.arena offset(affine_map<(d0) -> (64)>) bytes(affine_map<(d0) -> (d0 * 256)>)
    plan.dispatch @kernels::@scale grid(affine_map<(d0) -> (d0 ceildiv 4)>)
      buffers(%x, %w, %t) [#plan.access<read>, #plan.access<read>, #plan.access<write>]
      constants [affine_map<(d0) -> (d0)>]
    plan.fill %s, 0 bytes(affine_map<(d0) -> (16)>)
    plan.barrier
    plan.dispatch @kernels::@scale grid(affine_map<(d0) -> (d0 ceildiv 4)>)
      buffers(%t, %v, %y) [#plan.access<read>, #plan.access<read>, #plan.access<write>]
      constants [affine_map<(d0) -> (d0)>]
  }
  module @kernels {
    func.func @scale(%x: memref<?x64xf32>, %w: memref<64xf32>, %y: memref<?x64xf32>, %m: index)
        attributes {tercet.op = "scale", tercet.shape = "Mx64",
                    tercet.bytes = affine_map<(d0) -> (d0 * 512 + 256)>,
                    tercet.ops = affine_map<(d0) -> (d0 * 64)>} {
      return
    }
  }
}
)mlir";

namespace {
struct ArtifactWriter : testing::Test {
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::vector<uint8_t> weight = std::vector<uint8_t>(256, 3);
  std::string diagnostics;

  ArtifactWriter() : context(makeRegistry()) {}
  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    tercet::registerAllDialects(registry);
    return registry;
  }
  artifact::TargetEntry makeEntry(StringRef name = "cpu:test") {
    artifact::TargetEntry entry;
    entry.module = *module;
    entry.spec.device = "cpu";
    entry.spec.name = name.str();
    entry.spec.triple = "x86_64-unknown-linux-gnu";
    entry.code.blobs.push_back({BlobFormat::ELF, "", {'c', 'o', 'd', 'e'}});
    entry.code.kernels.push_back({"scale", 1, 0, 128, 0, 0});
    return entry;
  }
  std::string write(ArrayRef<artifact::TargetEntry> entries) {
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &d) {
      diagnostics += d.str();
      return success();
    });
    std::string bytes;
    llvm::raw_string_ostream os(bytes);
    if (failed(artifact::writeArtifact(
            entries, [&](rows::WeightOp) { return ArrayRef<uint8_t>(weight); },
            os)))
      return "";
    return bytes;
  }
  static std::string verify(StringRef bytes) {
    llvm::Error e = artifact::verifyArtifact(
        ArrayRef((const uint8_t *)bytes.data(), bytes.size()));
    return e ? llvm::toString(std::move(e)) : "";
  }
  static const schema::Manifest *manifestOf(const std::string &bytes) {
    return schema::GetManifest(bytes.data() + sizeof(schema::Header));
  }
  void SetUp() override {
    module = parseSourceString<ModuleOp>(kPlan, &context);
    ASSERT_TRUE(!!module);
  }
};
} // namespace

TEST_F(ArtifactWriter, WritesWhatTheRuntimeAccepts) {
  std::string bytes = write(makeEntry());
  ASSERT_FALSE(bytes.empty()) << diagnostics;
  EXPECT_EQ(verify(bytes), "");
  const schema::Manifest *m = manifestOf(bytes);
  ASSERT_EQ(m->targets()->size(), 1u);
  const schema::Target *t = m->targets()->Get(0);
  ASSERT_EQ(t->kernels()->size(), 1u);
  const schema::Kernel *k = t->kernels()->Get(0);
  EXPECT_EQ(k->name()->str(), "scale");
  EXPECT_EQ(k->op()->str(), "scale");
  EXPECT_EQ(k->buffers(), 3u);
  EXPECT_EQ(k->constants(), 1u);
  EXPECT_EQ(k->scratch_bytes(), 128u);
  const schema::Program *p = t->programs()->Get(0);
  EXPECT_EQ(p->doc()->str(), "scales");
  EXPECT_EQ(p->commands()->size(), 4u);
  EXPECT_EQ(p->dims()->Get(0)->bound(), 8);
  ASSERT_EQ(m->states()->size(), 1u);
  EXPECT_EQ(m->states()->Get(0)->bytes(), 16u);
  EXPECT_TRUE(m->states()->Get(0)->has_init());
}

TEST_F(ArtifactWriter, GivesTheSameBytesAgain) {
  std::string first = write(makeEntry());
  ASSERT_FALSE(first.empty());
  EXPECT_EQ(first, write(makeEntry()));
  // From another context, with other addresses.
  MLIRContext other(makeRegistry());
  auto again = parseSourceString<ModuleOp>(kPlan, &other);
  artifact::TargetEntry entry = makeEntry();
  entry.module = *again;
  EXPECT_EQ(first, write(entry));
}

TEST_F(ArtifactWriter, StoresEqualBytesOnce) {
  std::string one = write(makeEntry());
  std::string two = write({makeEntry("cpu:a"), makeEntry("cpu:b")});
  ASSERT_FALSE(two.empty()) << diagnostics;
  EXPECT_EQ(verify(two), "");
  const schema::Manifest *m = manifestOf(two);
  ASSERT_EQ(m->weights()->size(), 2u);
  EXPECT_EQ(m->weights()->Get(0)->data()->offset(),
            m->weights()->Get(1)->data()->offset());
  auto length = [](const schema::Manifest *m, StringRef name) {
    for (const schema::Segment *s : *m->segments())
      if (s->name()->string_view() == std::string_view(name))
        return s->length();
    return uint64_t(0);
  };
  EXPECT_EQ(length(m, "weights"), 256u);
  EXPECT_EQ(length(m, "code"), 4u);
  EXPECT_EQ(length(m, "weights"), length(manifestOf(one), "weights"));
}

TEST_F(ArtifactWriter, EndsTextWithAZero) {
  artifact::TargetEntry entry = makeEntry();
  entry.code.blobs[0].format = BlobFormat::PTX;
  entry.code.blobs[0].data.assign(64, 'p'); // no padding would follow by itself
  std::string bytes = write(entry);
  ASSERT_FALSE(bytes.empty());
  const schema::Manifest *m = manifestOf(bytes);
  const schema::Range *r = m->targets()->Get(0)->blobs()->Get(0)->data();
  const schema::Segment *s = m->segments()->Get(r->segment());
  EXPECT_EQ(r->length(), 64u);
  EXPECT_EQ(s->length(), 65u);
  EXPECT_EQ(bytes[s->offset() + r->offset() + 64], 0);
}

TEST_F(ArtifactWriter, RefusesAKernelWithoutCode) {
  artifact::TargetEntry entry = makeEntry();
  entry.code.kernels.clear();
  EXPECT_EQ(write(entry), "");
  EXPECT_NE(diagnostics.find("kernel 'scale' has no code for cpu:test"),
            std::string::npos)
      << diagnostics;
}

/// The verifier that runs after writing is worth something: it sees any damage.
TEST_F(ArtifactWriter, VerifierSeesDamage) {
  std::string bytes = write(makeEntry());
  for (size_t i = 0; i < bytes.size(); i += 37) {
    std::string damaged = bytes;
    damaged[i] ^= 0x10;
    EXPECT_NE(verify(damaged), "") << "byte " << i;
  }
}

/// Every node of the affine language gives what MLIR itself computes.
TEST(ExprBuilder, AgreesWithMLIR) {
  MLIRContext context;
  AffineExpr a = getAffineDimExpr(0, &context), b = getAffineDimExpr(1, &context);
  SmallVector<AffineMap> maps = {
      AffineMap::get(2, 0, a * 3 + b, &context),
      AffineMap::get(2, 0, (a + 5).ceilDiv(4) * 16, &context),
      AffineMap::get(2, 0, (a + b).floorDiv(3), &context),
      AffineMap::get(2, 0, (a * 7 + b) % 5, &context),
      AffineMap::get(2, 0, {a - b + 100, a, getAffineConstantExpr(6, &context)},
                     &context)};
  artifact::ExprBuilder builder;
  std::vector<uint32_t> numbers;
  for (AffineMap map : maps)
    numbers.push_back(builder.add(map));
  EXPECT_EQ(builder.add(maps[0]), numbers[0]) << "equal expressions are one node";

  flatbuffers::FlatBufferBuilder fbb;
  fbb.Finish(fbb.CreateVectorOfStructs(builder.getNodes()));
  auto *nodes = flatbuffers::GetRoot<runtime::ExprNodes>(fbb.GetBufferPointer());
  std::vector<int64_t> values(builder.getNodes().size());
  for (int64_t x = 0; x < 9; ++x)
    for (int64_t y = 0; y < 9; ++y) {
      int64_t dims[] = {x, y};
      ASSERT_TRUE(runtime::evaluateExprs(nodes, dims, values.data()));
      for (auto [map, number] : llvm::zip(maps, numbers)) {
        auto i64 = [&](int64_t v) {
          return IntegerAttr::get(IndexType::get(&context), v);
        };
        SmallVector<Attribute> results;
        ASSERT_TRUE(succeeded(map.constantFold({i64(x), i64(y)}, results)));
        int64_t expected = INT64_MAX;
        for (Attribute r : results)
          expected = std::min(expected, cast<IntegerAttr>(r).getInt());
        EXPECT_EQ(values[number], expected) << x << " " << y;
      }
    }
}
