//===- CodesTest.cpp - words, panels, refusals, choice --------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every storable group of every code, checked against formulas written anew
// from docs/codes.md, and the panel layout checked byte by byte.
//
//===----------------------------------------------------------------------===//
#include "CodesTestUtils.h"
#include "llvm/ADT/STLExtras.h"
#include "gtest/gtest.h"
#include <set>

using namespace tercet::ternary;
using namespace tercet::ternary::test;

namespace {
class CodesTest : public ::testing::Test {
protected:
  CodesTest() { context.loadDialect<TernaryDialect>(); }
  SparsityAttr sparsity(int64_t n, int64_t m, bool exact = false) {
    return SparsityAttr::get(&context, n, m, exact);
  }
  mlir::MLIRContext context;
};

/// Encodes and decodes one word and checks both against the picture of it.
void checkWord(const Code &code, llvm::ArrayRef<int8_t> trits) {
  auto word = code.encodeWord(trits);
  ASSERT_TRUE(succeeded(word)) << code.getName().str();
  std::vector<int8_t> picture = decodeByDefinition(code.getKind(), *word);
  ASSERT_EQ(picture.size(), code.getWeightsPerWord());
  EXPECT_EQ(llvm::ArrayRef<int8_t>(picture), trits) << code.getName().str();
  std::vector<int8_t> back(code.getWeightsPerWord(), 7);
  code.decodeWord(*word, back);
  EXPECT_EQ(llvm::ArrayRef<int8_t>(back), trits) << code.getName().str();
}

TEST_F(CodesTest, EveryGroupInEveryPosition) {
  for (const Code *code : getAllCodes()) {
    std::vector<Group> groups = getStorableGroups(code->getKind());
    unsigned positions = code->getWeightsPerWord() / 4;
    for (unsigned g = 0; g < positions; ++g)
      for (size_t i = 0; i < groups.size(); ++i) {
        std::vector<int8_t> trits;
        for (unsigned p = 0; p < positions; ++p) {
          // The others differ from position to position.
          const Group &group =
              p == g ? groups[i] : groups[(7 * i + 5 * p + 3) % groups.size()];
          trits.insert(trits.end(), group.begin(), group.end());
        }
        checkWord(*code, trits);
      }
  }
}

TEST_F(CodesTest, StatesOfTheSparseCodes) {
  // 1 + 4 * 2 + 6 * 4 and 4 * 8.
  EXPECT_EQ(getStorableGroups(CodeKind::B33).size(), 33u);
  EXPECT_EQ(getStorableGroups(CodeKind::C5).size(), 32u);
}

TEST_F(CodesTest, EveryByteOfT5) {
  const Code &code = getCode(CodeKind::T5);
  for (int v = 0; v < 243; ++v)
    for (int j = 0; j < 4; ++j) {
      uint32_t word = static_cast<uint32_t>(v) << (8 * j) |
                      (0x79797979u & ~(0xffu << (8 * j))); // 121: five zeros
      std::vector<int8_t> trits(20);
      code.decodeWord(word, trits);
      EXPECT_EQ(trits, decodeByDefinition(CodeKind::T5, word));
      auto back = code.encodeWord(trits);
      ASSERT_TRUE(succeeded(back));
      EXPECT_EQ(*back, word);
    }
}

TEST_F(CodesTest, EveryHalfWordOfB33) {
  const Code &code = getCode(CodeKind::B33);
  std::set<uint32_t> words;
  std::vector<int8_t> trits(24), picture;
  for (uint32_t number = 0; number < 33 * 33 * 33; ++number) {
    uint32_t half = (uint64_t(number) * 65536 + 35936) / 35937;
    ASSERT_LT(half, 65536u);
    words.insert(half);
    uint32_t word = half << 16 | half;
    code.decodeWord(word, trits);
    ASSERT_EQ(trits, decodeByDefinition(CodeKind::B33, word)) << number;
    auto back = code.encodeWord(trits);
    ASSERT_TRUE(succeeded(back));
    ASSERT_EQ(*back, word);
  }
  EXPECT_EQ(words.size(), 33u * 33 * 33);
}

TEST_F(CodesTest, AnyWordIsDecodedToTrits) {
  uint32_t word = 1;
  for (int i = 0; i < 100000; ++i) {
    word = word * 1664525u + 1013904223u;
    for (const Code *code : getAllCodes()) {
      if (code->getKind() == CodeKind::I2)
        continue; // 3 is an unused field; it decodes to 2
      std::vector<int8_t> trits(code->getWeightsPerWord());
      code->decodeWord(word, trits);
      for (int8_t w : trits) {
        EXPECT_GE(w, -1);
        EXPECT_LE(w, code->getKind() == CodeKind::T5 ? 2 : 1);
      }
    }
  }
}

TEST_F(CodesTest, RefusesGroupsItCannotHold) {
  for (CodeKind kind : {CodeKind::B33, CodeKind::C5}) {
    const Code &code = getCode(kind);
    std::vector<Group> good = getStorableGroups(kind);
    for (const Group &group : getAllGroups()) {
      std::vector<int8_t> trits;
      for (unsigned g = 0; g < 6; ++g) {
        const Group &at = g == 4 ? group : good[3 * g];
        trits.insert(trits.end(), at.begin(), at.end());
      }
      EXPECT_EQ(succeeded(code.encodeWord(trits)),
                llvm::is_contained(good, group));
    }
  }
}

TEST_F(CodesTest, RefusalNamesTheGroup) {
  const Code &code = getCode(CodeKind::B33);
  int64_t n = 20, k = 64;
  std::vector<int8_t> trits(n * k, 0);
  for (int i = 0; i < 3; ++i)
    trits[18 * k + 40 + i] = 1; // row 18, columns 40 to 43: three nonzeros
  for (int i = 0; i < 4; ++i)
    trits[19 * k + i] = -1; // later
  std::vector<uint8_t> bytes(Code::getPanels(n) * code.getPanelBytes(k));
  std::string error;
  EXPECT_TRUE(failed(pack(code, trits, n, k, bytes, &error)));
  EXPECT_EQ(error,
            "code b33 cannot hold the weights of row 18, columns 40 to 43");
  EXPECT_TRUE(failed(pack(code, trits, n, k, bytes)));

  std::vector<int8_t> zeros(8, 0);
  std::vector<uint8_t> small(getCode(CodeKind::C5).getPanelBytes(8));
  EXPECT_TRUE(failed(pack(getCode(CodeKind::C5), zeros, 1, 8, small, &error)));
  EXPECT_EQ(error, "code c5 cannot hold the weights of row 0, columns 0 to 3");
}

TEST_F(CodesTest, Sizes) {
  struct {
    CodeKind kind;
    int64_t k, words, paddedK;
  } cases[] = {
      {CodeKind::I2, 1, 1, 16},        {CodeKind::I2, 16, 1, 16},
      {CodeKind::I2, 17, 2, 32},       {CodeKind::T5, 20, 1, 20},
      {CodeKind::T5, 6912, 346, 6920}, {CodeKind::B33, 24, 1, 24},
      {CodeKind::B33, 28, 2, 48},      {CodeKind::C5, 8640, 360, 8640}};
  for (const auto &c : cases) {
    const Code &code = getCode(c.kind);
    EXPECT_EQ(code.getWordsPerRow(c.k), c.words);
    EXPECT_EQ(code.getPaddedK(c.k), c.paddedK);
    EXPECT_EQ(code.getPanelBytes(c.k), c.words * 64);
  }
  EXPECT_EQ(Code::getPanels(1), 1);
  EXPECT_EQ(Code::getPanels(16), 1);
  EXPECT_EQ(Code::getPanels(17), 2);
}

TEST_F(CodesTest, PackRoundTripsWithTails) {
  uint32_t seed = 12345;
  auto next = [&] { return seed = seed * 1664525u + 1013904223u, seed >> 8; };
  for (const Code *code : getAllCodes()) {
    std::vector<Group> groups = getStorableGroups(code->getKind());
    bool sparse =
        code->getKind() == CodeKind::B33 || code->getKind() == CodeKind::C5;
    for (int64_t k = 1; k <= 60; ++k) {
      if (sparse && k % 4)
        continue;
      for (int64_t n : {1, 2, 15, 16, 17, 33}) {
        std::vector<int8_t> trits(n * k);
        for (int64_t r = 0; r < n; ++r)
          for (int64_t c = 0; c < k; c += 4) {
            const Group &group = groups[next() % groups.size()];
            for (int64_t j = 0; j < 4 && c + j < k; ++j)
              trits[r * k + c + j] = group[j];
          }
        std::vector<uint8_t> bytes(Code::getPanels(n) * code->getPanelBytes(k),
                                   0xcc);
        std::string error;
        ASSERT_TRUE(succeeded(pack(*code, trits, n, k, bytes, &error)))
            << error;
        std::vector<int8_t> back(n * k, 7);
        unpack(*code, bytes, n, k, back);
        ASSERT_EQ(back, trits) << code->getName().str() << " " << n << "x" << k;

        // The layout: word t of row r of a panel at byte (t * 16 + r) * 4. Rows
        // and columns behind the last hold the padding group.
        int64_t perWord = code->getWeightsPerWord();
        auto padding = code->getPaddingGroup();
        for (int64_t r = 0; r < Code::getPanels(n) * 16; ++r)
          for (int64_t t = 0; t < code->getWordsPerRow(k); ++t) {
            size_t at = r / 16 * code->getPanelBytes(k) + (t * 16 + r % 16) * 4;
            uint32_t word = bytes[at] | bytes[at + 1] << 8 |
                            bytes[at + 2] << 16 | uint32_t(bytes[at + 3]) << 24;
            std::vector<int8_t> got = decodeByDefinition(code->getKind(), word);
            for (int64_t i = 0; i < perWord; ++i) {
              int64_t c = t * perWord + i;
              int8_t want = r < n && c < k           ? trits[r * k + c]
                            : r < n && c / 4 * 4 < k ? int8_t(0)
                                                     : padding[i % 4];
              ASSERT_EQ(got[i], want) << "row " << r << " column " << c;
            }
          }
      }
    }
  }
}

TEST_F(CodesTest, CanHold) {
  auto holds = [](CodeKind kind, SparsityAttr s) {
    return getCode(kind).canHold(s);
  };
  for (CodeKind kind : {CodeKind::I2, CodeKind::T5})
    for (SparsityAttr s :
         {SparsityAttr(), sparsity(2, 4), sparsity(6, 8), sparsity(3, 4, true)})
      EXPECT_TRUE(holds(kind, s));
  EXPECT_TRUE(holds(CodeKind::B33, sparsity(2, 4)));
  EXPECT_TRUE(holds(CodeKind::B33, sparsity(1, 4)));
  EXPECT_TRUE(holds(CodeKind::B33, sparsity(2, 4, true)));
  EXPECT_FALSE(holds(CodeKind::B33, SparsityAttr()));
  EXPECT_FALSE(holds(CodeKind::B33, sparsity(3, 4)));
  EXPECT_FALSE(holds(CodeKind::B33, sparsity(4, 8)));
  EXPECT_TRUE(holds(CodeKind::C5, sparsity(3, 4, true)));
  EXPECT_FALSE(holds(CodeKind::C5, sparsity(3, 4)));
  EXPECT_FALSE(holds(CodeKind::C5, sparsity(2, 4, true)));
  EXPECT_FALSE(holds(CodeKind::C5, SparsityAttr()));
}

TEST_F(CodesTest, ChosenCodeHoldsTheWeights) {
  for (SparsityAttr s :
       {SparsityAttr(), sparsity(1, 4), sparsity(2, 4), sparsity(3, 4),
        sparsity(3, 4, true), sparsity(4, 8), sparsity(6, 8)})
    EXPECT_TRUE(getCode(chooseCode(s)).canHold(s));
  // A code that saves a third of the bytes is taken where it applies.
  EXPECT_EQ(chooseCode(sparsity(2, 4)), CodeKind::B33);
  EXPECT_EQ(chooseCode(sparsity(3, 4, true)), CodeKind::C5);
  // On a CPU it is taken where its decoder keeps up with memory.
  DecoderFeatures portable, avx512;
  avx512.permute32x32 = true;
  for (const DecoderFeatures *features :
       {static_cast<const DecoderFeatures *>(nullptr),
        static_cast<const DecoderFeatures *>(&portable),
        static_cast<const DecoderFeatures *>(&avx512)})
    for (SparsityAttr s :
         {SparsityAttr(), sparsity(2, 4), sparsity(3, 4, true)})
      EXPECT_TRUE(getCode(chooseCode(s, features)).canHold(s));
  EXPECT_EQ(chooseCode(sparsity(2, 4), &portable), CodeKind::I2);
  EXPECT_EQ(chooseCode(sparsity(2, 4), &avx512), CodeKind::B33);
  // Groups of eight fit no four-group code.
  EXPECT_EQ(chooseCode(sparsity(6, 8)), chooseCode(SparsityAttr()));
}
} // namespace
