//===- NpyTest.cpp - NumPy files and number formats of the tools ----------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/Npy.h"
#include "TestArtifact.h"
#include <cmath>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

using namespace tercet::tools;
using tercet::test::writeTemporary;

namespace {

std::vector<char> fileBytes(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file),
          std::istreambuf_iterator<char>()};
}

TEST(Npy, EveryTypeAndRankGoesThereAndBack) {
  std::string path = writeTemporary("types.npy", "", 0), error;
  DLDataType types[] = {{kDLFloat, 32, 1}, {kDLFloat, 64, 1},
                        {kDLFloat, 16, 1}, {kDLBfloat, 16, 1},
                        {kDLInt, 8, 1},    {kDLUInt, 8, 1},
                        {kDLInt, 16, 1},   {kDLInt, 32, 1},
                        {kDLInt, 64, 1},   {kDLBool, 8, 1}};
  std::vector<int64_t> shapes[] = {{}, {5}, {2, 3}, {0, 4}, {1, 2, 3, 4}};
  for (DLDataType type : types)
    for (const auto &shape : shapes) {
      HostTensor out, in;
      ASSERT_TRUE(out.allocate(type, shape));
      DLTensor view = out.view();
      for (int64_t i = 0; i < out.count(); ++i)
        setElement(view, i, static_cast<double>(i % 2));
      ASSERT_TRUE(writeNpy(path, view, error)) << error;
      EXPECT_EQ(fileBytes(path).size() % 64, out.bytes % 64); // aligned data
      ASSERT_TRUE(readNpy(path, in, error)) << error;
      EXPECT_EQ(in.shape, shape);
      EXPECT_EQ(typeName(in.dtype), typeName(type));
      EXPECT_EQ(memcmp(in.data.get(), out.data.get(), out.bytes), 0);
    }
}

TEST(Npy, DamageIsAnErrorNeverACrash) {
  HostTensor tensor, in;
  std::string error;
  ASSERT_TRUE(tensor.allocate({kDLFloat, 32, 1}, {3, 4}));
  std::string path = writeTemporary("good.npy", "", 0);
  ASSERT_TRUE(writeNpy(path, tensor.view(), error));
  std::vector<char> good = fileBytes(path);
  for (size_t i = 0; i < good.size(); ++i) {
    error.clear();
    EXPECT_FALSE(readNpy(writeTemporary("cut.npy", good.data(), i), in, error))
        << i;
    EXPECT_FALSE(error.empty());
  }
  for (size_t i = 0; i < 128; ++i)
    for (int bit = 0; bit < 8; bit += 2) {
      std::vector<char> bad = good;
      bad[i] = static_cast<char>(bad[i] ^ 1 << bit);
      readNpy(writeTemporary("bad.npy", bad.data(), bad.size()), in,
              error); // any answer
    }
  auto header = [&](const std::string &dictionary) {
    std::string text = std::string("\x93NUMPY\x01\x00", 8) +
                       static_cast<char>(dictionary.size()) + '\0' + dictionary;
    readNpy(writeTemporary("header.npy", text.data(), text.size()), in, error);
    return error.substr(error.find(": ") + 2);
  };
  EXPECT_EQ(header("{'descr': '>f4', 'fortran_order': False, 'shape': (3,), }"),
            "its type '>f4' is none of f4, f8, f2, i1, u1, i2, i4, i8, b1, V2 "
            "(little-endian)");
  EXPECT_EQ(header("{'descr': '<f4', 'fortran_order': True, 'shape': (3,), }"),
            "it is stored column-major: save it with numpy.ascontiguousarray");
  EXPECT_EQ(header("{'descr': '<f4', 'fortran_order': False, 'shape': "
                   "(9999999999, 9999999999), }"),
            "its shape does not fit in memory");
  EXPECT_EQ(
      header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"),
      "its shape is malformed");
  EXPECT_EQ(header("hello"), "its header is not one that NumPy writes");
}

TEST(Npy, HalfPrecisionIsExact) {
  HostTensor half;
  ASSERT_TRUE(half.allocate({kDLFloat, 16, 1}, {2}));
  DLTensor t = half.view();
  auto *bits = static_cast<uint16_t *>(t.data);
  for (uint32_t h = 0; h < 65536; ++h) {
    bits[0] = static_cast<uint16_t>(h);
    double value = element(t, 0);
    setElement(t, 1, value);
    if (std::isnan(value))
      EXPECT_TRUE(std::isnan(element(t, 1)));
    else
      ASSERT_EQ(bits[1], bits[0]);
  }
  // Between two neighbours: to the nearer, a tie to the even one.
  for (uint16_t h : {uint16_t(0x0001), uint16_t(0x03ff), uint16_t(0x3c00),
                     uint16_t(0x3c01), uint16_t(0x7bfe)}) {
    bits[0] = h;
    double a = element(t, 0);
    bits[0] = static_cast<uint16_t>(h + 1);
    double b = element(t, 0), middle = (a + b) / 2;
    setElement(t, 1, middle);
    EXPECT_EQ(bits[1], h & 1 ? h + 1 : h);
    setElement(t, 1, middle - (b - a) / 8);
    EXPECT_EQ(bits[1], h);
    setElement(t, 1, middle + (b - a) / 8);
    EXPECT_EQ(bits[1], h + 1);
  }
  setElement(t, 1, 65519);
  EXPECT_EQ(bits[1], 0x7bff);
  setElement(t, 1, 65520);
  EXPECT_EQ(bits[1], 0x7c00);
}

TEST(Npy, IntegersAreClamped) {
  HostTensor bytes;
  ASSERT_TRUE(bytes.allocate({kDLInt, 8, 1}, {1}));
  DLTensor t = bytes.view();
  for (auto [given, stored] : {std::pair(200.0, 127.0),
                               {-200.0, -128.0},
                               {2.5, 2.0},
                               {3.5, 4.0},
                               {double(NAN), 0.0}}) {
    setElement(t, 0, given);
    EXPECT_EQ(element(t, 0), stored);
  }
}

} // namespace
