//===- CodeAttributes.cpp - what the assemblers wrote about kernels -------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// NVIDIA: the section .nv.info of a cubin is a list of attributes, four bytes
// each (format, attribute, two bytes of value or of length) and, for the format
// "sized", the bytes that follow: the number of a symbol and a value. AMD: the
// notes of a code object hold MessagePack (LLVM's "User Guide for AMDGPU
// Backend", code object metadata).
//
//===----------------------------------------------------------------------===//
#include "tools/inspect/KernelReport.h"
#include <algorithm>

using namespace tercet::tools;

static KernelReport *findKernel(std::vector<KernelReport> &kernels,
                                const std::string &name) {
  for (KernelReport &kernel : kernels)
    if (kernel.name == name)
      return &kernel;
  return nullptr;
}

const char *tercet::tools::readCubin(Bytes file,
                                     std::vector<KernelReport> &kernels) {
  ElfFile elf;
  if (const char *wrong = elf.read(file))
    return wrong;
  if (elf.machine != kMachineCuda)
    return "it is not code for NVIDIA";
  constexpr uint8_t kSized = 4, kFrame = 0x11, kRegisters = 0x2f;
  if (const ElfSection *info = elf.find(".nv.info"))
    for (uint64_t at = 0; info->bytes.has(at, 4);) {
      uint8_t format = info->bytes.get<uint8_t>(at);
      uint8_t attribute = info->bytes.get<uint8_t>(at + 1);
      uint16_t length = info->bytes.get<uint16_t>(at + 2);
      at += 4;
      if (format != kSized)
        continue;
      uint32_t symbol = info->bytes.get<uint32_t>(at);
      uint32_t value = info->bytes.get<uint32_t>(at + 4);
      at += length;
      if (length != 8 || symbol >= elf.symbols.size())
        continue;
      KernelReport *kernel = findKernel(kernels, elf.symbols[symbol].name);
      if (kernel && attribute == kRegisters)
        kernel->registers = value;
      if (kernel && attribute == kFrame)
        kernel->stackBytes = value;
    }
  for (KernelReport &kernel : kernels) {
    const ElfSection *text = elf.find(".text." + kernel.name);
    if (!text)
      continue;
    kernel.codeBytes = text->size;
    // From sm_90 on the section begins with the system's own KiB.
    const ElfSection *shared = elf.find(".nv.shared." + kernel.name);
    uint64_t own = elf.find(".nv.shared.reserved.0") ? 1024 : 0;
    kernel.sharedBytes =
        shared && shared->size > own ? uint32_t(shared->size - own) : 0;
  }
  return nullptr;
}

namespace {
/// Walks a MessagePack document; anything damaged ends the walk.
class MessagePack {
public:
  explicit MessagePack(Bytes bytes) : bytes(bytes) {}

  bool failed() const { return broken; }
  /// The number of pairs of a map, or of elements of an array; 0 where the next
  /// value is something else, which is skipped.
  uint64_t map() { return count(0x80, 0xde); }
  uint64_t array() { return count(0x90, 0xdc); }
  std::string text() {
    uint8_t tag = peek();
    if (tag >= 0xa0 && tag <= 0xbf)
      return take(1, tag & 31);
    if (tag >= 0xd9 && tag <= 0xdb)
      return take(1u + (1u << (tag - 0xd9)), big(at + 1, 1u << (tag - 0xd9)));
    skip();
    return "";
  }
  uint32_t number() {
    uint8_t tag = peek();
    if (tag <= 0x7f) {
      ++at;
      return tag;
    }
    if ((tag >= 0xcc && tag <= 0xcf) || (tag >= 0xd0 && tag <= 0xd3)) {
      unsigned n = 1u << ((tag - 0xcc) & 3);
      uint64_t value = big(at + 1, n);
      take(1 + n, 0);
      return uint32_t(value);
    }
    skip();
    return 0;
  }
  void skip(int depth = 0) {
    uint8_t tag = peek();
    if (depth > 32 || at >= bytes.size) {
      broken = true;
      return;
    }
    if (tag <= 0x7f || tag >= 0xe0 || tag == 0xc0 || tag == 0xc2 || tag == 0xc3)
      ++at;
    else if (tag <= 0x8f || tag == 0xde || tag == 0xdf) {
      for (uint64_t i = map() * 2; i && !broken; --i)
        skip(depth + 1);
    } else if (tag <= 0x9f || tag == 0xdc || tag == 0xdd) {
      for (uint64_t i = array(); i && !broken; --i)
        skip(depth + 1);
    } else if (tag <= 0xbf)
      take(1, tag & 31);
    else if (tag >= 0xd9 && tag <= 0xdb)
      take(1u + (1u << (tag - 0xd9)), big(at + 1, 1u << (tag - 0xd9)));
    else if (tag >= 0xc4 && tag <= 0xc6)
      take(1u + (1u << (tag - 0xc4)), big(at + 1, 1u << (tag - 0xc4)));
    else if (tag >= 0xca && tag <= 0xcb)
      take(tag == 0xca ? 5 : 9, 0);
    else if (tag >= 0xcc && tag <= 0xd3)
      take(1 + (1u << ((tag - 0xcc) & 3)), 0);
    else
      broken = true; // extensions, which these notes do not have
  }

private:
  uint8_t peek() {
    if (at >= bytes.size)
      broken = true;
    return bytes.get<uint8_t>(at);
  }
  uint64_t big(uint64_t where, unsigned n) {
    uint64_t value = 0;
    for (unsigned i = 0; i < n; ++i)
      value = value << 8 | bytes.get<uint8_t>(where + i);
    return value;
  }
  /// Moves on by a head and its body, and returns the body.
  std::string take(unsigned head, uint64_t body) {
    if (!bytes.has(at, head) || !bytes.has(at + head, body)) {
      broken = true;
      at = bytes.size;
      return "";
    }
    std::string text(reinterpret_cast<const char *>(bytes.data) + at + head,
                     size_t(body));
    at += head + body;
    return text;
  }
  uint64_t count(uint8_t fixed, uint8_t sized) {
    uint8_t tag = peek();
    if ((tag & 0xf0) == fixed) {
      ++at;
      return tag & 15;
    }
    if (tag != sized && tag != sized + 1) {
      skip();
      return 0;
    }
    unsigned n = tag == sized ? 2 : 4;
    uint64_t value = big(at + 1, n);
    take(1 + n, 0);
    if (value > bytes.size) // an element takes a byte at least
      broken = true;
    return broken ? 0 : value;
  }

  Bytes bytes;
  uint64_t at = 0;
  bool broken = false;
};
} // namespace

static void readKernelNote(MessagePack &note,
                           std::vector<KernelReport> &kernels) {
  KernelReport read;
  uint32_t vgprSpills = 0, sgprSpills = 0;
  for (uint64_t fields = note.map(); fields && !note.failed(); --fields) {
    std::string key = note.text();
    if (key == ".name")
      read.name = note.text();
    else if (key == ".vgpr_count")
      read.registers = note.number();
    else if (key == ".agpr_count")
      read.accumulators = note.number();
    else if (key == ".sgpr_count")
      read.scalars = note.number();
    else if (key == ".vgpr_spill_count")
      vgprSpills = note.number();
    else if (key == ".sgpr_spill_count")
      sgprSpills = note.number();
    else if (key == ".group_segment_fixed_size")
      read.sharedBytes = note.number();
    else if (key == ".private_segment_fixed_size")
      read.stackBytes = note.number();
    else
      note.skip();
  }
  KernelReport *kernel = findKernel(kernels, read.name);
  if (note.failed() || !kernel)
    return;
  kernel->registers = read.registers;
  kernel->accumulators = read.accumulators;
  kernel->scalars = read.scalars;
  kernel->sharedBytes = read.sharedBytes;
  kernel->stackBytes = read.stackBytes;
  kernel->spilledRegisters = vgprSpills + sgprSpills;
}

const char *tercet::tools::readCodeObject(Bytes file,
                                          std::vector<KernelReport> &kernels) {
  ElfFile elf;
  if (const char *wrong = elf.read(file))
    return wrong;
  if (elf.machine != kMachineAMDGPU)
    return "it is not code for AMD";
  constexpr uint32_t kMetadata = 32;
  for (const ElfSection &section : elf.sections) {
    if (section.type != kSectionNote)
      continue;
    auto padded = [](uint64_t n) { return (n + 3) & ~uint64_t(3); };
    for (uint64_t at = 0; section.bytes.has(at, 12);) {
      uint64_t nameBytes = section.bytes.get<uint32_t>(at),
               bytes = section.bytes.get<uint32_t>(at + 4);
      uint32_t type = section.bytes.get<uint32_t>(at + 8);
      uint64_t body = at + 12 + padded(nameBytes);
      if (!section.bytes.has(body, bytes))
        return "a note is not inside of its section";
      if (type == kMetadata && section.bytes.text(at + 12) == "AMDGPU") {
        MessagePack note(section.bytes.slice(body, bytes));
        for (uint64_t i = note.map(); i && !note.failed(); --i)
          if (note.text() == "amdhsa.kernels") {
            for (uint64_t k = note.array(); k && !note.failed(); --k)
              readKernelNote(note, kernels);
          } else
            note.skip();
        if (note.failed())
          return "its metadata note is not MessagePack";
      }
      at = body + padded(bytes);
    }
  }
  for (KernelReport &kernel : kernels)
    if (uint64_t size = elf.codeSize(kernel.name))
      kernel.codeBytes = size;
  return nullptr;
}
