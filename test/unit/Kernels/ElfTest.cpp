//===- ElfTest.cpp - what the files of CPU kernels hold -------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every code for every kind of CPU, also those that cannot run here: the file
// must export its kernel and nothing else, and need nothing: no symbol, no
// library, no relocation that the runtime's loader does not know.
//
//===----------------------------------------------------------------------===//
#include "dialects/Ternary/Codes/Code.h"
#include "test/unit/Kernels/KernelHarness.h"
#include "llvm/Object/ELFObjectFile.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace tercet;
using namespace tercet::test;

static void checkFile(const std::vector<char> &data, const std::string &what) {
  ASSERT_FALSE(data.empty()) << what;
  auto object = object::ObjectFile::createObjectFile(
      MemoryBufferRef(StringRef(data.data(), data.size()), "kernel"));
  ASSERT_TRUE(static_cast<bool>(object)) << what;
  auto *elf = dyn_cast<object::ELF64LEObjectFile>(object->get());
  ASSERT_TRUE(elf) << what;
  std::vector<std::string> names;
  for (const object::ELFSymbolRef symbol : elf->getDynamicSymbolIterators()) {
    EXPECT_FALSE(cantFail(symbol.getFlags()) & object::SymbolRef::SF_Undefined)
        << what << ": " << cantFail(symbol.getName()).str();
    names.push_back(cantFail(symbol.getName()).str());
  }
  EXPECT_EQ(names, std::vector<std::string>{"k"}) << what;
  for (const auto &entry : cantFail(elf->getELFFile().dynamicEntries())) {
    EXPECT_NE(entry.getTag(), static_cast<uint64_t>(ELF::DT_NEEDED)) << what;
    EXPECT_NE(entry.getTag(), static_cast<uint64_t>(ELF::DT_TEXTREL)) << what;
    EXPECT_NE(entry.getTag(), static_cast<uint64_t>(ELF::DT_JMPREL)) << what;
  }
}

static const char *const kTargets[] = {"cpu:x86-64-v2",
                                       "cpu:x86-64-v3",
                                       "cpu:x86-64-v3+avxvnni",
                                       "cpu:x86-64-v4",
                                       "cpu:x86-64-v4+avx512vnni",
                                       "cpu:x86-64-v4+avx512vbmi+avx512vnni",
                                       "cpu:aarch64",
                                       "cpu:aarch64+dotprod",
                                       "cpu:riscv64",
                                       "cpu:riscv64+v"};

TEST(Elf, MatmulNeedsNothing) {
  for (const char *target : kTargets)
    for (const ternary::Code *code : ternary::getAllCodes())
      checkFile(compileToELF(
                    target, getMatmulText(code->getName(), 3, 40, 96, "scale")),
                std::string(target) + " " + code->getName().str());
}

TEST(Elf, QuantizeNeedsNothing) {
  // 4096 floats of a copy of the row are scratch, and no copy is a memcpy.
  const char *text = R"(
    func.func @k(%x: tensor<?x4096xf32> {tercet.dims = array<i64: 0, -1>}, %g: tensor<4096xf32>, %m: index)
        -> (tensor<?x4160xi8> {tercet.dims = array<i64: 0, -1>},
            tensor<?xf32> {tercet.dims = array<i64: 0>},
            tensor<?xi32> {tercet.dims = array<i64: 0>}) {
      %q = tensor.empty(%m) : tensor<?x4160xi8>
      %a = tensor.empty(%m) : tensor<?xf32>
      %s = tensor.empty(%m) : tensor<?xi32>
      %r:3 = rows.quantize <absmax_i8> hadamard eps(1.0e-5)
          ins(%x : tensor<?x4096xf32>, %g : tensor<4096xf32>)
          outs(%q, %a, %s : tensor<?x4160xi8>, tensor<?xf32>, tensor<?xi32>)
          -> tensor<?x4160xi8>, tensor<?xf32>, tensor<?xi32>
      return %r#0, %r#1, %r#2 : tensor<?x4160xi8>, tensor<?xf32>, tensor<?xi32>
    })";
  for (const char *target : kTargets)
    checkFile(compileToELF(target, text), target);
}

TEST(Elf, MathNeedsNothing) {
  // Functions that LLVM would otherwise call in libm or in its own library, and
  // copies, fills and conversions that it likes to make calls of.
  const char *text = R"(
    func.func @k(%x: tensor<1024xf32>, %h: tensor<1024xbf16>, %d: tensor<1024xf16>) -> (tensor<1024xf32>) {
      %e = tensor.empty() : tensor<1024xf32>
      %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
                           iterator_types = ["parallel"]}
          ins(%x, %h, %d : tensor<1024xf32>, tensor<1024xbf16>, tensor<1024xf16>) outs(%e : tensor<1024xf32>) {
      ^bb0(%v: f32, %w: bf16, %u: f16, %o: f32):
        %0 = math.exp %v : f32
        %1 = math.tanh %0 : f32
        %2 = math.log %1 : f32
        %3 = math.erf %2 : f32
        %4 = math.roundeven %3 : f32
        %5 = math.fma %4, %v, %0 : f32
        %6 = math.powf %5, %v : f32
        %7 = math.floor %6 : f32
        %8 = arith.extf %w : bf16 to f32
        %9 = arith.addf %7, %8 : f32
        %10 = arith.extf %u : f16 to f32
        %11 = arith.mulf %9, %10 : f32
        %12 = arith.truncf %11 : f32 to bf16
        %13 = arith.extf %12 : bf16 to f32
        %14 = arith.truncf %13 : f32 to f16
        %15 = arith.extf %14 : f16 to f32
        linalg.yield %15 : f32
      } -> tensor<1024xf32>
      return %r : tensor<1024xf32>
    })";
  for (const char *target : kTargets)
    checkFile(compileToELF(target, text), target);
}

TEST(Elf, SameInputSameBytes) {
  std::string text = getMatmulText("i2", -1, 40, 96, "scale");
  EXPECT_EQ(compileToELF("cpu:x86-64-v3", text),
            compileToELF("cpu:x86-64-v3", text));
}
