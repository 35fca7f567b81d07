//===- Code.cpp - loading a code object -----------------------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Code.h"
#include "Disassembler.h"
#include <algorithm>
#include <cstring>
#include <elf.h>

using namespace tercet::emu;
using namespace tercet::emu::amdgpu;

namespace {
/// Reads structures of the file without believing its offsets.
struct File {
  const char *data;
  size_t size;
  const char *at(uint64_t offset, uint64_t bytes) const {
    if (offset > size || bytes > size - offset)
      fail("the code object ends before what its headers promise");
    return data + offset;
  }
  template <class T> T read(uint64_t offset) const {
    T x;
    memcpy(&x, at(offset, sizeof x), sizeof x);
    return x;
  }
};

using Symbol = Function;
} // namespace

const Kernel *Code::findKernel(const std::string &name) const {
  for (const Kernel &k : kernels)
    if (k.name == name)
      return &k;
  return nullptr;
}

std::string Code::placeOf(const Inst &i, const Kernel &k) const {
  char offset[32];
  const Function *function = nullptr;
  for (const Function &f : functions)
    if (i.address >= f.address && i.address < f.address + f.size)
      function = &f;
  bool own = !function || function->address == k.start;
  snprintf(offset, sizeof offset, "0x%llx",
           static_cast<unsigned long long>(
               i.address - (own ? k.start : function->address)));
  return own ? offset : function->name + "+" + offset;
}

uint32_t Code::at(uint64_t address) const {
  auto it = indexOf.find(address);
  if (it == indexOf.end())
    fail("jumps to 0x%llx, where no instruction begins",
         static_cast<unsigned long long>(address));
  return it->second;
}

static void loadSegments(const File &f, const Elf64_Ehdr &header,
                         std::vector<char> &image) {
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    auto p = f.read<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr));
    if (p.p_type != PT_LOAD)
      continue;
    if (p.p_memsz > (1u << 30) || p.p_vaddr > (1u << 30) ||
        p.p_filesz > p.p_memsz)
      fail("the code object has a segment that does not fit");
    image.resize(std::max<size_t>(image.size(), p.p_vaddr + p.p_memsz));
    if (p.p_filesz)
      memcpy(image.data() + p.p_vaddr, f.at(p.p_offset, p.p_filesz),
             p.p_filesz);
  }
}

/// The relocations that a linked code object may still have.
static void relocate(const File &f, const Elf64_Shdr &section, Code &code) {
  constexpr uint32_t kRelative64 = 13; // R_AMDGPU_RELATIVE64
  for (uint64_t i = 0; i + sizeof(Elf64_Rela) <= section.sh_size;
       i += sizeof(Elf64_Rela)) {
    auto r = f.read<Elf64_Rela>(section.sh_offset + i);
    if (ELF64_R_TYPE(r.r_info) != kRelative64)
      fail("the code object has a relocation of type %u, which the emulator "
           "does not know",
           static_cast<unsigned>(ELF64_R_TYPE(r.r_info)));
    if (r.r_offset > code.image.size() || code.image.size() - r.r_offset < 8)
      fail("the code object has a relocation outside of its segments");
    code.relocations.push_back({r.r_offset, static_cast<uint64_t>(r.r_addend)});
  }
}

static std::string readName(const File &f, const Elf64_Shdr &strings,
                            uint32_t offset) {
  std::string name;
  if (offset < strings.sh_size)
    for (uint64_t at = strings.sh_offset + offset;; ++at) {
      char c = *f.at(at, 1);
      if (!c)
        break;
      name += c;
    }
  return name;
}

static Kernel readDescriptor(const std::vector<char> &image,
                             const Symbol &symbol, Chip chip) {
  if (symbol.address > image.size() || image.size() - symbol.address < 64)
    fail("kernel descriptor '%s' lies outside of the code object",
         symbol.name.c_str());
  const char *d = image.data() + symbol.address;
  auto word = [&](unsigned at) {
    uint32_t x;
    memcpy(&x, d + at, 4);
    return x;
  };
  Kernel k;
  k.name = symbol.name.substr(0, symbol.name.size() - 3);
  k.sharedBytes = word(0);
  k.scratchBytes = word(4);
  k.kernargBytes = word(8);
  int64_t entry;
  memcpy(&entry, d + 16, 8);
  k.start = static_cast<uint32_t>(symbol.address + entry);
  k.rsrc3 = word(44);
  k.rsrc1 = word(48);
  k.rsrc2 = word(52);
  k.properties = static_cast<uint16_t>(word(56));
  k.preload = static_cast<uint16_t>(word(56) >> 16);
  unsigned granules = (k.rsrc1 & 63) + 1;
  bool wave32 = k.properties >> 10 & 1;
  if (chip == Chip::Gfx942) {
    unsigned all = granules * 8;
    k.vectors = std::min(all, ((k.rsrc3 & 63) + 1) * 4);
    k.accumulators = all - k.vectors;
  } else {
    k.vectors = granules * (wave32 ? 8 : 4);
    if (!wave32)
      fail("kernel '%s' is of waves of 64 lanes, which the emulator does not "
           "know on this chip",
           k.name.c_str());
  }
  return k;
}

/// Notes registers in use; those that a kernel has not allocated are a fault.
static void checkRegisters(Code &code, const Inst &i, const Kernel *kernel) {
  if (i.pair) { // a dual instruction, or the first half of one
    checkRegisters(code, *i.pair, kernel);
  }
  const Operand *operands[] = {&i.dst,    &i.dst2,   &i.src[0],
                               &i.src[1], &i.src[2], &i.src[3]};
  for (const Operand *o : operands) {
    if (o->kind != Operand::Vector)
      continue;
    unsigned end = o->index + o->count;
    code.vectors = std::max(code.vectors, end);
    bool accumulator = o->index >= kFirstAccumulator;
    if (kernel && end > (accumulator ? kFirstAccumulator + kernel->accumulators
                                     : kernel->vectors))
      fail("kernel '%s' uses more vector registers than it allocates: '%s'",
           kernel->name.c_str(), i.text.c_str());
  }
}

static void decodeFunction(Code &code, Disassembler &disassembler,
                           const Symbol &f) {
  if (f.address > code.image.size() || f.size > code.image.size() - f.address ||
      f.address & 3)
    fail("function '%s' lies outside of the code object", f.name.c_str());
  for (uint64_t at = f.address; at < f.address + f.size;) {
    Inst i;
    i.address = static_cast<uint32_t>(at);
    std::string text;
    i.size = disassembler.print(code.image.data() + at, f.address + f.size - at,
                                at, text);
    memcpy(&i.word, code.image.data() + at, 4);
    code.decoder.decode(text, i);
    code.indexOf[at] = static_cast<uint32_t>(code.insts.size());
    at += i.size;
    code.insts.push_back(std::move(i));
  }
  // What a kernel without s_endpgm runs into.
  Inst end;
  end.address = static_cast<uint32_t>(f.address + f.size);
  end.size = 4;
  end.name = "end";
  end.text = "end of " + f.name;
  end.run = [](Wave &, const Inst &) {
    fail("runs on after the end of its code");
  };
  code.insts.push_back(std::move(end));
}

std::unique_ptr<Code> amdgpu::loadCode(Chip chip, const void *data,
                                       size_t size) {
  File f{static_cast<const char *>(data), size};
  auto header = f.read<Elf64_Ehdr>(0);
  if (memcmp(header.e_ident, ELFMAG, SELFMAG) ||
      header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != 224)
    fail("the code object is not an ELF file of AMDGPU");
  unsigned machine = header.e_flags & 0xff;
  if (machine != (chip == Chip::Gfx942 ? 0x4c : 0x41))
    fail("the code object is for another chip (0x%x)", machine);
  auto code = std::make_unique<Code>(chip);
  loadSegments(f, header, code->image);
  std::vector<Elf64_Shdr> sections;
  for (unsigned i = 0; i < header.e_shnum; ++i)
    sections.push_back(
        f.read<Elf64_Shdr>(header.e_shoff + i * sizeof(Elf64_Shdr)));
  std::vector<Symbol> descriptors;
  for (const Elf64_Shdr &s : sections) {
    if (s.sh_type == SHT_RELA && s.sh_flags & SHF_ALLOC)
      relocate(f, s, *code);
    if (s.sh_type != SHT_SYMTAB || s.sh_link >= sections.size())
      continue;
    for (uint64_t i = 0; i + sizeof(Elf64_Sym) <= s.sh_size;
         i += sizeof(Elf64_Sym)) {
      auto symbol = f.read<Elf64_Sym>(s.sh_offset + i);
      Symbol named{readName(f, sections[s.sh_link], symbol.st_name),
                   symbol.st_value, symbol.st_size};
      unsigned type = ELF64_ST_TYPE(symbol.st_info);
      size_t n = named.name.size();
      if (type == STT_FUNC && symbol.st_shndx != SHN_UNDEF)
        code->functions.push_back(named);
      else if (type == STT_OBJECT && n > 3 &&
               !named.name.compare(n - 3, 3, ".kd"))
        descriptors.push_back(named);
    }
  }
  if (descriptors.empty())
    fail("the code object has no kernel, or its symbols were stripped");
  Disassembler disassembler(chip == Chip::Gfx942 ? "gfx942" : "gfx1100");
  for (const Symbol &s : code->functions)
    decodeFunction(*code, disassembler, s);
  for (Inst &i : code->insts)
    if (i.offset2 < 0) { // a branch
      auto it = code->indexOf.find(static_cast<uint64_t>(i.offset));
      if (it != code->indexOf.end())
        i.offset2 = it->second;
    }
  for (const Symbol &s : descriptors) {
    Kernel k = readDescriptor(code->image, s, chip);
    k.entry = code->at(k.start);
    code->vectors = std::max(code->vectors, k.vectors); // some by index only
    code->kernels.push_back(k);
  }
  const Kernel *kernel = nullptr;
  for (const Inst &i : code->insts) {
    for (const Function &f : code->functions)
      if (f.address == i.address && f.size) {
        kernel = nullptr;
        for (const Kernel &k : code->kernels)
          if (k.start == i.address)
            kernel = &k;
      }
    checkRegisters(*code, i, kernel);
  }
  return code;
}
