//===- WeightFileEncoder.cpp - weights of compiled artifacts --------------===//
//
// Part of Tercet, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "lib/Compiler/WeightFileEncoder.h"
#include "lib/Artifact/ArtifactWriter.h"
#include "lib/Support/ErrorHandling.h"
#include "lib/Support/OutputFile.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "runtime/core/Artifact.h"
#include "runtime/core/WeightFile.h"
#include "runtime/schema/Header.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/Alignment.h"

using namespace mlir;
using namespace tercet;
using namespace tercet::compiler;
using artifact::Digest;
using support::makeError;

/// The sentence of a status, which is freed.
static std::string takeSentence(tercet_status *status) {
  std::string sentence = tercet_status_message(status);
  tercet_status_free(status);
  return sentence;
}

/// What an artifact says of its weight file.
static llvm::Error readLayout(const schema::Manifest &m,
                              artifact::WeightLayout &layout) {
  // In the order of the file; what has no bytes shares its place with the next.
  std::vector<std::tuple<uint64_t, uint64_t, uint32_t>> order;
  for (uint32_t i = 0; i < runtime::sizeOf(m.weights()); ++i) {
    const schema::Range *data = m.weights()->Get(i)->data();
    if (m.segments()->Get(data->segment())->external())
      order.emplace_back(data->offset(), data->length(), i);
  }
  llvm::sort(order);
  for (auto [offset, length, i] : order)
    layout.add(runtime::textOf(m.weights()->Get(i)->recipe()), length);
  Digest digest = layout.getDigest();
  if (m.external()->layout()->size() != digest.size() ||
      std::memcmp(m.external()->layout()->data(), digest.data(),
                  digest.size()) != 0)
    return makeError("its weights are not where they would be laid out: it was "
                     "compiled by another version, compile it anew");
  return llvm::Error::success();
}

llvm::Error WeightFileEncoder::addArtifact(StringRef path) {
  auto fail = [&](const llvm::Twine &why) {
    return makeError("'" + path + "': " + why);
  };
  // A copy, as the file itself will be replaced.
  auto file = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                          /*RequiresNullTerminator=*/false,
                                          /*IsVolatile=*/true,
                                          llvm::Align(schema::kAlignment));
  if (!file)
    return fail("cannot read it: " + file.getError().message());
  tercet_open_options options = {sizeof options, 0, ""};
  tercet_artifact *opened = nullptr;
  if (tercet_status *status = tercet_artifact_open_memory(
          (*file)->getBufferStart(), (*file)->getBufferSize(), &options,
          &opened))
    return fail(takeSentence(status));
  llvm::scope_exit close([&] { tercet_artifact_close(opened); });
  const schema::Manifest &m = *opened->manifest;
  if (runtime::findExternalSegment(m) < 0)
    return fail(
        "it holds its weights itself: compile it with --weights=external");

  artifact::WeightLayout own;
  if (llvm::Error e = readLayout(m, own))
    return fail(llvm::toString(std::move(e)));
  if (artifacts.empty()) {
    name = m.external()->name()->str();
    layout = std::move(own);
    digest = layout.getDigest();
  } else if (own.getDigest() != digest) {
    return fail("its weights are laid out otherwise than those of '" +
                artifacts[0].path + "': encode a file for each of the two");
  }
  artifacts.push_back({path.str(), std::move(*file)});
  return llvm::Error::success();
}

FailureOr<Digest> WeightFileEncoder::encode(WeightStore &weights,
                                            StringRef path) {
  std::vector<OwningOpRef<ModuleOp>> owners;
  std::vector<ModuleOp> modules;
  std::vector<rows::WeightOp> ops;
  for (const artifact::WeightLayout::Entry &entry : layout.getEntries()) {
    auto module = parseSourceString<ModuleOp>(entry.recipe, &context, "recipe");
    if (!module)
      return failure();
    auto found = module->getOps<rows::WeightOp>();
    auto type = found.empty()
                    ? RankedTensorType()
                    : cast<RankedTensorType>((*found.begin()).getType());
    if (!llvm::hasSingleElement(found) ||
        (uint64_t)type.getNumElements() *
                llvm::divideCeil(type.getElementTypeBitWidth(), 8) !=
            entry.length)
      return emitError(UnknownLoc::get(&context))
             << "the artifact's recipe of a weight does not give its size: "
             << entry.recipe;
    ops.push_back(*found.begin());
    modules.push_back(*module);
    owners.push_back(std::move(module));
  }
  // Everything that is missing, before the first byte is written.
  if (failed(weights.bind(modules)))
    return failure();

  auto fail = [&](llvm::Error e) {
    return emitError(UnknownLoc::get(&context)) << llvm::toString(std::move(e));
  };
  auto writer = artifact::WeightFileWriter::create(path);
  if (!writer)
    return fail(writer.takeError());
  for (auto [op, entry] : llvm::zip(ops, layout.getEntries())) {
    (*writer)->padTo(entry.offset);
    if (failed(weights.stream(
            op, [&](ArrayRef<uint8_t> bytes) { (*writer)->write(bytes); })))
      return failure();
    if ((*writer)->getLength() != entry.offset + entry.length)
      return op.emitError("weight '")
             << op.getKey() << "' did not become the " << entry.length
             << " bytes that it was laid out for";
  }
  sourceBytes = weights.getBytesRead();
  llvm::Expected<Digest> done = (*writer)->finish(digest);
  if (!done)
    return fail(done.takeError());
  return *done;
}

llvm::Expected<Digest> WeightFileEncoder::check(StringRef path) const {
  auto file = artifact::ExternalWeights::read(path);
  if (!file)
    return file.takeError();
  if (file->encoded->layout != digest)
    return makeError("the weight file '" + path +
                     "' is of another model, or of "
                     "other storage codes than '" +
                     artifacts[0].path + "'");
  return file->encoded->weights;
}

llvm::Error WeightFileEncoder::complete(StringRef fileName,
                                        const Digest &weights) {
  for (const Artifact &a : artifacts) {
    StringRef bytes = a.bytes->getBuffer();
    std::string completed = artifact::completeArtifact(
        ArrayRef((const uint8_t *)bytes.data(), bytes.size()), fileName,
        weights);
    if (llvm::Error e = artifact::verifyArtifact(
            ArrayRef((const uint8_t *)completed.data(), completed.size())))
      return e;
    if (llvm::Error e = support::writeFile(a.path, completed))
      return e;
  }
  return llvm::Error::success();
}
