//===- Elf.cpp - reads 64-bit little-endian ELF files ---------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "tools/inspect/Elf.h"

using namespace tercet::tools;

static constexpr size_t kHeaderBytes = 64, kSectionBytes = 64,
                        kSymbolBytes = 24;
static constexpr uint8_t kFunction = 2;

const char *ElfFile::read(Bytes file) {
  if (!file.has(0, kHeaderBytes) || memcmp(file.data,
                                           "\x7f"
                                           "ELF\2\1",
                                           6) != 0)
    return "it is not a 64-bit little-endian ELF file";
  machine = file.get<uint16_t>(18);
  uint64_t table = file.get<uint64_t>(40);
  uint16_t count = file.get<uint16_t>(60), names = file.get<uint16_t>(62);
  if (file.get<uint16_t>(58) != kSectionBytes ||
      !file.has(table, uint64_t(count) * kSectionBytes))
    return "its section table is not inside of it";
  std::vector<uint32_t> nameAt;
  for (uint16_t i = 0; i < count; ++i) {
    Bytes entry = file.slice(table + i * kSectionBytes, kSectionBytes);
    ElfSection section;
    nameAt.push_back(entry.get<uint32_t>(0));
    section.type = entry.get<uint32_t>(4);
    section.size = entry.get<uint64_t>(32);
    section.link = entry.get<uint32_t>(40);
    section.info = entry.get<uint32_t>(44);
    section.align = entry.get<uint64_t>(48);
    uint64_t offset = entry.get<uint64_t>(24);
    if (section.type != kSectionNoBytes) {
      if (!file.has(offset, section.size))
        return "a section is not inside of it";
      section.bytes = file.slice(offset, section.size);
    }
    sections.push_back(section);
  }
  const ElfSection *table_ = nullptr;
  for (size_t i = 0; i < sections.size(); ++i) {
    if (names < sections.size())
      sections[i].name = sections[names].bytes.text(nameAt[i]);
    if (sections[i].type == kSectionSymbols ||
        (sections[i].type == kSectionDynamicSymbols && !table_))
      table_ = &sections[i];
  }
  if (!table_)
    return nullptr;
  Bytes strings =
      table_->link < sections.size() ? sections[table_->link].bytes : Bytes();
  for (size_t at = 0; table_->bytes.has(at, kSymbolBytes); at += kSymbolBytes) {
    Bytes entry = table_->bytes.slice(at, kSymbolBytes);
    symbols.push_back({strings.text(entry.get<uint32_t>(0)),
                       entry.get<uint64_t>(16),
                       (entry.get<uint8_t>(4) & 15) == kFunction});
  }
  return nullptr;
}

const ElfSection *ElfFile::find(const std::string &name) const {
  for (const ElfSection &section : sections)
    if (section.name == name)
      return &section;
  return nullptr;
}

uint64_t ElfFile::codeSize(const std::string &function) const {
  for (const ElfSymbol &symbol : symbols)
    if (symbol.function && symbol.name == function)
      return symbol.size;
  return 0;
}
