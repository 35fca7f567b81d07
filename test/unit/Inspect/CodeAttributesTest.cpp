//===- CodeAttributesTest.cpp - cubins and code objects, whole and damaged ===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/inspect/KernelReport.h"
#include <gtest/gtest.h>

using namespace tercet::tools;

namespace {
/// Writes an ELF file: sections by name, with the symbols "k" and "other".
class Writer {
public:
  explicit Writer(uint16_t machine) : machine(machine) { add("", 0, ""); }
  void add(const std::string &name, uint32_t type, const std::string &bytes,
           uint64_t size = 0) {
    sections.push_back({name, type, bytes, size ? size : bytes.size()});
  }
  std::string done() {
    std::string strings("\0k\0other\0", 9), symbols(24, '\0');
    symbols += symbol(1, 640) + symbol(3, 8);
    uint32_t link = uint32_t(sections.size()) + 1;
    add(".symtab", 2, symbols);
    add(".strtab", 3, strings);
    std::string names;
    add(".shstrtab", 3, "");
    for (Section &s : sections)
      names += s.name + '\0';
    sections.back().bytes = names;
    sections.back().size = names.size();
    std::string body, table;
    uint32_t nameAt = 0;
    for (Section &s : sections) {
      table += number(nameAt, 4) + number(s.type, 4) + number(0, 16) +
               number(64 + body.size(), 8) + number(s.size, 8) +
               number(s.type == 2 ? link : 0, 4) + number(0, 4) + number(1, 8) +
               number(24, 8);
      nameAt += uint32_t(s.name.size()) + 1;
      if (s.type != 8)
        body += s.bytes;
    }
    std::string head("\x7f"
                     "ELF\2\1\1",
                     7);
    head += number(0, 9) + number(2, 2) + number(machine, 2) + number(1, 4) +
            number(0, 16) + number(64 + body.size(), 8) + number(0, 4) +
            number(64, 2) + number(0, 4) + number(64, 2) +
            number(sections.size(), 2) + number(sections.size() - 1, 2);
    return head + body + table;
  }
  static std::string number(uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i)
      text += char(i < 8 ? value >> (8 * i) : 0);
    return text;
  }

private:
  static std::string symbol(uint32_t name, uint64_t size) {
    return number(name, 4) + number(2, 1) + number(0, 11) + number(size, 8);
  }
  struct Section {
    std::string name;
    uint32_t type;
    std::string bytes;
    uint64_t size;
  };
  uint16_t machine;
  std::vector<Section> sections;
};
} // namespace

static Bytes bytesOf(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}
static std::vector<KernelReport> kernels() {
  KernelReport kernel;
  kernel.name = "k";
  return {kernel};
}

static std::string cubin(bool reserved) {
  auto n = Writer::number;
  Writer writer(190);
  // Of "other" (symbol 2), then of "k" (symbol 1), with attributes without a
  // value between them.
  writer.add(".nv.info", 0x70000000,
             n(0x2f04, 2) + n(8, 2) + n(2, 4) + n(200, 4) + n(0x5f03, 2) +
                 n(7, 2) + n(0x2f04, 2) + n(8, 2) + n(1, 4) + n(52, 4) +
                 n(0x1704, 2) + n(4, 2) + n(1, 4) + n(0x1104, 2) + n(8, 2) +
                 n(1, 4) + n(304, 4));
  writer.add(".text.k", 1, std::string(640, 'x'));
  if (reserved)
    writer.add(".nv.shared.reserved.0", 8, "", 64);
  writer.add(".nv.shared.k", 8, "", 5120);
  return writer.done();
}

TEST(CodeAttributes, Cubin) {
  for (bool reserved : {false, true}) {
    std::vector<KernelReport> read = kernels();
    std::string file = cubin(reserved);
    ASSERT_EQ(readCubin(bytesOf(file), read), nullptr);
    EXPECT_EQ(read[0].registers, 52u);
    EXPECT_EQ(read[0].stackBytes, 304u);
    EXPECT_EQ(read[0].sharedBytes, reserved ? 4096u : 5120u);
    EXPECT_EQ(read[0].codeBytes, 640u);
  }
}

static std::string pack(const std::string &text) {
  return char(0xa0 + text.size()) + text;
}

static std::string codeObject() {
  auto n = Writer::number;
  std::string kernel =
      std::string("\x89", 1) + pack(".name") + pack("k") + pack(".vgpr_count") +
      std::string("\xcd\x01\x02", 3) + // 258
      pack(".agpr_count") + '\x10' + pack(".sgpr_count") +
      std::string("\xcc\x60", 2) + pack(".vgpr_spill_count") + '\x03' +
      pack(".sgpr_spill_count") + '\x02' + pack(".group_segment_fixed_size") +
      std::string("\xce\x00\x01\x00\x00", 5) + pack(".args") +
      std::string("\x91\x81", 2) + pack("x") +
      std::string("\xcb\0\0\0\0\0\0\0\0", 9) + std::string("\xd9\x1b", 2) +
      ".private_segment_fixed_size" + '\x40';
  std::string note = std::string("\x82", 1) + pack("amdhsa.version") +
                     std::string("\x92\x01\x02", 3) + pack("amdhsa.kernels") +
                     std::string("\xdc\x00\x01", 3) + kernel;
  std::string padded = note + std::string((4 - note.size() % 4) % 4, '\0');
  Writer writer(224);
  writer.add(".note", 7,
             n(4, 4) + n(4, 4) + n(1, 4) + "XYZ" + '\0' + "0123" + n(7, 4) +
                 n(note.size(), 4) + n(32, 4) + "AMDGPU" + n(0, 2) + padded);
  writer.add(".text", 1, std::string(640, 'x'));
  return writer.done();
}

TEST(CodeAttributes, CodeObject) {
  std::vector<KernelReport> read = kernels();
  std::string file = codeObject();
  ASSERT_EQ(readCodeObject(bytesOf(file), read), nullptr);
  EXPECT_EQ(read[0].registers, 258u);
  EXPECT_EQ(read[0].accumulators, 16u);
  EXPECT_EQ(read[0].scalars, 96u);
  EXPECT_EQ(read[0].spilledRegisters, 5u);
  EXPECT_EQ(read[0].sharedBytes, 65536u);
  EXPECT_EQ(read[0].stackBytes, 64u);
  EXPECT_EQ(read[0].codeBytes, 640u);
}

// Every truncation and every byte changed: an answer or a sentence. Copies of
// the exact size, so that a sanitizer sees reading beyond the end.
TEST(CodeAttributes, Damage) {
  for (bool amd : {false, true}) {
    std::string file = amd ? codeObject() : cubin(true);
    auto read = [&](const std::string &text) {
      std::vector<uint8_t> exact(text.begin(), text.end());
      std::vector<KernelReport> found = kernels();
      Bytes bytes{exact.data(), exact.size()};
      const char *wrong =
          amd ? readCodeObject(bytes, found) : readCubin(bytes, found);
      return wrong ? std::string(wrong) : "";
    };
    EXPECT_EQ(read(file), "");
    for (size_t n = 0; n < file.size(); ++n)
      EXPECT_NE(read(file.substr(0, n)), "") << n;
    for (size_t at = 0; at < file.size(); ++at)
      for (char value : {'\x00', '\x7f', '\xdd', '\xff'}) {
        std::string damaged = file;
        damaged[at] = value;
        read(damaged);
      }
    EXPECT_EQ(read(std::string(200, 'x')),
              "it is not a 64-bit little-endian ELF file");
  }
  std::string other = codeObject();
  std::vector<KernelReport> none = kernels();
  EXPECT_STREQ(readCubin(bytesOf(other), none), "it is not code for NVIDIA");
  EXPECT_FALSE(none[0].registers.has_value());
}
