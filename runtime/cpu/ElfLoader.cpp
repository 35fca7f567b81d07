//===- ElfLoader.cpp ------------------------------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "runtime/cpu/ElfLoader.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef DT_RELR
#define DT_RELRSZ 35
#define DT_RELR 36
#define DT_RELRENT 37
#endif
#ifndef EM_RISCV
#define EM_RISCV 243
#endif

namespace tercet::runtime {

#if defined(__x86_64__)
constexpr uint16_t kMachine = EM_X86_64;
constexpr uint32_t kRelative = 8; // R_X86_64_RELATIVE
#elif defined(__aarch64__)
constexpr uint16_t kMachine = EM_AARCH64;
constexpr uint32_t kRelative = 1027; // R_AARCH64_RELATIVE
#elif defined(__riscv) && __riscv_xlen == 64
constexpr uint16_t kMachine = EM_RISCV;
constexpr uint32_t kRelative = 3; // R_RISCV_RELATIVE
#else
constexpr uint16_t kMachine = EM_NONE; // no code of this host's loads
constexpr uint32_t kRelative = ~0u;
#endif

constexpr uint64_t kMaxSpan = uint64_t(1) << 32;
constexpr uint16_t kMaxHeaders = 64;

struct ElfImage::Tables {
  uint64_t rela = 0, relaSize = 0, relr = 0, relrSize = 0;
  uint64_t hash = 0, gnuHash = 0;
};

ElfImage::~ElfImage() {
  free(kept);
  if (base)
    munmap(base, span);
}

uint8_t *ElfImage::at(uint64_t address, uint64_t bytes) const {
  return address <= span && bytes <= span - address ? base + address : nullptr;
}

/// Checks the headers and copies the segments to their places, all writable.
const char *ElfImage::map(const uint8_t *file, size_t size) {
  Elf64_Ehdr h;
  if (size < sizeof h)
    return "the code is too short for an ELF header";
  memcpy(&h, file, sizeof h);
  if (memcmp(h.e_ident, ELFMAG, SELFMAG) != 0 ||
      h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != ELFDATA2LSB ||
      h.e_ident[EI_VERSION] != EV_CURRENT)
    return "the code is not a 64-bit little-endian ELF file";
  if (h.e_machine != kMachine) {
    snprintf(message, sizeof message,
             "the code is for ELF machine %u and this host is %u", h.e_machine,
             kMachine);
    return message;
  }
  if (h.e_type != ET_DYN || h.e_phentsize != sizeof(Elf64_Phdr) ||
      h.e_phnum == 0 || h.e_phnum > kMaxHeaders)
    return "the code is not a shared object with 1 to 64 program headers";
  if (h.e_phoff > size || size - h.e_phoff < h.e_phnum * sizeof(Elf64_Phdr))
    return "the program headers lie outside the code";

  uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE)), end = 0;
  Elf64_Phdr p;
  for (int pass = 0; pass < 2; ++pass) {
    uint64_t last = 0;
    for (uint16_t i = 0; i < h.e_phnum; ++i) {
      memcpy(&p, file + h.e_phoff + i * sizeof p, sizeof p);
      if (p.p_type == PT_DYNAMIC) {
        dynamicAddress = p.p_vaddr;
        dynamicSize = p.p_memsz;
      }
      if (p.p_type == PT_TLS)
        return "the code has thread-local variables, which kernels may not "
               "have";
      if (p.p_type == PT_INTERP)
        return "the code is a program, not a library of kernels";
      if (p.p_type != PT_LOAD)
        continue;
      if (pass == 1) {
        if (p.p_filesz)
          memcpy(base + p.p_vaddr, file + p.p_offset, p.p_filesz);
        continue;
      }
      if (p.p_offset > size || p.p_filesz > size - p.p_offset ||
          p.p_filesz > p.p_memsz)
        return "a segment lies outside the code";
      if (p.p_vaddr > kMaxSpan || p.p_memsz > kMaxSpan - p.p_vaddr)
        return "the code spans more than 4 GiB";
      // Pages are protected as a whole, so segments may not share one.
      if (p.p_vaddr / page * page < last)
        return "two segments share a page or are out of order: link with a "
               "larger page size";
      if ((p.p_flags & PF_W) && (p.p_flags & PF_X))
        return "a segment is both writable and executable";
      if (p.p_align > page && p.p_align > 65536)
        return "a segment wants an alignment above 64 KiB";
      last = (p.p_vaddr + p.p_memsz + page - 1) / page * page;
      end = last;
    }
    if (pass == 0) {
      if (end == 0)
        return "the code has no segment to load";
      void *memory = mmap(nullptr, end, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (memory == MAP_FAILED)
        return "there is no memory for the code";
      base = static_cast<uint8_t *>(memory);
      span = end;
    }
  }
  return nullptr;
}

const char *ElfImage::dynamic(Tables &tables) {
  const uint8_t *entries = at(dynamicAddress, dynamicSize);
  if (dynamicSize == 0 || !entries)
    return "the code has no dynamic section";
  uint64_t symbolSize = sizeof(Elf64_Sym), relaEntry = sizeof(Elf64_Rela),
           relrEntry = 8, pltSize = 0;
  for (uint64_t i = 0; i + sizeof(Elf64_Dyn) <= dynamicSize;
       i += sizeof(Elf64_Dyn)) {
    Elf64_Dyn d;
    memcpy(&d, entries + i, sizeof d);
    if (d.d_tag == DT_NULL)
      break;
    switch (d.d_tag) {
    case DT_NEEDED:
      return "the code depends on a shared library";
    case DT_INIT:
    case DT_FINI:
    case DT_INIT_ARRAY:
    case DT_FINI_ARRAY:
    case DT_PREINIT_ARRAY:
      return "the code has initialisers, which kernels may not have";
    case DT_TEXTREL:
      return "the code relocates its instructions";
    case DT_REL:
      return "the code has relocations without addends";
    case DT_PLTRELSZ:
      pltSize = d.d_un.d_val;
      break;
    case DT_SYMTAB:
      symbols = d.d_un.d_ptr;
      break;
    case DT_SYMENT:
      symbolSize = d.d_un.d_val;
      break;
    case DT_STRTAB:
      strings = d.d_un.d_ptr;
      break;
    case DT_STRSZ:
      stringsSize = d.d_un.d_val;
      break;
    case DT_HASH:
      tables.hash = d.d_un.d_ptr;
      break;
    case DT_GNU_HASH:
      tables.gnuHash = d.d_un.d_ptr;
      break;
    case DT_RELA:
      tables.rela = d.d_un.d_ptr;
      break;
    case DT_RELASZ:
      tables.relaSize = d.d_un.d_val;
      break;
    case DT_RELAENT:
      relaEntry = d.d_un.d_val;
      break;
    case DT_RELR:
      tables.relr = d.d_un.d_ptr;
      break;
    case DT_RELRSZ:
      tables.relrSize = d.d_un.d_val;
      break;
    case DT_RELRENT:
      relrEntry = d.d_un.d_val;
      break;
    default:
      break;
    }
  }
  if (symbolSize != sizeof(Elf64_Sym) || relaEntry != sizeof(Elf64_Rela) ||
      relrEntry != 8)
    return "the code's tables have entries of an unknown size";
  if (pltSize)
    return "the code calls through a linkage table";
  return nullptr;
}

/// Counts the dynamic symbols by either hash table and refuses undefined ones.
const char *ElfImage::checkSymbols(const Tables &tables) {
  uint32_t word;
  auto read = [&](uint64_t address) {
    const uint8_t *p = at(address, 4);
    if (!p)
      return false;
    memcpy(&word, p, 4);
    return true;
  };
  if (tables.hash) {
    if (!read(tables.hash + 4))
      return "the symbol hash table lies outside the code";
    symbolCount = word;
  } else if (tables.gnuHash) {
    uint32_t header[4];
    const uint8_t *p = at(tables.gnuHash, sizeof header);
    if (!p)
      return "the symbol hash table lies outside the code";
    memcpy(header, p,
           sizeof header); // buckets, first symbol, bloom words, shift
    uint64_t buckets = tables.gnuHash + 16 + uint64_t(header[2]) * 8,
             chains = buckets + uint64_t(header[0]) * 4;
    uint32_t last = 0;
    for (uint32_t i = 0; i < header[0]; ++i) {
      if (!read(buckets + uint64_t(i) * 4))
        return "the symbol hash table lies outside the code";
      last = word > last ? word : last;
    }
    if (last < header[1]) {
      symbolCount = header[1];
    } else {
      do {
        if (!read(chains + uint64_t(last - header[1]) * 4))
          return "the symbol hash table lies outside the code";
        ++last;
      } while (!(word & 1));
      symbolCount = last;
    }
  } else {
    return "the code has no symbol hash table";
  }
  if (symbolCount > span / sizeof(Elf64_Sym) ||
      !at(symbols, symbolCount * sizeof(Elf64_Sym)) ||
      !at(strings, stringsSize) || stringsSize == 0 ||
      base[strings + stringsSize - 1] != 0)
    return "the symbol table lies outside the code";
  for (uint64_t i = 1; i < symbolCount; ++i) {
    Elf64_Sym s;
    memcpy(&s, base + symbols + i * sizeof s, sizeof s);
    if (s.st_name >= stringsSize)
      return "a symbol's name lies outside the code";
    if (s.st_shndx == SHN_UNDEF) {
      snprintf(message, sizeof message,
               "the code needs the symbol %.100s, and kernels may call nothing "
               "outside",
               reinterpret_cast<const char *>(base + strings + s.st_name));
      return message;
    }
  }
  return nullptr;
}

const char *ElfImage::keepSymbols() {
  size_t symbolBytes = symbolCount * sizeof(Elf64_Sym);
  kept = static_cast<uint8_t *>(malloc(symbolBytes + stringsSize));
  if (!kept)
    return "there is no memory for the code's symbols";
  memcpy(kept, base + symbols, symbolBytes);
  memcpy(kept + symbolBytes, base + strings, stringsSize);
  return nullptr;
}

const char *ElfImage::relocate(const Tables &tables) {
  auto bias = reinterpret_cast<uintptr_t>(base);
  if (!at(tables.rela, tables.relaSize) || !at(tables.relr, tables.relrSize))
    return "the relocations lie outside the code";
  for (uint64_t i = 0; i + sizeof(Elf64_Rela) <= tables.relaSize;
       i += sizeof(Elf64_Rela)) {
    Elf64_Rela r;
    memcpy(&r, base + tables.rela + i, sizeof r);
    if (ELF64_R_TYPE(r.r_info) != kRelative) {
      snprintf(message, sizeof message,
               "the code has a relocation of type %u; only relative ones are "
               "allowed",
               static_cast<unsigned>(ELF64_R_TYPE(r.r_info)));
      return message;
    }
    uint8_t *place = at(r.r_offset, 8);
    if (!place)
      return "a relocation lies outside the code";
    uint64_t value = bias + static_cast<uint64_t>(r.r_addend);
    memcpy(place, &value, 8);
  }
  // RELR: an even word is an address, an odd one a bitmap of the 63 words
  // after.
  uint64_t next = 0;
  auto shift = [&](uint64_t address) {
    uint8_t *place = at(address, 8);
    if (!place)
      return false;
    uint64_t value;
    memcpy(&value, place, 8);
    value += bias;
    memcpy(place, &value, 8);
    return true;
  };
  for (uint64_t i = 0; i + 8 <= tables.relrSize; i += 8) {
    uint64_t entry;
    memcpy(&entry, base + tables.relr + i, 8);
    if (!(entry & 1)) {
      if (!shift(entry))
        return "a relocation lies outside the code";
      next = entry + 8;
      continue;
    }
    for (unsigned bit = 1; bit < 64; ++bit)
      if ((entry >> bit & 1) && !shift(next + (bit - 1) * 8))
        return "a relocation lies outside the code";
    next += 63 * 8;
  }
  return nullptr;
}

const char *ElfImage::protect(const uint8_t *file) {
  Elf64_Ehdr h;
  memcpy(&h, file, sizeof h);
  uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  // Holes between segments first, then each segment's own rights.
  if (mprotect(base, span, PROT_NONE) != 0)
    return "the operating system refuses to protect the code";
  for (uint16_t i = 0; i < h.e_phnum; ++i) {
    Elf64_Phdr p;
    memcpy(&p, file + h.e_phoff + i * sizeof p, sizeof p);
    if (p.p_type != PT_LOAD || p.p_memsz == 0)
      continue;
    uint64_t begin = p.p_vaddr / page * page,
             end = (p.p_vaddr + p.p_memsz + page - 1) / page * page;
    int rights = PROT_READ | (p.p_flags & PF_W ? PROT_WRITE : 0) |
                 (p.p_flags & PF_X ? PROT_EXEC : 0);
    if (p.p_flags & PF_X)
      __builtin___clear_cache(reinterpret_cast<char *>(base + begin),
                              reinterpret_cast<char *>(base + end));
    if (mprotect(base + begin, end - begin, rights) != 0)
      return "the operating system refuses executable memory";
  }
  return nullptr;
}

const char *ElfImage::load(const void *data, size_t size) {
  auto *file = static_cast<const uint8_t *>(data);
  Tables tables;
  const char *wrong = map(file, size);
  if (!wrong)
    wrong = dynamic(tables);
  if (!wrong)
    wrong = checkSymbols(tables);
  if (!wrong)
    wrong = keepSymbols();
  if (!wrong)
    wrong = relocate(tables);
  return wrong ? wrong : protect(file);
}

void *ElfImage::find(const char *symbol) const {
  auto *names = reinterpret_cast<const char *>(kept) +
                symbolCount * sizeof(Elf64_Sym);
  for (uint64_t i = 1; kept && i < symbolCount; ++i) {
    Elf64_Sym s;
    memcpy(&s, kept + i * sizeof s, sizeof s);
    if (ELF64_ST_TYPE(s.st_info) == STT_FUNC && s.st_value < span &&
        strcmp(names + s.st_name, symbol) == 0)
      return base + s.st_value;
  }
  return nullptr;
}

} // namespace tercet::runtime
