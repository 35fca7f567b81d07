//===- Elf.h - reads 64-bit little-endian ELF files -------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What the report of kernels needs of cubins, code objects and shared objects:
// sections and symbols. Every access is checked; a damaged file gives a
// sentence.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_TOOLS_INSPECT_ELF_H
#define TERCET_TOOLS_INSPECT_ELF_H

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace tercet::tools {

/// A range of bytes that checks what is read from it.
struct Bytes {
  const uint8_t *data = nullptr;
  size_t size = 0;

  bool has(uint64_t offset, uint64_t bytes) const {
    return offset <= size && bytes <= size - offset;
  }
  /// An integer of sizeof(T) bytes, 0 outside of the range.
  template <typename T> T get(uint64_t offset) const {
    T value = 0;
    if (has(offset, sizeof value))
      memcpy(&value, data + offset, sizeof value);
    return value;
  }
  /// Empty where it is not inside.
  Bytes slice(uint64_t offset, uint64_t bytes) const {
    return has(offset, bytes) ? Bytes{data + offset, size_t(bytes)} : Bytes();
  }
  /// The text up to the next zero byte or the end.
  std::string text(uint64_t offset) const {
    return offset < size
               ? std::string(
                     reinterpret_cast<const char *>(data) + offset,
                     strnlen(reinterpret_cast<const char *>(data) + offset,
                             size - size_t(offset)))
               : "";
  }
};

struct ElfSection {
  std::string name;
  uint32_t type = 0, link = 0, info = 0;
  uint64_t align = 0;
  uint64_t size = 0; // in memory, which a section without bytes has too
  Bytes bytes;
};

struct ElfSymbol {
  std::string name;
  uint64_t size = 0;
  bool function = false;
};

struct ElfFile {
  uint16_t machine = 0;
  std::vector<ElfSection> sections;
  std::vector<ElfSymbol> symbols; // of .symtab, else of .dynsym; by number

  /// Null, or what is wrong.
  const char *read(Bytes file);
  const ElfSection *find(const std::string &name) const;
  /// A function's size in bytes; 0 where there is none of that name.
  uint64_t codeSize(const std::string &function) const;
};

constexpr uint16_t kMachineX86 = 62, kMachineAArch64 = 183, kMachineCuda = 190,
                   kMachineAMDGPU = 224, kMachineRISCV = 243;
constexpr uint32_t kSectionSymbols = 2, kSectionNote = 7, kSectionNoBytes = 8,
                   kSectionDynamicSymbols = 11;

} // namespace tercet::tools

#endif
