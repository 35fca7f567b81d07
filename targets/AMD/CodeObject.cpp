//===- CodeObject.cpp - what the notes of an hsaco say --------------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "targets/AMD/CodeObject.h"
#include "lib/Support/ErrorHandling.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/BinaryFormat/MsgPackDocument.h"
#include "llvm/Object/ELFObjectFile.h"

using namespace llvm;
using namespace tercet;
using namespace tercet::amd;

namespace {
/// Fields of a map of the document, 0 or "" where they are missing.
struct Fields {
  msgpack::MapDocNode map;
  msgpack::DocNode find(StringRef key) {
    auto it = map.find(key);
    return it == map.end() ? map.getDocument()->getEmptyNode() : it->second;
  }
  unsigned number(StringRef key) {
    msgpack::DocNode node = find(key);
    if (node.getKind() == msgpack::Type::UInt)
      return node.getUInt();
    if (node.getKind() == msgpack::Type::Int)
      return node.getInt();
    return 0;
  }
  std::string text(StringRef key) {
    msgpack::DocNode node = find(key);
    return node.getKind() == msgpack::Type::String ? node.getString().str()
                                                   : "";
  }
};
} // namespace

static KernelNote readKernel(Fields kernel) {
  KernelNote note;
  note.name = kernel.text(".name");
  note.vgprs = kernel.number(".vgpr_count");
  note.agprs = kernel.number(".agpr_count");
  note.sgprs = kernel.number(".sgpr_count");
  note.vgprSpills = kernel.number(".vgpr_spill_count");
  note.sgprSpills = kernel.number(".sgpr_spill_count");
  note.sharedBytes = kernel.number(".group_segment_fixed_size");
  note.scratchBytes = kernel.number(".private_segment_fixed_size");
  note.kernargBytes = kernel.number(".kernarg_segment_size");
  note.wavefront = kernel.number(".wavefront_size");
  note.maxWorkgroup = kernel.number(".max_flat_workgroup_size");
  msgpack::DocNode args = kernel.find(".args");
  if (args.isArray())
    for (msgpack::DocNode &arg : args.getArray())
      if (arg.isMap()) {
        Fields fields{arg.getMap()};
        note.arguments.push_back({fields.text(".value_kind"),
                                  fields.number(".offset"),
                                  fields.number(".size")});
      }
  return note;
}

Expected<std::vector<KernelNote>> amd::readKernelNotes(StringRef elf) {
  auto object = object::ELFFile<object::ELF64LE>::create(elf);
  if (!object)
    return object.takeError();
  auto sections = object->sections();
  if (!sections)
    return sections.takeError();
  std::vector<KernelNote> notes;
  for (const auto &section : *sections) {
    if (section.sh_type != ELF::SHT_NOTE)
      continue;
    Error error = Error::success();
    for (const auto &note : object->notes(section, error)) {
      if (note.getName() != "AMDGPU" ||
          note.getType() != ELF::NT_AMDGPU_METADATA)
        continue;
      msgpack::Document document;
      if (!document.readFromBlob(note.getDescAsStringRef(section.sh_addralign),
                                 /*Multi=*/false) ||
          !document.getRoot().isMap()) {
        consumeError(std::move(error));
        return support::makeError("the metadata note is not MessagePack");
      }
      msgpack::DocNode kernels =
          Fields{document.getRoot().getMap()}.find("amdhsa.kernels");
      if (kernels.isArray())
        for (msgpack::DocNode &kernel : kernels.getArray())
          if (kernel.isMap())
            notes.push_back(readKernel({kernel.getMap()}));
    }
    if (error)
      return std::move(error);
  }
  return notes;
}
