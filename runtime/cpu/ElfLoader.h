//===- ElfLoader.h - maps the code of a CPU target --------------*- C++ -*-===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Loads a 64-bit ELF shared object from memory: no dependencies, no undefined
// symbols, no initialisers, no thread-local storage, only relative relocations.
// What it would need beyond that is refused with a sentence. No page is ever
// both writable and executable.
//
//===----------------------------------------------------------------------===//
#ifndef TERCET_RUNTIME_CPU_ELFLOADER_H
#define TERCET_RUNTIME_CPU_ELFLOADER_H

#include <cstddef>
#include <cstdint>

namespace tercet::runtime {

class ElfImage {
public:
  ElfImage() = default;
  ElfImage(const ElfImage &) = delete;
  ElfImage &operator=(const ElfImage &) = delete;
  ~ElfImage();

  /// Null, or what is wrong (a string of its own).
  const char *load(const void *data, size_t size);
  /// The address of an exported function, or null.
  void *find(const char *symbol) const;

private:
  struct Tables;
  const char *map(const uint8_t *file, size_t size);
  const char *dynamic(Tables &tables);
  const char *relocate(const Tables &tables);
  const char *checkSymbols(const Tables &tables);
  const char *keepSymbols();
  const char *protect(const uint8_t *file);
  /// An address inside the image that holds `bytes` more, or null.
  uint8_t *at(uint64_t address, uint64_t bytes) const;

  uint8_t *base = nullptr; // of address 0
  size_t span = 0;
  uint64_t dynamicAddress = 0, dynamicSize = 0;
  uint64_t symbols = 0, symbolCount = 0, strings = 0, stringsSize = 0;
  // The checked symbol and string tables: relocations may write over those of the
  // image, and they need not lie in pages that stay readable.
  uint8_t *kept = nullptr;
  char message[224];
};

} // namespace tercet::runtime

#endif
