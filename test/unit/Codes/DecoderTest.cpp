//===- DecoderTest.cpp - emitted decoders, executed -----------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Compiles what emitDecode builds, for every code, lane count and feature, and
// runs it over all states of every group. A feature that this machine lacks is
// skipped: its code cannot be executed here.
//
//===----------------------------------------------------------------------===//
#include "CodesTestUtils.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/ExecutionEngine/ExecutionEngine.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace tercet::ternary;
using namespace tercet::ternary::test;

namespace {
struct Case {
  CodeKind kind;
  int64_t lanes; // 0: an i32
  bool permute32x32, permute128x8;
  bool pairs = false; // emitDecodePairs
};

std::string name(const ::testing::TestParamInfo<Case> &info) {
  const Case &c = info.param;
  return stringifyCodeKind(c.kind).str() + "_x" + std::to_string(c.lanes) +
         (c.permute32x32 ? "_permute32x32" : "") +
         (c.permute128x8 ? "_permute128x8" : "") + (c.pairs ? "_pairs" : "");
}

class DecoderTest : public ::testing::TestWithParam<Case> {
protected:
  static void SetUpTestSuite() {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  }

  void SetUp() override {
    auto features = llvm::sys::getHostCPUFeatures();
    const Case &c = GetParam();
    if (c.permute32x32 && !features.lookup("avx512bw"))
      GTEST_SKIP() << "this machine has no avx512bw";
    if (c.permute128x8 && !features.lookup("avx512vbmi"))
      GTEST_SKIP() << "this machine has no avx512vbmi";
    compile(c);
  }

  /// void decode(const uint32_t *words, uint32_t *groups): group g at g *
  /// lanes.
  void compile(const Case &c) {
    DialectRegistry registry;
    registerBuiltinDialectTranslation(registry);
    registerLLVMDialectTranslation(registry);
    context.appendDialectRegistry(registry);
    context.loadDialect<TernaryDialect, arith::ArithDialect,
                        vector::VectorDialect, LLVM::LLVMDialect>();
    code = &getCode(c.kind);
    OpBuilder b(&context);
    Location loc = b.getUnknownLoc();
    OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
    b.setInsertionPointToStart(module->getBody());
    auto pointer = LLVM::LLVMPointerType::get(&context);
    auto function = LLVM::LLVMFuncOp::create(
        b, loc, "decode",
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&context),
                                    {pointer, pointer}));
    function->setAttr("llvm.emit_c_interface", b.getUnitAttr());
    Block *entry = function.addEntryBlock(b);
    b.setInsertionPointToStart(entry);
    Type type = b.getI32Type();
    if (c.lanes)
      type = VectorType::get({c.lanes}, type);
    DecoderFeatures features;
    features.permute32x32 = c.permute32x32;
    features.permute128x8 = c.permute128x8;
    SmallVector<Value> setup = code->emitSetup(b, loc, type, features);
    Value words = LLVM::LoadOp::create(b, loc, type, entry->getArgument(0), 4);
    SmallVector<Value> groups =
        c.pairs ? code->emitDecodePairs(b, loc, words)
                : code->emitDecode(b, loc, words, setup, features);
    ASSERT_EQ(groups.size(), code->getWeightsPerWord() / 4);
    for (auto [g, group] : llvm::enumerate(groups)) {
      ASSERT_EQ(group.getType(), type);
      Value at =
          LLVM::GEPOp::create(b, loc, pointer, type, entry->getArgument(1),
                              ArrayRef<LLVM::GEPArg>{int32_t(g)});
      LLVM::StoreOp::create(b, loc, group, at, 4);
    }
    LLVM::ReturnOp::create(b, loc, ValueRange());
    ASSERT_TRUE(succeeded(verify(*module)));
    module->walk([&](Operation *op) {
      if (op->getBlock() == entry) {
        EXPECT_TRUE(
            (isa<arith::ArithDialect, vector::VectorDialect, LLVM::LLVMDialect>(
                op->getDialect())))
            << op->getName().getStringRef().str();
      }
    });

    PassManager pm(&context);
    pm.addPass(createConvertVectorToLLVMPass());
    pm.addPass(createArithToLLVMConversionPass());
    pm.addPass(createReconcileUnrealizedCastsPass());
    ASSERT_TRUE(succeeded(pm.run(*module)));
    ExecutionEngineOptions options;
    auto created = ExecutionEngine::create(*module, options);
    ASSERT_TRUE(!!created) << llvm::toString(created.takeError());
    engine = std::move(*created);
    auto symbol = engine->lookup("decode");
    ASSERT_TRUE(!!symbol) << llvm::toString(symbol.takeError());
    decode = reinterpret_cast<void (*)(const uint32_t *, uint32_t *)>(*symbol);
  }

  /// Runs the words through the decoder, a register full at a time, and
  /// compares with the definition.
  void check(std::vector<uint32_t> words) {
    size_t lanes = std::max<int64_t>(GetParam().lanes, 1);
    words.resize((words.size() + lanes - 1) / lanes * lanes, words.back());
    size_t groups = code->getWeightsPerWord() / 4;
    std::vector<uint32_t> out(groups * lanes);
    for (size_t at = 0; at < words.size(); at += lanes) {
      std::fill(out.begin(), out.end(), 0xdeadbeef);
      decode(words.data() + at, out.data());
      for (size_t lane = 0; lane < lanes; ++lane) {
        std::vector<int8_t> trits =
            decodeByDefinition(code->getKind(), words[at + lane]);
        for (size_t g = 0; g < groups; ++g) {
          if (GetParam().pairs)
            out[g * lanes + lane] = expandPair(out[g * lanes + lane]);
          for (size_t j = 0; j < 4; ++j)
            ASSERT_EQ(out[g * lanes + lane] >> (8 * j) & 0xff,
                      uint32_t(trits[4 * g + j] + 1))
                << "word " << words[at + lane] << " lane " << lane << " group "
                << g << " byte " << j;
        }
      }
    }
  }

  /// The group of bytes w + 1 that a pair stands for.
  static uint32_t expandPair(uint32_t pair) {
    uint32_t first = pair >> 16 & 3, second = pair >> 18 & 3;
    EXPECT_LT(first, second);
    EXPECT_EQ(pair >> 20, 0u);
    uint8_t bytes[4] = {1, 1, 1, 1};
    bytes[first] = uint8_t(1 + pair);
    bytes[second] = uint8_t(1 + (pair >> 8));
    return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | uint32_t(bytes[3]) << 24;
  }

  MLIRContext context;
  const Code *code = nullptr;
  std::unique_ptr<ExecutionEngine> engine;
  void (*decode)(const uint32_t *, uint32_t *) = nullptr;
};

TEST_P(DecoderTest, EveryStateOfEveryGroup) {
  std::vector<uint32_t> words;
  std::vector<int8_t> trits(code->getWeightsPerWord());
  auto encode = [&] {
    auto word = code->encodeWord(trits);
    ASSERT_TRUE(succeeded(word));
    words.push_back(*word);
  };
  std::vector<Group> groups = getStorableGroups(code->getKind());
  size_t positions = trits.size() / 4;
  for (size_t g = 0; g < positions; ++g)
    for (size_t i = 0; i < groups.size(); ++i) {
      for (size_t p = 0; p < positions; ++p)
        llvm::copy(p == g ? groups[i]
                          : groups[(i * 11 + p * 7) % groups.size()],
                   trits.begin() + 4 * p);
      encode();
    }
  check(words);
}

TEST_P(DecoderTest, EveryCodeWordOfAHalf) {
  std::vector<uint32_t> words;
  switch (code->getKind()) {
  case CodeKind::I2:
    for (uint32_t v = 0; v < 256; ++v)
      if ((v & v >> 1 & 0x55) == 0) // the field 3 is never written
        words.push_back(v | v << 8 | v << 16 | v << 24);
    break;
  case CodeKind::T5:
    for (uint32_t v = 0; v < 243; ++v)
      words.push_back(v | (242 - v) << 8 | (v * 5 % 243) << 16 | v << 24);
    break;
  case CodeKind::B33:
    for (uint32_t n = 0; n < 35937; ++n) {
      auto half = [](uint32_t m) {
        return (uint64_t(m) * 65536 + 35936) / 35937;
      };
      words.push_back(half(n) | half(35936 - n) << 16);
    }
    break;
  case CodeKind::C5:
    for (uint32_t n = 0; n < 32768; ++n)
      words.push_back(n | (n ^ 0x5a5a) << 15);
    break;
  }
  check(words);
}

std::vector<Case> getCases() {
  std::vector<Case> cases;
  for (const Code *code : getAllCodes())
    for (int64_t lanes : {0, 4, 8, 16}) {
      cases.push_back({code->getKind(), lanes, false, false});
      if (lanes != 4)
        cases.push_back({code->getKind(), lanes, true, true});
    }
  cases.push_back({CodeKind::B33, 0, false, false, true});
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Codes, DecoderTest, ::testing::ValuesIn(getCases()),
                         name);
} // namespace
