//===- ExternalWeights.cpp - weights outside of an artifact ---------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Artifact/ExternalWeights.h"
#include "lib/Support/ErrorHandling.h"
#include "runtime/core/File.h"
#include "runtime/core/WeightFile.h"
#include "runtime/schema/Header.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Path.h"
#include <cstddef>
#include <cstring>

using namespace mlir;
using namespace tercet;
using namespace tercet::artifact;
using llvm::alignTo;

std::string WeightLayout::getRecipe(rows::WeightOp op) {
  // What a weight is called and who may replace it does not change its bytes.
  auto copy = cast<rows::WeightOp>(op->clone());
  copy.setSymName("w");
  copy.setRebindable(false);
  copy.removeSymVisibilityAttr();
  std::string recipe;
  llvm::raw_string_ostream os(recipe);
  copy->print(os, OpPrintingFlags().useLocalScope());
  copy->erase();
  return recipe;
}

uint64_t WeightLayout::add(StringRef recipe, uint64_t bytes) {
  auto [it, added] =
      known.try_emplace(recipe, alignTo(length, schema::kAlignment));
  if (added) {
    entries.push_back({recipe.str(), it->second, bytes});
    length = it->second + bytes;
  }
  return it->second;
}

Digest WeightLayout::getDigest() const {
  runtime::Sha256 hash;
  for (const Entry &entry : entries) {
    uint8_t numbers[16];
    llvm::support::endian::write64le(numbers, entry.offset);
    llvm::support::endian::write64le(numbers + 8, entry.length);
    hash.update(numbers, sizeof(numbers));
    hash.update(entry.recipe.c_str(), entry.recipe.size() + 1);
  }
  Digest digest;
  hash.finish(digest.data());
  return digest;
}

llvm::Expected<ExternalWeights> ExternalWeights::read(StringRef path) {
  runtime::MappedFile file;
  schema::WeightFileHeader header;
  runtime::Status status = file.open(path.str().c_str());
  if (!status)
    status = runtime::checkWeightHeader(file.data, file.size, header);
  if (status) {
    std::string sentence = tercet_status_message(status);
    tercet_status_free(status);
    return support::makeError("'" + path + "': " + sentence);
  }
  ExternalWeights weights;
  weights.name = llvm::sys::path::filename(path).str();
  weights.encoded.emplace();
  std::memcpy(weights.encoded->layout.data(), header.layout,
              sizeof(header.layout));
  std::memcpy(weights.encoded->weights.data(), header.dataDigest,
              sizeof(header.dataDigest));
  return weights;
}

llvm::Expected<std::unique_ptr<WeightFileWriter>>
WeightFileWriter::create(StringRef path) {
  auto file = support::OutputFile::create(path);
  if (!file)
    return file.takeError();
  if ((*file)->getTemporaryPath().empty())
    return support::makeError("cannot write weights to '" + path +
                              "': it is not a regular file");
  auto writer = std::make_unique<WeightFileWriter>();
  writer->file = std::move(*file);
  writer->file->os().write_zeros(schema::kWeightData);
  return writer;
}

void WeightFileWriter::write(ArrayRef<uint8_t> bytes) {
  hash.update(bytes.data(), bytes.size());
  file->os().write((const char *)bytes.data(), bytes.size());
  length += bytes.size();
}

void WeightFileWriter::padTo(uint64_t offset) {
  static const uint8_t zeros[schema::kAlignment] = {};
  assert(offset >= length && offset - length < sizeof(zeros));
  write(ArrayRef(zeros, offset - length));
}

llvm::Expected<Digest> WeightFileWriter::finish(const Digest &layout) {
  Digest digest;
  hash.finish(digest.data());
  schema::WeightFileHeader header;
  std::memset(&header, 0, sizeof(header));
  std::memcpy(header.magic, schema::kWeightMagic, sizeof(header.magic));
  header.major = schema::kWeightMajor;
  header.minor = schema::kWeightMinor;
  header.fileLength = schema::kWeightData + length;
  header.dataOffset = schema::kWeightData;
  std::memcpy(header.layout, layout.data(), layout.size());
  std::memcpy(header.dataDigest, digest.data(), digest.size());
  Digest own =
      digestOf(ArrayRef((const uint8_t *)&header,
                        offsetof(schema::WeightFileHeader, headerDigest)));
  std::memcpy(header.headerDigest, own.data(), own.size());
  file->os().pwrite((const char *)&header, sizeof(header), 0);
  if (llvm::Error e = file->commit())
    return e;
  return digest;
}
