//===- ElfTest.cpp - the loader of CPU code -------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "TestArtifact.h"
#include "runtime/core/Support.h"
#include "runtime/cpu/ElfLoader.h"
#include <cstring>
#include <elf.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

using tercet::runtime::ElfImage;

namespace {

std::vector<uint8_t> kernels() {
  std::ifstream file(TERCET_TEST_KERNELS, std::ios::binary);
  return {std::istreambuf_iterator<char>(file),
          std::istreambuf_iterator<char>()};
}

std::string load(const std::vector<uint8_t> &code) {
  // Exactly as long as the code, so that a sanitizer sees a read past it.
  tercet::test::AlignedBytes bytes(code.data(), code.size());
  ElfImage image;
  const char *wrong = image.load(bytes.data(), bytes.size());
  return wrong ? wrong : "ok";
}

template <typename T, typename F>
std::vector<uint8_t> changed(size_t offset, F change) {
  std::vector<uint8_t> code = kernels();
  T value;
  memcpy(&value, code.data() + offset, sizeof value);
  change(value);
  memcpy(code.data() + offset, &value, sizeof value);
  return code;
}

/// The file offset of the first program header of a type.
size_t header(uint32_t type) {
  std::vector<uint8_t> code = kernels();
  Elf64_Ehdr e;
  memcpy(&e, code.data(), sizeof e);
  for (size_t i = 0; i < e.e_phnum; ++i) {
    Elf64_Phdr p;
    memcpy(&p, code.data() + e.e_phoff + i * sizeof p, sizeof p);
    if (p.p_type == type)
      return e.e_phoff + i * sizeof p;
  }
  ADD_FAILURE() << "no header of type " << type;
  return e.e_phoff;
}

/// The file offset of an entry of the dynamic section.
size_t dynamicEntry(int64_t tag) {
  std::vector<uint8_t> code = kernels();
  Elf64_Phdr p;
  memcpy(&p, code.data() + header(PT_DYNAMIC), sizeof p);
  for (size_t i = 0; i < p.p_filesz; i += sizeof(Elf64_Dyn)) {
    Elf64_Dyn d;
    memcpy(&d, code.data() + p.p_offset + i, sizeof d);
    if (d.d_tag == tag)
      return p.p_offset + i;
  }
  ADD_FAILURE() << "no dynamic entry " << tag;
  return p.p_offset;
}

TEST(Elf, LoadsAndFinds) {
  std::vector<uint8_t> code = kernels();
  ElfImage image;
  ASSERT_EQ(image.load(code.data(), code.size()), nullptr);
  EXPECT_NE(image.find("affine"), nullptr);
  EXPECT_NE(image.find("nothing"), nullptr);
  EXPECT_EQ(image.find("something"), nullptr);
  EXPECT_EQ(image.find("steps"), nullptr); // no function
}

TEST(Elf, SaysWhatItRefuses) {
  using Eh = Elf64_Ehdr;
  using Ph = Elf64_Phdr;
  using Dyn = Elf64_Dyn;
  EXPECT_EQ(load({}), "the code is too short for an ELF header");
  EXPECT_EQ(
      load(changed<Eh>(0, [](Eh &e) { e.e_ident[EI_CLASS] = ELFCLASS32; })),
      "the code is not a 64-bit little-endian ELF file");
  EXPECT_NE(load(changed<Eh>(0, [](Eh &e) { e.e_machine = EM_S390; }))
                .find("is for ELF machine 22"),
            std::string::npos);
  EXPECT_EQ(load(changed<Eh>(0, [](Eh &e) { e.e_type = ET_REL; })),
            "the code is not a shared object with 1 to 64 program headers");
  EXPECT_EQ(load(changed<Eh>(0, [](Eh &e) { e.e_phoff = 1ull << 60; })),
            "the program headers lie outside the code");
  size_t first = header(PT_LOAD);
  EXPECT_EQ(load(changed<Ph>(first,
                             [](Ph &p) { p.p_filesz = p.p_memsz = 1u << 30; })),
            "a segment lies outside the code");
  EXPECT_EQ(load(changed<Ph>(first, [](Ph &p) { p.p_memsz = 1ull << 40; })),
            "the code spans more than 4 GiB");
  EXPECT_EQ(
      load(changed<Ph>(first, [](Ph &p) { p.p_flags = PF_R | PF_W | PF_X; })),
      "a segment is both writable and executable");
  EXPECT_EQ(
      load(changed<Ph>(header(PT_DYNAMIC), [](Ph &p) { p.p_type = PT_TLS; })),
      "the code has thread-local variables, which kernels may not have");
  EXPECT_EQ(
      load(changed<Ph>(header(PT_DYNAMIC), [](Ph &p) { p.p_type = PT_NULL; })),
      "the code has no dynamic section");
  size_t size = dynamicEntry(DT_RELASZ), symbols = dynamicEntry(DT_SYMTAB);
  EXPECT_EQ(load(changed<Dyn>(size, [](Dyn &d) { d.d_tag = DT_NEEDED; })),
            "the code depends on a shared library");
  EXPECT_EQ(load(changed<Dyn>(size, [](Dyn &d) { d.d_tag = DT_INIT; })),
            "the code has initialisers, which kernels may not have");
  EXPECT_EQ(load(changed<Dyn>(size, [](Dyn &d) { d.d_un.d_val = 1u << 30; })),
            "the relocations lie outside the code");
  EXPECT_EQ(
      load(changed<Dyn>(symbols, [](Dyn &d) { d.d_un.d_ptr = 1ull << 60; })),
      "the symbol table lies outside the code");

  // A relocation and a symbol; the first segment starts at address 0.
  std::vector<uint8_t> code = kernels();
  Dyn rela, symtab;
  memcpy(&rela, code.data() + dynamicEntry(DT_RELA), sizeof rela);
  memcpy(&symtab, code.data() + symbols, sizeof symtab);
  EXPECT_EQ(
      load(changed<Elf64_Rela>(rela.d_un.d_ptr,
                               [](Elf64_Rela &r) { r.r_info = 6; })),
      "the code has a relocation of type 6; only relative ones are allowed");
  EXPECT_EQ(
      load(changed<Elf64_Rela>(rela.d_un.d_ptr,
                               [](Elf64_Rela &r) { r.r_offset = 1ull << 50; })),
      "a relocation lies outside the code");
  std::string undefined =
      load(changed<Elf64_Sym>(symtab.d_un.d_ptr + sizeof(Elf64_Sym),
                              [](Elf64_Sym &s) { s.st_shndx = SHN_UNDEF; }));
  EXPECT_EQ(undefined.rfind("the code needs the symbol ", 0), 0u) << undefined;
  EXPECT_NE(undefined.find(", and kernels may call nothing outside"),
            std::string::npos);
}

// The loader reads only what it has checked: no change of a byte crashes it.
// (Such code is never run: an artifact's digest guards it.)
TEST(Elf, NoDamageCrashesTheLoader) {
  std::vector<uint8_t> code = kernels();
  for (size_t i = 0; i < code.size(); ++i)
    for (uint8_t change : {0x01, 0x10, 0x80, 0xff}) {
      code[i] ^= change;
      load(code);
      code[i] ^= change;
    }
  for (size_t i = 0; i < code.size(); i += 7)
    load(std::vector<uint8_t>(code.begin(),
                              code.begin() + static_cast<long>(i)));
}

} // namespace
